//! Files that survive a pulled plug: whole and old, or whole and new, never torn.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

/// What the agent writes is for itself alone.
const PRIVATE_FILE: u32 = 0o600;
const PRIVATE_DIR: u32 = 0o700;
/// The bits of a mode that let others in.
const OTHERS: u32 = 0o077;
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
    let mode = file.metadata()?.mode() & 0o7777;
    if mode & OTHERS != 0 {
        return Err(SecretError::Exposed(mode));
    }
    Ok(read_open(&file, limit)?)
}

/// Why a secret is not used.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// Others may read it.
    #[error("others may read it (mode {0:04o})")]
    Exposed(u32),
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
    let folder = folder_of(path);
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(UNFINISHED);
    let temporary = Path::new(&temporary);
    remove(temporary)?;
    create(temporary, bytes)?;
    fs::rename(temporary, path)?;
    sync_folder(folder)
}

/// Writes a few bytes, always as many, over those that stand in a file, and waits until they are on
/// disk. It needs no room on a disk that is full. Bytes that lie in one sector are not torn.
///
/// # Errors
/// When it cannot be written.
pub fn overwrite(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(false).mode(PRIVATE_FILE).open(path)?;
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let former = file.metadata()?.len();
    file.write_all_at(bytes, 0)?;
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
    let mut file = OpenOptions::new().write(true).create_new(true).mode(PRIVATE_FILE).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Removes a file that may not be there.
///
/// # Errors
/// When it is there and cannot be removed.
pub fn remove(path: &Path) -> io::Result<()> {
    forgive_missing(fs::remove_file(path))
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
    sync_folder(folder_of(to))
}

/// Waits until what a folder lists is on disk.
///
/// # Errors
/// When the folder cannot be opened or synchronised.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_replaced_file_is_new_whole_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        replace(&path, b"one, and rather long").unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(read(&path, 100).unwrap().unwrap(), b"two");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn overwritten_bytes_stand_alone_whatever_stood_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("number");
        for former in [&b""[..], b"123456789", b"0001", b"\xff"] {
            replace(&path, former).unwrap();
            overwrite(&path, b"0002").unwrap();
            assert_eq!(read(&path, 100).unwrap().unwrap(), b"0002");
        }
        remove(&path).unwrap();
        overwrite(&path, b"0003").unwrap();
        assert_eq!(read(&path, 100).unwrap().unwrap(), b"0003");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    }

    #[test]
    fn what_a_crash_left_behind_does_not_stand_in_the_way() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        create(&folder.path().join("state.tmp"), b"half").unwrap();
        replace(&path, b"whole").unwrap();
        assert_eq!(read(&path, 100).unwrap().unwrap(), b"whole");
    }

    #[test]
    fn a_file_larger_than_its_limit_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        replace(&path, b"12345").unwrap();
        assert!(read(&path, 5).unwrap().is_some());
        assert_eq!(read(&path, 4).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        assert!(read(&folder.path().join("missing"), 4).unwrap().is_none());
    }

    #[test]
    fn a_secret_that_others_may_read_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        replace(&path, b"secret").unwrap();
        assert_eq!(read_secret(&path, 10).unwrap(), b"secret");
        for mode in [0o640, 0o604, 0o620, 0o601] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert!(
                matches!(read_secret(&path, 10), Err(SecretError::Exposed(seen)) if seen == mode),
                "{mode:o}"
            );
        }
    }
}
