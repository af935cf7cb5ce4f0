//! Updates of systems whose packages are rpm's, from what dnf or zypper has fetched and without
//! running either: both would write logs and caches, and wait for whoever holds their lock.
//!
//! What waits is an installed package of which an enabled repository offers a newer version; what
//! waits for security is one of which a security advisory brings a newer one. The two are read from
//! different lists, and a repository need not have the second. Where none has, or where the
//! repositories of the release itself have none and offer something newer, nobody knows what of
//! that is for security, and so it is said.
//!
//! A newer kernel that is installed and not yet running waits for no update but for a restart. What
//! replaces a package under another name is not counted, nor whether an offer's dependencies can be
//! had; and where a module is involved only its advisories say in which stream something is newer.

mod installed;
mod locks;
mod markup;
mod metadata;
mod repositories;
mod waiting;

use report::fact::Ignorance;
use report::{Fact, Moment, Reason};

use super::dpkg::how_many;
use super::names::names;
use super::reboot::{self, Signs};
use super::version;
use crate::host::files::{Read, ReadError};
use crate::host::{Files, Host};
use crate::probes::findings::{Findings, count, moment, yes_or_no};
use installed::Installed;
use locks::Locks;
use repositories::{Repositories, Repository};
use waiting::{Fate, Streams, Waiting};

/// What fetches packages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manager {
    /// Of RHEL 8 and its like on.
    Dnf,
    /// Of Fedora 41 on.
    Dnf5,
    /// Of RHEL 7, whose lists this agent cannot read.
    Yum,
    /// Of SUSE.
    Zypper,
}

impl Manager {
    /// Its name.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Dnf => "dnf",
            Self::Dnf5 => "dnf5",
            Self::Yum => "yum",
            Self::Zypper => "zypper",
        }
    }

    fn settings(self) -> &'static str {
        match self {
            Self::Dnf | Self::Dnf5 => "etc/dnf/dnf.conf",
            Self::Yum => "etc/yum.conf",
            Self::Zypper => "etc/zypp/zypp.conf",
        }
    }

    /// Where repositories are defined; what stands in a later folder holds.
    fn definitions(self) -> &'static [&'static str] {
        match self {
            Self::Dnf | Self::Yum => &["etc/distro.repos.d", "etc/yum/repos.d", "etc/yum.repos.d"],
            Self::Dnf5 => &[
                "usr/share/dnf5/repos.d",
                "etc/distro.repos.d",
                "etc/yum.repos.d",
                "etc/dnf/repos.override.d",
            ],
            Self::Zypper => &["etc/zypp/repos.d"],
        }
    }

    /// Where what was fetched lies.
    fn cache(self) -> &'static str {
        match self {
            Self::Dnf => "var/cache/dnf",
            Self::Dnf5 => "var/cache/libdnf5",
            Self::Yum => "var/cache/yum",
            Self::Zypper => "var/cache/zypp/raw",
        }
    }

    fn locks(self) -> &'static str {
        match self {
            Self::Dnf => "etc/dnf/plugins/versionlock.list",
            Self::Dnf5 => "etc/dnf/versionlock.toml",
            Self::Yum => "etc/yum/pluginconf.d/versionlock.list",
            Self::Zypper => "etc/zypp/locks",
        }
    }
}

const SOURCE_FACTS: [&str; 5] = [
    "patches.security_sources",
    "patches.sources_behind",
    "patches.lists_at",
    "patches.refreshed_at",
    "patches.extended_support",
];

/// What follows from advisories.
const SECURITY_FACTS: [&str; 4] = [
    "patches.security_pending",
    "patches.security_names",
    "patches.security_held",
    "patches.security_held_names",
];

const PENDING: &str = "patches.pending";
const HELD: &str = "patches.held";

/// Notes everything that is known of updates.
pub(super) fn look(host: &Host, manager: Manager, findings: &mut Findings) {
    let files = host.files();
    let installed = Installed::ask(&host.programs());
    note_installed(host, &installed, findings);
    let repositories = match Repositories::read(files, manager) {
        Ok(repositories) => repositories,
        Err(error) => {
            let (path, why) = (error.path.clone(), stale(error));
            note_unknown(&SOURCE_FACTS, &why, &path, findings);
            note_unknown(&SECURITY_FACTS, &why, &path, findings);
            return note_unknown(&[PENDING, HELD], &why, &path, findings);
        }
    };
    note_sources(&repositories, manager, findings);
    match installed {
        Ok(installed) => note_waiting(files, &repositories, &installed, manager, findings),
        Err(error) => {
            let why = error.ignorance(Reason::NotSupported);
            note_unknown(&SECURITY_FACTS, &why, installed::SOURCE, findings);
            note_unknown(&[PENDING, HELD], &why, installed::SOURCE, findings);
        }
    }
}

