//! Defender: what it says, and what is left where it does not.

use report::Moment;

use super::*;

const NAMESPACE: &str = r"root\Microsoft\Windows\Defender";
const CLASS: &str = "MSFT_MpComputerStatus";
const DEFENDER: &str = "microsoft-defender-antivirus";

/// What a server of 2022 said.
const STATUS: &str = r#"[{
 "AMEngineVersion": "1.1.25010.7", "AMProductVersion": "4.18.25010.11", "AMRunningMode": "Normal",
 "AMServiceEnabled": true, "AMServiceVersion": "4.18.25010.11", "AntispywareEnabled": true,
 "AntispywareSignatureAge": 0, "AntivirusEnabled": true, "AntivirusSignatureAge": 0,
 "AntivirusSignatureLastUpdated": "20261121015218.000000+000",
 "AntivirusSignatureVersion": "1.423.336.0", "BehaviorMonitorEnabled": true, "ComputerState": 0,
 "DefenderSignaturesOutOfDate": false,
 "DeviceControlPoliciesLastUpdated": "16010101000000.000000+000", "FullScanAge": 4294967295,
 "FullScanEndTime": null, "InitializationProgress": "ServiceStartedSuccessfully",
 "IoavProtectionEnabled": true, "IsTamperProtected": true, "IsVirtualMachine": true,
 "OnAccessProtectionEnabled": true, "ProductStatus": 524288, "RealTimeProtectionEnabled": true
}]"#;

fn said(from: &str, to: &str) -> Machine {
    assert!(STATUS.contains(from), "{from}");
    answering(&STATUS.replace(from, to))
}

fn answering(status: &str) -> Machine {
    server()
        .with_service("WinDefend", "running", "automatic", "")
        .with_wmi(NAMESPACE, CLASS, status)
}

fn defender(machine: &Machine) -> Record {
    product(machine, DEFENDER)
}

#[test]
fn a_server_that_defender_protects_says_so() {
    let machine = answering(STATUS);
    let defender = defender(&machine);
    assert_eq!(field(&defender, "version"), text("4.18.25010.11"));
    assert_eq!(field(&defender, "state"), choice("on"));
    assert_eq!(field(&defender, "realtime"), yes_or_no(true));
    assert_eq!(field(&defender, "passive"), yes_or_no(false));
    assert_eq!(field(&defender, "definitions_version"), text("1.423.336.0"));
    let built = Timestamp::from_civil((2026, 11, 21), (1, 52, 18)).unwrap();
    let built = Fact::Known(Value::Moment(Moment::source(built)));
    assert_eq!(field(&defender, "definitions_at"), built);
    assert_eq!(field(&defender, "definitions_current"), yes_or_no(true));
    assert_eq!(field(&defender, "licence_status"), choice("builtin"));
    assert_eq!(field(&defender, "licence_until"), Fact::Absent);
    assert_eq!(field(&defender, "licence_evidence"), choice("vendor"));
    assert_eq!(field(&defender, "disputed"), Fact::Absent);
    assert_eq!(reason(&field(&defender, "registered")), Some(Reason::NotSupported));
    assert!(is_complete(&machine), "{}", obstacle(&machine));
}

#[test]
fn in_the_passive_mode_its_switch_is_on_and_protects_nothing() {
    for mode in ["Passive Mode", "passive", "SxS Passive Mode", "EDR Block Mode"] {
        let defender = defender(&said("\"Normal\"", &format!("\"{mode}\"")));
        assert_eq!(field(&defender, "passive"), yes_or_no(true), "{mode}");
        assert_eq!(field(&defender, "realtime"), yes_or_no(false), "{mode}");
        assert_eq!(field(&defender, "state"), choice("on"), "{mode}");
    }
}

#[test]
fn passive_beside_another_product_is_no_contradiction() {
    let off = r#"[{"displayName": "Windows Defender", "pathToSignedProductExe":
        "windowsdefender://", "productState": 393472}]"#;
    let machine = client().with_wmi(CENTER, PRODUCT, off).with_wmi(
        NAMESPACE,
        CLASS,
        &STATUS.replace("\"Normal\"", "\"Passive Mode\""),
    );
    let defender = defender(&machine);
    assert_eq!(field(&defender, "state"), choice("on"));
    assert_eq!(field(&defender, "disputed"), Fact::Absent);
    assert_eq!(field(&defender, "registered"), yes_or_no(true));
}

