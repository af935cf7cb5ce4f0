//! Who may speak: certificates in force, asked anew for every request.

use std::collections::BTreeMap;

use report::{MachineId, Timestamp};
use rustls_pki_types::CertificateDer;
use sha2::{Digest as _, Sha256};

use crate::machine::Standing;
use crate::store::CertificateRecord;

/// A machine whose certificate was in force at one moment. Only [`Identities::authenticate`] and
/// [`Identities::authenticate_file`] make one, and it is made for each request: a connection that
/// was let in, even a resumed one, proves nothing about now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuthenticatedMachine {
    machine: MachineId,
    certificate: [u8; 32],
    first_use: bool,
    at: Timestamp,
}

impl AuthenticatedMachine {
    /// Who.
    #[must_use]
    pub fn machine(&self) -> MachineId {
        self.machine
    }

    /// When.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// The certificate's SHA-256, when this is the first time it is used.
    #[must_use]
    pub fn first_use(&self) -> Option<[u8; 32]> {
        self.first_use.then_some(self.certificate)
    }
}

/// A machine that may ask for a new certificate and for the time, and do nothing else. Only
/// [`Identities::authenticate_for_renewal`] makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RenewingMachine(MachineId);

impl RenewingMachine {
    /// Who.
    #[must_use]
    pub fn machine(self) -> MachineId {
        self.0
    }
}

/// Why a certificate does not authenticate anybody now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stranger {
    /// The connection brought no certificate.
    #[error("a machine certificate is required")]
    NoCertificate,
    /// It is none that this collector issued.
    #[error("the certificate was not issued by this collector")]
    UnknownCertificate,
    /// It was issued by a CA that is no longer in force.
    #[error("the certificate's issuer is no longer in force: enrol again")]
    IssuerRetired,
    /// Its dates lie in the future.
    #[error("the certificate is not valid yet: check the machine's clock")]
    NotYetValid,
    /// Its dates lie in the past.
    #[error("the certificate has expired: renew it or enrol again")]
    Expired,
    /// A newer one stands in its place.
    #[error("the certificate was replaced by a newer one")]
    Superseded,
    /// The identity was revoked.
    #[error("the identity was revoked: ask the security officer")]
    Revoked,
}

impl Stranger {
    /// The label of `lachan_refusals_total`.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::NoCertificate => "no_certificate",
            Self::UnknownCertificate => "unknown_certificate",
            Self::IssuerRetired => "issuer_retired",
            Self::NotYetValid => "not_yet_valid",
            Self::Expired => "expired",
            Self::Superseded => "superseded",
            Self::Revoked => "revoked",
        }
    }
}

/// For how long after its end an identity may still renew itself, in seconds: 400 days.
pub const RENEWAL_GRACE: i64 = 400 * 86_400;

/// Every certificate that was ever issued, and the standing of its machine.
#[derive(Debug, Default)]
pub struct Identities {
    /// SHA-256 of the certificates of the machine CAs in force.
    issuers: Vec<[u8; 32]>,
    certificates: Certificates,
    revoked: std::collections::BTreeSet<MachineId>,
}

/// Certificates by their SHA-256, in the form in which a million of them are kept.
#[derive(Debug, Default)]
pub struct Certificates {
    known: BTreeMap<[u8; 32], Known>,
    /// SHA-256 of the certificates of every CA that ever issued one: a few.
    issuers: Vec<[u8; 32]>,
}

/// What is asked of a certificate.
#[derive(Clone, Copy, Debug)]
struct Known {
    machine: MachineId,
    /// The place of its issuer.
    issuer: u32,
    not_before: Timestamp,
    not_after: Timestamp,
    used_at: Option<Timestamp>,
    ends_at: Option<Timestamp>,
}

impl Certificates {
    /// Takes in one more.
    pub fn push(&mut self, record: &CertificateRecord) {
        let place = self.issuers.iter().position(|issuer| *issuer == record.issuer);
        let place = place.unwrap_or_else(|| {
            self.issuers.push(record.issuer);
            self.issuers.len() - 1
        });
        let known = Known {
            machine: record.machine,
            issuer: u32::try_from(place).unwrap_or(u32::MAX),
            not_before: record.not_before,
            not_after: record.not_after,
            used_at: record.used_at,
            ends_at: record.ends_at,
        };
        self.known.insert(record.sha256, known);
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    fn issuer(&self, known: &Known) -> Option<&[u8; 32]> {
        self.issuers.get(known.issuer as usize)
    }
}

impl<'r> FromIterator<&'r CertificateRecord> for Certificates {
    fn from_iter<I: IntoIterator<Item = &'r CertificateRecord>>(records: I) -> Self {
        let mut certificates = Self::default();
        records.into_iter().for_each(|record| certificates.push(record));
        certificates
    }
}

impl Identities {
    /// From the store's content.
    #[must_use]
    pub fn new(
        issuers: Vec<[u8; 32]>,
        certificates: Certificates,
        standings: impl Iterator<Item = (MachineId, Standing)>,
    ) -> Self {
        let revoked = standings
            .filter(|(_, standing)| *standing == Standing::Revoked)
            .map(|(machine, _)| machine)
            .collect();
        Self { issuers, certificates, revoked }
    }

