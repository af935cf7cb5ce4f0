//! One topic on the wire: its facts with their values, typed by the catalogue.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json, json};

use super::MAX_RECORDS;
use super::envelope::{Envelope, UniqueMap};
use crate::catalogue::{FactKey, Field, Kind, Origin, Topic};
use crate::fact::{Fact, Ignorance, Reading, Reason, Record, Value};
use crate::moment::Timestamp;
use crate::observation::{Facts, Observation, Outcome};
use crate::text::Text;

/// One topic as it was received.
#[derive(Debug)]
pub struct ReceivedTopic {
    /// What it says, in the catalogue's terms.
    pub observation: Observation,
    /// Keys that are not in the catalogue.
    pub unjudged: Vec<String>,
    /// How many facts the body holds, known or not.
    pub(super) facts: usize,
}

/// Reads the body of one topic, now or when it comes back from the store. What cannot be read
/// becomes a failed observation at `otherwise_at`.
#[must_use]
pub fn decode_topic(topic: Topic, body: &str, otherwise_at: Timestamp) -> ReceivedTopic {
    let mut facts = 0;
    let mut unjudged = Vec::new();
    let observation = read_topic(topic, body, &mut facts, &mut unjudged).unwrap_or_else(|why| {
        let outcome = Outcome::Failed(Ignorance::new(Reason::ParseError, &why));
        Observation { topic, observed_at: otherwise_at, outcome }
    });
    ReceivedTopic { observation, unjudged, facts }
}

/// The body of one topic.
#[must_use]
pub fn topic_json(observation: &Observation) -> Json {
    let observed_at = observation.observed_at;
    match &observation.outcome {
        Outcome::Observed(facts) => {
            let facts: Map<_, _> = facts
                .iter()
                .map(|(key, reading)| (key.name().to_owned(), reading_json(reading)))
                .collect();
            json!({ "observed_at": observed_at, "facts": facts })
        }
        Outcome::NotApplicable(why) => json!({ "observed_at": observed_at, "not_applicable": why }),
        Outcome::Failed(Ignorance { reason, detail: None }) => {
            json!({ "observed_at": observed_at, "failed": reason })
        }
        Outcome::Failed(Ignorance { reason, detail: Some(detail) }) => {
            json!({ "observed_at": observed_at, "failed": reason, "detail": detail })
        }
    }
}

fn reading_json(reading: &Reading) -> Json {
    let mut object = Map::new();
    match &reading.fact {
        Fact::Known(value) => {
            object.insert("known".to_owned(), value_json(value));
        }
        Fact::Absent => {
            object.insert("absent".to_owned(), Json::Bool(true));
        }
        Fact::Unknown(Ignorance { reason, detail }) => {
            object.insert("unknown".to_owned(), json!(reason));
            if let Some(detail) = detail {
                object.insert("detail".to_owned(), json!(detail));
            }
        }
    }
    if let Some(source) = &reading.source {
        object.insert("source".to_owned(), json!(source));
    }
    Json::Object(object)
}

fn value_json(value: &Value) -> Json {
    match value {
        Value::Text(text) => json!(text),
        Value::Choice(word) => json!(word),
        Value::Bool(yes) => json!(yes),
        Value::Count(count) => json!(count),
        Value::Moment(moment) => json!(moment),
        Value::Records(records) => records.iter().map(record_json).collect(),
    }
}

fn record_json(record: &Record) -> Json {
    record
        .0
        .iter()
        .map(|(field, reading)| ((*field).to_owned(), reading_json(reading)))
        .collect::<Map<_, _>>()
        .into()
}

fn read_topic(
    topic: Topic,
    body: &str,
    facts: &mut usize,
    unjudged: &mut Vec<String>,
) -> Result<Observation, String> {
    let mut envelope = Envelope::read(body.as_bytes()).map_err(|error| error.to_string())?;
    let outcome = read_outcome(topic, &mut envelope, facts, unjudged);
    let observed_at = envelope.take("observed_at");
    let outcome = outcome.and_then(|outcome| {
        envelope.finish().map_err(|error| error.to_string())?;
        Ok(outcome)
    })?;
    let observed_at = observed_at.map_err(|error| error.to_string())?;
    Ok(Observation { topic, observed_at, outcome })
}

