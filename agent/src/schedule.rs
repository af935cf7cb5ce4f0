//! When the next contact falls: a pure function of how the last ones went and of chance.

use std::time::Duration;

use crate::random::Chance;
use crate::uplink::backoff;

/// How far the contacts of machines spread on which the same thing changed at once, as when an
/// office's definitions arrive: with the stillness the watch waits for, less than a minute.
const CHANGE_SPREAD: Duration = Duration::from_secs(20);

/// How a contact went, as far as the next one depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Went {
    /// Well; the collector named an interval.
    Accepted {
        /// From this contact to the next.
        next: Duration,
    },
    /// The report was refused for good: the next survey may be taken.
    Refused,
    /// This machine's identity was refused.
    ShutOut,
    /// Nobody took it.
    Later {
        /// How long the collector asked to be left alone.
        retry_after: Option<Duration>,
    },
}

/// What is known of the contacts so far.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    interval: Duration,
    failures: u32,
    /// How often in a row the identity was refused, whatever came between.
    shut_out: u32,
    has_begun: bool,
}

impl Schedule {
    /// Before the first contact.
    #[must_use]
    pub fn new(interval: Duration) -> Self {
        Self { interval, failures: 0, shut_out: 0, has_begun: false }
    }

    /// The interval in force: the configured one until the collector names another.
    #[must_use]
    pub fn interval(&self) -> Duration {
        self.interval
    }

    /// Whether a change may be told of at once. Before the first contact, which is spread over many
    /// machines, between failures, and while the identity is refused, it waits for the next one.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.has_begun && self.failures == 0 && self.shut_out == 0
    }

    /// How long to wait after a contact.
    pub fn after(&mut self, went: Went, chance: Chance) -> Duration {
        self.has_begun = true;
        match went {
            Went::Accepted { next } => {
                self.interval = backoff::bounded(next);
                self.is_heard();
                backoff::between_contacts(self.interval, chance)
            }
            Went::Refused => {
                self.is_heard();
                backoff::between_contacts(self.interval, chance)
            }
            Went::ShutOut => {
                self.failures = 0;
                self.shut_out = self.shut_out.saturating_add(1);
                backoff::when_shut_out(self.shut_out, chance)
            }
            // What nobody would take is not offered more often because nobody answers.
            Went::Later { .. } if self.shut_out > 0 => {
                backoff::when_shut_out(self.shut_out, chance)
            }
            Went::Later { retry_after } => {
                self.failures = self.failures.saturating_add(1);
                let asked = retry_after.map(|time| backoff::as_asked(time, chance));
                backoff::after_failure(self.failures, self.interval, chance)
                    .max(asked.unwrap_or_default())
            }
        }
    }
}

impl Schedule {
    fn is_heard(&mut self) {
        self.failures = 0;
        self.shut_out = 0;
    }
}

/// How long to wait after something on the machine has changed.
#[must_use]
pub fn after_change(chance: Chance) -> Duration {
    Duration::from_secs_f64(chance.between(0.0, CHANGE_SPREAD.as_secs_f64()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LATER: Went = Went::Later { retry_after: None };

    fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn failures_in_a_row_back_off_and_one_success_forgets_them() {
        let mut schedule = Schedule::new(secs(900));
        assert!(!schedule.is_open(), "a whole office is switched on at eight o'clock");
        let half = Chance::of(0.5);
        let first = schedule.after(LATER, half);
        let second = schedule.after(LATER, half);
        assert!(second > first && !schedule.is_open());
        let next = Went::Accepted { next: secs(300) };
        assert_eq!(schedule.after(next, half), secs(300));
        assert!(schedule.is_open());
        assert_eq!(schedule.after(LATER, half), first);
    }

    #[test]
    fn the_collectors_interval_stays_in_force() {
        let mut schedule = Schedule::new(secs(900));
        let next = Went::Accepted { next: secs(300) };
        schedule.after(next, Chance::of(0.5));
        assert_eq!(schedule.interval(), secs(300));
        assert_eq!(schedule.after(Went::Refused, Chance::of(0.5)), secs(300));
    }

    #[test]
    fn an_absurd_interval_does_not_make_old_surveys_young() {
        let mut schedule = Schedule::new(secs(900));
        let next = Went::Accepted { next: Duration::MAX };
        schedule.after(next, Chance::of(0.5));
        assert_eq!(schedule.interval(), secs(6 * 3600));
    }

    #[test]
    fn a_collector_that_asks_for_time_gets_it_even_on_the_first_failure() {
        let mut schedule = Schedule::new(secs(900));
        let asked = Went::Later { retry_after: Some(secs(120)) };
        assert!(schedule.after(asked, Chance::of(0.0)) >= secs(120));
    }

    #[test]
    fn an_identity_that_is_refused_comes_back_later_and_later_and_tells_of_no_change() {
        let mut schedule = Schedule::new(secs(900));
        let half = Chance::of(0.5);
        assert_eq!(schedule.after(Went::ShutOut, half), secs(3600));
        assert_eq!(schedule.after(Went::ShutOut, half), secs(2 * 3600));
        assert!(!schedule.is_open());
        assert_eq!(schedule.after(LATER, half), secs(2 * 3600), "an outage is no way around it");
        assert_eq!(schedule.after(Went::ShutOut, half), secs(4 * 3600));
        let next = Went::Accepted { next: secs(300) };
        assert_eq!(schedule.after(next, half), secs(300));
        assert!(schedule.is_open());
        assert_eq!(schedule.after(Went::ShutOut, half), secs(3600), "it begins anew");
        schedule.after(Went::Refused, half);
        assert!(schedule.is_open(), "a report was refused, and its sender was not");
    }

    #[test]
    fn asking_for_less_than_the_back_off_does_not_shorten_it() {
        let mut schedule = Schedule::new(secs(900));
        for _ in 0..10 {
            schedule.after(LATER, Chance::of(0.5));
        }
        let asked = Went::Later { retry_after: Some(secs(1)) };
        assert!(schedule.after(asked, Chance::of(0.5)) > secs(400));
    }
}
