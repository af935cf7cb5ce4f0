//! Derived facts: what follows from what the machine said, the catalogues and the register.
//!
//! First every observed fact is brought into the collector's time: what was seen too long ago is
//! unknown, and moments by the machine's clock are corrected. Then the facts that no agent can
//! know are derived, each with its evidence.

use std::borrow::Cow;

use report::catalogue::{Kind, Origin, Platform};
use report::{Clock, Fact, FactKey, Moment, Outcome, Text, Timestamp, Topic, Value};

use super::PolicySet;
use super::facts::{Evidence, Facts, Finding};
use super::subject::{JudgeClock, Subject};
use super::why::{Matter, Why};
use crate::machine::Machine;
use crate::register::{MachineKind, MachineRow, Systems};

mod antivirus;
mod patches;

/// Everything that is known of a machine.
#[must_use]
pub fn derive<'m>(set: &'m PolicySet, subject: &Subject<'m>, clock: JudgeClock) -> Facts<'m> {
    let mut facts = Facts::blank();
    for key in FactKey::all() {
        if let Origin::Agent(topic) = key.spec().origin {
            facts.set(key, observed(subject.machine, topic, key, clock.now));
        }
    }
    antivirus::derive(set, subject, clock, &mut facts);
    patches::derive(set, subject, clock, &mut facts);
    os_support(set, &mut facts);
    place(set, subject, clock, &mut facts);
    facts
}

fn observed<'m>(
    machine: Option<&'m Machine>,
    topic: Topic,
    key: FactKey,
    now: Timestamp,
) -> Finding<'m> {
    let Some(kept) = machine.and_then(|machine| machine.topics.get(&topic)) else {
        return Finding::Unknown(Why::TopicMissing(topic));
    };
    let facts = match &kept.observation.outcome {
        Outcome::Failed(ignorance) => return Finding::Unknown(Why::ProbeFailed(ignorance.clone())),
        Outcome::NotApplicable(said) => {
            return Finding::Unknown(Why::SaidNotApplicable(said.clone()));
        }
        Outcome::Observed(facts) => facts,
    };
    // What always changes stands in no heartbeat.
    let seen_at = if key.spec().volatile { kept.seen_at() } else { kept.last_seen_at() };
    if seen_at > now + report::moment::DAY {
        return Finding::Unknown(Why::Future(seen_at));
    }
    if now.since(seen_at) > key.spec().stale_after {
        return Finding::Unknown(Why::Stale(seen_at));
    }
    match facts.get(&key) {
        Some(reading) => in_our_time(reading.fact.as_ref(), kept.skew),
        None => Finding::Unknown(Why::FactMissing),
    }
}

/// Corrects a moment by the machine's clock.
fn in_our_time(fact: Fact<&Value>, skew: i64) -> Finding<'_> {
    match fact {
        Fact::Known(Value::Moment(Moment { at, clock: Clock::Machine })) => {
            Finding::known(Value::Moment(Moment::machine(*at - skew)))
        }
        Fact::Known(value) => Finding::Known(Cow::Borrowed(value)),
        Fact::Absent => Finding::Absent,
        Fact::Unknown(ignorance) => Finding::Unknown(Why::Unreadable(ignorance)),
    }
}

/// The family of the machine's operating system, which does not grow stale.
pub(crate) fn os_family(subject: &Subject<'_>) -> Option<Platform> {
    let key = FactKey::named("machine.os_family")?;
    let kept = subject.machine?.topics.get(&Topic::Machine)?;
    let Outcome::Observed(facts) = &kept.observation.outcome else {
        return None;
    };
    match facts.get(&key)?.fact.known()? {
        Value::Choice(family) => Platform::from_name(family),
        Value::Text(_)
        | Value::Bool(_)
        | Value::Count(_)
        | Value::Moment(_)
        | Value::Records(_) => None,
    }
}

fn os_support(set: &PolicySet, facts: &mut Facts<'_>) {
    let (finding, evidence) = supported_until(set, facts);
    facts.derive("os.supported_until", finding, evidence);
}

fn supported_until<'m>(set: &PolicySet, facts: &Facts<'m>) -> (Finding<'m>, Option<Evidence>) {
    let (id, version) = (facts.named("machine.os_id"), facts.named("machine.os_version"));
    for part in [id, version] {
        if let Finding::Unknown(why) = part {
            return (Finding::Unknown(why.clone()), None);
        }
    }
    let text = |finding: &Finding<'_>| finding.text().map(Text::to_string).unwrap_or_default();
    let (id, version) = (text(id), text(version));
    let lifecycle = &set.catalogues.lifecycle;
    let Some(release) = lifecycle.release(&id, &version) else {
        let name = format!("{id} {version}").trim().to_owned();
        return (Finding::Unknown(Why::NotInCatalogue(name)), None);
    };
    let (end, extended) = release.supported_until();
    let name = match extended {
        Some(extended) => format!("{} {}", release.name, extended.name),
        None => release.name.clone(),
    };
    let evidence = Evidence::Lifecycle { release: name, data_date: lifecycle.data_date };
    (Finding::known(Value::Moment(Moment::source(end))), Some(evidence))
}

