//! Which machines a decision excuses, from what, and when.

use jiff::civil::date;

use super::*;
use crate::policy::fixtures::{folder, set};
use crate::policy::{PolicySet, load};

/// Machines of a unit, of the unit below it, and one that joins later.
const ROWS: &str = "m-1,so,workstation,,,,,2025-01-01,\n\
                    m-2,phong,workstation,,,,,2025-01-01,\n\
                    m-3,phong,workstation,,,,,2026-11-02,\n\
                    m-4,phong,workstation,,,,,2025-01-01,2026-10-31\n";

const RULE: &str = "os-supported";

/// A waiver from 1 November 2026 to the end of the year, with this in place of its lines.
fn waiver(changes: &[(&str, &str)]) -> String {
    let mut lines = vec![
        ("id", "\"w-1\""),
        ("rule", "\"os-supported\""),
        ("machines", "[\"m-1\"]"),
        ("decision", "{ number = \"1/QĐ\", date = 2026-10-20 }"),
        ("approver", "\"Giám đốc\""),
        ("reason", "\"chờ thay máy\""),
        ("from", "2026-11-01"),
        ("until", "2026-12-31"),
    ];
    for (key, value) in changes {
        lines.retain(|(one, _)| one != key);
        lines.push((key, value));
    }
    let lines = lines.iter().filter(|(_, value)| !value.is_empty());
    let lines: String = lines.map(|(key, value)| format!("{key} = {value}\n")).collect();
    format!("[[waiver]]\n{lines}")
}

fn set_with(waivers: &str) -> PolicySet {
    set(ROWS, &[(FILE, waivers)])
}

fn problems(waivers: &str) -> String {
    load(&folder(ROWS, &[(FILE, waivers)])).unwrap_err().compact()
}

/// The ids of the rows that are excused from [`RULE`] on a day, asked in both ways.
fn excused(set: &PolicySet, on: Date) -> Vec<&str> {
    let register = &set.register;
    let waived = register.waivers.on(on, &register.machines);
    let number = set.rules.iter().position(|rule| rule.id == RULE).unwrap();
    let rows = register.machines.iter().filter(|row| {
        let pair = waived.of_row(row.index).iter().find(|pair| pair.rule as usize == number);
        let by_number = pair.map(|pair| &register.waivers.at(pair.waiver).unwrap().id);
        let covering = register.waivers.covering(RULE, *row, on);
        assert_eq!(by_number, covering.map(|waiver| &waiver.id), "{}", row.id);
        covering.is_some()
    });
    rows.map(|row| row.id).collect()
}

#[test]
fn a_waiver_is_for_the_machines_it_names_from_its_first_day_to_its_last() {
    let set = set_with(&waiver(&[]));
    let days = [date(2026, 10, 31), date(2026, 11, 1), date(2026, 12, 31), date(2027, 1, 1)];
    assert_eq!(days.map(|day| excused(&set, day).len()), [0, 1, 1, 0]);
    assert_eq!(excused(&set, days[1]), ["m-1"]);
    let one = set.register.waivers.iter().next().unwrap();
    assert_eq!((one.approver.as_str(), one.reason.en.as_str()), ("Giám đốc", "chờ thay máy"));
    assert_eq!(one.decision.number, "1/QĐ");
    let row = set.register.machines.get("m-1").unwrap();
    let other = set.register.waivers.covering("antivirus-realtime", row, days[1]);
    assert!(other.is_none(), "a waiver is for one rule");
}

#[test]
fn a_waiver_for_a_unit_is_for_those_registered_on_its_first_day_there_and_below() {
    let unit = |unit| waiver(&[("machines", ""), ("unit", unit)]);
    let on = date(2026, 11, 20);
    assert_eq!(excused(&set_with(&unit("\"so\"")), on), ["m-1", "m-2"]);
    assert_eq!(excused(&set_with(&unit("\"phong\"")), on), ["m-2"]);
}

#[test]
fn a_waiver_for_a_unit_goes_by_the_tree_of_its_first_day() {
    let units = "[[unit]]\nid = \"so\"\nname = { vi = \"a\", en = \"a\" }\n\
                 [[unit]]\nid = \"phong\"\nname = { vi = \"a\", en = \"a\" }\n\
                 placed = [{ under = \"so\", until = 2026-11-10 }]\n";
    let text = waiver(&[("machines", ""), ("unit", "\"so\"")]);
    let set = set(ROWS, &[(FILE, &text), ("register/units.toml", units)]);
    assert_eq!(excused(&set, date(2026, 11, 9)), ["m-1", "m-2"]);
    assert_eq!(excused(&set, date(2026, 11, 20)), ["m-1", "m-2"], "a move changes no decision");
}

