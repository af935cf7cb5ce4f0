//! From a definition as it is written to what it means, or everything that is wrong with it.

use std::time::Duration;

use report::catalogue::{ANTIVIRUS_PRODUCT, Field, Kind};

use super::written::{Faults, Keys, Word};
use super::{Asked, Cut, Definition, How, Mark, MarkKind, Pick, Place, Wanted};
use crate::host::registry::View;
use crate::probes::antivirus::interpret::{Meaning, Pattern, Scheme, Template, Told};

const KEYS: &[&str] = &["product", "vendor", "recognise", "read"];

/// What shows a product, by its key.
const MARKS: [(&str, MarkKind); 8] = [
    ("path", MarkKind::Path),
    ("process", MarkKind::Process),
    ("service", MarkKind::Service),
    ("registry", MarkKind::Registry),
    ("uninstall", MarkKind::Uninstall),
    ("package", MarkKind::Package),
    ("security_center", MarkKind::SecurityCenter),
    ("altitude", MarkKind::Altitude),
];

/// The fields a definition may read: what a product says of itself.
const FIELDS: [&str; 10] = [
    "version",
    "state",
    "realtime",
    "passive",
    "definitions_version",
    "definitions_at",
    "definitions_current",
    "licence_status",
    "licence_until",
    "supported_until",
];

const READ_KEYS: &[&str] = &[
    "field",
    "weak",
    "final",
    "evidence",
    "when",
    "all",
    "says",
    "registry",
    "value",
    "view",
    "wmi",
    "property",
    "file",
    "below",
    "log",
    "program",
    "arguments",
    "seconds",
    "any_exit",
    "process",
    "service",
    "uninstall",
    "package",
    "line",
    "ini",
    "json",
    "xml",
    "after",
    "after_last",
    "before",
    "as",
    "states",
    "moment",
];

/// Reads one definition.
pub(super) fn parse(name: &str, text: &str) -> Result<Definition, Vec<String>> {
    let mut faults = Faults::in_file(name, text);
    let definition = definition(text, &mut faults);
    let found = faults.finish();
    match found.is_empty() {
        true => Ok(definition),
        false => Err(found),
    }
}

fn definition(text: &str, faults: &mut Faults<'_>) -> Definition {
    let mut keys = Keys::of_file(text, faults);
    let definition = Definition {
        product: keys.required("product", faults),
        vendor: keys.required("vendor", faults),
        marks: marks(&mut keys, faults),
        readings: keys
            .tables("read", faults)
            .into_iter()
            .filter_map(|table| wanted(table, faults))
            .collect(),
    };
    if !is_id(&definition.product) {
        let message = "a product's id has small letters, digits and hyphens only";
        faults.note(&keys.place, message);
    }
    keys.finish(KEYS, faults);
    definition
}

fn is_id(product: &str) -> bool {
    product.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-')
}

fn marks(keys: &mut Keys<'_>, faults: &mut Faults<'_>) -> Vec<Mark> {
    let place = keys.place.clone();
    let mut marks = Vec::new();
    if let Some(mut table) = keys.table("recognise", faults) {
        for (key, kind) in MARKS {
            let names = table.texts(key, faults).into_iter();
            marks.extend(names.map(|name| Mark { kind, name }));
        }
        table.finish(&MARKS.map(|(key, _)| key), faults);
    }
    if marks.iter().any(|mark| mark.name.is_empty()) {
        faults.note(&place, "what shows a product cannot be empty");
    }
    if marks.is_empty() {
        faults.note(
            &place,
            "nothing shows this product: write [recognise] with a path or another mark",
        );
    }
    marks
}

