//! Updates on Linux, as the files of the package manager tell. A machine has one that everything
//! else of its system comes from; it is known by what it alone keeps.

use report::fact::Ignorance;
use report::{Fact, Outcome, Reason};

use super::dpkg::Installed;
use super::rpm::Manager;
use super::{
    apk, apt, automatic, dpkg, entitlement, history, ostree, pacman, reboot, rpm, services,
};
use crate::host::files::Read;
use crate::host::{Files, Host};
use crate::probes::Context;
use crate::probes::findings::{Findings, count, word, yes_or_no};

/// Where rpm keeps its database, by age of the system.
const RPM: [&str; 2] = ["usr/lib/sysimage/rpm", "var/lib/rpm"];

/// What fetches packages for rpm, the one that is told first where there are several.
const FETCHERS: [(&str, Manager); 4] = [
    ("usr/bin/zypper", Manager::Zypper),
    ("usr/bin/dnf5", Manager::Dnf5),
    ("usr/bin/dnf", Manager::Dnf),
    ("usr/bin/yum", Manager::Yum),
];

/// What the packages of a system are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Dpkg,
    Rpm(Manager),
    /// Images of rpm's packages.
    Ostree,
    Apk,
    Pacman,
}

impl Family {
    fn manager(self) -> &'static str {
        match self {
            Self::Dpkg => "apt",
            Self::Rpm(manager) => manager.word(),
            Self::Ostree => "rpm-ostree",
            Self::Apk => "apk",
            Self::Pacman => "pacman",
        }
    }
}

/// Looks at the package manager of this machine.
pub fn probe(host: &Host, _context: &Context<'_>) -> Outcome {
    let files = host.files();
    let packages = dpkg::installed(files);
    let Some((family, source)) = family(files, &packages) else {
        let why = "no package manager this agent can read";
        return Outcome::Failed(Ignorance::new(Reason::NotSupported, why));
    };
    let mut findings = Findings::default();
    findings.add("patches.manager", word(family.manager()), source);
    match family {
        Family::Dpkg => look_at_dpkg(host, &packages, &mut findings),
        Family::Rpm(manager) => rpm::look(host, manager, &mut findings),
        Family::Ostree => ostree::look(files, &mut findings),
        Family::Apk => apk::look(host, source, &mut findings),
        Family::Pacman => pacman::look(host, &mut findings),
    }
    let (automatic, source) = automatic::automatic(files, family);
    findings.add("patches.automatic", automatic, source);
    let (entitled, source) = entitlement::entitled(files);
    findings.add("patches.entitled", entitled, source);
    findings.add("patches.restart_services", services::outdated(files), services::SOURCE);
    findings.observed()
}

/// What the packages of this system are, and what says so. Another family's tools may be installed
/// beside it as packages; an image is known by having been booted.
fn family(files: &Files, packages: &Read<Installed>) -> Option<(Family, &'static str)> {
    let is_there = |path: &'static str| !matches!(files.exists(path), Ok(false));
    if matches!(files.exists(ostree::BOOTED), Ok(true)) {
        return Some((Family::Ostree, ostree::BOOTED));
    }
    let is_dpkg = match packages {
        Ok(packages) => !packages.is_empty(),
        // It may be here: what follows says what could not be read.
        Err(error) => !error.is_not_found(),
    };
    if is_dpkg {
        return Some((Family::Dpkg, dpkg::STATUS));
    }
    if RPM.into_iter().any(is_there)
        && let Some((program, manager)) =
            FETCHERS.into_iter().find(|(program, _)| is_there(program))
    {
        return Some((Family::Rpm(manager), program));
    }
    if let Some(database) = apk::DATABASES.into_iter().find(|path| is_there(path)) {
        return Some((Family::Apk, database));
    }
    is_there(pacman::DATABASE).then_some((Family::Pacman, pacman::DATABASE))
}

fn look_at_dpkg(host: &Host, packages: &Read<Installed>, findings: &mut Findings) {
    apt::look(host.files(), packages, findings);
    note_state(host.files(), packages, findings);
    let (installed, source) = history::installed_at(host.files());
    findings.add("patches.installed_at", installed, &source);
    let (pending, source) = reboot::pending_by_dpkg(host, packages);
    findings.add("patches.reboot_pending", pending, &source);
}

/// What the package manager itself says of its packages.
fn note_state(files: &Files, packages: &Read<Installed>, findings: &mut Findings) {
    let (held, broken) = match packages {
        Ok(packages) => (count(packages.held()), is_broken(files, packages)),
        Err(error) => {
            let why = error.ignorance(Reason::NotSupported);
            (Fact::Unknown(why.clone()), Fact::Unknown(why))
        }
    };
    findings.add("patches.held", held, dpkg::STATUS);
    findings.add("patches.broken", broken, dpkg::STATUS);
}

fn is_broken(files: &Files, packages: &Installed) -> Fact {
    match dpkg::was_interrupted(files) {
        _ if packages.unfinished() > 0 => yes_or_no(true),
        Ok(interrupted) => yes_or_no(interrupted),
        Err(error) => error.fact(Fact::Absent),
    }
}

#[cfg(test)]
mod tests;
