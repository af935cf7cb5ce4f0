//! The posture of whole recorded machines, every fact of it.

use report::{Fact, Reason, Timestamp};

use super::assignment::AssignmentClaims;
use super::findings::{choice, count, yes_or_no};
use super::*;
use crate::host::recorded::{Machine, fact, facts, reason, text};

/// What a fact is to be.
enum Is {
    Known(Fact),
    Unknown(Reason),
    Absent,
}
use Is::{Absent, Known, Unknown};

fn yes() -> Is {
    Known(yes_or_no(true))
}

fn no() -> Is {
    Known(yes_or_no(false))
}

fn assert_posture(root: &str, expected: &[(&str, Is)]) {
    let machine = Machine::recorded(root);
    let now = Timestamp::from_civil((2026, 11, 22), (0, 0, 0)).unwrap();
    let context = Context { claims: &AssignmentClaims::default(), now };
    for (name, expected) in expected {
        let topic = Topic::from_name(name.split_once('.').unwrap().0).unwrap();
        let (_, probe) = probes(Platform::Linux).iter().find(|(it, _)| *it == topic).unwrap();
        let fact = fact(&facts(probe(&machine.host(), &context)), name);
        match expected {
            Known(expected) => assert_eq!(fact, *expected, "{root}: {name}"),
            Unknown(expected) => assert_eq!(reason(&fact), Some(*expected), "{root}: {name}"),
            Absent => assert_eq!(fact, Fact::Absent, "{root}: {name}"),
        }
    }
}

#[test]
fn a_desktop_that_is_set_up_for_its_office_and_has_its_gaps() {
    assert_posture(
        "ubuntu24-desktop",
        &[
            ("firewall.on", yes()),
            ("firewall.product", Known(text("ufw"))),
            ("disk_encryption.system", Known(choice("on"))),
            ("disk_encryption.others_off", Known(count(1))),
            ("screen_lock.on", yes()),
            ("screen_lock.after_seconds", Known(count(600))),
            ("secure_boot.supported", yes()),
            ("secure_boot.on", yes()),
            ("accounts.administrators", Known(count(2))),
            ("accounts.guest_enabled", Absent),
            ("remote_access.desktop", yes()),
            ("remote_access.ssh", yes()),
            ("remote_access.ssh_root", Known(choice("no"))),
            ("remote_access.ssh_passwords", Unknown(Reason::NotSupported)),
            ("smb1.server", yes()),
            ("smb1.client", no()),
            ("removable_media.autorun", no()),
            ("auto_login.on", yes()),
        ],
    );
}

#[test]
fn a_server_without_a_screen() {
    assert_posture(
        "rocky9",
        &[
            ("firewall.on", yes()),
            ("firewall.product", Known(text("firewalld"))),
            ("disk_encryption.system", Known(choice("off"))),
            ("disk_encryption.others_off", Known(count(2))),
            ("screen_lock.on", Absent),
            ("screen_lock.after_seconds", Absent),
            ("secure_boot.supported", no()),
            ("secure_boot.on", no()),
            ("accounts.administrators", Known(count(1))),
            ("accounts.guest_enabled", Absent),
            ("remote_access.desktop", no()),
            ("remote_access.ssh", yes()),
            ("remote_access.ssh_root", Known(choice("keys_only"))),
            ("remote_access.ssh_passwords", yes()),
            ("smb1.server", no()),
            ("smb1.client", no()),
            ("removable_media.autorun", no()),
            ("auto_login.on", no()),
        ],
    );
}

#[test]
fn a_machine_whose_filter_is_loaded_and_set_up_by_nobody_known() {
    assert_posture(
        "leap15",
        &[
            ("firewall.on", Unknown(Reason::AccessDenied)),
            ("firewall.product", Unknown(Reason::AccessDenied)),
            ("disk_encryption.system", Known(choice("off"))),
            ("disk_encryption.others_off", Known(count(0))),
            ("secure_boot.supported", yes()),
            ("secure_boot.on", no()),
            ("accounts.administrators", Known(count(0))),
            ("remote_access.ssh", no()),
            ("remote_access.ssh_root", Absent),
        ],
    );
}

#[test]
fn an_office_pc_without_a_firewall() {
    assert_posture(
        "debian12-clamav",
        &[
            ("firewall.on", no()),
            ("firewall.product", Absent),
            ("disk_encryption.system", Known(choice("off"))),
            ("disk_encryption.others_off", Known(count(0))),
            ("accounts.administrators", Unknown(Reason::NotSupported)),
        ],
    );
}

#[test]
fn a_laptop_on_which_everybody_sets_their_own_lock() {
    assert_posture(
        "debian12-laptop-dmi",
        &[
            ("disk_encryption.system", Known(choice("on"))),
            ("disk_encryption.others_off", Known(count(0))),
            ("screen_lock.on", Unknown(Reason::AccessDenied)),
            ("screen_lock.after_seconds", Unknown(Reason::AccessDenied)),
            ("secure_boot.on", yes()),
            ("removable_media.autorun", Unknown(Reason::AccessDenied)),
            ("auto_login.on", no()),
        ],
    );
}

#[test]
fn every_fact_of_the_posture_that_linux_has_is_answered_everywhere() {
    let claims = AssignmentClaims::default();
    let now = Timestamp::from_civil((2026, 11, 22), (0, 0, 0)).unwrap();
    let machines = ["ubuntu24-desktop", "rocky9", "alpine3"].map(Machine::recorded);
    for machine in machines.into_iter().chain([Machine::empty().denied("etc").denied("proc")]) {
        for (topic, probe) in probes(Platform::Linux).iter().filter(|(it, _)| is_posture(*it)) {
            let facts = facts(probe(&machine.host(), &Context { claims: &claims, now }));
            for key in report::FactKey::all() {
                let spec = key.spec();
                let is_asked = spec.origin == report::catalogue::Origin::Agent(*topic)
                    && spec.platforms.contains(&Platform::Linux);
                assert_eq!(facts.contains_key(&key), is_asked, "{}", key.name());
            }
        }
    }
}

fn is_posture(topic: Topic) -> bool {
    !matches!(topic, Topic::Machine | Topic::Assignment | Topic::Antivirus | Topic::Patches)
}
