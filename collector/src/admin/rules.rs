//! What one rule asks, and what it says of everyone.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::audit;
use super::views::is_machine;
use crate::hub::Hub;
use crate::live::Live;
use crate::policy::explanation::{InForce, RuleExplanation};
use crate::policy::problem::did_you_mean;
use crate::problem::Refusal;
use crate::store::{Archive, StoreError};
use crate::when::When;

/// What a name stands for, where an officer asks about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleView {
    /// The rule of this id; `None`: there is none.
    pub explanation: Option<RuleExplanation>,
    /// Whether a machine goes by the name too.
    pub is_machine: bool,
    /// Where no rule has the id: the one that may be meant.
    pub help: Option<String>,
}

impl RuleView {
    /// What a name stands for.
    #[must_use]
    pub fn of(live: &Live, name: &str) -> Self {
        let explanation = RuleExplanation::of(live.roll(), live.fleet(), name);
        let ids = live.roll().set().rules.iter().map(|rule| rule.id.as_str());
        let help = explanation.is_none().then(|| did_you_mean(name, ids)).flatten();
        Self { explanation, is_machine: is_machine(live, name), help }
    }

    /// With what the store tells of the rule's past, where that is of the set in force.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn with_history(mut self, archive: &Archive) -> Result<Self, StoreError> {
        if let Some(rule) = &mut self.explanation {
            let history = archive.file_history(&rule.file)?;
            let own = history.filter(|history| history.policies == rule.policies);
            rule.in_force = own.map(|history| InForce {
                since: history.since,
                unchanged_since: history.unchanged_since,
            });
        }
        Ok(self)
    }
}

pub(super) fn routes() -> Router<Arc<Hub>> {
    Router::new().route("/v1/rules/{name}/explanation", get(explanation))
}

async fn explanation(
    State(hub): State<Arc<Hub>>,
    Path(name): Path<String>,
    Query(when): Query<When>,
) -> Result<Json<RuleView>, Refusal> {
    let told = hub.show_at(when, move |live| RuleView::of(live, &name)).await?;
    match when.at {
        Some(_) => Ok(Json(told)),
        None => audit::reading(move || Ok(told.with_history(&hub.archive)?)).await,
    }
}
