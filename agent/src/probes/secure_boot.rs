//! Whether the firmware starts nothing but signed systems.

pub mod linux;
pub mod windows;
