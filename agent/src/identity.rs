//! Who this machine is to its collector: a key, a certificate, whom to trust, and the hardware
//! all that was given to.

mod files;

use std::io;
use std::path::PathBuf;

use rcgen::{CertificateParams, DistinguishedName, KeyPair};
use report::wire::IdentityReply;
use report::{Fingerprint, MachineId};
use rustls::RootCertStore;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::address::{Address, AddressError};
use crate::certificate::Validity;
use crate::durable::Exposure;
use crate::remedies::HERE;
use crate::state::StateDir;
use files::{About, IdentityFiles, Staging};

/// The identity of this machine.
#[derive(Debug)]
pub struct Identity {
    /// Its name.
    pub machine: MachineId,
    /// The hardware it was given to.
    pub fingerprint: Fingerprint,
    /// The collectors of the join token.
    pub addresses: Vec<Address>,
    /// The dates of the certificate.
    pub validity: Validity,
    pub(crate) anchors: RootCertStore,
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) key: PrivateKeyDer<'static>,
}

/// Why there is no identity to use.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The machine never enrolled.
    #[error(
        "find this machine's identity in {0}: it is not enrolled: \
         run lachan-agent enrol --token-file FILE with a token from the collector"
    )]
    NotEnrolled(PathBuf),
    /// Others may read the key.
    #[error(
        "use the key {path}: others may read it ({exposure}): if nobody did, {keep}; \
         else enrol anew with lachan-agent enrol --replace",
        keep = HERE.keep_file(path)
    )]
    ExposedKey {
        /// The key.
        path: PathBuf,
        /// How they are let in.
        exposure: Exposure,
    },
    /// The disk came from another machine.
    #[error(
        "use this machine's identity: it was given to other hardware (this is a copied disk or a \
         rebuilt machine) or to an agent run by another user: enrol anew with a new token: \
         lachan-agent enrol --replace --token-file FILE"
    )]
    OtherHardware,
    /// A file of the identity is missing or damaged.
    #[error(
        "read the identity file {path}: {why}: \
         enrol anew with lachan-agent enrol --replace --token-file FILE"
    )]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The disk does not take or give it.
    #[error("keep this machine's identity in {path}: {error}")]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// What the collector answered does not make an identity.
    #[error("use the identity the collector answered: {0}")]
    Unusable(Unusable),
    /// No key could be made.
    #[error("make a key: {0}")]
    Key(#[from] rcgen::Error),
}

/// Why parts do not make an identity.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// The certificate or the key is not one.
    #[error("the certificate or the key is not in PEM")]
    NotPem,
    /// There is no certificate at all.
    #[error("there is no certificate")]
    NoCertificate,
    /// The certificate was made for another key.
    #[error("certificate and key do not belong together: {0}")]
    Mismatch(rustls::Error),
    /// The dates cannot be read.
    #[error("the dates of the certificate cannot be read")]
    NoDates,
    /// Nothing to trust.
    #[error("the collector's anchors cannot be used: {0}")]
    Anchors(rustls::Error),
    /// There are no anchors at all.
    #[error("there are no anchors")]
    NoAnchors,
    /// A renewal for someone else.
    #[error("it names machine {0}, which is not this one")]
    OtherMachine(MachineId),
    /// The kept address is none.
    #[error(transparent)]
    Address(#[from] AddressError),
}

impl Identity {
    /// The identity kept in `state`.
    ///
    /// # Errors
    /// When there is none, it is damaged, or others may read its key.
    pub fn load(state: &StateDir) -> Result<Self, IdentityError> {
        let folder = files::newest(state);
        let files = IdentityFiles::read(&folder)?
            .ok_or_else(|| IdentityError::NotEnrolled(state.path().to_owned()))?;
        Self::assemble(&files)
            .map_err(|why| IdentityError::Damaged { path: folder, why: why.to_string() })
    }

    /// Whether this machine has an identity, usable or not.
    #[must_use]
    pub fn exists(state: &StateDir) -> bool {
        files::newest(state).exists()
    }

