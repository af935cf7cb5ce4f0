//! The files of an identity, written so that a crash at any moment leaves the old identity whole
//! or the new one whole.
//!
//! A new identity grows in `identity.tmp`. The rename of that folder to `identity.new` is the
//! moment from which the new one counts; moving it to `identity` is only tidying, which the next
//! writer finishes if this one could not.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use report::{Fingerprint, MachineId};
use serde::{Deserialize, Serialize};

use super::IdentityError;
use crate::durable::{self, SecretError};
use crate::state::StateDir;

const CURRENT: &str = "identity";
const NEW: &str = "identity.new";
const OLD: &str = "identity.old";
const GROWING: &str = "identity.tmp";

const KEY: &str = "key.pem";
const CERTIFICATE: &str = "certificate.pem";
const ANCHORS: &str = "anchors.pem";
const ABOUT: &str = "identity.json";

const MAX_BYTES: u64 = 64 * 1024;

/// The files of an identity.
pub(super) struct IdentityFiles {
    pub(super) key: String,
    pub(super) certificate: String,
    pub(super) anchors: String,
    pub(super) about: About,
}

/// What stands beside key and certificates.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct About {
    /// The version that the collector spoke when it was given.
    pub(super) wire: u16,
    pub(super) machine: MachineId,
    pub(super) fingerprint: Fingerprint,
    pub(super) addresses: Vec<String>,
}

/// The folder of the identity that counts.
pub(super) fn newest(state: &StateDir) -> PathBuf {
    let new = state.join(NEW);
    match new.exists() {
        true => new,
        false => state.join(CURRENT),
    }
}

impl IdentityFiles {
    /// Reads them; `None` when there is no such folder.
    pub(super) fn read(folder: &Path) -> Result<Option<Self>, IdentityError> {
        if !folder.exists() {
            return Ok(None);
        }
        let about = folder.join(ABOUT);
        Ok(Some(Self {
            key: read_key(&folder.join(KEY))?,
            certificate: read(&folder.join(CERTIFICATE))?,
            anchors: read(&folder.join(ANCHORS))?,
            about: serde_json::from_str(&read(&about)?).map_err(|error| damaged(&about, error))?,
        }))
    }
}

fn read(path: &Path) -> Result<String, IdentityError> {
    File::open(path)
        .and_then(|file| durable::read_text(file, MAX_BYTES))
        .map_err(|error| damaged(path, error))
}

fn read_key(path: &Path) -> Result<String, IdentityError> {
    let bytes = durable::read_secret(path, MAX_BYTES).map_err(|error| match error {
        SecretError::Exposed(exposure) => {
            IdentityError::ExposedKey { path: path.to_owned(), exposure }
        }
        SecretError::Io(error) => damaged(path, error),
    })?;
    String::from_utf8(bytes).map_err(|error| damaged(path, error))
}

fn damaged(path: &Path, why: impl ToString) -> IdentityError {
    IdentityError::Damaged { path: path.to_owned(), why: why.to_string() }
}

/// An identity that does not count yet. Dropped, it is gone.
#[derive(Debug)]
pub(super) struct Staging {
    state: StateDir,
    folder: PathBuf,
}

impl Staging {
    /// Starts with the key.
    pub(super) fn begin(state: &StateDir, key: &str) -> Result<Self, IdentityError> {
        let folder = state.join(GROWING);
        let staging = Self { state: state.clone(), folder: folder.clone() };
        let begun = (|| {
            durable::remove_folder(&folder)?;
            durable::create_folder(&folder)?;
            durable::create(&folder.join(KEY), key.as_bytes())
        })();
        begun.map_err(|error| IdentityError::Io { path: folder, error })?;
        Ok(staging)
    }

    /// Adds the rest and makes it count.
    pub(super) fn commit(self, files: &IdentityFiles) -> Result<(), IdentityError> {
        self.write(files).map_err(|error| IdentityError::Io { path: self.folder.clone(), error })
    }

    fn write(&self, files: &IdentityFiles) -> io::Result<()> {
        let about = serde_json::to_vec_pretty(&files.about)?;
        for (name, bytes) in [
            (CERTIFICATE, files.certificate.as_bytes()),
            (ANCHORS, files.anchors.as_bytes()),
            (ABOUT, about.as_slice()),
        ] {
            durable::create(&self.folder.join(name), bytes)?;
        }
        durable::sync_folder(&self.folder)?;
        tidy(&self.state)?;
        durable::rename(&self.folder, &self.state.join(NEW))?;
        // From here on the new identity counts, tidied or not.
        if let Err(error) = tidy(&self.state) {
            tracing::warn!(%error, "the identity was kept but not tidied up");
        }
        Ok(())
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if let Err(error) = durable::remove_folder(&self.folder) {
            tracing::warn!(%error, path = %self.folder.display(), "could not be removed");
        }
    }
}

/// Moves a new identity into its final place and removes what it replaced.
fn tidy(state: &StateDir) -> io::Result<()> {
    let (current, new, old) = (state.join(CURRENT), state.join(NEW), state.join(OLD));
    durable::remove_folder(&old)?;
    if new.exists() {
        if current.exists() {
            durable::rename(&current, &old)?;
        }
        durable::rename(&new, &current)?;
        durable::remove_folder(&old)?;
    }
    Ok(())
}
