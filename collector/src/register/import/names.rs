//! Units and systems by the names that officers write.

use std::collections::BTreeMap;

use jiff::civil::Date;
use report::Bilingual;

use super::book::one_line;
use crate::policy::problem::nearest;
use crate::register::Register;

/// What a text names.
pub(super) enum Named {
    /// This one.
    One(String),
    /// All of these.
    Several(Vec<String>),
    /// Nothing; perhaps this was meant.
    Nobody(Option<String>),
}

/// Names as they are compared, without regard to case and blanks, each with its ids. What has
/// ended is found by its id alone.
pub(super) struct Names<'r> {
    register: &'r Register,
    units: BTreeMap<String, Vec<&'r str>>,
    systems: BTreeMap<String, Vec<&'r str>>,
}

impl<'r> Names<'r> {
    pub(super) fn of(register: &'r Register, today: Date) -> Self {
        let mut names = Self { register, units: BTreeMap::new(), systems: BTreeMap::new() };
        for unit in register.units.iter().filter(|unit| unit.term.holds(today)) {
            add(&mut names.units, &unit.name, &unit.id);
        }
        for system in register.systems.in_force(today) {
            add(&mut names.systems, &system.name, &system.id);
        }
        names
    }

    pub(super) fn unit(&self, text: &str) -> Named {
        let is_id = |id: &str| self.register.units.get(id).is_some();
        named(text, is_id, &self.units, self.register.units.iter().map(|unit| &*unit.id))
    }

    pub(super) fn system(&self, text: &str) -> Named {
        let is_id = |id: &str| self.register.systems.get(id).is_some();
        named(text, is_id, &self.systems, self.register.systems.iter().map(|system| &*system.id))
    }
}

fn key(text: &str) -> String {
    one_line(text).to_lowercase()
}

fn add<'r>(names: &mut BTreeMap<String, Vec<&'r str>>, name: &Bilingual, id: &'r str) {
    for side in [&name.vi, &name.en] {
        let ids = names.entry(key(side)).or_default();
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
}

fn named<'n>(
    text: &str,
    is_id: impl Fn(&str) -> bool,
    names: &'n BTreeMap<String, Vec<&'n str>>,
    ids: impl Iterator<Item = &'n str>,
) -> Named {
    let key = key(text);
    if is_id(&key) {
        return Named::One(key);
    }
    match names.get(&key).map(Vec::as_slice) {
        Some([id]) => Named::One((*id).to_owned()),
        Some(several) => Named::Several(several.iter().map(|id| (*id).to_owned()).collect()),
        None => {
            let near = nearest(&key, names.keys().map(String::as_str).chain(ids));
            let shown = |near: &str| match names.get(near) {
                Some(ids) => format!("{} ({near})", ids.join(", ")),
                None => near.to_owned(),
            };
            Named::Nobody(near.map(shown))
        }
    }
}
