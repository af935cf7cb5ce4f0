//! Stanzas of Debian control files: what is installed, and what a source offers.

use std::io;

use crate::host::files::{Lines, Read};

/// The fields of one package that matter here; a field that does not stand there is empty.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Stanza {
    pub(super) package: String,
    pub(super) architecture: String,
    pub(super) status: String,
    pub(super) version: String,
}

impl Stanza {
    fn clear(&mut self) {
        let Self { package, architecture, status, version } = self;
        for field in [package, architecture, status, version] {
            field.clear();
        }
    }

    fn note(&mut self, name: &[u8], value: &[u8]) {
        let Self { package, architecture, status, version } = self;
        let fields: [(&[u8], &mut String); 4] = [
            (b"Package", package),
            (b"Architecture", architecture),
            (b"Status", status),
            (b"Version", version),
        ];
        for (known, field) in fields {
            if name.eq_ignore_ascii_case(known) {
                field.clear();
                field.push_str(String::from_utf8_lossy(value.trim_ascii()).as_ref());
            }
        }
    }
}

/// Reads stanza by stanza, holding one.
#[derive(Debug)]
pub(super) struct Stanzas<R> {
    lines: Lines<R>,
    stanza: Stanza,
}

impl<R: io::Read> Stanzas<R> {
    pub(super) fn of(lines: Lines<R>) -> Self {
        Self { lines, stanza: Stanza::default() }
    }

    /// The next package.
    pub(super) fn next(&mut self) -> Read<Option<&Stanza>> {
        self.stanza.clear();
        while let Some(line) = self.lines.next()? {
            let is_blank = line.trim_ascii().is_empty();
            if is_blank && !self.stanza.package.is_empty() {
                return Ok(Some(&self.stanza));
            }
            // A line that continues a field begins with a blank, so it bears no name looked for.
            if let Some(colon) = line.iter().position(|byte| *byte == b':') {
                self.stanza.note(&line[..colon], &line[colon + 1..]);
            }
        }
        Ok((!self.stanza.package.is_empty()).then_some(&self.stanza))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packages(text: &str) -> Vec<(String, String)> {
        let mut stanzas = Stanzas::of(Lines::of(text.as_bytes(), "test"));
        let mut packages = Vec::new();
        while let Some(stanza) = stanzas.next().unwrap() {
            packages.push((stanza.package.clone(), stanza.version.clone()));
        }
        packages
    }

    fn pair(package: &str, version: &str) -> (String, String) {
        (package.to_owned(), version.to_owned())
    }

    #[test]
    fn stanzas_are_parted_by_blank_lines_and_the_last_needs_none() {
        let text = "\n\nPackage: a\nVersion: 1\n\n \nPackage: b\nversion:2";
        assert_eq!(packages(text), [pair("a", "1"), pair("b", "2")]);
        assert_eq!(packages(""), []);
    }

    #[test]
    fn nothing_is_carried_from_one_stanza_to_the_next() {
        let text = "Package: a\nVersion: 1\n\nPackage: b\n";
        assert_eq!(packages(text), [pair("a", "1"), pair("b", "")]);
    }

    #[test]
    fn a_continued_line_is_no_field() {
        let text = "Package: a\nDescription: x\n Version: 9\n\tPackage: z\nVersion: 1\n";
        assert_eq!(packages(text), [pair("a", "1")]);
    }
}
