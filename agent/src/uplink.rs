//! One question to the collector, one answer: every contact is a connection of its own.

pub mod backoff;
pub mod tls;

use std::error::Error;
use std::fmt;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{self, HeaderMap};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use report::wire::{Problem, WIRE};
use rustls::{CertificateError, ClientConfig, OtherError};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::address::Address;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a whole exchange may take, connecting included.
const EXCHANGE: Duration = Duration::from_secs(30);
/// How long closing politely may take.
const GOODBYE: Duration = Duration::from_secs(1);
/// The longest answer that is read.
const MAX_REPLY_BYTES: usize = 64 * 1024;
/// Above this, compressing a body is worth it.
const SQUEEZE_ABOVE: usize = 1024;

/// The way to the collector, for one purpose.
#[derive(Clone, Debug)]
pub struct Uplink {
    addresses: Vec<Address>,
    tls: Arc<ClientConfig>,
}

/// What came of asking.
#[derive(Debug)]
pub enum Answer<T> {
    /// The collector took it; for a report that means it is durable there.
    Accepted {
        /// What it says.
        reply: T,
        /// Who said it.
        by: Address,
    },
    /// The collector will never take it as it is.
    Refused(Refusal),
    /// Nobody took it now; later somebody may.
    Later {
        /// How long the collector asks to be left alone.
        retry_after: Option<Duration>,
        /// What stood in the way.
        why: Failure,
    },
}

/// A refusal that stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The collector's explanation.
    pub problem: Problem,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, problem } = self;
        write!(f, "the collector refuses it: {} ({status} {})", problem.message, problem.reason)
    }
}

/// Why no collector took it, by address.
#[derive(Debug, Default)]
pub struct Failure(Vec<(Address, ExchangeError)>);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no collector is known: name one under `collectors`");
        }
        for (index, (address, error)) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{address}: {error}")?;
        }
        Ok(())
    }
}

/// Why an exchange with one collector came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// The name is not known or nobody listens.
    #[error("cannot connect: {0}")]
    Connect(io::Error),
    /// The other side is not trusted, or does not trust this one.
    #[error("no trusted connection: {0}")]
    Tls(String),
    /// It took too long.
    #[error("no answer in time")]
    TimedOut,
    /// The connection broke or was not HTTP.
    #[error("the connection broke: {}", causes(.0))]
    Http(#[from] hyper::Error),
    /// The answer is longer than anything that is expected.
    #[error("the answer is longer than {MAX_REPLY_BYTES} bytes")]
    TooLong,
    /// The answer is not one.
    #[error("the answer makes no sense: {0}")]
    Senseless(String),
    /// The collector has no time.
    #[error("the collector answers {0}")]
    Status(StatusCode),
}

/// An error with what caused it: the library's own words for the former say little.
fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

/// What is sent.
#[derive(Clone, Debug)]
pub struct Body {
    bytes: Bytes,
    squeezed: bool,
}

impl Body {
    /// JSON as it is.
    #[must_use]
    pub fn plain(json: String) -> Self {
        Self { bytes: json.into(), squeezed: false }
    }

    /// JSON, compressed where that is worth it.
    #[must_use]
    pub fn squeezed(json: String) -> Self {
        if json.len() <= SQUEEZE_ABOVE {
            return Self::plain(json);
        }
        match gzip(json.as_bytes()) {
            Ok(bytes) => Self { bytes: bytes.into(), squeezed: true },
            // Writing to memory does not fail; if it did, the report would still have to go.
            Err(_) => Self::plain(json),
        }
    }
}

fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish()
}

impl Uplink {
    /// The way to these collectors, first choice first.
    #[must_use]
    pub fn new(addresses: Vec<Address>, tls: Arc<ClientConfig>) -> Self {
        Self { addresses, tls }
    }

    /// Asks one collector after the other until one decides. Having no time, or saying what makes
    /// no sense, decides nothing: the next one may be well.
    pub async fn post<T: DeserializeOwned>(&self, path: &'static str, body: &Body) -> Answer<T> {
        let mut why = Failure::default();
        let mut retry_after = None;
        for address in &self.addresses {
            let error = match self.exchange(address, path, body).await {
                Ok(reply) => match understand(&reply) {
                    Understood::Accepted(reply) => {
                        let by = address.clone();
                        return Answer::Accepted { reply, by };
                    }
                    Understood::Refused(refusal) => return Answer::Refused(refusal),
                    Understood::Later(error) => {
                        // Of several the longest: none of them is to be asked too early.
                        retry_after = retry_after.max(reply.retry_after);
                        error
                    }
                },
                Err(error) => error,
            };
            tracing::debug!(%address, %error, "no answer");
            why.0.push((address.clone(), error));
        }
        Answer::Later { retry_after, why }
    }

