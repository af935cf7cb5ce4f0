//! The log: lines on standard error, which the service manager keeps; what somebody should see, in
//! the event log, where it keeps none.

#[cfg(windows)]
mod event_log;

use std::io::{IsTerminal, stderr};

use tracing::Level;

/// Starts the log. The journal has its own clock and knows no colours.
pub fn start(level: Level) {
    #[cfg(windows)]
    if crate::service::is_managed() {
        return event_log::start(level);
    }
    // The consoles of Windows 7 show what makes colours as it is written.
    let terminal = stderr().is_terminal() && !cfg!(windows);
    let log = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(stderr)
        .with_ansi(terminal)
        .with_target(false)
        .without_time();
    // A second start keeps the first log.
    let _ = log.try_init();
}