fn wanted(mut keys: Keys<'_>, faults: &mut Faults<'_>) -> Option<Wanted> {
    let field = field(&mut keys, faults)?;
    let is_weak = keys.flag("weak", faults);
    let is_final = keys.flag("final", faults);
    let is_recalled = is_recalled(&mut keys, faults);
    let when = conditions(&mut keys, "when", faults);
    let how = how(&mut keys, field.kind, faults);
    keys.finish(READ_KEYS, faults);
    Some(Wanted { field: field.name, is_weak, is_recalled, is_final, when, how: how? })
}

fn field(keys: &mut Keys<'_>, faults: &mut Faults<'_>) -> Option<&'static Field> {
    let place = keys.place.clone();
    let name = keys.required("field", faults);
    let known = ANTIVIRUS_PRODUCT.iter().find(|it| it.name == name && FIELDS.contains(&it.name));
    if known.is_none() && !name.is_empty() {
        let message = format!("no product says `{name}`: a field is one of {}", FIELDS.join(", "));
        faults.note(&place, &message);
    }
    known
}

fn is_recalled(keys: &mut Keys<'_>, faults: &mut Faults<'_>) -> bool {
    match keys.text("evidence", faults) {
        None => false,
        Some((_, word)) if word == "documented" => false,
        Some((_, word)) if word == "recalled" => true,
        Some((place, _)) => {
            faults.note(&place, "evidence is \"documented\" or \"recalled\"");
            false
        }
    }
}

fn conditions(keys: &mut Keys<'_>, name: &str, faults: &mut Faults<'_>) -> Vec<Asked> {
    let tables = keys.tables(name, faults);
    tables
        .into_iter()
        .filter_map(|mut table| {
            let asked = asked(&mut table, Kind::Bool, faults);
            table.finish(READ_KEYS, faults);
            asked
        })
        .collect()
}

fn how(keys: &mut Keys<'_>, kind: Kind, faults: &mut Faults<'_>) -> Option<How> {
    if keys.has("says") {
        let (place, word) = keys.word("says", faults)?;
        return match told(word, kind) {
            Ok(told) => Some(How::Says(told)),
            Err(message) => {
                faults.note(&place, &message);
                None
            }
        };
    }
    if keys.has("all") {
        if kind != Kind::Bool {
            faults.note(&keys.place, "`all` answers yes or no, and this field is neither");
        }
        return Some(How::All(conditions(keys, "all", faults)));
    }
    asked(keys, kind, faults).map(How::Asked)
}

fn asked(keys: &mut Keys<'_>, kind: Kind, faults: &mut Faults<'_>) -> Option<Asked> {
    let place = place(keys, faults);
    let pick = pick(keys, faults);
    let cut = Cut {
        after: keys.text("after", faults).map(|(_, text)| text),
        after_last: keys.text("after_last", faults).map(|(_, text)| text),
        before: keys.text("before", faults).map(|(_, text)| text),
    };
    let meaning = meaning(keys, kind, faults);
    Some(Asked { place: place?, pick, cut, meaning: meaning? })
}

fn place(keys: &mut Keys<'_>, faults: &mut Faults<'_>) -> Option<Place> {
    if let Some((_, key)) = keys.text("registry", faults) {
        let value = keys.required("value", faults);
        return Some(Place::Registry { key, value, view: view(keys, faults) });
    }
    if let Some((place, path)) = keys.text("wmi", faults) {
        let property = keys.required("property", faults);
        let Some((namespace, class)) = path.split_once(':') else {
            faults.note(&place, "wmi is a namespace and a class: write 'root\\NAMESPACE:CLASS'");
            return None;
        };
        let (namespace, class) = (namespace.to_owned(), class.to_owned());
        return Some(Place::Wmi { namespace, class, property });
    }
    if let Some((_, path)) = keys.text("file", faults) {
        let is_log = keys.flag("log", faults);
        return Some(Place::File { path, below: below(keys, faults), is_log });
    }
    if keys.has("program") {
        return program(keys, faults);
    }
    let processes = keys.texts("process", faults);
    if !processes.is_empty() {
        return Some(Place::Process(processes));
    }
    let services = keys.texts("service", faults);
    if !services.is_empty() {
        return Some(Place::Service(services));
    }
    if let Some((_, value)) = keys.text("uninstall", faults) {
        return Some(Place::Uninstall(value));
    }
    let packages = keys.texts("package", faults);
    if !packages.is_empty() {
        return Some(Place::Package(packages));
    }
    let message = "nothing says where this is read: write registry, wmi, file, program, process, \
                   service, uninstall, package, all or says";
    faults.note(&keys.place, message);
    None
}

