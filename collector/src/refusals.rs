//! Who was refused: counted always, and told in the audit log as often as it is of use.
//!
//! Whoever is refused chooses how often. So of each reason the log tells the first of an hour, with
//! how many were like it since the one before: as many entries in a day as there are reasons in 24
//! hours, whatever anybody does.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use prometheus::IntCounterVec;
use report::{MachineId, Timestamp};

use crate::audit::{Action, Entry};

/// For how long one entry speaks for all that are like it, in seconds.
const HOUR: i64 = 3600;

/// What is no refusal of anybody: the peer did nothing wrong and comes back.
const OURS: [&str; 7] = ["busy", "encode", "issue", "judge", "report_wanted", "shutdown", "store"];

/// Who was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// From where.
    pub address: IpAddr,
    /// Whose certificate it showed, where this collector issued one.
    pub machine: Option<MachineId>,
}

/// The count and the log of refusals.
#[derive(Debug)]
pub struct Refusals {
    counter: IntCounterVec,
    told: Mutex<BTreeMap<&'static str, Told>>,
}

/// What was last told of a reason.
#[derive(Clone, Copy, Debug)]
struct Told {
    at: Timestamp,
    /// How many there were since.
    more: u64,
}

impl Refusals {
    /// Counts into this family, by reason.
    #[must_use]
    pub fn new(counter: IntCounterVec) -> Self {
        Self { counter, told: Mutex::default() }
    }

    /// Counts a refusal; gives the audit entry where one is due and can be written.
    #[must_use]
    pub fn note(
        &self,
        reason: &'static str,
        caller: Caller,
        now: Timestamp,
        can_write: bool,
    ) -> Option<Entry> {
        self.counter.with_label_values(&[reason]).inc();
        if OURS.contains(&reason) {
            return None;
        }
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let before = told.get_mut(reason);
        // A clock that was set back must not silence the log until it is there again.
        let speaks_for_this = |before: &Told| (0..HOUR).contains(&now.since(before.at));
        match before {
            Some(before) if !can_write || speaks_for_this(before) => {
                before.more += 1;
                None
            }
            None if !can_write => None,
            before => {
                let detail = detail(caller, before.as_deref());
                told.insert(reason, Told { at: now, more: 0 });
                Some(entry(reason, caller, detail, now))
            }
        }
    }
}

fn entry(reason: &str, caller: Caller, detail: String, now: Timestamp) -> Entry {
    let actor = match caller.machine {
        Some(machine) => format!("machine:{machine}"),
        None => format!("address:{}", caller.address),
    };
    Entry { at: now, actor, action: Action::Refused, subject: reason.to_owned(), detail }
}

/// From where a machine spoke, and how many were like this one since the last that was told.
fn detail(caller: Caller, before: Option<&Told>) -> String {
    let from = caller.machine.map(|_| format!("address={}", caller.address));
    let more = before.map(|before| format!("more={} since={}", before.more, before.at));
    from.into_iter().chain(more).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use prometheus::Opts;

    use super::*;

    const NOW: Timestamp = Timestamp(1_795_300_000);
    const STRANGER: Caller =
        Caller { address: IpAddr::V4(Ipv4Addr::new(10, 1, 2, 3)), machine: None };

    fn refusals() -> Refusals {
        Refusals::new(IntCounterVec::new(Opts::new("refusals", "of a test"), &["reason"]).unwrap())
    }

    fn count(refusals: &Refusals, reason: &str) -> u64 {
        refusals.counter.with_label_values(&[reason]).get()
    }

    #[test]
    fn the_first_of_an_hour_is_told_with_how_many_were_like_it_before() {
        let refusals = refusals();
        let first = refusals.note("not_tls", STRANGER, NOW, true).unwrap();
        assert_eq!((first.actor.as_str(), first.subject.as_str()), ("address:10.1.2.3", "not_tls"));
        assert_eq!((first.action, first.detail.as_str()), (Action::Refused, ""));
        for second in 0..3599 {
            assert_eq!(refusals.note("not_tls", STRANGER, NOW + second, true), None);
        }
        let next = refusals.note("not_tls", STRANGER, NOW + HOUR, true).unwrap();
        assert_eq!(next.detail, format!("more=3599 since={NOW}"));
        assert_eq!(count(&refusals, "not_tls"), 3601);
    }

    #[test]
    fn each_reason_is_told_for_itself() {
        let refusals = refusals();
        assert!(refusals.note("not_tls", STRANGER, NOW, true).is_some());
        assert!(refusals.note("expired", STRANGER, NOW, true).is_some());
    }

    #[test]
    fn a_machine_is_named_and_from_where_it_spoke() {
        let machine = MachineId::from_bytes([7; 16]);
        let caller = Caller { machine: Some(machine), ..STRANGER };
        let entry = refusals().note("revoked", caller, NOW, true).unwrap();
        assert_eq!(entry.actor, format!("machine:{machine}"));
        assert_eq!(entry.detail, "address=10.1.2.3");
    }

    #[test]
    fn what_cannot_be_written_is_told_later() {
        let refusals = refusals();
        assert_eq!(refusals.note("not_tls", STRANGER, NOW, false), None);
        assert!(refusals.note("not_tls", STRANGER, NOW + 1, true).is_some());
        assert_eq!(refusals.note("not_tls", STRANGER, NOW + HOUR + 1, false), None);
        let entry = refusals.note("not_tls", STRANGER, NOW + HOUR + 2, true).unwrap();
        assert_eq!(entry.detail, format!("more=1 since={}", NOW + 1));
    }

    #[test]
    fn our_own_faults_are_counted_and_not_told() {
        let refusals = refusals();
        for reason in OURS {
            assert_eq!(refusals.note(reason, STRANGER, NOW, true), None);
            assert_eq!(count(&refusals, reason), 1);
        }
    }

    #[test]
    fn a_clock_that_was_set_back_silences_nothing() {
        let refusals = refusals();
        assert!(refusals.note("not_tls", STRANGER, NOW, true).is_some());
        assert!(refusals.note("not_tls", STRANGER, NOW - 100_000, true).is_some());
    }
}
