//! What people read in a terminal.

pub mod doctor;
pub mod export;
pub mod install;
pub mod record;
pub mod seal;
pub mod status;
pub mod survey;
mod table;
