//! Heartbeats in the store.

use report::Timestamp;
use rusqlite::Connection;

use super::audit::audit;
use super::contacts::Facts;
use super::{Operation, StoreError, contacts, shadows};
use crate::audit::Action;
use crate::identities::Stranger;
use crate::ingest::admission::{AdmittedHeartbeat, Introduction};
use crate::ingest::continuity::Past;
use crate::ingest::heartbeat::{Pulse, pulse};
use crate::machine::Standing;

/// Keeps a heartbeat that was admitted: a contact, and that the facts of the last report were seen
/// again. History gets no row.
#[derive(Debug)]
pub struct StoreHeartbeat(pub AdmittedHeartbeat);

/// What came of a heartbeat.
#[derive(Debug)]
pub struct Heard {
    /// What it comes to; only some of these left anything in the store.
    pub pulse: Pulse,
    /// The standing of whoever it is of after it.
    pub standing: Standing,
    /// Whether it left an entry in the audit log.
    pub is_audited: bool,
    /// The heartbeat, handed back: that of a shadow, where one is known of this hardware.
    pub heartbeat: AdmittedHeartbeat,
}

impl Operation for StoreHeartbeat {
    /// A revocation that came while the heartbeat was on its way is final.
    type Outcome = Result<Heard, Stranger>;

    fn apply(self, database: &Connection) -> Result<Self::Outcome, StoreError> {
        let (heartbeat, past, standing) = match whose(database, self.0)? {
            (_, _, Standing::Revoked) => return Ok(Err(Stranger::Revoked)),
            it => it,
        };
        let introduction = heartbeat.introduction();
        let pulse = pulse(&past, &heartbeat);
        let after = match pulse {
            Pulse::Confirmed(seen_at) => {
                contacts::keep(database, introduction, Facts::SeenAgain(seen_at), standing)?;
                confirm(database, introduction, seen_at)?;
                standing
            }
            Pulse::Clone => contacts::cloned(standing),
            Pulse::Repeat | Pulse::ReportWanted | Pulse::SequenceConflict | Pulse::OldSequence => {
                standing
            }
        };
        // The report that is wanted leaves a trace of its own; this one only where it says more.
        let is_audited = after != standing;
        if is_audited {
            audit(database, &contacts::entry(introduction, Action::CloneSeen, &past))?;
            contacts::note_standing(database, introduction, after)?;
        }
        Ok(Ok(Heard { pulse, standing: after, is_audited, heartbeat }))
    }
}

/// The heartbeat with what is remembered of whoever it is of: of a shadow, where one is known of
/// this hardware and the identity is in force.
fn whose(
    database: &Connection,
    heartbeat: AdmittedHeartbeat,
) -> Result<(AdmittedHeartbeat, Past, Standing), StoreError> {
    let introduction = heartbeat.introduction();
    let (past, standing) = contacts::past(database, introduction)?;
    let is_foreign = introduction.fingerprint != past.fingerprint;
    let has_shadow =
        || Ok::<_, StoreError>(shadows::standing(database, introduction.shadow())?.is_some());
    if standing == Standing::Revoked || !is_foreign || !has_shadow()? {
        return Ok((heartbeat, past, standing));
    }
    let heartbeat = heartbeat.of_shadow();
    let (past, standing) = contacts::past(database, heartbeat.introduction())?;
    Ok((heartbeat, past, standing))
}

/// Moves the topics of the last report forward, known to this version or not.
fn confirm(
    database: &Connection,
    introduction: &Introduction,
    seen_at: Timestamp,
) -> Result<(), StoreError> {
    database
        .prepare_cached(
            "UPDATE topics SET confirmed_at = max(ifnull(confirmed_at, ?1), ?1)
             WHERE machine = ?2 AND report = (SELECT reports FROM machines WHERE id = ?2)",
        )?
        .execute((seen_at.0, introduction.machine.to_string()))?;
    Ok(())
}
