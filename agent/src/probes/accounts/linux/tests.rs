use super::*;
use crate::host::recorded::{Machine, reason};

const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1::/:/usr/sbin/nologin\n\
    an:x:1000:1000:bimat:/home/an:/bin/bash\nbinh:x:1001:27::/home/binh:/bin/bash\n";

fn machine() -> Machine {
    Machine::empty()
        .with("etc/passwd", PASSWD)
        .with("etc/group", "root:x:0:\nsudo:x:27:an\nwheel:x:10:an\nusers:x:100:an,chi\n")
        .with("etc/nsswitch.conf", "passwd: files systemd\ngroup: files systemd # sss\n")
}

fn number(machine: &Machine) -> Fact {
    match administrators(&machine.files()) {
        Ok(Ok(number)) => count(number),
        Ok(Err(why)) => Fact::Unknown(why),
        Err(error) => Fact::Unknown(error.ignorance(Reason::NotSupported)),
    }
}

#[test]
fn an_account_counts_once_whatever_makes_it_an_administrator() {
    assert_eq!(number(&machine()), count(2));
    let twice = machine().with("etc/sudoers", "root ALL=ALL\n%sudo ALL=ALL\nan ALL=ALL\n");
    assert_eq!(number(&twice), count(2));
    let further = machine().with("etc/sudoers", "chi ALL=ALL\n");
    assert_eq!(number(&further), count(3));
    let none = machine().with("etc/group", "sudo:x:28:\n");
    assert_eq!(number(&none), count(0));
}

#[test]
fn another_account_with_the_number_of_root_is_one() {
    let toor = machine().with("etc/passwd", format!("{PASSWD}toor:x:0:0::/root:/bin/sh\n"));
    assert_eq!(number(&toor), count(3));
}

#[test]
fn administrators_in_a_directory_on_the_network_are_not_counted_as_none() {
    let asks = |whom: &str| machine().with("etc/nsswitch.conf", format!("passwd: {whom} files\n"));
    assert_eq!(number(&asks("sss")), count(2));
    let joined = asks("sss").with("etc/sssd/sssd.conf", "");
    assert_eq!(reason(&number(&joined)), Some(Reason::NotSupported));
    let denied = asks("sss").with("etc/sssd/sssd.conf", "").denied("etc/sssd");
    assert_eq!(reason(&number(&denied)), Some(Reason::AccessDenied));
    assert_eq!(reason(&number(&asks("ldap"))), Some(Reason::NotSupported));
    let winbind = asks("winbind").with("etc/samba/smb.conf", "");
    assert_eq!(reason(&number(&winbind)), Some(Reason::NotSupported));
}

#[test]
fn accounts_that_may_not_be_read_or_make_no_sense_are_no_number() {
    for path in ["etc/passwd", "etc/group", "etc/sudoers", "etc/nsswitch.conf", "etc/doas.conf"] {
        let machine = machine().with("etc/sudoers", "").denied(path);
        assert_eq!(reason(&number(&machine)), Some(Reason::AccessDenied), "{path}");
    }
    let damaged = machine().with("etc/passwd", format!("{PASSWD}+::::::\n"));
    assert_eq!(reason(&number(&damaged)), Some(Reason::ParseError));
    assert_eq!(reason(&number(&Machine::empty())), Some(Reason::NotSupported));
    let partial = machine().with("etc/sudoers", "@include /etc/sudoers.%h\n");
    assert_eq!(reason(&number(&partial)), Some(Reason::NotSupported));
}

#[test]
fn doas_may_permit_others_than_its_usual_group() {
    let with = |rule: &str| number(&machine().with("etc/doas.conf", rule));
    for rule in ["permit persist :wheel\n", "permit an cmd reboot\n", "# permit an\n", "deny an\n"]
    {
        assert_eq!(with(rule), count(2), "{rule}");
    }
    assert_eq!(reason(&with("permit nopass an as root\n")), Some(Reason::NotSupported));
}

#[test]
fn guests_come_in_where_lightdm_lets_them_and_can() {
    let unit = "usr/lib/systemd/system/lightdm.service";
    let lightdm = || {
        machine()
            .with(unit, "")
            .with_link("etc/systemd/system/display-manager.service", &format!("/{unit}"))
    };
    let seen = |machine: &Machine| guest(&machine.host()).0;
    assert_eq!(seen(&lightdm()), yes_or_no(false));
    let able = || lightdm().with(GUEST_ACCOUNT, "");
    assert_eq!(seen(&able()), yes_or_no(true));
    let told = able().with("etc/lightdm/lightdm.conf.d/50.conf", "[Seat:*]\nallow-guest=false\n");
    assert_eq!(seen(&told), yes_or_no(false));
    assert_eq!(reason(&seen(&told.denied("etc/lightdm"))), Some(Reason::AccessDenied));
    assert_eq!(seen(&machine()), Fact::Absent);
}
