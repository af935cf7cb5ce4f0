mod licences;
mod recordings;
mod settings;
mod updates;

use report::catalogue::Origin;
use report::observation::Facts;
use report::{Fact, FactKey, Moment, Platform, Timestamp, Topic};

use super::*;
use crate::host::recorded::{Machine, fact, facts, reason};
use crate::probes::assignment::AssignmentClaims;

/// 2026-11-22, at three in the morning in UTC.
const NOW: Timestamp = Timestamp(1_795_316_400);

const SERVICING: &str =
    r"[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing";
const AUTO_UPDATE: &str =
    r"[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update";
const GROUP: &str = r"[HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate";
const DEVICE: &str = r"[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\PolicyManager\current\device\Update]";
const PAUSES: &str = r"[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\WindowsUpdate\UX\Settings]";

fn look(machine: &Machine) -> Facts {
    let context = Context { claims: &AssignmentClaims::default(), now: NOW };
    facts(probe(&machine.host(), &context))
}

/// One fact of a machine.
fn of(machine: &Machine, name: &str) -> Fact {
    fact(&look(machine), name)
}

/// What is said of a fact beside that it is unknown.
fn detail(fact: &Fact) -> String {
    match fact {
        Fact::Unknown(why) => why.to_string(),
        Fact::Known(_) | Fact::Absent => panic!("{fact:?} is not unknown"),
    }
}

/// A Windows of a build, installed so, with nothing set and its services in order.
fn windows(build: u32, installation: &str) -> Machine {
    let identity = format!(
        "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion]\n\
         \"CurrentBuild\"=\"{build}\"\n\"InstallationType\"=\"{installation}\"\n\
         {SERVICING}\\Packages]\n{AUTO_UPDATE}]\n"
    );
    Machine::windows()
        .with_registry(&identity)
        .with_service("wuauserv", "stopped", "manual", "")
        .with_service("UsoSvc", "stopped", "automatic", "")
}

fn client() -> Machine {
    windows(26_100, "Client")
}

fn at(date: (i64, u32, u32), time: (u32, u32, u32)) -> Timestamp {
    Timestamp::from_civil(date, time).unwrap()
}

fn moment_at(date: (i64, u32, u32), time: (u32, u32, u32)) -> Fact {
    moment(Moment::machine(at(date, time)))
}

#[test]
fn every_fact_of_the_topic_is_answered_on_every_machine() {
    let machines = ["windows10-bkav", "windows11-wsus"].map(Machine::recorded);
    for machine in machines.into_iter().chain([Machine::windows()]) {
        let looked = look(&machine);
        for key in FactKey::all() {
            let spec = key.spec();
            if spec.origin == Origin::Agent(Topic::Patches)
                && spec.platforms.contains(&Platform::Windows)
            {
                assert!(looked.contains_key(&key), "{}", key.name());
            }
        }
    }
}

#[test]
fn a_windows_of_which_nothing_can_be_read_is_unknown_and_in_no_order() {
    let looked = look(&Machine::windows());
    for name in [
        "patches.pending",
        "patches.security_pending",
        "patches.installed_at",
        "patches.refreshed_at",
        "patches.extended_support",
        "patches.activated",
        "patches.reboot_pending",
        "patches.reboot_reason",
        "patches.automatic",
        "patches.update_service",
    ] {
        assert!(reason(&fact(&looked, name)).is_some(), "{name}: {:?}", fact(&looked, name));
    }
}
