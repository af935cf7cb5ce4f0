//! A collector as small as the contract allows: it answers what it was told to, and remembers
//! what it saw.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io::Read;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use agent::certificate::Validity;
use agent::clock;
use flate2::read::GzDecoder;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use report::machine::FactsDigest;
use report::moment::DAY;
use report::wire::{
    ClockReply, ClockRequest, ENROL_ALPN, EnrolRequest, IdentityReply, Problem, RENEW_ALPN,
    RenewRequest, ReportReply, decode_heartbeat, decode_report,
};
use report::{JoinToken, MachineId, Report, State, Timestamp, Verdict};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{Acceptor, NoServerSessionStorage, WebPkiClientVerifier};
use rustls::time_provider::TimeProvider;
use rustls::{
    DigitallySignedStruct, DistinguishedName, HandshakeKind, NamedGroup, ServerConfig,
    SignatureScheme,
};
use rustls_pki_types::{CertificateDer, UnixTime};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

use crate::authority::Authority;

/// What the collector does with the next request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Next {
    /// Takes it.
    Accept,
    /// Refuses it with a problem of this status.
    Refuse(u16),
    /// Refuses the machine itself, for this reason.
    ShutOut(&'static str),
    /// Says that the machine's certificate is over.
    CallExpired,
    /// Has no time, and asks for so many seconds.
    Busy(u32),
    /// Takes it, and the answer gets lost.
    LoseReply,
    /// Tells a time, whatever it is.
    Tell(Timestamp),
}

/// One request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// Which of its connections this was.
    pub(crate) connection: usize,
    pub(crate) path: String,
    /// The `Host` header.
    pub(crate) host: String,
    pub(crate) alpn: Option<Vec<u8>>,
    pub(crate) group: NamedGroup,
    pub(crate) resumed: bool,
    /// The certificate the client showed.
    pub(crate) client: Option<Vec<u8>>,
    pub(crate) body: Vec<u8>,
}

impl Seen {
    pub(crate) fn report(&self) -> Report {
        decode_report(&self.body).unwrap().report
    }
}

pub(crate) struct Collector {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    machines: Arc<Authority>,
    collectors: Arc<Authority>,
    names: &'static [&'static str],
    /// How many connections came, whatever became of them.
    connections: AtomicUsize,
    seen: Mutex<Vec<Seen>>,
    script: Mutex<VecDeque<Next>>,
    /// From when to when it certifies, in days from now.
    days: (i64, i64),
    /// How far its clock is ahead of this machine's, in days.
    ahead: AtomicI64,
    configs: Mutex<Configs>,
}

struct Configs {
    reports: Arc<ServerConfig>,
    enrol: Arc<ServerConfig>,
    renew: Arc<ServerConfig>,
}

pub(crate) const MACHINE: [u8; 16] = [0x11; 16];
pub(crate) const FRESH: (i64, i64) = (-1, 89);
/// Past half of its life, and long before its end.
pub(crate) const AGEING: (i64, i64) = (-60, 30);

/// Over for longer than is tolerated anywhere.
pub(crate) const ENDED: (i64, i64) = (-900, -500);

/// For so many days after its end a certificate may be renewed.
const GRACE: i64 = 400;

impl Collector {
    pub(crate) async fn start() -> Self {
        Self::certifying(FRESH).await
    }

    pub(crate) async fn certifying(days: (i64, i64)) -> Self {
        Self::listening("127.0.0.1:0", &["127.0.0.1", "localhost"], days).await
    }

    /// One whose certificate is for these names.
    pub(crate) async fn listening(
        on: &str,
        names: &'static [&'static str],
        days: (i64, i64),
    ) -> Self {
        let machines = Arc::new(Authority::new("machine CA"));
        let collectors = Arc::new(Authority::new("collector CA"));
        Self::of(machines, collectors, on, names, days).await
    }

    /// Another one of the same authorities, elsewhere.
    pub(crate) async fn twin(&self) -> Self {
        let Shared { machines, collectors, names, days, .. } = &*self.shared;
        let (machines, collectors) = (Arc::clone(machines), Arc::clone(collectors));
        Self::of(machines, collectors, "127.0.0.1:0", names, *days).await
    }

    async fn of(
        machines: Arc<Authority>,
        collectors: Arc<Authority>,
        on: &str,
        names: &'static [&'static str],
        days: (i64, i64),
    ) -> Self {
        let listener = TcpListener::bind(on).await.unwrap();
        let shared = Arc::new(Shared {
            configs: Mutex::new(Configs::new(&machines, &collectors, names, 0, 0)),
            machines,
            collectors,
            names,
            connections: AtomicUsize::new(0),
            ahead: AtomicI64::new(0),
            seen: Mutex::default(),
            script: Mutex::default(),
            days,
        });
        let address = listener.local_addr().unwrap();
        tokio::spawn(serve(listener, Arc::clone(&shared)));
        Self { address, shared }
    }

    pub(crate) fn token(&self) -> JoinToken {
        JoinToken {
            addresses: vec![self.address.to_string()],
            collector_ca: self.shared.collectors.sha256(),
            secret: [7; 32],
        }
    }

    /// What it does with the next requests; afterwards it accepts.
    pub(crate) fn will(&self, script: impl IntoIterator<Item = Next>) {
        self.shared.script.lock().unwrap().extend(script);
    }

    /// So many days later by its clock, with a new certificate.
    pub(crate) fn goes_on(&self, days: i64) {
        let Shared { machines, collectors, names, .. } = &*self.shared;
        self.shared.ahead.store(days, Ordering::Relaxed);
        *self.shared.configs.lock().unwrap() =
            Configs::new(machines, collectors, names, days, days);
    }

    /// So many days later by its clock, with the certificate it had.
    pub(crate) fn grows_older(&self, days: i64) {
        let Shared { machines, collectors, names, .. } = &*self.shared;
        self.shared.ahead.store(days, Ordering::Relaxed);
        *self.shared.configs.lock().unwrap() = Configs::new(machines, collectors, names, days, 0);
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.shared.now()
    }

    pub(crate) fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::Relaxed)
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap().clone()
    }

    pub(crate) fn paths(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.path).collect()
    }
}

