//! Which ways in from the network are open: remote desktop and SSH.

pub mod linux;
pub mod windows;
