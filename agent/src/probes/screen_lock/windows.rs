//! Whether an unattended screen locks itself, on Windows.
//!
//! The machine may lock everybody's screen. Where it does not, each person's screen saver does or does
//! not; of people who are not logged in nothing is known, since what they set is not loaded. That a
//! machine which goes to sleep asks for a password when it wakes is not looked at.

use report::fact::Ignorance;
use report::{Fact, Outcome, Reason};

use crate::host::registry::{Value, View};
use crate::host::{Host, Registry};
use crate::probes::Context;
use crate::probes::findings::{Findings, unknown, yes_or_no};
use crate::probes::settings::{Setting, told};

const MACHINE: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System";
const USERS: &str = "HKU";
/// Below the key of a person: a policy goes before what he set himself.
const DESKTOPS: [&str; 2] =
    [r"Software\Policies\Microsoft\Windows\Control Panel\Desktop", r"Control Panel\Desktop"];
/// The same as a source, in which nobody is named.
const SOURCE: &str = r"HKU\*\Control Panel\Desktop";

/// What the keys of people begin with: accounts of the machine or its domain, and of a cloud.
const PEOPLE: [&str; 2] = ["S-1-5-21-", "S-1-12-1-"];
/// The end of a second key of each of them.
const CLASSES: &str = "_Classes";

/// Looks at this topic of the machine.
pub fn probe(host: &Host, _context: &Context<'_>) -> Outcome {
    let (lock, source) = look(host.registry());
    let on = match &lock {
        Fact::Known(_) => yes_or_no(true),
        Fact::Absent => yes_or_no(false),
        Fact::Unknown(why) => Fact::Unknown(why.clone()),
    };
    let mut findings = Findings::default();
    findings.add("screen_lock.on", on, &source);
    findings.add("screen_lock.after_seconds", lock.map(report::Value::Count), &source);
    findings.observed()
}

/// After how many seconds every screen is locked at the latest; absent where one is not.
fn look(registry: &Registry) -> (Fact<u64>, String) {
    let everybody = Setting::of(registry, &[MACHINE], "InactivityTimeoutSecs");
    match everybody.value {
        Ok(Some(seconds)) if seconds > 0 => (Fact::Known(seconds), everybody.source),
        Ok(_) => (of_people(registry), SOURCE.to_owned()),
        Err(why) => (Fact::Unknown(why), everybody.source),
    }
}

fn of_people(registry: &Registry) -> Fact<u64> {
    let people = match registry.keys(View::Native, USERS) {
        Ok(keys) => keys.into_iter().filter(|key| is_person(key)),
        Err(error) => return Fact::Unknown(told(&error)),
    };
    let mut longest = None;
    let mut unclear = None;
    for person in people {
        match of_person(registry, &person) {
            Ok(Some(seconds)) => longest = longest.max(Some(seconds)),
            Ok(None) => return Fact::Absent,
            // What stood in the way names whose key it is.
            Err(why) => unclear = Some(Ignorance::new(why.reason, SOURCE)),
        }
    }
    match (unclear, longest) {
        (Some(why), _) => Fact::Unknown(why),
        (None, Some(seconds)) => Fact::Known(seconds),
        (None, None) => unknown(Reason::SourceStale, "nobody is logged in"),
    }
}

fn is_person(key: &str) -> bool {
    let is_account = PEOPLE.iter().any(|begin| key.starts_with(begin));
    is_account && !key.ends_with(CLASSES)
}

/// After how many seconds a person's screen is locked; nothing where it never is. A saver without a
/// program never starts, and one that asks nobody for a password locks nothing.
fn of_person(registry: &Registry, person: &str) -> Result<Option<u64>, Ignorance> {
    let keys = DESKTOPS.map(|desktop| format!(r"{USERS}\{person}\{desktop}"));
    let keys = [keys[0].as_str(), keys[1].as_str()];
    let number = |name| Setting::of(registry, &keys, name).value;
    let asks = number("ScreenSaverIsSecure")?.is_some_and(|it| it != 0);
    if !asks || !has_program(registry, &keys)? {
        return Ok(None);
    }
    let missing = || Ignorance::new(Reason::NotSupported, "");
    let is_active = number("ScreenSaveActive")?.ok_or_else(missing)? != 0;
    let seconds = number("ScreenSaveTimeOut")?.ok_or_else(missing)?;
    Ok((is_active && seconds > 0).then_some(seconds))
}

fn has_program(registry: &Registry, desktops: &[&str]) -> Result<bool, Ignorance> {
    for key in desktops {
        match registry.value(View::Native, key, "SCRNSAVE.EXE") {
            Ok(Value::Text(program)) => return Ok(!program.trim().is_empty()),
            Ok(Value::Number(_) | Value::List(_) | Value::Binary(_)) => return Ok(false),
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(told(&error)),
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests;
