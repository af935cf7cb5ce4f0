//! `units.toml`: the tree of units, which may be placed elsewhere over time.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use report::Bilingual;

use super::entry::cut;
use super::{Term, sample_mark};
use crate::policy::document::{Document, Item, Section};
use crate::policy::problem::{Page, did_you_mean};

/// The file.
pub const FILE: &str = "register/units.toml";

/// One unit.
#[derive(Clone, Debug)]
pub struct Unit {
    /// Its id, which never changes or returns.
    pub id: String,
    /// Its name.
    pub name: Bilingual,
    /// Under which unit, and when.
    pub placed: Vec<Placement>,
    /// When it exists.
    pub term: Term,
}

impl Unit {
    fn under(&self, on: Date) -> Option<&str> {
        let placement = self.placed.iter().find(|place| place.term.holds(on))?;
        Some(&placement.under)
    }
}

/// Where a unit stands for a time.
#[derive(Clone, Debug)]
pub struct Placement {
    /// The unit above.
    pub under: String,
    /// When.
    pub term: Term,
}

/// Which unit of a register: its number in the order of ids.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnitIndex(u16);

impl UnitIndex {
    /// As many units as can be told apart.
    const MOST: usize = 1 << 16;

    /// Its number, from 0.
    #[must_use]
    pub fn number(self) -> usize {
        self.0.into()
    }
}

/// Every unit, ordered by id.
#[derive(Clone, Debug, Default)]
pub struct Units {
    units: Vec<Unit>,
    /// False when the file has mistakes: references are then not held against it.
    whole: bool,
}

impl Units {
    /// The unit of this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Unit> {
        self.index(id).map(|index| self.at(index))
    }

    /// Which unit has this id.
    #[must_use]
    pub fn index(&self, id: &str) -> Option<UnitIndex> {
        let number = self.units.binary_search_by(|unit| unit.id.as_str().cmp(id)).ok()?;
        u16::try_from(number).ok().map(UnitIndex)
    }

    /// The unit of an index that this register has given.
    #[must_use]
    pub fn at(&self, index: UnitIndex) -> &Unit {
        &self.units[index.number()]
    }

    /// Every unit, ordered by id.
    pub fn iter(&self) -> impl Iterator<Item = &Unit> {
        self.units.iter()
    }

    /// Every index, ordered by id.
    pub fn indices(&self) -> impl Iterator<Item = UnitIndex> + use<> {
        (0..=u16::MAX).take(self.units.len()).map(UnitIndex)
    }

    /// The unit directly above on a day; `None` at the top.
    #[must_use]
    pub fn parent(&self, id: &str, on: Date) -> Option<&str> {
        self.get(id)?.under(on)
    }

    /// The unit itself and every unit above it on a day, nearest first.
    #[must_use]
    pub fn line<'u>(&'u self, id: &'u str, on: Date) -> Vec<&'u str> {
        let mut line = vec![id];
        let mut at = id;
        // Loading refuses circles; the bound keeps a faulty tree from turning for ever.
        while let Some(parent) = self.parent(at, on).filter(|_| line.len() <= self.units.len()) {
            line.push(parent);
            at = parent;
        }
        line
    }

    /// The tree as it stands on a day.
    #[must_use]
    pub fn on(&self, day: Date) -> UnitsOnDay {
        UnitsOnDay::of(self, day)
    }

    pub(super) fn turns(&self, turns: &mut BTreeSet<Date>) {
        for unit in &self.units {
            unit.term.turns(turns);
            unit.placed.iter().for_each(|place| place.term.turns(turns));
        }
    }

    /// Whether the file has no mistake.
    pub(super) fn is_whole(&self) -> bool {
        self.whole
    }

    /// Notes a reference to a unit that does not exist.
    pub(crate) fn check(&self, id: &str, wrong: impl FnOnce(String, Option<String>)) {
        if self.whole && self.index(id).is_none() {
            let help = did_you_mean(id, self.units.iter().map(|unit| unit.id.as_str()))
                .or_else(|| Some(format!("units are listed in {FILE}")));
            wrong(format!("unknown unit `{}`", cut(id)), help);
        }
    }
}

/// The tree of units on one day: which stands within which is told without a search.
#[derive(Clone, Debug)]
pub struct UnitsOnDay {
    /// The lines of all units, one after the other.
    lines: Vec<UnitIndex>,
    /// Where the line of each unit begins, and the end of the last.
    starts: Vec<usize>,
}

