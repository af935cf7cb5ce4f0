//! A spreadsheet as rows of cells, whichever program saved it.

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Seek};

use calamine::{Data, Dimensions, ExcelDateTime, Reader as _, Sheets, XlsxError};
use jiff::civil::Date;
use report::text::composed;

use super::table::letter;
use crate::register::cells;

/// What stands in a cell.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Content {
    Empty,
    Text(String),
    Number(f64),
    Date(Date),
    /// What no register can take: `#REF!`, a span of time.
    Fault(String),
}

impl Content {
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Text(text) => cells::tidied(text).is_empty(),
            Self::Number(_) | Self::Date(_) | Self::Fault(_) => false,
        }
    }

    /// As a heading or a title reads.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) | Self::Fault(text) => one_line(text),
            Self::Number(number) => number.to_string(),
            Self::Date(date) => date.to_string(),
        }
    }
}

/// A cell's text on one line and with single blanks: a sheet's cell may hold several of each.
pub(super) fn one_line(text: &str) -> String {
    cells::tidied(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A row with its number in the sheet.
#[derive(Clone, Debug)]
pub(super) struct SheetRow {
    pub(super) number: u32,
    pub(super) cells: Vec<Content>,
}

/// One sheet.
#[derive(Clone, Debug)]
pub(super) struct Sheet {
    pub(super) name: String,
    pub(super) rows: Vec<SheetRow>,
}

/// Why a file is no spreadsheet that can be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BookError {
    /// Its bytes are not those of its kind.
    #[error("this is no spreadsheet that can be read: {0}; save it as .xlsx or as CSV UTF-8")]
    Broken(String),
    /// Text in a code of before Unicode.
    #[error(
        "line {0} is not UTF-8: save the file as CSV UTF-8 (in Excel: Save as, CSV UTF-8); a file \
         typed in TCVN3 or VNI must be converted to Unicode first"
    )]
    NotUtf8(usize),
    /// A cell far from any list.
    #[error(
        "something stands in the cell {cell} of {sheet}, beyond any list of machines: clear the \
         rows and columns outside the list, or copy the list into a new file"
    )]
    TooFar {
        /// Its sheet.
        sheet: String,
        /// Its place, as spreadsheets show it.
        cell: String,
    },
    /// Text in two bytes a letter.
    #[error("the file is UTF-16 (Excel: Unicode Text): save it as CSV UTF-8 instead")]
    Utf16,
}

/// Every sheet of a file, by its content; a name tells only that it is text.
pub(super) fn read(name: &str, bytes: Vec<u8>) -> Result<Vec<Sheet>, BookError> {
    let text = [".csv", ".tsv", ".txt"].iter().any(|end| name.to_lowercase().ends_with(end));
    if text { read_text(name, &bytes).map(|sheet| vec![sheet]) } else { read_book(bytes) }
}

fn read_book(bytes: Vec<u8>) -> Result<Vec<Sheet>, BookError> {
    let mut book = calamine::open_workbook_auto_from_rs(Cursor::new(bytes)).map_err(broken)?;
    let mut sheets = Vec::new();
    for name in book.sheet_names() {
        let rows = rows(&mut book, &name)?;
        let mut sheet = Sheet { name: name.clone(), rows };
        for merged in merged(&mut book, &name) {
            fill_down(&mut sheet, merged);
        }
        sheets.push(sheet);
    }
    Ok(sheets)
}

fn broken(error: impl Into<calamine::Error>) -> BookError {
    BookError::Broken(composed(&error.into().to_string()))
}

/// The rows in which something stands. Their cells come one by one where the format allows it: the
/// rectangle around all of them may be as large as a sheet can be.
fn rows<R: Read + Seek>(book: &mut Sheets<R>, name: &str) -> Result<Vec<SheetRow>, BookError> {
    let mut rows = Rows::default();
    match book {
        Sheets::Xlsx(book) => {
            let mut cells = match book.worksheet_cells_reader(name) {
                // A sheet of nothing but a chart.
                Err(XlsxError::NotAWorksheet(_)) => return Ok(Vec::new()),
                cells => cells.map_err(broken)?,
            };
            while let Some(cell) = cells.next_cell().map_err(broken)? {
                rows.put(name, cell.get_position(), &cell.get_value().clone().into())?;
            }
        }
        Sheets::Xlsb(book) => {
            let mut cells = book.worksheet_cells_reader(name).map_err(broken)?;
            while let Some(cell) = cells.next_cell().map_err(broken)? {
                rows.put(name, cell.get_position(), &cell.get_value().clone().into())?;
            }
        }
        Sheets::Xls(_) | Sheets::Ods(_) => {
            let range = book.worksheet_range(name).map_err(broken)?;
            let (top, left) = range.start().unwrap_or_default();
            let number = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
            for (row, column, data) in range.used_cells() {
                let place = (top.saturating_add(number(row)), left.saturating_add(number(column)));
                rows.put(name, place, data)?;
            }
        }
    }
    let rows = rows.cells.into_iter();
    Ok(rows.map(|(row, cells)| SheetRow { number: row + 1, cells }).collect())
}

/// The cells of a sheet so far.
#[derive(Default)]
struct Rows {
    cells: BTreeMap<u32, Vec<Content>>,
    /// How many there are, with the empty ones between them.
    held: usize,
}

