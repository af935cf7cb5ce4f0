//! Which moment an officer means.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use report::Timestamp;
use serde::{Deserialize, Serialize};

use crate::hub::Hub;
use crate::problem::Refusal;
use crate::when;

/// A moment in an officer's words, to be read by the calendar of the set in force.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Words {
    /// As in `14/6/2026`.
    pub at: String,
}

pub(super) fn routes() -> Router<Arc<Hub>> {
    Router::new().route("/v1/moment", get(moment))
}

async fn moment(
    State(hub): State<Arc<Hub>>,
    Query(words): Query<Words>,
) -> Result<Json<Timestamp>, Refusal> {
    let read = when::moment(&words.at, &hub.policy_set().targets.calendar);
    read.map(Json).map_err(|error| Refusal::of(StatusCode::BAD_REQUEST, "moment", error))
}
