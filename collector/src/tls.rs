//! Three TLS configurations by ALPN, which share nothing.
//!
//! Reports require a machine certificate in its dates; enrolment takes none; renewal requires one
//! and tolerates its end. A ticket that one configuration issued must never open another: rustls
//! resumes across configurations that share a ticketer, and a resumed connection checks no
//! certificate. So enrolment and renewal issue no tickets at all, and only the report
//! configuration has a ticketer.

pub mod tickets;

use std::sync::Arc;

use arc_swap::ArcSwap;
use report::wire::{ENROL_ALPN, RENEW_ALPN};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{
    ClientHello, NoServerSessionStorage, ProducesTickets, ResolvesServerCert, WebPkiClientVerifier,
};
use rustls::sign::CertifiedKey;
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore, ServerConfig,
    SignatureScheme,
};
use rustls_pki_types::{CertificateDer, UnixTime};

use crate::enrol::ca::IssuedCollector;
use crate::identities::RENEWAL_GRACE;

/// What a connection may reach, decided before its handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// Reports, with a certificate in its dates.
    Reports,
    /// Enrolment, without any.
    Enrol,
    /// Renewal and the time, with a certificate that may have expired.
    Renew,
}

/// The three configurations.
#[derive(Clone, Debug)]
pub struct Doors {
    reports: Arc<ServerConfig>,
    enrol: Arc<ServerConfig>,
    renew: Arc<ServerConfig>,
}

impl Doors {
    /// The doors of a collector that shows `own` and lets in what one of the `machine_cas` issued.
    /// Only the one of reports hands out tickets.
    ///
    /// # Errors
    /// When a CA is no trust anchor, or there is none.
    pub fn new<'a>(
        own: Arc<OwnCertificate>,
        machine_cas: impl IntoIterator<Item = &'a CertificateDer<'static>>,
        tickets: Arc<dyn ProducesTickets>,
    ) -> Result<Self, Error> {
        let provider = Arc::new(default_provider());
        let mut roots = RootCertStore::empty();
        for machine_ca in machine_cas {
            roots.add(machine_ca.clone())?;
        }
        let in_dates =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone())
                .build()
                .map_err(|error| Error::General(error.to_string()))?;
        let tolerant = Arc::new(ToleratesEnd(in_dates.clone()));

        let builder = || -> Result<_, Error> {
            ServerConfig::builder_with_provider(provider.clone())
                .with_protocol_versions(&[&rustls::version::TLS13])
        };
        let mut reports =
            builder()?.with_client_cert_verifier(in_dates).with_cert_resolver(own.clone());
        reports.session_storage = Arc::new(NoServerSessionStorage {});
        reports.ticketer = tickets;
        reports.send_tls13_tickets = 1;

        let mut enrol = builder()?.with_no_client_auth().with_cert_resolver(own.clone());
        enrol.alpn_protocols = vec![ENROL_ALPN.to_vec()];
        let mut renew = builder()?.with_client_cert_verifier(tolerant).with_cert_resolver(own);
        renew.alpn_protocols = vec![RENEW_ALPN.to_vec()];
        for without_tickets in [&mut enrol, &mut renew] {
            without_tickets.session_storage = Arc::new(NoServerSessionStorage {});
            without_tickets.send_tls13_tickets = 0;
        }
        Ok(Self { reports: reports.into(), enrol: enrol.into(), renew: renew.into() })
    }

    /// The door a connection asked for by its ALPN, and its configuration. A connection that asks
    /// for both special doors, or for anything else, gets the strict one.
    #[must_use]
    pub fn choose(&self, hello: &ClientHello<'_>) -> (Door, Arc<ServerConfig>) {
        let asked: Vec<_> = hello.alpn().into_iter().flatten().collect();
        match asked[..] {
            [ENROL_ALPN] => (Door::Enrol, self.enrol.clone()),
            [RENEW_ALPN] => (Door::Renew, self.renew.clone()),
            _ => (Door::Reports, self.reports.clone()),
        }
    }
}

/// The collector's own certificate, replaced while connections come in.
#[derive(Debug)]
pub struct OwnCertificate(ArcSwap<CertifiedKey>);

impl OwnCertificate {
    /// Shows this certificate.
    ///
    /// # Errors
    /// When its key is of no use.
    pub fn new(issued: IssuedCollector) -> Result<Self, Error> {
        Ok(Self(ArcSwap::from_pointee(certified(issued)?)))
    }

    /// Shows another one from the next connection on.
    ///
    /// # Errors
    /// When its key is of no use; the old one stays.
    pub fn replace(&self, issued: IssuedCollector) -> Result<(), Error> {
        self.0.store(Arc::new(certified(issued)?));
        Ok(())
    }
}

impl ResolvesServerCert for OwnCertificate {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load_full())
    }
}

fn certified(issued: IssuedCollector) -> Result<CertifiedKey, Error> {
    CertifiedKey::from_der(issued.chain, issued.key.into(), &default_provider())
}

/// Verifies a machine certificate as of its own end when it has expired, so that nothing but the
/// end is tolerated.
#[derive(Debug)]
struct ToleratesEnd(Arc<dyn ClientCertVerifier>);

impl ClientCertVerifier for ToleratesEnd {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.0.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        match self.0.verify_client_cert(leaf, intermediates, now) {
            Err(Error::InvalidCertificate(CertificateError::ExpiredContext {
                time,
                not_after,
            })) if time.as_secs().saturating_sub(not_after.as_secs())
                <= RENEWAL_GRACE.unsigned_abs() =>
            {
                self.0.verify_client_cert(leaf, intermediates, not_after)
            }
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

/// The label of `lachan_refusals_total` for a handshake that failed; `None` where nobody was
/// refused, as when a health check opens and closes the port.
#[must_use]
pub fn refusal_reason(error: &std::io::Error) -> Option<&'static str> {
    let error = error.get_ref()?.downcast_ref::<Error>()?;
    Some(match error {
        Error::NoCertificatesPresented => "no_certificate",
        Error::InvalidCertificate(
            CertificateError::Expired | CertificateError::ExpiredContext { .. },
        ) => "expired",
        Error::InvalidCertificate(
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. },
        ) => "not_yet_valid",
        Error::InvalidCertificate(CertificateError::UnknownIssuer) => "unknown_issuer",
        Error::InvalidCertificate(_) => "bad_certificate",
        Error::PeerIncompatible(_) => "tls_version",
        Error::InvalidMessage(_) | Error::InappropriateMessage { .. } => "not_tls",
        _ => "handshake",
    })
}

#[cfg(test)]
mod tests;
