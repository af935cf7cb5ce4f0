//! What stands before the readings of a topic: what was looked at, when, and what came of it.

use report::{Outcome, Timestamp, Topic};

use super::bytes::{Bytes, Scribe};
use crate::machine::Kept;

/// What came of looking. `Failed` is zero: bytes that are missing tell nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Came {
    Failed,
    NotApplicable,
    Observed,
}

impl Came {
    const ALL: [Self; 3] = [Self::Failed, Self::NotApplicable, Self::Observed];

    fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Failed(_) => Self::Failed,
            Outcome::NotApplicable(_) => Self::NotApplicable,
            Outcome::Observed(_) => Self::Observed,
        }
    }
}

/// The head of a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) topic: Topic,
    pub(super) came: Came,
    pub(super) observed_at: Timestamp,
    pub(super) received_at: Timestamp,
    pub(super) skew: i64,
    pub(super) in_last_report: bool,
    /// The last heartbeat that confirmed it before the machine's last report.
    pub(super) confirmed_at: Option<Timestamp>,
}

const IN_LAST_REPORT: u8 = 0x40;
const IS_CONFIRMED: u8 = 0x80;

// The topic has four bits, what came of it two.
const _: () = assert!(Topic::ALL.len() <= 16);

impl Head {
    pub(super) fn of(topic: Topic, kept: &Kept) -> Self {
        Self {
            topic,
            came: Came::of(&kept.observation.outcome),
            observed_at: kept.observation.observed_at,
            received_at: kept.received_at,
            skew: kept.skew,
            in_last_report: kept.in_last_report,
            confirmed_at: kept.confirmed_at,
        }
    }

    /// With what a heartbeat said of the machine's last report.
    pub(super) fn confirmed(self, at: Option<Timestamp>) -> Self {
        let at = at.filter(|_| self.in_last_report);
        Self { confirmed_at: self.confirmed_at.max(at), ..self }
    }

    /// As [`Kept::seen_at`].
    pub(super) fn seen_at(self) -> Timestamp {
        (self.observed_at - self.skew).min(self.received_at)
    }

    /// As [`Kept::last_seen_at`].
    pub(super) fn last_seen_at(self) -> Timestamp {
        self.confirmed_at.map_or(self.seen_at(), |at| at.max(self.seen_at()))
    }

    /// Reads a head that stands after the topic `before`; topics of one report are alike.
    pub(super) fn read(bytes: &mut Bytes<'_>, before: Option<Self>) -> Option<Self> {
        let marks = bytes.byte();
        let received_at = bytes.moment(base(before));
        let skew = bytes.signed().wrapping_add(skew(before));
        Some(Self {
            topic: *Topic::ALL.get(usize::from(marks & 15))?,
            came: Came::ALL.get(usize::from(marks >> 4 & 3)).copied().unwrap_or(Came::Failed),
            received_at,
            skew,
            observed_at: bytes.moment(expected(received_at, skew)),
            in_last_report: marks & IN_LAST_REPORT != 0,
            confirmed_at: (marks & IS_CONFIRMED != 0).then(|| bytes.moment(received_at)),
        })
    }

    /// Writes this head after the topic `before`.
    pub(super) fn write(self, scribe: &mut Scribe, before: Option<Self>) {
        let in_last_report = if self.in_last_report { IN_LAST_REPORT } else { 0 };
        let is_confirmed = if self.confirmed_at.is_some() { IS_CONFIRMED } else { 0 };
        let place = Topic::ALL.iter().take_while(|topic| **topic != self.topic).count();
        scribe.byte(place as u8 | (self.came as u8) << 4 | in_last_report | is_confirmed);
        scribe.moment(self.received_at, base(before));
        scribe.signed(self.skew.wrapping_sub(skew(before)));
        scribe.moment(self.observed_at, expected(self.received_at, self.skew));
        if let Some(at) = self.confirmed_at {
            scribe.moment(at, self.received_at);
        }
    }
}

fn base(before: Option<Head>) -> Timestamp {
    before.map_or(Timestamp(0), |before| before.received_at)
}

fn skew(before: Option<Head>) -> i64 {
    before.map_or(0, |before| before.skew)
}

/// What the machine's clock showed when the report arrived.
fn expected(received_at: Timestamp, skew: i64) -> Timestamp {
    Timestamp(received_at.0.wrapping_add(skew))
}
