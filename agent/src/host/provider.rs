//! Providers that may hang, asked through a child of this process: COM waits as long as it likes
//! and cannot be told to stop, but a process can be killed.
//!
//! The child is this program itself with a command that no help names. It reads one question from
//! standard input, answers in the form in which answers are recorded ([`super::answer`]), and ends
//! with whoever asked it.

mod here;

use std::io::{self, Write as _};
use std::path::Path;
use std::process;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::runtime::Builder;

use super::answer::{self, refusal};
use super::bond;
use super::files::{Read, ReadError, ReadErrorKind};
use super::program::{End, Program, ProgramError};
use super::wua;
use crate::cli;
use crate::durable;
use crate::survey::this_program;

const MAX_QUESTION: u64 = 64 * 1024;

/// What a provider is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// Every instance of a class of WMI.
    Wmi {
        /// As `root\SecurityCenter2`.
        namespace: String,
        /// The class.
        class: String,
        /// The properties wanted; all of them where none is named.
        properties: Vec<String>,
    },
    /// The antivirus products that are registered with the Security Center's own interface.
    SecurityCenter,
    /// What the Windows Update Agent has installed, and what it knows to be waiting.
    UpdateAgent,
}

/// Namespaces whose provider answers within a second where it answers at all: nobody waits for
/// them as long as for others.
const QUICK: [&str; 2] = [r"root\SecurityCenter2", r"root\SecurityCenter"];

impl Request {
    /// What is asked, as it is called in errors.
    #[must_use]
    pub fn source(&self) -> String {
        match self {
            Self::Wmi { namespace, class, .. } => format!("{namespace}:{class}"),
            Self::SecurityCenter => "wscapi.dll".to_owned(),
            Self::UpdateAgent => wua::SOURCE.to_owned(),
        }
    }

    /// How long it may take.
    #[must_use]
    pub fn limit(&self) -> Duration {
        let is_quick =
            |namespace: &str| QUICK.iter().any(|quick| quick.eq_ignore_ascii_case(namespace));
        let seconds = match self {
            Self::SecurityCenter => 10,
            Self::Wmi { namespace, .. } if is_quick(namespace) => 10,
            // Defender's class answers in a second, or beside another antivirus in a minute, or never.
            Self::Wmi { .. } => 20,
            // A search takes up to 20 seconds, or hangs. With the class of licences, which the same
            // topic asks for, it stays within the patience with one topic.
            Self::UpdateAgent => 90,
        };
        Duration::from_secs(seconds)
    }
}

/// What the child is told.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    /// The process that asks. The child does not go on without it.
    parent: u32,
    request: Request,
}

/// Asks through a child of this process. The answer is in its recorded form, which may say why there
/// is none.
///
/// # Errors
/// When the child does not answer in time ([`ReadErrorKind::Timeout`]), says too much
/// ([`ReadErrorKind::TooLarge`]) or ends before it has answered ([`ReadErrorKind::Died`]).
pub fn ask(request: &Request) -> Read<Vec<u8>> {
    let agent = this_program().map_err(|error| ReadError::from_io(&request.source(), &error))?;
    ask_through(&agent, request, request.limit())
}

/// The same through another program.
///
/// # Errors
/// As [`ask`].
pub fn ask_through(agent: &Path, request: &Request, limit: Duration) -> Read<Vec<u8>> {
    let failed = |kind| ReadError::new(&request.source(), kind);
    let other = |error: &dyn std::fmt::Display| failed(ReadErrorKind::Other(error.to_string()));
    let question = Question { parent: process::id(), request: request.clone() };
    let program = Program {
        path: agent,
        arguments: vec![cli::PROVIDER.into()],
        input: serde_json::to_vec(&question).map_err(|error| other(&error))?,
        limit,
        most: answer::MAX_BYTES,
    };
    let runtime = Builder::new_current_thread().enable_all().build();
    let ran = runtime.map_err(|error| other(&error))?.block_on(program.run());
    let ran = ran.map_err(|error: ProgramError| other(&error))?;
    match ran.end {
        End::Exited(status) if status.success() => Ok(ran.output),
        end @ End::Exited(_) => Err(failed(ReadErrorKind::Died(end.to_string()))),
        End::OutOfTime(_) => Err(failed(ReadErrorKind::Timeout)),
        End::TooMuch(_) => Err(failed(ReadErrorKind::TooLarge)),
    }
}

/// Why the child gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// The system would let it live longer than whoever asks.
    #[error("end with the survey that asks: {0}")]
    Bond(io::Error),
    /// Nobody asked, or somebody else.
    #[error("ask a provider: only the agent itself asks for this: use lachan-agent survey")]
    NotAsked,
    /// The question does not make sense.
    #[error("understand what to ask: {0}")]
    Question(io::Error),
    /// Nobody listens any more.
    #[error("say what was answered: {0}")]
    Answer(io::Error),
}

/// The child's side: reads the question, asks, and writes the answer or why there is none.
///
/// # Errors
/// When there is no question from a living parent, or nobody listens to the answer.
pub fn answer() -> Result<(), AnswerError> {
    bond::end_with_parent().map_err(AnswerError::Bond)?;
    let text = durable::read_text(io::stdin(), MAX_QUESTION).map_err(AnswerError::Question)?;
    let question: Question =
        serde_json::from_str(&text).map_err(|error| AnswerError::Question(error.into()))?;
    if question.parent != bond::parent().map_err(AnswerError::Bond)? {
        return Err(AnswerError::NotAsked);
    }
    let said: Value = match here::ask(&question.request) {
        Ok(value) => value,
        Err(error) => refusal(&error.kind),
    };
    let mut out = io::stdout().lock();
    let written = out.write_all(said.to_string().as_bytes()).and_then(|()| out.flush());
    written.map_err(AnswerError::Answer)
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
