//! The state of a machine: the first that holds.

use report::Timestamp;
use report::verdict::{Ruling, State};

use super::PolicySet;
use super::hourglass::Hourglass;
use super::judge::RuleRuling;
use super::subject::Subject;
use super::targets::Targets;
use super::why::Why;
use crate::machine::Standing;
use crate::register::{MachineKind, ReportsBy};

/// The first five states: what the machine said does not count, whatever it was.
pub(crate) fn silenced<'m>(
    set: &PolicySet,
    subject: &Subject<'m>,
    kind: Option<MachineKind>,
    clock: &Hourglass,
) -> Option<(State, Why<'m>)> {
    let Some(machine) = subject.machine else {
        return Some((State::NeverEnrolled, Why::NeverEnrolled));
    };
    match machine.standing {
        Standing::Revoked => Some((State::Revoked, Why::Revoked)),
        Standing::Clone => Some((State::Clone, Why::Clone)),
        Standing::Pending => Some((State::Pending, Why::Pending)),
        Standing::Current => {
            let since = machine.last_contact.at;
            is_silent(&set.targets, (kind, ReportsBy::of(subject.row)), since, clock)
                .then_some((State::Silent, Why::Silent(since)))
        }
    }
}

fn is_silent(
    targets: &Targets,
    (kind, reports): (Option<MachineKind>, ReportsBy),
    since: Timestamp,
    clock: &Hourglass,
) -> bool {
    // A contact of tomorrow was noted by a clock that ran ahead: nothing is known since when.
    clock.is_future(since) || clock.is_past(targets.silence_begins(kind, reports, since))
}

/// The remaining states, from what the rules say.
pub(crate) fn by_rules<'m>(
    set: &PolicySet,
    rulings: &[RuleRuling<'m>],
) -> (State, Option<Why<'m>>) {
    let mandatory = || {
        set.rules
            .iter()
            .zip(rulings)
            .filter(|(rule, _)| rule.severity.is_mandatory())
            .map(|(_, ruling)| ruling)
    };
    let any = |wanted: Ruling| mandatory().find(|ruling| ruling.ruling == wanted);
    if any(Ruling::Fail).is_some() {
        (State::Unprotected, None)
    } else if let Some(unknown) = any(Ruling::Unknown) {
        (State::Unknown, unknown.why)
    } else if any(Ruling::Waived).is_some() {
        (State::Waived, None)
    } else if any(Ruling::Pass).is_some() {
        (State::Protected, None)
    } else {
        (State::Unknown, Some(Why::NoRuleApplies))
    }
}

/// Whether a machine outside the register still counts: it does until it has been silent for
/// `unregistered_after`.
#[must_use]
pub fn is_live(targets: &Targets, last_contact: Timestamp, clock: &Hourglass) -> bool {
    let last = targets.calendar.after(last_contact, targets.unregistered_after.seconds());
    !clock.is_past(last)
}

#[cfg(test)]
mod tests;
