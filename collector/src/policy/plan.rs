//! What an edit would change, before it is made: two sets over the same machines at one moment.
//!
//! A set that would newly protect too many machines, or that drops register rows or mandatory
//! rules, looks better than it is; [`Plan::needs_acceptance`] says so, and somebody has to say yes.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use report::Timestamp;
use report::verdict::{Ruling, Severity};
use serde::{Deserialize, Serialize};

use super::posture::{Posture, Tally, TargetPosture};
use super::roll::Roll;
use super::{PolicySet, Rule};
use crate::fleet::Fleet;
use crate::register::Term;
use crate::register::declared::Group;
use crate::register::training::Staff;

mod compare;
mod crowd;
mod words;

use compare::{Compared, compare};
pub use crowd::{Affected, Crowd, Names, Place};

/// A whole, in parts per million.
const MILLION: f64 = 1_000_000.0;

/// What another policy set would change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The moment both sets were judged at.
    pub at: Timestamp,
    /// The hashes of both sets.
    pub policies: Change<String>,
    /// The shares that a set may newly protect, or leave out, in parts per million. Only the one
    /// before counts: no edit loosens its own guard.
    pub guard: Change<u32>,
    /// Whether what is attested counts towards the goals.
    pub accept_attested: Change<bool>,
    /// How many members are answered for.
    pub members: Change<u64>,
    /// How many of them are protected.
    pub protected: Change<u64>,
    /// Members that would be protected and are not now.
    pub newly_protected: Affected,
    /// Members that are protected now and would not be.
    pub no_longer_protected: Affected,
    /// Members that nobody answers for now.
    pub joined: Affected,
    /// Members that nobody would answer for.
    pub left: Affected,
    /// What rules would say otherwise of members that both sets have, ordered by rule.
    pub flips: Vec<Flip>,
    /// Rules that come, go, or matter more or less; ordered by id.
    pub rules: Vec<RuleChange>,
    /// Register rows that are missing from the new set. A row that has ended is not missing.
    pub rows_dropped: BTreeMap<RegisterList, Crowd>,
    /// Every target of both sets.
    pub targets: Vec<TargetChange>,
}

/// Something by the set in force and by the other one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change<T> {
    /// By the set in force.
    pub before: T,
    /// By the other one.
    pub after: T,
}

impl<T: PartialEq> Change<T> {
    /// Whether there is a difference.
    pub fn is_real(&self) -> bool {
        self.before != self.after
    }
}

/// What one rule would say otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flip {
    /// The rule's id.
    pub rule: String,
    /// Its ruling; `None` where the set does not have the rule.
    pub ruling: Change<Option<Ruling>>,
    /// Whether the other set has the rule decide about protection.
    pub is_mandatory: bool,
    /// Of whom.
    pub members: Affected,
}

impl Flip {
    /// Whether a rule that decides about protection was no obstacle and becomes one.
    fn is_loss(&self) -> bool {
        let let_pass = match self.ruling.before {
            Some(Ruling::Pass | Ruling::Waived) => true,
            Some(Ruling::Fail | Ruling::Unknown | Ruling::NotApplicable) | None => false,
        };
        let stops = match self.ruling.after {
            Some(Ruling::Fail | Ruling::Unknown) => true,
            Some(Ruling::Pass | Ruling::Waived | Ruling::NotApplicable) | None => false,
        };
        self.is_mandatory && let_pass && stops
    }
}

/// A rule that comes, goes, or matters more or less.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleChange {
    /// The rule's id.
    pub rule: String,
    /// How much it matters; `None` where the set does not have the rule.
    pub severity: Change<Option<Severity>>,
}

impl RuleChange {
    /// Whether a rule that decides about protection no longer does.
    #[must_use]
    pub fn drops_a_mandatory_rule(&self) -> bool {
        let mandatory = |severity: Option<Severity>| severity.is_some_and(Severity::is_mandatory);
        mandatory(self.severity.before) && !mandatory(self.severity.after)
    }
}

/// One target, as far as each set has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetChange {
    /// Its id.
    pub target: String,
    /// How far it has come; `None` where the set does not have it.
    pub standing: Change<Option<TargetStanding>>,
}

impl TargetChange {
    fn is_dropped(&self) -> bool {
        self.standing.before.is_some() && self.standing.after.is_none()
    }

