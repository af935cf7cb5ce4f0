//! Entries of the Security Center.

use super::*;

/// The two entries of an office PC with a product that this agent has never heard of.
const ENTRIES: &str = r#"[
 {"displayName": "Windows Defender", "instanceGuid": "{D68DDC3A-831F-4fae-9E44-DA132C1ACF46}",
  "pathToSignedProductExe": "windowsdefender://",
  "pathToSignedReportingExe": "%ProgramFiles%\\Windows Defender\\MsMpeng.exe",
  "productState": 393472, "timestamp": "Sat, 21 Nov 2026 02:11:09 GMT"},
 {"displayName": "Diệt Virus X", "instanceGuid": "{EC1D6F37-E411-475A-DF50-12FF7FE4AC70}",
  "pathToSignedProductExe": "C:\\Program Files\\DVX\\open.exe",
  "pathToSignedReportingExe": "C:\\Program Files\\DVX\\report.exe",
  "productState": 266240, "timestamp": "Sat, 21 Nov 2026 02:12:40 GMT"}
]"#;

const STRANGER: &str = "Diệt Virus X";
const DEFENDER: &str = "microsoft-defender-antivirus";

fn office_pc() -> Machine {
    client().with_wmi(CENTER, PRODUCT, ENTRIES).with("Program Files/DVX/report.exe", "")
}

fn row(name: &str, state: &str, program: &str) -> String {
    format!(
        r#"{{"displayName": "{name}", "pathToSignedProductExe": "C:\\DVX\\open.exe",
            "pathToSignedReportingExe": "C:\\DVX\\{program}", "productState": {state}}}"#
    )
}

/// A client with these rows, of which the program `report.exe` is there and no other.
fn registered(rows: &[String]) -> Machine {
    let rows = format!("[{}]", rows.join(","));
    client().with_wmi(CENTER, PRODUCT, &rows).with("DVX/report.exe", "")
}

#[test]
fn a_product_that_is_registered_is_listed_with_what_its_entry_says() {
    let dvx = product(&office_pc(), STRANGER);
    assert_eq!(field(&dvx, "state"), choice("on"));
    assert_eq!(field(&dvx, "realtime"), yes_or_no(true));
    assert_eq!(field(&dvx, "definitions_current"), yes_or_no(true));
    assert_eq!(field(&dvx, "present"), yes_or_no(true));
    assert_eq!(field(&dvx, "registered"), yes_or_no(true));
    assert_eq!(field(&dvx, "duplicates"), count(0));
    assert_eq!(field(&dvx, "disputed"), Fact::Absent);
    for name in ["vendor", "version", "definitions_at", "licence_status", "licence_until"] {
        assert_eq!(reason(&field(&dvx, name)), Some(Reason::ProductOpaque), "{name}");
    }
    assert!(is_complete(&office_pc()));
}

#[test]
fn defender_beside_another_product_is_off_and_no_second_failure() {
    let machine = office_pc();
    assert_eq!(ids(&machine).len(), 2);
    let defender = product(&machine, DEFENDER);
    assert_eq!(field(&defender, "state"), choice("off"));
    assert_eq!(field(&defender, "realtime"), yes_or_no(false));
    assert_eq!(field(&defender, "registered"), yes_or_no(true));
    // Its program lies elsewhere by now: that it is not where it was registered says nothing.
    assert_eq!(reason(&field(&defender, "present")), Some(Reason::ProductOpaque));
}

#[test]
fn defender_is_known_in_every_language() {
    let rows = "wmi/root.SecurityCenter2/AntiVirusProduct.json";
    let by_guid = office_pc()
        .with_edit(rows, "\"Windows Defender\"", "\"Антивирус Защитника\"")
        .with_edit(rows, "windowsdefender://", "");
    product(&by_guid, DEFENDER);
    let by_scheme = r#"[{"name": "Bộ bảo vệ", "state": 1, "remediation": "windowsdefender://"}]"#;
    product(&client().with_security_center(by_scheme), DEFENDER);
}

#[test]
fn snoozed_and_expired_are_said_and_do_not_protect() {
    for (number, word) in [("270336", "snoozed"), ("274432", "expired"), ("262144", "off")] {
        let dvx = product(&registered(&[row(STRANGER, number, "report.exe")]), STRANGER);
        assert_eq!(field(&dvx, "state"), choice(word));
        assert_eq!(field(&dvx, "realtime"), yes_or_no(false), "{word}");
    }
}