    /// Who speaks on a connection with this certificate, now.
    ///
    /// # Errors
    /// When the certificate is missing, foreign, outside its dates, replaced or revoked.
    pub fn authenticate(
        &self,
        peer: Option<&CertificateDer<'_>>,
        at: Timestamp,
    ) -> Result<AuthenticatedMachine, Stranger> {
        let (certificate, record) = self.record(peer, at)?;
        if record.ends_at.is_some_and(|end| at >= end) {
            Err(Stranger::Superseded)
        } else if at > record.not_after {
            Err(Stranger::Expired)
        } else {
            let (machine, first_use) = (record.machine, record.used_at.is_none());
            Ok(AuthenticatedMachine { machine, certificate, first_use, at })
        }
    }

    /// Who asks for a new certificate with this one: it may have expired, or stand behind newer
    /// ones that were never used, because the answer that held them was lost.
    ///
    /// # Errors
    /// When the certificate is missing, foreign, not valid yet, expired for too long, replaced or
    /// revoked.
    pub fn authenticate_for_renewal(
        &self,
        peer: Option<&CertificateDer<'_>>,
        at: Timestamp,
    ) -> Result<RenewingMachine, Stranger> {
        let (_, record) = self.record(peer, at)?;
        if record.ends_at.is_some_and(|end| at >= end) && self.newest_was_used(record.machine) {
            Err(Stranger::Superseded)
        } else if at > record.not_after + RENEWAL_GRACE {
            Err(Stranger::Expired)
        } else {
            Ok(RenewingMachine(record.machine))
        }
    }

    /// Who has signed a file with the key of this certificate, asked when the file is brought: a
    /// machine without a network cannot renew its certificate in time, so what holds for renewing
    /// holds for its files.
    ///
    /// # Errors
    /// When the certificate is foreign, not valid yet, expired for too long, replaced or revoked.
    pub fn authenticate_file(
        &self,
        signer: &CertificateDer<'_>,
        at: Timestamp,
    ) -> Result<AuthenticatedMachine, Stranger> {
        let RenewingMachine(machine) = self.authenticate_for_renewal(Some(signer), at)?;
        let (certificate, record) = self.record(Some(signer), at)?;
        let first_use = record.used_at.is_none();
        Ok(AuthenticatedMachine { machine, certificate, first_use, at })
    }

    /// A certificate of this collector, of a machine that is not revoked and an issuer in force,
    /// not before its beginning.
    fn record(
        &self,
        peer: Option<&CertificateDer<'_>>,
        at: Timestamp,
    ) -> Result<([u8; 32], &Known), Stranger> {
        let peer = peer.ok_or(Stranger::NoCertificate)?;
        let sha256: [u8; 32] = Sha256::digest(peer).into();
        let record = self.certificates.known.get(&sha256).ok_or(Stranger::UnknownCertificate)?;
        let issuer = self.certificates.issuer(record);
        if self.revoked.contains(&record.machine) {
            Err(Stranger::Revoked)
        } else if !issuer.is_some_and(|issuer| self.issuers.contains(issuer)) {
            Err(Stranger::IssuerRetired)
        } else if at < record.not_before {
            Err(Stranger::NotYetValid)
        } else {
            Ok((sha256, record))
        }
    }

    /// Only the newest certificate of a machine has no end of its own.
    fn newest_was_used(&self, machine: MachineId) -> bool {
        let mut newest = self
            .certificates
            .known
            .values()
            .filter(|record| record.machine == machine && record.ends_at.is_none());
        newest.any(|record| record.used_at.is_some())
    }

    /// A certificate was issued; after a renewal the machine's others end `others_end`.
    pub fn issued(&mut self, record: &CertificateRecord, others_end: Option<Timestamp>) {
        if let Some(end) = others_end {
            for (_, other) in self.of_machine(record.machine) {
                other.ends_at.get_or_insert(end);
            }
        }
        self.certificates.push(record);
    }

    /// A certificate was used for the first time: the others of its machine end now.
    pub fn used(&mut self, sha256: [u8; 32], at: Timestamp) {
        let Some(record) = self.certificates.known.get_mut(&sha256) else {
            return;
        };
        record.used_at = Some(at);
        let machine = record.machine;
        for (_, other) in self.of_machine(machine).filter(|(other, _)| **other != sha256) {
            other.ends_at = other.ends_at.map(|end| end.min(at));
        }
    }

    /// An identity was revoked.
    pub fn revoke(&mut self, machine: MachineId) {
        self.revoked.insert(machine);
    }

