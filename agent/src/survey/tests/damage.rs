//! Nothing that stands in a file ends the process that reads it: the agent that is shipped does
//! not come back from a panic.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::durable;
use crate::fingerprint::{claims, fingerprint};
use crate::probes::probes;

/// What has brought parsers down before.
const PIECES: [&[u8]; 12] = [
    b"\n",
    b"\0",
    b":",
    b"=",
    b"\"",
    b" ",
    b"-",
    b"\xff\xfe",
    b"99999999999999999999",
    b"-9223372036854775808",
    "\u{301}\u{202e}".as_bytes(),
    b"%s../../",
];

#[derive(Clone, Debug)]
enum Damage {
    Noise(Vec<u8>),
    CutAt(Index),
    Inserted(Index, &'static [u8]),
    Doubled(Index, Index),
    Flipped(Index, u8),
}

impl Damage {
    fn any() -> impl Strategy<Value = Self> {
        let piece = prop::sample::select(&PIECES[..]);
        let at = any::<Index>;
        prop_oneof![
            prop::collection::vec(any::<u8>(), 0..600).prop_map(Self::Noise),
            at().prop_map(Self::CutAt),
            (at(), piece).prop_map(|(at, piece)| Self::Inserted(at, piece)),
            (at(), at()).prop_map(|(from, to)| Self::Doubled(from, to)),
            (at(), any::<u8>()).prop_map(|(at, byte)| Self::Flipped(at, byte)),
        ]
    }

    fn done_to(self, mut bytes: Vec<u8>) -> Vec<u8> {
        let place = |at: Index, bytes: &[u8]| at.index(bytes.len() + 1);
        match self {
            Self::Noise(noise) => return noise,
            Self::CutAt(at) => bytes.truncate(place(at, &bytes)),
            Self::Inserted(at, piece) => {
                let at = place(at, &bytes);
                bytes.splice(at..at, piece.iter().copied());
            }
            Self::Doubled(from, to) => {
                let (from, to) = (place(from, &bytes), place(to, &bytes));
                let part = bytes[from.min(to)..from.max(to)].to_vec();
                bytes.splice(from..from, part);
            }
            Self::Flipped(at, byte) => {
                let at = place(at, &bytes);
                bytes.get_mut(at).into_iter().for_each(|it| *it ^= byte);
            }
        }
        bytes
    }
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, mut files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    files.extend(folders.iter().flat_map(|folder| files_below(folder)));
    files.sort();
    files
}

fn assert_withstands_damage(recording: &str) {
    let machine = Machine::recorded(recording);
    let files = files_below(&machine.place(""));
    let context = Context { claims: &AssignmentClaims::default(), now: NOW };
    let some = ProptestConfig::with_cases(150);
    proptest!(some, |(file in prop::sample::select(files), damage in Damage::any())| {
        let before = durable::read(&file, 1 << 30).unwrap().unwrap();
        fs::write(&file, damage.done_to(before.clone())).unwrap();
        for (topic, probe) in probes(machine.host().platform()) {
            let outcome = probe(&machine.host(), &context);
            let _ = wire::topic_json(&Observation { topic: *topic, observed_at: NOW, outcome });
        }
        // Whose machine this is, is told from the same files.
        let _ = (fingerprint(&machine.host()), claims(&machine.host()));
        fs::write(&file, before).unwrap();
    });
}

#[test]
fn no_damaged_file_of_an_office_pc_ends_a_survey() {
    assert_withstands_damage("debian12-clamav");
}

#[test]
fn no_damaged_file_of_a_machine_with_every_vendors_product_ends_a_survey() {
    assert_withstands_damage("debian12-vendors");
}

#[test]
fn no_damaged_file_of_a_laptop_ends_a_survey() {
    assert_withstands_damage("debian12-laptop-dmi");
}

#[test]
fn no_damaged_file_of_a_windows_machine_ends_a_survey() {
    for recording in [
        "windows-server-2022",
        "windows10-bkav",
        "windows10-kaspersky",
        "windows11-defender",
        "windows11-eset",
        "windows11-wsus",
    ] {
        assert_withstands_damage(recording);
    }
}

#[test]
fn no_damaged_file_of_a_rocky_machine_ends_a_survey() {
    assert_withstands_damage("rocky9");
}

#[test]
fn no_damaged_file_of_a_leap_machine_ends_a_survey() {
    assert_withstands_damage("leap15");
}

#[test]
fn no_damaged_file_of_an_alpine_machine_ends_a_survey() {
    assert_withstands_damage("alpine3");
}

#[test]
fn no_damaged_file_of_an_arch_machine_ends_a_survey() {
    assert_withstands_damage("arch");
}

#[test]
fn no_damaged_file_of_a_desktop_ends_a_survey() {
    assert_withstands_damage("ubuntu24-desktop");
}
