//! The key that heads of the logs are signed with.
//!
//! It lies beside the authorities' keys, as closed as those, and never in the store: whoever can
//! write to the store and not read this file can change the logs, and cannot sign what comes of it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, UnparsedPublicKey};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rcgen::KeyPair;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{PrivatePkcs8KeyDer, SubjectPublicKeyInfoDer};
use sha2::{Digest as _, Sha256};

use crate::enrol::ca::{CaError, hex, read, read_key, write_authority, write_public};

/// The names of the files, without their endings.
const NAME: &str = "audit";
/// How long a signature is, in bytes.
pub const SIGNATURE_LEN: usize = 64;
/// An Ed25519 key in the form of RFC 8410: this, then the key itself.
const SPKI_PREFIX: [u8; 12] =
    [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

fn file(folder: &Path, ending: &str) -> PathBuf {
    folder.join(format!("{NAME}.{ending}"))
}

/// Signs heads.
pub struct AuditKey {
    pair: Ed25519KeyPair,
    public: PublicKey,
}

/// Says nothing of the secret.
impl fmt::Debug for AuditKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditKey").field("public", &self.public).finish_non_exhaustive()
    }
}

impl AuditKey {
    /// Whether a folder has one, or what is left of one.
    #[must_use]
    pub fn is_in(folder: &Path) -> bool {
        // A file that nobody can tell of is as good as there: a key is never written over.
        ["key", "pem"].iter().any(|ending| file(folder, ending).try_exists().unwrap_or(true))
    }

    /// The key of a folder; makes one where there is nothing of one, and its public part anew where
    /// only that is missing.
    ///
    /// # Errors
    /// When a file cannot be written, or is damaged or can be read by others, or the public part is
    /// there and the key is not.
    pub fn create(folder: &Path) -> Result<Self, CaError> {
        let public = file(folder, "pem");
        if !Self::is_in(folder) {
            let pair = KeyPair::generate_for(&rcgen::PKCS_ED25519)?;
            write_authority(folder, NAME, &pair, &pair.public_key_pem())?;
        } else if !public.exists() {
            let pair = KeyPair::from_pem(&read_key(&file(folder, "key"))?)?;
            write_public(&public, &pair.public_key_pem())?;
        }
        Self::load(folder)
    }

    /// The key of a folder.
    ///
    /// # Errors
    /// When it has none, or one that is damaged or can be read by others.
    pub fn load(folder: &Path) -> Result<Self, CaError> {
        let path = file(folder, "key");
        let content = |why: String| CaError::Content { path: path.clone(), why };
        let der = PrivatePkcs8KeyDer::from_pem_slice(read_key(&path)?.as_bytes())
            .map_err(|error| content(error.to_string()))?;
        let pair = Ed25519KeyPair::from_pkcs8(der.secret_pkcs8_der())
            .map_err(|error| content(error.to_string()))?;
        let public = PublicKey::load(folder)?;
        match aws_lc_rs::signature::KeyPair::public_key(&pair).as_ref() == public.0 {
            true => Ok(Self { pair, public }),
            false => Err(content(format!("does not belong to {NAME}.pem beside it"))),
        }
    }

    /// What its signatures are checked with.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        self.public
    }

    /// Signs a message.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; SIGNATURE_LEN] {
        let mut signature = [0; SIGNATURE_LEN];
        signature.copy_from_slice(self.pair.sign(message).as_ref());
        signature
    }
}

/// What signatures are checked with; anybody may know it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// The public part of the key of a folder.
    ///
    /// # Errors
    /// When there is none, or it is damaged.
    pub fn load(folder: &Path) -> Result<Self, CaError> {
        let path = file(folder, "pem");
        let content = |why: String| CaError::Content { path: path.clone(), why };
        let der = SubjectPublicKeyInfoDer::from_pem_slice(read(&path)?.as_bytes())
            .map_err(|error| content(error.to_string()))?;
        let key = der.strip_prefix(&SPKI_PREFIX).and_then(|key| key.try_into().ok());
        key.map(Self).ok_or_else(|| content("is no Ed25519 key".to_owned()))
    }

    /// By what people tell keys apart: the first half of its SHA-256.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        hex(&Sha256::digest(self.0)[..16])
    }

    /// Whether the owner of the key signed a message.
    #[must_use]
    pub fn has_signed(&self, message: &[u8], signature: &[u8; SIGNATURE_LEN]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0).verify(message, signature).is_ok()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64_URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl FromStr for PublicKey {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| ())?;
        bytes.try_into().map(Self).map_err(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_key_outlives_a_restart_in_a_file_that_is_closed_to_others() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!AuditKey::is_in(folder.path()));
        let key = AuditKey::create(folder.path()).unwrap();
        let signature = key.sign(b"head");
        let again = AuditKey::create(folder.path()).unwrap();
        assert_eq!(again.public(), key.public());
        assert!(again.public().has_signed(b"head", &signature));
        assert!(!again.public().has_signed(b"heap", &signature));
        let mode = fs::metadata(folder.path().join("audit.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(key.public().to_string().parse(), Ok(key.public()));
    }

    #[test]
    fn no_key_is_ever_written_over_and_its_public_part_is_made_from_it() {
        let folder = tempfile::tempdir().unwrap();
        let public = AuditKey::create(folder.path()).unwrap().public();
        let files = ["audit.key", "audit.pem"].map(|name| folder.path().join(name));
        let [key, pem] = files.each_ref().map(|file| read(file).unwrap());
        fs::remove_file(&files[1]).unwrap();
        assert!(AuditKey::is_in(folder.path()));
        assert_eq!(AuditKey::create(folder.path()).unwrap().public(), public);
        assert_eq!(files.each_ref().map(|file| read(file).unwrap()), [key, pem]);

        fs::write(&files[0], "torn").unwrap();
        fs::remove_file(&files[1]).unwrap();
        AuditKey::create(folder.path()).unwrap_err();
        assert_eq!(read(&files[0]).unwrap(), "torn");
        assert!(!files[1].exists());
        fs::remove_file(&files[0]).unwrap();
        fs::write(&files[1], "its public part").unwrap();
        AuditKey::create(folder.path()).unwrap_err();
        assert!(!files[0].exists(), "whose heads are out there has to be found out first");
    }

    #[test]
    fn a_key_that_is_damaged_open_to_others_or_anothers_is_not_used() {
        let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let file = folder.path().join("audit.key");
        let refused = || AuditKey::create(folder.path()).unwrap_err().to_string();
        AuditKey::create(folder.path()).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(refused().contains("chmod 600"), "{}", refused());

        AuditKey::create(other.path()).unwrap();
        fs::copy(other.path().join("audit.key"), &file).unwrap();
        assert!(refused().contains("does not belong to audit.pem"), "{}", refused());
        fs::write(&file, "-----BEGIN PRIVATE KEY-----\n").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(refused().starts_with(&*file.to_string_lossy()), "{}", refused());
    }
}
