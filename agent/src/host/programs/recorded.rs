//! What the programs of a recorded machine said: any file of its folder `programs`, with any number of
//! answers in it.
//!
//! ```text
//! $ /opt/vendor/bin/tool --status
//! exit 0
//!
//! Real-time protection: on
//! $ /opt/vendor/bin/tool --licence
//! error timeout
//! ```
//!
//! What was said reaches up to the next line that begins a command. Where a signal ended the
//! program the second line is `exit signal`; where there is no answer it is one of the words of
//! [`FAILURES`]. A program that is not in it is not there.

use super::{Ask, Said};
use crate::host::files::{Files, Read, ReadError, ReadErrorKind};

/// The folder of the answers.
pub(super) const FOLDER: &str = "programs";

/// As much as anybody records.
const MAX_FILE: usize = 4 << 20;

/// Why there is no answer, as it is written behind `error`.
pub(super) const FAILURES: [(&str, ReadErrorKind); 3] = [
    ("denied", ReadErrorKind::AccessDenied),
    ("timeout", ReadErrorKind::Timeout),
    ("too_large", ReadErrorKind::TooLarge),
];

/// What the program said when the machine was recorded.
pub(super) fn run(files: &Files, ask: &Ask<'_>) -> Read<Said> {
    let failed = |kind| ReadError::new(ask.path, kind);
    let line = line(ask);
    for name in files.list(FOLDER).map_err(|error| ReadError { path: ask.path.into(), ..error })? {
        let bytes = files.read(&format!("{FOLDER}/{name}"), MAX_FILE)?;
        if let Some(entry) = entries(&bytes).into_iter().find(|it| it.is_of(&line)) {
            return match entry.said().map_err(failed)? {
                said if said.output.len() > ask.most => Err(failed(ReadErrorKind::TooLarge)),
                said => Ok(said),
            };
        }
    }
    Err(failed(ReadErrorKind::NotFound))
}

/// The command line as it is recorded.
pub(super) fn line(ask: &Ask<'_>) -> String {
    [&[ask.path], ask.arguments].concat().join(" ")
}

/// One command line with everything below it.
struct Entry<'a> {
    line: &'a [u8],
    answer: &'a [u8],
}

fn entries(file: &[u8]) -> Vec<Entry<'_>> {
    let mut entries: Vec<Entry<'_>> = Vec::new();
    let mut rest = file;
    while !rest.is_empty() {
        let (line, after) = first_line(rest);
        if let Some(line) = command(line) {
            entries.push(Entry { line, answer: &after[..0] });
        } else if let Some(entry) = entries.last_mut() {
            // Everything since the command line stands in one piece.
            let begin = file.len() - rest.len() - entry.answer.len();
            entry.answer = &file[begin..file.len() - after.len()];
        }
        rest = after;
    }
    entries
}

/// The command of a line that begins with one.
fn command(line: &[u8]) -> Option<&[u8]> {
    let command = line.strip_prefix(b"$ ")?.trim_ascii_end();
    let begins = command.starts_with(b"/") || command.get(1..3) == Some(br":\");
    begins.then_some(command)
}

/// A line without its end, and what follows.
fn first_line(text: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memchr(b'\n', text) {
        Some(end) => (&text[..end], &text[end + 1..]),
        None => (text, &[]),
    }
}

impl Entry<'_> {
    /// Windows does not tell cases apart.
    fn is_of(&self, line: &str) -> bool {
        match line.starts_with('/') {
            true => self.line == line.as_bytes(),
            false => self.line.eq_ignore_ascii_case(line.as_bytes()),
        }
    }

    fn said(&self) -> Result<Said, ReadErrorKind> {
        let damaged = || ReadErrorKind::Damaged("no recorded answer of a program".to_owned());
        let (end, rest) = first_line(self.answer);
        let end = str::from_utf8(end).map_err(|_| damaged())?.trim();
        let (kind, what) = end.split_once(' ').ok_or_else(damaged)?;
        let code = match (kind, what) {
            ("exit", "signal") => None,
            ("exit", code) => Some(code.parse().map_err(|_| damaged())?),
            ("error", word) => return Err(failure(word).ok_or_else(damaged)?),
            _ => return Err(damaged()),
        };
        match first_line(rest) {
            (gap, output) if gap.trim_ascii().is_empty() => {
                Ok(Said { output: output.to_owned(), code })
            }
            _ => Err(damaged()),
        }
    }
}

fn failure(word: &str) -> Option<ReadErrorKind> {
    FAILURES.into_iter().find(|(known, _)| *known == word).map(|(_, kind)| kind)
}

/// The word for a failure; what has none of its own is one of the three that it is nearest to.
#[must_use]
pub fn word(failure: &ReadErrorKind) -> &'static str {
    match failure {
        ReadErrorKind::Timeout | ReadErrorKind::Resting(_) | ReadErrorKind::Died(_) => "timeout",
        ReadErrorKind::TooLarge => "too_large",
        ReadErrorKind::NotFound
        | ReadErrorKind::NotSupported
        | ReadErrorKind::AccessDenied
        | ReadErrorKind::Refused(_)
        | ReadErrorKind::Provider(_)
        | ReadErrorKind::Damaged(_)
        | ReadErrorKind::Other(_) => "denied",
    }
}
