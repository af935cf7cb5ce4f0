//! What deserves a look in a register that loads.

use jiff::civil::date;

use super::*;
use crate::policy::fixtures::set;

const TODAY: Date = date(2026, 11, 22);

/// What each finding names, in English.
fn found(rows: &str, files: &[(&str, &str)]) -> Vec<(What, Vec<String>)> {
    let examined = examine(&set(rows, files).register, TODAY);
    let shown = |subject: Subject| match subject.detail {
        Some(detail) => format!("{} ({})", subject.id, detail.en),
        None => subject.id,
    };
    let each = |finding: Finding| (finding.what, finding.subjects.into_iter().map(shown).collect());
    examined.findings.into_iter().map(each).collect()
}

/// A machine of which nothing is to be said, and what the fixtures' register always says.
const GOOD: &str = "m-1,phong,workstation,lan,SN1,,,2025-01-01,\n";
const UNDETERMINED: (What, &[&str]) = (What::NoLevel, &["moi"]);

fn is_found(rows: &str, files: &[(&str, &str)], expected: &[(What, &[&str])]) {
    let owned = |(what, subjects): &(What, &[&str])| {
        (*what, subjects.iter().map(|subject| (*subject).to_owned()).collect::<Vec<_>>())
    };
    assert_eq!(found(rows, files), expected.iter().map(owned).collect::<Vec<_>>());
}

#[test]
fn machines_are_counted_in_their_own_unit_and_by_kind() {
    let rows = format!(
        "{GOOD}m-2,phong,server,lan,S2,,,2025-01-01,\nm-3,so,server,lan,S3,,,2027-01-01,\n\
         m-4,phong,workstation,lan,S4,,,2025-01-01,\n"
    );
    let declared = "[[declared]]\nunit = \"so\"\nkind = \"server\"\nheads = 4\nfrom = 2026-01-01\n";
    let examined = examine(&set(&rows, &[("register/declared.toml", declared)]).register, TODAY);
    let units: Vec<_> = examined
        .units
        .iter()
        .map(|unit| (&*unit.unit, unit.workstations, unit.servers, unit.declared))
        .collect();
    assert_eq!(units, [("phong", 2, 1, 0), ("so", 0, 0, 4)], "m-3 is not in force yet");
    assert_eq!(examined.systems, 3);
}

#[test]
fn a_good_register_says_only_that_a_level_is_not_determined() {
    is_found(GOOD, &[], &[UNDETERMINED]);
}

#[test]
fn a_machine_without_marks_or_systems_and_one_that_ends_soon_deserve_a_look() {
    let rows = format!(
        "{GOOD}m-2,so,workstation,lan,,,may,2025-01-01,\nm-3,so,server,,,TS3,,2025-01-01,\n\
         m-4,so,server,lan,S4,,,2025-01-01,2026-12-22\nm-5,so,server,lan,S5,,,2025-01-01,2026-12-23\n\
         m-6,so,server,,,,,2025-01-01,2026-11-21\n"
    );
    let expected: [(What, &[&str]); 4] = [
        (What::NoMarks, &["m-2"]),
        (What::NoSystem, &["m-3"]),
        (What::RowEnds, &["m-4 (2026-12-22)"]),
        UNDETERMINED,
    ];
    is_found(&rows, &[], &expected);
}

#[test]
fn a_unit_without_machines_is_named_unless_they_stand_below_it() {
    let units = "[[unit]]\nid = \"so\"\nname = { vi = \"a\", en = \"a\" }\n\
        [[unit]]\nid = \"phong\"\nname = { vi = \"a\", en = \"a\" }\nplaced = [{ under = \"so\" }]\n\
        [[unit]]\nid = \"trong\"\nname = { vi = \"a\", en = \"a\" }\nplaced = [{ under = \"so\" }]\n\
        [[unit]]\nid = \"cu\"\nname = { vi = \"a\", en = \"a\" }\nuntil = 2026-06-30\n\
        [[unit]]\nid = \"cu-trong\"\nname = { vi = \"a\", en = \"a\" }\nuntil = 2026-06-30\n";
    let rows = format!("{GOOD}m-2,cu,workstation,lan,S2,,,2025-01-01,\n");
    let expected: [(What, &[&str]); 3] =
        [(What::UnitEnded, &["m-2"]), (What::NoMachines, &["trong"]), UNDETERMINED];
    is_found(&rows, &[("register/units.toml", units)], &expected);
}

