//! What a product says: each question asked of one place, the answer cut down to the part meant.

mod doors;

use report::catalogue::Tense;
use report::fact::Ignorance;
use report::{Fact, Reason};

use super::definitions::{Asked, Cut, Pick, Place, WINDOWS};
use super::formats::{ini, json, lines, xml};
use super::interpret::Raw;
use super::recognise::Uninstall;
pub(super) use doors::Doors;
use doors::Silence;

/// What came of a question.
#[derive(Debug)]
pub(super) enum Answer {
    /// What the place said, which may be unknown, and where it was read.
    Told(Fact, String),
    /// There is no such place on this machine: it says neither yes nor no.
    Silent,
}

/// Asks the product with this entry among the installed programs.
pub(super) fn ask(
    doors: &Doors<'_>,
    asked: &Asked,
    tense: Tense,
    entry: Option<&Uninstall>,
) -> Answer {
    let source = asked.place.shown();
    match part(doors, asked, entry) {
        Ok(raw) => Answer::Told(asked.meaning.of(&raw, tense, doors.now), source),
        Err(Silence::NotThere) => Answer::Silent,
        Err(Silence::Because(why)) => Answer::Told(Fact::Unknown(why), source),
    }
}

fn part(doors: &Doors<'_>, asked: &Asked, entry: Option<&Uninstall>) -> Result<Raw, Silence> {
    let raw = doors.raw(&asked.place, entry)?;
    let picked = pick(raw, asked).and_then(|raw| cut(raw, &asked.cut));
    // The place is there and speaks of something else, as a program does whose service is down.
    picked.ok_or_else(|| {
        let detail = format!("{}: does not say this", asked.place.shown());
        Silence::Because(Ignorance::new(Reason::ParseError, &detail))
    })
}

fn pick(raw: Raw, asked: &Asked) -> Option<Raw> {
    let text = |found: String| Some(Raw::Text(found));
    match &asked.pick {
        // Programs print text and files hold it; the bytes of another place are a value.
        Pick::Whole => match &asked.place {
            Place::File { .. } | Place::Program { .. } => plain(raw).map(Raw::Text),
            Place::Registry { .. }
            | Place::Wmi { .. }
            | Place::Process(_)
            | Place::Service(_)
            | Place::Uninstall(_)
            | Place::Package(_) => Some(raw),
        },
        Pick::Line(labels) => text(lines::labelled(&plain(raw)?, labels)?.to_owned()),
        Pick::Ini(path) => text(ini::value(&plain(raw)?, path)?.to_owned()),
        Pick::Json(paths) => json::scalar(&plain(raw)?, paths),
        Pick::Xml(path) if WINDOWS => text(xml::attribute(&bytes(raw)?, path)?),
        // No program and no file of Linux keeps it so.
        Pick::Xml(_) => None,
    }
}

/// A text as its program or file means it.
fn plain(raw: Raw) -> Option<String> {
    match raw {
        Raw::Text(text) => Some(text),
        Raw::Bytes(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        Raw::Number(_) | Raw::Bool(_) => None,
    }
}

fn bytes(raw: Raw) -> Option<Vec<u8>> {
    match raw {
        Raw::Text(text) => Some(text.into_bytes()),
        Raw::Bytes(bytes) => Some(bytes),
        Raw::Number(_) | Raw::Bool(_) => None,
    }
}

fn cut(raw: Raw, cut: &Cut) -> Option<Raw> {
    if *cut == Cut::default() {
        return Some(raw);
    }
    Some(Raw::Text(middle(&plain(raw)?, cut)?.to_owned()))
}

/// What is left of a text when it is cut.
pub(super) fn middle<'t>(text: &'t str, cut: &Cut) -> Option<&'t str> {
    let mut middle = text;
    if let Some(after) = &cut.after {
        middle = middle.split_once(after.as_str())?.1;
    }
    if let Some(after) = &cut.after_last {
        middle = middle.rsplit_once(after.as_str()).map_or(middle, |(_, end)| end);
    }
    if let Some(before) = &cut.before {
        let cut = match before.as_str() {
            " " => middle.split_once(char::is_whitespace),
            before => middle.split_once(before),
        };
        middle = cut.map_or(middle, |(start, _)| start);
    }
    Some(middle.trim())
}
