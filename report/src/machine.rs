//! Who reports: identity, fingerprint, incarnation and sequence.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The scheme and authority of the URI that names a machine in its certificate.
pub const MACHINE_URI_PREFIX: &str = "lachan://machine/";

/// Why a string is no identifier of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {digits} lower-case hexadecimal digits")]
pub struct MalformedHex {
    digits: usize,
}

macro_rules! hex_identifier {
    ($(#[$doc:meta])* $name:ident, $bytes:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name([u8; $bytes]);

        impl $name {
            /// From its bytes.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; $bytes]) -> Self {
                Self(bytes)
            }

            /// Its bytes.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8; $bytes] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = MalformedHex;

            fn from_str(text: &str) -> Result<Self, MalformedHex> {
                let mut bytes = [0; $bytes];
                decode_hex(text, &mut bytes).map(|()| Self(bytes))
            }
        }

        impl TryFrom<String> for $name {
            type Error = MalformedHex;

            fn try_from(text: String) -> Result<Self, MalformedHex> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }
    };
}

fn decode_hex(text: &str, bytes: &mut [u8]) -> Result<(), MalformedHex> {
    let malformed = MalformedHex { digits: bytes.len() * 2 };
    if text.len() != bytes.len() * 2 {
        return Err(malformed);
    }
    let digit = |c: u8| match c {
        b'0'..=b'9' => Ok(c - b'0'),
        b'a'..=b'f' => Ok(c - b'a' + 10),
        _ => Err(malformed),
    };
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Ok(())
}

hex_identifier! {
    /// The name the collector gives a machine when it enrols: 128 random bits.
    MachineId, 16
}

hex_identifier! {
    /// A digest over what identifies the hardware, so that a copied disk is noticed. It cannot be
    /// turned back into serial numbers.
    Fingerprint, 32
}

hex_identifier! {
    /// 128 random bits for each agent process, never written to disk: two live holders of one key
    /// show two of them in turn.
    Incarnation, 16
}

hex_identifier! {
    /// A digest over the non-volatile facts of a report.
    FactsDigest, 32
}

impl MachineId {
    /// The URI that stands in the machine's certificate.
    #[must_use]
    pub fn uri(&self) -> String {
        format!("{MACHINE_URI_PREFIX}{self}")
    }

    /// The machine a certificate's URI names.
    #[must_use]
    pub fn from_uri(uri: &str) -> Option<Self> {
        uri.strip_prefix(MACHINE_URI_PREFIX)?.parse().ok()
    }
}

impl Fingerprint {
    /// The digest over labelled marks of the hardware; empty marks are left out, so that a mark
    /// that is not there and one that is empty make the same fingerprint.
    #[must_use]
    pub fn of(marks: &[(&str, &str)]) -> Self {
        let mut hash = Sha256::new();
        for (label, mark) in marks.iter().filter(|(_, mark)| !mark.is_empty()) {
            for part in [label, mark] {
                hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
                hash.update(part);
            }
        }
        Self(hash.finalize().into())
    }
}

/// Counts the contacts of one identity; saved by the agent before it sends.
/// It stays below 2^63, which every store can hold.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(try_from = "u64", into = "u64")]
pub struct Sequence(pub u64);

impl TryFrom<u64> for Sequence {
    type Error = &'static str;

    fn try_from(number: u64) -> Result<Self, &'static str> {
        let fits = i64::try_from(number).is_ok();
        if fits { Ok(Self(number)) } else { Err("a sequence number is below 2^63") }
    }
}

impl From<Sequence> for u64 {
    fn from(sequence: Sequence) -> Self {
        sequence.0
    }
}

impl Sequence {
    /// The one after this.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_its_uri() {
        let id = MachineId::from_bytes([0xa5; 16]);
        assert_eq!(id.uri(), format!("lachan://machine/{}", "a5".repeat(16)));
        assert_eq!(MachineId::from_uri(&id.uri()), Some(id));
    }

    #[test]
    fn only_exact_lower_case_hex_is_an_id() {
        for text in ["", "a5", &"A5".repeat(16), &"g0".repeat(16), &format!("{}0", "a5".repeat(16))]
        {
            assert!(text.parse::<MachineId>().is_err(), "{text:?}");
        }
        assert_eq!(MachineId::from_uri("http://machine/00"), None);
    }

    #[test]
    fn a_fingerprint_depends_on_every_mark_and_its_label() {
        let one = Fingerprint::of(&[("serial", "PF3A"), ("uuid", "1")]);
        assert_ne!(one, Fingerprint::of(&[("serial", "PF3"), ("uuid", "A1")]));
        assert_ne!(one, Fingerprint::of(&[("uuid", "PF3A"), ("serial", "1")]));
        assert_eq!(one, Fingerprint::of(&[("serial", "PF3A"), ("tag", ""), ("uuid", "1")]));
    }
}
