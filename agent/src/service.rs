//! What the agent and the system's service manager say to each other.

mod linux;
mod watchdog;

pub use linux::{Stop, ready, stopping};
pub use watchdog::Watchdog;
