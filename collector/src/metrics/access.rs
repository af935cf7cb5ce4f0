//! Who may scrape from elsewhere: over TLS, with a token, with a certificate, or with both.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use hyper::header::{AUTHORIZATION, HeaderMap};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::files::{read_bounded, read_bytes_bounded};
use crate::tls::OwnCertificate;

const MAX_FILE_BYTES: u64 = 256 * 1024;
/// Shorter ones can be guessed.
const MIN_TOKEN_BYTES: usize = 32;

/// What the settings ask of who scrapes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MetricsAccess {
    /// The file of the token that is asked for.
    pub token_file: Option<PathBuf>,
    /// The file of the authorities whose clients are let in.
    pub client_ca: Option<PathBuf>,
}

impl MetricsAccess {
    /// Whether nothing is asked: then only this host may scrape.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.token_file.is_none() && self.client_ca.is_none()
    }
}

/// The guard at the listener: everybody has to speak TLS.
#[derive(Clone, Debug)]
pub struct Guard {
    /// How it speaks.
    pub tls: Arc<ServerConfig>,
    /// SHA-256 of the token, so that comparing tells nothing of its length.
    token: Option<[u8; 32]>,
}

impl Guard {
    /// The guard that the settings ask for; `None` where they ask for nothing.
    ///
    /// # Errors
    /// When a file is missing, holds nothing of use, or is a token that others may read.
    pub fn new(access: &MetricsAccess, own: Arc<OwnCertificate>) -> anyhow::Result<Option<Self>> {
        if access.is_open() {
            return Ok(None);
        }
        let token = access.token_file.as_deref().map(read_token).transpose();
        let token = token.context("metrics_token_file")?;
        let clients = access.client_ca.as_deref().map(read_authorities).transpose();
        let clients = clients.context("metrics_client_ca")?;
        let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13])?;
        let builder = match clients {
            Some(clients) => builder.with_client_cert_verifier(clients),
            None => builder.with_no_client_auth(),
        };
        let mut tls = builder.with_cert_resolver(own);
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        tls.session_storage = Arc::new(NoServerSessionStorage {});
        tls.send_tls13_tickets = 0;
        Ok(Some(Self { tls: Arc::new(tls), token }))
    }

    /// Whether a request brings the token that is asked for.
    #[must_use]
    pub fn lets_in(&self, headers: &HeaderMap) -> bool {
        let Some(token) = self.token else {
            return true;
        };
        let said =
            headers.get(AUTHORIZATION).and_then(|value| value.as_bytes().split_at_checked(7));
        said.is_some_and(|(scheme, said)| {
            let said: [u8; 32] = Sha256::digest(said).into();
            scheme.eq_ignore_ascii_case(b"Bearer ") && bool::from(said.ct_eq(&token))
        })
    }
}

/// SHA-256 of the token in a file that nobody else may read.
fn read_token(file: &Path) -> anyhow::Result<[u8; 32]> {
    let place = || file.display().to_string();
    let mode = std::fs::metadata(file).with_context(place)?.permissions().mode() & 0o777;
    anyhow::ensure!(
        mode & 0o077 == 0,
        "{}: others may read it (mode {mode:o}): chmod 600 it, and make a new token",
        place()
    );
    let text = read_bounded(file, MAX_FILE_BYTES).with_context(place)?;
    let token = text.trim_end_matches(['\r', '\n']);
    anyhow::ensure!(
        token.len() >= MIN_TOKEN_BYTES && token.bytes().all(|byte| byte.is_ascii_graphic()),
        "{}: a token is one line of at least {MIN_TOKEN_BYTES} letters, digits and signs: make one \
         with `openssl rand -hex 32`",
        place()
    );
    Ok(Sha256::digest(token).into())
}

fn read_authorities(file: &Path) -> anyhow::Result<Arc<dyn ClientCertVerifier>> {
    let place = || file.display().to_string();
    let pem = read_bytes_bounded(file, MAX_FILE_BYTES).with_context(place)?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        roots.add(certificate.with_context(place)?).with_context(place)?;
    }
    anyhow::ensure!(!roots.is_empty(), "{}: there is no certificate in PEM in it", place());
    let provider = Arc::new(default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
    verifier.with_context(place)
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;

    use hyper::header::HeaderValue;

    use super::*;
    use crate::enrol::ca::Authorities;

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";

    struct Folder(tempfile::TempDir);

    impl Folder {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn file(&self, text: &str, mode: u32) -> PathBuf {
            let file = self.0.path().join("token");
            std::fs::write(&file, text).unwrap();
            std::fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
            file
        }

        fn guard(&self, access: &MetricsAccess) -> anyhow::Result<Option<Guard>> {
            let now = crate::clock::now();
            let authorities = Authorities::create(&self.0.path().join("pki"), now).unwrap();
            let names = ["collector.example".to_owned()];
            let issued = authorities.collectors.issue_collector(&names, now).unwrap();
            Guard::new(access, Arc::new(OwnCertificate::new(issued).unwrap()))
        }
    }

    fn by_token(file: PathBuf) -> MetricsAccess {
        MetricsAccess { token_file: Some(file), client_ca: None }
    }

    fn says(value: &str) -> HeaderMap {
        [(AUTHORIZATION, HeaderValue::from_str(value).unwrap())].into_iter().collect()
    }

    #[test]
    fn only_the_whole_token_lets_in() {
        let folder = Folder::new();
        let file = folder.file(&format!("{TOKEN}\n"), 0o600);
        let guard = folder.guard(&by_token(file)).unwrap().unwrap();
        assert!(guard.lets_in(&says(&format!("Bearer {TOKEN}"))));
        assert!(guard.lets_in(&says(&format!("bearer {TOKEN}"))));
        for other in ["", "Bearer ", &TOKEN[1..], &format!("{TOKEN}0")] {
            assert!(!guard.lets_in(&says(&format!("Bearer {other}"))), "{other}");
        }
        assert!(!guard.lets_in(&says(&format!("Basic {TOKEN}"))));
        assert!(!guard.lets_in(&says(TOKEN)));
        assert!(!guard.lets_in(&HeaderMap::new()));
    }

    #[test]
    fn a_token_that_others_may_read_or_that_can_be_guessed_is_none() {
        let folder = Folder::new();
        for (text, mode, told) in [
            (TOKEN, 0o640, "chmod 600"),
            (TOKEN, 0o604, "chmod 600"),
            (&TOKEN[1..], 0o600, "at least 32"),
            ("", 0o600, "at least 32"),
            ("0123456789abcdef 0123456789abcdef", 0o600, "one line"),
        ] {
            let error = folder.guard(&by_token(folder.file(text, mode))).unwrap_err();
            assert!(format!("{error:#}").contains(told), "{error:#}");
        }
    }

    #[test]
    fn authorities_that_are_none_are_named() {
        let folder = Folder::new();
        let client_ca = Some(folder.file("no certificate", 0o644));
        let error = folder.guard(&MetricsAccess { token_file: None, client_ca }).unwrap_err();
        assert!(format!("{error:#}").starts_with("metrics_client_ca: "), "{error:#}");
        assert!(folder.guard(&MetricsAccess::default()).unwrap().is_none());
    }
}
