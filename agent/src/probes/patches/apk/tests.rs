//! Machines of Alpine's, recorded and changed.

use std::io::Write as _;

use report::observation::Facts;

use super::super::archive::tests::archive;
use super::*;
use crate::host::recorded::{Machine, fact, facts, reason, text};
use crate::probes::Context;
use crate::probes::assignment::AssignmentClaims;

const MADE: Timestamp = Timestamp(1_795_132_800);
const MAIN: &str = "var/cache/apk/APKINDEX.0a1b2c3d.tar.gz";
const COMMUNITY: &str = "var/cache/apk/APKINDEX.4e5f6071.tar.gz";

fn index(packages: &[(&str, &str)]) -> Vec<u8> {
    let record =
        |(name, version): &(&str, &str)| format!("C:Q1\nP:{name}\nV:{version}\nA:x86_64\n\n");
    let text: String = packages.iter().map(record).collect();
    let packed = |files: &[(&str, &str)]| {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(&archive(files)).unwrap();
        packer.finish().unwrap()
    };
    // The signature is an archive of its own before the index.
    let signature = packed(&[(".SIGN.RSA.x", "signed")]);
    [signature, packed(&[("DESCRIPTION", "v3.22"), ("APKINDEX", &text)])].concat()
}

fn alpine() -> Machine {
    Machine::recorded("alpine3")
        .with(MAIN, index(&[("busybox", "1.37.0-r20"), ("musl", "1.2.5-r10")]))
        .with(COMMUNITY, index(&[("nano", "8.4-r0")]))
}

fn look_at(machine: &Machine) -> Facts {
    let context = Context { claims: &AssignmentClaims::default(), now: Timestamp(0) };
    facts(super::super::linux::probe(&machine.host(), &context))
}

#[test]
fn an_alpine_machine_on_which_something_waits() {
    let facts = look_at(&alpine());
    for (name, expected) in [
        ("patches.manager", text("apk")),
        ("patches.pending", count(1)),
        ("patches.held", count(1)),
        ("patches.broken", yes_or_no(false)),
        ("patches.security_sources", count(2)),
        ("patches.sources_behind", count(0)),
        ("patches.lists_at", moment(Moment::source(MADE))),
        ("patches.reboot_pending", yes_or_no(false)),
    ] {
        assert_eq!(fact(&facts, name), expected, "{name}");
    }
    // Which of what waits is for security no list says.
    assert_eq!(reason(&fact(&facts, "patches.security_pending")), Some(Reason::NotSupported));
}

#[test]
fn where_nothing_waits_nothing_waits_for_security() {
    let current = alpine().with(MAIN, index(&[("busybox", "1.37.0-r19")]));
    let facts = look_at(&current);
    assert_eq!(fact(&facts, "patches.pending"), count(0));
    // What is kept at its version waits all the same.
    assert_eq!(reason(&fact(&facts, "patches.security_pending")), Some(Reason::NotSupported));
    let current = current.with(COMMUNITY, index(&[("nano", "8.2-r0")]));
    assert_eq!(fact(&look_at(&current), "patches.security_pending"), count(0));
}

#[test]
fn lists_that_are_missing_too_many_or_damaged_say_nothing() {
    let mut cut = index(&[("busybox", "1.37.0-r20")]);
    cut.truncate(cut.len() - 20);
    let marked = "https://dl.example.org/alpine/v3.22/community";
    for (machine, expected) in [
        (alpine().without(MAIN), Reason::SourceStale),
        (alpine().without("var/cache/apk"), Reason::SourceStale),
        (alpine().with("var/cache/apk/APKINDEX.99999999.tar.gz", index(&[])), Reason::SourceStale),
        (alpine().without(REPOSITORIES), Reason::SourceStale),
        (alpine().with(MAIN, cut), Reason::ParseError),
        (
            alpine().with_edit(REPOSITORIES, marked, &format!("@edge {marked}")),
            Reason::NotSupported,
        ),
    ] {
        let facts = look_at(&machine);
        for name in ["patches.pending", "patches.security_pending", "patches.lists_at"] {
            assert_eq!(reason(&fact(&facts, name)), Some(expected), "{name}");
        }
    }
}

#[test]
fn a_database_that_was_cut_off_is_no_database() {
    let database = DATABASES[0];
    let machine = alpine().with(database, "P:busybox\nV:1.37.0-r19");
    let facts = look_at(&machine);
    for name in ["patches.pending", "patches.broken", "patches.held"] {
        assert_eq!(reason(&fact(&facts, name)), Some(Reason::ParseError), "{name}");
    }
    let broken = alpine().with_edit(database, "P:nano\n", "P:nano\nf:f\n");
    assert_eq!(fact(&look_at(&broken), "patches.broken"), yes_or_no(true));
}

#[test]
fn a_kernel_whose_modules_are_gone_was_replaced() {
    let restart = |machine: &Machine| fact(&look_at(machine), "patches.reboot_pending");
    let release = "proc/sys/kernel/osrelease";
    assert_eq!(restart(&alpine().with(release, "6.12.30-0-lts\n")), yes_or_no(true));
}
