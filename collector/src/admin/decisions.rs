//! What an officer decides about identities: who waits is let in or turned away, anybody is revoked.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{ConnectInfo, DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use report::verdict::State as MachineState;
use report::{MachineId, Timestamp};
use serde::{Deserialize, Serialize};

use super::Officer;
use crate::fleet::Fleet;
use crate::hub::Hub;
use crate::live::Live;
use crate::machine::Standing;
use crate::problem::Refusal;
use crate::reports::wish::{Filter, MachineWish};
use crate::store::{Consequence, Decide, Decided, Decision};

/// What an officer says, and of whom.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewDecision {
    /// What.
    pub decision: Decision,
    /// Of whom.
    pub whom: Whom,
}

/// Whose identities an officer means.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whom {
    /// Those of these names: identities, or register rows.
    Named(Vec<String>),
    /// All that wait in this unit and the units below it.
    Unit(String),
}

/// What became of one name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameDecided {
    /// As the officer wrote it, or the row it claims.
    pub name: String,
    /// Whose identity that is.
    pub machine: Option<MachineId>,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What became of an identity that an officer named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// What was said; and who lost the row.
    Done {
        /// Whose identity ended because it had the row.
        replaced: Option<MachineId>,
    },
    /// Nothing: it does not wait.
    NotPending,
    /// Nothing: it is revoked already.
    Revoked,
    /// Nothing: nobody goes by that name.
    Nobody,
    /// Nothing: several wait for that row.
    Several {
        /// Who.
        claims: Vec<MachineId>,
    },
}

impl NameDecided {
    /// Whether it is as the officer said.
    #[must_use]
    pub fn is_done(&self) -> bool {
        matches!(self.outcome, Outcome::Done { .. })
    }
}

/// The longest list of names, in bytes.
const MAX_LIST: usize = 16 << 20;

pub(super) fn routes() -> Router<Arc<Hub>> {
    Router::new().route("/v1/decisions", post(decide).layer(DefaultBodyLimit::max(MAX_LIST)))
}

async fn decide(
    State(hub): State<Arc<Hub>>,
    ConnectInfo(Officer(actor)): ConnectInfo<Officer>,
    Json(NewDecision { decision, whom }): Json<NewDecision>,
) -> Result<Json<Vec<NameDecided>>, Refusal> {
    let meant = hub.show(move |live| meant(live, decision, whom)).await;
    let meant = meant.map_err(|error| Refusal::ours("judge", error))?.map_err(bad)?;
    let machines: Vec<_> =
        meant.iter().filter_map(|(_, meant)| meant.as_ref().ok()).copied().collect();
    let at = crate::clock::now();
    let decide = Decide { decision, machines, actor, at };
    let decided = hub.commit(decide, move |hub, decided| take_over(hub, decided, at)).await?;
    Ok(Json(told(meant, decided)))
}

/// Whoever is revoked is refused from the next request on.
fn take_over(hub: &Hub, decided: &[Decided], at: Timestamp) {
    let changes = || decided.iter().filter_map(Decided::change);
    let standings = || changes().flat_map(|change| &change.standings);
    for (machine, standing) in standings() {
        match standing {
            Standing::Revoked => hub.identities_mut().revoke(*machine),
            Standing::Current | Standing::Pending | Standing::Clone => {}
        }
    }
    let mut live = hub.live_mut();
    changes().for_each(|change| live.changed(change, at));
    hub.process.audit_entries.inc_by(changes().map(Consequence::entries).sum());
}

/// A name, and whose identity it means; or why none.
type Meant = (String, Result<MachineId, Outcome>);

fn meant(live: &Live, decision: Decision, whom: Whom) -> Result<Vec<Meant>, String> {
    match (whom, decision) {
        (Whom::Named(names), _) => {
            let known = Known::of(live.fleet(), decision);
            Ok(names.into_iter().map(|name| known.meant(live.fleet(), name)).collect())
        }
        (Whom::Unit(unit), Decision::Approve | Decision::Reject) => waiting(live, decision, unit),
        (Whom::Unit(_), Decision::Revoke) => {
            Err("identities are revoked by their names, not by a unit".to_owned())
        }
    }
}

/// Who is meant by a register row.
struct Known<'f>(BTreeMap<&'f str, Vec<MachineId>>);

impl<'f> Known<'f> {
    fn of(fleet: &'f Fleet, decision: Decision) -> Self {
        let mut rows: BTreeMap<&str, Vec<MachineId>> = BTreeMap::new();
        for machine in fleet.slots().map(|slot| fleet.at(slot)) {
            let is_meant = match machine.standing {
                Standing::Pending => matches!(decision, Decision::Approve | Decision::Reject),
                Standing::Current | Standing::Clone => decision == Decision::Revoke,
                Standing::Revoked => false,
            };
            if let Some(row) = machine.row().filter(|_| is_meant) {
                rows.entry(row).or_default().push(machine.id);
            }
        }
        Self(rows)
    }

    fn meant(&self, fleet: &Fleet, name: String) -> Meant {
        if let Some(slot) = name.parse().ok().and_then(|id| fleet.find(id)) {
            return (name, Ok(fleet.at(slot).id));
        }
        let meant = match self.0.get(name.as_str()).map(Vec::as_slice) {
            None | Some([]) => Err(Outcome::Nobody),
            Some([one]) => Ok(*one),
            Some(several) => Err(Outcome::Several { claims: several.to_vec() }),
        };
        (name, meant)
    }
}

/// All that wait in a unit, as `machine list --state pending` shows them. Of several that claim one
/// row none is let in: which of them has it, somebody has to look at.
fn waiting(live: &Live, decision: Decision, unit: String) -> Result<Vec<Meant>, String> {
    let state = Some(MachineState::Pending.name().to_owned());
    let wish = MachineWish { state, unit: Some(unit), ..MachineWish::default() };
    let filter = Filter::of(&wish, live.roll().set())?;
    let members = live.roll().members().filter(|member| filter.takes(live, member));
    let waiting: Vec<_> = members.filter_map(|member| member.machine).collect();
    let claims = Known::of(live.fleet(), decision);
    let meant = waiting.into_iter().map(|slot| {
        let machine = live.fleet().at(slot);
        let row = machine.row().map(str::to_owned);
        let rivals = row.as_deref().and_then(|row| claims.0.get(row));
        let rivals = rivals.filter(|rivals| rivals.len() > 1 && decision == Decision::Approve);
        let name = row.unwrap_or_else(|| machine.id.to_string());
        match rivals {
            None => (name, Ok(machine.id)),
            Some(rivals) => (name, Err(Outcome::Several { claims: rivals.clone() })),
        }
    });
    let mut meant: Vec<_> = meant.collect();
    meant.sort_by(|one, other| one.0.cmp(&other.0));
    meant.dedup();
    Ok(meant)
}

fn told(meant: Vec<Meant>, decided: Vec<Decided>) -> Vec<NameDecided> {
    let mut decided = decided.into_iter();
    let told = meant.into_iter().map(|(name, meant)| match meant {
        Err(outcome) => NameDecided { name, machine: None, outcome },
        Ok(machine) => {
            let outcome = match decided.next() {
                Some(Decided::Done(change)) => Outcome::Done { replaced: change.replaced },
                Some(Decided::NotPending) => Outcome::NotPending,
                Some(Decided::NotInForce) => Outcome::Revoked,
                None => Outcome::Nobody,
            };
            NameDecided { name, machine: Some(machine), outcome }
        }
    });
    told.collect()
}

fn bad(message: String) -> Refusal {
    Refusal::of(StatusCode::BAD_REQUEST, "decision", message)
}
