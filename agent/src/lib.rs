//! The agent: it looks at its machine and writes a report.

pub mod address;
pub mod certificate;
pub mod cli;
pub mod clock;
pub mod commands;
pub mod config;
pub mod contacts;
pub mod cycle;
pub mod durable;
pub mod enrol;
pub mod fingerprint;
pub mod host;
pub mod identity;
pub mod log;
pub mod probes;
pub mod random;
pub mod renew;
pub mod schedule;
pub mod screen;
pub mod service;
pub mod spool;
pub mod state;
pub mod status;
pub mod survey;
pub mod uplink;
pub mod words;
