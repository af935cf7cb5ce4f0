//! Joining: a token and the hardware in, an identity out.

use report::wire::{Claims, ENROL_PATH, EnrolRequest, IdentityReply, WIRE};
use report::{Fingerprint, JoinToken};

use crate::address::{Address, AddressError};
use crate::identity::{Candidate, Identity, IdentityError, Purpose};
use crate::state::{StateDir, StateError};
use crate::uplink::proxy::Proxy;
use crate::uplink::{Answer, Body, Failure, Refusal, Uplink, tls};

/// What a machine that wants to join says of itself.
#[derive(Clone, Debug)]
pub struct Applicant {
    /// The hardware.
    pub fingerprint: Fingerprint,
    /// To find its row in the register.
    pub claims: Claims,
}

/// Why a machine did not join.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// It has already.
    #[error(
        "enrol: this machine has an identity already ({0}): nothing to do; \
         to give it up for a new one use --replace"
    )]
    AlreadyEnrolled(std::path::PathBuf),
    /// The token names a collector that cannot be one.
    #[error("enrol: the join token names no usable collector: {0}")]
    Address(#[from] AddressError),
    /// The collector said no.
    #[error("enrol: {0}")]
    Refused(Refusal),
    /// No collector answered, or none that can be trusted.
    #[error("enrol: {0}")]
    Unreachable(Failure),
    /// The folder cannot be used.
    #[error("enrol: {0}")]
    State(#[from] StateError),
    /// The identity cannot be made or kept.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The cryptography at hand does not do.
    #[error("enrol: {0}")]
    Tls(#[from] rustls::Error),
    /// The request cannot be written.
    #[error("enrol: {0}")]
    Request(#[from] serde_json::Error),
}

/// Joins, trying each of the token's collectors in order, through the proxy if there is one.
///
/// # Errors
/// When the machine has not joined; then nothing has changed on its disk.
pub async fn enrol(
    state: &StateDir,
    token: &JoinToken,
    applicant: Applicant,
    replace: bool,
    proxy: Option<Proxy>,
) -> Result<Identity, EnrolError> {
    let _lock = state.lock()?;
    if Identity::exists(state) && !replace {
        return Err(EnrolError::AlreadyEnrolled(state.join("identity")));
    }
    let addresses = token.addresses.iter().map(|address| address.parse());
    let addresses: Vec<Address> = addresses.collect::<Result<_, _>>()?;
    let candidate = Candidate::new(state)?;
    let request = EnrolRequest {
        wire: WIRE,
        secret: token.secret_text(),
        csr: candidate.request()?,
        fingerprint: applicant.fingerprint,
        claims: applicant.claims,
    };
    let body = Body::plain(serde_json::to_string(&request)?);
    let uplink = Uplink::new(addresses.clone(), tls::enrolment(token.collector_ca)?).through(proxy);
    let reply: IdentityReply = match uplink.post(ENROL_PATH, &body).await {
        Answer::Accepted { reply, .. } => reply,
        Answer::Refused(refusal) => return Err(EnrolError::Refused(refusal)),
        Answer::Later { why, .. } => return Err(EnrolError::Unreachable(why)),
    };
    let purpose = Purpose { fingerprint: applicant.fingerprint, addresses, machine: None };
    Ok(candidate.certified(&purpose, &reply)?)
}
