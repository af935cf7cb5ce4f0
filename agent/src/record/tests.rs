//! What `record` writes is what a survey of the machine saw, and nothing that is anybody's.

mod privacy;

use std::os::unix::fs::PermissionsExt as _;

use report::{Observation, Outcome, Topic};
use tempfile::TempDir;

use super::*;
use crate::durable;
use crate::host::Host;
use crate::host::recorded::Machine;
use crate::probes::assignment::AssignmentClaims;

const NOW: Timestamp = Timestamp(1_795_318_200);

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn subject(host: Host) -> Subject {
    Subject { host, claims: AssignmentClaims::default() }
}

fn survey(host: Host) -> Vec<Observation> {
    let surveyor = Surveyor::here(host.platform());
    block_on(surveyor.survey(&Arc::new(subject(host)), NOW))
}

fn recorded(host: Host) -> (TempDir, Recorded) {
    let folder = TempDir::new().unwrap();
    let recorded = block_on(record(subject(host), folder.path(), NOW)).unwrap();
    (folder, recorded)
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, mut files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    files.extend(folders.iter().flat_map(|folder| files_below(folder)));
    files
}

/// What is this machine's own is masked in the replay, and may be anything.
fn without_own(observations: Vec<Observation>) -> Vec<Observation> {
    let own = ["machine.host_name", "machine.serial", "machine.asset_tag", "machine.hardware_uuid"];
    let strip = |mut it: Observation| {
        if let Outcome::Observed(facts) = &mut it.outcome {
            facts.retain(|key, _| !own.contains(&key.name()));
        }
        it
    };
    observations.into_iter().map(strip).collect()
}

#[test]
fn a_recording_shows_what_the_machine_showed() {
    for root in ["debian12-clamav", "debian12-bare", "debian12-laptop-dmi", "debian12-vendors"] {
        let machine = Machine::recorded(root);
        let (folder, recorded) = recorded(machine.host());
        assert_eq!(recorded.left_out, Vec::<String>::new(), "{root}");
        let replayed = survey(Host::at(folder.path().to_owned()));
        assert_eq!(without_own(replayed), without_own(survey(machine.host())), "{root}");
    }
}

/// Who has an account is not written.
#[test]
fn a_recording_of_a_desktop_shows_all_but_who_administers_it() {
    let machine = Machine::recorded("ubuntu24-desktop");
    let (folder, recorded) = recorded(machine.host());
    let names = ["etc/group", "etc/passwd", "etc/sudoers", "etc/sudoers.d/tro-giup"];
    assert_eq!(recorded.left_out, names);
    let replayed = survey(Host::at(folder.path().to_owned()));
    for (replayed, seen) in replayed.into_iter().zip(survey(machine.host())) {
        if seen.topic != Topic::Accounts && seen.topic != Topic::Machine {
            assert_eq!(replayed, seen);
        }
    }
}

#[test]
fn a_recording_of_windows_shows_all_but_the_table_of_its_firmware() {
    for root in [
        "windows-server-2022",
        "windows10-bkav",
        "windows10-kaspersky",
        "windows11-defender",
        "windows11-eset",
        "windows11-wsus",
    ] {
        let machine = Machine::recorded(root);
        let (folder, recorded) = recorded(machine.host());
        for left_out in recorded.left_out {
            assert!(left_out.ends_with("SMBiosData"), "{root}: {left_out}");
        }
        let replayed = survey(Host::at(folder.path().to_owned()));
        for (replayed, seen) in replayed.into_iter().zip(survey(machine.host())) {
            if seen.topic != Topic::Machine {
                assert_eq!(replayed, seen, "{root}");
            }
        }
    }
}

#[test]
fn a_recording_is_for_the_one_alone_who_made_it() {
    let (folder, recorded) = recorded(Machine::recorded("debian12-clamav").host());
    let files = files_below(folder.path());
    assert_eq!(files.len(), recorded.files);
    for file in files {
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", file.display());
    }
}

#[test]
fn nothing_is_written_into_a_folder_that_has_something_in_it() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("mine"), "x").unwrap();
    let error = block_on(record(subject(Machine::empty().host()), folder.path(), NOW)).unwrap_err();
    assert!(error.to_string().contains("it is not empty"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn what_was_denied_or_cannot_be_looked_through_is_unknown_in_the_replay() {
    let machine = Machine::recorded("debian12-clamav")
        .denied("var/lib/dpkg")
        .with("etc/clamav/clamd.conf", b"\xff\x00packed");
    let (folder, recorded) = recorded(machine.host());
    assert_eq!(recorded.left_out, ["etc/clamav/clamd.conf"]);
    let rules = durable::read(&folder.path().join(".recording"), 1 << 20).unwrap().unwrap();
    let rules = String::from_utf8(rules).unwrap();
    assert!(rules.contains("denied etc/clamav/clamd.conf\n"), "{rules}");
    let replayed = survey(Host::at(folder.path().to_owned()));
    for observation in replayed.iter().filter(|it| it.topic == Topic::Patches) {
        let Outcome::Failed(why) = &observation.outcome else {
            continue;
        };
        assert_eq!(why.reason, report::Reason::AccessDenied);
    }
}

#[test]
fn of_this_very_machine_a_recording_can_be_made() {
    let (folder, recorded) = recorded(Host::live());
    assert!(recorded.files > 5, "{recorded:?}");
    let replayed = survey(Host::at(folder.path().to_owned()));
    assert!(replayed.iter().any(|it| matches!(it.outcome, Outcome::Observed(_))));
}
