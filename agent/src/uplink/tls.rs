//! Three TLS configurations that share nothing, as on the collector's side: a ticket of one must
//! never open another.

mod calendar;
mod pinned;

use std::sync::Arc;

use report::Timestamp;
use report::wire::{ENROL_ALPN, RENEW_ALPN};
use rustls::client::{Resumption, WantsClientCert};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::{ClientConfig, ConfigBuilder, WantsVerifier};

use crate::clock;
use crate::identity::Identity;
use calendar::Calendar;
use pinned::PinnedAuthority;

/// Tickets kept for the next contacts, in memory only: one collector gives one at a time.
const TICKETS: usize = 4;

/// For reports: with the machine's certificate, resumed where the collector offers it. A collector
/// was last `heard` at that moment by its own clock.
///
/// # Errors
/// When the identity does not make a configuration.
pub fn reports(identity: &Identity, heard: Timestamp) -> Result<Arc<ClientConfig>, rustls::Error> {
    let mut config = with_identity(identity, heard)?;
    config.resumption = Resumption::in_memory_sessions(TICKETS);
    Ok(Arc::new(config))
}

/// For renewals: with the machine's certificate, never resumed; `heard` as for reports.
///
/// # Errors
/// When the identity does not make a configuration.
pub fn renewal(identity: &Identity, heard: Timestamp) -> Result<Arc<ClientConfig>, rustls::Error> {
    let mut config = with_identity(identity, heard)?;
    config.alpn_protocols = vec![RENEW_ALPN.to_vec()];
    config.resumption = Resumption::disabled();
    Ok(Arc::new(config))
}

/// For enrolment: nothing is known but the SHA-256 of the CA that the join token names.
///
/// # Errors
/// When the cryptography at hand does not make a configuration.
pub fn enrolment(collector_ca: [u8; 32]) -> Result<Arc<ClientConfig>, rustls::Error> {
    let mut config = builder()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(PinnedAuthority::new(collector_ca)))
        .with_no_client_auth();
    config.alpn_protocols = vec![ENROL_ALPN.to_vec()];
    config.resumption = Resumption::disabled();
    Ok(Arc::new(config))
}

fn with_identity(identity: &Identity, heard: Timestamp) -> Result<ClientConfig, rustls::Error> {
    let builder: ConfigBuilder<_, WantsClientCert> =
        builder()?.with_root_certificates(identity.anchors.clone());
    let mut config =
        builder.with_client_auth_cert(identity.chain.clone(), identity.key.clone_key())?;
    let calendar = Calendar::new(clock::now, identity.validity.not_before, heard);
    config.time_provider = Arc::new(calendar);
    Ok(config)
}

fn builder() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, rustls::Error> {
    ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rcgen::{CertificateParams, KeyPair};
    use report::{Fingerprint, MachineId};
    use rustls::RootCertStore;
    use rustls_pki_types::{PrivateKeyDer, UnixTime};

    use super::*;
    use crate::certificate::Validity;

    #[test]
    fn reports_and_renewals_go_by_the_calendar() {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::default().self_signed(&key).unwrap();
        let tomorrow = clock::now() + 86_400;
        let identity = Identity {
            machine: MachineId::from_bytes([1; 16]),
            fingerprint: Fingerprint::from_bytes([2; 32]),
            addresses: Vec::new(),
            validity: Validity { not_before: tomorrow, not_after: tomorrow + 86_400 },
            anchors: RootCertStore::empty(),
            chain: vec![certificate.der().clone()],
            key: PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        };
        let heard = tomorrow + 3600;
        let seconds = Duration::from_secs(u64::try_from(heard.0).unwrap());
        for config in [reports(&identity, heard).unwrap(), renewal(&identity, heard).unwrap()] {
            let now = config.time_provider.current_time();
            assert_eq!(now, Some(UnixTime::since_unix_epoch(seconds)));
        }
    }
}
