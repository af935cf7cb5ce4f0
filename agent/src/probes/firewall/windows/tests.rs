//! When a Windows machine counts as one behind a firewall.

use report::{Reason, Timestamp};

use super::*;
use crate::host::recorded::{Machine, fact, facts, reason};
use crate::probes::assignment::AssignmentClaims;
use crate::probes::findings::yes_or_no;

fn look_at(machine: &Machine) -> (Fact, Fact) {
    let context = Context { claims: &AssignmentClaims::default(), now: Timestamp(0) };
    let facts = facts(probe(&machine.host(), &context));
    (fact(&facts, "firewall.on"), fact(&facts, "firewall.product"))
}

fn is_on(machine: &Machine) -> Fact {
    look_at(machine).0
}

/// A client that knows of no other firewall and has the service of its own.
fn client() -> Machine {
    let machine = Machine::windows().with_service(SERVICE, "running", "automatic", "");
    machine.with_wmi(r"root\SecurityCenter2", "FirewallProduct", "[]")
}

fn set(machine: Machine, place: &str, name: &str, value: u32) -> Machine {
    let place = place.replace("HKLM", "HKEY_LOCAL_MACHINE");
    machine.with_registry(&format!("[{place}]\n\"{name}\"=dword:{value:08x}"))
}

fn local(machine: Machine, values: [u32; 3]) -> Machine {
    PROFILES.iter().zip(values).fold(machine, |machine, ((_, profile), value)| {
        set(machine, &format!(r"{LOCAL}\{profile}"), "EnableFirewall", value)
    })
}

fn policy(machine: Machine, profile: &str, name: &str, value: u32) -> Machine {
    set(machine, &format!(r"{POLICY}\{profile}"), name, value)
}

fn registered(machine: Machine, state: &str) -> Machine {
    let row = format!(
        r#"[{{"displayName": "Kaspersky Endpoint Security", "productState": {state},
             "instanceGuid": "{{00000000-0000-4000-8000-000000000007}}",
             "pathToSignedReportingExe": "C:\\Program Files\\Kaspersky\\avp.exe"}}]"#
    );
    let machine = machine.with("Program Files/Kaspersky/avp.exe", "");
    machine.with_wmi(r"root\SecurityCenter2", "FirewallProduct", &row)
}

const ON: &str = "266240";
const OFF: &str = "262144";

#[test]
fn windows_own_firewall_is_on_where_all_its_profiles_are() {
    assert_eq!(look_at(&local(client(), [1, 1, 1])), (yes_or_no(true), text(OWN)));
    for values in [[0, 1, 1], [1, 0, 1], [1, 1, 0]] {
        assert_eq!(look_at(&local(client(), values)), (yes_or_no(false), Fact::Absent));
    }
}

#[test]
fn its_service_that_is_stopped_filters_nothing_whatever_the_registry_says() {
    let machine = local(client(), [1, 1, 1]).with_service(SERVICE, "stopped", "disabled", "");
    assert_eq!(is_on(&machine), yes_or_no(false));
    let removed = local(client(), [1, 1, 1]).with("services.json", "{}");
    assert_eq!(is_on(&removed), yes_or_no(false));
    let unasked = local(client(), [1, 1, 1]).with("services.json", r#"{"error": "timeout"}"#);
    assert_eq!(reason(&is_on(&unasked)), Some(Reason::Timeout));
}

#[test]
fn a_policy_goes_before_what_was_set_by_hand() {
    let off = policy(local(client(), [1, 1, 1]), "DomainProfile", "EnableFirewall", 0);
    assert_eq!(is_on(&off), yes_or_no(false));
    let on = policy(local(client(), [1, 0, 1]), "PrivateProfile", "EnableFirewall", 1);
    assert_eq!(is_on(&on), yes_or_no(true));
    let old = policy(local(client(), [1, 1, 1]), "StandardProfile", "EnableFirewall", 0);
    assert_eq!(is_on(&old), yes_or_no(false));
    // The new name of a policy goes before the old one.
    assert_eq!(is_on(&policy(old, "PrivateProfile", "EnableFirewall", 1)), yes_or_no(true));
}

#[test]
fn a_profile_that_lets_everything_in_filters_nothing() {
    let open = set(
        local(client(), [1, 1, 1]),
        &format!(r"{LOCAL}\PublicProfile"),
        "DefaultInboundAction",
        0,
    );
    assert_eq!(is_on(&open), yes_or_no(false));
    assert_eq!(is_on(&policy(open, "PublicProfile", "DefaultInboundAction", 1)), yes_or_no(true));
}

#[test]
fn a_switch_that_is_missing_or_odd_is_unknown() {
    assert_eq!(reason(&is_on(&client())), Some(Reason::NotSupported));
    let odd = local(client(), [1, 2, 1]);
    assert_eq!(look_at(&odd).1, look_at(&odd).0);
    assert_eq!(reason(&is_on(&odd)), Some(Reason::ParseError));
}

#[test]
fn another_firewall_takes_the_place_of_windows_own() {
    let on = registered(local(client(), [0, 0, 0]), ON);
    assert_eq!(look_at(&on), (yes_or_no(true), text("Kaspersky Endpoint Security")));
    let beside = registered(local(client(), [1, 1, 1]), ON);
    assert_eq!(look_at(&beside).1, text("Kaspersky Endpoint Security"));
    let off = registered(local(client(), [1, 1, 1]), OFF);
    assert_eq!(look_at(&off).1, text(OWN));
    for state in [OFF, "270336", "274432"] {
        assert_eq!(is_on(&registered(local(client(), [0, 0, 0]), state)), yes_or_no(false));
    }
}

#[test]
fn an_entry_that_outlived_its_product_filters_nothing() {
    let gone = registered(local(client(), [0, 0, 0]), ON);
    let gone = gone.without("Program Files/Kaspersky/avp.exe");
    assert_eq!(is_on(&gone), yes_or_no(false));
}

#[test]
fn where_another_firewall_may_be_on_off_is_not_known() {
    let off = local(client(), [0, 0, 0]);
    let odd = registered(off, "\"on\"");
    assert_eq!(reason(&is_on(&odd)), Some(Reason::ParseError));
    let nameless = r#"[{"productState": 266240}]"#;
    let nameless = odd.with_wmi(r"root\SecurityCenter2", "FirewallProduct", nameless);
    assert_eq!(reason(&is_on(&nameless)), Some(Reason::ParseError));
    let unasked = nameless.without("wmi");
    assert_eq!(reason(&is_on(&unasked)), Some(Reason::NotSupported));
    // Nobody registers with a server.
    let server = unasked.with_registry(
        "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion]\n\
         \"InstallationType\"=\"Server\"",
    );
    assert_eq!(is_on(&server), yes_or_no(false));
}
