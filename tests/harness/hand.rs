//! A hand that speaks TLS and HTTP itself, to say what no honest agent says.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, Issuer, KeyPair, SanType};
use report::wire::{CLOCK_PATH, HEARTBEATS_PATH, REPORTS_PATH};
use report::{JoinToken, MachineId, Timestamp};
use rustls::client::WebPkiServerVerifier;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::{ClientConfig, ClientConnection, HandshakeKind, RootCertStore, StreamOwned};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use serde_json::{Value as Json, json};

use crate::World;
use crate::ports::connect_from;
use crate::root::now;

/// A TLS client with or without an identity.
#[derive(Clone, Debug)]
pub struct Hand {
    to: SocketAddr,
    from: IpAddr,
    /// What it says before TLS begins.
    preface: Vec<u8>,
    config: Arc<ClientConfig>,
}

/// A connection that holds TLS and has not said everything.
pub type Open = StreamOwned<ClientConnection, TcpStream>;

/// Where whoever says nothing else comes from.
pub const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

/// An answer over HTTP.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// When to come back, in seconds.
    pub retry_after: Option<u32>,
    /// The connection took up an earlier one.
    pub resumed: bool,
    /// The body came packed.
    pub packed: bool,
    /// The body, if it is JSON.
    pub body: Json,
}

impl Answer {
    /// The word that says why it was refused.
    #[must_use]
    pub fn reason(&self) -> &str {
        self.body["reason"].as_str().unwrap_or_default()
    }
}

/// A certificate with its key.
pub type Identity = (CertificateDer<'static>, Vec<u8>);

impl Hand {
    /// A hand that knows the collector's CA from its folder.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn new(world: &World, alpn: &[u8], identity: Option<&Identity>) -> Self {
        let pem = std::fs::read(world.collector.folder().join("data/pki/collector-ca.pem"))
            .expect("the collector CA");
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(&pem).expect("PEM")).expect("a CA");
        let provider = Arc::new(default_provider());
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
                .build()
                .expect("a verifier");
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .expect("TLS 1.3")
            .with_webpki_verifier(verifier);
        let mut config = match identity {
            Some((certificate, key)) => {
                let key = PrivatePkcs8KeyDer::from(key.clone()).into();
                builder.with_client_auth_cert(vec![certificate.clone()], key).expect("an identity")
            }
            None => builder.with_no_client_auth(),
        };
        if !alpn.is_empty() {
            config.alpn_protocols = vec![alpn.to_vec()];
        }
        let to = world.collector.agents;
        Self { to, from: HOME, preface: Vec::new(), config: Arc::new(config) }
    }

    /// The same hand, identity and sessions included, at the door that this ALPN opens.
    #[must_use]
    pub fn at_another_door(&self, alpn: &[u8]) -> Self {
        let mut config = (*self.config).clone();
        config.alpn_protocols = if alpn.is_empty() { vec![] } else { vec![alpn.to_vec()] };
        Self { config: Arc::new(config), ..self.clone() }
    }

    /// The same hand from another address of this host.
    #[must_use]
    pub fn coming_from(self, from: IpAddr) -> Self {
        Self { from, ..self }
    }

    /// The same hand that says these bytes before TLS begins.
    #[must_use]
    pub fn saying_first(self, preface: &[u8]) -> Self {
        Self { preface: preface.to_vec(), ..self }
    }

    /// The same hand towards another address.
    #[must_use]
    pub fn towards(self, to: SocketAddr) -> Self {
        Self { to, ..self }
    }

    /// Posts a body and reads the answer; an error when the connection is refused.
    ///
    /// # Errors
    /// When the handshake fails or the connection breaks before an answer.
    pub fn post(&self, path: &str, body: &[u8]) -> std::io::Result<Answer> {
        self.send(path, &[], body)
    }

    /// Posts a body in two parts, with something in between.
    ///
    /// # Errors
    /// When the handshake fails or the connection breaks before an answer.
    pub fn slowly(
        &self,
        path: &str,
        body: &[u8],
        meanwhile: impl FnOnce(),
    ) -> std::io::Result<Answer> {
        let mut stream = self.connect()?;
        let length = body.len();
        let (first, rest) = body.split_at(length / 2);
        let head = format!("POST {path} HTTP/1.1\r\nhost: c\r\ncontent-length: {length}\r\n\r\n");
        stream.write_all(head.as_bytes())?;
        stream.write_all(first)?;
        stream.flush()?;
        meanwhile();
        stream.write_all(rest)?;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        parse(&answer, &stream.conn).ok_or_else(|| std::io::Error::other("no answer"))
    }

    /// Posts with more headers.
    ///
    /// # Errors
    /// When the handshake fails or the connection breaks before an answer.
    pub fn send(&self, path: &str, headers: &[&str], body: &[u8]) -> std::io::Result<Answer> {
        let mut head = format!(
            "POST {path} HTTP/1.1\r\nhost: collector\r\ncontent-length: {}\r\nconnection: close\r\n",
            body.len()
        );
        for header in headers {
            head += header;
            head += "\r\n";
        }
        head += "\r\n";
        let mut request = head.into_bytes();
        request.extend_from_slice(body);
        self.raw(&request)
    }

    /// Asks for the time with a clock that says this.
    ///
    /// # Errors
    /// When the connection is refused or breaks before an answer.
    pub fn ask_time(&self, sent_at: Timestamp) -> std::io::Result<Answer> {
        let body = json!({ "wire": 1, "sent_at": sent_at });
        self.post(CLOCK_PATH, body.to_string().as_bytes())
    }

    /// Says exactly these bytes inside TLS.
    ///
    /// # Errors
    /// When the handshake fails or the connection breaks before an answer.
    pub fn raw(&self, request: &[u8]) -> std::io::Result<Answer> {
        let mut stream = self.connect()?;
        // A refusal may close the connection while we still speak: the answer counts.
        let written = stream.write_all(request).and_then(|()| stream.flush());
        let mut answer = Vec::new();
        let read = stream.read_to_end(&mut answer);
        parse(&answer, &stream.conn).ok_or_else(|| match (written, read) {
            (Err(error), _) | (Ok(()), Err(error)) => error,
            (Ok(()), Ok(_)) => std::io::Error::other("no answer"),
        })
    }
}

