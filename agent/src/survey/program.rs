//! The program that looks: this one.

use std::io;
use std::path::PathBuf;

/// The program that runs: on Linux whatever lies in its place on the disk meanwhile, on Windows,
/// where a program that runs keeps its place, by that place.
///
/// # Errors
/// When the system does not say where it lies.
pub fn this_program() -> io::Result<PathBuf> {
    match cfg!(windows) {
        true => std::env::current_exe(),
        false => Ok(PathBuf::from("/proc/self/exe")),
    }
}
