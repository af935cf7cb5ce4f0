//! `record`: what this machine answers, in the form in which machines are recorded, for somebody who
//! is to find out why a product is read wrongly. `survey --root` shows such a folder as it showed the
//! machine.
//!
//! Only what a survey asked for is written, of vendors' files and programs only the parts that a
//! definition reads, and whatever then still looks like a secret or a person is masked
//! (`record/redaction`). What cannot be looked through, as packed files, is left out.

mod files;
mod posture;
mod providers;
mod redaction;
mod reduced;
mod registry;
mod writing;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use report::Timestamp;

use crate::host::Tap;
use crate::survey::{Subject, Surveyor};
#[cfg(test)]
pub(crate) use files::is_recorded_answer;
use redaction::Redaction;
use writing::Writing;

/// What was written.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// How many files.
    pub files: usize,
    /// What was read and is not in the folder, each path once.
    pub left_out: Vec<String>,
}

/// Why there is no recording.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Something lies there.
    #[error("record into {0}: it is not empty: give the name of a new folder")]
    NotEmpty(PathBuf),
    /// The disk does not take it.
    #[error("write {path}: {error}")]
    Write {
        /// Which file or folder.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// Surveys a machine once and writes what it answered into a new or empty folder.
///
/// # Errors
/// When there is something in the folder, or it cannot be written.
pub async fn record(
    subject: Subject,
    folder: &Path,
    now: Timestamp,
) -> Result<Recorded, RecordError> {
    let writing = Writing::into(folder)?;
    let tap = Tap::open();
    let Subject { host, claims } = subject;
    let tapped = Subject { host: host.clone().tapped(&tap), claims };
    Surveyor::here(host.platform()).survey(&Arc::new(tapped), now).await;
    let seen = tap.seen();
    let copies = files::copies(&host, &seen);
    let redaction = Redaction::of(&seen, &copies);
    writing.write(&host, &seen, &copies, &redaction)
}

/// A folder that is there and has something in it.
fn has_something(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some())
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
