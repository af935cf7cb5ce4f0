//! Antivirus on Linux, which keeps no list of its products: each is looked for where its maker
//! installs it.

use report::fact::Ignorance;
use report::{Fact, Outcome, Reason};

use super::definitions::Definitions;
use super::merge::{Candidate, merge};
use super::read::Doors;
use super::recognise::Lists;
use super::{Found, clamav, outcome, vendors};
use crate::host::Host;
use crate::probes::Context;

/// Looks for antivirus products.
pub fn probe(host: &Host, context: &Context<'_>) -> Outcome {
    outcome(look(&Doors::of(host, context.now)))
}

fn look(doors: &Doors<'_>) -> Found {
    let definitions = Definitions::of(doors.host);
    let lists = Lists::of(doors, &[]);
    let mut traces = vendors::look(doors, &definitions, &lists);
    match clamav::look(doors) {
        Fact::Known(record) => traces.candidates.push(Candidate::whole("clamav", record)),
        Fact::Absent => {}
        Fact::Unknown(why) => traces.unanswered.push(why),
    }
    let lists = unanswered(doors).into_iter();
    let unanswered: Vec<_> = lists.chain(traces.unanswered).collect();
    merge(traces.candidates, &Fact::unknown(Reason::NotSupported), unanswered)
}

/// What kept a list from answering. A system without dpkg has no packages of it to miss.
fn unanswered(doors: &Doors<'_>) -> Vec<Ignorance> {
    let packages = match doors.packages() {
        Err(error) if !error.is_not_found() => Some(error.ignorance(Reason::NotSupported)),
        Ok(_) | Err(_) => None,
    };
    packages.into_iter().chain(doors.processes().hidden().cloned()).collect()
}
