//! The officer's register: the units, information systems, machines and people that are answered
//! for, and what was decided about them.
//!
//! It is the denominator. What is in it counts whether it reports or not.

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::policy::catalogues::Catalogues;
use crate::policy::document::{Item, Section};
use crate::policy::folder::Folder;
use crate::policy::problem::{Ledger, Page};
use crate::policy::rule::Rule;
use crate::policy::targets::Target;

mod cells;
pub mod check;
pub mod declared;
mod entry;
mod headings;
pub mod import;
pub mod licences;
pub mod machines;
pub mod systems;
pub mod training;
pub mod units;
pub mod waivers;

pub use declared::Declared;
pub use licences::{Licence, Licences};
pub use machines::{MachineKind, MachineRow, Machines, ReportsBy, RowIndex};
pub use systems::{Status, System, Systems};
pub use training::Training;
pub use units::{Unit, UnitIndex, Units, UnitsOnDay};
pub use waivers::{WaivedOn, Waiver, Waivers};

/// Everything an officer answers for and has decided.
#[derive(Clone, Debug, Default)]
pub struct Register {
    /// The tree of units.
    pub units: Units,
    /// The information systems.
    pub systems: Systems,
    /// The machines.
    pub machines: Machines,
    /// The contracts for antivirus.
    pub licences: Licences,
    /// The people, and who of them was trained.
    pub training: Training,
    /// The machines that are excused from a rule.
    pub waivers: Waivers,
    /// The machines that may carry no agent.
    pub declared: Declared,
    sample: bool,
}

impl Register {
    /// Whether any of its files is marked as a sample: such rows are nobody's machines, and a
    /// collector in earnest refuses them.
    #[must_use]
    pub fn is_sample(&self) -> bool {
        self.sample
    }

    /// Reads what rules and goals refer to.
    pub(crate) fn read(folder: &Folder, ledger: &Ledger, catalogues: &Catalogues) -> Self {
        // Only the catalogues have been read before.
        let products: Option<BTreeSet<_>> =
            (ledger.count() == 0).then(|| catalogues.antivirus.products().collect());
        let mut sample = false;
        let units = needed_file(folder, ledger, units::FILE)
            .map(|page| units::read(page, &mut sample))
            .unwrap_or_default();
        let systems = needed_file(folder, ledger, systems::FILE)
            .map(|page| systems::read(page, &units, &mut sample))
            .unwrap_or_default();
        let machines = needed_file(folder, ledger, machines::FILE)
            .map(|page| machines::read(page, &units, &systems, &catalogues.serials, &mut sample))
            .unwrap_or_default();
        let licences = file(folder, ledger, licences::FILE)
            .map(|page| licences::read(page, &units, products.as_ref(), &mut sample))
            .unwrap_or_default();
        let training = file(folder, ledger, training::FILE)
            .map(|page| training::read(page, &units, &mut sample))
            .unwrap_or_default();
        Self { units, systems, machines, licences, training, sample, ..Self::default() }
    }

    /// Reads what refers to rules and goals; to those with mistakes, `None`, nothing can.
    pub(crate) fn read_what_refers(
        &mut self,
        folder: &Folder,
        ledger: &Ledger,
        rules: Option<&[Rule]>,
        targets: Option<&[Target]>,
    ) {
        let mut sample = self.sample;
        if let Some(page) = file(folder, ledger, waivers::FILE) {
            let known = waivers::Known { register: self, rules };
            self.waivers = waivers::read(page, known, &mut sample);
        }
        if let Some(page) = file(folder, ledger, declared::FILE) {
            self.declared = declared::read(page, &self.units, targets, &mut sample);
        }
        self.sample = sample;
    }

    /// The days on which what it says changes, in order: nothing of it changes within a day.
    #[must_use]
    pub fn turns(&self) -> Vec<Date> {
        let mut turns = BTreeSet::new();
        self.units.turns(&mut turns);
        self.systems.turns(&mut turns);
        self.machines.turns(&mut turns);
        self.licences.turns(&mut turns);
        self.training.turns(&mut turns);
        self.waivers.turns(&mut turns);
        self.declared.turns(&mut turns);
        turns.into_iter().collect()
    }

    /// Every file this version knows.
    pub(crate) fn files() -> impl Iterator<Item = &'static str> {
        [
            units::FILE,
            systems::FILE,
            machines::FILE,
            licences::FILE,
            training::FILE,
            waivers::FILE,
            declared::FILE,
        ]
        .into_iter()
    }
}

/// A file that may be left out.
fn file<'f>(folder: &'f Folder, ledger: &'f Ledger, file: &'static str) -> Option<Page<'f>> {
    folder.get(file).map(|text| Page { file, text, ledger })
}

/// A file that must be there: a missing one is not an empty one.
fn needed_file<'f>(folder: &'f Folder, ledger: &'f Ledger, name: &'static str) -> Option<Page<'f>> {
    let page = file(folder, ledger, name);
    if page.is_none() {
        ledger.note_file(
            name,
            "the file is missing",
            Some("an empty register is written down as an empty file".to_owned()),
        );
    }
    page
}

/// A mark as it is compared: without regard to case and outer blanks.
pub(crate) fn same_mark(mark: &str) -> String {
    machines::folded(mark).collect()
}

/// A day as officers write it: `2026-11-22` or `22/11/2026`.
#[must_use]
pub fn written_date(text: &str) -> Option<Date> {
    cells::date(text)
}

fn sample_mark(section: &Section<'_>) -> bool {
    section.get("sample").and_then(|item| item.bool()).unwrap_or(false)
}

/// From when until when something is in force, both days included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Term {
    /// The first day; `None`: always was.
    pub from: Option<Date>,
    /// The last day; `None`: no end is known.
    pub until: Option<Date>,
}

/// A day, and the last one that is looked ahead to: what ends before that no longer counts, and
/// what only begins after today does not count yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ahead {
    /// The day.
    pub today: Date,
    /// The last day; the same one where nobody looks ahead.
    pub last: Date,
}

impl From<Date> for Ahead {
    fn from(today: Date) -> Self {
        Self { today, last: today }
    }
}

impl Term {
    /// Whether it is in force on a day.
    #[must_use]
    pub fn holds(self, on: Date) -> bool {
        self.from.is_none_or(|from| from <= on) && self.until.is_none_or(|until| on <= until)
    }

    /// Whether it is in force today and goes on to the last day.
    #[must_use]
    pub fn lasts(self, ahead: Ahead) -> bool {
        self.holds(ahead.today) && self.until.is_none_or(|until| ahead.last <= until)
    }

    /// The first day, and the day after the last.
    pub(crate) fn turns(self, turns: &mut BTreeSet<Date>) {
        turns.extend(self.from);
        turns.extend(self.until.and_then(|last| last.tomorrow().ok()));
    }

    pub(crate) fn overlaps(self, other: Self) -> bool {
        let begins_in_time = |one: Self, end: Option<Date>| match (one.from, end) {
            (Some(from), Some(end)) => from <= end,
            (None, _) | (_, None) => true,
        };
        begins_in_time(self, other.until) && begins_in_time(other, self.until)
    }

    fn read(section: &Section<'_>) -> Self {
        let from = section.get("from").and_then(|item| item.date());
        let until_item = section.get("until");
        let until = until_item.as_ref().and_then(Item::date);
        if let (Some(from), Some(until), Some(item)) = (from, until, until_item)
            && until < from
        {
            item.wrong(format!("ends on {until}, before it begins on {from}"));
        }
        Self { from, until }
    }
}

#[cfg(test)]
mod tests;
