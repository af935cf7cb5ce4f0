//! Activation, and contracts for extended updates.

use super::*;
use crate::probes::findings::yes_or_no;

fn licensed(build: u32, rows: &str) -> Facts {
    look(&windows(build, "Client").with_wmi(r"root\cimv2", "SoftwareLicensingProduct", rows))
}

const YEAR_2: &str =
    r#"{"ID": "1043ADD5-23B1-4AFB-9A0F-64343C8F3F8D", "LicenseStatus": 1, "LicenseIsAddon": true}"#;

#[test]
fn a_contract_does_not_activate_windows_nor_the_other_way_round() {
    let contract = licensed(19_045, &format!("[{YEAR_2}]"));
    assert_eq!(fact(&contract, "patches.activated"), yes_or_no(false));
    assert_eq!(fact(&contract, "patches.extended_support"), yes_or_no(true));
    let windows = licensed(26_100, r#"[{"ID": "x", "LicenseStatus": 1, "LicenseIsAddon": false}]"#);
    assert_eq!(fact(&windows, "patches.activated"), yes_or_no(true));
    assert_eq!(fact(&windows, "patches.extended_support"), yes_or_no(false));
}

#[test]
fn a_contract_that_is_not_licensed_is_none_and_one_of_another_release_is_known_by_its_name() {
    let lapsed = licensed(19_044, &format!("[{}]", YEAR_2.replace(": 1,", ": 5,")));
    assert_eq!(fact(&lapsed, "patches.extended_support"), yes_or_no(false));
    let name = r#"[{"ID": "x", "Name": "Windows(R), Server-ESU-Year3 add-on for ServerStandard",
        "LicenseStatus": 1, "LicenseIsAddon": true}]"#;
    assert_eq!(fact(&licensed(9_600, name), "patches.extended_support"), yes_or_no(true));
}

#[test]
fn a_grace_a_notification_or_no_key_at_all_is_no_activation() {
    for status in [0, 2, 3, 4, 5, 6] {
        let row = format!(r#"[{{"LicenseStatus": {status}, "LicenseIsAddon": false}}]"#);
        let looked = licensed(26_100, &row);
        assert_eq!(fact(&looked, "patches.activated"), yes_or_no(false), "{status}");
    }
    assert_eq!(fact(&licensed(26_100, "[]"), "patches.activated"), yes_or_no(false));
}

#[test]
fn a_licence_that_does_not_say_how_it_stands_is_unknown() {
    for row in [r#"[{"ID": "x"}]"#, r#"[{"LicenseStatus": null}]"#, r#"[{"LicenseStatus": "1"}]"#] {
        let activated = fact(&licensed(26_100, row), "patches.activated");
        assert_eq!(reason(&activated), Some(Reason::ParseError), "{row}");
    }
    let refused = licensed(26_100, r#"{"error": "0x80041003"}"#);
    for name in ["patches.activated", "patches.extended_support"] {
        assert_eq!(reason(&fact(&refused, name)), Some(Reason::AccessDenied), "{name}");
    }
}
