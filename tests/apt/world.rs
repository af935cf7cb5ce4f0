//! A machine of our own, for apt and the agent alike.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use serde_json::Value as Json;

use super::LISTS;
use super::simulation::{Simulation, count, names, patches, simulate};

/// A machine of our own, for apt and the agent alike.
pub(super) struct World {
    pub(super) folder: tempfile::TempDir,
    pub(super) sources: String,
    status: String,
}

impl World {
    pub(super) fn new() -> Self {
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

    pub(super) fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub(super) fn with(self, path: &str, text: &str) -> Self {
        fs::create_dir_all(self.at(path).parent().unwrap()).unwrap();
        fs::write(self.at(path), text).unwrap();
        self
    }

    pub(super) fn installed(self, name: &str, version: &str) -> Self {
        self.package(name, version, "amd64", "install")
    }

    pub(super) fn held(self, name: &str, version: &str) -> Self {
        self.package(name, version, "amd64", "hold")
    }

    pub(super) fn package(
        mut self,
        name: &str,
        version: &str,
        architecture: &str,
        want: &str,
    ) -> Self {
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
    pub(super) fn source(
        mut self,
        host: &str,
        suite: &str,
        release: &str,
        offers: &[(&str, &str)],
    ) -> Self {
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

    pub(super) fn pinned(self, pins: &str) -> Self {
        self.with("etc/apt/preferences.d/test.pref", pins)
    }

    pub(super) fn apt(&self) -> Simulation {
        self.apt_in("C")
    }

    pub(super) fn apt_in(&self, language: &str) -> Simulation {
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
    pub(super) fn agreed(&self) -> (Simulation, Json) {
        let apt = self.apt();
        let facts = patches(self.folder.path());
        let pending = count(&facts, "patches.pending") + count(&facts, "patches.phased");
        assert_eq!(pending, apt.waiting().len(), "{apt:?}\n{facts:#}");
        let (named, more) = names(&facts, "patches.security_names");
        assert!(more == 0 && named.is_superset(&apt.labelled()), "{apt:?}\n{facts:#}");
        (apt, facts)
    }
}
