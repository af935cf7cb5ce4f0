//! Antivirus on Windows: what Security Center, Defender and the vendors' own traces tell.

mod drivers;

use report::{Fact, Outcome};

use super::definitions::{Definition, Definitions};
use super::merge::merge;
use super::read::Doors;
use super::recognise::Lists;
use super::security_center::Registrations;
use super::{Found, defender, outcome, vendors};
use crate::host::Host;
use crate::probes::Context;
use crate::probes::machine::windows::Identity;

/// Looks for antivirus products.
pub fn probe(host: &Host, context: &Context<'_>) -> Outcome {
    outcome(look(&Doors::of(host, context.now)))
}

/// A server has neither Security Center nor, where it was removed, Defender. There the lists of
/// services, of installed programs and of drivers must all have answered before nothing is nothing.
fn look(doors: &Doors<'_>) -> Found {
    let host = doors.host;
    let definitions = Definitions::of(host);
    // What is registered is told by its entries; other traces show whether it is here.
    let lists = Lists::of(doors, &[]);
    let found: Vec<_> = definitions
        .all
        .iter()
        .filter(|definition| matches!(lists.trace(definition), Fact::Known(_)))
        .collect();
    let registrations = Registrations::of(host);
    let defender = defender::look(host, doors.now);
    let traces = vendors::look(doors, &definitions, &lists);
    let is_server = Identity::of(host.registry()).is_server() == Some(true);

    let mut unanswered: Vec<_> = registrations.unanswered(is_server).into_iter().collect();
    unanswered.extend(defender.unanswered);
    unanswered.extend(lists.uninstall().unanswered.clone());
    unanswered.extend(lists.filters().unanswered.clone());
    unanswered.extend(traces.unanswered);

    let mut candidates = traces.candidates;
    candidates.extend(defender.candidates);
    let is_here = |it: &Definition| found.iter().any(|found| std::ptr::eq(*found, it));
    let meant = |name: &str| definitions.by_registered_name(name, is_here);
    candidates.extend(registrations.candidates(host, meant));
    let strangers = drivers::strangers(host, &lists.filters().found, &candidates);
    candidates.extend(strangers);
    merge(candidates, &registrations.otherwise(), unanswered)
}

#[cfg(test)]
mod tests;
