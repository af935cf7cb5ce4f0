//! Derived facts: what follows from what the machine said, the catalogues and the register.
//!
//! First every observed fact is brought into the collector's time: what was seen too long ago is
//! unknown, and moments by the machine's clock are corrected. Then the facts that no agent can
//! know are derived, each with its evidence.

use std::cell::Cell;
use std::sync::LazyLock;

use report::catalogue::{Origin, Platform};
use report::{Clock, FactKey, Moment, Timestamp, Topic};

use super::PolicySet;
use super::day::Day;
use super::facts::{Evidence, Facts, Finding};
use super::hourglass::Hourglass;
use super::subject::Subject;
use super::targets::Targets;
use super::why::{Matter, Why};
use crate::machine::view::{Datum, FactsView, OutcomeView, Seen, TopicView};
use crate::register::{MachineKind, MachineRow, ReportsBy};

pub(crate) mod antivirus;
pub(crate) mod inputs;
mod patches;
mod support;

const CHASSIS: FactKey = FactKey::of("machine.chassis");
const CLAIMED_LEVEL: FactKey = FactKey::of("assignment.level");
/// The family of the operating system.
pub(crate) const OS_FAMILY: FactKey = FactKey::of("machine.os_family");
/// Workstation or server.
pub(crate) const KIND: FactKey = FactKey::of("machine.kind");
/// The level of the machine's information systems.
pub(crate) const LEVEL: FactKey = FactKey::of("machine.level");
/// The unit.
pub(crate) const UNIT: FactKey = FactKey::of("machine.unit");
const LEVEL_MISMATCH: FactKey = FactKey::of("machine.level_mismatch");

/// Everything that is known of a machine.
#[must_use]
pub fn derive<'m>(
    set: &'m PolicySet,
    day: &Day,
    subject: &Subject<'m>,
    clock: &Hourglass,
) -> Facts<'m> {
    let mut facts = observed(set, subject, clock);
    antivirus::derive(set, subject, clock, &mut facts);
    patches::derive(set, subject, clock, &mut facts);
    support::derive(set, clock, &mut facts);
    place(day, subject, &mut facts);
    facts
}

/// What the agent saw, in the collector's time.
fn observed<'m>(set: &PolicySet, subject: &Subject<'m>, clock: &Hourglass) -> Facts<'m> {
    let deadlines = Deadlines::of(&set.targets, ReportsBy::of(subject.row));
    let mut facts = Facts::unknown(Why::FactMissing);
    let mut reported = [false; Topic::ALL.len()];
    for topic in subject.machine.into_iter().flat_map(|machine| machine.topics()) {
        reported[topic.topic as usize] = true;
        facts.set_skew(topic.topic, topic.skew);
        take_over(&topic, clock, &deadlines, &mut facts);
    }
    for topic in Topic::ALL.into_iter().filter(|topic| !reported[*topic as usize]) {
        for key in keys(topic) {
            facts.set(*key, Finding::Unknown(Why::TopicMissing(topic)));
        }
    }
    facts
}

/// What was seen too long ago to speak for today, or in the future, is unknown, whatever it was.
fn take_over<'m>(
    topic: &TopicView<'m>,
    clock: &Hourglass,
    deadlines: &Deadlines<'_>,
    facts: &mut Facts<'m>,
) {
    let (gap, seen) = match topic.outcome {
        // What it does not say is missing from the start.
        OutcomeView::Observed(seen) => (None, Some(seen)),
        OutcomeView::NotApplicable(said) => (Some(Why::SaidNotApplicable(said)), None),
        OutcomeView::Failed(obstacle) => (Some(Why::ProbeFailed(obstacle)), None),
    };
    for key in keys(topic.topic) {
        if let Some(why) = untimely(*key, topic, clock, deadlines).or(gap) {
            facts.set(*key, Finding::Unknown(why));
        }
    }
    for (key, fact) in seen.into_iter().flat_map(FactsView::iter) {
        if key == OS_FAMILY {
            facts.os = os_family(fact);
        }
        if untimely(key, topic, clock, deadlines).is_none() {
            facts.set(key, in_our_time(fact, topic.skew));
        }
    }
}

/// The family of the machine's operating system does not grow stale: it is taken from the last
/// word of the machine.
fn os_family(fact: Seen<'_>) -> Option<Platform> {
    match fact {
        Seen::Known(Datum::Choice(family)) => Platform::from_name(family),
        Seen::Known(_) | Seen::Absent | Seen::Unknown(_) => None,
    }
}

/// Why a fact of a topic does not speak for today.
fn untimely<'m>(
    key: FactKey,
    topic: &TopicView<'m>,
    clock: &Hourglass,
    deadlines: &Deadlines<'_>,
) -> Option<Why<'m>> {
    let spec = key.spec();
    // What always changes stands in no heartbeat.
    let seen_at = if spec.volatile { topic.seen_at } else { topic.last_seen_at };
    if clock.is_future(seen_at) {
        Some(Why::Future(seen_at))
    } else {
        deadlines.is_missed(seen_at, spec.stale_after, clock).then_some(Why::Stale(seen_at))
    }
}

/// Until when what was seen speaks for the present. The facts of a machine were seen at very few
/// moments, so the last answer mostly is the next one.
struct Deadlines<'t> {
    targets: &'t Targets,
    reports: ReportsBy,
    last: Cell<Option<(Timestamp, i64, Timestamp)>>,
}

