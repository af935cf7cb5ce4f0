//! What the servicing of Windows keeps of its packages: the cumulative updates and when they were
//! installed, whoever brought them.

use report::{Fact, Reason, Timestamp};

use super::settings::number;
use crate::host::Registry;
use crate::host::registry::View;
use crate::probes::dates;
use crate::probes::findings::unknown;

/// Where the servicing keeps its packages.
pub(super) const KEY: &str =
    r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages";

/// How the names of cumulative updates begin.
const CUMULATIVE: &str = "Package_for_RollupFix~";
/// `CurrentState` of a package that is in place. One that waits for a restart is not yet, and one that
/// was superseded not any more.
const INSTALLED: u64 = 112;

/// When the newest cumulative update that is in place was installed; absent if there is none.
pub(super) fn newest(registry: &Registry, now: Timestamp) -> Fact<Timestamp> {
    let packages = match registry.keys(View::Native, KEY) {
        Ok(packages) => packages,
        Err(error) if error.is_not_found() => {
            return unknown(Reason::NotSupported, &format!("{KEY}: no servicing"));
        }
        Err(error) => return error.fact(Fact::Absent),
    };
    let mut newest = Fact::Absent;
    for package in packages.iter().filter(|name| is_cumulative(name)) {
        newest = later(newest, installed_at(registry, package, now));
    }
    newest
}

fn is_cumulative(name: &str) -> bool {
    name.get(..CUMULATIVE.len()).is_some_and(|start| start.eq_ignore_ascii_case(CUMULATIVE))
}

/// When one package was installed; absent if it is not in place.
fn installed_at(registry: &Registry, package: &str, now: Timestamp) -> Fact<Timestamp> {
    let key = format!(r"{KEY}\{package}");
    match number(registry, &key, "CurrentState") {
        Fact::Known(INSTALLED) => {}
        Fact::Known(_) | Fact::Absent => return Fact::Absent,
        Fact::Unknown(why) => return Fact::Unknown(why),
    }
    let half = |name| match number(registry, &key, name) {
        Fact::Known(half) => u32::try_from(half).ok(),
        Fact::Absent | Fact::Unknown(_) => None,
    };
    let written = half("InstallTimeHigh").zip(half("InstallTimeLow"));
    let written = written.and_then(|(high, low)| dates::filetime_halves(high, low));
    dates::happened(written, now)
}

/// The later of two; what could not be read may have been later, but one that is known was.
fn later(one: Fact<Timestamp>, other: Fact<Timestamp>) -> Fact<Timestamp> {
    match (one, other) {
        (Fact::Known(one), Fact::Known(other)) => Fact::Known(one.max(other)),
        (known @ Fact::Known(_), _) | (_, known @ Fact::Known(_)) => known,
        (why @ Fact::Unknown(_), _) | (Fact::Absent, why) => why,
    }
}
