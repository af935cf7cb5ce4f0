//! What the agent remembers, from one survey to the next, of providers and programs. Each that did not
//! answer rests an hour, twice as long after every further failure and at most a day, and is a
//! stranger again as soon as it has answered. What costs much to answer is not asked again for hours.

use std::collections::BTreeMap;

use report::Timestamp;

use crate::host::rests::{Answers, Experience, Until, Went};

/// How long the first rest is, in seconds.
const FIRST: i64 = 3_600;
/// And the longest.
const LONGEST: i64 = 24 * 3_600;

/// For how long an answer that costs much is good, in seconds.
const GOOD: i64 = 6 * 3_600;

/// Everything that failed when it was last asked, and the answers that are remembered.
#[derive(Debug, Default)]
pub(super) struct Providers {
    rests: BTreeMap<String, Rest>,
    answers: BTreeMap<String, (Timestamp, String)>,
}

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
        let resting = self.rests.iter().filter(|(_, rest)| still(rest));
        resting.map(|(name, rest)| (name.clone(), rest.since + rest.seconds)).collect()
    }

    /// The answers that are still good. A clock that was put back makes all of them old.
    pub(super) fn known(&self, now: Timestamp) -> Answers {
        let is_good = |at: Timestamp| at <= now && now < at + GOOD;
        let good = self.answers.iter().filter(|(_, (at, _))| is_good(*at));
        good.map(|(name, (_, answer))| (name.clone(), answer.clone())).collect()
    }

    /// Remembers what was answered in a survey that began now.
    pub(super) fn remember(&mut self, answered: Answers, now: Timestamp) {
        let dated = answered.into_iter().map(|(name, answer)| (name, (now, answer)));
        self.answers.extend(dated);
    }

    /// Remembers how a survey that began now went.
    pub(super) fn learn(&mut self, experience: Experience, now: Timestamp) {
        for (name, went) in experience {
            match went {
                Went::Well => {
                    self.rests.remove(&name);
                }
                Went::Badly => {
                    let former = self.rests.get(&name).map(|rest| rest.seconds);
                    let seconds = former.map_or(FIRST, |it| (it * 2).min(LONGEST));
                    self.rests.insert(name, Rest { since: now, seconds });
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
    fn an_answer_is_good_for_six_hours_and_no_clock_makes_it_good_for_longer() {
        let mut providers = Providers::default();
        let answer: Answers = [(TOOL.to_owned(), "7".to_owned())].into();
        providers.remember(answer.clone(), NOW);
        for (hours, expected) in [(0, Some("7")), (5, Some("7")), (6, None), (-1, None)] {
            let known = providers.known(NOW + hours * HOUR);
            assert_eq!(known.get(TOOL).map(String::as_str), expected, "{hours} h");
        }
        // A survey that did not ask again makes it no younger.
        providers.remember(Answers::new(), NOW + 5 * HOUR);
        assert_eq!(providers.known(NOW + 6 * HOUR), Answers::new());
        providers.remember([(TOOL.to_owned(), "8".to_owned())].into(), NOW + 6 * HOUR);
        assert_eq!(providers.known(NOW + 7 * HOUR)[TOOL], "8");
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
