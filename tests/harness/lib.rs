//! Starts the real binaries over recorded machines.
//!
//! One line makes a world: a folder, a register, a running collector on free ports. Agents are the
//! real agent over a copy of a recorded root, or a hand that speaks TLS and says what no honest
//! agent would.

pub mod agent;
pub mod collector;
pub mod dice;
pub mod hand;
pub mod haproxy;
pub mod limits;
pub mod measure;
pub mod metrics;
pub mod pe;
pub mod peers;
pub mod ports;
pub mod processes;
pub mod program;
pub mod relay;
pub mod root;
pub mod skip;
pub mod wait;
pub mod wine;

pub use agent::Agent;
pub use collector::{Collector, World};
pub use dice::Dice;
pub use hand::{Answer, Hand, Machine};
pub use haproxy::HaProxy;
pub use limits::Figures;
pub use metrics::Metrics;
pub use ports::free_port;
pub use program::Running;
pub use relay::Relay;
pub use root::Root;
pub use skip::{is_long, skip};
pub use wait::until;
