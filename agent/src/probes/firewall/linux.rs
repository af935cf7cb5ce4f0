//! Whether a firewall filters what comes in, and which one that is, on Linux.
//!
//! The rules themselves only a process may read that may also change them. So a firewall counts
//! where it is started, its configuration filters, and nothing says that the kernel has no filter
//! at all. That nothing filters is known where the kernel has none; anything between is unknown.

mod kernel;
mod rules;

use report::fact::Ignorance;
use report::{Fact, Outcome, Reason};

use crate::host::Host;
use crate::host::files::Read;
use crate::probes::Context;
use crate::probes::findings::{Findings, unknown, word, yes_or_no};
use crate::probes::machine::container;
use crate::probes::units::Units;
use rules::Claim;

/// Looks at this topic of the machine.
pub fn probe(host: &Host, _context: &Context<'_>) -> Outcome {
    let mut findings = Findings::default();
    let seen = look(host);
    findings.add("firewall.on", seen.on, seen.source);
    findings.add("firewall.product", seen.product, seen.source);
    findings.observed()
}

struct Seen {
    on: Fact,
    product: Fact,
    source: &'static str,
}

impl Seen {
    fn nothing(why: Ignorance, source: &'static str) -> Self {
        Self { on: Fact::Unknown(why.clone()), product: Fact::Unknown(why), source }
    }
}

/// A firewall: what it is called, whose file says most of it, and whether it filters.
struct Firewall {
    product: &'static str,
    source: &'static str,
    claim: fn(&Host, &Units<'_>) -> Read<Claim>,
}

/// The ones that can be told, those first that set up others.
const FIREWALLS: [Firewall; 4] = [
    Firewall { product: "firewalld", source: rules::FIREWALLD, claim: by_firewalld },
    Firewall { product: "ufw", source: rules::UFW, claim: by_ufw },
    Firewall { product: "nftables", source: "etc/nftables.conf", claim: by_nftables },
    Firewall { product: "iptables", source: "etc/iptables/rules.v4", claim: by_iptables },
];

fn look(host: &Host) -> Seen {
    match container::detect(host.files()) {
        (Fact::Known(false) | Fact::Absent, _) => {}
        (Fact::Known(true), source) => {
            let why = "a container is behind the firewall of its host";
            return Seen::nothing(Ignorance::new(Reason::NotSupported, why), source);
        }
        (Fact::Unknown(why), source) => return Seen::nothing(why, source),
    }
    let filter = kernel::may_filter(host);
    if filter == Ok(false) {
        return Seen { on: yes_or_no(false), product: Fact::Absent, source: kernel::MODULES };
    }
    match Units::read(host.files()) {
        Ok(units) => by_configuration(host, &units),
        Err(error) => Seen::nothing(error.ignorance(Reason::NotSupported), "etc/systemd/system"),
    }
}

fn by_configuration(host: &Host, units: &Units<'_>) -> Seen {
    let mut unclear = None;
    for Firewall { product, source, claim } in FIREWALLS {
        let on = match claim(host, units) {
            Ok(Claim::Filters) => {
                return Seen { on: yes_or_no(true), product: word(product), source };
            }
            Ok(Claim::Not) => continue,
            Ok(Claim::Unclear(why)) => unknown(Reason::NotSupported, why),
            Err(error) => Fact::Unknown(error.ignorance(Reason::NotSupported)),
        };
        unclear.get_or_insert(Seen { on, product: word(product), source });
    }
    unclear.unwrap_or_else(|| {
        let why = "no firewall this agent knows is set up; the kernel's rules are not readable";
        Seen::nothing(Ignorance::new(Reason::AccessDenied, why), kernel::MODULES)
    })
}

const DAEMONS: [&str; 2] = ["usr/sbin/firewalld", "usr/bin/firewalld"];

/// It takes its rules away when it ends: only while it runs it filters.
fn by_firewalld(host: &Host, _units: &Units<'_>) -> Read<Claim> {
    let mut is_there = false;
    for daemon in DAEMONS {
        is_there |= host.files().exists(daemon)?;
    }
    if !is_there {
        return Ok(Claim::Not);
    }
    match host.processes().find(|it| it.name == "firewalld") {
        Fact::Known(_) => rules::of_firewalld(host.files()),
        Fact::Absent => Ok(Claim::Not),
        Fact::Unknown(_) => Ok(Claim::Unclear("whether firewalld runs is hidden")),
    }
}

/// Switched on in its settings, it is off where nothing starts it.
fn by_ufw(host: &Host, units: &Units<'_>) -> Read<Claim> {
    match units.is_service_on("ufw") {
        true => rules::of_ufw(host.files()),
        false => Ok(Claim::Not),
    }
}

fn by_nftables(host: &Host, units: &Units<'_>) -> Read<Claim> {
    match units.is_service_on("nftables") {
        true => rules::of_nftables(host.files()),
        false => Ok(Claim::Not),
    }
}

/// What restores the rules, by distribution.
const RESTORERS: [&str; 2] = ["netfilter-persistent", "iptables"];

fn by_iptables(host: &Host, units: &Units<'_>) -> Read<Claim> {
    match RESTORERS.into_iter().any(|service| units.is_service_on(service)) {
        true => rules::of_iptables(host.files()),
        false => Ok(Claim::Not),
    }
}

#[cfg(test)]
mod tests;
