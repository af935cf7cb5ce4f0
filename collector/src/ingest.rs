//! Reports coming in.

pub mod admission;
pub mod body;
pub mod continuity;

use hyper::body::Incoming;
use hyper::{Request, StatusCode};
use report::wire::{self, MAX_BODY_BYTES, ReportReply, WIRE};
use rustls_pki_types::CertificateDer;

use crate::hub::Hub;
use crate::identities::AuthenticatedMachine;
use crate::policy::{JudgeClock, Subject, explain};
use crate::problem::Refusal;
use crate::store::{CertificateUsed, StoreReport, Stored};
use admission::admit;
use body::read_body;
use continuity::Continuity;

/// Takes one report: authenticates its sender, reads and admits it, makes it durable, judges the
/// machine and answers with the verdict.
///
/// # Errors
/// When any of these says no; nothing is kept then.
pub async fn take_report(
    hub: &Hub,
    peer: Option<&CertificateDer<'_>>,
    request: Request<Incoming>,
) -> Result<ReportReply, Refusal> {
    let sender = hub.authenticate(peer, crate::clock::now())?;
    let body = read_body(request, MAX_BODY_BYTES).await?;
    let admitted = admit(&sender, wire::decode_report(&body)?)?;
    let stored = hub.submit(StoreReport(admitted)).await?;
    accept(hub, &stored)?;
    if let Some(sha256) = sender.first_use() {
        first_use(hub, &sender, sha256).await?;
    }
    let now = sender.at();
    let policies = hub.policy_set();
    let verdict = hub
        .fleet()
        .get(sender.machine())
        .map(|machine| {
            let subject = Subject::of(&policies, machine, now);
            explain(&policies, &subject, JudgeClock::at(now))
        })
        .ok_or_else(|| Refusal::ours("store", "an authenticated machine is not in the fleet"))?;
    Ok(ReportReply {
        wire: WIRE,
        received_at: now,
        next_contact_seconds: hub.contact_interval,
        verdict,
        unjudged: stored.report.unjudged().to_vec(),
    })
}

/// Counts a report by how it followed on the machine's past, and takes it into the fleet.
fn accept(hub: &Hub, stored: &Stored) -> Result<(), Refusal> {
    let outcome = match stored.continuity {
        Continuity::Next => "stored",
        Continuity::Repeat => "repeated",
        Continuity::Restore => "restored",
        Continuity::Clone => "clone",
        Continuity::SequenceConflict => {
            return Err(Refusal::of(
                StatusCode::CONFLICT,
                "sequence_conflict",
                "another report of this machine has the same number",
            ));
        }
        Continuity::OldSequence => {
            return Err(Refusal::of(
                StatusCode::CONFLICT,
                "old_sequence",
                "a later report of this machine is already here",
            ));
        }
    };
    hub.process.reports.with_label_values(&[outcome]).inc();
    hub.process.unknown_facts.inc_by(stored.report.unjudged().len() as u64);
    if matches!(stored.continuity, Continuity::Restore | Continuity::Clone) {
        hub.process.audit_entries.inc();
    }
    hub.fleet_mut().keep(stored);
    Ok(())
}

async fn first_use(
    hub: &Hub,
    sender: &AuthenticatedMachine,
    sha256: [u8; 32],
) -> Result<(), Refusal> {
    let (machine, at) = (sender.machine(), sender.at());
    hub.submit(CertificateUsed { sha256, machine, at }).await?;
    hub.identities_mut().used(sha256, at);
    Ok(())
}
