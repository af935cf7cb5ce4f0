//! What officers hand out: lists and reports, made of everyone as judged at one moment.
//!
//! Each report is plain data first, the same in either language, which is what programs read. A
//! [`Paper`] lays it out in one language: for the terminal, as CSV ([`csv`]) or as a workbook
//! ([`xlsx`]).

pub mod csv;
pub mod form08;
pub mod imprint;
pub mod machines;
#[cfg(test)]
mod office;
pub mod paper;
pub mod period;
pub mod ranking;
pub mod remedy;
pub mod units;
pub mod wish;
pub mod xlsx;

pub use imprint::Imprint;
pub use paper::Paper;
