//! Machines that nobody looks at: how many there are, and what is attested of them.

use jiff::civil::date;

use super::*;
use crate::policy::fixtures::{folder, set};
use crate::policy::{PolicySet, load};

fn group(unit: &str, kind: &str, heads: u32, rest: &str) -> String {
    format!(
        "[[declared]]\nunit = \"{unit}\"\nkind = \"{kind}\"\nheads = {heads}\nfrom = 2025-01-01\n\
         {rest}\n"
    )
}

fn attestation(on: &str, rest: &str) -> String {
    format!("[[declared.attestation]]\nby = \"Chánh Văn phòng\"\non = {on}\n{rest}\n")
}

fn set_with(declared: &str) -> PolicySet {
    set("", &[(FILE, declared)])
}

/// Counts by the ids of their units.
fn by_unit(set: &PolicySet, counts: BTreeMap<UnitIndex, u64>) -> Vec<(&str, u64)> {
    let name = |(unit, count)| (set.register.units.at(unit).id.as_str(), count);
    counts.into_iter().map(name).collect()
}

#[test]
fn declared_machines_are_counted_in_their_time() {
    let text = group("so", "workstation", 3, "until = 2026-10-31")
        + &group("so", "server", 1, "")
        + &group("phong", "workstation", 2, "");
    let set = set_with(&text);
    let heads = |on| by_unit(&set, set.register.declared.heads(on));
    assert_eq!(heads(date(2024, 12, 31)), []);
    assert_eq!(heads(date(2026, 10, 31)), [("phong", 2), ("so", 4)]);
    assert_eq!(heads(date(2026, 11, 1)), [("phong", 2), ("so", 1)]);
}

#[test]
fn an_attestation_is_good_for_six_months_and_for_the_targets_it_names() {
    let met = "met = { \"antivirus-licensed\" = 2 }";
    let text = group("so", "workstation", 3, &attestation("2026-03-31", met))
        + &group("phong", "workstation", 2, "");
    let set = set_with(&text);
    let attested = |target, on| by_unit(&set, set.register.declared.attested(target, on));
    let licensed = |on| attested("antivirus-licensed", on);
    assert_eq!(licensed(date(2026, 3, 30)), []);
    assert_eq!(licensed(date(2026, 3, 31)), [("so", 2)]);
    assert_eq!(licensed(date(2026, 9, 29)), [("so", 2)]);
    assert_eq!(licensed(date(2026, 9, 30)), [], "six months after the day it was given");
    assert_eq!(attested("machines-protected", date(2026, 3, 31)), []);
}

#[test]
fn the_last_attestation_stands_also_where_it_says_less() {
    let text = group("so", "workstation", 3, "")
        + &attestation("2026-06-01", "met = { \"antivirus-licensed\" = 3 }")
        + &attestation("2026-08-01", "until = 2026-08-31\nmet = { \"antivirus-licensed\" = 0 }");
    let set = set_with(&text);
    let licensed = |on| by_unit(&set, set.register.declared.attested("antivirus-licensed", on));
    assert_eq!(licensed(date(2026, 7, 31)), [("so", 3)]);
    assert_eq!(licensed(date(2026, 8, 1)), [("so", 0)]);
    assert_eq!(licensed(date(2026, 9, 1)), [("so", 3)], "the first is still good");
}

#[test]
fn every_slip_in_what_is_declared_is_shown_at_its_place() {
    let attested = |on: &str, rest: &str| group("so", "workstation", 3, &attestation(on, rest));
    let met = |met| attested("2026-06-01", &format!("met = {{ {met} }}"));
    for (text, message) in [
        (group("sa", "workstation", 3, ""), "2:8: unknown unit `sa`"),
        (group("so", "laptop", 3, ""), "3:8: unknown word `laptop`"),
        (group("so", "server", 0, ""), "4:9: expected a whole number from 1"),
        (group("so", "server", 3, "serial = \"x\""), "6:1: unknown key `serial`"),
        (
            group("so", "server", 3, "").repeat(2),
            "8:8: another entry declares machines of the kind server for this unit in this time",
        ),
        (met("\"antivirus-licensed\" = 4"), "9:32: 4 attested, of 3 declared"),
        (met("\"antivirus-licenced\" = 1"), "9:9: unknown target `antivirus-licenced`"),
        (met("\"staff-trained\" = 1"), "9:9: the target `staff-trained` counts no machines"),
        (attested("2026-06-01", ""), "6:1: the key `met` is missing"),
        (
            attested("2026-06-01", "until = 2026-12-01\nmet = {}"),
            "9:9: an attestation is good for at most 6 months",
        ),
        (
            attested("2026-06-01", "until = 2026-05-31\nmet = {}"),
            "9:9: ends on 2026-05-31, before it begins on 2026-06-01",
        ),
    ] {
        let said = load(&folder("", &[(FILE, &text)])).unwrap_err().compact();
        assert_eq!(said, format!("{FILE}:{message}\n"), "{text}");
    }
}
