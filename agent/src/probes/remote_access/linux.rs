//! Which ways in from the network are open, on Linux: SSH with what its server takes, and screens
//! that are shown elsewhere.

mod desktop;
mod settings;
mod ssh;

use report::catalogue::SSH_ROOT;
use report::fact::Ignorance;
use report::{Fact, Outcome, Reason};

use crate::host::{Host, Processes};
use crate::probes::Context;
use crate::probes::findings::{Findings, choice, unknown, yes_or_no};
use crate::probes::units::Units;
use ssh::{Answer, Root};

const UNITS: &str = "etc/systemd/system";

/// Looks at this topic of the machine.
pub fn probe(host: &Host, _context: &Context<'_>) -> Outcome {
    let mut findings = Findings::default();
    let processes = host.processes();
    match Units::read(host.files()) {
        Ok(units) => look(host, &units, &processes, &mut findings),
        Err(error) => {
            let why = error.ignorance(Reason::NotSupported);
            for name in ["desktop", "ssh", "ssh_root", "ssh_passwords"] {
                note(name, Fact::Unknown(why.clone()), UNITS, &mut findings);
            }
        }
    }
    findings.observed()
}

fn note(name: &str, fact: Fact, source: &str, findings: &mut Findings) {
    let name = match name {
        "desktop" => "remote_access.desktop",
        "ssh" => "remote_access.ssh",
        "ssh_root" => "remote_access.ssh_root",
        _ => "remote_access.ssh_passwords",
    };
    findings.add(name, fact, source);
}

fn look(host: &Host, units: &Units<'_>, processes: &Processes, findings: &mut Findings) {
    let (desktop, source) = desktop::is_shown(host.files(), units, processes);
    note("desktop", desktop, source, findings);
    let offered = ssh::offered(units, processes);
    let (root, passwords, source) = match &offered {
        Fact::Known(ssh::Server::OpenSsh) => openssh(host),
        Fact::Known(ssh::Server::Dropbear) => {
            let why = "dropbear is told on its command line what it takes";
            let fact = || unknown(Reason::NotSupported, why);
            (fact(), fact(), "proc")
        }
        Fact::Absent => (Fact::Absent, Fact::Absent, UNITS),
        Fact::Unknown(why) => (Fact::Unknown(why.clone()), Fact::Unknown(why.clone()), "proc"),
    };
    let is_offered = match offered {
        Fact::Known(_) => yes_or_no(true),
        Fact::Absent => yes_or_no(false),
        Fact::Unknown(why) => Fact::Unknown(why),
    };
    note("ssh", is_offered, UNITS, findings);
    note("ssh_root", root, source, findings);
    note("ssh_passwords", passwords, source, findings);
}

/// How root and how passwords come in at OpenSSH's server.
fn openssh(host: &Host) -> (Fact, Fact, &'static str) {
    let both = |why: Ignorance| (Fact::Unknown(why.clone()), Fact::Unknown(why));
    let answer = ssh::effective(host);
    let ((root, passwords), source) = match answer {
        Ok(Answer { root, passwords, source }) => {
            let [yes, keys_only, no] = [0, 1, 2].map(|at| SSH_ROOT.get(at).copied());
            let word = |root: Root| match root {
                Root::Yes => yes,
                Root::KeysOnly => keys_only,
                Root::No => no,
            };
            let root = match root {
                Ok(root) => word(root).map_or(Fact::Absent, choice),
                Err(why) => Fact::Unknown(why),
            };
            ((root, passwords.map_or_else(Fact::Unknown, yes_or_no)), source)
        }
        Err(why) => (both(why), settings::MAIN),
    };
    (root, passwords, source)
}

#[cfg(test)]
mod tests;
