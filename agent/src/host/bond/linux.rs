//! A signal from the kernel.

use std::io;
use std::os::unix::process::parent_id;

use rustix::process::{Signal, set_parent_process_death_signal};

/// From now on this process is killed when its parent ends.
///
/// # Errors
/// When the kernel does not promise it.
pub fn end_with_parent() -> io::Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(Into::into)
}

/// The process that began this one, or took its place.
///
/// # Errors
/// Never.
pub fn parent() -> io::Result<u32> {
    Ok(parent_id())
}
