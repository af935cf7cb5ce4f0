//! Whether an unattended screen locks itself, and after how long.

pub mod linux;
pub mod windows;
