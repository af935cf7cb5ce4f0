//! The join token: one string that brings a machine in.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

const PREFIX: &str = "lachan1-";
const CHECKSUM_BYTES: usize = 4;

/// Everything a machine needs to join: where the collector is, how to know it, and a secret that
/// says it may.
#[derive(Clone, PartialEq, Eq)]
pub struct JoinToken {
    /// `host:port` of each collector, first choice first.
    pub addresses: Vec<String>,
    /// SHA-256 of the collector CA's certificate: the only thing trusted before enrolment.
    pub collector_ca: [u8; 32],
    /// 256 random bits that the collector knows by their hash.
    pub secret: [u8; 32],
}

/// Why a string is no join token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It does not begin like one.
    #[error("not a join token: it should begin with {PREFIX:?}")]
    Prefix,
    /// Characters are missing, added or changed.
    #[error("the join token is damaged: copy the whole line that `token create` printed")]
    Damaged,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    a: Vec<String>,
    c: String,
    s: String,
}

impl JoinToken {
    /// What the collector stores in place of the secret.
    #[must_use]
    pub fn secret_hash(secret: &[u8; 32]) -> [u8; 32] {
        Sha256::digest(secret).into()
    }

    /// The secret as it travels in an enrolment.
    #[must_use]
    pub fn secret_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.secret)
    }

    /// A secret as it travels, read back.
    #[must_use]
    pub fn parse_secret(text: &str) -> Option<[u8; 32]> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
    }
}

impl fmt::Display for JoinToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let written = Written {
            a: self.addresses.clone(),
            c: URL_SAFE_NO_PAD.encode(self.collector_ca),
            s: URL_SAFE_NO_PAD.encode(self.secret),
        };
        let mut bytes = serde_json::to_vec(&written).map_err(|_| fmt::Error)?;
        bytes.extend_from_slice(&Sha256::digest(&bytes)[..CHECKSUM_BYTES]);
        write!(f, "{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl FromStr for JoinToken {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, TokenError> {
        let body = text.trim().strip_prefix(PREFIX).ok_or(TokenError::Prefix)?;
        let bytes = URL_SAFE_NO_PAD.decode(body).map_err(|_| TokenError::Damaged)?;
        let (written, checksum) = bytes
            .len()
            .checked_sub(CHECKSUM_BYTES)
            .map(|end| bytes.split_at(end))
            .ok_or(TokenError::Damaged)?;
        if Sha256::digest(written)[..CHECKSUM_BYTES] != *checksum {
            return Err(TokenError::Damaged);
        }
        let written: Written = serde_json::from_slice(written).map_err(|_| TokenError::Damaged)?;
        Ok(Self {
            addresses: written.a,
            collector_ca: Self::parse_secret(&written.c).ok_or(TokenError::Damaged)?,
            secret: Self::parse_secret(&written.s).ok_or(TokenError::Damaged)?,
        })
    }
}

/// Never shows the secret.
impl fmt::Debug for JoinToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinToken").field("addresses", &self.addresses).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> JoinToken {
        JoinToken {
            addresses: vec![
                "collector.stp.example:7443".to_owned(),
                "[2001:db8::1]:7443".to_owned(),
            ],
            collector_ca: [7; 32],
            secret: [9; 32],
        }
    }

    #[test]
    fn a_token_is_one_string_and_comes_back_whole() {
        let text = token().to_string();
        assert!(
            text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'),
            "{text}"
        );
        assert_eq!(format!(" {text}\n").parse(), Ok(token()));
    }

    #[test]
    fn every_single_damage_is_noticed() {
        let text = token().to_string();
        for at in PREFIX.len()..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let damaged = String::from_utf8(bytes).unwrap();
            assert_eq!(damaged.parse::<JoinToken>(), Err(TokenError::Damaged), "at {at}");
            assert_eq!(text[..at].parse::<JoinToken>(), Err(TokenError::Damaged), "cut at {at}");
        }
        assert_eq!("secret".parse::<JoinToken>(), Err(TokenError::Prefix));
    }

    #[test]
    fn debug_output_keeps_the_secret() {
        let shown = format!("{:?}", token());
        assert!(!shown.contains('9') && shown.contains("collector.stp.example"), "{shown}");
    }
}
