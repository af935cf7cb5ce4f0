//! What the volumes of a Windows machine say of themselves.

use report::Timestamp;

use super::*;
use crate::host::recorded::{Machine, fact, facts, reason};
use crate::probes::assignment::AssignmentClaims;

fn look_at(machine: &Machine) -> (Fact, Fact) {
    let context = Context { claims: &AssignmentClaims::default(), now: Timestamp(0) };
    let facts = facts(probe(&machine.host(), &context));
    (fact(&facts, "disk_encryption.system"), fact(&facts, "disk_encryption.others_off"))
}

fn volumes(rows: &[String]) -> Machine {
    let json = format!("[{}]", rows.join(","));
    Machine::windows().with_wmi(QUERY.namespace, QUERY.class, &json)
}

fn volume(letter: &str, kind: u8, protection: u8, conversion: u8) -> String {
    format!(
        r#"{{"DriveLetter": "{letter}", "VolumeType": {kind}, "ProtectionStatus": 1,
            "GetProtectionStatus.ProtectionStatus": {protection},
            "GetConversionStatus.ConversionStatus": {conversion}}}"#
    )
}

fn system(protection: u8, conversion: u8) -> Fact {
    look_at(&volumes(&[volume("C:", 0, protection, conversion)])).0
}

#[test]
fn a_volume_is_what_it_answers_and_not_what_it_was_the_last_time() {
    // The property that nobody reads says of all of them that they are protected.
    assert_eq!(system(1, 1), choice("on"));
    assert_eq!(system(0, 0), choice("off"));
}

#[test]
fn a_volume_with_its_key_in_the_open_is_suspended_and_not_on() {
    assert_eq!(system(0, 1), choice("suspended"));
}

#[test]
fn a_volume_on_its_way_is_told_by_where_it_goes() {
    assert_eq!(system(0, 2), choice("encrypting"));
    assert_eq!(system(0, 4), choice("encrypting"));
    assert_eq!(system(0, 3), choice("off"));
    assert_eq!(system(0, 5), choice("off"));
}

#[test]
fn a_volume_that_cannot_tell_is_unknown() {
    assert_eq!(reason(&system(2, 1)), Some(Reason::ProductOpaque));
    assert_eq!(reason(&system(0, 9)), Some(Reason::ParseError));
    assert_eq!(reason(&system(7, 1)), Some(Reason::ParseError));
    let stale = r#"{"DriveLetter": "C:", "VolumeType": 0, "ProtectionStatus": 1}"#.to_owned();
    assert_eq!(reason(&look_at(&volumes(&[stale])).0), Some(Reason::ProviderError));
}

#[test]
fn other_volumes_count_unless_they_can_be_carried_away() {
    let nameless = volume("", 1, 0, 0);
    let rows = [volume("C:", 0, 1, 1), volume("D:", 1, 0, 0), volume("E:", 1, 1, 1), nameless];
    assert_eq!(look_at(&volumes(&rows)), (choice("on"), count(1)));
    let rows = [volume("C:", 0, 1, 1), volume("F:", 2, 0, 0)];
    assert_eq!(look_at(&volumes(&rows)).1, count(0));
    let rows = [volume("C:", 0, 1, 1), volume("D:", 1, 2, 1)];
    assert_eq!(reason(&look_at(&volumes(&rows)).1), Some(Reason::ProductOpaque));
}

#[test]
fn where_disks_are_not_told_from_sticks_an_open_one_is_unknown() {
    let untold =
        |protection: u8| volume("D:", 1, protection, protection).replace(r#""VolumeType": 1,"#, "");
    let rows = |protection| [volume("C:", 0, 1, 1), untold(protection)];
    assert_eq!(reason(&look_at(&volumes(&rows(0))).1), Some(Reason::NotSupported));
    assert_eq!(look_at(&volumes(&rows(1))).1, count(0));
}

#[test]
fn the_system_lies_where_the_registry_says() {
    let machine = volumes(&[volume("C:", 1, 0, 0), volume("d:", 0, 1, 1)]).with_registry(
        "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion]\n\
         \"SystemRoot\"=\"D:\\\\Windows\"",
    );
    assert_eq!(look_at(&machine), (choice("on"), count(1)));
    let elsewhere = volumes(&[volume("E:", 1, 1, 1)]);
    assert_eq!(reason(&look_at(&elsewhere).0), Some(Reason::ParseError));
}

#[test]
fn an_edition_without_the_feature_is_not_known_to_be_unencrypted() {
    let (system, others) = look_at(&Machine::windows());
    assert_eq!(reason(&system), Some(Reason::NotSupported));
    assert_eq!(reason(&others), Some(Reason::NotSupported));
    let denied = r#"{"error": "0x80041003"}"#;
    let denied = Machine::windows().with_wmi(QUERY.namespace, QUERY.class, denied);
    assert_eq!(reason(&look_at(&denied).0), Some(Reason::AccessDenied));
}
