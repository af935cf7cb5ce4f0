//! The one place that reads the clocks; everywhere else the time is a value.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use report::Timestamp;

/// Both clocks of the machine at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// The one that people set, right or wrong.
    pub wall: Timestamp,
    /// The one that nobody sets. It says nothing of the date, and stands still while the machine
    /// sleeps.
    pub steady: Instant,
}

impl Reading {
    /// The time that passed since `earlier`.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Duration {
        self.steady.saturating_duration_since(earlier.steady)
    }
}

/// Reads both clocks.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the clock that the ban points to")]
pub fn read() -> Reading {
    Reading { wall: now(), steady: Instant::now() }
}

/// The machine's clock, right or wrong.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the clock that the ban points to")]
pub fn now() -> Timestamp {
    let now = SystemTime::now();
    let seconds = match now.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_secs()),
        Err(before) => i64::try_from(before.duration().as_secs()).map(|seconds| -seconds),
    };
    Timestamp(seconds.unwrap_or(i64::MAX))
}
