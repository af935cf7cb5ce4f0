//! What apt would do, and what the agent says, each in its own words.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use harness::Agent;
use serde_json::Value as Json;

/// What `apt-get dist-upgrade` would do.
#[derive(Debug, Default)]
pub(super) struct Simulation {
    /// Installed packages that would be upgraded, and whether apt labels that security.
    pub(super) upgrades: BTreeMap<String, bool>,
    /// Packages that would be installed for the first time, likewise.
    pub(super) new: BTreeMap<String, bool>,
    pub(super) kept_back: BTreeSet<String>,
}

impl Simulation {
    /// What waits by the agent's reckoning, to which held packages belong.
    pub(super) fn waiting(&self) -> BTreeSet<String> {
        self.upgrades.keys().chain(&self.kept_back).cloned().collect()
    }

    pub(super) fn labelled(&self) -> BTreeSet<String> {
        security_of(&self.upgrades)
    }
}

pub(super) fn security_of(packages: &BTreeMap<String, bool>) -> BTreeSet<String> {
    let security = packages.iter().filter(|(_, is_security)| **is_security);
    security.map(|(name, _)| name.clone()).collect()
}

/// Asks apt, in the language its lines are always written in or in another.
pub(super) fn simulate(configuration: Option<&Path>, language: &str) -> Simulation {
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
pub(super) fn parse(text: &str) -> Simulation {
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
pub(super) fn is_security(offered: &str) -> bool {
    let origins = offered.split(" [").next().unwrap();
    origins.split(", ").any(|origin| {
        let origin = origin.rsplit(' ').next().unwrap();
        origin.starts_with("Debian-Security:") || origin.ends_with("-security")
    })
}

/// The facts of the patches probe over a root.
pub(super) fn patches(root: &Path) -> Json {
    let folder = tempfile::tempdir().unwrap();
    let survey = Agent::at(root, folder.path()).survey();
    let facts = survey["patches"]["facts"].clone();
    assert!(facts.is_object(), "{survey:#}");
    facts
}

pub(super) fn count(facts: &Json, name: &str) -> usize {
    let known = facts[name]["known"].as_u64();
    usize::try_from(known.unwrap_or_else(|| panic!("{name}: {facts:#}"))).unwrap()
}

/// The names a fact shows, and how many it has no room for.
pub(super) fn names(facts: &Json, name: &str) -> (BTreeSet<String>, usize) {
    let said = facts[name]["known"].as_str().unwrap_or_default();
    let (more, names): (Vec<_>, Vec<_>) =
        said.split_whitespace().partition(|word| word.starts_with('+'));
    let more = more.first().map_or(0, |more| more[1..].parse().unwrap());
    (names.into_iter().map(str::to_owned).collect(), more)
}
