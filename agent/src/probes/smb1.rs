//! Whether the first version of the file sharing protocol is still spoken.

pub mod linux;
pub mod windows;
