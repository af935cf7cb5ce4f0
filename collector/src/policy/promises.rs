//! What the judge promises whatever it is shown, held against worlds that nobody thought of.

mod arithmetic;
mod clocks;
mod counting;
mod grammar;
mod honesty;
mod sameness;
mod traps;
mod witness;
pub(super) mod worlds;
