//! Whether what is on the disks can be read without the machine, on Windows: BitLocker, and the
//! device encryption of other editions, which is the same.
//!
//! Each volume is asked how it is now. The property of that name is what somebody asked for last
//! time, and reads as protected long after a volume was decrypted.

use report::{Fact, Outcome, Reason};

use crate::host::files::ReadError;
use crate::host::registry::{Value, View};
use crate::host::wmi::{Query, Row, Variant};
use crate::host::{Host, Registry};
use crate::probes::Context;
use crate::probes::findings::{Findings, choice, count, unknown};
use crate::probes::settings::told;

const SOURCE: &str = r"root\CIMV2\Security\MicrosoftVolumeEncryption:Win32_EncryptableVolume";
const LETTER: &str = "DriveLetter";
const KIND: &str = "VolumeType";
const PROTECTION: &str = "GetProtectionStatus.ProtectionStatus";
const CONVERSION: &str = "GetConversionStatus.ConversionStatus";

const QUERY: Query<'_> = Query {
    namespace: r"root\CIMV2\Security\MicrosoftVolumeEncryption",
    class: "Win32_EncryptableVolume",
    properties: &[LETTER, KIND, PROTECTION, CONVERSION],
};

/// What can be carried away by itself, as a stick, is none of the machine's own volumes.
const PORTABLE: i64 = 2;

const WINDOWS: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion";
const USUAL_DRIVE: &str = "C:";

/// Looks at this topic of the machine.
pub fn probe(host: &Host, _context: &Context<'_>) -> Outcome {
    let (system, others) = match host.wmi().query(&QUERY) {
        Ok(rows) => look(&rows, &system_drive(host.registry())),
        Err(error) => silent(&error),
    };
    let mut findings = Findings::default();
    findings.add("disk_encryption.system", system, SOURCE);
    findings.add("disk_encryption.others_off", others, SOURCE);
    findings.observed()
}

/// An edition without the feature has no class to ask, and somebody else may have encrypted it: that
/// is not known to be off.
fn silent(error: &ReadError) -> (Fact, Fact) {
    (Fact::Unknown(told(error)), Fact::Unknown(told(error)))
}

fn look(rows: &[Row], system_drive: &str) -> (Fact, Fact) {
    let lettered: Vec<_> = rows.iter().filter_map(|row| Some((letter(row)?, row))).collect();
    let is_system = |letter: &str| letter.eq_ignore_ascii_case(system_drive);
    let system = lettered.iter().find(|(letter, _)| is_system(letter)).map_or_else(
        || unknown(Reason::ParseError, "the volume of the system is not listed"),
        |(_, row)| state(row),
    );
    // Volumes without a letter are the system's own, as the one it is repaired from.
    let others = lettered.iter().filter(|(letter, _)| !is_system(letter)).map(|(_, row)| *row);
    (system, others_off(others.filter(|row| number(row, KIND) != Some(PORTABLE))))
}

fn others_off<'r>(others: impl Iterator<Item = &'r Row>) -> Fact {
    let mut off = 0;
    for row in others {
        match state(row) {
            on if on == choice("on") => {}
            Fact::Unknown(why) => return Fact::Unknown(why),
            // Old releases do not tell a disk from a stick.
            Fact::Known(_) | Fact::Absent if number(row, KIND).is_none() => {
                return unknown(Reason::NotSupported, "a volume that does not say what it is");
            }
            Fact::Known(_) | Fact::Absent => off += 1,
        }
    }
    count(off)
}

/// A volume that is encrypted and not protected has its key lying in the open beside it.
fn state(row: &Row) -> Fact {
    match (number(row, PROTECTION), number(row, CONVERSION)) {
        (Some(1), _) => choice("on"),
        // Decrypted, or on its way there.
        (Some(0), Some(0 | 3 | 5)) => choice("off"),
        (Some(0), Some(1)) => choice("suspended"),
        (Some(0), Some(2 | 4)) => choice("encrypting"),
        (Some(2), _) => unknown(Reason::ProductOpaque, "the volume is locked"),
        (Some(_), _) => unknown(Reason::ParseError, "a status that nobody documents"),
        (None, _) => unknown(Reason::ProviderError, "a volume that does not say how it is"),
    }
}

fn number(row: &Row, name: &str) -> Option<i64> {
    match row.get(name) {
        Some(Variant::Number(number)) => Some(*number),
        Some(Variant::Null | Variant::Bool(_) | Variant::Text(_) | Variant::List(_)) | None => None,
    }
}

fn letter(row: &Row) -> Option<&str> {
    match row.get(LETTER) {
        Some(Variant::Text(letter)) if !letter.is_empty() => Some(letter),
        Some(_) | None => None,
    }
}

fn system_drive(registry: &Registry) -> String {
    match registry.value(View::Native, WINDOWS, "SystemRoot") {
        Ok(Value::Text(folder)) => folder.get(..2).unwrap_or(USUAL_DRIVE).to_owned(),
        Ok(Value::Number(_) | Value::List(_) | Value::Binary(_)) | Err(_) => USUAL_DRIVE.to_owned(),
    }
}

#[cfg(test)]
mod tests;
