//! Ids for rows that are new: they never change, and those that once were never return.

use std::collections::{BTreeMap, BTreeSet};

use super::Machines;
use crate::policy::document::is_id;
use crate::register::cells::plain_words;

/// A text as an id: plain letters and digits with hyphens between the words.
pub(crate) fn slug(text: &str) -> Option<String> {
    let slug = plain_words(text).replace(' ', "-");
    is_id(&slug).then_some(slug)
}

/// The id of a single row that is new.
pub(crate) fn new_id(machines: &Machines, name: Option<&str>, unit: &str) -> String {
    Ids::of(machines, []).give(name, unit)
}

/// Gives out ids.
pub(crate) struct Ids<'r> {
    machines: &'r Machines,
    given: BTreeSet<String>,
    /// The last number that was tried in each unit.
    numbers: BTreeMap<String, u32>,
}

impl<'r> Ids<'r> {
    /// Beside those of the register, these are taken.
    pub(crate) fn of(machines: &'r Machines, taken: impl IntoIterator<Item = String>) -> Self {
        Self { machines, given: taken.into_iter().collect(), numbers: BTreeMap::new() }
    }

    /// The machine's own name as an id, where it has one that nobody else has, or the unit's next
    /// number.
    pub(crate) fn give(&mut self, name: Option<&str>, unit: &str) -> String {
        let own = name.and_then(slug).filter(|id| self.is_free(id));
        let id = own.unwrap_or_else(|| self.next_of(unit));
        self.given.insert(id.clone());
        id
    }

    fn is_free(&self, id: &str) -> bool {
        self.machines.get(id).is_none() && !self.given.contains(id)
    }

    fn next_of(&mut self, unit: &str) -> String {
        // An id has 64 letters at most, and the number wants some of them.
        let stem = unit.get(..50).unwrap_or(unit);
        let mut number = self.numbers.get(unit).copied().unwrap_or_default();
        loop {
            number += 1;
            let id = format!("{stem}-{number:03}");
            if self.is_free(&id) {
                self.numbers.insert(unit.to_owned(), number);
                return id;
            }
        }
    }
}
