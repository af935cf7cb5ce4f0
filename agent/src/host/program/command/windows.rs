//! The system's folder and what no program of Windows works without.

use std::io;
use std::os::windows::process::CommandExt as _;
use std::process::Command;

use crate::host::ffi::windows::places;

/// It has no window, and none of its own console either: nobody sees it come and go.
const CREATE_NO_WINDOW: u32 = 0x0800_0000;

/// It does not run before it is in a job: what it begins is then in it as well.
const CREATE_SUSPENDED: u32 = 0x0000_0004;

/// # Errors
/// When the system does not say where it lies.
pub(in crate::host::program) fn settle(command: &mut Command) -> io::Result<()> {
    let programs = places::programs()?;
    command
        // Without it not even a socket can be opened.
        .env("SystemRoot", places::windows()?)
        .env("PATH", &programs)
        .current_dir(programs)
        .creation_flags(CREATE_NO_WINDOW | CREATE_SUSPENDED);
    Ok(())
}
