//! Whether an unattended screen locks itself, and after how long, on Linux.
//!
//! Everybody sets that for themselves, in a home that the agent does not look into. It is known
//! where the system sets it and nobody may set it otherwise; anywhere else it is unknown. A machine
//! that shows no screen has none to lock.

use report::fact::Ignorance;
use report::{Fact, Outcome, Reason};

use crate::host::files::Read;
use crate::host::{Files, Host};
use crate::probes::Context;
use crate::probes::desktop;
use crate::probes::desktop::dconf::Dconf;
use crate::probes::desktop::sessions::{Desktop, desktops};
use crate::probes::findings::{Findings, count, yes_or_no};

const GNOME: &str = "etc/dconf/db";
const PLASMA: &str = "etc/xdg/kscreenlockerrc";

/// Looks at this topic of the machine.
pub fn probe(host: &Host, _context: &Context<'_>) -> Outcome {
    let mut findings = Findings::default();
    let (answer, source) = look(host);
    let (on, after) = match answer {
        Answer::NoScreen => (Fact::Absent, Fact::Absent),
        Answer::Lock(lock) => lock.facts(),
        Answer::Unknown(why) => (Fact::Unknown(why.clone()), Fact::Unknown(why)),
    };
    findings.add("screen_lock.on", on, source);
    findings.add("screen_lock.after_seconds", after, source);
    findings.observed()
}

#[derive(Debug, PartialEq, Eq)]
enum Answer {
    NoScreen,
    Lock(Lock),
    Unknown(Ignorance),
}

/// What the system sees to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lock {
    /// Screens stay open.
    Never,
    /// They are locked after so many seconds, where the number is everybody's too.
    After(Option<u64>),
    /// Everybody may do as they like.
    Anyhow,
}

impl Lock {
    fn facts(self) -> (Fact, Fact) {
        let own = |what: &str| {
            let why = format!("{what} is each person's own setting: nothing locks it for all");
            Fact::Unknown(Ignorance::new(Reason::AccessDenied, &why))
        };
        match self {
            Self::Never => (yes_or_no(false), Fact::Absent),
            Self::After(Some(seconds)) => (yes_or_no(true), count(seconds)),
            Self::After(None) => (yes_or_no(true), own("the delay")),
            Self::Anyhow => (own("the lock"), own("the delay")),
        }
    }

    /// What holds where there are both: the one that is locked less.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Never, _) | (_, Self::Never) => Self::Never,
            (Self::Anyhow, _) | (_, Self::Anyhow) => Self::Anyhow,
            (Self::After(one), Self::After(other)) => {
                Self::After(one.zip(other).map(|(one, other)| one.max(other)))
            }
        }
    }
}

fn look(host: &Host) -> (Answer, &'static str) {
    let files = host.files();
    let denied = |error: crate::host::files::ReadError| {
        Answer::Unknown(error.ignorance(Reason::NotSupported))
    };
    match desktop::greeter(host) {
        Ok((None, source)) => return (Answer::NoScreen, source),
        Ok((Some(_), _)) => {}
        Err(error) => return (denied(error), "etc/systemd/system"),
    }
    match locks(files) {
        Ok((lock, source)) => (Answer::Lock(lock), source),
        Err(error) => (denied(error), GNOME),
    }
}

fn locks(files: &Files) -> Read<(Lock, &'static str)> {
    let (mut weakest, mut source) = (None::<Lock>, GNOME);
    for desktop in desktops(files)? {
        let lock = match desktop {
            Desktop::Gnome => by_gnome(&Dconf::read(files)?),
            Desktop::Plasma => {
                source = PLASMA;
                by_plasma(files)?
            }
            Desktop::Other => Lock::Anyhow,
        };
        weakest = Some(weakest.map_or(lock, |weakest| weakest.and(lock)));
    }
    Ok((weakest.unwrap_or(Lock::Anyhow), source))
}

const SCREENSAVER: &str = "org/gnome/desktop/screensaver";
const SESSION: &str = "org/gnome/desktop/session";
const LOCKDOWN: &str = "org/gnome/desktop/lockdown";

/// A screen that is idle goes dark after one delay and is locked after another. Nothing locks
/// where somebody has taken the locking out altogether.
fn by_gnome(dconf: &Dconf) -> Lock {
    let locks = dconf.enforced(SCREENSAVER, "lock-enabled");
    let idle = dconf.enforced(SESSION, "idle-delay").and_then(seconds);
    let taken_out = dconf.enforced(LOCKDOWN, "disable-lock-screen");
    match (locks, idle) {
        _ if taken_out == Some("true") => Lock::Never,
        (Some("false"), _) | (_, Some(0)) => Lock::Never,
        (Some("true"), Some(idle)) => {
            let delay = dconf.enforced(SCREENSAVER, "lock-delay").and_then(seconds);
            Lock::After(delay.map(|delay| idle.saturating_add(delay)))
        }
        (_, _) => Lock::Anyhow,
    }
}

/// `uint32 300`, or the number alone.
fn seconds(value: &str) -> Option<u64> {
    value.strip_prefix("uint32").unwrap_or(value).trim().parse().ok()
}

/// What is marked `[$i]` nobody may change; what is not set is on, after five minutes. A marked
/// section is marked in every setting.
fn by_plasma(files: &Files) -> Read<Lock> {
    let sections = desktop::settings(files, &[PLASMA])?;
    let marked = sections.get("Daemon][$i");
    let said = |name: &str| {
        let own = sections.get("Daemon").and_then(|daemon| daemon.value(&format!("{name}[$i]")));
        own.or_else(|| marked.and_then(|daemon| daemon.value(name)))
    };
    let default = |value: &'static str| marked.is_some().then_some(value);
    let locks = said("Autolock").or(default("true"));
    let minutes = said("Timeout").or(default("5")).map(|it| it.parse::<u64>().unwrap_or(0));
    Ok(match (locks, minutes) {
        (Some("false"), _) | (_, Some(0)) => Lock::Never,
        (Some("true"), Some(minutes)) => {
            let grace = said("LockGrace").or(default("5")).and_then(|it| it.parse::<u64>().ok());
            Lock::After(grace.map(|grace| minutes.saturating_mul(60).saturating_add(grace)))
        }
        (_, _) => Lock::Anyhow,
    })
}

#[cfg(test)]
mod tests;
