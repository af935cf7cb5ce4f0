//! Join tokens: made, listed, taken back.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{ConnectInfo, DefaultBodyLimit, Path as UrlPath, State};
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
use crate::network::Cidr;
use crate::policy::PolicySet;
use crate::problem::Refusal;
use crate::store::{CreateTokens, KeptToken, RevokeToken};

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
    /// The networks from which machines may join; none: from anywhere.
    pub from: Vec<Cidr>,
    /// How many machines may join.
    pub uses: u32,
    /// How long it is good, in seconds.
    pub life: u32,
}

/// What an officer asks for with `token create --machines`: one token for each row.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewTokens {
    /// The register rows.
    pub rows: Vec<String>,
    /// The networks from which machines may join; none: from anywhere.
    pub from: Vec<Cidr>,
    /// How long they are good, in seconds.
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

/// So many rows that cannot have a token are named.
const NAMED: usize = 20;
/// The longest list of rows, in bytes.
const MAX_LIST: usize = 16 << 20;

pub(super) fn routes() -> Router<Arc<Hub>> {
    Router::new()
        .route("/v1/tokens", get(tokens).post(create_token))
        .route("/v1/tokens/batch", post(create_tokens).layer(DefaultBodyLimit::max(MAX_LIST)))
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
    check_wish(&hub, &wish, now)?;
    let made = Made::of(&hub, wish, now)?;
    let record = &made.kept.record;
    let detail =
        format!("uses={} expires_at={}{}", record.uses, record.expires_at, sources(record));
    let (action, subject) = (Action::TokenCreated, record.id.clone());
    let entry = Entry { at: now, actor, action, subject, detail };
    let mut created = keep(&hub, vec![made], entry).await?;
    created.pop().map(Json).ok_or_else(|| Refusal::ours("token", "no token was made"))
}

async fn create_tokens(
    State(hub): State<Arc<Hub>>,
    ConnectInfo(Officer(actor)): ConnectInfo<Officer>,
    Json(wish): Json<NewTokens>,
) -> Result<Json<Vec<CreatedToken>>, Refusal> {
    let now = crate::clock::now();
    let wishes = one_for_each(wish);
    check_wishes(&hub, &wishes, now)?;
    let made = wishes.into_iter().map(|wish| Made::of(&hub, wish, now));
    let made: Vec<_> = made.collect::<Result<_, _>>()?;
    let Some(first) = made.first().map(|made| &made.kept.record) else {
        return Err(bad("name at least one row".to_owned()));
    };
    let detail = format!("count={} expires_at={}{}", made.len(), first.expires_at, sources(first));
    let (action, subject) = (Action::TokensCreated, hex(&random::<4>()?));
    let entry = Entry { at: now, actor, action, subject, detail };
    keep(&hub, made, entry).await.map(Json)
}

fn one_for_each(NewTokens { rows, from, life }: NewTokens) -> Vec<NewToken> {
    let wish = |row| NewToken {
        row: Some(row),
        unit: None,
        registered_only: true,
        from: from.clone(),
        uses: 1,
        life,
    };
    rows.into_iter().map(wish).collect()
}

/// For the audit log: where from, if that matters.
fn sources(record: &TokenRecord) -> String {
    match record.from.as_slice() {
        [] => String::new(),
        from => format!(" from={}", from.iter().map(Cidr::to_string).collect::<Vec<_>>().join(",")),
    }
}

/// A token with its secret, before anybody knows of it.
struct Made {
    kept: KeptToken,
    token: String,
}

impl Made {
    fn of(hub: &Hub, wish: NewToken, now: Timestamp) -> Result<Self, Refusal> {
        let secret: [u8; 32] = random()?;
        let record = record(wish, now)?;
        let collector_ca = hub.authorities.collectors.sha256();
        let token = JoinToken { addresses: hub.public.clone(), collector_ca, secret }.to_string();
        Ok(Self { kept: KeptToken { secret_hash: JoinToken::secret_hash(&secret), record }, token })
    }
}

