//! The posture of everyone answered for: every member judged, and the numbers over them.
//!
//! Members are the rows of the register in force, whether anything reports for them or not, and
//! the machines outside it that are still live. Nothing is subtracted: every number counts what
//! it names.

use std::collections::BTreeMap;

use jiff::civil::Date;
use report::moment::DAY;
use report::verdict::{Ruling, State};
use report::{Lang, MachineId};

use super::PolicySet;
use super::hourglass::Hourglass;
use super::judge::{Judgement, judge};
use super::states::is_live;
use super::subject::{JudgeClock, Subject};
use super::targets::{Measure, Target};
use super::words;
use crate::machine::{Machine, MachineView, Standing};
use crate::register::systems::{Status, System};
use crate::register::{MachineKind, MachineRow};

/// The posture at one moment.
#[derive(Clone, Debug)]
pub struct Posture<'m> {
    /// The moments it is about.
    pub clock: JudgeClock,
    /// Every member: rows by id first, then machines outside the register by id.
    pub members: Vec<Member<'m>>,
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
    /// Members by how long ago they were last heard of.
    pub report_age: BTreeMap<ReportAge, u64>,
    /// The median over the members' clocks minus the collector's, in seconds.
    pub skew_median: Option<i64>,
}

/// One member and what the judge says of it.
#[derive(Clone, Debug)]
pub struct Member<'m> {
    /// Its row; `None`: it is not in the register.
    pub row: Option<String>,
    /// The machine that speaks for it; `None`: none ever enrolled.
    pub machine: Option<MachineId>,
    /// What the judge says.
    pub judgement: Judgement<'m>,
}

/// How far a target has come.
#[derive(Clone, Debug)]
pub struct TargetPosture {
    /// Its id.
    pub id: String,
    /// The percentage to reach.
    pub goal: u8,
    /// Over everyone.
    pub total: Tally,
    /// By unit.
    pub units: BTreeMap<Option<String>, Tally>,
}

impl TargetPosture {
    /// Whether the goal is met.
    #[must_use]
    pub fn is_met(&self) -> bool {
        self.total.meets(self.goal)
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

    fn of(machine: Option<MachineView<'_>>, clock: JudgeClock) -> Self {
        let Some(machine) = machine else {
            return Self::Never;
        };
        let age = clock.now.since(machine.last_contact.at);
        if age < -DAY {
            // Noted by a clock that ran ahead: nobody knows how long ago it was.
            return Self::Older;
        }
        Self::SPANS
            .into_iter()
            .find(|(longest, _)| age <= *longest)
            .map_or(Self::Older, |(_, span)| span)
    }
}

impl<'m> Posture<'m> {
    /// Judges every member at a moment.
    #[must_use]
    pub fn take(
        set: &'m PolicySet,
        machines: impl IntoIterator<Item = &'m Machine>,
        clock: JudgeClock,
    ) -> Self {
        let today = set.targets.calendar.date_of(clock.now);
        let mut posture = Self::empty(set, clock);
        let mut skews = Vec::new();
        for subject in subjects(set, machines, clock, today) {
            let judgement = judge(set, &subject, clock);
            posture.count(set, &subject, &judgement);
            skews.extend(subject.machine.map(|machine| machine.last_contact.skew));
            posture.members.push(Member {
                row: subject.row.map(|row| row.id.to_owned()),
                machine: subject.machine.map(|machine| machine.id),
                judgement,
            });
        }
        posture.skew_median = median(skews);
        for system in set.register.systems.in_force(today) {
            posture.count_system(set, system, today);
        }
        posture
    }

    /// The target of this id.
    #[must_use]
    pub fn target(&self, id: &str) -> Option<&TargetPosture> {
        self.targets.iter().find(|target| target.id == id)
    }

    fn empty(set: &PolicySet, clock: JudgeClock) -> Self {
        let target = |target: &Target| TargetPosture {
            id: target.id.clone(),
            goal: target.goal,
            total: Tally::default(),
            units: BTreeMap::new(),
        };
        Self {
            clock,
            members: Vec::new(),
            machines: BTreeMap::new(),
            by_kind: BTreeMap::new(),
            by_level: BTreeMap::new(),
            unregistered: BTreeMap::new(),
            rule_machines: BTreeMap::new(),
            rule_failing: BTreeMap::new(),
            targets: set.targets.list.iter().map(target).collect(),
            systems: BTreeMap::new(),
            report_age: BTreeMap::new(),
            skew_median: None,
        }
    }