impl Configs {
    /// Of a collector whose clock is some days ahead, and that got its certificate when it was so
    /// many.
    fn new(
        machines: &Authority,
        collectors: &Authority,
        names: &[&str],
        ahead: i64,
        certified: i64,
    ) -> Self {
        let builder = || {
            let provider = Arc::new(default_provider());
            ServerConfig::builder_with_details(provider, Arc::new(Ahead(ahead)))
                .with_protocol_versions(&[&rustls::version::TLS13])
                .unwrap()
        };
        let (chain, key) = collectors.collector(names, Ahead(certified).now());
        let verifier = WebPkiClientVerifier::builder_with_provider(
            Arc::new(machines.roots()),
            Arc::new(default_provider()),
        );
        let verifier = verifier.build().unwrap();
        let mutual = |verifier| {
            builder()
                .with_client_cert_verifier(verifier)
                .with_single_cert(chain.clone(), key.clone_key())
                .unwrap()
        };
        let mut enrol = builder()
            .with_no_client_auth()
            .with_single_cert(chain.clone(), key.clone_key())
            .unwrap();
        enrol.alpn_protocols = vec![ENROL_ALPN.to_vec()];
        let mut renew = mutual(Arc::new(EndTolerated(Arc::clone(&verifier))));
        renew.alpn_protocols = vec![RENEW_ALPN.to_vec()];
        for config in [&mut enrol, &mut renew] {
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        }
        Self { reports: Arc::new(mutual(verifier)), enrol: Arc::new(enrol), renew: Arc::new(renew) }
    }

    fn by_alpn(&self, alpn: Option<&[u8]>) -> Arc<ServerConfig> {
        match alpn {
            Some(ENROL_ALPN) => Arc::clone(&self.enrol),
            Some(RENEW_ALPN) => Arc::clone(&self.renew),
            _ => Arc::clone(&self.reports),
        }
    }
}

/// As a collector lets machines renew: a certificate that ended lately counts as on its last day.
#[derive(Debug)]
struct EndTolerated(Arc<dyn ClientCertVerifier>);

impl ClientCertVerifier for EndTolerated {
    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        let end = Validity::of(end_entity).unwrap().not_after.0.unsigned_abs();
        let tolerated = GRACE.unsigned_abs() * DAY.unsigned_abs();
        let now = match now.as_secs() {
            late if late > end && late <= end + tolerated => end,
            now => now,
        };
        let now = UnixTime::since_unix_epoch(Duration::from_secs(now));
        self.0.verify_client_cert(end_entity, intermediates, now)
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.0.root_hint_subjects()
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

/// A clock that is so many days ahead.
#[derive(Debug)]
struct Ahead(i64);

impl Ahead {
    fn now(&self) -> Timestamp {
        clock::now() + self.0 * DAY
    }
}

impl TimeProvider for Ahead {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = self.now().0.unsigned_abs();
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let number = shared.connections.fetch_add(1, Ordering::Relaxed);
        tokio::spawn(serve_one(number, stream, Arc::clone(&shared)));
    }
}

