//! What the agent and the child that looks for it say to each other: a question in JSON, and a
//! line for each topic as soon as it has been looked at.

use std::collections::BTreeMap;

use report::fact::Ignorance;
use report::wire::{decode_topic, topic_json};
use report::{Observation, Outcome, Reason, Timestamp, Topic};
use serde::{Deserialize, Serialize};

use crate::probes::assignment::AssignmentClaims;

/// What the child must know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Question {
    /// The process it looks for. It does not go on without it.
    pub(super) parent: u32,
    /// The machine's clock when the survey began.
    pub(super) now: Timestamp,
    /// What the machine's administrator says of it.
    pub(super) claims: AssignmentClaims,
    /// The names of the topics to look at.
    pub(super) topics: Vec<String>,
}

impl Question {
    pub(super) fn topics(&self) -> Vec<Topic> {
        self.topics.iter().filter_map(|name| Topic::from_name(name)).collect()
    }
}

/// One topic as a line: its name and its body on the wire.
pub(super) fn line(observation: &Observation) -> String {
    format!("{} {}\n", observation.topic.name(), topic_json(observation))
}

/// The topics that were answered by whole lines. A line that is damaged fails its topic; what
/// stands behind the last line end was never finished.
pub(super) fn read(output: &[u8], now: Timestamp) -> BTreeMap<Topic, Observation> {
    let mut observations = BTreeMap::new();
    for line in output.split_inclusive(|byte| *byte == b'\n') {
        if let Some(observation) = line.strip_suffix(b"\n").and_then(|line| read_line(line, now)) {
            observations.entry(observation.topic).or_insert(observation);
        }
    }
    observations
}

fn read_line(line: &[u8], now: Timestamp) -> Option<Observation> {
    let line = String::from_utf8_lossy(line);
    let (name, body) = line.split_once(' ')?;
    let received = decode_topic(Topic::from_name(name)?, body, now);
    let Some(stray) = received.unjudged.first() else {
        return Some(received.observation);
    };
    // Both sides are one program: what one says and the other does not know was not said so.
    let why = Ignorance::new(Reason::ParseError, &format!("{stray:?} is no fact"));
    Some(Observation { outcome: Outcome::Failed(why), ..received.observation })
}

#[cfg(test)]
mod tests;
