//! The clock of one judgement.

use std::cell::Cell;

use report::Timestamp;
use report::moment::DAY;

use super::subject::JudgeClock;

/// Never, as far as anybody counts.
pub const NEVER: Timestamp = Timestamp(i64::MAX);

/// Answers how moments lie to the clock, and remembers when the first of its answers would turn
/// out otherwise. Whoever judges asks nothing else about time, so until then the same facts give
/// the same judgement.
#[derive(Debug)]
pub struct Hourglass {
    clock: JudgeClock,
    turns: Cell<Timestamp>,
}

impl Hourglass {
    /// A clock that has answered nothing yet.
    #[must_use]
    pub fn new(clock: JudgeClock) -> Self {
        Self { clock, turns: Cell::new(NEVER) }
    }

    /// The clock it answers by.
    #[must_use]
    pub fn clock(&self) -> JudgeClock {
        self.clock
    }

    /// When the first of its answers turns, as long as the horizon keeps its distance; [`NEVER`]
    /// if none does.
    #[must_use]
    pub fn turns(&self) -> Timestamp {
        self.turns.get()
    }

    /// Whether now is later than a moment.
    #[must_use]
    pub fn is_past(&self, at: Timestamp) -> bool {
        let past = self.clock.now > at;
        if !past {
            self.note(at + 1);
        }
        past
    }

    /// Whether the horizon is later than an end.
    #[must_use]
    pub fn is_over(&self, end: Timestamp) -> bool {
        let over = self.clock.horizon > end;
        if !over {
            self.note(end + 1 - self.clock.horizon.since(self.clock.now));
        }
        over
    }

    /// Whether a moment that is said to have happened lies in the future, beyond what a clock may
    /// be off.
    #[must_use]
    pub fn is_future(&self, at: Timestamp) -> bool {
        !self.is_past(at - DAY - 1)
    }

    /// Whole days since a moment.
    #[must_use]
    pub fn days_since(&self, at: Timestamp) -> u64 {
        let days = self.clock.now.since(at).div_euclid(DAY);
        self.note(at + (days + 1) * DAY);
        u64::try_from(days).unwrap_or_default()
    }

    /// Some answer turns at a moment.
    fn note(&self, at: Timestamp) {
        self.turns.set(self.turns.get().min(at));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000_000);

    fn turns(ask: impl Fn(&Hourglass) -> bool, horizon: Timestamp) -> (bool, Timestamp) {
        let hourglass = Hourglass::new(JudgeClock { now: NOW, horizon });
        (ask(&hourglass), hourglass.turns())
    }

    #[test]
    fn what_is_past_stays_past_and_what_is_not_turns_a_second_after() {
        assert_eq!(turns(|glass| glass.is_past(NOW - 1), NOW), (true, NEVER));
        assert_eq!(turns(|glass| glass.is_past(NOW), NOW), (false, NOW + 1));
        assert_eq!(turns(|glass| glass.is_past(NOW + 9), NOW), (false, NOW + 10));
    }

    #[test]
    fn an_end_is_over_by_the_horizon_and_turns_by_now() {
        let horizon = NOW + 30 * DAY;
        assert_eq!(turns(|glass| glass.is_over(horizon - 1), horizon), (true, NEVER));
        assert_eq!(turns(|glass| glass.is_over(horizon), horizon), (false, NOW + 1));
        assert_eq!(turns(|glass| glass.is_over(horizon + DAY), horizon), (false, NOW + DAY + 1));
    }

    #[test]
    fn the_future_begins_after_a_day_and_ends_when_that_day_is_reached() {
        assert_eq!(turns(|glass| glass.is_future(NOW + DAY), NOW), (false, NEVER));
        assert_eq!(turns(|glass| glass.is_future(NOW + DAY + 1), NOW), (true, NOW + 1));
    }

    #[test]
    fn a_number_of_days_turns_with_the_next_one() {
        for (ago, days) in [(0, 0), (DAY - 1, 0), (DAY, 1), (3 * DAY + 5, 3)] {
            let hourglass = Hourglass::new(JudgeClock::at(NOW));
            assert_eq!(hourglass.days_since(NOW - ago), days);
            assert_eq!(hourglass.turns(), NOW - ago + i64::try_from(days + 1).unwrap() * DAY);
        }
        assert_eq!(Hourglass::new(JudgeClock::at(NOW)).days_since(NOW + 5), 0);
    }

    #[test]
    fn the_first_turn_counts() {
        let hourglass = Hourglass::new(JudgeClock::at(NOW));
        let answers = [NOW + 50, NOW + 20, NOW + 30].map(|at| hourglass.is_past(at));
        assert_eq!((answers, hourglass.turns()), ([false; 3], NOW + 21));
    }
}
