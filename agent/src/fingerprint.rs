//! What tells this hardware from any other, and what the machine says of itself when it joins.
//!
//! The fingerprint must change when a disk is copied or moved to other hardware, and must not when
//! the same machine gets a network card, memory, a new disk, a new name or a new system. So it is
//! taken over what the maker wrote into the firmware: the system's UUID and serial number and the
//! main board's serial number. A new main board is other hardware.
//!
//! `machine-id` lies on the disk and says nothing of the hardware. It counts only where the
//! firmware says nothing at all, and inside containers, which all see the firmware of their host.
//! There a copied disk is noticed only when the copy's `machine-id` was renewed, and otherwise by
//! the collector, when two incarnations answer in turn.
//!
//! The three marks are readable by root alone. To root, a mark that is there and cannot be read makes
//! no fingerprint at all: one without it would be that of other hardware. An agent that somebody
//! tries out as an ordinary user never reads any of them, so its fingerprint is its `machine-id`'s.

use report::fact::Ignorance;
use report::wire::Claims;
use report::{Fact, Fingerprint, Reason, Text, Value};

use crate::host::rights::Rights;
use crate::host::{Files, Host};
use crate::probes::machine::dmi::{self, Dmi};
use crate::probes::machine::{container, name};

const MACHINE_ID: &str = "etc/machine-id";
const MAX_MACHINE_ID: usize = 4 * 1024;

/// Why this hardware cannot be told from any other.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FingerprintError {
    /// A mark may be there and cannot be read.
    #[error("tell this machine from any other: {0}: run as root")]
    Unread(Ignorance),
    /// There is none: all such machines would share one fingerprint.
    #[error(
        "tell this machine from any other: its firmware bears no mark and /etc/machine-id \
         says nothing: make one with systemd-machine-id-setup"
    )]
    NoMark,
}

/// The digest over this hardware's marks.
///
/// # Errors
/// When there is no mark, or one that cannot be read.
pub fn fingerprint(host: &Host) -> Result<Fingerprint, FingerprintError> {
    let marks = marks(host.files(), Rights::mine() == Rights::Full)?;
    let marks: Vec<_> = marks.iter().map(|(label, mark)| (*label, mark.as_str())).collect();
    Ok(Fingerprint::of(&marks))
}

/// What this machine says of itself to find its row in the register.
#[must_use]
pub fn claims(host: &Host) -> Claims {
    let dmi = Dmi::of(host.files());
    let (host_name, _source) = name::host_name(host.files());
    Claims {
        serial: dmi.read(dmi::SERIAL).known().cloned(),
        asset_tag: dmi.read(dmi::ASSET_TAG).known().cloned(),
        host_name: text(host_name),
    }
}

fn marks(files: &Files, is_root: bool) -> Result<Vec<(&'static str, String)>, FingerprintError> {
    let dmi = Dmi::of(files);
    let mut marks = Vec::new();
    for (label, path) in [
        ("system-uuid", dmi::UUID),
        ("system-serial", dmi::SERIAL),
        ("board-serial", dmi::BOARD_SERIAL),
    ] {
        marks.extend(read(dmi.read(path), is_root)?.map(|value| (label, mark(&value))));
    }
    let is_container = read(container::detect(files).0, is_root)?.unwrap_or(false);
    if marks.is_empty() || is_container {
        let id = machine_id(files)?;
        if marks.is_empty() && id.is_empty() {
            return Err(FingerprintError::NoMark);
        }
        marks.push(("machine-id", id));
    }
    Ok(marks)
}

/// What is there, if anything. Firmware that publishes nothing has no marks, and what only root may
/// read is not there for others; whatever else stands in the way may be gone tomorrow, and then
/// the marks would be others.
fn read<T>(fact: Fact<T>, is_root: bool) -> Result<Option<T>, FingerprintError> {
    match fact {
        Fact::Known(value) => Ok(Some(value)),
        Fact::Absent => Ok(None),
        Fact::Unknown(why) if why.reason == Reason::NotSupported => Ok(None),
        Fact::Unknown(why) if why.reason == Reason::AccessDenied && !is_root => Ok(None),
        Fact::Unknown(why) => Err(FingerprintError::Unread(why)),
    }
}

/// Empty where there is none.
fn machine_id(files: &Files) -> Result<String, FingerprintError> {
    let id = match files.read_text(MACHINE_ID, MAX_MACHINE_ID) {
        Ok(id) => id,
        Err(error) if error.is_not_found() => return Ok(String::new()),
        Err(error) => return Err(FingerprintError::Unread(error.ignorance(Reason::NotSupported))),
    };
    // What stands in an image until its first boot.
    Ok(if id.trim() == "uninitialized" { String::new() } else { id.trim().to_owned() })
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
