//! The agent: it looks at its machine and writes a report.

pub mod fingerprint;
pub mod host;
pub mod probes;
pub mod survey;
