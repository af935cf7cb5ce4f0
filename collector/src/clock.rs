//! The one place that reads the collector's clock. Everywhere else time is a value.

use std::time::{SystemTime, UNIX_EPOCH};

use report::Timestamp;

/// The present, in whole seconds.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the one reader of the clock")]
pub fn now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX))
}
