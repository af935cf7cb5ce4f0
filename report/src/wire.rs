//! The wire form, N = 1: JSON bodies and their limits.
//!
//! The envelope of a report is closed: a field it does not know is refused by name. The facts
//! inside it are open: a topic or a key that is not in the [catalogue](crate::catalogue) is kept,
//! not judged, and named in the reply, and a known key of the wrong kind fails its topic, never
//! the report. So an agent may be newer than its collector, and a broken probe silences nothing.

mod envelope;
mod heartbeat;
mod topic;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json, json};

use crate::catalogue::Topic;
use crate::machine::{FactsDigest, Fingerprint, MachineId};
use crate::moment::Timestamp;
use crate::observation::Observation;
use crate::report::Report;
use crate::text::Text;
use crate::verdict::Verdict;
use envelope::{Envelope, UniqueMap, check_depth};
pub use heartbeat::{Heartbeat, decode_heartbeat, encode_heartbeat};
pub use topic::{ReceivedTopic, decode_topic, topic_json};

/// The version of the wire form this build speaks.
pub const WIRE: u16 = 1;
/// The largest body of a report, in bytes of JSON.
pub const MAX_BODY_BYTES: usize = 32 * 1024;
/// The largest body of an enrolment or a renewal, in bytes.
pub const MAX_ENROL_BYTES: usize = 8 * 1024;
/// The largest body of a heartbeat, in bytes of JSON.
pub const MAX_HEARTBEAT_BYTES: usize = 2 * 1024;
/// The most facts one report may carry.
pub const MAX_FACTS: usize = 256;
/// The most topics one report may carry, known or not.
pub const MAX_TOPICS: usize = 32;
/// The most records one fact may hold.
pub const MAX_RECORDS: usize = 64;
/// The deepest nesting of a body.
pub const MAX_DEPTH: usize = 10;
/// How many names the reply lists of what was not judged.
const MAX_UNJUDGED_NAMES: usize = 32;

/// Where reports are posted.
pub const REPORTS_PATH: &str = "/v1/reports";
/// Where heartbeats are posted.
pub const HEARTBEATS_PATH: &str = "/v1/heartbeats";
/// Where the collector's time is asked for, by a machine that has lost its own.
pub const CLOCK_PATH: &str = "/v1/clock";
/// Where machines enrol.
pub const ENROL_PATH: &str = "/v1/enrol";
/// Where identities are renewed.
pub const RENEW_PATH: &str = "/v1/renew";
/// The ALPN protocol that reaches [`ENROL_PATH`] and nothing else.
pub const ENROL_ALPN: &[u8] = b"lachan-enrol/1";
/// The ALPN protocol that reaches [`RENEW_PATH`] and [`CLOCK_PATH`] and nothing else.
pub const RENEW_ALPN: &[u8] = b"lachan-renew/1";
/// The port the collector's agents' listener has unless told otherwise.
pub const DEFAULT_PORT: u16 = 7443;

/// The shortest and longest time between two contacts an agent lets itself be told, in seconds.
pub const CONTACT_RANGE: std::ops::RangeInclusive<u32> = 60..=6 * 3600;

/// How many reports a collector takes at once from one machine that comes back after a long time:
/// so many an agent keeps, and so many it sends in a row.
pub const REPORT_BURST: usize = 10;

/// The [reason](Problem::reason) of a heartbeat that is answered with: send the report.
pub const REPORT_WANTED: &str = "report_wanted";

/// The [reasons](Problem::reason) of refusals that mean a machine's identity and nothing it says:
/// until an officer acts, every other report is refused as well. They come with status 403.
pub const SHUT_OUT: [&str; 4] = ["revoked", "superseded", "unknown_certificate", "issuer_retired"];

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
    /// More than [`MAX_FACTS`], or more topics than [`MAX_TOPICS`].
    #[error("the report carries more than {MAX_FACTS} facts or {MAX_TOPICS} topics")]
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
    /// Topics and keys that are not in the catalogue: the first of them.
    pub unjudged: Vec<String>,
    /// How many there are in all.
    pub unjudged_count: usize,
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
    if bodies.0.len() > MAX_TOPICS {
        return Err(WireError::TooManyFacts);
    }
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
    let unjudged_count = unjudged.len();
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
    Ok(ReceivedReport { report, bodies: bodies.0, unjudged, unjudged_count })
}

/// What the collector answers to a report and to a heartbeat. Agents ignore fields they do not
/// know.
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
    /// What the collector calls the facts it now has. A heartbeat names them so: a collector that
    /// does not know all of an agent's facts could not compute the agent's own digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<FactsDigest>,
    /// Whether the machine should renew its certificate now, however long that is still good: the
    /// authority that issued it is being replaced.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub renew: bool,
}

/// What a machine says that asks for the time, and nothing more: its clock is so wrong that no
/// certificate seems to be in its dates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockRequest {
    /// The version it speaks.
    pub wire: u16,
    /// The machine's clock.
    pub sent_at: Timestamp,
}

/// The answer to a [`ClockRequest`]. Agents ignore fields they do not know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockReply {
    /// The newest version the collector speaks.
    pub wire: u16,
    /// The collector's clock.
    pub now: Timestamp,
}

/// What a machine says to join. It holds a secret, so it has no `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
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
