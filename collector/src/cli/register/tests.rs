//! What an import leaves on the disk.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::policy::starter::starter_files;

/// A policies folder with a unit and no machine, and a sheet beside it.
struct Office(tempfile::TempDir);

impl Office {
    fn new(sheet: &str) -> Self {
        let office = Self(tempfile::tempdir().unwrap());
        for (path, text) in starter_files() {
            let path = office.policies().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let unit = "[[unit]]\nid = \"so\"\nname = { vi = \"Sở\", en = \"Department\" }\n";
        fs::write(office.policies().join("register/units.toml"), unit).unwrap();
        fs::set_permissions(office.register(), fs::Permissions::from_mode(0o640)).unwrap();
        office.put(sheet);
        office
    }

    fn policies(&self) -> PathBuf {
        self.0.path().join("policies")
    }

    fn register(&self) -> PathBuf {
        self.policies().join(machines::FILE)
    }

    fn put(&self, sheet: &str) {
        fs::write(self.0.path().join("a.csv"), sheet).unwrap();
    }

    fn text(&self) -> String {
        files::read_bounded(&self.register(), 1 << 20).unwrap()
    }

    fn import(&self, write: bool) -> u8 {
        let args = ImportArgs {
            file: self.0.path().join("a.csv"),
            sheet: None,
            into: Some(self.policies()),
            unit: None,
            kind: None,
            from: day("1/2/2026").ok(),
            until_missing: None,
            skip_ambiguous: false,
            write,
            json: false,
            config: ConfigArg { config: PathBuf::new() },
        };
        import(args, Lang::Vi).unwrap()
    }
}

const SHEET: &str = "Đơn vị,Loại,Số seri\nSở,máy trạm,S1\n";

#[test]
fn an_import_is_written_once_with_the_rights_the_file_had() {
    let office = Office::new(SHEET);
    let before = office.text();
    assert_eq!(office.import(false), FINE);
    assert_eq!(office.text(), before, "an edit is seen before it is made");
    assert_eq!(office.import(true), FINE);
    assert_eq!(office.text(), format!("{before}so-001,so,workstation,,S1,,,2026-02-01,\n"));
    let mode = fs::metadata(office.register()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    let written = office.text();
    assert_eq!(office.import(true), FINE);
    assert_eq!(office.text(), written);
}

#[test]
fn a_sheet_with_one_bad_row_is_a_finding_and_writes_nothing() {
    let office = Office::new(&format!("{SHEET}Sở,máy in,S2\n"));
    let before = office.text();
    assert_eq!(office.import(true), FINDING);
    assert_eq!(office.text(), before);
}

#[test]
fn a_row_with_a_mark_that_was_passed_over_is_a_finding() {
    let office = Office::new("STT,Đơn vị,Loại,Số seri\n1,Sở,máy trạm,S1\nTổng cộng,,,1\n");
    assert_eq!(office.import(true), FINDING);
    assert!(office.text().ends_with("so-001,so,workstation,,S1,,,2026-02-01,\n"));
}

#[test]
fn what_somebody_else_has_written_meanwhile_is_not_lost() {
    let office = Office::new(SHEET);
    let (read, _) = read(&office.policies()).unwrap();
    let other = office.text() + "x,so,server,,,,,2026-01-01,\n";
    fs::write(office.register(), &other).unwrap();
    let refused = write(&office.policies(), &read, "id\n").unwrap_err();
    assert!(refused.to_string().contains("has changed meanwhile"), "{refused}");
    assert_eq!(office.text(), other);
}

#[test]
fn a_folder_with_a_mistake_is_an_error_and_a_register_to_look_at_a_finding() {
    let office = Office::new(SHEET);
    let args = ReadArgs { config: ConfigArg { config: PathBuf::new() }, json: true };
    let check = || check_folder(Some(&office.policies()), &args, Lang::En).unwrap();
    assert_eq!(check(), FINDING, "the unit has no machine");
    office.import(true);
    assert_eq!(check(), FINDING, "the machine has no system");
    let row = "id,unit,kind,serial,from,systems\nso-001,so,server,S1,2026-01-01,lan\n";
    fs::write(office.register(), row).unwrap();
    assert_eq!(check(), ERROR, "the system does not exist");
}
