//! The programs door: the one way in which the agent runs a program.
//!
//! A program gets an absolute path, an environment of a few fixed variables, a process group (a job, on
//! Windows) of its own, a time limit and a limit on what it may say. It is not left behind: when it has ended, has
//! used up its time or nobody waits for it any more, its whole group is killed, and a thread of
//! its own sees it out. What cannot be killed, because the kernel does not let go of it, is
//! handed to the caller as [`Remains`], so that no second one is begun beside it.
//!
//! The group does not survive its limits, but it would survive a `kill -9` of the agent. A program
//! of ours watches for that itself ([`crate::survey`]); others end with the service's control group.

mod command;
mod group;
mod streams;

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use tokio::time::{Instant, timeout, timeout_at};

use group::{Ended, Group};
use streams::{Talk, TooMuch};

/// How long what was killed may take to be gone.
const GRACE: Duration = Duration::from_secs(5);

/// How long the last words of what has ended are listened for: they are in the pipe already.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A program to run, and its limits.
#[derive(Debug)]
pub struct Program<'a> {
    /// Where it lies, from the root on.
    pub path: &'a Path,
    /// What it is told on its command line.
    pub arguments: Vec<OsString>,
    /// What it is told on standard input, which then ends.
    pub input: Vec<u8>,
    /// How long it may run.
    pub limit: Duration,
    /// How many bytes it may say.
    pub most: usize,
}

/// What came of running a program.
#[derive(Debug)]
pub struct Ran {
    /// What it said on standard output, up to its end.
    pub output: Vec<u8>,
    /// How it ended.
    pub end: End,
    /// What is left of it, where killing it did not help.
    pub remains: Option<Remains>,
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum End {
    /// By itself, or by somebody else's signal.
    #[error("it ended with {0}")]
    Exited(ExitStatus),
    /// It was killed because its time was over.
    #[error("no answer within {} seconds", .0.as_secs())]
    OutOfTime(Duration),
    /// It was killed because it said too much.
    #[error("it said more than {0} bytes")]
    TooMuch(usize),
}

/// Why a program was not run.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// Which one it is would depend on where one stands.
    #[error("run {}: the path is not absolute", .0.display())]
    Relative(PathBuf),
    /// The system does not begin it.
    #[error("run {}: {}", .0.display(), .1)]
    NotBegun(PathBuf, io::Error),
}

/// A program that was killed and is still there.
#[derive(Debug)]
pub struct Remains(Group);

impl Remains {
    /// Whether it has gone meanwhile.
    #[must_use]
    pub fn are_gone(&self) -> bool {
        self.0.is_gone()
    }
}

impl Program<'_> {
    /// Runs it to its end. Dropping the future kills it.
    ///
    /// # Errors
    /// When it was not begun. However it ends, that is no error.
    pub async fn run(self) -> Result<Ran, ProgramError> {
        let not_begun = |error| ProgramError::NotBegun(self.path.to_owned(), error);
        let (group, begun, mut ended) = Group::begin(self.command()?).map_err(not_begun)?;
        // Nothing below keeps it alive once nobody waits any more.
        let _doom = group.doom();
        let deadline = Instant::now() + self.limit;
        let Ok(begun) = timeout_at(deadline, begun).await else {
            return Ok(self.never_begun(&group));
        };
        let streams = begun.map_err(io::Error::other).and_then(|it| it);
        let mut talk = Talk::within(self.most);
        let talking = talk.hold(streams.map_err(not_begun)?, &self.input).map_err(not_begun)?;
        let status = timeout_at(deadline, last_word(talking, &mut ended)).await;
        let end = match status {
            Ok(Ok(status)) => End::Exited(status),
            Ok(Err(TooMuch)) => End::TooMuch(self.most),
            Err(_) => End::OutOfTime(self.limit),
        };
        let remains = match end {
            End::Exited(_) => None,
            End::OutOfTime(_) | End::TooMuch(_) => killed(group.clone(), ended).await,
        };
        talk.log_complaints(self.path);
        talk.output.truncate(self.most);
        Ok(Ran { output: talk.output, end, remains })
    }

    /// As from a disk that went away: the system neither begins it nor says that it does not.
    fn never_begun(&self, group: &Group) -> Ran {
        group.kill();
        let remains = Some(Remains(group.clone()));
        Ran { output: Vec::new(), end: End::OutOfTime(self.limit), remains }
    }

    #[expect(clippy::disallowed_methods, reason = "this is the process door the ban points to")]
    fn command(&self) -> Result<Command, ProgramError> {
        if !self.path.is_absolute() {
            return Err(ProgramError::Relative(self.path.to_owned()));
        }
        let mut command = Command::new(self.path);
        command
            .args(&self.arguments)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command::settle(&mut command)
            .map_err(|error| ProgramError::NotBegun(self.path.to_owned(), error))?;
        Ok(command)
    }
}

/// Listens until the program has ended and everything it said was heard. A stranger that still
/// holds its pipes is not waited for.
async fn last_word(
    talking: impl Future<Output = Result<(), TooMuch>>,
    ended: &mut Ended,
) -> Result<ExitStatus, TooMuch> {
    let mut talking = pin!(talking);
    tokio::select! {
        biased;
        talked = &mut talking => talked?,
        _ = &mut *ended => timeout(LAST_WORDS, talking).await.unwrap_or(Ok(()))?,
    }
    Ok(ended.await)
}

async fn killed(group: Group, ended: Ended) -> Option<Remains> {
    group.kill();
    timeout(GRACE, ended).await.is_err().then_some(Remains(group))
}

#[cfg(test)]
#[cfg(unix)]
pub(crate) mod tests;
