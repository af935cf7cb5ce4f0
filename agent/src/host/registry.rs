//! The registry door: keys and values of Windows' registry, in both of its views.
//!
//! Programs of 32 bits see `HKLM\SOFTWARE` of a 64-bit Windows as `HKLM\SOFTWARE\WOW6432Node`, and
//! vendors moved between the two from one version to the next: whoever does not know where a value
//! lies asks for [`View::Both`].

#[cfg(windows)]
mod live;
mod recorded;
mod reg;

use std::sync::Arc;

use super::files::{Files, Read, ReadErrorKind};
use super::recorder::{Key, Tap};
use recorded::{Recorded, seen_from};

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

/// The registry of one machine. Keys are written as `HKLM\SOFTWARE\Vendor`; neither they nor the
/// names of values have a case.
#[derive(Clone, Debug)]
pub struct Registry(Source, Tap);

#[derive(Clone, Debug)]
enum Source {
    Live,
    Recorded(Arc<Recorded>),
}

/// One of the two views.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Native,
    Wow64,
}

impl View {
    fn sides(self) -> &'static [Side] {
        match self {
            Self::Native => &[Side::Native],
            Self::Wow64 => &[Side::Wow64],
            Self::Both => &[Side::Native, Side::Wow64],
        }
    }
}

impl Registry {
    pub(super) fn live() -> Self {
        Self(Source::Live, Tap::default())
    }

    /// What `registry.reg` of a recorded machine says; it is read once.
    pub(super) fn recorded(files: &Files) -> Self {
        Self(Source::Recorded(Arc::new(Recorded::of(files))), Tap::default())
    }

    /// The same registry, of which everything that is asked is noted.
    pub(super) fn tapped(&self, tap: &Tap) -> Self {
        Self(self.0.clone(), tap.clone())
    }

    fn note<T>(&self, side: Side, key: &str, answer: &Read<T>, how: impl FnOnce(&mut Key, &T)) {
        self.1.note(|seen| {
            let key = seen.registry.entry(seen_from(side, &reg::place(key))).or_default();
            match answer.as_ref().map_err(|error| &error.kind) {
                Ok(answer) => {
                    key.is_there = true;
                    how(key, answer);
                }
                Err(ReadErrorKind::AccessDenied) => key.is_denied = true,
                Err(_) => {}
            }
        });
    }

    /// A value of a key; the name of the default value is empty.
    ///
    /// # Errors
    /// When it is not there, or cannot be read.
    pub fn value(&self, view: View, key: &str, name: &str) -> Read<Value> {
        first(view, |side| {
            let answer = match &self.0 {
                Source::Live => live::value(side, key, name),
                Source::Recorded(recorded) => recorded.value(side, key, name),
            };
            self.note(side, key, &answer, |seen, value| {
                seen.values.insert(name.to_owned(), Some(value.clone()));
            });
            answer
        })
    }

    /// The names of the keys below a key, sorted; of both views, all of them once.
    ///
    /// # Errors
    /// When the key is not there, or cannot be read.
    pub fn keys(&self, view: View, key: &str) -> Read<Vec<String>> {
        all(view, |side| {
            let answer = match &self.0 {
                Source::Live => live::keys(side, key),
                Source::Recorded(recorded) => recorded.keys(side, key),
            };
            self.note(side, key, &answer, |seen, names| seen.below.clone_from(names));
            answer
        })
    }

    /// The names of the values of a key, sorted; of both views, all of them once.
    ///
    /// # Errors
    /// When the key is not there, or cannot be read.
    pub fn values(&self, view: View, key: &str) -> Read<Vec<String>> {
        all(view, |side| {
            let answer = match &self.0 {
                Source::Live => live::values(side, key),
                Source::Recorded(recorded) => recorded.values(side, key),
            };
            self.note(side, key, &answer, |seen, names| {
                for name in names {
                    seen.values.entry(name.clone()).or_default();
                }
            });
            answer
        })
    }

    /// Whether a key is there.
    ///
    /// # Errors
    /// When that cannot be told.
    pub fn exists(&self, view: View, key: &str) -> Read<bool> {
        match self.keys(view, key) {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// The first view that has it. One that cannot be read is not passed over: it could have been there.
fn first<T>(view: View, look: impl Fn(Side) -> Read<T>) -> Read<T> {
    let (last, before) = match view.sides() {
        [before @ .., last] => (*last, before),
        [] => (Side::Native, &[][..]),
    };
    for side in before {
        match look(*side) {
            Err(error) if error.is_not_found() => {}
            answer => return answer,
        }
    }
    look(last)
}

/// What all views have together.
fn all(view: View, look: impl Fn(Side) -> Read<Vec<String>>) -> Read<Vec<String>> {
    let mut together = None;
    let mut missing = None;
    for side in view.sides() {
        match look(*side) {
            Ok(names) => together.get_or_insert_with(Vec::new).extend(names),
            Err(error) if error.is_not_found() => missing = Some(error),
            Err(error) => return Err(error),
        }
    }
    let mut names: Vec<String> = match (together, missing) {
        (None, Some(error)) => return Err(error),
        (names, _) => names.unwrap_or_default(),
    };
    names.sort_by_cached_key(|name| folded(name));
    names.dedup_by_key(|name| folded(name));
    Ok(names)
}

/// A name without its case.
fn folded(name: &str) -> String {
    name.to_lowercase()
}

#[cfg(not(windows))]
mod live {
    //! No other system has a registry.

    use super::{Read, Side, Value};
    use crate::host::files::{ReadError, ReadErrorKind};

    pub(super) fn value(_side: Side, key: &str, _name: &str) -> Read<Value> {
        Err(nowhere(key))
    }

    pub(super) fn keys(_side: Side, key: &str) -> Read<Vec<String>> {
        Err(nowhere(key))
    }

    pub(super) fn values(_side: Side, key: &str) -> Read<Vec<String>> {
        Err(nowhere(key))
    }

    fn nowhere(key: &str) -> ReadError {
        ReadError::new(key, ReadErrorKind::NotSupported)
    }
}

#[cfg(test)]
mod tests;
