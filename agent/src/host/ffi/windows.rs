//! Windows' own functions, each behind one that cannot be called wrongly.

pub(crate) mod accounts;
pub(crate) mod com;
pub(crate) mod disk;
pub(crate) mod event_log;
pub(crate) mod job;
pub(crate) mod language;
pub(crate) mod places;
pub(crate) mod process;
pub(crate) mod registry;
pub(crate) mod security;
pub(crate) mod token;
pub(crate) mod updates;

use std::ffi::OsStr;
use std::io;
use std::os::windows::ffi::OsStrExt as _;
use std::os::windows::io::{AsRawHandle, FromRawHandle as _, OwnedHandle};

use windows::Win32::Foundation::{HANDLE, WIN32_ERROR};
use windows::Win32::System::Diagnostics::Debug::{
    SEM_FAILCRITICALERRORS, SEM_NOGPFAULTERRORBOX, SEM_NOOPENFILEERRORBOX, SetErrorMode,
};
use windows::core::Error;

/// What must be settled before there is a second thread: a process that nobody looks at shows no
/// message box, which would wait for a click for ever.
pub(crate) fn before_all_else() {
    // SAFETY: the function takes flags and touches nothing but the mode of this process.
    let _former = unsafe {
        SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX)
    };
}

/// A text as the functions take it: in UTF-16, with a zero at its end. A zero within would cut it
/// short, and then it would name something else.
fn wide(text: &OsStr) -> io::Result<Vec<u16>> {
    let mut units: Vec<u16> = text.encode_wide().collect();
    if units.contains(&0) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "a zero stands in the name"));
    }
    units.push(0);
    Ok(units)
}

/// The system's own error, so that its kind is known.
fn io_error(error: &Error) -> io::Error {
    match WIN32_ERROR::from_error(error) {
        Some(WIN32_ERROR(code)) => os_error(code),
        None => io::Error::other(error.to_string()),
    }
}

fn os_error(code: u32) -> io::Error {
    io::Error::from_raw_os_error(code.cast_signed())
}

fn handle_of(owner: &impl AsRawHandle) -> HANDLE {
    HANDLE(owner.as_raw_handle())
}

/// Takes a handle over that a function has just given and nobody else closes.
///
/// # Safety
/// The handle must be open, and this its only owner.
unsafe fn owned(handle: HANDLE) -> OwnedHandle {
    // SAFETY: the caller vouches for it.
    unsafe { OwnedHandle::from_raw_handle(handle.0) }
}