    fn holds_for_fewer(&self) -> bool {
        let standings = self.standing.before.zip(self.standing.after);
        standings.is_some_and(|(before, after)| after.met < before.met)
    }

    /// Whether it is met now and would not be.
    fn is_lost(&self) -> bool {
        let is_met =
            |standing: Option<TargetStanding>| standing.is_some_and(TargetStanding::is_met);
        is_met(self.standing.before) && !is_met(self.standing.after)
    }

    /// Whether it is told of fewer, or is reached no longer.
    fn costs(&self) -> bool {
        self.is_dropped() || self.holds_for_fewer() || self.is_lost()
    }

    fn lowers_its_goal(&self) -> bool {
        let goals = self.standing.before.zip(self.standing.after);
        goals.is_some_and(|(before, after)| after.goal < before.goal)
    }
}

/// How far a target has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetStanding {
    /// How many are counted.
    pub members: u64,
    /// For how many of them it holds.
    pub met: u64,
    /// The percentage to reach.
    pub goal: u8,
    /// For how many declared machines somebody attests it, beside those for whom it holds.
    pub attested: u64,
    /// Whether what is attested counts towards the goal.
    pub counts_attested: bool,
}

impl TargetStanding {
    fn of(target: &TargetPosture) -> Self {
        let Tally { members, met } = target.total;
        let (goal, counts_attested) = (target.goal, target.counts_attested);
        Self { members, met, goal, attested: target.all_attested(), counts_attested }
    }

    /// Whether the goal is reached, with what is attested where that counts.
    #[must_use]
    pub fn is_met(self) -> bool {
        let attested = if self.counts_attested { self.attested } else { 0 };
        Tally { members: self.members, met: self.met + attested }.meets(self.goal)
    }
}

/// The lists of the register whose entries never disappear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegisterList {
    /// `machines.csv`.
    Machines,
    /// `systems.toml`.
    Systems,
    /// `units.toml`.
    Units,
    /// `declared.toml`: an entry is known by its unit, its kind and its first day.
    Declared,
    /// `training.toml`: an entry is known by its unit and its first day.
    Training,
}

impl RegisterList {
    /// Every list.
    pub const ALL: [Self; 5] =
        [Self::Machines, Self::Systems, Self::Units, Self::Declared, Self::Training];

    fn ids(self, set: &PolicySet) -> BTreeSet<Cow<'_, str>> {
        let register = &set.register;
        let unit = |unit| register.units.at(unit).id.as_str();
        match self {
            Self::Machines => register.machines.iter().map(|row| row.id.into()).collect(),
            Self::Systems => {
                register.systems.iter().map(|system| system.id.as_str().into()).collect()
            }
            Self::Units => register.units.iter().map(|unit| unit.id.as_str().into()).collect(),
            Self::Declared => {
                let id = |group: &Group| {
                    let kind = group.kind.name();
                    format!("{} {kind}{}", unit(group.unit), begun(group.term)).into()
                };
                register.declared.iter().map(id).collect()
            }
            Self::Training => {
                let id = |staff: &Staff| format!("{}{}", unit(staff.unit), begun(staff.term));
                register.training.iter().map(|staff| id(staff).into()).collect()
            }
        }
    }
}

/// What tells the entries of one unit apart that follow on one another.
fn begun(term: Term) -> String {
    term.from.map(|day| format!(" {day}")).unwrap_or_default()
}

/// Why somebody has to say yes to a set before it takes effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Reason {
    /// It would newly protect more members than the guard allows.
    GuardExceeded {
        /// How many it would newly protect.
        newly_protected: u64,
        /// Of how many that are answered for now.
        members: u64,
        /// The share that is allowed, in parts per million.
        guard: u32,
    },
    /// Nobody would answer any more for more members than the guard allows.
    MembersLeft {
        /// How many would no longer be counted.
        left: u64,
        /// Of how many that are answered for now.
        members: u64,
        /// The share that is allowed, in parts per million.
        guard: u32,
    },
    /// Register rows are missing from it.
    RowsDropped {
        /// How many.
        rows: u64,
    },
    /// Rules that decide about protection are missing from it, or would be advice.
    MandatoryRulesDropped {
        /// Their ids.
        rules: Vec<String>,
    },
    /// It would let later edits protect more at once.
    GuardLoosened {
        /// The shares, in parts per million.
        guard: Change<u32>,
    },
    /// Targets are missing from it.
    TargetsDropped {
        /// Their ids.
        targets: Vec<String>,
    },
    /// It asks for less of targets.
    GoalsLowered {
        /// Their ids.
        targets: Vec<String>,
    },
    /// What is attested, and nobody observes, would come to count towards the goals.
    AttestedCounted,
    /// It was held before, and nobody has said yes since.
    HeldBefore,
}

