//! What machine this is, on Windows: what the registry says of the system, and the firmware of the
//! hardware.

mod identity;

use report::{Fact, Moment, Outcome, Reason, Value};

use super::chassis;
use super::name;
use super::smbios::{self, Smbios};
use crate::host::files::Read;
use crate::host::registry::View;
use crate::host::{Host, Registry};
use crate::probes::Context;
use crate::probes::findings::{Findings, choice, count, moment, text};
pub(crate) use identity::Identity;

/// What the kernel could not be asked is not missing: it was not answered.
const KERNEL: &str = "kernel";

/// Has the value below inside a container alone.
const CONTROL: &str = r"HKLM\SYSTEM\CurrentControlSet\Control";
const CONTAINER_TYPE: &str = "ContainerType";

/// Looks at the machine itself.
pub fn probe(host: &Host, _context: &Context<'_>) -> Outcome {
    let registry = host.registry();
    let mut findings = Findings::default();
    let (name, source) = name::registered(registry);
    findings.add("machine.host_name", name, source);
    operating_system(registry, &mut findings);
    kernel(host, registry, &mut findings);
    hardware(registry, &mut findings);
    findings.observed()
}

fn operating_system(registry: &Registry, findings: &mut Findings) {
    findings.add("machine.os_family", choice("windows"), "");
    findings.add("machine.os_id", text("windows"), "");
    let identity = Identity::of(registry);
    findings.add("machine.os_version", identity.version(), identity::KEY);
    findings.add("machine.os_name", identity.name(), identity::KEY);
    findings.add("machine.os_edition", identity.edition(), identity::KEY);
    let (installation, source) = identity.installation();
    findings.add("machine.os_installation", installation, source);
}

fn kernel(host: &Host, registry: &Registry, findings: &mut Findings) {
    let system = host.system();
    let as_text = |found: Read<String>| answered(found, |found| text(&found));
    findings.add("machine.kernel", as_text(system.kernel_release), KERNEL);
    findings.add("machine.architecture", as_text(system.architecture), KERNEL);
    findings.add("machine.memory_mib", answered(system.memory_mib, count), KERNEL);
    let booted = answered(system.booted_at, |at| moment(Moment::machine(at)));
    findings.add("machine.booted_at", booted, KERNEL);
    findings.add("machine.container", container(registry).map(Value::Bool), CONTROL);
}

pub(crate) fn container(registry: &Registry) -> Fact<bool> {
    match registry.value(View::Native, CONTROL, CONTAINER_TYPE) {
        Ok(_) => Fact::Known(true),
        Err(error) => error.fact(Fact::Known(false)),
    }
}

fn hardware(registry: &Registry, findings: &mut Findings) {
    let firmware = Smbios::of(registry);
    let chassis =
        chassis::named(&[firmware.manufacturer(), firmware.model()], firmware.chassis_type());
    findings.add("machine.chassis", chassis, smbios::SOURCE);
    for (name, entry) in [
        ("machine.manufacturer", firmware.manufacturer()),
        ("machine.model", firmware.model()),
        ("machine.serial", firmware.serial()),
        ("machine.asset_tag", firmware.asset_tag()),
        ("machine.hardware_uuid", firmware.uuid()),
    ] {
        findings.add(name, entry.map(Value::Text), smbios::SOURCE);
    }
}

fn answered<T>(found: Read<T>, value: impl FnOnce(T) -> Fact) -> Fact {
    match found {
        Ok(found) => value(found),
        Err(error) => Fact::Unknown(error.ignorance(Reason::NotSupported)),
    }
}

#[cfg(test)]
mod tests;
