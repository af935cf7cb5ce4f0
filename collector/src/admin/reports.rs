//! The lists and reports an officer hands out, over the admin socket.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use report::Timestamp;
use serde::{Deserialize, Serialize};

use super::views::unit::{UnitPosture, unit_posture};
use crate::hub::Hub;
use crate::live::Live;
use crate::policy::Targets;
use crate::problem::Refusal;
use crate::recorder;
use crate::register::UnitIndex;
use crate::reports::Imprint;
use crate::reports::form08::{Form08, form08};
use crate::reports::machines::{MachineList, list};
use crate::reports::period;
use crate::reports::units::{UnitsReport, units};
use crate::reports::wish::{self, MachineWish};
use crate::store::{StatesSince, StoreError};
use crate::when::When;

/// Whose machines and systems a report is about, and what it is compared with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Of {
    /// The unit, with every unit below it; `None`: everyone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The moment that shares are compared with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compared_with: Option<Timestamp>,
}

impl Of {
    /// The unit that is meant.
    ///
    /// # Errors
    /// When there is none of this id: the message names the nearest.
    pub fn unit(&self, live: &Live) -> Result<Option<UnitIndex>, String> {
        self.unit.as_deref().map(|id| wish::unit(id, live.roll().set())).transpose()
    }

    /// The moment that shares are compared with: the one that is named, or the end of the last
    /// cut-off before the report's own. Both are told the same way, or they could not be compared.
    ///
    /// # Errors
    /// When the one that is named is later than the report's own.
    pub fn comparison(
        &self,
        when: When,
        now: Timestamp,
        targets: &Targets,
    ) -> Result<Option<When>, String> {
        let own = when.at.unwrap_or(now);
        if self.compared_with.is_some_and(|moment| moment > own) {
            return Err("--compared-with is later than the moment of the report: \
                        name an earlier one, or a later --at"
                .to_owned());
        }
        let moment = self.compared_with.or_else(|| period::previous(targets, own));
        Ok(moment.map(|at| When { at: Some(at), as_known_now: when.as_known_now }))
    }

    /// The posture of the unit that is meant.
    ///
    /// # Errors
    /// When none is named, or there is none of this id.
    pub fn posture(&self, live: &Live) -> Result<UnitPosture, String> {
        let unit = self.unit(live)?.ok_or("name the unit: --unit ID")?;
        Ok(unit_posture(live, unit))
    }
}

pub(super) fn routes() -> Router<Arc<Hub>> {
    Router::new()
        .route("/v1/machines", get(machines))
        .route("/v1/reports/form08", get(form))
        .route("/v1/reports/units", get(by_unit))
        .route("/v1/posture/unit", get(of_unit))
        .route("/v1/zone", get(zone))
}

/// What was asked for with words that are not known is the asker's fault.
pub(super) fn understood<T>(made: Result<T, String>) -> Result<T, Refusal> {
    made.map_err(|message| Refusal::of(StatusCode::BAD_REQUEST, "wish", message))
}

/// A report of a running collector bears the signed ends of its logs: whoever keeps the report can
/// hold the logs against it.
async fn signed(hub: &Arc<Hub>, imprint: &mut Imprint) -> Result<(), Refusal> {
    imprint.head = Some(hub.head().await?.to_string());
    Ok(())
}

async fn machines(
    State(hub): State<Arc<Hub>>,
    Query(wish): Query<MachineWish>,
    Query(when): Query<When>,
) -> Result<Json<MachineList>, Refusal> {
    recorder::catch_up(&hub).await?;
    let since = states_since(&hub).await?;
    let mut list = understood(hub.show_at(when, move |live| list(live, &wish, &since)).await?)?;
    signed(&hub, &mut list.imprint).await?;
    Ok(Json(list))
}

async fn states_since(hub: &Arc<Hub>) -> Result<StatesSince, Refusal> {
    let archive = hub.archive.clone();
    let read = tokio::task::spawn_blocking(move || archive.states_since()).await;
    Ok(read.map_err(|_| StoreError::Closed)??)
}

async fn form(
    State(hub): State<Arc<Hub>>,
    Query(of): Query<Of>,
    Query(when): Query<When>,
) -> Result<Json<Form08>, Refusal> {
    let made = hub.show_at(when, move |live| Ok(form08(live, of.unit(live)?))).await?;
    let mut form = understood(made)?;
    signed(&hub, &mut form.imprint).await?;
    Ok(Json(form))
}

async fn by_unit(
    State(hub): State<Arc<Hub>>,
    Query(of): Query<Of>,
    Query(when): Query<When>,
) -> Result<Json<UnitsReport>, Refusal> {
    let earlier = earlier(&hub, &of, when).await?;
    let made = hub.show_at(when, move |live| Ok(units(live, of.unit(live)?, earlier.as_ref())));
    let mut report = understood(made.await?)?;
    signed(&hub, &mut report.imprint).await?;
    Ok(Json(report))
}

/// The units in numbers as of the moment they are compared with: the one that is named, or the last
/// cut-off before; `None` where nothing is known of that, or the unit did not exist then.
async fn earlier(hub: &Arc<Hub>, of: &Of, when: When) -> Result<Option<UnitsReport>, Refusal> {
    let then = of.comparison(when, crate::clock::now(), &hub.policy_set().targets);
    let (Some(then), wanted) = (understood(then)?, of.clone()) else {
        return Ok(None);
    };
    let view = move |live: &Live| wanted.unit(live).ok().map(|unit| units(live, unit, None));
    match hub.show_at(then, view).await {
        Ok(report) => Ok(report),
        Err(error) if of.compared_with.is_none() && period::is_unknown(&error) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

async fn of_unit(
    State(hub): State<Arc<Hub>>,
    Query(of): Query<Of>,
    Query(when): Query<When>,
) -> Result<Json<UnitPosture>, Refusal> {
    let wanted = of.clone();
    let mut posture = understood(hub.show_at(when, move |live| wanted.posture(live)).await?)?;
    for at in period::recent(&hub.policy_set().targets, posture.posture.at) {
        let (wanted, then) = (of.clone(), When { at: Some(at), as_known_now: false });
        match hub.show_at(then, move |live| wanted.posture(live)).await {
            Ok(then) => posture.trend.extend(then.ok().map(|then| then.point())),
            Err(error) if period::is_unknown(&error) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Json(posture))
}

/// The time zone in which the office reads moments.
async fn zone(State(hub): State<Arc<Hub>>) -> Json<String> {
    Json(hub.policy_set().targets.calendar.zone().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::fixtures::{DAY, NOW, set};

    #[test]
    fn a_report_is_compared_with_an_earlier_moment_told_as_it_is_told_itself() {
        let targets = set("", &[]).targets;
        let with = |compared_with| Of { unit: None, compared_with };
        let told = |at, as_known_now| When { at, as_known_now };
        let named = with(Some(NOW - DAY));
        for as_known_now in [false, true] {
            let own = told(Some(NOW), as_known_now);
            let then = told(Some(NOW - DAY), as_known_now);
            assert_eq!(named.comparison(own, NOW, &targets), Ok(Some(then)));
            let cut_off = told(period::previous(&targets, NOW), as_known_now);
            assert_eq!(with(None).comparison(own, NOW, &targets), Ok(Some(cut_off)));
        }
        let earlier = told(Some(NOW - 2 * DAY), false);
        let refused = named.comparison(earlier, NOW, &targets).unwrap_err();
        assert!(refused.starts_with("--compared-with is later"), "{refused}");
        let coming = with(Some(NOW + DAY));
        assert!(coming.comparison(When::default(), NOW, &targets).is_err());
    }
}
