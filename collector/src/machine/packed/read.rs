//! The bytes of a topic, read where they lie.

use report::catalogue::Field;
use report::{FactKey, Kind, Moment, Reason, Timestamp};

use super::bytes::Bytes;
use super::outline::{self, Columns, Mark, Shape};
use super::{HAS_DETAIL, Lexicon, Word};
use crate::machine::view::{Datum, Obstacle, Records, Seen};

/// What a reader needs beside the bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key<'m> {
    pub(super) lexicon: &'m Lexicon,
    /// The moment to which those of the topic are relative.
    pub(super) base: Timestamp,
}

/// The facts of a topic.
#[derive(Clone, Copy, Debug)]
pub(in crate::machine) struct PackedFacts<'m> {
    readings: Readings<'m>,
    key: Key<'m>,
}

impl<'m> PackedFacts<'m> {
    pub(super) fn new(body: Bytes<'m>, key: Key<'m>) -> Self {
        let (_, readings) = open(body, key.lexicon);
        Self { readings, key }
    }

    pub(in crate::machine) fn iter(self) -> impl Iterator<Item = (FactKey, Seen<'m>)> {
        self.readings.filter_map(move |reading| {
            Some((FactKey::at(reading.mark.slot)?, reading.seen(self.key)))
        })
    }
}

/// The records of a fact.
#[derive(Clone, Copy, Debug)]
pub(in crate::machine) struct PackedRecords<'m> {
    marks: Bytes<'m>,
    values: Bytes<'m>,
    key: Key<'m>,
    pub(super) fields: &'static [Field],
}

impl<'m> PackedRecords<'m> {
    pub(in crate::machine) fn is_empty(self) -> bool {
        self.marks.is_empty()
    }
}

impl<'m> Iterator for PackedRecords<'m> {
    type Item = PackedRecord<'m>;

    fn next(&mut self) -> Option<PackedRecord<'m>> {
        if self.is_empty() {
            return None;
        }
        let columns = Columns::Fields(self.fields);
        let (marks, values) = (self.marks.nested_ascii(), self.values.nested());
        let readings = Readings { marks, values, columns };
        Some(PackedRecord { readings, key: self.key, fields: self.fields })
    }
}

/// One record.
#[derive(Clone, Copy, Debug)]
pub(in crate::machine) struct PackedRecord<'m> {
    pub(super) readings: Readings<'m>,
    key: Key<'m>,
    fields: &'static [Field],
}

impl<'m> PackedRecord<'m> {
    /// The fact of a field, where it was reported.
    pub(in crate::machine) fn field(mut self, name: &str) -> Option<Seen<'m>> {
        let slot = self.fields.iter().position(|field| field.name == name)?;
        let reading = self.readings.find(|reading| reading.mark.slot == slot)?;
        Some(reading.seen(self.key))
    }

    /// Each field that was reported.
    pub(in crate::machine) fn iter(self) -> impl Iterator<Item = (&'static str, Seen<'m>)> {
        self.readings.filter_map(move |reading| {
            Some((self.fields.get(reading.mark.slot)?.name, reading.seen(self.key)))
        })
    }
}

/// The outline of a topic's body, and its readings.
pub(super) fn open<'m>(mut body: Bytes<'m>, lexicon: &'m Lexicon) -> (&'m str, Readings<'m>) {
    let outline = lexicon.text(word(&mut body));
    let marks = outline::marks(outline);
    (outline, Readings { marks, values: body, columns: Columns::Facts })
}

/// Readings one after the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Readings<'m> {
    marks: Bytes<'m>,
    values: Bytes<'m>,
    columns: Columns,
}

impl<'m> Iterator for Readings<'m> {
    type Item = RawReading<'m>;

    fn next(&mut self) -> Option<RawReading<'m>> {
        if self.marks.is_empty() {
            return None;
        }
        let mark = Mark::read(&mut self.marks);
        let inner = match mark.shape {
            Shape::Records => self.marks.nested_ascii(),
            Shape::Unknown
            | Shape::Absent
            | Shape::Word
            | Shape::OwnText
            | Shape::Choice
            | Shape::No
            | Shape::Yes
            | Shape::Count
            | Shape::SourceMoment
            | Shape::MachineMoment => Bytes(&[]),
        };
        let value = self.values;
        skip(mark.shape, &mut self.values);
        Some(RawReading { mark, inner, value, columns: self.columns })
    }
}

