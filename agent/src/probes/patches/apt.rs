//! Pending security updates, from the lists apt has fetched and without running apt.
//!
//! A package is pending when any version a security source offers is newer than the installed one.
//! apt itself would look only at the version it is going to install, and so miss a security update
//! that a later point release has taken up.

mod index;
mod release;

use std::collections::{BTreeMap, BTreeSet};

use report::fact::Ignorance;
use report::{Fact, Moment, Reason, Timestamp, Value};

use super::control::Stanzas;
use super::dpkg::Installed;
use super::version::Version;
use crate::host::Files;
use crate::host::files::{Lines, Read, ReadError};
use crate::probes::findings::{Findings, count, moment, unknown};
use crate::probes::machine::os_release;
use release::Release;

const LISTS: &str = "var/lib/apt/lists";

/// What tells when apt last fetched its lists, the surest first: a stamp only after success, a
/// stamp of the daily job, the folder every run works in, and the cache every run renews. The
/// lists themselves bear the server's date.
const REFRESH_MARKS: [&str; 4] = [
    "var/lib/apt/periodic/update-success-stamp",
    "var/lib/apt/periodic/update-stamp",
    "var/lib/apt/lists/partial",
    "var/cache/apt/pkgcache.bin",
];

/// One source of packages, as its release file describes it.
struct Source {
    path: String,
    /// What the names of its lists begin with.
    prefix: String,
    release: Release,
}

/// Notes everything apt's lists say.
pub(super) fn look(files: &Files, packages: &Read<Installed>, findings: &mut Findings) {
    match Lists::read(files) {
        Ok(lists) => {
            let security: Vec<_> = lists.security().collect();
            let number = u64::try_from(security.len()).unwrap_or(u64::MAX);
            findings.add("patches.security_sources", count(number), LISTS);
            dates(&security, findings);
            let pending = match packages {
                Ok(packages) => pending(files, &lists, packages),
                Err(error) => Fact::Unknown(error.ignorance(Reason::NotSupported)),
            };
            findings.add("patches.security_pending", pending.map(Value::Count), LISTS);
        }
        Err(why) => {
            for name in [
                "patches.security_sources",
                "patches.lists_at",
                "patches.lists_valid_until",
                "patches.security_pending",
            ] {
                findings.add(name, Fact::Unknown(why.clone()), LISTS);
            }
        }
    }
    let (refreshed, source) = refreshed_at(files);
    findings.add("patches.refreshed_at", refreshed, source);
}

/// What lies in apt's folder of lists.
struct Lists {
    names: Vec<String>,
    sources: Vec<Source>,
    /// What this machine's release is called.
    releases: Vec<String>,
}

impl Lists {
    /// All of them: one release file that cannot be read could be the one of security updates.
    fn read(files: &Files) -> Result<Self, Ignorance> {
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
        let sources = sources.into_values().collect();
        Ok(Self { names, sources, releases })
    }

    /// The sources of security updates for the release that is installed.
    fn security(&self) -> impl Iterator<Item = &Source> {
        let serves =
            |release: &Release| release.serves_security() && release.is_for(&self.releases);
        self.sources.iter().filter(move |source| serves(&source.release))
    }

    /// The package lists of one source. A name may begin like several sources: the longest is its
    /// own.
    fn indexes(&self, source: &Source) -> impl Iterator<Item = &str> {
        let owner = |name: &str| {
            self.sources
                .iter()
                .filter(|source| name.starts_with(&source.prefix))
                .max_by_key(|source| source.prefix.len())
                .map(|source| source.prefix.as_str())
        };
        self.names
            .iter()
            .map(String::as_str)
            .filter(|name| index::is_package_list(name))
            .filter(move |name| owner(name) == Some(source.prefix.as_str()))
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
}

const NO_SECURITY_SOURCE: &str = "no source serves security updates for this release";

/// The oldest date and the earliest end over all security sources: each is a source of its own,
/// and the weakest is what is known of it.
fn dates(security: &[&Source], findings: &mut Findings) {
    let (at, until) = match security {
        [] => {
            let why = || unknown(Reason::SourceStale, NO_SECURITY_SOURCE);
            (why(), why())
        }
        sources => (
            earliest(sources, |release| &release.date),
            earliest(sources, |release| &release.valid_until),
        ),
    };
    let source = security.first().map_or(LISTS, |source| source.path.as_str());
    findings.add("patches.lists_at", at, source);
    findings.add("patches.lists_valid_until", until, source);
}

fn earliest(sources: &[&Source], date: fn(&Release) -> &Fact<Timestamp>) -> Fact {
    let mut earliest = None;
    for source in sources {
        match date(&source.release) {
            Fact::Known(at) => {
                earliest = Some(earliest.map_or(*at, |other: Timestamp| other.min(*at)))
            }
            Fact::Absent => {}
            Fact::Unknown(_) => return unknown(Reason::ParseError, &source.path),
        }
    }
    earliest.map_or(Fact::Absent, |at| moment(Moment::source(at)))
}

/// How many installed packages wait for a security update.
fn pending(files: &Files, lists: &Lists, packages: &Installed) -> Fact<u64> {
    let mut pending = BTreeSet::new();
    let mut sources = 0_usize;
    for source in lists.security() {
        sources += 1;
        let mut indexes = lists.indexes(source).peekable();
        if indexes.peek().is_none() {
            let why = format!("{}: its package lists are missing", source.path);
            return unknown(Reason::SourceStale, &why);
        }
        for name in indexes {
            match pending_in(files, name, packages) {
                Ok(found) => pending.extend(found),
                Err(why) => return Fact::Unknown(why),
            }
        }
    }
    match sources {
        0 => unknown(Reason::SourceStale, NO_SECURITY_SOURCE),
        _ => Fact::Known(u64::try_from(pending.len()).unwrap_or(u64::MAX)),
    }
}

/// The installed packages, by name and architecture, for which one list has something newer.
fn pending_in(
    files: &Files,
    name: &str,
    packages: &Installed,
) -> Result<BTreeSet<(String, String)>, Ignorance> {
    let path = format!("{LISTS}/{name}");
    let damaged = |error: ReadError| match &error.kind {
        // A list that ends too early or unpacks to nonsense says nothing of what it left out.
        crate::host::files::ReadErrorKind::Other(why) => {
            Ignorance::new(Reason::ParseError, &format!("{}: {why}", error.path))
        }
        _ => error.ignorance(Reason::SourceStale),
    };
    let unpacked = index::unpack(files, &path)?;
    let mut stanzas = Stanzas::of(Lines::of(unpacked, &path));
    let mut pending = BTreeSet::new();
    while let Some(offered) = stanzas.next().map_err(damaged)? {
        for package in packages.named(&offered.package) {
            let is_newer = Version::parse(&offered.version) > Version::parse(&package.version);
            if is_newer && is_for(&offered.architecture, &package.architecture) {
                pending.insert((offered.package.clone(), package.architecture.clone()));
            }
        }
    }
    Ok(pending)
}

/// Whether a package of one architecture replaces one of another: `all` is every machine's own,
/// and packages have moved from it and to it.
fn is_for(offered: &str, installed: &str) -> bool {
    offered == installed || offered == "all" || installed == "all"
}

fn refreshed_at(files: &Files) -> (Fact, &'static str) {
    for mark in REFRESH_MARKS {
        match files.metadata(mark) {
            Ok(metadata) => return (moment(Moment::machine(metadata.modified)), mark),
            Err(error) if error.is_not_found() => {}
            Err(error) => return (error.fact(Fact::Absent), mark),
        }
    }
    (Fact::Absent, LISTS)
}
