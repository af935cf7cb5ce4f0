//! Looking from this process: one probe after the other, each with its own patience.

use std::sync::Arc;

use report::fact::Ignorance;
use report::{Observation, Outcome, Platform, Reason, Timestamp, Topic};

use super::Subject;
use crate::lookout::{Lookout, NoAnswer};
use crate::probes::{Context, Probe, probes};

/// Every probe with the place it looks from.
#[derive(Debug)]
pub(super) struct Here(pub(super) Vec<Place>);

/// One probe with the place it looks from.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) topic: Topic,
    pub(super) probe: Probe,
    pub(super) lookout: Lookout,
}

impl Here {
    /// Looks at these topics of a machine of this system, one after the other.
    pub(super) fn at(topics: &[Topic], platform: Platform) -> Self {
        let wanted = probes(platform).iter().filter(|(topic, _)| topics.contains(topic));
        let place = |(topic, probe): &(Topic, Probe)| Place {
            topic: *topic,
            probe: *probe,
            lookout: Lookout::default(),
        };
        Self(wanted.map(place).collect())
    }

    pub(super) async fn survey(&self, subject: &Arc<Subject>, now: Timestamp) -> Vec<Observation> {
        let mut observations = Vec::with_capacity(self.0.len());
        for place in &self.0 {
            observations.push(place.look(subject, now).await);
        }
        observations.sort_by_key(|observation| observation.topic);
        observations
    }
}

impl Place {
    pub(super) async fn look(&self, subject: &Arc<Subject>, now: Timestamp) -> Observation {
        let (subject, probe) = (Arc::clone(subject), self.probe);
        let look = move || probe(&subject.host, &Context { claims: &subject.claims, now });
        let outcome = self.lookout.look(look).await.unwrap_or_else(|why| failed(&why));
        Observation { topic: self.topic, observed_at: now, outcome }
    }
}

fn failed(why: &NoAnswer) -> Outcome {
    let reason = match why {
        NoAnswer::TimedOut(_) | NoAnswer::StillHanging => Reason::Timeout,
        NoAnswer::Ended | NoAnswer::NoThread(_) => Reason::ProviderError,
    };
    Outcome::Failed(Ignorance::new(reason, &why.to_string()))
}
