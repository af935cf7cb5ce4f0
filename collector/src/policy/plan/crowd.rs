//! How many are concerned, who, and where they are.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How many names are told of each crowd where nobody asks for all.
pub(super) const NAMED: usize = 10;

/// Which names are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Names {
    /// The first ten of each crowd.
    #[default]
    First,
    /// Every one, place by place.
    All,
}

/// How many, and who.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crowd {
    /// How many.
    pub count: u64,
    /// The first of them: register ids, or identities where there is none.
    pub names: Vec<String>,
}

impl Crowd {
    pub(in crate::policy) fn add(&mut self, names: Names, name: impl FnOnce() -> String) {
        self.count += 1;
        let is_told = match names {
            Names::First => self.names.len() < NAMED,
            Names::All => true,
        };
        if is_told {
            self.names.push(name());
        }
    }
}

/// The members that a change concerns: all of them, and place by place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Affected {
    /// All of them, with the first ten names.
    #[serde(flatten)]
    pub all: Crowd,
    /// Where they are, ordered by unit and level; every name stands here where all are asked for.
    pub places: Vec<Place>,
}

/// The members of one unit and level: as the other set has them, or as the one in force has those
/// whom the other leaves out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The unit's id; `None`: no unit is known.
    pub unit: Option<String>,
    /// The level; `None`: not determined.
    pub level: Option<u8>,
    /// Who.
    #[serde(flatten)]
    pub members: Crowd,
}

/// What of a place can be counted together.
pub(super) type Spot<'s> = (Option<&'s str>, Option<u8>);

impl Affected {
    /// How many are concerned in each unit, the most first.
    #[must_use]
    pub fn by_unit(&self) -> Vec<(Option<&str>, u64)> {
        let mut units = self.sums(|place| place.unit.as_deref());
        units.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        units
    }

    /// How many are concerned at each level, the undetermined one first.
    #[must_use]
    pub fn by_level(&self) -> Vec<(Option<u8>, u64)> {
        self.sums(|place| place.level)
    }

    fn sums<'a, K: Ord>(&'a self, key: impl Fn(&'a Place) -> K) -> Vec<(K, u64)> {
        let mut sums = BTreeMap::new();
        for place in &self.places {
            *sums.entry(key(place)).or_default() += place.members.count;
        }
        sums.into_iter().collect()
    }
}

/// Gathers the members that a change concerns.
#[derive(Debug, Default)]
pub(super) struct Gathering<'s> {
    all: Crowd,
    spots: BTreeMap<Spot<'s>, Crowd>,
}

impl<'s> Gathering<'s> {
    pub(super) fn add(&mut self, names: Names, spot: Spot<'s>, name: impl Fn() -> String) {
        self.all.add(Names::First, &name);
        self.spots.entry(spot).or_default().add(names, name);
    }

    pub(super) fn finish(self) -> Affected {
        let place = |((unit, level), members): (Spot<'_>, Crowd)| Place {
            unit: unit.map(str::to_owned),
            level,
            members,
        };
        Affected { all: self.all, places: self.spots.into_iter().map(place).collect() }
    }
}
