//! Machines coming in and staying in.

pub mod binding;
pub mod ca;
pub mod csr;
pub mod limit;
pub mod renew;
pub mod token;
pub mod tokens;

use std::net::IpAddr;
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::{Request, StatusCode};
use report::wire::{EnrolRequest, IdentityReply, MAX_ENROL_BYTES, WIRE, WireError};
use report::{JoinToken, MachineId, Timestamp};
use serde::de::DeserializeOwned;

use crate::hub::Hub;
use crate::ingest::body::read_body;
use crate::problem::Refusal;
use crate::store::{CertificateRecord, Enrol, EnrolAgain, NewCertificate, StoreError};
use binding::Binding;
use ca::{IssuedMachine, random};
use token::{TokenRecord, TokenRefusal};

/// Takes one machine in by its join token.
///
/// # Errors
/// When the token, the request or the register says no; nothing is kept then. Whoever was told no
/// too often is not told why.
pub async fn enrol(
    hub: &Arc<Hub>,
    from: IpAddr,
    request: Request<Incoming>,
) -> Result<IdentityReply, Refusal> {
    let answer = admit(hub, from, request).await;
    answer.map_err(|refusal| hub.knocks().answer(from, refusal, crate::clock::now()))
}

/// The token comes first: nothing else is looked at for somebody who has none.
async fn admit(
    hub: &Arc<Hub>,
    from: IpAddr,
    request: Request<Incoming>,
) -> Result<IdentityReply, Refusal> {
    let request: EnrolRequest = read(request).await?;
    check_wire(request.wire)?;
    let now = crate::clock::now();
    let token = token_of(hub, &request.secret)?;
    let knock = Knock { request, token, from, now };
    match knock.token.check(now, from) {
        Ok(()) => knock.join(hub).await,
        // Only one machine can have joined with it, and this may be that one.
        Err(TokenRefusal::Spent) if knock.token.uses == 1 => knock.join_again(hub).await,
        Err(refusal) => Err(refusal.into()),
    }
}

/// Somebody at the door with a token that is known here.
struct Knock {
    request: EnrolRequest,
    token: TokenRecord,
    from: IpAddr,
    now: Timestamp,
}

impl Knock {
    async fn join(self, hub: &Arc<Hub>) -> Result<IdentityReply, Refusal> {
        let row = self.row(hub)?;
        let unit = self.unit(hub, row.as_deref());
        let machine = MachineId::from_bytes(random()?);
        let issued = self.issue(hub, machine)?;
        let Self { request, token, from, now } = self;
        let enrolment = Enrol {
            token: token.id.clone(),
            machine,
            row: row.clone(),
            unit: unit.clone(),
            fingerprint: request.fingerprint,
            certificate: issued.record.clone(),
            at: now,
            from,
        };
        let record = kept(machine, &issued.record);
        hub.commit(enrolment, move |hub, enrolled| {
            if let Ok(standing) = *enrolled {
                hub.token_changed(&token.id, |token| token.used += 1);
                hub.identities_mut().issued(&record, None);
                hub.live_mut().joined(machine, row, unit, standing, now);
                hub.process.audit_entries.inc();
                let (standing, token) = (standing.name(), token.id);
                tracing::info!(%machine, standing, token, "a machine joined");
            }
        })
        .await??;
        Ok(identity(hub, machine, issued, now))
    }

    /// The answer to a machine that has joined got lost: it is given again, to the same hardware and
    /// as the same machine, while nobody has spoken with it.
    async fn join_again(self, hub: &Arc<Hub>) -> Result<IdentityReply, Refusal> {
        let machine = self.unheard(hub).await?.ok_or(TokenRefusal::Spent)?;
        let issued = self.issue(hub, machine)?;
        let Self { request, token, from, now } = self;
        let certificate = issued.record.clone();
        let fingerprint = request.fingerprint;
        let again =
            EnrolAgain { token: token.id, machine, fingerprint, certificate, at: now, from };
        let record = kept(machine, &issued.record);
        hub.commit(again, move |hub, enrolled| {
            if enrolled.is_ok() {
                hub.identities_mut().issued(&record, Some(now));
                hub.process.audit_entries.inc();
                tracing::info!(%machine, "a machine was answered again");
            }
        })
        .await??;
        Ok(identity(hub, machine, issued, now))
    }

