//! How many accounts administer the machine, and whether guests come in, on Linux. Names are read
//! to count each account once; none leaves this room.

mod directory;
mod doas;
mod local;
mod sudoers;

use std::collections::BTreeSet;

use report::fact::Ignorance;
use report::{Fact, Outcome, Reason};

use crate::host::files::Read;
use crate::host::{Files, Host};
use crate::probes::Context;
use crate::probes::desktop::{self, Greeter};
use crate::probes::findings::{Findings, count, yes_or_no};
use local::Local;

const ACCOUNTS: &str = "etc/group, etc/passwd, etc/sudoers";

/// Looks at this topic of the machine.
pub fn probe(host: &Host, _context: &Context<'_>) -> Outcome {
    let mut findings = Findings::default();
    let known = administrators(host.files());
    let fact = match known {
        Ok(Ok(number)) => count(number),
        Ok(Err(why)) => Fact::Unknown(why),
        Err(error) => Fact::Unknown(error.ignorance(Reason::NotSupported)),
    };
    findings.add("accounts.administrators", fact, ACCOUNTS);
    let (guest, source) = guest(host);
    findings.add("accounts.guest_enabled", guest, source);
    findings.observed()
}

/// What gives its members the rights of the administrator, by distribution.
const GROUPS: [&str; 3] = ["sudo", "wheel", "admin"];

/// How many accounts beside root administer the machine, or why that is not known.
fn administrators(files: &Files) -> Read<Result<u64, Ignorance>> {
    if let Some(why) = directory::hides_accounts(files)? {
        return Ok(Err(Ignorance::new(Reason::NotSupported, why)));
    }
    let local = Local::read(files)?;
    let mut found: BTreeSet<&str> = GROUPS.into_iter().flat_map(|it| local.members(it)).collect();
    found.extend(local.with_uid(0));
    let rules = sudoers::read(files)?;
    let granted = match rules.granted(&local) {
        Ok(granted) => granted,
        Err(why) => return Ok(Err(Ignorance::new(Reason::NotSupported, why))),
    };
    found.extend(granted);
    if doas::permits_others(files, &GROUPS)? {
        let why = "doas permits others than its usual group";
        return Ok(Err(Ignorance::new(Reason::NotSupported, why)));
    }
    found.remove("root");
    Ok(Ok(u64::try_from(found.len()).unwrap_or(u64::MAX)))
}

/// What sets up an account for somebody who has none.
const GUEST_ACCOUNT: &str = "usr/sbin/guest-account";

/// There is a guest only at the screen of lightdm.
fn guest(host: &Host) -> (Fact, &'static str) {
    let is_let_in = match desktop::greeter(host) {
        Ok((Some(Greeter::Lightdm), _)) => lets_guests_in(host.files()),
        Ok((_, source)) => return (Fact::Absent, source),
        Err(error) => Err(error),
    };
    let fact = is_let_in
        .map_or_else(|error| Fact::Unknown(error.ignorance(Reason::NotSupported)), yes_or_no);
    (fact, desktop::LIGHTDM[3])
}

/// It does unless it is told not to, where there is something to set up an account with.
fn lets_guests_in(files: &Files) -> Read<bool> {
    let sections = desktop::settings(files, &desktop::LIGHTDM)?;
    let mut seats = sections.iter().filter(|(section, _)| desktop::is_of_seats(section));
    let is_forbidden = |set: &crate::probes::ini::Section| !set.is_on("allow-guest", true);
    Ok(!seats.any(|(_, set)| is_forbidden(set)) && files.exists(GUEST_ACCOUNT)?)
}

#[cfg(test)]
mod tests;
