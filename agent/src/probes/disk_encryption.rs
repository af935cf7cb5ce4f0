//! Whether what lies on the disks can be read without the machine.

pub mod linux;
pub mod windows;
