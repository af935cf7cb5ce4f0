//! Which Windows a registry describes.

use report::catalogue::{Origin, Platform};
use report::observation::Facts;
use report::{FactKey, Timestamp, Topic};

use super::*;
use crate::host::recorded::{Machine, fact, facts, reason};
use crate::probes::assignment::AssignmentClaims;

fn look(machine: &Machine) -> Facts {
    let context = Context { claims: &AssignmentClaims::default(), now: Timestamp(0) };
    facts(probe(&machine.host(), &context))
}

const CURRENT: &str = r"[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion]";
const OPTIONS: &str = r"[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\ProductOptions]";

/// A machine whose key has these values, one a line.
fn described(values: &str) -> Machine {
    Machine::windows().with_registry(&format!("{CURRENT}\n{values}"))
}

fn windows_10_in_name_alone() -> Machine {
    described(
        r#""CurrentVersion"="6.3"
"CurrentMajorVersionNumber"=dword:0000000a
"CurrentMinorVersionNumber"=dword:00000000
"CurrentBuildNumber"="26200"
"CurrentBuild"="26200"
"UBR"=dword:0000254e
"DisplayVersion"="25H2"
"ReleaseId"="2009"
"ProductName"="Windows 10 Pro"
"EditionID"="Professional"
"InstallationType"="Client""#,
    )
}

#[test]
fn windows_11_is_known_by_its_build_though_it_calls_itself_10() {
    let facts = look(&windows_10_in_name_alone());
    assert_eq!(fact(&facts, "machine.os_name"), text("Windows 11 Pro 25H2"));
    assert_eq!(fact(&facts, "machine.os_id"), text("windows"));
    assert_eq!(fact(&facts, "machine.os_family"), choice("windows"));
    assert_eq!(fact(&facts, "machine.os_edition"), text("Professional"));
    assert_eq!(fact(&facts, "machine.os_installation"), choice("client"));
}

#[test]
fn the_revision_is_part_of_the_version_and_the_frozen_release_is_not() {
    let version = fact(&look(&windows_10_in_name_alone()), "machine.os_version");
    assert_eq!(version, text("10.0.26200.9550"));
}

