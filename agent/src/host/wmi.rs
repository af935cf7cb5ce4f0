//! The WMI door: rows of a class.

use std::collections::BTreeMap;

use super::files::{Files, Read, ReadError, ReadErrorKind};

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// As `root\SecurityCenter2`.
    pub namespace: &'a str,
    /// The class.
    pub class: &'a str,
    /// The properties wanted; a provider may leave any of them out.
    pub properties: &'a [&'a str],
}

/// What a property holds.
#[derive(Clone, Debug, PartialEq, Eq)]
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

/// WMI of one machine.
#[derive(Clone, Debug)]
pub struct Wmi {
    files: Files,
}

impl Wmi {
    pub(super) fn of(files: &Files) -> Self {
        Self { files: files.clone() }
    }

    /// Every instance of a class. None is an answer: the class is there and has none.
    ///
    /// # Errors
    /// When the namespace or the class is not there
    /// ([`NotSupported`](super::files::ReadErrorKind::NotSupported)), or the provider does not answer.
    pub fn query(&self, query: &Query<'_>) -> Read<Vec<Row>> {
        let _ = &self.files;
        let source = format!("{}:{}", query.namespace, query.class);
        Err(ReadError::new(&source, ReadErrorKind::NotFound))
    }
}
