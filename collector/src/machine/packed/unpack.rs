//! The bytes of a topic become what they were written from.

use report::fact::{Ignorance, Record};
use report::observation::Facts;
use report::{Fact, FactKey, Outcome, Reading, Reason, Text, Value};

use super::bytes::Bytes;
use super::head::Came;
use super::outline::{self, Mark};
use super::read::{Key, PackedRecords, Readings, obstacle, word};
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
    let (outline, readings) = Readings::open(body, key);
    let sources = Sources(outline::sources(outline));
    let readings = sources.readings(readings).into_iter();
    readings.filter_map(|(slot, reading)| Some((FactKey::at(slot)?, reading))).collect()
}

/// The sources that the marks of an outline name.
struct Sources<'m>(Vec<&'m str>);

impl Sources<'_> {
    fn readings(&self, mut readings: Readings<'_>) -> Vec<(usize, Reading)> {
        let mut read = Vec::new();
        while let Some(mark) = readings.mark() {
            let number = mark.source.checked_sub(1);
            let source = number.and_then(|place| text(self.0.get(place)?));
            read.push((mark.slot, Reading { fact: self.fact(&mut readings, mark), source }));
        }
        read
    }

    fn fact(&self, readings: &mut Readings<'_>, mark: Mark) -> Fact {
        let mut again = *readings;
        match readings.seen(mark) {
            Seen::Known(datum) => {
                self.value(datum, || again.records(mark)).map_or(MISFIT, Fact::Known)
            }
            Seen::Absent => Fact::Absent,
            Seen::Unknown(obstacle) => Fact::Unknown(ignorance(obstacle)),
        }
    }

    fn value<'m>(
        &self,
        datum: Datum<'m>,
        records: impl FnOnce() -> Option<PackedRecords<'m>>,
    ) -> Option<Value> {
        Some(match datum {
            Datum::Text(known) => Value::Text(text(known)?),
            Datum::Choice(word) => Value::Choice(word),
            Datum::Bool(yes) => Value::Bool(yes),
            Datum::Count(count) => Value::Count(count),
            Datum::Moment(moment) => Value::Moment(moment),
            Datum::Records(_) => {
                Value::Records(records()?.map(|record| self.record(record.0)).collect())
            }
        })
    }

    fn record(&self, readings: Readings<'_>) -> Record {
        let fields = readings.columns.fields();
        let readings = self.readings(readings).into_iter();
        let named = readings.filter_map(|(slot, reading)| Some((fields.get(slot)?.name, reading)));
        Record(named.collect())
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
