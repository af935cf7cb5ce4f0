//! The wire form, N = 1: JSON bodies and their limits.
//!
//! The envelope of a report is closed: a field it does not know is refused by name. The facts
//! inside it are open: a topic or a key that is not in the [catalogue](crate::catalogue) is kept,
//! not judged, and named in the reply, and a known key of the wrong kind fails its topic, never
//! the report. So an agent may be newer than its collector, and a broken probe silences nothing.

use std::collections::BTreeMap;

use serde::de::{DeserializeOwned, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json, json};

use crate::catalogue::{FactKey, Field, Kind, Origin, Topic};
use crate::fact::{Fact, Ignorance, Reading, Reason, Record, Value};
use crate::machine::{Fingerprint, MachineId};
use crate::moment::Timestamp;
use crate::observation::{Facts, Observation, Outcome};
use crate::report::Report;
use crate::text::Text;
use crate::verdict::Verdict;

/// The version of the wire form this build speaks.
pub const WIRE: u16 = 1;
/// The largest body of a report, in bytes of JSON.
pub const MAX_BODY_BYTES: usize = 32 * 1024;
/// The largest body of an enrolment or a renewal, in bytes.
pub const MAX_ENROL_BYTES: usize = 8 * 1024;
/// The most facts one report may carry.
pub const MAX_FACTS: usize = 256;
/// The most records one fact may hold.
pub const MAX_RECORDS: usize = 64;
/// The deepest nesting of a body.
pub const MAX_DEPTH: usize = 10;
/// How many names the reply lists of what was not judged.
const MAX_UNJUDGED_NAMES: usize = 32;

/// Where reports are posted.
pub const REPORTS_PATH: &str = "/v1/reports";
/// Where machines enrol.
pub const ENROL_PATH: &str = "/v1/enrol";
/// Where identities are renewed.
pub const RENEW_PATH: &str = "/v1/renew";
/// The ALPN protocol that reaches [`ENROL_PATH`] and nothing else.
pub const ENROL_ALPN: &[u8] = b"lachan-enrol/1";
/// The ALPN protocol that reaches [`RENEW_PATH`] and nothing else.
pub const RENEW_ALPN: &[u8] = b"lachan-renew/1";
/// The port the collector's agents' listener has unless told otherwise.
pub const DEFAULT_PORT: u16 = 7443;

/// The shortest and longest time between two contacts an agent lets itself be told, in seconds.
pub const CONTACT_RANGE: std::ops::RangeInclusive<u32> = 60..=6 * 3600;

/// Why a body is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// It is not JSON, or not of the right shape.
    #[error("the body is not a report: {0}")]
    Malformed(String),
    /// The envelope has a field this version does not know.
    #[error("unknown field `{0}` in the envelope")]
    UnknownField(String),
    /// A field stands twice.
    #[error("field `{0}` stands twice")]
    DuplicateField(String),
    /// A field is missing.
    #[error("field `{0}` is missing")]
    MissingField(&'static str),
    /// The body speaks another version.
    #[error("wire {0} is not spoken here: this side speaks {WIRE}")]
    Version(u64),
    /// More than [`MAX_BODY_BYTES`].
    #[error("the body is larger than {MAX_BODY_BYTES} bytes")]
    TooLarge,
    /// Nested deeper than [`MAX_DEPTH`].
    #[error("the body is nested deeper than {MAX_DEPTH}")]
    TooDeep,
    /// More than [`MAX_FACTS`].
    #[error("the report carries more than {MAX_FACTS} facts")]
    TooManyFacts,
}

impl WireError {
    /// The name in `lachan_refusals_total{reason}` and in the reply.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::UnknownField(_) => "unknown_field",
            Self::DuplicateField(_) => "duplicate_field",
            Self::MissingField(_) => "missing_field",
            Self::Version(_) => "wire_version",
            Self::TooLarge => "too_large",
            Self::TooDeep => "too_deep",
            Self::TooManyFacts => "too_many_facts",
        }
    }
}

