//! Updates of Arch, from its database and the lists pacman has fetched: all of them name package and
//! version in what they are called.

use std::collections::BTreeMap;

use report::fact::Ignorance;
use report::{Fact, Moment, Reason, Timestamp};

use super::archive::Archive;
use super::dpkg::how_many;
use super::unlabelled::{self, Unlabelled};
use super::{packed, reboot, version};
use crate::host::files::{Read, ReadError};
use crate::host::{Files, Host};
use crate::probes::findings::{Findings, count, moment, unknown, yes_or_no};
use crate::probes::glob;

pub(super) const DATABASE: &str = "var/lib/pacman/local";
const LISTS: &str = "var/lib/pacman/sync";
const SETTINGS: &str = "etc/pacman.conf";
const LOCK: &str = "var/lib/pacman/db.lck";

/// Repositories of the release itself.
const OF_RELEASE: [&str; 3] = ["core", "extra", "multilib"];

const MOST: usize = 1 << 20;

/// Notes everything that is known of updates.
pub(super) fn look(host: &Host, findings: &mut Findings) {
    let files = host.files();
    let settings = Settings::read(files);
    let installed = installed(files);
    note_installed(files, &installed, &settings, findings);
    let stale = |error: ReadError| error.ignorance(Reason::SourceStale);
    let found = match (settings, installed) {
        (Ok(settings), Ok(installed)) => waiting(files, &settings, &installed),
        (Err(error), _) | (Ok(_), Err(error)) => Err(stale(error)),
    };
    unlabelled::note(found, LISTS, findings);
    let (pending, source) = reboot::pending_by_modules(host);
    findings.add("patches.reboot_pending", pending, &source);
}

/// Of the settings, what is fetched and what is kept.
#[derive(Debug, Default)]
struct Settings {
    /// In their order: what a package is called in the first is what is installed.
    repositories: Vec<String>,
    ignored: Vec<String>,
}

impl Settings {
    fn read(files: &Files) -> Read<Self> {
        let mut settings = Self::default();
        for line in files.read_text(SETTINGS, MOST)?.lines().map(str::trim) {
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                settings.repositories.push(name.to_owned());
            } else if let Some(("IgnorePkg", names)) =
                line.split_once('=').map(|(name, value)| (name.trim(), value))
            {
                settings.ignored.extend(names.split_whitespace().map(str::to_owned));
            }
        }
        settings.repositories.retain(|name| name != "options");
        Ok(settings)
    }

    fn keeps(&self, name: &str) -> bool {
        self.ignored.iter().any(|pattern| glob::fits(pattern, name))
    }
}

/// Installed packages by name.
fn installed(files: &Files) -> Read<BTreeMap<String, String>> {
    let names = files.list(DATABASE)?;
    let named = names.iter().filter_map(|name| parted(name));
    Ok(named.map(|(name, version)| (name.to_owned(), version.to_owned())).collect())
}

/// `bash` and `5.2.037-1` of `bash-5.2.037-1`.
fn parted(entry: &str) -> Option<(&str, &str)> {
    let (release, _) = entry.rmatch_indices('-').nth(1)?;
    Some((entry.get(..release)?, entry.get(release + 1..)?))
}

fn note_installed(
    files: &Files,
    installed: &Read<BTreeMap<String, String>>,
    settings: &Read<Settings>,
    findings: &mut Findings,
) {
    let held = match (installed, settings) {
        (Ok(installed), Ok(settings)) => {
            count(how_many(installed.keys().filter(|name| settings.keeps(name))))
        }
        (Err(error), _) | (Ok(_), Err(error)) => error.clone().fact(Fact::Absent),
    };
    findings.add("patches.held", held, SETTINGS);
    let broken = match files.exists(LOCK) {
        Ok(false) => yes_or_no(false),
        Ok(true) => unknown(Reason::NotSupported, "pacman is at work, or was interrupted"),
        Err(error) => error.fact(Fact::Absent),
    };
    findings.add("patches.broken", broken, LOCK);
    // A package that is replaced has a folder of another name.
    let changed = match files.metadata(DATABASE) {
        Ok(metadata) => moment(Moment::machine(metadata.modified)),
        Err(error) => error.fact(Fact::Absent),
    };
    findings.add("patches.installed_at", changed, DATABASE);
}

fn waiting(
    files: &Files,
    settings: &Settings,
    installed: &BTreeMap<String, String>,
) -> Result<Unlabelled, Ignorance> {
    if settings.repositories.is_empty() {
        return Err(Ignorance::new(Reason::SourceStale, "no repository is switched on"));
    }
    let mut offered: BTreeMap<&str, String> = BTreeMap::new();
    let mut made = Vec::new();
    for repository in &settings.repositories {
        made.push(read_list(files, repository, installed, &mut offered)?);
    }
    let is_newer = |(name, offer): &(&&str, &String)| {
        installed.get(**name).is_some_and(|mine| version::pacman::compare(offer, mine).is_gt())
    };
    let waiting = offered.iter().filter(is_newer).map(|(name, _)| settings.keeps(name)).collect();
    let is_of_release = |name: &&String| OF_RELEASE.contains(&name.as_str());
    let of_release = how_many(settings.repositories.iter().filter(is_of_release));
    Ok(Unlabelled { waiting, of_release, made })
}

/// Notes what a list offers of installed packages that no list before it does. It bears the time at
/// which its server made it.
fn read_list<'a>(
    files: &Files,
    repository: &str,
    installed: &'a BTreeMap<String, String>,
    offered: &mut BTreeMap<&'a str, String>,
) -> Result<Timestamp, Ignorance> {
    let path = format!("{LISTS}/{repository}.db");
    let made = files.metadata(&path).map_err(packed::obstacle)?.modified;
    let start = files.read_start(&path, 6).map_err(packed::obstacle)?;
    let mut archive = Archive::of(packed::unpack(files, &path, packing(&start))?, &path);
    let mut mine: BTreeMap<&str, String> = BTreeMap::new();
    while let Some(entry) = archive.next().map_err(packed::obstacle)? {
        let folder = entry.name.split('/').next().unwrap_or_default();
        let Some((name, version)) = parted(folder) else { continue };
        if let Some((name, _)) = installed.get_key_value(name) {
            mine.insert(name, version.to_owned());
        }
    }
    for (name, version) in mine {
        offered.entry(name).or_insert(version);
    }
    Ok(made)
}

/// What a list is packed with is not in its name.
fn packing(start: &[u8]) -> &'static str {
    match start {
        [0x1f, 0x8b, ..] => ".gz",
        [0x28, 0xb5, 0x2f, 0xfd, ..] => ".zst",
        [0xfd, b'7', b'z', b'X', b'Z', 0] => ".xz",
        _ => "",
    }
}

#[cfg(test)]
mod tests;