impl Plan {
    /// Judges everyone of a roll by another set, at the roll's moment, and tells the first names.
    #[must_use]
    pub fn from(roll: &Roll, to: Arc<PolicySet>, fleet: &Fleet) -> Self {
        Self::naming(roll, to, fleet, Names::First)
    }

    /// The same with these names.
    #[must_use]
    pub fn naming(roll: &Roll, to: Arc<PolicySet>, fleet: &Fleet, names: Names) -> Self {
        Self::between(roll, &roll.beside(to, fleet, roll.clock()), fleet, names)
    }

    /// Compares two rolls over the same machines at the same moment.
    #[must_use]
    pub fn between(before: &Roll, after: &Roll, fleet: &Fleet, names: Names) -> Self {
        let (old, new) = (before.set(), after.set());
        let Compared {
            members,
            protected,
            newly_protected,
            no_longer_protected,
            joined,
            left,
            flips,
        } = compare(before, after, fleet, names);
        Self {
            at: before.clock().now,
            policies: Change { before: old.hash.to_string(), after: new.hash.to_string() },
            guard: Change {
                before: parts_per_million(old.targets.guard),
                after: parts_per_million(new.targets.guard),
            },
            accept_attested: Change {
                before: old.targets.accept_attested,
                after: new.targets.accept_attested,
            },
            members,
            protected,
            newly_protected,
            no_longer_protected,
            joined,
            left,
            flips,
            rules: rule_changes(old, new),
            rows_dropped: rows_dropped(old, new, names),
            targets: target_changes(&Posture::of(before), &Posture::of(after)),
        }
    }

    /// Whether the set costs anybody anything: a member is protected or counted no longer, a
    /// mandatory rule no longer lets it pass, or a target holds for fewer, is met no longer or is
    /// missing.
    #[must_use]
    pub fn somebody_loses(&self) -> bool {
        self.no_longer_protected.all.count > 0
            || self.left.all.count > 0
            || self.flips.iter().any(Flip::is_loss)
            || self.targets.iter().any(TargetChange::costs)
    }

    /// The targets that are met by the set in force and not by the other one.
    #[must_use]
    pub fn targets_lost(&self) -> Vec<String> {
        self.targets_that(TargetChange::is_lost)
    }

    /// Why the set must be accepted before it takes effect; empty: it need not.
    #[must_use]
    pub fn needs_acceptance(&self) -> Vec<Reason> {
        let reasons = [
            self.exceeds_the_guard(&self.newly_protected.all).then_some(Reason::GuardExceeded {
                newly_protected: self.newly_protected.all.count,
                members: self.members.before,
                guard: self.guard.before,
            }),
            self.exceeds_the_guard(&self.left.all).then_some(Reason::MembersLeft {
                left: self.left.all.count,
                members: self.members.before,
                guard: self.guard.before,
            }),
            self.drops_rows(),
            some(self.mandatory_rules_dropped())
                .map(|rules| Reason::MandatoryRulesDropped { rules }),
            self.loosens_the_guard().then_some(Reason::GuardLoosened { guard: self.guard }),
            some(self.targets_that(TargetChange::is_dropped))
                .map(|targets| Reason::TargetsDropped { targets }),
            some(self.targets_that(TargetChange::lowers_its_goal))
                .map(|targets| Reason::GoalsLowered { targets }),
            (!self.accept_attested.before && self.accept_attested.after)
                .then_some(Reason::AttestedCounted),
        ];
        reasons.into_iter().flatten().collect()
    }

    /// The same of a set that may have been held before; `held`: the hash of the one that was.
    #[must_use]
    pub fn needs_acceptance_after(&self, held: Option<&str>) -> Vec<Reason> {
        let mut reasons = self.needs_acceptance();
        if reasons.is_empty() && held == Some(self.policies.after.as_str()) {
            // Machines that have fallen silent since cannot have said yes.
            reasons.push(Reason::HeldBefore);
        }
        reasons
    }