fn view(keys: &mut Keys<'_>, faults: &mut Faults<'_>) -> View {
    match keys.text("view", faults) {
        None => View::Both,
        Some((_, view)) if view == "both" => View::Both,
        Some((_, view)) if view == "native" => View::Native,
        Some((_, view)) if view == "wow64" => View::Wow64,
        Some((place, _)) => {
            faults.note(&place, "view is \"both\", \"native\" or \"wow64\"");
            View::Both
        }
    }
}

/// `KEY!VALUE` of the registry, which holds a folder.
fn below(keys: &mut Keys<'_>, faults: &mut Faults<'_>) -> Option<(String, String)> {
    let (place, written) = keys.text("below", faults)?;
    let parts = written.rsplit_once('!');
    if parts.is_none() {
        faults.note(
            &place,
            "below is a value of the registry that holds a folder: write 'KEY!VALUE'",
        );
    }
    parts.map(|(key, value)| (key.to_owned(), value.to_owned()))
}

/// How long a program may take unless its definition says otherwise.
const LIMIT: Duration = Duration::from_secs(10);
const LONGEST: u64 = 30;

fn program(keys: &mut Keys<'_>, faults: &mut Faults<'_>) -> Option<Place> {
    let paths = keys.texts("program", faults);
    let arguments = keys.texts("arguments", faults);
    let any_exit = keys.flag("any_exit", faults);
    let limit = limit(keys, faults);
    let is_whole = |path: &String| path.starts_with('/') || path.get(1..3) == Some(":\\");
    if paths.is_empty() || !paths.iter().all(is_whole) {
        faults.note(&keys.place, "a program is named from the root on: write /opt/… or C:\\…");
        return None;
    }
    Some(Place::Program { paths, arguments, limit, any_exit })
}

fn limit(keys: &mut Keys<'_>, faults: &mut Faults<'_>) -> Duration {
    let Some((place, text)) = keys.text("seconds", faults) else {
        return LIMIT;
    };
    match text.parse() {
        Ok(seconds @ 1..=LONGEST) => Duration::from_secs(seconds),
        Ok(_) | Err(_) => {
            let message = format!("seconds is a number from 1 to {LONGEST}: write \"10\"");
            faults.note(&place, &message);
            LIMIT
        }
    }
}

fn pick(keys: &mut Keys<'_>, faults: &mut Faults<'_>) -> Pick {
    if keys.has("line") {
        return Pick::Line(keys.texts("line", faults));
    }
    if keys.has("json") {
        return Pick::Json(keys.texts("json", faults));
    }
    if let Some((_, path)) = keys.text("ini", faults) {
        return Pick::Ini(path);
    }
    match keys.text("xml", faults) {
        Some((_, path)) => Pick::Xml(path),
        None => Pick::Whole,
    }
}

fn meaning(keys: &mut Keys<'_>, kind: Kind, faults: &mut Faults<'_>) -> Option<Meaning> {
    if let Some(table) = keys.table("states", faults) {
        return states(table, kind, faults);
    }
    if keys.has("moment") {
        return schemes(keys, kind, faults);
    }
    let place = keys.place.clone();
    let written = keys.text("as", faults);
    let word = written.as_ref().map(|(_, word)| word.as_str());
    let meaning = match (word, kind) {
        (None, Kind::Bool) | (Some("bool"), Kind::Bool) => Some(Meaning::Bool),
        (None, Kind::Version) | (Some("text"), Kind::Version) => Some(Meaning::Text),
        (Some("dotted"), Kind::Version) => Some(Meaning::Dotted),
        (Some("hundred_thousandths"), Kind::Version) => Some(Meaning::HundredThousandths),
        (_, Kind::Version | Kind::Bool | Kind::Text | Kind::OneOf(_) | Kind::Count)
        | (_, Kind::Moment(_) | Kind::Records(_)) => None,
    };
    if meaning.is_none() {
        faults.note(&written.map_or(place, |(place, _)| place), needed(kind));
    }
    meaning
}

