//! Snapshots: what was said of everyone as of a cut-off, kept for good with what it was said from.
//!
//! A snapshot is as known at its moment. Reports that come later change the history, and what is
//! told *as known now* with it, but never a snapshot. It holds its inputs, so that it can be judged
//! again when history has long been pruned, and it says by which judge it was made.

use std::io;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::civil::Date;
use report::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::audit::key::{AuditKey, PublicKey, SIGNATURE_LEN};
use crate::enrol::ca::hex;
use crate::live::Live;
use crate::policy::judge::JUDGE;

pub mod inputs;
pub mod keeper;
pub mod outcomes;
pub mod verification;

pub use outcomes::Outcomes;
pub use verification::Verification;

/// What the digest of a snapshot is over, beside its outcomes and inputs, which are in it by their
/// own digests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cover {
    /// The moment it is of.
    pub at: Timestamp,
    /// When it was made.
    pub made_at: Timestamp,
    /// By whom.
    pub actor: String,
    /// The day whose end it is the snapshot of, as in `2026-06-14`; `None`: of a moment that
    /// somebody chose.
    pub cut_off: Option<String>,
    /// The hash of the policy set that was in force then.
    pub policies: String,
    /// The version of the program that judged.
    pub version: String,
    /// The revision of its judge.
    pub judge: u32,
    /// How both logs ended when it was made, signed.
    pub head: String,
    /// SHA-256 over the outcomes as they are kept, in hexadecimal.
    pub outcomes_digest: String,
    /// SHA-256 over the inputs as they are kept, in hexadecimal.
    pub inputs_digest: String,
}

impl Cover {
    /// SHA-256 over all of it.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut digest = Sha256::new();
        digest.update(b"lachan snapshot 1\n");
        for field in [
            self.at.0.to_string().as_str(),
            &self.made_at.0.to_string(),
            &self.actor,
            self.cut_off.as_deref().unwrap_or_default(),
            &self.policies,
            &self.version,
            &self.judge.to_string(),
            &self.head,
            &self.outcomes_digest,
            &self.inputs_digest,
        ] {
            // Lengths first: no two covers read as one.
            digest.update((field.len() as u64).to_be_bytes());
            digest.update(field);
        }
        hex(&digest.finalize())
    }
}

/// One snapshot without what it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// By what it is asked for.
    pub id: i64,
    /// What its digest is over.
    #[serde(flatten)]
    pub cover: Cover,
    /// Over everything it says and holds.
    pub digest: String,
    /// By the key that signs the heads of the logs, in base64.
    pub signature: String,
}

/// One snapshot, whole.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// What it says of itself.
    pub entry: Entry,
    /// What it holds.
    pub content: Content,
}

/// What a snapshot holds, packed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// See [`Outcomes::pack`].
    pub outcomes: Vec<u8>,
    /// See [`inputs::pack`].
    pub inputs: Vec<u8>,
}

/// Who makes a snapshot, when and why.
#[derive(Clone, Debug)]
pub struct Occasion {
    /// When it is made.
    pub made_at: Timestamp,
    /// By whom.
    pub actor: String,
    /// The day whose end it is of.
    pub cut_off: Option<Date>,
    /// How both logs end.
    pub head: String,
}

/// Takes a snapshot of everyone as they are judged.
///
/// # Errors
/// When packing fails, for want of memory.
pub fn take(live: &Live, occasion: Occasion) -> io::Result<(Cover, Content)> {
    let content =
        Content { outcomes: Outcomes::of(live).pack()?, inputs: inputs::pack(live.fleet())? };
    let Occasion { made_at, actor, cut_off, head } = occasion;
    let cover = Cover {
        at: live.roll().clock().now,
        made_at,
        actor,
        cut_off: cut_off.map(|date| date.to_string()),
        policies: live.roll().set().hash.to_string(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        judge: JUDGE,
        head,
        outcomes_digest: hex(&Sha256::digest(&content.outcomes)),
        inputs_digest: hex(&Sha256::digest(&content.inputs)),
    };
    Ok((cover, content))
}

impl Snapshot {
    /// Whether what it holds and says of itself is what its digest is over.
    #[must_use]
    pub fn is_covered(&self) -> bool {
        let Self { entry: Entry { cover, digest, .. }, content } = self;
        *digest == cover.digest()
            && cover.outcomes_digest == hex(&Sha256::digest(&content.outcomes))
            && cover.inputs_digest == hex(&Sha256::digest(&content.inputs))
    }

    /// Whether the owner of a key signed its digest.
    #[must_use]
    pub fn is_signed(&self, key: &PublicKey) -> bool {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(&self.entry.signature).ok();
        let signature = bytes.and_then(|bytes| <[u8; SIGNATURE_LEN]>::try_from(bytes).ok());
        let message = message(&self.entry.digest);
        signature.is_some_and(|signature| key.has_signed(&message, &signature))
    }
}

/// Signs the digest of a snapshot.
#[must_use]
pub fn sign(key: &AuditKey, digest: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(key.sign(&message(digest)))
}

/// What is signed. The key signs heads too: neither reads as the other.
fn message(digest: &str) -> Vec<u8> {
    format!("lachan snapshot {digest}").into_bytes()
}

#[cfg(test)]
impl Snapshot {
    /// Computes and signs every digest anew, as somebody would who changes a snapshot and has a key.
    pub(crate) fn mend(&mut self, key: &AuditKey) {
        let Self { entry, content } = self;
        entry.cover.outcomes_digest = hex(&Sha256::digest(&content.outcomes));
        entry.cover.inputs_digest = hex(&Sha256::digest(&content.inputs));
        entry.digest = entry.cover.digest();
        entry.signature = sign(key, &entry.digest);
    }
}