    /// Makes sure that this is the hardware the identity was given to. Without that it must not
    /// speak: a copied disk would speak in the name of the machine it came from.
    ///
    /// # Errors
    /// When it is not.
    pub fn belongs_to(&self, hardware: &Fingerprint) -> Result<(), IdentityError> {
        match self.fingerprint == *hardware {
            true => Ok(()),
            false => Err(IdentityError::OtherHardware),
        }
    }

    /// Where to report: to these collectors, or, if there are none, to those of the enrolment.
    #[must_use]
    pub fn collectors<'a>(&'a self, configured: &'a [Address]) -> &'a [Address] {
        match configured {
            [] => &self.addresses,
            configured => configured,
        }
    }

    fn assemble(files: &IdentityFiles) -> Result<Self, Unusable> {
        let key =
            PrivateKeyDer::from_pem_slice(files.key.as_bytes()).map_err(|_| Unusable::NotPem)?;
        let chain = certificates(&files.certificate)?;
        CertifiedKey::from_der(chain.clone(), key.clone_key(), &default_provider())
            .map_err(Unusable::Mismatch)?;
        let leaf = chain.first().ok_or(Unusable::NoCertificate)?;
        let validity = Validity::of(leaf).ok_or(Unusable::NoDates)?;
        let addresses = files.about.addresses.iter();
        Ok(Self {
            machine: files.about.machine,
            fingerprint: files.about.fingerprint,
            addresses: addresses.map(|address| address.parse()).collect::<Result<_, _>>()?,
            validity,
            anchors: anchors(&files.anchors)?,
            chain,
            key,
        })
    }
}

fn certificates(pem: &str) -> Result<Vec<CertificateDer<'static>>, Unusable> {
    CertificateDer::pem_slice_iter(pem.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|_| Unusable::NotPem)
}

fn anchors(pem: &str) -> Result<RootCertStore, Unusable> {
    let mut store = RootCertStore::empty();
    for anchor in certificates(pem)? {
        store.add(anchor).map_err(Unusable::Anchors)?;
    }
    match store.is_empty() {
        true => Err(Unusable::NoAnchors),
        false => Ok(store),
    }
}

/// An identity in the making: its key is on disk before anyone is asked to certify it, so that
/// neither a full disk nor a crash wastes a join token. Dropped, it leaves nothing behind.
#[derive(Debug)]
pub struct Candidate {
    staging: Staging,
    key: KeyPair,
}

/// What an identity is for, beside what the collector answers.
#[derive(Clone, Debug)]
pub struct Purpose {
    /// The hardware it is given to.
    pub fingerprint: Fingerprint,
    /// The collectors it is for.
    pub addresses: Vec<Address>,
    /// The name it must have, when it already has one.
    pub machine: Option<MachineId>,
}

impl Candidate {
    /// Makes a new key.
    ///
    /// # Errors
    /// When none can be made or kept.
    pub fn new(state: &StateDir) -> Result<Self, IdentityError> {
        let key = KeyPair::generate()?;
        let staging = Staging::begin(state, &key.serialize_pem())?;
        Ok(Self { staging, key })
    }

    /// The request to certify it. It says nothing but the key: the collector takes no more.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub fn request(&self) -> Result<String, IdentityError> {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        Ok(params.serialize_request(&self.key)?.pem()?)
    }

    /// Becomes this machine's identity, in the place of any other, in one step.
    ///
    /// # Errors
    /// When the reply does not fit the key, or the disk does not take it. The old identity is then
    /// still there.
    pub fn certified(
        self,
        purpose: &Purpose,
        reply: &IdentityReply,
    ) -> Result<Identity, IdentityError> {
        let addresses = purpose.addresses.iter();
        let files = IdentityFiles {
            key: self.key.serialize_pem(),
            certificate: reply.certificate.clone(),
            anchors: reply.anchors.clone(),
            about: About {
                wire: reply.wire,
                machine: reply.machine,
                fingerprint: purpose.fingerprint,
                addresses: addresses.map(Address::to_string).collect(),
            },
        };
        let identity = Identity::assemble(&files).map_err(IdentityError::Unusable)?;
        if purpose.machine.is_some_and(|machine| machine != reply.machine) {
            return Err(IdentityError::Unusable(Unusable::OtherMachine(reply.machine)));
        }
        self.staging.commit(&files)?;
        Ok(identity)
    }
}

#[cfg(test)]
mod tests;
