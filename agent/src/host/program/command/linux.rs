//! The system's folders, the language of machines, and a process group.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// Where a program finds others: the system's folders and nobody's own.
const SEARCH_PATH: &str = "/usr/sbin:/usr/bin:/sbin:/bin";

/// # Errors
/// Never.
pub(in crate::host::program) fn settle(command: &mut Command) -> io::Result<()> {
    command.env("PATH", SEARCH_PATH).env("LC_ALL", "C").current_dir("/").process_group(0);
    Ok(())
}
