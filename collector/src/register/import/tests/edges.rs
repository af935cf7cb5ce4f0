//! What must not be lost without a word: machines that look like totals, twins by the thousand,
//! marks that point two ways.

use super::*;

const SHORT: &[Put] = &[T("Đơn vị"), T("Loại"), T("Số sê-ri")];

fn refused(import: &Import) -> Vec<(u32, &str)> {
    import.refused.iter().map(|one| (one.row, &*one.message.en)).collect()
}

#[test]
fn a_unit_that_reads_like_a_signature_hides_no_machine() {
    let proposal = proposed(
        "",
        &[
            SHORT,
            &[T("so"), T("PC"), T("S1")],
            &[T("Kế toán"), T("PC"), T("S2")],
            &[T("so"), T("máy in"), T("S3")],
            &[T("Cổng thông tin"), T("máy in"), T("S4")],
            &[T("Công đoàn"), T("PC"), T("S5")],
        ],
    );
    assert_eq!(proposal.import.passed_over, []);
    let rows: std::collections::BTreeSet<_> =
        proposal.import.refused.iter().map(|one| one.row).collect();
    assert_eq!(rows.into_iter().collect::<Vec<_>>(), [3, 4, 5, 6]);
}

#[test]
fn no_machine_ends_that_stands_in_the_sheet_below_a_total() {
    let sheet: &[&[Put]] = &[
        &[T("Đơn vị"), T("Số sê-ri")],
        &[T("so"), T("S1")],
        &[T("Tổng số máy hỏng: 0")],
        &[T("so"), T("S2")],
    ];
    let wishes = Wishes {
        until_missing: Some(date(2026, 11, 30)),
        kind: Some(MachineKind::Workstation),
        ..wishes()
    };
    let import = imported(REGISTER, "a.xlsx", xlsx(sheet), &wishes).unwrap().import;
    assert_eq!((import.ended, import.rows), (vec![], 2));
}

#[test]
fn nobody_ends_while_a_row_with_a_mark_was_passed_over() {
    let sheet: &[&[Put]] = &[
        HEAD,
        &[N(1.0), T(""), T("so"), T("PC"), T("S9")],
        &[T("Tổng cộng"), T(""), T(""), T(""), N(4.0)],
    ];
    let until_missing = Some(date(2026, 11, 30));
    let asked = Wishes { until_missing, ..wishes() };
    let blocked = imported(REGISTER, "a.xlsx", xlsx(sheet), &asked).unwrap();
    assert_eq!(blocked.text, None);
    assert_eq!(
        refused(&blocked.import),
        [(3, "the row was passed over and has a mark of a machine: nobody can be ended")]
    );
    let proposal = proposed(REGISTER, sheet);
    assert!(proposal.text.is_some(), "the machines that are clear are written");
    assert!(!proposal.import.is_clear(), "and the officer is told");
}

#[test]
fn rows_without_end_that_share_a_mark_are_told_in_one_line_each() {
    let row: &[Put] = &[T("so"), T("PC"), T("S9")];
    let rows: Vec<_> = std::iter::once(SHORT).chain(std::iter::repeat_n(row, 12)).collect();
    let proposal = proposed("", &rows);
    let said = refused(&proposal.import);
    assert_eq!(said.len(), 12);
    assert_eq!(
        said[11],
        (13, "the serial number S9 stands in several rows: 2, 3, 4, 5, 6 and 7 more")
    );
    assert!(proposal.import.refused[0].message.vi.ends_with("2, 3, 4, 5, 6 và 7 dòng khác"));
    let heads = "Đơn vị,Loại,Số seri,Từ ngày,Đến ngày\n".to_owned();
    let months = (1..8).map(|month| format!("so,PC,S1,01/0{month}/2027,20/0{month}/2027\n"));
    let csv = heads + &months.collect::<String>();
    let shared = imported(REGISTER, "a.csv", csv.into_bytes(), &wishes()).unwrap().import;
    assert_eq!(
        refused(&shared)[6],
        (8, "the rows 2, 3, 4, 5, 6 and 2 more all are the machine m-1")
    );
}

#[test]
fn a_mark_not_given_yet_is_none() {
    let heads: &[Put] = &[T("Mã máy"), T("Đơn vị"), T("Loại"), T("Mã tài sản"), T("Tên máy")];
    let proposal = proposed(
        "",
        &[
            heads,
            &[T("Không có"), T("so"), T("PC"), T("CHUA CAP"), T("a")],
            &[T("chưa cấp"), T("so"), T("PC"), T("Chưa cấp"), T("b")],
            &[T(""), T("so"), T("PC"), T("chưa có"), T("c")],
            &[T(""), T("so"), T("PC"), T("khong co"), T("d")],
        ],
    );
    assert_eq!(refused(&proposal.import), []);
    assert_eq!(rows_after(&proposal)[0], "so-001,so,workstation,,,,a,2026-01-01,");
    assert_eq!(proposal.import.added.len(), 4);
}

