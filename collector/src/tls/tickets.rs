//! Keys of session tickets that outlive a restart, so that it does not cost every agent a full
//! handshake at once.
//!
//! A ticket holds the certificate of the machine it was given to: whoever has the keys can pass for
//! any machine. So they lie beside the authorities' keys and as closed as those, change every six
//! hours, and are never part of a backup: there they would only be old. Nothing is lost with them
//! but some work, so keys that are damaged or were open to others are replaced.

use std::fmt;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use arc_swap::ArcSwap;
use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use report::Timestamp;
use rustls::server::ProducesTickets;
use serde::{Deserialize, Serialize};

use crate::enrol::ca::random;
use crate::files::{read_bounded, write_atomically};

/// For how long a key makes tickets, and for how long after that it still opens them, in seconds:
/// every ticket is good for so long at least and twice as long at most.
const KEY_LIFE: u32 = 6 * 3600;
const MAX_FILE_BYTES: u64 = 4096;
const MODE: u32 = 0o600;

/// Makes and opens tickets with keys that are kept in a file.
#[derive(Debug)]
pub struct TicketKeys {
    file: PathBuf,
    ring: ArcSwap<Ring>,
}

impl TicketKeys {
    /// The keys of a file; new ones where it has none that are of use.
    #[must_use]
    pub fn open(file: PathBuf, now: Timestamp) -> Self {
        let ring = read(&file).unwrap_or_else(|error| {
            tracing::warn!(file = %file.display(), %error, "the ticket keys are replaced");
            Ring::default()
        });
        let keys = Self { file, ring: ArcSwap::from_pointee(ring) };
        keys.rotate(now);
        keys
    }

    /// Puts a new key in front when it is time, and forgets those that open nothing any more.
    pub fn rotate(&self, now: Timestamp) {
        let Some(ring) = self.ring.load().rotated(now) else {
            return;
        };
        if let Err(error) = write(&self.file, &ring) {
            let file = self.file.display();
            tracing::warn!(%file, %error, "the ticket keys will not outlive a restart");
        }
        self.ring.store(ring.into());
    }
}

impl ProducesTickets for TicketKeys {
    fn enabled(&self) -> bool {
        true
    }

    fn lifetime(&self) -> u32 {
        KEY_LIFE
    }

    fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        self.ring.load().seal(plain, crate::clock::now())
    }

    fn decrypt(&self, ticket: &[u8]) -> Option<Vec<u8>> {
        self.ring.load().open(ticket, crate::clock::now())
    }
}

/// The keys, newest first.
#[derive(Debug, Default)]
struct Ring(Vec<Key>);

struct Key {
    kept: Kept,
    cipher: RandomizedNonceKey,
}

/// A key as it lies in the file.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    made_at: Timestamp,
    /// Stands in front of each ticket.
    name: [u8; NAME_LEN],
    secret: [u8; 32],
}

const NAME_LEN: usize = 16;

impl Ring {
    fn from_text(text: &str) -> io::Result<Self> {
        let kept: Vec<Kept> = serde_json::from_str(text)?;
        let keys = kept.into_iter().map(|kept| Key::new(kept).ok_or_else(unusable));
        keys.collect::<io::Result<_>>().map(Self)
    }

    fn to_text(&self) -> io::Result<String> {
        let kept: Vec<&Kept> = self.0.iter().map(|key| &key.kept).collect();
        Ok(serde_json::to_string(&kept)?)
    }

    /// The ring from now on; `None` while it stays as it is.
    fn rotated(&self, now: Timestamp) -> Option<Self> {
        if self.0.first().is_some_and(|newest| newest.is_within(KEY_LIFE, now)) {
            return None;
        }
        let old = self.0.iter().filter(|key| key.is_within(2 * KEY_LIFE, now));
        let old = old.filter_map(|key| Key::new(key.kept.clone()));
        Some(Self(Key::random(now).into_iter().chain(old).collect()))
    }

    fn seal(&self, plain: &[u8], now: Timestamp) -> Option<Vec<u8>> {
        let newest = self.0.first().filter(|key| key.is_within(2 * KEY_LIFE, now))?;
        newest.seal(plain)
    }

    fn open(&self, ticket: &[u8], now: Timestamp) -> Option<Vec<u8>> {
        let (name, sealed) = ticket.split_at_checked(NAME_LEN)?;
        let key = self.0.iter().find(|key| key.kept.name == name)?;
        if key.is_within(2 * KEY_LIFE, now) { key.open(sealed) } else { None }
    }
}

impl Key {
    fn new(kept: Kept) -> Option<Self> {
        let cipher = RandomizedNonceKey::new(&AES_256_GCM, &kept.secret).ok()?;
        Some(Self { kept, cipher })
    }

    fn random(now: Timestamp) -> Option<Self> {
        let (name, secret) = (random().ok()?, random().ok()?);
        Self::new(Kept { made_at: now, name, secret })
    }

    /// A key from the future is none: the clock was set back, and it would live too long.
    fn is_within(&self, life: u32, now: Timestamp) -> bool {
        (0..i64::from(life)).contains(&now.since(self.kept.made_at))
    }

    fn seal(&self, plain: &[u8]) -> Option<Vec<u8>> {
        let mut sealed = plain.to_vec();
        let name = Aad::from(self.kept.name);
        let nonce = self.cipher.seal_in_place_append_tag(name, &mut sealed).ok()?;
        Some([&self.kept.name[..], nonce.as_ref(), &sealed].concat())
    }

