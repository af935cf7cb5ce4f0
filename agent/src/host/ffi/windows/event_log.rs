//! The event log of applications.

use std::ffi::OsStr;
use std::io;

use windows::Win32::System::EventLog::{
    DeregisterEventSource, EVENTLOG_ERROR_TYPE, EVENTLOG_INFORMATION_TYPE, EVENTLOG_WARNING_TYPE,
    REPORT_EVENT_TYPE, RegisterEventSourceW, ReportEventW,
};
use windows::core::PCWSTR;

use super::{io_error, wide};

/// An entry takes 31,839 units of UTF-16 with its end, and each of these bytes is at most one.
const MOST_BYTES: usize = 31_000;

/// How much an entry matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It tells what happened.
    Information,
    /// Somebody might look.
    Warning,
    /// Something was not done.
    Error,
}

impl Kind {
    fn code(self) -> REPORT_EVENT_TYPE {
        match self {
            Self::Information => EVENTLOG_INFORMATION_TYPE,
            Self::Warning => EVENTLOG_WARNING_TYPE,
            Self::Error => EVENTLOG_ERROR_TYPE,
        }
    }

    /// The number by which entries of a kind are found. The program that shows their texts has one
    /// for every number from 1 to 1000.
    fn id(self) -> u32 {
        match self {
            Self::Information => 1,
            Self::Warning => 2,
            Self::Error => 3,
        }
    }
}

/// Writes an entry in the name of a source.
///
/// # Errors
/// When the log takes none.
pub(crate) fn write(source: &str, kind: Kind, text: &str) -> io::Result<()> {
    let text = &text[..text.floor_char_boundary(MOST_BYTES)];
    let (source, text) = (wide(OsStr::new(source))?, wide(OsStr::new(text))?);
    // SAFETY: the name ends in a zero and is alive; the log is this machine's.
    let log = unsafe { RegisterEventSourceW(PCWSTR::null(), PCWSTR(source.as_ptr())) }
        .map_err(|error| io_error(&error))?;
    let texts = [PCWSTR(text.as_ptr())];
    // SAFETY: the handle is open; the one text ends in a zero and is alive for the length of the
    // call, which keeps nothing.
    let written =
        unsafe { ReportEventW(log, kind.code(), 0, kind.id(), None, 0, Some(&texts), None) };
    // SAFETY: the handle is open, and nobody uses it after this.
    let closed = unsafe { DeregisterEventSource(log) };
    written.and(closed).map_err(|error| io_error(&error))
}
