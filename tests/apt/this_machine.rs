//! This very machine, whatever waits on it today.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use harness::skip;

use super::LISTS;
use super::simulation::{count, names, patches, security_of, simulate};

/// What a version that apt would install depends on or recommends.
fn needed_by(packages: &BTreeSet<String>) -> BTreeSet<String> {
    let output = Command::new("apt-cache")
        .args(["depends", "--no-suggests", "--no-conflicts", "--no-breaks", "--no-replaces"])
        .arg("--no-enhances")
        .args(packages)
        .env("LC_ALL", "C")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let names = text.lines().filter_map(|line| line.split_once(": ")).map(|(_, name)| name);
    names.map(|name| name.trim().to_owned()).collect()
}

fn has_lists() -> bool {
    let names = fs::read_dir(Path::new("/").join(LISTS));
    names.into_iter().flatten().flatten().any(|entry| {
        let name = entry.file_name();
        name.to_string_lossy().contains("_Packages")
    })
}

#[test]
fn this_machines_pending_updates_are_those_of_apt() {
    if !has_lists() {
        return skip("this_machines_apt", "apt has no lists: apt-get update fetches them");
    }
    let waiting = simulate(None, "C").waiting();
    if waiting.is_empty() {
        return skip("this_machines_updates", "no update of this machine waits");
    }
    // apt writes the architecture behind the names of foreign packages.
    let named: BTreeSet<_> =
        waiting.iter().map(|name| name.split(':').next().unwrap_or(name)).collect();
    let of = |keeps: &dyn Fn(&str) -> bool| {
        let root = tempfile::tempdir().unwrap();
        copy_machine(root.path(), keeps);
        let facts = patches(root.path());
        count(&facts, "patches.pending") + count(&facts, "patches.phased")
    };
    // Of those that apt names every one is counted, and of all others none.
    assert_eq!(of(&|name| named.contains(name)), waiting.len(), "{waiting:?}");
    assert_eq!(of(&|name| !named.contains(name)), 0, "beside {waiting:?}");
}

/// Of a machine that has nothing but what apt labels security, every package is counted.
#[test]
fn every_update_that_apt_labels_security_is_ours() {
    if !has_lists() {
        return skip("this_machines_apt", "apt has no lists: apt-get update fetches them");
    }
    let labelled = simulate(None, "C").labelled();
    if labelled.is_empty() {
        return skip("this_machines_security", "apt labels no update of this machine security");
    }
    // Only so many names fit into the fact: those shown go, until all have been shown.
    let mut left = labelled;
    while !left.is_empty() {
        let root = tempfile::tempdir().unwrap();
        copy_machine(root.path(), |name| left.contains(name));
        let facts = patches(root.path());
        assert_eq!(count(&facts, "patches.security_pending"), left.len(), "{left:?}");
        let (shown, more) = names(&facts, "patches.security_names");
        let first: BTreeSet<_> = left.iter().take(shown.len()).cloned().collect();
        assert_eq!((&shown, more), (&first, left.len() - first.len()));
        assert!(!shown.is_empty(), "{facts:#}");
        left.retain(|name| !shown.contains(name));
    }
}

/// A package that an upgrade brings in new is not counted, and never comes by itself.
#[test]
fn a_new_security_package_is_brought_by_an_upgrade_that_is_ours() {
    if !has_lists() {
        return skip("this_machines_apt", "apt has no lists: apt-get update fetches them");
    }
    let apt = simulate(None, "C");
    let new = security_of(&apt.new);
    if new.is_empty() {
        return skip("this_machines_new_security", "no update of this machine brings new packages");
    }
    let mut brought = apt.labelled();
    loop {
        let more: BTreeSet<_> =
            needed_by(&brought).into_iter().filter(|name| apt.new.contains_key(name)).collect();
        let before = brought.len();
        brought.extend(more);
        if brought.len() == before {
            break;
        }
    }
    let stray: Vec<_> = new.difference(&brought).collect();
    assert!(stray.is_empty(), "{stray:?} come with nothing that waits: {apt:?}");
}

/// This machine's lists and settings, and of its packages only some.
fn copy_machine(root: &Path, keeps: impl Fn(&str) -> bool) {
    for folder in [LISTS, "var/lib/dpkg", "usr/lib", "etc"] {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    for entry in fs::read_dir(Path::new("/").join(LISTS)).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if name.contains("_Packages") || name.ends_with("Release") {
            fs::copy(entry.path(), root.join(LISTS).join(name)).unwrap();
        }
    }
    fs::copy("/etc/os-release", root.join("usr/lib/os-release")).unwrap();
    let status = fs::read_to_string("/var/lib/dpkg/status").unwrap();
    let kept = status.split("\n\n").filter(|stanza| {
        let name =
            stanza.trim_start().lines().next().and_then(|line| line.strip_prefix("Package: "));
        name.is_some_and(&keeps)
    });
    let kept: String = kept.map(|stanza| format!("{}\n\n", stanza.trim_end())).collect();
    fs::write(root.join("var/lib/dpkg/status"), kept).unwrap();
    let native = Command::new("dpkg").arg("--print-architecture").output().unwrap();
    fs::write(root.join("var/lib/dpkg/arch"), native.stdout).unwrap();
    let settings = Command::new("cp").args(["-a", "/etc/apt"]).arg(root.join("etc")).status();
    assert!(settings.unwrap().success());
}
