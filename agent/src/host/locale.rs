//! What the environment says, and where it says nothing of the language, the system.

#[cfg(unix)]
mod linux;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub use linux::variable;
#[cfg(windows)]
pub use windows::variable;
