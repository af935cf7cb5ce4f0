//! Policy sets before they take effect: what they would change, and an officer's yes.

use std::sync::Arc;

use axum::extract::{ConnectInfo, DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use report::Timestamp;
use serde::{Deserialize, Serialize};

use super::Officer;
use crate::hub::Hub;
use crate::policy::Folder;
use crate::policy::plan::{Plan, Reason};
use crate::problem::Refusal;
use crate::reload::{Held, NotAccepted};
use crate::store::KeptFolder;

/// The largest folder that is sent to be judged by: that of a whole sector, as JSON.
const MAX_FOLDER_BYTES: usize = 512 << 20;

/// What another policy set would change, and whether it would take effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanView {
    /// What it would change.
    #[serde(flatten)]
    pub plan: Plan,
    /// Why somebody has to say yes first; empty: it would take effect by itself.
    pub reasons: Vec<Reason>,
    /// Since when it waits; `None`: it does not.
    pub held_since: Option<Timestamp>,
}

impl PlanView {
    /// Of a set that is not in the collector's folder.
    #[must_use]
    pub fn of(plan: Plan) -> Self {
        let reasons = plan.needs_acceptance();
        Self { plan, reasons, held_since: None }
    }

    fn of_held(held: &Held) -> Self {
        Self {
            plan: held.plan.clone(),
            reasons: held.reasons.clone(),
            held_since: Some(held.since),
        }
    }
}

/// A folder that somebody would like to be judged by.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProposedFolder {
    /// Its files by relative path.
    pub files: KeptFolder,
}

impl ProposedFolder {
    /// The content of a folder that was read.
    #[must_use]
    pub fn of(folder: &Folder) -> Self {
        let files = folder.files().map(|(path, text)| (path.to_owned(), text.to_owned()));
        Self { files: files.collect() }
    }
}

/// An officer's yes to the set of this hash.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    /// The hash, or at least its first eight digits.
    pub hash: String,
}

pub(super) fn routes() -> Router<Arc<Hub>> {
    Router::new()
        .route("/v1/policies/held", get(held))
        .route("/v1/policies/plan", post(plan).layer(DefaultBodyLimit::max(MAX_FOLDER_BYTES)))
        .route("/v1/policies/accept", post(accept))
}

async fn held(State(hub): State<Arc<Hub>>) -> Json<Option<PlanView>> {
    Json(hub.gate.held().map(|held| PlanView::of_held(&held)))
}

async fn plan(
    State(hub): State<Arc<Hub>>,
    Json(proposed): Json<ProposedFolder>,
) -> Result<Json<PlanView>, Refusal> {
    let loaded = hub.gate.load(proposed.files).await;
    let set = loaded.map_err(|fault| {
        let message = format!("the folder is faulty:\n{fault}");
        Refusal::of(StatusCode::UNPROCESSABLE_ENTITY, "policies", message)
    })?;
    let planned = hub.show(move |live| PlanView::of(Plan::from(live.roll(), set, live.fleet())));
    planned.await.map(Json).map_err(|error| Refusal::ours("judge", error))
}

async fn accept(
    State(hub): State<Arc<Hub>>,
    ConnectInfo(Officer(actor)): ConnectInfo<Officer>,
    Json(Acceptance { hash }): Json<Acceptance>,
) -> Result<Json<Plan>, Refusal> {
    Ok(Json(hub.gate.accept(hash, actor).await?))
}

impl From<NotAccepted> for Refusal {
    fn from(refusal: NotAccepted) -> Self {
        match &refusal {
            NotAccepted::NothingHeld | NotAccepted::AnotherHeld { .. } | NotAccepted::Edited(_) => {
                Self::of(StatusCode::CONFLICT, "policies", refusal.to_string())
            }
            NotAccepted::NoHash(_) => {
                Self::of(StatusCode::BAD_REQUEST, "policies", refusal.to_string())
            }
            NotAccepted::Failed(_) | NotAccepted::Ending => Self::ours("policies", refusal),
        }
    }
}
