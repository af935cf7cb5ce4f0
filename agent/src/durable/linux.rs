//! Modes, and folders that are files themselves.

use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use super::Open;

/// What the agent writes is for itself alone.
const PRIVATE_FILE: u32 = 0o600;
const PRIVATE_DIR: u32 = 0o700;
/// The bits of a mode that let others in, and those that let them read.
const OTHERS: u32 = 0o077;
const OTHERS_READ: u32 = 0o044;

/// How others are let in: a mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exposure(u32);

#[cfg(test)]
impl Exposure {
    pub(crate) fn of(mode: u32) -> Self {
        Self(mode)
    }
}

impl fmt::Display for Exposure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "mode {:04o}", self.0)
    }
}

/// How others are let in to something that is open, if they are.
pub(super) fn exposure(file: &File) -> io::Result<Option<Exposure>> {
    Ok(exposed(file.metadata()?.mode(), OTHERS))
}

/// How others may read a file, if they may.
///
/// # Errors
/// When that cannot be told.
pub fn readers(path: &Path) -> io::Result<Option<Exposure>> {
    Ok(exposed(fs::metadata(path)?.mode(), OTHERS_READ))
}

/// How others may change what the agent relies on: what a package installs has a mode, and to look at
/// it is left to the examination.
///
/// # Errors
/// Never.
pub fn writers(_path: &Path) -> io::Result<Option<Open>> {
    Ok(None)
}

fn exposed(mode: u32, to: u32) -> Option<Exposure> {
    (mode & to != 0).then_some(Exposure(mode & 0o7777))
}

/// A new file for the agent alone.
pub(super) fn create_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(PRIVATE_FILE).open(path)
}

/// A file for the agent alone, there or not, from its beginning.
pub(super) fn open_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(PRIVATE_FILE).open(path)
}

pub(super) fn remove_file(path: &Path) -> io::Result<()> {
    fs::remove_file(path)
}

/// Makes a folder for the agent alone, and the folders above it.
///
/// # Errors
/// When it cannot be made.
pub fn create_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(PRIVATE_DIR).create(path)
}

/// Renames within one folder and waits until that is on disk.
///
/// # Errors
/// When it cannot be renamed.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    sync_folder(super::folder_of(to))
}

/// Waits until what a folder lists is on disk.
///
/// # Errors
/// When the folder cannot be opened or synchronised.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}
