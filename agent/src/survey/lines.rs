//! What the agent and the child that looks for it say to each other: a question in JSON, and a
//! line for each topic as soon as it has been looked at, followed by one that says how it went with
//! the providers and programs that were asked.

use std::collections::BTreeMap;

use report::fact::Ignorance;
use report::wire::{decode_topic, topic_json};
use report::{Observation, Outcome, Reason, Timestamp, Topic};
use serde::{Deserialize, Serialize};

use crate::host::rests::{Answers as Remembered, Experience, Until};
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
    /// What is left alone, and until when.
    #[serde(default)]
    pub(super) resting: Until,
    /// What was answered not long ago.
    #[serde(default)]
    pub(super) known: Remembered,
}

/// What begin the lines of [`asked`] and of [`answered`]; no topic is called so.
const ASKED: &str = "asked";
const ANSWERED: &str = "answered";

/// What a child answered.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Answers {
    /// What it saw.
    pub(super) observations: BTreeMap<Topic, Observation>,
    /// How it went with what it asked.
    pub(super) experience: Experience,
    /// What is to be remembered of the answers it got.
    pub(super) remembered: Remembered,
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

/// How the asking went up to now as a line; none where there is nothing to say.
pub(super) fn asked(experience: &Experience) -> String {
    match serde_json::to_string(experience) {
        Ok(json) if !experience.is_empty() => format!("{ASKED} {json}\n"),
        Ok(_) | Err(_) => String::new(),
    }
}

/// What is to be remembered up to now as a line; none where there is nothing.
pub(super) fn answered(answers: &Remembered) -> String {
    match serde_json::to_string(answers) {
        Ok(json) if !answers.is_empty() => format!("{ANSWERED} {json}\n"),
        Ok(_) | Err(_) => String::new(),
    }
}

/// What was answered by whole lines. A line that is damaged fails its topic; what stands behind
/// the last line end was never finished.
pub(super) fn read(output: &[u8], now: Timestamp) -> Answers {
    let mut answers = Answers::default();
    for line in output.split_inclusive(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\n").map(String::from_utf8_lossy);
        let Some((name, body)) = line.as_ref().and_then(|line| line.split_once(' ')) else {
            continue;
        };
        if let Some(topic) = Topic::from_name(name) {
            let observation = read_topic(topic, body, now);
            answers.observations.entry(topic).or_insert(observation);
        } else if name == ASKED {
            // Each says all that those before it said.
            answers.experience = serde_json::from_str(body).unwrap_or(answers.experience);
        } else if name == ANSWERED {
            answers.remembered = serde_json::from_str(body).unwrap_or(answers.remembered);
        }
    }
    answers
}

fn read_topic(topic: Topic, body: &str, now: Timestamp) -> Observation {
    let received = decode_topic(topic, body, now);
    let Some(stray) = received.unjudged.first() else {
        return received.observation;
    };
    // Both sides are one program: what one says and the other does not know was not said so.
    let why = Ignorance::new(Reason::ParseError, &format!("{stray:?} is no fact"));
    Observation { outcome: Outcome::Failed(why), ..received.observation }
}

#[cfg(test)]
mod tests;
