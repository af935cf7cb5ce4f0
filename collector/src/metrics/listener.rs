//! Where Prometheus scrapes, on a loopback address.

use std::io::Write as _;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use flate2::Compression;
use flate2::write::GzEncoder;
use prometheus::proto::MetricFamily;
use tokio::net::TcpListener;

use crate::drain::Draining;
use crate::hub::Hub;
use crate::metrics;

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// Serves both books until it is told to end.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    hub: Arc<Hub>,
    mut draining: Draining,
) -> std::io::Result<()> {
    let router = Router::new()
        .route("/metrics", get(both))
        .route("/metrics/process", get(process))
        .route("/metrics/fleet", get(fleet))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .with_state(hub);
    axum::serve(listener, router).with_graceful_shutdown(async move { draining.told().await }).await
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