#[test]
fn of_several_waivers_the_one_that_lasts_longest_is_shown() {
    let short = waiver(&[]);
    let long = waiver(&[("id", "\"w-2\""), ("until", "2027-01-31")]);
    let unit = waiver(&[("id", "\"w-3\""), ("machines", ""), ("unit", "\"so\"")]);
    let set = set_with(&format!("{short}{unit}{long}"));
    let shown = |id: &str, on| {
        let row = set.register.machines.get(id).unwrap();
        set.register.waivers.covering(RULE, row, on).map(|waiver| waiver.id.as_str())
    };
    let on = date(2026, 11, 20);
    assert_eq!(excused(&set, on), ["m-1", "m-2"]);
    assert_eq!([shown("m-1", on), shown("m-2", on)], [Some("w-2"), Some("w-3")]);
    assert_eq!(set.register.waivers.in_force(date(2027, 1, 15)).count(), 1);
}

#[test]
fn a_waiver_is_in_force_for_180_days_at_most() {
    let longest = set_with(&waiver(&[("until", "2027-04-29")]));
    let days = (0..400).map(|day| date(2026, 10, 1).saturating_add(day.days()));
    assert_eq!(days.filter(|day| !excused(&longest, *day).is_empty()).count(), 180);
    let problems = load(&folder(ROWS, &[(FILE, &waiver(&[("until", "2027-04-30")]))])).unwrap_err();
    let problem = problems.iter().next().unwrap();
    assert_eq!(problem.message, "a waiver lasts at most 180 days");
    assert_eq!(
        problem.help.as_deref(),
        Some("one from 2026-11-01 ends on 2027-04-29 at the latest")
    );
}

#[test]
fn every_slip_in_a_waiver_is_shown_at_its_place() {
    let minor = [(
        "rules/r0.toml",
        crate::policy::fixtures::rule("r0", "minor", "[require]\n\"machine.level\" = 2\n"),
    )];
    let fixed = [(
        "rules/r1.toml",
        crate::policy::fixtures::rule(
            "r1",
            "critical",
            "waivable = false\n[require]\n\"machine.level\" = 2\n",
        ),
    )];
    let said = |changes: &[(&str, &str)]| {
        let text = waiver(changes);
        let files = [(FILE, text.as_str()), (minor[0].0, &minor[0].1), (fixed[0].0, &fixed[0].1)];
        load(&folder(ROWS, &files)).unwrap_err().compact()
    };
    for (changes, message) in [
        (&[("rule", "\"os-suported\"")][..], "9:8: unknown rule `os-suported`"),
        (&[("rule", "\"r0\"")], "9:8: the rule `r0` is advice: there is nothing to waive"),
        (&[("rule", "\"r1\"")], "9:8: the rule `r1` allows no waiver (waivable = false)"),
        (&[("machines", "[\"m-1\", \"m-9\"]")], "9:20: unknown machine `m-9`"),
        (&[("machines", "[\"m-1\", \"m-1\"]")], "9:20: the machine `m-1` stands here twice"),
        (
            &[("machines", "[\"m-4\"]")],
            "9:13: the machine `m-4` is not in the register in this time",
        ),
        (&[("machines", "[]")], "9:12: an empty list excuses no machine"),
        (&[("machines", "")], "1:1: for whom: write `machines = [\"…\"]` or `unit = \"…\"`"),
        (&[("unit", "\"so\"")], "10:1: a waiver is for `machines` or for a `unit`, not for both"),
        (&[("machines", ""), ("unit", "\"phon\"")], "9:8: unknown unit `phon`"),
        (&[("from", "2026-10-19")], "9:8: begins before its decision of 2026-10-20"),
        (&[("until", "2026-10-31")], "9:9: ends on 2026-10-31, before it begins on 2026-11-01"),
        (&[("until", "")], "1:1: the key `until` is missing"),
        (&[("decision", "{ number = \"1/QĐ\" }")], "9:12: the key `date` is missing"),
        (&[("reason", "{ vi = \"a\" }")], "9:10: the key `en` is missing"),
        (&[("reasons", "\"a\"")], "10:1: unknown key `reasons`"),
        (&[("id", "\"W 1\"")], "9:6: `W 1` is no id"),
    ] {
        assert_eq!(said(changes), format!("{FILE}:{message}\n"), "{changes:?}");
    }
}

#[test]
fn a_waiver_stands_in_the_file_once() {
    let said = problems(&format!("{}{}", waiver(&[]), waiver(&[])));
    assert_eq!(said, "register/waivers.toml:11:6: the waiver `w-1` stands here twice\n");
}

#[test]
fn a_faulty_rule_does_not_make_waivers_look_faulty() {
    let files = [(FILE, &*waiver(&[("rule", "\"r0\"")])), ("rules/r0.toml", "id = \"r0\"\n")];
    let said = load(&folder(ROWS, &files)).unwrap_err().compact();
    assert!(said.lines().all(|line| line.starts_with("rules/r0.toml:")), "{said}");
}
