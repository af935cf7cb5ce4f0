//! Placeholder.
use report::catalogue::FactKey;
use report::observation::Facts;
use report::{Fact, Observation, Outcome, Reading, Text, Timestamp, Topic, Value};

use crate::host::Host;
use crate::probes::assignment::AssignmentClaims;

/// Placeholder.
#[must_use]
pub fn survey(host: &Host, claims: &AssignmentClaims, now: Timestamp) -> Vec<Observation> {
    let name = std::fs::File::open(host.root().join("etc/hostname"))
        .and_then(std::io::read_to_string)
        .unwrap_or_default();
    let mut facts = Facts::new();
    for (key, value) in [
        ("machine.host_name", Text::cleaned(&name).ok()),
        ("machine.os_name", claims.unit.clone()),
    ] {
        if let Some((key, value)) = FactKey::named(key).zip(value) {
            facts.insert(key, Reading::new(Fact::Known(Value::Text(value)), "etc"));
        }
    }
    vec![Observation {
        topic: Topic::Machine,
        observed_at: now,
        outcome: Outcome::Observed(facts),
    }]
}
