//! Whether updates are installed without anybody asking for it.

use report::{Fact, Reason, Value};

use super::health;
use super::policy::{AU, MANAGED_DEVICE};
use super::settings::number;
use crate::host::Registry;
use crate::probes::findings::{choice, unknown};
use crate::probes::machine::windows::Identity;
use crate::probes::patches::automatic::Automatic;

/// Where the choice of whoever sits at the machine lies before Windows 10.
const CHOSEN: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update";

/// The first build that leaves no such choice.
const WINDOWS_10: u64 = 10_240;

/// What happens by itself, and what says so. Whatever is set, nothing happens where the services are
/// disabled.
pub(super) fn automatic(
    registry: &Registry,
    identity: &Identity<'_>,
    service: &Fact,
) -> (Fact, &'static str) {
    let (set, source) = set(registry, identity);
    match (service, set) {
        (Fact::Known(Value::Bool(false)), _) => (word(Automatic::Off), health::SOURCE),
        (_, Fact::Known(Automatic::Off)) => (word(Automatic::Off), source),
        (Fact::Unknown(why), _) => (Fact::Unknown(why.clone()), health::SOURCE),
        (Fact::Known(_) | Fact::Absent, Fact::Known(set)) => (word(set), source),
        (Fact::Known(_) | Fact::Absent, Fact::Unknown(why)) => (Fact::Unknown(why), source),
        (Fact::Known(_) | Fact::Absent, Fact::Absent) => {
            (unknown(Reason::NotSupported, "it is not set"), source)
        }
    }
}

fn word(automatic: Automatic) -> Fact {
    choice(automatic.word())
}

/// What is set: by the policy of a group, by the management of devices, by whoever sits there, or as
/// this Windows comes. Absent where none of them says.
fn set(registry: &Registry, identity: &Identity<'_>) -> (Fact<Automatic>, &'static str) {
    let by_group = match number(registry, AU, "NoAutoUpdate") {
        Fact::Known(1) => Fact::Known(Automatic::Off),
        Fact::Known(_) | Fact::Absent => option(number(registry, AU, "AUOptions"), AU),
        Fact::Unknown(why) => Fact::Unknown(why),
    };
    if by_group != Fact::Absent {
        return (by_group, AU);
    }
    let by_management = managed(number(registry, MANAGED_DEVICE, "AllowAutoUpdate"));
    if by_management != Fact::Absent {
        return (by_management, MANAGED_DEVICE);
    }
    match (identity.build(), identity.is_server()) {
        (Err(why), _) => (Fact::Unknown(why), CHOSEN),
        (Ok(..WINDOWS_10), _) => (option(number(registry, CHOSEN, "AUOptions"), CHOSEN), CHOSEN),
        (Ok(_), Some(true)) => (Fact::Known(Automatic::DownloadOnly), AU),
        (Ok(_), Some(false)) => (Fact::Known(Automatic::On), AU),
        (Ok(_), None) => (unknown(Reason::NotSupported, "neither a server nor a client"), AU),
    }
}

/// `AUOptions`; absent where it is not set or leaves the choice to others.
fn option(written: Fact<u64>, key: &str) -> Fact<Automatic> {
    match written {
        // Told of, and not even fetched.
        Fact::Known(1 | 2) => Fact::Known(Automatic::Off),
        // Fetched; with 7 it is told of before it is installed.
        Fact::Known(3 | 7) => Fact::Known(Automatic::DownloadOnly),
        Fact::Known(4) => Fact::Known(Automatic::On),
        Fact::Known(5) | Fact::Absent => Fact::Absent,
        Fact::Known(other) => {
            unknown(Reason::ParseError, &format!(r"{key}\AUOptions: {other} means nothing"))
        }
        Fact::Unknown(why) => Fact::Unknown(why),
    }
}

/// `AllowAutoUpdate` of the management of devices, which counts otherwise.
fn managed(written: Fact<u64>) -> Fact<Automatic> {
    match written {
        Fact::Known(0 | 5) => Fact::Known(Automatic::Off),
        Fact::Known(1..=4) => Fact::Known(Automatic::On),
        Fact::Known(other) => unknown(
            Reason::ParseError,
            &format!(r"{MANAGED_DEVICE}\AllowAutoUpdate: {other} means nothing"),
        ),
        Fact::Absent => Fact::Absent,
        Fact::Unknown(why) => Fact::Unknown(why),
    }
}
