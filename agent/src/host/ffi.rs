//! The one room with foreign functions; everywhere else the compiler forbids what they need.

#[cfg(unix)]
mod linux;
#[cfg(windows)]
#[expect(unsafe_code, reason = "every function of Windows is a foreign one")]
pub(crate) mod windows;

#[cfg(unix)]
pub(crate) use linux::before_all_else;
#[cfg(windows)]
pub(crate) use windows::before_all_else;
