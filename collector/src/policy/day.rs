//! A policy set on one day: what dates decide is decided once for everyone.

use jiff::civil::Date;
use report::Timestamp;

use super::PolicySet;
use super::subject::JudgeClock;
use crate::register::machines::MachineRow;
use crate::register::units::{UnitIndex, UnitsOnDay};
use crate::register::waivers::WaivedOn;
use crate::register::{Ahead, Licences, Systems};

/// What the register says on a day.
#[derive(Clone, Debug)]
pub struct Day {
    ahead: Ahead,
    units: UnitsOnDay,
    waived: WaivedOn,
    /// The level of each list of systems that rows have.
    levels: Vec<Option<u8>>,
}

impl Day {
    /// The day of a moment, where the office is.
    #[must_use]
    pub fn of(set: &PolicySet, now: Timestamp) -> Self {
        Self::by(set, JudgeClock::at(now))
    }

    /// The day of a clock, with what ends by its horizon taken as ended: waivers, contracts,
    /// attestations and trainings. Who is in force, the tree of units and the levels are today's.
    #[must_use]
    pub fn by(set: &PolicySet, clock: JudgeClock) -> Self {
        let [date, last] = [clock.now, clock.horizon].map(|at| set.targets.calendar.date_of(at));
        let (register, ahead) = (&set.register, Ahead { today: date, last });
        let level = |list: &[String]| highest_level(&register.systems, list, date);
        Self {
            ahead,
            units: register.units.on(date),
            waived: register.waivers.on(ahead, &register.machines),
            levels: register.machines.system_lists().map(level).collect(),
        }
    }

    /// Which day it is.
    #[must_use]
    pub fn date(&self) -> Date {
        self.ahead.today
    }

    /// The day, and the last one that is looked ahead to.
    #[must_use]
    pub fn ahead(&self) -> Ahead {
        self.ahead
    }

    /// Whether a row is in force.
    #[must_use]
    pub fn has(&self, row: MachineRow<'_>) -> bool {
        row.term.holds(self.ahead.today)
    }

    /// The unit itself and every unit above it, nearest first.
    #[must_use]
    pub fn line(&self, unit: UnitIndex) -> &[UnitIndex] {
        self.units.line(unit)
    }

    /// The highest level of the systems a row belongs to. One that is not determined could be
    /// higher than all others, so it leaves the machine's level undetermined.
    #[must_use]
    pub fn level(&self, row: MachineRow<'_>) -> Option<u8> {
        self.levels.get(row.system_list).copied().flatten()
    }

    /// The number of the waiver that excuses a row from the rule of a number.
    #[must_use]
    pub fn waiver(&self, row: MachineRow<'_>, rule: usize) -> Option<u32> {
        let waived = self.waived.of_row(row.index);
        waived.iter().find(|waived| waived.rule as usize == rule).map(|waived| waived.waiver)
    }

    /// The contracts that a machine with a product in a unit may take a seat from, by their
    /// numbers and in the order in which they are asked.
    pub(super) fn contracts(
        &self,
        licences: &Licences,
        product: &str,
        unit: Option<UnitIndex>,
    ) -> Vec<u16> {
        let line = unit.map_or(&[][..], |unit| self.line(unit));
        let candidates = licences.candidates(product, line, self.ahead);
        candidates.into_iter().filter_map(|licence| licences.number(licence)).collect()
    }
}

fn highest_level(systems: &Systems, list: &[String], date: Date) -> Option<u8> {
    let mut highest = None;
    for id in list {
        let system = systems.get(id)?;
        if system.term.holds(date) {
            highest = highest.max(Some(system.level?));
        }
    }
    highest
}
