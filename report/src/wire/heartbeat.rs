//! The shortest contact: nothing has changed.

use serde_json::json;

use super::envelope::{Envelope, check_depth};
use super::{MAX_HEARTBEAT_BYTES, WIRE, WireError};
use crate::machine::{FactsDigest, Fingerprint, Incarnation, MachineId, Sequence};
use crate::moment::Timestamp;

/// *A survey that began at `observed_at` came to the same as the last report*, in every topic, what
/// it could not see included. No survey, no heartbeat: it moves the moment the facts were observed,
/// and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heartbeat {
    /// Whose it claims to be; the certificate decides.
    pub machine: MachineId,
    /// The hardware the agent runs on.
    pub fingerprint: Fingerprint,
    /// The agent process that speaks.
    pub incarnation: Incarnation,
    /// Which contact of this identity it is: reports and heartbeats share one row of numbers.
    pub sequence: Sequence,
    /// The machine's clock when it was sent.
    pub sent_at: Timestamp,
    /// When the survey began, by the machine's clock.
    pub observed_at: Timestamp,
    /// The digest by which the collector's reply named the report whose facts these are.
    pub digest: FactsDigest,
}

/// The body of a heartbeat.
#[must_use]
pub fn encode_heartbeat(heartbeat: &Heartbeat) -> String {
    json!({
        "wire": WIRE,
        "machine": heartbeat.machine,
        "fingerprint": heartbeat.fingerprint,
        "incarnation": heartbeat.incarnation,
        "sequence": heartbeat.sequence,
        "sent_at": heartbeat.sent_at,
        "observed_at": heartbeat.observed_at,
        "digest": heartbeat.digest,
    })
    .to_string()
}

/// Reads the body of a heartbeat.
///
/// # Errors
/// When a limit is passed or it is not exactly the envelope of this version.
pub fn decode_heartbeat(body: &[u8]) -> Result<Heartbeat, WireError> {
    if body.len() > MAX_HEARTBEAT_BYTES {
        return Err(WireError::TooLarge);
    }
    check_depth(body)?;
    let mut envelope = Envelope::read(body)?;
    envelope.version()?;
    let heartbeat = Heartbeat {
        machine: envelope.take("machine")?,
        fingerprint: envelope.take("fingerprint")?,
        incarnation: envelope.take("incarnation")?,
        sequence: envelope.take("sequence")?,
        sent_at: envelope.take("sent_at")?,
        observed_at: envelope.take("observed_at")?,
        digest: envelope.take("digest")?,
    };
    envelope.finish()?;
    Ok(heartbeat)
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;

    use super::*;

    const GOLDEN: &str = include_str!("../../golden/heartbeat-1.json");

    fn golden() -> Heartbeat {
        Heartbeat {
            machine: MachineId::from_bytes([0x11; 16]),
            fingerprint: Fingerprint::from_bytes([0x22; 32]),
            incarnation: Incarnation::from_bytes([0x33; 16]),
            sequence: Sequence(8),
            sent_at: Timestamp(1_795_300_900),
            observed_at: Timestamp(1_795_300_899),
            digest: FactsDigest::from_bytes([0x44; 32]),
        }
    }

    fn changed(change: impl FnOnce(&mut Json)) -> Result<Heartbeat, WireError> {
        let mut body: Json = serde_json::from_str(GOLDEN).unwrap();
        change(&mut body);
        decode_heartbeat(body.to_string().as_bytes())
    }

    #[test]
    fn the_golden_heartbeat_is_what_this_version_writes_and_reads() {
        let written: Json = serde_json::from_str(&encode_heartbeat(&golden())).unwrap();
        assert_eq!(written, serde_json::from_str::<Json>(GOLDEN).unwrap());
        assert_eq!(decode_heartbeat(GOLDEN.as_bytes()), Ok(golden()));
    }

    #[test]
    fn the_envelope_is_closed() {
        let with = |field: &str| changed(|body| body[field] = 1.into());
        assert_eq!(with("topics"), Err(WireError::UnknownField("topics".to_owned())));
        assert_eq!(changed(|body| body["wire"] = 2.into()), Err(WireError::Version(2)));
        let without = changed(|body| {
            body.as_object_mut().unwrap().remove("digest");
        });
        assert_eq!(without, Err(WireError::MissingField("digest")));
        let long = changed(|body| body["topics"] = "x".repeat(MAX_HEARTBEAT_BYTES).into());
        assert_eq!(long, Err(WireError::TooLarge));
    }
}
