//! Facts: what was seen, what was looked for and is not there, and what could not be seen.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::moment::Moment;
use crate::text::Text;

/// What is known of one thing.
///
/// The three cases never collapse into one another: absence needs every source to have answered,
/// and not knowing is never read as either.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact<T = Value> {
    /// Seen.
    Known(T),
    /// Every source was read and it is not there.
    Absent,
    /// It could not be seen.
    Unknown(Ignorance),
}

impl<T> Fact<T> {
    /// A fact that could not be seen, for a reason that needs no detail.
    #[must_use]
    pub fn unknown(reason: Reason) -> Self {
        Self::Unknown(Ignorance { reason, detail: None })
    }

    /// The value, if it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Absent | Self::Unknown(_) => None,
        }
    }

    /// The same fact of another type.
    pub fn map<U>(self, convert: impl FnOnce(T) -> U) -> Fact<U> {
        match self {
            Self::Known(value) => Fact::Known(convert(value)),
            Self::Absent => Fact::Absent,
            Self::Unknown(ignorance) => Fact::Unknown(ignorance),
        }
    }

    /// This fact with its value borrowed.
    pub fn as_ref(&self) -> Fact<&T> {
        match self {
            Self::Known(value) => Fact::Known(value),
            Self::Absent => Fact::Absent,
            Self::Unknown(ignorance) => Fact::Unknown(ignorance.clone()),
        }
    }
}

/// Why something could not be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignorance {
    /// The kind of obstacle.
    pub reason: Reason,
    /// What exactly stood in the way, such as a path or an error code.
    pub detail: Option<Text>,
}

impl Ignorance {
    /// An obstacle with its detail; a detail that is no [`Text`] is left out.
    #[must_use]
    pub fn new(reason: Reason, detail: &str) -> Self {
        Self { reason, detail: Text::cleaned(detail).ok() }
    }
}

impl fmt::Display for Ignorance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.detail {
            Some(detail) => write!(f, "{} ({detail})", self.reason.name()),
            None => f.write_str(self.reason.name()),
        }
    }
}

/// The kinds of obstacle an agent can meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// This kind of machine has no such source, as Windows Server has no Security Center.
    NotSupported,
    /// The source is there and the agent may not read it.
    AccessDenied,
    /// The source did not answer in time.
    Timeout,
    /// The source answered with an error of its own.
    ProviderError,
    /// The source answered and the answer makes no sense.
    ParseError,
    /// The source is larger than the agent is willing to read.
    TooLarge,
    /// The source is missing or too old to say anything about today.
    SourceStale,
    /// The product gives no way to read this on the machine.
    ProductOpaque,
}

impl Reason {
    /// The name on the wire, in policies and in messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NotSupported => "not_supported",
            Self::AccessDenied => "access_denied",
            Self::Timeout => "timeout",
            Self::ProviderError => "provider_error",
            Self::ParseError => "parse_error",
            Self::TooLarge => "too_large",
            Self::SourceStale => "source_stale",
            Self::ProductOpaque => "product_opaque",
        }
    }

    /// All reasons, for messages that list the choices.
    pub const ALL: [Self; 8] = [
        Self::NotSupported,
        Self::AccessDenied,
        Self::Timeout,
        Self::ProviderError,
        Self::ParseError,
        Self::TooLarge,
        Self::SourceStale,
        Self::ProductOpaque,
    ];

    /// The reason of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }
}

/// The value of a known fact. Which variant a fact has is fixed by the
/// [catalogue](crate::catalogue).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Free text.
    Text(Text),
    /// One word of a closed list.
    Choice(&'static str),
    /// Yes or no.
    Bool(bool),
    /// A number of things.
    Count(u64),
    /// A moment.
    Moment(Moment),
    /// Several things of one kind, each with its own readings.
    Records(Vec<Record>),
}

/// One fact with the source it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// What is known.
    pub fact: Fact,
    /// Where it was read, such as a file's path; for people, never judged.
    pub source: Option<Text>,
}

impl Reading {
    /// A fact read from `source`.
    #[must_use]
    pub fn new(fact: Fact, source: &str) -> Self {
        Self { fact, source: Text::cleaned(source).ok().filter(|text| !text.as_str().is_empty()) }
    }
}

impl From<Fact> for Reading {
    fn from(fact: Fact) -> Self {
        Self { fact, source: None }
    }
}

/// One of several things of a kind, as one antivirus product: its readings by field name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record(pub BTreeMap<&'static str, Reading>);

impl Record {
    /// The fact of one field; a field that was not reported is unknown.
    #[must_use]
    pub fn fact(&self, field: &str) -> Fact<&Value> {
        self.0
            .get(field)
            .map_or_else(|| Fact::unknown(Reason::NotSupported), |reading| reading.fact.as_ref())
    }
}
