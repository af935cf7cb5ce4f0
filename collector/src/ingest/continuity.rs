//! Whether a contact continues what a machine said before: the defence against copied disks.

use std::cmp::Ordering;

use report::machine::FactsDigest;
use report::{Fingerprint, Incarnation, Sequence, Timestamp};

/// What identifies one contact among those of its machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The agent process that speaks.
    pub incarnation: Incarnation,
    /// Which contact of the identity it is.
    pub sequence: Sequence,
    /// Whether it brings its facts or only names them.
    pub kind: Kind,
    /// What it says.
    pub digest: FactsDigest,
}

/// Reports and heartbeats share one row of numbers, and neither stands for the other: of a
/// heartbeat the store has no facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It brings its facts.
    Report,
    /// It names facts that a report brought.
    Heartbeat,
}

impl Kind {
    /// Both kinds.
    pub const ALL: [Self; 2] = [Self::Report, Self::Heartbeat];

    /// The name in the store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Heartbeat => "heartbeat",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// What the store remembers of a machine's contacts.
#[derive(Clone, Copy, Debug)]
pub struct Past {
    /// The hardware that enrolled.
    pub fingerprint: Fingerprint,
    /// The last contact that was accepted, after enrolment.
    pub last: Option<Mark>,
    /// When the last report was kept.
    pub reported_at: Option<Timestamp>,
    /// The incarnation that speaks now was seen at an earlier time.
    pub incarnation_seen: bool,
}

/// How a contact follows on the past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Continuity {
    /// It is the next one.
    Next,
    /// It is the last one again: the reply was lost.
    Repeat,
    /// The same hardware came back from a backup.
    Restore,
    /// Another machine speaks with this identity.
    Clone,
    /// It has the number of an accepted contact and says something else.
    SequenceConflict,
    /// The same process goes back in time: a replay.
    OldSequence,
}

/// Decides how a contact follows on the past.
///
/// An honest agent does not use its key on foreign hardware, so a foreign fingerprint is a clone
/// whatever its sequence. A process that speaks again after another one has spoken is a second
/// live holder of the key.
#[must_use]
pub fn continuity(past: &Past, fingerprint: Fingerprint, now: Mark) -> Continuity {
    if fingerprint != past.fingerprint {
        return Continuity::Clone;
    }
    let Some(last) = past.last else {
        return Continuity::Next;
    };
    let repeats = Mark { incarnation: last.incarnation, ..now } == last;
    if now.incarnation == last.incarnation {
        return match now.sequence.cmp(&last.sequence) {
            Ordering::Greater => Continuity::Next,
            Ordering::Equal if repeats => Continuity::Repeat,
            Ordering::Equal => Continuity::SequenceConflict,
            Ordering::Less => Continuity::OldSequence,
        };
    }
    if past.incarnation_seen {
        Continuity::Clone
    } else if now.sequence > last.sequence {
        Continuity::Next
    } else if repeats {
        Continuity::Repeat
    } else {
        Continuity::Restore
    }
}

