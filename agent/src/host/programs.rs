//! The programs door as probes see it: one run of one program of the system's, held to limits.
//!
//! The agent runs with all rights. It runs a program only where nobody else can have written it: the
//! file and every folder above it belong to the system and are writable to nobody else.

mod live;
mod recorded;
mod trust;

use std::time::Duration;

pub use recorded::word as recorded_failure;

use super::Rests;
use super::files::{Files, Read};
use super::rests::Went;

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
    rests: Rests,
    way: Way,
}

#[derive(Clone, Copy, Debug)]
enum Way {
    Live,
    Recorded,
}

impl Programs {
    /// Those of the machine this process runs on.
    pub(super) fn live(files: &Files, rests: &Rests) -> Self {
        Self { files: files.clone(), rests: rests.clone(), way: Way::Live }
    }

    /// What those of a recorded machine said.
    pub(super) fn recorded(files: &Files, rests: &Rests) -> Self {
        Self { files: files.clone(), rests: rests.clone(), way: Way::Recorded }
    }

    /// Runs a program to its end. However it ends by itself, that is an answer.
    ///
    /// It hears nothing on standard input, and of the environment two variables: `LC_ALL=C` and a
    /// `PATH` of the system's folders. One that hung, was killed or said too much is not begun again in
    /// this survey, whatever it is asked.
    ///
    /// # Errors
    /// When it rests, when it is not there ([`NotFound`](super::files::ReadErrorKind::NotFound)), when somebody but
    /// the system can change it ([`Refused`](super::files::ReadErrorKind::Refused)), when it takes
    /// too long ([`Timeout`](super::files::ReadErrorKind::Timeout)) or says too much
    /// ([`TooLarge`](super::files::ReadErrorKind::TooLarge)).
    pub fn run(&self, ask: &Ask<'_>) -> Read<Said> {
        let said = self.rests.ask(ask.path, || match self.way {
            Way::Live => live::run(&self.files, ask),
            Way::Recorded => recorded::run(&self.files, ask),
        });
        self.files.tap.note(|seen| drop(seen.programs.insert(recorded::line(ask), said.clone())));
        if let Ok(Said { code: None, .. }) = said {
            self.rests.note(ask.path, Went::Badly);
        }
        said
    }
}

#[cfg(test)]
mod tests;
