//! The configuration as it is written: every key by name, each value with its place.

use std::ops::Range;
use std::path::Path;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::Fault;

/// A value with its place in the file.
pub(super) type Written<T> = Spanned<T>;

/// What the file says; a key that is not there says nothing.
#[derive(Default)]
pub(super) struct Raw {
    pub(super) collectors: Option<Vec<Written<String>>>,
    pub(super) proxy: Option<Written<String>>,
    pub(super) state_dir: Option<Written<String>>,
    pub(super) interval: Option<Written<String>>,
    pub(super) first_contact_spread: Option<Written<String>>,
    pub(super) log: Option<Written<String>>,
    pub(super) claims: RawClaims,
}

/// The table `[claims]`.
#[derive(Default)]
pub(super) struct RawClaims {
    pub(super) unit: Option<Written<String>>,
    pub(super) system: Option<Written<String>>,
    pub(super) level: Option<Written<u8>>,
}

const KEYS: &[&str] =
    &["collectors", "proxy", "state_dir", "interval", "first_contact_spread", "log", "claims"];
const CLAIMS_KEYS: &[&str] = &["unit", "system", "level"];

impl Raw {
    /// Reads what can be read and notes the rest.
    pub(super) fn parse(text: &str, faults: &mut Faults<'_>) -> Self {
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            faults.note(error.span(), error.message().to_owned());
        }
        let mut raw = Self::default();
        for (key, value) in table.into_inner() {
            match key.get_ref().as_ref() {
                "collectors" => raw.collectors = faults.read(value),
                "proxy" => raw.proxy = faults.read(value),
                "state_dir" => raw.state_dir = faults.read(value),
                "interval" => raw.interval = faults.read(value),
                "first_contact_spread" => raw.first_contact_spread = faults.read(value),
                "log" => raw.log = faults.read(value),
                "claims" => raw.claims = RawClaims::read(value, faults),
                unknown => faults.unknown_key(key.span(), unknown, KEYS),
            }
        }
        raw
    }
}

impl RawClaims {
    fn read(value: Spanned<DeValue<'_>>, faults: &mut Faults<'_>) -> Self {
        let mut claims = Self::default();
        let span = value.span();
        let DeValue::Table(table) = value.into_inner() else {
            faults.note(Some(span), "claims is a table: write [claims]".to_owned());
            return claims;
        };
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "unit" => claims.unit = faults.read(value),
                "system" => claims.system = faults.read(value),
                "level" => claims.level = faults.read(value),
                unknown => faults.unknown_key(key.span(), unknown, CLAIMS_KEYS),
            }
        }
        claims
    }
}

/// What is wrong in one file so far.
pub(super) struct Faults<'a> {
    path: &'a Path,
    text: &'a str,
    found: Vec<Fault>,
}

impl<'a> Faults<'a> {
    pub(super) fn in_file(path: &'a Path, text: &'a str) -> Self {
        Self { path, text, found: Vec::new() }
    }

    /// Understands a value, or notes at its place why it cannot be.
    pub(super) fn take<T, U>(
        &mut self,
        written: Written<T>,
        understand: impl FnOnce(T) -> Result<U, String>,
    ) -> Option<U> {
        let span = written.span();
        understand(written.into_inner()).map_err(|message| self.note(Some(span), message)).ok()
    }

    /// Everything that was noted, in the order of the file.
    pub(super) fn finish(mut self) -> Vec<Fault> {
        self.found.sort_by_key(|fault| fault.line);
        self.found
    }

    fn read<T: DeserializeOwned>(&mut self, value: Spanned<DeValue<'_>>) -> Option<T> {
        let span = value.span();
        T::deserialize(ValueDeserializer::from(value))
            .map_err(|error| self.note(error.span().or(Some(span)), unrepeated(error.message())))
            .ok()
    }

    fn unknown_key(&mut self, span: Range<usize>, key: &str, known: &[&str]) {
        let message = match nearest(key, known) {
            Some(near) => format!("unknown key `{key}`: is `{near}` meant?"),
            None => format!("unknown key `{key}`: it is one of {}", known.join(", ")),
        };
        self.note(Some(span), message);
    }

    fn note(&mut self, span: Option<Range<usize>>, message: String) {
        let before = span.and_then(|span| self.text.get(..span.start));
        self.found.push(Fault {
            path: self.path.to_owned(),
            line: before.map_or(1, |before| before.matches('\n').count() + 1),
            message,
        });
    }
}

/// A value as it is told in a fault: what has an `@` may hold a password.
pub(super) fn quoted(text: &str) -> String {
    match text.contains('@') {
        true => "this value (not repeated, because a password may be in it)".to_owned(),
        false => format!("{text:?}"),
    }
}

/// The library's words, which repeat a value of the wrong kind.
fn unrepeated(message: &str) -> String {
    match message.contains('@') {
        true => {
            "this value (not repeated, because a password may be in it) is of another kind than \
                 belongs here"
                .to_owned()
        }
        false => message.to_owned(),
    }
}

/// The known key that a slip of the finger turns into this one.
pub(crate) fn nearest<'k>(key: &str, known: &[&'k str]) -> Option<&'k str> {
    let distance = |known: &&str| strsim::osa_distance(key, known);
    let near = known.iter().copied().min_by_key(distance)?;
    (distance(&near) <= near.len().max(key.len()) / 3 + 1).then_some(near)
}
