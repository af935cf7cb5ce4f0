//! Who is judged, and as of when.

use report::Timestamp;

use super::PolicySet;
use crate::machine::MachineView;
use crate::register::{Licence, MachineRow};

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
    /// What contracts say of it.
    pub seat: Seat<'m>,
}

/// What the register's contracts say of a machine.
#[derive(Clone, Copy, Debug, Default)]
pub enum Seat<'m> {
    /// None is for it.
    #[default]
    NoContract,
    /// It has a seat of this one.
    Taken(&'m Licence),
    /// Those that are for it have no seat left; this is the first of them.
    Missed(&'m Licence),
}

impl<'m> Subject<'m> {
    /// A machine with the row it is bound to, if that row is in force, or with the one that took
    /// its place.
    #[must_use]
    pub fn of(set: &'m PolicySet, machine: MachineView<'m>, now: Timestamp) -> Self {
        let today = set.targets.calendar.date_of(now);
        let row = machine
            .row()
            .and_then(|id| set.register.machines.get(id))
            .and_then(|row| set.register.machines.followed(row, today));
        Self { row, machine: Some(machine), seat: Seat::NoContract }
    }
}
