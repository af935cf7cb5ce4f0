//! Machines coming in and staying in.

pub mod binding;
pub mod ca;
pub mod csr;
pub mod renew;
pub mod token;

use std::net::IpAddr;
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::{Request, StatusCode};
use report::wire::{EnrolRequest, IdentityReply, MAX_ENROL_BYTES, WIRE, WireError};
use report::{JoinToken, MachineId, Timestamp};
use serde::de::DeserializeOwned;

use crate::hub::Hub;
use crate::ingest::body::read_body;
use crate::machine::Standing;
use crate::problem::Refusal;
use crate::store::{CertificateRecord, Enrol, NewCertificate};
use binding::Binding;
use ca::{IssuedMachine, random};
use token::{TokenRecord, TokenRefusal};

/// Takes one machine in by its join token.
///
/// # Errors
/// When the token, the request or the register says no; nothing is kept then.
pub async fn enrol(
    hub: &Arc<Hub>,
    from: IpAddr,
    request: Request<Incoming>,
) -> Result<IdentityReply, Refusal> {
    let request: EnrolRequest = read(request).await?;
    check_wire(request.wire)?;
    let now = crate::clock::now();
    let token = token_of(hub, &request.secret)?;
    token.check(now)?;
    let key = csr::requested_key(&request.csr)?;
    let binding = binding::bind(&hub.policy_set(), &token, &request.claims, now);
    let row = match binding {
        Binding::Row(row) => Some(row),
        Binding::Unregistered if token.registered_only => return Err(not_registered(&request)),
        Binding::Unregistered => None,
    };
    let machine = MachineId::from_bytes(random()?);
    let issued = hub.authorities.machines.issue_machine(machine, &key, now)?;
    let enrolment = Enrol {
        token: token.id.clone(),
        machine,
        row: row.clone(),
        unit: token.unit.clone(),
        fingerprint: request.fingerprint,
        certificate: issued.record.clone(),
        at: now,
        actor: format!("address:{from}"),
    };
    let record = kept(machine, &issued.record);
    hub.commit(enrolment, move |hub, enrolled| {
        if let Ok(standing) = *enrolled {
            joined(hub, record, row, &token, standing, now);
        }
    })
    .await??;
    Ok(identity(hub, machine, issued, now))
}

fn joined(
    hub: &Hub,
    record: CertificateRecord,
    row: Option<String>,
    token: &TokenRecord,
    standing: Standing,
    now: Timestamp,
) {
    let machine = record.machine;
    hub.token_changed(&token.id, |token| token.used += 1);
    hub.identities_mut().issued(&record, None);
    hub.live_mut().joined(machine, row, token.unit.clone(), standing, now);
    hub.process.audit_entries.inc();
    tracing::info!(%machine, standing = standing.name(), token = token.id, "a machine joined");
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
