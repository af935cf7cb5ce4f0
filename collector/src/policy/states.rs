//! The state of a machine: the first that holds.

use report::Timestamp;
use report::moment::DAY;
use report::verdict::{Ruling, State};

use super::PolicySet;
use super::judge::RuleRuling;
use super::subject::{JudgeClock, Subject};
use super::targets::Targets;
use super::why::Why;
use crate::machine::{Machine, Standing};
use crate::register::MachineKind;

/// The first five states: what the machine said does not count, whatever it was.
pub(crate) fn silenced(
    set: &PolicySet,
    subject: &Subject<'_>,
    kind: Option<MachineKind>,
    clock: JudgeClock,
) -> Option<(State, Why)> {
    let Some(machine) = subject.machine else {
        return Some((State::NeverEnrolled, Why::NeverEnrolled));
    };
    match machine.standing {
        Standing::Revoked => Some((State::Revoked, Why::Revoked)),
        Standing::Clone => Some((State::Clone, Why::Clone)),
        Standing::Pending => Some((State::Pending, Why::Pending)),
        Standing::Current => {
            let since = machine.last_contact.at;
            is_silent(&set.targets, kind, since, clock.now)
                .then_some((State::Silent, Why::Silent(since)))
        }
    }
}

fn is_silent(
    targets: &Targets,
    kind: Option<MachineKind>,
    since: Timestamp,
    now: Timestamp,
) -> bool {
    let silent_after = targets.silent_after(kind);
    // A contact of tomorrow was noted by a clock that ran ahead: nothing is known since when.
    since > now + DAY || targets.calendar.counted_seconds(since, now) > silent_after.seconds()
}

/// The remaining states, from what the rules say.
pub(crate) fn by_rules(set: &PolicySet, rulings: &[RuleRuling]) -> (State, Option<Why>) {
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
        (State::Unknown, unknown.why.clone())
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
pub fn is_live(targets: &Targets, machine: &Machine, now: Timestamp) -> bool {
    let silence = targets.calendar.counted_seconds(machine.last_contact.at, now);
    silence <= targets.unregistered_after.seconds()
}

#[cfg(test)]
mod tests;
