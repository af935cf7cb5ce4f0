//! Spreadsheets as offices keep them, built here cell by cell so that their dirt is seen.

use jiff::civil::date;
use proptest::prelude::*;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

use super::*;
use crate::policy::fixtures::{cases, folder};
use crate::policy::load;

mod edges;

/// A cell of a sheet that is being built.
#[derive(Clone, Copy)]
enum Put {
    Text(&'static str),
    Number(f64),
    Date(u16, u8, u8),
}

use Put::{Date as D, Number as N, Text as T};

/// An .xlsx of one sheet.
fn xlsx(rows: &[&[Put]]) -> Vec<u8> {
    book(&[("Danh sách", rows)], &[])
}

/// An .xlsx of these sheets, in each of which these cells of one column are merged.
fn book(sheets: &[(&str, &[&[Put]])], merged: &[(u32, u32, u16, &str)]) -> Vec<u8> {
    let mut book = Workbook::new();
    let days = Format::new().set_num_format("dd/mm/yyyy");
    for (name, rows) in sheets {
        let sheet = book.add_worksheet().set_name(*name).unwrap();
        for (row, cells) in (0..).zip(*rows) {
            for (column, cell) in (0..).zip(*cells) {
                match cell {
                    T("") => {}
                    T(text) => drop(sheet.write(row, column, *text).unwrap()),
                    N(number) => drop(sheet.write(row, column, *number).unwrap()),
                    D(year, month, day) => {
                        let moment = ExcelDateTime::from_ymd(*year, *month, *day).unwrap();
                        sheet.write_with_format(row, column, &moment, &days).unwrap();
                    }
                }
            }
        }
        for (top, bottom, column, text) in merged {
            sheet.merge_range(*top, *column, *bottom, *column, text, &Format::new()).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

fn wishes() -> Wishes {
    Wishes {
        sheet: None,
        unit: None,
        kind: None,
        from: date(2026, 1, 1),
        until_missing: None,
        skip_ambiguous: false,
        today: date(2026, 11, 22),
    }
}

/// What importing a file into a register of these rows would do.
fn imported(rows: &str, name: &str, bytes: Vec<u8>, wishes: &Wishes) -> Result<Proposal, String> {
    let folder = folder(rows, &[]);
    let set = load(&folder).unwrap_or_else(|problems| panic!("{problems}"));
    import((&folder, &set), (name, bytes), wishes).map_err(|error| error.to_string())
}

fn proposed(rows: &str, sheet: &[&[Put]]) -> Proposal {
    imported(rows, "a.xlsx", xlsx(sheet), &wishes()).unwrap()
}

/// The rows of the register after it, below the header.
fn rows_after(proposal: &Proposal) -> Vec<&str> {
    proposal.text.as_deref().unwrap_or_default().lines().skip(1).collect()
}

const HEAD: &[Put] = &[
    T("STT"),
    T("Mã máy"),
    T("Đơn vị"),
    T("Loại"),
    T("Số sê-ri"),
    T("Mã tài sản"),
    T("Tên máy"),
    T("Từ ngày"),
];

#[test]
fn a_sheet_with_all_an_offices_dirt_is_read_as_it_was_meant() {
    let titles: [&[Put]; 3] = [&[T("SỞ TƯ PHÁP")], &[T("DANH SÁCH MÁY TÍNH NĂM 2026")], &[]];
    let rows: [&[Put]; 12] = [
        &[
            T("STT"),
            T("Đơn vị"),
            T("Loại"),
            T("Số\nsê-ri (S/N)"),
            T("Mã TSCĐ"),
            T("Tên máy"),
            T("Từ ngày"),
            T("HTTT"),
            T("Người dùng"),
        ],
        &[T("(1)"), T("(2)"), N(-3.0), T("(4)"), T("(5)"), T("(6)"), T("(7)"), T("(8)"), T("(9)")],
        &[T("I"), T("Văn phòng và các phòng")],
        &[
            N(1.0),
            T(""),
            T("Máy trạm"),
            T("PF3\u{A0} ABC "),
            T("TS 01"),
            T("vp-01"),
            D(2025, 7, 1),
            T("lan"),
            T("Nguyễn Văn A"),
        ],
        &[
            N(2.0),
            T(""),
            T("máy tính xách tay"),
            N(123456789012.0),
            T(""),
            T("vp-02"),
            T("1/2/2026"),
            T("Mạng nội bộ; Hộ tịch"),
        ],
        &[N(3.0), T("PHO\u{300}NG"), T("Máy chủ"), T("ＳＮ－９"), T("TS-03"), T("srv"), N(46054.0)],
        &[N(4.0)],
        &[],
        &[N(5.0), T("phong"), T("PC"), T("To be filled by O.E.M."), T("TS-05"), T("vp-05")],
        &[T("Tổng cộng"), T(""), T(""), N(4.0)],
        &[T(""), T("Người lập biểu"), T(""), T(""), T("Thủ trưởng đơn vị")],
        &[T(""), T("Trần Thị B"), T(""), T(""), T("Lê Văn C")],
    ];
    let all: Vec<&[Put]> = titles.into_iter().chain(rows).collect();
    let bytes = book(&[("Máy tính", &all)], &[(6, 7, 1, "Sở")]);
    let Proposal { import, text } = imported("", "a.xlsx", bytes, &wishes()).unwrap();
    assert_eq!(import.refused, []);
    assert_eq!((import.header_row, import.rows), (4, 4));
    assert_eq!(
        text.unwrap().lines().skip(1).collect::<Vec<_>>(),
        [
            "phong-001,phong,workstation,,,TS-05,vp-05,2026-01-01,",
            "so-001,so,workstation,lan ho-tich,123456789012,,vp-02,2026-02-01,",
            "ts-01,so,workstation,lan,PF3 ABC,TS 01,vp-01,2025-07-01,",
            "ts-03,phong,server,,SN-9,TS-03,srv,2026-02-01,",
        ]
        .map(|line| line.replace("phong-001", "ts-05"))
        .into_iter()
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect::<Vec<_>>()
    );
    let passed: Vec<_> = import.passed_over.iter().map(|one| one.row).collect();
    assert_eq!(passed, [5, 6, 10, 13, 14, 15]);
    assert_eq!(import.unread, ["STT", "Người dùng"]);
    let remarks: Vec<_> = import.remarks.iter().map(|one| (one.row, &*one.column)).collect();
    assert_eq!(remarks, [(8, "D"), (12, "D")], "a number cell, and a serial that names nothing");
}

#[test]
fn every_mistake_is_shown_at_its_cell_and_nothing_is_written() {
    let proposal = proposed(
        "",
        &[
            HEAD,
            &[N(1.0), T(""), T("Phon"), T("Máy in"), T("1.23457E+11"), T(""), T("a")],
            &[N(2.0), T(""), T("so"), T("PC"), N(1234567890123456789.0), T("TS-2")],
            &[N(3.0), T(""), T("so"), T("PC"), D(2026, 2, 1), T("TS-3")],
            &[N(4.0), T("ở"), T("so"), T("PC"), T("S4"), T(""), T("m¸y"), T("01/31/2026")],
            &[N(5.0), T(""), T("so"), T("PC")],
            &[N(6.0), T("x"), T(""), T("PC"), T("S6")],
            &[N(7.0), T("y"), T("so"), T("PC"), T("S8"), T(""), T(""), D(1900, 1, 5)],
            &[N(8.0), T("good"), T("so"), T("PC"), T("S7")],
        ],
    );
    assert_eq!(proposal.text, None);
    let said: Vec<_> = proposal
        .import
        .refused
        .iter()
        .map(|one| {
            let place = format!("{}{}", one.column.clone().unwrap_or_default(), one.row);
            format!("{place}: {} [{}]", one.message.en, one.remedy.en)
        })
        .collect();
    let text = "give the column the format Text and type it again from the machine";
    assert_eq!(
        said,
        [
            "C2: the register has no unit `Phon` [did you mean phong?]".to_owned(),
            "D2: `Máy in` is no kind of machine [write workstation (máy trạm) or server (máy chủ)]"
                .to_owned(),
            format!("E2: the spreadsheet has shortened a long number to 1.23457E+11 [{text}]"),
            format!("E3: the spreadsheet keeps 15 digits of 1234567890123456800 and no more [{text}]"),
            format!("E4: the spreadsheet has made the date 2026-02-01 of this cell [{text}]"),
            "G5: `m¸y` was typed in a font of before Unicode [convert the sheet from TCVN3 or VNI \
             to Unicode]"
                .to_owned(),
            "H5: `01/31/2026` is no date [the day comes first: 31/01/2026; this one seems to begin \
             with the month]"
                .to_owned(),
            "6: nothing tells this machine from others [give a serial number, an asset tag, a host \
             name or an id]"
                .to_owned(),
            "7: a new machine lacks its unit or its kind [fill in the cell, or give --unit, --kind \
             for the whole sheet]"
                .to_owned(),
            "H8: `1900-01-05` is no date [write 2026-11-22 or 22/11/2026]".to_owned(),
        ]
    );
}

const REGISTER: &str = "m-1,so,workstation,lan,S1,T1,pc-1,2025-01-01,\n\
                        m-2,so,workstation,,S2,T2,pc-2,2025-01-01,\n\
                        m-3,phong,server,,,,srv,2025-01-01,\n\
                        m-4,so,workstation,,S4,,pc-4,2020-01-01,2025-12-31\n";

#[test]
fn a_row_is_known_by_its_serial_then_by_its_tag_and_by_its_own_id() {
    let proposal = proposed(
        REGISTER,
        &[
            HEAD,
            &[N(1.0), T("office-7"), T("phong"), T("PC"), T("s1"), T(""), T("PC-1")],
            &[N(2.0), T(""), T("so"), T("PC"), T(""), T("t2"), T("moi")],
            &[N(3.0), T("m-3"), T("phong"), T("Máy chủ"), T("S3")],
        ],
    );
    let changes: Vec<_> = proposal
        .import
        .changed
        .iter()
        .flat_map(|one| {
            one.fields.iter().map(move |field| (&*one.id, &*field.field, &*field.after))
        })
        .collect();
    assert_eq!(
        changes,
        [("m-1", "unit", "phong"), ("m-2", "host_name", "moi"), ("m-3", "serial", "S3")],
        "an empty cell takes nothing away, and case is no change"
    );
    assert_eq!(
        rows_after(&proposal),
        [
            "m-1,phong,workstation,lan,S1,T1,pc-1,2025-01-01,",
            "m-2,so,workstation,,S2,T2,moi,2025-01-01,",
            "m-3,phong,server,,S3,,srv,2025-01-01,",
            "m-4,so,workstation,,S4,,pc-4,2020-01-01,2025-12-31",
        ]
    );
}

#[test]
fn a_sheet_says_which_machines_report_by_file() {
    let proposal = proposed(
        REGISTER,
        &[
            &[T("Mã máy"), T("Đơn vị"), T("Loại"), T("Cách báo cáo")],
            &[T("m-1"), T("so"), T("PC"), T("tệp")],
            &[T("m-2"), T("so"), T("PC"), T("")],
            &[T("m-3"), T("phong"), T("Máy chủ"), T("thư")],
        ],
    );
    let [changed] = &proposal.import.changed[..] else { panic!("{:?}", proposal.import.changed) };
    let fields: Vec<_> = changed.fields.iter().map(|one| (&*one.field, &*one.after)).collect();
    assert_eq!((&*changed.id, fields), ("m-1", vec![("reports", "file")]));
    let [refused] = &proposal.import.refused[..] else { panic!("{:?}", proposal.import.refused) };
    assert_eq!((refused.row, refused.column.as_deref()), (4, Some("D")));
    assert!(refused.remedy.vi.contains("tệp"), "{refused:?}");
}

/// Serial number of one and tag of the other; a host name alone; a host name with other hardware.
const UNCLEAR: &[&[Put]] = &[
    HEAD,
    &[N(1.0), T(""), T("so"), T("PC"), T("S1"), T("T2")],
    &[N(2.0), T(""), T("phong"), T("Máy chủ"), T("S9"), T(""), T("SRV")],
    &[N(3.0), T(""), T("so"), T("PC"), T("S5"), T(""), T("pc-1")],
];

#[test]
fn what_could_be_two_machines_is_listed_with_both_and_nothing_is_written() {
    let proposal = proposed(REGISTER, UNCLEAR);
    let unclear: Vec<_> = proposal
        .import
        .ambiguous
        .iter()
        .map(|one| {
            (one.row, one.candidates.iter().map(|one| (&*one.id, one.by)).collect::<Vec<_>>())
        })
        .collect();
    assert_eq!(
        unclear,
        [(2, vec![("m-1", By::Serial), ("m-2", By::AssetTag)]), (3, vec![("m-3", By::HostName)]),]
    );
    assert_eq!(proposal.import.added[0].like.as_deref(), Some("m-1"));
    assert_eq!(proposal.text, None);
}

#[test]
fn what_is_clear_is_written_when_the_officer_says_so() {
    let wishes = Wishes { skip_ambiguous: true, ..wishes() };
    let proposal = imported(REGISTER, "a.xlsx", xlsx(UNCLEAR), &wishes).unwrap();
    let rows = rows_after(&proposal);
    assert_eq!(rows.len(), 5);
    assert_eq!(rows[4], "so-001,so,workstation,,S5,,pc-1,2026-01-01,");
}

#[test]
fn only_rows_of_the_sheets_units_end_and_none_that_an_unclear_row_could_be() {
    let sheet: &[&[Put]] = &[
        HEAD,
        &[N(1.0), T(""), T("so"), T("PC"), T("S5")],
        &[N(2.0), T(""), T("so"), T("PC"), T(""), T(""), T("pc-2")],
    ];
    let until_missing = Some(date(2026, 11, 30));
    let ended = |wishes: &Wishes| {
        let proposal = imported(REGISTER, "a.xlsx", xlsx(sheet), wishes).unwrap();
        let ended = proposal.import.ended.iter().map(|one| one.id.clone()).collect::<Vec<_>>();
        (ended, proposal.import.missing.clone(), proposal.text)
    };
    let asked = Wishes { until_missing, skip_ambiguous: true, ..wishes() };
    let (names, missing, text) = ended(&asked);
    assert_eq!((names, missing), (vec!["m-1".to_owned()], vec![]));
    assert!(text.unwrap().contains("m-1,so,workstation,lan,S1,T1,pc-1,2025-01-01,2026-11-30\n"));
    let (names, missing, _) = ended(&Wishes { skip_ambiguous: true, ..wishes() });
    assert_eq!((names, missing), (vec![], vec!["m-1".to_owned()]), "only when the officer asks");
}

#[test]
fn two_rows_of_the_sheet_for_one_machine_are_both_refused() {
    let proposal = proposed(
        REGISTER,
        &[
            HEAD,
            &[N(1.0), T(""), T("so"), T("PC"), T("S8")],
            &[N(2.0), T(""), T("so"), T("PC"), T("s8")],
            &[N(3.0), T(""), T("so"), T("PC"), T("S1")],
            &[N(4.0), T(""), T("so"), T("PC"), T(""), T("T1")],
        ],
    );
    let said: Vec<_> =
        proposal.import.refused.iter().map(|one| (one.row, &*one.message.en)).collect();
    assert_eq!(
        said,
        [
            (2, "the serial number S8 stands in several rows: 2, 3"),
            (3, "the serial number S8 stands in several rows: 2, 3"),
            (4, "the rows 4, 5 all are the machine m-1"),
            (5, "the rows 4, 5 all are the machine m-1"),
        ]
    );
}

#[test]
fn an_id_is_the_sheets_own_or_the_tag_or_the_units_next_number_and_never_returns() {
    let register = format!("{REGISTER}so-001,so,server,,,,old,2020-01-01,2021-01-01\n");
    let proposal = proposed(
        &register,
        &[
            HEAD,
            &[N(1.0), T("STP/Máy 12"), T("so"), T("PC"), T("S10")],
            &[N(2.0), T(""), T("so"), T("PC"), T("S11"), T("Tài sản 5")],
            &[N(3.0), T(""), T("so"), T("PC"), T("S12")],
            &[N(4.0), T(""), T("so"), T("PC"), T("S4")],
        ],
    );
    let ids: Vec<_> = proposal.import.added.iter().map(|one| &*one.id).collect();
    assert_eq!(ids, ["stp-may-12", "tai-san-5", "so-002", "so-003"], "hardware may come back");
    let returning =
        proposed(&register, &[HEAD, &[N(1.0), T("so-001"), T("so"), T("PC"), T("S13")]]);
    assert_eq!(
        returning.import.refused[0].message.en,
        "the id so-001 is that of a machine that has ended"
    );
}

#[test]
fn a_register_that_would_not_load_is_not_written() {
    let sheet: &[&[Put]] =
        &[HEAD, &[N(1.0), T(""), T("so"), T("PC"), T("S4"), T(""), T(""), T("01/06/2025")]];
    let said = imported(REGISTER, "a.xlsx", xlsx(sheet), &wishes()).unwrap_err();
    assert!(said.contains("`S4` already belongs to the machine `m-4`"), "{said}");
}

#[test]
fn a_file_that_cannot_be_read_or_is_not_clear_says_what_to_do() {
    let error = |name: &str, bytes: Vec<u8>, wishes: &Wishes| {
        imported("", name, bytes, wishes).unwrap_err()
    };
    let one: &[&[Put]] = &[HEAD, &[N(1.0), T("x"), T("so"), T("PC"), T("S1")]];
    let none: &[&[Put]] = &[&[T("Họ tên"), T("Chức vụ")]];
    let two = book(&[("A", one), ("B", none), ("C", one)], &[]);
    assert_eq!(
        error("a.xlsx", two.clone(), &wishes()),
        "several sheets hold a list of machines: A, C; choose one with --sheet"
    );
    let of_sheet = |name: &str| Wishes { sheet: Some(name.to_owned()), ..wishes() };
    assert!(error("a.xlsx", two.clone(), &of_sheet("D")).ends_with("it has: A, B, C"));
    assert!(error("a.xlsx", two.clone(), &of_sheet("B")).starts_with("no row of B has"));
    assert!(imported("", "a.xlsx", two, &of_sheet("C")).is_ok());
    let twice: &[&[Put]] = &[&[T("Đơn vị"), T("Bộ phận"), T("Loại"), T("Tên máy")]];
    assert!(
        error("a.xlsx", xlsx(twice), &wishes()).starts_with("columns A (Đơn vị) and B (Bộ phận)")
    );
    let without: &[&[Put]] = &[&[T("Đơn vị"), T("Tên máy")], &[T("so"), T("a")]];
    assert!(error("a.xlsx", xlsx(without), &wishes()).contains("no column for kind"));
    let kind = Some(MachineKind::Server);
    let given = imported("", "a.xlsx", xlsx(without), &Wishes { kind, ..wishes() }).unwrap();
    assert_eq!(rows_after(&given), ["so-001,so,server,,,,a,2026-01-01,"]);
    assert!(error("a.xlsx", b"PK\x03\x04 no book".to_vec(), &wishes()).contains("no spreadsheet"));
    let cp1258 = b"T\xEAn m\xE1y;Lo\xE1i\n".to_vec();
    assert!(error("a.csv", cp1258, &wishes()).starts_with("line 1 is not UTF-8"));
    let utf16: Vec<u8> = "\u{FEFF}id;unit\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(error("a.csv", utf16, &wishes()).starts_with("the file is UTF-16"));
}

#[test]
fn a_csv_is_read_whatever_separates_its_cells() {
    let csv = "\u{FEFF}DANH SÁCH MÁY;;;\r\nTên máy;Đơn vị;Loại;Số seri\r\n\
               \"vp;\n01\";Sở;máy trạm;\"1,23\"\r\n;;;\r\n";
    let tabs = csv.replace(';', "\t");
    for text in [csv.to_owned(), tabs] {
        let proposal = imported("", "a.CSV", text.into_bytes(), &wishes()).unwrap();
        let import = &proposal.import;
        assert_eq!((import.rows, import.header_row), (1, 2));
        let row = rows_after(&proposal)[0].to_owned();
        assert!(row.starts_with("so-001,so,workstation,,\"1,23\",,"), "{row}");
    }
}

/// Register rows of which every text can be told from the others.
fn some_rows() -> impl Strategy<Value = String> {
    let cell = |stem: &'static str| prop_oneof![Just(""), Just(stem)];
    let row = (cell("S-"), cell("=T"), cell("máy "), prop::bool::ANY, cell("lan"), 0_u8..3);
    prop::collection::vec(row, 1..8).prop_map(|rows| {
        let row =
            |(n, (serial, tag, host, server, system, end)): (usize, &(_, _, _, bool, _, u8))| {
                let of = |stem: &&str| {
                    if stem.is_empty() { String::new() } else { format!("{stem}{n}") }
                };
                let kind = if *server { "server" } else { "workstation" };
                let [serial, tag, host] = [serial, tag, host].map(of);
                let row = |id: &str, term: &str| {
                    format!("m-{n}{id},phong,{kind},{system},{serial},{tag},{host},{term}\n")
                };
                match end {
                    0 => row("", "2025-01-01,"),
                    1 => row("", "2025-01-01,2027-03-01"),
                    // Hardware that has moved on to another row.
                    _ => row("", "2025-01-01,2025-03-01") + &row("b", "2025-03-02,"),
                }
            };
        rows.iter().enumerate().map(row).collect()
    })
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn importing_what_was_exported_changes_nothing(rows in some_rows()) {
        let csv = format!("id,unit,kind,systems,serial,asset_tag,host_name,from,until\n{rows}");
        let Proposal { import, text } =
            imported(&rows, "machines.csv", csv.into_bytes(), &wishes()).unwrap();
        prop_assert_eq!(text, None);
        prop_assert_eq!(import.unchanged, import.rows);
        prop_assert_eq!((import.refused.len(), import.missing.len()), (0, 0));
    }

    #[test]
    fn importing_twice_adds_nothing(rows in some_rows()) {
        let cells = rows.lines().map(|row| row.split_once(',').unwrap().1);
        let named = cells.filter(|row| !row.contains(",,,,"));
        let csv: String = named.map(|row| format!("{row}\n")).collect();
        let csv = format!("unit,kind,systems,serial,asset_tag,host_name,from,until\n{csv}");
        let first = imported("", "a.csv", csv.clone().into_bytes(), &wishes()).unwrap();
        prop_assert_eq!(&first.import.refused, &vec![]);
        let Some(text) = first.text else { return Ok(()) };
        let after: String = text.lines().skip(1).map(|line| format!("{line}\n")).collect();
        let second = imported(&after, "a.csv", csv.into_bytes(), &wishes()).unwrap();
        prop_assert_eq!(second.import.added, vec![]);
        prop_assert_eq!(second.import.changed, vec![]);
        prop_assert_eq!(second.text, None);
    }
}
