//! The agents' listener: connections, handshakes, requests.

mod connection;
pub mod places;
pub mod proxy;
mod reply;
pub mod understood;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONNECTION, HeaderValue, RETRY_AFTER};
use hyper::{Method, Request, Response, StatusCode};
use report::wire::{CLOCK_PATH, ENROL_PATH, HEARTBEATS_PATH, RENEW_PATH, REPORTS_PATH};
use rustls_pki_types::CertificateDer;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

use crate::drain::Draining;
use crate::hub::Hub;
use crate::network::Cidr;
use crate::problem::Refusal;
use crate::refusals::Caller;
use crate::tls::{Door, Doors};
use crate::{enrol, ingest};
use connection::Connection;
use places::{Moment, Places, Room};
use reply::{json, packed, takes_gzip};

const REQUEST_TIME: Duration = Duration::from_secs(30);
/// Between two tries to accept where that fails.
const PAUSE: Duration = Duration::from_millis(100);

/// Who may come in, and through whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admittance {
    /// How many may be connected.
    pub room: Room,
    /// Whose connections begin with a header of the PROXY protocol, version 2.
    pub proxies: Vec<Cidr>,
}

/// Serves agents until it is told to end.
pub async fn serve(
    listener: TcpListener,
    doors: Doors,
    hub: Arc<Hub>,
    Admittance { room, proxies }: Admittance,
    mut draining: Draining,
) {
    let places = Places::new(room);
    let (began, told) = (Instant::now(), draining.clone());
    let listening = Listening { doors, hub, places, proxies, began, draining: told };
    let listening = Arc::new(listening);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = draining.told() => return,
        };
        match accepted {
            Ok((stream, from)) => listening.take_in(stream, from),
            Err(error) => {
                // Out of file descriptors, most likely: whoever holds one for nothing gives it up.
                tracing::warn!(%error, "cannot accept a connection");
                listening.places.make_room(listening.now());
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// What the connections of one listener share.
struct Listening {
    doors: Doors,
    hub: Arc<Hub>,
    places: Places,
    proxies: Vec<Cidr>,
    began: Instant,
    draining: Draining,
}

impl Listening {
    fn now(&self) -> Moment {
        self.began.elapsed()
    }

    /// Nothing is spent on a connection that finds no place: it is closed at once.
    fn take_in(self: &Arc<Self>, stream: TcpStream, from: SocketAddr) {
        let (address, now) = (from.ip(), self.now());
        let is_proxied = self.proxies.iter().any(|proxies| proxies.contains(address));
        let place = match is_proxied {
            true => self.places.admit_proxy(address, now),
            false => self.places.admit(address, now),
        };
        match place {
            Ok(place) => {
                let at = Arc::clone(self);
                tokio::spawn(Connection { at, place, from, is_proxied }.serve(stream));
            }
            Err(shed) => {
                let _ = stream.set_zero_linger();
                self.hub.refused(shed.reason(), Caller { address, machine: None });
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
    let answer = answer.unwrap_or_else(|refusal| refuse(hub, peer, from, &refusal));
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
    let service = service(door, &request)?;
    if service.writes() && hub.is_behind() {
        return Err(Refusal::busy());
    }
    match service {
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

impl Service {
    /// Whether its answer waits for the disk.
    fn writes(self) -> bool {
        match self {
            Self::Report | Self::Heartbeat | Self::Enrol | Self::Renew => true,
            Self::Clock => false,
        }
    }
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
fn refuse(
    hub: &Arc<Hub>,
    peer: Option<&CertificateDer<'_>>,
    from: SocketAddr,
    refusal: &Refusal,
) -> Response<Bytes> {
    let machine = peer.and_then(|peer| hub.identities().holder(peer));
    hub.refused(refusal.reason, Caller { address: from.ip(), machine });
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
