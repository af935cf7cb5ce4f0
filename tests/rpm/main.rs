//! What the agent says of updates of rpm's packages, held against dnf and zypper themselves.

mod oracle;
mod world;

use std::path::Path;

use harness::skip;
use oracle::Patch;
use world::{Advisory, World};

/// A machine with one package of each fate.
fn office_pc() -> World {
    World::new()
        .installed("current", "0:2-1")
        .installed("plain", "0:1-1")
        .installed("secure", "0:1-1")
        .installed("epochal", "1:1-1")
        .installed("tilde", "0:1~rc1-1")
        .installed("caret", "0:1^git1-1")
        .installed("fixed", "0:3-1")
        .repository(
            "base",
            &[
                "current-0:2-1",
                "plain-0:2-1",
                "secure-0:2-1",
                "secure-0:3-1",
                "epochal-0:9-1",
                "tilde-0:1-1",
                "caret-0:1^git2-1",
                "fixed-0:2-1",
                "unrelated-0:1-1",
            ],
            &[
                Advisory { kind: "security", package: "secure-0:2-1" },
                Advisory { kind: "security", package: "epochal-0:9-1" },
                Advisory { kind: "security", package: "tilde-0:1-1" },
                Advisory { kind: "security", package: "fixed-0:2-1" },
                Advisory { kind: "security", package: "unrelated-0:1-1" },
                Advisory { kind: "bugfix", package: "plain-0:2-1" },
                Advisory { kind: "enhancement", package: "caret-0:1^git2-1" },
            ],
        )
}

/// Whether everything is here that a machine is made with.
fn can_be_made(tool: &str, name: &str) -> bool {
    let tools = ["/usr/bin/rpmbuild", "/usr/bin/createrepo_c", "/usr/bin/modifyrepo_c", tool];
    let missing = tools.into_iter().find(|tool| !Path::new(tool).exists());
    if let Some(missing) = missing {
        skip(name, &format!("needs {missing}"));
    }
    missing.is_none()
}

#[test]
fn dnf_finds_the_same_security_updates() {
    if !can_be_made("/usr/bin/dnf", "dnf_finds_the_same_security_updates") {
        return;
    }
    let world = office_pc().fetched_by_dnf();
    let facts = world.facts("dnf");
    let theirs = world.dnf(&["updateinfo", "list", "--security"]);
    let theirs = oracle::security(&theirs);
    assert_eq!(theirs, ["secure", "tilde"]);
    assert_eq!(facts["patches.security_names"]["known"], theirs.join(" "));
    assert_eq!(facts["patches.security_pending"]["known"], theirs.len());
    assert_eq!(facts["patches.security_sources"]["known"], 1);

    let waiting = oracle::check_update(&world.dnf(&["check-update"]));
    assert_eq!(waiting, ["caret", "plain", "secure", "tilde"]);
    assert_eq!(facts["patches.pending"]["known"], waiting.len());
}

#[test]
fn zypper_finds_the_same_patches() {
    if !can_be_made("/usr/bin/zypper", "zypper_finds_the_same_patches") {
        return;
    }
    let world = office_pc().fetched_by_zypper();
    let facts = world.facts("zypper");
    let patches = oracle::patches(&world.zypper("list-patches"));
    let needed = patches.iter().filter(|patch| patch.is_needed_for_security());
    let theirs: Vec<_> = needed.map(Patch::package).collect();
    assert_eq!(theirs, ["secure", "tilde"]);
    assert_eq!(facts["patches.security_names"]["known"], theirs.join(" "));
    let waiting = oracle::updates(&world.zypper("list-updates"));
    assert_eq!(waiting, ["caret", "plain", "secure", "tilde"]);
    assert_eq!(facts["patches.pending"]["known"], waiting.len());
}