/// Decides the same of a report that came in a file.
///
/// Files lie about, and are brought again and out of their order, which says nothing of a restored
/// disk or of a second holder of the key. So one whose number is not the highest yet is a replay.
#[must_use]
pub fn of_file(past: &Past, fingerprint: Fingerprint, now: Mark) -> Continuity {
    let last = past.last.filter(|_| fingerprint == past.fingerprint);
    match last.map(|last| (now.sequence.cmp(&last.sequence), last)) {
        None | Some((Ordering::Greater, _)) => continuity(past, fingerprint, now),
        Some((Ordering::Equal, last)) if now == last => Continuity::Repeat,
        Some((Ordering::Equal, _)) => Continuity::SequenceConflict,
        Some((Ordering::Less, _)) => Continuity::OldSequence,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HARDWARE: Fingerprint = Fingerprint::from_bytes([1; 32]);

    fn mark(process: u8, sequence: u64, says: u8) -> Mark {
        Mark {
            incarnation: Incarnation::from_bytes([process; 16]),
            sequence: Sequence(sequence),
            kind: Kind::Report,
            digest: FactsDigest::from_bytes([says; 32]),
        }
    }

    fn beat(process: u8, sequence: u64, says: u8) -> Mark {
        Mark { kind: Kind::Heartbeat, ..mark(process, sequence, says) }
    }

    fn after(last: Mark, incarnation_seen: bool, now: Mark) -> Continuity {
        continuity(
            &Past { fingerprint: HARDWARE, last: Some(last), reported_at: None, incarnation_seen },
            HARDWARE,
            now,
        )
    }

    #[test]
    fn the_first_contact_and_every_higher_number_are_next() {
        let past =
            Past { fingerprint: HARDWARE, last: None, reported_at: None, incarnation_seen: false };
        assert_eq!(continuity(&past, HARDWARE, mark(1, 1, 1)), Continuity::Next);
        assert_eq!(after(mark(1, 7, 1), true, mark(1, 8, 1)), Continuity::Next);
        assert_eq!(after(mark(1, 7, 1), false, mark(2, 8, 1)), Continuity::Next, "a restart");
    }

    #[test]
    fn a_lost_reply_is_no_second_report_and_other_content_under_its_number_is_refused() {
        assert_eq!(after(mark(1, 7, 1), true, mark(1, 7, 1)), Continuity::Repeat);
        assert_eq!(after(mark(1, 7, 1), false, mark(2, 7, 1)), Continuity::Repeat, "a restart");
        assert_eq!(after(mark(1, 7, 1), true, mark(1, 7, 2)), Continuity::SequenceConflict);
        assert_eq!(after(mark(1, 7, 1), true, mark(1, 6, 1)), Continuity::OldSequence);
    }

    #[test]
    fn a_restored_machine_comes_back_with_a_lower_number_and_is_no_clone() {
        assert_eq!(after(mark(1, 7, 1), false, mark(2, 3, 1)), Continuity::Restore);
        assert_eq!(after(mark(1, 7, 1), false, mark(2, 7, 2)), Continuity::Restore);
    }

    #[test]
    fn a_report_repeats_no_heartbeat_and_a_heartbeat_no_report() {
        assert_eq!(after(beat(1, 7, 1), true, beat(1, 7, 1)), Continuity::Repeat);
        // A disk that was rolled back to just before the last contact.
        assert_eq!(after(beat(1, 7, 1), false, mark(2, 7, 1)), Continuity::Restore);
        assert_eq!(after(mark(1, 7, 1), false, beat(2, 7, 1)), Continuity::Restore);
        assert_eq!(after(beat(1, 7, 1), true, mark(1, 7, 1)), Continuity::SequenceConflict);
        assert_eq!(after(mark(1, 7, 1), true, beat(1, 7, 1)), Continuity::SequenceConflict);
    }

    #[test]
    fn after_a_heartbeat_whose_answer_was_lost_the_report_with_a_new_number_is_next() {
        assert_eq!(after(beat(1, 7, 1), true, mark(1, 8, 1)), Continuity::Next);
        assert_eq!(after(beat(1, 7, 1), false, mark(2, 8, 1)), Continuity::Next, "a restart");
    }

    #[test]
    fn a_report_that_is_sent_once_more_after_later_ones_is_a_restore_or_refused() {
        assert_eq!(after(mark(1, 9, 2), false, mark(2, 8, 1)), Continuity::Restore, "a restart");
        assert_eq!(after(mark(2, 8, 1), true, mark(2, 10, 2)), Continuity::Next, "and on it goes");
        assert_eq!(after(beat(2, 10, 2), true, mark(2, 8, 1)), Continuity::OldSequence);
    }

    #[test]
    fn two_live_holders_of_one_key_show_as_a_process_that_returns() {
        assert_eq!(after(mark(2, 8, 1), true, mark(1, 9, 1)), Continuity::Clone);
    }

    #[test]
    fn a_file_that_is_not_the_newest_is_a_replay_and_never_a_restore_or_a_clone() {
        let brought = |last: Mark, incarnation_seen: bool, now: Mark| {
            let past = Past {
                fingerprint: HARDWARE,
                last: Some(last),
                reported_at: None,
                incarnation_seen,
            };
            of_file(&past, HARDWARE, now)
        };
        let last = mark(2, 8, 1);
        assert_eq!(brought(last, false, mark(3, 9, 1)), Continuity::Next);
        assert_eq!(brought(last, true, mark(2, 8, 1)), Continuity::Repeat);
        for (seen, now) in [(false, mark(1, 7, 1)), (true, mark(1, 7, 1)), (true, mark(2, 7, 1))] {
            assert_eq!(brought(last, seen, now), Continuity::OldSequence, "{now:?}");
        }
        for now in [mark(2, 8, 2), mark(3, 8, 1), beat(2, 8, 1)] {
            assert_eq!(brought(last, false, now), Continuity::SequenceConflict, "{now:?}");
        }
        // Whoever speaks by network and by file at once holds the key twice.
        assert_eq!(brought(last, true, mark(1, 9, 1)), Continuity::Clone);
        let foreign = Fingerprint::from_bytes([2; 32]);
        let past = Past {
            fingerprint: HARDWARE,
            last: Some(last),
            reported_at: None,
            incarnation_seen: false,
        };
        assert_eq!(of_file(&past, foreign, mark(3, 1, 1)), Continuity::Clone);
        let none = Past { last: None, ..past };
        assert_eq!(of_file(&none, HARDWARE, mark(3, 1, 1)), Continuity::Next);
    }

    #[test]
    fn foreign_hardware_is_a_clone_whatever_its_number() {
        let foreign = Fingerprint::from_bytes([2; 32]);
        for sequence in [1, 7, 99] {
            let past = Past {
                fingerprint: HARDWARE,
                last: Some(mark(1, 7, 1)),
                reported_at: None,
                incarnation_seen: false,
            };
            assert_eq!(continuity(&past, foreign, mark(3, sequence, 1)), Continuity::Clone);
        }
    }
}
