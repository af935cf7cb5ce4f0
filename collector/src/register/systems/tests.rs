//! What Form 08 would not take is refused when it is written.

use crate::policy::fixtures::folder;
use crate::policy::load;

/// A system of which the form takes every column.
const GOOD: &str = r#"[[system]]
id = "lan"
name = { vi = "Mạng nội bộ", en = "Network" }
owner = "UBND"
operator = "Sở"
unit = "so"
legal_basis = "ND85_2016"
type = "infrastructure"
level = 2
status = "approved"
decision = { number = "2/QĐ", date = 2024-09-02 }
regulation = { number = "1/QC", date = 2024-09-02 }
deployment = "partial"
expected_deployment = 2027-06-30
plan = { number = "3/QĐ", date = 2024-10-03 }
redetermined = 2026-03-02
note = "chuyển căn cứ"
"#;

/// What loading says of the good system with these lines in place of those that begin alike, and
/// without the lines that are only named.
fn said_with(changes: &[&str]) -> String {
    let key = |line: &str| line.split(" =").next().unwrap_or_default().to_owned();
    let kept = GOOD.lines().filter(|line| changes.iter().all(|change| key(change) != key(line)));
    let written = changes.iter().filter(|change| change.contains('='));
    let text: String = kept.chain(written.copied()).map(|line| line.to_owned() + "\n").collect();
    match load(&folder("", &[("register/systems.toml", &text)])) {
        Ok(_) => String::new(),
        Err(problems) => problems
            .iter()
            .map(|problem| {
                let help = problem.help.iter().map(|help| format!("  {help}\n"));
                format!("{problem}\n{}", help.collect::<String>())
            })
            .collect(),
    }
}

#[test]
fn a_row_that_fills_every_column_is_taken_with_all_it_says() {
    let set = load(&folder("", &[("register/systems.toml", GOOD)])).unwrap();
    let system = set.register.systems.get("lan").unwrap();
    assert_eq!(system.redetermined, Some(jiff::civil::date(2026, 3, 2)));
    assert_eq!(system.note.as_deref(), Some("chuyển căn cứ"));
}

#[test]
fn an_approved_level_has_its_number_its_decision_and_its_regulation() {
    assert_eq!(
        said_with(&["level", "decision", "regulation"]),
        "register/systems.toml:1:1: an approved level needs its decision (column 7): number and date\n\
         register/systems.toml:1:1: an approved level needs its security regulation (column 8): \
         number and date\n\
         register/systems.toml:1:1: an approved level is a number from 1 to 5 (column 5)\n"
    );
}

#[test]
fn the_regulation_is_not_younger_than_the_decision() {
    let younger = "regulation = { number = \"1/QC\", date = 2024-09-03 }";
    assert_eq!(
        said_with(&[younger]),
        "register/systems.toml:17:14: the regulation of 2024-09-03 is younger than the decision of \
         2024-09-02 that rests on it\n  name the regulation that was in force when the level was \
         approved\n"
    );
}

#[test]
fn what_is_not_approved_or_not_deployed_says_when_it_will_be() {
    for status in ["draft", "submitted", "appraised"] {
        let status = format!("status = \"{status}\"");
        assert_eq!(
            said_with(&[&status]),
            "register/systems.toml:17:10: a level that is not approved yet needs the date on which \
             it is expected (column 9)\n  add expected_approval = 2027-06-30, with your own date\n"
        );
        assert_eq!(said_with(&[&status, "expected_approval = 2027-01-01"]), "");
    }
    for deployment in ["none", "partial"] {
        let deployment = format!("deployment = \"{deployment}\"");
        assert_eq!(
            said_with(&[&deployment, "expected_deployment"]),
            "register/systems.toml:16:14: a plan that is not fully deployed needs the date on which \
             it will be (column 11)\n  add expected_deployment = 2027-06-30, with your own date\n"
        );
    }
    assert_eq!(said_with(&["deployment = \"full\"", "expected_deployment"]), "");
}

#[test]
fn nothing_is_decided_on_a_system_after_its_last_day() {
    let lines: Vec<_> = said_with(&["until = 2024-09-01"]).lines().map(str::to_owned).collect();
    let ends = "lies after 2024-09-01, the last day of the system";
    let at = |place: &str| format!("register/systems.toml:{place}: {ends}");
    assert_eq!(lines, [at("11:12"), at("15:8"), at("16:16")]);
    assert_eq!(said_with(&["until = 2026-03-02"]), "");
}

#[test]
fn a_key_with_a_mistake_is_not_missed_as_well() {
    let said = said_with(&["decision = { number = \"2/QĐ\" }", "level = 6"]);
    assert_eq!(
        said,
        "register/systems.toml:16:12: the key `date` is missing\n\
         register/systems.toml:17:9: a level is a number from 1 to 5\n"
    );
}
