//! What is said to a program, and what it says.

#[cfg(unix)]
mod linux;
#[cfg(windows)]
mod windows;

use std::io;
use std::path::Path;

#[cfg(unix)]
use linux as system;
use tokio::io::AsyncReadExt as _;
#[cfg(windows)]
use windows as system;

use super::group::Streams;
use system::{Receiver, Sender};

/// What is kept of standard error: enough for a cause, too little for a flood.
const MAX_COMPLAINTS: usize = 4 * 1024;
const MAX_COMPLAINT_LINES: usize = 10;
const MAX_COMPLAINT_CHARS: usize = 300;

/// The program said more than it may.
pub(super) struct TooMuch;

/// A conversation with a program.
#[derive(Debug)]
pub(super) struct Talk {
    pub(super) output: Vec<u8>,
    most: usize,
    complaints: Vec<u8>,
}

impl Talk {
    /// One in which the program may say so many bytes.
    pub(super) fn within(most: usize) -> Self {
        Self { output: Vec::new(), most, complaints: Vec::new() }
    }

    /// Says everything there is to say and hears everything.
    pub(super) fn hold(
        &mut self,
        streams: Streams,
        input: &[u8],
    ) -> io::Result<impl Future<Output = Result<(), TooMuch>>> {
        let stdin = streams.stdin.map(system::sender).transpose()?;
        let stdout = streams.stdout.map(system::receiver).transpose()?;
        let stderr = streams.stderr.map(system::receiver).transpose()?;
        let (output, most, complaints) = (&mut self.output, self.most, &mut self.complaints);
        Ok(async move {
            let all = tokio::try_join!(
                say(stdin, input),
                hear(stdout, output, most),
                hear_out(stderr, complaints),
            );
            all.map(|_| ())
        })
    }

    /// What it complained about goes to the log, as far as it is fit for one.
    pub(super) fn log_complaints(&self, path: &Path) {
        let complaints = String::from_utf8_lossy(&self.complaints);
        let lines = complaints.lines().filter(|line| !line.trim().is_empty());
        for line in lines.take(MAX_COMPLAINT_LINES) {
            let line = line.chars().filter(|it| !it.is_control()).take(MAX_COMPLAINT_CHARS);
            tracing::warn!("{} says: {}", path.display(), line.collect::<String>());
        }
    }
}

/// A program that does not listen to the end knows enough.
async fn say(stdin: Option<Sender>, input: &[u8]) -> Result<(), TooMuch> {
    if let Some(stdin) = stdin {
        let _ = system::say(stdin, input).await;
    }
    Ok(())
}

/// A pipe that fails has ended.
async fn hear(stdout: Option<Receiver>, into: &mut Vec<u8>, most: usize) -> Result<(), TooMuch> {
    let Some(stdout) = stdout else { return Ok(()) };
    let limit = u64::try_from(most).unwrap_or(u64::MAX);
    let _ = stdout.take(limit.saturating_add(1)).read_to_end(into).await;
    match into.len() > most {
        true => Err(TooMuch),
        false => Ok(()),
    }
}

/// Keeps the beginning and hears the rest, so that nobody waits for a full pipe.
async fn hear_out(stderr: Option<Receiver>, into: &mut Vec<u8>) -> Result<(), TooMuch> {
    let Some(mut stderr) = stderr else { return Ok(()) };
    let mut buffer = [0; 512];
    while let Ok(count @ 1..) = stderr.read(&mut buffer).await {
        let room = MAX_COMPLAINTS.saturating_sub(into.len()).min(count);
        into.extend_from_slice(&buffer[..room]);
    }
    Ok(())
}
