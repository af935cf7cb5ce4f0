//! The files door: bounded reads under one root.

mod error;
mod lines;
#[cfg(unix)]
mod linux;
mod recording;
#[cfg(windows)]
mod windows;
pub mod written;

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use report::Timestamp;

use super::recorder::Tap;

pub use error::{Read, ReadError, ReadErrorKind};
pub use lines::Lines;
#[cfg(unix)]
use linux as system;
pub(super) use recording::REGISTRY as RECORDED_REGISTRY;
use recording::Recording;
#[cfg(windows)]
use windows as system;

/// The most entries of a directory the agent looks at.
const MAX_ENTRIES: usize = 65_536;

/// The files of one machine. Paths are written without the leading slash, as `etc/os-release`; on
/// Windows from the drive of the system on, as `ProgramData/Lachan/agent.toml`.
#[derive(Clone, Debug)]
pub struct Files {
    root: PathBuf,
    /// What the folder of a recorded machine cannot keep; a live machine has none.
    recording: Option<Recording>,
    pub(super) tap: Tap,
}

/// Who owns a file, who may change it and when it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// The owner's user id. On Windows 0 where nobody but the system and its administrators may
    /// change the content, and another one where others may.
    pub owner: u32,
    /// Permission bits. On Windows those of a file that as many may change.
    pub mode: u32,
    /// When the content last changed, by the machine's clock.
    pub modified: Timestamp,
}

impl Metadata {
    /// Whether nobody but root can have written the content.
    #[must_use]
    pub fn only_root_writes(&self) -> bool {
        self.owner == 0 && self.mode & 0o022 == 0
    }
}

impl Files {
    /// The files of the machine this process runs on.
    #[must_use]
    pub fn live() -> Self {
        Self { root: system::root(), recording: None, tap: Tap::default() }
    }

    /// The files of a machine recorded under `root`.
    ///
    /// Symbolic links are followed inside the recording, absolute ones from its root. That keeps
    /// an honest recording whole; it is no defence against a folder that changes meanwhile.
    #[must_use]
    pub fn recorded(root: PathBuf) -> Self {
        let recording = Recording::read(&root);
        Self { root, recording: Some(recording), tap: Tap::default() }
    }

    /// Where its root lies.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The whole content of a file of at most `limit` bytes.
    ///
    /// # Errors
    /// When it cannot be read, or is larger.
    pub fn read(&self, path: &str, limit: usize) -> Read<Vec<u8>> {
        let mut bytes = self.read_start(path, limit.saturating_add(1))?;
        if bytes.len() > limit {
            return Err(ReadError::new(path, ReadErrorKind::TooLarge));
        }
        bytes.shrink_to_fit();
        Ok(bytes)
    }

    /// The first bytes of a file, `count` at most.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read_start(&self, path: &str, count: usize) -> Read<Vec<u8>> {
        let mut bytes = Vec::new();
        let start = u64::try_from(count).unwrap_or(u64::MAX);
        let file = self.begin(path);
        self.tap.file(path, &file, |it| it.content = it.content.max(Some(start)));
        file?
            .take(start)
            .read_to_end(&mut bytes)
            .map_err(|error| ReadError::from_io(path, &error))?;
        Ok(bytes)
    }

    /// The whole text of a file of at most `limit` bytes; what is no UTF-8 is replaced.
    ///
    /// # Errors
    /// When it cannot be read, or is larger.
    pub fn read_text(&self, path: &str, limit: usize) -> Read<String> {
        self.read(path, limit).map(|bytes| match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        })
    }

    /// Opens a regular file to be streamed. A pipe or a device under a well-known name is refused,
    /// and never waited for.
    ///
    /// # Errors
    /// When it cannot be opened, or is no regular file.
    pub fn open(&self, path: &str) -> Read<File> {
        let file = self.begin(path);
        self.tap.file(path, &file, |it| it.content = Some(u64::MAX));
        file
    }

    fn begin(&self, path: &str) -> Read<File> {
        let place = self.place(path)?;
        let file = system::open(&place).map_err(|error| ReadError::from_io(path, &error))?;
        let metadata = file.metadata().map_err(|error| ReadError::from_io(path, &error))?;
        if metadata.is_file() {
            return Ok(file);
        }
        let kind = ReadErrorKind::Other("not a regular file".to_owned());
        Err(ReadError::new(path, kind))
    }

    /// Opens a file to be read line by line.
    ///
    /// # Errors
    /// When it cannot be opened, or is no regular file.
    pub fn lines(&self, path: &str) -> Read<Lines<File>> {
        self.open(path).map(|file| Lines::of(file, path))
    }

    /// The names in a directory, sorted.
    ///
    /// # Errors
    /// When it cannot be listed, or holds more than the agent is willing to look at.
    pub fn list(&self, path: &str) -> Read<Vec<String>> {
        let names = self.names(path);
        self.tap.file(path, &names, |it| it.listed = true);
        names
    }

    fn names(&self, path: &str) -> Read<Vec<String>> {
        let failed = |error: std::io::Error| ReadError::from_io(path, &error);
        let mut names = Vec::new();
        for entry in fs::read_dir(self.place(path)?).map_err(failed)? {
            if names.len() == MAX_ENTRIES {
                return Err(ReadError::new(path, ReadErrorKind::TooLarge));
            }
            let name = entry.map_err(failed)?.file_name();
            names.push(name.to_string_lossy().into_owned());
        }
        names.sort_unstable();
        Ok(names)
    }

    /// Whether something stands at a path, whatever it is.
    ///
    /// # Errors
    /// When that cannot be told.
    pub fn exists(&self, path: &str) -> Read<bool> {
        let found = self.place(path).and_then(|place| {
            fs::metadata(place).map_err(|error| ReadError::from_io(path, &error))
        });
        self.tap.file(path, &found, |_| {});
        match found {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Owner, mode and time of what stands at a path.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn metadata(&self, path: &str) -> Read<Metadata> {
        let metadata = self.standing(path);
        self.tap.file(path, &metadata, |_| {});
        metadata
    }

    fn standing(&self, path: &str) -> Read<Metadata> {
        let failed = |error: std::io::Error| ReadError::from_io(path, &error);
        let place = self.place(path)?;
        let found = fs::metadata(&place).map_err(failed)?;
        let (owner, mode) = match &self.recording {
            Some(recording) => recording.ownership(path),
            None => system::ownership(&place, &found).map_err(failed)?,
        };
        Ok(Metadata { owner, mode, modified: system::modified(&found).map_err(failed)? })
    }

    /// Where a symbolic link leads, as it is written.
    ///
    /// # Errors
    /// When it is no symbolic link or cannot be read.
    pub fn read_link(&self, path: &str) -> Read<String> {
        let place = match path.rsplit_once('/') {
            Some((folder, name)) => self.place(folder)?.join(name),
            None => self.root.join(path),
        };
        let target = fs::read_link(place)
            .map(|target| target.to_string_lossy().into_owned())
            .map_err(|error| ReadError::from_io(path, &error));
        self.tap.file(path, &target, |it| it.is_link = true);
        target
    }

    /// Whether a recording lets a path be looked at, which need not be one of a file.
    pub(super) fn admit(&self, path: &str) -> Read<()> {
        match &self.recording {
            None => Ok(()),
            Some(recording) => recording.admit(path),
        }
    }

    fn place(&self, path: &str) -> Read<PathBuf> {
        let relative = path.trim_start_matches('/');
        match &self.recording {
            None => Ok(self.root.join(relative)),
            Some(recording) => {
                recording.admit(relative)?;
                Ok(recording.resolve(&self.root, Path::new(relative)))
            }
        }
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
