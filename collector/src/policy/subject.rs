//! Who is judged, and as of when.

use report::Timestamp;

use super::PolicySet;
use crate::machine::MachineView;
use crate::register::MachineRow;

/// The two moments a judgement is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JudgeClock {
    /// The collector's clock: ages are told from here.
    pub now: Timestamp,
    /// Ends are held against this; later than `now` for a forecast.
    pub horizon: Timestamp,
}

impl JudgeClock {
    /// Judging the present of a moment.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self { now, horizon: now }
    }
}

/// Who is judged: a row of the register, a machine that speaks, or both.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'m> {
    /// The row in force it is bound to.
    pub row: Option<MachineRow<'m>>,
    /// The machine, if one ever enrolled.
    pub machine: Option<MachineView<'m>>,
}

impl<'m> Subject<'m> {
    /// A machine with the row it is bound to, if that row is in force.
    #[must_use]
    pub fn of(set: &'m PolicySet, machine: MachineView<'m>, now: Timestamp) -> Self {
        let today = set.targets.calendar.date_of(now);
        let row = machine
            .row()
            .and_then(|id| set.register.machines.get(id))
            .filter(|row| row.term.holds(today));
        Self { row, machine: Some(machine) }
    }
}
