//! What the agent says of updates, held against apt itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use harness::{Agent, skip};
use serde_json::{Value as Json, json};

const LISTS: &str = "var/lib/apt/lists";

/// What `apt-get dist-upgrade` would do.
#[derive(Debug, Default)]
struct Simulation {
    /// Installed packages that would be upgraded, and whether apt labels that security.
    upgrades: BTreeMap<String, bool>,
    /// Packages that would be installed for the first time, likewise.
    new: BTreeMap<String, bool>,
    kept_back: BTreeSet<String>,
}

impl Simulation {
    /// What waits by the agent's reckoning, to which held packages belong.
    fn waiting(&self) -> BTreeSet<String> {
        self.upgrades.keys().chain(&self.kept_back).cloned().collect()
    }

    fn labelled(&self) -> BTreeSet<String> {
        security_of(&self.upgrades)
    }
}

fn security_of(packages: &BTreeMap<String, bool>) -> BTreeSet<String> {
    let security = packages.iter().filter(|(_, is_security)| **is_security);
    security.map(|(name, _)| name.clone()).collect()
}

/// Asks apt, in the language its lines are always written in or in another.
fn simulate(configuration: Option<&Path>, language: &str) -> Simulation {
    let mut command = Command::new("apt-get");
    command
        .args(["-s", "-q", "-o", "Debug::NoLocking=1", "dist-upgrade"])
        .env("LC_ALL", language)
        .env_remove("LANGUAGE");
    if let Some(file) = configuration {
        command.env("APT_CONFIG", file);
    }
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    parse(&text)
}

/// `Inst libssl3 [3.0.19-1] (3.0.22-1 Debian-Security:12/oldstable-security [amd64])`; what is new
/// has no version in the first brackets.
fn parse(text: &str) -> Simulation {
    let mut simulation = Simulation::default();
    let mut is_keeping = false;
    for line in text.lines() {
        is_keeping = (is_keeping && line.starts_with(' ')) || line.contains("have been kept back");
        if is_keeping && line.starts_with(' ') {
            simulation.kept_back.extend(line.split_whitespace().map(str::to_owned));
        }
        let Some((name, rest)) = line.strip_prefix("Inst ").and_then(|line| line.split_once(' '))
        else {
            continue;
        };
        if let Some((_installed, offered)) =
            rest.strip_prefix('[').and_then(|rest| rest.split_once("] ("))
        {
            simulation.upgrades.insert(name.to_owned(), is_security(offered));
        } else if let Some(offered) = rest.strip_prefix('(') {
            simulation.new.insert(name.to_owned(), is_security(offered));
        }
    }
    simulation
}

/// Whether any of the origins of a version is one of security updates.
fn is_security(offered: &str) -> bool {
    let origins = offered.split(" [").next().unwrap();
    origins.split(", ").any(|origin| {
        let origin = origin.rsplit(' ').next().unwrap();
        origin.starts_with("Debian-Security:") || origin.ends_with("-security")
    })
}

/// The facts of the patches probe over a root.
fn patches(root: &Path) -> Json {
    let folder = tempfile::tempdir().unwrap();
    let survey = Agent::at(root, folder.path()).survey();
    let facts = survey["patches"]["facts"].clone();
    assert!(facts.is_object(), "{survey:#}");
    facts
}

fn count(facts: &Json, name: &str) -> usize {
    let known = facts[name]["known"].as_u64();
    usize::try_from(known.unwrap_or_else(|| panic!("{name}: {facts:#}"))).unwrap()
}

/// The names a fact shows, and how many it has no room for.
fn names(facts: &Json, name: &str) -> (BTreeSet<String>, usize) {
    let said = facts[name]["known"].as_str().unwrap_or_default();
    let (more, names): (Vec<_>, Vec<_>) =
        said.split_whitespace().partition(|word| word.starts_with('+'));
    let more = more.first().map_or(0, |more| more[1..].parse().unwrap());
    (names.into_iter().map(str::to_owned).collect(), more)
}

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

/// A machine of our own, for apt and the agent alike.
struct World {
    folder: tempfile::TempDir,
    sources: String,
    status: String,
}