/// A report as it came in.
#[derive(Debug)]
pub struct ReceivedReport {
    /// What it says, in the catalogue's terms.
    pub report: Report,
    /// Every topic as it stood in the body, known or not, to be kept.
    pub bodies: BTreeMap<String, Box<RawValue>>,
    /// Topics and keys that are not in the catalogue.
    pub unjudged: Vec<String>,
}

/// The body of a report.
#[must_use]
pub fn encode_report(report: &Report) -> String {
    json!({
        "wire": WIRE,
        "machine": report.machine,
        "agent": report.agent,
        "fingerprint": report.fingerprint,
        "incarnation": report.incarnation,
        "sequence": report.sequence,
        "sent_at": report.sent_at,
        "topics": topics_json(&report.observations),
    })
    .to_string()
}

/// The topics of a report, as they stand in its body: what `survey --json` shows.
#[must_use]
pub fn topics_json(observations: &[Observation]) -> Json {
    observations
        .iter()
        .map(|observation| (observation.topic.name().to_owned(), topic_json(observation)))
        .collect::<Map<_, _>>()
        .into()
}

/// Reads the body of a report.
///
/// # Errors
/// When a limit is passed or the envelope is not exactly the one of this version. What is wrong
/// inside one topic fails that topic only.
pub fn decode_report(body: &[u8]) -> Result<ReceivedReport, WireError> {
    if body.len() > MAX_BODY_BYTES {
        return Err(WireError::TooLarge);
    }
    check_depth(body)?;
    let mut envelope = Envelope::read(body)?;
    envelope.version()?;
    let bodies: UniqueMap<Box<RawValue>> = envelope.take("topics")?;
    let sent_at = envelope.take("sent_at")?;

    let mut observations = Vec::new();
    let mut unjudged = Vec::new();
    let mut facts = 0;
    for (name, body) in &bodies.0 {
        let Some(topic) = Topic::from_name(name) else {
            unjudged.push(name.clone());
            continue;
        };
        let received = decode_topic(topic, body.get(), sent_at);
        facts += received.facts;
        unjudged.extend(received.unjudged);
        observations.push(received.observation);
    }
    if facts > MAX_FACTS {
        return Err(WireError::TooManyFacts);
    }
    unjudged.truncate(MAX_UNJUDGED_NAMES);
    let report = Report {
        machine: envelope.take("machine")?,
        agent: envelope.take("agent")?,
        fingerprint: envelope.take("fingerprint")?,
        incarnation: envelope.take("incarnation")?,
        sequence: envelope.take("sequence")?,
        sent_at,
        observations,
    };
    envelope.finish()?;
    Ok(ReceivedReport { report, bodies: bodies.0, unjudged })
}

/// One topic as it was received.
#[derive(Debug)]
pub struct ReceivedTopic {
    /// What it says, in the catalogue's terms.
    pub observation: Observation,
    /// Keys that are not in the catalogue.
    pub unjudged: Vec<String>,
    /// How many facts the body holds, known or not.
    facts: usize,
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
        Kind::Text => from_raw(body).map(Value::Text),
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

/// An object whose every field must be asked for by name.
struct Envelope(BTreeMap<String, Box<RawValue>>);

impl Envelope {
    fn read(body: &[u8]) -> Result<Self, WireError> {
        let map: UniqueMap<Box<RawValue>> =
            serde_json::from_slice(body).map_err(|error| malformed(&error))?;
        Ok(Self(map.0))
    }

    fn version(&mut self) -> Result<(), WireError> {
        match self.take::<u64>("wire")? {
            version if version == u64::from(WIRE) => Ok(()),
            version => Err(WireError::Version(version)),
        }
    }

    fn has(&self, field: &str) -> bool {
        self.0.contains_key(field)
    }

