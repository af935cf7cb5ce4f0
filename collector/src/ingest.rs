//! Contacts coming in through the door of reports: reports, heartbeats, and who asks for the time.

pub mod admission;
pub mod body;
mod clock;
pub mod continuity;
pub mod file;
pub mod heartbeat;
pub mod limit;

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::{Request, StatusCode};
use report::Verdict;
use report::machine::FactsDigest;
use report::wire::{self, MAX_BODY_BYTES, ReportReply, WIRE};
use rustls_pki_types::CertificateDer;

use crate::hub::Hub;
use crate::identities::AuthenticatedMachine;
use crate::policy::{JudgeClock, Subject, explain};
use crate::problem::Refusal;
use crate::store::{CertificateUsed, StoreReport, Stored};
use admission::admit;
use body::read_body;
pub use clock::tell_time;
use continuity::Continuity;
pub use heartbeat::take_heartbeat;

/// Takes one report: authenticates its sender, reads and admits it, makes it durable, judges the
/// machine and answers with the verdict.
///
/// # Errors
/// When any of these says no; nothing is kept then.
pub async fn take_report(
    hub: &Arc<Hub>,
    peer: Option<&CertificateDer<'_>>,
    request: Request<Incoming>,
) -> Result<ReportReply, Refusal> {
    let sender = sender(hub, peer)?;
    let body = read_body(request, MAX_BODY_BYTES).await?;
    let admitted = admit(&sender, wire::decode_report(&body)?)?;
    let stored = hub
        .commit(StoreReport(admitted), |hub, outcome| {
            if let Ok(stored) = outcome {
                take_over(hub, stored);
            }
        })
        .await??;
    refuse_replay(stored.continuity)?;
    let digest = stored.report.introduction().mark.digest;
    answer(hub, &sender, stored.report.unjudged().to_vec(), digest).await
}

/// Who speaks, if it is its turn: asked for every contact, before anything of it is read.
fn sender(hub: &Hub, peer: Option<&CertificateDer<'_>>) -> Result<AuthenticatedMachine, Refusal> {
    let sender = hub.authenticate(peer, crate::clock::now())?;
    hub.limits().take(sender.machine(), sender.at())?;
    Ok(sender)
}

/// What a machine is told whose contact is durable.
async fn answer(
    hub: &Arc<Hub>,
    sender: &AuthenticatedMachine,
    unjudged: Vec<String>,
    digest: FactsDigest,
) -> Result<ReportReply, Refusal> {
    if let Some(sha256) = sender.first_use() {
        let (machine, at) = (sender.machine(), sender.at());
        let used = CertificateUsed { sha256, machine, at };
        hub.commit(used, move |hub, ()| hub.identities_mut().used(sha256, at)).await?;
    }
    let now = sender.at();
    let verdict = verdict(hub, sender)
        .ok_or_else(|| Refusal::ours("store", "an authenticated machine is not in the fleet"))?;
    Ok(ReportReply {
        wire: WIRE,
        received_at: now,
        next_contact_seconds: hub.contact_interval,
        verdict,
        unjudged,
        digest: Some(digest),
        renew: sender.should_renew(),
    })
}

/// What the judge says of the machine that speaks, in words.
fn verdict(hub: &Hub, sender: &AuthenticatedMachine) -> Option<Verdict> {
    let live = hub.live();
    let (roll, fleet) = (live.roll(), live.fleet());
    let slot = fleet.find(sender.machine())?;
    let subject = roll.member_of(slot).and_then(|member| roll.subject(fleet, &member));
    let alone = || Subject::of(roll.set(), fleet.at(slot), sender.at());
    let subject = subject.unwrap_or_else(alone);
    Some(explain(roll.set(), roll.day(), &subject, JudgeClock::at(sender.at())))
}

/// Counts a report by how it followed on the machine's past, and takes it into the fleet.
fn take_over(hub: &Hub, stored: &Stored) {
    hub.process.audit_entries.inc_by(u64::from(stored.is_audited));
    if stored.was_kept() || stored.foreign.is_some() {
        hub.live_mut().keep(stored);
    }
    let outcome = match stored.continuity {
        Continuity::SequenceConflict | Continuity::OldSequence => return,
        Continuity::Repeat => "repeated",
        Continuity::Clone => "clone",
        Continuity::Next | Continuity::Restore if stored.foreign.is_some() => "clone",
        Continuity::Next => "stored",
        Continuity::Restore => "restored",
    };
    hub.process.reports.with_label_values(&[outcome]).inc();
    if stored.was_kept() {
        hub.process.unknown_facts.inc_by(stored.report.unjudged_count());
    }
}

fn refuse_replay(continuity: Continuity) -> Result<(), Refusal> {
    let refuse = |reason, message| Err(Refusal::of(StatusCode::CONFLICT, reason, message));
    match continuity {
        Continuity::Next | Continuity::Repeat | Continuity::Restore | Continuity::Clone => Ok(()),
        Continuity::SequenceConflict => {
            refuse("sequence_conflict", "another contact of this machine has the same number")
        }
        Continuity::OldSequence => {
            refuse("old_sequence", "a later contact of this machine is already here")
        }
    }
}
