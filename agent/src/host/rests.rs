//! What was asked in vain and is left alone for a while: a provider or a program that hung, ended
//! before it had answered or said too much. It costs its time limit once, and not in every survey.
//!
//! Who rests until when is told from outside; how the asking went is told back. So are answers that cost
//! too much to be asked for in every survey. Between surveys the agent remembers all of it
//! ([`crate::survey`]).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use report::Timestamp;
use serde::{Deserialize, Serialize};

use super::files::{Read, ReadError, ReadErrorKind};

/// What is left alone in one survey; every clone means the same one.
#[derive(Clone, Debug, Default)]
pub struct Rests(Arc<State>);

#[derive(Debug, Default)]
struct State {
    until: Until,
    known: Answers,
    went: Mutex<Experience>,
    answered: Mutex<Answers>,
}

/// What rests, by the name of its source, and until when.
pub type Until = BTreeMap<String, Timestamp>;

/// Answers as they were given, by the names of their sources.
pub type Answers = BTreeMap<String, String>;

/// The longest answer that is remembered, in bytes: all of them are told in one question.
const MAX_REMEMBERED: usize = 32 * 1024;

/// How it went with everything that was asked, by the name of its source.
pub type Experience = BTreeMap<String, Went>;

/// How asking went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Went {
    /// It answered, whatever it answered.
    Well,
    /// It hung, ended before it had answered or said too much.
    Badly,
}

impl Rests {
    /// A survey in which these rest.
    #[must_use]
    pub fn of(until: Until) -> Self {
        Self::knowing(until, Answers::new())
    }

    /// The same, in which these answers are still good.
    #[must_use]
    pub fn knowing(until: Until, known: Answers) -> Self {
        let (went, answered) = (Mutex::default(), Mutex::default());
        Self(Arc::new(State { until, known, went, answered }))
    }

    /// What a source answered not long ago.
    #[must_use]
    pub fn known(&self, source: &str) -> Option<&str> {
        self.0.known.get(source).map(String::as_str)
    }

    /// Has an answer remembered, unless it is too long for that.
    pub fn remember(&self, source: &str, answer: String) {
        if answer.len() <= MAX_REMEMBERED {
            let mut answered = self.0.answered.lock().unwrap_or_else(PoisonError::into_inner);
            answered.insert(source.to_owned(), answer);
        }
    }

    /// What is to be remembered so far.
    #[must_use]
    pub fn answered(&self) -> Answers {
        self.0.answered.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asks, unless this source rests or has already been asked in vain, and notes how it went.
    ///
    /// # Errors
    /// Those of the answer, or that it rests ([`ReadErrorKind::Resting`], [`ReadErrorKind::Timeout`]).
    pub fn ask<T>(&self, source: &str, ask: impl FnOnce() -> Read<T>) -> Read<T> {
        if let Some(until) = self.0.until.get(source) {
            return Err(ReadError::new(source, ReadErrorKind::Resting(*until)));
        }
        if self.lock().get(source) == Some(&Went::Badly) {
            return Err(ReadError::new(source, ReadErrorKind::Timeout));
        }
        let answer = ask();
        if let Some(went) = went(&answer) {
            self.note(source, went);
        }
        answer
    }

    /// Notes how it went. Once badly stays so for this survey.
    pub fn note(&self, source: &str, went: Went) {
        let mut known = self.lock();
        let known = known.entry(source.to_owned()).or_insert(went);
        if went == Went::Badly {
            *known = went;
        }
    }

    /// How it went so far.
    #[must_use]
    pub fn experience(&self) -> Experience {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Experience> {
        self.0.went.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an answer says of its source; nothing if it was not asked at all.
fn went<T>(answer: &Read<T>) -> Option<Went> {
    use ReadErrorKind as Kind;
    match answer.as_ref().map_err(|error| &error.kind) {
        Ok(_) | Err(Kind::Provider(_) | Kind::Damaged(_)) => Some(Went::Well),
        Err(Kind::Timeout | Kind::TooLarge | Kind::Died(_)) => Some(Went::Badly),
        Err(
            Kind::NotFound
            | Kind::NotSupported
            | Kind::AccessDenied
            | Kind::Refused(_)
            | Kind::Resting(_)
            | Kind::Other(_),
        ) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "/opt/vendor/tool";

    fn fails(kind: &ReadErrorKind) -> Read<()> {
        Err(ReadError::new(SOURCE, kind.clone()))
    }

    #[test]
    fn what_rests_is_not_asked_and_says_until_when() {
        let rests = Rests::of([(SOURCE.to_owned(), Timestamp(1_795_320_000))].into());
        let error = rests.ask(SOURCE, || -> Read<()> { panic!("asked") }).unwrap_err();
        let why = error.ignorance(report::Reason::NotSupported);
        assert_eq!(why.reason, report::Reason::Timeout);
        assert!(why.detail.unwrap().as_str().ends_with("rests until 2026-11-22T04:00:00Z"));
        assert_eq!(rests.ask("another", || Ok(7)), Ok(7));
        assert_eq!(rests.experience(), [("another".to_owned(), Went::Well)].into());
    }

    #[test]
    fn what_hung_is_not_asked_a_second_time_in_the_same_survey() {
        for kind in
            [ReadErrorKind::Timeout, ReadErrorKind::TooLarge, ReadErrorKind::Died("x".to_owned())]
        {
            let rests = Rests::default();
            assert_eq!(rests.ask(SOURCE, || fails(&kind)), fails(&kind));
            let again = rests.ask(SOURCE, || -> Read<()> { panic!("asked again") });
            assert_eq!(again, fails(&ReadErrorKind::Timeout));
            rests.note(SOURCE, Went::Well);
            assert_eq!(rests.experience(), [(SOURCE.to_owned(), Went::Badly)].into());
        }
    }

    #[test]
    fn an_answer_is_remembered_unless_it_is_too_long() {
        let rests = Rests::knowing(Until::new(), [(SOURCE.to_owned(), "7".to_owned())].into());
        assert_eq!((rests.known(SOURCE), rests.known("another")), (Some("7"), None));
        rests.remember("another", "x".repeat(MAX_REMEMBERED + 1));
        assert_eq!(rests.answered(), Answers::new());
        rests.remember("another", "8".to_owned());
        // What was known before is nothing new.
        assert_eq!(rests.answered(), [("another".to_owned(), "8".to_owned())].into());
    }

    #[test]
    fn an_answer_that_is_no_news_to_anybody_is_not_told() {
        let rests = Rests::default();
        for kind in [ReadErrorKind::NotFound, ReadErrorKind::NotSupported] {
            assert_eq!(rests.ask(SOURCE, || fails(&kind)), fails(&kind));
        }
        assert_eq!(rests.experience(), Experience::new());
    }

    #[test]
    fn a_provider_that_fails_with_a_number_has_answered() {
        let rests = Rests::default();
        let _ = rests.ask(SOURCE, || fails(&ReadErrorKind::Provider(0x8004_1001)));
        assert_eq!(rests.experience(), [(SOURCE.to_owned(), Went::Well)].into());
    }
}