async fn serve_one(number: usize, stream: TcpStream, shared: Arc<Shared>) {
    // A client that does not trust this collector hangs up: nothing to serve.
    let Ok(start) = LazyConfigAcceptor::new(Acceptor::default(), stream).await else {
        return;
    };
    let first = start.client_hello().alpn().and_then(|mut all| all.next());
    let config = shared.configs.lock().unwrap().by_alpn(first);
    let Ok(stream) = start.into_stream(config).await else {
        return;
    };
    let connection = Arc::new(Seen::connection(number, &stream));
    let service = service_fn(|request| answer(request, &shared, &connection));
    // A reply that is lost on purpose ends the connection with an error.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

impl Seen {
    fn connection(connection: usize, stream: &TlsStream<TcpStream>) -> Self {
        let (_, tls) = stream.get_ref();
        let client = tls.peer_certificates().and_then(|chain| chain.first());
        Self {
            connection,
            host: String::new(),
            path: String::new(),
            alpn: tls.alpn_protocol().map(<[u8]>::to_vec),
            group: tls.negotiated_key_exchange_group().unwrap().name(),
            resumed: tls.handshake_kind() == Some(HandshakeKind::Resumed),
            client: client.map(|certificate| certificate.to_vec()),
            body: Vec::new(),
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the reply gets lost")]
struct Lost;

async fn answer(
    request: Request<Incoming>,
    shared: &Shared,
    connection: &Seen,
) -> Result<Response<Full<Bytes>>, Lost> {
    let path = request.uri().path().to_owned();
    let host = request.headers()["host"].to_str().unwrap().to_owned();
    let body = read(request).await.unwrap();
    shared.seen.lock().unwrap().push(Seen {
        path: path.clone(),
        host,
        body: body.clone(),
        ..connection.clone()
    });
    let next = shared.script.lock().unwrap().pop_front();
    match next.unwrap_or(Next::Accept) {
        Next::Accept => Ok(json(StatusCode::OK, shared.accept(&path, &body))),
        Next::LoseReply => Err(Lost),
        Next::Tell(now) => {
            Ok(json(StatusCode::OK, serde_json::to_string(&ClockReply { wire: 1, now }).unwrap()))
        }
        Next::Refuse(status) => Ok(refusal(status, "unwanted", "nobody wants it")),
        Next::ShutOut(reason) => Ok(refusal(403, reason, "ask the security officer")),
        Next::CallExpired => Ok(refusal(403, "expired", "the certificate has expired")),
        Next::Busy(seconds) => {
            let mut response = json(StatusCode::SERVICE_UNAVAILABLE, String::new());
            let headers = response.headers_mut();
            headers.insert("retry-after", seconds.into());
            Ok(response)
        }
    }
}

impl Shared {
    fn now(&self) -> Timestamp {
        Ahead(self.ahead.load(Ordering::Relaxed)).now()
    }

    fn accept(&self, path: &str, body: &[u8]) -> String {
        match path {
            "/v1/enrol" => {
                let request: EnrolRequest = serde_json::from_slice(body).unwrap();
                assert_eq!(JoinToken::parse_secret(&request.secret), Some([7; 32]));
                self.identity(&request.csr, self.days)
            }
            "/v1/renew" => {
                let request: RenewRequest = serde_json::from_slice(body).unwrap();
                self.identity(&request.csr, FRESH)
            }
            "/v1/reports" => verdict(self.now(), Some(NAME)),
            "/v1/heartbeats" => {
                assert_eq!(decode_heartbeat(body).unwrap().digest, NAME);
                verdict(self.now(), None)
            }
            "/v1/clock" => {
                serde_json::from_slice::<ClockRequest>(body).unwrap();
                serde_json::to_string(&ClockReply { wire: 1, now: self.now() }).unwrap()
            }
            other => panic!("nobody asks for {other}"),
        }
    }

    fn identity(&self, csr: &str, days: (i64, i64)) -> String {
        serde_json::to_string(&IdentityReply {
            wire: 1,
            machine: MachineId::from_bytes(MACHINE),
            certificate: self.machines.machine(csr, self.now(), days),
            anchors: self.collectors.pem(),
            received_at: self.now(),
        })
        .unwrap()
    }
}

/// What this collector calls whatever it was told last.
pub(crate) const NAME: FactsDigest = FactsDigest::from_bytes([0x44; 32]);

fn verdict(received_at: Timestamp, digest: Option<FactsDigest>) -> String {
    serde_json::to_string(&ReportReply {
        wire: 1,
        received_at,
        next_contact_seconds: 600,
        verdict: Verdict { state: State::Unprotected, rules: Vec::new() },
        unjudged: Vec::new(),
        digest,
        renew: false,
    })
    .unwrap()
}

fn refusal(status: u16, reason: &str, message: &str) -> Response<Full<Bytes>> {
    let problem = Problem { reason: reason.to_owned(), message: message.to_owned(), wire: 1 };
    let body = serde_json::to_string(&problem).unwrap();
    json(StatusCode::from_u16(status).unwrap(), body)
}

fn json(status: StatusCode, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    response
}

#[expect(clippy::disallowed_methods, reason = "the body is limited")]
async fn read(request: Request<Incoming>) -> Result<Vec<u8>, Infallible> {
    let squeezed = request.headers().get("content-encoding").cloned();
    let body = Limited::new(request.into_body(), 1 << 20);
    let body = body.collect().await.unwrap().to_bytes().to_vec();
    let Some(encoding) = squeezed else {
        return Ok(body);
    };
    assert_eq!(encoding, "gzip");
    let mut plain = Vec::new();
    GzDecoder::new(&body[..]).read_to_end(&mut plain).unwrap();
    Ok(plain)
}

/// An address of this machine at which nobody listens.
pub(crate) async fn nobody() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    tokio::time::sleep(Duration::ZERO).await;
    address
}
