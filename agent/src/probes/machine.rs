//! What machine this is: name, operating system, hardware.

pub(crate) mod container;
pub(crate) mod dmi;
pub(crate) mod name;
pub(crate) mod os_release;

pub mod linux;
pub mod smbios;
pub mod windows;

mod chassis;
