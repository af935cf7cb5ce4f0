//! What a collector told a machine whose own clock is wrong.

use std::sync::{Mutex, PoisonError};

use report::Timestamp;

use crate::clock::Reading;

/// How far both clocks of a machine may drift apart before the one that people set has been set,
/// in seconds.
const SET: u64 = 60;

/// The time that was told, if any was. Everything that verifies for one identity shares it.
#[derive(Debug, Default)]
pub(in crate::uplink) struct Learnt(Mutex<Option<Lesson>>);

/// A moment by the collector's clock, and what this machine's clocks said then.
#[derive(Clone, Copy, Debug)]
struct Lesson {
    told: Timestamp,
    at: Reading,
}

impl Learnt {
    pub(in crate::uplink) fn learn(&self, told: Timestamp, at: Reading) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Lesson { told, at });
    }

    /// What time it is by what was told; `None` where nothing was, or where it no longer says
    /// anything.
    pub(in crate::uplink) fn today(&self, now: &Reading) -> Option<Timestamp> {
        (*self.0.lock().unwrap_or_else(PoisonError::into_inner))?.today(now)
    }
}

impl Lesson {
    /// Time goes on by the clock that nobody sets, so that a clock that is put right later is not
    /// corrected twice. Once the other clock was set, or the machine has slept, the lesson is over:
    /// the clock is believed again, and where it is still wrong the next contact asks again.
    fn today(&self, now: &Reading) -> Option<Timestamp> {
        let passed = i64::try_from(now.since(&self.at).as_secs()).ok()?;
        let by_the_wall = now.wall.since(self.at.wall);
        let holds = by_the_wall.abs_diff(passed) <= SET;
        holds.then(|| self.told + passed)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::clock;

    const TOLD: Timestamp = Timestamp(1_795_300_000);
    const DEAD: i64 = 1_230_768_000;
    const HOUR: u64 = 3600;

    /// What is held to be now after the steady clock went on by one duration and the other clock
    /// by another.
    fn later(steady: u64, wall: i64) -> Option<Timestamp> {
        let learnt = Learnt::default();
        let at = Reading { wall: Timestamp(DEAD), ..clock::read() };
        learnt.learn(TOLD, at);
        learnt.today(&Reading {
            wall: at.wall + wall,
            steady: at.steady + Duration::from_secs(steady),
        })
    }

    #[test]
    fn what_was_told_goes_on_like_a_clock() {
        assert_eq!(later(0, 0), Some(TOLD));
        assert_eq!(later(HOUR, 3600), Some(TOLD + 3600));
        assert_eq!(later(HOUR, 3630), Some(TOLD + 3600), "clocks drift");
    }

    #[test]
    fn a_clock_that_is_put_right_is_not_corrected_twice() {
        assert_eq!(later(HOUR, TOLD.since(Timestamp(DEAD)) + 3600), None);
    }

    #[test]
    fn a_clock_that_was_set_or_slept_through_is_asked_for_again() {
        assert_eq!(later(HOUR, -86_400), None);
        assert_eq!(later(HOUR, 8 * 3600), None);
        assert_eq!(later(HOUR, i64::MIN), None);
    }

    #[test]
    fn nobody_told_anything() {
        assert_eq!(Learnt::default().today(&clock::read()), None);
    }
}
