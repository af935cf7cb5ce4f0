//! What the kernel shows of the firmware, and `machine-id`.

use report::Reason;
use report::fact::Ignorance;
use report::wire::Claims;

use super::{BOARD_SERIAL, Marks, SERIAL, UUID, text};
use crate::host::Files;
use crate::probes::machine::dmi::{self, Dmi};
use crate::probes::machine::{container, name};

const MACHINE_ID: &str = "etc/machine-id";
const MAX_MACHINE_ID: usize = 4 * 1024;

pub(super) fn marks(files: &Files) -> Marks {
    let dmi = Dmi::of(files);
    let firmware = [(UUID, dmi::UUID), (SERIAL, dmi::SERIAL), (BOARD_SERIAL, dmi::BOARD_SERIAL)];
    Marks {
        firmware: firmware.map(|(label, path)| (label, dmi.read(path))),
        is_container: container::detect(files).0,
        stand_in: ("machine-id", machine_id(files)),
    }
}

fn machine_id(files: &Files) -> Result<String, Ignorance> {
    let id = match files.read_text(MACHINE_ID, MAX_MACHINE_ID) {
        Ok(id) => id,
        Err(error) if error.is_not_found() => return Ok(String::new()),
        Err(error) => return Err(error.ignorance(Reason::NotSupported)),
    };
    // What stands in an image until its first boot.
    Ok(if id.trim() == "uninitialized" { String::new() } else { id.trim().to_owned() })
}

pub(super) fn claims(files: &Files) -> Claims {
    let dmi = Dmi::of(files);
    let (host_name, _source) = name::host_name(files);
    Claims {
        serial: dmi.read(dmi::SERIAL).known().cloned(),
        asset_tag: dmi.read(dmi::ASSET_TAG).known().cloned(),
        host_name: text(host_name),
    }
}
