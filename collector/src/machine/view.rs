//! What is known of a machine, borrowed: the form in which the judge reads it.
//!
//! Everything in here can be copied for nothing, so a million machines are judged without an
//! allocation for each of their facts.

#[cfg(test)]
use report::Outcome;
use report::catalogue::Origin;
use report::fact::{Ignorance, Record};
use report::{Fact, FactKey, MachineId, Moment, Reason, Timestamp, Topic, Value};

#[cfg(test)]
use super::Kept;
use super::packed::{PackedFacts, PackedRecord, PackedRecords};
use super::{Held, Lexicon, Machine};

/// The value of a known fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Datum<'m> {
    /// Free text.
    Text(&'m str),
    /// One word of a closed list.
    Choice(&'static str),
    /// Yes or no.
    Bool(bool),
    /// A number of things.
    Count(u64),
    /// A moment.
    Moment(Moment),
    /// Several things of one kind.
    Records(Records<'m>),
}

/// Why something could not be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Obstacle<'m> {
    /// The kind of obstacle.
    pub reason: Reason,
    /// What exactly stood in the way.
    pub detail: Option<&'m str>,
}

/// A fact as the agent saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen<'m> {
    /// Seen.
    Known(Datum<'m>),
    /// Every source was read and it is not there.
    Absent,
    /// It could not be seen.
    Unknown(Obstacle<'m>),
}

/// The records of a list. Two lists are equal that say the same, however they are kept.
#[derive(Clone, Copy, Debug)]
pub struct Records<'m>(Form<&'m [Record], PackedRecords<'m>>);

/// One record of a list.
#[derive(Clone, Copy, Debug)]
pub struct RecordView<'m>(Form<&'m Record, PackedRecord<'m>>);

/// As it came, or [packed](super::packed).
#[derive(Clone, Copy, Debug)]
enum Form<R, P> {
    Rich(R),
    Packed(P),
}

impl<T, R: Iterator<Item = T>, P: Iterator<Item = T>> Iterator for Form<R, P> {
    type Item = T;

    #[inline(always)]
    fn next(&mut self) -> Option<T> {
        match self {
            Self::Rich(rich) => rich.next(),
            Self::Packed(packed) => packed.next(),
        }
    }
}

/// One topic of a machine.
#[derive(Clone, Copy, Debug)]
pub struct TopicView<'m> {
    /// What was looked at.
    pub topic: Topic,
    /// When it was seen, by the collector's clock.
    pub seen_at: Timestamp,
    /// When it was last seen to be so, by a report or a heartbeat.
    pub last_seen_at: Timestamp,
    /// The machine's clock minus the collector's when it arrived, in seconds.
    pub skew: i64,
    /// What came of looking.
    pub outcome: OutcomeView<'m>,
}

/// What came of looking at a topic.
#[derive(Clone, Copy, Debug)]
pub enum OutcomeView<'m> {
    /// The probe ran.
    Observed(FactsView<'m>),
    /// The machine has no such thing, in the agent's view.
    NotApplicable(&'m str),
    /// The probe as a whole failed.
    Failed(Obstacle<'m>),
}

/// The facts of one topic.
#[derive(Clone, Copy, Debug)]
pub struct FactsView<'m>(Form<&'m report::observation::Facts, PackedFacts<'m>>);

/// A machine, with what is needed to read it.
#[derive(Clone, Copy, Debug)]
pub struct MachineView<'m> {
    machine: &'m Held,
    lexicon: &'m Lexicon,
}

impl<'m> Datum<'m> {
    /// A value, borrowed.
    #[must_use]
    pub fn of(value: &'m Value) -> Self {
        match value {
            Value::Text(text) => Self::Text(text.as_str()),
            Value::Choice(word) => Self::Choice(word),
            Value::Bool(yes) => Self::Bool(*yes),
            Value::Count(count) => Self::Count(*count),
            Value::Moment(moment) => Self::Moment(*moment),
            Value::Records(records) => Self::Records(Records(Form::Rich(records))),
        }
    }
}

impl<'m> Obstacle<'m> {
    /// An obstacle without detail.
    #[must_use]
    pub fn new(reason: Reason) -> Self {
        Self { reason, detail: None }
    }

    fn of(ignorance: &'m Ignorance) -> Self {
        let detail = ignorance.detail.as_ref().map(report::Text::as_str);
        Self { reason: ignorance.reason, detail }
    }
}

impl<'m> Seen<'m> {
    /// A fact, borrowed.
    #[must_use]
    pub fn of(fact: &'m Fact) -> Self {
        match fact {
            Fact::Known(value) => Self::Known(Datum::of(value)),
            Fact::Absent => Self::Absent,
            Fact::Unknown(ignorance) => Self::Unknown(Obstacle::of(ignorance)),
        }
    }
}

impl<'m> Records<'m> {
    /// Each record, in the order of the report.
    pub fn iter(self) -> impl Iterator<Item = RecordView<'m>> {
        match self.0 {
            Form::Rich(records) => {
                Form::Rich(records.iter().map(|record| RecordView(Form::Rich(record))))
            }
            Form::Packed(records) => {
                Form::Packed(records.map(|record| RecordView(Form::Packed(record))))
            }
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        match self.0 {
            Form::Rich(records) => records.is_empty(),
            Form::Packed(records) => records.is_empty(),
        }
    }
}

impl PartialEq for Records<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Records<'_> {}

impl<'m> From<PackedRecords<'m>> for Records<'m> {
    fn from(records: PackedRecords<'m>) -> Self {
        Self(Form::Packed(records))
    }
}

impl<'m> RecordView<'m> {
    /// The fact of one field; a field that was not reported is unknown.
    #[must_use]
    pub fn field(self, name: &str) -> Seen<'m> {
        let missing = Seen::Unknown(Obstacle::new(Reason::NotSupported));
        match self.0 {
            Form::Rich(record) => {
                record.0.get(name).map_or(missing, |reading| Seen::of(&reading.fact))
            }
            Form::Packed(record) => record.field(name),
        }
    }

    /// Each field that was reported.
    pub fn fields(self) -> impl Iterator<Item = (&'static str, Seen<'m>)> {
        match self.0 {
            Form::Rich(record) => {
                Form::Rich(record.0.iter().map(|(name, reading)| (*name, Seen::of(&reading.fact))))
            }
            Form::Packed(record) => Form::Packed(record),
        }
    }
}

