//! Whether programs of removable media start by themselves, on Windows.
//!
//! Since Windows 7 no program of a stick starts by itself, whatever is set: only discs may, and what
//! pretends to be one. Of these Windows asks first, unless a policy of the machine says that their
//! programs are to be run, and no other that their drives are left alone. That a window opens which
//! offers what to do with a medium is another matter: nothing of the medium runs.

use report::Outcome;
use report::{Fact, Value};

use crate::host::{Host, Registry};
use crate::probes::Context;
use crate::probes::findings::Findings;
use crate::probes::settings::{Answer, Setting, senseless};

const POLICIES: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\Explorer";

/// `NoAutorun`: never run, or always without asking.
const NEVER: u64 = 1;
const ALWAYS: u64 = 2;
/// The bit of `NoDriveTypeAutoRun` for drives with discs.
const DISCS: u64 = 0x20;

/// Looks at this topic of the machine.
pub fn probe(host: &Host, _context: &Context<'_>) -> Outcome {
    let (fact, source) = look(host.registry());
    let mut findings = Findings::default();
    findings.add("removable_media.autorun", fact.map(Value::Bool), &source);
    findings.observed()
}

fn look(registry: &Registry) -> Answer {
    let programs = Setting::of(registry, &[POLICIES], "NoAutorun");
    match programs.value {
        Ok(None | Some(NEVER)) => (Fact::Known(false), programs.source),
        Ok(Some(ALWAYS)) => {
            let drives = Setting::of(registry, &[POLICIES], "NoDriveTypeAutoRun");
            match drives.value {
                Ok(Some(left_alone)) if left_alone & DISCS != 0 => {
                    (Fact::Known(false), drives.source)
                }
                Ok(_) => (Fact::Known(true), programs.source),
                Err(why) => (Fact::Unknown(why), drives.source),
            }
        }
        Ok(Some(_)) => (Fact::Unknown(senseless(&programs.source)), programs.source),
        Err(why) => (Fact::Unknown(why), programs.source),
    }
}

#[cfg(test)]
mod tests {
    use report::Reason;

    use super::*;
    use crate::host::recorded::Machine;

    fn starts(values: &str) -> Fact<bool> {
        let key = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\Explorer";
        let machine = Machine::windows().with_registry(&format!("[{key}]\n{values}"));
        look(machine.host().registry()).0
    }

    #[test]
    fn nothing_starts_by_itself_unless_a_policy_says_so() {
        for (values, starts_by_itself) in [
            ("", false),
            ("\"NoAutorun\"=dword:1", false),
            ("\"NoDriveTypeAutoRun\"=dword:ff", false),
            ("\"NoDriveTypeAutoRun\"=dword:91", false),
            ("\"NoAutorun\"=dword:2", true),
            ("\"NoAutorun\"=dword:2\n\"NoDriveTypeAutoRun\"=dword:91", true),
            ("\"NoAutorun\"=dword:2\n\"NoDriveTypeAutoRun\"=hex:95,00,00,00", true),
        ] {
            assert_eq!(starts(values), Fact::Known(starts_by_itself), "{values}");
        }
    }

    #[test]
    fn drives_that_are_left_alone_start_nothing_whatever_their_programs_may() {
        for mask in ["dword:ff", "dword:b5", "hex:ff,00,00,00"] {
            let values = format!("\"NoAutorun\"=dword:2\n\"NoDriveTypeAutoRun\"={mask}");
            assert_eq!(starts(&values), Fact::Known(false), "{mask}");
        }
    }

    #[test]
    fn a_policy_that_nobody_documents_is_unknown() {
        for values in
            ["\"NoAutorun\"=dword:3", "\"NoAutorun\"=dword:2\n\"NoDriveTypeAutoRun\"=\"x\""]
        {
            let fact = starts(values);
            assert!(matches!(fact, Fact::Unknown(why) if why.reason == Reason::ParseError));
        }
    }
}
