//! Where in a sheet the list of machines stands: below titles, above totals and signatures.

use std::collections::BTreeMap;

use report::Bilingual;

use super::book::{Content, Sheet, SheetRow};
use super::{Column, PassedOver};
use crate::register::cells::{kind, plain_words};
use crate::register::headings;

/// The list of machines in a sheet.
#[derive(Debug)]
pub(super) struct Table<'s> {
    pub(super) header_row: u32,
    /// Where each column stands.
    pub(super) places: BTreeMap<&'static str, usize>,
    /// What is read, from left to right.
    pub(super) columns: Vec<Column>,
    /// Headings of which nothing is read.
    pub(super) unread: Vec<String>,
    pub(super) rows: Vec<&'s SheetRow>,
    pub(super) passed_over: Vec<PassedOver>,
}

/// Below which row an office would not begin its list.
const LAST_HEADER: usize = 60;

/// The marks of which a list of machines has at least one.
const MARKS: [&str; 4] = ["id", "serial", "asset_tag", "host_name"];

/// The letter of a column, as spreadsheets show it.
pub(super) fn letter(place: usize) -> String {
    let last = u8::try_from(place % 26).map_or('?', |offset| char::from(b'A' + offset));
    match place / 26 {
        0 => last.to_string(),
        more => letter(more - 1) + &last.to_string(),
    }
}

impl<'s> Table<'s> {
    /// Finds the list; `None`: no row of the sheet has its headings.
    pub(super) fn find(sheet: &'s Sheet) -> Option<Self> {
        let head = &sheet.rows[..sheet.rows.len().min(LAST_HEADER)];
        let known = |row: &SheetRow| known_columns(row).map(|(_, column)| column).collect();
        let scores = head.iter().map(known).map(|columns: std::collections::BTreeSet<_>| {
            let has_mark = MARKS.iter().any(|mark| columns.contains(mark));
            if has_mark && columns.len() > 1 { columns.len() } else { 0 }
        });
        let scores: Vec<_> = scores.collect();
        let best = scores.iter().copied().max().filter(|best| *best > 0)?;
        let header = scores.iter().position(|score| *score == best)?;
        let row = &sheet.rows[header];
        let mut table = Self {
            header_row: row.number,
            places: BTreeMap::new(),
            columns: Vec::new(),
            unread: Vec::new(),
            rows: Vec::new(),
            passed_over: Vec::new(),
        };
        table.take_headings(row);
        table.take_rows(&sheet.rows[header + 1..]);
        Some(table)
    }

    fn take_headings(&mut self, row: &SheetRow) {
        for (place, cell) in row.cells.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
            let heading = cell.words();
            match headings::column(&heading) {
                Some(column) => {
                    self.places.entry(column).or_insert(place);
                    let column = column.to_owned();
                    self.columns.push(Column { letter: letter(place), heading, column });
                }
                None => self.unread.push(heading),
            }
        }
    }

    fn take_rows(&mut self, rows: &'s [SheetRow]) {
        let mut has_ended = false;
        for row in rows.iter().filter(|row| row.cells.iter().any(|cell| !cell.is_empty())) {
            let why = match self.aside(row, has_ended) {
                Some(why) => why,
                None => {
                    self.rows.push(row);
                    continue;
                }
            };
            has_ended |= why == Aside::End;
            let texts: Vec<_> =
                row.cells.iter().filter(|cell| !cell.is_empty()).map(Content::words).collect();
            let has_mark = why.may_be_a_machine() && self.leaves_a_mark(row);
            let (row, text) = (row.number, texts.join(" | "));
            self.passed_over.push(PassedOver { row, text, why: why.words(), has_mark });
        }
    }

    /// Why a row is no machine; `None`: it is one. Whatever has a machine's cells is a machine,
    /// wherever it stands.
    fn aside(&self, row: &SheetRow, has_ended: bool) -> Option<Aside> {
        if is_numbering(row) {
            return Some(Aside::Numbering);
        }
        if self.repeats_headings(row) {
            return Some(Aside::Headings);
        }
        let first = row.cells.iter().find(|cell| !cell.is_empty()).map(Content::words);
        let ends = first.is_some_and(|text| ends_a_list(&text));
        let is_below = has_ended || ends;
        if self.is_machine(row, is_below) {
            return None;
        }
        let filled: Vec<_> = self.filled(row).collect();
        match filled[..] {
            // Whoever left only this mark meant a machine, and is asked for the rest.
            [(place, cell)] if !ends && self.is_mark(place) && !cell.words().contains(' ') => None,
            _ if is_below => Some(Aside::End),
            [] => Some(Aside::Number),
            [_] => Some(Aside::Heading),
            _ => None,
        }
    }

    /// The filled cells, without a running number.
    fn filled<'r>(&self, row: &'r SheetRow) -> impl Iterator<Item = (usize, &'r Content)> {
        let first_read = self.places.values().copied().min().unwrap_or_default();
        let filled = row.cells.iter().enumerate().filter(|(_, cell)| !cell.is_empty());
        filled.filter(move |(place, cell)| *place >= first_read || !is_number(&cell.words()))
    }

    fn is_mark(&self, place: usize) -> bool {
        MARKS.iter().any(|mark| self.places.get(mark) == Some(&place))
    }

    fn marks<'r>(&self, row: &'r SheetRow) -> impl Iterator<Item = &'r Content> {
        MARKS.iter().filter_map(|mark| self.cell(row, mark))
    }

    fn cell<'r>(&self, row: &'r SheetRow, column: &str) -> Option<&'r Content> {
        row.cells.get(*self.places.get(column)?).filter(|cell| !cell.is_empty())
    }

    /// Whether every column that is read has its own heading once more: the second row of merged
    /// headings, or those of the next printed page.
    fn repeats_headings(&self, row: &SheetRow) -> bool {
        let cells =
            self.places.keys().filter_map(|column| Some((*column, self.cell(row, column)?)));
        let cells: Vec<_> = cells.collect();
        let repeats =
            |(column, cell): &(&str, &Content)| headings::column(&cell.words()) == Some(*column);
        cells.len() > 1 && cells.iter().all(repeats)
    }

    /// Whether a row is a machine wherever it stands: it has a mark and says one thing more, or is
    /// of a known kind. Below the list, the names of those who sign are no marks.
    fn is_machine(&self, row: &SheetRow, is_below: bool) -> bool {
        let says_more =
            self.places.keys().filter(|column| self.cell(row, column).is_some()).count() > 1;
        let kind_cell = self.cell(row, "kind").map(Content::words);
        let of_a_kind = kind_cell.as_deref().is_some_and(|words| kind(words).is_some());
        let signs = is_below && kind_cell.is_none() && self.marks(row).all(is_a_name);
        says_more && (of_a_kind || (self.marks(row).next().is_some() && !signs))
    }

    /// Whether a cell of a row that is no machine might name one.
    fn leaves_a_mark(&self, row: &SheetRow) -> bool {
        let closes = |cell: &Content| is_a_name(cell) && ends_a_list(&cell.words());
        self.marks(row).any(|cell| !closes(cell))
    }
}

