//! What spreadsheets do to the text of a cell, and how it is undone. Nothing here guesses: what
//! cannot be undone is said.

use std::borrow::Cow;

use jiff::civil::Date;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use super::{MachineKind, ReportsBy};

/// A cell as it was meant: composed, with plain blanks and plain Latin forms, without what nobody
/// sees, without outer blanks and without the mark that keeps a spreadsheet from calculating.
pub(super) fn tidied(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(unguarded(text.trim()));
    }
    let composed: String = text.nfc().filter(|c| !is_invisible(*c)).map(plain).collect();
    Cow::Owned(unguarded(composed.trim()).to_owned())
}

/// How a cell begins that a spreadsheet would calculate.
pub(super) const CALCULATES: [char; 5] = ['=', '+', '-', '@', '\t'];

fn unguarded(text: &str) -> &str {
    text.strip_prefix('\'').filter(|rest| rest.starts_with(CALCULATES)).unwrap_or(text)
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}' | '\u{FEFF}')
}

/// Blanks of every width as one, and the wide forms that input methods leave as narrow ones.
fn plain(c: char) -> char {
    match c {
        '\u{A0}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}' => ' ',
        '\u{FF01}'..='\u{FF5E}' => {
            char::from_u32(u32::from(c) - u32::from('\u{FF01}') + u32::from('!')).unwrap_or(c)
        }
        c => c,
    }
}

/// A word as headings and kinds are compared: without accents, case and punctuation.
pub(super) fn plain_words(text: &str) -> String {
    let bare = text.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase);
    let letter = |c: char| match c {
        'đ' => 'd',
        c if c.is_alphanumeric() => c,
        _ => ' ',
    };
    let words: String = bare.map(letter).collect();
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The kind of machine that a word stands for, in either language.
pub(super) fn kind(text: &str) -> Option<MachineKind> {
    Some(match plain_words(text).as_str() {
        "workstation" | "desktop" | "laptop" | "notebook" | "pc" | "may tram" | "may de ban"
        | "may tinh de ban" | "may xach tay" | "may tinh xach tay" => MachineKind::Workstation,
        "server" | "may chu" => MachineKind::Server,
        _ => return None,
    })
}

/// The way to report that a word stands for, in either language.
pub(super) fn reports(text: &str) -> Option<ReportsBy> {
    Some(match plain_words(text).as_str() {
        "network" | "mang" | "qua mang" => ReportsBy::Network,
        "file" | "tep" | "bang tep" | "tep tin" | "tap tin" => ReportsBy::File,
        _ => return None,
    })
}

/// `2026-11-22`, or `22/11/2026`, `22-11-2026`, `22.11.2026` as people in Vietnam write it: the day
/// comes first, never the month.
pub(super) fn date(text: &str) -> Option<Date> {
    let [first, month, last] = parts(text)?;
    match (first.len(), last.len()) {
        (4, 1..=2) if is_iso(text) => of_numbers(first, month, last),
        (1..=2, 4) => of_numbers(last, month, first),
        _ => None,
    }
}

/// The machine-readable form is written in full.
fn is_iso(text: &str) -> bool {
    text.len() == 10 && text.matches('-').count() == 2
}

fn parts(text: &str) -> Option<[&str; 3]> {
    let parts: Vec<_> = text.split(['/', '-', '.']).collect();
    let numbers = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    parts.iter().all(numbers).then_some(())?;
    parts.try_into().ok()
}

fn of_numbers(year: &str, month: &str, day: &str) -> Option<Date> {
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

/// What to write instead of a date that is none.
pub(super) fn date_help(text: &str) -> &'static str {
    let month_first = parts(text).is_some_and(|[month, day, year]| {
        year.len() == 4 && of_numbers(year, month, day).is_some()
    });
    if month_first {
        "the day comes first: 31/01/2026; this one seems to begin with the month"
    } else {
        "write 2026-11-22 or 22/11/2026"
    }
}

/// How a number comes back that [was shortened](is_shortened).
pub(super) const SHORTENED_HELP: &str =
    "give the column the format Text in the spreadsheet and type the number again from the machine";

/// Whether a spreadsheet has shortened a serial number or an asset tag to powers of ten, as in
/// `1.23457E+11`: its digits are gone.
pub(super) fn is_shortened(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let parts = text.split_once("E+").map(|(mantissa, exponent)| {
        // A round number has no rest: `1E+11`.
        let (whole, rest) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, "0"));
        [whole, rest, exponent]
    });
    parts.is_some_and(|parts| parts[0].len() == 1 && parts.into_iter().all(digits))
}

/// Whether a text was typed in a font of the years before Unicode (TCVN3, VNI): its letters then
/// are signs in the midst of words, as in `C¬ quan`.
pub(super) fn is_legacy(text: &str) -> bool {
    let is_sign = |c: char| matches!(c, '\u{A1}'..='\u{BF}' | '×' | '÷');
    let is_letter = |c: char| c.is_alphabetic() && !is_sign(c);
    let is_odd = |word: &str| word.chars().any(is_sign) && word.chars().any(is_letter);
    text.split_whitespace().any(is_odd)
}

#[cfg(test)]
mod tests;
