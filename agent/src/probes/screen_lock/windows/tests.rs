//! When a Windows screen counts as one that locks itself.

use super::*;
use crate::host::recorded::Machine;

const PERSON: &str = "S-1-5-21-1000-2000-3000-1001";
const LOCKS: &str = "\"ScreenSaveActive\"=\"1\"\n\"ScreenSaverIsSecure\"=\"1\"\n\
                     \"ScreenSaveTimeOut\"=\"600\"\n\"SCRNSAVE.EXE\"=\"C:\\\\Windows\\\\scrnsave.scr\"";

fn desktop(machine: Machine, person: &str, values: &str) -> Machine {
    machine.with_registry(&format!("[HKEY_USERS\\{person}\\Control Panel\\Desktop]\n{values}"))
}

fn policy(machine: Machine, person: &str, values: &str) -> Machine {
    let key = r"Software\Policies\Microsoft\Windows\Control Panel\Desktop";
    machine.with_registry(&format!("[HKEY_USERS\\{person}\\{key}]\n{values}"))
}

fn everybody(machine: Machine, seconds: u32) -> Machine {
    let key = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System";
    machine.with_registry(&format!("[{key}]\n\"InactivityTimeoutSecs\"=dword:{seconds:08x}"))
}

fn lock(machine: &Machine) -> Fact<u64> {
    look(machine.host().registry()).0
}

fn reason(fact: &Fact<u64>) -> Option<Reason> {
    match fact {
        Fact::Unknown(why) => Some(why.reason),
        Fact::Known(_) | Fact::Absent => None,
    }
}

#[test]
fn a_machine_that_locks_everybodys_screen_asks_nobody() {
    let machine = desktop(Machine::windows(), PERSON, "");
    assert_eq!(lock(&everybody(machine, 900)), Fact::Known(900));
    let machine = desktop(Machine::windows(), PERSON, LOCKS);
    assert_eq!(lock(&everybody(machine, 0)), Fact::Known(600));
}

#[test]
fn everybody_who_is_logged_in_must_be_locked_and_the_last_one_counts() {
    let machine = desktop(Machine::windows(), PERSON, LOCKS);
    let later = LOCKS.replace("600", "1800");
    let machine = desktop(machine, "S-1-12-1-1-2-3-4", &later);
    assert_eq!(lock(&machine), Fact::Known(1800));
    let open = LOCKS.replace("\"ScreenSaverIsSecure\"=\"1\"", "\"ScreenSaverIsSecure\"=\"0\"");
    assert_eq!(lock(&desktop(machine, "S-1-5-21-1-2-3-1002", &open)), Fact::Absent);
}

#[test]
fn a_saver_that_asks_for_no_password_or_never_starts_locks_nothing() {
    for (from, to) in [
        ("IsSecure\"=\"1\"", "IsSecure\"=\"0\""),
        ("Active\"=\"1\"", "Active\"=\"0\""),
        ("TimeOut\"=\"600\"", "TimeOut\"=\"0\""),
        ("C:\\\\Windows\\\\scrnsave.scr", ""),
    ] {
        assert!(LOCKS.contains(from), "{from}");
        let machine = desktop(Machine::windows(), PERSON, &LOCKS.replace(from, to));
        assert_eq!(lock(&machine), Fact::Absent, "{from}");
    }
    // As Windows leaves it: a saver is on, and there is none.
    let untouched = desktop(Machine::windows(), PERSON, "\"ScreenSaveActive\"=\"1\"");
    assert_eq!(lock(&untouched), Fact::Absent);
}

#[test]
fn a_policy_goes_before_what_a_person_set() {
    let machine = desktop(Machine::windows(), PERSON, LOCKS);
    let stricter = policy(machine, PERSON, "\"ScreenSaveTimeOut\"=\"300\"");
    assert_eq!(lock(&stricter), Fact::Known(300));
    let off = policy(stricter, PERSON, "\"ScreenSaveActive\"=\"0\"");
    assert_eq!(lock(&off), Fact::Absent);
}

#[test]
fn where_nobody_is_logged_in_nothing_is_known() {
    let machine = desktop(Machine::windows(), "S-1-5-18", LOCKS);
    let machine = desktop(machine, ".DEFAULT", LOCKS);
    let machine = desktop(machine, &format!("{PERSON}_Classes"), LOCKS);
    assert_eq!(reason(&lock(&machine)), Some(Reason::SourceStale));
    assert_eq!(reason(&lock(&Machine::windows())), Some(Reason::NotSupported));
}

#[test]
fn what_stood_in_the_way_names_nobody() {
    let denied = format!("registry.reg/hku/{}/control panel/desktop", PERSON.to_lowercase());
    let machine = desktop(Machine::windows(), PERSON, LOCKS).denied(&denied);
    let Fact::Unknown(why) = lock(&machine) else { panic!("read what may not be read") };
    assert_eq!(why.reason, Reason::AccessDenied);
    assert!(!format!("{why:?}").contains("1001"), "{why:?}");
    let odd = LOCKS.replace("\"600\"", "\"soon\"");
    let Fact::Unknown(why) = lock(&desktop(Machine::windows(), PERSON, &odd)) else {
        panic!("a time that is none")
    };
    assert_eq!(why.reason, Reason::ParseError);
    assert!(!format!("{why:?}").contains("1001"), "{why:?}");
}
