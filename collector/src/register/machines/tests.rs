//! A register of any size: what is found in it, what it takes, what two rows may not share.

use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::*;
use crate::policy::catalogues::Serials;
use crate::policy::problem::{Ledger, Page};
use crate::register::{Systems, Units, units};

const HEADER: &str = "id,unit,kind,systems,serial,asset_tag,host_name,from,until\n";
const UNITS: &str = "[[unit]]\nid = \"so\"\nname = { vi = \"Sở\", en = \"Department\" }\n";

/// What reading these rows gives, and what it finds wrong.
fn read_rows(rows: &str) -> (Machines, String) {
    let text = format!("{HEADER}{rows}");
    let ledger = Ledger::default();
    let units = some_units(&ledger);
    let page = Page { file: FILE, text: &text, ledger: &ledger };
    let machines =
        read(page, &units, &Systems::default(), &Serials::default(), &mut bool::default());
    (machines, ledger.problems(|_| Some(&text)).compact())
}

fn some_units(ledger: &Ledger) -> Units {
    units::read(Page { file: units::FILE, text: UNITS, ledger }, &mut bool::default())
}

fn machines(rows: &str) -> Machines {
    let (machines, problems) = read_rows(rows);
    assert_eq!(problems, "");
    machines
}

fn day(day: i8) -> Date {
    date(2026, 11, day)
}

/// A row as offices write them: 14 letters of id, 10 of serial number, 8 of tag, 12 of name.
fn office_row(number: usize) -> String {
    let mixed = number * 7919 % 1_000_000;
    format!(
        "stp-pc-{mixed:07},so,workstation,lan qlvb,SN{number:08},TS{number:06},\
         stp-vp-{mixed:05},2025-07-01,\n"
    )
}

#[test]
fn a_row_of_the_register_takes_at_most_110_bytes() {
    const ROWS: usize = 20_000;
    let machines = machines(&(0..ROWS).map(office_row).collect::<String>());
    assert_eq!(machines.len(), ROWS);
    let lists = machines.systems.iter().flatten().map(|id| size_of::<String>() + id.len());
    let units = machines.units.iter().map(|id| size_of::<String>() + id.len());
    let bytes = size_of::<Machines>()
        + size_of_val(&machines.rows[..])
        + machines.texts.len()
        + size_of_val(&machines.by_serial[..])
        + size_of_val(&machines.by_asset_tag[..])
        + size_of_val(&machines.systems[..])
        + lists.sum::<usize>()
        + units.sum::<usize>();
    let each = bytes / ROWS;
    println!("{each} bytes a row");
    assert!(each <= 110, "{each} bytes a row");
}

#[test]
fn every_cell_of_a_row_comes_back() {
    let machines = machines(
        "m-2,so,server,lan ho-tich,sn 2,TS/2,máy chủ,1/7/2025,30/6/2030\n\
         m-1,so,workstation,,,,,2025-01-01,\n",
    );
    let ids: Vec<_> = machines.iter().map(|row| row.id).collect();
    assert_eq!(ids, ["m-1", "m-2"], "by id, in whichever order they stand in the file");
    let row = machines.get("m-2").unwrap();
    assert_eq!(machines.at(row.index), row);
    assert_eq!((row.unit, row.kind), ("so", MachineKind::Server));
    assert_eq!(row.systems, ["lan", "ho-tich"]);
    assert_eq!(
        [row.serial, row.asset_tag, row.host_name],
        [Some("sn 2"), Some("TS/2"), Some("máy chủ")]
    );
    assert_eq!(row.term, Term { from: Some(date(2025, 7, 1)), until: Some(date(2030, 6, 30)) });
    let bare = machines.get("m-1").unwrap();
    assert_eq!([bare.serial, bare.asset_tag, bare.host_name], [None; 3]);
    assert_eq!(bare.term.until, None);
    assert!(bare.systems.is_empty() && machines.get("m-3").is_none());
}

/// What reading a whole file gives, and what it finds wrong.
fn read_file(text: &str) -> (Machines, String) {
    let ledger = Ledger::default();
    let units = some_units(&ledger);
    let page = Page { file: FILE, text, ledger: &ledger };
    let machines =
        read(page, &units, &Systems::default(), &Serials::default(), &mut bool::default());
    (machines, ledger.problems(|_| Some(text)).compact())
}

