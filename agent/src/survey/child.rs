//! Looking from a child process that ends with the survey.
//!
//! The child is the running program itself with a command that the help does not name. It ends when
//! the agent dies (`host/bond`), and a child whose parent is already another one never begins.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf, absolute};
use std::process;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use report::fact::Ignorance;
use report::{Observation, Outcome, Reason, Timestamp, Topic};

use super::Subject;
use super::here::Here;
use super::lines::{Answers, Question, answered, asked, line, read};
use super::providers::Providers;
use crate::cli;
use crate::durable;
use crate::host::program::{End, Program, ProgramError, Remains};
use crate::host::{Host, Rests, bond};
use crate::lookout::PATIENCE;

/// Several probes may use up their time; a child in which most of them hang is killed before the next
/// survey is due.
const LIMIT: Duration = Duration::from_secs(PATIENCE.as_secs() * 5 + 30);

/// Several times what a report may hold.
const MAX_ANSWER: usize = 256 * 1024;
const MAX_QUESTION: u64 = 128 * 1024;

/// Looks through a child of this process.
#[derive(Debug)]
pub(super) struct Child {
    program: PathBuf,
    pub(super) limit: Duration,
    hanging: Mutex<Vec<Hanging>>,
    providers: Mutex<Providers>,
}

/// A child that cannot be killed, and the topics it hangs on: they are not looked at again
/// before it is gone.
#[derive(Debug)]
struct Hanging {
    remains: Remains,
    topics: Vec<Topic>,
}

/// Why a topic has no answer.
#[derive(Debug, thiserror::Error)]
enum Missing {
    #[error(transparent)]
    NotBegun(#[from] ProgramError),
    #[error("the survey did not come to it: {0}")]
    Ended(End),
    #[error("an earlier look still has no answer")]
    StillHanging,
}

impl Child {
    pub(super) fn of(program: &Path) -> Self {
        Self {
            program: program.to_owned(),
            limit: LIMIT,
            hanging: Mutex::default(),
            providers: Mutex::default(),
        }
    }

    pub(super) async fn survey(&self, subject: &Subject, now: Timestamp) -> Vec<Observation> {
        let hanging = self.hanging();
        let wanted: Vec<_> =
            Topic::ALL.into_iter().filter(|topic| !hanging.contains(topic)).collect();
        let mut observations = self.ask(subject, now, &wanted).await;
        let skipped = hanging.into_iter().map(|topic| missing(topic, now, &Missing::StillHanging));
        observations.extend(skipped);
        observations.sort_by_key(|observation| observation.topic);
        observations
    }

    async fn ask(&self, subject: &Subject, now: Timestamp, topics: &[Topic]) -> Vec<Observation> {
        if topics.is_empty() {
            return Vec::new();
        }
        let ran = match self.program(subject, now, topics) {
            Ok(program) => program.run().await,
            Err(error) => Err(error),
        };
        let (answers, end, remains) = match ran {
            Ok(ran) => (read(&ran.output, now), Missing::Ended(ran.end), ran.remains),
            Err(error) => (Answers::default(), Missing::NotBegun(error), None),
        };
        let mut seen = answers.observations;
        let observations: Vec<_> = topics
            .iter()
            .map(|topic| seen.remove(topic).unwrap_or_else(|| missing(*topic, now, &end)))
            .collect();
        if let Some(remains) = remains {
            let topics = hung_on(&observations);
            lock(&self.hanging).push(Hanging { remains, topics });
        }
        let mut providers = lock(&self.providers);
        providers.learn(answers.experience, now);
        providers.remember(answers.remembered, now);
        drop(providers);
        observations
    }

