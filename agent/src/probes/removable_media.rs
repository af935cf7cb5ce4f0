//! Whether programs of a medium start when it is plugged in.

pub mod linux;
pub mod windows;
