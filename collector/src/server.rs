//! The agents' listener: connections, handshakes, requests.

pub mod understood;

mod reply;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONNECTION, HeaderValue, RETRY_AFTER};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use report::wire::{CLOCK_PATH, ENROL_PATH, HEARTBEATS_PATH, RENEW_PATH, REPORTS_PATH};
use rustls_pki_types::CertificateDer;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::{LazyConfigAcceptor, server::TlsStream};

use crate::drain::Draining;
use crate::hub::Hub;
use crate::problem::Refusal;
use crate::tls::{self, Door, Doors};
use crate::{enrol, ingest};
use reply::{json, packed, takes_gzip};

/// Connections that are served at once; more wait in the kernel's queue.
const MAX_CONNECTIONS: usize = 2048;
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);
const HEAD_TIME: Duration = Duration::from_secs(10);
const REQUEST_TIME: Duration = Duration::from_secs(30);
/// No agent needs a connection for longer.
const CONNECTION_TIME: Duration = Duration::from_secs(300);
/// The largest head of a request, in bytes: agents send a few hundred.
const MAX_HEAD_BYTES: usize = 16 * 1024;

/// Serves agents until it is told to end.
pub async fn serve(listener: TcpListener, doors: Doors, hub: Arc<Hub>, mut draining: Draining) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let place = tokio::select! {
            place = places.clone().acquire_owned() => place,
            () = draining.told() => return,
        };
        let Ok(place) = place else { return };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = draining.told() => return,
        };
        match accepted {
            Ok((stream, from)) => {
                let connection = Connection {
                    doors: doors.clone(),
                    hub: hub.clone(),
                    draining: draining.clone(),
                    from,
                    _place: place,
                };
                tokio::spawn(connection.serve(stream));
            }
            Err(error) => {
                // Out of file descriptors, most likely: waiting lets others finish.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

struct Connection {
    doors: Doors,
    hub: Arc<Hub>,
    draining: Draining,
    from: SocketAddr,
    _place: OwnedSemaphorePermit,
}

impl Connection {
    async fn serve(mut self, stream: TcpStream) {
        // Replies are one small segment: waiting for more only delays them.
        let _ = stream.set_nodelay(true);
        let mut draining = self.draining.clone();
        let handshake = tokio::select! {
            handshake = tokio::time::timeout(HANDSHAKE_TIME, self.handshake(stream)) => handshake,
            () = draining.told() => return,
        };
        drop(draining);
        match handshake {
            Ok(Ok((door, stream))) => self.requests(door, stream).await,
            Ok(Err(error)) => {
                if let Some(reason) = tls::refusal_reason(&error) {
                    self.hub.process.refusals.with_label_values(&[reason]).inc();
                    tracing::debug!(from = %self.from, reason, %error, "a handshake was refused");
                }
            }
            Err(_) => self.hub.process.refusals.with_label_values(&["slow_handshake"]).inc(),
        }
    }

    async fn handshake(&self, stream: TcpStream) -> std::io::Result<(Door, TlsStream<TcpStream>)> {
        let start = LazyConfigAcceptor::new(rustls::server::Acceptor::default(), stream).await?;
        let (door, config) = self.doors.choose(&start.client_hello());
        Ok((door, start.into_stream(config).await?))
    }

    async fn requests(&mut self, door: Door, stream: TlsStream<TcpStream>) {
        let peer = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
        let peer = peer.map(|certificate| Arc::new(certificate.clone().into_owned()));
        let (hub, from) = (self.hub.clone(), self.from);
        let service = service_fn(move |request| {
            let (hub, peer) = (hub.clone(), peer.clone());
            async move {
                let peer = peer.as_deref();
                Ok::<_, Infallible>(respond(&hub, door, peer, from, request).await)
            }
        });
        let connection = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIME)
            .max_buf_size(MAX_HEAD_BYTES)
            .serve_connection(TokioIo::new(stream), service);
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::time::timeout(CONNECTION_TIME, async {
            tokio::select! {
                ended = connection.as_mut() => ended,
                () = self.draining.told() => {
                    connection.as_mut().graceful_shutdown();
                    connection.as_mut().await
                }
            }
        });
        if let Ok(Err(error)) = ended.await {
            tracing::debug!(from = %self.from, %error, "a connection ended early");
            if error.is_parse() {
                self.hub.process.refusals.with_label_values(&["not_http"]).inc();
            }
        }
    }
}

async fn respond(
    hub: &Arc<Hub>,
    door: Door,
    peer: Option<&CertificateDer<'_>>,
    from: SocketAddr,
    request: Request<Incoming>,
) -> Response<Full<Bytes>> {
    let unpacks = takes_gzip(request.headers());
    let answer = route(hub, door, peer, from, request);
    let answer = tokio::time::timeout(REQUEST_TIME, answer).await.unwrap_or_else(|_| {
        Err(Refusal::of(StatusCode::REQUEST_TIMEOUT, "slow_request", "the request took too long"))
    });
    let answer = answer.unwrap_or_else(|refusal| refuse(hub, from, &refusal));
    let answer = if unpacks { packed(answer) } else { answer };
    answer.map(Full::new)
}

async fn route(
    hub: &Arc<Hub>,
    door: Door,
    peer: Option<&CertificateDer<'_>>,
    from: SocketAddr,
    request: Request<Incoming>,
) -> Result<Response<Bytes>, Refusal> {
    match service(door, &request)? {
        Service::Report => {
            let timer = hub.process.report_duration.start_timer();
            let reply = ingest::take_report(hub, peer, request).await?;
            timer.observe_duration();
            json(StatusCode::OK, &reply)
        }
        Service::Heartbeat => {
            json(StatusCode::OK, &ingest::take_heartbeat(hub, peer, request).await?)
        }
        Service::Clock => json(StatusCode::OK, &ingest::tell_time(hub, door, peer, request).await?),
        Service::Enrol => json(StatusCode::OK, &enrol::enrol(hub, from.ip(), request).await?),
        Service::Renew => json(StatusCode::OK, &enrol::renew::renew(hub, peer, request).await?),
    }
}

/// What an agent may ask for.
#[derive(Clone, Copy)]
enum Service {
    Report,
    Heartbeat,
    Clock,
    Enrol,
    Renew,
}

/// What each door leads to, and nothing else.
const SERVICES: [(Door, &str, Service); 6] = [
    (Door::Reports, REPORTS_PATH, Service::Report),
    (Door::Reports, HEARTBEATS_PATH, Service::Heartbeat),
    (Door::Reports, CLOCK_PATH, Service::Clock),
    (Door::Enrol, ENROL_PATH, Service::Enrol),
    (Door::Renew, RENEW_PATH, Service::Renew),
    (Door::Renew, CLOCK_PATH, Service::Clock),
];

fn service<B>(door: Door, request: &Request<B>) -> Result<Service, Refusal> {
    let behind = || SERVICES.into_iter().filter(|(of, ..)| *of == door);
    let path = request.uri().path();
    let Some((.., service)) = behind().find(|(_, known, _)| *known == path) else {
        let known: Vec<_> = behind().map(|(_, known, _)| known).collect();
        let message = format!("this connection reaches {} and nothing else", known.join(", "));
        return Err(Refusal::of(StatusCode::NOT_FOUND, "no_such_path", message));
    };
    if request.method() != Method::POST {
        let message = format!("{path} takes POST");
        return Err(Refusal::of(StatusCode::METHOD_NOT_ALLOWED, "method", message));
    }
    Ok(service)
}

/// A refused connection is closed: whatever else the peer had in mind begins anew.
fn refuse(hub: &Hub, from: SocketAddr, refusal: &Refusal) -> Response<Bytes> {
    hub.process.refusals.with_label_values(&[refusal.reason]).inc();
    match &refusal.cause {
        Some(cause) => tracing::error!(%from, reason = refusal.reason, cause, "a request failed"),
        None => tracing::info!(%from, reason = refusal.reason, "a request was refused"),
    }
    let mut response =
        json(refusal.status, &refusal.body()).unwrap_or_else(|_| Response::default());
    *response.status_mut() = refusal.status;
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    if let Some(seconds) = refusal.retry_after {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
