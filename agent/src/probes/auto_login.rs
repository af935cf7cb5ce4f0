//! Whether the machine logs somebody in without asking for a password.

pub mod linux;
pub mod windows;