impl Rows {
    fn put(&mut self, sheet: &str, place: (u32, u32), data: &Data) -> Result<(), BookError> {
        let (content, (row, column)) = (content(data), place);
        if content.is_empty() {
            return Ok(());
        }
        let column = column as usize;
        let cells = self.cells.entry(row).or_default();
        let more = (column + 1).saturating_sub(cells.len());
        self.held += more;
        if row >= MOST_ROWS || column >= MOST_COLUMNS || self.held > MOST_CELLS {
            let cell = format!("{}{}", letter(column), u64::from(row) + 1);
            return Err(BookError::TooFar { sheet: composed(sheet), cell });
        }
        cells.extend(std::iter::repeat_n(Content::Empty, more));
        cells[column] = content;
        Ok(())
    }
}

/// Beyond these no list of machines goes.
const MOST_ROWS: u32 = 1_100_000;
const MOST_COLUMNS: usize = 200;
const MOST_CELLS: usize = 20_000_000;

fn merged<R: Read + Seek>(book: &mut Sheets<R>, name: &str) -> Vec<Dimensions> {
    match book {
        Sheets::Xlsx(book) => book.merge_cells_by_sheet_name(name).unwrap_or_default(),
        Sheets::Xls(book) => book.merge_cells_by_sheet_name(name).unwrap_or_default(),
        // These two formats do not tell; a cell below a merged one is then empty, and missed.
        Sheets::Xlsb(_) | Sheets::Ods(_) => Vec::new(),
    }
}

/// A unit that is written once beside several rows is that of each.
fn fill_down(sheet: &mut Sheet, merged: Dimensions) {
    let ((top, column), (bottom, _)) = (merged.start, merged.end);
    let inside = |row: &SheetRow| (top + 1..=bottom + 1).contains(&row.number);
    let (first, column) = (sheet.rows.partition_point(|row| row.number <= top), column as usize);
    let top = sheet.rows.get(first).filter(|row| inside(row));
    let value = top.and_then(|row| row.cells.get(column)).cloned();
    let Some(value) = value.filter(|value| !value.is_empty()) else { return };
    for row in sheet.rows[first..].iter_mut().take_while(|row| inside(row)) {
        if row.cells.len() <= column {
            row.cells.resize(column + 1, Content::Empty);
        }
        row.cells[column] = value.clone();
    }
}

fn content(data: &Data) -> Content {
    match data {
        Data::Empty => Content::Empty,
        Data::String(text) => Content::Text(text.clone()),
        Data::Int(number) => Content::Text(number.to_string()),
        Data::Float(number) => Content::Number(*number),
        Data::Bool(yes) => Content::Text(yes.to_string()),
        Data::DateTime(moment) => date(moment),
        Data::DateTimeIso(text) => {
            let day = text.split('T').next().and_then(|day| day.parse().ok());
            day.map_or_else(|| Content::Fault(text.clone()), Content::Date)
        }
        Data::DurationIso(text) => Content::Fault(text.clone()),
        Data::Error(error) => Content::Fault(error.to_string()),
    }
}

fn date(moment: &ExcelDateTime) -> Content {
    let (year, month, day, ..) = moment.to_ymd_hms_milli();
    let parts = (i16::try_from(year), i8::try_from(month), i8::try_from(day));
    let date = match parts {
        (Ok(year), Ok(month), Ok(day)) if moment.is_datetime() => Date::new(year, month, day).ok(),
        _ => None,
    };
    date.map_or_else(|| Content::Fault(moment.as_f64().to_string()), Content::Date)
}

fn read_text(name: &str, bytes: &[u8]) -> Result<Sheet, BookError> {
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err(BookError::Utf16);
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let good = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n');
        BookError::NotUtf8(good.count() + 1)
    })?;
    let text = text.trim_start_matches('\u{FEFF}');
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(text))
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    let (mut number, mut counted) = (1, 0);
    for record in reader.records() {
        let record = record.map_err(|error| BookError::Broken(error.to_string()))?;
        let at = record.position().and_then(|place| usize::try_from(place.byte()).ok());
        // A record begins right behind the last one, before the end of its line.
        let blank = |text: &str| text.len() - text.trim_start_matches(['\r', '\n']).len();
        let at = at.and_then(|at| Some(at + blank(text.get(at..)?))).unwrap_or(counted);
        number += newlines(text.get(counted..at).unwrap_or_default());
        counted = at;
        let cells = record.iter().map(|cell| Content::Text(cell.to_owned())).collect();
        rows.push(SheetRow { number, cells });
    }
    Ok(Sheet { name: name.to_owned(), rows })
}

fn newlines(text: &str) -> u32 {
    u32::try_from(text.matches('\n').count()).unwrap_or(u32::MAX)
}

/// What separates the cells is what stands there most, of a title and a good many rows.
fn delimiter(text: &str) -> u8 {
    let head = &text[..text.floor_char_boundary(1 << 14)];
    let count = |delimiter: &u8| head.bytes().filter(|byte| byte == delimiter).count();
    [b'\t', b';', b','].into_iter().max_by_key(count).unwrap_or(b',')
}
