//! What a rule asks of one fact.

use jiff::civil::Date;
use regex::Regex;
use report::catalogue::{Kind, Tense};
use report::{Bilingual, FactKey, Lang, Timestamp};

use super::calendar::Calendar;
use super::document::{Item, Shape};
use super::facts::Finding;
use super::hourglass::Hourglass;
use super::period::Period;
use super::problem::did_you_mean;
use super::why::Why;
use super::words;
use crate::machine::view::Datum;

/// One fact and everything that is asked of it.
#[derive(Clone, Debug)]
pub struct Clause {
    /// The fact.
    pub key: FactKey,
    tests: Vec<Test>,
}

/// One thing asked of a fact.
#[derive(Clone, Debug)]
enum Test {
    Present(bool),
    Words(Vec<&'static str>),
    Texts(Vec<String>),
    Bool(bool),
    Counts(Vec<u64>),
    Min(u64),
    Max(u64),
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

impl Clause {
    /// Judges what is known of the fact.
    #[must_use]
    pub fn judge<'m>(&self, finding: Finding<'m>, clock: &Hourglass) -> ClauseRuling<'m> {
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
        if let (Kind::Moment(Tense::Happened), Datum::Moment(moment)) =
            (self.key.spec().kind, value)
            && clock.is_future(moment.at)
        {
            return ClauseRuling::Unknown(Why::Future(moment.at));
        }
        if self.tests.iter().all(|test| test.holds(value, clock)) {
            ClauseRuling::Pass
        } else {
            ClauseRuling::Fail
        }
    }

    /// What is asked for, in words.
    #[must_use]
    pub fn required(&self) -> Bilingual {
        words::both(|lang| {
            let tests: Vec<_> = self.tests.iter().map(|test| test.words(lang)).collect();
            tests.join(", ")
        })
    }

    /// Reads what is asked of the fact of this name.
    pub(crate) fn read(name: &str, item: &Item<'_>, calendar: &Calendar) -> Option<Self> {
        let Some(key) = FactKey::named(name) else {
            unknown_fact(name, item);
            return None;
        };
        let tests = Reading { key, calendar }.tests(item)?;
        Some(Self { key, tests })
    }
}

fn unknown_fact(name: &str, item: &Item<'_>) {
    let names = || FactKey::all().map(FactKey::name);
    if ["any", "some", "every", "none"].contains(&name) {
        return item.wrong_key(format!("`{name}` is not supported by this version"), None);
    }
    // An unquoted dotted key is a table of tables for TOML.
    let inside = format!("{name}.");
    let help = match names().find(|fact| fact.starts_with(&inside)) {
        Some(fact) => Some(format!("put the whole name of the fact in quotes: \"{fact}\"")),
        None => did_you_mean(name, names()),
    };
    item.wrong_key(format!("unknown fact `{name}`"), help);
}

/// Reading one constraint against the kind of its fact.
struct Reading<'c> {
    key: FactKey,
    calendar: &'c Calendar,
}

impl Reading<'_> {
    fn kind(&self) -> Kind {
        self.key.spec().kind
    }

    fn tests(&self, item: &Item<'_>) -> Option<Vec<Test>> {
        if matches!(self.kind(), Kind::Records(_)) {
            item.wrong_key(
                format!(
                    "constraints on `{}`, a list of records, are not supported by this version",
                    self.key.name()
                ),
                None,
            );
            return None;
        }
        match item.shape() {
            Shape::Table => self.table(item),
            Shape::List => self.one_of(&item.list()?, item).map(|test| vec![test]),
            Shape::Text | Shape::Number | Shape::Fraction | Shape::Bool | Shape::Date => {
                self.one_of(std::slice::from_ref(item), item).map(|test| vec![test])
            }
        }
    }

    /// A value or a list of them: the fact must be one of these.
    fn one_of(&self, values: &[Item<'_>], whole: &Item<'_>) -> Option<Test> {
        if values.is_empty() {
            whole.wrong("an empty list can never be met");
            return None;
        }
        let each = values.iter();
        match self.kind() {
            Kind::Text | Kind::Version => all(each.map(Item::string)).map(Test::Texts),
            Kind::OneOf(choices) => all(each.map(|item| item.word(choices))).map(Test::Words),
            Kind::Count => all(each.map(Item::count)).map(Test::Counts),
            Kind::Bool => match values {
                [one] => one.bool().map(Test::Bool),
                _ => {
                    whole.wrong("both true and false always holds: write one of them, or { present = true }");
                    None
                }
            },
            Kind::Moment(tense) => {
                let example = match tense {
                    Tense::Happened => "{ max_age = \"7d\" } or { not_before = 2026-01-01 }",
                    Tense::End => "{ min_left = \"30d\" }",
                };
                whole.wrong_with_help(
                    format!(
                        "`{}` is {}, which is never equal to a value",
                        self.key.name(),
                        self.kind().name()
                    ),
                    Some(format!("write {example}")),
                );
                None
            }
            Kind::Records(_) => None,
        }
    }

    fn table(&self, item: &Item<'_>) -> Option<Vec<Test>> {
        let section = item.section()?;
        let read: Vec<_> =
            section.items().map(|(name, value)| self.named_test(name, &value)).collect();
        let tests = all(read.into_iter())?;
        if tests.is_empty() {
            item.wrong("this asks for nothing");
            return None;
        }
        if tests.len() > 1 && tests.iter().any(|test| matches!(test, Test::Present(false))) {
            item.wrong("what must be absent cannot be asked for anything else");
            return None;
        }
        Some(tests)
    }

    fn named_test(&self, name: &str, item: &Item<'_>) -> Option<Test> {
        const TESTS: [&str; 7] =
            ["present", "min", "max", "max_age", "not_before", "min_left", "matches"];
        match (name, self.kind()) {
            ("present", _) => item.bool().map(Test::Present),
            ("min", Kind::Count) => item.count().map(Test::Min),
            ("max", Kind::Count) => item.count().map(Test::Max),
            ("max_age", Kind::Moment(Tense::Happened)) => item.period().map(Test::MaxAge),
            ("not_before", Kind::Moment(Tense::Happened)) => {
                let at = item.moment(self.calendar)?;
                Some(Test::NotBefore(at, self.calendar.date_of(at)))
            }
            ("min_left", Kind::Moment(Tense::End)) => item.period().map(Test::MinLeft),
            ("matches", Kind::Text | Kind::Version) => read_pattern(item).map(Test::Matches),
            ("some" | "every" | "none" | "any", _) => {
                item.wrong_key(format!("`{name}` is not supported by this version"), None);
                None
            }
            (known, kind) if TESTS.contains(&known) => {
                item.wrong_key(
                    format!(
                        "`{known}` does not fit `{}`, which is {}",
                        self.key.name(),
                        kind.name()
                    ),
                    Some(format!("it can be asked for: {}", fitting(kind))),
                );
                None
            }
            (unknown, _) => {
                let help = did_you_mean(unknown, TESTS)
                    .or_else(|| Some(format!("known here: {}", TESTS.join(", "))));
                item.wrong_key(format!("unknown constraint `{unknown}`"), help);
                None
            }
        }
    }
}