/// A reading whose value has not been read yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct RawReading<'m> {
    pub(super) mark: Mark,
    /// The marks of its records.
    inner: Bytes<'m>,
    /// Begins with its value.
    value: Bytes<'m>,
    columns: Columns,
}

impl<'m> RawReading<'m> {
    pub(super) fn seen(self, key: Key<'m>) -> Seen<'m> {
        let value = &mut { self.value };
        let datum = match self.mark.shape {
            Shape::Unknown => return Seen::Unknown(obstacle(value, key.lexicon)),
            Shape::Absent => return Seen::Absent,
            Shape::Word => Some(Datum::Text(key.lexicon.text(word(value)))),
            Shape::OwnText => std::str::from_utf8(value.nested().0).ok().map(Datum::Text),
            Shape::Choice => self.choice().map(Datum::Choice),
            Shape::No => Some(Datum::Bool(false)),
            Shape::Yes => Some(Datum::Bool(true)),
            Shape::Count => Some(Datum::Count(value.number())),
            Shape::SourceMoment => Some(Datum::Moment(Moment::source(value.moment(key.base)))),
            Shape::MachineMoment => Some(Datum::Moment(Moment::machine(value.moment(key.base)))),
            Shape::Records => {
                self.records(key).map(|records| Datum::Records(Records::from(records)))
            }
        };
        // What the catalogue has no place for was never written.
        datum.map_or(Seen::Unknown(Obstacle::new(Reason::ParseError)), Seen::Known)
    }

    fn choice(mut self) -> Option<&'static str> {
        match self.columns.kind(self.mark.slot)? {
            Kind::OneOf(words) => words.get(self.value.size()).copied(),
            Kind::Text
            | Kind::Version
            | Kind::Bool
            | Kind::Count
            | Kind::Moment(_)
            | Kind::Records(_) => None,
        }
    }

    pub(super) fn records(mut self, key: Key<'m>) -> Option<PackedRecords<'m>> {
        match self.columns.kind(self.mark.slot)? {
            Kind::Records(fields) => {
                Some(PackedRecords { marks: self.inner, values: self.value.nested(), key, fields })
            }
            Kind::Text
            | Kind::Version
            | Kind::OneOf(_)
            | Kind::Bool
            | Kind::Count
            | Kind::Moment(_) => None,
        }
    }

    /// Calls `each` for every word that this reading uses.
    fn words(mut self, each: &mut impl FnMut(Word)) {
        match self.mark.shape {
            Shape::Unknown => obstacle_word(&mut self.value).into_iter().for_each(each),
            Shape::Word => each(word(&mut self.value)),
            Shape::Records => {
                let mut values = self.value.nested();
                while !self.inner.is_empty() {
                    let (marks, values) = (self.inner.nested_ascii(), values.nested());
                    words(Readings { marks, values, columns: self.columns }, each);
                }
            }
            Shape::Absent
            | Shape::OwnText
            | Shape::Choice
            | Shape::No
            | Shape::Yes
            | Shape::Count
            | Shape::SourceMoment
            | Shape::MachineMoment => {}
        }
    }
}

/// Calls `each` for every word that these readings use.
pub(super) fn words(readings: Readings<'_>, each: &mut impl FnMut(Word)) {
    for reading in readings {
        reading.words(each);
    }
}

pub(super) fn word(bytes: &mut Bytes<'_>) -> Word {
    Word(u32::try_from(bytes.number()).unwrap_or(u32::MAX))
}

pub(super) fn obstacle<'m>(bytes: &mut Bytes<'_>, lexicon: &'m Lexicon) -> Obstacle<'m> {
    let place = bytes.0.first().map_or(0, |byte| byte & !HAS_DETAIL);
    let reason = Reason::ALL.get(usize::from(place)).copied().unwrap_or(Reason::ParseError);
    Obstacle { reason, detail: obstacle_word(bytes).map(|word| lexicon.text(word)) }
}

/// The word of an obstacle's detail.
pub(super) fn obstacle_word(bytes: &mut Bytes<'_>) -> Option<Word> {
    let has_detail = bytes.byte() & HAS_DETAIL != 0;
    has_detail.then(|| word(bytes))
}

fn skip(shape: Shape, bytes: &mut Bytes<'_>) {
    match shape {
        Shape::Unknown => drop(obstacle_word(bytes)),
        Shape::Absent | Shape::No | Shape::Yes => {}
        Shape::Word | Shape::Choice | Shape::Count | Shape::SourceMoment | Shape::MachineMoment => {
            bytes.number();
        }
        Shape::OwnText | Shape::Records => drop(bytes.nested()),
    }
}
