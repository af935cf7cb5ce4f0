//! Snapshots: made, listed, read and held against what they were made from.

use std::sync::Arc;

use axum::extract::{ConnectInfo, Path as UrlPath, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use report::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Officer, not_found};
use crate::audit::key::PublicKey;
use crate::hub::Hub;
use crate::past::{Past, PastError};
use crate::problem::Refusal;
use crate::snapshot::keeper::{self, NoSnapshot};
use crate::snapshot::{Entry, Outcomes, Verification, verification};
use crate::store::{LoggedEntry, StoreError};

/// What an officer asks for with `snapshot create`.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewSnapshot {
    /// Of which moment; `None`: of the last cut-off that is over.
    pub at: Option<Timestamp>,
}

/// One snapshot with what was said of everyone.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SnapshotView {
    /// What it says of itself.
    #[serde(flatten)]
    pub entry: Entry,
    /// What it holds.
    pub outcomes: Outcomes,
}

/// Why a snapshot cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum NotShown {
    /// There is none of that number.
    #[error("there is no snapshot {0}: see `snapshot list`")]
    None(i64),
    /// It is not what was made.
    #[error("snapshot {0} was changed after it was made: `snapshot verify {0}` says what is wrong")]
    Changed(i64),
    /// It cannot be read.
    #[error("snapshot {0} cannot be read: {1}")]
    Unreadable(i64, String),
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The snapshot of a number.
///
/// # Errors
/// When there is none, it was changed, or it cannot be read.
pub fn show(past: &Past, id: i64, key: &PublicKey) -> Result<SnapshotView, NotShown> {
    let snapshot = past.archive.snapshot(id)?.ok_or(NotShown::None(id))?;
    if !snapshot.is_covered() || !snapshot.is_signed(key) {
        return Err(NotShown::Changed(id));
    }
    let outcomes = Outcomes::unpack(&snapshot.content.outcomes)
        .map_err(|error| NotShown::Unreadable(id, error))?;
    Ok(SnapshotView { entry: snapshot.entry, outcomes })
}

/// What comes of holding the snapshot of a number against what it was made from.
///
/// # Errors
/// When there is none.
pub fn verify(past: &Past, id: i64, key: &PublicKey) -> Result<Verification, NotShown> {
    let snapshot = past.archive.snapshot(id)?.ok_or(NotShown::None(id))?;
    Ok(verification::verify(&snapshot, past, key))
}

pub(super) fn routes() -> Router<Arc<Hub>> {
    Router::new()
        .route("/v1/snapshots", get(list).post(create))
        .route("/v1/snapshots/lost", get(lost))
        .route("/v1/snapshots/{id}", get(shown))
        .route("/v1/snapshots/{id}/verification", get(verified))
}

async fn list(State(hub): State<Arc<Hub>>) -> Result<Json<Vec<Entry>>, Refusal> {
    Ok(Json(apart(&hub, |past| Ok(past.archive.snapshots()?)).await?))
}

async fn lost(State(hub): State<Arc<Hub>>) -> Result<Json<Vec<LoggedEntry>>, Refusal> {
    Ok(Json(apart(&hub, |past| Ok(past.archive.lost_snapshots()?)).await?))
}

async fn create(
    State(hub): State<Arc<Hub>>,
    ConnectInfo(Officer(actor)): ConnectInfo<Officer>,
    Json(wish): Json<NewSnapshot>,
) -> Result<Json<Entry>, Refusal> {
    Ok(Json(keeper::create(&hub, wish.at, actor).await?))
}

async fn shown(
    State(hub): State<Arc<Hub>>,
    UrlPath(id): UrlPath<i64>,
) -> Result<Json<SnapshotView>, Refusal> {
    let key = hub.audit_key.public();
    Ok(Json(apart(&hub, move |past| show(past, id, &key)).await?))
}

async fn verified(
    State(hub): State<Arc<Hub>>,
    UrlPath(id): UrlPath<i64>,
) -> Result<Json<Verification>, Refusal> {
    let key = hub.audit_key.public();
    let verified = hub.with_past(move |past| verify(past, id, &key)).await;
    Ok(Json(verified.map_err(|error| Refusal::ours("snapshot", error))??))
}

/// Reads and judges on a thread of its own.
async fn apart<T: Send + 'static>(
    hub: &Arc<Hub>,
    work: impl FnOnce(&Past) -> Result<T, NotShown> + Send + 'static,
) -> Result<T, Refusal> {
    let past = hub.past();
    let done = tokio::task::spawn_blocking(move || work(&past)).await;
    Ok(done.map_err(|error| Refusal::ours("snapshot", error))??)
}

impl From<NotShown> for Refusal {
    fn from(error: NotShown) -> Self {
        match &error {
            NotShown::None(_) => not_found(error.to_string()),
            NotShown::Changed(_) => Self::of(StatusCode::CONFLICT, "snapshot", error.to_string()),
            NotShown::Unreadable(..) => Self::ours("snapshot", error),
            NotShown::Store(_) => Self::ours("store", error),
        }
    }
}

impl From<NoSnapshot> for Refusal {
    fn from(error: NoSnapshot) -> Self {
        match error {
            NoSnapshot::NoCutOff
            | NoSnapshot::Made(_)
            | NoSnapshot::Lost { .. }
            | NoSnapshot::Unsettled(_) => {
                Self::of(StatusCode::CONFLICT, "snapshot", error.to_string())
            }
            NoSnapshot::Past(error) => PastError::into(error),
            NoSnapshot::Store(error) => StoreError::into(error),
            NoSnapshot::Pack(_) => Self::ours("snapshot", error),
        }
    }
}
