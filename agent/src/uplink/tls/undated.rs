//! Trust that puts the dates aside, for asking the time and for nothing else.

use std::sync::Arc;
use std::time::Duration;

use report::Timestamp;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use crate::certificate::Validity;

/// Accepts whom another verifier accepts on some day within the dates of the collector's own
/// certificate. Authority, name, purpose and signature are still that verifier's matter: it is
/// asked about the day in those dates that is nearest to the clock's.
#[derive(Debug)]
pub(super) struct DatesAside(pub(super) Arc<dyn ServerCertVerifier>);

impl ServerCertVerifier for DatesAside {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let validity = Validity::of(end_entity).ok_or(CertificateError::BadEncoding)?;
        let day = nearest_within(validity, now).ok_or(CertificateError::BadEncoding)?;
        self.0.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, day)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

fn nearest_within(validity: Validity, now: UnixTime) -> Option<UnixTime> {
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    let day = Timestamp(now).max(validity.not_before).min(validity.not_after);
    u64::try_from(day.0)
        .ok()
        .map(|seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
}

#[cfg(test)]
mod tests;
