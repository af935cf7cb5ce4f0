//! The log: lines on standard error, which the service manager keeps; what somebody should see, in
//! the event log, where it keeps none.

#[cfg(windows)]
mod event_log;

use std::io::stderr;

use tracing::Level;

/// Starts the log, without colours: neither the journal nor the consoles of Windows 7 know them. The
/// journal has its own clock.
pub fn start(level: Level) {
    #[cfg(windows)]
    if crate::service::is_managed() {
        return event_log::start(level);
    }
    let log = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(stderr)
        .with_ansi(false)
        .with_target(false)
        .without_time();
    // A second start keeps the first log.
    let _ = log.try_init();
}