#[test]
fn a_row_says_how_its_machine_reports_and_none_that_says_nothing_reports_by_file() {
    let (machines, problems) = read_file(
        "id,unit,kind,from,reports\n\
         m-1,so,workstation,2026-01-01,\n\
         m-2,so,workstation,2026-01-01,Mạng\n\
         m-3,so,workstation,2026-01-01,file\n\
         m-4,so,workstation,2026-01-01,bằng tệp\n",
    );
    assert_eq!(problems, "");
    let ways: Vec<_> = machines.iter().map(|row| row.reports).collect();
    let (network, file) = (ReportsBy::Network, ReportsBy::File);
    assert_eq!(ways, [network, network, file, file]);
    assert_eq!(
        read_file("id,unit,kind,from,Cách báo cáo\nm-1,so,workstation,2026-01-01,email\n").1,
        "register/machines.csv:2:31: column reports: unknown way to report `email`\n"
    );
}

#[test]
fn a_file_that_excel_saved_in_vietnam_is_read_as_it_was_meant() {
    let decomposed = "Ma\u{303} ma\u{301}y";
    let text = format!(
        "\u{FEFF}# sample = true;;;;;;;;\r\n\"# Sổ máy tính, sao lưu\";;;;;;;;\r\n\
         {decomposed};Đơn vị;Loại;Số sê-ri;Mã tài sản;Tên máy;Từ ngày;Đến ngày;\r\n\
         m-1;so;máy trạm;\"PF3\u{A0}1\";'=TS-1;may-tra\u{323}m;31/01/2026;;\r\n\
         m-2;so;Máy chủ;;;;1/2/2026;28-02-2026;\r\n;;;;;;;;\r\n"
    );
    let with_tabs = text.replace(';', "\t");
    for text in [text, with_tabs] {
        let (machines, problems) = read_file(&text);
        assert_eq!(problems, "");
        let row = machines.get("m-1").unwrap();
        let texts = [row.serial, row.asset_tag, row.host_name];
        assert_eq!(texts, [Some("PF3 1"), Some("=TS-1"), Some("may-trạm")]);
        assert_eq!(row.term.from, Some(date(2026, 1, 31)));
        let server = machines.get("m-2").unwrap();
        assert_eq!(server.kind, MachineKind::Server);
        let term = Term { from: Some(date(2026, 2, 1)), until: Some(date(2026, 2, 28)) };
        assert_eq!(server.term, term);
    }
}

#[test]
fn what_a_spreadsheet_has_lost_for_good_is_shown_with_the_way_back() {
    let (_, problems) = read_file(
        "id;unit;kind;serial;from;;\n\
         m-1;so;server;1,23457E+11;2026-11-01;;\n\
         m-2;so;server;;01/31/2026;;x\n\
         m-3;so;máy in;;1/1/26;;\n",
    );
    assert_eq!(
        problems,
        "register/machines.csv:2:15: column serial: `1,23457E+11` is what a spreadsheet made of a \
         long number\n\
         register/machines.csv:3:16: column from: `01/31/2026` is no date\n\
         register/machines.csv:3:28: a cell beside the 5 columns of the header\n\
         register/machines.csv:4:8: column kind: unknown kind `máy in`\n\
         register/machines.csv:4:16: column from: `1/1/26` is no date\n"
    );
}

#[test]
fn a_heading_nobody_knows_and_one_that_stands_twice_are_shown() {
    let (_, problems) = read_file("Mã máy;id;Đơn vị;Loại;Từ ngày;Mµu s¾c;Người dùng\n");
    assert_eq!(
        problems,
        "register/machines.csv:1:8: the column id stands here twice\n\
         register/machines.csv:1:31: unknown column `Mµu s¾c`\n\
         register/machines.csv:1:39: unknown column `Người dùng`\n"
    );
}

#[test]
fn a_row_is_in_force_from_its_first_day_to_its_last() {
    let machines = machines("m-1,so,workstation,,,,,2026-11-02,2026-11-04\n");
    let held: Vec<_> = (1..=5).map(|on| machines.in_force(day(on)).count()).collect();
    assert_eq!(held, [0, 1, 1, 1, 0]);
}

#[test]
fn a_mark_finds_the_row_in_force_whatever_its_case() {
    let machines = machines(
        "m-1,so,workstation,,ßn-đ1,,,2026-11-01,2026-11-10\n\
         m-2,so,workstation,,SSN-Đ1,,,2026-11-11,\n\
         m-3,so,workstation,,SSN-Đ2,ssn-đ1,,2026-11-01,\n",
    );
    let known = |mark, on| {
        let marks = Marks { serial: Some(mark), asset_tag: Some(mark) };
        machines.known_by(marks, &Serials::default(), |term| term.holds(on))
    };
    let serial = |on| known(" ssn-đ1 ", on).by_serial.map(|row| row.id);
    assert_eq!([serial(day(10)), serial(day(11))], [Some("m-1"), Some("m-2")]);
    let two = known("SSN-Đ1", day(1)).two().map(|two| two.map(|row| row.id));
    assert_eq!(two, Some(["m-1", "m-3"]), "one by the serial number, one by the asset tag");
    assert_eq!(known("SSN-Đ1", day(1)).bound().map(|row| row.id), Some("m-1"));
    for mark in ["ssn", "", "xxxxx"] {
        assert_eq!(known(mark, day(11)), Known::default(), "{mark:?}");
    }
}

