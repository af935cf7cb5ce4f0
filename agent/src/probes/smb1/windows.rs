//! The first version of the file sharing protocol, on Windows.
//!
//! It is made of drivers of its own, `srv` to share and `mrxsmb10` to reach others, which come and go
//! with the feature: on since ever where it is installed, and not installed any more since the end of
//! 2017. So a switch that nobody set means nothing by itself, and one that says on means nothing where
//! the driver is missing. Which features are installed could be asked as well, for many seconds.

use report::Outcome;

use crate::host::Host;
use crate::probes::Context;
use crate::probes::findings::Findings;
use crate::probes::settings::{Answer, Setting, all, as_fact, may_run};

const SERVER: &str = r"HKLM\SYSTEM\CurrentControlSet\Services\LanmanServer\Parameters";

/// Looks at this topic of the machine.
pub fn probe(host: &Host, _context: &Context<'_>) -> Outcome {
    let mut findings = Findings::default();
    for (name, answer) in [("smb1.server", shares(host)), ("smb1.client", reaches(host))] {
        let (fact, source) = as_fact(answer);
        findings.add(name, fact, &source);
    }
    findings.observed()
}

fn shares(host: &Host) -> Answer {
    let switch = Setting::of(host.registry(), &[SERVER], "SMB1").switch(Some(true));
    all(vec![switch, may_run(host, "srv"), may_run(host, "LanmanServer")])
}

fn reaches(host: &Host) -> Answer {
    all(vec![may_run(host, "mrxsmb10"), may_run(host, "LanmanWorkstation")])
}

#[cfg(test)]
mod tests {
    use report::{Fact, Reason, Timestamp};

    use super::*;
    use crate::host::recorded::{Machine, fact, facts, reason};
    use crate::probes::assignment::AssignmentClaims;
    use crate::probes::findings::yes_or_no;

    fn look(machine: &Machine) -> (Fact, Fact) {
        let context = Context { claims: &AssignmentClaims::default(), now: Timestamp(0) };
        let facts = facts(probe(&machine.host(), &context));
        (fact(&facts, "smb1.server"), fact(&facts, "smb1.client"))
    }

    /// Services of a machine that shares files and reaches those of others.
    fn machine() -> Machine {
        let both = ["LanmanServer", "LanmanWorkstation"];
        both.iter().fold(Machine::windows(), |machine, name| {
            machine.with_service(name, "running", "automatic", "")
        })
    }

    fn old() -> Machine {
        machine()
            .with_service("srv", "running", "manual", "")
            .with_service("mrxsmb10", "running", "manual", "")
    }

    fn switched(machine: Machine, to: u32) -> Machine {
        machine.with_registry(&format!(
            "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\LanmanServer\\Parameters]\n\
             \"SMB1\"=dword:{to}"
        ))
    }

    #[test]
    fn a_switch_that_nobody_set_means_on_where_the_driver_is_and_off_where_it_is_not() {
        assert_eq!(look(&old()), (yes_or_no(true), yes_or_no(true)));
        assert_eq!(look(&machine()), (yes_or_no(false), yes_or_no(false)));
    }

    #[test]
    fn a_switch_that_says_on_means_nothing_without_the_driver() {
        assert_eq!(look(&switched(machine(), 1)).0, yes_or_no(false));
        assert_eq!(look(&switched(old(), 1)).0, yes_or_no(true));
        assert_eq!(look(&switched(old(), 0)), (yes_or_no(false), yes_or_no(true)));
    }

    #[test]
    fn a_client_whose_driver_is_disabled_reaches_nobody() {
        let disabled = old().with_service("mrxsmb10", "stopped", "disabled", "");
        assert_eq!(look(&disabled), (yes_or_no(true), yes_or_no(false)));
        let alone = old().with_service("LanmanServer", "stopped", "disabled", "");
        assert_eq!(look(&alone).0, yes_or_no(false));
    }

    #[test]
    fn services_that_nobody_could_ask_are_no_services_that_are_missing() {
        let (server, client) = look(&Machine::windows());
        assert_eq!(reason(&server), Some(Reason::NotSupported));
        assert_eq!(reason(&client), Some(Reason::NotSupported));
        // What is switched off is off without them.
        assert_eq!(look(&switched(Machine::windows(), 0)).0, yes_or_no(false));
    }
}
