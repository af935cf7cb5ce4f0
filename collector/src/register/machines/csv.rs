//! Comma- or semicolon-separated cells that remember where they stand.

use std::ops::Range;

/// A cell without its quotes and outer blanks.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) span: Range<usize>,
}

/// The records of a file: the header first. Blank lines and lines that begin with `#` are left out.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) records: Vec<Vec<Cell>>,
    /// A line says `# sample = true`.
    pub(super) sample: bool,
}

impl Table {
    pub(super) fn parse(text: &str) -> Self {
        let mut table = Self { records: Vec::new(), sample: false };
        // Excel begins a UTF-8 file with a byte order mark.
        let mut at = if text.starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 };
        let mut separator = None;
        while at < text.len() {
            let line = text[at..].lines().next().unwrap_or_default();
            if line.trim().is_empty() || line.starts_with('#') {
                table.sample |= line.trim_start_matches('#').trim() == "sample = true";
                at = after_newline(text, at + line.len());
                continue;
            }
            let separator = *separator.get_or_insert_with(|| separator_of(line));
            let (record, next) = record(text, at, separator);
            table.records.push(record);
            at = next;
        }
        table
    }
}

/// Spreadsheets of a locale with a decimal comma separate by semicolons: the header tells.
fn separator_of(header: &str) -> char {
    if header.matches(';').count() > header.matches(',').count() { ';' } else { ',' }
}

fn after_newline(text: &str, at: usize) -> usize {
    let rest = &text[at..];
    let newline = ["\r\n", "\n"].into_iter().find(|newline| rest.starts_with(newline));
    at + newline.map_or(0, str::len)
}

fn record(text: &str, mut at: usize, separator: char) -> (Vec<Cell>, usize) {
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

fn cell(text: &str, start: usize, separator: char) -> (Cell, usize) {
    let mut content = String::new();
    let mut quoted = false;
    let mut end = text.len();
    let mut characters = text[start..].char_indices().peekable();
    while let Some((offset, character)) = characters.next() {
        let next = characters.peek().map(|(_, next)| *next);
        match character {
            '"' if quoted && next == Some('"') => {
                content.push('"');
                characters.next();
            }
            '"' if quoted || content.trim().is_empty() => quoted = !quoted,
            _ if !quoted && ends_cell(character, next, separator) => {
                end = start + offset;
                break;
            }
            _ => content.push(character),
        }
    }
    let cell = Cell { text: content.trim().to_owned(), span: start..end };
    (cell, end)
}

fn ends_cell(character: char, next: Option<char>, separator: char) -> bool {
    character == separator || character == '\n' || (character == '\r' && next == Some('\n'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(text: &str) -> Vec<Vec<String>> {
        let cells = |record: Vec<Cell>| record.into_iter().map(|cell| cell.text).collect();
        Table::parse(text).records.into_iter().map(cells).collect()
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
        let table = Table::parse("# sample = true\nid\n# m-0\nm-1");
        assert!(table.sample);
        assert_eq!(table.records.len(), 2);
        assert!(!Table::parse("id\nsample = true").sample);
    }

    #[test]
    fn a_cell_knows_its_place() {
        let text = "id,unit\nm-1,sở";
        let table = Table::parse(text);
        assert_eq!(&text[table.records[1][1].span.clone()], "sở");
    }

    proptest! {
        #[test]
        fn any_text_is_read_to_its_end(text in "[a;,\"\r\n# ở]{0,40}") {
            for record in Table::parse(&text).records {
                for cell in record {
                    prop_assert!(text.get(cell.span).is_some());
                }
            }
        }
    }
}
