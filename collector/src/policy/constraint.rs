//! What a rule asks of one fact.
//!
//! `Ask` is the one table of what can be asked of which kind of fact: the reader, its help lines
//! and the schema for editors all go by it.

use jiff::civil::Date;
use regex::Regex;
use report::catalogue::{Kind, Tense};
use report::{FactKey, Timestamp};

use super::facts::{Facts, Finding};
use super::hourglass::Hourglass;
use super::period::Period;
use super::version;
use super::why::Why;
use crate::machine::view::Datum;

mod list;
mod phrases;
mod reading;

use list::{List, ListTest};
pub(crate) use reading::find_field;

/// One fact and everything that is asked of it.
#[derive(Clone, Debug)]
pub struct Clause {
    /// The fact.
    pub key: FactKey,
    asked: Asked,
}

#[derive(Clone, Debug)]
enum Asked {
    Value(Constraint),
    List {
        tests: Vec<ListTest>,
        /// The fact that says whether every source of the list answered.
        whole: Option<FactKey>,
    },
}

/// Everything that is asked of one value, of a fact or of a field of a record: all of it must hold.
#[derive(Clone, Debug)]
struct Constraint {
    kind: Kind,
    tests: Vec<Test>,
}

/// One thing asked of a value.
#[derive(Clone, Debug)]
enum Test {
    Present(bool),
    Words(Vec<&'static str>),
    Texts(Vec<String>),
    Bool(bool),
    Counts(Vec<u64>),
    Min(u64),
    Max(u64),
    MinVersion(String),
    MaxVersion(String),
    MaxAge(Period),
    NotBefore(Timestamp, Date),
    MinLeft(Period),
    Matches(Regex),
}

/// What a clause says of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClauseRuling<'m> {
    /// Known and met, or absent where that is asked for.
    Pass,
    /// Known and not met, or absent.
    Fail,
    /// It cannot be said.
    Unknown(Why<'m>),
}

impl<'m> ClauseRuling<'m> {
    /// All of these must hold: one that fails decides, else one that is not known. Each is asked,
    /// even after one has failed: it may be the first to turn.
    pub(crate) fn all(rulings: impl IntoIterator<Item = Self>) -> Self {
        rulings.into_iter().fold(Self::Pass, |all, ruling| match (all, ruling) {
            (Self::Fail, _) | (_, Self::Fail) => Self::Fail,
            (Self::Unknown(_), Self::Pass | Self::Unknown(_)) => all,
            (Self::Pass, Self::Pass | Self::Unknown(_)) => ruling,
        })
    }

    /// One of these must hold: one that passes decides, else one that is not known.
    pub(crate) fn any(rulings: impl IntoIterator<Item = Self>) -> Self {
        Self::all(rulings.into_iter().map(Self::reversed)).reversed()
    }

    /// What was asked for is what must not be.
    fn reversed(self) -> Self {
        match self {
            Self::Pass => Self::Fail,
            Self::Fail => Self::Pass,
            Self::Unknown(_) => self,
        }
    }
}

impl Clause {
    /// Judges what is known of the fact.
    #[must_use]
    pub fn judge<'m>(&self, facts: &Facts<'m>, clock: &Hourglass) -> ClauseRuling<'m> {
        match &self.asked {
            Asked::Value(constraint) => constraint.judge(facts.get(self.key), clock),
            Asked::List { tests, whole } => List::of(self.key, *whole, facts).judge(tests, clock),
        }
    }
}

impl Constraint {
    fn judge<'m>(&self, finding: Finding<'m>, clock: &Hourglass) -> ClauseRuling<'m> {
        match finding {
            Finding::Unknown(why) => ClauseRuling::Unknown(why),
            Finding::Absent if matches!(self.tests[..], [Test::Present(false)]) => {
                ClauseRuling::Pass
            }
            Finding::Absent => ClauseRuling::Fail,
            Finding::Known(value) => self.judge_known(value, clock),
        }
    }

    fn judge_known<'m>(&self, value: Datum<'m>, clock: &Hourglass) -> ClauseRuling<'m> {
        if let (Kind::Moment(Tense::Happened), Datum::Moment(moment)) = (self.kind, value)
            && clock.is_future(moment.at)
        {
            return ClauseRuling::Unknown(Why::Future(moment.at));
        }
        ClauseRuling::all(self.tests.iter().map(|test| test.judge(value, clock)))
    }
}