fn known_columns(row: &SheetRow) -> impl Iterator<Item = (usize, &'static str)> {
    let cells = row.cells.iter().enumerate();
    cells.filter_map(|(place, cell)| Some((place, headings::column(&cell.words())?)))
}

/// Words without a digit, as people and offices are called, and marks are not.
fn is_a_name(cell: &Content) -> bool {
    let words = cell.words();
    words.contains(' ') && !words.contains(|c: char| c.is_ascii_digit())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Aside {
    Numbering,
    Headings,
    Number,
    Heading,
    End,
}

impl Aside {
    /// Numbers and headings fill every column, those of marks too.
    fn may_be_a_machine(self) -> bool {
        match self {
            Self::Numbering | Self::Headings => false,
            Self::Number | Self::Heading | Self::End => true,
        }
    }

    fn words(self) -> Bilingual {
        match self {
            Self::Numbering => Bilingual::new("số thứ tự các cột", "the numbers of the columns"),
            Self::Headings => Bilingual::new("lặp lại tiêu đề cột", "the headings once more"),
            Self::Number => Bilingual::new("chỉ có số thứ tự", "nothing but a running number"),
            Self::Heading => Bilingual::new("tiêu đề nhóm", "the heading of a group"),
            Self::End => Bilingual::new("dòng tổng, dòng ký", "totals or signatures"),
        }
    }
}

/// `1`, `(12)`, `IV`, `a)`.
fn is_number(text: &str) -> bool {
    let bare = text.trim_matches(['(', ')', '.', ' ']);
    let roman = |c| matches!(c, 'I' | 'V' | 'X' | 'L');
    bare.bytes().all(|byte| byte.is_ascii_digit()) || bare.chars().all(roman) || bare.len() == 1
}

/// A row that counts its columns: `(1) (2) (3)`, of which spreadsheets make -1, -2, -3.
fn is_numbering(row: &SheetRow) -> bool {
    let number = |cell: &Content| -> Option<u32> {
        let number: i32 = cell.words().trim_matches(['(', ')']).parse().ok()?;
        Some(number.unsigned_abs())
    };
    let numbers: Option<Vec<_>> =
        row.cells.iter().filter(|cell| !cell.is_empty()).map(number).collect();
    numbers.is_some_and(|numbers| {
        numbers.len() > 2 && numbers.windows(2).all(|pair| pair[1] == pair[0] + 1)
    })
}

/// How totals, remarks and signatures begin.
fn ends_a_list(text: &str) -> bool {
    const ENDS: [&str; 16] = [
        "tong cong",
        "tong so",
        "cong",
        "total",
        "nguoi lap",
        "nguoi lap bieu",
        "lap bieu",
        "thu truong",
        "giam doc",
        "lanh dao",
        "chanh van phong",
        "ke toan",
        "ky ten",
        "ghi chu",
        "noi nhan",
        "xac nhan",
    ];
    let words = plain_words(text);
    let begins = |end: &str| {
        words.strip_prefix(end).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
    };
    ENDS.iter().any(|end| begins(end)) || (words.contains(" ngay ") && words.contains(" thang "))
}
