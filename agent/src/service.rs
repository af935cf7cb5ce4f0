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

#[cfg(windows)]
pub use system::is_managed;
pub use system::{Stop, ready, serve, stopping};
pub use watchdog::Watchdog;
