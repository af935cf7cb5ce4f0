//! Owners and modes, and a root that is a slash.

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use report::Timestamp;

/// Where the files of this machine lie.
pub(super) fn root() -> PathBuf {
    PathBuf::from("/")
}

/// A pipe is opened as well, without waiting for somebody at its other end.
pub(super) fn open(place: &Path) -> io::Result<File> {
    let no_waiting = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    OpenOptions::new().read(true).custom_flags(no_waiting).open(place)
}

/// Owner and mode.
pub(super) fn ownership(_place: &Path, found: &Metadata) -> io::Result<(u32, u32)> {
    Ok((found.uid(), found.mode() & 0o7777))
}

pub(super) fn modified(found: &Metadata) -> io::Result<Timestamp> {
    Ok(Timestamp(found.mtime()))
}
