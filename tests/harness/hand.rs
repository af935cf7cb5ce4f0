//! A hand that speaks TLS and HTTP itself, to say what no honest agent says.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rcgen::{CertificateParams, KeyPair};
use report::{JoinToken, MachineId};
use rustls::client::WebPkiServerVerifier;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use serde_json::{Value as Json, json};

use crate::World;
use crate::root::now;

/// A TLS client with or without an identity.
#[derive(Clone, Debug)]
pub struct Hand {
    to: SocketAddr,
    config: Arc<ClientConfig>,
}

/// An answer over HTTP.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
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
        Self { to: world.collector.agents, config: Arc::new(config) }
    }

    /// Posts a body and reads the answer; an error when the connection is refused.
    ///
    /// # Errors
    /// When the handshake fails or the connection breaks before an answer.
    pub fn post(&self, path: &str, body: &[u8]) -> std::io::Result<Answer> {
        self.send(path, &[], body)
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

    /// Says exactly these bytes inside TLS.
    ///
    /// # Errors
    /// When the handshake fails or the connection breaks before an answer.
    ///
    /// # Panics
    /// When the client itself cannot be made.
    pub fn raw(&self, request: &[u8]) -> std::io::Result<Answer> {
        let socket = TcpStream::connect(self.to)?;
        socket.set_read_timeout(Some(Duration::from_secs(20)))?;
        let name = "127.0.0.1".try_into().expect("a name");
        let client = ClientConnection::new(self.config.clone(), name).expect("a client");
        let mut stream = StreamOwned::new(client, socket);
        // A refusal may close the connection while we still speak: the answer counts.
        let written = stream.write_all(request).and_then(|()| stream.flush());
        let mut answer = Vec::new();
        let read = stream.read_to_end(&mut answer);
        parse(&answer).ok_or_else(|| match (written, read) {
            (Err(error), _) | (Ok(()), Err(error)) => error,
            (Ok(()), Ok(_)) => std::io::Error::other("no answer"),
        })
    }
}

fn parse(answer: &[u8]) -> Option<Answer> {
    let text = String::from_utf8_lossy(answer);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    Some(Answer { status, body: serde_json::from_str(body).unwrap_or(Json::Null) })
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
        let certificate = answer.body["certificate"].as_str().expect("a certificate");
        let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).expect("PEM");
        let identity = (certificate, key.serialize_der());
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

    /// Posts a body to the report door.
    ///
    /// # Errors
    /// When the connection is refused or breaks before an answer.
    pub fn post(&self, body: &Json) -> std::io::Result<Answer> {
        self.hand.post("/v1/reports", body.to_string().as_bytes())
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

/// Knocks at the enrolment door.
///
/// # Panics
/// When the token is damaged or the door does not answer.
#[must_use]
pub fn enrol(world: &World, token: &str, csr: &str) -> Answer {
    let token: JoinToken = token.parse().expect("a token");
    let body = json!({
        "wire": 1,
        "secret": token.secret_text(),
        "csr": csr,
        "fingerprint": FINGERPRINT,
        "claims": {},
    });
    let hand = Hand::new(world, report::wire::ENROL_ALPN, None);
    hand.post("/v1/enrol", body.to_string().as_bytes()).expect("an answer")
}
