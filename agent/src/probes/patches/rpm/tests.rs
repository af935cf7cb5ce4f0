//! Machines whose packages are rpm's, recorded and changed.

use report::observation::Facts;
use report::{Fact, Moment, Outcome, Reason, Timestamp};

use super::super::linux::probe;
use crate::host::recorded::{Machine, fact, facts, reason, text};
use crate::probes::Context;
use crate::probes::assignment::AssignmentClaims;
use crate::probes::findings::{count, moment, yes_or_no};

mod lists;

const RPM: &str = "programs/rpm.txt";
const MADE: Timestamp = Timestamp(1_795_132_800);
const BASE: &str = "var/cache/dnf/baseos-00112233445566aa/repodata";
const APPS: &str = "var/cache/dnf/appstream-ffeeddccbbaa9988/repodata";
const SECURITY: [&str; 4] = [
    "patches.security_pending",
    "patches.security_names",
    "patches.security_held",
    "patches.security_held_names",
];

fn run(machine: &Machine) -> Outcome {
    let context = Context { claims: &AssignmentClaims::default(), now: Timestamp(0) };
    probe(&machine.host(), &context)
}

fn look(machine: &Machine) -> Facts {
    facts(run(machine))
}

fn pending(machine: &Machine) -> Fact {
    fact(&look(machine), "patches.security_pending")
}

fn rocky() -> Machine {
    Machine::recorded("rocky9")
}

fn leap() -> Machine {
    Machine::recorded("leap15")
}

/// With the list of packages, or of advisories, and an index that knows of the change.
fn relisted(machine: Machine, folder: &str, name: &str, from: &str, to: &str) -> Machine {
    let path = format!("{folder}/{name}");
    let length =
        |machine: &Machine| std::fs::metadata(machine.place(&path)).unwrap().len().to_string();
    let before = length(&machine);
    let machine = machine.with_edit(&path, from, to);
    let after = length(&machine);
    let stated = |length: &str| format!("<open-size>{length}</open-size>");
    machine.with_edit(&format!("{folder}/repomd.xml"), &stated(&before), &stated(&after))
}

#[test]
fn a_rocky_machine_behind_its_security_updates() {
    let facts = look(&rocky());
    for (name, expected) in [
        ("patches.manager", text("dnf")),
        ("patches.security_pending", count(3)),
        ("patches.security_names", text("binutils binutils-gold bzip2-libs")),
        ("patches.security_held", count(0)),
        ("patches.pending", count(4)),
        ("patches.held", count(0)),
        ("patches.broken", yes_or_no(false)),
        ("patches.security_sources", count(2)),
        ("patches.sources_behind", count(0)),
        ("patches.lists_at", moment(Moment::source(MADE))),
        ("patches.installed_at", moment(Moment::machine(Timestamp(1_795_000_000)))),
        ("patches.extended_support", yes_or_no(false)),
        ("patches.reboot_pending", yes_or_no(false)),
    ] {
        assert_eq!(fact(&facts, name), expected, "{name}");
    }
}

#[test]
fn a_leap_machine_behind_its_patches() {
    let facts = look(&leap());
    for (name, expected) in [
        ("patches.manager", text("zypper")),
        // Of the patches one is needed, one is recommended only and one is applied.
        ("patches.security_pending", count(2)),
        ("patches.security_names", text("less libopenssl3")),
        ("patches.security_held", count(1)),
        ("patches.security_held_names", text("less")),
        ("patches.pending", count(2)),
        ("patches.held", count(1)),
        ("patches.security_sources", count(1)),
        ("patches.lists_at", moment(Moment::source(MADE))),
        ("patches.reboot_pending", yes_or_no(false)),
    ] {
        assert_eq!(fact(&facts, name), expected, "{name}");
    }
}

