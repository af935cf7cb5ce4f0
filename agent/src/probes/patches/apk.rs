//! Updates of Alpine, from its database and the indexes apk has fetched.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use report::fact::Ignorance;
use report::{Fact, Moment, Reason, Timestamp};

use super::archive::Archive;
use super::dpkg::how_many;
use super::measured::Measured;
use super::unlabelled::{self, Unlabelled};
use super::{packed, reboot, version};
use crate::host::files::{Lines, Read, ReadError, ReadErrorKind};
use crate::host::{Files, Host};
use crate::probes::findings::{Findings, count, moment, yes_or_no};

/// What is installed, in the place of long ago and the one of late.
pub(super) const DATABASES: [&str; 2] = ["lib/apk/db/installed", "usr/lib/apk/db/installed"];

const WORLD: &str = "etc/apk/world";
const REPOSITORIES: &str = "etc/apk/repositories";
const MORE_REPOSITORIES: &str = "etc/apk/repositories.d";

/// Where fetched indexes lie: where the administrator says, or where apk does.
const CACHES: [&str; 2] = ["etc/apk/cache", "var/cache/apk"];

const MOST: usize = 1 << 20;

/// Notes everything that is known of updates.
pub(super) fn look(host: &Host, database: &'static str, findings: &mut Findings) {
    let files = host.files();
    let installed = Installed::read(files, database);
    note_installed(files, &installed, database, findings);
    let found = installed
        .map_err(|error| error.ignorance(Reason::SourceStale))
        .and_then(|installed| waiting(files, &installed));
    unlabelled::note(found, CACHES[1], findings);
    let (pending, source) = reboot::pending_by_modules(host);
    findings.add("patches.reboot_pending", pending, &source);
}

/// What apk has installed.
#[derive(Debug, Default)]
struct Installed {
    packages: BTreeMap<String, String>,
    /// Packages the administrator keeps at a version, or below one.
    pinned: BTreeSet<String>,
    is_broken: bool,
}

impl Installed {
    fn read(files: &Files, database: &str) -> Read<Self> {
        let mut installed = Self { pinned: pinned(files)?, ..Self::default() };
        let mut measured = Measured::of(files.open(database)?);
        let mut lines = Lines::of(&mut measured, database);
        let mut name = String::new();
        while let Some(line) = lines.next()? {
            match field(line) {
                Some((b'P', value)) => value.clone_into(&mut name),
                Some((b'V', value)) => {
                    installed.packages.insert(name.clone(), value.to_owned());
                }
                // Files, scripts or attributes of it could not be written.
                Some((b'f', flags)) => installed.is_broken |= flags.contains(['f', 's', 'x']),
                Some(_) | None => {}
            }
        }
        if measured.is_cut() || installed.packages.is_empty() {
            let why = "it names no package, or was cut off".to_owned();
            return Err(ReadError::new(database, ReadErrorKind::Damaged(why)));
        }
        Ok(installed)
    }
}

/// `P:busybox`.
fn field(line: &[u8]) -> Option<(u8, &str)> {
    match line {
        [name, b':', value @ ..] => Some((*name, std::str::from_utf8(value).ok()?)),
        _ => None,
    }
}

fn pinned(files: &Files) -> Read<BTreeSet<String>> {
    let world = match files.read_text(WORLD, MOST) {
        Err(error) if error.is_not_found() => String::new(),
        world => world?,
    };
    let pins = world.split_whitespace().filter_map(|wish| {
        let (name, rest) = wish.split_at_checked(wish.find(['=', '<', '~', '>'])?)?;
        (!rest.starts_with('>')).then(|| name.to_owned())
    });
    Ok(pins.collect())
}

fn note_installed(
    files: &Files,
    installed: &Read<Installed>,
    database: &str,
    findings: &mut Findings,
) {
    let (held, broken) = match installed {
        Ok(installed) => {
            let is_held = |name: &&String| installed.pinned.contains(*name);
            let held = how_many(installed.packages.keys().filter(is_held));
            (count(held), yes_or_no(installed.is_broken))
        }
        Err(error) => {
            let why = error.clone().ignorance(Reason::NotSupported);
            (Fact::Unknown(why.clone()), Fact::Unknown(why))
        }
    };
    findings.add("patches.held", held, WORLD);
    findings.add("patches.broken", broken, database);
    // The database is written anew with every change.
    let changed = match files.metadata(database) {
        Ok(metadata) => moment(Moment::machine(metadata.modified)),
        Err(error) => error.fact(Fact::Absent),
    };
    findings.add("patches.installed_at", changed, database);
}

