//! Staying in: a new key and certificate in the place of one that is past half of its life.

use report::Timestamp;
use report::wire::{IdentityReply, RENEW_PATH, RenewRequest, WIRE};

use crate::contacts::Contacts;
use crate::identity::{Candidate, Identity, IdentityError, Purpose};
use crate::state::StateDir;
use crate::uplink::{Answer, Body, Failure, Refusal, Uplink, tls};

/// Why an identity was not renewed. The old one is then still there.
#[derive(Debug, thiserror::Error)]
pub enum RenewError {
    /// The collector said no.
    #[error("renew the identity: {0}")]
    Refused(Refusal),
    /// No collector answered.
    #[error("renew the identity: {0}")]
    Unreachable(Failure),
    /// The identity cannot be made or kept.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The old identity does not make a connection.
    #[error("renew the identity: {0}")]
    Tls(#[from] rustls::Error),
    /// The request cannot be written.
    #[error("renew the identity: {0}")]
    Request(#[from] serde_json::Error),
}

/// Renews `identity` on the way that `reports` take, at the first collector that answers.
///
/// # Errors
/// When there is no new identity.
pub async fn renew(
    state: &StateDir,
    identity: &Identity,
    reports: &Uplink,
) -> Result<Identity, RenewError> {
    let candidate = Candidate::new(state)?;
    let request =
        RenewRequest { wire: WIRE, csr: candidate.request()?, fingerprint: identity.fingerprint };
    let body = Body::plain(serde_json::to_string(&request)?);
    // Where the contacts cannot be read, the certificate alone tells a dead clock.
    let heard = Contacts::load(state, identity.machine).map_or(Timestamp(0), |it| it.heard());
    let uplink = reports.anew(tls::renewal(identity, heard)?);
    let reply: IdentityReply = match uplink.post(RENEW_PATH, &body).await {
        Answer::Accepted { reply, .. } => reply,
        Answer::Refused(refusal) => return Err(RenewError::Refused(refusal)),
        Answer::Later { why, .. } => return Err(RenewError::Unreachable(why)),
    };
    let purpose = Purpose {
        fingerprint: identity.fingerprint,
        addresses: identity.addresses.clone(),
        machine: Some(identity.machine),
    };
    Ok(candidate.certified(&purpose, &reply)?)
}
