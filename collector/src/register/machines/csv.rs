//! Cells separated by commas, semicolons or tabs that remember where they stand.

use std::borrow::Cow;
use std::ops::Range;

use crate::register::cells::tidied;

/// A cell without its quotes, and tidied.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cell<'t> {
    pub(super) text: Cow<'t, str>,
    pub(super) span: Range<usize>,
    /// Where the quote stands that is never closed on its line.
    pub(super) open: Option<usize>,
}

/// The records of a file, one after the other: the header first. Lines without content and lines
/// that begin with `#` are left out. A record is one line: a quote that is not closed there would otherwise
/// take the rows below into its cell, and nobody would miss them.
#[derive(Debug)]
pub(super) struct Records<'t> {
    text: &'t str,
    at: usize,
    separator: Option<char>,
    /// A line so far says `# sample = true`.
    pub(super) sample: bool,
}

impl<'t> Records<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        // Excel begins a UTF-8 file with a byte order mark.
        let at = if text.starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 };
        Self { text, at, separator: None, sample: false }
    }

    /// What separates the cells, as the header told.
    pub(super) fn separator(&self) -> char {
        self.separator.unwrap_or(',')
    }

    /// Reads the record at these bytes once more.
    pub(super) fn again(&self, at: usize) -> Vec<Cell<'t>> {
        record(self.text, at, self.separator()).0
    }
}

impl<'t> Iterator for Records<'t> {
    type Item = Vec<Cell<'t>>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.at < self.text.len() {
            let line = self.text[self.at..].lines().next().unwrap_or_default();
            if is_blank(line) || is_comment(line) {
                self.sample |= comment(line) == "sample = true";
                self.at = after_newline(self.text, self.at + line.len());
                continue;
            }
            let separator = *self.separator.get_or_insert_with(|| separator_of(line));
            let (record, next) = record(self.text, self.at, separator);
            self.at = next;
            return Some(record);
        }
        None
    }
}

const SEPARATORS: [char; 3] = [',', ';', '\t'];

/// Spreadsheets save an empty row as its separators.
fn is_blank(line: &str) -> bool {
    line.chars().all(|c| c.is_whitespace() || SEPARATORS.contains(&c))
}

/// A comment with a comma in it comes out of a spreadsheet in quotes.
pub(super) fn is_comment(line: &str) -> bool {
    line.strip_prefix('"').unwrap_or(line).starts_with('#')
}

/// What a comment says, without the separators that a spreadsheet adds to it.
pub(super) fn comment(line: &str) -> &str {
    let says =
        line.trim_matches(|c: char| c.is_whitespace() || c == '"' || SEPARATORS.contains(&c));
    says.trim_start_matches('#').trim()
}

/// Spreadsheets of a locale with a decimal comma separate by semicolons: the header tells.
fn separator_of(header: &str) -> char {
    let count = |separator: &char| header.matches(*separator).count();
    // Of equals the last is taken: a header without any has one column, whatever separates.
    let mut separators = SEPARATORS;
    separators.reverse();
    separators.into_iter().max_by_key(count).unwrap_or(',')
}

fn after_newline(text: &str, at: usize) -> usize {
    let rest = &text[at..];
    let newline = ["\r\n", "\n"].into_iter().find(|newline| rest.starts_with(newline));
    at + newline.map_or(0, str::len)
}

fn record(text: &str, mut at: usize, separator: char) -> (Vec<Cell<'_>>, usize) {
    let mut cells = Vec::new();
    loop {
        let (cell, end) = cell(text, at, separator);
        cells.push(cell);
        if text[end..].starts_with(separator) {
            at = end + separator.len_utf8();
        } else {
            return (cells, after_newline(text, end));
        }
    }
}

fn cell(text: &str, start: usize, separator: char) -> (Cell<'_>, usize) {
    let rest = &text[start..];
    let stops = |byte: u8| byte == b'"' || byte == b'\n' || char::from(byte) == separator;
    let length = rest.bytes().position(stops).unwrap_or(rest.len());
    if rest[length..].starts_with('"') {
        return quoted_cell(text, start, separator);
    }
    let length = match &rest[..length] {
        line if rest[length..].starts_with('\n') && line.ends_with('\r') => length - 1,
        _ => length,
    };
    let text = tidied(&rest[..length]);
    (Cell { text, span: start..start + length, open: None }, start + length)
}

