//! The firmware's table, and the GUID that Windows made for itself.

use report::Reason;
use report::fact::Ignorance;
use report::wire::Claims;

use super::{BOARD_SERIAL, Marks, SERIAL, UUID, text};
use crate::host::Registry;
use crate::host::registry::{Value, View};
use crate::probes::machine::name;
use crate::probes::machine::smbios::Smbios;
use crate::probes::machine::windows::container;

const GUID: (&str, &str) = (r"HKLM\SOFTWARE\Microsoft\Cryptography", "MachineGuid");

pub(super) fn marks(registry: &Registry) -> Marks {
    let firmware = Smbios::of(registry);
    Marks {
        firmware: [
            (UUID, firmware.uuid()),
            (SERIAL, firmware.serial()),
            (BOARD_SERIAL, firmware.board_serial()),
        ],
        is_container: container(registry),
        stand_in: ("machine-guid", machine_guid(registry)),
    }
}

fn machine_guid(registry: &Registry) -> Result<String, Ignorance> {
    match registry.value(View::Native, GUID.0, GUID.1) {
        Ok(Value::Text(guid)) => Ok(guid.trim().to_ascii_lowercase()),
        Ok(Value::Number(_) | Value::List(_) | Value::Binary(_)) => Ok(String::new()),
        Err(error) if error.is_not_found() => Ok(String::new()),
        Err(error) => Err(error.ignorance(Reason::NotSupported)),
    }
}

pub(super) fn claims(registry: &Registry) -> Claims {
    let firmware = Smbios::of(registry);
    let (host_name, _source) = name::registered(registry);
    Claims {
        serial: firmware.serial().known().cloned(),
        asset_tag: firmware.asset_tag().known().cloned(),
        host_name: text(host_name),
    }
}
