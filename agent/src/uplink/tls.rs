//! Three TLS configurations that share nothing, as on the collector's side: a ticket of one must
//! never open another.

mod pinned;

use std::sync::Arc;

use report::wire::{ENROL_ALPN, RENEW_ALPN};
use rustls::client::{Resumption, WantsClientCert};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::{ClientConfig, ConfigBuilder, WantsVerifier};

use crate::identity::Identity;
use pinned::PinnedAuthority;

/// Tickets kept for the next contacts, in memory only: one collector gives one at a time.
const TICKETS: usize = 4;

/// For reports: with the machine's certificate, resumed where the collector offers it.
///
/// # Errors
/// When the identity does not make a configuration.
pub fn reports(identity: &Identity) -> Result<Arc<ClientConfig>, rustls::Error> {
    let mut config = with_identity(identity)?;
    config.resumption = Resumption::in_memory_sessions(TICKETS);
    Ok(Arc::new(config))
}

/// For renewals: with the machine's certificate, never resumed.
///
/// # Errors
/// When the identity does not make a configuration.
pub fn renewal(identity: &Identity) -> Result<Arc<ClientConfig>, rustls::Error> {
    let mut config = with_identity(identity)?;
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

fn with_identity(identity: &Identity) -> Result<ClientConfig, rustls::Error> {
    let builder: ConfigBuilder<_, WantsClientCert> =
        builder()?.with_root_certificates(identity.anchors.clone());
    builder.with_client_auth_cert(identity.chain.clone(), identity.key.clone_key())
}

fn builder() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, rustls::Error> {
    ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])
}