fn stale(why: &str) -> Ignorance {
    Ignorance::new(Reason::SourceStale, why)
}

/// Reads every index. Which belongs to which repository their names do not tell: there must be as
/// many as repositories, and none that only what is marked may come from.
fn waiting(files: &Files, installed: &Installed) -> Result<Unlabelled, Ignorance> {
    let failed = |error: ReadError| error.ignorance(Reason::SourceStale);
    let repositories = repositories(files).map_err(failed)?;
    let (cache, indexes) = indexes(files).map_err(failed)?;
    if repositories.is_empty() {
        return Err(stale("no repository is switched on"));
    }
    if repositories.iter().any(|line| line.starts_with('@')) {
        let why = "which index is that of a repository with a mark is not told";
        return Err(Ignorance::new(Reason::NotSupported, why));
    }
    if repositories.len() != indexes.len() {
        let why = format!("{} repositories and {} indexes", repositories.len(), indexes.len());
        return Err(stale(&why));
    }
    let mut newest: BTreeMap<&str, String> = BTreeMap::new();
    let mut made = Vec::new();
    for name in indexes {
        made.push(read_index(files, &format!("{cache}/{name}"), installed, &mut newest)?);
    }
    let waiting = newest.keys().map(|name| installed.pinned.contains(*name)).collect();
    let is_of_release = |line: &&String| {
        ["/main", "/community"].into_iter().any(|end| line.trim_end_matches('/').ends_with(end))
    };
    let of_release = how_many(repositories.iter().filter(is_of_release));
    Ok(Unlabelled { waiting, of_release, made })
}

/// The lines that name a repository elsewhere; what lies on a medium is read in its place.
fn repositories(files: &Files) -> Read<Vec<String>> {
    let mut paths = vec![REPOSITORIES.to_owned()];
    match files.list(MORE_REPOSITORIES) {
        Err(error) if error.is_not_found() => {}
        names => paths.extend(names?.iter().map(|name| format!("{MORE_REPOSITORIES}/{name}"))),
    }
    let mut found = Vec::new();
    for path in paths {
        match files.read_text(&path, MOST) {
            Err(error) if error.is_not_found() => {}
            text => found.extend(text?.lines().map(str::trim).filter_map(remote)),
        }
    }
    Ok(found)
}

fn remote(line: &str) -> Option<String> {
    (!line.starts_with('#') && line.contains("://")).then(|| line.to_owned())
}

fn indexes(files: &Files) -> Read<(&'static str, Vec<String>)> {
    for cache in CACHES {
        match files.list(cache) {
            Err(error) if error.is_not_found() => {}
            names => {
                let mut names = names?;
                names.retain(|name| name.starts_with("APKINDEX.") && name.ends_with(".tar.gz"));
                return Ok((cache, names));
            }
        }
    }
    Ok((CACHES[1], Vec::new()))
}

/// Notes what an index offers that is newer than what is installed; gives when it was made.
fn read_index<'a>(
    files: &Files,
    path: &str,
    installed: &'a Installed,
    newest: &mut BTreeMap<&'a str, String>,
) -> Result<Timestamp, Ignorance> {
    let mut archive = Archive::of(packed::unpack(files, path, ".gz")?, path);
    while let Some(entry) = archive.next().map_err(packed::obstacle)? {
        if entry.name == "APKINDEX" {
            note_offers(Lines::of(&mut archive, path), installed, newest)
                .map_err(packed::obstacle)?;
            // What follows shows that nothing was cut off.
            while archive.next().map_err(packed::obstacle)?.is_some() {}
            return Ok(entry.modified);
        }
    }
    Err(Ignorance::new(Reason::ParseError, &format!("{path}: holds no index")))
}

fn note_offers<'a, R: io::Read>(
    mut lines: Lines<R>,
    installed: &'a Installed,
    newest: &mut BTreeMap<&'a str, String>,
) -> Read<()> {
    let mut current: Option<(&str, &str)> = None;
    while let Some(line) = lines.next()? {
        match field(line) {
            Some((b'P', name)) => {
                let found = installed.packages.get_key_value(name);
                current = found.map(|(name, version)| (name.as_str(), version.as_str()));
            }
            Some((b'V', offered)) => {
                let Some((name, mine)) = current else { continue };
                let best = newest.get(name).map_or(mine, String::as_str);
                if version::apk::compare(offered, best).is_gt() {
                    newest.insert(name, offered.to_owned());
                }
            }
            Some(_) | None => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
