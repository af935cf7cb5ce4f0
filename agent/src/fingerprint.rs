//! What tells this hardware from any other, and what the machine says of itself when it joins.
//!
//! The fingerprint must change when a disk is copied or moved to other hardware, and must not when
//! the same machine gets a network card, memory, a new disk, a new name or a new system. So it is
//! taken over what the maker wrote into the firmware: the system's UUID and serial number and the
//! main board's serial number. A new main board is other hardware.
//!
//! `machine-id` (the machine's GUID, on Windows) lies on the disk and says nothing of the hardware. It
//! counts only where the firmware says nothing at all, and inside containers, which all see the
//! firmware of their host. There a copied disk is noticed only when the copy's was renewed, and
//! otherwise by the collector, when two incarnations answer in turn.
//!
//! On Linux the three marks are readable by root alone. To root, a mark that is there and cannot be
//! read makes no fingerprint at all: one without it would be that of other hardware. An agent that
//! somebody tries out as an ordinary user never reads any of them, so its fingerprint is its
//! `machine-id`'s. The marks have the same names on both systems: a machine that gets the other one
//! is still the same.

mod linux;
mod windows;

use report::fact::Ignorance;
use report::wire::Claims;
use report::{Fact, Fingerprint, Platform, Reason, Text, Value};

use crate::host::Host;
use crate::host::rights::Rights;
use crate::remedies::HERE;

/// Why this hardware cannot be told from any other.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FingerprintError {
    /// A mark may be there and cannot be read.
    #[error("tell this machine from any other: {0}: {raise}", raise = HERE.raise())]
    Unread(Ignorance),
    /// There is none: all such machines would share one fingerprint.
    #[error(
        "tell this machine from any other: its firmware bears no mark and {}",
        HERE.no_machine_id()
    )]
    NoMark,
}

/// What a system says of the machine it runs on.
struct Marks {
    /// What the maker wrote into the firmware, each with its name in the digest.
    firmware: [(&'static str, Fact<Text>); 3],
    is_container: Fact<bool>,
    /// What stands in for it, with its name in the digest: what lies on the disk, empty where there
    /// is none.
    stand_in: (&'static str, Result<String, Ignorance>),
}

/// The names of the firmware's marks in the digest.
const UUID: &str = "system-uuid";
const SERIAL: &str = "system-serial";
const BOARD_SERIAL: &str = "board-serial";

/// The digest over this hardware's marks.
///
/// # Errors
/// When there is no mark, or one that cannot be read.
pub fn fingerprint(host: &Host) -> Result<Fingerprint, FingerprintError> {
    let marks = marks(host, Rights::mine())?;
    let marks: Vec<_> = marks.iter().map(|(label, mark)| (*label, mark.as_str())).collect();
    Ok(Fingerprint::of(&marks))
}

/// What this machine says of itself to find its row in the register.
#[must_use]
pub fn claims(host: &Host) -> Claims {
    match is_windows(host) {
        true => windows::claims(host.registry()),
        false => linux::claims(host.files()),
    }
}

fn is_windows(host: &Host) -> bool {
    match host.platform() {
        Platform::Windows => cfg!(any(feature = "foreign", windows)),
        Platform::Linux => false,
    }
}

fn marks(host: &Host, rights: Rights) -> Result<Vec<(&'static str, String)>, FingerprintError> {
    let said = match is_windows(host) {
        true => windows::marks(host.registry()),
        false => linux::marks(host.files()),
    };
    let mut marks = Vec::new();
    for (label, fact) in said.firmware {
        marks.extend(read(fact, rights)?.map(|value| (label, mark(&value))));
    }
    let is_container = read(said.is_container, rights)?.unwrap_or(false);
    if marks.is_empty() || is_container {
        let (label, id) = said.stand_in;
        let id = id.map_err(FingerprintError::Unread)?;
        if marks.is_empty() && id.is_empty() {
            return Err(FingerprintError::NoMark);
        }
        marks.push((label, id));
    }
    Ok(marks)
}

/// What is there, if anything. Firmware that publishes nothing has no marks, and what only root may
/// read is not there for others; whatever else stands in the way may be gone tomorrow, and then
/// the marks would be others.
fn read<T>(fact: Fact<T>, rights: Rights) -> Result<Option<T>, FingerprintError> {
    match fact {
        Fact::Known(value) => Ok(Some(value)),
        Fact::Absent => Ok(None),
        Fact::Unknown(why) if why.reason == Reason::NotSupported => Ok(None),
        Fact::Unknown(why) if why.reason == Reason::AccessDenied && rights == Rights::Few => {
            Ok(None)
        }
        Fact::Unknown(why) => Err(FingerprintError::Unread(why)),
    }
}

/// Firmware updates and kernels have changed the case of a UUID, and nothing else about it.
fn mark(value: &Text) -> String {
    value.as_str().to_ascii_lowercase()
}

fn text(fact: Fact) -> Option<Text> {
    match fact {
        Fact::Known(Value::Text(text)) => Some(text),
        Fact::Known(_) | Fact::Absent | Fact::Unknown(_) => None,
    }
}

#[cfg(test)]
mod tests;
