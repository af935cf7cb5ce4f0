//! The agent: it looks at its machine and writes a report.

pub mod address;
pub mod certificate;
pub mod cli;
pub mod clock;
pub mod config;
pub mod durable;
pub mod enrol;
pub mod fingerprint;
pub mod host;
pub mod identity;
pub mod probes;
pub mod random;
pub mod renew;
pub mod state;
pub mod survey;
pub mod uplink;
