//! Antivirus on Windows: what Security Center, Defender and the vendors' own traces tell.

use report::fact::Ignorance;
use report::{Outcome, Reason};

use super::{Found, outcome};
use crate::host::Host;
use crate::probes::Context;

/// Looks for antivirus products.
pub fn probe(_host: &Host, _context: &Context<'_>) -> Outcome {
    let why = Ignorance::new(Reason::NotSupported, "not read on Windows");
    outcome(Found { products: Vec::new(), unanswered: vec![why] })
}