#[test]
fn what_two_rows_share_is_shown_at_the_later_one_in_the_order_of_the_file() {
    let (machines, problems) = read_rows(
        "m-3,so,workstation,,SN1,,,2026-11-01,\n\
         m-2,so,workstation,,SN2,TS1,,2026-11-01,\n\
         m-1,so,workstation,,sn1,\"ts1\",,2025-11-01,\n\
         m-3,so,workstation,,SN3,,,2026-11-01,\n",
    );
    assert_eq!(
        problems,
        "register/machines.csv:4:21: column serial: `sn1` already belongs to the machine `m-3`\n\
         register/machines.csv:4:25: column asset_tag: `ts1` already belongs to the machine `m-2`\n\
         register/machines.csv:5:1: column id: `m-3` stands here twice\n"
    );
    assert!(machines.is_empty(), "a register with mistakes is not used in part");
}

#[test]
fn every_row_that_has_a_mark_while_another_has_it_is_named() {
    let (_, problems) = read_rows(
        "m-1,so,server,,SN1,,,2026-01-01,2026-12-31\n\
         m-2,so,server,,SN1,,,2026-02-01,2026-02-28\n\
         m-3,so,server,,SN1,,,2026-03-01,2026-03-31\n\
         m-4,so,server,,SN1,,,2027-01-01,\n",
    );
    assert_eq!(
        problems,
        "register/machines.csv:3:16: column serial: `SN1` already belongs to the machine `m-1`\n\
         register/machines.csv:4:16: column serial: `SN1` already belongs to the machine `m-1`\n"
    );
}

#[test]
fn a_row_with_a_mistake_is_still_held_against_the_others() {
    let (_, problems) = read_rows(
        "m-1,so,workstaton,,SN1,,,2026-11-01,\n\
         m-1,so,server,,sn1,,,2026-11-01,\n\
         m-2,so,server,,sn1,,,2026-11-31,\n",
    );
    assert_eq!(
        problems,
        "register/machines.csv:2:8: column kind: unknown kind `workstaton`\n\
         register/machines.csv:3:1: column id: `m-1` stands here twice\n\
         register/machines.csv:3:16: column serial: `sn1` already belongs to the machine `m-1`\n\
         register/machines.csv:4:22: column from: `2026-11-31` is no date\n"
    );
}

#[test]
fn a_text_too_long_for_a_row_is_refused() {
    let row = |host: usize| format!("m-1,so,server,,,,{},2026-11-01,\n", "h".repeat(host));
    assert_eq!(machines(&row(255)).get("m-1").unwrap().host_name.unwrap().len(), 255);
    assert_eq!(
        read_rows(&row(256)).1,
        "register/machines.csv:2:18: column host_name: the text is longer than 255 bytes\n"
    );
}

#[test]
fn a_stray_quote_is_shown_and_takes_no_row_with_it() {
    let read = |rows: &str| {
        let text = format!("id,unit,kind,from,host_name\n{rows}");
        let ledger = Ledger::default();
        let units = some_units(&ledger);
        let page = Page { file: FILE, text: &text, ledger: &ledger };
        let (systems, serials) = (Systems::default(), Serials::default());
        let machines = read(page, &units, &systems, &serials, &mut bool::default());
        assert!(machines.is_empty(), "{rows}");
        ledger.problems(|_| Some(&text)).compact()
    };
    let row = |id: u8, host: &str| format!("m-{id},so,workstation,2026-01-01,{host}\n");
    let open = |line: u8| {
        format!("register/machines.csv:{line}:31: the quote that opens here is never closed\n")
    };
    let one = [row(1, "\"PC1"), row(2, "PC2"), row(3, "PC3")].concat();
    assert_eq!(read(&one), open(2));
    let two = [row(1, "\"PC1"), row(2, "PC2"), row(3, "\"PC3"), row(4, "PC4")].concat();
    assert_eq!(read(&two), open(2) + &open(4));
    let early = "m-1,\"so,workstation,2026-01-01,PC1\nm-2,os,workstation,2026-01-01,PC2\n";
    assert_eq!(
        read(early),
        "register/machines.csv:2:5: the quote that opens here is never closed\n\
         register/machines.csv:3:5: column unit: unknown unit `os`\n"
    );
    assert_eq!(read(&row(1, "PC\r1")), "register/machines.csv:2:31: a cell holds no line break\n");
}

