//! Machines staying in.

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::{Request, StatusCode};
use report::wire::{IdentityReply, RenewRequest};
use rustls_pki_types::CertificateDer;

use super::{check_wire, csr, identity, kept, read};
use crate::hub::Hub;
use crate::problem::Refusal;
use crate::store::Renew;

/// How long the certificate that is being replaced still serves, in seconds.
const OVERLAP: i64 = 24 * 3600;

/// Gives a machine a new certificate for the one it shows, which may have expired.
///
/// # Errors
/// When the certificate, the request or the hardware says no, or it was renewed too often; nothing
/// is kept then.
pub async fn renew(
    hub: &Arc<Hub>,
    peer: Option<&CertificateDer<'_>>,
    request: Request<Incoming>,
) -> Result<IdentityReply, Refusal> {
    let now = crate::clock::now();
    let machine = hub.identities().authenticate_for_renewal(peer, now)?.machine();
    hub.limits().take_renewal(machine, now)?;
    let request: RenewRequest = read(request).await?;
    check_wire(request.wire)?;
    let key = csr::requested_key(&request.csr)?;
    let issued = hub.authorities.machines.issue_machine(machine, &key, now)?;
    let certificate = issued.record.clone();
    let fingerprint = request.fingerprint;
    let record = kept(machine, &issued.record);
    let others_end = now + OVERLAP;
    let renewal = Renew { machine, fingerprint, certificate, at: now, others_end };
    let same = hub
        .commit(renewal, move |hub, same| {
            if *same {
                hub.identities_mut().issued(&record, Some(others_end));
                hub.process.audit_entries.inc();
            }
        })
        .await?;
    if !same {
        return Err(Refusal::of(
            StatusCode::FORBIDDEN,
            "foreign_fingerprint",
            "the hardware is not the one that enrolled: enrol this machine with a new token",
        ));
    }
    Ok(identity(hub, machine, issued, now))
}
