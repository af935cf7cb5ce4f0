//! Access lists, and a root that is the drive of the system.

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::windows::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use report::Timestamp;

use crate::host::access::Access;
use crate::host::ffi::windows::{places, security};

/// Where the system lies unless it says otherwise.
const USUAL_ROOT: &str = r"C:\";

/// With it a folder is opened as well, and can be told from a file that may not be read.
const FILE_FLAG_BACKUP_SEMANTICS: u32 = 0x0200_0000;

/// As modes: what the system and its administrators alone may change, and what others may.
const GUARDED: (u32, u32) = (0, 0o644);
const OPEN: (u32, u32) = (u32::MAX, 0o666);

/// Where the files of this machine lie that its paths name.
pub(super) fn root() -> PathBuf {
    let windows = places::windows();
    let drive = windows.ok().and_then(|windows| windows.ancestors().last().map(Path::to_owned));
    drive.unwrap_or_else(|| PathBuf::from(USUAL_ROOT))
}

pub(super) fn open(place: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags(FILE_FLAG_BACKUP_SEMANTICS).open(place)
}

/// Owner and mode, as they would be of a file that as many may change.
pub(super) fn ownership(place: &Path, _found: &Metadata) -> io::Result<(u32, u32)> {
    let access = Access::parse(&security::of_path(place)?)
        .ok_or_else(|| io::Error::other("owner and access list are not understood"))?;
    // Nobody is taken for an owner of one's own here: this is about who else runs what is there.
    let strangers = if is_common(place) { access.movers("") } else { access.writers("") };
    Ok(if strangers.is_empty() { GUARDED } else { OPEN })
}

/// Where Windows lets every user make something of his own, and put away nothing of others: on the
/// drive, and in the folder of all programs' data.
fn is_common(place: &Path) -> bool {
    place.parent().is_none() || crate::places::program_data().parent() == Some(place)
}

/// Before 1970 there were no files that count.
pub(super) fn modified(found: &Metadata) -> io::Result<Timestamp> {
    let since = found.modified()?.duration_since(UNIX_EPOCH).map_err(io::Error::other)?;
    i64::try_from(since.as_secs()).map(Timestamp).map_err(io::Error::other)
}