fn stale(error: ReadError) -> Ignorance {
    error.ignorance(Reason::SourceStale)
}

fn note_unknown(facts: &[&'static str], why: &Ignorance, source: &str, findings: &mut Findings) {
    for name in facts {
        findings.add(name, Fact::Unknown(why.clone()), source);
    }
}

fn note_installed(host: &Host, installed: &Read<Installed>, findings: &mut Findings) {
    let (last, broken) = match installed {
        Ok(installed) => {
            let last = installed.last().map(|at| moment(Moment::machine(at)));
            (last.unwrap_or(Fact::Absent), yes_or_no(installed.is_unfinished()))
        }
        Err(error) => {
            let why = error.clone().ignorance(Reason::NotSupported);
            (Fact::Unknown(why.clone()), Fact::Unknown(why))
        }
    };
    findings.add("patches.installed_at", last, installed::SOURCE);
    findings.add("patches.broken", broken, installed::SOURCE);
    let (pending, source) = reboot_pending(host, installed);
    findings.add("patches.reboot_pending", pending, &source);
}

/// What no running program can be given anew without a restart.
const CORE: [&str; 13] = [
    "kernel",
    "kernel-core",
    "kernel-default",
    "kernel-rt",
    "glibc",
    "linux-firmware",
    "gnutls",
    "openssl-libs",
    "dbus",
    "dbus-broker",
    "dbus-daemon",
    "systemd",
    "udev",
];

/// A restart waits where the core of the system was replaced since it was started, or a newer
/// kernel than the running one is installed.
fn reboot_pending(host: &Host, installed: &Read<Installed>) -> (Fact, String) {
    let booted = host.system().booted_at;
    let early = || {
        let (installed, booted) = (installed.as_ref().ok()?, booted.as_ref().ok()?);
        let mut core = installed.all().filter(|(name, _)| CORE.contains(name));
        core.any(|(_, package)| package.at > *booted).then_some(installed::SOURCE)
    };
    let renewed = |_: &str| match (installed, &booted) {
        (Ok(_), Ok(_)) => Fact::Known(false),
        (Err(error), _) | (Ok(_), Err(error)) => {
            Fact::Unknown(error.clone().ignorance(Reason::NotSupported))
        }
    };
    reboot::pending(host, &Signs { order: version::rpm::compare, early: &early, renewed: &renewed })
}

fn note_sources(repositories: &Repositories, manager: Manager, findings: &mut Findings) {
    let cache = manager.cache();
    if let Some(why) = nothing_fetched(repositories, manager) {
        return note_unknown(&SOURCE_FACTS, &why, cache, findings);
    }
    let of_security = how_many(repositories.of_security());
    findings.add("patches.security_sources", count(of_security), cache);
    findings.add("patches.sources_behind", count(how_many(repositories.behind())), cache);
    let reach = match repositories.reach() {
        Some(at) => moment(Moment::source(at)),
        None => Fact::Unknown(no_advisories()),
    };
    findings.add("patches.lists_at", reach, cache);
    let refreshed = repositories.refreshed().map(|at| moment(Moment::machine(at)));
    findings.add("patches.refreshed_at", refreshed.unwrap_or(Fact::Absent), cache);
    let is_extended = |one: &Repository| {
        let id = one.id.to_ascii_lowercase();
        one.metadata.is_ok() && (id.contains("-els-") || id.contains("ltss"))
    };
    let extended = repositories.all.iter().any(is_extended);
    findings.add("patches.extended_support", yes_or_no(extended), cache);
}

/// Why nothing is known of any repository.
fn nothing_fetched(repositories: &Repositories, manager: Manager) -> Option<Ignorance> {
    let why = match (manager, repositories.all.is_empty(), repositories.refreshed()) {
        (Manager::Yum, ..) => {
            return Some(Ignorance::new(
                Reason::NotSupported,
                "this agent cannot read yum's lists",
            ));
        }
        (_, true, _) => "no repository is switched on",
        (_, false, None) => "nothing was ever fetched from a repository",
        (_, false, Some(_)) => return None,
    };
    Some(Ignorance::new(Reason::SourceStale, why))
}

fn no_advisories() -> Ignorance {
    let why = "no repository says which updates are for security";
    Ignorance::new(Reason::SourceStale, why)
}

/// Why some of the answers cannot be given.
#[derive(Default)]
struct Gaps {
    security: Option<Ignorance>,
    pending: Option<Ignorance>,
}

fn note_waiting(
    files: &Files,
    repositories: &Repositories,
    installed: &Installed,
    manager: Manager,
    findings: &mut Findings,
) {
    let mut gaps = Gaps::default();
    let locks = Locks::read(files, manager, &repositories.excludes);
    let held = match &locks {
        Ok(locks) => count(locks.held(installed)),
        Err(error) => error.clone().fact(Fact::Absent),
    };
    findings.add(HELD, held, manager.locks());
    let locks = locks.unwrap_or_else(|error| {
        gaps.pending = Some(stale(error));
        Locks::default()
    });
    let streams = Streams::read(files).unwrap_or_else(|error| {
        gaps.security = Some(stale(error));
        Streams::default()
    });
    let mut waiting = Waiting::new(installed, &locks, streams);
    read_lists(files, repositories, manager, &mut waiting, &mut gaps);
    note_security(&waiting, &gaps, manager, findings);
    let pending = match gaps.pending {
        Some(why) => Fact::Unknown(why),
        None => count(how_many(waiting.all().filter(|(_, fate)| fate.is_update))),
    };
    findings.add(PENDING, pending, manager.cache());
}

/// Reads every list there is; the first that cannot be read is the one that is told.
fn read_lists(
    files: &Files,
    repositories: &Repositories,
    manager: Manager,
    waiting: &mut Waiting<'_>,
    gaps: &mut Gaps,
) {
    if let Some(why) = nothing_fetched(repositories, manager) {
        *gaps = Gaps { security: Some(why.clone()), pending: Some(why) };
        return;
    }
    for repository in &repositories.all {
        if let Err(why) = read_packages(files, repository, waiting) {
            gaps.security.get_or_insert_with(|| why.clone());
            gaps.pending.get_or_insert(why);
        }
    }
    for repository in repositories.of_security() {
        if let Err(why) = read_advisories(files, repository, waiting) {
            gaps.security.get_or_insert(why);
        }
    }
    if repositories.of_security().next().is_none() {
        gaps.security.get_or_insert_with(no_advisories);
    }
    if waiting.all().any(|(_, fate)| fate.is_unclear) {
        let why = "the release's own repositories have updates and no advisories";
        gaps.security.get_or_insert_with(|| Ignorance::new(Reason::SourceStale, why));
    }
    if waiting.is_unclear {
        let why = "something newer is on offer in a module, in whichever stream";
        gaps.pending.get_or_insert_with(|| Ignorance::new(Reason::NotSupported, why));
    }
}

fn read_packages(
    files: &Files,
    repository: &Repository,
    waiting: &mut Waiting<'_>,
) -> Result<(), Ignorance> {
    let metadata = repository.metadata.as_ref().map_err(Clone::clone)?;
    waiting.note_packages(files, repository, metadata)
}

fn read_advisories(
    files: &Files,
    repository: &Repository,
    waiting: &mut Waiting<'_>,
) -> Result<(), Ignorance> {
    let metadata = repository.metadata.as_ref().map_err(Clone::clone)?;
    metadata.each_of_security(files, |offer| waiting.note_security(offer, repository))
}

fn note_security(waiting: &Waiting<'_>, gaps: &Gaps, manager: Manager, findings: &mut Findings) {
    let cache = manager.cache();
    if let Some(why) = &gaps.security {
        return note_unknown(&SECURITY_FACTS, why, cache, findings);
    }
    let having = |is_wanted: fn(&Fate) -> bool| {
        let all = waiting.all().filter(move |(_, fate)| is_wanted(fate));
        all.map(|(name, _)| name).collect::<Vec<_>>()
    };
    let pending = having(|fate| fate.is_security);
    let kept = having(|fate| fate.is_security && fate.is_kept);
    findings.add("patches.security_pending", count(how_many(pending.iter())), cache);
    findings.add("patches.security_names", names(pending.into_iter()), cache);
    findings.add("patches.security_held", count(how_many(kept.iter())), cache);
    findings.add("patches.security_held_names", names(kept.into_iter()), cache);
}

#[cfg(test)]
mod tests;
