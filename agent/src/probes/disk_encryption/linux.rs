//! Whether what lies on the disks can be read without the machine, on Linux: whether something that
//! encrypts lies between every mounted volume and its disk. What a disk or a host of this machine
//! encrypts by itself is not seen from here.

mod devices;
mod volumes;

use std::collections::BTreeSet;

use report::fact::Ignorance;
use report::{Fact, Outcome, Reason};

use crate::host::files::Read;
use crate::host::{Files, Host};
use crate::probes::Context;
use crate::probes::findings::{Findings, choice, count, unknown};
use crate::probes::machine::container;
use devices::Devices;
use volumes::Volume;

/// Looks at this topic of the machine.
pub fn probe(host: &Host, _context: &Context<'_>) -> Outcome {
    let mut findings = Findings::default();
    let (seen, source) = look(host.files());
    findings.add("disk_encryption.system", seen.system, source);
    findings.add("disk_encryption.others_off", seen.others_off, source);
    findings.observed()
}

struct Seen {
    system: Fact,
    others_off: Fact,
}

impl Seen {
    fn nothing(why: Ignorance) -> Self {
        Self { system: Fact::Unknown(why.clone()), others_off: Fact::Unknown(why) }
    }
}

fn look(files: &Files) -> (Seen, &'static str) {
    match container::detect(files) {
        (Fact::Known(false) | Fact::Absent, _) => {}
        (Fact::Known(true), source) => {
            let why = "a container lies on the disks of its host";
            return (Seen::nothing(Ignorance::new(Reason::NotSupported, why)), source);
        }
        (Fact::Unknown(why), source) => return (Seen::nothing(why), source),
    }
    match volumes::mounted(files) {
        Ok((volumes, source)) => (judge(files, &volumes), source),
        Err(error) => (Seen::nothing(error.ignorance(Reason::NotSupported)), volumes::PLACES[0]),
    }
}

/// Folders that the machine starts from: whoever reads them learns nothing.
const STARTED_FROM: [&str; 4] = ["/boot", "/efi", "/boot/efi", "/boot/firmware"];

/// What protects folders and not volumes, where it is used.
const BY_FOLDER: &str = "etc/fscrypt.conf";

fn judge(files: &Files, volumes: &[Volume]) -> Seen {
    let devices = Devices { files };
    // An image that is started lies in a volume that is mounted below it.
    let at = |place| volumes.iter().find(|it| it.place == place && it.kind != "overlay");
    let Some(root) = at("/").or_else(|| at("/sysroot")) else {
        let why = "no volume that the system lies on is mounted";
        return Seen::nothing(Ignorance::new(Reason::NotSupported, why));
    };
    let system = match devices.is_encrypted(root) {
        Ok(Some(is_encrypted)) => choice(if is_encrypted { "on" } else { "off" }),
        Ok(None) => unknown(Reason::NotSupported, &not_told(root)),
        Err(error) => Fact::Unknown(error.ignorance(Reason::NotSupported)),
    };
    Seen { system, others_off: others_off(&devices, volumes, root) }
}

fn not_told(volume: &Volume) -> String {
    format!("whether {} encrypts is not told by the kernel", volume.kind)
}

fn others_off(devices: &Devices<'_>, volumes: &[Volume], root: &Volume) -> Fact {
    match open_devices(devices, volumes, root) {
        Ok(Ok(0)) => count(0),
        Ok(Ok(open)) => match devices.files.exists(BY_FOLDER) {
            Ok(false) => count(open),
            Ok(true) => unknown(Reason::NotSupported, "fscrypt protects folders, not volumes"),
            Err(error) => Fact::Unknown(error.ignorance(Reason::NotSupported)),
        },
        Ok(Err(why)) => Fact::Unknown(why),
        Err(error) => Fact::Unknown(error.ignorance(Reason::NotSupported)),
    }
}

/// How many devices other than the system's lie open.
fn open_devices(
    devices: &Devices<'_>,
    volumes: &[Volume],
    root: &Volume,
) -> Read<Result<u64, Ignorance>> {
    let system = devices.name(root)?;
    let mut open = BTreeSet::new();
    for volume in volumes {
        if STARTED_FROM.contains(&volume.place.as_str()) || !volume.is_on_disk() {
            continue;
        }
        let name = devices.name(volume)?;
        if (name.is_some() && name == system)
            || name.as_deref().map(|it| devices.is_fixed(it)) == Some(Ok(false))
        {
            continue;
        }
        match (devices.is_encrypted(volume)?, name) {
            (Some(true), _) => {}
            (Some(false), Some(name)) => drop(open.insert(name)),
            (Some(false) | None, _) => {
                return Ok(Err(Ignorance::new(Reason::NotSupported, &not_told(volume))));
            }
        }
    }
    Ok(Ok(u64::try_from(open.len()).unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests;
