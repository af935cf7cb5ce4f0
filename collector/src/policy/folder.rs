//! A policies folder as a value: relative paths, their texts, and one hash over all of it.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use self::keepers::{Way, exposure};
use super::problem::{Ledger, Problems};
use crate::register::machines;

mod keepers;

pub use keepers::Keepers;

const MIB: u64 = 1 << 20;
/// What a person writes by hand is far smaller; only the register of machines grows with the office.
const MAX_FILE_MIB: u64 = 1;
/// A million machines take some 100 MiB.
const MAX_MACHINES_MIB: u64 = 256;
const MAX_FILES: usize = 2000;
const MAX_DEPTH: usize = 8;
const READ_EXTENSIONS: [&str; 3] = ["toml", "csv", "md"];

/// Everything a policies folder says, read once: loading works from this and touches no disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    files: BTreeMap<String, String>,
    hash: FolderHash,
}

/// SHA-256 over the sorted paths and contents of a folder; shown as hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FolderHash(pub [u8; 32]);

impl fmt::Display for FolderHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Folder {
    /// A folder of these files: relative path (with `/`) and text.
    pub fn from_files<P: Into<String>, T: Into<String>>(
        files: impl IntoIterator<Item = (P, T)>,
    ) -> Self {
        let files: BTreeMap<String, String> =
            files.into_iter().map(|(path, text)| (path.into(), text.into())).collect();
        let hash = hash(&files);
        Self { files, hash }
    }

    /// Reads a folder: its `.toml`, `.csv` and `.md` files, at most 2000. None is larger than 1 MiB
    /// but the register of machines, which may have 256.
    ///
    /// Hidden files and what editors leave beside a file are left out. A link is followed only to
    /// a place inside the folder. Any other file is a problem, since a misspelt ending would
    /// otherwise silently drop a rule; so is what everybody may write.
    ///
    /// # Errors
    /// Every file that cannot be read as it must be, with the place where one is not UTF-8.
    pub fn read(dir: &Path) -> Result<Self, Problems> {
        Walk::new(dir, None).read(dir)
    }

    /// Reads a folder that is to be judged by: it, everything in it and every step of the way to
    /// it must belong to the keepers, and nobody else may write there.
    ///
    /// # Errors
    /// As for [`Folder::read`], and everything that somebody else could have written.
    pub fn read_kept(dir: &Path, keepers: &Keepers) -> Result<Self, Problems> {
        Walk::new(dir, Some(keepers)).read(dir)
    }

    /// The hash over paths and contents.
    #[must_use]
    pub fn hash(&self) -> FolderHash {
        self.hash
    }

    /// Every file, ordered by path.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The text of one file.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }
}

/// Lengths stand before contents, so that no two folders make the same bytes.
fn hash(files: &BTreeMap<String, String>) -> FolderHash {
    let mut hash = Sha256::new();
    for part in files.iter().flat_map(|(path, text)| [path, text]) {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    FolderHash(hash.finalize().into())
}

struct Walk<'k> {
    root: PathBuf,
    keepers: Option<&'k Keepers>,
    way: Option<Way<'k>>,
    files: BTreeMap<String, String>,
    ledger: Ledger,
}

impl<'k> Walk<'k> {
    fn new(dir: &Path, keepers: Option<&'k Keepers>) -> Self {
        Self {
            root: dir.to_owned(),
            keepers,
            way: keepers.map(Way::new),
            files: BTreeMap::new(),
            ledger: Ledger::default(),
        }
    }

    fn read(mut self, dir: &Path) -> Result<Folder, Problems> {
        match self.real(dir) {
            Ok(root) => {
                self.root = root;
                let root = self.root.clone();
                self.check_closed("", &root, fs::metadata(&root));
                self.folder("", 0);
            }
            Err(error) => {
                let dir = dir.display().to_string();
                let message = format!("failed to open the policies folder: {error}");
                self.ledger.note_file(&dir, message, None);
            }
        }
        for (path, exposure) in self.way.map(|way| way.exposed).unwrap_or_default() {
            let name = path.display().to_string();
            self.ledger.note_file(&name, exposure.message, Some(exposure.cure));
        }
        match self.ledger.count() {
            0 => Ok(Folder::from_files(self.files)),
            _ => Err(self.ledger.problems(|_| None)),
        }
    }

    /// Where a path leads.
    fn real(&mut self, path: &Path) -> io::Result<PathBuf> {
        match &mut self.way {
            Some(way) => way.go(path),
            None => path.canonicalize(),
        }
    }

    fn folder(&mut self, relative: &str, depth: usize) {
        if depth > MAX_DEPTH {
            return self.wrong(relative, format!("lies deeper than {MAX_DEPTH} folders"));
        }
        let entries = match fs::read_dir(self.root.join(relative)) {
            Ok(entries) => entries,
            Err(error) => {
                return self.wrong(relative, format!("failed to list the folder: {error}"));
            }
        };
        for entry in entries {
            match entry.map(|entry| entry.file_name().into_string()) {
                Ok(Ok(name)) if is_litter(&name) => {}
                Ok(Ok(name)) => {
                    let path = joined(relative, &name);
                    if !(is_number(&name) && self.is_plain_file(&path)) {
                        self.entry(&path, depth);
                    }
                }
                Ok(Err(name)) => {
                    let name = name.to_string_lossy().into_owned();
                    self.wrong(&joined(relative, &name), "the name is not UTF-8".to_owned());
                }
                Err(error) => self.wrong(relative, format!("failed to list the folder: {error}")),
            }
        }
    }

