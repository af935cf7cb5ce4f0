//! Whether the machine logs somebody in without asking for a password, on Linux.

use report::fact::Ignorance;
use report::{Outcome, Reason};

use crate::host::Host;
use crate::probes::Context;

/// Looks at this topic of the machine.
pub fn probe(_host: &Host, _context: &Context<'_>) -> Outcome {
    Outcome::Failed(Ignorance::new(Reason::NotSupported, "not read"))
}
