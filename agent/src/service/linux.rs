//! systemd on one side, signals on the other.

use std::io;
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Does the work: systemd starts a service as anybody else does.
///
/// # Errors
/// The work's own.
pub fn serve(work: impl FnOnce() -> anyhow::Result<u8> + Send + 'static) -> anyhow::Result<u8> {
    work()
}

/// The wish that this process ends.
#[derive(Debug)]
pub struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Stop {
    /// Listens from now on.
    ///
    /// # Errors
    /// When the system takes no signal handler.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Returns when somebody wishes it.
    pub async fn requested(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// The agent is at work.
pub fn ready() {
    notify(NotifyState::Ready);
}

/// The agent is about to end.
pub fn stopping() {
    notify(NotifyState::Stopping);
}

/// How long the manager waits for a sign of life before it takes the agent for dead, if it does.
pub(super) fn patience() -> Option<Duration> {
    sd_notify::watchdog_enabled()
}

/// The agent still does what it should.
pub(super) fn alive() {
    notify(NotifyState::Watchdog);
}

fn notify(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "the service manager does not listen");
    }
}
