//! The machine probe over recorded machines that lack something.

use report::observation::Facts;
use report::{Moment, Timestamp};

use super::*;
use crate::host::recorded::{Machine, fact, facts, reason};
use crate::probes::assignment::AssignmentClaims;

fn look(machine: &Machine) -> Facts {
    let context = Context { claims: &AssignmentClaims::default(), now: Timestamp(0) };
    facts(probe(&machine.host(), &context))
}

fn office_pc() -> Machine {
    Machine::recorded("debian12-clamav")
}

#[test]
fn the_administrators_os_release_goes_before_the_vendors() {
    let machine = office_pc().with("etc/os-release", "ID=derived\nVERSION_ID='7'\n");
    assert_eq!(fact(&look(&machine), "machine.os_id"), text("derived"));
    assert_eq!(fact(&look(&machine), "machine.os_version"), text("7"));
    assert_eq!(fact(&look(&machine), "machine.os_name"), Fact::Absent);
}

#[test]
fn an_os_release_that_may_not_be_read_is_not_replaced_by_the_other() {
    let machine = office_pc().with("etc/os-release", "ID=derived\n").denied("etc/os-release");
    let id = fact(&look(&machine), "machine.os_id");
    assert_eq!(reason(&id), Some(Reason::AccessDenied));
}

#[test]
fn without_a_configured_name_the_running_one_counts() {
    let machine = office_pc()
        .with("etc/hostname", "# none\n")
        .with("proc/sys/kernel/hostname", "from-dhcp\n");
    assert_eq!(fact(&look(&machine), "machine.host_name"), text("from-dhcp"));
    let nameless = machine.with("proc/sys/kernel/hostname", "(none)\n");
    assert_eq!(fact(&look(&nameless), "machine.host_name"), Fact::Absent);
}

#[test]
fn a_decomposed_name_is_composed_and_an_endless_one_is_unknown() {
    let machine = office_pc().with("etc/hostname", "ho\u{323}\u{302}-ti\u{323}ch-01\n");
    assert_eq!(fact(&look(&machine), "machine.host_name"), text("hộ-tịch-01"));
    let machine = office_pc().with("etc/hostname", "x".repeat(300));
    let name = fact(&look(&machine), "machine.host_name");
    assert_eq!(reason(&name), Some(Reason::ParseError));
}

#[test]
fn each_mark_of_a_container_is_enough() {
    for mark in [".dockerenv", "run/.containerenv", "run/systemd/container"] {
        let container = fact(&look(&office_pc().with(mark, "")), "machine.container");
        assert_eq!(container, Fact::Known(Value::Bool(true)), "{mark}");
    }
    let machine =
        office_pc().without("run/systemd").with("proc/1/environ", "PATH=/bin\0container=lxc\0");
    let container = fact(&look(&machine), "machine.container");
    assert_eq!(container, Fact::Known(Value::Bool(true)));
}

#[test]
fn without_systemd_an_environment_that_is_denied_leaves_the_container_unknown() {
    let machine = office_pc().denied("proc/1/environ");
    let container = fact(&look(&machine), "machine.container");
    assert_eq!(container, Fact::Known(Value::Bool(false)));
    let machine = machine.without("run/systemd");
    let container = fact(&look(&machine), "machine.container");
    assert_eq!(reason(&container), Some(Reason::AccessDenied));
}

#[test]
fn firmware_entries_are_missing_denied_or_empty_and_each_is_its_own_answer() {
    let laptop = || Machine::recorded("debian12-laptop-dmi");
    let serial = |machine: &Machine| fact(&look(machine), "machine.serial");
    let missing = laptop().without("sys/class/dmi/id/product_serial");
    assert_eq!(serial(&missing), Fact::Absent);
    let empty = laptop().with("sys/class/dmi/id/product_serial", "\n");
    assert_eq!(serial(&empty), Fact::Absent);
    let denied = laptop().denied("sys/class/dmi/id/product_serial");
    assert_eq!(reason(&serial(&denied)), Some(Reason::AccessDenied));
    let nothing = laptop().without("sys/class/dmi");
    assert_eq!(reason(&serial(&nothing)), Some(Reason::NotSupported));
}

#[test]
fn a_single_digit_is_a_chassis_type_and_no_serial_number() {
    let machine = Machine::recorded("debian12-laptop-dmi")
        .with("sys/class/dmi/id/chassis_type", "9\n")
        .with("sys/class/dmi/id/product_serial", "9\n");
    let facts = look(&machine);
    assert_eq!(fact(&facts, "machine.chassis"), choice("laptop"));
    assert_eq!(fact(&facts, "machine.serial"), Fact::Absent);
}

#[test]
fn a_virtual_machine_says_so_in_its_processor_or_its_firmware() {
    let by_firmware =
        Machine::recorded("debian12-laptop-dmi").with("sys/class/dmi/id/sys_vendor", "QEMU\n");
    let by_processor = Machine::recorded("debian12-bare");
    for machine in [by_firmware, by_processor] {
        assert_eq!(fact(&look(&machine), "machine.chassis"), choice("virtual"));
    }
}

#[test]
fn a_chassis_type_that_is_no_number_is_unknown() {
    let machine =
        Machine::recorded("debian12-laptop-dmi").with("sys/class/dmi/id/chassis_type", "tower\n");
    let chassis = fact(&look(&machine), "machine.chassis");
    assert_eq!(reason(&chassis), Some(Reason::ParseError));
}

#[test]
fn the_kernel_says_when_it_booted_by_its_own_clock() {
    let booted = fact(&look(&office_pc()), "machine.booted_at");
    assert_eq!(booted, moment(Moment::machine(Timestamp(1_795_300_000))));
    let broken = office_pc().with("proc/stat", "cpu  1 2 3\n");
    let booted = fact(&look(&broken), "machine.booted_at");
    assert_eq!(reason(&booted), Some(Reason::ProviderError));
}
