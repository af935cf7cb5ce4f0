//! Any rule that can be written.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use report::FactKey;
use report::catalogue::{Field, Kind, Tense};

use super::worlds::office;
use crate::policy::fixtures::rule;
use crate::policy::problem::{Ledger, Page};
use crate::policy::rule::Rule;

/// What a rule asks: all of `all`, and of each list one alternative.
#[derive(Clone, Debug)]
pub(super) struct Asks {
    pub(super) all: Vec<Asked>,
    pub(super) any: Vec<Vec<Asked>>,
}

/// What is asked of one fact: all of it.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) key: FactKey,
    pub(super) parts: Vec<Part>,
}

/// One thing that is asked of a value.
#[derive(Clone, Debug)]
pub(super) enum Part {
    /// A value, or a list of them; it stands alone.
    Plain(String),
    /// A key with its value.
    Keyed(&'static str, String),
    /// `present = false`; it stands alone.
    Absent,
    /// `present = true`.
    Present,
    /// Records that are so.
    Records(Quantity, Vec<FieldAsked>),
}

/// How many records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quantity {
    Some,
    Every,
    None,
}

/// What is asked of a field of a record.
#[derive(Clone, Debug)]
pub(super) struct FieldAsked {
    pub(super) field: &'static Field,
    pub(super) parts: Vec<Part>,
}

impl Asks {
    /// Every fact that is asked for.
    pub(super) fn keys(&self) -> Vec<FactKey> {
        self.all.iter().chain(self.any.iter().flatten()).map(|asked| asked.key).collect()
    }

    /// A rule that asks this.
    pub(super) fn rule(&self) -> Rule {
        let all: String = self.all.iter().map(|asked| format!("{}\n", asked.text())).collect();
        let any: Vec<_> = self.any.iter().map(|clauses| braced(clauses, Asked::text)).collect();
        let any = match any[..] {
            [] => String::new(),
            [..] => format!("any = [{}]\n", any.join(", ")),
        };
        let text = rule("r0", "major", &format!("[require]\n{all}{any}"));
        let ledger = Ledger::default();
        let page = Page { file: "rules/r0.toml", text: &text, ledger: &ledger };
        let set = office();
        crate::policy::rule::read(page, &set.targets.calendar, &set.register)
            .unwrap_or_else(|| panic!("the grammar refuses what it allows:\n{text}"))
    }
}

impl Asked {
    fn text(&self) -> String {
        format!("\"{}\" = {}", self.key.name(), table(&self.parts))
    }
}

fn table(parts: &[Part]) -> String {
    match parts {
        [Part::Plain(value)] => value.clone(),
        [..] => braced(parts, Part::text),
    }
}

fn braced<T>(items: &[T], text: impl Fn(&T) -> String) -> String {
    let items: Vec<_> = items.iter().map(text).collect();
    format!("{{ {} }}", items.join(", "))
}

impl Part {
    fn text(&self) -> String {
        match self {
            Self::Plain(value) => value.clone(),
            Self::Keyed(key, value) => format!("{key} = {value}"),
            Self::Absent => "present = false".to_owned(),
            Self::Present => "present = true".to_owned(),
            Self::Records(quantity, fields) => {
                let name = match quantity {
                    Quantity::Some => "some",
                    Quantity::Every => "every",
                    Quantity::None => "none",
                };
                let field =
                    |asked: &FieldAsked| format!("{} = {}", asked.field.name, table(&asked.parts));
                format!("{name} = {}", braced(fields, field))
            }
        }
    }
}

/// Any rule.
pub(super) fn any_asks() -> impl Strategy<Value = Asks> {
    let keys: Vec<_> = FactKey::all().collect();
    let often = ["antivirus.products", "antivirus.primary.state", "antivirus.licence.accepted"];
    let often: Vec<_> = often.iter().filter_map(|name| FactKey::named(name)).collect();
    let one = || {
        let keys = keys.clone();
        let one = prop_oneof![3 => select(keys), 1 => select(often.clone())];
        one.prop_flat_map(|key| {
            any_parts(key.spec().kind).prop_map(move |parts| Asked { key, parts })
        })
    };
    let all = vec(one(), 1..3).prop_map(distinct);
    let any = vec(vec(one(), 1..3).prop_map(distinct), 0..3);
    (all, any).prop_map(|(all, any)| Asks { all, any })
}

