//! What of a vendor's file or of a program's words is kept when a machine is recorded: the parts that
//! a definition reads, in a document of the same form, and nothing else that stands there.

mod xml;

use serde_json::{Map, Value};

use super::definitions::{Asked, Cut, Definition, Definitions, How, Pick, Place};
use super::formats::{ini, json, lines};
use super::read::middle;
use crate::host::Host;

/// Everything that the definitions of one machine read.
#[derive(Debug)]
pub(crate) struct Kept(Vec<Definition>);

impl Kept {
    /// By the definitions built in and the machine's own.
    pub(crate) fn of(host: &Host) -> Self {
        Self(Definitions::of(host).all)
    }

    /// What is kept of a file; none if no definition reads it.
    pub(crate) fn of_file(&self, path: &str, content: &[u8]) -> Option<Vec<u8>> {
        let is_read = |place: &Place| match place {
            Place::File { path: pattern, below, .. } => is_it(path, pattern, below.is_some()),
            Place::Registry { .. }
            | Place::Wmi { .. }
            | Place::Program { .. }
            | Place::Process(_)
            | Place::Service(_)
            | Place::Uninstall(_)
            | Place::Package(_) => false,
        };
        kept(&self.picks(is_read), content)
    }

    /// What is kept of the words of a program with this command line; none if no definition runs it.
    pub(crate) fn of_program(&self, line: &str, said: &[u8]) -> Option<Vec<u8>> {
        let is_run = |place: &Place| match place {
            Place::Program { paths, arguments, .. } => paths.iter().any(|path| {
                let words = [std::slice::from_ref(path), arguments].concat();
                words.join(" ").eq_ignore_ascii_case(line)
            }),
            Place::Registry { .. }
            | Place::Wmi { .. }
            | Place::File { .. }
            | Place::Process(_)
            | Place::Service(_)
            | Place::Uninstall(_)
            | Place::Package(_) => false,
        };
        kept(&self.picks(is_run), said)
    }

    fn picks(&self, is_meant: impl Fn(&Place) -> bool) -> Vec<(&Pick, &Cut)> {
        let readings = self.0.iter().flat_map(|definition| &definition.readings);
        let asked = readings.flat_map(|wanted| asked(&wanted.how).iter().chain(&wanted.when));
        asked
            .filter(|asked| is_meant(&asked.place))
            .map(|asked| (&asked.pick, &asked.cut))
            .collect()
    }
}

fn asked(how: &How) -> &[Asked] {
    match how {
        How::Asked(asked) => std::slice::from_ref(asked),
        How::All(all) => all,
        How::Says(_) => &[],
    }
}

/// Whether a path is the one that a definition means: below a folder that only the machine knows,
/// and with any name where it has a `*`.
fn is_it(path: &str, pattern: &str, is_below: bool) -> bool {
    let parts = |path: &str| -> Vec<String> {
        let parts = path.split(['/', '\\']).filter(|part| !part.is_empty());
        parts.rev().map(str::to_lowercase).collect()
    };
    let (path, pattern) = (parts(path), parts(pattern));
    let fits = path.iter().zip(&pattern).all(|(part, wanted)| wanted == "*" || part == wanted);
    let is_long_enough = match is_below {
        true => path.len() >= pattern.len(),
        false => path.len() == pattern.len(),
    };
    fits && is_long_enough
}

/// The parts that are picked, in one document; none if nothing is.
fn kept(picks: &[(&Pick, &Cut)], content: &[u8]) -> Option<Vec<u8>> {
    if picks.is_empty() {
        return None;
    }
    if picks.iter().any(|(pick, cut)| **pick == Pick::Whole && **cut == Cut::default()) {
        return Some(content.to_owned());
    }
    let text = String::from_utf8_lossy(content);
    let mut kept = String::new();
    let mut document = Value::Object(Map::new());
    let mut elements = xml::Element::default();
    for (pick, cut) in picks {
        match pick {
            Pick::Whole => kept.extend(between(&text, cut)),
            Pick::Line(labels) => kept.extend(labelled(&text, labels)),
            Pick::Ini(path) => kept.extend(setting(&text, path)),
            Pick::Json(paths) => paths.iter().for_each(|path| keep(&text, path, &mut document)),
            Pick::Xml(path) => elements.keep(content, path),
        }
    }
    if document != Value::Object(Map::new()) {
        kept += &format!("{document:#}\n");
    }
    Some((kept + &elements.text()).into_bytes())
}

/// What is left of a text when it is cut, between the marks that it is cut at.
fn between(text: &str, cut: &Cut) -> Option<String> {
    let middle = middle(text, cut)?;
    let mark = |mark: &Option<String>| mark.clone().unwrap_or_default();
    let (after, last, before) = (mark(&cut.after), mark(&cut.after_last), mark(&cut.before));
    Some(format!("{after}{last}{middle}{before}\n"))
}

/// Every line that begins with one of the labels.
fn labelled(text: &str, labels: &[String]) -> Vec<String> {
    let is_meant = |line: &&str| lines::labelled(line, labels).is_some();
    text.lines().filter(is_meant).map(|line| format!("{}\n", line.trim_end())).collect()
}

fn setting(text: &str, path: &str) -> Option<String> {
    let value = ini::value(text, path)?;
    let (section, key) = path.rsplit_once('/').unwrap_or(("", path));
    let section = if section.is_empty() { String::new() } else { format!("[{section}]\n") };
    Some(format!("{section}{key}={value}\n"))
}

/// Keeps what a path of a JSON document leads to, with everything on the way.
fn keep(text: &str, path: &str, into: &mut Value) {
    let Ok(document) = serde_json::from_str::<Value>(text.trim()) else { return };
    let mut from = Some(&document);
    let mut into = Some(into);
    for step in path.split('.') {
        from = from.and_then(|from| json::step(from, step));
        into = match (from, into) {
            (Some(_), Some(into)) => below(into, step),
            (None, _) | (_, None) => None,
        };
    }
    if let (Some(value @ (Value::String(_) | Value::Number(_) | Value::Bool(_))), Some(into)) =
        (from, into)
    {
        into.clone_from(value);
    }
}

/// The place of a step, made where it is not there yet.
fn below<'v>(value: &'v mut Value, step: &str) -> Option<&'v mut Value> {
    if value.is_null() {
        *value = Value::Object(Map::new());
    }
    let condition = step.strip_suffix(']').and_then(|step| step.split_once('['));
    let Some((name, condition)) = condition else {
        return Some(value.as_object_mut()?.entry(step).or_insert(Value::Null));
    };
    let (key, wanted) = condition.split_once('=')?;
    let list = value.as_object_mut()?.entry(name).or_insert_with(|| Value::Array(Vec::new()));
    let list = list.as_array_mut()?;
    let at = list.iter().position(|it| it.get(key).and_then(Value::as_str) == Some(wanted));
    let at = at.unwrap_or_else(|| {
        list.push(Value::Object([(key.to_owned(), Value::from(wanted))].into_iter().collect()));
        list.len() - 1
    });
    list.get_mut(at)
}

#[cfg(test)]
mod tests;
