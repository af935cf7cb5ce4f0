//! What is done with the bytes that nobody chose: one function for each place where bytes of others
//! come in. cargo-fuzz looks for new ones, `tests/corpora.rs` replays those that are kept.

use std::collections::BTreeMap;

use agent::probes::{antivirus, patches};
use agent::spool;
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use collector::enrol::csr::requested_key;
use collector::policy::starter::starter_files;
use collector::policy::{self, Folder};
use collector::server::proxy::{self, Header};
use collector::server::understood::understood;
use collector::tls::Door;
use report::wire::{decode_heartbeat, decode_report, encode_report};
use report::{Incarnation, JoinToken, Timestamp};
use sha2::{Digest as _, Sha256};

/// A target with its name.
pub type Target = (&'static str, fn(&[u8]));

/// Every one.
pub const TARGETS: &[Target] = &[
    ("request", request),
    ("report", report),
    ("csr", csr),
    ("token", token),
    ("proxy", proxy),
    ("policies", policies),
    ("spool", spool_entry),
    ("clamav", clamav),
    ("dpkg", dpkg),
];

/// What a connection says, at the door that its first byte names.
pub fn request(bytes: &[u8]) {
    let Some((door, said)) = bytes.split_first() else {
        return;
    };
    let door = match door % 3 {
        0 => Door::Reports,
        1 => Door::Enrol,
        _ => Door::Renew,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.expect("a runtime").block_on(understood(door, said));
}

/// The body of a report, or of a heartbeat. What is taken can be said again and is taken again.
pub fn report(bytes: &[u8]) {
    let _ = decode_heartbeat(bytes);
    if let Ok(received) = decode_report(bytes) {
        let again = encode_report(&received.report);
        let again = decode_report(again.as_bytes()).map(|received| received.report);
        assert!(again.is_err() || again == Ok(received.report));
    }
}

/// A certificate request, in PEM as it is and as the DER inside it.
pub fn csr(bytes: &[u8]) {
    if let Ok(pem) = str::from_utf8(bytes) {
        let _ = requested_key(pem);
    }
    let (begin, end) = ("-----BEGIN CERTIFICATE REQUEST-----", "-----END CERTIFICATE REQUEST-----");
    let _ = requested_key(&format!("{begin}\n{}\n{end}\n", BASE64_STANDARD.encode(bytes)));
}

/// A join token, as it is and as what stands behind a checksum that is right. One that is good is
/// written as it was read.
pub fn token(bytes: &[u8]) {
    let sum = Sha256::digest(bytes);
    let whole = BASE64_URL_SAFE_NO_PAD.encode([bytes, &sum[..4]].concat());
    for text in [String::from_utf8_lossy(bytes).into_owned(), format!("lachan1-{whole}")] {
        if let Ok(token) = text.parse::<JoinToken>() {
            assert_eq!(token.to_string().parse(), Ok(token));
        }
    }
}

/// How a connection from a proxy begins. A header is the same however its bytes come in.
pub fn proxy(bytes: &[u8]) {
    let Ok(Header::Whole { used, client }) = proxy::parse(bytes) else {
        return;
    };
    assert!(used <= bytes.len() && used <= proxy::MAX_HEADER_BYTES);
    assert!(proxy::is_announced(bytes));
    assert_eq!(proxy::parse(&bytes[..used]), Ok(Header::Whole { used, client }));
    for come in 0..used {
        let missing = proxy::parse(&bytes[..come]);
        assert!(matches!(missing, Ok(Header::More(n)) if n > 0 && n <= used - come), "{missing:?}");
    }
}

/// The register that ships as a sample, so that there is something to refer to.
const REGISTER: [(&str, &str); 7] = [
    ("register/declared.toml", include_str!("../../policies/register/declared.toml")),
    ("register/licences.toml", include_str!("../../policies/register/licences.toml")),
    ("register/machines.csv", include_str!("../../policies/register/machines.csv")),
    ("register/systems.toml", include_str!("../../policies/register/systems.toml")),
    ("register/training.toml", include_str!("../../policies/register/training.toml")),
    ("register/units.toml", include_str!("../../policies/register/units.toml")),
    ("register/waivers.toml", include_str!("../../policies/register/waivers.toml")),
];

/// A file of the policies, whose path is the first line, beside or in the place of those that ship.
pub fn policies(bytes: &[u8]) {
    let Some((path, text)) = str::from_utf8(bytes).ok().and_then(|text| text.split_once('\n'))
    else {
        return;
    };
    let mut files: BTreeMap<&str, &str> =
        starter_files().iter().chain(&REGISTER).copied().collect();
    files.insert(path, text);
    // The problems are told with the lines they are in, which is half of the work.
    let _ = policy::load(&Folder::from_files(files)).map_err(|problems| problems.to_string());
}

/// A file of the agent's spool, whole and with a seal of its own. What is read is sent as it was.
pub fn spool_entry(bytes: &[u8]) {
    let _ = spool::read_entry(bytes);
    if let Some(draft) = spool::read_entry(&spool::seal(bytes)) {
        let body = draft.body(Incarnation::from_bytes([0; 16]), Timestamp(0));
        let again = spool::read_entry(&spool::seal(body.as_bytes()));
        assert!(again.is_none() || again == Some(draft));
    }
}

/// The beginning of ClamAV's definitions.
pub fn clamav(bytes: &[u8]) {
    let _ = antivirus::clamav_build(bytes);
}

/// dpkg's list of what is installed.
pub fn dpkg(bytes: &[u8]) {
    let _ = patches::installed_packages(bytes);
}
