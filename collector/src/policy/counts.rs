//! The numbers over everyone answered for, kept as sums that one member can be taken out of and
//! put back into.
//!
//! What is here is bounded by units and rules; it costs nothing to keep and little to read.

use std::collections::BTreeMap;

use report::verdict::{Ruling, State};

use super::PolicySet;
use super::entry::Entry;
use super::posture::{ReportAge, Tally};
use super::targets::Measure;
use crate::register::MachineKind;

/// A table of sums.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Table {
    width: usize,
    cells: Vec<i64>,
}

impl Table {
    fn new(height: usize, width: usize) -> Self {
        Self { width, cells: vec![0; height * width] }
    }

    fn add(&mut self, row: usize, column: usize, sign: i64) {
        self.cells[row * self.width + column] += sign;
    }

    fn get(&self, row: usize, column: usize) -> u64 {
        u64::try_from(self.cells[row * self.width + column]).unwrap_or_default()
    }

    fn merge(&mut self, other: &Self) {
        for (cell, more) in self.cells.iter_mut().zip(&other.cells) {
            *cell += more;
        }
    }
}

/// Which rules a target about machines asks to pass, by their place in the set; `None` for a
/// target about something else.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Asks {
    Protected,
    Rules(Vec<usize>),
    NoMachine,
}

impl Asks {
    fn of(measure: &Measure, set: &PolicySet) -> Self {
        match measure {
            Measure::Protected => Self::Protected,
            Measure::Rules(ids) => {
                let place = |id: &String| set.rules.iter().position(|rule| rule.id == *id);
                // Loading refuses a target with a rule that is not there.
                Self::Rules(ids.iter().filter_map(place).collect())
            }
            Measure::Classified(_) | Measure::PlansApproved | Measure::StaffTrained => {
                Self::NoMachine
            }
        }
    }

    fn met_by(&self, entry: &Entry, rulings: &[Ruling]) -> Option<bool> {
        match self {
            Self::Protected => Some(entry.state == State::Protected),
            Self::Rules(places) => {
                let passes = |place: &usize| rulings[*place] == Ruling::Pass;
                Some(!places.is_empty() && places.iter().all(passes))
            }
            Self::NoMachine => None,
        }
    }
}

/// The sums over members. Units and rules are numbers here: their places in the set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counts {
    asks: Vec<Asks>,
    states: Table,
    kinds: Table,
    levels: Table,
    outside: Vec<i64>,
    rulings: Table,
    failing: Table,
    members: Table,
    met: Table,
    ages: Vec<i64>,
    skews: BTreeMap<i64, i64>,
}

/// The highest level there is.
const LEVELS: usize = 5;

impl Counts {
    /// Nobody yet. One unit more than there are stands for "no unit is known".
    #[must_use]
    pub fn none(set: &PolicySet, units: usize) -> Self {
        let (rules, targets) = (set.rules.len(), set.targets.list.len());
        Self {
            asks: set.targets.list.iter().map(|target| Asks::of(&target.measure, set)).collect(),
            states: Table::new(units + 1, State::ALL.len()),
            kinds: Table::new(MachineKind::ALL.len() + 1, State::ALL.len()),
            levels: Table::new(LEVELS + 1, State::ALL.len()),
            outside: vec![0; units + 1],
            rulings: Table::new(rules * (LEVELS + 1), Ruling::ALL.len()),
            failing: Table::new(rules, units + 1),
            members: Table::new(targets, units + 1),
            met: Table::new(targets, units + 1),
            ages: vec![0; ReportAge::ALL.len()],
            skews: BTreeMap::new(),
        }
    }

    /// Puts a member in.
    pub fn add(&mut self, entry: &Entry, rulings: &[Ruling]) {
        self.apply(entry, rulings, 1);
    }

    /// Takes a member out that was put in like this.
    pub fn take_out(&mut self, entry: &Entry, rulings: &[Ruling]) {
        self.apply(entry, rulings, -1);
    }

    fn apply(&mut self, entry: &Entry, rulings: &[Ruling], sign: i64) {
        let (unit, level) = (usize::from(entry.unit), level_place(entry.level));
        let state = entry.state as usize;
        self.states.add(unit, state, sign);
        self.kinds.add(kind_place(entry.kind), state, sign);
        self.levels.add(level, state, sign);
        self.ages[entry.age as usize] += sign;
        if !entry.registered {
            self.outside[unit] += sign;
        }
        if let Some(skew) = entry.skew {
            self.count_skew(skew, sign);
        }
        for (rule, ruling) in rulings.iter().enumerate() {
            self.rulings.add(rule * (LEVELS + 1) + level, *ruling as usize, sign);
            if *ruling == Ruling::Fail {
                self.failing.add(rule, unit, sign);
            }
        }
        for (target, asks) in self.asks.iter().enumerate() {
            if let Some(met) = asks.met_by(entry, rulings) {
                self.members.add(target, unit, sign);
                self.met.add(target, unit, sign * i64::from(met));
            }
        }
    }

    fn count_skew(&mut self, skew: i64, sign: i64) {
        let count = self.skews.entry(skew).or_default();
        *count += sign;
        if *count == 0 {
            self.skews.remove(&skew);
        }
    }

