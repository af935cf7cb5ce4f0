//! Lines of any file in a bounded amount of memory.

use std::io::{self, BufRead as _, BufReader};

use super::{Read, ReadError, ReadErrorKind};

/// What is kept of one line. The longest line of a real package list is about 20 KB, and nothing
/// the agent looks for stands that far to the right.
const MAX_LINE: usize = 64 * 1024;

/// The most bytes streamed from one source, so that no archive unpacks without end.
const MAX_STREAM: u64 = 1 << 30;

/// Reads line by line and never holds more than one; of a line without end it keeps the beginning.
#[derive(Debug)]
pub struct Lines<R> {
    source: BufReader<io::Take<R>>,
    path: String,
    line: Vec<u8>,
}

impl<R: io::Read> Lines<R> {
    /// The lines of a source that is called `path` in errors.
    pub fn of(source: R, path: &str) -> Self {
        Self::within(source, path, MAX_STREAM)
    }

    /// The same of a source that must end within `limit` bytes.
    pub(super) fn within(source: R, path: &str, limit: u64) -> Self {
        Self {
            source: BufReader::with_capacity(32 * 1024, source.take(limit)),
            path: path.to_owned(),
            line: Vec::new(),
        }
    }

    /// The next line without its end.
    ///
    /// # Errors
    /// When the source fails, or goes on for longer than the agent is willing to read.
    #[expect(
        clippy::should_implement_trait,
        reason = "a line borrows from its reader, which an iterator cannot say"
    )]
    pub fn next(&mut self) -> Read<Option<&[u8]>> {
        self.line.clear();
        loop {
            let buffer =
                self.source.fill_buf().map_err(|error| ReadError::from_io(&self.path, &error))?;
            if buffer.is_empty() {
                return self.last();
            }
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let found = &buffer[..end.unwrap_or(buffer.len())];
            let room = MAX_LINE.saturating_sub(self.line.len()).min(found.len());
            self.line.extend_from_slice(&found[..room]);
            let consumed = found.len() + usize::from(end.is_some());
            self.source.consume(consumed);
            if end.is_some() {
                return Ok(Some(trimmed(&self.line)));
            }
        }
    }

    /// What stands behind the last line end, if the source has really ended.
    fn last(&self) -> Read<Option<&[u8]>> {
        if self.source.get_ref().limit() == 0 {
            return Err(ReadError::new(&self.path, ReadErrorKind::TooLarge));
        }
        Ok((!self.line.is_empty()).then(|| trimmed(&self.line)))
    }
}

fn trimmed(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}