impl Hand {
    /// Begins to post a body and leaves it at that: the answer is still to come.
    ///
    /// # Errors
    /// When the handshake fails or the connection breaks.
    pub fn begin(&self, path: &str, body: &[u8]) -> std::io::Result<Open> {
        let mut stream = self.connect()?;
        let length = body.len();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: c\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(&[head.as_bytes(), body].concat())?;
        stream.flush()?;
        Ok(stream)
    }

    /// Opens a connection without saying anything in it.
    ///
    /// # Errors
    /// When the handshake fails.
    pub fn connect(&self) -> std::io::Result<Open> {
        let mut socket = connect_from(self.from, self.to)?;
        socket.set_read_timeout(Some(Duration::from_secs(20)))?;
        socket.write_all(&self.preface)?;
        let name = "127.0.0.1".try_into().expect("a name");
        let client = ClientConnection::new(self.config.clone(), name).expect("a client");
        Ok(StreamOwned::new(client, socket))
    }
}

/// What is answered on a connection that was begun.
///
/// # Errors
/// When it breaks before an answer.
pub fn answer(mut begun: Open) -> std::io::Result<Answer> {
    let mut answer = Vec::new();
    let _ = begun.read_to_end(&mut answer);
    parse(&answer, &begun.conn).ok_or_else(|| std::io::Error::other("no answer"))
}

fn parse(answer: &[u8], connection: &ClientConnection) -> Option<Answer> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let (head, body) = (std::str::from_utf8(&answer[..end]).ok()?, &answer[end + 4..]);
    let packed = head.lines().any(|line| line.eq_ignore_ascii_case("content-encoding: gzip"));
    let body = if packed { unpack(body)? } else { body.to_vec() };
    let status = head.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    let mut headers = head.lines().filter_map(|line| line.split_once(": "));
    let retry_after = headers.find(|(name, _)| name.eq_ignore_ascii_case("retry-after"));
    Some(Answer {
        status,
        retry_after: retry_after.and_then(|(_, seconds)| seconds.parse().ok()),
        resumed: connection.handshake_kind() == Some(HandshakeKind::Resumed),
        packed,
        body: serde_json::from_slice(&body).unwrap_or(Json::Null),
    })
}

fn unpack(body: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(body).read_to_end(&mut plain).ok()?;
    Some(plain)
}

/// A machine that exists only as a hand: enrolled by the real door, it says what it is told to.
#[derive(Debug)]
pub struct Machine {
    /// Its name.
    pub id: MachineId,
    /// Its certificate and key.
    pub identity: Identity,
    /// Its hand at the report door.
    pub hand: Hand,
    incarnation: String,
}

/// The fingerprint every such machine has.
pub const FINGERPRINT: &str = "5555555555555555555555555555555555555555555555555555555555555555";

impl Machine {
    /// Joins a world with a token.
    ///
    /// # Panics
    /// When the collector says no.
    #[must_use]
    pub fn join(world: &World, token: &str) -> Self {
        let key = KeyPair::generate().expect("a key");
        let answer = enrol(world, token, &request(&key));
        assert_eq!(answer.status, 200, "{answer:?}");
        let id: MachineId = answer.body["machine"].as_str().expect("an id").parse().expect("an id");
        let identity = identity(&answer, &key);
        let hand = Hand::new(world, b"", Some(&identity));
        let incarnation = id.to_string();
        Self { id, identity, hand, incarnation }
    }

    /// A report that says a serial number.
    #[must_use]
    pub fn report(&self, sequence: u64, serial: &str) -> Json {
        json!({
            "wire": 1,
            "machine": self.id,
            "agent": "0.1.0",
            "fingerprint": FINGERPRINT,
            "incarnation": self.incarnation,
            "sequence": sequence,
            "sent_at": now(),
            "topics": {
                "machine": {
                    "observed_at": now(),
                    "facts": { "machine.serial": { "known": serial } },
                },
            },
        })
    }

