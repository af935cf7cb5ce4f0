//! Each fact down to what an agent saw.

use std::collections::BTreeMap;

use report::catalogue::{Field, Kind, Origin};
use report::fact::Record;
use report::{Bilingual, Clock, Fact, FactKey, Outcome, Reading, Text, Topic, Value};

use super::{Basis, FactReason, FieldSighting, Sighting, Teller};
use crate::machine::Kept;
use crate::machine::view::Seen;
use crate::policy::derive::in_our_time;
use crate::policy::derive::inputs::inputs;
use crate::policy::facts::Finding;
use crate::policy::requirement::exists;
use crate::policy::words;
use crate::register::ReportsBy;

impl Teller<'_, '_, '_> {
    /// Adds a fact and those it was derived from.
    pub(super) fn gather(&self, name: &str, facts: &mut BTreeMap<String, FactReason>) {
        let Some(key) = FactKey::named(name).filter(|key| !facts.contains_key(key.name())) else {
            return;
        };
        let fact = self.fact(key);
        let named = fact.inputs().to_vec();
        facts.insert(name.to_owned(), fact);
        for input in named {
            self.gather(&input, facts);
        }
    }

    fn fact(&self, key: FactKey) -> FactReason {
        let spec = key.spec();
        FactReason {
            meaning: words::both(|lang| spec.meaning(lang).to_owned()),
            found: self.words(self.bench.facts.get(key), spec.kind),
            from: match spec.origin {
                Origin::Agent(topic) => self.seen(key, topic),
                Origin::Derived => {
                    Basis::Derived { steps: self.steps(key), facts: self.inputs(key) }
                }
            },
        }
    }

    /// What a fact is derived from, as far as it can exist on the machine's system.
    fn inputs(&self, key: FactKey) -> Vec<String> {
        let os = self.bench.setting.os;
        let exists = |input: &&FactKey| exists(**input, os);
        inputs(key).iter().filter(exists).map(|input| input.name().to_owned()).collect()
    }

    /// What the report that is kept says of a fact.
    fn seen(&self, key: FactKey, topic: Topic) -> Basis {
        let Some(kept) = self.machine.and_then(|machine| machine.topics.get(&topic)) else {
            return Basis::Unreported;
        };
        match &kept.observation.outcome {
            Outcome::Observed(facts) => match facts.get(&key) {
                Some(reading) => Basis::Seen(self.sighting(key, topic, kept, Some(reading))),
                None => Basis::Unreported,
            },
            Outcome::NotApplicable(_) | Outcome::Failed(_) => {
                Basis::Seen(self.sighting(key, topic, kept, None))
            }
        }
    }

    /// Without a reading: the topic as a whole was not observed.
    fn sighting(
        &self,
        key: FactKey,
        topic: Topic,
        kept: &Kept,
        reading: Option<&Reading>,
    ) -> Sighting {
        let spec = key.spec();
        // What always changes stands in no heartbeat.
        let last_seen_at = if spec.volatile { kept.seen_at() } else { kept.last_seen_at() };
        let found = self.bench.facts.get(key);
        let (targets, reports) = (&self.bench.set.targets, ReportsBy::of(self.bench.row));
        Sighting {
            topic: topic.name().to_owned(),
            said: reading.map_or_else(
                || self.words(found, spec.kind),
                |reading| self.said(&reading.fact, kept.skew, spec.kind),
            ),
            source: reading.and_then(source),
            records: reading.map(|one| self.records(one, spec.kind, kept.skew)).unwrap_or_default(),
            seen_at: kept.seen_at(),
            confirmed_at: kept.confirmed_at.filter(|_| !spec.volatile),
            stale_after: targets.speaks_until(reports, last_seen_at, spec.stale_after),
            received_at: kept.received_at,
            corrected_by: Some(kept.skew)
                .filter(|skew| *skew != 0 && reading.is_some_and(|one| is_by_its_clock(&one.fact))),
        }
    }

    fn records(&self, reading: &Reading, kind: Kind, skew: i64) -> Vec<Vec<FieldSighting>> {
        let (Fact::Known(Value::Records(records)), Kind::Records(fields)) = (&reading.fact, kind)
        else {
            return Vec::new();
        };
        records.iter().map(|record| self.record(record, fields, skew)).collect()
    }

    fn record(&self, record: &Record, fields: &[Field], skew: i64) -> Vec<FieldSighting> {
        let reported = fields.iter().filter_map(|field| Some((field, record.0.get(field.name)?)));
        let sighting = |(field, reading): (&Field, &Reading)| FieldSighting {
            field: field.name.to_owned(),
            meaning: words::both(|lang| field.meaning(lang).to_owned()),
            said: self.said(&reading.fact, skew, field.kind),
            source: source(reading),
        };
        reported.map(sighting).collect()
    }

    /// A fact as it was reported, in the collector's time.
    fn said(&self, fact: &Fact, skew: i64, kind: Kind) -> Bilingual {
        self.words(in_our_time(Seen::of(fact), skew), kind)
    }

    pub(super) fn words(&self, finding: Finding<'_>, kind: Kind) -> Bilingual {
        words::both(|lang| words::finding(finding, kind, self.bench.instants(), lang))
    }
}

fn source(reading: &Reading) -> Option<String> {
    reading.source.as_ref().map(Text::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Whether a fact, or one of its records, tells a moment by the machine's own clock.
fn is_by_its_clock(fact: &Fact) -> bool {
    match fact {
        Fact::Known(Value::Moment(moment)) => moment.clock == Clock::Machine,
        Fact::Known(Value::Records(records)) => records
            .iter()
            .flat_map(|record| record.0.values())
            .any(|reading| is_by_its_clock(&reading.fact)),
        Fact::Known(Value::Text(_) | Value::Choice(_) | Value::Bool(_) | Value::Count(_))
        | Fact::Absent
        | Fact::Unknown(_) => false,
    }
}
