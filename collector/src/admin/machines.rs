//! One machine: what is known of it, why it is judged so, the end of its identity.

use std::sync::Arc;

use axum::extract::{ConnectInfo, Path as UrlPath, Query, State};
use axum::routing::{get, post};
use axum::{Json, Router};

use super::views::{self, MachineDetail, MachineExplanation};
use super::{Officer, audit, not_found};
use crate::audit::{Action, Entry};
use crate::hub::Hub;
use crate::problem::Refusal;
use crate::recorder;
use crate::store::RevokeMachine;
use crate::when::When;

pub(super) fn routes() -> Router<Arc<Hub>> {
    Router::new()
        .route("/v1/machines/{name}", get(machine))
        .route("/v1/machines/{name}/explanation", get(explanation))
        .route("/v1/machines/{name}/revoke", post(revoke_machine))
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

async fn revoke_machine(
    State(hub): State<Arc<Hub>>,
    ConnectInfo(Officer(actor)): ConnectInfo<Officer>,
    UrlPath(name): UrlPath<String>,
) -> Result<Json<()>, Refusal> {
    let found = {
        let live = hub.live();
        views::find(live.fleet(), &name).map(|slot| live.fleet().at(slot).id)
    };
    let machine = found.ok_or_else(|| no_machine(&name))?;
    let at = crate::clock::now();
    let entry = Entry {
        at,
        actor,
        action: Action::Revoked,
        subject: machine.to_string(),
        detail: String::new(),
    };
    let revoked = hub.commit(RevokeMachine { machine, entry }, move |hub, revoked| {
        if *revoked {
            hub.process.audit_entries.inc();
            hub.identities_mut().revoke(machine);
            hub.live_mut().revoke(machine, at);
        }
    });
    match revoked.await? {
        true => Ok(Json(())),
        false => Err(not_found(format!("the identity of {name:?} is already revoked"))),
    }
}

fn no_machine(name: &str) -> Refusal {
    not_found(format!("no machine has the register id or identity {name:?}"))
}