#[test]
fn a_tag_or_an_id_on_other_hardware_is_not_clear() {
    let heads: &[Put] = &[T("Mã máy"), T("Đơn vị"), T("Loại"), T("Số sê-ri"), T("Mã tài sản")];
    let proposal = proposed(
        REGISTER,
        &[
            heads,
            &[T(""), T("so"), T("PC"), T("S77"), T("T1")],
            &[T("m-2"), T("so"), T("PC"), T("S78"), T("T78")],
        ],
    );
    let unclear = proposal.import.ambiguous.iter();
    let unclear: Vec<_> =
        unclear.map(|one| (one.row, &*one.candidates[0].id, one.candidates[0].by)).collect();
    assert_eq!(unclear, [(2, "m-1", By::AssetTag), (3, "m-2", By::Id)]);
    let new_tag = proposed(REGISTER, &[heads, &[T("m-1"), T("so"), T("PC"), T("S77"), T("T1")]]);
    assert_eq!(new_tag.import.changed.len(), 1, "with the id the officer has said which");
}

#[test]
fn a_changed_unit_says_how_a_move_on_a_day_is_written() {
    let proposal =
        proposed(REGISTER, &[SHORT, &[T("phong"), T("PC"), T("S1")], &[T("so"), T("PC"), T("S2")]]);
    let said: Vec<_> = proposal
        .import
        .remarks
        .iter()
        .map(|one| (one.row, &*one.column, one.message.en.contains("last day")))
        .collect();
    assert_eq!(said, [(2, "A", true)]);
}

#[test]
fn the_register_row_of_a_refused_row_is_not_missing() {
    let proposal = proposed(
        REGISTER,
        &[
            HEAD,
            &[N(1.0), T(""), T("so"), T("Máy in"), T("S1")],
            &[N(2.0), T(""), T("so"), T("PC"), T("S2"), T("x"), T("a")],
            &[N(3.0), T(""), T("so"), T("PC"), T("S2"), T("y"), T("b")],
            &[N(4.0), T(""), T("phong"), T("Máy chủ"), T("S8")],
            &[N(5.0), T(""), T("so"), T("PC"), T("S30")],
        ],
    );
    assert_eq!(proposal.import.refused.len(), 3);
    assert_eq!(proposal.import.missing, ["m-3"]);
}

#[test]
fn a_stray_value_at_the_far_corner_is_refused_by_its_cell() {
    let stray = |row: u32, column: u16| {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        for (place, heading) in (0..).zip(["Đơn vị", "Loại", "Số sê-ri"]) {
            sheet.write(0, place, heading).unwrap();
        }
        for (place, cell) in (0..).zip(["so", "PC", "S1"]) {
            sheet.write(1, place, cell).unwrap();
        }
        sheet.write(row, column, "x").unwrap();
        imported("", "a.xlsx", book.save_to_buffer().unwrap(), &wishes())
    };
    let said = stray(1_048_575, 16_383).unwrap_err();
    assert!(said.contains("XFD1048576"), "{said}");
    let kept = stray(1_048_575, 199).unwrap();
    assert_eq!((kept.import.rows, kept.import.passed_over[0].row), (1, 1_048_576));
}

#[test]
fn no_heading_and_no_sheets_name_steers_the_terminal() {
    let csv = "Đơn vị (\u{1b}[31m),Bộ phận,Loại,Tên máy\nso,so,PC,a\n";
    let twice = imported("", "a.csv", csv.into(), &wishes()).unwrap_err();
    let none = imported("", "\u{1b}[31m.csv", "a,b\n".into(), &wishes()).unwrap_err();
    let sheet = Some("x".to_owned());
    let other = Wishes { sheet, ..wishes() };
    let other = imported("", "\u{1b}[31m.csv", "a,b\n".into(), &other).unwrap_err();
    for said in [twice, none, other] {
        assert!(!said.contains(char::is_control), "{said:?}");
    }
}

#[test]
fn headings_that_stand_there_again_are_no_machine() {
    let rows: [&[Put]; 6] = [
        &[T("Đơn vị"), T("Loại"), T("Số sê-ri"), T("Tên máy"), T("Khác")],
        &[T("Đơn vị"), T("Loại"), T("Số sê-ri"), T("Tên máy"), T("Hãng")],
        &[T("so"), T("PC"), T("S1"), T("a")],
        &[T("ĐƠN VỊ"), T("Loại máy"), T("Số seri"), T("Tên máy tính")],
        &[T("so"), T("PC"), T("S2"), T("ten may")],
        &[T("so"), T("PC"), T("S3"), T("c")],
    ];
    let import = proposed("", &rows).import;
    let passed: Vec<_> = import.passed_over.iter().map(|one| (one.row, one.has_mark)).collect();
    assert_eq!(passed, [(2, false), (4, false)]);
    assert_eq!((import.added.len(), import.refused.len()), (3, 0));
}