#[test]
fn what_does_not_run_is_off() {
    let defender = defender(&said("\"Normal\"", "\"Not running\""));
    assert_eq!(field(&defender, "state"), choice("off"));
    assert_eq!(field(&defender, "realtime"), yes_or_no(false));
}

#[test]
fn a_switch_that_is_off_is_off() {
    for property in ["RealTimeProtectionEnabled", "OnAccessProtectionEnabled"] {
        let on = format!("\"{property}\": true");
        let defender = defender(&said(&on, &on.replace("true", "false")));
        assert_eq!(field(&defender, "state"), choice("on"), "{property}");
        assert_eq!(field(&defender, "realtime"), yes_or_no(false), "{property}");
    }
}

#[test]
fn without_a_mode_its_switch_says_nothing() {
    for mode in [r#""AMRunningMode": null,"#, "", r#""AMRunningMode": "Something new","#] {
        let defender = defender(&said(r#""AMRunningMode": "Normal","#, mode));
        assert!(reason(&field(&defender, "realtime")).is_some(), "{mode}");
        assert!(reason(&field(&defender, "passive")).is_some(), "{mode}");
        assert_eq!(field(&defender, "state"), choice("on"), "{mode}");
    }
}

#[test]
fn an_age_of_all_ones_means_that_there_never_were_definitions() {
    for age in ["4294967295", "65535", "-1"] {
        let age = format!("\"AntivirusSignatureAge\": {age},");
        let defender = defender(&said("\"AntivirusSignatureAge\": 0,", &age));
        let at = field(&defender, "definitions_at");
        assert_eq!(reason(&at), Some(Reason::SourceStale), "{age}");
    }
}

#[test]
fn the_year_1601_and_a_moment_ahead_are_no_dates() {
    for (written, why) in [
        ("16010101000000.000000+000", Reason::SourceStale),
        ("20270101000000.000000+000", Reason::ParseError),
        ("21/11/2026", Reason::ParseError),
    ] {
        let defender = defender(&said("20261121015218.000000+000", written));
        assert_eq!(reason(&field(&defender, "definitions_at")), Some(why), "{written}");
    }
}

#[test]
fn what_it_was_lent_for_and_that_it_is_over_stand_in_its_flags() {
    for (flags, word) in [(4096, "trial"), (16384, "expired"), (16384 | 4096, "expired")] {
        let flags = format!("\"ProductStatus\": {}", 524_288 | flags);
        let defender = defender(&said("\"ProductStatus\": 524288", &flags));
        assert_eq!(field(&defender, "licence_status"), choice(word));
    }
}

const UPDATES: &str = r#"[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows Defender\Signature Updates]
"AVSignatureVersion"="1.441.12.0"
"SignaturesLastUpdated"=hex:00,d0,e0,03,5c,79,dd,01"#;

#[test]
fn where_its_provider_fails_the_registry_and_its_service_are_left() {
    for code in ["0x800106BA", "0x80041010", "0x80041013", "0x80041001", "timeout"] {
        let machine = answering(&format!(r#"{{"error": "{code}"}}"#)).with_registry(UPDATES);
        let defender = defender(&machine);
        assert_eq!(field(&defender, "definitions_version"), text("1.441.12.0"), "{code}");
        assert_eq!(field(&defender, "state"), choice("on"), "{code}");
        assert!(reason(&field(&defender, "realtime")).is_some(), "{code}");
        assert!(reason(&field(&defender, "passive")).is_some(), "{code}");
        assert_eq!(field(&defender, "licence_status"), choice("builtin"), "{code}");
        assert!(is_complete(&machine), "{code}: {}", obstacle(&machine));
    }
}

#[test]
fn a_provider_without_an_instance_has_not_answered() {
    let defender = defender(&answering("[]"));
    assert_eq!(reason(&field(&defender, "realtime")), Some(Reason::ParseError));
}

#[test]
fn a_file_time_has_its_lowest_byte_first() {
    let machine = answering(r#"{"error": "timeout"}"#).with_registry(UPDATES);
    let at = field(&defender(&machine), "definitions_at");
    let expected = Timestamp::from_civil((2026, 11, 21), (2, 0, 0)).unwrap();
    assert_eq!(at, Fact::Known(Value::Moment(Moment::source(expected))));
    let never = UPDATES.replace("00,d0,e0,03,5c,79,dd,01", "00,00,00,00,00,00,00,00");
    let machine = answering(r#"{"error": "timeout"}"#).with_registry(&never);
    let at = field(&defender(&machine), "definitions_at");
    assert_eq!(reason(&at), Some(Reason::Timeout));
}

#[test]
fn a_service_or_a_driver_that_stands_still_protects_nothing() {
    let failing = r#"{"error": "0x800106BA"}"#;
    let stopped = answering(failing).with_service("WinDefend", "stopped", "disabled", "");
    assert_eq!(field(&defender(&stopped), "state"), choice("off"));
    assert_eq!(field(&defender(&stopped), "realtime"), yes_or_no(false));
    let driver = answering(failing).with_service("WdFilter", "stopped", "boot", "");
    assert_eq!(field(&defender(&driver), "state"), choice("on"));
    assert_eq!(field(&defender(&driver), "realtime"), yes_or_no(false));
}

#[test]
fn the_registry_tells_passive_and_turned_off_where_the_provider_does_not() {
    let failing = || answering(r#"{"error": "timeout"}"#);
    let passive = failing().with_registry(
        "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows Defender]\n\"PassiveMode\"=dword:1",
    );
    assert_eq!(field(&defender(&passive), "passive"), yes_or_no(true));
    assert_eq!(field(&defender(&passive), "realtime"), yes_or_no(false));
    for place in ["Policies\\Microsoft", "Microsoft"] {
        let off = failing().with_registry(&format!(
            "[HKEY_LOCAL_MACHINE\\SOFTWARE\\{place}\\Windows Defender\\Real-Time Protection]\n\
             \"DisableRealtimeMonitoring\"=dword:1"
        ));
        assert_eq!(field(&defender(&off), "realtime"), yes_or_no(false), "{place}");
    }
}

#[test]
fn a_feature_that_was_removed_is_absent_and_one_nobody_could_ask_about_is_not() {
    assert_eq!(products(&server()), []);
    assert!(is_complete(&server()));
    let unasked = server().without("services.json");
    assert_eq!(products(&unasked), []);
    assert!(!is_complete(&unasked));
}

#[test]
fn the_service_of_that_name_was_no_antivirus_before_windows_8() {
    let machine = windows("Client", "WinNT", "7601").with_wmi(CENTER, PRODUCT, "[]").with_service(
        "WinDefend",
        "running",
        "automatic",
        "",
    );
    assert_eq!(products(&machine), []);
}

#[test]
fn two_products_that_protect_a_server_are_both_told() {
    let machine = answering(STATUS)
        .with_registry(super::FILTER)
        .with_service("DvxFlt", "running", "boot", "");
    assert_eq!(ids(&machine), [text("DvxFlt"), text(DEFENDER)]);
}

#[test]
fn a_machine_given_to_an_organisation_has_defender_for_endpoint_without_a_date() {
    let onboarded = answering(STATUS)
        .with_service("Sense", "running", "automatic", "")
        .with_registry(
            "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows Advanced Threat Protection\\Status]\n\
             \"OnboardingState\"=dword:1",
        );
    let endpoint = product(&onboarded, "microsoft-defender-endpoint");
    assert_eq!(field(&endpoint, "realtime"), yes_or_no(true));
    assert_eq!(reason(&field(&endpoint, "licence_status")), Some(Reason::ProductOpaque));
    assert_eq!(reason(&field(&endpoint, "licence_until")), Some(Reason::ProductOpaque));
    product(&onboarded, DEFENDER);
    let not_given = answering(STATUS).with_service("Sense", "stopped", "manual", "");
    assert_eq!(ids(&not_given), [text(DEFENDER)]);
}
