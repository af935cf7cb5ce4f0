//! One connection: from its first byte through the handshake to its last request.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::{LazyConfigAcceptor, server::TlsStream};

use super::places::{Place, Shed};
use super::proxy::{self, Header};
use super::{Listening, REQUEST_TIME, respond};
use crate::ingest::body::OnArrival;
use crate::refusals::Caller;
use crate::tls::{self, Door};

const HANDSHAKE_TIME: Duration = Duration::from_secs(10);
const HEAD_TIME: Duration = Duration::from_secs(10);
/// No agent needs a connection for longer,
const CONNECTION_TIME: Duration = Duration::from_secs(300);
/// and none that is honest goes on for so long without a whole request.
const STALL_TIME: Duration = Duration::from_secs(3 * REQUEST_TIME.as_secs());
/// The largest head of a request, in bytes: agents send a few hundred.
pub(super) const MAX_HEAD_BYTES: usize = 16 * 1024;
/// As many of the first bytes as tell a header of the PROXY protocol.
const FIRST_BYTES: usize = 12;

/// A connection that has a place.
pub(super) struct Connection {
    pub(super) at: Arc<Listening>,
    pub(super) place: Place,
    /// The client, once it is known where a proxy speaks for one.
    pub(super) from: SocketAddr,
    pub(super) is_proxied: bool,
}

/// Why a connection comes to no request.
enum Turned {
    /// Nobody was refused: a health check opens and closes the port.
    Left,
    /// It was refused for this reason.
    Away(&'static str, String),
}

impl From<Shed> for Turned {
    fn from(shed: Shed) -> Self {
        Self::Away(shed.reason(), shed.to_string())
    }
}

impl Connection {
    pub(super) async fn serve(mut self, stream: TcpStream) {
        // Replies are one small segment: waiting for more only delays them.
        let _ = stream.set_nodelay(true);
        let bell = self.place.bell();
        tokio::select! {
            () = self.talk(stream) => {}
            () = bell.notified() => self.refused(Shed::Full.reason()),
        }
    }

    async fn talk(&mut self, stream: TcpStream) {
        let mut draining = self.at.draining.clone();
        let arrived = tokio::select! {
            arrived = self.arrive(stream) => arrived,
            () = draining.told() => return,
        };
        match arrived {
            Ok((door, stream)) => self.requests(door, stream).await,
            Err(Turned::Left) => {}
            Err(Turned::Away(reason, why)) => {
                tracing::debug!(from = %self.from, reason, why, "a connection was refused");
                self.refused(reason);
            }
        }
    }

    fn refused(&self, reason: &'static str) {
        self.at.hub.refused(reason, Caller { address: self.from.ip(), machine: None });
    }

    async fn arrive(
        &mut self,
        mut stream: TcpStream,
    ) -> Result<(Door, TlsStream<TcpStream>), Turned> {
        if self.is_proxied {
            self.learn_client(&mut stream).await?;
        }
        let too_slow = |_| Turned::Away("slow_handshake", "the handshake took too long".to_owned());
        tokio::time::timeout(HANDSHAKE_TIME, self.handshake(stream)).await.map_err(too_slow)?
    }

    /// Reads for whom the proxy speaks; nothing else is heard before.
    async fn learn_client(&mut self, stream: &mut TcpStream) -> Result<(), Turned> {
        let header = tokio::time::timeout(HEAD_TIME, read_header(stream)).await;
        if let Some(client) = header.map_err(|_| proxy_missing("the header took too long"))?? {
            self.from = client;
            self.place.is_of(client.ip(), self.at.now())?;
        }
        Ok(())
    }

    async fn handshake(&self, stream: TcpStream) -> Result<(Door, TlsStream<TcpStream>), Turned> {
        if !self.is_proxied && speaks_for_another(&stream).await {
            let why = "a header of the PROXY protocol from an address that is not in proxy_from";
            return Err(Turned::Away("proxy_stranger", why.to_owned()));
        }
        self.shake_hands(stream).await.map_err(|error| match tls::refusal_reason(&error) {
            Some(reason) => Turned::Away(reason, error.to_string()),
            None => Turned::Left,
        })
    }

