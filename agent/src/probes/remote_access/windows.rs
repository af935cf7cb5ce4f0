//! Ways in from the network, on Windows: its remote desktop, and OpenSSH's server.

mod sshd;

use report::fact::Ignorance;
use report::{Fact, Outcome, Reason, Value};

use crate::host::services::{Service, ServiceStart, ServiceState};
use crate::host::{Host, Registry};
use crate::probes::Context;
use crate::probes::findings::Findings;
use crate::probes::settings::{Answer, Setting, all, as_fact, may_run, not, service, source_of};
use sshd::Config;

const TERMINAL: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\Terminal Server";
const CONNECTIONS: &str =
    r"HKLM\SYSTEM\CurrentControlSet\Control\Terminal Server\WinStations\RDP-Tcp";
const POLICY: &str = r"HKLM\SOFTWARE\Policies\Microsoft\Windows NT\Terminal Services";
const DESKTOP_SERVICE: &str = "TermService";

const SSH_SERVICE: &str = "sshd";
/// A part of the path of the program that Windows itself and OpenSSH's own package install. Others
/// call their service the same and keep their settings elsewhere.
const SSH_PROGRAM: &str = r"openssh\sshd.exe";

/// Looks at this topic of the machine.
pub fn probe(host: &Host, _context: &Context<'_>) -> Outcome {
    let mut findings = Findings::default();
    desktop(host, &mut findings);
    ssh(host, &mut findings);
    findings.observed()
}

fn desktop(host: &Host, findings: &mut Findings) {
    let registry = host.registry();
    let denied = Setting::of(registry, &[POLICY, TERMINAL], "fDenyTSConnections");
    let allowed = all(vec![not(denied.switch(None)), may_run(host, DESKTOP_SERVICE)]);
    let first = match &allowed.0 {
        // Nobody is let in who would have to say first who he is.
        Fact::Known(false) => (Fact::Absent, allowed.1.clone()),
        Fact::Known(true) | Fact::Absent | Fact::Unknown(_) => authenticates_first(registry),
    };
    for (name, answer) in [("remote_access.desktop", allowed), ("remote_access.desktop_nla", first)]
    {
        let (fact, source) = as_fact(answer);
        findings.add(name, fact, &source);
    }
}

fn authenticates_first(registry: &Registry) -> Answer {
    Setting::of(registry, &[POLICY, CONNECTIONS], "UserAuthentication").switch(None)
}

fn ssh(host: &Host, findings: &mut Findings) {
    let source = source_of(SSH_SERVICE);
    let (offered, root, passwords, settings) = match service(host, SSH_SERVICE) {
        Ok(None) => (Fact::Known(false), Fact::Absent, Fact::Absent, source.as_str()),
        Ok(Some(service)) => {
            let config = config(host, &service);
            (
                Fact::Known(is_offered(&service)),
                config.administrators(),
                config.passwords(),
                sshd::FILE,
            )
        }
        Err(why) => {
            let silent = || Fact::Unknown(why.clone());
            (Fact::Unknown(why.clone()), silent(), silent(), source.as_str())
        }
    };
    findings.add("remote_access.ssh", offered.map(Value::Bool), &source);
    findings.add("remote_access.ssh_root", root, settings);
    findings.add("remote_access.ssh_passwords", passwords, settings);
}

/// One that does not run now and begins by itself is there again after the next start.
fn is_offered(service: &Service) -> bool {
    match (service.state, service.start) {
        (ServiceState::Running, _) | (_, ServiceStart::Automatic | ServiceStart::Boot) => true,
        (ServiceState::Stopped, _) => false,
    }
}

fn config(host: &Host, service: &Service) -> Config {
    let image = service.image.as_deref().unwrap_or_default().to_lowercase();
    match image.contains(SSH_PROGRAM) {
        true => Config::of(host.files()),
        false => Config::unread(Ignorance::new(Reason::ProductOpaque, "a server of somebody else")),
    }
}

#[cfg(test)]
mod tests;
