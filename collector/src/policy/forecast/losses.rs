//! One horizon against the present: who is lost, where, and by what end.

use std::collections::{BTreeMap, BTreeSet};

use report::verdict::Ruling;

use super::causes::{self, End};
use crate::fleet::Fleet;
use crate::policy::plan::{Crowd, Names, TargetStanding};
use crate::policy::posture::{Posture, TargetPosture};
use crate::policy::roll::{Member, Roll};
use crate::policy::targets::{Measure, Target};
use crate::policy::{PolicySet, Rule};
use crate::register::UnitIndex;

/// Whom a forecast is about.
pub(super) struct Scope {
    /// By the place of the unit in the roll; the last one stands for "no unit is known".
    places: Vec<bool>,
    /// The ids of the units; `None`: all.
    units: Option<BTreeSet<String>>,
}

impl Scope {
    /// A unit with those below it, as the tree stands on the roll's day, or everyone.
    pub(super) fn new(roll: &Roll, unit: Option<UnitIndex>) -> Self {
        let all = &roll.set().register.units;
        let is_within =
            |one: UnitIndex| unit.is_none_or(|unit| roll.day().line(one).contains(&unit));
        let within = all.indices().filter(|one| is_within(*one));
        Self {
            places: all.indices().map(is_within).chain([unit.is_none()]).collect(),
            units: unit.map(|_| within.map(|one| all.at(one).id.clone()).collect()),
        }
    }

    fn has(&self, member: &Member<'_>) -> bool {
        self.places.get(usize::from(member.entry.unit)).copied().unwrap_or_default()
    }

    pub(super) fn has_unit(&self, unit: Option<&str>) -> bool {
        match (&self.units, unit) {
            (None, _) => true,
            (Some(units), Some(unit)) => units.contains(unit),
            (Some(_), None) => false,
        }
    }

    /// How far a target has come among them.
    pub(super) fn standing(&self, target: &TargetPosture) -> TargetStanding {
        let own = target.units.iter().filter(|(unit, _)| self.has_unit(unit.as_deref()));
        let (members, met) = own
            .fold((0, 0), |(members, met), (_, tally)| (members + tally.members, met + tally.met));
        let (goal, counts_attested) = (target.goal, target.counts_attested);
        TargetStanding { members, met, goal, attested: self.attested(target), counts_attested }
    }

    pub(super) fn attested(&self, target: &TargetPosture) -> u64 {
        let own = target.attested.iter().filter(|(unit, _)| self.has_unit(Some(unit)));
        own.map(|(_, attested)| attested).sum()
    }
}

/// Whom one end concerns.
#[derive(Debug, Default)]
pub(super) struct Toll {
    pub(super) members: Crowd,
    pub(super) rules: BTreeSet<String>,
}

/// What is lost until one horizon.
#[derive(Debug)]
pub(super) struct Losses {
    /// By target: for how many fewer it holds in each unit.
    pub(super) targets: Vec<BTreeMap<Option<String>, u64>>,
    /// By target and end: how many members that costs.
    pub(super) costs: BTreeMap<(usize, End), u64>,
    /// Everything that ends.
    pub(super) tolls: BTreeMap<End, Toll>,
}

impl Losses {
    /// How many are lost, without what they are lost by.
    pub(super) fn counted(roll: &Roll, later: &Roll, fleet: &Fleet, scope: &Scope) -> Self {
        Self::of(&Comparison { roll, later, fleet, scope, explains: false })
    }

    /// How many are lost, and by what.
    pub(super) fn explained(roll: &Roll, later: &Roll, fleet: &Fleet, scope: &Scope) -> Self {
        Self::of(&Comparison { roll, later, fleet, scope, explains: true })
    }

    fn of(comparison: &Comparison<'_>) -> Self {
        let targets = comparison.set().targets.list.len();
        let mut losses = Self {
            targets: vec![BTreeMap::new(); targets],
            costs: BTreeMap::new(),
            tolls: BTreeMap::new(),
        };
        for (before, after) in comparison.roll.pairs(comparison.later) {
            let is_same =
                before.entry.state == after.entry.state && before.rulings().eq(after.rulings());
            if !is_same && comparison.scope.has(&before) {
                losses.count(comparison, &before, &after);
            }
        }
        losses.count_heads(comparison);
        if comparison.explains {
            losses.tell_papers(comparison);
        }
        losses
    }

