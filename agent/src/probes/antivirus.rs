//! Which antivirus products there are, and what each says of itself.
//!
//! The agent lists everything it recognises and elects nothing: which product is the one that
//! counts is the collector's decision.

pub mod linux;
pub mod windows;

mod clamav;
mod defender;
mod definitions;
mod formats;
mod interpret;
pub(crate) mod kept;
mod merge;
mod read;
mod recognise;
mod security_center;
mod vendors;

#[cfg(feature = "foreign")]
pub(crate) use definitions::listed;
use report::fact::Ignorance;
use report::{Outcome, Record, Timestamp, Value};

use super::findings::{Findings, yes_or_no};
pub(crate) use security_center::{FIREWALLS, firewalls};

/// Everything that was recognised, and whether there may be more.
#[derive(Debug)]
struct Found {
    products: Vec<Record>,
    /// The sources that did not answer, each once.
    unanswered: Vec<Ignorance>,
}

/// What was found as a topic. Nothing is a finding, provided that every source answered.
fn outcome(found: Found) -> Outcome {
    let mut findings = Findings::default();
    let products = Value::Records(found.products);
    findings.add("antivirus.products", report::Fact::Known(products), "");
    let is_complete = yes_or_no(found.unanswered.is_empty());
    findings.add("antivirus.complete", is_complete, &obstacles(&found.unanswered));
    findings.observed()
}

/// The first obstacle, and how many more there are.
fn obstacles(unanswered: &[Ignorance]) -> String {
    match unanswered {
        [] => String::new(),
        [only] => only.to_string(),
        [first, more @ ..] => format!("{first}; and {} more", more.len()),
    }
}

/// Which build of ClamAV's definitions a file is, and when it was built, from how the file begins.
///
/// # Errors
/// What is wrong with its header.
pub fn clamav_build(beginning: &[u8]) -> Result<(u32, Timestamp), &'static str> {
    clamav::build(beginning)
}

#[cfg(test)]
mod tests;
