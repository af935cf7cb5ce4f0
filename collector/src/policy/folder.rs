//! A policies folder as a value: relative paths, their texts, and one hash over all of it.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::problem::{Ledger, Problems};
use crate::register::machines;

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
    /// Hidden files and editors' backups are left out. A link is followed only to a place inside
    /// the folder. Any other file is a problem, since a misspelt ending would otherwise silently
    /// drop a rule.
    ///
    /// # Errors
    /// Every file that cannot be read as it must be, with the place where one is not UTF-8.
    pub fn read(dir: &Path) -> Result<Self, Problems> {
        let mut walk =
            Walk { root: dir.to_owned(), files: BTreeMap::new(), ledger: Ledger::default() };
        match dir.canonicalize() {
            Ok(root) => {
                walk.check_closed("", root.metadata());
                walk.root = root;
                walk.folder("", 0);
            }
            Err(error) => {
                let dir = dir.display().to_string();
                walk.ledger.note_file(
                    &dir,
                    format!("failed to open the policies folder: {error}"),
                    None,
                );
            }
        }
        match walk.ledger.count() {
            0 => Ok(Self::from_files(walk.files)),
            _ => Err(walk.ledger.problems(|_| None)),
        }
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

struct Walk {
    root: PathBuf,
    files: BTreeMap<String, String>,
    ledger: Ledger,
}

impl Walk {
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
                Ok(Ok(name)) => self.entry(&joined(relative, &name), depth),
                Ok(Err(name)) => {
                    let name = name.to_string_lossy().into_owned();
                    self.wrong(&joined(relative, &name), "the name is not UTF-8".to_owned());
                }
                Err(error) => self.wrong(relative, format!("failed to list the folder: {error}")),
            }
        }
    }

    fn entry(&mut self, relative: &str, depth: usize) {
        let real = match self.root.join(relative).canonicalize() {
            Ok(real) => real,
            Err(error) => return self.wrong(relative, format!("failed to read: {error}")),
        };
        if !real.starts_with(&self.root) {
            return self.wrong(relative, "is a link that leads out of the folder".to_owned());
        }
        if real.is_dir() {
            self.check_closed(relative, real.metadata());
            return self.folder(relative, depth + 1);
        }
        if !has_read_extension(relative) {
            return self.wrong(
                relative,
                "is not read: only .toml, .csv and .md files belong here".to_owned(),
            );
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
        let read = File::open(real).and_then(|file| {
            self.check_closed(relative, file.metadata());
            file.take(max_mib * MIB + 1).read_to_end(&mut bytes)
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

    /// Whoever may write here decides who counts as protected.
    fn check_closed(&self, relative: &str, metadata: std::io::Result<fs::Metadata>) {
        let mode = match metadata {
            Ok(metadata) => metadata.permissions().mode() & 0o777,
            Err(error) => return self.wrong(relative, format!("failed to read: {error}")),
        };
        if mode & 0o002 != 0 {
            let name = if relative.is_empty() { "." } else { relative };
            self.ledger.note_file(
                name,
                format!("can be written by everybody (mode {mode:03o})"),
                Some("run chmod -R o-w on the policies folder".to_owned()),
            );
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
        let name = if relative.is_empty() { "." } else { relative };
        self.ledger.note_file(name, message, None);
    }
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

fn is_litter(name: &str) -> bool {
    name.starts_with(['.', '#']) || name.ends_with('~')
}

fn has_read_extension(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, extension)| READ_EXTENSIONS.contains(&extension))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_with(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (path, bytes) in files {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        dir
    }

    #[test]
    fn a_read_folder_equals_the_same_files_in_memory() {
        let dir = folder_with(&[
            ("targets.toml", b"a"),
            ("rules/x.toml", b"b"),
            (".git/index.toml", b"c"),
            ("x.toml~", b"d"),
        ]);
        let read = Folder::read(dir.path()).unwrap();
        assert_eq!(read, Folder::from_files([("rules/x.toml", "b"), ("targets.toml", "a")]));
    }

    #[test]
    fn the_hash_changes_with_every_path_and_text() {
        let one = Folder::from_files([("a", "bc")]).hash();
        assert_ne!(one, Folder::from_files([("ab", "c")]).hash());
        assert_ne!(one, Folder::from_files([("a", "bd")]).hash());
        assert_eq!(one.to_string().len(), 64);
    }

    #[test]
    fn a_misspelt_ending_is_not_silently_dropped() {
        let dir = folder_with(&[("rules/x.tmol", b"")]);
        let problems = Folder::read(dir.path()).unwrap_err();
        assert_eq!(
            problems.compact(),
            "rules/x.tmol: is not read: only .toml, .csv and .md files belong here\n"
        );
    }

    #[test]
    fn text_that_is_not_utf8_is_refused_with_its_place() {
        let dir = folder_with(&[("register/machines.csv", b"id\nm\xe1y-01\n")]);
        let problems = Folder::read(dir.path()).unwrap_err();
        assert_eq!(problems.compact(), "register/machines.csv:2:2: is not UTF-8\n");
    }

    #[test]
    fn a_file_larger_than_the_limit_is_refused() {
        let dir = folder_with(&[("big.md", &vec![b'x'; (1 << 20) + 1])]);
        assert!(Folder::read(dir.path()).unwrap_err().compact().contains("larger than 1 MiB"));
    }

    #[test]
    fn the_register_of_machines_may_be_larger_than_what_is_written_by_hand() {
        let dir = folder_with(&[("register/machines.csv", &vec![b'#'; (1 << 20) + 1])]);
        assert!(Folder::read(dir.path()).unwrap().get("register/machines.csv").is_some());
        assert_eq!(max_mib("register/machines.csv"), 256);
    }

    #[test]
    fn a_link_is_followed_inside_the_folder_and_never_out_of_it() {
        use std::os::unix::fs::symlink;
        let outside = folder_with(&[("secret.toml", b"s")]);
        let dir = folder_with(&[("..data/targets.toml", b"a")]);
        symlink("..data/targets.toml", dir.path().join("targets.toml")).unwrap();
        assert_eq!(Folder::read(dir.path()).unwrap().get("targets.toml"), Some("a"));
        symlink(outside.path(), dir.path().join("rules")).unwrap();
        let problems = Folder::read(dir.path()).unwrap_err();
        assert_eq!(problems.compact(), "rules: is a link that leads out of the folder\n");
    }

    #[test]
    fn what_everybody_may_write_is_refused_by_name() {
        let open = |path: &Path| {
            fs::set_permissions(path, fs::Permissions::from_mode(0o777)).unwrap();
        };
        let dir = folder_with(&[("targets.toml", b"a"), ("rules/x.toml", b"b")]);
        open(&dir.path().join("rules"));
        open(&dir.path().join("targets.toml"));
        let problems = Folder::read(dir.path()).unwrap_err().compact();
        assert_eq!(
            problems,
            "rules: can be written by everybody (mode 777)\n\
             targets.toml: can be written by everybody (mode 777)\n"
        );
    }

    #[test]
    fn a_folder_that_is_not_there_says_so() {
        let problems = Folder::read(Path::new("/nonexistent/policies")).unwrap_err();
        assert!(problems.compact().starts_with("/nonexistent/policies: failed to open"));
    }
}
