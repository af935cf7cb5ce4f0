//! What the agent remembers, from one survey to the next, of the providers and programs that did
//! not answer: each rests an hour, twice as long after every further failure and at most a day, and
//! is a stranger again as soon as it has answered.

use std::collections::BTreeMap;

use report::Timestamp;

use crate::host::rests::{Experience, Until, Went};

/// How long the first rest is, in seconds.
const FIRST: i64 = 3_600;
/// And the longest.
const LONGEST: i64 = 24 * 3_600;

/// Everything that failed when it was last asked.
#[derive(Debug, Default)]
pub(super) struct Providers(BTreeMap<String, Rest>);

#[derive(Clone, Copy, Debug)]
struct Rest {
    since: Timestamp,
    seconds: i64,
}

impl Providers {
    /// What is left alone now. A clock that was put back ends every rest: the moment it would end
    /// by then may be years away.
    pub(super) fn resting(&self, now: Timestamp) -> Until {
        let still = |rest: &Rest| rest.since <= now && now < rest.since + rest.seconds;
        let resting = self.0.iter().filter(|(_, rest)| still(rest));
        resting.map(|(name, rest)| (name.clone(), rest.since + rest.seconds)).collect()
    }

    /// Remembers how a survey that began now went.
    pub(super) fn learn(&mut self, experience: Experience, now: Timestamp) {
        for (name, went) in experience {
            match went {
                Went::Well => {
                    self.0.remove(&name);
                }
                Went::Badly => {
                    let former = self.0.get(&name).map(|rest| rest.seconds);
                    let seconds = former.map_or(FIRST, |it| (it * 2).min(LONGEST));
                    self.0.insert(name, Rest { since: now, seconds });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_795_318_200);
    const TOOL: &str = "/opt/vendor/tool";
    const HOUR: i64 = 3_600;

    fn went(went: Went) -> Experience {
        [(TOOL.to_owned(), went)].into()
    }

    fn until(seconds: i64) -> Until {
        [(TOOL.to_owned(), NOW + seconds)].into()
    }

    #[test]
    fn a_failure_rests_an_hour_then_twice_as_long_and_never_more_than_a_day() {
        let mut providers = Providers::default();
        let mut now = NOW;
        for hours in [1, 2, 4, 8, 16, 24, 24] {
            providers.learn(went(Went::Badly), now);
            let end = now + hours * HOUR;
            assert_eq!(providers.resting(now), [(TOOL.to_owned(), end)].into(), "{hours} h");
            assert_eq!(providers.resting(end - 1).len(), 1, "{hours} h");
            assert_eq!(providers.resting(end), Until::new(), "{hours} h");
            now = end;
        }
    }

    #[test]
    fn an_answer_makes_the_failures_forgotten() {
        let mut providers = Providers::default();
        providers.learn(went(Went::Badly), NOW - 2 * HOUR);
        providers.learn(went(Went::Badly), NOW);
        providers.learn(went(Went::Well), NOW);
        assert_eq!(providers.resting(NOW), Until::new());
        providers.learn(went(Went::Badly), NOW);
        assert_eq!(providers.resting(NOW), until(HOUR));
    }

    #[test]
    fn what_was_not_asked_keeps_its_rest() {
        let mut providers = Providers::default();
        providers.learn(went(Went::Badly), NOW);
        providers.learn(Experience::new(), NOW + 900);
        assert_eq!(providers.resting(NOW + 900), until(HOUR));
    }

    #[test]
    fn no_jump_of_the_clock_makes_anything_rest_for_ever() {
        let mut providers = Providers::default();
        let ten_years_ahead = NOW + 10 * 365 * 24 * HOUR;
        providers.learn(went(Went::Badly), ten_years_ahead);
        assert_eq!(providers.resting(NOW), Until::new());
        providers.learn(went(Went::Badly), NOW);
        assert_eq!(providers.resting(ten_years_ahead), Until::new());
    }
}
