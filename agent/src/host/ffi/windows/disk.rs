//! Disks: what is left of one, and names that change on it.

use std::io;
use std::path::Path;

use windows::Win32::Storage::FileSystem::{
    GetDiskFreeSpaceExW, MOVEFILE_REPLACE_EXISTING, MOVEFILE_WRITE_THROUGH, MoveFileExW,
};
use windows::core::PCWSTR;

use super::{io_error, wide};

/// How many bytes this user may still write to the disk of a folder.
pub(crate) fn free_bytes(folder: &Path) -> io::Result<u64> {
    let folder = wide(folder.as_os_str())?;
    let mut free = 0;
    // SAFETY: the name ends in a zero; name and place are alive for the length of the call.
    unsafe { GetDiskFreeSpaceExW(PCWSTR(folder.as_ptr()), Some(&raw mut free), None, None) }
        .map_err(|error| io_error(&error))?;
    Ok(free)
}

/// Gives a file or folder another name on the same disk, in the place of a file that has it, and
/// returns when that is on disk.
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    let (from, to) = (wide(from.as_os_str())?, wide(to.as_os_str())?);
    // SAFETY: both names end in a zero and are alive for the length of the call.
    unsafe {
        let how = MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH;
        MoveFileExW(PCWSTR(from.as_ptr()), PCWSTR(to.as_ptr()), how)
    }
    .map_err(|error| io_error(&error))
}
