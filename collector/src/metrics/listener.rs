//! Where Prometheus scrapes: on a loopback address, or from elsewhere past a [guard](Guard).

use std::convert::Infallible;
use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, VARY, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use prometheus::proto::MetricFamily;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;

use super::access::Guard;
use crate::drain::Draining;
use crate::hub::Hub;
use crate::refusals::Caller;
use crate::server::places::{Delivery, Place, Places, Room, Shed};
use crate::{metrics, tls};

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// Prometheus opens one connection for each book; a few of them and an officer find room.
const ROOM: Room = Room { connections: 64, per_address: 16, new_per_address: 10 };
/// How long a handshake may take, the head of a request, and the pause between two.
const PATIENCE: Duration = Duration::from_secs(10);
/// What is told to everybody: it says nothing of any machine.
const HEALTH: &str = "/healthz";

/// Serves both books until it is told to end; where there is a guard, past it and over TLS.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    guard: Option<Guard>,
    hub: Arc<Hub>,
    mut draining: Draining,
) -> std::io::Result<()> {
    let router = Router::new()
        .route("/metrics", get(both))
        .route("/metrics/process", get(process))
        .route("/metrics/fleet", get(fleet))
        .route(HEALTH, get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .with_state(hub.clone());
    match guard {
        Some(guard) => serve_guarded(listener, Guarded { guard, hub, router, draining }).await,
        None => {
            let told = async move { draining.told().await };
            axum::serve(listener, router).with_graceful_shutdown(told).await
        }
    }
}

/// What the connections past the guard share.
#[derive(Clone)]
struct Guarded {
    guard: Guard,
    hub: Arc<Hub>,
    router: Router,
    draining: Draining,
}

async fn serve_guarded(listener: TcpListener, mut guarded: Guarded) -> std::io::Result<()> {
    let (places, began) = (Places::new(ROOM), Instant::now());
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = guarded.draining.told() => return Ok(()),
        };
        match accepted {
            Ok((stream, from)) => guarded.take_in(&places, began, stream, from),
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection for the metrics");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

impl Guarded {
    fn take_in(&self, places: &Places, began: Instant, stream: TcpStream, from: SocketAddr) {
        match places.admit(from.ip(), began.elapsed()) {
            Ok(place) => {
                tokio::spawn(self.clone().talk(stream, from.ip(), place));
            }
            Err(shed) => {
                let _ = stream.set_zero_linger();
                self.refused(shed.reason(), from.ip());
            }
        }
    }

    fn refused(&self, reason: &'static str, address: IpAddr) {
        self.hub.refused(reason, Caller { address, machine: None });
    }

    async fn talk(self, stream: TcpStream, from: IpAddr, place: Place) {
        let bell = place.bell();
        tokio::select! {
            () = self.serve(stream, from, place.delivery()) => {}
            () = bell.notified() => self.refused(Shed::Full.reason(), from),
        }
    }

    async fn serve(&self, stream: TcpStream, from: IpAddr, delivery: Delivery) {
        let acceptor = TlsAcceptor::from(Arc::clone(&self.guard.tls));
        let stream = match tokio::time::timeout(PATIENCE, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return self.turned_away(&error, from),
            Err(_) => return self.refused("slow_handshake", from),
        };
        let service = service_fn(|request| self.answer(request, from, &delivery));
        let connection = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(PATIENCE)
            .serve_connection(TokioIo::new(stream), service);
        let mut connection = std::pin::pin!(connection);
        let mut draining = self.draining.clone();
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = draining.told() => {
                connection.as_mut().graceful_shutdown();
                connection.as_mut().await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%from, %error, "a connection for the metrics ended early");
        }
    }

    /// Who shows a certificate of another authority or none is refused by this listener's own name:
    /// it has nothing to do with the machines.
    fn turned_away(&self, error: &std::io::Error, from: IpAddr) {
        match tls::refusal_reason(error) {
            Some(reason @ ("handshake" | "not_tls" | "tls_version")) => self.refused(reason, from),
            Some(_) => self.refused("metrics_certificate", from),
            None => {}
        }
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
        from: IpAddr,
        delivery: &Delivery,
    ) -> Result<Response, Infallible> {
        if request.uri().path() != HEALTH {
            if !self.guard.lets_in(request.headers()) {
                self.refused("metrics_token", from);
                let asks = [(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))];
                return Ok((StatusCode::UNAUTHORIZED, asks).into_response());
            }
            delivery.is_made();
        }
        TowerToHyperService::new(self.router.clone()).call(request).await
    }
}

async fn both(State(hub): State<Arc<Hub>>, headers: HeaderMap) -> Response {
    let families = fleet_families(&hub).await.map(|fleet| {
        let mut families = hub.process.gather();
        families.extend(fleet);
        families
    });
    page(families, &headers)
}

async fn process(State(hub): State<Arc<Hub>>, headers: HeaderMap) -> Response {
    page(Ok(hub.process.gather()), &headers)
}

async fn fleet(State(hub): State<Arc<Hub>>, headers: HeaderMap) -> Response {
    page(fleet_families(&hub).await, &headers)
}

async fn ready(State(hub): State<Arc<Hub>>) -> (StatusCode, &'static str) {
    match hub.keeps() {
        true => (StatusCode::OK, "ready\n"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "the store has ended\n"),
    }
}

async fn fleet_families(hub: &Arc<Hub>) -> Result<Vec<MetricFamily>, prometheus::Error> {
    hub.show(metrics::fleet::families).await.map_err(prometheus::Error::Msg)
}

fn page(families: Result<Vec<MetricFamily>, prometheus::Error>, headers: &HeaderMap) -> Response {
    match families.and_then(|families| metrics::text(&families)) {
        Ok(text) => packed(text, headers),
        Err(error) => {
            tracing::error!(%error, "the metrics cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn packed(text: Vec<u8>, headers: &HeaderMap) -> Response {
    let takes_gzip = headers
        .get(ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.split(',').any(|name| name.trim().starts_with("gzip")));
    let zipped = takes_gzip.then(|| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&text).and_then(|()| encoder.finish())
    });
    let mut response = match zipped {
        Some(Ok(zipped)) => {
            let mut response = Response::new(Body::from(zipped));
            response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            response
        }
        Some(Err(_)) | None => Response::new(Body::from(text)),
    };
    response.headers_mut().insert(CONTENT_TYPE, TEXT);
    response.headers_mut().insert(VARY, HeaderValue::from_static("accept-encoding"));
    response
}
