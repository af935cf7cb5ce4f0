//! The one place that reads the wall clock; everywhere else the time is a value.

use std::time::{SystemTime, UNIX_EPOCH};

use report::Timestamp;

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