#[test]
fn a_date_that_was_expected_and_has_passed_is_named_with_what_was_expected() {
    let system = |id: &str, rest: &str| {
        format!(
            "[[system]]\nid = \"{id}\"\nname = {{ vi = \"a\", en = \"a\" }}\nowner = \"o\"\n\
             operator = \"o\"\nunit = \"so\"\nlegal_basis = \"ND331_2026\"\nlevel = 2\n{rest}"
        )
    };
    let systems = [
        system(
            "lan",
            "status = \"draft\"\nexpected_approval = 2026-11-21\ndeployment = \"full\"\n",
        ),
        system(
            "b",
            "status = \"draft\"\nexpected_approval = 2026-11-22\ndeployment = \"none\"\nexpected_deployment = 2026-01-01\n",
        ),
        system(
            "c",
            "status = \"draft\"\nexpected_approval = 2026-11-22\ndeployment = \"none\"\nexpected_deployment = 2026-11-22\n",
        ),
        system(
            "d",
            "status = \"draft\"\nexpected_approval = 2026-01-01\ndeployment = \"full\"\nuntil = 2026-06-30\n",
        ),
    ];
    let expected: [(What, &[&str]); 1] =
        [(What::Overdue, &["b (deployment: 2026-01-01)", "lan (approval: 2026-11-21)"])];
    is_found(GOOD, &[("register/systems.toml", &systems.concat())], &expected);
}

#[test]
fn contracts_are_held_against_the_machines_they_are_for() {
    let contract = |id: &str, seats: u32, units: &str, until: &str| {
        format!(
            "[[licence]]\nid = \"{id}\"\ncontract = {{ number = \"1\", date = 2026-01-10 }}\n\
             supplier = \"x\"\nproducts = [\"drweb\"]\nseats = {seats}\n{units}\n\
             from = 2026-02-01\nuntil = {until}\n"
        )
    };
    let rows = format!(
        "{GOOD}m-2,phong,server,lan,S2,,,2025-01-01,\nm-3,so,server,lan,S3,,,2025-01-01,\n"
    );
    let is_found = |licences: &[String], expected: &[(What, &[&str])]| {
        is_found(&rows, &[("register/licences.toml", &licences.concat())], expected);
    };
    let few: (What, &[&str]) = (What::FewSeats, &["a (1 seats for 2 machines)"]);
    is_found(&[contract("a", 1, "units = [\"phong\"]", "2027-12-31")], &[UNDETERMINED, few]);
    is_found(&[contract("a", 2, "units = [\"phong\"]", "2027-12-31")], &[UNDETERMINED]);
    let shared =
        [contract("a", 1, "units = [\"phong\"]", "2027-12-31"), contract("b", 2, "", "2027-12-31")];
    is_found(&shared, &[UNDETERMINED]);
    let both_few = [contract("a", 1, "", "2027-12-31"), contract("b", 1, "", "2027-12-31")];
    let few: (What, &[&str]) = (
        What::FewSeats,
        &[
            "a (1 seats and 1 of sharing contracts, for 3 machines)",
            "b (1 seats and 1 of sharing contracts, for 3 machines)",
        ],
    );
    is_found(&both_few, &[UNDETERMINED, few]);
    let ends: (What, &[&str]) = (What::ContractEnds, &["a (2026-12-01)"]);
    is_found(&[contract("a", 9, "", "2026-12-01")], &[UNDETERMINED, ends]);
}

#[test]
fn a_waiver_that_ends_within_thirty_days_is_named() {
    let waiver = |id: &str, until: &str| {
        format!(
            "[[waiver]]\nid = \"{id}\"\nrule = \"os-supported\"\nmachines = [\"m-1\"]\n\
             decision = {{ number = \"1\", date = 2026-09-01 }}\napprover = \"x\"\nreason = \"x\"\n\
             from = 2026-09-02\nuntil = {until}\n"
        )
    };
    let waivers = [waiver("a", "2026-12-22"), waiver("b", "2026-12-23")].concat();
    let ends: (What, &[&str]) = (What::WaiverEnds, &["a (2026-12-22)"]);
    is_found(GOOD, &[("register/waivers.toml", &waivers)], &[UNDETERMINED, ends]);
}