    async fn shake_hands(
        &self,
        stream: TcpStream,
    ) -> std::io::Result<(Door, TlsStream<TcpStream>)> {
        let start = LazyConfigAcceptor::new(rustls::server::Acceptor::default(), stream).await?;
        let (door, config) = self.at.doors.choose(&start.client_hello());
        Ok((door, start.into_stream(config).await?))
    }

    async fn requests(&mut self, door: Door, stream: TlsStream<TcpStream>) {
        let peer = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
        let peer = peer.map(|certificate| Arc::new(certificate.clone().into_owned()));
        let (hub, from) = (self.at.hub.clone(), self.from);
        let (arrived, arrivals) = watch::channel(0_u32);
        let on_arrival = self.on_arrival(arrived);
        let service = service_fn(move |mut request: Request<Incoming>| {
            let (hub, peer) = (hub.clone(), peer.clone());
            request.extensions_mut().insert(on_arrival.clone());
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
        let mut draining = self.at.draining.clone();
        let ended = tokio::time::timeout(CONNECTION_TIME, async {
            tokio::select! {
                ended = connection.as_mut() => ended,
                () = draining.told() => {
                    connection.as_mut().graceful_shutdown();
                    connection.as_mut().await
                }
            }
        });
        tokio::select! {
            () = stalled(arrivals.clone()) => self.refused("slow_request"),
            ended = ended => if let Ok(Err(error)) = ended {
                self.broke_off(&error, *arrivals.borrow());
            }
        }
    }

    /// Each whole request keeps the place and gives the connection more time.
    fn on_arrival(&self, arrived: watch::Sender<u32>) -> OnArrival {
        let delivery = self.place.delivery();
        OnArrival::new(move || {
            delivery.is_made();
            arrived.send_modify(|requests| *requests = requests.saturating_add(1));
        })
    }

    /// Between two requests a connection may fall silent; before the first one it may not.
    fn broke_off(&self, error: &hyper::Error, requests: u32) {
        tracing::debug!(from = %self.from, %error, "a connection ended early");
        if error.is_parse_too_large() {
            self.refused("head_too_large");
        } else if error.is_parse() {
            self.refused("not_http");
        } else if error.is_timeout() && requests == 0 {
            self.refused("slow_request");
        }
    }
}

/// Returns when no whole request has come for too long.
async fn stalled(mut arrivals: watch::Receiver<u32>) {
    while let Ok(Ok(())) = tokio::time::timeout(STALL_TIME, arrivals.changed()).await {}
}

/// For whom a proxy speaks, and not a byte more.
async fn read_header(stream: &mut TcpStream) -> Result<Option<SocketAddr>, Turned> {
    let (mut header, mut read) = ([0; proxy::MAX_HEADER_BYTES], 0);
    loop {
        match proxy::parse(&header[..read]).map_err(proxy_missing)? {
            Header::Whole { client, .. } => return Ok(client),
            Header::More(more) => match stream.read(&mut header[read..][..more]).await {
                Ok(0) | Err(_) if read == 0 => return Err(Turned::Left),
                Ok(0) | Err(_) => {
                    return Err(proxy_missing("it ended in the middle of the header"));
                }
                Ok(more) => read += more,
            },
        }
    }
}

fn proxy_missing(why: impl ToString) -> Turned {
    Turned::Away("proxy_missing", why.to_string())
}

/// Whether somebody who is no proxy begins as one does. Nothing is taken off the stream.
async fn speaks_for_another(stream: &TcpStream) -> bool {
    let mut first = [0; FIRST_BYTES];
    stream.peek(&mut first).await.is_ok_and(|there| proxy::is_announced(&first[..there]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_connection_without_a_whole_request_is_given_up_and_each_request_gives_it_more_time()
    {
        let (arrived, arrivals) = watch::channel(0);
        let began = tokio::time::Instant::now();
        let given_up = tokio::spawn(stalled(arrivals));
        for _ in 0..2 {
            tokio::time::sleep(STALL_TIME - Duration::from_secs(1)).await;
            arrived.send_modify(|requests| *requests += 1);
        }
        given_up.await.unwrap();
        let lasted = began.elapsed().as_secs();
        assert!((266..=269).contains(&lasted), "{lasted} s");
    }
}