    fn count(&mut self, set: &PolicySet, subject: &Subject<'_>, judgement: &Judgement<'_>) {
        let Judgement { state, unit, kind, level, rules, why: _, turns: _ } = judgement;
        add(&mut self.machines, (unit.map(str::to_owned), *state));
        add(&mut self.by_kind, (*kind, *state));
        add(&mut self.by_level, (*level, *state));
        add(&mut self.report_age, ReportAge::of(subject.machine, self.clock));
        if subject.row.is_none() {
            add(&mut self.unregistered, unit.map(str::to_owned));
        }
        for (rule, ruling) in set.rules.iter().zip(rules) {
            add(&mut self.rule_machines, (rule.id.clone(), *level, ruling.ruling));
            if ruling.ruling == Ruling::Fail {
                add(&mut self.rule_failing, (rule.id.clone(), unit.map(str::to_owned)));
            }
        }
        for (target, posture) in set.targets.list.iter().zip(&mut self.targets) {
            if let Some(met) = machine_meets(set, &target.measure, judgement) {
                posture.count(*unit, met);
            }
        }
    }

    fn count_system(&mut self, set: &PolicySet, system: &System, today: Date) {
        let plan = system.plan_is_approved(today);
        add(&mut self.systems, (system.level, system.status_on(today), plan));
        let classified =
            |counts: &[Status]| system.level.is_some() && counts.contains(&system.status_on(today));
        for (target, posture) in set.targets.list.iter().zip(&mut self.targets) {
            match &target.measure {
                Measure::Classified(counts) => {
                    posture.count(Some(&system.unit), classified(counts))
                }
                Measure::PlansApproved if classified(set.targets.counted_statuses()) => {
                    posture.count(Some(&system.unit), plan);
                }
                // No training list is read yet: that target has no members and is not met.
                Measure::PlansApproved
                | Measure::StaffTrained
                | Measure::Rules(_)
                | Measure::Protected => {}
            }
        }
    }
}

impl TargetPosture {
    fn count(&mut self, unit: Option<&str>, met: bool) {
        self.total.count(met);
        self.units.entry(unit.map(str::to_owned)).or_default().count(met);
    }
}

fn add<K: Ord>(counts: &mut BTreeMap<K, u64>, key: K) {
    *counts.entry(key).or_default() += 1;
}

/// Whether a machine meets a target about machines; `None` for targets about something else.
fn machine_meets(set: &PolicySet, measure: &Measure, judgement: &Judgement<'_>) -> Option<bool> {
    match measure {
        Measure::Protected => Some(judgement.state == State::Protected),
        Measure::Rules(ids) => {
            let passes = |id: &String| {
                set.rules
                    .iter()
                    .zip(&judgement.rules)
                    .any(|(rule, ruling)| rule.id == *id && ruling.ruling == Ruling::Pass)
            };
            Some(!ids.is_empty() && ids.iter().all(passes))
        }
        Measure::Classified(_) | Measure::PlansApproved | Measure::StaffTrained => None,
    }
}

/// Who is judged: each row in force once, with the machine that speaks for it, then the live
/// machines that speak for no row.
fn subjects<'m>(
    set: &'m PolicySet,
    machines: impl IntoIterator<Item = &'m Machine>,
    clock: JudgeClock,
    today: Date,
) -> Vec<Subject<'m>> {
    let mut by_row: BTreeMap<&str, Vec<&Machine>> = BTreeMap::new();
    let mut outside = Vec::new();
    for machine in machines {
        match Subject::of(set, MachineView::new(machine), clock.now).row {
            Some(row) => by_row.entry(row.id).or_default().push(machine),
            None => outside.push(machine),
        }
    }
    let mut subjects = Vec::new();
    for row in set.register.machines.in_force(today) {
        let claimants = by_row.remove(row.id).unwrap_or_default();
        subjects.push(represent(row, claimants, &mut outside));
    }
    outside.sort_by_key(|machine| machine.id);
    let glass = Hourglass::new(clock);
    let lives = |machine: &&Machine| is_live(&set.targets, machine.last_contact.at, &glass);
    let outside = outside.into_iter().filter(lives).map(MachineView::new);
    subjects.extend(outside.map(|machine| Subject { row: None, machine: Some(machine) }));
    subjects
}

/// Chooses who speaks for a row. A revoked identity beside another is history; any other that is
/// left over is a machine of its own, outside the register until somebody decides.
fn represent<'m>(
    row: MachineRow<'m>,
    mut claimants: Vec<&'m Machine>,
    outside: &mut Vec<&'m Machine>,
) -> Subject<'m> {
    let precedence = |machine: &&Machine| {
        let standing = match machine.standing {
            Standing::Clone => 0,
            Standing::Current => 1,
            Standing::Pending => 2,
            Standing::Revoked => 3,
        };
        (standing, std::cmp::Reverse(machine.enrolled_at), machine.id)
    };
    claimants.sort_by_key(precedence);
    let mut claimants = claimants.into_iter();
    let machine = claimants.next();
    outside.extend(claimants.filter(|left| left.standing != Standing::Revoked));
    Subject { row: Some(row), machine: machine.map(MachineView::new) }
}

fn median(mut values: Vec<i64>) -> Option<i64> {
    values.sort_unstable();
    let middle = values.len().checked_sub(1)? / 2;
    values.get(middle).copied()
}

#[cfg(test)]
mod tests;
