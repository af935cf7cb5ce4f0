//! Placeholder.
pub mod assignment;
