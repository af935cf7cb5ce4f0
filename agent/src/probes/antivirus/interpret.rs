//! What an answer means: from text, numbers and bytes as a product writes them to a fact.
//!
//! Nothing is guessed: what does not fit exactly is unknown. And nothing that was read is repeated
//! in the reason, for it may be a name or a key that was taken for something else.

mod template;

use report::catalogue::Tense;
use report::moment::DAY;
use report::{Fact, Moment, Reason, Timestamp, Value};

use crate::probes::dates;
use crate::probes::findings::{choice, moment, text, unknown, yes_or_no};
pub(super) use template::Template;

/// An answer as a source gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Raw {
    Text(String),
    Number(i64),
    Bool(bool),
    Bytes(Vec<u8>),
}

/// A word of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    Bool(bool),
    Choice(&'static str),
    Moment(Timestamp),
    /// There is no such thing.
    Nothing,
    /// The answer leaves it open.
    Opaque,
}

impl Told {
    pub(super) fn fact(self) -> Fact {
        match self {
            Self::Bool(answer) => yes_or_no(answer),
            Self::Choice(word) => choice(word),
            Self::Moment(at) => moment(Moment::source(at)),
            Self::Nothing => Fact::Absent,
            Self::Opaque => Fact::unknown(Reason::ProductOpaque),
        }
    }
}

/// How an answer is to be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A version as its maker writes it.
    Text,
    /// The digits and dots a text begins with.
    Dotted,
    /// 1994500 is 19.945.00.
    HundredThousandths,
    /// Yes or no in one of the usual spellings.
    Bool,
    /// The most exact pattern that fits.
    States(Vec<(Pattern, Told)>),
    /// The first format that fits.
    Moment(Vec<Scheme>),
}

/// How a moment is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    /// Seconds since 1970.
    Unix,
    /// Milliseconds since 1970.
    UnixMilliseconds,
    /// Tenths of microseconds since 1601, as a number or its eight bytes.
    Filetime,
    /// `20260311015218.000000+000`, the offset in minutes.
    Wmi,
    /// A number of days from now on.
    DaysLeft,
    /// As its template says.
    Written(Template),
}

impl Scheme {
    /// Those with a name.
    pub(super) const NAMED: [(&'static str, Self); 5] = [
        ("unix", Self::Unix),
        ("unix_ms", Self::UnixMilliseconds),
        ("filetime", Self::Filetime),
        ("wmi", Self::Wmi),
        ("days_left", Self::DaysLeft),
    ];
}

/// A text, or with a `*` at either end what a text ends or begins with, whatever the case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    open_start: bool,
    open_end: bool,
    text: String,
}

impl Pattern {
    pub(super) fn of(written: &str) -> Self {
        let (open_start, rest) = match written.strip_prefix('*') {
            Some(rest) => (true, rest),
            None => (false, written),
        };
        let (open_end, text) = match rest.strip_suffix('*') {
            Some(text) => (true, text),
            None => (false, rest),
        };
        Self { open_start, open_end, text: text.to_lowercase() }
    }

    fn fits(&self, lower: &str) -> bool {
        match (self.open_start, self.open_end) {
            (false, false) => lower == self.text,
            (false, true) => lower.starts_with(&self.text),
            (true, false) => lower.ends_with(&self.text),
            (true, true) => lower.contains(&self.text),
        }
    }

    /// The more exact the higher: whole texts before parts, long parts before short ones.
    fn exactness(&self) -> (bool, usize) {
        (!self.open_start && !self.open_end, self.text.len())
    }
}

impl Meaning {
    /// Patterns with what they mean.
    pub(super) fn states(mut states: Vec<(Pattern, Told)>) -> Self {
        states.sort_by_key(|(pattern, _)| std::cmp::Reverse(pattern.exactness()));
        Self::States(states)
    }

    /// What an answer means, read at `now`; `tense` is that of the field it is for.
    pub(super) fn of(&self, raw: &Raw, tense: Tense, now: Timestamp) -> Fact {
        match self {
            Self::Text => version(raw, str::trim),
            Self::Dotted => version(raw, dotted),
            Self::HundredThousandths => hundred_thousandths(raw),
            Self::Bool => usual(raw),
            Self::States(states) => state(states, raw),
            Self::Moment(schemes) => when(schemes, raw, tense, now),
        }
    }
}

fn senseless(what: &str) -> Fact {
    unknown(Reason::ParseError, what)
}

/// The text of an answer; bytes have none.
fn written(raw: &Raw) -> Option<String> {
    match raw {
        Raw::Text(text) => Some(text.trim().to_owned()),
        Raw::Number(number) => Some(number.to_string()),
        Raw::Bool(answer) => Some(answer.to_string()),
        Raw::Bytes(_) => None,
    }
}

