//! What kind of thing the machine is.

use report::{Fact, Text, Value};

use super::dmi::{self, Dmi};
use crate::probes::findings::choice;

/// Beginnings of what hypervisors write in place of a manufacturer or a model.
const HYPERVISORS: &[&str] = &[
    "Alibaba Cloud ECS",
    "Amazon EC2",
    "Bochs",
    "BHYVE",
    "Google Compute Engine",
    "innotek GmbH",
    "KVM",
    "OpenStack",
    "oVirt",
    "Parallels",
    "QEMU",
    "RHEV Hypervisor",
    "Virtual Machine",
    "VirtualBox",
    "VMware",
    "Xen",
];

/// What the firmware says, and where: a hypervisor gives its name, and for the rest there is a
/// number.
pub(super) fn chassis(dmi: &Dmi<'_>) -> (Fact, &'static str) {
    for path in [dmi::MANUFACTURER, dmi::MODEL] {
        if dmi.read(path).known().is_some_and(names_hypervisor) {
            return (choice("virtual"), path);
        }
    }
    (of_type(dmi.read_number(dmi::CHASSIS_TYPE)), dmi::CHASSIS_TYPE)
}

/// The same of a table that was read whole: what its maker and its model are called, and the number.
pub(super) fn named(names: &[Fact<Text>], number: Fact<u8>) -> Fact {
    match names.iter().filter_map(Fact::known).any(names_hypervisor) {
        true => choice("virtual"),
        false => of_type(number),
    }
}

fn of_type(number: Fact<u8>) -> Fact {
    number.map(|number| Value::Choice(word(number)))
}

fn names_hypervisor(value: &Text) -> bool {
    HYPERVISORS.iter().any(|name| value.as_str().starts_with(name))
}

/// The chassis types of the SMBIOS specification (System Enclosure, section 7.4.1).
fn word(number: u8) -> &'static str {
    match number {
        3..=7 | 13 | 15 | 16 | 24 | 35 | 36 => "desktop",
        8..=11 | 14 | 30..=32 => "laptop",
        17 | 23 | 25 | 28 | 29 => "server",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_the_specification() {
        for (number, expected) in [
            (3, "desktop"),
            (10, "laptop"),
            (31, "laptop"),
            (35, "desktop"),
            (23, "server"),
            (1, "other"),
            (200, "other"),
        ] {
            assert_eq!(word(number), expected, "{number}");
        }
    }

    #[test]
    fn hypervisors_are_known_by_their_first_words() {
        for name in ["VMware, Inc.", "QEMU", "VirtualBox", "Xen HVM domU"] {
            assert!(names_hypervisor(&Text::new(name).unwrap()), "{name}");
        }
        for name in ["LENOVO", "Microsoft Corporation", "Latitude 5440"] {
            assert!(!names_hypervisor(&Text::new(name).unwrap()), "{name}");
        }
    }
}