impl<'t> Deadlines<'t> {
    fn of(targets: &'t Targets, reports: ReportsBy) -> Self {
        Self { targets, reports, last: Cell::new(None) }
    }

    /// Nothing is missed before the time has gone by on the wall; only then the calendar is asked.
    fn is_missed(&self, seen_at: Timestamp, stale_after: i64, clock: &Hourglass) -> bool {
        clock.is_past(seen_at + stale_after) && clock.is_past(self.after(seen_at, stale_after))
    }

    fn after(&self, seen_at: Timestamp, stale_after: i64) -> Timestamp {
        match self.last.get() {
            Some((seen, after, deadline)) if (seen, after) == (seen_at, stale_after) => deadline,
            Some(_) | None => {
                let deadline = self.targets.speaks_until(self.reports, seen_at, stale_after);
                self.last.set(Some((seen_at, stale_after, deadline)));
                deadline
            }
        }
    }
}

/// The facts an agent reports under a topic.
fn keys(topic: Topic) -> &'static [FactKey] {
    static KEYS: LazyLock<[Vec<FactKey>; Topic::ALL.len()]> = LazyLock::new(|| {
        let of = |topic| move |key: &FactKey| key.spec().origin == Origin::Agent(topic);
        Topic::ALL.map(|topic| FactKey::all().filter(of(topic)).collect())
    });
    &KEYS[topic as usize]
}

/// Corrects a moment by the machine's clock.
pub(crate) fn in_our_time(fact: Seen<'_>, skew: i64) -> Finding<'_> {
    match fact {
        Seen::Known(Datum::Moment(Moment { at, clock: Clock::Machine })) => {
            Finding::Known(Datum::Moment(Moment::machine(at - skew)))
        }
        Seen::Known(value) => Finding::Known(value),
        Seen::Absent => Finding::Absent,
        Seen::Unknown(obstacle) => Finding::Unknown(Why::Unreadable(obstacle)),
    }
}

/// Kind, unit, level, and whether the machine claims another level.
fn place<'m>(day: &Day, subject: &Subject<'m>, facts: &mut Facts<'m>) {
    let (kind, evidence) = kind(subject, facts);
    facts.derive(KIND, kind, evidence);
    let (unit, evidence) = unit(subject);
    facts.derive(UNIT, unit, evidence);
    let (level, evidence) = level(day, subject.row);
    let mismatch = level_mismatch(facts, level);
    facts.derive(LEVEL, level, evidence);
    facts.derive(LEVEL_MISMATCH, mismatch, Some(Evidence::Claim));
}

fn kind<'m>(subject: &Subject<'m>, facts: &Facts<'m>) -> (Finding<'m>, Option<Evidence<'m>>) {
    if let Some(row) = subject.row {
        let kind = Finding::Known(Datum::Choice(row.kind.name()));
        return (kind, Some(Evidence::Row(row.id)));
    }
    let kind = match facts.get(CHASSIS).word() {
        Some("desktop" | "laptop") => Some(MachineKind::Workstation),
        Some("server") => Some(MachineKind::Server),
        // A virtual machine or an unnamed box can be either.
        Some(_) | None => None,
    };
    match kind {
        Some(kind) => (Finding::Known(Datum::Choice(kind.name())), Some(Evidence::Chassis)),
        None => (Finding::Unknown(Why::Undetermined(Matter::Kind)), None),
    }
}

fn unit<'m>(subject: &Subject<'m>) -> (Finding<'m>, Option<Evidence<'m>>) {
    let (unit, evidence) = match subject.row {
        Some(row) => (Some(row.unit), Evidence::Row(row.id)),
        None => (subject.machine.and_then(|machine| machine.token_unit()), Evidence::Token),
    };
    match unit {
        Some(unit) => (Finding::Known(Datum::Text(unit)), Some(evidence)),
        None => (Finding::Unknown(Why::Undetermined(Matter::Unit)), None),
    }
}

fn level<'m>(day: &Day, row: Option<MachineRow<'m>>) -> (Finding<'m>, Option<Evidence<'m>>) {
    match row.and_then(|row| Some((row, day.level(row)?))) {
        Some((row, level)) => {
            (Finding::Known(Datum::Count(level.into())), Some(Evidence::Systems(row.systems)))
        }
        None => (Finding::Unknown(Why::Undetermined(Matter::Level)), None),
    }
}

/// A machine that claims nothing contradicts nothing.
fn level_mismatch<'m>(facts: &Facts<'m>, level: Finding<'m>) -> Finding<'m> {
    let claimed = facts.get(CLAIMED_LEVEL);
    match (claimed, level.count()) {
        (Finding::Absent | Finding::Unknown(Why::SaidNotApplicable(_)), _) => {
            Finding::Known(Datum::Bool(false))
        }
        (Finding::Unknown(why), _) => Finding::Unknown(why),
        (Finding::Known(_), None) => Finding::Unknown(Why::Undetermined(Matter::Level)),
        (Finding::Known(_), Some(level)) => {
            Finding::Known(Datum::Bool(claimed.count() != Some(level)))
        }
    }
}

#[cfg(test)]
mod tests;