    /// Adds the sums over other members of the same set.
    pub fn merge(&mut self, other: &Self) {
        let tables = [
            (&mut self.states, &other.states),
            (&mut self.kinds, &other.kinds),
            (&mut self.levels, &other.levels),
            (&mut self.rulings, &other.rulings),
            (&mut self.failing, &other.failing),
            (&mut self.members, &other.members),
            (&mut self.met, &other.met),
        ];
        for (table, more) in tables {
            table.merge(more);
        }
        for (cell, more) in self.outside.iter_mut().zip(&other.outside) {
            *cell += more;
        }
        for (cell, more) in self.ages.iter_mut().zip(&other.ages) {
            *cell += more;
        }
        for (skew, count) in &other.skews {
            self.count_skew(*skew, *count);
        }
    }

    /// Members of a unit in a state.
    #[must_use]
    pub fn in_unit(&self, unit: usize, state: State) -> u64 {
        self.states.get(unit, state as usize)
    }

    /// Members of a kind in a state.
    #[must_use]
    pub fn of_kind(&self, kind: Option<MachineKind>, state: State) -> u64 {
        self.kinds.get(kind_place(kind), state as usize)
    }

    /// Members in a state.
    #[must_use]
    pub fn in_state(&self, state: State) -> u64 {
        let kinds = MachineKind::ALL.into_iter().map(Some).chain([None]);
        kinds.map(|kind| self.of_kind(kind, state)).sum()
    }

    /// Everyone.
    #[must_use]
    pub fn everyone(&self) -> u64 {
        State::ALL.iter().map(|state| self.in_state(*state)).sum()
    }

    /// Members of a level in a state.
    #[must_use]
    pub fn of_level(&self, level: Option<u8>, state: State) -> u64 {
        self.levels.get(level_place(level), state as usize)
    }

    /// Members of a unit that are not in the register.
    #[must_use]
    pub fn outside(&self, unit: usize) -> u64 {
        u64::try_from(self.outside[unit]).unwrap_or_default()
    }

    /// Members of a level of which a rule says this.
    #[must_use]
    pub fn ruled(&self, rule: usize, level: Option<u8>, ruling: Ruling) -> u64 {
        self.rulings.get(rule * (LEVELS + 1) + level_place(level), ruling as usize)
    }

    /// Members of a unit a rule fails on.
    #[must_use]
    pub fn failing(&self, rule: usize, unit: usize) -> u64 {
        self.failing.get(rule, unit)
    }

    /// How far a target has come in a unit.
    #[must_use]
    pub fn tally(&self, target: usize, unit: usize) -> Tally {
        Tally { members: self.members.get(target, unit), met: self.met.get(target, unit) }
    }

    /// Whether the target of a number holds for a member; `None`: it counts no machines.
    #[must_use]
    pub fn meets(&self, target: usize, entry: &Entry, rulings: &[Ruling]) -> Option<bool> {
        self.asks.get(target)?.met_by(entry, rulings)
    }

    /// Members by how long ago they were last heard of.
    #[must_use]
    pub fn of_age(&self, age: ReportAge) -> u64 {
        u64::try_from(self.ages[age as usize]).unwrap_or_default()
    }

    /// The median of the members' clocks minus the collector's, in seconds: a value that was
    /// measured.
    #[must_use]
    pub fn skew_median(&self) -> Option<i64> {
        let all: i64 = self.skews.values().sum();
        let mut left = (all - 1) / 2;
        for (skew, count) in &self.skews {
            if left < *count {
                return Some(*skew);
            }
            left -= count;
        }
        None
    }
}

/// Every level, with the one that is not determined first.
pub(crate) fn every_level() -> impl Iterator<Item = Option<u8>> {
    std::iter::once(None).chain((1..=5).map(Some))
}

fn level_place(level: Option<u8>) -> usize {
    level.map_or(0, |level| usize::from(level).min(LEVELS))
}

fn kind_place(kind: Option<MachineKind>) -> usize {
    kind.map_or(MachineKind::ALL.len(), |kind| kind as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_skews(skews: &[i64]) -> Counts {
        let set = crate::policy::fixtures::set("", &[]);
        let mut counts = Counts::none(&set, 2);
        skews.iter().for_each(|skew| counts.count_skew(*skew, 1));
        counts
    }

    #[test]
    fn the_median_is_a_value_that_was_measured() {
        assert_eq!(with_skews(&[]).skew_median(), None);
        assert_eq!(with_skews(&[5]).skew_median(), Some(5));
        assert_eq!(with_skews(&[9, -1]).skew_median(), Some(-1));
        assert_eq!(with_skews(&[9, -1, 3]).skew_median(), Some(3));
        assert_eq!(with_skews(&[7, 7, -1, 7]).skew_median(), Some(7));
    }

    #[test]
    fn the_places_of_words_are_their_order() {
        assert!(State::ALL.iter().enumerate().all(|(place, state)| *state as usize == place));
        assert!(Ruling::ALL.iter().enumerate().all(|(place, ruling)| *ruling as usize == place));
        let kinds = MachineKind::ALL.into_iter().enumerate();
        assert!(kinds.into_iter().all(|(place, kind)| kind as usize == place));
        assert!(ReportAge::ALL.into_iter().enumerate().all(|(place, age)| age as usize == place));
    }
}
