//! The collector: it admits reports and judges them by the policies.
//!
//! A report's way leads through [`server`] (the connection), [`tls`] (which door), [`identities`]
//! (who), [`ingest`] (what), [`store`] (durable), [`fleet`] (in memory), [`policy`] (judged) and
//! [`metrics`] (shown).

#![forbid(unsafe_code)]

pub mod admin;
pub mod audit;
pub mod cli;
pub mod clock;
pub mod collation;
pub mod config;
pub mod drain;
pub mod enrol;
pub mod files;
pub mod fleet;
pub mod foresight;
pub mod hub;
pub mod identities;
pub mod ingest;
pub mod init;
pub mod live;
pub mod machine;
pub mod metrics;
pub mod network;
pub mod past;
pub mod policy;
pub mod problem;
pub mod recorder;
pub mod register;
pub mod reload;
pub mod reports;
pub mod serve;
pub mod server;
pub mod simulate;
pub mod snapshot;
pub mod store;
pub mod tls;
pub mod when;
