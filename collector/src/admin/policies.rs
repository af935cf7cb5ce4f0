//! Policy sets before they take effect: what they would change, and an officer's yes.

use std::sync::Arc;

use axum::extract::{ConnectInfo, DefaultBodyLimit, Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use report::Timestamp;
use serde::{Deserialize, Serialize};

use super::Officer;
use crate::hub::Hub;
use crate::policy::Folder;
use crate::policy::plan::{Names, Plan, Reason};
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
    /// Of a set that does not wait in a running collector; `held`: the hash of the set that was
    /// held when one last ran.
    #[must_use]
    pub fn of(plan: Plan, held: Option<&str>) -> Self {
        let reasons = plan.needs_acceptance_after(held);
        Self { plan, reasons, held_since: None }
    }

    /// Of a set that somebody may have sent for a second time: it then waits already.
    fn beside(plan: Plan, held: Option<&Held>) -> Self {
        match held.filter(|held| held.hash().to_string() == plan.policies.after) {
            Some(held) => Self::of_held(plan, held),
            None => Self::of(plan, None),
        }
    }

    /// What changes is told as of now; why it waits, as of when it was held.
    fn of_held(plan: Plan, held: &Held) -> Self {
        Self { plan, reasons: held.reasons.clone(), held_since: Some(held.since) }
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

/// Which names a plan is to tell.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Naming {
    #[serde(default)]
    names: Names,
}

/// The path under which plans that tell these names are asked for.
pub(crate) fn naming(path: &str, names: Names) -> String {
    let names = match names {
        Names::First => "first",
        Names::All => "all",
    };
    format!("{path}?names={names}")
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

async fn held(
    State(hub): State<Arc<Hub>>,
    Query(Naming { names }): Query<Naming>,
) -> Result<Json<Option<PlanView>>, Refusal> {
    let Some(held) = hub.gate.held() else {
        return nothing_held(&hub);
    };
    let planned = hub.show(move |live| {
        let plan = Plan::naming(live.roll(), held.set.clone(), live.fleet(), names);
        PlanView::of_held(plan, &held)
    });
    let planned = planned.await.map_err(|error| Refusal::ours("judge", error))?;
    Ok(Json(Some(planned)))
}

/// No set waits, unless it is because the folder is not understood.
fn nothing_held(hub: &Hub) -> Result<Json<Option<PlanView>>, Refusal> {
    if hub.process.reload_successful.get() == 1 {
        return Ok(Json(None));
    }
    let message = "no set is held, but the policies folder is faulty and not in force: \
                   `policy check` with the folder says where";
    Err(Refusal::of(StatusCode::CONFLICT, "policies", message.to_owned()))
}

async fn plan(
    State(hub): State<Arc<Hub>>,
    Query(Naming { names }): Query<Naming>,
    Json(proposed): Json<ProposedFolder>,
) -> Result<Json<PlanView>, Refusal> {
    let loaded = hub.gate.load(proposed.files).await;
    let set = loaded.map_err(|fault| {
        let message = format!("the folder is faulty:\n{fault}");
        Refusal::of(StatusCode::UNPROCESSABLE_ENTITY, "policies", message)
    })?;
    let held = hub.gate.held();
    let planned = hub.show(move |live| {
        PlanView::beside(Plan::naming(live.roll(), set, live.fleet(), names), held.as_deref())
    });
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::Fleet;
    use crate::policy::fixtures::{NOW, set};
    use crate::policy::{JudgeClock, Roll};

    #[test]
    fn a_set_that_was_held_is_held_again_though_nothing_else_speaks_against_it() {
        let fleet = Fleet::default();
        let before = Roll::call(Arc::new(set("", &[])), &fleet, JudgeClock::at(NOW));
        let new = Arc::new(set("", &[("README.md", "x")]));
        let plan = Plan::from(&before, new.clone(), &fleet);
        let hash = new.hash.to_string();
        assert_eq!(PlanView::of(plan.clone(), Some(&hash)).reasons, [Reason::HeldBefore]);
        for held in [None, Some("0123")] {
            assert_eq!(PlanView::of(plan.clone(), held).reasons, []);
        }
    }
}
