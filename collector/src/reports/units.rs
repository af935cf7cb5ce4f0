//! The machines and people of every unit in numbers: what the units hand in for the yearly report.
//!
//! A unit's own line counts what is directly its own. A unit with others below it has a second
//! line that sums up both; the total is over the own lines alone, so nothing is counted twice.

use std::collections::{BTreeMap, BTreeSet};

use report::verdict::{Ruling, State};
use report::{Bilingual, Lang, Timestamp};
use serde::{Deserialize, Serialize};

use super::form08::UnitName;
use super::imprint::{Imprint, is_reporting};
use super::paper::Paper;
use crate::live::Live;
use crate::policy::posture::{Tally, TargetPosture};
use crate::policy::roll::Member;
use crate::policy::targets::{Measure, Target};
use crate::policy::{Posture, Rule};
use crate::register::UnitIndex;

mod antivirus;
mod layout;
mod tree;

use antivirus::Antivirus;

/// Every unit in numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitsReport {
    /// As of when, by what.
    pub imprint: Imprint,
    /// The unit it is about, with every unit below; `None`: all.
    pub unit: Option<UnitName>,
    /// The moment that shares are compared with; `None`: nothing is known of an earlier one.
    pub compared_with: Option<Timestamp>,
    /// The goals about machines, in the order of `targets.toml`.
    pub goals: Vec<Goal>,
    /// The mandatory rules, in the order of their ids.
    pub rules: Vec<RuleName>,
    /// The lines, in the order of the tree; the total last.
    pub lines: Vec<Line>,
}

/// A goal about machines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goal {
    /// The target's id.
    pub target: String,
    /// Its name.
    pub title: Bilingual,
    /// The percentage to reach.
    pub goal: u8,
    /// Whether what is attested counts towards it.
    pub counts_attested: bool,
}

/// A mandatory rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleName {
    /// Its id.
    pub id: String,
    /// Its name.
    pub title: Bilingual,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What it sums up.
    pub scope: Scope,
    /// Its unit; `None` in the total, and where no unit is known.
    pub unit: Option<UnitName>,
    /// How far below the top the unit stands.
    pub depth: u8,
    /// The numbers.
    pub numbers: Numbers,
}

/// What a line sums up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// A unit without those below it.
    Own,
    /// A unit with those below it.
    WithBelow,
    /// Everything.
    Total,
}

/// The numbers of one line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Numbers {
    /// Rows of the register in force.
    pub registered: u64,
    /// Live machines outside the register.
    pub outside: u64,
    /// Machines that may carry no agent and are only declared.
    pub declared: u64,
    /// Of the registered and those outside: judged by data that still speaks for the moment.
    pub reporting: u64,
    /// Of the reporting: those with an antivirus.
    pub antivirus_installed: u64,
    /// Of the reporting: those whose antivirus has a licence that counts.
    pub antivirus_licensed: u64,
    /// Of the licensed: those whose licence is over within 30 days.
    pub expiring_30: u64,
    /// Of the licensed: those whose licence is over within 60 days.
    pub expiring_60: u64,
    /// Machines that are excused from every mandatory rule they fail.
    pub waived: u64,
    /// What each mandatory rule says of the registered and those outside.
    pub rules: BTreeMap<String, Outcomes>,
    /// How far each goal has come.
    pub targets: BTreeMap<String, Progress>,
    /// The people.
    pub staff: u64,
    /// Those of them who were trained within twelve months.
    pub trained: u64,
}

/// What one rule says of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcomes {
    /// Met.
    pub pass: u64,
    /// Not met.
    pub fail: u64,
    /// Not known, also of every machine without data.
    pub unknown: u64,
    /// Not met and excused.
    pub waived: u64,
    /// Not concerned.
    pub not_applicable: u64,
}

/// How far a goal has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Registered, outside and declared.
    pub members: u64,
    /// For how many of them it holds, as far as it was observed.
    pub met: u64,
    /// Of how many of them it could be said whether it holds.
    pub judged: u64,
    /// For how many declared ones somebody attests it: never part of `met`.
    pub attested: u64,
    /// Whether the goal is reached, in whole numbers; `None` of no members.
    pub met_goal: Option<bool>,
    /// By how many tenths of a percentage point the share has changed since the moment it is
    /// compared with; `None`: there was none then, or there is none now.
    pub change: Option<i64>,
}

/// Makes the report, of a unit and every unit below it or of everyone, compared with an earlier
/// one of the same.
#[must_use]
pub fn units(live: &Live, unit: Option<UnitIndex>, earlier: Option<&UnitsReport>) -> UnitsReport {
    let set = live.roll().set();
    let goals: Vec<_> = machine_targets(live).map(Goal::of).collect();
    let rules = set.rules.iter().filter(|rule| rule.severity.is_mandatory());
    let rules = rules.map(|rule| RuleName { id: rule.id.clone(), title: rule.title.clone() });
    let mut report = UnitsReport {
        imprint: Imprint::of(live, unit),
        unit: unit.map(|unit| UnitName::of(set.register.units.at(unit))),
        compared_with: earlier.map(|earlier| earlier.imprint.at),
        goals,
        rules: rules.collect(),
        lines: tree::lines(live, unit, &own_numbers(live)),
    };
    report.conclude(live, earlier);
    report
}

