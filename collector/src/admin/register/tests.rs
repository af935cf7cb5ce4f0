//! The register beside machines that say this and that of themselves.

use report::Topic;

use super::*;
use crate::fleet::Fleet;
use crate::machine::Machine;
use crate::policy::fixtures::{NOW, good_machine, known, observe, set, text};

const ROWS: &str = "m-1,so,workstation,lan,S1,T1,pc-1,2025-01-01,\n\
                    m-2,phong,workstation,lan,S2,T2,pc-2,2025-01-01,\n\
                    m-3,so,server,lan,,,srv,2025-01-01,\n\
                    m-4,so,server,lan,S4,,old,2020-01-01,2025-01-01\n";

/// A machine that says this of itself: serial number, asset tag, host name.
fn says(number: u8, row: Option<&str>, said: [&str; 3]) -> Machine {
    let mut machine = good_machine(number, row);
    let keys = ["machine.serial", "machine.asset_tag", "machine.host_name"];
    let facts: Vec<_> = keys
        .into_iter()
        .zip(said)
        .filter(|(_, said)| !said.is_empty())
        .map(|(key, said)| (key, known(text(said))))
        .collect();
    observe(&mut machine, Topic::Machine, NOW, &facts);
    machine
}

fn matched(machines: Vec<Machine>) -> Matching {
    matching(&Live::new(Arc::new(set(ROWS, &[])), Fleet::new(machines), NOW))
}

/// What is said of the only machine outside the register.
fn outsider(others: Vec<Machine>, said: [&str; 3]) -> Outsider {
    let machines = others.into_iter().chain([says(9, None, said)]).collect();
    let matching = matched(machines);
    assert_eq!(matching.outside.len(), 1);
    matching.outside.into_iter().next().unwrap()
}

fn candidates(one: &Outsider) -> Vec<(&str, By)> {
    one.candidates.iter().map(|one| (&*one.id, one.by)).collect()
}

#[test]
fn a_serial_number_is_certain_and_comes_before_an_asset_tag() {
    let by_serial = outsider(vec![], [" s1", "", "pc-2"]);
    assert_eq!(by_serial.finding, OutsiderFinding::Certain);
    assert_eq!(candidates(&by_serial), [("m-1", By::Serial)]);
    assert!(by_serial.remedy.en.contains("token create --machine m-1"));
    let by_tag = outsider(vec![], ["S9", "t2", ""]);
    assert_eq!(candidates(&by_tag), [("m-2", By::AssetTag)]);
    assert_eq!(by_tag.finding, OutsiderFinding::Certain);
}

#[test]
fn a_row_that_another_machine_speaks_for_is_not_offered_as_free() {
    let other = says(1, Some("m-1"), ["S1", "", ""]);
    let one = outsider(vec![other], ["S1", "", ""]);
    assert_eq!(one.finding, OutsiderFinding::Taken);
}

#[test]
fn two_rows_are_both_named_and_a_host_name_only_suggests() {
    let two = outsider(vec![], ["S1", "T2", ""]);
    assert_eq!(two.finding, OutsiderFinding::Ambiguous);
    assert_eq!(candidates(&two), [("m-1", By::Serial), ("m-2", By::AssetTag)]);
    let named = outsider(vec![], ["To be filled by O.E.M.", "", "SRV"]);
    assert_eq!(named.finding, OutsiderFinding::Suggested);
    assert_eq!(candidates(&named), [("m-3", By::HostName)]);
    assert_eq!(named.junk, ["To be filled by O.E.M."]);
    assert!(two.line.is_none() && named.line.is_none(), "nothing to add before that is clear");
}

#[test]
fn a_machine_that_is_nobodys_comes_with_the_line_that_adds_it() {
    let stranger = outsider(vec![], ["S4", "None", "=pc"]);
    assert_eq!(stranger.finding, OutsiderFinding::Unknown, "the row with its serial has ended");
    assert_eq!(stranger.line.as_deref(), Some("pc,so,workstation,,S4,,'=pc,2026-11-22,"));
    let line = stranger.line.unwrap();
    let set = set(&format!("{ROWS}{line}\n"), &[]);
    assert_eq!(set.register.machines.get("pc").unwrap().host_name, Some("=pc"));
}

#[test]
fn rows_without_a_machine_are_listed_with_what_would_bind_one() {
    let matching = matched(vec![says(1, Some("m-1"), ["S1", "T1", "pc-1"])]);
    let unclaimed: Vec<_> = matching.unclaimed.iter().map(|one| &*one.id).collect();
    assert_eq!(unclaimed, ["m-2", "m-3"], "a row that has ended waits for nobody");
    assert_eq!(matching.unclaimed[0].marks.serial.as_deref(), Some("S2"));
    assert!(matching.outside.is_empty() && matching.differing.is_empty());
    assert!(!matching.is_clean());
}

#[test]
fn a_row_whose_machine_says_something_else_is_shown_with_both() {
    let matching = matched(vec![
        says(1, Some("m-1"), ["S2", "", "pc-one"]),
        says(2, Some("m-2"), ["s2", "T2", "PC-2"]),
        says(3, Some("m-3"), ["S3", "Default string", ""]),
    ]);
    let differing: Vec<_> = matching
        .differing
        .iter()
        .map(|one| {
            (&*one.id, one.by, one.register.as_deref(), &*one.machine, one.elsewhere.as_deref())
        })
        .collect();
    assert_eq!(
        differing,
        [
            ("m-1", By::Serial, Some("S1"), "S2", Some("m-2")),
            ("m-1", By::HostName, Some("pc-1"), "pc-one", None),
            ("m-3", By::Serial, None, "S3", None),
        ],
        "case does not matter, and junk is no difference"
    );
}