#[test]
fn windows_10_keeps_its_name() {
    let machine = windows_10_in_name_alone()
        .with_edit("registry.reg", r#""26200""#, r#""19045""#)
        .with_edit("registry.reg", "25H2", "22H2");
    let facts = look(&machine);
    assert_eq!(fact(&facts, "machine.os_name"), text("Windows 10 Pro 22H2"));
    assert_eq!(fact(&facts, "machine.os_version"), text("10.0.19045.9550"));
}

#[test]
fn windows_7_has_no_revision() {
    let machine = described(
        r#""CurrentVersion"="6.1"
"CurrentBuildNumber"="7601"
"CSDVersion"="Service Pack 1"
"ProductName"="Windows 7 Professional"
"EditionID"="Professional"
"InstallationType"="Client""#,
    );
    let facts = look(&machine);
    assert_eq!(fact(&facts, "machine.os_version"), text("6.1.7601"));
    assert_eq!(fact(&facts, "machine.os_name"), text("Windows 7 Professional"));
}

#[test]
fn without_a_revision_the_build_remains() {
    let machine =
        described("\"CurrentMajorVersionNumber\"=dword:0000000a\n\"CurrentBuild\"=\"20348\"");
    assert_eq!(fact(&look(&machine), "machine.os_version"), text("10.0.20348"));
}

#[test]
fn a_server_and_a_client_of_one_build_are_told_apart() {
    let installation = |installation: &str, product: &str| {
        let machine = described(&format!("\"CurrentBuild\"=\"26100\"\n{installation}"));
        let machine = machine.with_registry(&format!("{OPTIONS}\n{product}"));
        fact(&look(&machine), "machine.os_installation")
    };
    let (client, server) = (r#""ProductType"="WinNT""#, r#""ProductType"="ServerNT""#);
    assert_eq!(installation(r#""InstallationType"="Server""#, server), choice("server"));
    assert_eq!(installation(r#""InstallationType"="Server Core""#, server), choice("server_core"));
    assert_eq!(installation("", server), choice("server"));
    assert_eq!(installation("", r#""ProductType"="LanmanNT""#), choice("server"));
    assert_eq!(installation("", client), choice("client"));
    // Windows 11 for several people at once.
    assert_eq!(installation(r#""InstallationType"="Client""#, server), choice("client"));
    assert_eq!(reason(&installation("", "")), Some(Reason::NotSupported));
    assert_eq!(reason(&installation("", r#""ProductType"="x""#)), Some(Reason::ParseError));
}

#[test]
fn a_key_that_is_denied_or_damaged_says_nothing() {
    let denied = windows_10_in_name_alone().denied("registry.reg");
    for name in ["machine.os_version", "machine.os_name", "machine.os_installation"] {
        assert_eq!(reason(&fact(&look(&denied), name)), Some(Reason::AccessDenied), "{name}");
    }
    let nameless = described(r#""CurrentBuild"="twenty""#);
    let version = fact(&look(&nameless), "machine.os_version");
    assert_eq!(reason(&version), Some(Reason::ParseError));
    let nothing = fact(&look(&Machine::windows()), "machine.os_version");
    assert_eq!(reason(&nothing), Some(Reason::NotSupported));
}

#[test]
fn the_full_name_goes_before_the_short_one() {
    let short = r#"[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\ComputerName\ComputerName]
"ComputerName"="MAY-THU-MOT-CUA""#;
    let full = r#"[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters]
"Hostname"="may-thu-mot-cua-01""#;
    let machine = Machine::windows().with_registry(short);
    assert_eq!(fact(&look(&machine), "machine.host_name"), text("MAY-THU-MOT-CUA"));
    let machine = machine.with_registry(full);
    assert_eq!(fact(&look(&machine), "machine.host_name"), text("may-thu-mot-cua-01"));
}

#[test]
fn a_container_says_so_in_its_registry() {
    let is_one = |machine: &Machine| fact(&look(machine), "machine.container");
    let machine = Machine::windows();
    assert_eq!(is_one(&machine), Fact::Known(Value::Bool(false)));
    let mark =
        "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control]\n\"ContainerType\"=dword:2";
    let machine = machine.with_registry(mark);
    assert_eq!(is_one(&machine), Fact::Known(Value::Bool(true)));
}

#[test]
fn a_machine_without_a_firmware_table_has_hardware_nobody_knows() {
    let facts = look(&Machine::windows());
    for name in ["machine.serial", "machine.chassis", "machine.hardware_uuid"] {
        assert_eq!(reason(&fact(&facts, name)), Some(Reason::NotSupported), "{name}");
    }
}

#[test]
fn every_recorded_machine_answers_every_fact() {
    for (root, name, version, chassis) in [
        ("windows-server-2022", "Windows Server 2022 Standard 21H2", "10.0.20348.4294", "virtual"),
        ("windows10-bkav", "Windows 10 Home Single Language 22H2", "10.0.19045.7417", "desktop"),
        ("windows10-kaspersky", "Windows 10 Pro 22H2", "10.0.19045.7417", "desktop"),
        ("windows11-defender", "Windows 11 Pro 24H2", "10.0.26100.9457", "laptop"),
        ("windows11-eset", "Windows 11 Pro 25H2", "10.0.26200.9457", "desktop"),
    ] {
        let facts = look(&Machine::recorded(root));
        assert_eq!(fact(&facts, "machine.os_name"), text(name), "{root}");
        assert_eq!(fact(&facts, "machine.os_version"), text(version), "{root}");
        assert_eq!(fact(&facts, "machine.chassis"), choice(chassis), "{root}");
        let expected: Vec<_> = FactKey::all()
            .filter(|key| key.spec().origin == Origin::Agent(Topic::Machine))
            .filter(|key| key.spec().platforms.contains(&Platform::Windows))
            .collect();
        assert_eq!(facts.keys().copied().collect::<Vec<_>>(), expected, "{root}");
    }
}

#[test]
fn an_office_pc_names_its_hardware_and_one_nobody_filled_in_does_not() {
    let facts = look(&Machine::recorded("windows11-eset"));
    for (name, expected) in [
        ("machine.host_name", "stp-hotich-07"),
        ("machine.manufacturer", "Dell Inc."),
        ("machine.model", "OptiPlex 7090"),
        ("machine.serial", "7TESTX3"),
        ("machine.asset_tag", "STP-0207"),
        ("machine.hardware_uuid", "00112233-4455-6677-8899-aabbccddeeff"),
    ] {
        assert_eq!(fact(&facts, name), text(expected), "{name}");
    }
    let facts = look(&Machine::recorded("windows10-bkav"));
    for name in ["manufacturer", "model", "serial", "asset_tag", "hardware_uuid"] {
        assert_eq!(fact(&facts, &format!("machine.{name}")), Fact::Absent, "{name}");
    }
}
