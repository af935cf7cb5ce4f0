//! Reports in files, of machines that reach no collector: somebody carries them, and an officer
//! brings them in.
//!
//! Nobody vouches for such a file but the key that signed it, and nobody waits at its other end.
//! So it is held to more than a report that comes by itself: the register must say that its machine
//! reports by file, it must be of these days, and it must be newer than all that was taken before.
//! From there on it is a report like any other.

use std::sync::Arc;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use hyper::StatusCode;
use report::export::{Export, signed_bytes};
use report::moment::DAY;
use report::wire::{self, ReportReply};
use report::{MachineId, Sequence, Timestamp};
use rustls_pki_types::CertificateDer;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::admission::admit_file;
use super::continuity::Continuity;
use crate::audit::{Action, Entry};
use crate::hub::Hub;
use crate::identities::AuthenticatedMachine;
use crate::machine::Standing;
use crate::policy::{PolicySet, Subject};
use crate::problem::Refusal;
use crate::register::ReportsBy;
use crate::store::StoreFile;

/// A file whose signature is good, by a machine that is who it says.
#[derive(Debug)]
pub struct SignedFile {
    signer: AuthenticatedMachine,
    row: Option<HeldRow>,
    report: String,
}

/// The register row that an identity holds.
#[derive(Debug)]
struct HeldRow {
    id: String,
    reports: ReportsBy,
}

/// What a file brought that was taken.
#[derive(Debug)]
pub struct TakenFile {
    /// Which contact of the machine it is.
    pub sequence: Sequence,
    /// When it was written, by the machine's clock.
    pub sent_at: Timestamp,
    /// What a report is answered with.
    pub reply: ReportReply,
}

/// Who brought a file, and which.
#[derive(Clone, Debug)]
pub struct Brought {
    /// The officer.
    pub by: String,
    /// SHA-256 of the file, as it is written down.
    pub sha256: String,
}

impl SignedFile {
    /// Who signed it.
    #[must_use]
    pub fn machine(&self) -> MachineId {
        self.signer.machine()
    }

    /// The register row that its machine holds.
    #[must_use]
    pub fn row(&self) -> Option<&str> {
        self.row.as_ref().map(|row| row.id.as_str())
    }

    /// Reads a file and makes sure of who signed it.
    ///
    /// # Errors
    /// When it is no export, or its certificate or its signature do not hold.
    pub fn read(hub: &Hub, file: &[u8], now: Timestamp) -> Result<Self, Refusal> {
        let export = Export::decode(file)?;
        let certificate = CertificateDer::from(export.certificate.as_slice());
        let signer = hub.identities().authenticate_file(&certificate, now)?;
        check_signature(&export)?;
        Ok(Self { row: held_row(hub, &signer), signer, report: export.report })
    }

    /// Takes the report in it as one that came by itself: reads and admits it, makes it durable and
    /// judges the machine.
    ///
    /// # Errors
    /// When any of these says no, the machine may not report in this way, or the file is not newer
    /// than what is known; nothing is kept then.
    pub async fn take(self, hub: &Arc<Hub>, brought: Brought) -> Result<TakenFile, Refusal> {
        let Self { signer, row, report } = self;
        let received = wire::decode_report(report.as_bytes())?;
        check_row(row.as_ref())?;
        let sent_at = received.report.sent_at;
        check_age(&hub.policy_set(), sent_at, signer.at())?;
        let report = admit_file(&signer, received)?;
        let sequence = report.introduction().mark.sequence;
        let entry = imported(&signer, sequence, brought);
        let stored = hub
            .commit(StoreFile { report, entry }, |hub, outcome| {
                if let Ok(stored) = outcome {
                    super::take_over(hub, stored);
                    hub.process.audit_entries.inc_by(u64::from(stored.was_kept()));
                }
            })
            .await??;
        refuse_replay(stored.continuity)?;
        let digest = stored.report.introduction().mark.digest;
        let reply = super::answer(hub, &signer, stored.report.unjudged().to_vec(), digest).await?;
        Ok(TakenFile { sequence, sent_at, reply })
    }
}

fn check_signature(export: &Export) -> Result<(), Refusal> {
    let is_good = X509Certificate::from_der(&export.certificate).is_ok_and(|(_, certificate)| {
        let key = &certificate.public_key().subject_public_key.data;
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key);
        key.verify(&signed_bytes(&export.report), &export.signature).is_ok()
    });
    let forged = || {
        let message = "the file was changed, or signed with another key than its certificate's";
        Refusal::of(StatusCode::FORBIDDEN, "export_signature", message)
    };
    is_good.then_some(()).ok_or_else(forged)
}

/// The row in force that the signer holds.
fn held_row(hub: &Hub, signer: &AuthenticatedMachine) -> Option<HeldRow> {
    let (set, live) = (hub.policy_set(), hub.live());
    let machine = live.fleet().at(live.fleet().find(signer.machine())?);
    let held = Some(machine).filter(|machine| holds_a_row(machine.standing))?;
    let row = Subject::of(&set, held, signer.at()).row?;
    Some(HeldRow { id: row.id.to_owned(), reports: row.reports })
}

/// What is laxer for a machine that reports by file must be the officer's word.
fn check_row(row: Option<&HeldRow>) -> Result<(), Refusal> {
    match row {
        Some(HeldRow { reports: ReportsBy::File, .. }) => Ok(()),
        Some(HeldRow { id, reports: ReportsBy::Network }) => Err(not_allowed(format!(
            "the register does not let {id} report by file: write file in its column reports"
        ))),
        None => Err(not_allowed(
            "the file's machine holds no row of the register: only those do that report by file"
                .to_owned(),
        )),
    }
}

fn not_allowed(message: String) -> Refusal {
    Refusal::of(StatusCode::FORBIDDEN, "export_not_allowed", message)
}

/// Of an identity that waits for an officer, the row is another's.
fn holds_a_row(standing: Standing) -> bool {
    match standing {
        Standing::Current | Standing::Clone => true,
        Standing::Pending | Standing::Revoked => false,
    }
}

/// A file measures no clock against another, so its own is believed as far as it can be.
fn check_age(set: &PolicySet, sent_at: Timestamp, now: Timestamp) -> Result<(), Refusal> {
    let refuse = |reason, message: String| {
        Err(Refusal::of(StatusCode::UNPROCESSABLE_ENTITY, reason, message))
    };
    if sent_at > now + DAY {
        let message =
            format!("the file says it is of {sent_at}: set the machine's clock and export again");
        return refuse("export_future", message);
    }
    if now > set.targets.silence_begins(None, ReportsBy::File, sent_at) {
        let message = format!(
            "the file says it is of {sent_at}, older than silent_after.file: export again, with \
             the machine's clock right"
        );
        return refuse("export_old", message);
    }
    Ok(())
}

fn refuse_replay(continuity: Continuity) -> Result<(), Refusal> {
    match continuity {
        Continuity::Repeat => {
            let message = "this very file was taken before";
            Err(Refusal::of(StatusCode::CONFLICT, "export_repeated", message))
        }
        Continuity::Next
        | Continuity::Restore
        | Continuity::Clone
        | Continuity::SequenceConflict
        | Continuity::OldSequence => super::refuse_replay(continuity),
    }
}

fn imported(signer: &AuthenticatedMachine, sequence: Sequence, brought: Brought) -> Entry {
    Entry {
        at: signer.at(),
        actor: brought.by,
        action: Action::Imported,
        subject: signer.machine().to_string(),
        detail: format!("sequence={sequence} sha256={}", brought.sha256),
    }
}

#[cfg(test)]
mod tests;
