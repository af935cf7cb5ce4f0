//! Systems as Debian's own debootstrap makes them, looked at as settable roots and judged. Once they
//! are made nothing comes from the network: agent and apt look at them without one.

use std::fs;
use std::path::Path;
use std::process::Command;

use harness::program::{built, printed};
use harness::{Agent, World, is_long, skip};
use serde_json::Value as Json;

use super::LISTS;
use super::simulation::{Simulation, count, names, parse};

const ROW: &str = "may-moi,stp,workstation,lan,,,,2026-01-01,";

/// Where this machine's own apt fetches Debian from, and its security updates.
struct Mirrors {
    main: String,
    security: String,
}

impl Mirrors {
    /// None where apt names none, or none answers within seconds.
    fn reachable(suite: &str) -> Option<Self> {
        let mut command = Command::new("apt-get");
        let targets = command.args(["indextargets", "--format", "$(REPO_URI)"]).output().ok()?;
        let text = String::from_utf8(targets.stdout).ok()?;
        let called = |end: &str| text.lines().find(|uri| uri.ends_with(end)).map(str::to_owned);
        let mirrors = Self { main: called("/debian/")?, security: called("/debian-security/")? };
        let answers = |uri: &str, suite: &str| {
            let file = format!("{uri}dists/{suite}/InRelease");
            let asked = ["-sfo", "/dev/null", "--max-time", "5", &file];
            Command::new("curl").args(asked).status().is_ok_and(|status| status.success())
        };
        let all_answer = answers(&mirrors.main, suite)
            && answers(&mirrors.security, &format!("{suite}-security"));
        all_answer.then_some(mirrors)
    }
}

/// A system of one suite.
struct Root {
    folder: tempfile::TempDir,
    suite: &'static str,
    mirrors: Mirrors,
}

