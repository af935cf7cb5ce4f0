//! Units beside each other, for emulation: only like is compared with like.
//!
//! A unit is counted with every unit below it, and compared with units that stand as far from the
//! top and have about as many machines. Whoever has too little data has no rank, because a share
//! over machines nobody hears of says nothing about the others; and no rank is shown without the
//! data it rests on.

use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;

use report::{Lang, Timestamp};
use serde::{Deserialize, Serialize};

use super::form08::UnitName;
use super::imprint::Imprint;
use super::paper::Paper;
use super::units::{Goal, Line, Scope, UnitsReport};
use crate::collation;
use crate::policy::posture::Tally;
use crate::policy::problem::did_you_mean;

mod layout;

/// What share of a unit's machines must be judged before it is ranked, in percent.
pub const FLOOR: u8 = 80;

/// Units beside each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ranking {
    /// As of when, by what.
    pub imprint: Imprint,
    /// What they are compared by.
    pub goal: Goal,
    /// What share of a unit's machines must be judged before it is ranked, in percent.
    pub floor: u8,
    /// The moment that shares are compared with; `None`: nothing is known of an earlier one.
    pub compared_with: Option<Timestamp>,
    /// Those that are alike, from the top of the tree downwards and the largest first.
    pub groups: Vec<Group>,
}

/// Units that are alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// How far below the top they stand.
    pub depth: u8,
    /// About how many machines they have.
    pub size: Size,
    /// The units, the best first; those without a rank last.
    pub places: Vec<Place>,
}

/// About how many machines a unit has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Size {
    /// At most 20.
    Small,
    /// 21 to 100.
    Medium,
    /// More than 100.
    Large,
}

impl Size {
    fn of(machines: u64) -> Self {
        match machines {
            ..=20 => Self::Small,
            21..=100 => Self::Medium,
            101.. => Self::Large,
        }
    }
}

/// A unit among those that are alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Its rank; the same share has the same one. `None`: too little is known of it.
    pub rank: Option<u64>,
    /// The unit.
    pub unit: UnitName,
    /// Its machines, declared ones among them.
    pub members: u64,
    /// Those of them for which the goal holds.
    pub met: u64,
    /// Those that may carry no agent and are only declared.
    pub declared: u64,
    /// The others: registered or outside the register.
    pub hearable: u64,
    /// Those of them of which it could be said whether the goal holds.
    pub judged: u64,
    /// By how many tenths of a percentage point its share has changed; `None`: that is not known.
    pub change: Option<i64>,
}

impl Place {
    fn of(line: &Line, unit: &UnitName, goal: &Goal) -> Self {
        let numbers = &line.numbers;
        let progress = numbers.targets.get(&goal.target).copied().unwrap_or_default();
        Self {
            rank: None,
            unit: unit.clone(),
            members: progress.members,
            met: progress.met,
            declared: numbers.declared,
            hearable: numbers.registered + numbers.outside,
            judged: progress.judged,
            change: progress.change,
        }
    }

    /// Of how much of it something is known.
    #[must_use]
    pub fn coverage(&self) -> Tally {
        Tally { members: self.hearable, met: self.judged }
    }

    /// How far it has come.
    #[must_use]
    pub fn share(&self) -> Tally {
        Tally { members: self.members, met: self.met }
    }

    fn may_be_ranked(&self) -> bool {
        self.coverage().meets(FLOOR)
    }

    /// Whose share is larger, in whole numbers.
    fn compare_share(&self, other: &Self) -> Ordering {
        let cross = |one: &Self, other: &Self| u128::from(one.met) * u128::from(other.members);
        cross(self, other).cmp(&cross(other, self))
    }
}

/// Compares units by a goal about machines; by the first one unless another is named.
///
/// # Errors
/// When there is no such goal: the message names the nearest.
pub fn rank(report: &UnitsReport, target: Option<&str>) -> Result<Ranking, String> {
    let goal = goal(report, target)?;
    let mut groups: BTreeMap<_, Vec<Place>> = BTreeMap::new();
    for (line, unit) in compared(report) {
        let place = Place::of(line, unit, goal);
        if place.members > 0 {
            let key = (line.depth, Reverse(Size::of(place.members)));
            groups.entry(key).or_default().push(place);
        }
    }
    let group = |((depth, Reverse(size)), places)| Group { depth, size, places: ranked(places) };
    Ok(Ranking {
        imprint: report.imprint.clone(),
        goal: goal.clone(),
        floor: FLOOR,
        compared_with: report.compared_with,
        groups: groups.into_iter().map(group).collect(),
    })
}

fn goal<'r>(report: &'r UnitsReport, target: Option<&str>) -> Result<&'r Goal, String> {
    let ids = || report.goals.iter().map(|goal| goal.target.as_str());
    let Some(id) = target else {
        let none = "targets.toml has no goal about machines to compare units by";
        return report.goals.first().ok_or_else(|| none.to_owned());
    };
    report.goals.iter().find(|goal| goal.target == id).ok_or_else(|| {
        let all = || format!("the choices are {}", ids().collect::<Vec<_>>().join(", "));
        let help = did_you_mean(id, ids()).unwrap_or_else(all);
        format!("--target {id:?} is no goal about machines: {help}")
    })
}

/// Each unit's line that has those below it too.
fn compared(report: &UnitsReport) -> impl Iterator<Item = (&Line, &UnitName)> {
    let has_sum = |unit: &UnitName| {
        report.lines.iter().any(|line| {
            line.scope == Scope::WithBelow
                && line.unit.as_ref().is_some_and(|own| own.id == unit.id)
        })
    };
    let lines = report.lines.iter().filter_map(|line| Some((line, line.unit.as_ref()?)));
    lines.filter(move |(line, unit)| match line.scope {
        Scope::WithBelow => true,
        Scope::Own => !has_sum(unit),
        Scope::Total => false,
    })
}

/// Puts those that are alike in their order.
fn ranked(mut places: Vec<Place>) -> Vec<Place> {
    let by_name =
        |one: &Place, other: &Place| collation::compare(&one.unit.name.vi, &other.unit.name.vi);
    places.sort_by(|one, other| {
        let by_rank = other.may_be_ranked().cmp(&one.may_be_ranked());
        let by_share = || match one.may_be_ranked() {
            true => other.compare_share(one),
            false => Ordering::Equal,
        };
        by_rank.then_with(by_share).then_with(|| by_name(one, other))
    });
    let mut last: Option<(u64, Place)> = None;
    for (number, place) in (1..).zip(&mut places) {
        if !place.may_be_ranked() {
            break;
        }
        let rank = match &last {
            Some((rank, before)) if before.compare_share(place).is_eq() => *rank,
            Some(_) | None => number,
        };
        place.rank = Some(rank);
        last = Some((rank, place.clone()));
    }
    places
}

impl Ranking {
    /// It in one language.
    #[must_use]
    pub fn paper(&self, lang: Lang) -> Paper {
        layout::paper(self, lang)
    }
}

#[cfg(test)]
mod tests;
