//! What everyone was judged from: one line of JSON for each machine, packed.

use std::collections::BTreeMap;
use std::io::{self, BufRead as _, BufReader, Write as _};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use report::{MachineId, Timestamp, Topic, wire};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::fleet::Fleet;
use crate::machine::{Contact, Kept, Machine, Standing};

/// One machine.
#[derive(Serialize, Deserialize)]
struct Line {
    id: MachineId,
    row: Option<String>,
    token_unit: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    clone_of: Option<MachineId>,
    standing: String,
    enrolled_at: Timestamp,
    contact_at: Timestamp,
    contact_skew: i64,
    pending_since: Option<Timestamp>,
    topics: BTreeMap<String, Seen>,
}

/// One topic of it.
#[derive(Serialize, Deserialize)]
struct Seen {
    body: Value,
    received_at: Timestamp,
    skew: i64,
    in_last_report: bool,
    confirmed_at: Option<Timestamp>,
}

/// Packs every machine, in the order of enrolment. The same machines give the same bytes.
///
/// # Errors
/// When packing fails, for want of memory.
pub fn pack(fleet: &Fleet) -> io::Result<Vec<u8>> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    for slot in fleet.slots() {
        serde_json::to_writer(&mut packed, &Line::of(fleet.at(slot).unpack()))?;
        packed.write_all(b"\n")?;
    }
    packed.finish()
}

/// The machines again.
///
/// # Errors
/// What cannot be read, and why.
pub fn unpack(packed: &[u8]) -> Result<Fleet, String> {
    let mut fleet = Fleet::default();
    for (number, line) in (1..).zip(BufReader::new(GzDecoder::new(packed)).lines()) {
        let fault = |why: &dyn std::fmt::Display| format!("line {number} of the inputs: {why}");
        let line = line.map_err(|error| fault(&error))?;
        let line: Line = serde_json::from_str(&line).map_err(|error| fault(&error))?;
        fleet.push(line.machine().ok_or_else(|| fault(&"an unknown standing"))?);
    }
    Ok(fleet)
}

impl Line {
    fn of(machine: Machine) -> Self {
        let topics = machine.topics.into_iter();
        Self {
            id: machine.id,
            row: machine.row,
            token_unit: machine.token_unit,
            clone_of: machine.clone_of,
            standing: machine.standing.name().to_owned(),
            enrolled_at: machine.enrolled_at,
            contact_at: machine.last_contact.at,
            contact_skew: machine.last_contact.skew,
            pending_since: machine.security_pending_since,
            topics: topics
                .map(|(topic, kept)| (topic.name().to_owned(), Seen::of(&kept)))
                .collect(),
        }
    }

    fn machine(self) -> Option<Machine> {
        // A topic that a later version no longer knows is no longer judged.
        let topics = self.topics.into_iter().filter_map(|(name, seen)| {
            let topic = Topic::from_name(&name)?;
            Some((topic, seen.kept(topic)))
        });
        Some(Machine {
            id: self.id,
            row: self.row,
            token_unit: self.token_unit,
            clone_of: self.clone_of,
            standing: Standing::from_name(&self.standing)?,
            enrolled_at: self.enrolled_at,
            last_contact: Contact { at: self.contact_at, skew: self.contact_skew },
            topics: topics.collect(),
            security_pending_since: self.pending_since,
        })
    }
}

impl Seen {
    fn of(kept: &Kept) -> Self {
        Self {
            body: wire::topic_json(&kept.observation),
            received_at: kept.received_at,
            skew: kept.skew,
            in_last_report: kept.in_last_report,
            confirmed_at: kept.confirmed_at,
        }
    }

    fn kept(self, topic: Topic) -> Kept {
        let body = self.body.to_string();
        Kept {
            observation: wire::decode_topic(topic, &body, self.received_at).observation,
            received_at: self.received_at,
            skew: self.skew,
            in_last_report: self.in_last_report,
            confirmed_at: self.confirmed_at,
        }
    }
}
