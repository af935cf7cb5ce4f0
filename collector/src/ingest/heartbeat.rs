//! Heartbeats: a survey came to the same as the last report.
//!
//! A heartbeat confirms what is kept and brings nothing of its own. So wherever it does not fit
//! exactly, the answer is that the report is wanted, and the report is then held against the past
//! like every other one.

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::{Request, StatusCode};
use report::Timestamp;
use report::moment::DAY;
use report::wire::{self, MAX_HEARTBEAT_BYTES, REPORT_WANTED, ReportReply};
use rustls_pki_types::CertificateDer;

use super::admission::{AdmittedHeartbeat, Introduction, admit_heartbeat};
use super::body::read_body;
use super::continuity::{Continuity, Past, continuity};
use crate::hub::Hub;
use crate::problem::Refusal;
use crate::store::{Heard, StoreHeartbeat};

/// After so long without a report one is wanted though nothing has changed, in seconds: facts that
/// always change, such as the last look for updates, stand in no heartbeat.
const REPORT_EVERY: i64 = DAY;

/// What a heartbeat comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pulse {
    /// The facts of the last report were seen again at this moment of the collector's clock.
    Confirmed(Timestamp),
    /// It is the last contact again: the reply was lost.
    Repeat,
    /// Another machine speaks with this identity. That is kept; what it confirms is not.
    Clone,
    /// It says too little: nothing is kept, the report is wanted.
    ReportWanted,
    /// It has the number of an accepted contact and says something else.
    SequenceConflict,
    /// The same process goes back in time: a replay.
    OldSequence,
}

/// Decides what a heartbeat comes to.
///
/// It follows on the past as a report does. Hardware that came back from a backup sends its report
/// first, which leaves the trace of the restore: on its disk there may be anything.
#[must_use]
pub fn pulse(past: &Past, heartbeat: &AdmittedHeartbeat) -> Pulse {
    let Introduction { fingerprint, mark, .. } = *heartbeat.introduction();
    match continuity(past, fingerprint, mark) {
        Continuity::Next => match confirmed(past, heartbeat) {
            Some(seen_at) => Pulse::Confirmed(seen_at),
            None => Pulse::ReportWanted,
        },
        Continuity::Repeat => Pulse::Repeat,
        Continuity::Restore => Pulse::ReportWanted,
        Continuity::Clone => Pulse::Clone,
        Continuity::SequenceConflict => Pulse::SequenceConflict,
        Continuity::OldSequence => Pulse::OldSequence,
    }
}

/// When the facts of the last report were seen again; `None` where these are others, the report
/// is too old, or the survey is said to have ended in the future.
fn confirmed(past: &Past, heartbeat: &AdmittedHeartbeat) -> Option<Timestamp> {
    let Introduction { contact, mark, .. } = *heartbeat.introduction();
    let says_the_same = past.last?.digest == mark.digest;
    let is_recent = contact.at.since(past.reported_at?) < REPORT_EVERY;
    let seen_at = heartbeat.seen_at();
    let is_possible = seen_at <= contact.at + DAY;
    (says_the_same && is_recent && is_possible).then(|| seen_at.min(contact.at))
}

/// Takes one heartbeat: authenticates its sender, reads and admits it, makes it durable, judges the
/// machine and answers with the verdict.
///
/// # Errors
/// When any of these says no. Nothing is kept then, but that a clone was seen.
pub async fn take_heartbeat(
    hub: &Arc<Hub>,
    peer: Option<&CertificateDer<'_>>,
    request: Request<Incoming>,
) -> Result<ReportReply, Refusal> {
    let sender = super::sender(hub, peer)?;
    let body = read_body(request, MAX_HEARTBEAT_BYTES).await?;
    let admitted = admit_heartbeat(&sender, wire::decode_heartbeat(&body)?)?;
    let heard = hub
        .commit(StoreHeartbeat(admitted), |hub, outcome| {
            if let Ok(heard) = outcome {
                take_over(hub, heard);
            }
        })
        .await??;
    refuse(heard.pulse)?;
    let digest = heard.heartbeat.introduction().mark.digest;
    super::answer(hub, &sender, Vec::new(), digest).await
}

/// Counts a heartbeat that left something in the store, and takes it into the fleet. Of a clone
/// that is known, the report that it is asked for is counted.
fn take_over(hub: &Hub, heard: &Heard) {
    let outcome = match heard.pulse {
        Pulse::Confirmed(_) => "heartbeat",
        Pulse::Repeat => "repeated",
        Pulse::Clone if heard.is_audited => "clone",
        Pulse::Clone | Pulse::ReportWanted | Pulse::SequenceConflict | Pulse::OldSequence => return,
    };
    hub.process.reports.with_label_values(&[outcome]).inc();
    hub.process.audit_entries.inc_by(u64::from(heard.is_audited));
    hub.live_mut().hear(heard);
}

fn refuse(pulse: Pulse) -> Result<(), Refusal> {
    match pulse {
        Pulse::Confirmed(_) | Pulse::Repeat => Ok(()),
        Pulse::Clone | Pulse::ReportWanted => {
            Err(Refusal::of(StatusCode::CONFLICT, REPORT_WANTED, "send the report"))
        }
        Pulse::SequenceConflict => super::refuse_replay(Continuity::SequenceConflict),
        Pulse::OldSequence => super::refuse_replay(Continuity::OldSequence),
    }
}

#[cfg(test)]
mod tests;