impl World {
    fn new() -> Self {
        let world = Self {
            folder: tempfile::tempdir().unwrap(),
            sources: String::new(),
            status: String::new(),
        };
        for folder in
            [LISTS, "var/lib/apt/lists/partial", "var/cache/apt/archives/partial", "var/log/apt"]
        {
            fs::create_dir_all(world.at(folder)).unwrap();
        }
        world
            .with("usr/lib/os-release", "ID=debian\nVERSION_CODENAME=bookworm\n")
            .with(
                "apt.conf",
                "APT::Architecture \"amd64\"; APT::Architectures { \"amd64\"; \"i386\"; };\n",
            )
            .with("var/lib/apt/extended_states", "")
            .installed("dpkg", "1.21")
    }

    fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn with(self, path: &str, text: &str) -> Self {
        fs::create_dir_all(self.at(path).parent().unwrap()).unwrap();
        fs::write(self.at(path), text).unwrap();
        self
    }

    fn installed(self, name: &str, version: &str) -> Self {
        self.package(name, version, "amd64", "install")
    }

    fn held(self, name: &str, version: &str) -> Self {
        self.package(name, version, "amd64", "hold")
    }

    fn package(mut self, name: &str, version: &str, architecture: &str, want: &str) -> Self {
        writeln!(
            self.status,
            "Package: {name}\nStatus: {want} ok installed\nArchitecture: {architecture}\n\
             Multi-Arch: same\nMaintainer: x\nVersion: {version}\nDescription: x\n"
        )
        .unwrap();
        self
    }

    /// A source `http://HOST/debian SUITE main`, its release file and what it offers.
    ///
    /// Its release file states the size of its list, as every release file does.
    fn source(mut self, host: &str, suite: &str, release: &str, offers: &[(&str, &str)]) -> Self {
        let prefix = format!("{LISTS}/{host}_debian_dists_{suite}_");
        writeln!(self.sources, "deb [trusted=yes] http://{host}/debian {suite} main").unwrap();
        let mut packages = String::new();
        for (name, version) in offers {
            let (name, fields) = name.split_once('\n').unwrap_or((name, ""));
            let (name, architecture) = name.split_once(':').unwrap_or((name, "amd64"));
            writeln!(
                packages,
                "Package: {name}\nArchitecture: {architecture}\nMulti-Arch: same\n\
                 Version: {version}\nMaintainer: x\nDescription: x\n{fields}\
                 Filename: pool/{name}_{version}.deb\nSize: 1\n\
                 SHA256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"
            )
            .unwrap();
        }
        let stated = format!(
            "Date: Fri, 20 Nov 2026 00:12:41 UTC\nSHA256:\n \
             e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 {} \
             main/binary-amd64/Packages\n",
            packages.len()
        );
        self.with(&format!("{prefix}Release"), &format!("{release}{stated}"))
            .with(&format!("{prefix}main_binary-amd64_Packages"), &packages)
    }

    fn pinned(self, pins: &str) -> Self {
        self.with("etc/apt/preferences.d/test.pref", pins)
    }

    fn apt(&self) -> Simulation {
        self.apt_in("C")
    }

    fn apt_in(&self, language: &str) -> Simulation {
        fs::create_dir_all(self.at("etc/apt/apt.conf.d")).unwrap();
        fs::create_dir_all(self.at("etc/apt/preferences.d")).unwrap();
        fs::create_dir_all(self.at("var/lib/dpkg")).unwrap();
        fs::write(self.at("etc/apt/sources.list"), &self.sources).unwrap();
        fs::write(self.at("var/lib/dpkg/status"), &self.status).unwrap();
        let root = self.folder.path().display();
        let settings = fs::read_to_string(self.at("apt.conf")).unwrap();
        let place = self.at("apt.full.conf");
        let state =
            format!("Dir \"{root}\";\nDir::State::status \"{root}/var/lib/dpkg/status\";\n");
        fs::write(&place, settings + &state).unwrap();
        simulate(Some(&place), language)
    }

    /// What both say, which is asserted to be the same. Held packages are pending for the agent,
    /// and kept back by apt.
    fn agreed(&self) -> (Simulation, Json) {
        let apt = self.apt();
        let facts = patches(self.folder.path());
        let pending = count(&facts, "patches.pending") + count(&facts, "patches.phased");
        assert_eq!(pending, apt.waiting().len(), "{apt:?}\n{facts:#}");
        let (named, more) = names(&facts, "patches.security_names");
        assert!(more == 0 && named.is_superset(&apt.labelled()), "{apt:?}\n{facts:#}");
        (apt, facts)
    }
}

const MAIN: &str = "Origin: Debian\nLabel: Debian\nSuite: oldstable\nVersion: 12.15\n\
    Codename: bookworm\nComponents: main\n";
