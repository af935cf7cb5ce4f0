//! What the collector reads out of the bytes of a connection, with nobody and nothing behind it: for
//! those who look for bytes that it cannot bear.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use report::wire::{
    self, ClockRequest, EnrolRequest, MAX_BODY_BYTES, MAX_HEARTBEAT_BYTES, RenewRequest, WireError,
};
use tokio::io::AsyncWriteExt as _;

use super::connection::MAX_HEAD_BYTES;
use super::{Service, service};
use crate::enrol::{csr, read};
use crate::ingest::body::read_body;
use crate::problem::Refusal;
use crate::tls::Door;

/// The label of a request that was read to its end.
const UNDERSTOOD: &str = "understood";
/// So much of its answers is not read: a door that is flooded with requests waits.
const PIPE_BYTES: usize = 64 * 1024;

/// Reads what a connection at a door says as the collector does, as far as it does so without
/// knowing who speaks, and tells what it makes of each request: `understood`, or the reason of a
/// refusal.
pub async fn understood(door: Door, bytes: &[u8]) -> Vec<&'static str> {
    let made = Arc::new(Mutex::new(Vec::new()));
    let (server, client) = tokio::io::duplex(PIPE_BYTES);
    let service = service_fn(|request| {
        let made = Arc::clone(&made);
        async move {
            let reason = read_one(door, request)
                .await
                .map_or_else(|refusal| refusal.reason, |()| UNDERSTOOD);
            made.lock().unwrap_or_else(PoisonError::into_inner).push(reason);
            Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
        }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .max_buf_size(MAX_HEAD_BYTES)
        // All is said at once, and what came last is to be read too.
        .half_close(true)
        .serve_connection(TokioIo::new(server), service);
    let (mut answers, mut requests) = tokio::io::split(client);
    let says = async move {
        let said = requests.write_all(bytes).await;
        said.and(requests.shutdown().await)
    };
    let mut sink = tokio::io::sink();
    let hears = tokio::io::copy(&mut answers, &mut sink);
    let _ = tokio::join!(connection, says, hears);
    std::mem::take(&mut *made.lock().unwrap_or_else(PoisonError::into_inner))
}

async fn read_one(door: Door, request: Request<Incoming>) -> Result<(), Refusal> {
    match service(door, &request)? {
        Service::Report => {
            wire::decode_report(&read_body(request, MAX_BODY_BYTES).await?)?;
        }
        Service::Heartbeat => {
            wire::decode_heartbeat(&read_body(request, MAX_HEARTBEAT_BYTES).await?)?;
        }
        Service::Clock => {
            let body = read_body(request, MAX_HEARTBEAT_BYTES).await?;
            let _: ClockRequest = serde_json::from_slice(&body)
                .map_err(|error| WireError::Malformed(error.to_string()))?;
        }
        Service::Enrol => {
            let request: EnrolRequest = read(request).await?;
            csr::requested_key(&request.csr)?;
        }
        Service::Renew => {
            let request: RenewRequest = read(request).await?;
            csr::requested_key(&request.csr)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_request_of_a_connection_is_told_with_its_reason() {
        let report = include_str!("../../../report/golden/report-1.json");
        let post = |path: &str, body: &str| {
            let length = body.len();
            format!("POST {path} HTTP/1.1\r\nhost: c\r\ncontent-length: {length}\r\n\r\n{body}")
        };
        let both = post("/v1/reports", report) + &post("/v1/heartbeats", "{}");
        let made = understood(Door::Reports, both.as_bytes()).await;
        assert_eq!(made, [UNDERSTOOD, "missing_field"]);
        let made = understood(Door::Enrol, both.as_bytes()).await;
        assert_eq!(made, ["no_such_path", "no_such_path"]);
        assert!(understood(Door::Reports, b"\x16\x03\x01").await.is_empty());
        let flood = post("/v1/heartbeats", "{}").repeat(5000);
        assert_eq!(understood(Door::Reports, flood.as_bytes()).await.len(), 5000);
    }
}
