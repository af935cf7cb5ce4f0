//! The officers' side: a local socket that speaks HTTP and JSON, and nothing from the network.
//!
//! The socket's folder decides who may ask, the peer's operating-system user goes into the audit
//! log. Reading commands work without a running collector too: [`views`] makes the same answers
//! from the store.

pub mod audit;
pub mod client;
pub mod forecast;
pub mod past;
pub mod policies;
pub mod register;
pub mod reports;
pub mod rules;
pub mod since;
pub mod snapshots;
pub mod views;

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, Path as UrlPath, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::IncomingStream;
use axum::{Json, Router};
use report::{JoinToken, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::net::UnixListener;

use crate::audit::{Action, Entry};
use crate::drain::Draining;
use crate::enrol::ca::{hex, random};
use crate::enrol::token::TokenRecord;
use crate::hub::Hub;
use crate::problem::Refusal;
use crate::recorder;
use crate::store::{CreateToken, KeptToken, RevokeMachine, RevokeToken};
use crate::when::When;
use views::{MachineDetail, MachineExplanation, PostureView};

/// The group whose members may use the socket, where it exists.
const ADMIN_GROUP: &str = "lachan-admin";

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

/// What an officer is told when something cannot be done.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AdminProblem {
    /// A sentence.
    pub message: String,
}

/// Opens the socket: for its owner and the administrators' group, for nobody else.
///
/// # Errors
/// When it cannot be made. The caller makes sure that no other collector works on the folder.
pub fn bind(path: &Path) -> std::io::Result<UnixListener> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o660))?;
    if let Some(group) = group_id(ADMIN_GROUP)
        && let Err(error) = std::os::unix::fs::chown(path, None, Some(group))
    {
        tracing::warn!(%error, group = ADMIN_GROUP, "the admin socket stays with its owner's group");
    }
    Ok(listener)
}

fn group_id(name: &str) -> Option<u32> {
    let groups = crate::files::read_bounded(Path::new("/etc/group"), 1 << 20).ok()?;
    let line = groups.lines().find(|line| line.split(':').next() == Some(name))?;
    line.split(':').nth(2)?.parse().ok()
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
        .route("/v1/tokens", get(tokens).post(create_token))
        .route("/v1/tokens/{id}/revoke", post(revoke_token))
        .route("/v1/machines/{name}", get(machine))
        .route("/v1/machines/{name}/explanation", get(explanation))
        .route("/v1/machines/{name}/revoke", post(revoke_machine))
        .route("/v1/posture", get(posture))
        .merge(audit::routes())
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

fn not_found(message: String) -> Refusal {
    Refusal::of(StatusCode::NOT_FOUND, "not_found", message)
}