    fn open(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let mut plain = sealed.to_vec();
        let name = Aad::from(self.kept.name);
        let length = self.cipher.open_in_place(Nonce::from(nonce), name, &mut plain).ok()?.len();
        plain.truncate(length);
        Some(plain)
    }
}

/// Says nothing of the secret.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("made_at", &self.kept.made_at).finish_non_exhaustive()
    }
}

/// No file is no fault: there is none before the first start.
fn read(file: &Path) -> io::Result<Ring> {
    let metadata = match std::fs::symlink_metadata(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Ring::default()),
        metadata => metadata?,
    };
    let mode = metadata.permissions().mode() & 0o777;
    if !metadata.is_file() || mode != MODE {
        return Err(io::Error::other(format!("expected a file of mode 600, found {mode:o}")));
    }
    Ring::from_text(&read_bounded(file, MAX_FILE_BYTES)?)
}

fn write(file: &Path, ring: &Ring) -> io::Result<()> {
    write_atomically(file, ring.to_text()?.as_bytes(), MODE)
}

fn unusable() -> io::Error {
    io::Error::other("a key is of no use")
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;

    use super::*;

    const NOW: Timestamp = Timestamp(1_795_300_000);
    const LIFE: i64 = KEY_LIFE as i64;

    fn ring() -> Ring {
        Ring::default().rotated(NOW).unwrap()
    }

    #[test]
    fn a_ticket_opens_with_the_key_that_made_it_and_no_other() {
        let ring = ring();
        let ticket = ring.seal(b"session", NOW).unwrap();
        assert_eq!(ring.open(&ticket, NOW).unwrap(), b"session");
        assert_ne!(ring.seal(b"session", NOW).unwrap(), ticket, "no two are alike");
        assert!(self::ring().open(&ticket, NOW).is_none());
        assert!(!ticket.windows(7).any(|window| window == b"session"));
    }

    #[test]
    fn a_ticket_that_was_changed_or_cut_opens_nothing() {
        let ring = ring();
        let ticket = ring.seal(b"session", NOW).unwrap();
        for place in 0..ticket.len() {
            let mut changed = ticket.clone();
            changed[place] ^= 1;
            assert!(ring.open(&changed, NOW).is_none(), "byte {place}");
            assert!(ring.open(&ticket[..place], NOW).is_none(), "{place} bytes");
        }
    }

    #[test]
    fn a_key_makes_tickets_for_six_hours_and_opens_them_for_six_more() {
        let ring = ring();
        let ticket = ring.seal(b"session", NOW).unwrap();
        assert!(ring.rotated(NOW + LIFE - 1).is_none());
        let second = ring.rotated(NOW + LIFE).unwrap();
        assert!(second.open(&ticket, NOW + LIFE).is_some());
        let new = second.seal(b"session", NOW + LIFE).unwrap();
        assert_ne!(new[..NAME_LEN], ticket[..NAME_LEN]);
        assert!(second.open(&ticket, NOW + 2 * LIFE - 1).is_some());
        assert!(second.open(&ticket, NOW + 2 * LIFE).is_none(), "even if nobody has rotated");
        let third = second.rotated(NOW + 2 * LIFE).unwrap();
        assert_eq!(third.0.len(), 2, "the first is forgotten");
    }

    #[test]
    fn a_key_from_the_future_is_replaced() {
        let ring = ring();
        let ticket = ring.seal(b"session", NOW).unwrap();
        assert!(ring.open(&ticket, NOW - 1).is_none());
        assert!(ring.seal(b"session", NOW - 1).is_none());
        assert_eq!(ring.rotated(NOW - 1).unwrap().0.len(), 1);
    }

    #[test]
    fn keys_outlive_a_restart_in_a_file_that_is_closed_to_others() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ticket-keys");
        let now = crate::clock::now();
        let ticket = TicketKeys::open(file.clone(), now).encrypt(b"session").unwrap();
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let again = TicketKeys::open(file.clone(), now);
        assert_eq!(again.decrypt(&ticket).unwrap(), b"session");
        assert!(!format!("{again:?}").contains("secret"));
    }

    #[test]
    fn keys_that_are_gone_damaged_or_open_to_others_are_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ticket-keys");
        let now = crate::clock::now();
        let damages: [&dyn Fn(); 5] = [
            &|| std::fs::remove_file(&file).unwrap(),
            &|| std::fs::write(&file, "[{\"made_at\":1").unwrap(),
            &|| std::fs::write(&file, [0xff; 100]).unwrap(),
            &|| std::fs::write(&file, " ".repeat(9000)).unwrap(),
            &|| std::fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap(),
        ];
        for (number, damage) in damages.into_iter().enumerate() {
            let ticket = TicketKeys::open(file.clone(), now).encrypt(b"session").unwrap();
            damage();
            let after = TicketKeys::open(file.clone(), now);
            assert!(after.decrypt(&ticket).is_none(), "damage {number}");
            assert!(after.encrypt(b"session").is_some(), "damage {number}");
            assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_folder_that_cannot_be_written_costs_no_service() {
        let keys = TicketKeys::open("/proc/none/ticket-keys".into(), crate::clock::now());
        let ticket = keys.encrypt(b"session").unwrap();
        assert_eq!(keys.decrypt(&ticket).unwrap(), b"session");
    }
}