impl PartialEq for RecordView<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.fields().count() == other.fields().count()
            && self.fields().all(|(name, seen)| other.fields().any(|field| field == (name, seen)))
    }
}

impl Eq for RecordView<'_> {}

impl<'m> FactsView<'m> {
    /// The fact of a key, where it was reported.
    #[must_use]
    pub fn get(self, key: FactKey) -> Option<Seen<'m>> {
        match self.0 {
            Form::Rich(facts) => facts.get(&key).map(|reading| Seen::of(&reading.fact)),
            Form::Packed(facts) => facts.get(key),
        }
    }

    /// Each fact that was reported, in the order of the catalogue.
    pub fn iter(self) -> impl Iterator<Item = (FactKey, Seen<'m>)> {
        match self.0 {
            Form::Rich(facts) => {
                Form::Rich(facts.iter().map(|(key, reading)| (*key, Seen::of(&reading.fact))))
            }
            Form::Packed(facts) => Form::Packed(facts),
        }
    }
}

impl<'m> From<PackedFacts<'m>> for FactsView<'m> {
    fn from(facts: PackedFacts<'m>) -> Self {
        Self(Form::Packed(facts))
    }
}

#[cfg(test)]
impl<'m> TopicView<'m> {
    pub(super) fn of(topic: Topic, kept: &'m Kept) -> Self {
        let outcome = match &kept.observation.outcome {
            Outcome::Observed(facts) => OutcomeView::Observed(FactsView(Form::Rich(facts))),
            Outcome::NotApplicable(said) => OutcomeView::NotApplicable(said.as_str()),
            Outcome::Failed(ignorance) => OutcomeView::Failed(Obstacle::of(ignorance)),
        };
        let (seen_at, last_seen_at) = (kept.seen_at(), kept.last_seen_at());
        Self { topic, seen_at, last_seen_at, skew: kept.skew, outcome }
    }
}

impl<'m> MachineView<'m> {
    /// A machine, to be read.
    #[must_use]
    pub fn new(machine: &'m Held, lexicon: &'m Lexicon) -> Self {
        Self { machine, lexicon }
    }

    /// The machine with all its topics, unpacked.
    #[must_use]
    pub fn unpack(self) -> Machine {
        self.machine.unpack(self.lexicon)
    }

    /// The register row it is bound to.
    #[must_use]
    pub fn row(self) -> Option<&'m str> {
        self.machine.row.as_deref()
    }

    /// The unit its join token was made for.
    #[must_use]
    pub fn token_unit(self) -> Option<&'m str> {
        self.machine.token_unit.as_deref()
    }

    /// Whose identity it uses from other hardware; `None`: its own.
    #[must_use]
    pub fn clone_of(self) -> Option<MachineId> {
        self.machine.clone_of.as_deref().copied()
    }

    /// A fact of its agent, as it was last told; `None`: it was not.
    #[must_use]
    pub fn fact(self, key: FactKey) -> Option<Seen<'m>> {
        let Origin::Agent(own) = key.spec().origin else {
            return None;
        };
        let topic = self.topics().find(|topic| topic.topic == own)?;
        let OutcomeView::Observed(facts) = topic.outcome else {
            return None;
        };
        facts.get(key)
    }

    /// Whether it has reported anything.
    #[must_use]
    pub fn has_reported(self) -> bool {
        self.topics().next().is_some()
    }

    /// Each topic it has reported.
    pub fn topics(self) -> impl Iterator<Item = TopicView<'m>> {
        self.machine.topics.topics(self.machine.confirmed_at, self.lexicon)
    }
}

impl std::ops::Deref for MachineView<'_> {
    type Target = Held;

    fn deref(&self) -> &Held {
        self.machine
    }
}
