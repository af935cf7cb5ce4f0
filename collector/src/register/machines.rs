//! `machines.csv`: every machine that is answered for, one row each.
//!
//! There can be a million, so a row is held in numbers and its texts lie in one string for all:
//! some 80 bytes, where a struct of texts takes 300.

use std::collections::BTreeSet;

use jiff::civil::Date;

use self::row::{Day, Row};
use super::Term;
use super::units::UnitIndex;
use crate::policy::problem::did_you_mean;

mod csv;
mod header;
mod identify;
mod ids;
mod read;
mod row;
mod twins;
mod write;

pub use identify::{Known, Marks};
pub(crate) use ids::{Ids, new_id, slug};
pub(super) use read::read;
pub(crate) use write::{Entry, rewritten};

/// The file.
pub const FILE: &str = "register/machines.csv";

/// The kinds of machine an office has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MachineKind {
    /// *Máy trạm*.
    Workstation,
    /// *Máy chủ*.
    Server,
}

impl MachineKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Workstation, Self::Server];

    /// The word in the register, in policies and in metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Workstation => "workstation",
            Self::Server => "server",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// How the reports of a machine come in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReportsBy {
    /// *Qua mạng*.
    #[default]
    Network,
    /// *Bằng tệp*: it reaches no collector, and somebody carries them.
    File,
}

impl ReportsBy {
    /// Every way.
    pub const ALL: [Self; 2] = [Self::Network, Self::File];

    /// The word in the register.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::File => "file",
        }
    }

    /// That of the machine of this row; one that the register does not have reports over the network.
    #[must_use]
    pub fn of(row: Option<MachineRow<'_>>) -> Self {
        row.map(|row| row.reports).unwrap_or_default()
    }
}

/// Which row of a register: its number in the order of ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowIndex(u32);

impl RowIndex {
    /// The row of a number.
    #[must_use]
    pub fn new(number: usize) -> Self {
        // The reader takes no file that could have more rows than four bytes can count.
        Self(u32::try_from(number).unwrap_or(u32::MAX))
    }

    /// Its number, from 0.
    #[must_use]
    pub fn number(self) -> usize {
        // A row's number fits in four bytes, and an address has at least as many.
        self.0 as usize
    }
}

/// One machine of the register, as it lies there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MachineRow<'r> {
    /// Which row it is.
    pub index: RowIndex,
    /// Its id, which never changes or returns.
    pub id: &'r str,
    /// The unit that has it.
    pub unit: &'r str,
    /// Which unit that is.
    pub unit_index: UnitIndex,
    /// What it is.
    pub kind: MachineKind,
    /// The information systems it belongs to.
    pub systems: &'r [String],
    /// Which of the register's lists of systems that is.
    pub system_list: usize,
    /// Serial number of the hardware.
    pub serial: Option<&'r str>,
    /// Asset tag.
    pub asset_tag: Option<&'r str>,
    /// Host name: suggests, never binds.
    pub host_name: Option<&'r str>,
    /// When it is answered for.
    pub term: Term,
    /// How its reports come in.
    pub reports: ReportsBy,
}

/// Every row, ordered by id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Machines {
    rows: Box<[Row]>,
    /// The texts of all rows.
    texts: Box<str>,
    /// The id of each unit, by its index.
    units: Box<[String]>,
    /// The lists of systems that rows have; most rows share one.
    systems: Box<[Box<[String]>]>,
    /// The rows with a serial number, ordered by it and without regard to case.
    by_serial: Box<[RowIndex]>,
    /// The rows with an asset tag, likewise.
    by_asset_tag: Box<[RowIndex]>,
    /// False when the file has mistakes: references are then not held against it.
    whole: bool,
}

impl Machines {
    /// The lists of systems that rows have, each once.
    pub fn system_lists(&self) -> impl Iterator<Item = &[String]> {
        self.systems.iter().map(|list| &**list)
    }

