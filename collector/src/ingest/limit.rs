//! How often one machine may speak.
//!
//! Each machine has a bucket that holds a burst and fills at a steady rate. An agent that comes
//! back after weeks empties what it has kept into it at once; one that went astray is slowed down,
//! and nobody else notices. Questions for the time have a bucket of their own: whoever had to ask
//! first still gets rid of everything. So have renewals, each of which is kept for years.

use std::collections::BTreeMap;

use report::wire::REPORT_BURST;
use report::{MachineId, Timestamp};

/// A machine has spoken too often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many contacts of this machine: the next one is taken in {seconds} s")]
pub struct TooMany {
    /// When its next contact is taken, in seconds.
    pub seconds: u32,
}

/// How many reports and heartbeats are taken in a row: everything an agent has kept, after one
/// heartbeat that came to nothing.
const CONTACT_BURST: usize = REPORT_BURST + 1;
/// How often the time is told in a row: an agent asks once, its doctor once for each try.
const CLOCK_BURST: usize = 5;
/// How many renewals are taken in a row: the answer to one may be lost, and that to the next.
const RENEWAL_BURST: usize = 3;
/// In which time one more is: an agent asks for one in 45 days.
const RENEWAL_SPACING: Millis = 6 * HOUR;

type Millis = i64;

const SECOND: Millis = 1000;
const HOUR: Millis = 3600 * SECOND;

/// How often each machine may speak. In memory only: what a restart forgives does no harm.
#[derive(Debug)]
pub struct Limits {
    contacts: Buckets,
    clock: Buckets,
    renewals: Buckets,
}

impl Limits {
    /// So many contacts in an hour, or twice as many as agents are told to make.
    #[must_use]
    pub fn new(contacts_per_hour: u32, contact_interval: u32) -> Self {
        let told = Millis::from(contact_interval) * SECOND;
        let spacing = (HOUR / Millis::from(contacts_per_hour.max(1))).min(told / 2).max(1);
        let contacts = Buckets::new(spacing, CONTACT_BURST);
        let clock = Buckets::new(spacing, CLOCK_BURST);
        let renewals = Buckets::new(RENEWAL_SPACING, RENEWAL_BURST);
        Self { contacts, clock, renewals }
    }

    /// Takes one report or heartbeat of a machine.
    ///
    /// # Errors
    /// When its bucket is empty; it is left as it was.
    pub fn take(&mut self, machine: MachineId, now: Timestamp) -> Result<(), TooMany> {
        self.contacts.take(machine, now)
    }

    /// Takes one question of a machine for the time.
    ///
    /// # Errors
    /// When its bucket is empty; it is left as it was.
    pub fn take_clock(&mut self, machine: MachineId, now: Timestamp) -> Result<(), TooMany> {
        self.clock.take(machine, now)
    }

    /// Takes one renewal of a machine, whatever comes of it.
    ///
    /// # Errors
    /// When its bucket is empty; it is left as it was.
    pub fn take_renewal(&mut self, machine: MachineId, now: Timestamp) -> Result<(), TooMany> {
        self.renewals.take(machine, now)
    }
}

/// One bucket for each machine, or for each of whatever is counted.
#[derive(Debug)]
pub(crate) struct Buckets<K = MachineId> {
    /// The time in which one more fits in.
    spacing: Millis,
    /// How far ahead of the steady rate one may be.
    ahead: Millis,
    /// When each bucket is full again.
    full_at: BTreeMap<K, Millis>,
}

impl<K: Ord + Copy> Buckets<K> {
    /// One more fits into each bucket after so many milliseconds, and so many into an empty one.
    pub(crate) fn new(spacing: Millis, burst: usize) -> Self {
        let burst = Millis::try_from(burst).unwrap_or(1);
        // The clock tells whole seconds: what fits into one comes all at once, and of two requests
        // the one that read the clock first may come here last.
        let ahead = (spacing * (burst - 1)).max(2 * SECOND);
        Self { spacing, ahead, full_at: BTreeMap::new() }
    }

    /// Takes one more out of a bucket.
    ///
    /// # Errors
    /// When it is empty; it is left as it was.
    pub(crate) fn take(&mut self, whose: K, now: Timestamp) -> Result<(), TooMany> {
        let now = now.0.saturating_mul(SECOND);
        let full_at = self.full_at.entry(whose).or_insert(now);
        // A clock that was set back must not silence anybody until it is there again.
        *full_at = (*full_at).clamp(now, now.saturating_add(self.ahead + self.spacing));
        let wait = *full_at - self.ahead - now;
        if wait > 0 {
            let seconds = u32::try_from((wait + SECOND - 1) / SECOND).unwrap_or(u32::MAX);
            return Err(TooMany { seconds });
        }
        *full_at += self.spacing;
        Ok(())
    }

    /// Forgets those whose buckets are fullest until no more than so many are left.
    pub(crate) fn forget_beyond(&mut self, most: usize) {
        while self.full_at.len() > most {
            let fullest = self.full_at.iter().min_by_key(|(_, full_at)| **full_at);
            let Some(fullest) = fullest.map(|(whose, _)| *whose) else { return };
            self.full_at.remove(&fullest);
        }
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.full_at.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_795_300_000);
    const QUARTER: u32 = 900;

