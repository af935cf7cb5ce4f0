//! The bytes of a topic, read where they lie.

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
pub(in crate::machine) struct PackedFacts<'m>(pub(super) Readings<'m>);

impl<'m> PackedFacts<'m> {
    /// The fact of a key, where it was reported.
    pub(in crate::machine) fn get(mut self, key: FactKey) -> Option<Seen<'m>> {
        let mark = self.0.find(key.slot())?;
        Some(self.0.seen(mark))
    }
}

impl<'m> Iterator for PackedFacts<'m> {
    type Item = (FactKey, Seen<'m>);

    #[inline(always)]
    fn next(&mut self) -> Option<(FactKey, Seen<'m>)> {
        let mark = self.0.mark()?;
        Some((FactKey::at(mark.slot)?, self.0.seen(mark)))
    }
}

/// The records of a fact.
#[derive(Clone, Copy, Debug)]
pub(in crate::machine) struct PackedRecords<'m>(Readings<'m>);

impl PackedRecords<'_> {
    pub(in crate::machine) fn is_empty(self) -> bool {
        self.0.marks.is_empty()
    }
}

impl<'m> Iterator for PackedRecords<'m> {
    type Item = PackedRecord<'m>;

    fn next(&mut self) -> Option<PackedRecord<'m>> {
        (!self.is_empty()).then(|| PackedRecord(self.0.nested(self.0.columns)))
    }
}

/// One record, and what is left to read of it.
#[derive(Clone, Copy, Debug)]
pub(in crate::machine) struct PackedRecord<'m>(pub(super) Readings<'m>);

impl<'m> PackedRecord<'m> {
    /// The fact of a field; a field that was not reported is unknown.
    pub(in crate::machine) fn field(mut self, name: &str) -> Seen<'m> {
        let slot = self.0.columns.fields().iter().position(|field| field.name == name);
        match slot.and_then(|slot| self.0.find(slot)) {
            Some(mark) => self.0.seen(mark),
            None => Seen::Unknown(Obstacle::new(Reason::NotSupported)),
        }
    }
}

impl<'m> Iterator for PackedRecord<'m> {
    type Item = (&'static str, Seen<'m>);

    #[inline(always)]
    fn next(&mut self) -> Option<(&'static str, Seen<'m>)> {
        let mark = self.0.mark()?;
        Some((self.0.columns.fields().get(mark.slot)?.name, self.0.seen(mark)))
    }
}

/// Readings, one after the other: after its mark each is seen or skipped.
#[derive(Clone, Copy, Debug)]
pub(super) struct Readings<'m> {
    marks: Bytes<'m>,
    values: Bytes<'m>,
    pub(super) columns: Columns,
    key: Key<'m>,
}

impl<'m> Readings<'m> {
    /// The outline of a topic's body, and its readings.
    pub(super) fn open(mut body: Bytes<'m>, key: Key<'m>) -> (&'m str, Self) {
        let outline = key.lexicon.text(word(&mut body));
        let marks = outline::marks(outline);
        (outline, Self { marks, values: body, columns: Columns::Facts, key })
    }

    /// The mark of the next reading.
    pub(super) fn mark(&mut self) -> Option<Mark> {
        Mark::read(&mut self.marks)
    }

    /// The mark of the reading in this slot, whose value is then the next.
    fn find(&mut self, slot: usize) -> Option<Mark> {
        loop {
            let mark = self.mark()?;
            if mark.slot == slot {
                return Some(mark);
            }
            self.skip(mark);
        }
    }

    // Written where its caller wants it: to move what is seen takes longer than to read it.
    #[inline(always)]
    pub(super) fn seen(&mut self, mark: Mark) -> Seen<'m> {
        let Key { lexicon, base } = self.key;
        let values = &mut self.values;
        // What the catalogue has no place for was never written.
        let misfit = Seen::Unknown(Obstacle::new(Reason::ParseError));
        match mark.shape {
            Shape::Unknown => Seen::Unknown(obstacle(values, lexicon)),
            Shape::Absent => Seen::Absent,
            Shape::Word => Seen::Known(Datum::Text(lexicon.text(word(values)))),
            Shape::OwnText => {
                let text = std::str::from_utf8(values.nested().0);
                text.map_or(misfit, |text| Seen::Known(Datum::Text(text)))
            }
            Shape::Choice => {
                let choice = self.choice(mark);
                choice.map_or(misfit, |choice| Seen::Known(Datum::Choice(choice)))
            }
            Shape::No => Seen::Known(Datum::Bool(false)),
            Shape::Yes => Seen::Known(Datum::Bool(true)),
            Shape::Count => Seen::Known(Datum::Count(values.number())),
            Shape::SourceMoment => Seen::Known(Datum::Moment(Moment::source(values.moment(base)))),
            Shape::MachineMoment => {
                Seen::Known(Datum::Moment(Moment::machine(values.moment(base))))
            }
            Shape::Records => {
                let records = self.records(mark).map(Records::from);
                records.map_or(misfit, |records| Seen::Known(Datum::Records(records)))
            }
        }
    }

    fn choice(&mut self, mark: Mark) -> Option<&'static str> {
        let place = self.values.size();
        match self.columns.kind(mark.slot)? {
            Kind::OneOf(words) => words.get(place).copied(),
            Kind::Text
            | Kind::Version
            | Kind::Bool
            | Kind::Count
            | Kind::Moment(_)
            | Kind::Records(_) => None,
        }
    }

    pub(super) fn records(&mut self, mark: Mark) -> Option<PackedRecords<'m>> {
        let fields = match self.columns.kind(mark.slot)? {
            Kind::Records(fields) => Columns::Fields(fields),
            Kind::Text
            | Kind::Version
            | Kind::OneOf(_)
            | Kind::Bool
            | Kind::Count
            | Kind::Moment(_) => {
                return None;
            }
        };
        Some(PackedRecords(self.nested(fields)))
    }

    /// What stands here with its length before it.
    fn nested(&mut self, columns: Columns) -> Self {
        let (marks, values) = (self.marks.nested_ascii(), self.values.nested());
        Self { marks, values, columns, key: self.key }
    }

    fn skip(&mut self, mark: Mark) {
        match mark.shape {
            Shape::Unknown => drop(obstacle_word(&mut self.values)),
            Shape::Absent | Shape::No | Shape::Yes => {}
            Shape::Word
            | Shape::Choice
            | Shape::Count
            | Shape::SourceMoment
            | Shape::MachineMoment => self.values.skip_number(),
            Shape::OwnText => drop(self.values.nested()),
            Shape::Records => drop(self.nested(self.columns)),
        }
    }

    /// Calls `each` for every word that these readings use.
    pub(super) fn words(mut self, each: &mut impl FnMut(Word)) {
        while let Some(mark) = self.mark() {
            match mark.shape {
                Shape::Unknown => obstacle_word(&mut self.values).into_iter().for_each(&mut *each),
                Shape::Word => each(word(&mut self.values)),
                Shape::Records => {
                    let records = PackedRecords(self.nested(self.columns));
                    records.for_each(|record| record.0.words(each));
                }
                Shape::Absent
                | Shape::OwnText
                | Shape::Choice
                | Shape::No
                | Shape::Yes
                | Shape::Count
                | Shape::SourceMoment
                | Shape::MachineMoment => self.skip(mark),
            }
        }
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
