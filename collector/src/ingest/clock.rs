//! The time, for a machine that has lost its own.

use hyper::body::Incoming;
use hyper::{Request, StatusCode};
use report::wire::{ClockReply, ClockRequest, MAX_HEARTBEAT_BYTES, WIRE, WireError};
use rustls_pki_types::CertificateDer;

use super::body::read_body;
use crate::hub::Hub;
use crate::problem::Refusal;

/// Tells a machine the time. It is no contact: nothing is kept of it, and a machine that only ever
/// asks for the time falls silent.
///
/// # Errors
/// When its certificate is not in force or it does not ask as this version does.
pub async fn tell_time(
    hub: &Hub,
    peer: Option<&CertificateDer<'_>>,
    request: Request<Incoming>,
) -> Result<ClockReply, Refusal> {
    let asked_at = crate::clock::now();
    let asker = hub.authenticate(peer, asked_at)?.machine();
    hub.limits().take_clock(asker, asked_at)?;
    let body = read_body(request, MAX_HEARTBEAT_BYTES).await?;
    let asked = read(&body)?;
    let now = crate::clock::now();
    hub.process.clock_contacts.inc();
    tracing::info!(machine = %asker, off = asked.sent_at.since(now), "told the time");
    Ok(ClockReply { wire: WIRE, now })
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
