//! What only the passing of time takes away, before it does.
//!
//! Everyone is judged as of today, with ends held against a later day: licences, contracts,
//! support, waivers, attestations and trainings. Nothing new begins, so whoever does not meet a
//! target today is not counted for it later, and every drop has an end that causes it.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use report::moment::DAY;
use report::{Bilingual, Timestamp};
use serde::{Deserialize, Serialize};

use super::explanation::iso;
use super::plan::{Crowd, TargetStanding};
use super::posture::{Posture, Tally, TargetPosture};
use super::roll::Roll;
use super::subject::JudgeClock;
use super::targets::Target;
use crate::fleet::Fleet;
use crate::register::UnitIndex;

mod causes;
mod losses;
mod words;

pub use causes::{End, Matter};
use losses::{Losses, Scope};

/// The horizons of the metrics and of the command, in days.
pub const HORIZONS: [u32; 3] = [30, 60, 90];
/// The farthest horizon: ten years.
pub const FARTHEST: u32 = 3660;

/// What becomes of the targets where nothing happens but time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forecast {
    /// The moment it is told from.
    pub at: Timestamp,
    /// The hash of the policy set everyone was judged by.
    pub policies: String,
    /// Whether the register is marked as a sample.
    pub sample: bool,
    /// The unit it is about, with every unit below it; `None`: everyone.
    pub unit: Option<String>,
    /// Every target, in the order of `targets.toml`.
    pub targets: Vec<TargetForecast>,
    /// What ends, ordered by the day; what has none comes last.
    pub endings: Vec<Ending>,
}

/// What becomes of one target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetForecast {
    /// Its id.
    pub target: String,
    /// Its name.
    pub title: Bilingual,
    /// How far it has come today.
    pub now: TargetStanding,
    /// Whether it is met today.
    pub met_goal: bool,
    /// How far it is at each horizon, the nearest first.
    pub horizons: Vec<Horizon>,
    /// Every unit that is counted, ordered by id; those of the units below are not among them.
    pub units: Vec<UnitForecast>,
}

/// One target at one horizon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Horizon {
    /// So many days ahead.
    pub days: u32,
    /// The day.
    #[serde(with = "iso")]
    pub last: Date,
    /// How far it is by then.
    pub standing: TargetStanding,
    /// Whether it is met.
    pub met_goal: bool,
    /// For how many fewer members it holds than today: each counts once.
    pub lost: u64,
    /// What that comes from. A member that two ends concern stands under both.
    pub causes: Vec<Cost>,
}

/// What an end costs a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// The id of the [`Ending`].
    pub ending: String,
    /// For how many members the target holds no longer; of an attestation, how many are attested
    /// no longer.
    pub members: u64,
}

/// One target in one unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitForecast {
    /// The unit's id; `None`: no unit is known.
    pub unit: Option<String>,
    /// How many are counted.
    pub members: u64,
    /// For how many of them it holds today.
    pub met: u64,
    /// For how many of them it holds at each horizon.
    pub ahead: Vec<u64>,
}

/// Something that ends, and whom that concerns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    /// What it is called by in this forecast.
    pub id: String,
    /// What ends.
    #[serde(flatten)]
    pub end: End,
    /// The same in words.
    pub what: Bilingual,
    /// What to do, and until when.
    pub remedy: Bilingual,
    /// Whom it concerns at the farthest horizon: members of which a rule then says worse. Of
    /// heads there is the number alone.
    pub members: Crowd,
    /// The ids of those rules.
    pub rules: Vec<String>,
}

impl Forecast {
    /// Judges everyone at each of these horizons, of a unit with those below it or of all.
    #[must_use]
    pub fn of(roll: &Roll, fleet: &Fleet, days: &[u32], unit: Option<UnitIndex>) -> Self {
        let set = roll.set();
        let scope = Scope::new(roll, unit);
        let mut days = days.to_vec();
        days.sort_unstable();
        days.dedup();
        let present = Posture::of(roll);
        let ahead = days.iter().map(|days| View::of(roll, fleet, &scope, *days));
        let ahead: Vec<_> = ahead.collect();
        let targets = set.targets.list.iter().zip(&present.targets).enumerate();
        Self {
            at: roll.clock().now,
            policies: set.hash.to_string(),
            sample: set.register.is_sample(),
            unit: unit.map(|unit| set.register.units.at(unit).id.clone()),
            targets: targets
                .map(|(place, (target, now))| {
                    TargetForecast::of(place, target, now, &ahead, &scope)
                })
                .collect(),
            endings: endings(roll, ahead),
        }
    }

