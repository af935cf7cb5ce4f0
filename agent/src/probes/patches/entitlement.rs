//! Whether a system whose updates take a contract is registered for them. Without, it has no
//! repositories, and nothing waits there.

use report::Fact;

use crate::host::Files;
use crate::probes::findings::yes_or_no;
use crate::probes::machine::os_release;

/// What registration leaves: with Red Hat itself or by a provider's image, and with SUSE.
const RED_HAT: [&str; 2] = ["etc/pki/consumer/cert.pem", "etc/pki/rhui"];
const SUSE: [&str; 1] = ["etc/zypp/credentials.d/SCCcredentials"];

/// Whether it is registered, and what says so; of systems that are free to all there is no such
/// thing.
pub(super) fn entitled(files: &Files) -> (Fact, &'static str) {
    let (system, source) = os_release::read(files);
    let marks: &[&'static str] = match &system {
        Ok(system) => match system.id() {
            Some("rhel") => &RED_HAT,
            Some("sles" | "sled" | "sle-micro" | "sl-micro" | "sle_hpc" | "sles_sap") => &SUSE,
            Some(_) | None => return (Fact::Absent, source),
        },
        Err(error) => return (error.clone().fact(Fact::Absent), source),
    };
    for mark in marks {
        match files.exists(mark) {
            Ok(true) => return (yes_or_no(true), mark),
            Ok(false) => {}
            Err(error) => return (error.fact(Fact::Absent), mark),
        }
    }
    (yes_or_no(false), marks.first().copied().unwrap_or(source))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::recorded::Machine;

    #[test]
    fn a_system_under_contract_is_registered_or_not() {
        let said = |machine: &Machine| entitled(&machine.files()).0;
        let rhel = || Machine::empty().with("etc/os-release", "ID=\"rhel\"\n");
        assert_eq!(said(&rhel()), yes_or_no(false));
        assert_eq!(said(&rhel().with(RED_HAT[0], "")), yes_or_no(true));
        assert_eq!(said(&rhel().with_folder(RED_HAT[1])), yes_or_no(true));
        assert_eq!(said(&rhel().denied("etc/pki")).known(), None);
        let sles = Machine::empty().with("etc/os-release", "ID=sles\n");
        assert_eq!(said(&sles), yes_or_no(false));
        // The credentials themselves are never read.
        assert_eq!(said(&sles.with(SUSE[0], "password=x")), yes_or_no(true));
    }

    #[test]
    fn a_system_that_is_free_to_all_needs_no_contract() {
        for id in ["rocky", "debian", "opensuse-leap", "fedora"] {
            let machine = Machine::empty().with("etc/os-release", format!("ID={id}\n"));
            assert_eq!(entitled(&machine.files()).0, Fact::Absent, "{id}");
        }
    }
}
