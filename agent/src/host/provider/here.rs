//! The provider's side of the machine this process runs on.

use serde::Serialize;
use serde_json::Value;

use super::Request;
use crate::host::files::{Read, ReadError, ReadErrorKind};
use crate::host::security_center;
use crate::host::wmi::{self, Query};
use crate::host::wua;
use crate::probes::patches;

/// Asks, for as long as it takes.
pub(super) fn ask(request: &Request) -> Read<Value> {
    match request {
        Request::Wmi { namespace, class, properties } => {
            let properties: Vec<_> = properties.iter().map(String::as_str).collect();
            let query = Query { namespace, class, properties: &properties };
            written(request, wmi::query_here(&query)?)
        }
        Request::SecurityCenter => written(request, security_center::products_here()?),
        Request::UpdateAgent => {
            let updates = wua::updates_here(patches::windows::is_installed_patch)?;
            Ok(updates.written())
        }
    }
}

/// An answer in the form in which answers are recorded.
fn written(request: &Request, answer: impl Serialize) -> Read<Value> {
    serde_json::to_value(answer)
        .map_err(|error| ReadError::new(&request.source(), ReadErrorKind::Other(error.to_string())))
}