fn needed(kind: Kind) -> &'static str {
    match kind {
        Kind::Moment(_) => {
            "this field is a moment: write moment = \"YYYY-MM-DD\" or another format"
        }
        Kind::OneOf(_) => "this field is a word: write states = { \"what is read\" = \"word\" }",
        Kind::Bool => "this field is yes or no: write states = { \"what is read\" = true }",
        Kind::Text | Kind::Version | Kind::Count | Kind::Records(_) => {
            "as is \"text\", \"dotted\" or \"hundred_thousandths\""
        }
    }
}

fn schemes(keys: &mut Keys<'_>, kind: Kind, faults: &mut Faults<'_>) -> Option<Meaning> {
    let place = keys.place.clone();
    let read: Result<Vec<_>, _> =
        keys.texts("moment", faults).iter().map(|name| scheme(name)).collect();
    match (read, kind) {
        (Ok(schemes), Kind::Moment(_)) => return Some(Meaning::Moment(schemes)),
        (Ok(_), _) => faults.note(&place, needed(kind)),
        (Err(message), _) => faults.note(&place, &message),
    }
    None
}

fn scheme(name: &str) -> Result<Scheme, String> {
    let named = Scheme::NAMED.into_iter().find(|(known, _)| *known == name);
    let scheme = named.map(|(_, scheme)| scheme);
    scheme.or_else(|| Template::parse(name).map(Scheme::Written)).ok_or_else(|| {
        let names = Scheme::NAMED.map(|(name, _)| name).join(", ");
        format!("unknown format `{name}`: it is one of {names}, or as in \"YYYY-MM-DD hh:mm:ss\"")
    })
}

fn states(table: Keys<'_>, kind: Kind, faults: &mut Faults<'_>) -> Option<Meaning> {
    let mut states = Vec::new();
    for (place, (pattern, word)) in table.answers(faults) {
        match told(word, kind) {
            Ok(told) => states.push((Pattern::of(&pattern), told)),
            Err(message) => faults.note(&place, &message),
        }
    }
    Some(Meaning::states(states))
}

fn told(word: Word, kind: Kind) -> Result<Told, String> {
    match (word, kind) {
        (Word::Bool(answer), Kind::Bool) => Ok(Told::Bool(answer)),
        (Word::Text(word), Kind::OneOf(words)) if words.contains(&word.as_str()) => {
            let known = words.iter().find(|known| **known == word);
            known.map(|known| Told::Choice(known)).ok_or_else(|| needed(kind).to_owned())
        }
        (Word::Text(word), Kind::Bool | Kind::OneOf(_)) if word == "unknown" => Ok(Told::Opaque),
        (Word::Text(word), Kind::Moment(_)) if word == "none" => Ok(Told::Nothing),
        (Word::Text(word), Kind::Moment(tense)) => Template::parse("YYYY-MM-DD")
            .and_then(|template| template.read(&word, tense))
            .map(Told::Moment)
            .ok_or_else(|| "a moment is \"none\" or a day: write \"2023-07-20\"".to_owned()),
        (Word::Text(word), Kind::OneOf(words)) => {
            Err(format!("unknown word `{word}`: it is one of {}", words.join(", ")))
        }
        (Word::Bool(_) | Word::Text(_), _) => Err(needed(kind).to_owned()),
    }
}
