//! What stands in a workbook, read back by another library.

use std::io::Cursor;

use calamine::{Data, Range, Reader as _, Xlsx};
use jiff::civil::date;

use super::*;
use crate::policy::fixtures::NOW;
use crate::policy::posture::Tally;
use crate::reports::paper::Screen;

fn paper(rows: usize) -> Paper {
    let row = |number: usize| Row {
        weight: Weight::Plain,
        depth: 0,
        cells: vec![
            Cell::text(format!("=máy {number}")),
            Cell::Count(number as u64),
            Cell::Share(Tally { members: 3, met: 2 }),
            Cell::Date(date(2026, 6, 14)),
            Cell::Moment(date(2026, 6, 14).at(17, 30, 0, 0)),
            Cell::Change(-15),
            Cell::Blank,
        ],
    };
    let column = |number: usize| Column::new(format!("Cột {number}"), 12.0).screen(Screen::Always);
    let on = |number: usize| if number == 0 { On::Every } else { On::Sheet(number / 4) };
    Paper {
        lang: Lang::Vi,
        at: NOW,
        title: "Danh sách".to_owned(),
        preface: vec!["dòng đầu".to_owned()],
        sheets: vec!["Một".to_owned(), "Hai".to_owned()],
        columns: (0..7).map(|number| column(number).on(on(number))).collect(),
        numbered: true,
        rows: (0..rows).map(row).collect(),
        notes: vec!["ghi chú".to_owned()],
        signatures: vec!["Người lập".to_owned(), "Thủ trưởng".to_owned()],
    }
}

fn sheet(bytes: &[u8], name: &str) -> Range<Data> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    book.worksheet_range(name).unwrap()
}

#[test]
fn each_sheet_has_its_columns_and_every_value_its_type() {
    let bytes = write(&paper(2)).unwrap();
    let one = sheet(&bytes, "Một");
    assert_eq!(one.get_value((0, 0)), Some(&Data::String("Danh sách".to_owned())));
    assert_eq!(one.get_value((3, 1)), Some(&Data::String("Cột 1".to_owned())));
    assert_eq!(one.get_value((4, 3)), Some(&Data::String("(4)".to_owned())));
    let row: Vec<_> = (0..4).map(|column| one.get_value((6, column)).unwrap().clone()).collect();
    assert_eq!(row[0], Data::String("=máy 1".to_owned()));
    assert_eq!(row[1], Data::Float(1.0));
    assert_eq!(row[2], Data::Float(0.666));
    let Data::DateTime(day) = &row[3] else { panic!("{row:?}") };
    assert_eq!(day.to_ymd_hms_milli(), (2026, 6, 14, 0, 0, 0, 0));
    let two = sheet(&bytes, "Hai");
    assert_eq!(two.get_value((3, 0)), Some(&Data::String("Cột 0".to_owned())));
    let Some(Data::DateTime(at)) = two.get_value((5, 1)) else { panic!("{two:?}") };
    assert_eq!(at.to_ymd_hms_milli(), (2026, 6, 14, 17, 30, 0, 0));
    assert_eq!(two.get_value((5, 2)), Some(&Data::Float(-1.5)));
}

#[test]
fn the_same_paper_gives_the_same_bytes_at_another_time() {
    let once = write(&paper(3)).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1100));
    assert!(once == write(&paper(3)).unwrap());
}

#[test]
fn a_long_list_is_whole() {
    let bytes = write(&paper(KEPT_ROWS + 1)).unwrap();
    let last = u32::try_from(5 + KEPT_ROWS).unwrap();
    assert_eq!(sheet(&bytes, "Một").get_value((last, 1)), Some(&Data::Float(KEPT_ROWS as f64)));
}

#[test]
fn what_no_sheet_can_hold_is_refused() {
    let mut paper = paper(1);
    paper.sheets = vec!["Một".to_owned(), "Một".to_owned()];
    assert!(write(&paper).is_err());
}

#[test]
fn words_take_as_many_lines_as_their_width_asks_for() {
    assert_eq!(lines_of("", 10.0), 1.0);
    assert_eq!(lines_of("Sở Tư pháp", 10.0), 1.0);
    assert_eq!(lines_of("Sở Tư pháp tỉnh", 10.0), 2.0);
    assert_eq!(lines_of("0123456789012345678901", 10.0), 3.0);
}
