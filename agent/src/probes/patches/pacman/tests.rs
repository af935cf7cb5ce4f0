//! Machines of Arch's, recorded and changed.

use std::io::Write as _;

use report::observation::Facts;

use super::super::archive::tests::archive;
use super::*;
use crate::host::recorded::{Machine, fact, facts, reason, text};
use crate::probes::Context;
use crate::probes::assignment::AssignmentClaims;

const CORE: &str = "var/lib/pacman/sync/core.db";
const EXTRA: &str = "var/lib/pacman/sync/extra.db";

fn list(packages: &[&str]) -> Vec<u8> {
    let names: Vec<_> = packages.iter().map(|package| format!("{package}/desc")).collect();
    let files: Vec<_> = names.iter().map(|name| (name.as_str(), "%NAME%\n")).collect();
    archive(&files)
}

fn packed(packages: &[&str]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(&list(packages)).unwrap();
    packer.finish().unwrap()
}

fn arch() -> Machine {
    Machine::recorded("arch")
        .with(CORE, packed(&["bash-5.3.3-1", "linux-6.17.8.arch1-1", "pacman-7.1.0-1"]))
        .with(EXTRA, list(&["bash-9-1", "gimp-3.0.6-2", "firefox-145.0-1"]))
}

fn look_at(machine: &Machine) -> Facts {
    let context = Context { claims: &AssignmentClaims::default(), now: Timestamp(0) };
    facts(super::super::linux::probe(&machine.host(), &context))
}

#[test]
fn an_arch_machine_on_which_something_waits() {
    let facts = look_at(&arch());
    for (name, expected) in [
        ("patches.manager", text("pacman")),
        // Of a package that two repositories have, the first one's counts.
        ("patches.pending", count(1)),
        ("patches.held", count(1)),
        ("patches.broken", yes_or_no(false)),
        ("patches.security_sources", count(2)),
        ("patches.reboot_pending", yes_or_no(false)),
    ] {
        assert_eq!(fact(&facts, name), expected, "{name}");
    }
    assert_eq!(reason(&fact(&facts, "patches.security_pending")), Some(Reason::NotSupported));
    let settings = arch().with(EXTRA, list(&["gimp-3.0.6-1", "firefox-144.0-1"]));
    assert_eq!(fact(&look_at(&settings), "patches.security_pending"), count(0));
}

#[test]
fn lists_that_are_missing_or_damaged_say_nothing() {
    let mut cut = packed(&["bash-5.3.3-1"]);
    cut.truncate(cut.len() - 20);
    for (machine, expected) in [
        (arch().without(EXTRA), Reason::SourceStale),
        (arch().without("var/lib/pacman/sync"), Reason::SourceStale),
        (arch().with(SETTINGS, "[options]\n"), Reason::SourceStale),
        (arch().with(CORE, cut), Reason::ParseError),
        (arch().with(CORE, "no archive"), Reason::ParseError),
    ] {
        let facts = look_at(&machine);
        for name in ["patches.pending", "patches.security_pending", "patches.lists_at"] {
            assert_eq!(reason(&fact(&facts, name)), Some(expected), "{name}");
        }
    }
}

#[test]
fn a_run_that_has_not_ended_is_not_called_whole() {
    let facts = look_at(&arch().with(LOCK, ""));
    assert!(reason(&fact(&facts, "patches.broken")).is_some());
}

#[test]
fn a_kernel_whose_modules_are_gone_was_replaced() {
    let machine = arch().with("proc/sys/kernel/osrelease", "6.17.1-arch1-1\n");
    assert_eq!(fact(&look_at(&machine), "patches.reboot_pending"), yes_or_no(true));
}

#[test]
fn names_are_told_from_versions() {
    assert_eq!(parted("bash-5.3.3-1"), Some(("bash", "5.3.3-1")));
    assert_eq!(parted("gtk-doc-1:1.34-2"), Some(("gtk-doc", "1:1.34-2")));
    assert_eq!(parted("ALPM_DB_VERSION"), None);
}
