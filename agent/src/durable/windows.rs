//! Owners and access lists, and files that others hold open.
//!
//! What the agent makes is the administrators', and nobody but they and the system gets in; its
//! list is protected, so that a folder above has no say. An agent that somebody tries out without
//! an administrator's rights makes files for itself as well.

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use super::Open;
use crate::host::access::Access;
use crate::host::ffi::windows::{disk, security, token};

/// How often, and how long apart, something is tried that a reader stands in the way of: a scanner
/// that looks at a new file does not take longer.
const TRIES: u32 = 10;
const BETWEEN_TRIES: Duration = Duration::from_millis(50);

/// What Windows says while somebody else has a file open: 5 is "access denied", which is also said
/// of a file that is about to be gone.
const ERROR_ACCESS_DENIED: i32 = 5;
const ERROR_SHARING_VIOLATION: i32 = 32;

/// How others are let in: who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exposure(Vec<String>);

impl fmt::Display for Exposure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(", "))
    }
}

/// How others are let in to something that is open, if they are.
pub(super) fn exposure(file: &File) -> io::Result<Option<Exposure>> {
    Ok(exposed(access(&security::of_open(file)?)?.readers(&token::user()?)))
}

/// How others may read a file, if they may.
///
/// # Errors
/// When that cannot be told.
pub fn readers(path: &Path) -> io::Result<Option<Exposure>> {
    Ok(exposed(access(&security::of_path(path)?)?.readers(&token::user()?)))
}

/// How others may change a file or folder, or put another one in its place, if they may. Every
/// user of a machine may make a folder under `ProgramData`, and is then its owner.
///
/// # Errors
/// When that cannot be told.
pub fn writers(path: &Path) -> io::Result<Option<Open>> {
    let own = token::user()?;
    let of = |path: &Path| access(&security::of_path(path)?);
    let open = |path: &Path, strangers| {
        exposed(strangers).map(|exposure| Open { path: path.to_owned(), exposure })
    };
    let itself = open(path, of(path)?.writers(&own));
    if itself.is_some() || path.file_name().is_none() {
        return Ok(itself);
    }
    let above = super::folder_of(path);
    Ok(open(above, of(above)?.movers(&own)))
}

fn access(sddl: &str) -> io::Result<Access> {
    Access::parse(sddl).ok_or_else(|| {
        io::Error::other(format!("owner and access list are not understood: {sddl}"))
    })
}

fn exposed(strangers: Vec<String>) -> Option<Exposure> {
    (!strangers.is_empty()).then_some(Exposure(strangers))
}

/// A new file for the agent alone.
pub(super) fn create_private(path: &Path) -> io::Result<File> {
    let list = private("")?;
    patiently(|| security::create(path, &list))
}

/// A file for the agent alone, there or not, from its beginning.
pub(super) fn open_private(path: &Path) -> io::Result<File> {
    let list = private("")?;
    patiently(|| security::open_or_create(path, &list))
}

/// The access list of what the agent makes, with these flags in each entry.
fn private(flags: &str) -> io::Result<String> {
    let everybodys = format!("D:P(A;{flags};FA;;;SY)(A;{flags};FA;;;BA)");
    Ok(match token::is_elevated()? {
        true => format!("O:BA{everybodys}"),
        false => format!("{everybodys}(A;{flags};FA;;;{})", token::user()?),
    })
}

pub(super) fn remove_file(path: &Path) -> io::Result<()> {
    patiently(|| fs::remove_file(path))
}

/// Makes a folder for the agent alone, and the folders above it. What is made in it is for the
/// agent alone as well.
///
/// # Errors
/// When it cannot be made.
pub fn create_folder(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(above) = path.parent().filter(|above| !above.as_os_str().is_empty()) {
        create_folder(above)?;
    }
    match security::create_folder(path, &private("OICI")?) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        made => made,
    }
}

/// Renames within one folder and waits until that is on disk.
///
/// # Errors
/// When it cannot be renamed.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    patiently(|| disk::rename(from, to))
}

/// What a folder lists is on disk when it has been renamed: see [`rename`].
///
/// # Errors
/// Never.
pub fn sync_folder(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// Tries again for a moment while somebody else has the file open.
fn patiently<T>(step: impl Fn() -> io::Result<T>) -> io::Result<T> {
    for _ in 1..TRIES {
        match step() {
            Err(error) if is_in_use(&error) => sleep(BETWEEN_TRIES),
            done => return done,
        }
    }
    step()
}

fn is_in_use(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(ERROR_ACCESS_DENIED | ERROR_SHARING_VIOLATION))
}