/// Keeps tokens, all or none, and hands their secrets out.
async fn keep(hub: &Arc<Hub>, made: Vec<Made>, entry: Entry) -> Result<Vec<CreatedToken>, Refusal> {
    let tokens: Vec<_> = made.iter().map(|made| made.kept.clone()).collect();
    let created = tokens.clone();
    hub.commit(CreateTokens { tokens, entry }, |hub, ()| {
        hub.process.audit_entries.inc();
        hub.tokens_created(created);
    })
    .await?;
    let shown = |Made { kept, token }| CreatedToken { token, record: kept.record };
    Ok(made.into_iter().map(shown).collect())
}

/// A token for nobody is better noticed when it is made than when a machine fails to join.
fn check_wish(hub: &Hub, wish: &NewToken, now: Timestamp) -> Result<(), Refusal> {
    check_address(hub)?;
    fault(&hub.policy_set(), wish, now).map_or(Ok(()), |fault| Err(bad(fault)))
}

/// All that is wrong is told at once, and nothing is made then.
fn check_wishes(hub: &Hub, wishes: &[NewToken], now: Timestamp) -> Result<(), Refusal> {
    check_address(hub)?;
    let set = hub.policy_set();
    let mut seen = BTreeSet::new();
    let twice =
        |wish: &NewToken| format!("{:?} is named twice", wish.row.as_deref().unwrap_or("-"));
    let faults = wishes.iter().filter_map(|wish| match seen.insert(&wish.row) {
        true => fault(&set, wish, now),
        false => Some(twice(wish)),
    });
    let faults: Vec<_> = faults.collect();
    if faults.is_empty() {
        return Ok(());
    }
    let more = match faults.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!("\n  and {more} more"),
    };
    let named: String = faults.iter().take(NAMED).map(|fault| format!("\n  {fault}")).collect();
    Err(bad(format!(
        "no token was made, for {} row(s) cannot have one:{named}{more}",
        faults.len()
    )))
}

fn check_address(hub: &Hub) -> Result<(), Refusal> {
    if hub.public.is_empty() {
        let address =
            "set public = [\"NAME\"] in collector.toml first: a token carries the address";
        return Err(bad(address.to_owned()));
    }
    Ok(())
}

fn bad(message: String) -> Refusal {
    Refusal::of(StatusCode::BAD_REQUEST, "token", message)
}

/// What is wrong with a wish.
fn fault(set: &PolicySet, wish: &NewToken, now: Timestamp) -> Option<String> {
    if wish.uses == 0 || wish.life == 0 {
        return Some("a token needs at least one use and some time".to_owned());
    }
    if wish.row.is_some() && wish.uses != 1 {
        return Some("a token for one machine has one use".to_owned());
    }
    let unit = wish.unit.as_ref().filter(|unit| set.register.units.get(unit).is_none());
    if let Some(unit) = unit {
        return Some(format!("units.toml has no unit {unit:?}"));
    }
    wish.row.as_ref().and_then(|row| row_fault(set, row, now))
}

fn row_fault(set: &PolicySet, id: &str, now: Timestamp) -> Option<String> {
    let machines = &set.register.machines;
    let Some(row) = machines.get(id) else {
        return Some(format!("machines.csv has no machine {id:?}"));
    };
    let today = set.targets.calendar.date_of(now);
    if row.term.holds(today) {
        return None;
    }
    let followed = machines.followed(row, today).map(|next| {
        format!("; the hardware is answered for as {}: make the token for that row", next.id)
    });
    Some(format!("{id} is not in force today in machines.csv{}", followed.unwrap_or_default()))
}

fn record(wish: NewToken, now: Timestamp) -> Result<TokenRecord, Refusal> {
    Ok(TokenRecord {
        id: hex(&random::<4>()?),
        row: wish.row,
        unit: wish.unit,
        registered_only: wish.registered_only,
        from: wish.from,
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
