//! The posture of one unit with every unit below it: what its head looks at.

use std::collections::BTreeMap;

use report::{State, Timestamp};
use serde::{Deserialize, Serialize};

use super::{PostureView, TargetView, posture};
use crate::live::Live;
use crate::policy::Posture;
use crate::policy::posture::{Tally, TargetPosture};
use crate::register::UnitIndex;
use crate::reports::form08::UnitName;

/// The posture of a unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitPosture {
    /// The unit.
    pub unit: UnitName,
    /// Its posture, with that of every unit below it.
    #[serde(flatten)]
    pub posture: PostureView,
    /// How far it had come at the last cut-offs, the earliest first, as far as that is known.
    pub trend: Vec<Point>,
}

/// How far a unit had come at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Point {
    /// The moment.
    pub at: Timestamp,
    /// Each target of that time, by its id.
    pub targets: BTreeMap<String, Come>,
}

/// How far a target had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Come {
    /// How many were counted.
    pub members: u64,
    /// For how many of them it held.
    pub met: u64,
}

impl UnitPosture {
    /// What of it stays in a trend.
    #[must_use]
    pub fn point(&self) -> Point {
        let targets = self.posture.targets.iter().map(|target| {
            let TargetView { members, met, .. } = *target;
            (target.target.clone(), Come { members, met })
        });
        Point { at: self.posture.at, targets: targets.collect() }
    }
}

/// The posture of a unit with every unit below it.
#[must_use]
pub fn unit_posture(live: &Live, unit: UnitIndex) -> UnitPosture {
    let (all, of_everyone) = (Posture::of(live.roll()), posture(live));
    let part = Part { live, unit };
    let own = |number: State| {
        let counts = all
            .machines
            .iter()
            .filter(|((id, state), _)| *state == number && part.has(id.as_deref()));
        counts.map(|(_, count)| count).sum::<u64>()
    };
    let states = State::ALL.iter().map(|state| (state.name().to_owned(), own(*state)));
    let targets = of_everyone.targets.into_iter().zip(&all.targets);
    let declared = all.declared.iter().filter(|(id, _)| part.has(Some(id)));
    UnitPosture {
        unit: UnitName::of(live.roll().set().register.units.at(unit)),
        posture: PostureView {
            targets: targets.map(|(view, target)| part.target(view, target)).collect(),
            states: states.filter(|(_, count)| *count > 0).collect(),
            declared: declared.map(|(_, heads)| heads).sum(),
            ..of_everyone
        },
        trend: Vec::new(),
    }
}

/// A unit with every unit below it.
struct Part<'l> {
    live: &'l Live,
    unit: UnitIndex,
}

impl Part<'_> {
    fn has(&self, id: Option<&str>) -> bool {
        let roll = self.live.roll();
        let own = id.and_then(|id| roll.set().register.units.index(id));
        own.is_some_and(|own| roll.day().line(own).contains(&self.unit))
    }

    fn target(&self, view: TargetView, target: &TargetPosture) -> TargetView {
        let own = target.units.iter().filter(|(id, _)| self.has(id.as_deref()));
        let tally = own.fold(Tally::default(), |sum, (_, own)| Tally {
            members: sum.members + own.members,
            met: sum.met + own.met,
        });
        let attested = target.attested.iter().filter(|(id, _)| self.has(Some(id)));
        let attested = attested.map(|(_, met)| met).sum();
        let counted = if target.counts_attested { attested } else { 0 };
        TargetView {
            members: tally.members,
            met: tally.met,
            attested,
            met_goal: Tally { met: tally.met + counted, ..tally }.meets(target.goal),
            ..view
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::Fleet;
    use crate::policy::fixtures::{NOW, good_machine, set};

    const ROWS: &str = "m-1,so,workstation,lan,,,,2025-01-01,\n\
                        m-2,phong,workstation,lan,,,,2025-01-01,\n\
                        m-3,phong,workstation,lan,,,,2025-01-01,\n";

    fn of(unit: &str) -> UnitPosture {
        let fleet = Fleet::new(vec![good_machine(2, Some("m-2"))]);
        let live = Live::new(set(ROWS, &[]).into(), fleet, NOW);
        unit_posture(&live, live.roll().set().register.units.index(unit).unwrap())
    }

    #[test]
    fn a_unit_has_its_own_machines_and_those_below_it() {
        let licensed = |unit| {
            let posture = of(unit).posture;
            let target = posture.targets.into_iter().find(|one| one.target == "antivirus-licensed");
            target.map(|target| (target.members, target.met)).unwrap()
        };
        assert_eq!(licensed("phong"), (2, 1));
        assert_eq!(licensed("so"), (3, 1));
        let states = of("phong").posture.states;
        assert_eq!(states, [("never_enrolled".to_owned(), 1), ("protected".to_owned(), 1)].into());
    }

    #[test]
    fn the_top_of_the_tree_has_what_everyone_has() {
        let fleet = Fleet::new(vec![good_machine(2, Some("m-2"))]);
        let live = Live::new(set(ROWS, &[]).into(), fleet, NOW);
        assert_eq!(of("so").posture, posture(&live));
        let point = of("so").point();
        assert_eq!(point.at, NOW);
        assert_eq!(point.targets["antivirus-licensed"], Come { members: 3, met: 1 });
    }
}
