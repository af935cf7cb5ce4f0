//! One pass over all probes.

use report::{Observation, Timestamp};

use crate::host::Host;
use crate::probes::assignment::AssignmentClaims;
use crate::probes::{Context, PROBES};

/// Looks at everything once. A probe that fails fails its own topic and no other.
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

#[cfg(test)]
mod tests;
