//! One machine: what is known of it, and why it is judged so.

use std::sync::Arc;

use axum::extract::{Path as UrlPath, Query, State};
use axum::routing::get;
use axum::{Json, Router};

use super::views::{self, MachineDetail, MachineExplanation};
use super::{audit, not_found};
use crate::hub::Hub;
use crate::problem::Refusal;
use crate::recorder;
use crate::when::When;

pub(super) fn routes() -> Router<Arc<Hub>> {
    Router::new()
        .route("/v1/machines/{name}", get(machine))
        .route("/v1/machines/{name}/explanation", get(explanation))
}

async fn machine(
    State(hub): State<Arc<Hub>>,
    UrlPath(name): UrlPath<String>,
    Query(when): Query<When>,
) -> Result<Json<MachineDetail>, Refusal> {
    let wanted = name.clone();
    let detail = hub.show_at(when, move |live| views::machine(live, &wanted)).await?;
    let detail = detail.ok_or_else(|| no_machine(&name))?;
    match when.at {
        Some(_) => Ok(Json(detail)),
        None => {
            recorder::catch_up(&hub).await?;
            audit::reading(move || Ok(detail.dated(&hub.archive)?)).await
        }
    }
}

async fn explanation(
    State(hub): State<Arc<Hub>>,
    UrlPath(name): UrlPath<String>,
    Query(when): Query<When>,
) -> Result<Json<MachineExplanation>, Refusal> {
    let wanted = name.clone();
    let explanation = hub.show_at(when, move |live| views::explanation(live, &wanted)).await?;
    let explanation = explanation.ok_or_else(|| no_machine(&name))?;
    match when.at {
        Some(_) => Ok(Json(explanation)),
        None => {
            recorder::catch_up(&hub).await?;
            audit::reading(move || Ok(explanation.dated(&hub.archive)?)).await
        }
    }
}

fn no_machine(name: &str) -> Refusal {
    not_found(format!("no machine has the register id or identity {name:?}"))
}
