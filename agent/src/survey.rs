//! One pass over all probes.
//!
//! The service looks through a child process (`child`) that ends with the survey: the memory it
//! took is given back, and a probe that hangs, or ends its process, costs its own topic and never
//! the agent. What the child does itself, and what a command shows by hand, looks from `here`.

mod child;
mod here;
mod lines;
mod program;
mod providers;

use std::path::Path;
use std::sync::Arc;

use report::fact::Ignorance;
use report::{Observation, Outcome, Platform, Reason, Timestamp, Topic};

use crate::host::Host;
use crate::probes::assignment::AssignmentClaims;
use child::Child;
pub use child::{AnswerError, answer};
use here::Here;
pub use program::this_program;

/// What to look at.
#[derive(Debug)]
pub struct Subject {
    /// The machine.
    pub host: Host,
    /// What its administrator says of it.
    pub claims: AssignmentClaims,
}

/// Looks again and again, and is never held up: a probe that hangs fails its own topic with
/// `timeout`, in this survey and in every one until it comes back.
#[derive(Debug)]
pub struct Surveyor(Way);

#[derive(Debug)]
enum Way {
    Here(Here),
    InChild(Child),
}

impl Surveyor {
    /// One that looks from this process, at a machine of this system.
    #[must_use]
    pub fn here(platform: Platform) -> Self {
        Self(Way::Here(Here::at(&Topic::ALL, platform)))
    }

    /// One that looks from a child of this process: `agent` is the agent's program, as
    /// [`this_program`].
    #[must_use]
    pub fn in_child(agent: &Path) -> Self {
        Self(Way::InChild(Child::of(agent)))
    }

    /// Looks at everything once. A probe that fails fails its own topic and no other.
    pub async fn survey(&self, subject: &Arc<Subject>, now: Timestamp) -> Vec<Observation> {
        let observations = match &self.0 {
            Way::Here(here) => here.survey(subject, now).await,
            Way::InChild(child) => child.survey(subject, now).await,
        };
        log_faults(&observations);
        observations
    }
}

/// A topic that failed for a fault of this machine's, and not because there is nothing to read.
fn log_faults(observations: &[Observation]) {
    for Observation { topic, outcome, .. } in observations {
        if let Outcome::Failed(Ignorance { reason, detail }) = outcome
            && matches!(reason, Reason::Timeout | Reason::ProviderError)
        {
            let detail = detail.as_ref().map_or(reason.name(), |detail| detail.as_str());
            tracing::error!("failed to look at {}: {detail}", topic.name());
        }
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
