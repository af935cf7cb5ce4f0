//! Three TLS configurations that share nothing, as on the collector's side: a ticket of one must
//! never open another. Beside those of a machine that has joined stands one that asks the time when
//! dates do not hold: at the door for renewals, the only one that lets a machine in whose own
//! certificate is over.
//!
//! Tickets live in memory and end with the process: rustls lets nobody write a client's session
//! out, and takes one back only for the very verifier and key object it was made with. So the first
//! contact after a restart is a whole handshake, and every later one is resumed.

mod calendar;
mod learnt;
mod pinned;
mod undated;

use std::sync::Arc;

use report::Timestamp;
use report::wire::{ENROL_ALPN, RENEW_ALPN};
use rustls::client::danger::ServerCertVerifier;
use rustls::client::{Resumption, WantsClientCert, WebPkiServerVerifier};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::{ClientConfig, ConfigBuilder, Error};

use crate::identity::Identity;
pub(super) use calendar::Calendar;
pub use calendar::Clock;
pub(super) use learnt::Learnt;
use pinned::PinnedAuthority;
use undated::DatesAside;

/// Tickets kept for the next contacts, in memory only: one collector gives one at a time.
const TICKETS: usize = 4;

/// Before this moment nothing of this program was there: the one that whoever builds it names for
/// reproducible builds, and else that of its source.
const BUILT: Timestamp = match option_env!("SOURCE_DATE_EPOCH") {
    Some(seconds) => match i64::from_str_radix(seconds, 10) {
        Ok(seconds) => Timestamp(seconds),
        Err(_) => SOURCE,
    },
    None => SOURCE,
};

/// 2026-11-22, moved forward with each release.
const SOURCE: Timestamp = Timestamp(1_795_305_600);

/// How to speak for one purpose.
#[derive(Debug)]
pub struct Tls {
    speaking: ClientConfig,
    asking: Option<ClientConfig>,
    floor: Timestamp,
    heard: Timestamp,
}

/// [`Tls`] that goes by a calendar.
#[derive(Clone, Debug)]
pub(super) struct Dated {
    /// For what is to be said.
    pub(super) speaking: Arc<ClientConfig>,
    /// For asking the time, and for nothing else: whoever has not joined is told none.
    pub(super) asking: Option<Arc<ClientConfig>>,
    pub(super) calendar: Arc<Calendar>,
}

/// For reports: with the machine's certificate, resumed where the collector offers it. A collector
/// was last `heard` at that moment by its own clock.
///
/// # Errors
/// When the identity does not make a configuration.
pub fn reports(identity: &Identity, heard: Timestamp) -> Result<Tls, Error> {
    let mut tls = with_identity(identity, heard)?;
    tls.speaking.resumption = Resumption::in_memory_sessions(TICKETS);
    Ok(tls)
}

/// For renewals: with the machine's certificate, never resumed; `heard` as for reports.
///
/// # Errors
/// When the identity does not make a configuration.
pub fn renewal(identity: &Identity, heard: Timestamp) -> Result<Tls, Error> {
    let mut tls = with_identity(identity, heard)?;
    tls.speaking.alpn_protocols = vec![RENEW_ALPN.to_vec()];
    Ok(tls)
}

/// For enrolment: nothing is known but the SHA-256 of the CA that the join token names.
///
/// # Errors
/// When the cryptography at hand does not make a configuration.
pub fn enrolment(collector_ca: [u8; 32]) -> Result<Tls, Error> {
    let pinned = Arc::new(PinnedAuthority::new(collector_ca));
    let mut speaking = unresumed(trusting(pinned)?.with_no_client_auth());
    speaking.alpn_protocols = vec![ENROL_ALPN.to_vec()];
    Ok(Tls { speaking, asking: None, floor: BUILT, heard: BUILT })
}

fn with_identity(identity: &Identity, heard: Timestamp) -> Result<Tls, Error> {
    let trusted: Arc<dyn ServerCertVerifier> = WebPkiServerVerifier::builder_with_provider(
        Arc::new(identity.anchors.clone()),
        Arc::new(default_provider()),
    )
    .build()
    .map_err(|error| Error::General(error.to_string()))?;
    let config = |trusted| {
        let (chain, key) = (identity.chain.clone(), identity.key.clone_key());
        Ok::<_, Error>(unresumed(trusting(trusted)?.with_client_auth_cert(chain, key)?))
    };
    let mut asking = config(Arc::new(DatesAside(Arc::clone(&trusted))))?;
    asking.alpn_protocols = vec![RENEW_ALPN.to_vec()];
    let floor = identity.validity.not_before.max(BUILT);
    Ok(Tls { speaking: config(trusted)?, asking: Some(asking), floor, heard })
}

fn trusting(
    trusted: Arc<dyn ServerCertVerifier>,
) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, Error> {
    Ok(ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(trusted))
}

fn unresumed(mut config: ClientConfig) -> ClientConfig {
    config.resumption = Resumption::disabled();
    config
}

impl Tls {
    pub(super) fn dated(self, clock: Clock, learnt: Arc<Learnt>) -> Dated {
        let Self { mut speaking, asking, floor, heard } = self;
        let calendar = Arc::new(Calendar { clock, floor, heard, learnt });
        speaking.time_provider = Arc::clone(&calendar) as _;
        Dated { speaking: Arc::new(speaking), asking: asking.map(Arc::new), calendar }
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};
    use report::{Fingerprint, MachineId};
    use rustls::RootCertStore;
    use rustls_pki_types::PrivateKeyDer;

    use super::*;
    use crate::certificate::Validity;
    use crate::clock;

    fn identity(validity: Validity) -> Identity {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::default().self_signed(&key).unwrap();
        let mut anchors = RootCertStore::empty();
        anchors.add(certificate.der().clone()).unwrap();
        Identity {
            machine: MachineId::from_bytes([1; 16]),
            fingerprint: Fingerprint::from_bytes([2; 32]),
            addresses: Vec::new(),
            validity,
            anchors,
            chain: vec![certificate.der().clone()],
            key: PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        }
    }

    #[test]
    fn reports_and_renewals_go_by_the_calendar() {
        let tomorrow = clock::now() + 86_400;
        let identity = identity(Validity { not_before: tomorrow, not_after: tomorrow + 86_400 });
        let heard = tomorrow + 3600;
        for tls in [reports(&identity, heard).unwrap(), renewal(&identity, heard).unwrap()] {
            let dated = tls.dated(clock::read, Arc::default());
            let now = dated.speaking.time_provider.current_time().unwrap();
            assert_eq!(now.as_secs(), heard.0.unsigned_abs());
        }
    }

    #[test]
    fn no_clock_that_is_right_is_older_than_the_program() {
        fn dead() -> clock::Reading {
            clock::Reading { wall: Timestamp(0), ..clock::read() }
        }
        let enrolment = enrolment([7; 32]).unwrap().dated(dead, Arc::default());
        assert_eq!(enrolment.calendar.today(), BUILT);
        let old = Validity { not_before: Timestamp(1), not_after: Timestamp(2) };
        let reports = reports(&identity(old), Timestamp(0)).unwrap().dated(dead, Arc::default());
        assert_eq!(reports.calendar.today(), BUILT);
    }
}