    async fn exchange(
        &self,
        address: &Address,
        path: &'static str,
        body: &Body,
    ) -> Result<Reply, ExchangeError> {
        let exchange = async {
            let stream = timeout(CONNECT, self.connect(address)).await;
            let stream = stream.map_err(|_| ExchangeError::TimedOut)??;
            ask(stream, request(address, path, body)?).await
        };
        let exchanged = timeout(EXCHANGE, exchange).await;
        exchanged.map_err(|_| ExchangeError::TimedOut)?
    }

    async fn connect(&self, address: &Address) -> Result<TlsStream<TcpStream>, ExchangeError> {
        let stream = reach(address).await.map_err(ExchangeError::Connect)?;
        stream.set_nodelay(true).map_err(ExchangeError::Connect)?;
        TlsConnector::from(Arc::clone(&self.tls))
            .connect(address.name(), stream)
            .await
            .map_err(|error| ExchangeError::Tls(tls_reason(&error)))
    }
}

/// Connects to the first of a name's addresses that answers. Each has a share of the time: where
/// the way to one leads nowhere, as IPv6 often does, the others must still have their turn.
async fn reach(address: &Address) -> io::Result<TcpStream> {
    let found = lookup_host((address.host(), address.port())).await?;
    first_reached(found, CONNECT / 3).await
}

async fn first_reached(
    addresses: impl Iterator<Item = SocketAddr>,
    share: Duration,
) -> io::Result<TcpStream> {
    let mut failed = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in addresses {
        failed = match timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => error,
            Err(_) => io::ErrorKind::TimedOut.into(),
        };
    }
    Err(failed)
}

/// A verifier's own words, where the library would only show them as a debug dump.
fn tls_reason(error: &io::Error) -> String {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    match inner {
        Some(rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(own)))) => {
            own.to_string()
        }
        _ => error.to_string(),
    }
}

fn request(
    address: &Address,
    path: &'static str,
    body: &Body,
) -> Result<Request<Full<Bytes>>, ExchangeError> {
    let mut request = Request::post(path)
        .header(header::HOST, address.to_string())
        .header(header::USER_AGENT, USER_AGENT)
        .header(header::CONNECTION, "close")
        .header(header::CONTENT_TYPE, "application/json");
    if body.squeezed {
        request = request.header(header::CONTENT_ENCODING, "gzip");
    }
    request
        .body(Full::new(body.bytes.clone()))
        .map_err(|error| ExchangeError::Senseless(error.to_string()))
}

const USER_AGENT: &str = concat!("lachan-agent/", env!("CARGO_PKG_VERSION"));

struct Reply {
    status: StatusCode,
    retry_after: Option<Duration>,
    body: Bytes,
}

async fn ask(
    stream: TlsStream<TcpStream>,
    request: Request<Full<Bytes>>,
) -> Result<Reply, ExchangeError> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let mut connection = pin!(connection);
    let mut answer = pin!(async {
        let response = sender.send_request(request).await?;
        read(response).await
    });
    let (answer, open) = tokio::select! {
        biased;
        answer = &mut answer => (answer, true),
        _ = &mut connection => (answer.await, false),
    };
    if open {
        // How the goodbye ends changes nothing about the answer.
        let _ = timeout(GOODBYE, connection).await;
    }
    answer
}

#[expect(clippy::disallowed_methods, reason = "this is the bounded reader that the ban points to")]
async fn read(response: Response<Incoming>) -> Result<Reply, ExchangeError> {
    let (parts, body) = response.into_parts();
    let collected = Limited::new(body, MAX_REPLY_BYTES).collect().await;
    let body = collected.map_err(|error| match error.downcast::<hyper::Error>() {
        Ok(error) => ExchangeError::Http(*error),
        Err(error) if error.is::<LengthLimitError>() => ExchangeError::TooLong,
        Err(error) => ExchangeError::Senseless(error.to_string()),
    })?;
    Ok(Reply {
        status: parts.status,
        retry_after: retry_after(&parts.headers),
        body: body.to_bytes(),
    })
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(header::RETRY_AFTER)?.to_str().ok()?;
    seconds.parse().ok().map(Duration::from_secs)
}

