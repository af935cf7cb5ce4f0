//! What a program is begun with, beside what it is asked.

#[cfg(unix)]
mod linux;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(super) use linux::settle;
#[cfg(windows)]
pub(super) use windows::settle;
