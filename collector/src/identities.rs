//! Who may speak: certificates in force, asked anew for every request.

mod certificates;

use std::collections::BTreeSet;

use report::{MachineId, Timestamp};
use rustls_pki_types::CertificateDer;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::machine::Standing;
use crate::store::CertificateRecord;
pub use certificates::Certificates;
use certificates::Known;

/// A machine whose certificate was in force at one moment. Only [`Identities::authenticate`] and
/// [`Identities::authenticate_file`] make one, and it is made for each request: a connection that
/// was let in, even a resumed one, proves nothing about now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuthenticatedMachine {
    machine: MachineId,
    certificate: [u8; 32],
    first_use: bool,
    should_renew: bool,
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

    /// Whether its certificate comes from an authority that is being replaced, so that it should
    /// get another one before its own is half over.
    #[must_use]
    pub fn should_renew(&self) -> bool {
        self.should_renew
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
    /// More hardware speaks with the identity than is told apart.
    #[error("too many machines use this identity: enrol this one with a token of its own")]
    TooManyClones,
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
            Self::TooManyClones => "too_many_clones",
        }
    }
}

/// For how long after its end an identity may still renew itself, in seconds: 400 days.
pub const RENEWAL_GRACE: i64 = 400 * 86_400;

/// Every certificate that may still open a door, and the standing of its machine.
#[derive(Debug, Default)]
pub struct Identities {
    /// SHA-256 of the certificates of the machine CAs in force; the first one issues.
    issuers: Vec<[u8; 32]>,
    certificates: Certificates,
    revoked: BTreeSet<MachineId>,
}

/// Machines that are not revoked, by who issued the certificate they speak by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ByIssuer {
    /// By the authority that issues now.
    pub current: u64,
    /// By one that is being replaced and still accepted.
    pub former: u64,
    /// By one that is accepted no longer: they are shut out.
    pub retired: u64,
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
            Ok(self.speaker(certificate, record, at))
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

    /// Whose certificate this is, in force or not; `None` where this collector did not issue it.
    #[must_use]
    pub fn holder(&self, peer: &CertificateDer<'_>) -> Option<MachineId> {
        let sha256: [u8; 32] = Sha256::digest(peer).into();
        self.certificates.get(&sha256).map(|known| known.machine)
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
        self.authenticate_for_renewal(Some(signer), at)?;
        let (certificate, record) = self.record(Some(signer), at)?;
        Ok(self.speaker(certificate, record, at))
    }

    fn speaker(
        &self,
        certificate: [u8; 32],
        record: &Known,
        at: Timestamp,
    ) -> AuthenticatedMachine {
        let (machine, first_use) = (record.machine, record.used_at.is_none());
        let should_renew = self.certificates.issuer(record) != self.issuers.first();
        AuthenticatedMachine { machine, certificate, first_use, should_renew, at }
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
        let record = self.certificates.get(&sha256).ok_or(Stranger::UnknownCertificate)?;
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
        let mut of_machine = self.certificates.of_machine(machine);
        of_machine.any(|(_, record)| record.ends_at.is_none() && record.used_at.is_some())
    }

    /// A certificate was issued; after a renewal the machine's others end `others_end`.
    pub fn issued(&mut self, record: &CertificateRecord, others_end: Option<Timestamp>) {
        if let Some(end) = others_end {
            self.certificates.change(record.machine, |_, other| {
                other.ends_at.get_or_insert(end);
            });
        }
        self.certificates.push(record);
    }

    /// A certificate was used for the first time: the others of its machine end now.
    pub fn used(&mut self, sha256: [u8; 32], at: Timestamp) {
        let Some(used) = self.certificates.get(&sha256).copied() else {
            return;
        };
        self.certificates.change(used.machine, |of, record| match *of == sha256 {
            true => record.used_at = Some(at),
            false => record.ends_at = record.ends_at.map(|end| end.min(at)),
        });
        self.certificates.forget_those_over_before(&used);
    }

    /// An identity was revoked.
    pub fn revoke(&mut self, machine: MachineId) {
        self.revoked.insert(machine);
    }

    /// How far machines have come from one authority to the next.
    #[must_use]
    pub fn by_issuer(&self) -> ByIssuer {
        let mut count = ByIssuer::default();
        for (_, place) in self.issuers_in_use() {
            match place {
                Some(0) => count.current += 1,
                Some(_) => count.former += 1,
                None => count.retired += 1,
            }
        }
        count
    }

    /// The machines that speak by a certificate of an authority that is being replaced: none of
    /// them is known to have what it needs once the new one is alone.
    #[must_use]
    pub fn left_behind(&self) -> BTreeSet<MachineId> {
        let behind = |place: Option<usize>| place.is_some_and(|place| place > 0);
        let in_use = self.issuers_in_use().filter(|(_, place)| behind(*place));
        in_use.map(|(machine, _)| machine).collect()
    }

    /// The machines that are not revoked, and the place among those in force of the authority whose
    /// certificate each speaks by.
    fn issuers_in_use(&self) -> impl Iterator<Item = (MachineId, Option<usize>)> {
        let in_use = self.certificates.in_use();
        in_use.filter(|(machine, _)| !self.revoked.contains(machine)).map(|(machine, known)| {
            let issuer = self.certificates.issuer(known);
            (machine, self.issuers.iter().position(|accepted| Some(accepted) == issuer))
        })
    }
}

#[cfg(test)]
mod tests;
