//! `declared.toml`: machines that may carry no agent, such as those for state secrets. They are
//! counted by heads, and nothing is told of any one of them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan as _;
use jiff::civil::Date;

use super::entry::{at_least_one, begun_term, count, read_list, unit};
use super::machines::MachineKind;
use super::units::{UnitIndex, Units};
use super::{Ahead, Term};
use crate::policy::document::{Item, Section};
use crate::policy::problem::{Page, did_you_mean};
use crate::policy::targets::Target;

/// The file.
pub const FILE: &str = "register/declared.toml";

/// For how many months an attestation is good at most.
const GOOD_MONTHS: i64 = 6;

/// Machines of one kind in a unit, those of the units below it not among them.
#[derive(Clone, Debug)]
pub struct Group {
    /// The unit.
    pub unit: UnitIndex,
    /// What they are.
    pub kind: MachineKind,
    /// How many there are.
    pub heads: u32,
    /// When there are so many.
    pub term: Term,
    /// What somebody has attested of them.
    pub attestations: Vec<Attestation>,
}

/// What somebody attests of machines that nobody else can look at.
#[derive(Clone, Debug)]
pub struct Attestation {
    /// Who.
    pub by: String,
    /// When: it is good from this day.
    pub on: Date,
    /// The last day it is good, at most six months on.
    pub until: Date,
    /// How many of the machines meet a target, by the id of the target.
    pub met: BTreeMap<String, u32>,
}

impl Attestation {
    fn term(&self) -> Term {
        Term { from: Some(self.on), until: Some(self.until) }
    }
}

impl Group {
    /// The attestation that is good on a day: the last one, where several are.
    #[must_use]
    pub fn attestation(&self, on: Date) -> Option<&Attestation> {
        let good = self.attestations.iter().filter(|one| one.term().holds(on));
        good.max_by_key(|one| one.on)
    }
}

/// Every group, in the order of the file.
#[derive(Clone, Debug, Default)]
pub struct Declared {
    groups: Vec<Group>,
}

impl Declared {
    /// Every group, in force or not.
    pub fn iter(&self) -> impl Iterator<Item = &Group> {
        self.groups.iter()
    }

    /// The groups in force on a day.
    pub fn in_force(&self, on: Date) -> impl Iterator<Item = &Group> {
        self.iter().filter(move |group| group.term.holds(on))
    }

    /// How many machines are declared in each unit on a day.
    #[must_use]
    pub fn heads(&self, day: Date) -> BTreeMap<UnitIndex, u64> {
        sums(self.in_force(day).map(|group| (group.unit, group.heads)))
    }

    /// How many of them meet a target, as somebody attests: never part of what was observed.
    /// Only units for which an attestation is good on that day are among them.
    #[must_use]
    pub fn attested(&self, target: &str, day: impl Into<Ahead>) -> BTreeMap<UnitIndex, u64> {
        let day = day.into();
        // An older attestation does not come back where the one that counts today has ended.
        let met = |group: &Group| {
            let today = group.attestation(day.today);
            today.filter(|one| one.term().lasts(day))?.met.get(target).copied()
        };
        sums(self.in_force(day.today).filter_map(|group| Some((group.unit, met(group)?))))
    }

    pub(super) fn turns(&self, turns: &mut BTreeSet<Date>) {
        for group in &self.groups {
            group.term.turns(turns);
            group.attestations.iter().for_each(|one| one.term().turns(turns));
        }
    }
}

fn sums(counts: impl Iterator<Item = (UnitIndex, u32)>) -> BTreeMap<UnitIndex, u64> {
    let mut sums = BTreeMap::new();
    for (unit, count) in counts {
        *sums.entry(unit).or_default() += u64::from(count);
    }
    sums
}

