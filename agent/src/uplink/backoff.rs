//! When to come back: pure functions of what happened and of chance.

use std::time::Duration;

use report::wire::CONTACT_RANGE;

use crate::random::Chance;

/// No retry comes sooner than this.
const SHORTEST: Duration = Duration::from_secs(5);
/// No retry of its own accord comes later than this.
const LONGEST: Duration = Duration::from_secs(15 * 60);
/// No collector can ask for more silence than this.
const LONGEST_ASKED: Duration = Duration::from_secs(3600);
/// How soon an agent comes back whose identity was refused.
const SHORTEST_SHUT_OUT: Duration = Duration::from_secs(3600);
/// How late, if it was refused each time.
const LONGEST_SHUT_OUT: Duration = Duration::from_secs(6 * 3600);
/// How far an interval moves to either side.
const JITTER: f64 = 0.2;

/// How long to wait before trying again after `attempt` failures in a row: anywhere up to a bound
/// that doubles each time, so that machines that failed together do not come back together, and
/// that is no longer than the interval at which they would come anyway.
#[must_use]
pub fn after_failure(attempt: u32, interval: Duration, chance: Chance) -> Duration {
    let doubled = 2_u32.saturating_pow(attempt.max(1));
    let bound = SHORTEST.saturating_mul(doubled).min(LONGEST).min(bounded(interval));
    between(SHORTEST, bound, chance)
}

/// How long to wait when the collector asked for it: never less, and up to a fifth more, because
/// it asked everybody the same; but never longer than any collector may ask for.
#[must_use]
pub fn as_asked(retry_after: Duration, chance: Chance) -> Duration {
    let asked = retry_after.clamp(SHORTEST, LONGEST_ASKED);
    between(asked, asked.mul_f64(1.0 + JITTER), chance).min(LONGEST_ASKED)
}

/// How long to wait when collectors have refused this machine's identity so often in a row: hours,
/// because only an officer can change that, and not for ever, because one may have.
#[must_use]
pub fn when_shut_out(times: u32, chance: Chance) -> Duration {
    let doubled = 2_u32.saturating_pow(times.saturating_sub(1));
    let about = SHORTEST_SHUT_OUT.saturating_mul(doubled).min(LONGEST_SHUT_OUT);
    between(about.mul_f64(1.0 - JITTER), about.mul_f64(1.0 + JITTER), chance)
}

/// The interval an agent lets itself be told: nobody can silence it or make it hammer.
#[must_use]
pub fn bounded(interval: Duration) -> Duration {
    let shortest = Duration::from_secs((*CONTACT_RANGE.start()).into());
    let longest = Duration::from_secs((*CONTACT_RANGE.end()).into());
    interval.clamp(shortest, longest)
}

/// How long to wait between two contacts that went well.
#[must_use]
pub fn between_contacts(interval: Duration, chance: Chance) -> Duration {
    let interval = bounded(interval);
    bounded(between(interval.mul_f64(1.0 - JITTER), interval.mul_f64(1.0 + JITTER), chance))
}

/// How long to wait before the first contact: a whole office is switched on at eight o'clock.
#[must_use]
pub fn before_first(spread: Duration, chance: Chance) -> Duration {
    between(Duration::ZERO, spread, chance)
}

fn between(low: Duration, high: Duration, chance: Chance) -> Duration {
    Duration::from_secs_f64(chance.between(low.as_secs_f64(), high.as_secs_f64()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn seconds(duration: Duration) -> u64 {
        duration.as_secs_f64().round() as u64
    }

    fn never() -> Chance {
        Chance::of(0.0)
    }

    fn nearly_one() -> Chance {
        Chance::of(1.0)
    }

    #[test]
    fn the_bound_doubles_up_to_a_quarter_of_an_hour() {
        let bounds: Vec<_> =
            (1..=9).map(|attempt| seconds(after_failure(attempt, HOUR, nearly_one()))).collect();
        assert_eq!(bounds, [10, 20, 40, 80, 160, 320, 640, 900, 900]);
        assert_eq!(seconds(after_failure(u32::MAX, HOUR, nearly_one())), 900);
        assert_eq!(seconds(after_failure(9, HOUR, never())), 5);
        assert_eq!(seconds(after_failure(9, HOUR / 60, nearly_one())), 60, "as often as ever");
    }

    #[test]
    fn an_identity_that_is_refused_is_shown_again_after_hours() {
        let around: Vec<_> = (1..=5)
            .map(|times| {
                let wait = |chance| seconds(when_shut_out(times, chance));
                (wait(never()), wait(nearly_one()))
            })
            .collect();
        let expected =
            [(2880, 4320), (5760, 8640), (11_520, 17_280), (17_280, 25_920), (17_280, 25_920)];
        assert_eq!(around, expected);
        assert_eq!(seconds(when_shut_out(u32::MAX, never())), 17_280);
    }

    #[test]
    fn nobody_can_silence_an_agent_for_long() {
        let day = Duration::from_secs(86_400);
        assert_eq!(seconds(as_asked(day, never())), 3600);
        assert_eq!(seconds(as_asked(day, nearly_one())), 3600);
        assert_eq!(seconds(as_asked(Duration::ZERO, never())), 5);
        assert_eq!(seconds(between_contacts(day, nearly_one())), 21_600);
    }

    #[test]
    fn nobody_can_make_an_agent_hammer() {
        assert_eq!(seconds(between_contacts(Duration::ZERO, never())), 60);
    }

    proptest! {
        #[test]
        fn a_collector_that_asks_for_time_gets_it(asked in 5_u64..=3600, chance in 0.0..1.0) {
            let wait = as_asked(Duration::from_secs(asked), Chance::of(chance));
            prop_assert!(wait >= Duration::from_secs(asked));
        }

        #[test]
        fn an_interval_moves_by_a_fifth_at_most(minutes in 1_u32..=360, chance in 0.0..1.0) {
            let interval = Duration::from_secs(u64::from(minutes) * 60);
            let wait = between_contacts(interval, Chance::of(chance));
            prop_assert!(wait >= interval * 4 / 5 && wait <= interval * 6 / 5);
        }

        #[test]
        fn the_first_contact_falls_within_the_spread(minutes in 0_u32..=60, chance in 0.0..1.0) {
            let spread = Duration::from_secs(u64::from(minutes) * 60);
            prop_assert!(before_first(spread, Chance::of(chance)) <= spread);
        }
    }
}