    fn program(
        &self,
        subject: &Subject,
        now: Timestamp,
        topics: &[Topic],
    ) -> Result<Program<'_>, ProgramError> {
        let mut arguments = vec![cli::LOOK.into()];
        if let Some(root) = subject.host.root() {
            let root = absolute(root)
                .map_err(|error| ProgramError::NotBegun(self.program.clone(), error))?;
            arguments.extend(["--root".into(), root.into()]);
        }
        let (resting, known) = {
            let providers = lock(&self.providers);
            (providers.resting(now), providers.known(now))
        };
        let question = Question {
            parent: process::id(),
            now,
            claims: subject.claims.clone(),
            topics: topics.iter().map(|topic| topic.name().to_owned()).collect(),
            resting,
            known,
        };
        Ok(Program {
            path: &self.program,
            arguments,
            input: serde_json::to_vec(&question)
                .map_err(|error| ProgramError::NotBegun(self.program.clone(), error.into()))?,
            limit: self.limit,
            most: MAX_ANSWER,
        })
    }

    /// What earlier children still hang on.
    fn hanging(&self) -> Vec<Topic> {
        let mut hanging = lock(&self.hanging);
        hanging.retain(|it| !it.remains.are_gone());
        hanging.iter().flat_map(|it| it.topics.iter().copied()).collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where a child that cannot be killed got stuck; if nothing tells, everywhere.
fn hung_on(observations: &[Observation]) -> Vec<Topic> {
    let timed_out = |observation: &&Observation| matches!(&observation.outcome, Outcome::Failed(why) if why.reason == Reason::Timeout);
    let stuck: Vec<_> =
        observations.iter().filter(timed_out).map(|observation| observation.topic).collect();
    match stuck.is_empty() {
        true => observations.iter().map(|observation| observation.topic).collect(),
        false => stuck,
    }
}

fn missing(topic: Topic, now: Timestamp, why: &Missing) -> Observation {
    let reason = match why {
        Missing::Ended(End::OutOfTime(_)) | Missing::StillHanging => Reason::Timeout,
        Missing::Ended(End::TooMuch(_)) => Reason::TooLarge,
        Missing::Ended(End::Exited(_)) | Missing::NotBegun(_) => Reason::ProviderError,
    };
    let outcome = Outcome::Failed(Ignorance::new(reason, &why.to_string()));
    Observation { topic, observed_at: now, outcome }
}

/// Why the child gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// The system would let it live longer than the agent.
    #[error("end with the agent that asks: {0}")]
    Bond(io::Error),
    /// Nobody asked, or somebody else.
    #[error("look: only the agent itself asks for this: use lachan-agent survey")]
    NotAsked,
    /// The question does not make sense.
    #[error("understand what to look at: {0}")]
    Question(io::Error),
    /// The agent does not listen any more.
    #[error("say what was seen: {0}")]
    Answer(io::Error),
}

/// The child's side: reads the question, looks, and writes a line for each topic.
///
/// # Errors
/// When there is no question from a living parent, or nobody listens to the answer.
pub async fn answer(host: impl FnOnce() -> Host) -> Result<(), AnswerError> {
    bond::end_with_parent().map_err(AnswerError::Bond)?;
    let text = durable::read_text(io::stdin(), MAX_QUESTION).map_err(AnswerError::Question)?;
    let question: Question =
        serde_json::from_str(&text).map_err(|error| AnswerError::Question(error.into()))?;
    if question.parent != bond::parent().map_err(AnswerError::Bond)? {
        return Err(AnswerError::NotAsked);
    }
    let rests = Rests::knowing(question.resting.clone(), question.known.clone());
    let host = host().with(rests.clone());
    let subject = Arc::new(Subject { host, claims: question.claims.clone() });
    let here = Here::at(&question.topics(), subject.host.platform());
    let mut out = io::stdout().lock();
    for place in &here.0 {
        let observation = place.look(&subject, question.now).await;
        let lines = line(&observation) + &asked(&rests.experience()) + &answered(&rests.answered());
        let said = out.write_all(lines.as_bytes()).and_then(|()| out.flush());
        said.map_err(AnswerError::Answer)?;
    }
    Ok(())
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