    /// Whether a target comes to lie below its goal, or farther below it than today.
    #[must_use]
    pub fn falls(&self) -> bool {
        self.targets.iter().any(TargetForecast::falls)
    }
}

/// For how many members each target of a roll's set holds so many days ahead, in their order.
#[must_use]
pub fn met_ahead(roll: &Roll, fleet: &Fleet, days: u32) -> Vec<u64> {
    let scope = Scope::new(roll, None);
    let present = Posture::of(roll);
    let later = roll_ahead(roll, fleet, days);
    let losses = Losses::counted(roll, &later, fleet, &scope);
    let targets = present.targets.iter().zip(&losses.targets);
    targets.map(|(now, lost)| now.total.met - lost.values().sum::<u64>()).collect()
}

fn roll_ahead(roll: &Roll, fleet: &Fleet, days: u32) -> Roll {
    let now = roll.clock().now;
    let clock = JudgeClock { now, horizon: now + i64::from(days) * DAY };
    roll.beside(Arc::clone(roll.set()), fleet, clock)
}

/// Everyone at one horizon.
struct View {
    days: u32,
    last: Date,
    posture: Posture,
    losses: Losses,
}

impl View {
    fn of(roll: &Roll, fleet: &Fleet, scope: &Scope, days: u32) -> Self {
        let later = roll_ahead(roll, fleet, days);
        let losses = Losses::explained(roll, &later, fleet, scope);
        Self { days, last: later.day().ahead().last, posture: Posture::of(&later), losses }
    }

    fn lost(&self, target: usize, unit: Option<&str>) -> u64 {
        let lost =
            self.losses.targets.get(target).and_then(|units| units.get(&unit.map(str::to_owned)));
        lost.copied().unwrap_or_default()
    }

    fn horizon(&self, place: usize, now: TargetStanding, scope: &Scope) -> Horizon {
        let lost: u64 = self.losses.targets.get(place).map_or(0, |units| units.values().sum());
        let attested = self.posture.targets.get(place).map_or(0, |target| scope.attested(target));
        let standing =
            TargetStanding { met: now.met - lost, attested: attested.min(now.attested), ..now };
        let causes = self.losses.costs.iter().filter(|((target, _), _)| *target == place);
        Horizon {
            days: self.days,
            last: self.last,
            standing,
            met_goal: standing.is_met(),
            lost,
            causes: causes
                .map(|((_, end), members)| Cost { ending: end.id(), members: *members })
                .collect(),
        }
    }
}

impl TargetForecast {
    fn of(
        place: usize,
        target: &Target,
        posture: &TargetPosture,
        ahead: &[View],
        scope: &Scope,
    ) -> Self {
        let now = scope.standing(posture);
        let units = posture.units.iter().filter(|(unit, _)| scope.has_unit(unit.as_deref()));
        let unit = |(unit, tally): (&Option<String>, &Tally)| UnitForecast {
            unit: unit.clone(),
            members: tally.members,
            met: tally.met,
            ahead: ahead.iter().map(|view| tally.met - view.lost(place, unit.as_deref())).collect(),
        };
        Self {
            target: target.id.clone(),
            title: target.title.clone(),
            now,
            met_goal: now.is_met(),
            horizons: ahead.iter().map(|view| view.horizon(place, now, scope)).collect(),
            units: units.map(unit).collect(),
        }
    }

    fn falls(&self) -> bool {
        let counts_fewer = |ahead: &TargetStanding| {
            ahead.met < self.now.met
                || (ahead.counts_attested && ahead.attested < self.now.attested)
        };
        self.horizons.iter().any(|ahead| !ahead.met_goal && counts_fewer(&ahead.standing))
    }
}

/// Everything that ends, as it stands at the farthest horizon.
fn endings(roll: &Roll, ahead: Vec<View>) -> Vec<Ending> {
    let mut tolls = BTreeMap::new();
    ahead.into_iter().for_each(|view| tolls.extend(view.losses.tolls));
    let ending = |(end, toll): (End, losses::Toll)| {
        let what = end.matter.words(roll.set());
        Ending {
            id: end.id(),
            remedy: end.matter.remedy(&what, toll.members.count, end.ends),
            what,
            end,
            members: toll.members,
            rules: toll.rules.into_iter().collect(),
        }
    };
    let mut endings: Vec<_> = tolls.into_iter().map(ending).collect();
    endings.sort_by_key(|ending| (ending.end.ends.is_none(), ending.end.ends));
    endings
}

#[cfg(test)]
mod tests;
