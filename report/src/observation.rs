//! What one probe saw in one pass.

use std::collections::BTreeMap;

use crate::catalogue::{FactKey, Topic};
use crate::fact::{Ignorance, Reading};
use crate::moment::Timestamp;
use crate::text::Text;

/// The readings of one topic by key.
pub type Facts = BTreeMap<FactKey, Reading>;

/// One topic, looked at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// What was looked at.
    pub topic: Topic,
    /// When the probe finished, by the machine's clock.
    pub observed_at: Timestamp,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of looking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The probe ran; single facts may still be absent or unknown.
    Observed(Facts),
    /// This machine has no such thing, in the agent's view. The collector decides what that means.
    NotApplicable(Text),
    /// The probe as a whole failed: each of its facts is unknown.
    Failed(Ignorance),
}
