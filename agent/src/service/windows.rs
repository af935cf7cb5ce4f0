//! A console: Ctrl-C and Ctrl-Break, and its window being closed.

use std::io;
use std::time::Duration;

use tokio::signal::windows::{CtrlBreak, CtrlC, CtrlClose, ctrl_break, ctrl_c, ctrl_close};

/// The wish that this process ends.
#[derive(Debug)]
pub struct Stop {
    interrupt: CtrlC,
    break_off: CtrlBreak,
    close: CtrlClose,
}

impl Stop {
    /// Listens from now on.
    ///
    /// # Errors
    /// When the system takes no handler.
    pub fn listen() -> io::Result<Self> {
        Ok(Self { interrupt: ctrl_c()?, break_off: ctrl_break()?, close: ctrl_close()? })
    }

    /// Returns when somebody wishes it.
    pub async fn requested(mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.break_off.recv() => {}
            _ = self.close.recv() => {}
        }
    }
}

/// The agent is at work: nobody waits to be told.
pub fn ready() {}

/// The agent is about to end: nobody waits to be told.
pub fn stopping() {}

/// Nobody takes a silent agent for dead.
pub(super) fn patience() -> Option<Duration> {
    None
}

/// The agent still does what it should: nobody waits to be told.
pub(super) fn alive() {}
