//! The certificate authorities: one root, and under it one CA for machines and one for collectors.
//!
//! The two share nothing but the root: collectors trust only the machine CA for clients, agents
//! trust only the collector CA for servers, so no machine can ever pass for a collector.

mod authorities;
mod certificate;
pub mod rotation;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType, SerialNumber, SubjectPublicKeyInfo,
};
use report::{MachineId, Timestamp};
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;

use super::csr::RequestedKey;
use crate::files::{read_bounded, write_atomically};
use crate::store::NewCertificate;
pub use authorities::{Authorities, Role};
pub use certificate::CaCertificate;

const DAY: i64 = report::moment::DAY;
/// How long a leaf lives, in seconds.
pub const LEAF_LIFE: i64 = 90 * DAY;
/// Leaves begin this much in the past, so that a clock that is a little slow accepts them.
const BACKDATED: i64 = 3600;
/// No key or certificate is larger.
const MAX_PEM_BYTES: u64 = 64 * 1024;

/// Why the authorities cannot work.
#[derive(Debug, thiserror::Error)]
pub enum CaError {
    /// A file cannot be read or written.
    #[error("{path}: {cause}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// A file does not hold what it should.
    #[error("{path}: {why}")]
    Content {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A private key is open to others.
    #[error("{path} can be read by others (mode {mode:03o}): run chmod 600 {path}")]
    OpenKey {
        /// Which.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// A certificate cannot be made.
    #[error("issue a certificate: {0}")]
    Issue(#[from] rcgen::Error),
    /// The key that signs authorities lies elsewhere.
    #[error("{0} is not there: say with --root-key FILE where the root's key is kept")]
    NoRootKey(PathBuf),
    /// A key would be written over.
    #[error("{0} is already there: it may be the key of another collector's root")]
    KeyThere(PathBuf),
    /// One rotation at a time.
    #[error("the authorities are being replaced already: end that first with `ca finish`")]
    UnderWay,
    /// There is nothing to finish.
    #[error("no authority is being replaced: begin with `ca rotate`")]
    NotUnderWay,
    /// A command did not come to its end.
    #[error("replacing the authorities was cut short: run `lachan-collector ca {0}` again")]
    CutShort(&'static str),
    /// The source of random numbers fails.
    #[error("the system gives no random numbers")]
    Random,
}

/// One issuing authority.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CaCertificate,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}

/// A certificate for a machine.
#[derive(Debug)]
pub struct IssuedMachine {
    /// What the machine gets.
    pub pem: String,
    /// What the store keeps.
    pub record: NewCertificate,
}

/// A certificate for the collector itself, with its key; so it has no `Debug`.
pub struct IssuedCollector {
    /// Leaf, then the collector CA, so that a machine that only has a join token can check its pin.
    pub chain: Vec<CertificateDer<'static>>,
    /// Its private key.
    pub key: PrivatePkcs8KeyDer<'static>,
    /// Valid until.
    pub not_after: Timestamp,
}

impl Authority {
    fn load(folder: &Path, name: &str) -> Result<Self, CaError> {
        let certificate = CaCertificate::read(&folder.join(format!("{name}.pem")))?;
        Self::with_key(certificate, &folder.join(format!("{name}.key")))
    }

    fn with_key(certificate: CaCertificate, key_path: &Path) -> Result<Self, CaError> {
        let content = |why: String| CaError::Content { path: key_path.to_owned(), why };
        let key =
            KeyPair::from_pem(&read_key(key_path)?).map_err(|error| content(error.to_string()))?;
        if !certificate.is_of(&key) {
            return Err(content("does not belong to the certificate it is for".to_owned()));
        }
        let issuer = Issuer::from_ca_cert_der(certificate.der(), key)
            .map_err(|error| content(error.to_string()))?;
        Ok(Self { issuer, certificate })
    }

    /// The authority's certificate.
    #[must_use]
    pub fn certificate(&self) -> &CaCertificate {
        &self.certificate
    }

    /// SHA-256 of the authority's certificate.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        self.certificate.sha256()
    }

    /// Issues a machine's certificate for a key. Everything but the key is the collector's own.
    ///
    /// # Errors
    /// When the certificate cannot be made.
    pub fn issue_machine(
        &self,
        machine: MachineId,
        key: &RequestedKey,
        now: Timestamp,
    ) -> Result<IssuedMachine, CaError> {
        let key = SubjectPublicKeyInfo::from_der(key.der())?;
        let serial = positive(random()?);
        let mut params = leaf_params(&machine.to_string(), &serial, now)?;
        params.subject_alt_names = vec![SanType::URI(machine.uri().try_into()?)];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let certificate = params.signed_by(&key, &self.issuer)?;
        let record = NewCertificate {
            sha256: Sha256::digest(certificate.der()).into(),
            serial: hex(&serial),
            issuer: self.sha256(),
            not_before: now - BACKDATED,
            not_after: now + LEAF_LIFE,
        };
        Ok(IssuedMachine { pem: certificate.pem(), record })
    }

    /// Issues the collector's own certificate for the names and addresses agents call it by.
    ///
    /// # Errors
    /// When a name is none, or the certificate cannot be made.
    pub fn issue_collector(
        &self,
        names: &[String],
        now: Timestamp,
    ) -> Result<IssuedCollector, CaError> {
        let key = KeyPair::generate()?;
        let mut params = leaf_params("Lá Chắn collector", &positive(random()?), now)?;
        // Tells names from addresses.
        params.subject_alt_names = CertificateParams::new(names)?.subject_alt_names;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let leaf = params.signed_by(&key, &self.issuer)?;
        Ok(IssuedCollector {
            chain: vec![leaf.der().clone(), self.certificate.der().clone()],
            key: PrivatePkcs8KeyDer::from(key.serialize_der()),
            not_after: now + LEAF_LIFE,
        })
    }
}

/// Random bytes from the system.
///
/// # Errors
/// When it has none.
pub fn random<const N: usize>() -> Result<[u8; N], CaError> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| CaError::Random)?;
    Ok(bytes)
}

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn ca_params(
    name: &str,
    usage: Option<ExtendedKeyUsagePurpose>,
    now: Timestamp,
    life: i64,
) -> Result<CertificateParams, CaError> {
    let serial = positive(random()?);
    let mut params = CertificateParams::default();
    params.distinguished_name.remove(DnType::CommonName);
    // No two authorities share a name: a chain then never leads to the wrong one.
    params.distinguished_name.push(DnType::CommonName, format!("{name} {}", hex(&serial[..4])));
    let below = if usage.is_some() { 0 } else { 1 };
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(below));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.extended_key_usages = usage.into_iter().collect();
    params.use_authority_key_identifier_extension = true;
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    params.not_before = date(now - BACKDATED);
    params.not_after = date(now + life);
    Ok(params)
}