/// The targets about machines with how far each has come.
fn machine_targets(live: &Live) -> impl Iterator<Item = &Target> {
    live.roll().set().targets.list.iter().filter(|target| target.measure.is_about_machines())
}

/// Whether it can be said of a member that it meets a target or does not: one rule that fails is
/// enough for that.
fn is_judged(live: &Live, target: &Target, member: &Member<'_>) -> bool {
    let rules = || live.roll().set().rules.iter().zip(member.rulings());
    let counts = |rule: &Rule| match &target.measure {
        Measure::Rules(ids) => ids.contains(&rule.id),
        Measure::Protected => rule.severity.is_mandatory(),
        Measure::Classified(_) | Measure::PlansApproved | Measure::StaffTrained => false,
    };
    let says = |wanted| {
        let mut rules = rules().filter(|(rule, _)| counts(rule));
        rules.any(|(_, ruling)| ruling == wanted)
    };
    is_reporting(member.entry.state)
        && (says(Ruling::Fail) || says(Ruling::Waived) || !says(Ruling::Unknown))
}

impl Goal {
    fn of(target: &Target) -> Self {
        Self {
            target: target.id.clone(),
            title: target.title.clone(),
            goal: target.goal,
            counts_attested: false,
        }
    }
}

/// The numbers of each unit without those below it; the last ones are of no known unit.
fn own_numbers(live: &Live) -> Vec<Numbers> {
    let set = live.roll().set();
    let mut all: Vec<_> = (0..=set.register.units.iter().count()).map(|_| blank(live)).collect();
    let antivirus = Antivirus::new(live);
    for member in live.roll().members() {
        all[usize::from(member.entry.unit)].count(live, &antivirus, &member);
    }
    let today = live.roll().day().date();
    for (unit, heads) in set.register.declared.heads(today) {
        all[unit.number()].declared = heads;
    }
    for (unit, heads) in set.register.training.tally(today) {
        (all[unit.number()].staff, all[unit.number()].trained) = (heads.members, heads.met);
    }
    for target in Posture::of(live.roll()).targets {
        note_target(live, &target, &mut all);
    }
    all
}

/// Every rule and goal with nothing counted yet.
fn blank(live: &Live) -> Numbers {
    let rules = live.roll().set().rules.iter().filter(|rule| rule.severity.is_mandatory());
    Numbers {
        rules: rules.map(|rule| (rule.id.clone(), Outcomes::default())).collect(),
        targets: machine_targets(live)
            .map(|target| (target.id.clone(), Progress::default()))
            .collect(),
        ..Numbers::default()
    }
}

fn note_target(live: &Live, target: &TargetPosture, all: &mut [Numbers]) {
    let units = &live.roll().set().register.units;
    let none = all.len() - 1;
    let place =
        |id: Option<&str>| id.and_then(|id| units.index(id)).map_or(none, |unit| unit.number());
    for (unit, tally) in &target.units {
        if let Some(own) = all[place(unit.as_deref())].targets.get_mut(&target.id) {
            (own.members, own.met) = (tally.members, tally.met);
        }
    }
    for (unit, attested) in &target.attested {
        if let Some(own) = all[place(Some(unit))].targets.get_mut(&target.id) {
            own.attested = *attested;
        }
    }
}

impl Numbers {
    fn count(&mut self, live: &Live, antivirus: &Antivirus<'_>, member: &Member<'_>) {
        let reporting = is_reporting(member.entry.state);
        let registered = member.entry.registered;
        self.registered += u64::from(registered);
        self.outside += u64::from(!registered);
        self.reporting += u64::from(reporting);
        self.waived += u64::from(member.entry.state == State::Waived);
        for (rule, ruling) in live.roll().set().rules.iter().zip(member.rulings()) {
            if let Some(outcomes) = self.rules.get_mut(&rule.id) {
                *outcomes.of(ruling) += 1;
            }
        }
        for target in machine_targets(live) {
            if let Some(progress) = self.targets.get_mut(&target.id) {
                progress.judged += u64::from(is_judged(live, target, member));
            }
        }
        if reporting {
            let seen = antivirus.of(member);
            self.antivirus_installed += u64::from(seen.installed);
            self.antivirus_licensed += u64::from(seen.licensed);
            self.expiring_30 += u64::from(seen.expiring_30);
            self.expiring_60 += u64::from(seen.expiring_60);
        }
    }

