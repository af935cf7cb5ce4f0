//! The bond between a program of ours and the one that began it.

#[cfg(unix)]
mod linux;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub use linux::{end_with_parent, parent};
#[cfg(windows)]
pub use windows::{end_with_parent, parent};
