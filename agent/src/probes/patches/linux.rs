//! Updates on Linux, as the package manager's own files tell.

use report::fact::Ignorance;
use report::{Fact, Outcome, Reason};

use super::dpkg::Installed;
use super::{apt, dpkg, history, reboot};
use crate::host::files::Read;
use crate::host::{Files, Host};
use crate::probes::Context;
use crate::probes::findings::{Findings, count, word, yes_or_no};

/// Looks at the package manager of this machine.
pub fn probe(host: &Host, _context: &Context<'_>) -> Outcome {
    let packages = dpkg::installed(host.files());
    let is_here = match &packages {
        Ok(packages) => !packages.is_empty(),
        // It may be here: what follows says what could not be read.
        Err(error) => !error.is_not_found(),
    };
    if !is_here {
        let why = "no package manager this agent can read";
        return Outcome::Failed(Ignorance::new(Reason::NotSupported, why));
    }
    let mut findings = Findings::default();
    findings.add("patches.manager", word("apt"), dpkg::STATUS);
    apt::look(host.files(), &packages, &mut findings);
    note_state(host.files(), &packages, &mut findings);
    let (installed, source) = history::installed_at(host.files());
    findings.add("patches.installed_at", installed, &source);
    let (pending, source) = reboot::pending(host, &packages);
    findings.add("patches.reboot_pending", pending, &source);
    findings.observed()
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
