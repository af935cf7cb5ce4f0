//! What the files of the register have in common.

use std::borrow::Cow;
use std::collections::BTreeSet;

use jiff::civil::Date;
use report::Bilingual;

use super::units::{UnitIndex, Units};
use super::{Term, sample_mark};
use crate::policy::document::{Document, Item, Section, Shape};
use crate::policy::problem::Page;

/// Reads a file that is one list of tables under this key.
pub(super) fn read_list<T>(
    page: Page<'_>,
    key: &'static str,
    sample: &mut bool,
    mut read: impl FnMut(&Section<'_>) -> Option<T>,
) -> Vec<T> {
    let Some(document) = Document::parse(page) else {
        return Vec::new();
    };
    let section = document.section();
    *sample |= sample_mark(&section);
    let items = section.get(key).and_then(|item| item.list()).unwrap_or_default();
    let read = |item: &Item<'_>| {
        let section = item.section()?;
        let entry = read(&section);
        section.finish();
        entry
    };
    let list = items.iter().filter_map(read).collect();
    section.finish();
    list
}

/// The id of an entry, which no other entry of its file has.
pub(super) fn own_id(
    section: &Section<'_>,
    taken: &mut BTreeSet<String>,
    what: &str,
) -> Option<String> {
    let item = section.need("id")?;
    let id = item.id()?;
    if !taken.insert(id.clone()) {
        item.wrong(format!("the {what} `{id}` stands here twice"));
        return None;
    }
    Some(id)
}

/// A unit of the register.
pub(super) fn unit(item: &Item<'_>, units: &Units) -> Option<UnitIndex> {
    let id = item.text()?;
    units.check(id, |message, help| item.wrong_with_help(message, help));
    units.index(id).filter(|_| units.is_whole())
}

/// A value as a message quotes it: a long one by its beginning.
pub(super) fn cut(value: &str) -> Cow<'_, str> {
    const LONGEST: usize = 60;
    match value.char_indices().nth(LONGEST) {
        Some((end, _)) => Cow::Owned(format!("{}…", &value[..end])),
        None => Cow::Borrowed(value),
    }
}

/// A number of people, machines or seats: at least one.
pub(super) fn at_least_one(item: &Item<'_>) -> Option<u32> {
    let count = count(item)?;
    if count == 0 {
        item.wrong("expected a whole number from 1");
        return None;
    }
    Some(count)
}

/// A number of people or machines, or none.
pub(super) fn count(item: &Item<'_>) -> Option<u32> {
    let count = u32::try_from(item.count()?).ok();
    if count.is_none() {
        item.wrong(format!("there are not more than {}", u32::MAX));
    }
    count
}

/// A term whose first day is known.
pub(super) fn begun_term(section: &Section<'_>) -> Option<Term> {
    let from = section.need("from");
    let term = Term::read(section);
    from.and(term.from).map(|_| term)
}

/// The first and the last day of what has both.
pub(super) fn bounded_term(section: &Section<'_>) -> Option<(Date, Date)> {
    let (from, until) = (section.need("from"), section.need("until"));
    let term = Term::read(section);
    from.and(until)?;
    Some((term.from?, term.until?))
}

/// A sentence in both languages, or one that stands for both.
pub(super) fn sentence(item: &Item<'_>) -> Option<Bilingual> {
    match item.shape() {
        Shape::Text => item.string().map(Bilingual::same),
        Shape::Number
        | Shape::Fraction
        | Shape::Bool
        | Shape::Date
        | Shape::List
        | Shape::Table => item.bilingual(),
    }
}
