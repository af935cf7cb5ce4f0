//! What is asked of the service manager.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use windows_service::Error;
use windows_service::service::{
    Service, ServiceAccess, ServiceAction, ServiceActionType, ServiceErrorControl,
    ServiceFailureActions, ServiceFailureResetPeriod, ServiceInfo, ServiceSidType,
    ServiceStartType, ServiceState, ServiceType,
};
use windows_service::service_manager::{ServiceManager, ServiceManagerAccess};

use super::omitted;
use crate::install::{InstallError, Omission, Options, Setting};
use crate::service::NAME;

const DISPLAY_NAME: &str = "Lá Chắn";
const DESCRIPTION: &str = "Xem xét tình trạng phòng chống mã độc và bản vá của máy tính này rồi báo \
                           cáo về máy chủ thu nhận. Không thay đổi gì trên máy. (Lá Chắn: reports \
                           this computer's antivirus and updates to the collector; changes \
                           nothing.)";

/// As the unit of systemd has it; who breaks off again and again is tried less often.
const RESTARTS: [Duration; 3] =
    [Duration::from_secs(30), Duration::from_secs(30), Duration::from_secs(300)];

/// After a day without a fault the next one is the first again.
const FORGIVEN_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// How long the system waits for the end before it shuts down.
const PRESHUTDOWN: Duration = Duration::from_secs(10);

/// How long a service may take to stop, and to be forgotten.
const PATIENCE: Duration = Duration::from_secs(30);
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

const ERROR_SERVICE_NOT_ACTIVE: i32 = 1062;
const ERROR_SERVICE_DOES_NOT_EXIST: i32 = 1060;
const ERROR_SERVICE_MARKED_FOR_DELETE: i32 = 1072;

/// Makes the service or brings it up to date: whether it was there, and what it goes without.
pub(super) fn put(
    program: &Path,
    options: &Options,
) -> Result<(bool, Vec<Omission>), InstallError> {
    let manager = manager(ServiceManagerAccess::CONNECT | ServiceManagerAccess::CREATE_SERVICE)?;
    let wanted = wanted(program, options);
    // To let an action start the service takes the right to start it.
    let access = ServiceAccess::CHANGE_CONFIG | ServiceAccess::START;
    let there = find(&manager, access)?;
    let was_there = there.is_some();
    let service = match there {
        Some(service) => {
            service.change_config(&wanted).map_err(refused("change the service"))?;
            service
        }
        None => manager.create_service(&wanted, access).map_err(refused("create the service"))?,
    };
    Ok((was_there, refine(&service)))
}

fn wanted(program: &Path, options: &Options) -> ServiceInfo {
    ServiceInfo {
        name: NAME.into(),
        display_name: DISPLAY_NAME.into(),
        service_type: ServiceType::OWN_PROCESS,
        start_type: ServiceStartType::AutoStart,
        error_control: ServiceErrorControl::Normal,
        executable_path: program.to_owned(),
        launch_arguments: arguments(options),
        dependencies: Vec::new(),
        account_name: None,
        account_password: None,
    }
}

fn arguments(options: &Options) -> Vec<OsString> {
    let config = options.config.iter().flat_map(|path| ["--config".into(), path.into()]);
    let state = options.state.iter().flat_map(|path| ["--state".into(), path.into()]);
    std::iter::once("run".into()).chain(config).chain(state).collect()
}

/// The settings that not every system knows.
fn refine(service: &Service) -> Vec<Omission> {
    let restart = ServiceFailureActions {
        reset_period: ServiceFailureResetPeriod::After(FORGIVEN_AFTER),
        reboot_msg: None,
        command: None,
        actions: Some(RESTARTS.map(restart_after).to_vec()),
    };
    [
        (Setting::Description, service.set_description(DESCRIPTION)),
        (Setting::DelayedStart, service.set_delayed_auto_start(true)),
        (Setting::Restart, service.update_failure_actions(restart)),
        (Setting::RestartAfterError, service.set_failure_actions_on_non_crash_failures(true)),
        (Setting::OwnSid, service.set_config_service_sid_info(ServiceSidType::Unrestricted)),
        (Setting::Preshutdown, service.set_preshutdown_timeout(PRESHUTDOWN)),
    ]
    .into_iter()
    .filter_map(|(setting, done)| omitted(setting, done.map_err(system_error)))
    .collect()
}

fn restart_after(delay: Duration) -> ServiceAction {
    ServiceAction { action_type: ServiceActionType::Restart, delay }
}

/// Stops the service and takes it away: whether it was there.
pub(super) fn take_away() -> Result<bool, InstallError> {
    let manager = manager(ServiceManagerAccess::CONNECT)?;
    let access = ServiceAccess::STOP | ServiceAccess::QUERY_STATUS | ServiceAccess::DELETE;
    let Some(service) = find(&manager, access)? else { return Ok(false) };
    stop(&service)?;
    match service.delete().map_err(system_error) {
        Err(error) if error.raw_os_error() != Some(ERROR_SERVICE_MARKED_FOR_DELETE) => {
            return Err(InstallError::Manager { step: "delete the service", error });
        }
        Ok(()) | Err(_) => {}
    }
    // It is there until the last who looks at it looks away.
    drop(service);
    patiently(|| Ok(find(&manager, ServiceAccess::QUERY_STATUS)?.is_none()))?;
    Ok(true)
}

/// The manager's answer to a wish to stop comes before the service has stopped.
fn stop(service: &Service) -> Result<(), InstallError> {
    match service.stop().map_err(system_error) {
        Err(error) if error.raw_os_error() == Some(ERROR_SERVICE_NOT_ACTIVE) => return Ok(()),
        // One that is just starting or stopping takes no wish; it is waited for all the same.
        Ok(_) | Err(_) => {}
    }
    let has_stopped = || {
        let status = service.query_status().map_err(refused("look at the service"))?;
        Ok(status.current_state == ServiceState::Stopped)
    };
    match patiently(has_stopped)? {
        true => Ok(()),
        false => Err(InstallError::Unstoppable(PATIENCE.as_secs())),
    }
}

/// Whether it comes to hold.
fn patiently(mut holds: impl FnMut() -> Result<bool, InstallError>) -> Result<bool, InstallError> {
    let mut waited = Duration::ZERO;
    while !holds()? {
        if waited >= PATIENCE {
            return Ok(false);
        }
        sleep(BETWEEN_LOOKS);
        waited += BETWEEN_LOOKS;
    }
    Ok(true)
}

fn manager(access: ServiceManagerAccess) -> Result<ServiceManager, InstallError> {
    ServiceManager::local_computer(None::<&str>, access)
        .map_err(refused("reach the service manager (an administrator may)"))
}

fn find(manager: &ServiceManager, access: ServiceAccess) -> Result<Option<Service>, InstallError> {
    match manager.open_service(NAME, access).map_err(system_error) {
        Ok(service) => Ok(Some(service)),
        Err(error) if error.raw_os_error() == Some(ERROR_SERVICE_DOES_NOT_EXIST) => Ok(None),
        Err(error) => Err(InstallError::Manager { step: "open the service", error }),
    }
}

fn refused(step: &'static str) -> impl FnOnce(Error) -> InstallError {
    move |error| InstallError::Manager { step, error: system_error(error) }
}

fn system_error(error: Error) -> io::Error {
    match error {
        Error::Winapi(error) => error,
        other => io::Error::other(other),
    }
}
