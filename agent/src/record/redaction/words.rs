//! What stands behind a word that announces a secret, and words that are known to be one.

use std::ops::Range;

/// What is said behind one of these belongs to somebody. In lower case, without marks between.
const KEYWORDS: [&str; 35] = [
    "account",
    "activationcode",
    "agentid",
    "aid",
    "assettag",
    "bearer",
    "cid",
    "company",
    "customer",
    "customerid",
    "deviceid",
    "email",
    "groupid",
    "hostid",
    "hostname",
    "key",
    "licenceid",
    "licencekey",
    "licenseid",
    "licensekey",
    "login",
    "machineguid",
    "machineid",
    "orgid",
    "owner",
    "password",
    "secret",
    "serial",
    "serialnumber",
    "sitekey",
    "tags",
    "tenantid",
    "token",
    "username",
    "uuid",
];

/// What announces without a mark.
const PHRASES: [&str; 4] = ["bearer ", "license number ", "licence number ", "serial number "];

/// The values of a line like `site-key: …`, `"orgId": "…"`, `cid="…", aid="…"`.
pub(super) fn behind_keywords(line: &str) -> Vec<Range<usize>> {
    let marks = line.match_indices([':', '=']).map(|(at, _)| at);
    let announced = marks.filter(|at| !line[at + 1..].starts_with("//") && announces(&line[..*at]));
    let mut found: Vec<_> = announced.map(|at| value(line, at + 1)).collect();
    let lower = line.to_ascii_lowercase();
    for phrase in PHRASES {
        found.extend(lower.match_indices(phrase).map(|(at, _)| value(line, at + phrase.len())));
    }
    found
}

/// Whether what ends here is a keyword: its last one, two or three words are.
fn announces(before: &str) -> bool {
    let before = before.trim_end_matches(|it: char| it.is_whitespace() || "\"'".contains(it));
    let is_part = |it: char| it.is_alphanumeric() || " -_".contains(it);
    let label = before.rsplit(|it| !is_part(it)).next().unwrap_or_default();
    let words: Vec<_> = label.split([' ', '-', '_']).filter(|it| !it.is_empty()).collect();
    (1..=words.len().min(3)).any(|count| {
        let last = words[words.len() - count..].concat().to_lowercase();
        // Programs that print answers without a space between them.
        KEYWORDS.contains(&last.trim_start_matches(|it: char| it.is_ascii_digit()))
    })
}

/// Up to the closing quote, or where the next value or the line begins.
fn value(line: &str, from: usize) -> Range<usize> {
    let rest = line[from..].trim_start_matches([' ', '\t']);
    let begin = line.len() - rest.len();
    let (begin, ends): (usize, &[char]) = match rest.chars().next() {
        Some('"') => (begin + 1, &['"']),
        Some('\'') => (begin + 1, &['\'']),
        Some(_) | None => (begin, &[',', ';', '}', '\r', '\n']),
    };
    let rest = &line[begin..];
    begin..begin + rest.find(ends).unwrap_or(rest.len())
}

/// Where a word stands that is no part of a longer one, whatever its case.
pub(super) fn alone(line: &str, word: &str) -> Vec<Range<usize>> {
    // Lower case may be longer or shorter than what it was made from; then nothing fits together.
    let lower = line.to_lowercase();
    let lower = if lower.len() == line.len() { lower } else { line.to_ascii_lowercase() };
    lower
        .match_indices(word)
        .map(|(at, _)| at..at + word.len())
        .filter(|it| !lower[..it.start].ends_with(char::is_alphanumeric))
        .filter(|it| !lower[it.end..].starts_with(char::is_alphanumeric))
        .collect()
}