/// The same without what stands in one table twice.
fn distinct(mut asked: Vec<Asked>) -> Vec<Asked> {
    asked.sort_by_key(|one| one.key);
    asked.dedup_by_key(|one| one.key);
    asked
}

fn any_parts(kind: Kind) -> BoxedStrategy<Vec<Part>> {
    let tests = match kind {
        Kind::Records(fields) => records(fields).boxed(),
        Kind::Text
        | Kind::Version
        | Kind::OneOf(_)
        | Kind::Bool
        | Kind::Count
        | Kind::Moment(_) => prop_oneof![plain(kind), keyed(kind)].boxed(),
    };
    prop_oneof![1 => Just(vec![Part::Absent]), 6 => tests].boxed()
}

fn plain(kind: Kind) -> BoxedStrategy<Vec<Part>> {
    let one = |values: Vec<String>| select(values).prop_map(|value| vec![Part::Plain(value)]);
    let quoted = |words: &[&str]| words.iter().map(|word| format!("\"{word}\"")).collect();
    match kind {
        Kind::Text | Kind::Version => one(quoted(&["eset", "debian", "registry", "12"])).boxed(),
        Kind::OneOf(words) => one(quoted(words)).boxed(),
        Kind::Bool => one(vec!["true".to_owned(), "false".to_owned()]).boxed(),
        Kind::Count => one(vec!["0".to_owned(), "[0, 1, 2]".to_owned()]).boxed(),
        Kind::Moment(_) | Kind::Records(_) => keyed(kind),
    }
}

/// Some of the keys that fit a kind.
fn keyed(kind: Kind) -> BoxedStrategy<Vec<Part>> {
    let choices: &[(&'static str, &[&str])] = match kind {
        Kind::Text => &[("matches", &["\".*\"", "\"[a-z]+\""])],
        Kind::Version => &[
            ("min", &["\"0\"", "\"1.2\""]),
            ("max", &["\"1.2\"", "\"999\""]),
            ("matches", &["\".*\"", "\"1.*\""]),
        ],
        Kind::OneOf(_) | Kind::Bool => &[],
        Kind::Count => &[("min", &["0", "1", "3"]), ("max", &["3", "5", "100000"])],
        Kind::Moment(Tense::Happened) => &[
            ("max_age", &["\"1h\"", "\"7d\"", "\"9000d\""]),
            ("not_before", &["2026-11-20", "2000-01-01"]),
        ],
        Kind::Moment(Tense::End) => &[("min_left", &["\"0d\"", "\"30d\""])],
        Kind::Records(_) => &[],
    };
    let keys: Vec<_> = choices
        .iter()
        .map(|(key, values)| {
            select(values.to_vec()).prop_map(|value| Part::Keyed(key, value.to_owned())).boxed()
        })
        .chain([Just(Part::Present).boxed()])
        .collect();
    let many = keys.len();
    subsequence(keys, 1..=many).prop_flat_map(|keys| keys).boxed()
}

fn records(fields: &'static [Field]) -> impl Strategy<Value = Vec<Part>> {
    let quantified = |quantity| {
        any_fields(fields).prop_map(move |fields| Part::Records(quantity, fields)).boxed()
    };
    let parts = vec![
        quantified(Quantity::Some),
        quantified(Quantity::Every),
        quantified(Quantity::None),
        Just(Part::Present).boxed(),
    ];
    subsequence(parts, 1..=2).prop_flat_map(|parts| parts)
}

fn any_fields(fields: &'static [Field]) -> impl Strategy<Value = Vec<FieldAsked>> {
    let all: Vec<_> = fields.iter().collect();
    let absent = option::weighted(0.1, Just(vec![Part::Absent]));
    subsequence(all, 1..=3).prop_flat_map(move |fields| {
        let absent = absent.clone();
        let asked = |field: &'static Field| {
            let parts = match field.kind {
                Kind::OneOf(_) | Kind::Bool => plain(field.kind),
                Kind::Text | Kind::Version | Kind::Count | Kind::Moment(_) | Kind::Records(_) => {
                    keyed(field.kind)
                }
            };
            let parts = (absent.clone(), parts).prop_map(|(absent, parts)| absent.unwrap_or(parts));
            parts.prop_map(move |parts| FieldAsked { field, parts })
        };
        fields.into_iter().map(asked).collect::<Vec<_>>()
    })
}
