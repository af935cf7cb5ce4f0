//! Metrics in two books: [this process](process) and [the fleet](fleet).

pub mod access;
mod family;
pub mod fleet;
pub mod listener;
pub mod process;

use prometheus::proto::MetricFamily;
use prometheus::{Encoder as _, TextEncoder};

/// The text form that Prometheus scrapes.
///
/// # Errors
/// When a family has no sample, which neither book lets happen.
pub fn text(families: &[MetricFamily]) -> Result<Vec<u8>, prometheus::Error> {
    let mut text = Vec::new();
    TextEncoder::new().encode(families, &mut text)?;
    Ok(text)
}
