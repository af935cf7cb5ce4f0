//! What machine this is, on Linux.

use report::{Fact, Moment, Outcome, Reason, Value};

use super::chassis;
use super::container;
use super::dmi::{self, Dmi};
use super::name;
use super::os_release::{self, OsRelease};
use crate::host::files::Read;
use crate::host::{Files, Host};
use crate::probes::Context;
use crate::probes::findings::{Findings, choice, count, moment, text};

/// What the kernel could not be asked is not missing: it was not answered.
const KERNEL: &str = "kernel";
const CPUINFO: &str = "proc/cpuinfo";

/// Looks at the machine itself.
pub fn probe(host: &Host, _context: &Context<'_>) -> Outcome {
    let mut findings = Findings::default();
    let (name, source) = name::host_name(host.files());
    findings.add("machine.host_name", name, source);
    operating_system(host.files(), &mut findings);
    kernel(host, &mut findings);
    hardware(host.files(), &mut findings);
    findings.observed()
}

fn operating_system(files: &Files, findings: &mut Findings) {
    findings.add("machine.os_family", choice("linux"), "");
    let (release, source) = os_release::read(files);
    let fact = |value: fn(&OsRelease) -> Option<&str>| match &release {
        Ok(release) => value(release).map_or(Fact::Absent, text),
        // Every distribution since 2012 has the file: without it nothing is known of the system.
        Err(error) => Fact::Unknown(error.ignorance(Reason::NotSupported)),
    };
    findings.add("machine.os_id", fact(OsRelease::id), source);
    findings.add("machine.os_version", fact(OsRelease::version), source);
    findings.add("machine.os_name", fact(OsRelease::name), source);
}

fn kernel(host: &Host, findings: &mut Findings) {
    let system = host.system();
    let as_text = |found: Read<String>| answered(found, |found| text(&found));
    findings.add("machine.kernel", as_text(system.kernel_release), KERNEL);
    findings.add("machine.architecture", as_text(system.architecture), KERNEL);
    findings.add("machine.memory_mib", answered(system.memory_mib, count), KERNEL);
    let booted = answered(system.booted_at, |at| moment(Moment::machine(at)));
    findings.add("machine.booted_at", booted, KERNEL);
    let (contained, source) = container::detect(host.files());
    findings.add("machine.container", contained.map(Value::Bool), source);
}

fn hardware(files: &Files, findings: &mut Findings) {
    let dmi = Dmi::of(files);
    let (chassis, source) = match has_hypervisor(files) {
        true => (choice("virtual"), CPUINFO),
        false => chassis::chassis(&dmi),
    };
    findings.add("machine.chassis", chassis, source);
    for (name, file) in [
        ("machine.manufacturer", dmi::MANUFACTURER),
        ("machine.model", dmi::MODEL),
        ("machine.serial", dmi::SERIAL),
        ("machine.asset_tag", dmi::ASSET_TAG),
        ("machine.hardware_uuid", dmi::UUID),
    ] {
        findings.add(name, dmi.read(file).map(Value::Text), file);
    }
}

/// Whether the processor says that a hypervisor runs it.
fn has_hypervisor(files: &Files) -> bool {
    let Ok(mut lines) = files.lines(CPUINFO) else {
        return false;
    };
    // One processor speaks for all, and a large machine has hundreds.
    while let Ok(Some(line)) = lines.next() {
        if line.starts_with(b"flags") {
            return line.split(|byte| *byte == b' ').any(|flag| flag == b"hypervisor");
        }
    }
    false
}

fn answered<T>(found: Read<T>, value: impl FnOnce(T) -> Fact) -> Fact {
    match found {
        Ok(found) => value(found),
        Err(error) => Fact::Unknown(error.ignorance(Reason::NotSupported)),
    }
}

#[cfg(test)]
mod tests;
