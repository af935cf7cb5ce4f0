//! When a Windows machine lets people in from the network.

use report::Timestamp;
use report::observation::Facts;

use super::*;
use crate::host::recorded::{Machine, fact, facts, reason};
use crate::probes::assignment::AssignmentClaims;
use crate::probes::findings::{choice, yes_or_no};

fn look(machine: &Machine) -> Facts {
    let context = Context { claims: &AssignmentClaims::default(), now: Timestamp(0) };
    facts(probe(&machine.host(), &context))
}

fn desktop_of(machine: &Machine) -> (Fact, Fact) {
    let facts = look(machine);
    (fact(&facts, "remote_access.desktop"), fact(&facts, "remote_access.desktop_nla"))
}

fn ssh_of(machine: &Machine) -> (Fact, Fact, Fact) {
    let facts = look(machine);
    (
        fact(&facts, "remote_access.ssh"),
        fact(&facts, "remote_access.ssh_root"),
        fact(&facts, "remote_access.ssh_passwords"),
    )
}

fn set(machine: Machine, place: &str, name: &str, value: u32) -> Machine {
    let place = place.replace("HKLM", "HKEY_LOCAL_MACHINE");
    machine.with_registry(&format!("[{place}]\n\"{name}\"=dword:{value:08x}"))
}

/// A machine with the service, the two switches as they stand.
fn terminal(denied: u32, first: u32) -> Machine {
    let machine = Machine::windows().with_service(DESKTOP_SERVICE, "running", "manual", "");
    let machine = set(machine, TERMINAL, "fDenyTSConnections", denied);
    set(machine, CONNECTIONS, "UserAuthentication", first)
}

const OPENSSH: &str = r"C:\Windows\System32\OpenSSH\sshd.exe";

fn sshd(state: &str, start: &str, image: &str) -> Machine {
    Machine::windows().with_service(SSH_SERVICE, state, start, image)
}

#[test]
fn a_desktop_that_is_denied_is_off_and_authenticates_nobody() {
    assert_eq!(desktop_of(&terminal(1, 1)), (yes_or_no(false), Fact::Absent));
    assert_eq!(desktop_of(&terminal(0, 1)), (yes_or_no(true), yes_or_no(true)));
    assert_eq!(desktop_of(&terminal(0, 0)), (yes_or_no(true), yes_or_no(false)));
}

#[test]
fn a_policy_goes_before_what_was_set_by_hand() {
    let opened = set(terminal(1, 0), POLICY, "fDenyTSConnections", 0);
    assert_eq!(desktop_of(&opened), (yes_or_no(true), yes_or_no(false)));
    let guarded = set(opened, POLICY, "UserAuthentication", 1);
    assert_eq!(desktop_of(&guarded), (yes_or_no(true), yes_or_no(true)));
    let closed = set(terminal(0, 1), POLICY, "fDenyTSConnections", 1);
    assert_eq!(desktop_of(&closed).0, yes_or_no(false));
}

#[test]
fn a_service_that_never_begins_lets_nobody_in() {
    let machine = terminal(0, 1).with_service(DESKTOP_SERVICE, "stopped", "disabled", "");
    assert_eq!(desktop_of(&machine), (yes_or_no(false), Fact::Absent));
}

#[test]
fn a_switch_that_is_missing_says_nothing() {
    let machine = Machine::windows().with_service(DESKTOP_SERVICE, "running", "manual", "");
    let (desktop, first) = desktop_of(&machine);
    assert_eq!(reason(&desktop), Some(Reason::NotSupported));
    assert_eq!(reason(&first), Some(Reason::NotSupported));
}

#[test]
fn without_the_service_nobody_logs_in_over_ssh() {
    let machine = terminal(1, 1);
    assert_eq!(ssh_of(&machine), (yes_or_no(false), Fact::Absent, Fact::Absent));
    let (ssh, root, passwords) = ssh_of(&Machine::windows());
    for fact in [ssh, root, passwords] {
        assert_eq!(reason(&fact), Some(Reason::NotSupported));
    }
}

#[test]
fn a_service_that_begins_by_itself_is_offered_though_it_is_stopped() {
    for (state, start, offered) in [
        ("running", "manual", true),
        ("stopped", "automatic", true),
        ("stopped", "manual", false),
        ("stopped", "disabled", false),
    ] {
        let machine = sshd(state, start, OPENSSH);
        assert_eq!(ssh_of(&machine).0, yes_or_no(offered), "{state} {start}");
    }
}

#[test]
fn administrators_and_passwords_are_told_by_openssh_own_file() {
    let machine = sshd("running", "automatic", OPENSSH);
    let plain = ssh_of(&machine);
    assert_eq!(plain, (yes_or_no(true), choice("yes"), yes_or_no(true)));
    let machine = machine.with(sshd::FILE, "PasswordAuthentication no\n");
    let keys = ssh_of(&machine);
    assert_eq!(keys, (yes_or_no(true), choice("keys_only"), yes_or_no(false)));
    let denied = ssh_of(&machine.denied(sshd::FILE));
    assert_eq!(reason(&denied.1), Some(Reason::AccessDenied));
}

#[test]
fn a_server_of_somebody_else_is_offered_and_says_nothing() {
    let machine = sshd("running", "automatic", r"C:\cygwin64\bin\cygrunsrv.exe");
    let machine = machine.with(sshd::FILE, "PasswordAuthentication no\n");
    let (ssh, root, passwords) = ssh_of(&machine);
    assert_eq!(ssh, yes_or_no(true));
    assert_eq!(reason(&root), Some(Reason::ProductOpaque));
    assert_eq!(reason(&passwords), Some(Reason::ProductOpaque));
}