    async fn unheard(&self, hub: &Hub) -> Result<Option<MachineId>, StoreError> {
        let (archive, token) = (hub.archive.clone(), self.token.id.clone());
        let (fingerprint, now) = (self.request.fingerprint, self.now);
        let unheard =
            tokio::task::spawn_blocking(move || archive.unheard(&token, fingerprint, now));
        unheard.await.map_err(|_| StoreError::Closed)?
    }

    fn issue(&self, hub: &Hub, machine: MachineId) -> Result<IssuedMachine, Refusal> {
        let key = csr::requested_key(&self.request.csr)?;
        Ok(hub.authorities.machines.issue_machine(machine, &key, self.now)?)
    }

    /// Where it counts while no row speaks for it: that of its token, else that of the row it claims,
    /// so that whoever answers for the row sees it.
    fn unit(&self, hub: &Hub, row: Option<&str>) -> Option<String> {
        let set = hub.policy_set();
        let claimed = || Some(set.register.machines.get(row?)?.unit.to_owned());
        self.token.unit.clone().or_else(claimed)
    }

    /// The row it is to be bound to, if it may join at all.
    fn row(&self, hub: &Hub) -> Result<Option<String>, Refusal> {
        match binding::bind(&hub.policy_set(), &self.token, &self.request.claims, self.now) {
            Binding::Row(row) => Ok(Some(row)),
            Binding::Gone(row) => Err(row_ended(&row)),
            Binding::Unregistered if self.token.registered_only => {
                Err(not_registered(&self.request))
            }
            Binding::Unregistered => Ok(None),
        }
    }
}

fn identity(hub: &Hub, machine: MachineId, issued: IssuedMachine, now: Timestamp) -> IdentityReply {
    IdentityReply {
        wire: WIRE,
        machine,
        certificate: issued.pem,
        anchors: hub.authorities.anchors(),
        received_at: now,
    }
}

fn kept(machine: MachineId, certificate: &NewCertificate) -> CertificateRecord {
    CertificateRecord {
        sha256: certificate.sha256,
        serial: certificate.serial.clone(),
        machine,
        issuer: certificate.issuer,
        not_before: certificate.not_before,
        not_after: certificate.not_after,
        used_at: None,
        ends_at: None,
    }
}

fn token_of(hub: &Hub, secret: &str) -> Result<TokenRecord, TokenRefusal> {
    let secret = JoinToken::parse_secret(secret).ok_or(TokenRefusal::Unknown)?;
    hub.token_by_secret(&JoinToken::secret_hash(&secret)).ok_or(TokenRefusal::Unknown)
}

fn row_ended(row: &str) -> Refusal {
    let message = format!(
        "the register row {row} that the join token was made for is not in force: ask for a token \
         made for the row this machine has now in machines.csv"
    );
    Refusal::of(StatusCode::FORBIDDEN, "row_ended", message)
}

fn not_registered(request: &EnrolRequest) -> Refusal {
    let shown = |claim: &Option<report::Text>| {
        claim.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string)
    };
    let message = format!(
        "this machine is not in the register (serial {}, asset tag {}): add it to machines.csv, or \
         use a token made for its row",
        shown(&request.claims.serial),
        shown(&request.claims.asset_tag)
    );
    Refusal::of(StatusCode::FORBIDDEN, "not_registered", message)
}

fn check_wire(wire: u16) -> Result<(), WireError> {
    if wire == WIRE { Ok(()) } else { Err(WireError::Version(wire.into())) }
}

pub(crate) async fn read<T: DeserializeOwned>(request: Request<Incoming>) -> Result<T, Refusal> {
    let body = read_body(request, MAX_ENROL_BYTES).await?;
    serde_json::from_slice(&body)
        .map_err(|error| Refusal::from(WireError::Malformed(error.to_string())))
}