enum Understood<T> {
    Accepted(T),
    Refused(Refusal),
    Later(ExchangeError),
}

fn understand<T: DeserializeOwned>(reply: &Reply) -> Understood<T> {
    let status = reply.status;
    if status.is_success() {
        return match serde_json::from_slice(&reply.body) {
            Ok(reply) => Understood::Accepted(reply),
            // Sending it again is harmless: the collector knows the sequence number.
            Err(error) => Understood::Later(ExchangeError::Senseless(error.to_string())),
        };
    }
    let passing =
        [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_EARLY, StatusCode::TOO_MANY_REQUESTS];
    if status.is_client_error() && !passing.contains(&status) {
        return Understood::Refused(Refusal { status: status.as_u16(), problem: problem(reply) });
    }
    Understood::Later(ExchangeError::Status(status))
}

fn problem(reply: &Reply) -> Problem {
    serde_json::from_slice(&reply.body).unwrap_or_else(|_| Problem {
        reason: "unexplained".to_owned(),
        message: "something on the way answers without saying why: is this a collector?".to_owned(),
        wire: WIRE,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, body: &str) -> Reply {
        Reply {
            status: StatusCode::from_u16(status).unwrap(),
            retry_after: None,
            body: body.to_owned().into(),
        }
    }

    fn kind(status: u16, body: &str) -> &'static str {
        match understand::<u32>(&reply(status, body)) {
            Understood::Accepted(_) => "accepted",
            Understood::Refused(_) => "refused",
            Understood::Later(_) => "later",
        }
    }

    #[test]
    fn only_the_reports_own_fault_is_final() {
        assert_eq!(kind(200, "7"), "accepted");
        for status in [400, 401, 403, 404, 409, 413, 422] {
            assert_eq!(kind(status, ""), "refused", "{status}");
        }
        for status in [301, 408, 425, 429, 500, 502, 503, 504] {
            assert_eq!(kind(status, ""), "later", "{status}");
        }
    }

    #[test]
    fn success_that_cannot_be_read_is_not_success() {
        assert_eq!(kind(200, "<html>welcome</html>"), "later");
    }

    #[test]
    fn a_refusal_keeps_the_collectors_words() {
        let body = r#"{"reason":"revoked","message":"ask your IT office","wire":1,"new":0}"#;
        let Understood::Refused(refusal) = understand::<u32>(&reply(403, body)) else {
            panic!("it is final");
        };
        assert_eq!(
            refusal.to_string(),
            "the collector refuses it: ask your IT office (403 revoked)"
        );
        let Understood::Refused(refusal) = understand::<u32>(&reply(404, "<html>")) else {
            panic!("it is final");
        };
        assert_eq!(refusal.problem.reason, "unexplained");
    }

    #[test]
    fn only_a_number_of_seconds_is_a_retry_after() {
        let read = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RETRY_AFTER, value.parse().unwrap());
            retry_after(&headers)
        };
        assert_eq!(read("120"), Some(Duration::from_secs(120)));
        assert_eq!(read("Sun, 22 Nov 2026 07:00:00 GMT"), None);
        assert_eq!(read("-1"), None);
    }

    #[tokio::test]
    async fn an_address_that_leads_nowhere_leaves_the_others_their_turn() {
        let full = tokio::net::TcpSocket::new_v4().unwrap();
        full.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let full = full.listen(1).unwrap();
        let nowhere = full.local_addr().unwrap();
        let share = Duration::from_millis(50);
        // Once nobody fetches them, connections are no longer answered at all.
        let mut waiting = Vec::new();
        while let Ok(Ok(stream)) = timeout(share, TcpStream::connect(nowhere)).await {
            waiting.push(stream);
        }
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let somewhere = listener.local_addr().unwrap();
        let reached = first_reached([nowhere, somewhere].into_iter(), share).await.unwrap();
        assert_eq!(reached.peer_addr().unwrap(), somewhere);
        let lost = first_reached([nowhere].into_iter(), share).await.unwrap_err();
        assert_eq!(lost.kind(), io::ErrorKind::TimedOut);
        let none = first_reached([].into_iter(), share).await.unwrap_err();
        assert_eq!(none.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn only_bodies_that_gain_are_compressed() {
        assert!(!Body::squeezed("x".repeat(SQUEEZE_ABOVE)).squeezed);
        let body = Body::squeezed("x".repeat(SQUEEZE_ABOVE + 1));
        assert!(body.squeezed && body.bytes.len() < 100);
    }
}