fn fitting(kind: Kind) -> &'static str {
    match kind {
        Kind::Text | Kind::Version => "a value, a list of values, matches, present",
        Kind::OneOf(_) => "a word, a list of words, present",
        Kind::Bool => "true, false, present",
        Kind::Count => "a number, a list of numbers, min, max, present",
        Kind::Moment(Tense::Happened) => "max_age, not_before, present",
        Kind::Moment(Tense::End) => "min_left, present",
        Kind::Records(_) => "nothing in this version",
    }
}

/// All or nothing, after every one has been read.
fn all<T>(items: impl Iterator<Item = Option<T>>) -> Option<Vec<T>> {
    let read: Vec<_> = items.collect();
    read.into_iter().collect()
}

/// A pattern that must fit the whole value. It is tried alone first, so that what closes its own
/// brackets cannot escape the anchors.
fn read_pattern(item: &Item<'_>) -> Option<Regex> {
    let pattern = item.text()?;
    let anchored = format!(r"\A(?:{pattern})\z");
    match Regex::new(pattern).and_then(|_| Regex::new(&anchored)) {
        Ok(regex) => Some(regex),
        Err(error) => {
            let cause = error.to_string();
            let cause = cause.lines().last().unwrap_or_default().trim_start_matches("error: ");
            item.wrong(format!("this is no pattern: {cause}"));
            None
        }
    }
}

impl Test {
    /// Whether a known value meets this. A value of another kind than the catalogue's meets nothing.
    fn holds(&self, value: Datum<'_>, clock: &Hourglass) -> bool {
        match (self, value) {
            (Self::Present(present), _) => *present,
            (Self::Words(words), Datum::Choice(word)) => words.contains(&word),
            (Self::Texts(texts), Datum::Text(text)) => texts.iter().any(|one| one == text),
            (Self::Matches(regex), Datum::Text(text)) => regex.is_match(text),
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

    fn words(&self, lang: Lang) -> String {
        let said = |vi: &str, en: &str, rest: String| match lang {
            Lang::Vi => format!("{vi} {rest}"),
            Lang::En => format!("{en} {rest}"),
        };
        let alone = |vi: &str, en: &str| said(vi, en, String::new()).trim_end().to_owned();
        let or =
            |parts: Vec<String>| parts.join(if lang == Lang::Vi { " hoặc " } else { " or " });
        match self {
            Self::Present(true) => alone("phải có", "present"),
            Self::Present(false) => alone("phải không có", "absent"),
            Self::Words(words) => or(words.iter().map(|word| words::choice(word, lang)).collect()),
            Self::Texts(texts) => or(texts.clone()),
            Self::Bool(yes) => words::yes_no(*yes, lang),
            Self::Counts(counts) => {
                or(counts.iter().map(|count| words::number(*count, lang)).collect())
            }
            Self::Min(min) => said("ít nhất", "at least", words::number(*min, lang)),
            Self::Max(max) => said("không quá", "at most", words::number(*max, lang)),
            Self::MaxAge(age) => {
                let age = said("không quá", "at most", words::period(*age, lang));
                if lang == Lang::En { format!("{age} old") } else { age }
            }
            Self::NotBefore(_, date) => {
                said("không trước ngày", "not before", words::date(*date, lang))
            }
            Self::MinLeft(left) if left.seconds() == 0 => alone("còn thời hạn", "not over yet"),
            Self::MinLeft(left) => {
                let left = said("còn ít nhất", "at least", words::period(*left, lang));
                if lang == Lang::En { format!("{left} left") } else { left }
            }
            // The anchors are an implementation's matter.
            Self::Matches(regex) => {
                let pattern = regex.as_str();
                let pattern =
                    pattern.strip_prefix(r"\A(?:").and_then(|rest| rest.strip_suffix(r")\z"));
                said("đúng mẫu", "matches", pattern.unwrap_or_default().to_owned())
            }
        }
    }
}