#[test]
fn where_dnf_says_nothing_for_want_of_advisories_the_agent_says_that_it_does_not_know() {
    let name = "where_dnf_says_nothing_for_want_of_advisories_the_agent_says_that_it_does_not_know";
    if !can_be_made("/usr/bin/dnf", name) {
        return;
    }
    let world = World::new()
        .installed("secure", "0:1-1")
        .repository("base", &["secure-0:2-1"], &[])
        .fetched_by_dnf();
    let theirs = world.dnf(&["updateinfo", "list", "--security"]);
    assert!(oracle::security(&theirs).is_empty(), "{theirs}");
    let facts = world.facts("dnf");
    assert_eq!(facts["patches.security_pending"]["unknown"], "source_stale");
    assert_eq!(facts["patches.pending"]["known"], 1);
}

#[test]
fn without_a_cache_dnf_fails_and_the_agent_does_not_know() {
    let name = "without_a_cache_dnf_fails_and_the_agent_does_not_know";
    if !can_be_made("/usr/bin/dnf", name) {
        return;
    }
    let world = office_pc().fetched_by_dnf().without_cache();
    let (code, said) = world.try_dnf(&["updateinfo", "list", "--security"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("Cache-only enabled but no cache"), "{said}");
    let facts = world.facts("dnf");
    for fact in ["patches.security_pending", "patches.pending", "patches.lists_at"] {
        assert_eq!(facts[fact]["unknown"], "source_stale", "{fact}");
    }
}

/// dnf leaves out of its list what the administrator excludes; the agent names it as kept back.
#[test]
fn what_is_excluded_dnf_no_longer_tells_and_the_agent_does() {
    let name = "what_is_excluded_dnf_no_longer_tells_and_the_agent_does";
    if !can_be_made("/usr/bin/dnf", name) {
        return;
    }
    let world = office_pc().excluding("secure").fetched_by_dnf();
    let waiting = oracle::check_update(&world.dnf(&["check-update"]));
    assert_eq!(waiting, ["caret", "plain", "tilde"]);
    let facts = world.facts("dnf");
    assert_eq!(facts["patches.pending"]["known"], waiting.len());
    assert_eq!(facts["patches.security_names"]["known"], "secure tilde");
    assert_eq!(facts["patches.security_held_names"]["known"], "secure");
}

/// dnf counts an advisory for the newest kernel that is not running yet as well; to the agent it is
/// installed, and waits for a restart.
#[test]
fn of_kernels_side_by_side_the_newest_counts() {
    let name = "of_kernels_side_by_side_the_newest_counts";
    if !can_be_made("/usr/bin/dnf", name) {
        return;
    }
    let world = World::new()
        .installed("kernel-core", "0:1-1")
        .installed("kernel-core", "0:2-1")
        .repository(
            "base",
            &["kernel-core-0:2-1"],
            &[Advisory { kind: "security", package: "kernel-core-0:2-1" }],
        )
        .fetched_by_dnf();
    let theirs = world.dnf(&["updateinfo", "list", "--security"]);
    assert!(oracle::security(&theirs).is_empty(), "{theirs}");
    assert_eq!(world.facts("dnf")["patches.security_pending"]["known"], 0);
}

/// The agent is woken by what it watches, so asking must not change that.
#[test]
fn asking_rpm_changes_nothing_that_the_agent_watches() {
    let name = "asking_rpm_changes_nothing_that_the_agent_watches";
    if !can_be_made("/usr/bin/rpm", name) {
        return;
    }
    let world = World::new().installed("plain", "0:1-1");
    let database = "rpmdb.sqlite";
    let watched =
        agent::probes::watched(report::Platform::Linux).iter().filter(|path| path.contains("/rpm"));
    assert!(watched.clone().count() > 0 && watched.clone().all(|path| path.ends_with(database)));
    let before = world.changed_at(database);
    std::thread::sleep(std::time::Duration::from_millis(20));
    world.facts("dnf");
    assert_eq!(world.changed_at(database), before);
    // Installing does.
    let world = world.installed("other", "0:1-1");
    assert_ne!(world.changed_at(database), before);
}
