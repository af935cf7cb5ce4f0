//! Windows' registry: keys are opened, their values read and their names counted up.
//!
//! Errors are numbers of Windows as `HRESULT`s. What is larger than its bound is
//! `ERROR_MORE_DATA`, and so is a list of names that is longer.

use std::ffi::OsStr;

use windows::Win32::Foundation::{
    ERROR_INVALID_NAME, ERROR_MORE_DATA, ERROR_NO_MORE_ITEMS, ERROR_SUCCESS, WIN32_ERROR,
};
use windows::Win32::System::Registry::{
    HKEY, HKEY_CLASSES_ROOT, HKEY_CURRENT_CONFIG, HKEY_CURRENT_USER, HKEY_LOCAL_MACHINE,
    HKEY_USERS, KEY_READ, KEY_WOW64_32KEY, KEY_WOW64_64KEY, REG_VALUE_TYPE, RegCloseKey,
    RegEnumKeyExW, RegEnumValueW, RegOpenKeyExW, RegQueryValueExW,
};
use windows::core::{PCWSTR, PWSTR};

use super::wide;

/// The most letters in the name of a key or value, and the zero at its end.
const MAX_NAME: usize = 16_384;

/// The most names of one key.
const MAX_NAMES: u32 = 65_536;

/// What is read of a value at once.
const FIRST_READ: usize = 1024;

/// How often a value may grow while it is read.
const ATTEMPTS: usize = 3;

/// The number of a code, or of success nothing.
type Outcome<T> = Result<T, u32>;

/// A key that is open.
#[derive(Debug)]
pub(crate) struct Key(HKEY);

impl Drop for Key {
    fn drop(&mut self) {
        // SAFETY: the key was opened here and nobody else closes it.
        let _closed = unsafe { RegCloseKey(self.0) };
    }
}

/// Opens a key to be read, as programs of 32 bits see it or as those of 64 bits do. The hive is
/// written as `HKLM`.
pub(crate) fn open(hive: &str, path: &str, as_32_bits: bool) -> Outcome<Key> {
    let hive = hive_of(hive).ok_or_else(|| code(ERROR_INVALID_NAME))?;
    let path = name(path)?;
    let view = if as_32_bits { KEY_WOW64_32KEY } else { KEY_WOW64_64KEY };
    let mut key = HKEY::default();
    // SAFETY: the path ends in a zero and the place for the key is alive during the call.
    let answer =
        unsafe { RegOpenKeyExW(hive, PCWSTR(path.as_ptr()), None, KEY_READ | view, &raw mut key) };
    succeeded(answer).map(|()| Key(key))
}

impl Key {
    /// The kind of a value and its bytes, `limit` at most.
    pub(crate) fn value(&self, named: &str, limit: usize) -> Outcome<(u32, Vec<u8>)> {
        let named = name(named)?;
        let mut bytes = vec![0; FIRST_READ.min(limit)];
        for _ in 0..ATTEMPTS {
            let mut kind = REG_VALUE_TYPE::default();
            let mut length = bounded(bytes.len())?;
            // SAFETY: the name ends in a zero; the places are alive during the call, and the length
            // of the one for bytes is given with it.
            let answer = unsafe {
                RegQueryValueExW(
                    self.0,
                    PCWSTR(named.as_ptr()),
                    None,
                    Some(&raw mut kind),
                    Some(bytes.as_mut_ptr()),
                    Some(&raw mut length),
                )
            };
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            if answer != ERROR_MORE_DATA {
                bytes.truncate(length);
                return succeeded(answer).map(|()| (kind.0, bytes));
            }
            if length > limit {
                break;
            }
            bytes.resize(length, 0);
        }
        Err(code(ERROR_MORE_DATA))
    }

    /// The names of the keys below.
    pub(crate) fn keys(&self) -> Outcome<Vec<String>> {
        names(|index, place, length| {
            // SAFETY: the place is alive during the call and as long as said.
            unsafe { RegEnumKeyExW(self.0, index, Some(place), length, None, None, None, None) }
        })
    }

    /// The names of the values.
    pub(crate) fn values(&self) -> Outcome<Vec<String>> {
        names(|index, place, length| {
            // SAFETY: the place is alive during the call and as long as said; without a place for
            // them, no data are written.
            unsafe { RegEnumValueW(self.0, index, Some(place), length, None, None, None, None) }
        })
    }
}

/// Names one by one, up to the one behind the last.
fn names(next: impl Fn(u32, PWSTR, *mut u32) -> WIN32_ERROR) -> Outcome<Vec<String>> {
    let mut place = vec![0_u16; MAX_NAME];
    let mut names = Vec::new();
    for index in 0..MAX_NAMES {
        let mut length = bounded(place.len())?;
        match next(index, PWSTR(place.as_mut_ptr()), &raw mut length) {
            ERROR_NO_MORE_ITEMS => return Ok(names),
            answer => succeeded(answer)?,
        }
        let length = usize::try_from(length).unwrap_or(usize::MAX).min(place.len());
        names.push(String::from_utf16_lossy(&place[..length]));
    }
    Err(code(ERROR_MORE_DATA))
}

fn hive_of(hive: &str) -> Option<HKEY> {
    let hives = [
        ("hklm", HKEY_LOCAL_MACHINE),
        ("hku", HKEY_USERS),
        ("hkcu", HKEY_CURRENT_USER),
        ("hkcr", HKEY_CLASSES_ROOT),
        ("hkcc", HKEY_CURRENT_CONFIG),
    ];
    hives.iter().find(|(short, _)| *short == hive).map(|(_, key)| *key)
}

fn name(text: &str) -> Outcome<Vec<u16>> {
    wide(OsStr::new(text)).map_err(|_| code(ERROR_INVALID_NAME))
}

fn bounded(length: usize) -> Outcome<u32> {
    u32::try_from(length).map_err(|_| code(ERROR_MORE_DATA))
}

fn succeeded(answer: WIN32_ERROR) -> Outcome<()> {
    match answer {
        ERROR_SUCCESS => Ok(()),
        error => Err(code(error)),
    }
}

fn code(error: WIN32_ERROR) -> u32 {
    error.to_hresult().0.cast_unsigned()
}