impl Test {
    /// Holds this against a known value.
    fn judge<'m>(&self, value: Datum<'m>, clock: &Hourglass) -> ClauseRuling<'m> {
        match (self, value) {
            (Self::MinVersion(_) | Self::MaxVersion(_), Datum::Text(text))
                if !version::is_version(text) =>
            {
                ClauseRuling::Unknown(Why::NoVersion(text))
            }
            _ if self.holds(value, clock) => ClauseRuling::Pass,
            _ => ClauseRuling::Fail,
        }
    }

    /// Whether a known value meets this. A value of another kind than the catalogue's meets nothing.
    fn holds(&self, value: Datum<'_>, clock: &Hourglass) -> bool {
        match (self, value) {
            (Self::Present(present), _) => *present,
            (Self::Words(words), Datum::Choice(word)) => words.contains(&word),
            (Self::Texts(texts), Datum::Text(text)) => texts.iter().any(|one| one == text),
            (Self::Matches(regex), Datum::Text(text)) => regex.is_match(text),
            (Self::MinVersion(min), Datum::Text(text)) => version::compare(text, min).is_ge(),
            (Self::MaxVersion(max), Datum::Text(text)) => version::compare(text, max).is_le(),
            (Self::Bool(wanted), Datum::Bool(is)) => *wanted == is,
            (Self::Counts(counts), Datum::Count(count)) => counts.contains(&count),
            (Self::Min(min), Datum::Count(count)) => count >= *min,
            (Self::Max(max), Datum::Count(count)) => count <= *max,
            (Self::MaxAge(age), Datum::Moment(moment)) => !clock.is_past(moment.at + age.seconds()),
            (Self::NotBefore(earliest, _), Datum::Moment(moment)) => moment.at >= *earliest,
            (Self::MinLeft(left), Datum::Moment(moment)) => {
                !clock.is_over(moment.at - left.seconds())
            }
            (
                Self::Words(_)
                | Self::Texts(_)
                | Self::Matches(_)
                | Self::MinVersion(_)
                | Self::MaxVersion(_)
                | Self::Bool(_)
                | Self::Counts(_)
                | Self::Min(_)
                | Self::Max(_)
                | Self::MaxAge(_)
                | Self::NotBefore(..)
                | Self::MinLeft(_),
                Datum::Text(_)
                | Datum::Choice(_)
                | Datum::Bool(_)
                | Datum::Count(_)
                | Datum::Moment(_)
                | Datum::Records(_),
            ) => false,
        }
    }
}

/// What can be asked of a fact by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    Min,
    Max,
    MaxAge,
    NotBefore,
    MinLeft,
    Matches,
    Some,
    Every,
    None,
    Present,
}

impl Ask {
    const ALL: [Self; 10] = [
        Self::Min,
        Self::Max,
        Self::MaxAge,
        Self::NotBefore,
        Self::MinLeft,
        Self::Matches,
        Self::Some,
        Self::Every,
        Self::None,
        Self::Present,
    ];

    /// The name in a rule.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Min => "min",
            Self::Max => "max",
            Self::MaxAge => "max_age",
            Self::NotBefore => "not_before",
            Self::MinLeft => "min_left",
            Self::Matches => "matches",
            Self::Some => "some",
            Self::Every => "every",
            Self::None => "none",
            Self::Present => "present",
        }
    }

    /// What can be asked of this kind, beside the values it may have.
    pub(crate) fn fitting(kind: Kind) -> &'static [Self] {
        match kind {
            Kind::Text => &[Self::Matches, Self::Present],
            Kind::Version => &[Self::Min, Self::Max, Self::Matches, Self::Present],
            Kind::OneOf(_) | Kind::Bool => &[Self::Present],
            Kind::Count => &[Self::Min, Self::Max, Self::Present],
            Kind::Moment(Tense::Happened) => &[Self::MaxAge, Self::NotBefore, Self::Present],
            Kind::Moment(Tense::End) => &[Self::MinLeft, Self::Present],
            Kind::Records(_) => &[Self::Some, Self::Every, Self::None, Self::Present],
        }
    }
}

#[cfg(test)]
mod tests;
