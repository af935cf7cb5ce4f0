//! One pass over all probes.

use std::sync::Arc;

use report::fact::Ignorance;
use report::{Observation, Outcome, Reason, Timestamp, Topic};

use crate::host::Host;
use crate::lookout::{Lookout, NoAnswer};
use crate::probes::assignment::AssignmentClaims;
use crate::probes::{Context, PROBES, Probe};

/// What to look at.
#[derive(Debug)]
pub struct Subject {
    /// The machine.
    pub host: Host,
    /// What its administrator says of it.
    pub claims: AssignmentClaims,
}

/// Looks at everything once, however long that takes. A probe that fails fails its own topic and
/// no other.
#[must_use]
pub fn survey(host: &Host, claims: &AssignmentClaims, now: Timestamp) -> Vec<Observation> {
    let context = Context { claims, now };
    PROBES
        .iter()
        .map(|(topic, probe)| Observation {
            topic: *topic,
            observed_at: now,
            outcome: probe(host, &context),
        })
        .collect()
}

/// Looks again and again, and is never held up: a probe that hangs fails its own topic with
/// `timeout`, in this survey and in every one until it comes back.
#[derive(Debug)]
pub struct Surveyor(Vec<(Topic, Probe, Lookout)>);

impl Default for Surveyor {
    fn default() -> Self {
        Self::with(PROBES, Lookout::default)
    }
}

impl Surveyor {
    fn with(probes: &[(Topic, Probe)], lookout: impl Fn() -> Lookout) -> Self {
        Self(probes.iter().map(|(topic, probe)| (*topic, *probe, lookout())).collect())
    }

    /// Looks at everything once.
    pub async fn survey(&self, subject: &Arc<Subject>, now: Timestamp) -> Vec<Observation> {
        let mut observations = Vec::with_capacity(self.0.len());
        for (topic, probe, lookout) in &self.0 {
            let (subject, probe) = (Arc::clone(subject), *probe);
            let look = move || probe(&subject.host, &Context { claims: &subject.claims, now });
            let outcome = lookout.look(look).await.unwrap_or_else(|why| failed(*topic, &why));
            observations.push(Observation { topic: *topic, observed_at: now, outcome });
        }
        observations
    }
}

fn failed(topic: Topic, why: &NoAnswer) -> Outcome {
    tracing::error!(?topic, "failed to look: {why}");
    let reason = match why {
        NoAnswer::TimedOut(_) | NoAnswer::StillHanging => Reason::Timeout,
        NoAnswer::Ended | NoAnswer::NoThread(_) => Reason::ProviderError,
    };
    Outcome::Failed(Ignorance::new(reason, &why.to_string()))
}

#[cfg(test)]
mod tests;
