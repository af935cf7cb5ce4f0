//! The agent for Windows, as it ships, on the Windows that Wine is.
//!
//! Programs of Wine that are only there to be there end with 0 and do nothing: what is promised
//! here is seen in what the service manager, the collector or the agent say, never in an exit code
//! alone.

mod program;
mod service;
mod survey;
mod uplink;
