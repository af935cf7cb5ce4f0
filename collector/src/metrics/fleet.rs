//! The book of the fleet: judged up to the moment it is asked for, so that a machine that falls
//! silent shows without anybody reporting it.
//!
//! Series are bounded by units and rules, never by machines. A number that is known to be zero is
//! written as zero; what is not known is left out. At 400 units and 20 rules that are some 20,000
//! series, so they are written down one after the other from the sums, and looked up nowhere.

use prometheus::proto::MetricFamily;
use report::State;
use report::verdict::Ruling;

use super::family::Family;
use crate::live::Live;
use crate::policy::counts::every_level;
use crate::policy::posture::{ReportAge, Tally};
use crate::policy::{Posture, Roll};
use crate::register::MachineKind;

/// The label of a level or a unit that is not determined.
const UNDETERMINED: &str = "undetermined";

/// The fleet's families as of the moment up to which it is judged.
#[must_use]
pub fn families(live: &Live) -> Vec<MetricFamily> {
    let roll = live.roll();
    let posture = Posture::of(roll);
    let units: Vec<_> = roll.units().collect();
    let mut book = Vec::new();
    machines(roll, &units, &mut book);
    groups(roll, &posture, &mut book);
    rules(roll, &units, &mut book);
    targets(&units, &posture, &mut book);
    forecast(live, &mut book);
    systems(&posture, &mut book);
    contacts(&posture, &mut book);
    decisions(roll, &mut book);
    names(roll, &mut book);
    // A family without a sample says nothing, and has no place in the text form.
    book.into_iter().filter_map(Family::written).collect()
}

/// Every unit with its place; after them, where anything counts there, the place of no unit.
fn places<'u>(
    units: &'u [&'u str],
    counts_beyond: impl Fn(usize) -> bool,
) -> impl Iterator<Item = (usize, &'u str)> {
    let beyond = counts_beyond(units.len()).then_some((units.len(), UNDETERMINED));
    units.iter().copied().enumerate().chain(beyond)
}

fn machines(roll: &Roll, units: &[&str], book: &mut Vec<Family>) {
    let counts = roll.counts();
    let mut by_unit = Family::new(
        "lachan_machines",
        "Machines answered for, by unit and state.",
        &["unit", "state"],
    );
    let states = || State::ALL.iter().copied();
    let beyond = |place| states().any(|state| counts.in_unit(place, state) > 0);
    for (place, unit) in places(units, beyond) {
        for state in states() {
            by_unit.count(&[unit, state.name()], counts.in_unit(place, state));
        }
    }
    let mut outside = Family::new(
        "lachan_unregistered_machines",
        "Live machines that are not in the register, by unit.",
        &["unit"],
    );
    for (place, unit) in places(units, |place| counts.outside(place) > 0) {
        outside.count(&[unit], counts.outside(place));
    }
    book.extend([by_unit, outside]);
}

fn groups(roll: &Roll, posture: &Posture, book: &mut Vec<Family>) {
    let counts = roll.counts();
    let mut by_kind = Family::new(
        "lachan_machines_by_kind",
        "Machines answered for, by kind and state.",
        &["kind", "state"],
    );
    for kind in MachineKind::ALL.into_iter().map(Some).chain([None]) {
        for state in State::ALL {
            let name = or_undetermined(kind.map(|kind| kind.name()));
            by_kind.count(&[name, state.name()], counts.of_kind(kind, *state));
        }
    }
    let mut by_level = Family::new(
        "lachan_machines_by_level",
        "Machines answered for, by the level of their information system and state.",
        &["level", "state"],
    );
    for at in every_level() {
        for state in State::ALL {
            by_level.count(&[level(at).as_str(), state.name()], counts.of_level(at, *state));
        }
    }
    let mut declared = Family::new(
        "lachan_declared_machines",
        "Machines that may carry no agent and are declared by heads, by unit.",
        &["unit"],
    );
    for unit in roll.units() {
        declared.count(&[unit], posture.declared.get(unit).copied().unwrap_or_default());
    }
    book.extend([by_kind, by_level, declared]);
}