fn leaf_params(
    name: &str,
    serial: &[u8; 16],
    now: Timestamp,
) -> Result<CertificateParams, CaError> {
    let mut params = CertificateParams::default();
    params.distinguished_name.remove(DnType::CommonName);
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    params.serial_number = Some(SerialNumber::from_slice(serial));
    params.not_before = date(now - BACKDATED);
    params.not_after = date(now + LEAF_LIFE);
    Ok(params)
}

/// A serial number is a positive integer: its first bit must be clear.
fn positive(mut serial: [u8; 16]) -> [u8; 16] {
    serial[0] = serial[0] & 0x7f | 0x40;
    serial
}

fn date(moment: Timestamp) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(moment.0).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// The certificate, or the public key, goes last: where it is, the key is.
pub(crate) fn write_authority(
    folder: &Path,
    name: &str,
    key: &KeyPair,
    pem: &str,
) -> Result<(), CaError> {
    let path = folder.join(format!("{name}.key"));
    let secret = key.serialize_pem();
    write_atomically(&path, secret.as_bytes(), 0o600).map_err(|cause| at(&path, cause))?;
    write_public(&folder.join(format!("{name}.pem")), pem)
}

/// Writes a certificate or a public key, which anybody may read.
pub(crate) fn write_public(path: &Path, pem: &str) -> Result<(), CaError> {
    write_atomically(path, pem.as_bytes(), 0o644).map_err(|cause| at(path, cause))
}

/// Reads a private key that only its owner can.
pub(crate) fn read_key(path: &Path) -> Result<String, CaError> {
    let mode = fs::metadata(path).map_err(|cause| at(path, cause))?.permissions().mode() & 0o777;
    match mode & 0o077 {
        0 => read(path),
        _ => Err(CaError::OpenKey { path: path.to_owned(), mode }),
    }
}

/// Reads a certificate or a public key.
pub(crate) fn read(path: &Path) -> Result<String, CaError> {
    read_bounded(path, MAX_PEM_BYTES).map_err(|cause| at(path, cause))
}

fn at(path: &Path, cause: std::io::Error) -> CaError {
    CaError::File { path: path.to_owned(), cause }
}

#[cfg(test)]
mod tests;
