//! The officer's register: the units, information systems and machines that are answered for.
//!
//! It is the denominator. What is in it counts whether it reports or not.

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::policy::catalogues::Serials;
use crate::policy::document::{Document, Item, Section};
use crate::policy::folder::Folder;
use crate::policy::problem::{Ledger, Page};

pub mod machines;
pub mod systems;
pub mod units;

pub use machines::{MachineKind, MachineRow, Machines, RowIndex};
pub use systems::{Status, System, Systems};
pub use units::{Unit, UnitIndex, Units, UnitsOnDay};

/// Register files that later versions read. An empty or absent one changes nothing; content that
/// would be ignored is refused.
const NOT_READ_YET: [&str; 4] = [
    "register/licences.toml",
    "register/waivers.toml",
    "register/training.toml",
    "register/declared.toml",
];

/// Units, systems and machines.
#[derive(Clone, Debug, Default)]
pub struct Register {
    /// The tree of units.
    pub units: Units,
    /// The information systems.
    pub systems: Systems,
    /// The machines.
    pub machines: Machines,
    sample: bool,
}

impl Register {
    /// Whether any of its files is marked as a sample: such rows are nobody's machines, and a
    /// collector in earnest refuses them.
    #[must_use]
    pub fn is_sample(&self) -> bool {
        self.sample
    }

    pub(crate) fn read(folder: &Folder, ledger: &Ledger, junk: &Serials) -> Self {
        let mut sample = false;
        let units = needed_file(folder, ledger, units::FILE)
            .map(|page| units::read(page, &mut sample))
            .unwrap_or_default();
        let systems = needed_file(folder, ledger, systems::FILE)
            .map(|page| systems::read(page, &units, &mut sample))
            .unwrap_or_default();
        let machines = needed_file(folder, ledger, machines::FILE)
            .map(|page| machines::read(page, &units, &systems, junk, &mut sample))
            .unwrap_or_default();
        for path in NOT_READ_YET {
            if let Some(text) = folder.get(path) {
                sample |= refuse_content(Page { file: path, text, ledger });
            }
        }
        Self { units, systems, machines, sample }
    }

    /// The days on which what it says changes, in order: nothing of it changes within a day.
    #[must_use]
    pub fn turns(&self) -> Vec<Date> {
        let mut turns = BTreeSet::new();
        self.units.turns(&mut turns);
        self.systems.turns(&mut turns);
        self.machines.turns(&mut turns);
        turns.into_iter().collect()
    }

    /// Every file this version knows.
    pub(crate) fn files() -> impl Iterator<Item = &'static str> {
        [units::FILE, systems::FILE, machines::FILE].into_iter().chain(NOT_READ_YET)
    }
}

/// A file that must be there: a missing one is not an empty one.
fn needed_file<'f>(folder: &'f Folder, ledger: &'f Ledger, file: &'static str) -> Option<Page<'f>> {
    let text = folder.get(file);
    if text.is_none() {
        ledger.note_file(
            file,
            "the file is missing",
            Some("an empty register is written down as an empty file".to_owned()),
        );
    }
    text.map(|text| Page { file, text, ledger })
}

/// Allows comments and `sample = true` and nothing else; says whether the mark stands there.
fn refuse_content(page: Page<'_>) -> bool {
    let Some(document) = Document::parse(page) else {
        return false;
    };
    let section = document.section();
    let sample = sample_mark(&section);
    for (name, item) in section.items().filter(|(name, _)| *name != "sample") {
        item.wrong_key(
            format!("`{name}` is not read by this version"),
            Some("take it out: what stands here would be ignored".to_owned()),
        );
    }
    sample
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

impl Term {
    /// Whether it is in force on a day.
    #[must_use]
    pub fn holds(self, on: Date) -> bool {
        self.from.is_none_or(|from| from <= on) && self.until.is_none_or(|until| on <= until)
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
