//! What the agent and the system's service manager say to each other.

mod linux;

pub use linux::{Stop, ready, stopping};