const SECURITY: &str = "Origin: Debian\nLabel: Debian-Security\nSuite: oldstable-security\n\
    Version: 12\nCodename: bookworm-security\n";
const BACKPORTS: &str = "Origin: Debian Backports\nLabel: Debian Backports\n\
    Suite: oldstable-backports\nCodename: bookworm-backports\nNotAutomatic: yes\n\
    ButAutomaticUpgrades: yes\n";
const EXPERIMENTAL: &str = "Origin: Debian\nLabel: Debian\nSuite: experimental\n\
    Codename: rc-buggy\nNotAutomatic: yes\n";

/// A machine with one package of each fate.
fn office_pc() -> World {
    World::new()
        .installed("current", "2")
        .installed("plain", "1")
        .installed("secure", "1")
        .installed("masked", "1")
        .installed("backported", "1~bpo1")
        .held("frozen", "1")
        .source(
            "deb.example",
            "bookworm",
            MAIN,
            &[("current", "2"), ("plain", "2"), ("masked", "3"), ("secure", "1"), ("new", "1")],
        )
        .source(
            "sec.example",
            "bookworm-security",
            SECURITY,
            &[("secure", "2"), ("masked", "2"), ("frozen", "2")],
        )
        .source(
            "deb.example",
            "bookworm-backports",
            BACKPORTS,
            &[("plain", "9"), ("backported", "2"), ("current", "9")],
        )
        .source("deb.example", "experimental", EXPERIMENTAL, &[("plain", "10"), ("current", "10")])
}

#[test]
fn masked_and_held_security_updates_are_found_and_named() {
    let (apt, facts) = office_pc().agreed();
    assert_eq!(apt.upgrades.get("masked"), Some(&false), "apt does not call it security");
    assert_eq!(facts["patches.security_masked"]["known"], 1);
    assert_eq!(facts["patches.security_masked_names"]["known"], "masked");
    assert!(apt.kept_back.contains("frozen"));
    assert_eq!(facts["patches.held"]["known"], 1);
    assert_eq!(facts["patches.security_held"]["known"], 1);
    assert_eq!(facts["patches.security_held_names"]["known"], "frozen");
    assert_eq!(facts["patches.security_pending"]["known"], 3);
    assert_eq!(facts["patches.security_names"]["known"], "frozen masked secure");
}

#[test]
fn what_an_upgrade_brings_in_new_is_counted_by_the_package_that_brings_it() {
    let world = World::new()
        .installed("kernel-latest", "1")
        .source("deb.example", "bookworm", MAIN, &[("kernel-latest", "1")])
        .source(
            "sec.example",
            "bookworm-security",
            SECURITY,
            &[("kernel-latest\nDepends: kernel-56\n", "2"), ("kernel-56", "2")],
        );
    let (apt, facts) = world.agreed();
    assert_eq!(apt.new.get("kernel-56"), Some(&true), "{apt:?}");
    assert_eq!(facts["patches.security_pending"]["known"], 1);
    assert_eq!(facts["patches.security_names"]["known"], "kernel-latest");
}

#[test]
fn sources_that_are_not_automatic_count_only_where_apt_follows_them() {
    let (apt, _) = office_pc().agreed();
    assert!(!apt.upgrades.contains_key("current"));
    assert!(apt.upgrades.contains_key("plain"));
}

#[test]
fn the_language_of_the_machine_changes_nothing() {
    let world = office_pc();
    let (apt, _) = world.agreed();
    assert_eq!(world.apt_in("vi_VN.UTF-8").upgrades, apt.upgrades);
}