#[test]
fn a_stray_quote_in_the_header_is_shown() {
    let ledger = Ledger::default();
    let text = "id,unit,\"kind,from\nm-1,so,server,2026-01-01\n";
    let page = Page { file: FILE, text, ledger: &ledger };
    let (units, systems) = (some_units(&ledger), Systems::default());
    read(page, &units, &systems, &Serials::default(), &mut bool::default());
    assert_eq!(
        ledger.problems(|_| Some(text)).compact(),
        "register/machines.csv:1:9: the quote that opens here is never closed\n"
    );
}

#[test]
fn a_message_quotes_a_long_value_by_its_beginning() {
    let long = "ở".repeat(80);
    let (_, problems) = read_rows(&format!("{long},{long},{long},{long},,,,{long},\n"));
    let cut = format!("`{}…`", "ở".repeat(60));
    assert_eq!(problems.matches(&cut).count(), 4, "{problems}");
    assert!(!problems.contains(&"ở".repeat(61)), "{problems}");
    let sixty = "a".repeat(60);
    let (_, problems) = read_rows(&format!("m-1,{sixty},server,,,,,2026-01-01,\n"));
    assert!(problems.contains(&format!("unknown unit `{sixty}`")), "{problems}");
}

#[test]
fn a_file_full_of_mistakes_is_not_read_to_its_end() {
    let rows: String = (0..5000).map(|n| format!("m-{n},so,sever,,,,,2026-11-01,\n")).collect();
    let problems = read_rows(&rows).1;
    assert_eq!(problems.lines().count(), 1001);
    let last =
        "register/machines.csv:1001:1: 1000 mistakes so far: the rest of the file was not read";
    assert!(problems.lines().any(|line| line == last), "{problems}");
}

#[test]
fn a_register_in_which_every_row_is_twice_is_refused_quickly() {
    let row = |n: usize| format!("m-{n},so,server,,SN1,,,2026-11-01,\n");
    let rows: String = (0..20_000).map(row).collect();
    assert_eq!(read_rows(&rows).1.lines().count(), 1000);
}

#[test]
fn a_reference_to_no_row_is_told_the_nearest() {
    let machines = machines(&(0..20_000).map(office_row).collect::<String>());
    let checked = |id: &str| {
        let mut said = None;
        machines.check(id, |message, help| said = Some((message, help.unwrap())));
        said
    };
    let known = machines.at(RowIndex(7_000)).id;
    assert_eq!(checked(known), None);
    let slip = format!("{known}x");
    assert_eq!(
        checked(&slip),
        Some((format!("unknown machine `{slip}`"), format!("did you mean `{known}`?")))
    );
}

#[test]
fn rows_turn_on_their_first_day_and_on_the_day_after_their_last() {
    let machines = machines(
        "m-1,so,server,,,,,2026-11-02,2026-11-04\nm-2,so,server,,,,,2026-11-05,\n\
         m-3,so,server,,,,,2026-11-02,9999-12-31\n",
    );
    let mut turns = BTreeSet::new();
    machines.turns(&mut turns);
    assert_eq!(turns.into_iter().collect::<Vec<_>>(), [day(2), day(5)]);
}

proptest! {
    /// The quick way through an order finds what comparing all pairs would find.
    #[test]
    fn a_mark_is_refused_exactly_where_two_rows_have_it_on_one_day(
        terms in prop::collection::vec((1_i8..9, 0_i8..4, prop::bool::ANY, 0_u8..2), 1..6),
    ) {
        let rows = terms.iter().enumerate().map(|(n, (from, length, open, serial))| {
            let until = if *open { String::new() } else { day(from + length).to_string() };
            format!("m-{n},so,server,,SN-{serial},,,{},{until}\n", day(*from))
        });
        let problems = read_rows(&rows.collect::<String>()).1;
        let term = |(from, length, open, _): &(i8, i8, bool, u8)| Term {
            from: Some(day(*from)),
            until: (!open).then(|| day(from + length)),
        };
        let shared = terms.iter().enumerate().any(|(n, one)| {
            terms[n + 1..].iter().any(|other| one.3 == other.3 && term(one).overlaps(term(other)))
        });
        prop_assert_eq!(problems.is_empty(), !shared, "{}", problems);
    }
}
