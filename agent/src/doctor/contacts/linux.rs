//! The kernel's list of locks.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;

use report::Bilingual;
use rustix::fs::{major, minor};

use crate::doctor::state::Openness;
use crate::host::Files;
use crate::state::StateDir;

/// The kernel's list of locks, for every process there is.
const LOCKS: &str = "proc/locks";
const MAX_LOCKS: usize = 1024 * 1024;

/// Which process works in the folder, or why that cannot be told. Who does holds its lock. That is
/// asked of the kernel: trying to take the lock could keep the service from starting at that very
/// moment.
pub(super) fn at_work(state: &StateDir, is_open: Openness) -> Result<Option<u32>, Bilingual> {
    let files = Files::live();
    let lock = match (fs::metadata(state.join("lock")), is_open) {
        (Ok(lock), _) => lock,
        (Err(_), Openness::Closed) => return Err(is_open.reason().unwrap_or_default()),
        // Nobody ever worked there.
        (Err(error), Openness::Open | Openness::Missing)
            if error.kind() == io::ErrorKind::NotFound =>
        {
            return Ok(None);
        }
        (Err(error), Openness::Open | Openness::Missing) => {
            return Err(Bilingual::same(error.to_string()));
        }
    };
    let locks = files.read_text(LOCKS, MAX_LOCKS);
    let locks = locks.map_err(|error| Bilingual::same(error.to_string()))?;
    Ok(holder(&locks, Lock::on(&lock), |process| is_this_program(&files, process)))
}

/// The file that is locked, as the kernel's list names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Lock {
    device: (u32, u32),
    inode: u64,
}

impl Lock {
    fn on(file: &Metadata) -> Self {
        let device = (major(file.dev()), minor(file.dev()));
        Self { device, inode: file.ino() }
    }

    /// A file as in `08:01:5678`: the device in hexadecimal numbers, and the inode.
    fn listed(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, ':');
        let mut number = || u32::from_str_radix(parts.next()?, 16).ok();
        let device = (number()?, number()?);
        Some(Self { device, inode: parts.next()?.parse().ok()? })
    }
}

/// The process that holds a lock on this file. An inode's number is one of its filesystem alone.
/// The list names the device of the whole filesystem, and where each volume in it has a number of
/// its own, as on btrfs, a file tells another one: there the holder must be this program.
fn holder(locks: &str, file: Lock, is_this_program: impl Fn(u32) -> bool) -> Option<u32> {
    let held: Vec<_> = locks.lines().filter_map(held).collect();
    let same = held.iter().find(|(_, lock)| *lock == file);
    let elsewhere = || {
        held.iter().find(|(process, lock)| lock.inode == file.inode && is_this_program(*process))
    };
    same.or_else(elsewhere).map(|(process, _)| *process)
}

/// Who holds what, as in `1: FLOCK  ADVISORY  WRITE 1234 08:01:5678 0 EOF`. One that waits has `->`
/// before its kind.
fn held(line: &str) -> Option<(u32, Lock)> {
    let mut words = line.split_whitespace().skip(1);
    let (kind, _advisory, _write) = (words.next()?, words.next()?, words.next()?);
    let process = words.next()?.parse().ok()?;
    let lock = Lock::listed(words.next()?)?;
    (kind == "FLOCK").then_some((process, lock))
}

fn is_this_program(files: &Files, process: u32) -> bool {
    let program = |process: &str| files.read_link(&format!("proc/{process}/exe")).ok();
    // After an upgrade the file that still runs is gone.
    let program = |process: &str| program(process)?.split(" (deleted)").next().map(str::to_owned);
    let mine = program("self");
    mine.is_some() && program(&process.to_string()) == mine
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCKED: &str = "\
1: POSIX  ADVISORY  WRITE 811 00:19:5678 0 EOF
2: -> FLOCK  ADVISORY  WRITE 812 08:01:5678 0 EOF
3: FLOCK  ADVISORY  WRITE 813 08:01:5678 0 EOF
4: OFDLCK ADVISORY  READ -1 08:01:1 0 EOF
";

    const FILE: Lock = Lock { device: (8, 1), inode: 5678 };

    #[test]
    fn who_holds_the_lock_is_at_work_and_who_waits_for_it_is_not() {
        let held_by = |locks, file| holder(locks, file, |_| false);
        assert_eq!(held_by(LOCKED, FILE), Some(813));
        assert_eq!(held_by(LOCKED, Lock { inode: 678, ..FILE }), None);
        assert_eq!(held_by("", FILE), None);
        assert_eq!(held_by("nonsense\n1: FLOCK\n", FILE), None);
    }

    #[test]
    fn a_lock_of_the_same_number_on_another_filesystem_says_nothing() {
        let on_another = Lock { device: (0xfe, 0x1a), ..FILE };
        assert_eq!(holder(LOCKED, on_another, |_| false), None);
        assert_eq!(holder(LOCKED, on_another, |process| process == 813), Some(813), "a volume");
        let listed = LOCKED.replace("08:01:5678", "fe:1a:5678");
        assert_eq!(holder(&listed, on_another, |_| false), Some(813));
    }

    #[test]
    fn this_program_is_told_from_another() {
        let files = Files::live();
        assert!(is_this_program(&files, std::process::id()));
        assert!(!is_this_program(&files, u32::MAX));
    }
}
