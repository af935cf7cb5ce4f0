//! The words both sides of Lá Chắn share.
//!
//! An agent looks at its machine and writes a [`report`]; the collector admits it and judges it.
//! This crate holds what they must agree on and nothing else: [facts](fact), the
//! [table of every fact](catalogue) with its kind and meaning, [observations](observation),
//! [identity](machine), [moments](moment) that say whose clock they were read from, and the
//! [wire form](wire). It does no I/O, knows no operating system and starts no task.

#![forbid(unsafe_code)]

pub mod catalogue;
pub mod export;
pub mod fact;
pub mod machine;
pub mod moment;
pub mod observation;
pub mod report;
pub mod text;
pub mod token;
pub mod verdict;
pub mod wire;

pub use catalogue::{FactKey, Kind, Platform, Topic};
pub use export::Export;
pub use fact::{Fact, Reading, Reason, Record, Value};
pub use machine::{Fingerprint, Incarnation, MachineId, Sequence};
pub use moment::{Clock, Moment, Timestamp};
pub use observation::{Observation, Outcome};
pub use report::Report;
pub use text::{Bilingual, Lang, Text};
pub use token::JoinToken;
pub use verdict::{RuleVerdict, State, Verdict};
