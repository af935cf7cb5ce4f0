//! The officers' side: a local socket that speaks HTTP and JSON, and nothing from the network.
//!
//! The socket's folder decides who may ask, the peer's operating-system user goes into the audit
//! log. Reading commands work without a running collector too: [`views`] makes the same answers
//! from the store.

pub mod audit;
pub mod client;
pub mod decisions;
pub mod forecast;
pub mod import;
pub mod machines;
pub mod past;
pub mod policies;
pub mod register;
pub mod reports;
pub mod rules;
pub mod since;
pub mod snapshots;
mod socket;
pub mod tokens;
pub mod views;

use std::sync::Arc;

use axum::extract::connect_info::Connected;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::serve::IncomingStream;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use tokio::net::UnixListener;

use crate::drain::Draining;
use crate::hub::Hub;
use crate::problem::Refusal;
use crate::when::When;
pub use socket::bind;
use views::PostureView;

/// What an officer is told when something cannot be done.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AdminProblem {
    /// A sentence.
    pub message: String,
}

/// Serves officers until it is told to end.
///
/// # Errors
/// When the socket fails.
pub async fn serve(
    listener: UnixListener,
    hub: Arc<Hub>,
    mut draining: Draining,
) -> std::io::Result<()> {
    let router = Router::new()
        .route("/v1/posture", get(posture))
        .merge(tokens::routes())
        .merge(machines::routes())
        .merge(decisions::routes())
        .merge(audit::routes())
        .merge(import::routes())
        .merge(past::routes())
        .merge(policies::routes())
        .merge(register::routes())
        .merge(forecast::routes())
        .merge(rules::routes())
        .merge(snapshots::routes())
        .merge(reports::routes())
        .with_state(hub);
    axum::serve(listener, router.into_make_service_with_connect_info::<Officer>())
        .with_graceful_shutdown(async move { draining.told().await })
        .await
}

/// The operating-system user behind a connection.
#[derive(Clone, Debug)]
struct Officer(String);

impl Connected<IncomingStream<'_, UnixListener>> for Officer {
    fn connect_info(stream: IncomingStream<'_, UnixListener>) -> Self {
        let user = stream.io().peer_cred().map(|peer| peer.uid().to_string());
        Self(format!("uid:{}", user.as_deref().unwrap_or("unknown")))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let message = match self.cause {
            Some(cause) => format!("{}: {cause}", self.message),
            None => self.message,
        };
        (self.status, Json(AdminProblem { message })).into_response()
    }
}

/// What keeps the folder from being in force is told of the present alone.
async fn posture(
    State(hub): State<Arc<Hub>>,
    Query(when): Query<When>,
) -> Result<Json<PostureView>, Refusal> {
    let posture = hub.show_at(when, views::posture).await?;
    if posture.known.is_some() {
        return Ok(Json(posture));
    }
    let held = hub.gate.held().map(|held| held.hash().to_string());
    let faulty = hub.process.reload_successful.get() == 0;
    Ok(Json(PostureView { held, faulty, ..posture }))
}

fn not_found(message: String) -> Refusal {
    Refusal::of(StatusCode::NOT_FOUND, "not_found", message)
}
