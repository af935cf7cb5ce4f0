//! The logs as officers look at them: entries, how they end, and whether anybody has changed them.

use std::path::Path;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use report::Timestamp;
use serde::{Deserialize, Serialize};

use crate::audit::head::Head;
use crate::audit::kept;
use crate::audit::key::PublicKey;
use crate::audit::verification::Verification;
use crate::hub::Hub;
use crate::problem::Refusal;
use crate::store::{Archive, LoggedEntry};
use crate::when;

/// So many entries are listed at most, the newest ones.
const MOST: usize = 10_000;

/// Which entries are wanted; what is not said does not matter.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditQuery {
    /// From this day or moment on, in an officer's words.
    pub since: Option<String>,
    /// By whom.
    pub actor: Option<String>,
    /// What was done, by its name in the log.
    pub action: Option<String>,
}

/// Entries of the audit log, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditPage {
    /// The newest that are wanted.
    pub entries: Vec<LoggedEntry>,
    /// How many older ones are wanted too and left out.
    pub left_out: u64,
}

/// Heads to hold the logs against, beside those that the collector keeps.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Brought {
    /// The heads.
    pub heads: Vec<Head>,
}

impl AuditPage {
    /// Reads it from a store. What was meant by `since` is known by then.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn read(
        archive: &Archive,
        wanted: &AuditQuery,
        since: Option<Timestamp>,
    ) -> anyhow::Result<Self> {
        let AuditQuery { since: _, actor, action } = wanted;
        let (entries, all) = archive.audit(since, actor.as_deref(), action.as_deref(), MOST)?;
        let left_out = all.saturating_sub(entries.len() as u64);
        Ok(Self { entries, left_out })
    }
}

/// Holds the logs of a store against the heads kept beside it and those that were brought.
///
/// # Errors
/// When the store or the file of the heads cannot be read.
pub fn verify(
    archive: &Archive,
    heads: &Path,
    key: &PublicKey,
    brought: Vec<Head>,
) -> anyhow::Result<Verification> {
    let kept = kept::read(heads)?.unwrap_or_default();
    // A line that was cut off when the machine lost its power proves nothing either way.
    let kept = kept::heads(&kept).filter_map(|(_, head)| Some((head.ok()?, true)));
    let brought = brought.into_iter().map(|head| (head, false));
    Ok(archive.verify(kept.chain(brought).collect(), key)?)
}

pub(super) fn routes() -> Router<Arc<Hub>> {
    Router::new()
        .route("/v1/audit", get(list))
        .route("/v1/audit/head", get(head))
        .route("/v1/audit/verification", post(verification))
}

async fn list(
    State(hub): State<Arc<Hub>>,
    Query(wanted): Query<AuditQuery>,
) -> Result<Json<AuditPage>, Refusal> {
    let calendar = &hub.policy_set().targets.calendar;
    let since = wanted.since.as_ref().map(|words| when::beginning(words, calendar)).transpose();
    let since = since.map_err(|error| Refusal::of(StatusCode::BAD_REQUEST, "moment", error))?;
    reading(move || AuditPage::read(&hub.archive, &wanted, since)).await
}

async fn head(State(hub): State<Arc<Hub>>) -> Result<Json<Head>, Refusal> {
    Ok(Json(hub.head().await?))
}

async fn verification(
    State(hub): State<Arc<Hub>>,
    Json(Brought { heads }): Json<Brought>,
) -> Result<Json<Verification>, Refusal> {
    let key = hub.audit_key.public();
    reading(move || verify(&hub.archive, &hub.heads, &key, heads)).await
}

/// Reads the store on a thread of its own. The officer is told why that failed: it is their store.
pub(super) async fn reading<T: Send + 'static>(
    read: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
) -> Result<Json<T>, Refusal> {
    let read = tokio::task::spawn_blocking(read);
    let read = read.await.map_err(|error| Refusal::ours("audit", error))?;
    read.map(Json).map_err(|error| {
        Refusal::of(StatusCode::INTERNAL_SERVER_ERROR, "audit", format!("{error:#}"))
    })
}
