//! A paper as a workbook: real dates and numbers in the form in which Vietnamese offices print.
//!
//! The same paper gives the same bytes: what a workbook says of its making is the moment the paper
//! is about.

use jiff::civil::{Date, DateTime};
use report::{Lang, Timestamp};
use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};

use super::paper::{Cell, Column, On, Paper, Row, Weight};

/// More lines than this are written out as they come instead of being kept until the end.
const KEPT_ROWS: usize = 20_000;

/// A4.
const A4: u8 = 9;

/// How high a line of words is.
const LINE_POINTS: f64 = 15.0;

/// The workbook as bytes.
///
/// # Errors
/// When there are more lines than a sheet of a workbook can hold.
pub fn write(paper: &Paper) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    workbook.set_properties(&properties(paper)?);
    for (number, name) in paper.sheets.iter().enumerate() {
        let sheet = match paper.rows.len() > KEPT_ROWS {
            true => workbook.add_worksheet_with_constant_memory()?,
            false => workbook.add_worksheet(),
        };
        sheet.set_name(name)?;
        Page::new(paper, number).write(sheet)?;
    }
    workbook.save_to_buffer()
}

fn properties(paper: &Paper) -> Result<DocProperties, XlsxError> {
    let at = moment(utc(paper.at))?;
    Ok(DocProperties::new()
        .set_title(&paper.title)
        .set_author("Lá Chắn")
        .set_creation_datetime(&at))
}

fn utc(at: Timestamp) -> DateTime {
    let at = jiff::Timestamp::from_second(at.0).unwrap_or_default();
    at.to_zoned(jiff::tz::TimeZone::UTC).datetime()
}

fn day(date: Date) -> Result<ExcelDateTime, XlsxError> {
    let [month, day] = [date.month(), date.day()].map(i8::unsigned_abs);
    ExcelDateTime::from_ymd(date.year().unsigned_abs(), month, day)
}

fn moment(at: DateTime) -> Result<ExcelDateTime, XlsxError> {
    let [hour, minute, second] = [at.hour(), at.minute(), at.second()].map(i8::unsigned_abs);
    day(at.date())?.and_hms(hour.into(), minute, f64::from(second))
}

/// One sheet: the paper with the columns that stand on it.
struct Page<'p> {
    paper: &'p Paper,
    /// The places of its columns in the paper's table.
    columns: Vec<usize>,
    /// The next line.
    line: u32,
}

impl<'p> Page<'p> {
    fn new(paper: &'p Paper, number: usize) -> Self {
        let stands = |column: &Column| match column.on {
            On::Every => true,
            On::Sheet(sheet) => sheet == number,
        };
        let all = paper.columns.iter().enumerate();
        let columns = all.filter(|(_, column)| stands(column)).map(|(place, _)| place).collect();
        Self { paper, columns, line: 0 }
    }

    fn write(mut self, sheet: &mut Worksheet) -> Result<(), XlsxError> {
        self.set_up(sheet)?;
        self.across(sheet, &self.paper.title, &title())?;
        for line in &self.paper.preface {
            self.across(sheet, line, &base().set_align(FormatAlign::Center))?;
        }
        self.line += 1;
        self.headings(sheet)?;
        for row in &self.paper.rows {
            self.row(sheet, row)?;
        }
        self.line += 1;
        for note in &self.paper.notes {
            self.across(sheet, note, &base().set_italic())?;
        }
        self.signatures(sheet)
    }

    /// Paper, margins and what is repeated on every page.
    fn set_up(&self, sheet: &mut Worksheet) -> Result<(), XlsxError> {
        sheet.set_landscape().set_paper_size(A4).set_print_fit_to_pages(1, 0);
        sheet.set_margins(0.4, 0.4, 0.5, 0.6, 0.3, 0.3);
        sheet.set_footer(match self.paper.lang {
            Lang::Vi => "&L&A&RTrang &P/&N",
            Lang::En => "&L&A&RPage &P of &N",
        });
        for (place, column) in (0..).zip(self.its_columns()) {
            sheet.set_column_width(place, column.width)?;
        }
        Ok(())
    }

