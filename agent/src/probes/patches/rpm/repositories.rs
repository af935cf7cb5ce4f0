//! The repositories a machine takes its packages from, and what was last fetched from each.
//!
//! Of what defines a repository only its name and its switches are read. Its address may hold a
//! token that belongs to the machine's contract.

use report::fact::Ignorance;
use report::moment::DAY;
use report::{Reason, Timestamp};

use super::Manager;
use super::metadata::Metadata;
use crate::host::Files;
use crate::host::files::Read;
use crate::probes::ini::{self, Section};

/// What a repository that the package manager goes on fetching is never behind another: every one
/// asks again within two days, and machines are off over a weekend.
const BEHIND: i64 = 7 * DAY;

/// One repository that is switched on.
#[derive(Debug)]
pub(super) struct Repository {
    pub(super) id: String,
    /// When the package manager last found its metadata to be the newest.
    pub(super) fetched: Option<Timestamp>,
    pub(super) metadata: Result<Metadata, Ignorance>,
    /// It is not to be fetched again, as an installation medium is not.
    never_expires: bool,
    pub(super) excludes: Vec<String>,
}

/// Everything that is switched on.
#[derive(Debug, Default)]
pub(super) struct Repositories {
    pub(super) all: Vec<Repository>,
    /// What packages are called that no repository may change.
    pub(super) excludes: Vec<String>,
}

impl Repositories {
    /// Reads the definitions, and what was fetched.
    pub(super) fn read(files: &Files, manager: Manager) -> Read<Self> {
        let main = ini::read(files, &[manager.settings().to_owned()])?;
        let setting = |name: &str| main.get("main").and_then(|main| main.value(name));
        let folders: Vec<String> = match setting("reposdir") {
            Some(folders) => ini::words(folders).map(rootless).collect(),
            None => manager.definitions().iter().map(|folder| (*folder).to_owned()).collect(),
        };
        let cache = setting("cachedir").map_or_else(|| manager.cache().to_owned(), rootless);
        let defined = ini::read(files, &definition_files(files, &folders)?)?;
        let fetched = names(files, &cache)?;
        let all = defined
            .into_iter()
            .filter(|(id, definition)| id != "main" && definition.is_on("enabled", true))
            .map(|(id, definition)| {
                Repository::found(files, id, &definition, (&cache, &fetched), manager)
            })
            .collect();
        let excludes = main.get("main").map_or_else(Vec::new, excludes);
        Ok(Self { all, excludes })
    }

    /// Those that say which updates are for security.
    pub(super) fn of_security(&self) -> impl Iterator<Item = &Repository> {
        let says = |one: &&Repository| one.metadata.as_ref().is_ok_and(Metadata::has_advisories);
        self.all.iter().filter(says)
    }

    /// When any was last found to be the newest.
    pub(super) fn refreshed(&self) -> Option<Timestamp> {
        self.all.iter().filter_map(|one| one.fetched).max()
    }

    /// Those that are no longer fetched while others are.
    pub(super) fn behind(&self) -> impl Iterator<Item = &Repository> {
        let newest = self.refreshed();
        self.all.iter().filter(move |one| match (one.fetched, newest) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(at), Some(newest)) => !one.never_expires && newest.since(at) > BEHIND,
        })
    }

    /// Until when the lists of security updates reach: each of them changes only when there is
    /// something new, so the one that was made last says how far they go; but none reaches beyond
    /// the day it was last fetched.
    pub(super) fn reach(&self) -> Option<Timestamp> {
        let made = self.of_security().filter_map(|one| one.metadata.as_ref().ok()?.made).max()?;
        let fetched = self.of_security().filter_map(|one| one.fetched).min()?;
        Some(made.min(fetched))
    }
}

impl Repository {
    fn found(
        files: &Files,
        id: String,
        definition: &Section,
        (cache, fetched): (&str, &[String]),
        manager: Manager,
    ) -> Self {
        let is_its = |name: &&String| match manager {
            Manager::Zypper => **name == id.replace('/', "_"),
            Manager::Dnf | Manager::Dnf5 | Manager::Yum => is_cache_of(name, &id),
        };
        let newest = fetched
            .iter()
            .filter(is_its)
            .map(|name| format!("{cache}/{name}/repodata"))
            .filter_map(|folder| Some((fetched_at(files, &folder)?, folder)))
            .max();
        let metadata = match &newest {
            Some((_, folder)) => Metadata::read(files, folder),
            None => {
                let why = format!("{id}: its metadata were never fetched");
                Err(Ignorance::new(Reason::SourceStale, &why))
            }
        };
        Self {
            fetched: newest.map(|(at, _)| at),
            metadata,
            never_expires: matches!(definition.value("metadata_expire"), Some("never" | "-1")),
            excludes: excludes(definition),
            id,
        }
    }
}

/// The folder of a repository is named for it and for where it is fetched from: `baseos-0123…`.
fn is_cache_of(name: &str, id: &str) -> bool {
    let hash = name.strip_prefix(id).and_then(|rest| rest.strip_prefix('-'));
    hash.is_some_and(|hash| hash.len() == 16 && hash.bytes().all(|digit| digit.is_ascii_hexdigit()))
}

/// The index is written when it was fetched. Where it was the newest already, dnf sets the time of
/// the list of packages, and the others that of the index.
fn fetched_at(files: &Files, folder: &str) -> Option<Timestamp> {
    let time = |name: &str| Some(files.metadata(&format!("{folder}/{name}")).ok()?.modified);
    let index = time("repomd.xml")?;
    let lists = files.list(folder).ok()?;
    let list = lists.iter().find(|name| name.contains("primary.xml")).and_then(|name| time(name));
    list.max(Some(index))
}

/// What packages are called that are not taken.
fn excludes(section: &Section) -> Vec<String> {
    let said = ["exclude", "excludepkgs"].into_iter().filter_map(|name| section.value(name));
    said.flat_map(ini::words).map(str::to_owned).collect()
}

fn definition_files(files: &Files, folders: &[String]) -> Read<Vec<String>> {
    let mut paths = Vec::new();
    for folder in folders {
        let mine = names(files, folder)?.into_iter().filter(|name| name.ends_with(".repo"));
        paths.extend(mine.map(|name| format!("{folder}/{name}")));
    }
    Ok(paths)
}

/// The names in a folder; in one that is not there, none.
fn names(files: &Files, folder: &str) -> Read<Vec<String>> {
    match files.list(folder) {
        Err(error) if error.is_not_found() => Ok(Vec::new()),
        answer => answer,
    }
}

fn rootless(path: &str) -> String {
    path.trim_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_of_a_repository_is_not_that_of_one_whose_name_begins_alike() {
        assert!(is_cache_of("baseos-0123456789abcdef", "baseos"));
        assert!(!is_cache_of("baseos-debug-0123456789abcdef", "baseos"));
        assert!(!is_cache_of("baseos-filenames.solvx", "baseos"));
        assert!(!is_cache_of("baseos", "baseos"));
    }
}
