//! Reading what a rule asks of one fact.

use regex::{Regex, RegexBuilder};
use report::FactKey;
use report::catalogue::{Field, Kind, Tense};

use super::list::{ListTest, RecordTest};
use super::{Ask, Asked, Clause, Constraint, Test};
use crate::policy::calendar::Calendar;
use crate::policy::document::{Item, Section, Shape, all, distinct};
use crate::policy::problem::did_you_mean;
use crate::policy::requirement::ANY;
use crate::policy::version;

/// A compiled pattern may take this many bytes: a text fact has 256 at most, so nothing sensible
/// comes near, and what repeats repetitions is refused before it costs a million machines.
const MAX_PATTERN_BYTES: usize = 1 << 20;

impl Clause {
    /// Reads what is asked of the fact of this name.
    pub(crate) fn read(name: &str, item: &Item<'_>, calendar: &Calendar) -> Option<Self> {
        let Some(key) = FactKey::named(name) else {
            unknown_fact(name, item);
            return None;
        };
        let reading = Reading { name, kind: key.spec().kind, calendar };
        let asked = match reading.kind {
            Kind::Records(fields) => Asked::List {
                tests: reading.list_tests(fields, item)?,
                whole: key.spec().whole.and_then(FactKey::named),
            },
            Kind::Text
            | Kind::Version
            | Kind::OneOf(_)
            | Kind::Bool
            | Kind::Count
            | Kind::Moment(_) => Asked::Value(reading.constraint(item)?),
        };
        Some(Self { key, asked })
    }
}

fn unknown_fact(name: &str, item: &Item<'_>) {
    let names = || FactKey::all().map(FactKey::name);
    let help = match unquoted(name, item) {
        _ if name == ANY => Some("`any` does not stand inside `any`".to_owned()),
        _ if Ask::ALL.iter().any(|ask| ask.name() == name) => {
            Some(format!("write \"fact\" = {{ {name} = … }}"))
        }
        Some(fact) => Some(format!("put the whole name of the fact in quotes: \"{fact}\"")),
        None => did_you_mean(name, names()),
    };
    item.wrong_key(format!("unknown fact `{name}`"), help);
}

/// An unquoted dotted key is a table of tables for TOML: the fact it spells, if it spells one.
fn unquoted(name: &str, item: &Item<'_>) -> Option<&'static str> {
    if let Some(key) = FactKey::named(name) {
        return Some(key.name());
    }
    let table = (item.shape() == Shape::Table).then(|| item.section()).flatten()?;
    table.items().find_map(|(inner, item)| unquoted(&format!("{name}.{inner}"), &item))
}

/// Reading one constraint against the kind of what it is about.
struct Reading<'c> {
    /// The fact, or the field of a record.
    name: &'c str,
    kind: Kind,
    calendar: &'c Calendar,
}

