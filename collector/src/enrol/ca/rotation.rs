//! Replacing the authorities, in two steps between which machines come over.
//!
//! [`rotate`] makes a new machine CA, which issues from then on, while the old one is still
//! accepted; and a new collector CA, which waits in `next/` while the old one still speaks. Every
//! identity that is issued in between brings both collector CAs. [`finish`] lets the new collector
//! CA speak and the old ones go.
//!
//! Each step is done file by file, each moved whole, in an order in which every cut is recognised
//! ([`Stage`]) and the same command goes on where it was.

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use rcgen::{ExtendedKeyUsagePurpose, KeyPair};
use report::Timestamp;

use super::authorities::{COLLECTOR_CA, MACHINE_CA, ROOT, key, pem};
use super::{
    Authority, CaCertificate, CaError, DAY, at, ca_params, hex, write_authority, write_public,
};
use crate::files::{give_to_owner_of, write_atomically};

/// Machine CAs that are still accepted; their keys are gone.
pub(super) const FORMER: &str = "former";
/// The collector CA that waits.
pub(super) const NEXT: &str = "next";
/// [`NEXT`] before everything is in it.
const DRAFT: &str = "next.new";

const ISSUING_LIFE: i64 = 10 * 365 * DAY;
const ROOT_LIFE: i64 = 20 * 365 * DAY;

/// How far a rotation has come, as the files tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// There is none.
    Settled,
    /// [`rotate`] was cut short.
    Beginning,
    /// Machines come over.
    Overlap,
    /// [`finish`] was cut short.
    Ending,
}

impl Stage {
    /// That of a folder.
    #[must_use]
    pub fn of(folder: &Path) -> Self {
        let next = folder.join(NEXT);
        if pem(&next, MACHINE_CA).exists() {
            Self::Beginning
        } else if key(&next, COLLECTOR_CA).exists() {
            Self::Overlap
        } else if pem(&next, COLLECTOR_CA).exists() || folder.join(FORMER).exists() {
            Self::Ending
        } else {
            Self::Settled
        }
    }
}

/// Puts a new machine CA in the place of the one that issues, and a new collector CA beside the one
/// that speaks. The root's key is read from `root_key`, or from the folder.
///
/// # Errors
/// When a rotation is under way, the root's key is not there or a file cannot be written.
pub fn rotate(folder: &Path, root_key: Option<&Path>, now: Timestamp) -> Result<(), CaError> {
    match Stage::of(folder) {
        Stage::Settled => prepare(folder, &Root::open(folder, root_key)?, now)?,
        Stage::Beginning => {}
        Stage::Overlap => return Err(CaError::UnderWay),
        Stage::Ending => return Err(CaError::CutShort("finish")),
    }
    let (former, next) = (folder.join(FORMER), folder.join(NEXT));
    let old = CaCertificate::read(&pem(folder, MACHINE_CA))?;
    make_folder(&former, folder)?;
    let kept = pem(&former, &format!("{MACHINE_CA}-{}", hex(&old.sha256()[..4])));
    write_public(&kept, old.pem())?;
    hand_over(&kept, folder)?;
    // The certificate last: while it is in `next/`, nothing is lost.
    step(&key(&next, MACHINE_CA), &key(folder, MACHINE_CA))?;
    step(&pem(&next, MACHINE_CA), &pem(folder, MACHINE_CA))
}

/// Lets the new collector CA speak, and accepts certificates of the new machine CA alone.
///
/// # Errors
/// When there is no rotation, [`rotate`] was cut short, or a file cannot be moved.
pub fn finish(folder: &Path) -> Result<(), CaError> {
    match Stage::of(folder) {
        Stage::Overlap | Stage::Ending => {}
        Stage::Settled => return Err(CaError::NotUnderWay),
        Stage::Beginning => return Err(CaError::CutShort("rotate")),
    }
    let next = folder.join(NEXT);
    step(&key(&next, COLLECTOR_CA), &key(folder, COLLECTOR_CA))?;
    step(&pem(&next, COLLECTOR_CA), &pem(folder, COLLECTOR_CA))?;
    for emptied in [next, folder.join(FORMER)] {
        gone(fs::remove_dir_all(&emptied)).map_err(|cause| at(&emptied, cause))?;
    }
    sync(folder)
}