    /// How many rows there are, in force or not.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The row of this id, in force or not.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<MachineRow<'_>> {
        self.place(id).ok().map(|number| self.view(number))
    }

    /// Which row has this id.
    #[must_use]
    pub fn index(&self, id: &str) -> Option<RowIndex> {
        self.place(id).ok().map(RowIndex::new)
    }

    /// The row of an index that this register has given.
    #[must_use]
    pub fn at(&self, index: RowIndex) -> MachineRow<'_> {
        self.view(index.number())
    }

    /// Every row, ordered by id.
    pub fn iter(&self) -> impl Iterator<Item = MachineRow<'_>> {
        (0..self.rows.len()).map(|number| self.view(number))
    }

    /// The rows in force on a day: the denominator.
    pub fn in_force(&self, on: Date) -> impl Iterator<Item = MachineRow<'_>> {
        let on = Day::of(on);
        let held = self.rows.iter().enumerate().filter(move |(_, row)| row.holds(on));
        held.map(|(number, _)| self.view(number))
    }

    /// The row under which the hardware of a row is answered for on a day: the row itself, or one
    /// that took its place in the register. The serial number tells, and the asset tag only of
    /// hardware of which neither row has one: a tag may have been put on another machine since.
    #[must_use]
    pub fn followed(&self, row: MachineRow<'_>, on: Date) -> Option<MachineRow<'_>> {
        if row.term.holds(on) {
            return Some(self.at(row.index));
        }
        let in_force = |kind, mark| self.by_mark(kind, mark, |term| term.holds(on));
        match (row.serial, row.asset_tag) {
            (Some(serial), _) => in_force(Mark::Serial, serial),
            (None, Some(tag)) => in_force(Mark::AssetTag, tag).filter(|next| next.serial.is_none()),
            (None, None) => None,
        }
    }

    /// The first row with a mark whose time is asked for; case does not matter.
    fn by_mark(
        &self,
        kind: Mark,
        mark: &str,
        asked: impl Fn(Term) -> bool,
    ) -> Option<MachineRow<'_>> {
        let order = match kind {
            Mark::Serial => &self.by_serial,
            Mark::AssetTag => &self.by_asset_tag,
        };
        let order_of = |index: &RowIndex| folded(self.mark(*index, kind)).cmp(folded(mark));
        let first = order.partition_point(|index| order_of(index).is_lt());
        let same = order[first..].iter().take_while(|index| order_of(index).is_eq());
        let mut held = same.map(|index| self.at(*index)).filter(|row| asked(row.term));
        held.next()
    }

    fn mark(&self, index: RowIndex, kind: Mark) -> &str {
        kind.of(&self.rows[index.number()], &self.texts)
    }

    fn place(&self, id: &str) -> Result<usize, usize> {
        self.rows.binary_search_by(|row| row.id(&self.texts).cmp(id))
    }

    fn view(&self, number: usize) -> MachineRow<'_> {
        let row = &self.rows[number];
        MachineRow {
            index: RowIndex::new(number),
            id: row.id(&self.texts),
            unit: &self.units[row.unit.number()],
            unit_index: row.unit,
            kind: row.kind,
            systems: &self.systems[row.systems as usize],
            system_list: row.systems as usize,
            serial: given(row.serial(&self.texts)),
            asset_tag: given(row.asset_tag(&self.texts)),
            host_name: given(row.host_name(&self.texts)),
            term: row.term(),
            reports: row.reports,
        }
    }

    /// Every day on which a row comes into force, and every day after one's last.
    pub(super) fn turns(&self, turns: &mut BTreeSet<Date>) {
        let days = |day: fn(&Row) -> Day| self.rows.iter().map(day).collect::<BTreeSet<_>>();
        turns.extend(days(|row| row.from).into_iter().filter_map(Day::date));
        let last_days = days(|row| row.until).into_iter().filter_map(Day::date);
        turns.extend(last_days.filter_map(|last| last.tomorrow().ok()));
    }

    /// Notes a reference to a row that does not exist.
    pub(super) fn check(&self, id: &str, wrong: impl FnOnce(String, Option<String>)) {
        // A slip mostly stands near what was meant; a million ids are not compared for a hint.
        const NEIGHBOURS: usize = 50;
        if let (true, Err(place)) = (self.whole, self.place(id)) {
            let near = place.saturating_sub(NEIGHBOURS)..self.len().min(place + NEIGHBOURS);
            let near = self.rows[near].iter().map(|row| row.id(&self.texts));
            let help =
                did_you_mean(id, near).or_else(|| Some(format!("machines are listed in {FILE}")));
            wrong(format!("unknown machine `{id}`"), help);
        }
    }
}

fn given(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// What binds a machine to its row.
#[derive(Clone, Copy, Debug)]
enum Mark {
    Serial,
    AssetTag,
}

impl Mark {
    fn column(self) -> &'static str {
        match self {
            Self::Serial => "serial",
            Self::AssetTag => "asset_tag",
        }
    }

    /// A row's mark; empty where it has none.
    fn of<'t>(self, row: &Row, texts: &'t str) -> &'t str {
        match self {
            Self::Serial => row.serial(texts),
            Self::AssetTag => row.asset_tag(texts),
        }
    }
}

/// A mark as it is compared: without regard to case and outer blanks.
pub(super) fn folded(mark: &str) -> impl Iterator<Item = char> {
    mark.trim().chars().flat_map(char::to_uppercase)
}

#[cfg(test)]
mod tests;