    fn take<T: DeserializeOwned>(&mut self, field: &'static str) -> Result<T, WireError> {
        let body = self.0.remove(field).ok_or(WireError::MissingField(field))?;
        serde_json::from_str(body.get()).map_err(|error| match malformed(&error) {
            WireError::Malformed(why) => WireError::Malformed(format!("{field}: {why}")),
            other => other,
        })
    }

    fn finish(self) -> Result<(), WireError> {
        match self.0.into_keys().next() {
            Some(field) => Err(WireError::UnknownField(field)),
            None => Ok(()),
        }
    }
}

const DUPLICATE: &str = "duplicate field ";

fn malformed(error: &serde_json::Error) -> WireError {
    let message = error.to_string();
    match message.strip_prefix(DUPLICATE).and_then(|rest| rest.split('`').nth(1)) {
        Some(field) => WireError::DuplicateField(field.to_owned()),
        None => WireError::Malformed(message),
    }
}

/// A JSON object in which no key stands twice. JSON itself allows that, and two readers that
/// resolve it differently can be played against each other.
struct UniqueMap<T>(BTreeMap<String, T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for UniqueMap<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct UniqueVisitor<T>(std::marker::PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for UniqueVisitor<T> {
            type Value = UniqueMap<T>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
                let mut map = BTreeMap::new();
                while let Some((key, value)) = access.next_entry::<String, T>()? {
                    if map.contains_key(&key) {
                        return Err(serde::de::Error::custom(format!("{DUPLICATE}`{key}`")));
                    }
                    map.insert(key, value);
                }
                Ok(UniqueMap(map))
            }
        }

        deserializer.deserialize_map(UniqueVisitor(std::marker::PhantomData))
    }
}

/// Counts brackets outside strings before anything is built from them.
fn check_depth(body: &[u8]) -> Result<(), WireError> {
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut escaped = false;
    for byte in body {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(WireError::TooDeep);
                }
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

/// What the collector answers to a report. Agents ignore fields they do not know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportReply {
    /// The newest version the collector speaks.
    pub wire: u16,
    /// The collector's clock.
    pub received_at: Timestamp,
    /// When to come back, in seconds.
    pub next_contact_seconds: u32,
    /// What the collector makes of the machine.
    pub verdict: Verdict,
    /// Topics and keys that were kept and not judged.
    pub unjudged: Vec<String>,
}

/// What a machine says to join.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnrolRequest {
    /// The version it speaks.
    pub wire: u16,
    /// The join token's secret.
    pub secret: String,
    /// PKCS #10 in PEM; only its public key is used.
    pub csr: String,
    /// The hardware it runs on.
    pub fingerprint: Fingerprint,
    /// What it says of itself, to find its row in the register.
    pub claims: Claims,
}

/// What a machine says of itself when it joins.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// Serial number of the hardware.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<Text>,
    /// Asset tag set in the firmware.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asset_tag: Option<Text>,
    /// Host name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_name: Option<Text>,
}

/// What a machine says to stay in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RenewRequest {
    /// The version it speaks.
    pub wire: u16,
    /// PKCS #10 in PEM; only its public key is used.
    pub csr: String,
    /// The hardware it runs on: must be the one that enrolled.
    pub fingerprint: Fingerprint,
}

/// An identity, as enrolment and renewal answer it. Agents ignore fields they do not know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityReply {
    /// The newest version the collector speaks.
    pub wire: u16,
    /// The machine's name from now on.
    pub machine: MachineId,
    /// The certificate, PEM.
    pub certificate: String,
    /// The collector CAs to trust from now on, PEM.
    pub anchors: String,
    /// The collector's clock.
    pub received_at: Timestamp,
}

/// Why a request was refused. Agents ignore fields they do not know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// A word for programs; the label of `lachan_refusals_total`.
    pub reason: String,
    /// A sentence for people.
    pub message: String,
    /// The newest version the collector speaks.
    pub wire: u16,
}

#[cfg(test)]
mod tests;
