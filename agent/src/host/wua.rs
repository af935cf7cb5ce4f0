//! The door to the Windows Update Agent: what was installed, and what it knows to be waiting.
//!
//! It is asked about its own store alone. A search that goes out, or makes it scan, would burden the
//! network, and on a machine that an office's server provides for would show what nobody approved.

#[cfg(windows)]
mod live;

use serde_json::{Value, json};

use super::answer;
use super::files::{Files, Read, ReadError, ReadErrorKind};
use super::provider::{self, Request};
use super::recorder::Tap;
use super::rests::Rests;

/// What it is called in errors and beside facts.
pub const SOURCE: &str = "windows update agent";
/// What a recorded one answers.
pub const RECORDED: &str = "wua.json";

/// What the agent answered. Each part may be missing for a reason of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Updates {
    /// What was done, the newest first, as far back and as much of it as was needed.
    pub history: Read<Vec<Entry>>,
    /// What waits by its store, drivers and what somebody has hidden left out.
    pub pending: Read<Vec<Pending>>,
    /// When it last searched with success, as `2026-11-21T18:02:11Z`; none if never, or if it does not
    /// say.
    pub last_search: Option<String>,
}

/// One line of the history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// When it was, in UTC.
    pub date: String,
    /// `UpdateOperation`: 1 installed, 2 removed.
    pub operation: i64,
    /// `OperationResultCode`: 2 succeeded, 3 succeeded with errors, 4 failed.
    pub result: i64,
    /// In the language of the machine.
    pub title: String,
    /// The service it came from.
    pub service: String,
    /// The identifiers of its categories.
    pub categories: Vec<String>,
}

/// An update that waits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pending {
    /// The numbers of its articles, without `KB`.
    pub articles: Vec<String>,
    /// As its maker rates it, or nothing: cumulative updates are often not rated.
    pub severity: String,
    /// The identifiers of its categories.
    pub categories: Vec<String>,
}

/// The update agent of one machine. A live one is asked by a child of this process, since it may hang.
#[derive(Clone, Debug)]
pub struct UpdateAgent {
    source: Source,
    rests: Rests,
    tap: Tap,
}

#[derive(Clone, Debug)]
enum Source {
    Live,
    Recorded(Files),
}

impl UpdateAgent {
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

    /// What was installed and what waits.
    ///
    /// # Errors
    /// When the machine has no such agent
    /// ([`NotSupported`](super::files::ReadErrorKind::NotSupported)), or it does not answer.
    pub fn updates(&self) -> Read<Updates> {
        let updates = self.rests.ask(SOURCE, || match &self.source {
            Source::Live => self.live_updates(),
            Source::Recorded(files) => match files.read(RECORDED, answer::MAX_BYTES) {
                Ok(bytes) => parse(&bytes),
                Err(error) if error.is_not_found() => {
                    Err(ReadError::new(SOURCE, ReadErrorKind::NotSupported))
                }
                Err(error) => Err(error),
            },
        });
        self.tap.note(|seen| seen.updates = Some(updates.clone()));
        updates
    }

    /// A search in its store keeps the machine busy for seconds: a whole answer is good for hours.
    fn live_updates(&self) -> Read<Updates> {
        if let Some(known) = self.rests.known(SOURCE) {
            return parse(known.as_bytes());
        }
        let updates = parse(&provider::ask(&Request::UpdateAgent)?)?;
        if updates.history.is_ok() && updates.pending.is_ok() {
            self.rests.remember(SOURCE, updates.written().to_string());
        }
        Ok(updates)
    }
}

/// Asks this machine's update agent in this process, however long it takes: the child's side. Of the
/// history only lines that are `enough` are told, and its last one, whatever it is.
///
/// # Errors
/// As [`UpdateAgent::updates`] has them.
pub fn updates_here(enough: fn(&Entry) -> bool) -> Read<Updates> {
    live::updates(enough)
}

#[cfg(not(windows))]
mod live {
    //! No other system has this agent.

    use super::{Entry, Read, ReadError, ReadErrorKind, SOURCE, Updates};

    pub(super) fn updates(_enough: fn(&Entry) -> bool) -> Read<Updates> {
        Err(ReadError::new(SOURCE, ReadErrorKind::NotSupported))
    }
}

impl Updates {
    /// The answer as it is written down.
    #[must_use]
    pub fn written(&self) -> Value {
        json!({
            "history": part(&self.history, Entry::written),
            "pending": part(&self.pending, Pending::written),
            "last_search_success": self.last_search,
        })
    }
}

fn part<T>(read: &Read<Vec<T>>, written: fn(&T) -> Value) -> Value {
    match read {
        Ok(rows) => rows.iter().map(written).collect(),
        Err(error) => answer::refusal(&error.kind),
    }
}

impl Entry {
    fn written(&self) -> Value {
        json!({
            "date": self.date,
            "op": self.operation,
            "result": self.result,
            "title": self.title,
            "service": self.service,
            "categories": self.categories,
        })
    }

    fn parse(row: &Value) -> Option<Self> {
        Some(Self {
            date: words(row, "date")?,
            operation: row.get("op")?.as_i64()?,
            result: row.get("result")?.as_i64()?,
            title: words(row, "title")?,
            service: words(row, "service")?,
            categories: list(row, "categories")?,
        })
    }
}

impl Pending {
    fn written(&self) -> Value {
        json!({
            "kb": self.articles,
            "severity": self.severity,
            "categories": self.categories,
        })
    }

    fn parse(row: &Value) -> Option<Self> {
        Some(Self {
            articles: list(row, "kb")?,
            severity: words(row, "severity")?,
            categories: list(row, "categories")?,
        })
    }
}

/// Text that may be left out.
fn words(row: &Value, name: &str) -> Option<String> {
    match row.get(name) {
        None | Some(Value::Null) => Some(String::new()),
        Some(value) => value.as_str().map(str::to_owned),
    }
}

/// Texts that may be left out.
fn list(row: &Value, name: &str) -> Option<Vec<String>> {
    match row.get(name) {
        None | Some(Value::Null) => Some(Vec::new()),
        Some(value) => value.as_array()?.iter().map(|it| it.as_str().map(str::to_owned)).collect(),
    }
}

fn parse(bytes: &[u8]) -> Read<Updates> {
    let said = answer::parse(SOURCE, bytes)?;
    let last_search = match said.get("last_search_success") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text.clone()),
        Some(_) => return Err(answer::damaged(SOURCE, "a date that is no text")),
    };
    Ok(Updates {
        history: rows(&said, "history", Entry::parse),
        pending: rows(&said, "pending", Pending::parse),
        last_search,
    })
}

/// The rows of one part, or why there are none.
fn rows<T>(said: &Value, name: &str, row: fn(&Value) -> Option<T>) -> Read<Vec<T>> {
    let part = said.get(name).ok_or_else(|| answer::damaged(SOURCE, &format!("no {name}")))?;
    let rows = answer::rows(SOURCE, answer::said(SOURCE, part.clone())?)?;
    let parsed = rows.iter().map(row).collect::<Option<_>>();
    parsed.ok_or_else(|| answer::damaged(SOURCE, &format!("a row of {name} is none")))
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
