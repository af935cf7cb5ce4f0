//! A report in a file: of a machine that reaches no collector, carried by hand.
//!
//! Nothing vouches for such a file but the signature in it, by the key of the machine's
//! certificate. What is signed begins with words of its own, so a signature made for anything else
//! is none here, and this one is none elsewhere. The report stands in the file as the very text
//! that was signed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::wire::{MAX_BODY_BYTES, MAX_ENROL_BYTES};

/// The version of the form that this build writes and reads.
pub const EXPORT: u16 = 1;
/// The largest such file, in bytes: the largest report with every byte escaped, a certificate and a
/// signature.
pub const MAX_EXPORT_BYTES: usize = 2 * MAX_BODY_BYTES + MAX_ENROL_BYTES;

/// How what is signed begins.
const PURPOSE: &[u8] = b"lachan-export/1\n";

/// What the file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// The machine's certificate in DER.
    pub certificate: Vec<u8>,
    /// The body of the report, byte for byte as it was signed.
    pub report: String,
    /// ECDSA on P-256 with SHA-256 over [`signed_bytes`], in DER.
    pub signature: Vec<u8>,
}

/// Why a file is no export.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExportError {
    /// More than [`MAX_EXPORT_BYTES`].
    #[error("the file is larger than {MAX_EXPORT_BYTES} bytes: no export is")]
    TooLarge,
    /// It was written by a newer agent.
    #[error("the file has the form {0}: this side reads {EXPORT}")]
    Version(u64),
    /// It is cut, damaged, or something else.
    #[error("this is no file of `lachan-agent export`, or not the whole of one: {0}")]
    Malformed(String),
}

impl ExportError {
    /// The label of `lachan_refusals_total`.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::TooLarge => "export_too_large",
            Self::Version(_) => "export_version",
            Self::Malformed(_) => "export_malformed",
        }
    }
}

/// The file as written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    lachan_export: u64,
    certificate: String,
    report: String,
    signature: String,
}

/// What any version of the file has.
#[derive(Deserialize)]
struct Form {
    lachan_export: u64,
}

/// What the machine signs of a report.
#[must_use]
pub fn signed_bytes(report: &str) -> Vec<u8> {
    [PURPOSE, report.as_bytes()].concat()
}

impl Export {
    /// The text of the file.
    ///
    /// # Errors
    /// When it cannot be written down.
    pub fn encode(&self) -> Result<String, serde_json::Error> {
        let written = Written {
            lachan_export: EXPORT.into(),
            certificate: STANDARD.encode(&self.certificate),
            report: self.report.clone(),
            signature: STANDARD.encode(&self.signature),
        };
        Ok(serde_json::to_string_pretty(&written)? + "\n")
    }

    /// Reads a file. Whether its signature is good, and of whom, it does not say.
    ///
    /// # Errors
    /// When it is too large, of another version, or not the whole of an export.
    pub fn decode(file: &[u8]) -> Result<Self, ExportError> {
        if file.len() > MAX_EXPORT_BYTES {
            return Err(ExportError::TooLarge);
        }
        let malformed = |error: serde_json::Error| ExportError::Malformed(error.to_string());
        let form: Form = serde_json::from_slice(file).map_err(malformed)?;
        if form.lachan_export != u64::from(EXPORT) {
            return Err(ExportError::Version(form.lachan_export));
        }
        let written: Written = serde_json::from_slice(file).map_err(malformed)?;
        Ok(Self {
            certificate: bytes("certificate", &written.certificate)?,
            report: written.report,
            signature: bytes("signature", &written.signature)?,
        })
    }
}

fn bytes(field: &str, text: &str) -> Result<Vec<u8>, ExportError> {
    let damaged = |_| ExportError::Malformed(format!("`{field}` is not base64"));
    STANDARD.decode(text).map_err(damaged)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn export() -> Export {
        Export {
            certificate: vec![0x30, 0x82, 0xff],
            report: "{\"wire\":1,\"text\":\"Sở Tư pháp\"}".to_owned(),
            signature: vec![1, 2, 3],
        }
    }

    #[test]
    fn the_golden_file_is_what_this_version_writes_and_reads() {
        const GOLDEN: &str = include_str!("../golden/export-1.json");
        assert_eq!(export().encode().unwrap(), GOLDEN);
        assert_eq!(Export::decode(GOLDEN.as_bytes()), Ok(export()));
    }

    #[test]
    fn a_file_that_is_cut_anywhere_is_none() {
        let text = export().encode().unwrap();
        let whole = text.trim_end().len();
        for end in 0..whole {
            let cut = Export::decode(&text.as_bytes()[..end]).unwrap_err();
            assert_eq!(cut.reason(), "export_malformed", "{end}");
        }
    }

    #[test]
    fn the_largest_report_fits_and_nothing_larger_than_the_limit_is_read() {
        let largest = Export {
            certificate: vec![0; 2048],
            report: "\"".repeat(MAX_BODY_BYTES),
            signature: vec![0; 80],
        };
        let text = largest.encode().unwrap();
        assert_eq!(Export::decode(text.as_bytes()), Ok(largest));
        let padded = text + &" ".repeat(MAX_EXPORT_BYTES);
        assert_eq!(Export::decode(padded.as_bytes()), Err(ExportError::TooLarge));
    }

    #[test]
    fn another_version_another_field_and_a_field_that_stands_twice_are_refused() {
        let text = export().encode().unwrap();
        let refused = |from: &str, to: &str| {
            assert!(text.contains(from), "{text}");
            Export::decode(text.replace(from, to).as_bytes()).unwrap_err()
        };
        let newer = refused("\"lachan_export\": 1,", "\"lachan_export\": 2, \"more\": [],");
        assert_eq!(newer, ExportError::Version(2));
        for (from, to) in [
            ("\"lachan_export\": 1,", "\"lachan_export\": 1, \"more\": [],"),
            ("\"report\":", "\"report\": \"\", \"report\":"),
            ("\"signature\": \"AQID\"", "\"signature\": \"A ID\""),
            ("\"report\":", "\"repost\":"),
        ] {
            assert_eq!(refused(from, to).reason(), "export_malformed", "{to}");
        }
    }

    #[test]
    fn what_is_signed_says_what_it_is_for() {
        assert_eq!(signed_bytes("{}"), b"lachan-export/1\n{}");
    }

    proptest! {
        #[test]
        fn no_bytes_take_the_reader_down(file in prop::collection::vec(any::<u8>(), 0..512)) {
            let _ = Export::decode(&file);
        }
    }
}