/// Longer ones do not name a build any more.
const LONGEST_VERSION: usize = 64;

/// A version has a digit and nothing that only names, addresses and keys have.
fn version(raw: &Raw, part: impl Fn(&str) -> &str) -> Fact {
    let Some(written) = written(raw) else {
        return senseless("bytes where a version belongs");
    };
    let version = part(&written);
    let may_stand = |it: char| it.is_ascii_alphanumeric() || " ._-+()/:~,".contains(it);
    let is_version = version.len() <= LONGEST_VERSION
        && version.starts_with(|it: char| it.is_ascii_alphanumeric())
        && version.contains(|it: char| it.is_ascii_digit())
        && version.chars().all(may_stand);
    match is_version {
        true => text(version),
        false => senseless("no version"),
    }
}

fn dotted(text: &str) -> &str {
    let end = text.find(|it: char| !it.is_ascii_digit() && it != '.').unwrap_or(text.len());
    text.get(..end).unwrap_or_default().trim_end_matches('.')
}

fn number(raw: &Raw) -> Option<i64> {
    match raw {
        Raw::Number(number) => Some(*number),
        Raw::Text(text) => text.trim().parse().ok(),
        Raw::Bool(_) | Raw::Bytes(_) => None,
    }
}

fn hundred_thousandths(raw: &Raw) -> Fact {
    match number(raw) {
        Some(n @ 100_000..=9_999_999_999) => {
            text(&format!("{}.{:03}.{:02}", n / 100_000, n % 100_000 / 100, n % 100))
        }
        Some(_) | None => senseless("no pattern number"),
    }
}

fn usual(raw: &Raw) -> Fact {
    let lower = written(raw).map(|text| text.to_lowercase());
    match lower.as_deref() {
        Some("true" | "yes" | "on" | "1") => yes_or_no(true),
        Some("false" | "no" | "off" | "0") => yes_or_no(false),
        Some(_) | None => senseless("neither yes nor no"),
    }
}

fn state(states: &[(Pattern, Told)], raw: &Raw) -> Fact {
    let lower = written(raw).unwrap_or_default().to_lowercase();
    match states.iter().find(|(pattern, _)| pattern.fits(&lower)) {
        Some((_, told)) => told.fact(),
        None => senseless("an answer this agent does not know"),
    }
}

/// A moment in the first of the formats that it is written in.
fn when(schemes: &[Scheme], raw: &Raw, tense: Tense, now: Timestamp) -> Fact {
    let found = schemes.iter().find_map(|scheme| read(scheme, raw, tense, now));
    let at = found.map(|moment| moment.at);
    let worth = match tense {
        Tense::Happened => dates::happened(at, now),
        Tense::End => dates::ends(at),
    };
    match (worth, found) {
        (Fact::Known(_), Some(found)) => moment(found),
        (Fact::Unknown(why), _) => Fact::Unknown(why),
        (Fact::Known(_) | Fact::Absent, _) => senseless("no date"),
    }
}

fn read(scheme: &Scheme, raw: &Raw, tense: Tense, now: Timestamp) -> Option<Moment> {
    let at = match scheme {
        Scheme::Unix => Timestamp(number(raw)?),
        Scheme::UnixMilliseconds => Timestamp(number(raw)?.div_euclid(1000)),
        Scheme::Filetime => match raw {
            Raw::Bytes(bytes) => dates::filetime_bytes(bytes)?,
            Raw::Number(_) | Raw::Text(_) => dates::filetime(number(raw)?.try_into().ok()?)?,
            Raw::Bool(_) => return None,
        },
        Scheme::Wmi => dates::wmi_moment(&written(raw)?)?,
        Scheme::DaysLeft => return days_left(number(raw)?, now).map(Moment::machine),
        Scheme::Written(template) => template.read(&written(raw)?, tense)?,
    };
    Some(Moment::source(at))
}

/// More days than any licence is sold for; what is written for "not known" is far more.
const MOST_DAYS: i64 = 20 * 366;

/// The end of a number of days from now on: a day by the machine's clock, not the moment of asking.
fn days_left(days: i64, now: Timestamp) -> Option<Timestamp> {
    let today = Timestamp(now.0.div_euclid(DAY) * DAY);
    (0..=MOST_DAYS).contains(&days).then(|| today + ((days + 1) * DAY - 1))
}

/// Whether two sources say the same. Moments of a release and of its download are hours apart.
pub(super) fn agree(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Moment(one), Value::Moment(other)) => {
            one.at.since(other.at).saturating_abs() <= 2 * DAY
        }
        _ => one == other,
    }
}

#[cfg(test)]
mod tests;