    fn drops_rows(&self) -> Option<Reason> {
        let rows = self.rows_dropped.values().map(|crowd| crowd.count).sum();
        (rows > 0).then_some(Reason::RowsDropped { rows })
    }

    fn targets_that(&self, does: impl Fn(&TargetChange) -> bool) -> Vec<String> {
        let those = self.targets.iter().filter(|change| does(change));
        those.map(|change| change.target.clone()).collect()
    }

    /// The rules that decide about protection and no longer would.
    #[must_use]
    pub fn mandatory_rules_dropped(&self) -> Vec<String> {
        let dropped = self.rules.iter().filter(|change| change.drops_a_mandatory_rule());
        dropped.map(|change| change.rule.clone()).collect()
    }

    /// Whether the next edit could protect more machines unseen than this one.
    #[must_use]
    pub fn loosens_the_guard(&self) -> bool {
        self.guard.after > self.guard.before
    }

    /// In whole numbers. The share is of those answered for now: rows that the edit itself adds
    /// cannot make room for others.
    fn exceeds_the_guard(&self, crowd: &Crowd) -> bool {
        let allowed = u128::from(self.guard.before) * u128::from(self.members.before);
        u128::from(crowd.count) * 1_000_000 > allowed
    }
}

fn some(ids: Vec<String>) -> Option<Vec<String>> {
    (!ids.is_empty()).then_some(ids)
}

/// A share in parts per million: what is written with a point is compared in whole numbers.
fn parts_per_million(share: f64) -> u32 {
    (share * MILLION).round() as u32
}

/// A rule and its place in each set.
struct SharedRule<'s> {
    id: &'s str,
    before: Option<usize>,
    after: Option<usize>,
}

impl SharedRule<'_> {
    /// Whether it decides about protection by the set it comes to.
    fn is_mandatory_in(&self, after: &PolicySet) -> bool {
        self.after.is_some_and(|place| after.rules[place].severity.is_mandatory())
    }
}

fn rules_of_both<'s>(old: &'s PolicySet, new: &'s PolicySet) -> Vec<SharedRule<'s>> {
    let ids: BTreeSet<&str> =
        old.rules.iter().chain(&new.rules).map(|rule| rule.id.as_str()).collect();
    let place = |set: &PolicySet, id: &str| set.rules.iter().position(|rule| rule.id == id);
    let shared = |id| SharedRule { id, before: place(old, id), after: place(new, id) };
    ids.into_iter().map(shared).collect()
}

fn rule_changes(old: &PolicySet, new: &PolicySet) -> Vec<RuleChange> {
    let severity = |rules: &[Rule], place: Option<usize>| place.map(|place| rules[place].severity);
    let change = |rule: SharedRule<'_>| RuleChange {
        rule: rule.id.to_owned(),
        severity: Change {
            before: severity(&old.rules, rule.before),
            after: severity(&new.rules, rule.after),
        },
    };
    let changes = rules_of_both(old, new).into_iter().map(change);
    changes.filter(|change| change.severity.is_real()).collect()
}

fn rows_dropped(old: &PolicySet, new: &PolicySet, names: Names) -> BTreeMap<RegisterList, Crowd> {
    let mut dropped: BTreeMap<RegisterList, Crowd> = BTreeMap::new();
    for list in RegisterList::ALL {
        let kept = list.ids(new);
        for id in list.ids(old).into_iter().filter(|id| !kept.contains(id)) {
            dropped.entry(list).or_default().add(names, || id.into_owned());
        }
    }
    dropped
}

fn target_changes(before: &Posture, after: &Posture) -> Vec<TargetChange> {
    let standing = |posture: &Posture, id: &str| posture.target(id).map(TargetStanding::of);
    let gone = before.targets.iter().filter(|target| after.target(&target.id).is_none());
    after
        .targets
        .iter()
        .chain(gone)
        .map(|target| TargetChange {
            target: target.id.clone(),
            standing: Change {
                before: standing(before, &target.id),
                after: standing(after, &target.id),
            },
        })
        .collect()
}

#[cfg(test)]
mod tests;
