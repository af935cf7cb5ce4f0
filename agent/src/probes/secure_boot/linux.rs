//! Whether the firmware starts nothing but signed systems, on Linux: what the firmware's variables
//! say, and whether the loader that it starts checks what comes after.

use report::{Fact, Outcome, Reason};

use crate::host::files::{Read, ReadError, ReadErrorKind};
use crate::host::{Files, Host};
use crate::probes::Context;
use crate::probes::findings::{Findings, unknown, yes_or_no};
use crate::probes::machine::container;

const FIRMWARE: &str = "sys/firmware/efi";
const VARIABLES: &str = "sys/firmware/efi/efivars";
const SECURE_BOOT: &str =
    "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
/// In which anybody may enrol the keys that are checked with.
const SETUP_MODE: &str = "sys/firmware/efi/efivars/SetupMode-8be4df61-93ca-11d2-aa0d-00e098032b8c";
/// With which the loader is told to check nothing.
const UNCHECKED: &str =
    "sys/firmware/efi/efivars/MokSBStateRT-605dab50-e046-4300-abb6-3dd810dd8b23";

/// Looks at this topic of the machine.
pub fn probe(host: &Host, _context: &Context<'_>) -> Outcome {
    let mut findings = Findings::default();
    let ((supported, on), source) = look(host.files());
    findings.add("secure_boot.supported", supported, source);
    findings.add("secure_boot.on", on, source);
    findings.observed()
}

/// Whether it is supported and whether it is on, and what says so.
fn look(files: &Files) -> ((Fact, Fact), &'static str) {
    let both = |fact: Fact| (fact.clone(), fact);
    match container::detect(files) {
        (Fact::Known(false) | Fact::Absent, _) => {}
        (Fact::Known(true), source) => {
            let why = "a container was not started by firmware";
            return (both(unknown(Reason::NotSupported, why)), source);
        }
        (Fact::Unknown(why), source) => return (both(Fact::Unknown(why)), source),
    }
    match files.exists(FIRMWARE) {
        Ok(true) => (by_variables(files), SECURE_BOOT),
        // Started by a firmware of the old kind, or of another.
        Ok(false) => (both(yes_or_no(false)), FIRMWARE),
        Err(error) => (both(Fact::Unknown(error.ignorance(Reason::NotSupported))), FIRMWARE),
    }
}

fn by_variables(files: &Files) -> (Fact, Fact) {
    match variable(files, SECURE_BOOT) {
        Ok(Some(on)) => (yes_or_no(true), is_effective(files, on)),
        Ok(None) => without(files),
        Err(error) => {
            let fact = Fact::Unknown(error.ignorance(Reason::NotSupported));
            (fact.clone(), fact)
        }
    }
}

/// A firmware that has variables and not this one knows nothing of it.
fn without(files: &Files) -> (Fact, Fact) {
    let fact = match files.list(VARIABLES) {
        Ok(names) if !names.is_empty() => yes_or_no(false),
        Ok(_) => unknown(Reason::NotSupported, "efivars: not mounted"),
        Err(error) => Fact::Unknown(error.ignorance(Reason::NotSupported)),
    };
    (fact.clone(), fact)
}

fn is_effective(files: &Files, on: bool) -> Fact {
    let undone = || Ok(is_set(files, SETUP_MODE)? || is_set(files, UNCHECKED)?);
    let effective: Read<bool> = if on { undone().map(|undone| !undone) } else { Ok(false) };
    effective.map_or_else(|error| Fact::Unknown(error.ignorance(Reason::NotSupported)), yes_or_no)
}

fn is_set(files: &Files, path: &str) -> Read<bool> {
    Ok(variable(files, path)?.unwrap_or(false))
}

/// A variable that is a switch: four bytes of attributes, and the fifth is its value.
fn variable(files: &Files, path: &str) -> Read<Option<bool>> {
    let bytes = match files.read(path, 64) {
        Ok(bytes) => bytes,
        Err(error) if error.is_not_found() => return Ok(None),
        Err(error) => return Err(error),
    };
    match bytes.as_slice() {
        [_, _, _, _, value @ (0 | 1)] => Ok(Some(*value == 1)),
        _ => Err(ReadError::new(path, ReadErrorKind::Damaged("not a switch".to_owned()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::recorded::{Machine, reason};

    fn with(machine: Machine, variable: &str, value: u8) -> Machine {
        machine.with(variable, [6, 0, 0, 0, value])
    }

    fn seen(machine: &Machine) -> (Fact, Fact) {
        look(&machine.files()).0
    }

    #[test]
    fn the_fifth_byte_is_the_value_and_the_first_four_are_attributes() {
        for (value, on) in [(1, true), (0, false)] {
            let machine = with(Machine::empty(), SECURE_BOOT, value);
            assert_eq!(seen(&machine), (yes_or_no(true), yes_or_no(on)));
        }
    }

    #[test]
    fn keys_that_anybody_may_enrol_and_a_loader_that_checks_nothing_undo_it() {
        let on = || with(Machine::empty(), SECURE_BOOT, 1);
        for variable in [SETUP_MODE, UNCHECKED] {
            assert_eq!(seen(&with(on(), variable, 0)).1, yes_or_no(true), "{variable}");
            assert_eq!(seen(&with(on(), variable, 1)).1, yes_or_no(false), "{variable}");
            let denied = with(on(), variable, 1).denied(variable);
            assert_eq!(reason(&seen(&denied).1), Some(Reason::AccessDenied), "{variable}");
        }
    }

    #[test]
    fn a_firmware_of_the_old_kind_has_no_secure_boot() {
        assert_eq!(seen(&Machine::empty()), (yes_or_no(false), yes_or_no(false)));
        let other = with(Machine::empty(), SETUP_MODE, 0);
        assert_eq!(seen(&other), (yes_or_no(false), yes_or_no(false)));
    }

    #[test]
    fn variables_that_are_not_mounted_leave_it_unknown() {
        for machine in
            [Machine::empty().with_folder(FIRMWARE), Machine::empty().with_folder(VARIABLES)]
        {
            let (supported, on) = seen(&machine);
            assert_eq!(reason(&supported), Some(Reason::NotSupported));
            assert_eq!(reason(&on), Some(Reason::NotSupported));
        }
    }

    #[test]
    fn what_is_no_switch_is_no_answer() {
        for bytes in [&b"\x06\0\0\0"[..], b"\x06\0\0\0\x02", b"\x06\0\0\0\x01\x01", b""] {
            let machine = Machine::empty().with(SECURE_BOOT, bytes);
            assert_eq!(reason(&seen(&machine).1), Some(Reason::ParseError), "{bytes:?}");
        }
    }

    #[test]
    fn a_container_says_nothing_of_the_firmware_below_it() {
        let machine = with(Machine::empty().with(".dockerenv", ""), SECURE_BOOT, 1);
        assert_eq!(reason(&seen(&machine).0), Some(Reason::NotSupported));
    }
}
