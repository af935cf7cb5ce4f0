//! A paper's table as a spreadsheet program opens it by a double click.
//!
//! UTF-8 with a byte order mark, lines that end in CR LF. The separator is the one that goes with
//! the decimal mark of the language: `;` beside the decimal comma of Vietnamese, `,` in English.
//! Titles and notes stay away, so that the first line is the headings. Words that a spreadsheet
//! would run as a formula are kept from it by an apostrophe.

use report::Lang;

use super::paper::{Cell, Paper};

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// The table as bytes.
///
/// # Errors
/// When a line has more cells than there are columns.
pub fn write(paper: &Paper) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new()
        .delimiter(separator(paper.lang))
        .terminator(csv::Terminator::CRLF)
        .from_writer(BYTE_ORDER_MARK.as_bytes().to_vec());
    writer.write_record(paper.columns.iter().map(|column| harmless(&column.heading)))?;
    for row in &paper.rows {
        writer.write_record(row.cells.iter().map(|cell| field(cell, paper.lang)))?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

fn separator(lang: Lang) -> u8 {
    match lang {
        Lang::Vi => b';',
        Lang::En => b',',
    }
}

/// Numbers are not grouped: a spreadsheet could take the group's mark for a decimal one.
fn field(cell: &Cell, lang: Lang) -> String {
    match cell {
        Cell::Text(words) => harmless(words),
        Cell::Count(count) => count.to_string(),
        Cell::Blank | Cell::Share(_) | Cell::Change(_) | Cell::Date(_) | Cell::Moment(_) => {
            cell.words(lang)
        }
    }
}

/// Words that no spreadsheet calculates.
pub(crate) fn harmless(words: &str) -> String {
    match words.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => format!("'{words}"),
        false => words.to_owned(),
    }
}

#[cfg(test)]
mod tests;
