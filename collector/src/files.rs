//! Bounded reading and atomic writing of the collector's own files.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, fchown, lchown};
use std::path::Path;

/// Reads a file that must not be larger than `limit` bytes.
///
/// # Errors
/// When it cannot be read or is larger.
pub fn read_bytes_bounded(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::other(format!("larger than {limit} bytes")));
    }
    Ok(bytes)
}

/// Reads at most so many bytes of a file, from its beginning.
///
/// # Errors
/// When it cannot be read.
pub fn read_beginning(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads a text file that must not be larger than `limit` bytes.
///
/// # Errors
/// When it cannot be read, is larger, or is not UTF-8.
pub fn read_bounded(path: &Path, limit: u64) -> io::Result<String> {
    let mut text = String::new();
    fs::File::open(path)?.take(limit + 1).read_to_string(&mut text)?;
    if text.len() as u64 > limit {
        return Err(io::Error::other(format!("larger than {limit} bytes")));
    }
    Ok(text)
}

/// Writes a file with these rights so that it is there whole or not at all.
///
/// # Errors
/// When it cannot be written.
pub fn write_atomically(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    put(path, content, mode, |_| Ok(()))
}

/// Writes a file in place of the one that is there, for the same owner and group and with the same
/// rights, so that the old one or the new one is there whole.
///
/// # Errors
/// When there is none, or it cannot be written.
pub fn replace_atomically(path: &Path, content: &[u8]) -> io::Result<()> {
    let old = fs::metadata(path)?;
    // Nobody else reads the draft before it has its owner.
    put(path, content, 0o600, |draft| {
        // Who is not root may give a file to one of his own groups only.
        permitted(fchown(draft, Some(old.uid()), None))?;
        permitted(fchown(draft, None, Some(old.gid())))?;
        draft.set_permissions(old.permissions())
    })
}

fn permitted(result: io::Result<()>) -> io::Result<()> {
    result.or_else(|error| match error.kind() {
        io::ErrorKind::PermissionDenied => Ok(()),
        _ => Err(error),
    })
}

/// Gives what root wrote to whom a folder belongs to.
///
/// # Errors
/// When it belongs to somebody else and may not be given away.
pub fn give_to_owner_of(folder: &Path, path: &Path) -> io::Result<()> {
    let (owner, is) = (fs::metadata(folder)?, fs::symlink_metadata(path)?);
    match owner.uid() == is.uid() {
        true => Ok(()),
        false => lchown(path, Some(owner.uid()), Some(owner.gid())),
    }
}

/// Where a file lies; a bare name lies here.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn put(
    path: &Path,
    content: &[u8],
    mode: u32,
    prepare: impl FnOnce(&fs::File) -> io::Result<()>,
) -> io::Result<()> {
    let folder = folder_of(path);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let draft = folder.join(format!(".{name}.new"));
    // What a run that was cut short left behind may have other rights.
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(&draft)?;
    prepare(&file)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    fs::File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests;