fn read_outcome(
    topic: Topic,
    envelope: &mut Envelope,
    count: &mut usize,
    unjudged: &mut Vec<String>,
) -> Result<Outcome, String> {
    if envelope.has("facts") {
        let bodies: UniqueMap<Box<RawValue>> =
            envelope.take("facts").map_err(|error| error.to_string())?;
        *count = bodies.0.len();
        return read_facts(topic, &bodies.0, unjudged).map(Outcome::Observed);
    }
    if envelope.has("not_applicable") {
        let why = envelope.take("not_applicable").map_err(|error| error.to_string())?;
        return Ok(Outcome::NotApplicable(why));
    }
    let reason = envelope.take("failed").map_err(|error| error.to_string())?;
    let detail = match envelope.has("detail") {
        true => Some(envelope.take("detail").map_err(|error| error.to_string())?),
        false => None,
    };
    Ok(Outcome::Failed(Ignorance { reason, detail }))
}

fn read_facts(
    topic: Topic,
    bodies: &BTreeMap<String, Box<RawValue>>,
    unjudged: &mut Vec<String>,
) -> Result<Facts, String> {
    let mut facts = Facts::new();
    for (name, body) in bodies {
        match FactKey::named(name).filter(|key| key.spec().origin == Origin::Agent(topic)) {
            Some(key) => {
                let reading =
                    read_reading(key.spec().kind, body).map_err(|why| format!("{name}: {why}"))?;
                facts.insert(key, reading);
            }
            None => unjudged.push(name.clone()),
        }
    }
    Ok(facts)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenReading {
    known: Option<Box<RawValue>>,
    absent: Option<bool>,
    unknown: Option<Reason>,
    detail: Option<Text>,
    source: Option<Text>,
}

fn read_reading(kind: Kind, body: &RawValue) -> Result<Reading, String> {
    let written: WrittenReading = from_raw(body)?;
    let fact = match (written.known, written.absent, written.unknown) {
        (Some(value), None, None) => Fact::Known(read_value(kind, &value)?),
        (None, Some(true), None) => Fact::Absent,
        (None, None, Some(reason)) => Fact::Unknown(Ignorance { reason, detail: written.detail }),
        _ => return Err("exactly one of known, absent and unknown is needed".to_owned()),
    };
    Ok(Reading { fact, source: written.source })
}

fn read_value(kind: Kind, body: &RawValue) -> Result<Value, String> {
    match kind {
        Kind::Text | Kind::Version => from_raw(body).map(Value::Text),
        Kind::OneOf(words) => {
            let word: String = from_raw(body)?;
            let known = words.iter().find(|known| **known == word);
            known.map(|known| Value::Choice(known)).ok_or_else(|| format!("unknown word {word:?}"))
        }
        Kind::Bool => from_raw(body).map(Value::Bool),
        Kind::Count => from_raw(body).map(Value::Count),
        Kind::Moment(_) => from_raw(body).map(Value::Moment),
        Kind::Records(fields) => {
            let records: Vec<UniqueMap<Box<RawValue>>> = from_raw(body)?;
            if records.len() > MAX_RECORDS {
                return Err(format!("more than {MAX_RECORDS} records"));
            }
            let records: Result<_, _> =
                records.iter().map(|record| read_record(fields, &record.0)).collect();
            records.map(Value::Records)
        }
    }
}

/// Fields this version does not know are left aside, as unknown keys are.
fn read_record(
    fields: &'static [Field],
    bodies: &BTreeMap<String, Box<RawValue>>,
) -> Result<Record, String> {
    let mut record = Record::default();
    for field in fields {
        if let Some(body) = bodies.get(field.name) {
            let reading =
                read_reading(field.kind, body).map_err(|why| format!("{}: {why}", field.name))?;
            record.0.insert(field.name, reading);
        }
    }
    Ok(record)
}

fn from_raw<T: DeserializeOwned>(body: &RawValue) -> Result<T, String> {
    serde_json::from_str(body.get()).map_err(|error| error.to_string())
}
