//! The provider's side of the machine this process runs on.

use serde_json::Value;

use super::Request;
use crate::host::files::{Read, ReadError, ReadErrorKind};

/// Asks, for as long as it takes.
pub(super) fn ask(request: &Request) -> Read<Value> {
    match request {
        Request::Wmi { .. } | Request::SecurityCenter => {
            Err(ReadError::new(&request.source(), ReadErrorKind::NotSupported))
        }
    }
}
