//! The sources apt has fetched from, and which lists are whose.

use std::collections::BTreeMap;

use report::fact::Ignorance;
use report::moment::DAY;
use report::{Fact, Reason, Timestamp};

use super::super::measured::Measured;
use super::release::Release;
use super::{LISTS, index};
use crate::host::Files;
use crate::host::files::Lines;
use crate::probes::machine::os_release;

/// How long a source of security updates that names no end may stand still while others go on.
const SECURITY_STANDS_STILL: i64 = 30 * DAY;

/// One source of packages, as its release file describes it.
pub(super) struct Source {
    pub(super) path: String,
    /// What the names of its lists begin with.
    prefix: String,
    pub(super) release: Release,
    /// The names of its package lists.
    lists: Vec<String>,
    /// Whether it has lists of other kinds: sources that serve source code only have no others.
    has_other_lists: bool,
}

/// What lies in apt's folder of lists.
pub(super) struct Lists {
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
                sources.insert(prefix.to_owned(), Source::read(files, name, prefix)?);
            }
        }
        if sources.is_empty() {
            let why = "no package lists: apt has never fetched any, or they were deleted";
            return Err(Ignorance::new(Reason::SourceStale, why));
        }
        for name in names {
            if index::is_package_list(&name) {
                let prefix = owner(&sources, &name).unwrap_or(&name).to_owned();
                let source = sources.entry(prefix).or_insert_with_key(|own| Source::bare(own));
                source.lists.push(name);
            } else if index::is_source_list(&name)
                && let Some(prefix) = owner(&sources, &name).map(str::to_owned)
                && let Some(source) = sources.get_mut(&prefix)
            {
                source.has_other_lists = true;
            }
        }
        Ok(Self { sources: sources.into_values().collect(), releases })
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Source> {
        self.sources.iter()
    }

    /// The sources of security updates for the release that is installed, and of what extended
    /// maintenance adds to them.
    pub(super) fn security(&self) -> impl Iterator<Item = &Source> {
        self.sources.iter().filter(|source| self.is_security(source))
    }

    /// Those alone that every machine of this release has its security updates from.
    pub(super) fn security_of_release(&self) -> impl Iterator<Item = &Source> {
        self.sources.iter().filter(|source| source.release.is_security_of(&self.releases))
    }

    /// What extended maintenance adds to the release itself.
    pub(super) fn extended_of_release(&self) -> impl Iterator<Item = &Source> {
        self.sources.iter().filter(|source| source.release.is_extended_of(&self.releases))
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

    /// Whether lists are missing that a source should have here: of one that serves security
    /// updates the list of the base system, of others any at all.
    pub(super) fn lacks_lists(&self, source: &Source, native: &str) -> bool {
        match self.is_security(source) {
            true => source.lacks_main(native),
            false => source.lists.is_empty() && !source.has_other_lists,
        }
    }

    /// Every package list with the source it belongs to. What unpacking takes in memory grows with
    /// the list, and what was taken first is given back best.
    pub(super) fn largest_first(&self, files: &Files) -> Vec<(&Source, &str)> {
        let size = |name: &str| {
            let file = files.open(&format!("{LISTS}/{name}")).ok()?;
            file.metadata().ok().map(|metadata| metadata.len())
        };
        let lists = |source| Source::lists(source).map(move |name| (source, name));
        let mut indexes: Vec<_> = self.sources.iter().flat_map(lists).collect();
        indexes.sort_by_cached_key(|(_, name)| std::cmp::Reverse(size(name)));
        indexes
    }
}

/// The source a list belongs to: a name may begin like several, and the longest is its own.
fn owner<'a>(sources: &BTreeMap<String, Source>, name: &'a str) -> Option<&'a str> {
    let ends = name.rmatch_indices('_').map(|(at, _)| at);
    ends.filter_map(|at| name.get(..=at)).find(|prefix| sources.contains_key(*prefix))
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
    fn read(files: &Files, name: &str, prefix: &str) -> Result<Self, Ignorance> {
        let path = format!("{LISTS}/{name}");
        let file = files.open(&path).map_err(|error| error.ignorance(Reason::SourceStale))?;
        let mut file = Measured::of(file);
        let release = Release::read(Lines::of(&mut file, &path))
            .map_err(|error| error.ignorance(Reason::SourceStale))?;
        // One that bears its signature itself is not read beyond that.
        let is_signed = name.ends_with("InRelease");
        let damage = match release.damage(is_signed) {
            None if !is_signed && file.is_cut() => {
                Some("it ends in the middle of a line, so it was cut off")
            }
            damage => damage,
        };
        match damage {
            Some(why) => Err(Ignorance::new(Reason::ParseError, &format!("{path}: {why}"))),
            None => Ok(Self { path, ..Self::of(prefix, release) }),
        }
    }

    /// A list without a release file, which is a source of its own.
    fn bare(name: &str) -> Self {
        Self { path: format!("{LISTS}/{name}"), ..Self::of(name, Release::missing()) }
    }

    fn of(prefix: &str, release: Release) -> Self {
        Self {
            path: String::new(),
            prefix: prefix.to_owned(),
            release,
            lists: Vec::new(),
            has_other_lists: false,
        }
    }

    /// The names of its package lists.
    pub(super) fn lists(&self) -> impl Iterator<Item = &str> {
        self.lists.iter().map(String::as_str)
    }

    /// Whether the list is missing that has the base system of this machine's architecture.
    fn lacks_main(&self, native: &str) -> bool {
        let Some(component) = self.release.main_component() else {
            // A source of one folder has one list for all.
            let is_ours = |architecture| ["", "all", native].contains(&architecture);
            return !self.lists().any(|name| is_ours(self.parts(name).1));
        };
        let has =
            |architecture| self.lists().any(|name| self.parts(name) == (component, architecture));
        match self.release.size_of(&format!("{component}_binary-{native}_Packages")) {
            // There is nothing in it, so that apt need not fetch it.
            Some(0) => false,
            Some(_) => !has(native),
            None => !has(native) && !has("all"),
        }
    }

    /// How many bytes a list of this source unpacks to, where its release file states it.
    pub(super) fn size_of(&self, name: &str) -> Option<u64> {
        let own = name.strip_prefix(&self.prefix)?;
        self.release.size_of(index::without_packing(own))
    }

    /// The host it is fetched from, without its port; none is this machine.
    pub(super) fn site(&self) -> String {
        let host = unquoted(self.prefix.split('_').next().unwrap_or_default());
        match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((address, _port)) => address.to_owned(),
            None => host.split(':').next().unwrap_or_default().to_owned(),
        }
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

/// Undoes what apt does to characters that it keeps out of names, as `%5f` for `_`.
fn unquoted(name: &str) -> String {
    let mut parts = name.split('%');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let byte = part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (byte, part.get(2..)) {
            (Some(byte), Some(rest)) => {
                plain.push(char::from(byte));
                plain.push_str(rest);
            }
            (_, _) => plain.extend(["%", part]),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_of_a_source_is_what_pins_call_it() {
        for (prefix, host) in [
            ("deb.debian.org_debian_dists_bookworm_", "deb.debian.org"),
            ("mirror.local:8080_debian_dists_bookworm_", "mirror.local"),
            ("my%5fmirror_debian_dists_bookworm_", "my_mirror"),
            ("%5bfd00::1%5d:8080_debian_", "fd00::1"),
            ("_srv_packages_._", ""),
            ("50%_", "50%"),
        ] {
            assert_eq!(Source::of(prefix, Release::missing()).site(), host, "{prefix}");
        }
    }
}
