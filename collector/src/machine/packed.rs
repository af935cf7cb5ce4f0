//! The observed topics of a machine in as few bytes as they need.
//!
//! A collector holds a million machines, so what one reported is kept as bytes and read where it
//! lies. A topic is its head, the length of its body and the body: the word of its
//! outline, which says what its readings are and where they were read, and their values.
//! Moments are relative to the topic's arrival, choices and fields are places in the catalogue, and
//! texts that machines share are words of the [`Lexicon`]. The form lives in memory only and has no
//! version.

use std::borrow::Cow;
use std::collections::BTreeMap;

use report::{Observation, Timestamp, Topic};

use super::Kept;
use super::lexicon::{Lexicon, Word};
use super::view::{OutcomeView, TopicView};
use bytes::{Bytes, Scribe};
use head::{Came, Head};
use read::Key;
pub(super) use read::{PackedFacts, PackedRecord, PackedRecords};

mod bytes;
mod head;
mod outline;
mod read;
mod unpack;
mod write;

/// Marks an obstacle whose detail follows.
const HAS_DETAIL: u8 = 0x80;

/// The topics of one machine.
///
/// It owns the words it took from the lexicon: it gives them back when it is
/// [released](Self::release) or takes in [the next report](Self::keep), and is never copied.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Packed(Box<[u8]>);

impl Packed {
    /// Packs these topics.
    #[must_use]
    pub fn pack(topics: &BTreeMap<Topic, Kept>, lexicon: &mut Lexicon) -> Self {
        Self::default().keep(topics, None, lexicon)
    }

    /// Takes in the topics of a report. Those it does not carry stay as they are, with the last
    /// heartbeat that `confirmed_at` the report before it.
    #[must_use]
    pub fn keep(
        self,
        report: &BTreeMap<Topic, Kept>,
        confirmed_at: Option<Timestamp>,
        lexicon: &mut Lexicon,
    ) -> Self {
        let mut parts = BTreeMap::new();
        for part in self.parts().filter(|part| !report.contains_key(&part.head.topic)) {
            let head = Head { in_last_report: false, ..part.head.confirmed(confirmed_at) };
            parts.insert(head.topic, (head, Cow::Borrowed(part.body.0)));
        }
        for (topic, kept) in report {
            let body = write::outcome(&kept.observation.outcome, kept.received_at, lexicon);
            parts.insert(*topic, (Head::of(*topic, kept), Cow::Owned(body)));
        }
        let packed = assemble(parts.into_values());
        // The new words are taken by now: a text that stays is not forgotten in between.
        self.forget(|topic| report.contains_key(&topic), lexicon);
        packed
    }

    /// Gives every word back.
    pub fn release(self, lexicon: &mut Lexicon) {
        self.forget(|_| true, lexicon);
    }

    /// The topics as they were packed, with the last heartbeat that `confirmed_at` the machine's
    /// last report.
    #[must_use]
    pub fn unpack(
        &self,
        confirmed_at: Option<Timestamp>,
        lexicon: &Lexicon,
    ) -> BTreeMap<Topic, Kept> {
        let parts = self.parts().map(|part| (part.head.confirmed(confirmed_at), part));
        parts.map(|(head, part)| (head.topic, part.unpack(head, lexicon))).collect()
    }

    /// Each topic, with the last heartbeat that `confirmed_at` the machine's last report.
    pub fn topics<'m>(
        &'m self,
        confirmed_at: Option<Timestamp>,
        lexicon: &'m Lexicon,
    ) -> impl Iterator<Item = TopicView<'m>> + use<'m> {
        self.parts().map(move |part| part.view(part.head.confirmed(confirmed_at), lexicon))
    }

    /// How many bytes it takes beside itself.
    #[must_use]
    pub fn size(&self) -> usize {
        self.0.len()
    }

    fn parts(&self) -> Parts<'_> {
        Parts { bytes: Bytes(&self.0), before: None }
    }

    fn forget(&self, is_gone: impl Fn(Topic) -> bool, lexicon: &mut Lexicon) {
        for part in self.parts().filter(|part| is_gone(part.head.topic)) {
            for word in part.words(lexicon) {
                lexicon.release(word);
            }
        }
    }
}

fn assemble<'p>(parts: impl Iterator<Item = (Head, Cow<'p, [u8]>)>) -> Packed {
    let mut scribe = Scribe::default();
    let mut before = None;
    for (head, body) in parts {
        head.write(&mut scribe, before);
        scribe.nested(&body);
        before = Some(head);
    }
    Packed(scribe.0.into())
}

/// The topics, one after the other.
struct Parts<'m> {
    bytes: Bytes<'m>,
    before: Option<Head>,
}

impl<'m> Iterator for Parts<'m> {
    type Item = Part<'m>;

    fn next(&mut self) -> Option<Part<'m>> {
        if self.bytes.is_empty() {
            return None;
        }
        let head = Head::read(&mut self.bytes, self.before)?;
        self.before = Some(head);
        Some(Part { head, body: self.bytes.nested() })
    }
}

/// One topic.
struct Part<'m> {
    head: Head,
    body: Bytes<'m>,
}

impl<'m> Part<'m> {
    fn view(&self, head: Head, lexicon: &'m Lexicon) -> TopicView<'m> {
        TopicView {
            topic: head.topic,
            seen_at: head.seen_at(),
            last_seen_at: head.last_seen_at(),
            skew: head.skew,
            outcome: self.outcome(lexicon),
        }
    }

    fn outcome(&self, lexicon: &'m Lexicon) -> OutcomeView<'m> {
        let mut bytes = self.body;
        match self.head.came {
            Came::Failed => OutcomeView::Failed(read::obstacle(&mut bytes, lexicon)),
            Came::NotApplicable => OutcomeView::NotApplicable(lexicon.text(read::word(&mut bytes))),
            Came::Observed => OutcomeView::Observed(
                PackedFacts(read::Readings::open(bytes, self.key(lexicon)).1).into(),
            ),
        }
    }

    fn unpack(&self, head: Head, lexicon: &Lexicon) -> Kept {
        let outcome = unpack::outcome(head.came, self.body, self.key(lexicon));
        Kept {
            observation: Observation { topic: head.topic, observed_at: head.observed_at, outcome },
            received_at: head.received_at,
            skew: head.skew,
            in_last_report: head.in_last_report,
            confirmed_at: head.confirmed_at,
        }
    }

    fn key<'l>(&self, lexicon: &'l Lexicon) -> Key<'l> {
        Key { lexicon, base: self.head.received_at }
    }

    /// Every word that this topic uses.
    fn words(mut self, lexicon: &Lexicon) -> Vec<Word> {
        let mut words = Vec::new();
        match self.head.came {
            Came::Failed => words.extend(read::obstacle_word(&mut self.body)),
            Came::NotApplicable => words.push(read::word(&mut self.body)),
            Came::Observed => {
                let (_, readings) = read::Readings::open(self.body, self.key(lexicon));
                readings.words(&mut |word| words.push(word));
                // The body begins with the word of its outline.
                words.push(read::word(&mut self.body));
            }
        }
        words
    }
}

#[cfg(test)]
mod tests;
