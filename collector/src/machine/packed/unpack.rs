//! The bytes of a topic become what they were written from.

use std::collections::BTreeMap;

use report::fact::{Ignorance, Record};
use report::observation::Facts;
use report::{Fact, FactKey, Outcome, Reading, Reason, Text, Value};

use super::bytes::Bytes;
use super::head::Came;
use super::outline;
use super::read::{Key, PackedRecords, RawReading, Readings, obstacle, open, word};
use crate::machine::view::{Datum, Obstacle, Seen};

/// What came of looking.
pub(super) fn outcome(came: Came, mut bytes: Bytes<'_>, key: Key<'_>) -> Outcome {
    match came {
        Came::Failed => Outcome::Failed(ignorance(obstacle(&mut bytes, key.lexicon))),
        Came::NotApplicable => text(key.lexicon.text(word(&mut bytes))).map_or_else(
            || Outcome::Failed(Ignorance { reason: Reason::ParseError, detail: None }),
            Outcome::NotApplicable,
        ),
        Came::Observed => Outcome::Observed(facts(bytes, key)),
    }
}

fn facts(body: Bytes<'_>, key: Key<'_>) -> Facts {
    let (outline, readings) = open(body, key.lexicon);
    let unpacker = Unpacker { key, sources: outline::sources(outline) };
    let readings = unpacker.readings(readings);
    readings.filter_map(|(slot, reading)| Some((FactKey::at(slot)?, reading))).collect()
}

struct Unpacker<'m> {
    key: Key<'m>,
    sources: Vec<&'m str>,
}

impl<'m> Unpacker<'m> {
    fn readings(&self, readings: Readings<'m>) -> impl Iterator<Item = (usize, Reading)> {
        readings.map(|reading| {
            let number = reading.mark.source.checked_sub(1);
            let source = number.and_then(|place| text(self.sources.get(place)?));
            (reading.mark.slot, Reading { fact: self.fact(reading), source })
        })
    }

    fn fact(&self, reading: RawReading<'m>) -> Fact {
        match reading.seen(self.key) {
            Seen::Known(datum) => self.value(datum, reading).map_or(MISFIT, Fact::Known),
            Seen::Absent => Fact::Absent,
            Seen::Unknown(obstacle) => Fact::Unknown(ignorance(obstacle)),
        }
    }

    fn value(&self, datum: Datum<'m>, reading: RawReading<'m>) -> Option<Value> {
        Some(match datum {
            Datum::Text(known) => Value::Text(text(known)?),
            Datum::Choice(word) => Value::Choice(word),
            Datum::Bool(yes) => Value::Bool(yes),
            Datum::Count(count) => Value::Count(count),
            Datum::Moment(moment) => Value::Moment(moment),
            Datum::Records(_) => Value::Records(self.records(reading.records(self.key)?)),
        })
    }

    fn records(&self, records: PackedRecords<'m>) -> Vec<Record> {
        let fields = records.fields;
        let record = |readings| {
            let readings = self.readings(readings);
            readings
                .filter_map(|(slot, reading)| Some((fields.get(slot)?.name, reading)))
                .collect::<BTreeMap<_, _>>()
        };
        records.map(|packed| Record(record(packed.readings))).collect()
    }
}

const MISFIT: Fact = Fact::Unknown(Ignorance { reason: Reason::ParseError, detail: None });

fn ignorance(obstacle: Obstacle<'_>) -> Ignorance {
    Ignorance { reason: obstacle.reason, detail: obstacle.detail.and_then(text) }
}

/// Only texts were written, so only texts are read.
fn text(text: &str) -> Option<Text> {
    Text::new(text).ok()
}