    fn pc(n: u8) -> MachineId {
        MachineId::from_bytes([n; 16])
    }

    fn taken(limits: &mut Limits, tries: usize, at: Timestamp) -> usize {
        (0..tries).filter(|_| limits.take(pc(1), at).is_ok()).count()
    }

    #[test]
    fn a_burst_is_taken_at_once_and_then_one_every_two_minutes() {
        let mut limits = Limits::new(30, QUARTER);
        assert_eq!(taken(&mut limits, 50, NOW), CONTACT_BURST);
        assert_eq!(limits.take(pc(1), NOW), Err(TooMany { seconds: 120 }));
        assert_eq!(limits.take(pc(1), NOW + 119), Err(TooMany { seconds: 1 }));
        assert_eq!(limits.take(pc(1), NOW + 120), Ok(()));
        assert_eq!(limits.take(pc(1), NOW + 120), Err(TooMany { seconds: 120 }));
        assert_eq!(taken(&mut limits, 50, NOW + 86_400), CONTACT_BURST, "never more");
    }

    #[test]
    fn whoever_asks_the_time_and_beats_once_still_gets_rid_of_all_it_has_kept() {
        let mut limits = Limits::new(30, QUARTER);
        assert_eq!(limits.take_clock(pc(1), NOW), Ok(()));
        assert_eq!(limits.take(pc(1), NOW), Ok(()), "a heartbeat");
        assert_eq!(taken(&mut limits, 50, NOW), REPORT_BURST);
        assert_eq!(limits.take_clock(pc(1), NOW), Ok(()), "nor does the time cost reports");
    }

    #[test]
    fn whoever_asks_for_nothing_but_the_time_is_slowed_down_too() {
        let mut limits = Limits::new(30, QUARTER);
        let told = (0..50).filter(|_| limits.take_clock(pc(1), NOW).is_ok()).count();
        assert_eq!(told, CLOCK_BURST);
        assert_eq!(limits.take_clock(pc(1), NOW), Err(TooMany { seconds: 120 }));
        assert_eq!(limits.take_clock(pc(1), NOW + 120), Ok(()));
        assert_eq!(limits.take_clock(pc(2), NOW), Ok(()), "nobody else pays");
    }

    #[test]
    fn a_machine_renews_three_times_in_a_row_and_then_once_in_six_hours() {
        let mut limits = Limits::new(30, QUARTER);
        let renewed = (0..50).filter(|_| limits.take_renewal(pc(1), NOW).is_ok()).count();
        assert_eq!(renewed, RENEWAL_BURST);
        assert_eq!(limits.take_renewal(pc(1), NOW), Err(TooMany { seconds: 6 * 3600 }));
        assert_eq!(limits.take_renewal(pc(1), NOW + 6 * 3600), Ok(()));
        assert_eq!(limits.take_renewal(pc(2), NOW), Ok(()), "nobody else pays");
        assert_eq!(limits.take(pc(1), NOW), Ok(()), "nor does it cost reports");
    }

    #[test]
    fn nobody_pays_for_another() {
        let mut limits = Limits::new(30, QUARTER);
        let _ = taken(&mut limits, 50, NOW);
        assert_eq!(limits.take(pc(2), NOW), Ok(()));
    }

    #[test]
    fn over_a_day_no_more_is_taken_than_the_rate_and_one_burst() {
        let mut limits = Limits::new(30, QUARTER);
        let total: usize = (0..86_400).map(|s| taken(&mut limits, 3, NOW + s)).sum();
        assert_eq!(total, 24 * 30 + CONTACT_BURST - 1);
    }

    #[test]
    fn whoever_does_as_it_is_told_is_never_refused_at_any_interval() {
        for interval in [60, 120, 300, QUARTER, 6 * 3600] {
            let mut limits = Limits::new(30, interval);
            // The earliest that jitter allows, with the report that a heartbeat is answered with.
            let early = i64::from(interval) * 8 / 10;
            for contact in 0..500 {
                let at = NOW + contact * early;
                assert_eq!(limits.take(pc(1), at), Ok(()), "every {interval} s");
                if contact % 10 == 0 {
                    assert_eq!(limits.take(pc(1), at), Ok(()), "every {interval} s");
                }
            }
        }
    }

    #[test]
    fn a_clock_that_was_set_back_silences_nobody() {
        let mut limits = Limits::new(30, QUARTER);
        let _ = taken(&mut limits, 50, NOW + 1_000_000);
        assert_eq!(limits.take(pc(1), NOW), Err(TooMany { seconds: 120 }));
        assert_eq!(limits.take(pc(1), NOW + 120), Ok(()));
    }

    #[test]
    fn a_rate_of_many_in_a_second_is_what_it_says() {
        let mut limits = Limits::new(3600 * 200, QUARTER);
        let total: usize = (0..60).map(|s| taken(&mut limits, 1000, NOW + s)).sum();
        assert!((60 * 200..=62 * 200 + 1).contains(&total), "{total}");
    }

    #[test]
    fn whoever_read_the_clock_before_another_and_comes_after_it_is_not_refused_for_that() {
        let mut limits = Limits::new(3600 * 200, QUARTER);
        assert_eq!(taken(&mut limits, 150, NOW + 1), 150);
        assert_eq!(limits.take(pc(1), NOW), Ok(()));
    }
}
