//! The services of the machine this runs on: what they do now from the service manager, the rest
//! from the registry, which tells it to everybody.

use std::io;

use windows_service::Error;
use windows_service::service::{ServiceAccess, ServiceState as Now};
use windows_service::service_manager::{ServiceManager, ServiceManagerAccess};

use super::{Service, ServiceStart, ServiceState};
use crate::host::files::{Read, ReadError, ReadErrorKind};
use crate::host::registry::{Registry, Value, View};

const KEY: &str = r"HKLM\SYSTEM\CurrentControlSet\Services";
/// There is no such service, and there cannot be one of this name.
const ABSENT: [i32; 2] = [1060, 123];

pub(super) fn find(name: &str) -> Read<Option<Service>> {
    let failed = |error: &Error| ReadError::new(&format!("service {name}"), kind(error));
    let manager = ServiceManager::local_computer(None::<&str>, ServiceManagerAccess::CONNECT)
        .map_err(|error| failed(&error))?;
    let service = match manager.open_service(name, ServiceAccess::QUERY_STATUS) {
        Err(error) if is_absent(&error) => return Ok(None),
        opened => opened.map_err(|error| failed(&error))?,
    };
    let state = match service.query_status().map_err(|error| failed(&error))?.current_state {
        Now::Running => ServiceState::Running,
        Now::Stopped
        | Now::StartPending
        | Now::StopPending
        | Now::ContinuePending
        | Now::PausePending
        | Now::Paused => ServiceState::Stopped,
    };
    let (registry, key) = (Registry::live(), format!(r"{KEY}\{name}"));
    let value = |named| registry.value(View::Native, &key, named);
    let start = match value("Start") {
        Ok(Value::Number(number)) => start(number),
        Ok(Value::Text(_) | Value::List(_) | Value::Binary(_)) => ServiceStart::Other,
        Err(error) if error.is_not_found() => ServiceStart::Other,
        Err(error) => return Err(error),
    };
    let image = match value("ImagePath") {
        Ok(Value::Text(path)) => Some(path),
        Ok(Value::Number(_) | Value::List(_) | Value::Binary(_)) => None,
        Err(error) if error.is_not_found() => None,
        Err(error) => return Err(error),
    };
    Ok(Some(Service { name: name.to_owned(), state, start, image }))
}

fn start(number: u64) -> ServiceStart {
    match number {
        0 | 1 => ServiceStart::Boot,
        2 => ServiceStart::Automatic,
        3 => ServiceStart::Manual,
        4 => ServiceStart::Disabled,
        _ => ServiceStart::Other,
    }
}

fn is_absent(error: &Error) -> bool {
    matches!(error, Error::Winapi(error) if error.raw_os_error().is_some_and(|it| ABSENT.contains(&it)))
}

fn kind(error: &Error) -> ReadErrorKind {
    match error {
        Error::Winapi(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            ReadErrorKind::AccessDenied
        }
        Error::Winapi(error) => ReadErrorKind::Other(error.to_string()),
        // The crate's own, none of which a question for a state can have.
        other => ReadErrorKind::Other(other.to_string()),
    }
}
