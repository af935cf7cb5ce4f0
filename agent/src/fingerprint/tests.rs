//! What changes a fingerprint and what does not.

use super::*;
use crate::host::recorded::Machine;

fn laptop() -> Machine {
    Machine::recorded("debian12-laptop-dmi")
}

fn of(machine: &Machine) -> Fingerprint {
    fingerprint(&machine.host()).unwrap()
}

#[test]
fn a_disk_in_other_hardware_is_noticed() {
    for (file, other) in [
        ("product_uuid", "b9d5f2c0-5e6f-11ed-80f3-9c2dcd1f0a12\n"),
        ("product_serial", "PF3A9Z9Z\n"),
        ("board_serial", "L1HF37D00KY\n"),
    ] {
        let moved = laptop().with(&format!("sys/class/dmi/id/{file}"), other);
        assert_ne!(of(&moved), of(&laptop()), "{file}");
    }
}

#[test]
fn the_same_hardware_stays_the_same_whatever_is_put_in_or_installed() {
    let changed = laptop()
        .with("proc/meminfo", "MemTotal: 32505856 kB\n")
        .with("sys/class/net/eth0/address", "9c:2d:cd:1f:0a:99\n")
        .with("etc/hostname", "stp-laptop-99\n")
        .with("etc/machine-id", "00000000000000000000000000000099\n")
        .with("usr/lib/os-release", "ID=ubuntu\n")
        .with("sys/class/dmi/id/bios_version", "N3EET44W\n");
    assert_eq!(of(&changed), of(&laptop()));
}

#[test]
fn the_case_of_a_uuid_is_nothing() {
    let path = "sys/class/dmi/id/product_uuid";
    let lower = laptop().with(path, "a1b2c3d4-5e6f-11ed-80f3-9c2dcd1f0a11\n");
    assert_eq!(of(&lower), of(&laptop()));
}

#[test]
fn what_every_machine_of_a_line_carries_is_no_mark() {
    let junk = laptop().with("sys/class/dmi/id/board_serial", "Default string\n");
    let none = laptop().without("sys/class/dmi/id/board_serial");
    assert_eq!(of(&junk), of(&none));
}

#[test]
fn without_firmware_the_system_stands_in() {
    let bare = || Machine::recorded("debian12-bare");
    let renewed = bare().with("etc/machine-id", "77777777777777777777777777777778\n");
    assert_ne!(of(&renewed), of(&bare()));
}

#[test]
fn without_any_mark_there_is_no_fingerprint_for_all_such_machines_to_share() {
    let bare = || Machine::recorded("debian12-bare");
    for machine in [
        bare().with("etc/machine-id", "uninitialized\n"),
        bare().with("etc/machine-id", "\n"),
        bare().without("etc/machine-id"),
        Machine::empty(),
    ] {
        assert_eq!(fingerprint(&machine.host()), Err(FingerprintError::NoMark));
    }
}

#[test]
fn a_mark_that_cannot_be_read_is_named_and_makes_no_other_fingerprint() {
    let bare = || Machine::recorded("debian12-bare").denied("etc/machine-id");
    let uuid = "sys/class/dmi/id/product_uuid";
    for (machine, file) in [
        (laptop().denied(uuid), uuid),
        (laptop().denied("sys/class/dmi/id/board_serial"), "sys/class/dmi/id/board_serial"),
        (laptop().denied("sys"), "sys/class/dmi/id"),
        (laptop().with(uuid, "x".repeat(8 * 1024)), uuid),
        (bare(), "etc/machine-id"),
    ] {
        let error = fingerprint(&machine.host()).unwrap_err();
        assert!(matches!(error, FingerprintError::Unread(_)), "{file}");
        assert!(error.to_string().contains(file), "{error}");
    }
}

#[test]
fn an_ordinary_user_who_may_read_no_mark_goes_by_the_machine_id() {
    let marks_of = |machine: &Machine| marks(&machine.host(), Rights::Few).unwrap();
    let denied = laptop()
        .denied("sys/class/dmi/id/product_uuid")
        .denied("sys/class/dmi/id/product_serial")
        .denied("sys/class/dmi/id/board_serial")
        .with("etc/machine-id", "aa01");
    assert_eq!(marks_of(&denied), [("machine-id", "aa01".to_owned())]);
    assert!(marks(&denied.host(), Rights::Full).is_err(), "root is told what stands in the way");
}

#[test]
fn two_containers_of_one_host_are_two() {
    let container = |id: &str| laptop().with(".dockerenv", "").with("etc/machine-id", id);
    assert_ne!(of(&container("aa01")), of(&container("aa02")));
}

#[test]
fn a_machine_claims_what_it_knows_of_itself() {
    let claimed = claims(&laptop().host());
    let text = |text| Some(Text::new(text).unwrap());
    assert_eq!(claimed.serial, text("PF3A1B2C"));
    assert_eq!(claimed.asset_tag, text("STP-0117"));
    assert_eq!(claimed.host_name, text("stp-laptop-03"));
}

#[test]
fn junk_is_not_claimed() {
    let claimed = claims(&Machine::recorded("debian12-clamav").host());
    assert_eq!((claimed.serial, claimed.asset_tag), (None, None));
    assert!(claimed.host_name.is_some());
    assert_eq!(claims(&Machine::empty().host()), Claims::default());
}

mod windows;
