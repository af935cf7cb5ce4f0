//! Windows' service manager on one side, a console on the other.
//!
//! The manager waits seconds for a sign of whom it started, and what never gave one has for it
//! "not responded in a timely fashion", whatever the reason was. So the first thing is to ask who
//! started this process, and every way out says with which code it ended.

use std::ffi::OsString;
use std::io;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use anyhow::anyhow;
use tokio::signal::windows::{CtrlBreak, CtrlC, CtrlClose, ctrl_break, ctrl_c, ctrl_close};
use tokio::sync::Notify;
use windows_service::service::{
    ServiceControl, ServiceControlAccept, ServiceExitCode, ServiceState, ServiceStatus, ServiceType,
};
use windows_service::service_control_handler::{
    self, ServiceControlHandlerResult, ServiceStatusHandle,
};
use windows_service::{define_windows_service, service_dispatcher};

use super::NAME;
use crate::host::ffi::windows::event_log::{self, Kind};

/// What the dispatcher answers to a program that the manager did not start.
const STARTED_BY_SOMEBODY_ELSE: i32 = 1063;

/// The exit code of a service that could not do its work.
const FAILED: u8 = 1;

/// How long a start may take: to read the state of a machine that is busy starting.
const START: Duration = Duration::from_secs(30);

/// How long an end may take: what counts is on disk already.
const END: Duration = Duration::from_secs(10);

type Work = Box<dyn FnOnce() -> anyhow::Result<u8> + Send>;

/// Handed over to the thread that the manager's dispatcher begins, which takes no arguments.
static WORK: Mutex<Option<Work>> = Mutex::new(None);
static DONE: Mutex<Option<anyhow::Result<u8>>> = Mutex::new(None);

static MANAGER: OnceLock<Manager> = OnceLock::new();
static STOP: Notify = Notify::const_new();

/// Does the work as a service where the service manager started this process, and as it is where
/// somebody else did.
///
/// # Errors
/// The work's own, and when the service manager refuses.
pub fn serve(work: impl FnOnce() -> anyhow::Result<u8> + Send + 'static) -> anyhow::Result<u8> {
    *lock(&WORK) = Some(Box::new(work));
    match service_dispatcher::start(NAME, entry) {
        Ok(()) => lock(&DONE).take().unwrap_or_else(|| Err(anyhow!("work as a service"))),
        Err(windows_service::Error::Winapi(error))
            if error.raw_os_error() == Some(STARTED_BY_SOMEBODY_ELSE) =>
        {
            lock(&WORK).take().map_or(Ok(FAILED), |work| work())
        }
        Err(error) => Err(anyhow!("reach the service manager: {error}")),
    }
}

/// Whether the service manager started this process.
#[must_use]
pub fn is_managed() -> bool {
    MANAGER.get().is_some()
}

define_windows_service!(entry, begun);

fn begun(_arguments: Vec<OsString>) {
    let Some(work) = lock(&WORK).take() else { return };
    let done = match service_control_handler::register(NAME, asked) {
        Ok(handle) => {
            let manager = MANAGER.get_or_init(|| Manager::new(handle));
            manager.tell(ServiceState::StartPending, ServiceExitCode::NO_ERROR, START);
            work()
        }
        Err(error) => Err(anyhow!("register with the service manager: {error}")),
    };
    let code = match &done {
        Ok(code) => *code,
        Err(error) => {
            write(Kind::Error, &format!("failed to {error}"));
            FAILED
        }
    };
    *lock(&DONE) = Some(done);
    if let Some(manager) = MANAGER.get() {
        write(Kind::Information, "the agent has ended");
        manager.tell(ServiceState::Stopped, exit_code(code), Duration::ZERO);
    }
}

fn exit_code(code: u8) -> ServiceExitCode {
    match code {
        0 => ServiceExitCode::NO_ERROR,
        code => ServiceExitCode::ServiceSpecific(code.into()),
    }
}

/// What the manager asks. It holds nothing: the handler is given up at the first wish to end, and
/// the manager may ask how things are after that.
fn asked(control: ServiceControl) -> ServiceControlHandlerResult {
    match control {
        ServiceControl::Interrogate => ServiceControlHandlerResult::NoError,
        ServiceControl::Stop | ServiceControl::Shutdown | ServiceControl::Preshutdown => {
            stopping();
            STOP.notify_one();
            ServiceControlHandlerResult::NoError
        }
        _ => ServiceControlHandlerResult::NotImplemented,
    }
}

/// The manager that started this process.
struct Manager {
    handle: ServiceStatusHandle,
    /// What it was told last: who has ended does not end once more.
    told: Mutex<ServiceState>,
}

impl Manager {
    fn new(handle: ServiceStatusHandle) -> Self {
        Self { handle, told: Mutex::new(ServiceState::StartPending) }
    }

    fn tell(&self, state: ServiceState, exit_code: ServiceExitCode, patience: Duration) {
        let mut told = lock(&self.told);
        if *told == ServiceState::Stopped {
            return;
        }
        *told = state;
        let controls_accepted = match state {
            ServiceState::Running => ServiceControlAccept::STOP | ServiceControlAccept::PRESHUTDOWN,
            ServiceState::Stopped
            | ServiceState::StartPending
            | ServiceState::StopPending
            | ServiceState::ContinuePending
            | ServiceState::PausePending
            | ServiceState::Paused => ServiceControlAccept::empty(),
        };
        let status = ServiceStatus {
            service_type: ServiceType::OWN_PROCESS,
            current_state: state,
            controls_accepted,
            exit_code,
            checkpoint: 0,
            wait_hint: patience,
            process_id: None,
        };
        if let Err(error) = self.handle.set_service_status(status) {
            write(Kind::Warning, &format!("the service manager does not listen: {error}"));
        }
    }
}

/// The wish that this process ends.
#[derive(Debug)]
pub struct Stop {
    interrupt: CtrlC,
    end: CtrlBreak,
    close: CtrlClose,
}

impl Stop {
    /// Listens from now on.
    ///
    /// # Errors
    /// When the system takes no handler.
    pub fn listen() -> io::Result<Self> {
        Ok(Self { interrupt: ctrl_c()?, end: ctrl_break()?, close: ctrl_close()? })
    }

    /// Returns when somebody wishes it.
    pub async fn requested(mut self) {
        tokio::select! {
            () = STOP.notified() => {}
            _ = self.interrupt.recv() => {}
            _ = self.end.recv() => {}
            _ = self.close.recv() => {}
        }
    }
}

/// The agent is at work.
pub fn ready() {
    if let Some(manager) = MANAGER.get() {
        manager.tell(ServiceState::Running, ServiceExitCode::NO_ERROR, Duration::ZERO);
        write(Kind::Information, concat!("the agent ", env!("CARGO_PKG_VERSION"), " is at work"));
    }
}

/// The agent is about to end.
pub fn stopping() {
    if let Some(manager) = MANAGER.get() {
        manager.tell(ServiceState::StopPending, ServiceExitCode::NO_ERROR, END);
    }
}

/// The manager asks for no signs of life.
pub(super) fn alive() {}

/// How often the manager asks for a sign of life: never.
pub(super) fn patience() -> Option<Duration> {
    None
}

/// Where the event log does not listen, nobody is left who would.
fn write(kind: Kind, text: &str) {
    let _ = event_log::write(NAME, kind, text);
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