/// Reads the groups. `targets` is `None` where there are mistakes in them: references are then
/// not held against them.
pub(super) fn read(
    page: Page<'_>,
    units: &Units,
    targets: Option<&[Target]>,
    sample: &mut bool,
) -> Declared {
    let mut known: BTreeMap<(UnitIndex, MachineKind), Vec<Term>> = BTreeMap::new();
    let groups = read_list(page, "declared", sample, |section| {
        let group = group(section, units, targets)?;
        let terms = known.entry((group.unit, group.kind)).or_default();
        if terms.iter().any(|term| term.overlaps(group.term)) {
            let message = format!(
                "another entry declares machines of the kind {} for this unit in this time",
                group.kind.name()
            );
            section.get("unit")?.wrong_with_help(
                message,
                Some("give the former entry its last day: `until`".to_owned()),
            );
        }
        terms.push(group.term);
        Some(group)
    });
    Declared { groups }
}

/// Reads every key before it gives up on any, so that all mistakes are found at once.
fn group(section: &Section<'_>, units: &Units, targets: Option<&[Target]>) -> Option<Group> {
    let of = section.need("unit").and_then(|item| unit(&item, units));
    let kind = section.need("kind").and_then(|item| {
        MachineKind::from_name(item.word(&MachineKind::ALL.map(MachineKind::name))?)
    });
    let heads = section.need("heads").and_then(|item| at_least_one(&item));
    let term = begun_term(section);
    let attestations = section
        .get("attestation")
        .map(|item| item.each(|one| read_attestation(one, heads, targets)));
    Some(Group {
        unit: of?,
        kind: kind?,
        heads: heads?,
        term: term?,
        attestations: attestations.unwrap_or_default(),
    })
}

fn read_attestation(
    item: &Item<'_>,
    heads: Option<u32>,
    targets: Option<&[Target]>,
) -> Option<Attestation> {
    let section = item.section()?;
    let by = section.need("by").and_then(|item| item.string());
    let on = section.need("on").and_then(|item| item.date());
    let until = section.get("until").map(|item| read_end(&item, on));
    let met = section.need("met").map(|item| read_met(&item, heads, targets));
    section.finish();
    let on = on?;
    let until = until.unwrap_or_else(|| Some(last_day(on)))?;
    Some(Attestation { by: by?, on, until, met: met? })
}

fn read_end(item: &Item<'_>, on: Option<Date>) -> Option<Date> {
    let (until, on) = (item.date()?, on?);
    let latest = last_day(on);
    if until < on {
        item.wrong(format!("ends on {until}, before it begins on {on}"));
    }
    if until > latest {
        item.wrong_with_help(
            format!("an attestation is good for at most {GOOD_MONTHS} months"),
            Some(format!("one of {on} ends on {latest} at the latest")),
        );
    }
    Some(until)
}

fn last_day(on: Date) -> Date {
    on.saturating_add(GOOD_MONTHS.months()).saturating_sub(1.day())
}

fn read_met(
    item: &Item<'_>,
    heads: Option<u32>,
    targets: Option<&[Target]>,
) -> BTreeMap<String, u32> {
    let mut met = BTreeMap::new();
    let Some(section) = item.section() else {
        return met;
    };
    for (id, item) in section.items() {
        check_target(id, &item, targets);
        let Some(count) = count(&item) else {
            continue;
        };
        if let Some(heads) = heads
            && count > heads
        {
            item.wrong(format!("{count} attested, of {heads} declared"));
        }
        met.insert(id.to_owned(), count);
    }
    met
}

fn check_target(id: &str, item: &Item<'_>, targets: Option<&[Target]>) {
    let Some(targets) = targets else {
        return;
    };
    match targets.iter().find(|target| target.id == id) {
        Some(target) if target.measure.is_about_machines() => {}
        Some(_) => item.wrong_key(format!("the target `{id}` counts no machines"), None),
        None => {
            let about_machines = targets.iter().filter(|one| one.measure.is_about_machines());
            let help = did_you_mean(id, about_machines.map(|target| target.id.as_str()));
            item.wrong_key(format!("unknown target `{id}`"), help);
        }
    }
}

#[cfg(test)]
mod tests;
