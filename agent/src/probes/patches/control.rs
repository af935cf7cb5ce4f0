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
    pub(super) source: String,
    pub(super) phased_percentage: String,
}

impl Stanza {
    fn clear(&mut self) {
        let Self { package, architecture, status, version, source, phased_percentage } = self;
        for field in [package, architecture, status, version, source, phased_percentage] {
            field.clear();
        }
    }

    /// Notes a line, if it bears one of the fields.
    fn note(&mut self, line: &[u8]) -> Option<Noted> {
        let colon = match line.first() {
            // Most lines bear nothing looked for, and the first letter shows it.
            Some(b'A' | b'P' | b'S' | b'V' | b'a' | b'p' | b's' | b'v') => {
                memchr::memchr(b':', line)?
            }
            Some(_) | None => return None,
        };
        let (name, value) = line.split_at_checked(colon)?;
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        let (field, noted) = match name.len() {
            7 if is("Package") => (&mut self.package, Noted::Package),
            7 if is("Version") => (&mut self.version, Noted::Other),
            6 if is("Status") => (&mut self.status, Noted::Other),
            6 if is("Source") => (&mut self.source, Noted::Other),
            12 if is("Architecture") => (&mut self.architecture, Noted::Other),
            24 if is("Phased-Update-Percentage") => (&mut self.phased_percentage, Noted::Other),
            _ => return None,
        };
        let value = value.get(1..).unwrap_or_default().trim_ascii();
        field.clear();
        field.push_str(String::from_utf8_lossy(value).as_ref());
        Some(noted)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Noted {
    Package,
    Other,
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
        self.next_wanted(|_| true)
    }

    /// The next package with a name that is wanted: of others nothing but the name is looked at.
    pub(super) fn next_wanted(&mut self, wanted: impl Fn(&str) -> bool) -> Read<Option<&Stanza>> {
        self.stanza.clear();
        let mut is_wanted = true;
        while let Some(line) = self.lines.next()? {
            if is_blank(line) {
                if is_wanted && !self.stanza.package.is_empty() {
                    return Ok(Some(&self.stanza));
                }
                self.stanza.clear();
                is_wanted = true;
            } else if is_wanted && self.stanza.note(line) == Some(Noted::Package) {
                is_wanted = wanted(&self.stanza.package);
            }
        }
        Ok((is_wanted && !self.stanza.package.is_empty()).then_some(&self.stanza))
    }
}

fn is_blank(line: &[u8]) -> bool {
    line.first().is_none_or(u8::is_ascii_whitespace) && line.trim_ascii().is_empty()
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

    #[test]
    fn what_is_not_wanted_is_passed_over_whole() {
        let text = "Package: a\nVersion: 1\n\nVersion: 2\nPackage: b\n\nPackage: a\nVersion: 3";
        let mut stanzas = Stanzas::of(Lines::of(text.as_bytes(), "test"));
        let mut versions = Vec::new();
        while let Some(stanza) = stanzas.next_wanted(|name| name == "a").unwrap() {
            versions.push(stanza.version.clone());
        }
        assert_eq!(versions, ["1", "3"]);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_make_stanzas(bytes: Vec<u8>) {
            let mut stanzas = Stanzas::of(Lines::of(bytes.as_slice(), "test"));
            while stanzas.next().unwrap().is_some() {}
        }
    }
}