fn rules(roll: &Roll, units: &[&str], book: &mut Vec<Family>) {
    let (set, counts) = (roll.set(), roll.counts());
    let mut machines = Family::new(
        "lachan_rule_machines",
        "Machines by rule, level and what the rule says of them.",
        &["rule", "level", "verdict"],
    );
    for (number, rule) in set.rules.iter().enumerate() {
        for at in every_level() {
            for ruling in Ruling::ALL {
                let count = counts.ruled(number, at, *ruling);
                machines.count(&[&rule.id, level(at).as_str(), ruling.name()], count);
            }
        }
    }
    let mut failing = Family::new(
        "lachan_rule_failing_machines",
        "Machines on which a rule fails, by unit.",
        &["rule", "unit"],
    );
    let mut info = Family::new(
        "lachan_rule_info",
        "The rules in force.",
        &["rule", "severity", "title_vi", "title_en"],
    );
    for (number, rule) in set.rules.iter().enumerate() {
        for (place, unit) in places(units, |place| counts.failing(number, place) > 0) {
            failing.count(&[&rule.id, unit], counts.failing(number, place));
        }
        info.count(&[&rule.id, rule.severity.name(), &rule.title.vi, &rule.title.en], 1);
    }
    book.extend([machines, failing, info]);
}

fn targets(units: &[&str], posture: &Posture, book: &mut Vec<Family>) {
    const BY_UNIT: &[&str] = &["target", "unit"];
    let mut members =
        Family::new("lachan_target_members", "How many a target counts, by unit.", BY_UNIT);
    let mut met = Family::new(
        "lachan_target_met",
        "For how many of them it holds, by unit and by what shows it.",
        &["target", "unit", "evidence"],
    );
    let mut goals =
        Family::new("lachan_target_goal_ratio", "The share that a target asks for.", &["target"]);
    for target in &posture.targets {
        let id = target.id.as_str();
        goals.set(&[id], f64::from(target.goal) / 100.0);
        let mut by_unit = target.units.iter().peekable();
        // Both are ordered by unit; the place of no unit comes first among those that have any.
        let beyond = by_unit.next_if(|(unit, _)| unit.is_none());
        let mut tell = |unit: &str, tally: Tally| {
            members.count(&[id, unit], tally.members);
            met.count(&[id, unit, "observed"], tally.met);
        };
        for unit in units {
            let own = by_unit.next_if(|(other, _)| other.as_deref() == Some(*unit));
            tell(unit, own.map(|(_, tally)| *tally).unwrap_or_default());
        }
        if let Some((_, tally)) = beyond {
            tell(UNDETERMINED, *tally);
        }
        for (unit, attested) in &target.attested {
            met.count(&[id, unit, "attested"], *attested);
        }
    }
    book.extend([members, met, goals]);
}

/// Nothing is judged for it here: it is what was last foreseen.
fn forecast(live: &Live, book: &mut Vec<Family>) {
    let mut ahead = Family::new(
        "lachan_target_forecast_met",
        "For how many members a target holds in so many days if nothing happens but time.",
        &["target", "days"],
    );
    for (days, met) in live.foreseen().into_iter().flat_map(|seen| &seen.met) {
        let days = days.to_string();
        for (target, met) in live.roll().set().targets.list.iter().zip(met) {
            ahead.count(&[&target.id, &days], *met);
        }
    }
    book.push(ahead);
}

fn systems(posture: &Posture, book: &mut Vec<Family>) {
    let mut systems = Family::new(
        "lachan_systems",
        "Information systems by level, status of the dossier and of the plan.",
        &["level", "classification", "plan"],
    );
    for ((at, status, plan), count) in &posture.systems {
        let plan = if *plan { "approved" } else { "not_approved" };
        systems.count(&[level(*at).as_str(), status.name(), plan], *count);
    }
    book.push(systems);
}