impl Root {
    /// None, told by the name of the test, where none can be made.
    fn made(suite: &'static str, test: &str) -> Option<Self> {
        if !rustix::process::geteuid().is_root() || !Path::new("/usr/sbin/debootstrap").exists() {
            skip(test, "needs root and debootstrap");
            return None;
        }
        let Some(mirrors) = Mirrors::reachable(suite) else {
            skip(test, "the mirrors of Debian that apt is configured with do not answer");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let mut debootstrap = Command::new("/usr/sbin/debootstrap");
        debootstrap.args(["--variant=minbase", suite]).arg(folder.path()).arg(&mirrors.main);
        let _ = printed(&debootstrap.output().unwrap());
        // What its first start would make; it has no hardware to be told by.
        fs::write(folder.path().join("etc/machine-id"), "6b1f0c9d2e3a4f5b8c7d6e5f4a3b2c1d\n")
            .unwrap();
        Some(Self { folder, suite, mirrors })
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// With the sources that every Debian has, of which nothing is fetched yet.
    fn with_all_sources(&self) {
        let Self { suite, mirrors: Mirrors { main, security }, .. } = self;
        let sources = format!(
            "deb {main} {suite} main\ndeb {main} {suite}-updates main\n\
             deb {security} {suite}-security main\n"
        );
        fs::write(self.path().join("etc/apt/sources.list"), sources).unwrap();
    }

    fn fetch(&self) {
        let mut update = Command::new("chroot");
        update.arg(self.path()).args(["apt-get", "-qq", "update"]).env("LC_ALL", "C");
        let _ = printed(&update.output().unwrap());
    }

    /// What its own apt would do, without a network.
    fn apt(&self) -> Simulation {
        let mut apt = Command::new("unshare");
        apt.args(["--net", "chroot"]).arg(self.path());
        apt.args(["apt-get", "-s", "-q", "dist-upgrade"]).env("LC_ALL", "C");
        parse(&printed(&apt.output().unwrap()))
    }

    /// What the agent says of a topic, without a network.
    fn facts(&self, topic: &str) -> Json {
        let mut agent = Command::new("unshare");
        agent.arg("--net").arg(built("lachan-agent")).args(["survey", "--json", "--root"]);
        agent.arg(self.path()).args(["--config", "/dev/null"]);
        let survey: Json = serde_json::from_str(&printed(&agent.output().unwrap())).unwrap();
        survey[topic]["facts"].clone()
    }

    /// As if the security source had not been renewed for forty days.
    fn with_an_old_list(&self) {
        let lists = self.path().join(LISTS);
        let names = fs::read_dir(&lists).unwrap().map(|entry| entry.unwrap().file_name());
        let names = names.map(|name| name.into_string().unwrap());
        let file = { names }.find(|name| name.ends_with("-security_InRelease")).unwrap();
        let text = fs::read_to_string(lists.join(&file)).unwrap();
        let mut date = Command::new("date");
        date.args(["-u", "-R", "-d", "40 days ago"]).env("LC_ALL", "C");
        let old = printed(&date.output().unwrap()).replace("+0000", "UTC");
        let aged: Vec<_> = text
            .lines()
            .filter(|line| !line.starts_with("Valid-Until: "))
            .map(|line| match line.starts_with("Date: ") {
                true => format!("Date: {}", old.trim()),
                false => line.to_owned(),
            })
            .collect();
        fs::write(lists.join(file), aged.join("\n") + "\n").unwrap();
    }
}

/// The judge, and what it says of a machine that reported.
struct Judge {
    world: World,
    agent: Agent,
}

impl Judge {
    fn of(root: &Root) -> Self {
        let world = World::with_machines(&[ROW]);
        let agent = Agent::at(root.path(), &world.folder().join("agent"));
        agent.enrol(&world.collector.token(&["--machine", "may-moi"]));
        Self { world, agent }
    }

    fn outcome(&self, rule: &str) -> String {
        let shown = self.world.collector.machine("may-moi");
        let rules = shown["verdict"]["rules"].as_array().unwrap();
        let ruling = rules.iter().find(|it| it["rule"] == rule);
        ruling.unwrap_or_else(|| panic!("{rule}: {shown:#}"))["outcome"].as_str().unwrap().into()
    }

    fn explained(&self, rule: &str) -> String {
        let asked = ["policy", "explain", "may-moi", "--rule", rule, "--lang", "en"];
        printed(&self.world.collector.command(&asked))
    }
}

/// One suite, from its making to lists that are too old.
fn is_told_as_it_is(test: &str, suite: &'static str, version: &str, supported_until: &str) {
    if !is_long(test) {
        return;
    }
    let Some(root) = Root::made(suite, test) else {
        return;
    };
    assert_eq!(root.facts("machine")["machine.os_version"]["known"], version);

    // It has one source and is as new as that: apt is content, and of security nobody has said
    // anything.
    root.with_all_sources();
    let (apt, facts) = (root.apt(), root.facts("patches"));
    assert!(apt.waiting().is_empty(), "{apt:?}");
    assert_eq!(facts["patches.pending"]["known"], 0, "{facts:#}");
    assert_eq!(facts["patches.security_pending"]["unknown"], "source_stale", "{facts:#}");
    assert_eq!(facts["patches.security_sources"]["known"], 0, "{facts:#}");
    let judge = Judge::of(&root);
    judge.agent.report();
    assert_eq!(judge.outcome("os-supported"), "pass", "{}", judge.explained("os-supported"));
    let support = judge.explained("os-supported");
    assert!(support.contains(supported_until), "{supported_until}: {support}");
    assert_ne!(judge.outcome("security-updates-installed"), "pass");

    root.fetch();
    let (apt, facts) = (root.apt(), root.facts("patches"));
    assert_eq!(count(&facts, "patches.pending"), apt.waiting().len(), "{apt:?}{facts:#}");
    let labelled = apt.labelled();
    let (named, more) = names(&facts, "patches.security_names");
    assert!(more > 0 || labelled.is_subset(&named), "{apt:?}{facts:#}");
    let unmasked =
        count(&facts, "patches.security_pending") - count(&facts, "patches.security_masked");
    assert_eq!(unmasked, labelled.len(), "{apt:?}{facts:#}");
    judge.agent.report();
    let expected = if labelled.is_empty() { "pass" } else { "fail" };
    let told = judge.explained("security-updates-installed");
    assert_eq!(judge.outcome("security-updates-installed"), expected, "{told}");
    assert_eq!(judge.outcome("update-sources-fresh"), "pass");

    root.with_an_old_list();
    assert_eq!(root.apt().waiting(), apt.waiting(), "apt does not mind how old its lists are");
    judge.agent.report();
    let told = judge.explained("update-sources-fresh");
    assert_eq!(judge.outcome("update-sources-fresh"), "fail", "{told}");
}

#[test]
fn long_a_new_debian_12_is_told_as_it_is() {
    is_told_as_it_is("long_a_new_debian_12_is_told_as_it_is", "bookworm", "12", "2028-06-30");
}

#[test]
fn long_a_new_debian_13_is_told_as_it_is() {
    is_told_as_it_is("long_a_new_debian_13_is_told_as_it_is", "trixie", "13", "2030-06-30");
}
