//! What looks like a secret or a person is masked wherever it stands: letters become `x` and digits
//! `0`, so that what is left keeps its shape and is read as before.
//!
//! This is the second net. The first is that only what was asked for is written at all.

mod shapes;
mod words;

use std::collections::BTreeSet;
use std::ops::Range;

use serde_json::Value;

use super::files::{Copies, Copy};
use super::registry::is_own;
use crate::host::recorder::Seen;
use crate::host::registry;

/// What is known to be this machine's own, beside what shows itself by its shape.
#[derive(Debug, Default)]
pub(super) struct Redaction {
    /// Names of people and of the machine, serial numbers; in lower case.
    own: BTreeSet<String>,
}

/// Shorter words stand in too many others' places.
const SHORTEST: usize = 3;

/// What many machines are called, and many other things as well.
const COMMON: [&str; 14] = [
    "admin",
    "administrator",
    "centos",
    "debian",
    "default",
    "desktop",
    "fedora",
    "linux",
    "localhost",
    "root",
    "server",
    "ubuntu",
    "user",
    "windows",
];

/// What identifies a machine, whatever stands in it.
const OWN_FILES: [&str; 8] = [
    "etc/machine-id",
    "sys/class/dmi/id/board_serial",
    "sys/class/dmi/id/chassis_asset_tag",
    "sys/class/dmi/id/chassis_serial",
    "sys/class/dmi/id/product_serial",
    "sys/class/dmi/id/product_uuid",
    "proc/sys/kernel/hostname",
    "etc/hostname",
];

impl Redaction {
    /// Of everything that shows what a machine and its people are called.
    pub(super) fn of(seen: &Seen, copies: &Copies) -> Self {
        let mut redaction = Self::default();
        for (path, copy) in copies {
            redaction.learn_people(path);
            if let Copy::Text(text) = copy {
                redaction.learn_people(text);
                if OWN_FILES.contains(&path.as_str()) {
                    text.lines().for_each(|line| redaction.learn(line));
                }
            }
        }
        for said in seen.programs.values().flatten() {
            redaction.learn_people(&String::from_utf8_lossy(&said.output));
        }
        let values = seen.registry.values().flat_map(|key| &key.values);
        for (name, value) in values {
            if let Some(registry::Value::Text(text)) = value {
                redaction.learn_people(text);
                if is_own(name) {
                    redaction.learn(text);
                }
            }
        }
        redaction
    }

    /// Also masks this word wherever it stands alone, unless it is one that machines share.
    pub(super) fn learn(&mut self, word: &str) {
        let word = word.trim().to_lowercase();
        if word.chars().count() >= SHORTEST && !COMMON.contains(&word.as_str()) {
            self.own.insert(word);
        }
    }

    /// Learns the names of the people whose folders a text names.
    pub(super) fn learn_people(&mut self, text: &str) {
        for line in text.lines() {
            for name in shapes::people(line) {
                self.learn(&line[name]);
            }
        }
    }

    /// A text without what is secret or personal in it.
    #[must_use]
    pub(super) fn text(&self, text: &str) -> String {
        let mut clean = String::with_capacity(text.len());
        for line in text.split_inclusive('\n') {
            let found = [shapes::all(line), words::behind_keywords(line), self.own_words(line)];
            mask(line, &found.concat(), &mut clean);
        }
        clean
    }

    /// The value of something that has a name, which may say that it is a secret.
    #[must_use]
    pub(super) fn value(&self, name: &str, text: &str) -> String {
        let line = self.text(&format!("{name}={}", text.replace('\n', " ")));
        line.chars().skip(name.chars().count() + 1).collect()
    }

    /// A document, each text in it by its name.
    #[must_use]
    pub(super) fn json(&self, name: &str, document: Value) -> Value {
        match document {
            Value::String(text) => Value::String(self.value(name, &text)),
            Value::Array(items) => items.into_iter().map(|item| self.json(name, item)).collect(),
            Value::Object(entries) => {
                entries.into_iter().map(|(name, it)| (name.clone(), self.json(&name, it))).collect()
            }
            other @ (Value::Null | Value::Bool(_) | Value::Number(_)) => other,
        }
    }

    /// The text of a file at this path.
    #[must_use]
    pub(super) fn file(&self, path: &str, text: &str) -> String {
        match OWN_FILES.contains(&path) {
            true => masked(text),
            false => self.text(text),
        }
    }

    /// A path, or the name of a key: here a GUID names a thing and no machine.
    #[must_use]
    pub(super) fn name(&self, name: &str) -> String {
        let mut clean = String::with_capacity(name.len());
        let found = [shapes::personal(name), self.own_words(name)];
        mask(name, &found.concat(), &mut clean);
        clean
    }

    fn own_words(&self, line: &str) -> Vec<Range<usize>> {
        self.own.iter().flat_map(|word| words::alone(line, word)).collect()
    }
}

/// A value of which nothing may stay but its shape.
#[must_use]
pub(super) fn masked(text: &str) -> String {
    text.chars().map(mask_of).collect()
}

fn mask(line: &str, ranges: &[Range<usize>], into: &mut String) {
    for (at, letter) in line.char_indices() {
        let is_masked = ranges.iter().any(|range| range.contains(&at));
        into.push(if is_masked { mask_of(letter) } else { letter });
    }
}

fn mask_of(letter: char) -> char {
    match letter {
        letter if letter.is_numeric() => '0',
        letter if letter.is_uppercase() => 'X',
        letter if letter.is_alphabetic() || !letter.is_ascii() => 'x',
        letter => letter,
    }
}

#[cfg(test)]
mod tests;
