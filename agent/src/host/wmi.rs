//! The WMI door: rows of a class.

use std::collections::BTreeMap;

use serde::Serialize;

use super::files::{Files, Read};
use super::provider::{self, Request};
use super::recorder::Tap;
use super::rests::Rests;

#[cfg(windows)]
mod live;
mod recorded;

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// As `root\SecurityCenter2`.
    pub namespace: &'a str,
    /// The class.
    pub class: &'a str,
    /// The properties wanted, or all of them where none is named; a provider may leave any of them
    /// out. Written as `GetIt.Parameter` it is what that method of each instance answers now: some
    /// providers keep a property of the same name that was true once. Methods that are not called
    /// `Get…` are not asked.
    pub properties: &'a [&'a str],
}

/// What a property holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Variant {
    /// Nothing.
    Null,
    /// Yes or no.
    Bool(bool),
    /// Any whole number, as the class declares it: a `uint32` that arrives negative is put right.
    Number(i64),
    /// Text, and a moment as WMI writes it (`20260311015218.000000+000`).
    Text(String),
    /// Several.
    List(Vec<Variant>),
}

/// One instance: the properties that the provider supplied.
pub type Row = BTreeMap<String, Variant>;

impl Query<'_> {
    /// What is asked, as it is called in errors and beside facts.
    #[must_use]
    pub fn source(&self) -> String {
        format!("{}:{}", self.namespace, self.class)
    }

    /// The same question to a child of this process.
    fn request(&self) -> Request {
        Request::Wmi {
            namespace: self.namespace.to_owned(),
            class: self.class.to_owned(),
            properties: self.properties.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    /// The name under which a property was asked for, whatever its case; without names it is all of
    /// them.
    fn asked(&self, property: &str) -> Option<String> {
        match self.properties {
            [] => Some(property.to_owned()),
            asked => asked
                .iter()
                .find(|name| name.eq_ignore_ascii_case(property))
                .map(|name| (*name).to_owned()),
        }
    }
}

/// WMI of one machine. A live one is asked by a child of this process, since a provider may hang.
#[derive(Clone, Debug)]
pub struct Wmi {
    source: Source,
    rests: Rests,
    tap: Tap,
}

#[derive(Clone, Debug)]
enum Source {
    Live,
    Recorded(Files),
}

impl Wmi {
    pub(super) fn live() -> Self {
        Self { source: Source::Live, rests: Rests::default(), tap: Tap::default() }
    }

    pub(super) fn recorded(files: &Files) -> Self {
        Self {
            source: Source::Recorded(files.clone()),
            rests: Rests::default(),
            tap: Tap::default(),
        }
    }

    /// The same door, with what is left alone and where is noted what is asked.
    pub(super) fn with(self, rests: &Rests, tap: &Tap) -> Self {
        Self { rests: rests.clone(), tap: tap.clone(), ..self }
    }

    /// Every instance of a class, with those of the properties that the provider supplied. None is an
    /// answer: the class is there and has none.
    ///
    /// # Errors
    /// When the namespace or the class is not there
    /// ([`NotSupported`](super::files::ReadErrorKind::NotSupported)), or the provider does not answer.
    pub fn query(&self, query: &Query<'_>) -> Read<Vec<Row>> {
        let rows = self.rests.ask(&query.source(), || match &self.source {
            Source::Live => recorded::rows(query, &provider::ask(&query.request())?),
            Source::Recorded(files) => recorded::query(files, query),
        });
        self.tap.wmi(query, &rows);
        rows
    }
}

/// Asks this machine's WMI in this process, however long it takes: the child's side.
///
/// # Errors
/// As [`Wmi::query`] has them.
pub fn query_here(query: &Query<'_>) -> Read<Vec<Row>> {
    live::query(query)
}

#[cfg(not(windows))]
mod live {
    //! No other system has WMI.

    use super::{Query, Read, Row};
    use crate::host::files::{ReadError, ReadErrorKind};

    pub(super) fn query(query: &Query<'_>) -> Read<Vec<Row>> {
        Err(ReadError::new(&query.source(), ReadErrorKind::NotSupported))
    }
}

#[cfg(test)]
mod tests;
