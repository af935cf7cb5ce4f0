//! Writing rows into `machines.csv` without touching the others.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::civil::Date;

use super::csv::{Cell, Records, comment, is_comment};
use super::{MachineKind, MachineRow, ReportsBy};
use crate::register::cells::CALCULATES;
use crate::register::headings::{self, COLUMNS, USUAL};

/// A row that can be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) id: String,
    pub(crate) unit: String,
    pub(crate) kind: MachineKind,
    pub(crate) systems: Vec<String>,
    pub(crate) serial: Option<String>,
    pub(crate) asset_tag: Option<String>,
    pub(crate) host_name: Option<String>,
    pub(crate) from: Option<Date>,
    pub(crate) until: Option<Date>,
    pub(crate) reports: ReportsBy,
}

impl From<MachineRow<'_>> for Entry {
    fn from(row: MachineRow<'_>) -> Self {
        Self {
            id: row.id.to_owned(),
            unit: row.unit.to_owned(),
            kind: row.kind,
            systems: row.systems.to_vec(),
            serial: row.serial.map(str::to_owned),
            asset_tag: row.asset_tag.map(str::to_owned),
            host_name: row.host_name.map(str::to_owned),
            from: row.term.from,
            until: row.term.until,
            reports: row.reports,
        }
    }
}

impl Entry {
    /// What it says in a column; empty: nothing.
    pub(crate) fn cell(&self, column: &str) -> Cow<'_, str> {
        let text = |text: &Option<String>| text.clone().unwrap_or_default().into();
        let date =
            |date: Option<Date>| date.map(|date| date.to_string()).unwrap_or_default().into();
        match column {
            "id" => Cow::Borrowed(&self.id),
            "unit" => Cow::Borrowed(&self.unit),
            "kind" => Cow::Borrowed(self.kind.name()),
            "systems" => self.systems.join(" ").into(),
            "serial" => text(&self.serial),
            "asset_tag" => text(&self.asset_tag),
            "host_name" => text(&self.host_name),
            "from" => date(self.from),
            "until" => date(self.until),
            "reports" => match self.reports {
                // Almost every row's: it is not written.
                ReportsBy::Network => Cow::Borrowed(""),
                ReportsBy::File => Cow::Borrowed(self.reports.name()),
            },
            _ => Cow::Borrowed(""),
        }
    }

    /// The line of a file with the register's own columns, as far as this row needs them.
    pub(crate) fn line(&self) -> String {
        let columns: &[_] = match self.reports {
            ReportsBy::Network => USUAL,
            ReportsBy::File => &COLUMNS,
        };
        self.line_of(columns, ',')
    }

    fn line_of(&self, columns: &[&str], separator: char) -> String {
        let cells: Vec<_> = columns.iter().map(|column| guarded(&self.cell(column))).collect();
        cells.join(&separator.to_string())
    }
}

/// A cell with which no spreadsheet calculates, in quotes where it needs them.
fn guarded(text: &str) -> String {
    let mark = if text.starts_with(CALCULATES) { "'" } else { "" };
    if text.contains([',', ';', '\t', '"', '\n', '\r']) || text.starts_with('#') {
        return format!("\"{mark}{}\"", text.replace('"', "\"\""));
    }
    format!("{mark}{text}")
}

/// The text of the file with these rows changed or added, by id. Everything else stays as it is
/// written: comments, headings, what separates, how lines end, and the rows that nobody changed.
/// All rows stand in the order of their ids.
pub(crate) fn rewritten(text: &str, edits: &BTreeMap<String, Entry>) -> String {
    let layout = Layout::of(text, edits);
    let mut lines: BTreeMap<String, Cow<'_, str>> = BTreeMap::new();
    for cells in Records::of(text).skip(1) {
        if let Some(id) = cells.get(layout.id).filter(|cell| !cell.text.is_empty()) {
            lines.insert(id.text.to_string(), Cow::Borrowed(raw(text, &cells)));
        }
    }
    for (id, entry) in edits {
        lines.insert(id.clone(), Cow::Owned(entry.line_of(&layout.columns, layout.separator)));
    }
    let comments = text.trim_start_matches(BOM).lines().filter(|line| is_comment(line));
    let comments = comments.map(|line| Cow::Owned(format!("# {}", comment(line))));
    let all = comments.chain([Cow::Owned(layout.header)]).chain(lines.into_values());
    let mut written = if text.starts_with(BOM) { BOM.to_string() } else { String::new() };
    for line in all {
        written += &line;
        written += layout.newline;
    }
    written
}

const BOM: char = '\u{FEFF}';

/// How a file is written.
struct Layout {
    header: String,
    columns: Vec<&'static str>,
    /// Where the ids stand.
    id: usize,
    separator: char,
    newline: &'static str,
}

impl Layout {
    fn of(text: &str, edits: &BTreeMap<String, Entry>) -> Self {
        let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let mut records = Records::of(text);
        let first = records.next();
        let separator = if first.is_some() { records.separator() } else { ',' };
        let (mut header, mut columns) = match first {
            Some(cells) => headed(text, &cells),
            None => (USUAL.join(","), USUAL.to_vec()),
        };
        // A file without, say, serial numbers gets the column with its first one.
        for column in
            COLUMNS.into_iter().filter(|column| !columns.contains(column)).collect::<Vec<_>>()
        {
            if edits.values().any(|entry| !entry.cell(column).is_empty()) {
                columns.push(column);
                header.push(separator);
                header += column;
            }
        }
        let id = columns.iter().position(|column| *column == "id").unwrap_or_default();
        Self { header, columns, id, separator, newline }
    }
}

/// The headings as they are written, and the columns that they stand for.
fn headed(text: &str, cells: &[Cell<'_>]) -> (String, Vec<&'static str>) {
    let named = cells.iter().rposition(|cell| !cell.text.is_empty()).map_or(0, |last| last + 1);
    let cells = &cells[..named];
    let column = |cell: &Cell<'_>| headings::column(&cell.text).unwrap_or_default();
    (raw(text, cells).to_owned(), cells.iter().map(column).collect())
}

/// The record as it is written.
fn raw<'t>(text: &'t str, cells: &[Cell<'_>]) -> &'t str {
    let start = cells.first().map_or(0, |cell| cell.span.start);
    let end = cells.last().map_or(start, |cell| cell.span.end);
    &text[start..end]
}

#[cfg(test)]
mod tests;
