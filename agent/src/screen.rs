//! What people read in a terminal.

pub mod status;
pub mod survey;
mod table;