    /// Adds those of another line.
    fn add(&mut self, other: &Self) {
        let own = [
            (&mut self.registered, other.registered),
            (&mut self.outside, other.outside),
            (&mut self.declared, other.declared),
            (&mut self.reporting, other.reporting),
            (&mut self.antivirus_installed, other.antivirus_installed),
            (&mut self.antivirus_licensed, other.antivirus_licensed),
            (&mut self.expiring_30, other.expiring_30),
            (&mut self.expiring_60, other.expiring_60),
            (&mut self.waived, other.waived),
            (&mut self.staff, other.staff),
            (&mut self.trained, other.trained),
        ];
        for (number, more) in own {
            *number += more;
        }
        for (id, more) in &other.rules {
            let outcomes = self.rules.entry(id.clone()).or_default();
            for ruling in Ruling::ALL {
                let mut more = *more;
                *outcomes.of(*ruling) += *more.of(*ruling);
            }
        }
        for (id, more) in &other.targets {
            let progress = self.targets.entry(id.clone()).or_default();
            progress.members += more.members;
            progress.met += more.met;
            progress.judged += more.judged;
            progress.attested += more.attested;
        }
    }

    /// Everything that could be heard: the registered and those outside.
    #[must_use]
    pub fn coverage(&self) -> Tally {
        Tally { members: self.registered + self.outside, met: self.reporting }
    }
}

impl Outcomes {
    fn of(&mut self, ruling: Ruling) -> &mut u64 {
        match ruling {
            Ruling::Pass => &mut self.pass,
            Ruling::Fail => &mut self.fail,
            Ruling::Unknown => &mut self.unknown,
            Ruling::NotApplicable => &mut self.not_applicable,
            Ruling::Waived => &mut self.waived,
        }
    }

    /// How many it concerns.
    #[must_use]
    pub fn concerned(&self) -> u64 {
        self.pass + self.fail + self.unknown + self.waived
    }
}

impl Progress {
    /// What was observed.
    #[must_use]
    pub fn tally(&self) -> Tally {
        Tally { members: self.members, met: self.met }
    }

    fn conclude(&mut self, goal: &Goal, earlier: Option<&Self>) {
        let attested = if goal.counts_attested { self.attested } else { 0 };
        let counted = Tally { met: self.met + attested, ..self.tally() };
        self.met_goal = (self.members > 0).then(|| counted.meets(goal.goal));
        let tenths = |of: &Self| i64::try_from(of.tally().tenths()?).ok();
        self.change = earlier.and_then(|earlier| Some(tenths(self)? - tenths(earlier)?));
    }
}

impl UnitsReport {
    /// What follows from the sums: whether goals are reached, and what has changed.
    fn conclude(&mut self, live: &Live, earlier: Option<&Self>) {
        let counts_attested = live.roll().set().targets.accept_attested;
        for goal in &mut self.goals {
            goal.counts_attested = counts_attested;
        }
        let summed: BTreeSet<_> = self.summed().map(str::to_owned).collect();
        for line in &mut self.lines {
            let then = earlier.and_then(|earlier| earlier.counterpart(line, &summed));
            for goal in &self.goals {
                let then = then.and_then(|then| then.numbers.targets.get(&goal.target));
                if let Some(progress) = line.numbers.targets.get_mut(&goal.target) {
                    progress.conclude(goal, then);
                }
            }
        }
    }

    /// The units that have others below them, and a line that sums up both.
    fn summed(&self) -> impl Iterator<Item = &str> {
        let sums = self.lines.iter().filter(|line| line.scope == Scope::WithBelow);
        sums.filter_map(|line| line.unit.as_ref()).map(|unit| unit.id.as_str())
    }

    /// The line of an earlier report that counts the same. A unit that has, or had, none below it
    /// has one line alone, which is its sum.
    fn counterpart(&self, line: &Line, summed: &BTreeSet<String>) -> Option<&Line> {
        let unit = line.unit.as_ref();
        let is_sum = match line.scope {
            Scope::Total => return self.line(Scope::Total, unit),
            Scope::WithBelow => true,
            Scope::Own => unit.is_some_and(|unit| !summed.contains(&unit.id)),
        };
        let sum = is_sum.then(|| self.line(Scope::WithBelow, unit)).flatten();
        sum.or_else(|| self.line(Scope::Own, unit))
    }

    fn line(&self, scope: Scope, unit: Option<&UnitName>) -> Option<&Line> {
        let id = |unit: Option<&UnitName>| unit.map(|unit| unit.id.clone());
        self.lines.iter().find(|line| line.scope == scope && id(line.unit.as_ref()) == id(unit))
    }

    /// The sum over everything.
    #[must_use]
    pub fn total(&self) -> Option<&Numbers> {
        self.line(Scope::Total, None).map(|line| &line.numbers)
    }

    /// It in one language.
    #[must_use]
    pub fn paper(&self, lang: Lang) -> Paper {
        layout::paper(self, lang)
    }
}

#[cfg(test)]
mod tests;
