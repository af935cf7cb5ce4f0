//! Whether a restart is needed for what is installed to take effect.

use super::*;

fn reboot(machine: &Machine) -> Fact {
    fact(&look(machine), "patches.reboot_pending")
}

#[test]
fn a_flag_or_a_newer_kernel_asks_for_a_restart() {
    let flag = office_pc().with("run/reboot-required", "");
    assert_eq!(reboot(&flag), yes_or_no(true));
    let kernel = office_pc().with("boot/vmlinuz-6.1.0-38-amd64", "");
    assert_eq!(reboot(&kernel), yes_or_no(true));
    let other_flavour = office_pc().with("boot/vmlinuz-6.1.0-38-rt-amd64", "");
    assert_eq!(reboot(&other_flavour), yes_or_no(false));
}

#[test]
fn the_same_kernel_installed_anew_asks_for_a_restart() {
    let machine = office_pc().with_edit("var/lib/dpkg/status", "6.1.140-1", "6.1.140-2");
    assert_eq!(reboot(&machine), yes_or_no(true));
}

#[test]
fn a_kernel_whose_build_cannot_be_compared_leaves_it_unknown() {
    let build = "proc/sys/kernel/version";
    for (machine, expected) in [
        (office_pc().denied(build), Reason::AccessDenied),
        (office_pc().without(build), Reason::NotSupported),
        (office_pc().with(build, "#1 SMP Debian\n"), Reason::ParseError),
        (office_pc().with(build, ""), Reason::ParseError),
        (
            office_pc().with_edit("var/lib/dpkg/status", "linux-image-6.1.0-37-amd64", "linux-x"),
            Reason::NotSupported,
        ),
    ] {
        assert_eq!(reason(&reboot(&machine)), Some(expected));
    }
    let ubuntu = office_pc().with(build, "#101-Ubuntu SMP PREEMPT_DYNAMIC\n");
    assert_eq!(reboot(&ubuntu), yes_or_no(false));
}

#[test]
fn modules_stand_in_for_images() {
    let machine = || office_pc().without("boot");
    assert_eq!(reason(&reboot(&machine())), Some(Reason::NotSupported));
    let current = machine().with_folder("lib/modules/6.1.0-37-amd64");
    assert_eq!(reboot(&current), yes_or_no(false));
    let newer = current.with_folder("lib/modules/6.1.0-38-amd64");
    assert_eq!(reboot(&newer), yes_or_no(true));
}

#[test]
fn a_kernel_brought_by_the_provider_leaves_it_unknown() {
    let foreign = office_pc().with("proc/sys/kernel/osrelease", "6.18.44-fc\n");
    assert_eq!(reason(&reboot(&foreign)), Some(Reason::NotSupported));
}

#[test]
fn a_container_is_not_restarted_for_its_hosts_kernel() {
    let machine = office_pc().with(".dockerenv", "").with("run/reboot-required", "");
    assert_eq!(reason(&reboot(&machine)), Some(Reason::NotSupported));
}
