//! The registry door: keys and values of Windows' registry, in both of its views.
//!
//! Programs of 32 bits see `HKLM\SOFTWARE` of a 64-bit Windows as `HKLM\SOFTWARE\WOW6432Node`, and
//! vendors moved between the two from one version to the next: whoever does not know where a value
//! lies asks for [`View::Both`].

use super::files::{Files, Read, ReadError, ReadErrorKind};

/// Which of the two registries of a 64-bit Windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// What programs of 64 bits see.
    Native,
    /// What programs of 32 bits see.
    Wow64,
    /// The native one, and where that has nothing the other.
    Both,
}

/// What a value holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `REG_SZ`, and `REG_EXPAND_SZ` as it is written.
    Text(String),
    /// `REG_DWORD` and `REG_QWORD`.
    Number(u64),
    /// `REG_MULTI_SZ`.
    List(Vec<String>),
    /// `REG_BINARY` and everything else.
    Binary(Vec<u8>),
}

/// The registry of one machine. Keys are written as `HKLM\SOFTWARE\Vendor`.
#[derive(Clone, Debug)]
pub struct Registry {
    files: Files,
}

impl Registry {
    pub(super) fn of(files: &Files) -> Self {
        Self { files: files.clone() }
    }

    /// A value of a key; the name of the default value is empty.
    ///
    /// # Errors
    /// When it is not there, or cannot be read.
    pub fn value(&self, _view: View, key: &str, name: &str) -> Read<Value> {
        let _ = &self.files;
        Err(ReadError::new(&format!(r"{key}\{name}"), ReadErrorKind::NotFound))
    }

    /// The names of the keys below a key, sorted; of both views, all of them once.
    ///
    /// # Errors
    /// When the key is not there, or cannot be read.
    pub fn keys(&self, _view: View, key: &str) -> Read<Vec<String>> {
        Err(ReadError::new(key, ReadErrorKind::NotFound))
    }

    /// The names of the values of a key, sorted.
    ///
    /// # Errors
    /// When the key is not there, or cannot be read.
    pub fn values(&self, _view: View, key: &str) -> Read<Vec<String>> {
        Err(ReadError::new(key, ReadErrorKind::NotFound))
    }

    /// Whether a key is there.
    ///
    /// # Errors
    /// When that cannot be told.
    pub fn exists(&self, _view: View, _key: &str) -> Read<bool> {
        Ok(false)
    }
}
