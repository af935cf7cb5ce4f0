//! What a spreadsheet program gets.

use super::*;
use crate::policy::fixtures::NOW;
use crate::policy::posture::Tally;
use crate::reports::paper::{Column, Row};
use jiff::civil::date;

fn paper(lang: Lang, cells: Vec<Cell>) -> Paper {
    Paper {
        lang,
        at: NOW,
        title: "x".to_owned(),
        preface: Vec::new(),
        sheets: vec!["x".to_owned()],
        columns: cells.iter().map(|_| Column::new("Đơn vị", 10.0)).collect(),
        numbered: true,
        rows: vec![Row::plain(cells)],
        notes: vec!["x".to_owned()],
        signatures: Vec::new(),
    }
}

/// The second line: the first holds the headings.
fn line(lang: Lang, cells: Vec<Cell>) -> String {
    let text = String::from_utf8(write(&paper(lang, cells)).unwrap()).unwrap();
    text.split("\r\n").nth(1).unwrap().to_owned()
}

#[test]
fn excel_is_told_that_it_is_unicode_and_where_a_line_ends() {
    let bytes = write(&paper(Lang::Vi, vec![Cell::text("Sở")])).unwrap();
    assert_eq!(bytes, "\u{feff}Đơn vị\r\nSở\r\n".as_bytes());
}

#[test]
fn the_separator_goes_with_the_decimal_mark() {
    let cells = || {
        let share = Tally { members: 1000, met: 996 };
        let day = Cell::Date(date(2026, 6, 14));
        vec![Cell::Count(12_345), Cell::Share(share), day, Cell::Change(-15), Cell::Blank]
    };
    assert_eq!(line(Lang::Vi, cells()), "12345;99,6 %;14/06/2026;-1,5 điểm;");
    assert_eq!(line(Lang::En, cells()), "12345,99.6%,2026-06-14,-1.5 points,");
}

#[test]
fn no_words_run_as_a_formula_and_quotes_hold_the_separator() {
    for words in ["=1+1", "+84", "-x", "@SUM(A1)"] {
        assert_eq!(line(Lang::En, vec![Cell::text(words)]), format!("'{words}"));
    }
    assert_eq!(line(Lang::Vi, vec![Cell::text("a;b \"c\"")]), "\"a;b \"\"c\"\"\"");
    assert_eq!(line(Lang::Vi, vec![Cell::text("a=b")]), "a=b");
}
