//! Firmware tables as makers fill them, and as they should not be.

use proptest::prelude::*;

use super::*;

/// A structure of the table: what is formatted, and its strings.
pub(crate) fn structure(kind: u8, formatted: &[u8], strings: &[&str]) -> Vec<u8> {
    let length = u8::try_from(formatted.len() + 4).unwrap();
    let mut bytes = vec![kind, length, kind, 0];
    bytes.extend_from_slice(formatted);
    for string in strings {
        bytes.extend_from_slice(string.as_bytes());
        bytes.push(0);
    }
    bytes.extend_from_slice(if strings.is_empty() { &[0, 0] } else { &[0] });
    bytes
}

/// The bytes 00 to 0f, as a UUID that shows where each of them went.
const COUNTED: [u8; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

fn table(version: [u8; 2], structures: &[Vec<u8>]) -> Vec<u8> {
    let body = structures.concat();
    let mut raw = vec![0, version[0], version[1], 0];
    raw.extend_from_slice(&u32::try_from(body.len()).unwrap().to_le_bytes());
    raw.extend(body);
    raw
}

fn system(serial: &str) -> Vec<u8> {
    let formatted = [&[1, 2, 3, 4][..], &COUNTED[..], &[6, 0, 0]].concat();
    structure(1, &formatted, &["Dell Inc.", "OptiPlex 7090", "1.0", serial])
}

fn office_pc() -> Vec<u8> {
    table(
        [3, 2],
        &[
            structure(0, &[1, 2], &["Dell Inc.", "1.2.3"]),
            system("5TESTY2"),
            structure(2, &[1, 2, 0, 3], &["Dell Inc.", "0TEST1", "/5TESTY2/CNTEST/"]),
            structure(3, &[1, 0x83, 0, 0, 2], &["Dell Inc.", "STP-0117"]),
            structure(127, &[], &[]),
        ],
    )
}

fn read(raw: &[u8]) -> Smbios {
    Smbios(table::parse(raw).ok_or_else(damaged))
}

fn known(fact: Fact<Text>) -> Option<String> {
    fact.known().map(|text| text.as_str().to_owned())
}

#[test]
fn an_office_pc_says_who_made_it_and_which_one_it_is() {
    let smbios = read(&office_pc());
    assert_eq!(known(smbios.manufacturer()).as_deref(), Some("Dell Inc."));
    assert_eq!(known(smbios.model()).as_deref(), Some("OptiPlex 7090"));
    assert_eq!(known(smbios.serial()).as_deref(), Some("5TESTY2"));
    assert_eq!(known(smbios.board_serial()).as_deref(), Some("/5TESTY2/CNTEST/"));
    assert_eq!(known(smbios.asset_tag()).as_deref(), Some("STP-0117"));
    assert_eq!(smbios.chassis_type(), Fact::Known(3));
}

#[test]
fn a_uuid_is_written_as_linux_writes_it_on_the_same_machine() {
    let uuid = |version| known(read(&table(version, &[system("1A")])).uuid());
    assert_eq!(uuid([2, 6]).as_deref(), Some("03020100-0504-0706-0809-0a0b0c0d0e0f"));
    assert_eq!(uuid([2, 5]).as_deref(), Some("00010203-0405-0607-0809-0a0b0c0d0e0f"));
}

#[test]
fn what_every_machine_of_a_line_carries_is_absent() {
    for serial in ["To be filled by O.E.M.", "System Serial Number", "0", "   "] {
        assert_eq!(read(&table([3, 0], &[system(serial)])).serial(), Fact::Absent, "{serial}");
    }
}

#[test]
fn an_entry_that_the_firmware_leaves_out_is_absent() {
    let short = structure(1, &[1, 0], &["VMware, Inc."]);
    let smbios = read(&table([2, 7], &[short]));
    assert_eq!(smbios.model(), Fact::Absent);
    assert_eq!(smbios.serial(), Fact::Absent);
    assert_eq!(smbios.uuid(), Fact::Absent);
    assert_eq!(smbios.board_serial(), Fact::Absent);
    assert_eq!(smbios.chassis_type(), Fact::Absent);
}

#[test]
fn of_several_systems_the_first_counts() {
    let smbios = read(&table([3, 0], &[system("FIRST1"), system("SECOND2")]));
    assert_eq!(known(smbios.serial()).as_deref(), Some("FIRST1"));
}

#[test]
fn a_table_that_is_cut_off_before_its_system_is_no_table() {
    let raw = office_pc();
    for end in [0, 7, 8, 9, 12, 40] {
        let Fact::Unknown(why) = read(&raw[..end]).serial() else {
            panic!("{end} bytes are no table");
        };
        assert_eq!(why.reason, Reason::ParseError);
    }
}

proptest! {
    #[test]
    fn no_bytes_bring_the_parser_down(raw in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = table::parse(&raw);
    }

    #[test]
    fn no_damage_brings_the_parser_down(at in any::<prop::sample::Index>(), byte: u8) {
        let mut raw = office_pc();
        let at = at.index(raw.len());
        raw[at] = byte;
        let smbios = read(&raw);
        let _ = (smbios.serial(), smbios.uuid(), smbios.asset_tag(), smbios.chassis_type());
    }
}