/// Everything that is new, whole in `next/` or not there.
fn prepare(folder: &Path, root: &Root, now: Timestamp) -> Result<(), CaError> {
    let (draft, next) = (folder.join(DRAFT), folder.join(NEXT));
    gone(fs::remove_dir_all(&draft)).map_err(|cause| at(&draft, cause))?;
    make_folder(&draft, folder)?;
    root.issue_both(&draft, now)?;
    for name in [MACHINE_CA, COLLECTOR_CA] {
        hand_over(&key(&draft, name), folder)?;
        hand_over(&pem(&draft, name), folder)?;
    }
    fs::rename(&draft, &next).map_err(|cause| at(&next, cause))?;
    sync(folder)
}

/// Moves a file into the place of another; one that is not there was moved before the cut.
fn step(from: &Path, to: &Path) -> Result<(), CaError> {
    gone(fs::rename(from, to)).map_err(|cause| at(to, cause))?;
    sync(to.parent().unwrap_or(Path::new(".")))
}

fn sync(folder: &Path) -> Result<(), CaError> {
    fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(|cause| at(folder, cause))
}

fn gone(result: io::Result<()>) -> io::Result<()> {
    result.or_else(|error| match error.kind() {
        io::ErrorKind::NotFound => Ok(()),
        _ => Err(error),
    })
}

fn make_folder(path: &Path, folder: &Path) -> Result<(), CaError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|cause| at(path, cause))?;
    hand_over(path, folder)
}

/// Root may run the command, and the collector's own user must read what comes of it.
fn hand_over(path: &Path, folder: &Path) -> Result<(), CaError> {
    give_to_owner_of(folder, path).map_err(|cause| at(path, cause))
}

/// Signs authorities, and nothing else.
pub(super) struct Root(Authority);

impl Root {
    /// A new one, with its key in this file, or beside its certificate in the folder.
    pub(super) fn create(
        folder: &Path,
        root_key: Option<&Path>,
        now: Timestamp,
    ) -> Result<Self, CaError> {
        if let Some(path) = root_key.filter(|path| path.exists()) {
            return Err(CaError::KeyThere(path.to_owned()));
        }
        let pair = KeyPair::generate()?;
        let params = ca_params("Lá Chắn Root CA", None, now, ROOT_LIFE)?;
        let certificate = params.self_signed(&pair)?;
        let path = Self::key_path(folder, root_key);
        write_atomically(&path, pair.serialize_pem().as_bytes(), 0o600)
            .map_err(|cause| at(&path, cause))?;
        write_public(&pem(folder, ROOT), &certificate.pem())?;
        Self::open(folder, root_key)
    }

    /// The one whose certificate lies in the folder.
    pub(super) fn open(folder: &Path, root_key: Option<&Path>) -> Result<Self, CaError> {
        let path = Self::key_path(folder, root_key);
        if !path.exists() {
            return Err(CaError::NoRootKey(path));
        }
        Authority::with_key(CaCertificate::read(&pem(folder, ROOT))?, &path).map(Self)
    }

    fn key_path(folder: &Path, root_key: Option<&Path>) -> PathBuf {
        root_key.map_or_else(|| key(folder, ROOT), Path::to_owned)
    }

    /// A machine CA and a collector CA.
    pub(super) fn issue_both(&self, folder: &Path, now: Timestamp) -> Result<(), CaError> {
        for (file, name, usage) in [
            (MACHINE_CA, "Lá Chắn Machine CA", ExtendedKeyUsagePurpose::ClientAuth),
            (COLLECTOR_CA, "Lá Chắn Collector CA", ExtendedKeyUsagePurpose::ServerAuth),
        ] {
            let pair = KeyPair::generate()?;
            let params = ca_params(name, Some(usage), now, ISSUING_LIFE)?;
            let certificate = params.signed_by(&pair, &self.0.issuer)?;
            write_authority(folder, file, &pair, &certificate.pem())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
