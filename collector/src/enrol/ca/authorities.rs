//! The authorities of a folder: those that issue, and those that are only accepted.

use std::fs;
use std::path::{Path, PathBuf};

use report::Timestamp;
use serde::{Deserialize, Serialize};

use super::rotation::{FORMER, NEXT, Root, Stage};
use super::{Authority, CaCertificate, CaError, at};

/// The file names of the two issuing authorities and of the root, without their endings.
pub(super) const MACHINE_CA: &str = "machine-ca";
pub(super) const COLLECTOR_CA: &str = "collector-ca";
pub(super) const ROOT: &str = "root";

/// The issuing authorities, and what stands beside them while they are replaced.
#[derive(Debug)]
pub struct Authorities {
    /// Issues `clientAuth` leaves to machines.
    pub machines: Authority,
    /// Issues `serverAuth` leaves to collectors.
    pub collectors: Authority,
    /// Machine CAs that issue nothing any more and are still accepted.
    pub former: Vec<CaCertificate>,
    /// The collector CA that agents are told to trust already, and that speaks once the rotation
    /// is finished.
    pub next: Option<CaCertificate>,
    /// What both stand under, where its certificate lies here.
    pub root: Option<CaCertificate>,
}

/// What an authority is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Signs the others.
    Root,
    /// Issues to machines.
    MachineCa,
    /// Issued to machines, and is still accepted.
    FormerMachineCa,
    /// Issues to collectors.
    CollectorCa,
    /// Will issue to collectors.
    NextCollectorCa,
}

impl Role {
    /// The kind of authority, which stays the same all its life.
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self {
            Self::Root => ROOT,
            Self::MachineCa | Self::FormerMachineCa => MACHINE_CA,
            Self::CollectorCa | Self::NextCollectorCa => COLLECTOR_CA,
        }
    }
}

impl Authorities {
    /// Makes root and issuing authorities in an empty folder; keeps those that are there.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn create(folder: &Path, now: Timestamp) -> Result<Self, CaError> {
        Self::create_under(folder, None, now)
    }

    /// The same with the root's key in a file of its own, best on a medium that can be taken away:
    /// nobody needs it before the authorities are replaced.
    ///
    /// # Errors
    /// When a file cannot be written, or the one for the key is already there.
    pub fn create_under(
        folder: &Path,
        root_key: Option<&Path>,
        now: Timestamp,
    ) -> Result<Self, CaError> {
        if !folder.join(format!("{COLLECTOR_CA}.pem")).exists() {
            fs::create_dir_all(folder).map_err(|cause| at(folder, cause))?;
            Root::create(folder, root_key, now)?.issue_both(folder, now)?;
        }
        Self::load(folder)
    }

    /// Reads the authorities of a folder.
    ///
    /// # Errors
    /// When a file is missing, damaged, or a key can be read by others; when a rotation was cut
    /// short.
    pub fn load(folder: &Path) -> Result<Self, CaError> {
        let next = match Stage::of(folder) {
            Stage::Settled => None,
            Stage::Overlap => Some(CaCertificate::read(&pem(&folder.join(NEXT), COLLECTOR_CA))?),
            Stage::Beginning => return Err(CaError::CutShort("rotate")),
            Stage::Ending => return Err(CaError::CutShort("finish")),
        };
        let root = pem(folder, ROOT);
        Ok(Self {
            machines: Authority::load(folder, MACHINE_CA)?,
            collectors: Authority::load(folder, COLLECTOR_CA)?,
            former: former(&folder.join(FORMER))?,
            next,
            root: root.exists().then(|| CaCertificate::read(&root)).transpose()?,
        })
    }

    /// The machine CAs whose certificates are accepted; the first one issues.
    pub fn machine_cas(&self) -> impl Iterator<Item = &CaCertificate> {
        std::iter::once(self.machines.certificate()).chain(&self.former)
    }

    /// The collector CAs that agents are to trust, in PEM.
    #[must_use]
    pub fn anchors(&self) -> String {
        let next = self.next.as_ref().map_or("", CaCertificate::pem);
        format!("{}{next}", self.collectors.certificate().pem())
    }

    /// Every authority with what it is for.
    #[must_use]
    pub fn each(&self) -> Vec<(Role, &CaCertificate)> {
        let former = self.former.iter().map(|former| (Role::FormerMachineCa, former));
        let next = self.next.iter().map(|next| (Role::NextCollectorCa, next));
        let mut each: Vec<_> = self.root.iter().map(|root| (Role::Root, root)).collect();
        each.push((Role::MachineCa, self.machines.certificate()));
        each.extend(former);
        each.push((Role::CollectorCa, self.collectors.certificate()));
        each.extend(next);
        each
    }
}

/// Where the certificate of this name lies.
pub(super) fn pem(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.pem"))
}

/// Where the key of this name lies.
pub(super) fn key(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.key"))
}

fn former(folder: &Path) -> Result<Vec<CaCertificate>, CaError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(|cause| at(folder, cause))?,
    };
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(|cause| at(folder, cause))?.path());
    }
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "pem"));
    paths.sort();
    paths.iter().map(|path| CaCertificate::read(path)).collect()
}
