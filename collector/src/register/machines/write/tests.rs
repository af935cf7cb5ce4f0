//! Rows are written without touching the others.

use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::policy::fixtures::cases;
use crate::register::cells::tidied;

fn entry(id: &str, serial: Option<&str>) -> Entry {
    Entry {
        id: id.to_owned(),
        unit: "so".to_owned(),
        kind: MachineKind::Server,
        systems: vec!["lan".to_owned(), "ho-tich".to_owned()],
        serial: serial.map(str::to_owned),
        asset_tag: None,
        host_name: Some("a;b".to_owned()),
        from: Some(date(2026, 1, 2)),
        until: None,
        reports: ReportsBy::Network,
    }
}

fn edits(entries: impl IntoIterator<Item = Entry>) -> BTreeMap<String, Entry> {
    entries.into_iter().map(|entry| (entry.id.clone(), entry)).collect()
}

#[test]
fn what_nobody_changed_stays_as_it_is_written() {
    let old = "\u{FEFF}# sample = true;;;;\r\n\"# a, b\";;;;\r\nMã máy;Đơn vị;Loại;Từ ngày;;\r\n\
               m-3;so;máy chủ;1/7/2025;;\r\n\r\n# c\r\nm-1;so;\"máy trạm\";2025-01-01\r\n;;;;\r\n";
    let new = edits([entry("m-2", Some("=SN")), entry("m-3", None)]);
    assert_eq!(
        rewritten(old, &new),
        "\u{FEFF}# sample = true\r\n# a, b\r\n# c\r\n\
         Mã máy;Đơn vị;Loại;Từ ngày;systems;serial;host_name\r\n\
         m-1;so;\"máy trạm\";2025-01-01\r\n\
         m-2;so;server;2026-01-02;lan ho-tich;'=SN;\"a;b\"\r\n\
         m-3;so;server;2026-01-02;lan ho-tich;;\"a;b\"\r\n"
    );
}

#[test]
fn an_empty_file_gets_the_registers_own_columns() {
    let written = rewritten("# x\n", &edits([entry("m-1", None)]));
    assert_eq!(
        written,
        "# x\nid,unit,kind,systems,serial,asset_tag,host_name,from,until\n\
         m-1,so,server,lan ho-tich,,,\"a;b\",2026-01-02,\n"
    );
    assert_eq!(entry("m-1", None).line(), written.lines().last().unwrap());
}

#[test]
fn a_file_without_machines_that_report_by_file_gets_the_column_with_its_first_one() {
    let by_file = Entry { reports: ReportsBy::File, ..entry("m-2", None) };
    let old = "id,unit,kind,from\nm-1,so,server,2026-01-02\n";
    assert_eq!(
        rewritten(old, &edits([by_file.clone()])),
        "id,unit,kind,from,systems,host_name,reports\n\
         m-1,so,server,2026-01-02\n\
         m-2,so,server,2026-01-02,lan ho-tich,\"a;b\",file\n"
    );
    let anew = rewritten("", &edits([by_file.clone()]));
    assert!(anew.starts_with("id,") && anew.contains(",until,reports\n"), "{anew}");
    assert_eq!(by_file.line(), anew.lines().last().unwrap());
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn a_guarded_cell_never_calculates_and_comes_back(text in "[=+@a,;\"' #-]{0,6}") {
        let meant = tidied(&text).into_owned();
        let line = format!("id,x\n{},y\n", guarded(&meant));
        let cell = Records::of(&line).nth(1).map(|cells| cells[0].text.clone().into_owned());
        // As another program reads it.
        let mut reader = csv::ReaderBuilder::new().from_reader(line.as_bytes());
        let record = reader.records().next().unwrap().unwrap();
        prop_assert!(!record[0].starts_with(CALCULATES), "{:?}", &record[0]);
        if !meant.is_empty() && !meant.starts_with('#') {
            prop_assert_eq!(cell, Some(meant));
        }
    }
}