impl Reading<'_> {
    fn constraint(&self, item: &Item<'_>) -> Option<Constraint> {
        let tests = match item.shape() {
            Shape::Table => self.tests(item)?,
            Shape::List => vec![self.one_of(&item.list()?, item)?],
            Shape::Text | Shape::Number | Shape::Fraction | Shape::Bool | Shape::Date => {
                vec![self.one_of(std::slice::from_ref(item), item)?]
            }
        };
        Some(Constraint { kind: self.kind, tests })
    }

    /// A value or a list of them: it must be one of these.
    fn one_of(&self, values: &[Item<'_>], whole: &Item<'_>) -> Option<Test> {
        if values.is_empty() {
            whole.wrong("an empty list can never be met");
            return None;
        }
        match self.kind {
            Kind::Text | Kind::Version => distinct(values, Item::string).map(Test::Texts),
            Kind::OneOf(choices) => distinct(values, |item| item.word(choices)).map(Test::Words),
            Kind::Count => distinct(values, Item::count).map(Test::Counts),
            Kind::Bool => match values {
                [one] => one.bool().map(Test::Bool),
                _ => {
                    whole.wrong("both true and false always holds: write one of them, or { present = true }");
                    None
                }
            },
            Kind::Moment(Tense::Happened) => {
                self.never_equal(whole, "{ max_age = \"7d\" } or { not_before = 2026-01-01 }")
            }
            Kind::Moment(Tense::End) => self.never_equal(whole, "{ min_left = \"30d\" }"),
            Kind::Records(_) => self.never_equal(whole, "{ some = { … } }"),
        }
    }

    fn never_equal<T>(&self, item: &Item<'_>, instead: &str) -> Option<T> {
        item.wrong_with_help(
            format!("`{}` is {}, which is never equal to a value", self.name, self.kind.name()),
            Some(format!("write {instead}")),
        );
        None
    }

    fn tests(&self, item: &Item<'_>) -> Option<Vec<Test>> {
        let section = item.section()?;
        let tests = self.asks(item, &section, |ask, value| self.test(ask, value))?;
        let contradicts = tests.iter().any(|one| tests.iter().any(|other| one.is_above(other)));
        if contradicts && let Some(max) = section.get(Ask::Max.name()) {
            max.wrong("`max` lies below `min`, so nothing can meet both");
        }
        self.alone_if_absent(item, &tests, |test| matches!(test, Test::Present(false)))?;
        Some(tests)
    }

    fn list_tests(&self, fields: &'static [Field], item: &Item<'_>) -> Option<Vec<ListTest>> {
        if item.shape() != Shape::Table {
            return self.never_equal(item, "{ some = { … } }");
        }
        let section = item.section()?;
        let tests = self.asks(item, &section, |ask, value| self.list_test(ask, fields, value))?;
        self.alone_if_absent(item, &tests, |test| matches!(test, ListTest::Present(false)))?;
        Some(tests)
    }

    /// Reads each key of a table of constraints.
    fn asks<T>(
        &self,
        item: &Item<'_>,
        section: &Section<'_>,
        read: impl Fn(Ask, &Item<'_>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let tests =
            all(section.items().map(|(name, value)| read(self.ask(name, &value)?, &value)))?;
        if tests.is_empty() {
            item.wrong("this asks for nothing");
            return None;
        }
        Some(tests)
    }

    fn alone_if_absent<T>(
        &self,
        item: &Item<'_>,
        tests: &[T],
        is_absent: impl Fn(&T) -> bool,
    ) -> Option<()> {
        let alone = tests.len() == 1 || !tests.iter().any(is_absent);
        if !alone {
            item.wrong("what must be absent cannot be asked for anything else");
        }
        alone.then_some(())
    }

    /// What a key asks, if that can be asked of this kind.
    fn ask(&self, name: &str, item: &Item<'_>) -> Option<Ask> {
        let fitting = Ask::fitting(self.kind);
        let Some(ask) = Ask::ALL.into_iter().find(|ask| ask.name() == name) else {
            let names = || fitting.iter().map(|ask| ask.name());
            let help = match (name, self.kind) {
                (ANY, _) => Some(ANY_STANDS_ALONE.to_owned()),
                (_, Kind::Records(fields)) if fields.iter().any(|field| field.name == name) => {
                    Some(format!("write {{ some = {{ {name} = … }} }}, or every, or none"))
                }
                _ => did_you_mean(name, names())
                    .or_else(|| did_you_mean(name, Ask::ALL.map(Ask::name)))
                    .or_else(|| Some(self.choices())),
            };
            item.wrong_key(format!("unknown constraint `{name}`"), help);
            return None;
        };
        if !fitting.contains(&ask) {
            item.wrong_key(
                format!("`{name}` does not fit `{}`, which is {}", self.name, self.kind.name()),
                Some(self.choices()),
            );
            return None;
        }
        Some(ask)
    }

    fn choices(&self) -> String {
        let asks = Ask::fitting(self.kind).iter().map(|ask| ask.name());
        let all: Vec<_> = plain(self.kind).iter().copied().chain(asks).collect();
        format!("it can be asked for: {}", all.join(", "))
    }

    /// Reads one test that [fits](Ask::fitting) the kind.
    fn test(&self, ask: Ask, item: &Item<'_>) -> Option<Test> {
        let is_version = self.kind == Kind::Version;
        match ask {
            Ask::Present => item.bool().map(Test::Present),
            Ask::Min if is_version => read_bound(item).map(Test::MinVersion),
            Ask::Max if is_version => read_bound(item).map(Test::MaxVersion),
            Ask::Min => item.count().map(Test::Min),
            Ask::Max => item.count().map(Test::Max),
            Ask::MaxAge => item.period().map(Test::MaxAge),
            Ask::NotBefore => {
                let at = item.moment(self.calendar)?;
                Some(Test::NotBefore(at, self.calendar.date_of(at)))
            }
            Ask::MinLeft => item.period().map(Test::MinLeft),
            Ask::Matches => read_pattern(item).map(Test::Matches),
            // They fit no single value.
            Ask::Some | Ask::Every | Ask::None => None,
        }
    }

    fn list_test(&self, ask: Ask, fields: &'static [Field], item: &Item<'_>) -> Option<ListTest> {
        match ask {
            Ask::Present => item.bool().map(ListTest::Present),
            Ask::Some => self.record(fields, item).map(ListTest::Some),
            Ask::Every => self.record(fields, item).map(ListTest::Every),
            Ask::None => self.record(fields, item).map(ListTest::None),
            // They fit no list.
            Ask::Min | Ask::Max | Ask::MaxAge | Ask::NotBefore | Ask::MinLeft | Ask::Matches => {
                None
            }
        }
    }

    fn record(&self, fields: &'static [Field], item: &Item<'_>) -> Option<RecordTest> {
        let section = item.section()?;
        let tests = all(section.items().map(|(name, value)| {
            let field = find_field(self.name, fields, name, &value)?;
            let reading = Reading { name, kind: field.kind, calendar: self.calendar };
            Some((field, reading.constraint(&value)?))
        }))?;
        if tests.is_empty() {
            item.wrong_with_help(
                "this asks for nothing",
                Some("an entry of any kind is asked for with { present = true }".to_owned()),
            );
            return None;
        }
        Some(RecordTest(tests))
    }
}

const ANY_STANDS_ALONE: &str =
    "`any` stands by itself in [require]: any = [{ \"fact\" = … }, { … }]";

/// The field of this name; notes a name that no field of the list has.
pub(crate) fn find_field(
    list: &str,
    fields: &'static [Field],
    name: &str,
    item: &Item<'_>,
) -> Option<&'static Field> {
    let field = fields.iter().find(|field| field.name == name);
    if field.is_none() {
        let names: Vec<_> = fields.iter().map(|field| field.name).collect();
        let help = match name {
            ANY => Some(ANY_STANDS_ALONE.to_owned()),
            _ => did_you_mean(name, names.iter().copied())
                .or_else(|| Some(format!("known here: {}", names.join(", ")))),
        };
        item.wrong_key(format!("unknown field `{name}` of `{list}`"), help);
    }
    field
}