    /// A heartbeat: a survey that ended just now gave the facts the collector calls so.
    #[must_use]
    pub fn heartbeat(&self, sequence: u64, digest: &Json) -> Json {
        json!({
            "wire": 1,
            "machine": self.id,
            "fingerprint": FINGERPRINT,
            "incarnation": self.incarnation,
            "sequence": sequence,
            "sent_at": now(),
            "observed_at": now(),
            "digest": digest,
        })
    }

    /// Posts a report.
    ///
    /// # Errors
    /// When the connection is refused or breaks before an answer.
    pub fn post(&self, body: &Json) -> std::io::Result<Answer> {
        self.hand.post(REPORTS_PATH, body.to_string().as_bytes())
    }

    /// Posts a heartbeat.
    ///
    /// # Errors
    /// When the connection is refused or breaks before an answer.
    pub fn beat(&self, body: &Json) -> std::io::Result<Answer> {
        self.hand.post(HEARTBEATS_PATH, body.to_string().as_bytes())
    }

    /// Asks for the time at the report door, with a clock that says this.
    ///
    /// # Errors
    /// When the connection is refused or breaks before an answer.
    pub fn ask_time(&self, sent_at: Timestamp) -> std::io::Result<Answer> {
        self.hand.ask_time(sent_at)
    }
}

/// A certificate request for a key.
///
/// # Panics
/// When it cannot be made.
#[must_use]
pub fn request(key: &KeyPair) -> String {
    let request = CertificateParams::default().serialize_request(key).expect("a request");
    request.pem().expect("PEM")
}

/// The identity that an enrolment or a renewal answered for a key.
///
/// # Panics
/// When it answered none.
#[must_use]
pub fn identity(answer: &Answer, key: &KeyPair) -> Identity {
    let certificate = answer.body["certificate"].as_str().expect("a certificate");
    let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).expect("PEM");
    (certificate, key.serialize_der())
}

/// An identity as other programs read it: certificate and key in one file.
#[must_use]
pub fn pem((certificate, key): &Identity) -> String {
    let block = |name: &str, der: &[u8]| {
        let text = STANDARD.encode(der);
        let lines: Vec<_> = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
        format!("-----BEGIN {name}-----\n{}\n-----END {name}-----\n", lines.join("\n"))
    };
    block("CERTIFICATE", certificate) + &block("PRIVATE KEY", key)
}

/// A certificate that the collector never issued, signed with its own machine CA: what a thief of
/// that key could make, or a clock that was wrong.
///
/// # Panics
/// When the CA cannot be read.
#[must_use]
pub fn forged(world: &World, machine: MachineId, from: Timestamp, until: Timestamp) -> Identity {
    let pki = world.collector.folder().join("data/pki");
    let read = |name: &str| std::fs::read_to_string(pki.join(name)).expect("the machine CA");
    let ca_key = KeyPair::from_pem(&read("machine-ca.key")).expect("a key");
    let issuer = Issuer::from_ca_cert_pem(&read("machine-ca.pem"), ca_key).expect("a CA");
    let mut params = CertificateParams::default();
    params.subject_alt_names = vec![SanType::URI(machine.uri().try_into().expect("a URI"))];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.not_before = date(from);
    params.not_after = date(until);
    let key = KeyPair::generate().expect("a key");
    let certificate = params.signed_by(&key, &issuer).expect("a certificate");
    (certificate.der().clone(), key.serialize_der())
}

fn date(moment: Timestamp) -> time::OffsetDateTime {
    time::OffsetDateTime::from_unix_timestamp(moment.0).expect("a date")
}

/// Knocks at the enrolment door.
///
/// # Panics
/// When the token is damaged or the door does not answer.
#[must_use]
pub fn enrol(world: &World, token: &str, csr: &str) -> Answer {
    enrol_through(&Hand::new(world, report::wire::ENROL_ALPN, None), token, csr)
}

/// The same through a hand of one's own.
///
/// # Panics
/// When the token is damaged or the door does not answer.
#[must_use]
pub fn enrol_through(hand: &Hand, token: &str, csr: &str) -> Answer {
    knock_through(hand, token, csr, FINGERPRINT, &json!({}))
}

/// Knocks at the enrolment door with this hardware, which says this of itself.
///
/// # Panics
/// When the token is damaged or the door does not answer.
#[must_use]
pub fn knock(world: &World, token: &str, csr: &str, fingerprint: &str, claims: &Json) -> Answer {
    let hand = Hand::new(world, report::wire::ENROL_ALPN, None);
    knock_through(&hand, token, csr, fingerprint, claims)
}

fn knock_through(hand: &Hand, token: &str, csr: &str, fingerprint: &str, claims: &Json) -> Answer {
    let token: JoinToken = token.parse().expect("a token");
    let body = json!({
        "wire": 1,
        "secret": token.secret_text(),
        "csr": csr,
        "fingerprint": fingerprint,
        "claims": claims,
    });
    hand.post("/v1/enrol", body.to_string().as_bytes()).expect("an answer")
}
