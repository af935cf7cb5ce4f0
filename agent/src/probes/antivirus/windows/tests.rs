//! What a Windows machine says of its antivirus, and what its silence is worth.

use report::observation::Facts;
use report::{Fact, Reason, Record, Timestamp, Value};

use super::*;
use crate::host::recorded::{Machine, fact, facts, field, reason, records, text};
use crate::probes::assignment::AssignmentClaims;
use crate::probes::findings::{choice, count, yes_or_no};

mod defender;
mod registrations;
mod vendors;

/// 2026-11-22T03:00:00Z.
const NOW: Timestamp = Timestamp(1_795_316_400);

const CENTER: &str = r"root\SecurityCenter2";
const PRODUCT: &str = "AntiVirusProduct";

fn look(machine: &Machine) -> Facts {
    let context = Context { claims: &AssignmentClaims::default(), now: NOW };
    facts(probe(&machine.host(), &context))
}

fn products(machine: &Machine) -> Vec<Record> {
    records(fact(&look(machine), "antivirus.products"))
}

/// The one product of this id.
fn product(machine: &Machine, id: &str) -> Record {
    let mut found = products(machine);
    found.retain(|product| field(product, "product") == text(id));
    assert_eq!(found.len(), 1, "{id}: {found:?}");
    found.remove(0)
}

fn ids(machine: &Machine) -> Vec<Fact> {
    products(machine).iter().map(|product| field(product, "product")).collect()
}

fn is_complete(machine: &Machine) -> bool {
    fact(&look(machine), "antivirus.complete") == yes_or_no(true)
}

/// What stood in the way of a complete answer.
fn obstacle(machine: &Machine) -> String {
    let facts = look(machine);
    let complete = facts.iter().find(|(key, _)| key.name() == "antivirus.complete").unwrap();
    complete.1.source.as_ref().map(ToString::to_string).unwrap_or_default()
}

fn windows(installation: &str, product_type: &str, build: &str) -> Machine {
    Machine::windows()
        .with_registry(&format!(
            r#"[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion]
"CurrentMajorVersionNumber"=dword:0000000a
"CurrentBuildNumber"="{build}"
"InstallationType"="{installation}"

[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall]

[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\ProductOptions]
"ProductType"="{product_type}"

[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services]"#
        ))
        .with("services.json", "{}")
}

/// A client with no product and a Security Center that says so.
fn client() -> Machine {
    windows("Client", "WinNT", "26200").with_wmi(CENTER, PRODUCT, "[]")
}

/// A server, which has no Security Center, with no product.
fn server() -> Machine {
    windows("Server", "ServerNT", "20348")
}

#[test]
fn none_found_where_every_source_answered() {
    for machine in [client(), server()] {
        assert_eq!(products(&machine), []);
        assert!(is_complete(&machine), "{}", obstacle(&machine));
    }
}

#[test]
fn a_client_whose_security_center_is_absent_is_unknown_and_never_none() {
    let machine = client().without("wmi");
    assert_eq!(products(&machine), []);
    assert!(!is_complete(&machine));
    assert!(obstacle(&machine).starts_with("not_supported"), "{}", obstacle(&machine));
}

#[test]
fn a_machine_that_may_be_a_server_is_none_until_it_says_so() {
    let machine = server().with_edit("registry.reg", r#""InstallationType"="Server""#, "");
    assert!(is_complete(&machine));
    let machine = machine.with_edit("registry.reg", r#""ProductType"="ServerNT""#, "");
    assert!(!is_complete(&machine));
}

#[test]
fn a_server_lacks_the_security_center_and_nothing_else() {
    assert!(is_complete(&server()));
    for denied in [
        "services.json",
        "registry.reg/HKLM/SOFTWARE/Microsoft/Windows/CurrentVersion/Uninstall",
        "registry.reg/HKLM/SYSTEM/CurrentControlSet/Services",
    ] {
        let machine = server().denied(denied);
        assert!(!is_complete(&machine), "{denied}");
        assert!(obstacle(&machine).starts_with("access_denied"), "{}", obstacle(&machine));
    }
    assert!(!is_complete(&server().without("services.json")));
}

#[test]
fn a_security_center_that_fails_is_not_one_that_is_absent() {
    for code in ["0x80041003", "0x80041013", "0x80041001", "timeout"] {
        let failing = format!(r#"{{"error": "{code}"}}"#);
        for machine in [client(), server()] {
            let machine = machine.with_wmi(CENTER, PRODUCT, &failing);
            assert!(!is_complete(&machine), "{code}");
        }
    }
}

#[test]
fn either_window_shows_the_whole_list() {
    let machine = client().without("wmi").with_security_center("[]");
    assert!(is_complete(&machine));
}

#[test]
fn an_entry_without_a_name_may_be_any_product() {
    let machine = client().with_wmi(CENTER, PRODUCT, r#"[{"productState": 266240}]"#);
    assert_eq!(products(&machine), []);
    assert!(!is_complete(&machine));
    let machine = client().with_security_center(r#"[{"name": " ", "state": 0}]"#);
    assert!(!is_complete(&machine));
}

#[test]
fn every_field_of_the_catalogue_is_answered() {
    let machine = client()
        .with_wmi(CENTER, PRODUCT, r#"[{"displayName": "Diệt Virus X", "productState": 266240}]"#)
        .with_service("WinDefend", "running", "automatic", "");
    assert_eq!(products(&machine).len(), 2);
    for product in products(&machine) {
        for known in report::catalogue::ANTIVIRUS_PRODUCT {
            field(&product, known.name);
        }
    }
}

const FILTER: &str = r#"[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\DvxFlt\Instances\Dvx]
"Altitude"="321999.5""#;

#[test]
fn a_driver_of_an_antivirus_that_nobody_knows_is_told() {
    let machine = server().with_registry(FILTER).with_service("DvxFlt", "running", "boot", "");
    let stranger = product(&machine, "DvxFlt");
    assert_eq!(field(&stranger, "present"), yes_or_no(true));
    assert_eq!(reason(&field(&stranger, "state")), Some(Reason::ProductOpaque));
    assert_eq!(reason(&field(&stranger, "vendor")), Some(Reason::ProductOpaque));
}

#[test]
fn a_driver_that_does_not_run_or_is_no_antivirus_is_not() {
    let machine = server().with_registry(FILTER).with_service("DvxFlt", "stopped", "disabled", "");
    assert_eq!(products(&machine), []);
    let backup = server()
        .with_registry(&FILTER.replace("321999.5", "281000"))
        .with_service("DvxFlt", "running", "boot", "");
    assert_eq!(products(&backup), []);
}

#[test]
fn the_driver_of_defender_is_defenders() {
    let machine = server()
        .with_registry(&FILTER.replace("DvxFlt", "WdFilter").replace("321999.5", "328010"))
        .with_service("WdFilter", "running", "boot", "")
        .with_service("WinDefend", "running", "automatic", "");
    assert_eq!(ids(&machine), [text("microsoft-defender-antivirus")]);
}