impl UnitsOnDay {
    fn of(units: &Units, day: Date) -> Self {
        let parents: Vec<_> = units.iter().map(|unit| units.index(unit.under(day)?)).collect();
        let (mut lines, mut starts) = (Vec::new(), vec![0]);
        for unit in units.indices() {
            let above = std::iter::successors(Some(unit), |unit| parents[unit.number()]);
            // As in `Units::line`: no line is longer than there are units.
            lines.extend(above.take(parents.len()));
            starts.push(lines.len());
        }
        Self { lines, starts }
    }

    /// The unit itself and every unit above it, nearest first.
    #[must_use]
    pub fn line(&self, unit: UnitIndex) -> &[UnitIndex] {
        &self.lines[self.starts[unit.number()]..self.starts[unit.number() + 1]]
    }

    /// Whether a unit is this other one or stands below it.
    #[must_use]
    pub fn is_within(&self, unit: UnitIndex, other: UnitIndex) -> bool {
        // The line of a unit above ends the line of every unit below it.
        let (line, end) = (self.line(unit), self.line(other));
        let steps = line.len().checked_sub(end.len());
        steps.is_some_and(|steps| line[steps] == other)
    }
}

pub(super) fn read(page: Page<'_>, sample: &mut bool) -> Units {
    let before = page.ledger.count();
    let Some(document) = Document::parse(page) else {
        return Units::default();
    };
    let section = document.section();
    *sample |= sample_mark(&section);
    let items = section.get("unit").and_then(|item| item.list()).unwrap_or_default();
    let mut by_id = BTreeMap::new();
    for item in &items {
        read_unit(item, &mut by_id);
    }
    if by_id.len() > UnitIndex::MOST {
        section.wrong(format!("more than {} units", UnitIndex::MOST));
    }
    section.finish();
    let whole = page.ledger.count() == before;
    let units = Units { units: by_id.into_values().collect(), whole };
    let days: BTreeSet<_> = units
        .iter()
        .flat_map(|unit| &unit.placed)
        .map(|place| place.term.from.unwrap_or(Date::MIN))
        .collect();
    for item in &items {
        check_placements(item, &units, &days);
    }
    units
}

fn read_unit(item: &Item<'_>, by_id: &mut BTreeMap<String, Unit>) -> Option<()> {
    let section = item.section()?;
    let id_item = section.need("id");
    let id = id_item.as_ref().and_then(Item::id);
    let name = section.need("name").and_then(|item| item.bilingual());
    let placed = section.get("placed").map(|item| item.each(read_placement)).unwrap_or_default();
    let term = Term::read(&section);
    section.finish();
    let id = id?;
    if by_id.contains_key(&id) {
        id_item?.wrong(format!("the unit `{id}` stands here twice"));
        return None;
    }
    let unit = Unit { id: id.clone(), name: name.unwrap_or_default(), placed, term };
    by_id.insert(id, unit);
    Some(())
}

fn read_placement(item: &Item<'_>) -> Option<Placement> {
    let section = item.section()?;
    let under = section.need("under").and_then(|item| item.id());
    let term = Term::read(&section);
    section.finish();
    Some(Placement { under: under?, term })
}

/// Checks where a unit stands. The days are those on which any placement begins: a circle that is
/// never closed on one of them is never closed.
fn check_placements(item: &Item<'_>, units: &Units, days: &BTreeSet<Date>) -> Option<()> {
    if !units.whole {
        return None;
    }
    let section = item.section()?;
    let id = section.get("id").and_then(|item| item.string())?;
    let unit = units.get(&id)?;
    check_parents(&section, units);
    let placed = &unit.placed;
    let overlap = placed
        .iter()
        .enumerate()
        .any(|(index, one)| placed[index + 1..].iter().any(|other| one.term.overlaps(other.term)));
    if overlap {
        section.get("placed")?.wrong("two placements hold on one day");
    }
    if days.iter().any(|day| is_its_own_ancestor(units, &id, *day)) {
        section.get("placed")?.wrong(format!("`{id}` would stand under itself"));
    }
    Some(())
}

fn check_parents(section: &Section<'_>, units: &Units) {
    let placed = section.get("placed").and_then(|item| item.list()).unwrap_or_default();
    for under in placed.iter().filter_map(|item| item.section()?.get("under")) {
        if let Some(parent) = under.text() {
            units.check(parent, |message, help| under.wrong_with_help(message, help));
        }
    }
}

fn is_its_own_ancestor(units: &Units, id: &str, on: Date) -> bool {
    units.line(id, on).iter().skip(1).any(|above| *above == id)
}

#[cfg(test)]
mod tests;
