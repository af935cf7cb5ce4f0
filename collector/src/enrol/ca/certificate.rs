//! The certificate of an authority, as it lies in a file.

use std::path::Path;

use rcgen::{KeyPair, PublicKeyData as _};
use report::Timestamp;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use sha2::{Digest as _, Sha256};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;

use super::{BACKDATED, CaError, read};

/// The certificate of an authority. It holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaCertificate {
    der: CertificateDer<'static>,
    pem: String,
    public_key: Vec<u8>,
    not_before: Timestamp,
    not_after: Timestamp,
}

impl CaCertificate {
    pub(super) fn read(path: &Path) -> Result<Self, CaError> {
        let content = |why: String| CaError::Content { path: path.to_owned(), why };
        let pem = read(path)?;
        let der = CertificateDer::from_pem_slice(pem.as_bytes())
            .map_err(|error| content(error.to_string()))?;
        let (_, certificate) =
            X509Certificate::from_der(&der).map_err(|error| content(error.to_string()))?;
        let validity = certificate.validity();
        let (not_before, not_after) =
            (validity.not_before.timestamp(), validity.not_after.timestamp());
        let public_key = certificate.public_key().raw.to_vec();
        let (not_before, not_after) = (Timestamp(not_before), Timestamp(not_after));
        Ok(Self { pem, public_key, not_before, not_after, der })
    }

    /// In DER.
    #[must_use]
    pub fn der(&self) -> &CertificateDer<'static> {
        &self.der
    }

    /// In PEM.
    #[must_use]
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// SHA-256 of its DER form: what a join token pins, and what people compare.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        Sha256::digest(&self.der).into()
    }

    /// When it was made, by the clock of whoever made it.
    #[must_use]
    pub fn made_at(&self) -> Timestamp {
        self.not_before + BACKDATED
    }

    /// Valid from.
    #[must_use]
    pub fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// Valid until.
    #[must_use]
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// Whether a key is its own.
    pub(super) fn is_of(&self, key: &KeyPair) -> bool {
        key.subject_public_key_info() == self.public_key
    }
}
