//! A report in a file, for a machine that reaches no collector: what the service would send, signed
//! by the same key and numbered in the same row. How the file looks says [`report::export`].

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use report::export::{Export, signed_bytes};
use report::wire::encode_report;
use report::{MachineId, Report, Sequence, Text, Timestamp};
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::{Error, SignatureScheme};

use crate::clock;
use crate::contacts::Contacts;
use crate::cycle::CycleError;
use crate::durable;
use crate::fingerprint::fingerprint;
use crate::identity::Identity;
use crate::lookout::Lookout;
use crate::random;
use crate::spool::Spool;
use crate::state::{StateDir, StateError};
use crate::survey::{Subject, Surveyor};

/// A file that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exported {
    /// Which contact of the machine it is.
    pub sequence: Sequence,
    /// The last second of the certificate that it was signed under.
    pub certificate_ends: Timestamp,
}

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// Something lies there.
    #[error("write {0}: it is already there: give another name, or remove it first")]
    Exists(PathBuf),
    /// The disk does not take it.
    #[error("write {path}: {error}")]
    Write {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// There is no report to write.
    #[error(transparent)]
    Report(#[from] CycleError),
}

/// Surveys the machine and writes a signed report into a new file. Its number is on disk before
/// the file is, as before anything that is sent.
///
/// # Errors
/// When there is no identity that may be used here, another agent works in the folder, or the file
/// is there or cannot be written. Nothing of it is left then.
pub async fn export(
    state: &StateDir,
    subject: Subject,
    surveyor: &Surveyor,
    file: &Path,
) -> Result<Exported, ExportError> {
    let (export, exported) = signed(state, Arc::new(subject), surveyor).await?;
    write(&export, file)?;
    Ok(exported)
}

async fn signed(
    state: &StateDir,
    subject: Arc<Subject>,
    surveyor: &Surveyor,
) -> Result<(Export, Exported), CycleError> {
    let _lock = state.lock()?;
    let identity = Identity::load(state)?;
    let hardware = Arc::clone(&subject);
    let hardware = Lookout::default().look(move || fingerprint(&hardware.host)).await??;
    identity.belongs_to(&hardware)?;
    let observations = surveyor.survey(&subject, clock::now()).await;
    let sequence = state.next_sequence(last_sequence(state, identity.machine)?)?;
    let report = Report {
        machine: identity.machine,
        agent: Text::new(env!("CARGO_PKG_VERSION"))?,
        fingerprint: identity.fingerprint,
        incarnation: random::incarnation()?,
        sequence,
        sent_at: clock::now(),
        observations,
    };
    let exported = Exported { sequence, certificate_ends: identity.validity.not_after };
    Ok((sign(&identity, encode_report(&report))?, exported))
}

/// The newest number of this identity that is known beside the counter, which may be damaged.
fn last_sequence(state: &StateDir, machine: MachineId) -> Result<Sequence, StateError> {
    let told = Contacts::load(state, machine)?.told();
    let spool = Spool::look(state)?;
    let waiting = spool.waiting().iter().filter(|draft| draft.machine == machine);
    Ok(waiting.map(|draft| draft.sequence).fold(told, Sequence::max))
}

fn sign(identity: &Identity, report: String) -> Result<Export, Error> {
    let unfit = |why: &str| Error::General(why.to_owned());
    let certificate = identity.chain.first().ok_or_else(|| unfit("there is no certificate"))?;
    let key = any_supported_type(&identity.key)?;
    let signer = key.choose_scheme(&[SignatureScheme::ECDSA_NISTP256_SHA256]);
    let signer = signer.ok_or_else(|| unfit("the key is not one for ECDSA on P-256"))?;
    let signature = signer.sign(&signed_bytes(&report))?;
    Ok(Export { certificate: certificate.to_vec(), report, signature })
}

fn write(export: &Export, file: &Path) -> Result<(), ExportError> {
    let text = export.encode().map_err(io::Error::other);
    let written = text.and_then(|text| durable::create(file, text.as_bytes()));
    written.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => ExportError::Exists(file.to_owned()),
        _ => {
            // Half a file would only be refused later, and elsewhere.
            let _ = durable::remove(file);
            ExportError::Write { path: file.to_owned(), error }
        }
    })
}

#[cfg(test)]
mod tests;
