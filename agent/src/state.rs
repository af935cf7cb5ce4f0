//! The folder in which the agent keeps what must survive it, and who may work in it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use report::Sequence;

use crate::durable::{self, Open};
use crate::remedies::HERE;

const SEQUENCE_BYTES: u64 = 32;

/// The folder of identity, spool and counters.
#[derive(Clone, Debug)]
pub struct StateDir(PathBuf);

/// The right to change the folder; one process has it at a time.
#[derive(Debug)]
pub struct StateLock {
    _file: File,
}

/// Why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// Another process works in it.
    #[error(
        "use {0}: another lachan-agent works there: stop the service first ({stop})",
        stop = HERE.stop()
    )]
    Busy(PathBuf),
    /// Others may change it, and with it what the agent says and whom it trusts.
    #[error(
        "use {path}: others may change {open} ({exposure}): {mend}",
        open = .open.path.display(),
        exposure = .open.exposure,
        mend = HERE.keep(&.open.path)
    )]
    Exposed {
        /// Which folder.
        path: PathBuf,
        /// What they may change: it, or the folder that it lies in.
        open: Open,
    },
    /// It does not let itself be read or written.
    #[error("use {path}: {error}")]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// Names the path in an I/O error.
pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> StateError {
    |error| StateError::Io { path: path.to_owned(), error }
}

impl StateDir {
    /// The folder at `path`, which need not be there yet.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The path of a file or folder in it.
    #[must_use]
    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Makes the folder where it is missing and takes the right to change it.
    ///
    /// # Errors
    /// When another process has it, the folder cannot be made or is others' to change.
    pub fn lock(&self) -> Result<StateLock, StateError> {
        durable::create_folder(&self.0).map_err(at(&self.0))?;
        if let Some(open) = durable::writers(&self.0).map_err(at(&self.0))? {
            return Err(StateError::Exposed { path: self.0.clone(), open });
        }
        let path = self.join("lock");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(at(&path))?;
        match file.try_lock() {
            Ok(()) => Ok(StateLock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(StateError::Busy(self.0.clone())),
            Err(TryLockError::Error(error)) => Err(at(&path)(error)),
        }
    }

    /// The number of the newest contact, on disk before anything is sent under it: higher than the
    /// last one on disk and than the `last` one this process gave, whichever says more.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub fn next_sequence(&self, last: Sequence) -> Result<Sequence, StateError> {
        let path = self.join("sequence");
        let next = self.sequence()?.max(last).next();
        let text = format!("{:020}\n", next.0);
        durable::overwrite(&path, text.as_bytes()).map_err(at(&path))?;
        Ok(next)
    }

    /// A number that cannot be understood counts as none: the collector then sees lower numbers
    /// than before with the same fingerprint, takes it for a restored disk and notes that.
    fn sequence(&self) -> Result<Sequence, StateError> {
        let path = self.join("sequence");
        let bytes = match durable::read(&path, SEQUENCE_BYTES) {
            Ok(None) => return Ok(Sequence::default()),
            Ok(Some(bytes)) => bytes,
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge => Vec::new(),
            Err(error) => return Err(at(&path)(error)),
        };
        let number = std::str::from_utf8(&bytes).ok();
        let number = number.and_then(|text| text.trim().parse().ok());
        if number.is_none() {
            tracing::warn!(path = %path.display(), "the contact counter is damaged");
        }
        Ok(number.map(Sequence).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> (tempfile::TempDir, StateDir) {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::new(folder.path().join("state"));
        (folder, state)
    }

    #[test]
    fn a_sequence_number_is_never_given_twice() {
        let (_folder, state) = state();
        let _lock = state.lock().unwrap();
        assert_eq!(state.next_sequence(Sequence(0)).unwrap(), Sequence(1));
        let after_restart = StateDir::new(state.path().to_owned());
        assert_eq!(after_restart.next_sequence(Sequence(0)).unwrap(), Sequence(2));
    }

    #[test]
    fn a_damaged_counter_does_not_silence_the_machine() {
        let (_folder, state) = state();
        let _lock = state.lock().unwrap();
        for damage in [&b"\0\0\0"[..], b"", &[b'7'; 4096]] {
            durable::replace(&state.join("sequence"), damage).unwrap();
            assert_eq!(state.next_sequence(Sequence(41)).unwrap(), Sequence(42));
            durable::replace(&state.join("sequence"), damage).unwrap();
            assert_eq!(state.next_sequence(Sequence(0)).unwrap(), Sequence(1));
        }
    }

    #[test]
    fn two_processes_do_not_work_in_one_folder() {
        let (_folder, state) = state();
        let first = state.lock().unwrap();
        assert!(matches!(state.lock(), Err(StateError::Busy(_))));
        drop(first);
        assert!(state.lock().is_ok());
    }
}
