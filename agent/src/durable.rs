//! Files that survive a pulled plug: whole and old, or whole and new, never torn.

#[cfg(unix)]
mod linux;
#[cfg(windows)]
mod windows;

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

#[cfg(unix)]
use linux as system;
use report::Bilingual;
#[cfg(windows)]
use windows as system;

pub use system::{Exposure, create_folder, readers, rename, sync_folder, writers};

/// Something that others may change.
#[derive(Debug, PartialEq, Eq)]
pub struct Open {
    /// The file or folder that was asked about, or the folder that it lies in.
    pub path: PathBuf,
    /// How others are let in.
    pub exposure: Exposure,
}

impl Open {
    /// What is open to whom, for people.
    #[must_use]
    pub fn in_words(&self) -> Bilingual {
        let (path, who) = (self.path.display(), &self.exposure);
        Bilingual::new(
            format!("người khác sửa được {path}: {who}"),
            format!("others may change {path}: {who}"),
        )
    }
}

/// How the name of a file ends that is being written.
pub const UNFINISHED: &str = ".tmp";

/// Reads a whole file of at most `limit` bytes; `None` when there is no such file.
///
/// # Errors
/// When it cannot be read or is larger.
pub fn read(path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
    match File::open(path) {
        Ok(file) => read_open(&file, limit).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads a whole text of at most `limit` bytes from any reader.
///
/// # Errors
/// When it cannot be read, is larger, or is not UTF-8.
pub fn read_text(source: impl Read, limit: u64) -> io::Result<String> {
    let bytes = read_open(source, limit)?;
    String::from_utf8(bytes)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8 text"))
}

/// Reads a secret: `Err(Exposed)` where others may read it too.
///
/// # Errors
/// When it cannot be read, or others may read it.
pub fn read_secret(path: &Path, limit: u64) -> Result<Vec<u8>, SecretError> {
    let file = File::open(path)?;
    match system::exposure(&file)? {
        Some(exposure) => Err(SecretError::Exposed(exposure)),
        None => Ok(read_open(&file, limit)?),
    }
}

/// Why a secret is not used.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// Others may read it.
    #[error("others may read it ({0})")]
    Exposed(Exposure),
    /// It cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
}

fn read_open(source: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limit {
        let message = format!("it is larger than {limit} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}

/// Puts `bytes` in the place of `path` in one step that is on disk when this returns.
///
/// # Errors
/// When a step fails; the old file is then still there.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(UNFINISHED);
    let temporary = Path::new(&temporary);
    remove(temporary)?;
    create(temporary, bytes)?;
    rename(temporary, path)
}

/// Writes a few bytes, always as many, over those that stand in a file, and waits until they are on
/// disk. It needs no room on a disk that is full. Bytes that lie in one sector are not torn.
///
/// # Errors
/// When it cannot be written.
pub fn overwrite(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = system::open_private(path)?;
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let former = file.metadata()?.len();
    file.write_all(bytes)?;
    if former == length {
        return file.sync_data();
    }
    file.set_len(length)?;
    file.sync_all()?;
    sync_folder(folder_of(path))
}

/// Writes a new file for the agent alone and waits until it is on disk.
///
/// # Errors
/// When it exists or cannot be written.
pub fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = system::create_private(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Removes a file that may not be there.
///
/// # Errors
/// When it is there and cannot be removed.
pub fn remove(path: &Path) -> io::Result<()> {
    forgive_missing(system::remove_file(path))
}

/// Removes a folder that may not be there, with all it holds.
///
/// # Errors
/// When it is there and cannot be removed.
pub fn remove_folder(path: &Path) -> io::Result<()> {
    forgive_missing(fs::remove_dir_all(path))
}

fn forgive_missing(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
