//! An answer of a slow provider as it is written down: JSON, recorded in a file or handed over by
//! the child that asked for it. Where there is no answer it says why, `{"error": "0x8004100E"}`.

use serde_json::Value;

use super::files::{Read, ReadError, ReadErrorKind};
use super::hresult;

/// The most bytes of one answer.
pub const MAX_BYTES: usize = 4 * 1024 * 1024;

const ERROR: &str = "error";
const TIMEOUT: &str = "timeout";

/// What was answered; `source` names it in errors.
///
/// # Errors
/// Why there is no answer, or that this is none.
pub fn parse(source: &str, bytes: &[u8]) -> Read<Value> {
    let damaged = |error: serde_json::Error| damaged(source, &error.to_string());
    // Windows' own tools write a byte order mark.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    said(source, serde_json::from_slice(bytes).map_err(damaged)?)
}

/// The same of a part of an answer.
///
/// # Errors
/// Why there is none.
pub(super) fn said(source: &str, value: Value) -> Read<Value> {
    match value.get(ERROR).and_then(Value::as_str) {
        Some(word) => Err(ReadError::new(source, kind(word))),
        None => Ok(value),
    }
}

/// The same of an answer that is a list.
///
/// # Errors
/// Why there is no answer, or that this is none.
pub fn parse_list(source: &str, bytes: &[u8]) -> Read<Vec<Value>> {
    rows(source, parse(source, bytes)?)
}

pub(super) fn rows(source: &str, said: Value) -> Read<Vec<Value>> {
    match said {
        Value::Array(rows) => Ok(rows),
        _ => Err(damaged(source, "not a list")),
    }
}

/// Says why there is no answer. What has no number of its own gets Windows' for it.
#[must_use]
pub fn refusal(kind: &ReadErrorKind) -> Value {
    let word = match kind {
        ReadErrorKind::Timeout | ReadErrorKind::Resting(_) => TIMEOUT.to_owned(),
        ReadErrorKind::NotFound => "0x80070002".to_owned(),
        ReadErrorKind::AccessDenied | ReadErrorKind::Refused(_) => "0x80070005".to_owned(),
        ReadErrorKind::NotSupported => "0x8004100E".to_owned(),
        ReadErrorKind::Provider(code) => format!("{code:#010X}").replace('X', "x"),
        ReadErrorKind::TooLarge
        | ReadErrorKind::Died(_)
        | ReadErrorKind::Damaged(_)
        | ReadErrorKind::Other(_) => kind.to_string(),
    };
    serde_json::json!({ ERROR: word })
}

fn kind(word: &str) -> ReadErrorKind {
    match (word, hresult::parse(word)) {
        (TIMEOUT, _) => ReadErrorKind::Timeout,
        (_, Some(code)) => hresult::of_provider(code),
        (_, None) => ReadErrorKind::Other(word.to_owned()),
    }
}

pub(super) fn damaged(source: &str, what: &str) -> ReadError {
    ReadError::new(source, ReadErrorKind::Damaged(what.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> ReadErrorKind {
        parse_list("x", text.as_bytes()).unwrap_err().kind
    }

    #[test]
    fn an_answer_that_says_why_there_is_none_is_an_error() {
        assert_eq!(refused(r#"{"error": "0x8004100E"}"#), ReadErrorKind::NotSupported);
        assert_eq!(refused(r#"{"error": "timeout"}"#), ReadErrorKind::Timeout);
        assert_eq!(refused(r#"{"error": "no"}"#), ReadErrorKind::Other("no".to_owned()));
    }

    #[test]
    fn what_is_no_list_is_damage() {
        for text in ["", "[", "{}", "7", "[1,]", "\u{feff}\u{feff}[]"] {
            assert!(matches!(refused(text), ReadErrorKind::Damaged(_)), "{text:?}");
        }
        assert_eq!(parse_list("x", "\u{feff}[]".as_bytes()), Ok(vec![]));
    }

    #[test]
    fn every_refusal_is_read_back_as_it_was_meant() {
        for kind in [
            ReadErrorKind::AccessDenied,
            ReadErrorKind::NotSupported,
            ReadErrorKind::Timeout,
            ReadErrorKind::Provider(0x8007_06BA),
            ReadErrorKind::Provider(5),
            ReadErrorKind::Other("the pipe is broken".to_owned()),
        ] {
            assert_eq!(refused(&refusal(&kind).to_string()), kind);
        }
    }
}
