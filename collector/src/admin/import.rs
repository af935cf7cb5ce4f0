//! Files that machines without a network wrote, brought in by an officer.

use std::sync::Arc;

use axum::extract::{ConnectInfo, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use report::{MachineId, Sequence, Timestamp, Verdict};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::Officer;
use crate::audit::{Action, Entry};
use crate::enrol::ca::hex;
use crate::hub::Hub;
use crate::ingest::file::{Brought, SignedFile, TakenFile};
use crate::problem::Refusal;

/// A file as it lies on the officer's disk; of one that is too large, as much as shows that.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileToImport {
    content: String,
}

impl FileToImport {
    /// The file of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self { content: STANDARD.encode(bytes) }
    }
}

/// What came of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// SHA-256 of what was brought.
    pub sha256: String,
    /// The machine whose certificate it holds, where the signature is good.
    pub machine: Option<MachineId>,
    /// The register row that this machine holds.
    pub row: Option<String>,
    /// Whether it was taken.
    #[serde(flatten)]
    pub outcome: ImportOutcome,
}

/// Whether a file was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum ImportOutcome {
    /// It is durable, and the machine was judged by it.
    Taken {
        /// Which contact of the machine it is.
        sequence: Sequence,
        /// When it was written, by the machine's clock.
        sent_at: Timestamp,
        /// What the collector makes of the machine.
        verdict: Verdict,
        /// Topics and keys that were kept and not judged.
        unjudged: Vec<String>,
    },
    /// Nothing of it was kept.
    Refused {
        /// A word for programs; the label of `lachan_refusals_total`.
        reason: String,
        /// A sentence for people.
        message: String,
    },
}

pub(super) fn routes() -> Router<Arc<Hub>> {
    Router::new().route("/v1/import", post(import))
}

async fn import(
    State(hub): State<Arc<Hub>>,
    ConnectInfo(Officer(by)): ConnectInfo<Officer>,
    Json(file): Json<FileToImport>,
) -> Result<Json<Imported>, Refusal> {
    let file = STANDARD
        .decode(file.content)
        .map_err(|_| Refusal::of(StatusCode::BAD_REQUEST, "import", "the content is not base64"))?;
    let brought = Brought { by, sha256: hex(&Sha256::digest(&file)) };
    let signed = SignedFile::read(&hub, &file, crate::clock::now());
    let known = signed.as_ref().ok();
    let machine = known.map(SignedFile::machine);
    let row = known.and_then(SignedFile::row).map(str::to_owned);
    let sha256 = brought.sha256.clone();
    let taken = match signed {
        Ok(signed) => signed.take(&hub, brought.clone()).await,
        Err(refusal) => Err(refusal),
    };
    let outcome = match taken {
        Ok(taken) => ImportOutcome::from(taken),
        Err(refusal) if refusal.status.is_server_error() => return Err(refusal),
        Err(refusal) => {
            note(&hub, &refusal, machine, brought).await?;
            let reason = refusal.reason.to_owned();
            ImportOutcome::Refused { reason, message: refusal.message }
        }
    };
    Ok(Json(Imported { sha256, machine, row, outcome }))
}

/// Every file that is refused leaves an entry: it was an officer who brought it.
async fn note(
    hub: &Arc<Hub>,
    refusal: &Refusal,
    machine: Option<MachineId>,
    brought: Brought,
) -> Result<(), Refusal> {
    hub.process.refusals.with_label_values(&[refusal.reason]).inc();
    let of = machine.map(|machine| format!("machine={machine} ")).unwrap_or_default();
    let entry = Entry {
        at: crate::clock::now(),
        actor: brought.by,
        action: Action::Refused,
        subject: refusal.reason.to_owned(),
        detail: format!("{of}sha256={}", brought.sha256),
    };
    Ok(hub.audit(entry).await?)
}

impl From<TakenFile> for ImportOutcome {
    fn from(taken: TakenFile) -> Self {
        let TakenFile { sequence, sent_at, reply } = taken;
        Self::Taken { sequence, sent_at, verdict: reply.verdict, unjudged: reply.unjudged }
    }
}