#[test]
fn a_fedora_machine_whose_versions_have_epochs() {
    let line = "/usr/bin/rpm -qa --qf \
        %{NAME}|%{EPOCHNUM}|%{VERSION}|%{RELEASE}|%{ARCH}|%{INSTALLTIME}\\n";
    let installed = "tar|2|1.35|8.fc44|x86_64|1\nopenssl-libs|1|3.5.9|1.fc44|x86_64|1\n\
        libevent|0|2.1.13|1.fc44|x86_64|1\nrpm|0|6|1|x86_64|1\n";
    let package = |name: &str, epoch: u8, version: &str, release: &str| {
        format!(
            "<package name=\"{name}\" epoch=\"{epoch}\" version=\"{version}\" \
             release=\"{release}\" arch=\"x86_64\"/>"
        )
    };
    let advisories = format!(
        "<updates><update type=\"security\"><pkglist><collection>{}{}{}</collection></pkglist>\
         </update></updates>",
        package("tar", 2, "1.35", "9.fc44"),
        package("openssl-libs", 1, "3.5.9", "1.fc44"),
        package("libevent", 0, "2.1.13", "1.fc44"),
    );
    let folder = "var/cache/libdnf5/updates-0123456789abcdef/repodata";
    let index = "<repomd><data type=\"primary\"><location href=\"repodata/p.xml\"/>\
        <timestamp>1795132800.5</timestamp></data>\
        <data type=\"updateinfo\"><location href=\"repodata/u.xml\"/></data></repomd>";
    let machine = Machine::empty()
        .with("usr/bin/dnf5", "")
        .with("usr/bin/dnf", "")
        .with_folder("usr/lib/sysimage/rpm")
        .with("etc/yum.repos.d/fedora.repo", "[updates]\nenabled=1\n[testing]\nenabled=1\n")
        .with("etc/dnf/repos.override.d/99.repo", "[testing]\nenabled=0\n")
        .with_program(line, 0, installed)
        .with(&format!("{folder}/repomd.xml"), index)
        .with(&format!("{folder}/p.xml"), "<metadata/>")
        .with(&format!("{folder}/u.xml"), advisories);
    let facts = look(&machine);
    assert_eq!(fact(&facts, "patches.manager"), text("dnf5"));
    assert_eq!(fact(&facts, "patches.security_pending"), count(1));
    assert_eq!(fact(&facts, "patches.security_names"), text("tar"));
    assert_eq!(fact(&facts, "patches.lists_at"), moment(Moment::source(MADE)));
}

#[test]
fn rpm_that_does_not_answer_leaves_nothing_known_of_updates() {
    let refused = "error: cannot open Packages database\n";
    let line = "/usr/bin/rpm -qa --qf \
        %{NAME}|%{EPOCHNUM}|%{VERSION}|%{RELEASE}|%{ARCH}|%{INSTALLTIME}\\n";
    for machine in [
        rocky().without(RPM),
        rocky().without(RPM).with_program(line, 1, ""),
        rocky().without(RPM).with_program(line, 0, ""),
        rocky().without(RPM).with_program(line, 0, refused),
    ] {
        let facts = look(&machine);
        for name in ["patches.pending", "patches.installed_at", "patches.broken", "patches.held"] {
            assert!(reason(&fact(&facts, name)).is_some(), "{name}");
        }
        for name in SECURITY {
            assert!(reason(&fact(&facts, name)).is_some(), "{name}");
        }
        // Its sources are known all the same.
        assert_eq!(fact(&facts, "patches.security_sources"), count(2));
    }
}

#[test]
fn no_address_of_a_repository_is_told() {
    for machine in [rocky(), leap()] {
        let said = format!("{:?}", look(&machine));
        assert!(!said.contains("TOKEN") && !said.contains("https"), "{said}");
    }
}

#[test]
fn a_machine_has_one_package_manager() {
    // A rpm that is installed as a tool beside dpkg changes nothing.
    let beside = Machine::recorded("debian12-clamav")
        .with("usr/bin/dnf", "")
        .with("var/lib/rpm/rpmdb.sqlite", "");
    assert_eq!(fact(&look(&beside), "patches.manager"), text("apt"));
    // Nor does an empty dpkg beside rpm.
    let beside = rocky().with("var/lib/dpkg/status", "");
    assert_eq!(fact(&look(&beside), "patches.manager"), text("dnf"));
}

#[test]
fn a_core_package_that_came_after_the_start_waits_for_a_restart() {
    let restart = |machine: &Machine| fact(&look(machine), "patches.reboot_pending");
    let since = |name: &str| {
        rocky().with_edit(
            RPM,
            "rpm|0|4.16.1.3",
            &format!("{name}|9|1|1|x86_64|1795100001\nrpm|0|4.16.1.3"),
        )
    };
    for core in ["glibc", "kernel", "kernel-core", "systemd", "openssl-libs"] {
        assert_eq!(restart(&since(core)), yes_or_no(true), "{core}");
    }
    assert_eq!(restart(&since("nano")), yes_or_no(false));
    let container = since("glibc").with("run/.containerenv", "");
    assert_eq!(reason(&restart(&container)), Some(Reason::NotSupported));
}

#[test]
fn a_kernel_is_newer_by_rpms_order() {
    let release = "proc/sys/kernel/osrelease";
    let restart = |machine: &Machine| fact(&look(machine), "patches.reboot_pending");
    let older = rocky().with(release, "5.14.0-503.11.1.el9_5.x86_64\n");
    assert_eq!(restart(&older), yes_or_no(true));
    let foreign = rocky().with(release, "6.1.0-cloud.x86_64\n");
    assert_eq!(reason(&restart(&foreign)), Some(Reason::NotSupported));
    let unknown = rocky().without(RPM);
    assert!(reason(&restart(&unknown)).is_some());
    let flagged = leap().with("run/reboot-needed", "");
    assert_eq!(restart(&flagged), yes_or_no(true));
}
