//! What the machine's administrator says of unit, system and level: a claim, never more.

use report::{Fact, Outcome, Text, Value};
use serde::{Deserialize, Serialize};

use super::Context;
use super::findings::{Findings, count};
use crate::host::Host;

/// Where the claims come from, as far as the report is concerned.
const SOURCE: &str = "configuration";

/// What the agent's configuration claims.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssignmentClaims {
    /// The unit's id in the register.
    pub unit: Option<Text>,
    /// The information system's id in the register.
    pub system: Option<Text>,
    /// The level of that system.
    pub level: Option<u8>,
}

/// Repeats the claims; the collector's register decides. What is not claimed is absent.
pub fn probe(_host: &Host, context: &Context<'_>) -> Outcome {
    let claims = context.claims;
    let text = |claim: &Option<Text>| claim.clone().map_or(Fact::Absent, known_text);
    let mut findings = Findings::default();
    findings.add("assignment.unit", text(&claims.unit), SOURCE);
    findings.add("assignment.system", text(&claims.system), SOURCE);
    let level = claims.level.map(|level| count(level.into()));
    findings.add("assignment.level", level.unwrap_or(Fact::Absent), SOURCE);
    findings.observed()
}

fn known_text(text: Text) -> Fact {
    Fact::Known(Value::Text(text))
}

#[cfg(test)]
mod tests {
    use report::{FactKey, Timestamp};

    use super::*;

    #[test]
    fn what_is_claimed_is_repeated_and_the_rest_is_absent() {
        let claims = AssignmentClaims {
            unit: Some(Text::new("stp-hn").unwrap()),
            system: None,
            level: Some(3),
        };
        let context = Context { claims: &claims, now: Timestamp(0) };
        let Outcome::Observed(facts) = probe(&Host::live(), &context) else {
            panic!("claims are always observed");
        };
        let fact = |name| facts[&FactKey::named(name).unwrap()].fact.clone();
        assert_eq!(fact("assignment.unit"), known_text(Text::new("stp-hn").unwrap()));
        assert_eq!(fact("assignment.system"), Fact::Absent);
        assert_eq!(fact("assignment.level"), count(3));
    }
}
