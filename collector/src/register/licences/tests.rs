//! Which contract a machine takes its seat from.

use jiff::civil::date;

use super::*;
use crate::policy::fixtures::{folder, set};
use crate::policy::{PolicySet, load};

const ON: Date = date(2026, 11, 22);

/// A contract for the year 2026, with these lines in place of its own.
fn licence(id: &str, changes: &[(&str, &str)]) -> String {
    let id = format!("\"{id}\"");
    let mut lines = vec![
        ("id", id.as_str()),
        ("contract", "{ number = \"05/HĐ\", date = 2026-01-05 }"),
        ("supplier", "\"Nhà cung cấp\""),
        ("products", "[\"drweb\"]"),
        ("seats", "60"),
        ("from", "2026-01-01"),
        ("until", "2026-12-31"),
    ];
    for (key, value) in changes {
        lines.retain(|(one, _)| one != key);
        lines.push((key, value));
    }
    let lines: String = lines.iter().map(|(key, value)| format!("{key} = {value}\n")).collect();
    format!("[[licence]]\n{lines}")
}

fn set_with(licences: &str) -> PolicySet {
    set("", &[(FILE, licences)])
}

fn candidates<'s>(set: &'s PolicySet, product: &str, unit: Option<&str>, on: Date) -> Vec<&'s str> {
    let tree = set.register.units.on(on);
    let index = unit.map(|id| set.register.units.index(id).unwrap());
    let line = index.map_or(&[][..], |unit| tree.line(unit));
    let candidates = set.register.licences.candidates(product, line, on);
    candidates.into_iter().map(|licence| licence.id.as_str()).collect()
}

#[test]
fn a_contract_is_in_force_from_its_first_day_to_its_last() {
    let set = set_with(&licence("a", &[]));
    let days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 12, 31), date(2027, 1, 1)];
    assert_eq!(days.map(|on| set.register.licences.in_force(on).count()), [0, 1, 1, 0]);
    let one = set.register.licences.iter().next().unwrap();
    assert_eq!((one.seats, one.contract.number.as_str()), (60, "05/HĐ"));
}

#[test]
fn the_contract_of_the_own_unit_is_asked_before_that_of_a_unit_above() {
    let set = set_with(
        &[
            licence("for-all", &[("until", "2027-06-30")]),
            licence("so", &[("units", "[\"so\"]"), ("until", "2027-05-31")]),
            licence("phong-b", &[("units", "[\"phong\"]")]),
            licence("phong-a", &[("units", "[\"phong\"]")]),
            licence("phong-long", &[("units", "[\"so\", \"phong\"]"), ("until", "2027-01-31")]),
            licence("other", &[("products", "[\"sentinelone\"]")]),
            licence("over", &[("until", "2026-11-21")]),
        ]
        .concat(),
    );
    let phong = ["phong-long", "phong-a", "phong-b", "so", "for-all"];
    assert_eq!(candidates(&set, "drweb", Some("phong"), ON), phong);
    assert_eq!(candidates(&set, "drweb", Some("so"), ON), ["so", "phong-long", "for-all"]);
    assert_eq!(candidates(&set, "drweb", None, ON), ["for-all"]);
    assert_eq!(candidates(&set, "sentinelone", Some("phong"), ON), ["other"]);
    assert!(candidates(&set, "drweb", Some("phong"), date(2025, 1, 1)).is_empty());
}

#[test]
fn every_slip_in_a_contract_is_shown_at_its_place() {
    for (changes, message) in [
        (&[("products", "[\"drwep\"]")][..], "8:13: unknown product `drwep`"),
        (&[("products", "[\"drweb\", \"drweb\"]")], "8:22: this stands here twice"),
        (&[("products", "[]")], "8:12: an empty list stands for nothing"),
        (&[("units", "[]")], "9:9: an empty list stands for nothing"),
        (&[("units", "[\"phon\"]")], "9:10: unknown unit `phon`"),
        (&[("seats", "0")], "8:9: expected a whole number from 1"),
        (&[("seats", "4294967296")], "8:9: there are not more than 4294967295"),
        (&[("seats", "\"60\"")], "8:9: expected a whole number, found text in quotes"),
        (&[("until", "2025-12-31")], "8:9: ends on 2025-12-31, before it begins on 2026-01-01"),
        (&[("contract", "{ number = \"1\" }")], "8:12: the key `date` is missing"),
        (&[("unit", "\"so\"")], "9:1: unknown key `unit`"),
    ] {
        let text = licence("a", changes);
        let said = load(&folder("", &[(FILE, &text)])).unwrap_err().compact();
        assert_eq!(said, format!("{FILE}:{message}\n"), "{changes:?}");
    }
    let twice = licence("a", &[]).repeat(2);
    let said = load(&folder("", &[(FILE, &twice)])).unwrap_err().compact();
    assert_eq!(said, "register/licences.toml:10:6: the contract `a` stands here twice\n");
}

#[test]
fn a_faulty_catalogue_does_not_make_contracts_look_faulty() {
    let text = licence("a", &[]);
    let files = [(FILE, text.as_str()), ("catalogue/antivirus.toml", "[products]\ndrweb = 1\n")];
    let said = load(&folder("", &files)).unwrap_err().compact();
    assert!(said.lines().all(|line| line.starts_with("catalogue/antivirus.toml:")), "{said}");
}
