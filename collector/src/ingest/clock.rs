//! The time, for a machine that has lost its own.

use hyper::body::Incoming;
use hyper::{Request, StatusCode};
use report::wire::{ClockReply, ClockRequest, MAX_HEARTBEAT_BYTES, WIRE, WireError};
use report::{MachineId, Timestamp};
use rustls_pki_types::CertificateDer;

use super::body::read_body;
use crate::hub::Hub;
use crate::identities::Stranger;
use crate::problem::Refusal;
use crate::tls::Door;

/// Tells a machine the time. It is no contact: nothing is kept of it, and a machine that only ever
/// asks for the time falls silent.
///
/// # Errors
/// When its certificate does not count at this door or it does not ask as this version does.
pub async fn tell_time(
    hub: &Hub,
    door: Door,
    peer: Option<&CertificateDer<'_>>,
    request: Request<Incoming>,
) -> Result<ClockReply, Refusal> {
    let asked_at = crate::clock::now();
    let asker = asker(hub, door, peer, asked_at)?;
    hub.limits().take_clock(asker, asked_at)?;
    let body = read_body(request, MAX_HEARTBEAT_BYTES).await?;
    let asked = read(&body)?;
    let now = crate::clock::now();
    hub.process.clock_contacts.inc();
    tracing::info!(machine = %asker, off = asked.sent_at.since(now), "told the time");
    Ok(ClockReply { wire: WIRE, now })
}

/// Who asks. A machine whose certificate has ended while its clock was dead has to learn the time
/// before it can renew, so the door of renewal asks for no more than renewal does.
fn asker(
    hub: &Hub,
    door: Door,
    peer: Option<&CertificateDer<'_>>,
    now: Timestamp,
) -> Result<MachineId, Stranger> {
    match door {
        Door::Reports => Ok(hub.authenticate(peer, now)?.machine()),
        Door::Renew => Ok(hub.identities().authenticate_for_renewal(peer, now)?.machine()),
        Door::Enrol => Err(Stranger::NoCertificate),
    }
}

fn read(body: &[u8]) -> Result<ClockRequest, Refusal> {
    let asked: ClockRequest = serde_json::from_slice(body).map_err(|error| {
        Refusal::of(
            StatusCode::BAD_REQUEST,
            "malformed",
            format!("no question for the time: {error}"),
        )
    })?;
    match asked.wire {
        WIRE => Ok(asked),
        other => Err(WireError::Version(other.into()).into()),
    }
}
