//! The same on Windows.

use super::*;

const TABLE: &str = r"[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\mssmbios\Data]";
const CRYPTOGRAPHY: &str = r"[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Cryptography]";
const PARAMETERS: &str = r"[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters]";
const CONTROL: &str = r"[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control]";

/// The bytes of a UUID as firmware of today has them: `a1b2c3d4-5e6f-11ed-80f3-9c2dcd1f0a11`.
const UUID: [u8; 16] = [
    0xd4, 0xc3, 0xb2, 0xa1, 0x6f, 0x5e, 0xed, 0x11, 0x80, 0xf3, 0x9c, 0x2d, 0xcd, 0x1f, 0x0a, 0x11,
];

/// One structure of a table: a system or a main board, whose third string is its serial number.
fn structure(kind: u8, uuid: &[u8], serial: &str) -> Vec<u8> {
    let length = u8::try_from(8 + uuid.len()).unwrap();
    let mut bytes = vec![kind, length, kind, 0, 1, 2, 0, 3];
    bytes.extend(uuid);
    bytes.extend(b"LENOVO\0A model\0");
    bytes.extend(serial.as_bytes());
    bytes.extend([0, 0]);
    bytes
}

fn firmware(system: &str, board: &str) -> String {
    let body = [structure(1, &UUID, system), structure(2, &[], board)].concat();
    let mut raw = vec![0, 3, 2, 0];
    raw.extend(u32::try_from(body.len()).unwrap().to_le_bytes());
    raw.extend(body);
    let hex: Vec<_> = raw.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{TABLE}\n\"SMBiosData\"=hex:{}", hex.join(","))
}

fn guid(guid: &str) -> String {
    format!("{CRYPTOGRAPHY}\n\"MachineGuid\"=\"{guid}\"")
}

fn office_pc() -> Machine {
    Machine::windows()
        .with_registry(&firmware("PF3A1B2C", "L1HF37D00KX"))
        .with_registry(&guid("0aaa0000-0000-4000-8000-000000000001"))
        .with_registry(&format!("{PARAMETERS}\n\"Hostname\"=\"stp-laptop-03\""))
}

fn virtual_machine(id: &str) -> Machine {
    Machine::windows().with_registry(&guid(id))
}

#[test]
fn a_machine_is_the_same_under_either_system() {
    let seen_by = |machine: &Machine| marks(&machine.host(), Rights::Full).unwrap();
    let linux = laptop()
        .with("sys/class/dmi/id/product_uuid", "A1B2C3D4-5E6F-11ED-80F3-9C2DCD1F0A11\n")
        .with("sys/class/dmi/id/product_serial", "PF3A1B2C\n")
        .with("sys/class/dmi/id/board_serial", "L1HF37D00KX\n");
    assert_eq!(seen_by(&office_pc()), seen_by(&linux));
}

#[test]
fn a_disk_in_other_hardware_is_noticed_and_a_new_installation_is_not() {
    let other = Machine::windows().with_registry(&firmware("PF3A9Z9Z", "L1HF37D00KX"));
    assert_ne!(of(&other), of(&office_pc()));
    let anew = Machine::windows().with_registry(&firmware("PF3A1B2C", "L1HF37D00KX"));
    assert_eq!(of(&anew), of(&office_pc()));
}

#[test]
fn without_firmware_the_guid_stands_in_and_two_of_them_are_two() {
    assert_eq!(of(&virtual_machine("AB-1")), of(&virtual_machine("ab-1")));
    assert_ne!(of(&virtual_machine("ab-1")), of(&virtual_machine("ab-2")));
    assert_eq!(fingerprint(&Machine::windows().host()), Err(FingerprintError::NoMark));
}

#[test]
fn a_firmware_table_that_is_damaged_makes_no_other_fingerprint() {
    let damaged = Machine::windows()
        .with_registry(&format!("{TABLE}\n\"SMBiosData\"=hex:00,03"))
        .with_registry(&guid("ab-1"));
    assert!(matches!(fingerprint(&damaged.host()), Err(FingerprintError::Unread(_))));
}

#[test]
fn two_containers_of_one_host_are_two_there_as_well() {
    let container = |id: &str| {
        Machine::windows()
            .with_registry(&firmware("PF3A1B2C", "L1HF37D00KX"))
            .with_registry(&format!("{CONTROL}\n\"ContainerType\"=dword:00000002"))
            .with_registry(&guid(id))
    };
    assert_ne!(of(&container("ab-1")), of(&container("ab-2")));
}

#[test]
fn a_windows_machine_claims_what_it_knows_of_itself() {
    let claimed = claims(&office_pc().host());
    let text = |text| Some(Text::new(text).unwrap());
    assert_eq!(claimed.serial, text("PF3A1B2C"));
    assert_eq!(claimed.host_name, text("stp-laptop-03"));
    assert_eq!(claims(&Machine::windows().host()), Claims::default());
}
