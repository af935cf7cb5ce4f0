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
//! Two of the three marks are readable by root alone: a process with fewer rights sees another
//! fingerprint. The agent must enrol and run with the same rights.

use report::wire::Claims;
use report::{Fact, Fingerprint, Text, Value};

use crate::host::{Files, Host};
use crate::probes::machine::dmi::{self, Dmi};
use crate::probes::machine::{container, name};

const MACHINE_ID: &str = "etc/machine-id";
const MAX_MACHINE_ID: usize = 4 * 1024;

/// The digest over this hardware's marks.
#[must_use]
pub fn fingerprint(host: &Host) -> Fingerprint {
    let marks = marks(host.files());
    let marks: Vec<_> = marks.iter().map(|(label, mark)| (*label, mark.as_str())).collect();
    Fingerprint::of(&marks)
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

fn marks(files: &Files) -> Vec<(&'static str, String)> {
    let dmi = Dmi::of(files);
    let mut marks: Vec<_> = [
        ("system-uuid", dmi::UUID),
        ("system-serial", dmi::SERIAL),
        ("board-serial", dmi::BOARD_SERIAL),
    ]
    .into_iter()
    .filter_map(|(label, path)| Some((label, mark(dmi.read(path).known()?))))
    .collect();
    if marks.is_empty() || container::is_possible(files) {
        marks.push(("machine-id", machine_id(files).unwrap_or_default()));
    }
    marks
}

fn machine_id(files: &Files) -> Option<String> {
    let id = files.read_text(MACHINE_ID, MAX_MACHINE_ID).ok()?;
    // What stands in an image until its first boot.
    (id.trim() != "uninitialized").then(|| id.trim().to_owned())
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
