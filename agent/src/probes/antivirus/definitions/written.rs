//! A definition as it is written: every key by name, what is wrong with its place.

use std::borrow::Cow;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::config::nearest;

/// What is wrong in one file so far, each as `FILE:LINE: what is wrong and what would be right`.
pub(super) struct Faults<'a> {
    name: &'a str,
    text: &'a str,
    found: Vec<String>,
}

impl<'a> Faults<'a> {
    pub(super) fn in_file(name: &'a str, text: &'a str) -> Self {
        Self { name, text, found: Vec::new() }
    }

    pub(super) fn note(&mut self, place: &Range<usize>, message: &str) {
        let before = self.text.get(..place.start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        self.found.push(format!("{}:{line}: {message}", self.name));
    }

    pub(super) fn finish(self) -> Vec<String> {
        self.found
    }
}

/// The keys of one table that were not read yet.
pub(super) struct Keys<'t> {
    pub(super) place: Range<usize>,
    keys: Vec<(Spanned<Cow<'t, str>>, Spanned<DeValue<'t>>)>,
}

/// Something with its place in the file.
pub(super) type Placed<T> = (Range<usize>, T);

impl<'t> Keys<'t> {
    /// The whole file.
    pub(super) fn of_file(text: &'t str, faults: &mut Faults<'_>) -> Self {
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            faults.note(&error.span().unwrap_or_default(), error.message());
        }
        Self::of(0..0, table.into_inner())
    }

    fn of(place: Range<usize>, table: DeTable<'t>) -> Self {
        Self { place, keys: table.into_iter().collect() }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.keys.iter().any(|(key, _)| key.get_ref() == name)
    }

    fn take(&mut self, name: &str) -> Option<Placed<DeValue<'t>>> {
        let at = self.keys.iter().position(|(key, _)| key.get_ref() == name)?;
        let value = self.keys.swap_remove(at).1;
        Some((value.span(), value.into_inner()))
    }

    /// Text; anything else is a fault.
    pub(super) fn text(&mut self, name: &str, faults: &mut Faults<'_>) -> Option<Placed<String>> {
        match self.take(name)? {
            (place, DeValue::String(text)) => Some((place, text.into_owned())),
            (place, _) => {
                faults.note(&place, &format!("{name} is text: write {name} = \"…\""));
                None
            }
        }
    }

    /// Text that the table cannot do without.
    pub(super) fn required(&mut self, name: &str, faults: &mut Faults<'_>) -> String {
        if !self.has(name) {
            faults.note(&self.place, &format!("{name} is missing: write {name} = \"…\""));
        }
        self.text(name, faults).map(|(_, text)| text).unwrap_or_default()
    }

    pub(super) fn flag(&mut self, name: &str, faults: &mut Faults<'_>) -> bool {
        match self.take(name) {
            None => false,
            Some((_, DeValue::Boolean(flag))) => flag,
            Some((place, _)) => {
                faults.note(&place, &format!("{name} is true or false"));
                false
            }
        }
    }

    /// One text or a list of texts.
    pub(super) fn texts(&mut self, name: &str, faults: &mut Faults<'_>) -> Vec<String> {
        let (place, value) = match self.take(name) {
            None => return Vec::new(),
            Some((_, DeValue::String(text))) => return vec![text.into_owned()],
            Some(other) => other,
        };
        let DeValue::Array(items) = value else {
            faults.note(&place, &format!("{name} is a list of texts: write {name} = [\"…\"]"));
            return Vec::new();
        };
        let mut texts = Vec::new();
        for item in items {
            let place = item.span();
            match item.into_inner() {
                DeValue::String(text) => texts.push(text.into_owned()),
                _ => faults.note(&place, &format!("every entry of {name} is text")),
            }
        }
        texts
    }

    /// A table of its own.
    pub(super) fn table(&mut self, name: &str, faults: &mut Faults<'_>) -> Option<Self> {
        match self.take(name)? {
            (place, DeValue::Table(table)) => Some(Self::of(place, table)),
            (place, _) => {
                faults.note(&place, &format!("{name} is a table"));
                None
            }
        }
    }

    /// A list of tables.
    pub(super) fn tables(&mut self, name: &str, faults: &mut Faults<'_>) -> Vec<Self> {
        let Some((place, value)) = self.take(name) else {
            return Vec::new();
        };
        let DeValue::Array(items) = value else {
            faults.note(&place, &format!("{name} is a list of tables"));
            return Vec::new();
        };
        let mut tables = Vec::new();
        for item in items {
            let place = item.span();
            match item.into_inner() {
                DeValue::Table(table) => tables.push(Self::of(place, table)),
                _ => faults.note(&place, &format!("every entry of {name} is a table")),
            }
        }
        tables
    }

    /// Every key with its answer, yes and no as they are written.
    pub(super) fn answers(self, faults: &mut Faults<'_>) -> Vec<Placed<(String, Word)>> {
        let mut answers = Vec::new();
        for (key, value) in self.keys {
            let place = value.span();
            let word = match value.into_inner() {
                DeValue::Boolean(answer) => Word::Bool(answer),
                DeValue::String(word) => Word::Text(word.into_owned()),
                _ => {
                    faults.note(&place, "an answer is true, false or a word of the catalogue");
                    continue;
                }
            };
            answers.push((place, (key.into_inner().into_owned(), word)));
        }
        answers
    }

    /// An answer by itself.
    pub(super) fn word(&mut self, name: &str, faults: &mut Faults<'_>) -> Option<Placed<Word>> {
        match self.take(name)? {
            (place, DeValue::Boolean(answer)) => Some((place, Word::Bool(answer))),
            (place, DeValue::String(word)) => Some((place, Word::Text(word.into_owned()))),
            (place, _) => {
                faults.note(&place, &format!("{name} is true, false or text"));
                None
            }
        }
    }

    /// Notes every key that nobody asked for.
    pub(super) fn finish(self, known: &[&str], faults: &mut Faults<'_>) {
        for (key, _) in self.keys {
            let written = key.get_ref();
            let message = match nearest(written, known) {
                Some(near) if near != *written => {
                    format!("unknown key `{written}`: is `{near}` meant?")
                }
                // Known, and left over: another key of the same kind came first.
                Some(_) => {
                    format!("`{written}` has no meaning beside the other keys of this table")
                }
                None => format!("unknown key `{written}`: it is one of {}", known.join(", ")),
            };
            faults.note(&key.span(), &message);
        }
    }
}

/// An answer as it is written.
pub(super) enum Word {
    Bool(bool),
    Text(String),
}
