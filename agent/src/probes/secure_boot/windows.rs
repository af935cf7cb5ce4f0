//! Whether the firmware starts signed systems only, on Windows.

use report::fact::Ignorance;
use report::{Fact, Outcome, Reason};

use crate::host::{Host, Registry};
use crate::probes::Context;
use crate::probes::findings::{Findings, yes_or_no};
use crate::probes::settings::{Setting, senseless};

const STATE: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\SecureBoot\State";
const CONTROL: &str = r"HKLM\SYSTEM\CurrentControlSet\Control";

/// Looks at this topic of the machine.
pub fn probe(host: &Host, _context: &Context<'_>) -> Outcome {
    let (supported, on, source) = look(host.registry());
    let mut findings = Findings::default();
    findings.add("secure_boot.supported", supported, &source);
    findings.add("secure_boot.on", on, &source);
    findings.observed()
}

/// Windows keeps the state where it was started by a firmware that could have one. Without it only
/// the kind of firmware tells an old machine from one that says nothing.
fn look(registry: &Registry) -> (Fact, Fact, String) {
    let state = Setting::of(registry, &[STATE], "UEFISecureBootEnabled");
    match state.value {
        Ok(Some(on @ (0 | 1))) => return (yes_or_no(true), yes_or_no(on == 1), state.source),
        Ok(Some(_)) => return silent(senseless(&state.source), state.source),
        Ok(None) => {}
        Err(why) => return silent(why, state.source),
    }
    let firmware = Setting::of(registry, &[CONTROL], "PEFirmwareType");
    match firmware.value {
        Ok(Some(1)) => (yes_or_no(false), yes_or_no(false), firmware.source),
        Ok(_) => {
            let detail = format!("{}: not found", state.source);
            silent(Ignorance::new(Reason::NotSupported, &detail), state.source)
        }
        Err(why) => silent(why, firmware.source),
    }
}

fn silent(why: Ignorance, source: String) -> (Fact, Fact, String) {
    (Fact::Unknown(why.clone()), Fact::Unknown(why), source)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::recorded::{Machine, reason};

    fn look_at(registry: &str) -> (Fact, Fact) {
        let (supported, on, _) = look(Machine::windows().with_registry(registry).host().registry());
        (supported, on)
    }

    fn state(value: &str) -> String {
        format!(
            "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\SecureBoot\\State]\n\
             \"UEFISecureBootEnabled\"={value}"
        )
    }

    fn firmware(kind: u32) -> String {
        format!(
            "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control]\n\"PEFirmwareType\"=dword:{kind}"
        )
    }

    #[test]
    fn a_firmware_that_has_the_state_says_how_it_stands() {
        assert_eq!(look_at(&state("dword:1")), (yes_or_no(true), yes_or_no(true)));
        assert_eq!(look_at(&state("dword:0")), (yes_or_no(true), yes_or_no(false)));
    }

    #[test]
    fn a_machine_started_by_an_old_firmware_supports_nothing_of_the_kind() {
        assert_eq!(look_at(&firmware(1)), (yes_or_no(false), yes_or_no(false)));
    }

    #[test]
    fn without_a_state_a_new_firmware_is_not_known_to_be_off() {
        for registry in [firmware(2), String::new()] {
            let (supported, on) = look_at(&registry);
            assert_eq!(reason(&supported), Some(Reason::NotSupported), "{registry}");
            assert_eq!(reason(&on), Some(Reason::NotSupported), "{registry}");
        }
        assert_eq!(reason(&look_at(&state("dword:7")).1), Some(Reason::ParseError));
    }
}