fn quoted_cell(text: &str, start: usize, separator: char) -> (Cell<'_>, usize) {
    let mut content = String::new();
    let mut open = None;
    let mut end = text.len();
    let mut characters = text[start..].char_indices().peekable();
    while let Some((offset, character)) = characters.next() {
        let next = characters.peek().map(|(_, next)| *next);
        match character {
            '"' if open.is_some() && next == Some('"') => {
                content.push('"');
                characters.next();
            }
            '"' if open.is_some() => open = None,
            '"' if content.trim().is_empty() => open = Some(start + offset),
            _ if ends_line(character, next) || (open.is_none() && character == separator) => {
                end = start + offset;
                break;
            }
            _ => content.push(character),
        }
    }
    let text = Cow::Owned(tidied(&content).into_owned());
    (Cell { text, span: start..end, open }, end)
}

fn ends_line(character: char, next: Option<char>) -> bool {
    character == '\n' || (character == '\r' && next == Some('\n'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(text: &str) -> Vec<Vec<String>> {
        let cell = |cell: Cell<'_>| cell.text.into_owned();
        Records::of(text).map(|record| record.into_iter().map(cell).collect()).collect()
    }

    #[test]
    fn what_spreadsheets_save() {
        let expected = [vec!["id", "unit"], vec!["m-1", "a,b \"c\""], vec!["m-2", ""]];
        assert_eq!(texts("id,unit\nm-1,\"a,b \"\"c\"\"\"\nm-2,\n"), expected);
        let semicolons = "\u{FEFF}id;unit\r\nm-1;\"a,b \"\"c\"\"\"\r\n\r\nm-2;\r\n";
        assert_eq!(texts(semicolons), expected);
    }

    #[test]
    fn comments_are_left_out_and_the_sample_mark_is_seen() {
        let sample = |text| {
            let mut records = Records::of(text);
            (records.by_ref().count(), records.sample)
        };
        assert_eq!(sample("# sample = true\nid\n# m-0\nm-1"), (2, true));
        assert_eq!(sample("id\nm-1\n# sample = true"), (2, true));
        assert_eq!(sample("id\nsample = true"), (2, false));
    }

    #[test]
    fn a_cell_knows_its_place() {
        let text = "id,unit\nm-1,sở";
        let record = Records::of(text).nth(1).unwrap();
        assert_eq!(&text[record[1].span.clone()], "sở");
    }

    #[test]
    fn a_quote_that_is_not_closed_on_its_line_takes_no_other_line() {
        let expected = [vec!["m-1", "PC1"], vec!["m-2", "PC2"], vec!["m-3", "a, b"]];
        let text = "m-1,\"PC1\r\nm-2,\"PC2\nm-3,\"a, b";
        assert_eq!(texts(text), expected);
        let open = |record: Vec<Cell<'_>>| record[1].open.map(|at| &text[at..at + 2]);
        let opened: Vec<_> = Records::of(text).map(open).collect();
        assert_eq!(opened, [Some("\"P"), Some("\"P"), Some("\"a")]);
        let closed =
            Records::of("m-1,\"a\",\"\",\"\"\"\",b\"").flatten().all(|cell| cell.open.is_none());
        assert!(closed);
    }

    proptest! {
        #[test]
        fn any_text_is_read_to_its_end(text in "[a;,\"\r\n# ở]{0,40}") {
            for cell in Records::of(&text).flatten() {
                prop_assert!(text.get(cell.span).is_some());
            }
        }

        #[test]
        fn a_cell_without_quotes_reads_alike_on_both_ways(text in "[a;,\r\n# ở]{0,40}") {
            for start in text.char_indices().map(|(start, _)| start) {
                prop_assert_eq!(cell(&text, start, ','), quoted_cell(&text, start, ','));
            }
        }
    }
}