    fn its_columns(&self) -> impl Iterator<Item = &'p Column> {
        self.columns.iter().map(|place| &self.paper.columns[*place])
    }

    fn last_column(&self) -> u16 {
        u16::try_from(self.columns.len().saturating_sub(1)).unwrap_or(u16::MAX)
    }

    /// A line of words over the whole width, as high as it needs.
    fn across(
        &mut self,
        sheet: &mut Worksheet,
        words: &str,
        format: &Format,
    ) -> Result<(), XlsxError> {
        let width: f64 = self.its_columns().map(|column| column.width).sum();
        sheet.set_row_height(self.line, LINE_POINTS * lines_of(words, width))?;
        match self.last_column() {
            0 => sheet.write_string_with_format(self.line, 0, words, format)?,
            last => sheet.merge_range(self.line, 0, self.line, last, words, format)?,
        };
        self.line += 1;
        Ok(())
    }

    /// The headings stay in sight on a screen and are repeated on every page.
    fn headings(&mut self, sheet: &mut Worksheet) -> Result<(), XlsxError> {
        let first = self.line;
        let lines = |column: &Column| lines_of(&column.heading, column.width * 0.9);
        let highest = self.its_columns().map(lines).fold(1.0, f64::max);
        sheet.set_row_height(first, LINE_POINTS * highest)?;
        for (place, column) in (0..).zip(self.its_columns()) {
            sheet.write_string_with_format(first, place, &column.heading, &heading())?;
        }
        self.line += 1;
        if self.paper.numbered {
            for place in 0..=self.last_column() {
                let number = format!("({})", place + 1);
                sheet.write_string_with_format(
                    self.line,
                    place,
                    number,
                    &heading().set_italic(),
                )?;
            }
            self.line += 1;
        }
        sheet.set_repeat_rows(first, self.line - 1)?;
        sheet.set_freeze_panes(self.line, 0)?;
        Ok(())
    }

    /// A line as high as its longest words need: not every program that opens a workbook finds
    /// that out by itself.
    fn row(&mut self, sheet: &mut Worksheet, row: &Row) -> Result<(), XlsxError> {
        let mut indent = row.depth;
        sheet.set_row_height(self.line, LINE_POINTS * self.lines_in(row))?;
        for (place, own) in (0..).zip(&self.columns) {
            let Some(cell) = row.cells.get(*own) else {
                continue;
            };
            let format = framed(weighty(base(), row.weight)).set_align(side_of(cell));
            let (line, lang) = (self.line, self.paper.lang);
            match cell {
                Cell::Blank => sheet.write_blank(line, place, &format)?,
                Cell::Text(words) => {
                    let format = format.set_indent(std::mem::take(&mut indent));
                    sheet.write_string_with_format(line, place, words, &format)?
                }
                Cell::Count(count) => {
                    let format = format.set_num_format(form("#,##0", lang));
                    sheet.write_number_with_format(line, place, *count as f64, &format)?
                }
                Cell::Share(tally) => match tally.tenths() {
                    None => sheet.write_blank(line, place, &format)?,
                    Some(tenths) => {
                        let format = format.set_num_format(form("0.0 %", lang));
                        sheet.write_number_with_format(
                            line,
                            place,
                            tenths as f64 / 1000.0,
                            &format,
                        )?
                    }
                },
                Cell::Change(tenths) => {
                    let format = format.set_num_format(form("+0.0;-0.0;0.0", lang));
                    sheet.write_number_with_format(line, place, *tenths as f64 / 10.0, &format)?
                }
                Cell::Date(date) => {
                    let format = format.set_num_format(date_form(lang));
                    sheet.write_datetime_with_format(line, place, &day(*date)?, &format)?
                }
                Cell::Moment(at) => {
                    let format = format.set_num_format(format!("{} hh:mm", date_form(lang)));
                    sheet.write_datetime_with_format(line, place, &moment(*at)?, &format)?
                }
            };
        }
        self.line += 1;
        Ok(())
    }

    fn lines_in(&self, row: &Row) -> f64 {
        let lines = |(own, column): (&usize, &Column)| match row.cells.get(*own) {
            Some(Cell::Text(words)) => lines_of(words, column.width),
            Some(_) | None => 1.0,
        };
        self.columns.iter().zip(self.its_columns()).map(lines).fold(1.0, f64::max)
    }

    /// Each signer gets a part of the width.
    fn signatures(&mut self, sheet: &mut Worksheet) -> Result<(), XlsxError> {
        let (all, signers) = (self.columns.len(), self.paper.signatures.len());
        self.line += 1;
        for (number, signer) in self.paper.signatures.iter().enumerate() {
            let edge = |number: usize| u16::try_from(all * number / signers).unwrap_or(u16::MAX);
            let (from, until) = (edge(number), edge(number + 1).saturating_sub(1));
            let format = base().set_bold().set_align(FormatAlign::Center);
            match until > from {
                true => sheet.merge_range(self.line, from, self.line, until, signer, &format)?,
                false => sheet.write_string_with_format(self.line, from, signer, &format)?,
            };
        }
        Ok(())
    }
}

/// Words begin at the left; what is counted or dated stands in the middle, clear of them.
fn side_of(cell: &Cell) -> FormatAlign {
    match cell {
        Cell::Text(_) => FormatAlign::Left,
        Cell::Blank
        | Cell::Count(_)
        | Cell::Share(_)
        | Cell::Change(_)
        | Cell::Date(_)
        | Cell::Moment(_) => FormatAlign::Center,
    }
}

/// How many lines words take in a width of so many characters.
fn lines_of(words: &str, width: f64) -> f64 {
    let mut lines = 1.0;
    let mut filled = 0.0;
    for word in words.split(' ') {
        let length = word.chars().count() as f64;
        if filled > 0.0 && filled + length > width {
            lines += 1.0;
            filled = 0.0;
        }
        // A word that is longer than a line is broken.
        lines += (length / width).ceil().max(1.0) - 1.0;
        filled += length + 1.0;
    }
    lines
}

fn base() -> Format {
    Format::new()
        .set_font_name("Times New Roman")
        .set_font_family(1)
        .set_font_size(11)
        .set_text_wrap()
        .set_align(FormatAlign::VerticalCenter)
}

fn title() -> Format {
    base().set_bold().set_font_size(14).set_align(FormatAlign::Center)
}

fn heading() -> Format {
    framed(base()).set_bold().set_background_color(0xE8_EE_F4).set_align(FormatAlign::Center)
}

fn framed(format: Format) -> Format {
    format.set_border(FormatBorder::Thin)
}

fn weighty(format: Format, weight: Weight) -> Format {
    match weight {
        Weight::Plain => format,
        Weight::Subtotal => format.set_italic(),
        Weight::Total => format.set_bold(),
    }
}

/// A form of numbers as a language writes them, wherever the workbook is opened: a form without a
/// language would follow the settings of the reader's machine.
fn form(form: &str, lang: Lang) -> String {
    let language = match lang {
        Lang::Vi => "[$-42A]",
        Lang::En => "[$-409]",
    };
    let parts: Vec<_> = form.split(';').map(|part| format!("{language}{part}")).collect();
    parts.join(";")
}

fn date_form(lang: Lang) -> &'static str {
    match lang {
        Lang::Vi => "[$-42A]dd/mm/yyyy",
        Lang::En => "yyyy-mm-dd",
    }
}

#[cfg(test)]
mod tests;
