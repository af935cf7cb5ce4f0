//! The posture of everyone answered for: every member judged, and the numbers over them.
//!
//! Members are the rows of the register in force, whether anything reports for them or not, and
//! the machines outside it that are still live. Nothing is subtracted: every number counts what
//! it names.

use std::collections::BTreeMap;

use jiff::civil::Date;
use report::Lang;
use report::moment::DAY;
use report::verdict::{Ruling, State};

use super::PolicySet;
use super::counts::{Counts, every_level};
use super::hourglass::Hourglass;
use super::roll::Roll;
use super::subject::JudgeClock;
use super::targets::{Measure, Target};
use super::words;
use crate::machine::MachineView;
use crate::register::systems::{Status, System};
use crate::register::training::Heads;
use crate::register::{Ahead, MachineKind};

/// The posture at one moment. A number that is zero is left out of the maps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posture {
    /// The moments it is about.
    pub clock: JudgeClock,
    /// Members by unit and state. `None`: no unit is known.
    pub machines: BTreeMap<(Option<String>, State), u64>,
    /// Members by kind and state.
    pub by_kind: BTreeMap<(Option<MachineKind>, State), u64>,
    /// Members by level and state. `None`: not determined.
    pub by_level: BTreeMap<(Option<u8>, State), u64>,
    /// Members outside the register, by unit.
    pub unregistered: BTreeMap<Option<String>, u64>,
    /// Members by rule, level and what the rule says of them.
    pub rule_machines: BTreeMap<(String, Option<u8>, Ruling), u64>,
    /// Members a rule fails on, by rule and unit.
    pub rule_failing: BTreeMap<(String, Option<String>), u64>,
    /// Every target, in the order of `targets.toml`.
    pub targets: Vec<TargetPosture>,
    /// Systems in force by level, status of approval, and whether the plan is approved.
    pub systems: BTreeMap<(Option<u8>, Status, bool), u64>,
    /// Machines that may carry no agent, by unit: beside the members, not among them.
    pub declared: BTreeMap<String, u64>,
    /// Members by how long ago they were last heard of.
    pub report_age: BTreeMap<ReportAge, u64>,
    /// The median over the members' clocks minus the collector's, in seconds.
    pub skew_median: Option<i64>,
}

/// How far a target has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetPosture {
    /// Its id.
    pub id: String,
    /// The percentage to reach.
    pub goal: u8,
    /// Over everyone, as far as it was observed or decided.
    pub total: Tally,
    /// By unit.
    pub units: BTreeMap<Option<String>, Tally>,
    /// For how many declared machines somebody attests it, by unit: shown beside what was
    /// observed, and never part of it.
    pub attested: BTreeMap<String, u64>,
    /// Whether what is attested counts towards the goal.
    pub counts_attested: bool,
}

impl TargetPosture {
    /// Whether the goal is met.
    #[must_use]
    pub fn is_met(&self) -> bool {
        let attested = if self.counts_attested { self.all_attested() } else { 0 };
        Tally { met: self.total.met + attested, ..self.total }.meets(self.goal)
    }

    /// For how many declared machines somebody attests it.
    #[must_use]
    pub fn all_attested(&self) -> u64 {
        self.attested.values().sum()
    }
}

/// How many of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Those who are counted.
    pub members: u64,
    /// Those of them for whom it holds.
    pub met: u64,
}

impl Tally {
    fn count(&mut self, met: bool) {
        self.members += 1;
        self.met += u64::from(met);
    }

    fn plus(self, other: Self) -> Self {
        Self { members: self.members + other.members, met: self.met + other.met }
    }

    /// Whether a goal in percent is reached, in whole numbers; of no members it never is.
    #[must_use]
    pub fn meets(self, goal: u8) -> bool {
        self.members > 0
            && u128::from(self.met) * 100 >= u128::from(goal) * u128::from(self.members)
    }

    /// The share in tenths of a percent, rounded down; `None` of no members.
    #[must_use]
    pub fn tenths(self) -> Option<u64> {
        let tenths = (u128::from(self.met) * 1000).checked_div(u128::from(self.members))?;
        u64::try_from(tenths).ok()
    }

    /// The share in words, rounded down: `99,6 %`. Only everyone is 100.
    #[must_use]
    pub fn share(self, lang: Lang) -> Option<String> {
        self.tenths().map(|tenths| words::percent(tenths, lang))
    }
}

