//! A rule: what it asks, of which machines, why, and what to do where it is not met.

use std::collections::BTreeMap;

use report::Bilingual;
use report::catalogue::Platform;
use report::verdict::Severity;

use self::example::Example;
use super::calendar::Calendar;
use super::document::{Document, Item, Section, distinct, names};
use super::problem::{Page, did_you_mean};
use super::requirement::{self, Requirement};
use crate::register::systems::read_level;
use crate::register::{MachineKind, Register, UnitIndex};

pub(crate) mod example;

/// One rule; one file of the `rules` folder.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its id.
    pub id: String,
    /// The file it stands in.
    pub file: String,
    /// How much it matters.
    pub severity: Severity,
    /// Its name.
    pub title: Bilingual,
    /// What to do where it is not met.
    pub remedy: Bilingual,
    /// The clauses of law and standards it comes from.
    pub source: Vec<String>,
    /// Whether a decision may excuse a machine from it.
    pub waivable: bool,
    /// Which machines it concerns.
    pub applies: Applies,
    base: Option<Requirement>,
    levels: BTreeMap<u8, Requirement>,
    pub(crate) examples: Vec<Example>,
}

/// Which machines a rule concerns; an empty list is every one.
#[derive(Clone, Debug, Default)]
pub struct Applies {
    /// Operating systems.
    pub os: Vec<Platform>,
    /// Kinds of machine.
    pub kinds: Vec<MachineKind>,
    /// Levels of the information system.
    pub levels: Vec<u8>,
    /// Units, with every unit below them.
    pub units: Vec<UnitIndex>,
    /// Information systems.
    pub systems: Vec<String>,
}

/// What a rule asks at one level.
pub(crate) enum Requirements<'r> {
    /// All of this.
    All(&'r Requirement),
    /// Nothing: it has tables for other levels only.
    None,
    /// It has tables for some levels only, and the machine's level is not determined.
    LevelUndetermined,
}

impl Rule {
    /// Whether any level has a table of its own.
    pub(crate) fn has_level_tables(&self) -> bool {
        !self.levels.is_empty()
    }

    /// Whether it has a table for the levels without one of their own.
    pub(crate) fn has_base_table(&self) -> bool {
        self.base.is_some()
    }

    /// Whether a level has a table of its own.
    pub(crate) fn has_table_for(&self, level: u8) -> bool {
        self.levels.contains_key(&level)
    }

    /// What the rule asks at a level. A level's own table stands for itself: nothing is inherited.
    pub(crate) fn requirements(&self, level: Option<u8>) -> Requirements<'_> {
        let own = level.and_then(|level| self.levels.get(&level));
        match (own.or(self.base.as_ref()), level) {
            (Some(requirement), _) => Requirements::All(requirement),
            (None, Some(_)) => Requirements::None,
            (None, None) => Requirements::LevelUndetermined,
        }
    }
}

/// Reads one file of the `rules` folder.
pub(crate) fn read(page: Page<'_>, calendar: &Calendar, register: &Register) -> Option<Rule> {
    let document = Document::parse(page)?;
    let section = document.section();
    let before = page.ledger.count();
    let rule = rule(page, &section, calendar, register);
    section.finish();
    rule.filter(|_| page.ledger.count() == before)
}

