//! Where the system lies.

use std::ffi::OsString;
use std::io;
use std::os::windows::ffi::OsStringExt as _;
use std::path::PathBuf;

use windows::Win32::System::SystemInformation::{GetSystemDirectoryW, GetSystemWindowsDirectoryW};

/// As long as a path is that no prefix makes longer.
const MAX_PATH: usize = 260;

/// The system's programs, as `C:\Windows\System32`.
pub(crate) fn programs() -> io::Result<PathBuf> {
    // SAFETY: the place is alive and its length is given with it.
    told(|place| unsafe { GetSystemDirectoryW(Some(place)) })
}

/// The system itself, as `C:\Windows`, also where each user of a terminal server has an own one.
pub(crate) fn windows() -> io::Result<PathBuf> {
    // SAFETY: the place is alive and its length is given with it.
    told(|place| unsafe { GetSystemWindowsDirectoryW(Some(place)) })
}

fn told(tell: impl Fn(&mut [u16]) -> u32) -> io::Result<PathBuf> {
    let mut units = [0; MAX_PATH];
    let length = usize::try_from(tell(&mut units)).unwrap_or_default();
    match units.get(..length) {
        Some(units) if !units.is_empty() => Ok(OsString::from_wide(units).into()),
        Some(_) => Err(io::Error::last_os_error()),
        None => Err(io::Error::other("the path of the system is too long")),
    }
}