/// Kind, unit, level, and whether the machine claims another level.
fn place(set: &PolicySet, subject: &Subject<'_>, clock: JudgeClock, facts: &mut Facts<'_>) {
    let (kind, evidence) = kind(subject, facts);
    facts.derive("machine.kind", kind, evidence);
    let (unit, evidence) = unit(subject);
    facts.derive("machine.unit", unit, evidence);
    let (level, evidence) = level(set, subject.row, clock);
    let mismatch = level_mismatch(facts, &level);
    facts.derive("machine.level", level, evidence);
    facts.derive("machine.level_mismatch", mismatch, Some(Evidence::Claim));
}

fn kind<'m>(subject: &Subject<'_>, facts: &Facts<'_>) -> (Finding<'m>, Option<Evidence>) {
    if let Some(row) = subject.row {
        let kind = Finding::known(Value::Choice(row.kind.name()));
        return (kind, Some(Evidence::Row(row.id.clone())));
    }
    let chassis = facts.named("machine.chassis").word();
    let kind = match chassis {
        Some("desktop" | "laptop") => Some(MachineKind::Workstation),
        Some("server") => Some(MachineKind::Server),
        // A virtual machine or an unnamed box can be either.
        Some(_) | None => None,
    };
    match kind {
        Some(kind) => (Finding::known(Value::Choice(kind.name())), Some(Evidence::Chassis)),
        None => (Finding::Unknown(Why::Undetermined(Matter::Kind)), None),
    }
}

fn unit<'m>(subject: &Subject<'_>) -> (Finding<'m>, Option<Evidence>) {
    let (unit, evidence) = match (subject.row, subject.machine) {
        (Some(row), _) => (Some(row.unit.as_str()), Evidence::Row(row.id.clone())),
        (None, machine) => {
            (machine.and_then(|machine| machine.token_unit.as_deref()), Evidence::Token)
        }
    };
    match unit.and_then(|unit| Text::new(unit).ok()) {
        Some(unit) => (Finding::known(Value::Text(unit)), Some(evidence)),
        None => (Finding::Unknown(Why::Undetermined(Matter::Unit)), None),
    }
}

/// The highest level of the systems the row belongs to. One that is not determined could be
/// higher than all others, so it leaves the machine's level undetermined.
fn level<'m>(
    set: &PolicySet,
    row: Option<&MachineRow>,
    clock: JudgeClock,
) -> (Finding<'m>, Option<Evidence>) {
    let today = set.targets.calendar.date_of(clock.now);
    let level = row.and_then(|row| highest_level(&set.register.systems, row, today));
    match (row, level) {
        (Some(row), Some(level)) => (
            Finding::known(Value::Count(level.into())),
            Some(Evidence::Systems(row.systems.clone())),
        ),
        _ => (Finding::Unknown(Why::Undetermined(Matter::Level)), None),
    }
}

fn highest_level(systems: &Systems, row: &MachineRow, today: jiff::civil::Date) -> Option<u8> {
    let mut highest = None;
    for id in &row.systems {
        let system = systems.get(id)?;
        if system.term.holds(today) {
            highest = highest.max(Some(system.level?));
        }
    }
    highest
}

/// A machine that claims nothing contradicts nothing.
fn level_mismatch<'m>(facts: &Facts<'_>, level: &Finding<'_>) -> Finding<'m> {
    let claimed = facts.named("assignment.level");
    match (claimed, level.count()) {
        (Finding::Absent | Finding::Unknown(Why::SaidNotApplicable(_)), _) => {
            Finding::known(Value::Bool(false))
        }
        (Finding::Unknown(why), _) => Finding::Unknown(why.clone()),
        (Finding::Known(_), None) => Finding::Unknown(Why::Undetermined(Matter::Level)),
        (Finding::Known(_), Some(level)) => {
            Finding::known(Value::Bool(claimed.count() != Some(level)))
        }
    }
}

/// Whether a fact is a moment that claims to lie in the future, beyond what a clock may be off.
fn is_future(moment: Moment, kind: Kind, now: Timestamp) -> bool {
    kind == Kind::Moment(report::catalogue::Tense::Happened)
        && moment.at > now + report::moment::DAY
}

#[cfg(test)]
mod tests;
