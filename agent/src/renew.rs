//! Staying in: a new key and certificate in the place of one that is past half of its life.

use report::moment::DAY;
use report::wire::{IdentityReply, RENEW_PATH, RenewRequest, WIRE};
use report::{MachineId, Timestamp};

use crate::certificate::Validity;
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

/// Whether the identity of a machine is to be renewed now: past half of its life or because the
/// collector `asked` for it, and not renewed today. On a machine whose clock runs months ahead
/// every new certificate looks old, and that must not become a renewal at every contact.
#[must_use]
pub fn is_due(
    machine: MachineId,
    validity: Validity,
    asked: bool,
    renewed_at: Option<Timestamp>,
    now: Timestamp,
) -> bool {
    let renewed_today = renewed_at.is_some_and(|at| (0..DAY).contains(&now.since(at)));
    (asked || now >= validity.renew_from(machine)) && !renewed_today
}

/// Renews `identity` on the way that `reports` take, at the first collector that answers. One was
/// last `heard` at that moment by its own clock.
///
/// # Errors
/// When there is no new identity.
pub async fn renew(
    state: &StateDir,
    identity: &Identity,
    heard: Timestamp,
    reports: &Uplink,
) -> Result<Identity, RenewError> {
    let candidate = Candidate::new(state)?;
    let request =
        RenewRequest { wire: WIRE, csr: candidate.request()?, fingerprint: identity.fingerprint };
    let body = Body::plain(serde_json::to_string(&request)?);
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

#[cfg(test)]
mod tests {
    use super::*;

    const NINETY_DAYS: Validity =
        Validity { not_before: Timestamp(0), not_after: Timestamp(90 * DAY) };

    const FIRST: MachineId = MachineId::from_bytes([0; 16]);

    #[test]
    fn an_identity_is_renewed_from_half_of_its_life_on() {
        let due = |now| is_due(FIRST, NINETY_DAYS, false, None, Timestamp(now));
        assert!(!due(45 * DAY - 1));
        assert!(due(45 * DAY));
        assert!(due(120 * DAY), "an expired one may still be renewed");
    }

    #[test]
    fn a_clock_that_runs_ahead_renews_once_a_day() {
        let renewed_at = Some(Timestamp(50 * DAY));
        let due = |now| is_due(FIRST, NINETY_DAYS, false, renewed_at, Timestamp(now));
        assert!(!due(50 * DAY + 900));
        assert!(due(51 * DAY));
        assert!(due(50 * DAY - 1), "a clock that was set back says nothing");
    }

    #[test]
    fn whoever_is_asked_renews_at_once_and_not_twice_a_day() {
        let due = |renewed_at, now| is_due(FIRST, NINETY_DAYS, true, renewed_at, Timestamp(now));
        assert!(due(None, DAY));
        assert!(!due(Some(Timestamp(DAY)), DAY + 900));
        assert!(due(Some(Timestamp(DAY)), 2 * DAY));
    }
}