/// The values of a kind that can be asked for without a name.
fn plain(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Text | Kind::Version => &["a value", "a list of values"],
        Kind::OneOf(_) => &["a word", "a list of words"],
        Kind::Bool => &["true", "false"],
        Kind::Count => &["a number", "a list of numbers"],
        Kind::Moment(_) | Kind::Records(_) => &[],
    }
}

/// A version to compare with.
fn read_bound(item: &Item<'_>) -> Option<String> {
    let text = item.text()?;
    if !version::is_version(text) {
        item.wrong(format!("`{text}` has no digit, so no version can be compared with it"));
        return None;
    }
    Some(text.to_owned())
}

/// A pattern that must fit the whole value. It is tried alone first, so that what closes its own
/// brackets cannot escape the anchors.
fn read_pattern(item: &Item<'_>) -> Option<Regex> {
    let pattern = item.text()?;
    let anchored = format!(r"\A(?:{pattern})\z");
    let compile = |pattern: &str| RegexBuilder::new(pattern).size_limit(MAX_PATTERN_BYTES).build();
    match compile(pattern).and_then(|_| compile(&anchored)) {
        Ok(regex) => Some(regex),
        Err(regex::Error::CompiledTooBig(_)) => {
            item.wrong("this pattern repeats too much: it is too large to be used");
            None
        }
        Err(error) => {
            let cause = error.to_string();
            let cause = cause.lines().last().unwrap_or_default().trim_start_matches("error: ");
            item.wrong(format!("this is no pattern: {cause}"));
            None
        }
    }
}

impl Test {
    /// Whether this is a minimum above that maximum.
    fn is_above(&self, other: &Self) -> bool {
        matches!((self, other), (Self::Min(min), Self::Max(max)) if min > max)
            || matches!((self, other), (Self::MinVersion(min), Self::MaxVersion(max))
                if version::compare(min, max).is_gt())
    }
}

#[cfg(test)]
mod tests;
