//! Whether a firewall filters what comes in, and which one that is.

pub mod linux;
pub mod windows;