#[test]
fn a_state_that_is_missing_or_that_nobody_documents_is_unknown_and_the_product_is_listed() {
    for state in ["344064", "null", "\"41000\"", "-1"] {
        let machine = registered(&[row(STRANGER, state, "report.exe")]);
        let dvx = product(&machine, STRANGER);
        assert_eq!(reason(&field(&dvx, "state")), Some(Reason::ParseError), "{state}");
        assert_eq!(reason(&field(&dvx, "realtime")), Some(Reason::ParseError), "{state}");
    }
    let stateless = format!(r#"[{{"displayName": "{STRANGER}"}}]"#);
    let machine = client().with_wmi(CENTER, PRODUCT, &stateless);
    assert_eq!(reason(&field(&product(&machine, STRANGER), "state")), Some(Reason::ParseError));
}

#[test]
fn an_entry_whose_reporting_program_is_gone_is_of_no_product() {
    let dvx = product(&registered(&[row(STRANGER, "266240", "gone.exe")]), STRANGER);
    assert_eq!(field(&dvx, "present"), yes_or_no(false));
}

#[test]
fn an_entry_whose_program_may_not_be_looked_for_is_not_gone() {
    let machine = registered(&[row(STRANGER, "266240", "gone.exe")]).denied("DVX");
    let present = field(&product(&machine, STRANGER), "present");
    assert_eq!(reason(&present), Some(Reason::AccessDenied));
    let elsewhere = row(STRANGER, "266240", "x.exe").replace("C:", "D:");
    let present = field(&product(&registered(&[elsewhere]), STRANGER), "present");
    assert_eq!(reason(&present), Some(Reason::ProductOpaque));
}

#[test]
fn of_two_entries_the_one_whose_program_is_there_speaks_and_the_other_is_counted() {
    let machine =
        registered(&[row(STRANGER, "262160", "report.exe"), row(STRANGER, "266240", "gone.exe")]);
    let dvx = product(&machine, STRANGER);
    assert_eq!(field(&dvx, "state"), choice("off"));
    assert_eq!(field(&dvx, "definitions_current"), yes_or_no(false));
    assert_eq!(field(&dvx, "present"), yes_or_no(true));
    assert_eq!(field(&dvx, "duplicates"), count(1));
}

#[test]
fn of_two_entries_that_stand_equal_the_better_speaks_and_both_are_told() {
    let machine =
        registered(&[row(STRANGER, "262144", "report.exe"), row(STRANGER, "266256", "report.exe")]);
    let dvx = product(&machine, STRANGER);
    assert_eq!(field(&dvx, "state"), choice("on"));
    assert_eq!(field(&dvx, "duplicates"), count(1));
    assert_eq!(field(&dvx, "disputed"), text("state, realtime, definitions_current"));
}

#[test]
fn the_interface_goes_before_wmi_and_their_contradiction_is_told() {
    let by_interface = format!(r#"[{{"name": "{STRANGER}", "state": 2, "signatures": 1}}]"#);
    let machine =
        registered(&[row(STRANGER, "266240", "report.exe")]).with_security_center(&by_interface);
    let dvx = product(&machine, STRANGER);
    assert_eq!(field(&dvx, "state"), choice("snoozed"));
    assert_eq!(field(&dvx, "realtime"), yes_or_no(false));
    assert_eq!(field(&dvx, "disputed"), text("state, realtime"));
    assert_eq!(field(&dvx, "duplicates"), count(0));
}

/// What the interface alone tells of the product's licence: status, end, and what is disputed.
fn licence(state: u32, days: &str) -> (Fact, Fact, Fact) {
    let entry = format!(
        r#"[{{"name": "{STRANGER}", "state": {state}, "signatures": 1,
            "days_until_expired": {days}}}]"#
    );
    let dvx = product(&client().with_security_center(&entry), STRANGER);
    let until = field(&dvx, "licence_until");
    (field(&dvx, "licence_status"), until, field(&dvx, "disputed"))
}

#[test]
fn a_product_that_has_expired_has_an_expired_licence_without_a_date() {
    for days in ["0", "null", "4294967295"] {
        let (status, until, disputed) = licence(3, days);
        assert_eq!(status, choice("expired"), "{days}");
        assert_eq!(reason(&until), Some(Reason::ProductOpaque), "{days}");
        assert_eq!(disputed, Fact::Absent, "{days}");
    }
}

#[test]
fn days_until_expired_are_never_a_date_and_zero_alone_is_not_expired() {
    for days in ["0", "30", "365", "36501", "4294967295", "null"] {
        let (status, until, _) = licence(0, days);
        assert_eq!(reason(&status), Some(Reason::ProductOpaque), "{days}");
        assert_eq!(reason(&until), Some(Reason::ProductOpaque), "{days}");
    }
}

#[test]
fn an_expired_product_with_days_left_is_a_contradiction() {
    let (status, _, disputed) = licence(3, "30");
    assert_eq!(status, choice("expired"));
    assert_eq!(disputed, text("licence_status"));
}

#[test]
fn the_interfaces_entry_of_a_program_that_is_gone_is_as_stale_as_wmis() {
    let by_interface =
        format!(r#"[{{"name": "{STRANGER}", "state": 0, "remediation": "C:\\DVX\\open.exe"}}]"#);
    let gone =
        registered(&[row(STRANGER, "266240", "gone.exe")]).with_security_center(&by_interface);
    assert_eq!(field(&product(&gone, STRANGER), "present"), yes_or_no(false));
    let there =
        registered(&[row(STRANGER, "266240", "report.exe")]).with_security_center(&by_interface);
    assert_eq!(field(&product(&there, STRANGER), "present"), yes_or_no(true));
}
