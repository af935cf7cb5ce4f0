//! What came of looking at a topic becomes bytes.

use report::catalogue::Field;
use report::fact::{Ignorance, Record};
use report::observation::Facts;
use report::{Clock, Fact, Kind, Moment, Outcome, Reading, Reason, Text, Timestamp, Value};

use super::bytes::Scribe;
use super::outline::{self, Columns, Mark, Shape, Sources};
use super::{HAS_DETAIL, Lexicon};

/// Writes what came of looking. Moments are written relative to `base`.
pub(super) fn outcome(outcome: &Outcome, base: Timestamp, lexicon: &mut Lexicon) -> Vec<u8> {
    let (marks, values, sources) = (Scribe::default(), Scribe::default(), Sources::default());
    let mut writer = Writer { marks, values, sources, base, lexicon };
    match outcome {
        Outcome::Observed(facts) => writer.facts(facts),
        Outcome::NotApplicable(why) => writer.word(why.as_str()),
        Outcome::Failed(why) => writer.obstacle(why.reason, why.detail.as_ref()),
    }
    writer.values.0
}

struct Writer<'l, 't> {
    marks: Scribe,
    values: Scribe,
    sources: Sources<'t>,
    base: Timestamp,
    lexicon: &'l mut Lexicon,
}

impl<'t> Writer<'_, 't> {
    /// The word of the outline, then the values.
    fn facts(&mut self, facts: &'t Facts) {
        let facts = facts.iter().map(|(key, reading)| (key.slot(), reading));
        self.readings(Columns::Facts, facts);
        let values = std::mem::take(&mut self.values);
        self.word(&outline::write(&self.marks, &self.sources));
        self.values.0.extend(values.0);
    }

    fn readings(&mut self, columns: Columns, readings: impl Iterator<Item = (usize, &'t Reading)>) {
        for (slot, reading) in readings {
            let form = Form::of(&reading.fact, columns, slot);
            let source = self.sources.number(reading.source.as_ref().map(Text::as_str));
            Mark { slot, shape: form.shape(), source }.write(&mut self.marks);
            self.form(form);
        }
    }

    fn form(&mut self, form: Form<'t>) {
        match form {
            Form::Unknown(reason, detail) => self.obstacle(reason, detail),
            Form::Absent | Form::Bool(_) => {}
            Form::Word(text) => self.word(text),
            Form::OwnText(text) => self.values.nested(text.as_bytes()),
            Form::Choice(place) => self.values.size(place),
            Form::Count(count) => self.values.number(count),
            Form::Moment(moment) => self.values.moment(moment.at, self.base),
            Form::Records(records, fields) => self.nested(|writer| {
                for record in records {
                    writer.nested(|writer| writer.record(record, fields));
                }
            }),
        }
    }

    fn record(&mut self, record: &'t Record, fields: &'static [Field]) {
        let readings = fields.iter().enumerate();
        let readings = readings.filter_map(|(slot, field)| Some((slot, record.0.get(field.name)?)));
        self.readings(Columns::Fields(fields), readings);
    }

    /// Marks and values with their lengths before them, so that a reader can pass over them.
    fn nested(&mut self, write: impl FnOnce(&mut Self)) {
        let marks = std::mem::take(&mut self.marks);
        let values = std::mem::take(&mut self.values);
        write(self);
        let inner_marks = std::mem::replace(&mut self.marks, marks);
        let inner_values = std::mem::replace(&mut self.values, values);
        self.marks.nested_ascii(&inner_marks.0);
        self.values.nested(&inner_values.0);
    }

    fn word(&mut self, text: &str) {
        let word = self.lexicon.take(text);
        self.values.number(word.0.into());
    }

    fn obstacle(&mut self, reason: Reason, detail: Option<&Text>) {
        let flag = if detail.is_some() { HAS_DETAIL } else { 0 };
        self.values.byte(reason as u8 | flag);
        if let Some(detail) = detail {
            self.word(detail.as_str());
        }
    }
}

/// A fact in the form in which it is written.
enum Form<'t> {
    Unknown(Reason, Option<&'t Text>),
    Absent,
    Word(&'t str),
    OwnText(&'t str),
    Choice(usize),
    Bool(bool),
    Count(u64),
    Moment(Moment),
    Records(&'t [Record], &'static [Field]),
}

impl<'t> Form<'t> {
    fn of(fact: &'t Fact, columns: Columns, slot: usize) -> Self {
        match fact {
            Fact::Known(value) => Self::of_value(value, columns, slot).unwrap_or(Self::MISFIT),
            Fact::Absent => Self::Absent,
            Fact::Unknown(Ignorance { reason, detail }) => Self::Unknown(*reason, detail.as_ref()),
        }
    }

    /// What the wire never lets in: a word or a record that the catalogue has no place for.
    const MISFIT: Self = Self::Unknown(Reason::ParseError, None);

    fn of_value(value: &'t Value, columns: Columns, slot: usize) -> Option<Self> {
        Some(match value {
            Value::Text(text) if columns.is_own_text(slot) => Self::OwnText(text.as_str()),
            Value::Text(text) => Self::Word(text.as_str()),
            Value::Choice(word) => Self::Choice(place(word, columns.kind(slot)?)?),
            Value::Bool(yes) => Self::Bool(*yes),
            Value::Count(count) => Self::Count(*count),
            Value::Moment(moment) => Self::Moment(*moment),
            Value::Records(records) => Self::Records(records, fields(columns.kind(slot)?)?),
        })
    }

    fn shape(&self) -> Shape {
        match self {
            Self::Unknown(..) => Shape::Unknown,
            Self::Absent => Shape::Absent,
            Self::Word(_) => Shape::Word,
            Self::OwnText(_) => Shape::OwnText,
            Self::Choice(_) => Shape::Choice,
            Self::Bool(false) => Shape::No,
            Self::Bool(true) => Shape::Yes,
            Self::Count(_) => Shape::Count,
            Self::Moment(Moment { clock: Clock::Source, .. }) => Shape::SourceMoment,
            Self::Moment(Moment { clock: Clock::Machine, .. }) => Shape::MachineMoment,
            Self::Records(..) => Shape::Records,
        }
    }
}

fn place(word: &str, kind: Kind) -> Option<usize> {
    match kind {
        Kind::OneOf(words) => words.iter().position(|known| *known == word),
        Kind::Text
        | Kind::Version
        | Kind::Bool
        | Kind::Count
        | Kind::Moment(_)
        | Kind::Records(_) => None,
    }
}

fn fields(kind: Kind) -> Option<&'static [Field]> {
    match kind {
        Kind::Records(fields) => Some(fields),
        Kind::Text
        | Kind::Version
        | Kind::OneOf(_)
        | Kind::Bool
        | Kind::Count
        | Kind::Moment(_) => None,
    }
}