    fn of_machine(&mut self, machine: MachineId) -> impl Iterator<Item = (&[u8; 32], &mut Known)> {
        self.certificates.known.iter_mut().filter(move |(_, known)| known.machine == machine)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CA: [u8; 32] = [1; 32];
    const MACHINE: MachineId = MachineId::from_bytes([7; 16]);

    fn certificate(bytes: &'static [u8]) -> CertificateDer<'static> {
        CertificateDer::from(bytes)
    }

    fn record(bytes: &'static [u8]) -> CertificateRecord {
        CertificateRecord {
            sha256: Sha256::digest(bytes).into(),
            serial: String::new(),
            machine: MACHINE,
            issuer: CA,
            not_before: Timestamp(100),
            not_after: Timestamp(200),
            used_at: None,
            ends_at: None,
        }
    }

    fn identities() -> Identities {
        Identities::new(vec![CA], [record(b"old")].iter().collect(), std::iter::empty())
    }

    fn refused(identities: &Identities, at: i64) -> Stranger {
        identities.authenticate(Some(&certificate(b"old")), Timestamp(at)).unwrap_err()
    }

    #[test]
    fn a_certificate_speaks_for_its_machine_within_its_dates() {
        let identities = identities();
        let speaker = identities.authenticate(Some(&certificate(b"old")), Timestamp(150)).unwrap();
        assert_eq!(speaker.machine(), MACHINE);
        assert_eq!(refused(&identities, 99), Stranger::NotYetValid);
        assert_eq!(refused(&identities, 201), Stranger::Expired);
        assert_eq!(identities.authenticate(None, Timestamp(150)), Err(Stranger::NoCertificate));
        let foreign = certificate(b"forged with the same serial");
        assert_eq!(
            identities.authenticate(Some(&foreign), Timestamp(150)),
            Err(Stranger::UnknownCertificate)
        );
    }

    #[test]
    fn revocation_acts_on_the_next_request() {
        let mut identities = identities();
        identities.revoke(MACHINE);
        assert_eq!(refused(&identities, 150), Stranger::Revoked);
        let renewal =
            identities.authenticate_for_renewal(Some(&certificate(b"old")), Timestamp(150));
        assert_eq!(renewal, Err(Stranger::Revoked));
    }

    #[test]
    fn a_retired_issuer_speaks_for_nobody() {
        let identities =
            Identities::new(vec![[2; 32]], [record(b"old")].iter().collect(), std::iter::empty());
        assert_eq!(refused(&identities, 150), Stranger::IssuerRetired);
    }

    #[test]
    fn the_old_certificate_ends_when_the_new_one_is_used_or_after_the_overlap() {
        let mut identities = identities();
        identities.issued(&record(b"new"), Some(Timestamp(180)));
        let old = certificate(b"old");
        assert!(identities.authenticate(Some(&old), Timestamp(179)).is_ok());
        assert_eq!(refused(&identities, 180), Stranger::Superseded);
        let lost = identities.authenticate_for_renewal(Some(&old), Timestamp(180));
        assert_eq!(lost.map(RenewingMachine::machine), Ok(MACHINE), "the answer was lost");

        let new = identities.authenticate(Some(&certificate(b"new")), Timestamp(150)).unwrap();
        identities.used(new.first_use().unwrap(), Timestamp(150));
        assert_eq!(refused(&identities, 150), Stranger::Superseded);
        assert_eq!(
            identities.authenticate_for_renewal(Some(&old), Timestamp(150)),
            Err(Stranger::Superseded)
        );
        let again = identities.authenticate(Some(&certificate(b"new")), Timestamp(151)).unwrap();
        assert_eq!(again.first_use(), None);
    }

    #[test]
    fn a_file_is_taken_from_whoever_may_renew_and_from_nobody_else() {
        let mut identities = identities();
        let old = certificate(b"old");
        let file = |identities: &Identities, at: i64| {
            identities.authenticate_file(&old, Timestamp(at)).map(|signer| signer.machine())
        };
        assert_eq!(file(&identities, 99), Err(Stranger::NotYetValid));
        assert_eq!(file(&identities, 200 + RENEWAL_GRACE), Ok(MACHINE), "it cannot renew in time");
        assert_eq!(file(&identities, 201 + RENEWAL_GRACE), Err(Stranger::Expired));
        let stranger = identities.authenticate_file(&certificate(b"forged"), Timestamp(150));
        assert_eq!(stranger, Err(Stranger::UnknownCertificate));

        identities.issued(&record(b"new"), Some(Timestamp(160)));
        assert_eq!(file(&identities, 170), Ok(MACHINE), "the answer to the renewal was lost");
        identities.used(Sha256::digest(b"new").into(), Timestamp(170));
        assert_eq!(file(&identities, 171), Err(Stranger::Superseded));
        identities.revoke(MACHINE);
        assert_eq!(file(&identities, 171), Err(Stranger::Revoked));
    }

    #[test]
    fn an_expired_identity_may_renew_itself_for_a_while_and_do_nothing_else() {
        let identities = identities();
        let old = certificate(b"old");
        let last = Timestamp(200 + RENEWAL_GRACE);
        assert!(identities.authenticate_for_renewal(Some(&old), last).is_ok());
        assert_eq!(
            identities.authenticate_for_renewal(Some(&old), last + 1),
            Err(Stranger::Expired)
        );
        assert_eq!(refused(&identities, 201), Stranger::Expired);
    }
}