/// How long ago a member was last heard of; the largest span it fits in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReportAge {
    /// At most an hour.
    Hour,
    /// At most a day.
    Day,
    /// At most 7 days.
    Week,
    /// At most 30 days.
    Month,
    /// Longer.
    Older,
    /// No agent ever enrolled.
    Never,
}

impl ReportAge {
    /// Every span.
    pub const ALL: [Self; 6] =
        [Self::Hour, Self::Day, Self::Week, Self::Month, Self::Older, Self::Never];

    const SPANS: [(i64, Self); 4] =
        [(DAY / 24, Self::Hour), (DAY, Self::Day), (7 * DAY, Self::Week), (30 * DAY, Self::Month)];

    /// The label in metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Hour => "1h",
            Self::Day => "1d",
            Self::Week => "7d",
            Self::Month => "30d",
            Self::Older => "older",
            Self::Never => "never",
        }
    }

    /// A contact of tomorrow was noted by a clock that ran ahead: nobody knows how long ago it was.
    pub(super) fn of(machine: Option<MachineView<'_>>, clock: &Hourglass) -> Self {
        let Some(at) = machine.map(|machine| machine.last_contact.at) else {
            return Self::Never;
        };
        if clock.is_future(at) {
            return Self::Older;
        }
        let mut spans = Self::SPANS.into_iter();
        spans
            .find(|(longest, _)| !clock.is_past(at + *longest))
            .map_or(Self::Older, |(_, span)| span)
    }
}

impl Posture {
    /// The numbers of a roll, under their names.
    #[must_use]
    pub fn of(roll: &Roll) -> Self {
        let (set, counts) = (roll.set(), roll.counts());
        let units: Vec<_> = roll.units().map(|id| Some(id.to_owned())).chain([None]).collect();
        let mut posture = Self {
            clock: roll.clock(),
            machines: by_unit(&units, State::ALL, |unit, state| counts.in_unit(unit, state)),
            by_kind: by_kind(counts),
            by_level: by_level(counts),
            unregistered: some(
                units.iter().enumerate().map(|(place, unit)| (unit.clone(), counts.outside(place))),
            ),
            rule_machines: rule_machines(set, counts),
            rule_failing: rule_failing(set, &units, counts),
            targets: targets(set, &units, counts),
            systems: BTreeMap::new(),
            declared: BTreeMap::new(),
            report_age: some(ReportAge::ALL.into_iter().map(|age| (age, counts.of_age(age)))),
            skew_median: counts.skew_median(),
        };
        let today = roll.day().date();
        for system in set.register.systems.in_force(today) {
            posture.count_system(set, system, today);
        }
        posture.count_declared(set, roll.day().ahead());
        posture.count_staff(set, roll.day().ahead());
        posture
    }

    /// The target of this id.
    #[must_use]
    pub fn target(&self, id: &str) -> Option<&TargetPosture> {
        self.targets.iter().find(|target| target.id == id)
    }

    fn count_system(&mut self, set: &PolicySet, system: &System, today: Date) {
        let plan = system.plan_is_approved(today);
        let status = system.status_on(today);
        *self.systems.entry((system.level, status, plan)).or_default() += 1;
        let classified = |counts: &[Status]| system.level.is_some() && counts.contains(&status);
        for (target, posture) in set.targets.list.iter().zip(&mut self.targets) {
            match &target.measure {
                Measure::Classified(counts) => {
                    posture.count(Some(&system.unit), classified(counts))
                }
                Measure::PlansApproved if classified(set.targets.counted_statuses()) => {
                    posture.count(Some(&system.unit), plan);
                }
                Measure::PlansApproved
                | Measure::StaffTrained
                | Measure::Rules(_)
                | Measure::Protected => {}
            }
        }
    }
}

impl Posture {
    /// Machines that may carry no agent are counted by heads, and nothing is observed of them.
    fn count_declared(&mut self, set: &PolicySet, ahead: Ahead) {
        let (units, declared) = (&set.register.units, &set.register.declared);
        let heads = declared.heads(ahead.today);
        for (target, posture) in set.targets.list.iter().zip(&mut self.targets) {
            if !target.measure.is_about_machines() {
                continue;
            }
            for (unit, members) in &heads {
                posture.add(&units.at(*unit).id, Tally { members: *members, met: 0 });
            }
            let attested = declared.attested(&target.id, ahead).into_iter();
            posture.attested =
                attested.map(|(unit, met)| (units.at(unit).id.clone(), met)).collect();
        }
        let names = heads.into_iter().map(|(unit, heads)| (units.at(unit).id.clone(), heads));
        self.declared = names.collect();
    }

