//! What the agent and the system's service manager say to each other.

#[cfg(unix)]
mod linux;
mod watchdog;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use linux as system;
#[cfg(windows)]
use windows as system;

/// What the service is called.
pub const NAME: &str = "lachan-agent";

pub use system::{Stop, ready, stopping};
pub use watchdog::Watchdog;