/// Pins as administrators write them, each read as apt reads it.
#[test]
fn pins_are_followed_as_apt_follows_them() {
    for pins in [
        "Package: *\nPin: release a=oldstable-security\nPin-Priority: -1\n",
        "Package: *\nPin: release l=Debian-Security\nPin-Priority: never\n",
        "Package: secure masked\nPin: release *\nPin-Priority: -1\n",
        "Package: secure\nPin: version 1\nPin-Priority: 600\n",
        "Package: plain\nPin: version 1*\nPin-Priority: 990\n",
        "Package: plain\nPin: version 9\nPin-Priority: 1001\n",
        "Package: p*\nPin: release a=oldstable-backports\nPin-Priority: 600\n",
        "Package: *\nPin: release n=bookworm-backports\nPin-Priority: 500\n",
        "Package: *\nPin: release bookworm-backports\nPin-Priority: 501\n",
        "Package: *\nPin: release experimental\nPin-Priority: 990\n",
        "Package: *\nPin: release o=Debian*\nPin-Priority: 50\n",
        "Package: *\nPin: release o=debian\nPin-Priority: 50\n",
        "Package: *\nPin: origin sec.example\nPin-Priority: 50\n",
        "Package: *\nPin: origin \"deb.example\"\nPin-Priority: 50\n",
        "Package: *\nPin: origin \"\"\nPin-Priority: 50\n",
        "Package: *\nPin: release v=12.1*\nPin-Priority: 10\n",
        "Package: *\nPin: release 12*\nPin-Priority: 10\n",
        "Package: *\nPin: release c=main\nPin-Priority: 10\n",
        "Package: *\nPin: release c=contrib\nPin-Priority: 10\n",
        "Package: *\nPin: release b=amd64\nPin-Priority: 99\n",
        "Package: *\nPin: release a=now\nPin-Priority: 900\n",
        "Package: *\nPin: release a=now\nPin-Priority: 600\n\n\
         Package: *\nPin: release a=oldstable\nPin-Priority: 600\n",
        "Package: *\nPin: release a=*\nPin-Priority: 10\n",
        "Package: *\nPin: release o=Debian,\n a=oldstable\nPin-Priority: 10\n",
        "Explanation: the first holds\nPackage: plain\nPin: release a=oldstable\nPin-Priority: 10\n\n\
         # not this one\nPackage: plain\nPin: release a=oldstable\nPin-Priority: 900\n",
        "Package: plain:amd64\nPin: release a=oldstable\nPin-Priority: 10\n",
        "Package: plain:i386\nPin: release a=oldstable\nPin-Priority: 10\n",
        "Package: plain:any\nPin: release a=oldstable\nPin-Priority: 10\n",
        "Package: plain:native\nPin: release a=oldstable\nPin-Priority: 10\n",
        "Package: *:any\nPin: release a=oldstable\nPin-Priority: 10\n",
        "Package: p[a-z]ain ?asked\nPin: release a=oldstable\nPin-Priority: 10\n",
        "Package: secure\nPin: release a=oldstable\nPin-Priority: 1001\n\n\
         Package: secure\nPin: release l=Debian-Security\nPin-Priority: 1002\n",
        "package: plain\npin: Release a=oldstable\npin-priority: 10\n",
        "Package: current\nPin: release a=oldstable\nPin-Priority: 400\n\n\
         Package: current\nPin: release n=bookworm-backports\nPin-Priority: 450\n",
    ] {
        let world = office_pc().pinned(pins);
        let apt = world.apt();
        let facts = patches(world.folder.path());
        assert_eq!(facts["patches.pins_unread"]["known"], 0, "{pins}");
        let theirs = apt.waiting();
        assert_eq!(count(&facts, "patches.pending"), theirs.len(), "{pins}{theirs:?}");
        // Whatever pins say, a newer version from a security source waits.
        assert_eq!(facts["patches.security_names"]["known"], "frozen masked secure", "{pins}");
    }
}

#[test]
fn a_security_update_that_a_pin_forbids_is_pending_and_kept_off() {
    let world =
        office_pc().pinned("Package: *\nPin: release l=Debian-Security\nPin-Priority: never\n");
    let (apt, facts) = world.agreed();
    assert!(!apt.upgrades.contains_key("secure"));
    assert_eq!(facts["patches.security_pending"]["known"], 3);
    assert_eq!(facts["patches.security_held_names"]["known"], "frozen secure");
    assert_eq!(facts["patches.security_masked_names"]["known"], "masked");
}

#[test]
fn a_pin_that_cannot_be_evaluated_leaves_the_total_unknown_and_security_known() {
    for pin in [
        "Package: /^pl/\nPin: release a=oldstable\nPin-Priority: -1\n",
        "Package: src:plain\nPin: version 1\nPin-Priority: 900\n",
        "Package: *\nPin: release o=/debian/\nPin-Priority: 10\n",
    ] {
        let world = office_pc().pinned(pin);
        world.apt();
        let facts = patches(world.folder.path());
        assert_eq!(facts["patches.pins_unread"]["known"], 1, "{pin}");
        assert_eq!(facts["patches.pending"]["unknown"], "not_supported", "{pin}");
        assert_eq!(facts["patches.security_pending"]["known"], 3, "{pin}");
    }
}