/// Reads every key before it gives up on any, so that all mistakes are found at once.
fn rule(
    page: Page<'_>,
    section: &Section<'_>,
    calendar: &Calendar,
    register: &Register,
) -> Option<Rule> {
    let id = section.need("id").and_then(|item| item.id());
    let severity = section.need("severity").and_then(|item| read_severity(&item));
    let title = section.need("title").and_then(|item| item.bilingual());
    let remedy = section.need("remedy").and_then(|item| item.bilingual());
    let source = section.need("source").map(|item| item.each(Item::string));
    let waivable = section.get("waivable").and_then(|item| read_waivable(&item, severity));
    let applies = section.get("applies").and_then(|item| read_applies(&item, register));
    let base = section.get("require").map(|item| requirement::read(&item, calendar));
    let levels = section.get("level").map(|item| read_levels(&item, calendar)).unwrap_or_default();
    let examples = section
        .get("example")
        .map(|item| item.each(|one| example::read(one, calendar, register)))
        .unwrap_or_default();
    if base.is_none() && levels.is_empty() {
        section.wrong("the rule asks for nothing: write [require] or [level.N.require]");
    }
    Some(Rule {
        id: id?,
        file: page.file.to_owned(),
        severity: severity?,
        title: title?,
        remedy: remedy?,
        source: source?,
        waivable: waivable.unwrap_or(true),
        applies: applies.unwrap_or_default(),
        base,
        levels,
        examples,
    })
}

fn read_severity(item: &Item<'_>) -> Option<Severity> {
    Severity::from_name(item.word(&names(Severity::ALL, Severity::name))?)
}

fn read_waivable(item: &Item<'_>, severity: Option<Severity>) -> Option<bool> {
    let waivable = item.bool()?;
    if !waivable && severity.is_some_and(|severity| severity != Severity::Critical) {
        item.wrong("only a critical rule can forbid waivers");
    }
    Some(waivable)
}

fn read_levels(item: &Item<'_>, calendar: &Calendar) -> BTreeMap<u8, Requirement> {
    let mut levels = BTreeMap::new();
    let Some(section) = item.section() else {
        return levels;
    };
    for (name, item) in section.items() {
        let Some(level) = name.parse().ok().filter(|level| (1..=5).contains(level)) else {
            item.wrong_key(format!("`{name}` is no level"), Some("levels are 1 to 5".to_owned()));
            continue;
        };
        let Some(table) = item.section() else {
            continue;
        };
        if let Some(require) = table.need("require") {
            levels.insert(level, requirement::read(&require, calendar));
        }
        table.finish();
    }
    levels
}

fn read_applies(item: &Item<'_>, register: &Register) -> Option<Applies> {
    let section = item.section()?;
    let applies = Applies {
        os: choices(&section, "os", |item| {
            Platform::from_name(item.word(&Platform::ALL.map(Platform::name))?)
        }),
        kinds: choices(&section, "kinds", |item| {
            MachineKind::from_name(item.word(&MachineKind::ALL.map(MachineKind::name))?)
        }),
        levels: choices(&section, "levels", read_level),
        units: choices(&section, "units", |item| register.units.index(&read_unit(item, register)?)),
        systems: choices(&section, "systems", |item| read_system(item, register)),
    };
    section.finish();
    Some(applies)
}

fn read_unit(item: &Item<'_>, register: &Register) -> Option<String> {
    let unit = item.string()?;
    register.units.check(&unit, |message, help| item.wrong_with_help(message, help));
    Some(unit)
}

fn read_system(item: &Item<'_>, register: &Register) -> Option<String> {
    let system = item.string()?;
    register.systems.check(&system, |message, help| item.wrong_with_help(message, help));
    Some(system)
}

fn choices<T: PartialEq>(
    section: &Section<'_>,
    key: &'static str,
    read: impl FnMut(&Item<'_>) -> Option<T>,
) -> Vec<T> {
    let Some(item) = section.get(key) else {
        return Vec::new();
    };
    let Some(list) = item.list() else {
        return Vec::new();
    };
    if list.is_empty() {
        item.wrong("an empty list applies to nothing: leave the key out to apply to all");
    }
    distinct(&list, read).unwrap_or_default()
}

/// Notes a reference to a rule that does not exist.
pub(crate) fn check_reference(id: &str, rules: &[Rule], item: &Item<'_>) {
    if !rules.iter().any(|rule| rule.id == id) {
        let help = did_you_mean(id, rules.iter().map(|rule| rule.id.as_str()));
        item.wrong_with_help(format!("unknown rule `{id}`"), help);
    }
}

#[cfg(test)]
mod tests;
