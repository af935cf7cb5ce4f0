//! The list of services.

use report::Bilingual;
use windows_service::Error;
use windows_service::service::{ServiceAccess, ServiceState};
use windows_service::service_manager::{ServiceManager, ServiceManagerAccess};

use crate::doctor::state::Openness;
use crate::service::NAME;
use crate::state::StateDir;

/// What Windows says of a service there is none of.
const ERROR_SERVICE_DOES_NOT_EXIST: i32 = 1060;

/// The process of the service, or why that cannot be told. No lock is looked at: that could keep the
/// service from starting at that very moment.
pub(super) fn at_work(_state: &StateDir, _is_open: Openness) -> Result<Option<u32>, Bilingual> {
    match status() {
        Ok(process) => Ok(process),
        Err(Error::Winapi(error)) if error.raw_os_error() == Some(ERROR_SERVICE_DOES_NOT_EXIST) => {
            Ok(None)
        }
        Err(error) => Err(Bilingual::same(told(&error))),
    }
}

fn status() -> Result<Option<u32>, Error> {
    let none: Option<&str> = None;
    let services = ServiceManager::local_computer(none, ServiceManagerAccess::CONNECT)?;
    let status = services.open_service(NAME, ServiceAccess::QUERY_STATUS)?.query_status()?;
    Ok(match status.current_state {
        ServiceState::Running | ServiceState::StartPending => status.process_id,
        ServiceState::Stopped
        | ServiceState::StopPending
        | ServiceState::ContinuePending
        | ServiceState::PausePending
        | ServiceState::Paused => None,
    })
}

fn told(error: &Error) -> String {
    match error {
        Error::Winapi(error) => error.to_string(),
        other => other.to_string(),
    }
}
