//! What is mounted, and what memory is written out to.

use crate::host::Files;
use crate::host::files::{Read, ReadError, ReadErrorKind};

/// The first process' own list is the machine's: the agent itself does not see the homes.
pub(super) const PLACES: [&str; 2] = ["proc/1/mountinfo", "proc/self/mountinfo"];
const SWAPS: &str = "proc/swaps";
const MOST: usize = 1 << 20;

/// What lies on a disk, or on several.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Volume {
    /// `8:1` in decimals; `0:…` where a file system numbers itself.
    pub(super) device: String,
    /// Where it is mounted; nowhere if memory is written out to it.
    pub(super) place: String,
    /// The file system.
    pub(super) kind: String,
    /// `/dev/sda1`, or what the file system calls itself.
    pub(super) source: String,
}

/// Kinds that lie on no disk of this machine, or are images that are only read.
const NOT_ON_DISK: [&str; 5] = ["squashfs", "iso9660", "udf", "erofs", "overlay"];

impl Volume {
    /// Whether it lies on a disk, as far as its kind and its source tell.
    pub(super) fn is_on_disk(&self) -> bool {
        let is_named = self.source.starts_with("/dev/") && !self.source.starts_with("/dev/loop");
        !NOT_ON_DISK.contains(&self.kind.as_str())
            && (is_named || matches!(self.kind.as_str(), "zfs" | "bcachefs"))
    }
}

/// Everything that is mounted or swapped to, and what says so.
pub(super) fn mounted(files: &Files) -> Read<(Vec<Volume>, &'static str)> {
    let [machine, own] = PLACES;
    let (text, source) = match files.read_text(machine, MOST) {
        Ok(text) => (text, machine),
        Err(error) if error.kind == ReadErrorKind::TooLarge => return Err(error),
        Err(_) => (files.read_text(own, MOST)?, own),
    };
    let mut volumes = Vec::new();
    for line in text.lines() {
        let damaged = || ReadErrorKind::Damaged("not a list of mounts".to_owned());
        volumes.push(volume(line).ok_or_else(|| ReadError::new(source, damaged()))?);
    }
    volumes.extend(swaps(files)?);
    Ok((volumes, source))
}

/// `29 1 253:0 / / rw,relatime shared:1 - ext4 /dev/mapper/root rw,errors=remount-ro`.
fn volume(line: &str) -> Option<Volume> {
    let (mount, system) = line.split_once(" - ")?;
    let mut mount = mount.split(' ');
    let (device, place) = (mount.nth(2)?, mount.nth(1)?);
    let mut system = system.split(' ');
    Some(Volume {
        device: device.to_owned(),
        place: place.to_owned(),
        kind: system.next()?.to_owned(),
        source: system.next()?.to_owned(),
    })
}

/// Partitions only: a file lies in a volume, and compressed memory on no disk.
fn swaps(files: &Files) -> Read<Vec<Volume>> {
    let text = match files.read_text(SWAPS, MOST) {
        Ok(text) => text,
        Err(error) if error.is_not_found() => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let partition = |line: &str| {
        let mut fields = line.split_whitespace();
        let (source, kind) = (fields.next()?, fields.next()?);
        (kind == "partition" && !source.starts_with("/dev/zram")).then(|| Volume {
            device: String::new(),
            place: String::new(),
            kind: "swap".to_owned(),
            source: source.to_owned(),
        })
    };
    Ok(text.lines().skip(1).filter_map(partition).collect())
}
