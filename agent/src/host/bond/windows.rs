//! A thread that waits for the parent's end. The job that the parent holds this process in says
//! the same; where the parent is in a job itself, Windows 7 lets it hold none.

use std::io;
use std::process;
use std::thread;

use crate::host::ffi::windows::process::{Watched, parent_of};

/// From now on this process ends when its parent does.
///
/// # Errors
/// When the parent is not there any more, or cannot be waited for.
pub fn end_with_parent() -> io::Result<()> {
    let parent = Watched::of(parent()?)?;
    let wait = move || match parent.wait() {
        Ok(()) => process::exit(1),
        Err(error) => tracing::warn!(%error, "the end of the agent is not noticed"),
    };
    thread::Builder::new().name("bond".to_owned()).spawn(wait).map(drop)
}

/// The process that began this one; it may have ended.
///
/// # Errors
/// When the system does not say.
pub fn parent() -> io::Result<u32> {
    let parent = parent_of(process::id())?;
    parent.ok_or_else(|| io::Error::other("the system does not list this process"))
}