    fn count_staff(&mut self, set: &PolicySet, ahead: Ahead) {
        let tallies = set.register.training.tally(ahead);
        for (target, posture) in set.targets.list.iter().zip(&mut self.targets) {
            let (Measure::StaffTrained, units) = (&target.measure, &set.register.units) else {
                continue;
            };
            for (unit, heads) in &tallies {
                let Heads { members, met } = *heads;
                posture.add(&units.at(*unit).id, Tally { members, met });
            }
        }
    }
}

impl TargetPosture {
    fn count(&mut self, unit: Option<&str>, met: bool) {
        self.total.count(met);
        self.units.entry(unit.map(str::to_owned)).or_default().count(met);
    }

    fn add(&mut self, unit: &str, more: Tally) {
        self.total = self.total.plus(more);
        let own = self.units.entry(Some(unit.to_owned())).or_default();
        *own = own.plus(more);
    }
}

/// What is not zero.
fn some<K: Ord>(counts: impl Iterator<Item = (K, u64)>) -> BTreeMap<K, u64> {
    counts.filter(|(_, count)| *count > 0).collect()
}

fn by_unit<T: Copy + Ord>(
    units: &[Option<String>],
    all: &[T],
    count: impl Fn(usize, T) -> u64,
) -> BTreeMap<(Option<String>, T), u64> {
    let mut counts = BTreeMap::new();
    for (place, unit) in units.iter().enumerate() {
        let own = all.iter().map(|one| ((unit.clone(), *one), count(place, *one)));
        counts.extend(own.filter(|(_, count)| *count > 0));
    }
    counts
}

fn by_kind(counts: &Counts) -> BTreeMap<(Option<MachineKind>, State), u64> {
    let kinds = MachineKind::ALL.into_iter().map(Some).chain([None]);
    let states = |kind| State::ALL.iter().map(move |state| (kind, *state));
    some(kinds.flat_map(states).map(|(kind, state)| ((kind, state), counts.of_kind(kind, state))))
}

fn by_level(counts: &Counts) -> BTreeMap<(Option<u8>, State), u64> {
    let states = |level| State::ALL.iter().map(move |state| (level, *state));
    let all = every_level().flat_map(states);
    some(all.map(|(level, state)| ((level, state), counts.of_level(level, state))))
}

fn rule_machines(set: &PolicySet, counts: &Counts) -> BTreeMap<(String, Option<u8>, Ruling), u64> {
    let mut all = BTreeMap::new();
    for (place, rule) in set.rules.iter().enumerate() {
        let rulings = |level| Ruling::ALL.iter().map(move |ruling| (level, *ruling));
        let own = every_level().flat_map(rulings).map(|(level, ruling)| {
            ((rule.id.clone(), level, ruling), counts.ruled(place, level, ruling))
        });
        all.extend(own.filter(|(_, count)| *count > 0));
    }
    all
}

fn rule_failing(
    set: &PolicySet,
    units: &[Option<String>],
    counts: &Counts,
) -> BTreeMap<(String, Option<String>), u64> {
    let mut all = BTreeMap::new();
    for (place, rule) in set.rules.iter().enumerate() {
        let failing = units.iter().enumerate().filter_map(|(unit, id)| {
            let count = counts.failing(place, unit);
            (count > 0).then(|| ((rule.id.clone(), id.clone()), count))
        });
        all.extend(failing);
    }
    all
}

fn targets(set: &PolicySet, units: &[Option<String>], counts: &Counts) -> Vec<TargetPosture> {
    let posture = |(place, target): (usize, &Target)| {
        let tallies = units.iter().enumerate().map(|(unit, id)| (id, counts.tally(place, unit)));
        let own = tallies.filter(|(_, tally)| tally.members > 0);
        let units: BTreeMap<_, _> = own.map(|(id, tally)| (id.clone(), tally)).collect();
        let total = units.values().copied().fold(Tally::default(), Tally::plus);
        TargetPosture {
            id: target.id.clone(),
            goal: target.goal,
            total,
            units,
            attested: BTreeMap::new(),
            counts_attested: set.targets.accept_attested,
        }
    };
    set.targets.list.iter().enumerate().map(posture).collect()
}

#[cfg(test)]
mod tests;
