//! The registry of the machine this runs on.

use super::reg::{place, typed};
use super::{Side, Value};
use crate::host::ffi::windows::registry::{self, Key};
use crate::host::files::{Read, ReadError};
use crate::host::hresult;

/// The most bytes of one value. Vendors keep certificates and lists in the registry; nothing that is
/// looked at is as long.
const MAX_BYTES: usize = 1024 * 1024;

pub(super) fn value(side: Side, key: &str, name: &str) -> Read<Value> {
    let read = open(side, key)?.value(name, MAX_BYTES);
    let (kind, bytes) = read.map_err(|code| failed(&format!(r"{key}\{name}"), code))?;
    Ok(typed(kind, bytes))
}

pub(super) fn keys(side: Side, key: &str) -> Read<Vec<String>> {
    open(side, key)?.keys().map_err(|code| failed(key, code))
}

pub(super) fn values(side: Side, key: &str) -> Read<Vec<String>> {
    open(side, key)?.values().map_err(|code| failed(key, code))
}

fn open(side: Side, key: &str) -> Read<Key> {
    let place = place(key);
    let (hive, path) = place.split_once('\\').unwrap_or((&place, ""));
    registry::open(hive, path, side == Side::Wow64).map_err(|code| failed(key, code))
}

fn failed(what: &str, code: u32) -> ReadError {
    ReadError::new(what, hresult::kind(code))
}
