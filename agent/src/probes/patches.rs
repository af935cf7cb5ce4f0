//! Whether security updates wait to be installed, how old that knowledge is, and whether installed
//! ones wait for a restart.

pub(crate) mod dpkg;
pub(crate) mod version;

mod apt;
mod control;
mod reboot;

use report::fact::Ignorance;
use report::{Outcome, Reason};

use super::Context;
use super::findings::{Findings, word};
use crate::host::Host;

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
    let (pending, source) = reboot::pending(host, &packages);
    findings.add("patches.reboot_pending", pending, &source);
    findings.observed()
}

#[cfg(test)]
mod tests;
