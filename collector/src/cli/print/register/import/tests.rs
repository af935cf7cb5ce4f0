//! What an officer reads of an import.

use super::*;
use crate::register::import::{Added, PassedOver, Refused};

fn import_of(refused: usize) -> Import {
    let refusal = |row: usize| Refused {
        row: u32::try_from(row).unwrap(),
        column: Some("D".to_owned()),
        message: Bilingual::new("sai \u{1b}[31m", "wrong \u{1b}[31m"),
        remedy: Bilingual::new("sửa", "mend"),
    };
    Import {
        sheet: "Bảng".to_owned(),
        header_row: 4,
        columns: Vec::new(),
        unread: vec!["Ghi chú".to_owned()],
        passed_over: vec![PassedOver {
            row: 9,
            text: "Tổng cộng | 4".to_owned(),
            why: Bilingual::new("dòng tổng", "totals"),
            has_mark: true,
        }],
        rows: 1234,
        added: vec![Added {
            row: 7,
            id: "so-001".to_owned(),
            unit: "so".to_owned(),
            like: Some("so-002".to_owned()),
        }],
        changed: Vec::new(),
        unchanged: 0,
        ended: Vec::new(),
        missing: Vec::new(),
        ambiguous: Vec::new(),
        refused: (1..=refused).map(refusal).collect(),
        remarks: Vec::new(),
        written: false,
        sample: false,
    }
}

#[test]
fn what_a_sheet_holds_steers_no_terminal() {
    for lang in [Lang::Vi, Lang::En] {
        let text = lists(&import_of(1), lang);
        assert!(text.contains("D1") && !text.contains('\u{1b}'), "{text}");
    }
}

#[test]
fn a_long_list_says_how_much_more_there_is() {
    assert!(lists(&import_of(31), Lang::Vi).contains("… và 1 dòng nữa (--json có đủ)"));
    assert!(!lists(&import_of(30), Lang::Vi).contains("dòng nữa"));
}

#[test]
fn totals_are_written_as_each_language_writes_numbers() {
    assert!(totals(&import_of(0), Lang::Vi).starts_with("máy trong bảng: 1.234 · thêm: 1 · "));
    assert!(totals(&import_of(0), Lang::En).starts_with("machines in the sheet: 1,234 · new: 1"));
}

#[test]
fn the_end_says_what_became_of_the_file_and_what_to_do_next() {
    let folder = Path::new("p");
    let end = |import: &Import, write| outcome(import, folder, write, Lang::En);
    assert!(end(&import_of(1), false).starts_with("NOTHING WRITTEN"));
    assert!(end(&import_of(0), false).starts_with("Only shown"));
    assert!(end(&import_of(0), true).starts_with("The register says it already"));
    let written = Import { written: true, ..import_of(0) };
    assert!(end(&written, true).ends_with("Next: lachan-collector policy plan p\n"));
}

#[test]
fn what_was_read_and_what_was_not_is_said_before_anything_else() {
    let text = read_words(&import_of(0), Lang::Vi);
    assert!(text.contains("Không đọc các cột: Ghi chú\n"), "{text}");
    assert!(text.contains("Bỏ qua dòng 9 (dòng tổng): Tổng cộng | 4 — CÓ THỂ LÀ MÁY"), "{text}");
}
