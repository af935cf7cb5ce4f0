use super::*;
use crate::host::recorded::{Machine, reason, text};

fn with_service(machine: Machine, service: &str) -> Machine {
    let unit = format!("usr/lib/systemd/system/{service}.service");
    let wanted = format!("etc/systemd/system/multi-user.target.wants/{service}.service");
    machine.with(&unit, "").with_link(&wanted, &format!("/{unit}"))
}

/// A machine whose kernel has the newer filter loaded.
fn filtering() -> Machine {
    Machine::empty().with("proc/modules", "nf_tables 323584 1 nft_compat, Live 0x0\n")
}

/// One whose kernel could load one, and has not.
fn bare() -> Machine {
    Machine::empty()
        .with("proc/modules", "ext4 933888 1 - Live 0x0\nx_tables 61440 0 - Live 0x0\n")
        .with("proc/sys/kernel/osrelease", "6.1.0-37-amd64\n")
        .with("boot/config-6.1.0-37-amd64", "CONFIG_NF_TABLES=m\n")
}

fn ufw(machine: Machine) -> Machine {
    with_service(machine, "ufw")
        .with(rules::UFW, "# comment\nENABLED=yes\nLOGLEVEL=low\n")
        .with("etc/default/ufw", "IPV6=yes\nDEFAULT_INPUT_POLICY=\"DROP\"\n")
}

fn firewalld(machine: Machine) -> Machine {
    with_service(machine, "firewalld")
        .with("usr/sbin/firewalld", "")
        .with(rules::FIREWALLD, "DefaultZone=public\n")
        .with("usr/lib/firewalld/zones/public.xml", "<zone>\n</zone>\n")
        .with("usr/lib/firewalld/zones/trusted.xml", "<zone target=\"ACCEPT\">\n</zone>\n")
        .with_process(700, "firewalld", 0, &["/usr/bin/python3", "/usr/sbin/firewalld"])
}

fn on(machine: &Machine) -> Fact {
    look(&machine.host()).on
}

fn product(machine: &Machine) -> Fact {
    look(&machine.host()).product
}

#[test]
fn ufw_filters_where_it_is_switched_on_and_started() {
    assert_eq!((on(&ufw(filtering())), product(&ufw(filtering()))), (yes_or_no(true), text("ufw")));
    let inactive = ufw(filtering()).with_edit(rules::UFW, "ENABLED=yes", "ENABLED=no");
    assert_eq!(reason(&on(&inactive)), Some(Reason::AccessDenied));
}

#[test]
fn ufw_that_is_switched_on_and_masked_is_not_on() {
    let mask = "etc/systemd/system/ufw.service";
    let masked = |machine| ufw(machine).with_link(mask, "/dev/null");
    assert_eq!(reason(&on(&masked(filtering()))), Some(Reason::AccessDenied));
    assert_eq!(on(&masked(bare())), yes_or_no(false));
}

#[test]
fn a_firewall_whose_rules_the_kernel_has_not_loaded_filters_nothing() {
    assert_eq!(on(&ufw(bare())), yes_or_no(false));
    assert_eq!(product(&ufw(bare())), Fact::Absent);
}

#[test]
fn off_is_only_what_the_kernel_itself_proves() {
    assert_eq!(on(&bare()), yes_or_no(false));
    for machine in [
        filtering(),
        Machine::empty(),
        bare().with("proc/modules", ""),
        bare().with("proc/net/ip_tables_names", "nat\nfilter\n"),
        bare().with("boot/config-6.1.0-37-amd64", "CONFIG_NF_TABLES=y\n"),
        bare().without("boot/config-6.1.0-37-amd64"),
        bare().with("proc/net/ip_tables_names", "").denied("proc/net/ip_tables_names"),
    ] {
        assert_eq!(reason(&on(&machine)), Some(Reason::AccessDenied));
    }
    let empty = bare().with("proc/net/ip_tables_names", "nat\n");
    assert_eq!(on(&empty), yes_or_no(false));
}

#[test]
fn firewalld_filters_while_it_runs() {
    let running = firewalld(filtering());
    assert_eq!((on(&running), product(&running)), (yes_or_no(true), text("firewalld")));
    assert_eq!(reason(&on(&running.without("proc/700"))), Some(Reason::AccessDenied));
}

#[test]
fn a_zone_that_lets_everything_in_is_no_firewall_for_sure() {
    let zone =
        |name| firewalld(filtering()).with(rules::FIREWALLD, format!("DefaultZone={name}\n"));
    assert_eq!(reason(&on(&zone("trusted"))), Some(Reason::NotSupported));
    assert_eq!(product(&zone("trusted")), text("firewalld"));
    assert_eq!(on(&zone("work")), yes_or_no(true));
    let own = firewalld(filtering())
        .with("etc/firewalld/zones/public.xml", "<zone target=\"ACCEPT\"></zone>");
    assert_eq!(reason(&on(&own)), Some(Reason::NotSupported));
}

#[test]
fn what_ufw_lets_in_by_default_is_not_known_to_be_filtered() {
    let open = ufw(filtering()).with_edit("etc/default/ufw", "DROP", "ACCEPT");
    assert_eq!(reason(&on(&open)), Some(Reason::NotSupported));
    assert_eq!(product(&open), text("ufw"));
}

#[test]
fn rules_that_are_restored_count_where_they_are_started() {
    let rules =
        "table inet f {\n chain i {\n type filter hook input priority 0; policy drop;\n }\n}\n";
    let written = filtering().with("etc/nftables.conf", rules);
    assert_eq!(reason(&on(&written)), Some(Reason::AccessDenied));
    let started = with_service(written, "nftables");
    assert_eq!((on(&started), product(&started)), (yes_or_no(true), text("nftables")));
    let saved = filtering().with("etc/sysconfig/iptables", "*filter\n:INPUT DROP [0:0]\nCOMMIT\n");
    assert_eq!(product(&with_service(saved, "iptables")), text("iptables"));
}

#[test]
fn settings_that_may_not_be_read_are_no_answer() {
    for path in [rules::UFW, "etc/default/ufw", "etc/systemd/system", "proc/modules"] {
        let fact = on(&ufw(filtering()).denied(path));
        let expected = (path != "proc/modules").then_some(Reason::AccessDenied);
        assert_eq!(reason(&fact), expected, "{path}");
    }
}

#[test]
fn a_container_is_behind_the_firewall_of_its_host() {
    let contained = ufw(filtering()).with("run/.containerenv", "");
    assert_eq!(reason(&on(&contained)), Some(Reason::NotSupported));
}
