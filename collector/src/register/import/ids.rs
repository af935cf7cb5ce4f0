//! Ids for rows that are new: they never change, and those that once were never return.

use std::collections::{BTreeMap, BTreeSet};

use super::rows::Wanted;
use crate::policy::document::is_id;
use crate::register::Machines;
use crate::register::cells::plain_words;

/// A text as an id: plain letters and digits with hyphens between the words.
pub(super) fn slug(text: &str) -> Option<String> {
    let slug = plain_words(text).replace(' ', "-");
    is_id(&slug).then_some(slug)
}

/// Gives out ids.
pub(super) struct Ids<'r> {
    machines: &'r Machines,
    given: BTreeSet<String>,
    /// The last number that was tried in each unit.
    numbers: BTreeMap<String, u32>,
}

impl<'r> Ids<'r> {
    /// What the sheet itself calls its machines is taken by them.
    pub(super) fn of(machines: &'r Machines, wanted: &[Wanted]) -> Self {
        let given = wanted.iter().filter_map(|one| one.id.clone()).collect();
        Self { machines, given, numbers: BTreeMap::new() }
    }

    /// The sheet's own id, else the asset tag as one, else the unit's next number.
    pub(super) fn give(&mut self, wanted: &Wanted, unit: &str) -> String {
        if let Some(id) = &wanted.id {
            return id.clone();
        }
        let tag = wanted.asset_tag.as_deref().and_then(slug).filter(|id| self.is_free(id));
        let id = match tag {
            Some(tag) => tag,
            None => self.next_of(unit),
        };
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
