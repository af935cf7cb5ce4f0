//! A head: how both logs ended at a moment, in one line that is signed.
//!
//! Whoever keeps it elsewhere can later tell whether what came before it still stands. It has no
//! spaces, so that a journal's line gives it back whole.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use report::Timestamp;
use serde::{Deserialize, Serialize};

use super::key::{AuditKey, PublicKey, SIGNATURE_LEN};
use crate::store::{Link, LogEnds};

/// What every head of this form begins with.
pub const PREFIX: &str = "lachan-head-1.";

/// How both logs ended at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Head {
    /// Whose signature it carries.
    pub key: PublicKey,
    /// When it was signed.
    pub at: Timestamp,
    /// How the logs ended.
    pub ends: LogEnds,
    signature: [u8; SIGNATURE_LEN],
}

/// A line is no head.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a whole head ({0}): it is one word that begins with {PREFIX}")]
pub struct NoHead(&'static str);

impl Head {
    /// Signs how the logs end.
    #[must_use]
    pub fn sign(key: &AuditKey, ends: LogEnds, at: Timestamp) -> Self {
        let signature = key.sign(said(&key.public(), at, &ends).as_bytes());
        Self { key: key.public(), at, ends, signature }
    }

    /// Whether the key it names has signed it.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        let said = said(&self.key, self.at, &self.ends);
        self.key.has_signed(said.as_bytes(), &self.signature)
    }
}

/// What is signed: the line up to its signature.
fn said(key: &PublicKey, at: Timestamp, ends: &LogEnds) -> String {
    let LogEnds { first, audit, verdicts } = ends;
    let (first, audit, verdicts) = (encode(first), end(audit), end(verdicts));
    format!("{PREFIX}{key}.{first}.{at}.{audit}.{verdicts}")
}

fn end(link: &Link) -> String {
    format!("{}.{}", link.number, encode(&link.hash))
}

fn encode(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn decode<const N: usize>(text: &str, what: &'static str) -> Result<[u8; N], NoHead> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| NoHead(what))?;
    bytes.try_into().map_err(|_| NoHead(what))
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = said(&self.key, self.at, &self.ends);
        write!(f, "{said}.{}", encode(&self.signature))
    }
}

impl FromStr for Head {
    type Err = NoHead;

    fn from_str(text: &str) -> Result<Self, NoHead> {
        let rest = text.strip_prefix(PREFIX).ok_or(NoHead("its beginning"))?;
        let parts: Vec<_> = rest.split('.').collect();
        let Ok([key, first, at, audit, audit_hash, verdicts, verdicts_hash, signature]) =
            <[&str; 8]>::try_from(parts)
        else {
            return Err(NoHead("its length"));
        };
        let number = |text: &str| text.parse().map_err(|_| NoHead("a number"));
        let at: jiff::Timestamp = at.parse().map_err(|_| NoHead("its moment"))?;
        Ok(Self {
            key: key.parse().map_err(|()| NoHead("its key"))?,
            at: Timestamp(at.as_second()),
            ends: LogEnds {
                first: decode(first, "its store")?,
                audit: Link { number: number(audit)?, hash: decode(audit_hash, "a hash")? },
                verdicts: Link {
                    number: number(verdicts)?,
                    hash: decode(verdicts_hash, "a hash")?,
                },
            },
            signature: decode(signature, "its signature")?,
        })
    }
}

impl From<Head> for String {
    fn from(head: Head) -> Self {
        head.to_string()
    }
}

impl TryFrom<String> for Head {
    type Error = NoHead;

    fn try_from(text: String) -> Result<Self, NoHead> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head() -> Head {
        let folder = tempfile::tempdir().unwrap();
        let key = AuditKey::create(folder.path()).unwrap();
        let ends = LogEnds {
            first: [1; 16],
            audit: Link { number: 12, hash: [2; 32] },
            verdicts: Link { number: 3456, hash: [3; 32] },
        };
        Head::sign(&key, ends, Timestamp(1_795_309_200))
    }

    #[test]
    fn a_head_is_one_printable_word_that_reads_back_as_it_was() {
        let head = head();
        let line = head.to_string();
        assert!(line.starts_with(PREFIX) && line.contains(".2026-11-22T01:00:00Z.12."), "{line}");
        assert!(line.bytes().all(|byte| byte.is_ascii_graphic()), "{line}");
        assert_eq!(line.parse(), Ok(head.clone()));
        assert!(head.is_signed());
    }

    #[test]
    fn a_head_of_which_one_character_is_another_is_none_or_not_signed() {
        let line = head().to_string();
        for place in 0..line.len() {
            let other = if &line[place..=place] == "1" { "2" } else { "1" };
            let changed = format!("{}{other}{}", &line[..place], &line[place + 1..]);
            let is_good = changed.parse::<Head>().is_ok_and(|head| head.is_signed());
            assert!(!is_good, "{changed}");
            assert!(line[..place].parse::<Head>().is_err(), "{}", &line[..place]);
        }
    }
}