/// Pins know a host by its name alone, however it is reached.
#[test]
fn a_pin_by_host_holds_whatever_its_port() {
    for origin in ["mirror.local", "\"mirror.local\"", "mirror.local:8080", "my_mirror.local"] {
        for host in ["mirror.local:8080", "my%5fmirror.local"] {
            let address = host.replace("%5f", "_");
            let mut world = World::new().installed("plain", "1").installed("current", "1");
            world = world
                .source("deb.example", "bookworm", MAIN, &[("current", "2")])
                .source("sec.example", "bookworm-security", SECURITY, &[])
                .source(host, "bookworm-updates", MAIN, &[("plain", "2")]);
            world.sources = world.sources.replace(host, &address);
            let pin = format!("Package: *\nPin: origin {origin}\nPin-Priority: -1\n");
            world.pinned(&pin).agreed();
        }
    }
}

#[test]
fn the_default_release_outweighs_other_sources() {
    let suites = "/^bookworm(|-security|-updates)$/";
    for release in ["bookworm", "oldstable-backports", "o=Debian Backports", "12.15", suites] {
        let settings = format!("APT {{ Default-Release \"{release}\"; }};");
        office_pc().with("etc/apt/apt.conf.d/00release", &settings).agreed();
    }
}

#[test]
fn packages_of_two_architectures_are_two() {
    let world = World::new()
        .package("libc", "1", "amd64", "install")
        .package("libc", "1", "i386", "install")
        .package("script", "1", "all", "install")
        .package("turned", "1", "all", "install")
        .source(
            "deb.example",
            "bookworm",
            MAIN,
            &[("libc", "2"), ("script:all", "2"), ("turned", "2")],
        )
        .source("sec.example", "bookworm-security", SECURITY, &[]);
    let (apt, facts) = world.agreed();
    assert!(apt.upgrades.contains_key("script") && apt.upgrades.contains_key("turned"), "{apt:?}");
    assert_eq!(facts["patches.pending"]["known"], json!(3), "{apt:?}");
}

/// Ubuntu hands an update to some machines first, and each works out whether it is one of them.
#[test]
fn updates_in_phases_are_deferred_where_apt_defers_them() {
    const UPDATES: &str = "Origin: Ubuntu\nLabel: Ubuntu\nSuite: bookworm-updates\n\
        Codename: bookworm\nVersion: 24.04\n";
    const SECURITY: &str = "Origin: Ubuntu\nLabel: Ubuntu\nSuite: bookworm-security\n\
        Codename: bookworm\nVersion: 24.04\n";
    let names: Vec<_> = (0..40).map(|number| format!("package{number}")).collect();
    let phase = |at: usize| match at % 3 {
        0 => format!("Phased-Update-Percentage: {}\n", at * 4 % 100),
        1 => format!("Source: source{at}\nPhased-Update-Percentage: {}\n", at * 7 % 100),
        _ => format!("Source: mutter{at} (46.{at})\nPhased-Update-Percentage: 50\n"),
    };
    let described: Vec<_> =
        names.iter().enumerate().map(|(at, name)| format!("{name}\n{}", phase(at))).collect();
    let offers: Vec<_> = described.iter().map(|name| (name.as_str(), "2")).collect();
    for id in ["0123456789abcdef0123456789abcdef", "d41d8cd98f00b204e9800998ecf8427e", "a"] {
        let mut world =
            World::new().with("etc/apt/apt.conf.d/id", &format!("APT::Machine-ID \"{id}\";"));
        for name in &names {
            world = world.installed(name, "1");
        }
        let world = world
            .source("deb.example", "bookworm-updates", UPDATES, &offers)
            // What takes up a security update goes to every machine at once.
            .source(
                "sec.example",
                "bookworm-security",
                SECURITY,
                &[("package0", "1.5"), ("package3", "0.5")],
            );
        let (apt, facts) = world.agreed();
        assert_eq!(count(&facts, "patches.pending"), apt.upgrades.len(), "{id}: {apt:?}");
        assert!(count(&facts, "patches.phased") > 5, "{facts:#}");
        assert!(apt.upgrades.contains_key("package0"), "meant for none, and security");
        let never = "APT::Get::Never-Include-Phased-Updates \"true\";";
        let (none, _) = world.with("etc/apt/apt.conf.d/never", never).agreed();
        assert!(none.upgrades.len() < apt.upgrades.len());
    }
}