fn contacts(posture: &Posture, book: &mut Vec<Family>) {
    let mut ages = Family::new(
        "lachan_machines_by_report_age",
        "Machines by how long ago they were last heard of.",
        &["age"],
    );
    for age in ReportAge::ALL {
        ages.count(&[age.name()], posture.report_age.get(&age).copied().unwrap_or_default());
    }
    let mut skew = Family::new(
        "lachan_clock_skew_median_seconds",
        "The median of the machines' clocks minus the collector's.",
        &[],
    );
    if let Some(median) = posture.skew_median {
        skew.set(&[], median as f64);
    }
    book.extend([ages, skew]);
}

/// Contracts and waivers in force.
fn decisions(roll: &Roll, book: &mut Vec<Family>) {
    const CONTRACT: &[&str] = &["contract", "product"];
    let mut seats = Family::new("lachan_licence_seats", "Seats of a contract in force.", CONTRACT);
    let mut used = Family::new(
        "lachan_licence_seats_used",
        "Machines that use a seat of a contract in force.",
        CONTRACT,
    );
    let mut end = Family::new(
        "lachan_licence_end_timestamp_seconds",
        "The last second of a contract in force.",
        CONTRACT,
    );
    let (set, today) = (roll.set(), roll.day().date());
    for (number, licence) in set.register.licences.iter().enumerate() {
        if licence.holds(today) {
            let labels = [licence.id.as_str(), &licence.products.join(" ")];
            seats.count(&labels, licence.seats.into());
            used.count(&labels, roll.seats_used(number).into());
            end.set(&labels, set.targets.calendar.end_of(licence.until).0 as f64);
        }
    }
    let mut waivers = Family::new("lachan_waivers", "Waivers in force, by rule.", &["rule"]);
    for rule in &set.rules {
        let in_force = set.register.waivers.in_force(today);
        let own = in_force.filter(|waiver| waiver.rule == rule.id).count();
        waivers.count(&[&rule.id], u64::try_from(own).unwrap_or(u64::MAX));
    }
    book.extend([seats, used, end, waivers]);
}

/// Names live in series of their own, so that a unit that is renamed keeps its history.
fn names(roll: &Roll, book: &mut Vec<Family>) {
    let (set, today) = (roll.set(), roll.day().date());
    let mut info = Family::new(
        "lachan_unit_info",
        "The units: the one above, and the line from the top (a1) down.",
        &["unit", "parent", "a1", "a2", "a3", "name_vi", "name_en"],
    );
    for unit in set.register.units.iter() {
        let mut line = set.register.units.line(&unit.id, today);
        let parent = line.get(1).copied().unwrap_or_default();
        line.reverse();
        let above = |depth: usize| line.get(depth).copied().unwrap_or_default();
        let (vi, en) = (&unit.name.vi, &unit.name.en);
        info.count(&[&unit.id, parent, above(0), above(1), above(2), vi, en], 1);
    }
    let mut sample = Family::new(
        "lachan_register_sample",
        "1 when the register is marked as a sample: nothing here is for a report.",
        &[],
    );
    sample.count(&[], u64::from(set.register.is_sample()));
    let mut dates = Family::new(
        "lachan_catalogue_date_timestamp_seconds",
        "The date of a catalogue's data.",
        &["catalogue"],
    );
    for (name, date) in set.catalogues.dates() {
        dates.set(&[name], set.targets.calendar.start_of(date).0 as f64);
    }
    book.extend([info, sample, dates]);
}

fn or_undetermined(label: Option<&str>) -> &str {
    label.unwrap_or(UNDETERMINED)
}

fn level(level: Option<u8>) -> String {
    level.map_or_else(|| UNDETERMINED.to_owned(), |level| level.to_string())
}

#[cfg(test)]
mod tests;
