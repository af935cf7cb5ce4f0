//! The sources apt has fetched from, and which lists are whose.

use std::collections::BTreeMap;

use report::fact::Ignorance;
use report::moment::DAY;
use report::{Fact, Reason, Timestamp};

use super::release::Release;
use super::{LISTS, index};
use crate::host::Files;
use crate::host::files::Read;
use crate::probes::machine::os_release;

/// How long a source of security updates that names no end may stand still while others go on.
const SECURITY_STANDS_STILL: i64 = 30 * DAY;

/// One source of packages, as its release file describes it.
pub(super) struct Source {
    pub(super) path: String,
    /// What the names of its lists begin with.
    prefix: String,
    pub(super) release: Release,
}

/// What lies in apt's folder of lists.
pub(super) struct Lists {
    names: Vec<String>,
    sources: Vec<Source>,
    /// What this machine's release is called.
    releases: Vec<String>,
}

impl Lists {
    /// All of them: one release file that cannot be read could be the one of security updates.
    pub(super) fn read(files: &Files) -> Result<Self, Ignorance> {
        let releases = releases(files)?;
        let names = files.list(LISTS).map_err(|error| error.ignorance(Reason::SourceStale))?;
        let mut sources = BTreeMap::new();
        for name in &names {
            let prefix = ["InRelease", "Release"]
                .into_iter()
                .find_map(|kind| name.strip_suffix(kind))
                .filter(|prefix| prefix.ends_with('_'));
            if let Some(prefix) = prefix
                && !sources.contains_key(prefix)
            {
                let source = Source::read(files, name, prefix)
                    .map_err(|error| error.ignorance(Reason::SourceStale))?;
                sources.insert(prefix.to_owned(), source);
            }
        }
        if sources.is_empty() {
            let why = "no package lists: apt has never fetched any, or they were deleted";
            return Err(Ignorance::new(Reason::SourceStale, why));
        }
        let mut lists = Self { names, sources: sources.into_values().collect(), releases };
        lists.add_bare();
        Ok(lists)
    }

    /// Lists without a release file are sources of their own.
    fn add_bare(&mut self) {
        let has_owner = |name: &str| self.sources.iter().any(|one| name.starts_with(&one.prefix));
        let bare = self.names.iter().filter(|name| index::is_package_list(name));
        let bare: Vec<_> = bare
            .filter(|name| !has_owner(name))
            .map(|name| Source {
                path: format!("{LISTS}/{name}"),
                prefix: name.clone(),
                release: Release::missing(),
            })
            .collect();
        self.sources.extend(bare);
    }

    /// The sources of security updates for the release that is installed.
    pub(super) fn security(&self) -> impl Iterator<Item = &Source> {
        self.sources.iter().filter(|source| self.is_security(source))
    }

    pub(super) fn is_security(&self, source: &Source) -> bool {
        source.release.serves_security() && source.release.is_for(&self.releases)
    }

    /// Sources that had stopped being good before others were fetched: they are not fetched any
    /// more. Dates alone do not tell, since a finished release stands still for months.
    pub(super) fn behind(&self) -> impl Iterator<Item = &Source> {
        let newest = self.sources.iter().filter_map(|source| source.release.date.known()).max();
        self.sources.iter().filter(move |source| {
            let good_until = self.good_until(source);
            newest.zip(good_until).is_some_and(|(newest, until)| until < *newest)
        })
    }

    fn good_until(&self, source: &Source) -> Option<Timestamp> {
        match (&source.release.valid_until, &source.release.date) {
            (Fact::Known(until), _) => Some(*until),
            (_, Fact::Known(date)) if self.is_security(source) => {
                Some(*date + SECURITY_STANDS_STILL)
            }
            (Fact::Absent | Fact::Unknown(_), _) => None,
        }
    }

    /// Whether nothing was fetched of a source but its release file.
    pub(super) fn is_bare(&self, source: &Source) -> bool {
        !self.indexes().any(|(owner, _)| owner.prefix == source.prefix)
    }

    /// Every package list with the source it belongs to. What unpacking takes in memory grows with
    /// the list, and what was taken first is given back best.
    pub(super) fn largest_first(&self, files: &Files) -> Vec<(&Source, &str)> {
        let size = |name: &str| {
            let file = files.open(&format!("{LISTS}/{name}")).ok()?;
            file.metadata().ok().map(|metadata| metadata.len())
        };
        let mut indexes: Vec<_> = self.indexes().collect();
        indexes.sort_by_cached_key(|(_, name)| std::cmp::Reverse(size(name)));
        indexes
    }

    /// A name may begin like several sources: the longest is its own.
    fn indexes(&self) -> impl Iterator<Item = (&Source, &str)> {
        let names = self.names.iter().filter(|name| index::is_package_list(name));
        names.filter_map(|name| {
            let begins = self.sources.iter().filter(|one| name.starts_with(&one.prefix));
            Some((begins.max_by_key(|one| one.prefix.len())?, name.as_str()))
        })
    }
}

/// The names of the release that is installed.
fn releases(files: &Files) -> Result<Vec<String>, Ignorance> {
    let (found, source) = os_release::read(files);
    let names = found.map_err(|error| error.ignorance(Reason::SourceStale))?.codenames();
    if names.is_empty() {
        let why = format!("{source}: no codename, so no source can be told to be this release's");
        return Err(Ignorance::new(Reason::SourceStale, &why));
    }
    Ok(names)
}

impl Source {
    fn read(files: &Files, name: &str, prefix: &str) -> Read<Self> {
        let path = format!("{LISTS}/{name}");
        let release = Release::read(files.lines(&path)?)?;
        Ok(Self { path, prefix: prefix.to_owned(), release })
    }

    /// The host it is fetched from; none is this machine.
    pub(super) fn site(&self) -> &str {
        self.prefix.split('_').next().unwrap_or_default()
    }

    /// Component and architecture, by the name of a list.
    pub(super) fn parts<'a>(&self, name: &'a str) -> (&'a str, &'a str) {
        let own = name.strip_prefix(&self.prefix).unwrap_or_default();
        match own.split_once("_binary-") {
            Some((component, rest)) => {
                let architecture = rest.split_once("_Packages").map_or("", |(one, _)| one);
                (component, architecture)
            }
            None => ("", ""),
        }
    }
}
