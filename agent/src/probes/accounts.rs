//! How many accounts administer the machine, and whether guests come in. Never a name.

pub mod linux;
pub mod windows;