    fn is_plain_file(&self, relative: &str) -> bool {
        fs::symlink_metadata(self.root.join(relative)).is_ok_and(|metadata| metadata.is_file())
    }

    fn entry(&mut self, relative: &str, depth: usize) {
        let path = self.root.join(relative);
        let found = self.real(&path).and_then(|real| Ok((fs::symlink_metadata(&real)?, real)));
        let (metadata, real) = match found {
            Ok(found) => found,
            Err(error) => return self.wrong(relative, format!("failed to read: {error}")),
        };
        if !real.starts_with(&self.root) {
            return self.wrong(relative, "is a link that leads out of the folder".to_owned());
        }
        if metadata.is_dir() {
            self.check_closed(relative, &real, Ok(metadata));
            return self.folder(relative, depth + 1);
        }
        if !has_read_extension(relative) {
            return self.wrong(
                relative,
                "is not read: only .toml, .csv and .md files belong here".to_owned(),
            );
        }
        if !metadata.is_file() {
            return self.wrong(relative, "is neither a file nor a folder".to_owned());
        }
        self.file(relative, &real);
    }

    fn file(&mut self, relative: &str, real: &Path) {
        if self.files.len() >= MAX_FILES {
            return self
                .wrong(relative, format!("is one file too many: at most {MAX_FILES} are read"));
        }
        let max_mib = max_mib(relative);
        let mut bytes = Vec::new();
        let read = File::open(real).and_then(|mut file| {
            let before = file.metadata()?;
            (&mut file).take(max_mib * MIB + 1).read_to_end(&mut bytes)?;
            let stood_still = Edition::of(&before) == Edition::of(&file.metadata()?);
            self.check_closed(relative, real, Ok(before));
            if stood_still { Ok(()) } else { Err(io::Error::other("it changed meanwhile")) }
        });
        if let Err(error) = read {
            return self.wrong(relative, format!("failed to read: {error}"));
        }
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > max_mib * MIB {
            return self.wrong(relative, format!("is larger than {max_mib} MiB"));
        }
        match String::from_utf8(bytes) {
            Ok(text) => drop(self.files.insert(relative.to_owned(), text)),
            Err(error) => {
                self.not_utf8(relative, error.as_bytes(), error.utf8_error().valid_up_to())
            }
        }
    }

    fn check_closed(&mut self, relative: &str, real: &Path, metadata: io::Result<Metadata>) {
        self.way.iter_mut().for_each(|way| way.leave_out(real));
        let metadata = match metadata {
            Ok(metadata) => metadata,
            Err(error) => return self.wrong(relative, format!("failed to read: {error}")),
        };
        if let Some(exposure) = exposure(real, &metadata, self.keepers) {
            self.ledger.note_file(shown(relative), exposure.message, Some(exposure.cure));
        }
    }

    fn not_utf8(&self, relative: &str, bytes: &[u8], at: usize) {
        let valid = String::from_utf8_lossy(&bytes[..at]);
        let line = valid.matches('\n').count() + 1;
        let column = valid.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        self.ledger.note_file(
            &format!("{relative}:{line}:{column}"),
            "is not UTF-8",
            Some("save the file as UTF-8 (in Excel: CSV UTF-8)".to_owned()),
        );
    }

    fn wrong(&self, relative: &str, message: String) {
        self.ledger.note_file(shown(relative), message, None);
    }
}

/// What tells one content of a file from the next without reading it.
#[derive(PartialEq, Eq)]
struct Edition {
    length: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Edition {
    fn of(metadata: &Metadata) -> Self {
        Self {
            length: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

/// The folder itself has a name too.
fn shown(relative: &str) -> &str {
    if relative.is_empty() { "." } else { relative }
}

fn max_mib(relative: &str) -> u64 {
    if relative == machines::FILE { MAX_MACHINES_MIB } else { MAX_FILE_MIB }
}

fn joined(folder: &str, name: &str) -> String {
    match folder {
        "" => name.to_owned(),
        folder => format!("{folder}/{name}"),
    }
}

/// What editors, offices and version control put beside a file while somebody works on it. None
/// of it can be a misspelt rule.
fn is_litter(name: &str) -> bool {
    const ENDINGS: [&str; 6] = ["~", ".swp", ".swo", ".swx", "___jb_tmp___", "___jb_old___"];
    name.starts_with(['.', '#', '~']) || ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// vim tries with a file named 4913, or more, whether it may write. Folders are named for years.
fn is_number(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_digit())
}

fn has_read_extension(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, extension)| READ_EXTENSIONS.contains(&extension))
}

#[cfg(test)]
mod tests;
