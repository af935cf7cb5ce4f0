//! What is set for updates: a server of the office, a pause, and a release that they stop at.

use report::moment::DAY;
use report::{Fact, Moment, Timestamp, Value};

use super::settings::{number, words};
use crate::host::Registry;
use crate::host::registry::View;
use crate::probes::dates;
use crate::probes::findings::{Findings, text, yes_or_no};

/// Policies of a group, and those of them that are about updating by itself.
const GROUP: &str = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate";
pub(super) const AU: &str = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate\AU";
/// What the management of devices sets.
pub(super) const MANAGED_DEVICE: &str =
    r"HKLM\SOFTWARE\Microsoft\PolicyManager\current\device\Update";
/// What whoever sits at the machine sets.
const SETTINGS: &str = r"HKLM\SOFTWARE\Microsoft\WindowsUpdate\UX\Settings";

/// How long a policy's pause lasts from the day it is set to, in seconds.
const POLICYS_PAUSE: i64 = 35 * DAY;

pub(super) fn look(registry: &Registry, now: Timestamp, findings: &mut Findings) {
    findings.add("patches.managed", managed(registry), AU);
    let (paused, source) = paused_until(registry, now);
    findings.add("patches.paused_until", paused, source);
    let (release, source) = target_release(registry);
    findings.add("patches.target_release", release, source);
}

/// Whether a server of the office approves the updates. Its address is nobody else's matter, and it
/// is enough that there is one.
fn managed(registry: &Registry) -> Fact {
    match number(registry, AU, "UseWUServer") {
        Fact::Known(1) => match registry.values(View::Native, GROUP) {
            Ok(names) => yes_or_no(names.iter().any(|name| name.eq_ignore_ascii_case("WUServer"))),
            Err(error) => error.fact(yes_or_no(false)),
        },
        Fact::Known(_) | Fact::Absent => yes_or_no(false),
        Fact::Unknown(why) => Fact::Unknown(why),
    }
}

/// Until when the security updates rest, and what says so: the last of all pauses that are not over.
/// Who wants no updates at all sets one of many years, which is told as it is.
fn paused_until(registry: &Registry, now: Timestamp) -> (Fact, &'static str) {
    let pauses = [
        (SETTINGS, "PauseUpdatesExpiryTime", 0),
        (SETTINGS, "PauseQualityUpdatesEndTime", 0),
        (GROUP, "PauseQualityUpdatesStartTime", POLICYS_PAUSE),
        (MANAGED_DEVICE, "PauseQualityUpdatesStartTime", POLICYS_PAUSE),
    ];
    let mut found = (Fact::Absent, SETTINGS);
    for (key, name, lasting) in pauses {
        let until = until(registry, key, name, lasting, now);
        let is_more = match (&found.0, &until) {
            (Fact::Known(known), Fact::Known(until)) => until > known,
            (Fact::Absent, Fact::Known(_) | Fact::Unknown(_))
            | (Fact::Unknown(_), Fact::Known(_)) => true,
            (_, Fact::Absent) | (Fact::Known(_) | Fact::Unknown(_), Fact::Unknown(_)) => false,
        };
        if is_more {
            found = (until, key);
        }
    }
    (found.0.map(|at| Value::Moment(Moment::machine(at))), found.1)
}

/// The end of one pause; absent where there is none, or it is over.
fn until(
    registry: &Registry,
    key: &str,
    name: &str,
    lasting: i64,
    now: Timestamp,
) -> Fact<Timestamp> {
    match words(registry, key, name) {
        Fact::Known(written) => match dates::ends(dates::parse_utc(&written)) {
            Fact::Known(at) if at + lasting > now => Fact::Known(at + lasting),
            Fact::Known(_) | Fact::Absent => Fact::Absent,
            Fact::Unknown(why) => Fact::Unknown(why),
        },
        Fact::Absent => Fact::Absent,
        Fact::Unknown(why) => Fact::Unknown(why),
    }
}

/// The release that updates stop at, as `24H2` or `Windows 11 24H2`, and what says so.
fn target_release(registry: &Registry) -> (Fact, &'static str) {
    let is_set = match number(registry, GROUP, "TargetReleaseVersion") {
        Fact::Known(set) => set == 1,
        Fact::Absent => false,
        Fact::Unknown(why) => return (Fact::Unknown(why), GROUP),
    };
    match is_set {
        true => (release(registry, GROUP, "TargetReleaseVersionInfo"), GROUP),
        false => (release(registry, MANAGED_DEVICE, "TargetReleaseVersion"), MANAGED_DEVICE),
    }
}

fn release(registry: &Registry, key: &str, name: &str) -> Fact {
    match (words(registry, key, name), words(registry, key, "ProductVersion")) {
        (Fact::Known(release), Fact::Known(product)) => text(&format!("{product} {release}")),
        (Fact::Known(release), Fact::Absent | Fact::Unknown(_)) => text(&release),
        (Fact::Absent, _) => Fact::Absent,
        (Fact::Unknown(why), _) => Fact::Unknown(why),
    }
}