    /// A member of which something else is said later.
    fn count<'c>(&mut self, comparison: &Comparison<'c>, before: &Member<'c>, after: &Member<'c>) {
        let ends = match comparison.explains {
            true => comparison.ends(before, after),
            false => Vec::new(),
        };
        for (rule, ends) in &ends {
            for end in ends {
                let rules = &mut self.tolls.entry(end.clone()).or_default().rules;
                rules.insert(rule.id.clone());
            }
        }
        let all: BTreeSet<&End> = ends.iter().flat_map(|(_, ends)| ends).collect();
        for end in all {
            if let Some(toll) = self.tolls.get_mut(end) {
                toll.members.add(Names::First, || before.name(comparison.fleet));
            }
        }
        for (place, target) in comparison.lost(before, after) {
            let unit = before.unit().map(str::to_owned);
            *self.targets[place].entry(unit).or_default() += 1;
            let concerning = ends.iter().filter(|(rule, _)| asks(target, rule));
            let own = concerning.flat_map(|(_, ends)| ends);
            // Who is excused from a rule does not meet it either.
            let own: BTreeSet<&End> = own.filter(|end| !end.matter.is_waiver()).collect();
            for end in own {
                *self.costs.entry((place, end.clone())).or_default() += 1;
            }
        }
    }

    /// People and systems are counted by heads, and have no names here.
    fn count_heads(&mut self, comparison: &Comparison<'_>) {
        let (now, then) = (Posture::of(comparison.roll), Posture::of(comparison.later));
        let targets =
            comparison.set().targets.list.iter().zip(now.targets.iter().zip(&then.targets));
        for (place, (target, (now, then))) in targets.enumerate() {
            if target.measure.is_about_machines() {
                continue;
            }
            for (unit, tally) in &now.units {
                let met = then.units.get(unit).map_or(0, |tally| tally.met);
                let lost = tally.met.saturating_sub(met);
                if lost > 0 && comparison.scope.has_unit(unit.as_deref()) {
                    self.targets[place].insert(unit.clone(), lost);
                }
            }
        }
    }

    /// Attestations and trainings end by their own dates.
    fn tell_papers(&mut self, comparison: &Comparison<'_>) {
        let set = comparison.set();
        let ahead = comparison.later.day().ahead();
        for paper in causes::attestations(set, ahead) {
            if comparison.scope.has_unit(Some(paper.unit)) {
                self.charge(comparison, paper.end, |target| {
                    target
                        .measure
                        .is_about_machines()
                        .then(|| paper.met.get(&target.id).copied())?
                });
            }
        }
        for (end, unit, heads) in causes::trainings(set, ahead) {
            let lost: Vec<_> = self
                .targets
                .iter()
                .map(|units| units.get(&Some(unit.to_owned())).copied())
                .collect();
            let mut lost = lost.into_iter();
            self.charge(comparison, end, |target| {
                let lost = lost.next().flatten();
                let is_theirs = target.measure == Measure::StaffTrained;
                lost.filter(|_| is_theirs).map(|lost| lost.min(heads))
            });
        }
    }

    /// Writes down what an end costs each target, by heads.
    fn charge(
        &mut self,
        comparison: &Comparison<'_>,
        end: End,
        mut cost: impl FnMut(&Target) -> Option<u64>,
    ) {
        let targets = comparison.set().targets.list.iter().enumerate();
        let costs: Vec<_> =
            targets.filter_map(|(place, target)| Some((place, cost(target)?))).collect();
        let Some(most) = costs.iter().map(|(_, heads)| *heads).max().filter(|most| *most > 0)
        else {
            return;
        };
        self.tolls.entry(end.clone()).or_default().members.count += most;
        for (place, heads) in costs {
            *self.costs.entry((place, end.clone())).or_default() += heads;
        }
    }
}

/// The present beside a horizon.
struct Comparison<'c> {
    roll: &'c Roll,
    later: &'c Roll,
    fleet: &'c Fleet,
    scope: &'c Scope,
    explains: bool,
}

impl<'c> Comparison<'c> {
    fn set(&self) -> &'c PolicySet {
        self.roll.set()
    }

    /// The targets that hold for a member today and do not later.
    fn lost(&self, before: &Member<'_>, after: &Member<'_>) -> Vec<(usize, &'c Target)> {
        let rulings = |member: &Member<'_>| member.rulings().collect::<Vec<_>>();
        let (now, then) = (rulings(before), rulings(after));
        let counts = self.roll.counts();
        let is_lost = |place: usize| {
            counts.meets(place, &before.entry, &now) == Some(true)
                && counts.meets(place, &after.entry, &then) != Some(true)
        };
        let targets = self.set().targets.list.iter().enumerate();
        targets.filter(|(place, _)| is_lost(*place)).collect()
    }

    /// The rules that say worse of a member later, each with the ends that make it.
    fn ends(&self, before: &Member<'c>, after: &Member<'c>) -> Vec<(&'c Rule, BTreeSet<End>)> {
        let worse: Vec<_> = (0..self.set().rules.len())
            .filter(|rule| is_worse(before.ruling(*rule), after.ruling(*rule)))
            .collect();
        let (false, Some(now), Some(then)) = (
            worse.is_empty(),
            self.roll.subject(self.fleet, before),
            self.later.subject(self.fleet, after),
        ) else {
            return Vec::new();
        };
        causes::ends(self.roll, &now, self.later, &then, &worse)
    }
}

/// Whether a rule that was no obstacle becomes one.
fn is_worse(before: Ruling, after: Ruling) -> bool {
    match before {
        Ruling::Pass => after != Ruling::Pass,
        Ruling::Waived => after != Ruling::Waived && after != Ruling::Pass,
        Ruling::Fail | Ruling::Unknown | Ruling::NotApplicable => false,
    }
}

/// Whether a target hangs on a rule.
fn asks(target: &Target, rule: &Rule) -> bool {
    match &target.measure {
        Measure::Rules(ids) => ids.contains(&rule.id),
        Measure::Protected => rule.severity.is_mandatory(),
        Measure::Classified(_) | Measure::PlansApproved | Measure::StaffTrained => false,
    }
}
