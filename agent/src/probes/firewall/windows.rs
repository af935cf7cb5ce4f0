//! Whether a firewall filters what comes in, and which one that is, on Windows.
//!
//! Windows' own filters where its service runs, a profile is switched on and what no rule speaks of
//! is blocked. Which of its three profiles applies changes with the network that the machine is
//! plugged into, and the registry does not tell which it is now: so it is on where all three are. The
//! switches stay on when its service is stopped.
//!
//! A firewall of somebody else is registered as antivirus products are, and takes its place.

use report::{Fact, Outcome, Value};

use crate::host::Host;
use crate::host::files::ReadErrorKind;
use crate::host::registry::Registry;
use crate::host::services::ServiceState;
use crate::probes::Context;
use crate::probes::antivirus::{FIREWALLS, firewalls};
use crate::probes::findings::{Findings, text};
use crate::probes::machine::windows::Identity;
use crate::probes::settings::{Answer, Setting, all, service, source_of, told};

const SERVICE: &str = "MpsSvc";
const OWN: &str = "Windows Defender Firewall";

const LOCAL: &str =
    r"HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy";
const POLICY: &str = r"HKLM\SOFTWARE\Policies\Microsoft\WindowsFirewall";

/// What policies call each profile, and what it is called where it is set by hand: the one for
/// private networks goes by the name that it had when there were two of them.
const PROFILES: [(&[&str], &str); 3] = [
    (&["DomainProfile"], "DomainProfile"),
    (&["PrivateProfile", "StandardProfile"], "StandardProfile"),
    (&["PublicProfile"], "PublicProfile"),
];

/// Looks at this topic of the machine.
pub fn probe(host: &Host, _context: &Context<'_>) -> Outcome {
    let (name, (on, source)) = look(host);
    let product = match &on {
        Fact::Known(true) => text(&name),
        Fact::Known(false) | Fact::Absent => Fact::Absent,
        Fact::Unknown(why) => Fact::Unknown(why.clone()),
    };
    let mut findings = Findings::default();
    findings.add("firewall.on", on.map(Value::Bool), &source);
    findings.add("firewall.product", product, &source);
    findings.observed()
}

/// The firewall that is on and what says so, or what says that none is.
fn look(host: &Host) -> (String, Answer) {
    let registered = firewalls(host);
    let is_on = |(_, on): &&(String, Fact<bool>)| *on == Fact::Known(true);
    if let Some((name, on)) = registered.iter().flatten().find(is_on) {
        return (name.clone(), (on.clone(), FIREWALLS.to_owned()));
    }
    let own = own(host);
    if own.0 != Fact::Known(false) {
        return (OWN.to_owned(), own);
    }
    let unclear = match &registered {
        Ok(others) => others.iter().find_map(|(_, on)| match on {
            Fact::Unknown(why) => Some(why.clone()),
            Fact::Known(_) | Fact::Absent => None,
        }),
        // A server has nowhere to register with.
        Err(error) if error.kind == ReadErrorKind::NotSupported => {
            let is_server = Identity::of(host.registry()).is_server() == Some(true);
            (!is_server).then(|| told(error))
        }
        Err(error) => Some(told(error)),
    };
    match unclear {
        Some(why) => (String::new(), (Fact::Unknown(why), FIREWALLS.to_owned())),
        None => (String::new(), own),
    }
}

fn own(host: &Host) -> Answer {
    match service(host, SERVICE) {
        Ok(Some(service)) if service.state == ServiceState::Running => {
            all(PROFILES.iter().flat_map(|it| profile(host.registry(), it)).collect())
        }
        Ok(_) => (Fact::Known(false), source_of(SERVICE)),
        Err(why) => (Fact::Unknown(why), source_of(SERVICE)),
    }
}

/// What a profile is without its switch is documented nowhere; it blocks unless it is told not to.
fn profile(registry: &Registry, (policies, local): &(&[&str], &str)) -> [Answer; 2] {
    let mut keys: Vec<String> = policies.iter().map(|it| format!(r"{POLICY}\{it}")).collect();
    keys.push(format!(r"{LOCAL}\{local}"));
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let setting = |name| Setting::of(registry, &keys, name);
    [setting("EnableFirewall").switch(None), setting("DefaultInboundAction").switch(Some(true))]
}

#[cfg(test)]
mod tests;
