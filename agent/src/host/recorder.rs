//! Notes what comes through the doors of a machine, so that it can be recorded ([`crate::record`]).
//!
//! Of files only which of them were looked at: they are copied afterwards. Of everything else what
//! was asked and what was answered, and nothing that was not asked for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::accounts::Counted;
use super::files::{Read, ReadErrorKind};
use super::programs::Said;
use super::registry::Value;
use super::security_center::Registered;
use super::services::Service;
use super::wmi::{Query, Row};
use super::wua::Updates;

/// Where the doors put down what comes through them. Most put it nowhere.
#[derive(Clone, Debug, Default)]
pub struct Tap(Option<Arc<Mutex<Seen>>>);

/// What came through the doors of one machine.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// By their paths.
    pub files: BTreeMap<String, Touched>,
    /// By the places of keys in the registry as a whole: those of the other view lie below
    /// `WOW6432Node`.
    pub registry: BTreeMap<String, Key>,
    /// By namespace and class.
    pub wmi: BTreeMap<(String, String), Read<Vec<Row>>>,
    /// What the Security Center answered.
    pub security_center: Option<Read<Vec<Registered>>>,
    /// What the accounts came to.
    pub accounts: Option<Read<Counted>>,
    /// What the update agent answered.
    pub updates: Option<Read<Updates>>,
    /// By name.
    pub services: BTreeMap<String, Read<Option<Service>>>,
    /// By command line.
    pub programs: BTreeMap<String, Read<Said>>,
}

/// How a file or folder was looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// How much of its content was wanted at most; none if nothing.
    pub content: Option<u64>,
    /// Whether its names were wanted.
    pub listed: bool,
    /// Whether it was wanted to know where it leads.
    pub is_link: bool,
    /// Whether something stands there.
    pub is_there: bool,
    /// Whether it may not be looked at.
    pub is_denied: bool,
}

/// What was seen of a key of the registry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Key {
    /// Whether it is there.
    pub is_there: bool,
    /// Whether it may not be looked at.
    pub is_denied: bool,
    /// The names of the keys below it, where they were asked for.
    pub below: Vec<String>,
    /// The values that were asked for; nothing of one of which only the name was.
    pub values: BTreeMap<String, Option<Value>>,
}

impl Tap {
    /// One that puts down everything.
    #[must_use]
    pub fn open() -> Self {
        Self(Some(Arc::default()))
    }

    /// What has come through up to now.
    #[must_use]
    pub fn seen(&self) -> Seen {
        let seen = self.0.as_ref();
        seen.map(|seen| seen.lock().unwrap_or_else(PoisonError::into_inner).clone())
            .unwrap_or_default()
    }

    /// Puts something down.
    pub(super) fn note(&self, note: impl FnOnce(&mut Seen)) {
        if let Some(seen) = &self.0 {
            note(&mut seen.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }

    /// Puts down the rows of a class: those of several questions lie side by side.
    pub(super) fn wmi(&self, query: &Query<'_>, rows: &Read<Vec<Row>>) {
        self.note(|seen| {
            let class = (query.namespace.to_owned(), query.class.to_owned());
            match (seen.wmi.get_mut(&class), rows) {
                (Some(Ok(known)), Ok(rows)) if known.len() == rows.len() => {
                    for (known, row) in known.iter_mut().zip(rows) {
                        known.extend(row.clone());
                    }
                }
                (Some(_) | None, rows) => drop(seen.wmi.insert(class, rows.clone())),
            }
        });
    }

    /// Puts down how a look at a file or folder went.
    pub(super) fn file<T>(&self, path: &str, read: &Read<T>, how: impl FnOnce(&mut Touched)) {
        self.note(|seen| {
            let touched = seen.files.entry(path.trim_matches('/').to_owned()).or_default();
            match read.as_ref().map_err(|error| &error.kind) {
                Ok(_) | Err(ReadErrorKind::TooLarge) => {
                    touched.is_there = true;
                    how(touched);
                }
                Err(ReadErrorKind::AccessDenied) => touched.is_denied = true,
                Err(_) => {}
            }
        });
    }
}
