//! What can be asked of facts, and how examples write them.

use report::catalogue::{Field, Kind, Tense};
use report::{FactKey, Lang, Reason};
use serde_json::{Map, Value as Json};

use super::shapes::{
    boolean, defined, described, distinct, either, list, may, moment, names, need, number, period,
    table, text, word,
};
use crate::policy::constraint::Ask;
use crate::policy::requirement::ANY;

/// What is asked of facts of each kind, how examples write them, and what a rule asks.
pub(super) fn definitions() -> Map<String, Json> {
    let mut all = Map::new();
    for (kind, name) in PLAIN_KINDS {
        all.insert(asked_name(name), asked(kind));
        all.insert(seen_name(name), seen(kind));
    }
    for key in FactKey::all() {
        let spec = key.spec();
        all.insert(
            key.name().to_owned(),
            described(meaning(|lang| spec.meaning(lang)), ask_of(spec.kind)),
        );
    }
    all.insert("require".to_owned(), requirement());
    all
}

/// The kinds that are alike for every fact that has them.
const PLAIN_KINDS: [(Kind, &str); 6] = [
    (Kind::Text, "text"),
    (Kind::Version, "version"),
    (Kind::Bool, "bool"),
    (Kind::Count, "count"),
    (Kind::Moment(Tense::Happened), "happened"),
    (Kind::Moment(Tense::End), "end"),
];

fn plain_name(kind: Kind) -> Option<&'static str> {
    PLAIN_KINDS.into_iter().find(|(plain, _)| *plain == kind).map(|(_, name)| name)
}

fn asked_name(plain: &str) -> String {
    format!("asked-{plain}")
}

fn seen_name(plain: &str) -> String {
    format!("seen-{plain}")
}

fn meaning(side: impl Fn(Lang) -> &'static str) -> [&'static str; 2] {
    [side(Lang::Vi), side(Lang::En)]
}

/// `[require]`: every fact, and alternatives.
fn requirement() -> Json {
    let mut keys = clauses();
    let any = list(names(clauses()));
    let meaning = ["Đạt một trong các nhóm này", "One of these groups must hold"];
    let mut any = described(meaning, any);
    any["minItems"] = 1.into();
    keys.insert(ANY.to_owned(), any);
    names(keys)
}

fn clauses() -> Map<String, Json> {
    FactKey::all().map(|key| (key.name().to_owned(), defined(key.name()))).collect()
}

fn ask_of(kind: Kind) -> Json {
    plain_name(kind).map_or_else(|| asked(kind), |name| defined(&asked_name(name)))
}

/// What can be asked of a kind: its values, and each [`Ask`] that fits.
fn asked(kind: Kind) -> Json {
    let asks = Ask::fitting(kind).iter();
    let asks = names(asks.map(|ask| (ask.name().to_owned(), asked_by_name(*ask, kind))).collect());
    match kind {
        Kind::Text | Kind::Version | Kind::OneOf(_) | Kind::Count => {
            either(vec![value(kind), distinct(value(kind)), asks])
        }
        Kind::Bool => either(vec![value(kind), one(value(kind)), asks]),
        Kind::Moment(_) | Kind::Records(_) => asks,
    }
}

fn one(of: Json) -> Json {
    let mut list = distinct(of);
    list["maxItems"] = 1.into();
    list
}

fn asked_by_name(ask: Ask, kind: Kind) -> Json {
    let (meaning, schema) = match ask {
        Ask::Min => (["ít nhất", "at least"], bound(kind)),
        Ask::Max => (["không quá", "at most"], bound(kind)),
        Ask::MaxAge => (["không cũ hơn", "not older than"], period()),
        Ask::NotBefore => (["không trước ngày", "not before"], moment()),
        Ask::MinLeft => (["còn ít nhất", "at least so long left"], period()),
        Ask::Matches => (["cả giá trị khớp mẫu", "the whole value fits the pattern"], text()),
        Ask::Some => (["ít nhất một mục", "at least one entry"], record(kind)),
        Ask::Every => (["mọi mục", "every entry"], record(kind)),
        Ask::None => (["không mục nào", "no entry"], record(kind)),
        Ask::Present => (["phải có, phải không có", "must be there, must not be there"], boolean()),
    };
    described(meaning, schema)
}

fn bound(kind: Kind) -> Json {
    match kind {
        Kind::Version => {
            let mut version = text();
            version["pattern"] = "[0-9]".into();
            version
        }
        Kind::Text
        | Kind::OneOf(_)
        | Kind::Bool
        | Kind::Count
        | Kind::Moment(_)
        | Kind::Records(_) => value(kind),
    }
}

/// What is asked of one record.
fn record(kind: Kind) -> Json {
    names(each_field(kind, ask_of))
}

fn each_field(kind: Kind, shape: impl Fn(Kind) -> Json) -> Map<String, Json> {
    let described =
        |field: &Field| described(meaning(|lang| field.meaning(lang)), shape(field.kind));
    fields(kind).iter().map(|field| (field.name.to_owned(), described(field))).collect()
}

fn fields(kind: Kind) -> &'static [Field] {
    match kind {
        Kind::Records(fields) => fields,
        Kind::Text
        | Kind::Version
        | Kind::OneOf(_)
        | Kind::Bool
        | Kind::Count
        | Kind::Moment(_) => &[],
    }
}

/// A value of a kind, as a rule or an example writes it.
fn value(kind: Kind) -> Json {
    match kind {
        Kind::Text | Kind::Version => text(),
        Kind::OneOf(words) => word(words),
        Kind::Bool => boolean(),
        Kind::Count => number(0, None),
        Kind::Moment(_) => moment(),
        Kind::Records(_) => {
            let mut record = names(each_field(kind, seen_of));
            record["minProperties"] = 0.into();
            list(record)
        }
    }
}

/// The facts of an example.
pub(super) fn examples() -> Json {
    let mut facts = names(
        FactKey::all()
            .map(|key| {
                let spec = key.spec();
                let seen = described(meaning(|lang| spec.meaning(lang)), seen_of(spec.kind));
                (key.name().to_owned(), seen)
            })
            .collect(),
    );
    facts["minProperties"] = 0.into();
    facts
}

fn seen_of(kind: Kind) -> Json {
    plain_name(kind).map_or_else(|| seen(kind), |name| defined(&seen_name(name)))
}

/// A value, `{ absent = true }` or `{ unknown = "access_denied" }`.
fn seen(kind: Kind) -> Json {
    let reasons = Reason::ALL.map(Reason::name);
    let absent = may("absent", ["biết chắc là không có", "known not to be there"], boolean());
    let unknown = need("unknown", ["không đọc được", "it could not be read"], word(&reasons));
    either(vec![value(kind), table(vec![absent]), table(vec![unknown])])
}
