//! Join tokens: made, listed, taken back.

use std::sync::Arc;

use axum::extract::{ConnectInfo, Path as UrlPath, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use report::{JoinToken, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Officer, not_found};
use crate::audit::{Action, Entry};
use crate::enrol::ca::{hex, random};
use crate::enrol::token::TokenRecord;
use crate::hub::Hub;
use crate::problem::Refusal;
use crate::store::{CreateToken, KeptToken, RevokeToken};

/// What an officer asks for with `token create`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// The register row the machine is to be bound to.
    pub row: Option<String>,
    /// The unit in which an unregistered machine counts.
    pub unit: Option<String>,
    /// Only machines that match a register row may join.
    pub registered_only: bool,
    /// How many machines may join.
    pub uses: u32,
    /// How long it is good, in seconds.
    pub life: u32,
}

/// A token that was just made: the only time its secret is shown, and never in a log.
#[derive(Clone, Serialize, Deserialize)]
pub struct CreatedToken {
    /// The line to give to the machine.
    pub token: String,
    /// What the collector keeps.
    pub record: TokenRecord,
}

pub(super) fn routes() -> Router<Arc<Hub>> {
    Router::new()
        .route("/v1/tokens", get(tokens).post(create_token))
        .route("/v1/tokens/{id}/revoke", post(revoke_token))
}

async fn tokens(State(hub): State<Arc<Hub>>) -> Json<Vec<TokenRecord>> {
    Json(hub.tokens())
}

async fn create_token(
    State(hub): State<Arc<Hub>>,
    ConnectInfo(Officer(actor)): ConnectInfo<Officer>,
    Json(wish): Json<NewToken>,
) -> Result<Json<CreatedToken>, Refusal> {
    let now = crate::clock::now();
    check_wish(&hub, &wish)?;
    let secret: [u8; 32] = random()?;
    let record = record(wish, now)?;
    let token = KeptToken { secret_hash: JoinToken::secret_hash(&secret), record: record.clone() };
    let entry = Entry {
        at: now,
        actor,
        action: Action::TokenCreated,
        subject: record.id.clone(),
        detail: format!("uses={} expires_at={}", record.uses, record.expires_at),
    };
    hub.commit(CreateToken { token: token.clone(), entry }, |hub, ()| {
        hub.process.audit_entries.inc();
        hub.token_created(token);
    })
    .await?;
    let collector_ca = hub.authorities.collectors.sha256();
    let token = JoinToken { addresses: hub.public.clone(), collector_ca, secret }.to_string();
    Ok(Json(CreatedToken { token, record }))
}

/// A token for nobody is better noticed when it is made than when a machine fails to join.
fn check_wish(hub: &Hub, wish: &NewToken) -> Result<(), Refusal> {
    let policies = hub.policy_set();
    let bad = |message| Err(Refusal::of(StatusCode::BAD_REQUEST, "token", message));
    if hub.public.is_empty() {
        return bad("set public = [\"NAME\"] in collector.toml first: a token carries the address"
            .to_owned());
    }
    if wish.uses == 0 || wish.life == 0 {
        return bad("a token needs at least one use and some time".to_owned());
    }
    if let Some(row) = &wish.row {
        if policies.register.machines.get(row).is_none() {
            return bad(format!("machines.csv has no machine {row:?}"));
        }
        if wish.uses != 1 {
            return bad("a token for one machine has one use".to_owned());
        }
    }
    match &wish.unit {
        Some(unit) if policies.register.units.get(unit).is_none() => {
            bad(format!("units.toml has no unit {unit:?}"))
        }
        _ => Ok(()),
    }
}

fn record(wish: NewToken, now: Timestamp) -> Result<TokenRecord, Refusal> {
    Ok(TokenRecord {
        id: hex(&random::<4>()?),
        row: wish.row,
        unit: wish.unit,
        registered_only: wish.registered_only,
        uses: wish.uses,
        used: 0,
        created_at: now,
        expires_at: now + i64::from(wish.life),
        revoked_at: None,
    })
}

async fn revoke_token(
    State(hub): State<Arc<Hub>>,
    ConnectInfo(Officer(actor)): ConnectInfo<Officer>,
    UrlPath(id): UrlPath<String>,
) -> Result<Json<()>, Refusal> {
    let at = crate::clock::now();
    let entry = Entry {
        at,
        actor,
        action: Action::TokenRevoked,
        subject: id.clone(),
        detail: String::new(),
    };
    let revocation = RevokeToken { id: id.clone(), at, entry };
    let which = id.clone();
    let revoked = hub.commit(revocation, move |hub, revoked| {
        if *revoked {
            hub.process.audit_entries.inc();
            hub.token_changed(&which, |token| token.revoked_at = Some(at));
        }
    });
    match revoked.await? {
        true => Ok(Json(())),
        false => Err(not_found(format!("there is no token {id:?} in force"))),
    }
}
