//! Lines of any file in a bounded amount of memory.

use std::io;
use std::ops::Range;

use super::{Read, ReadError, ReadErrorKind};

/// What is kept of one line. The longest line of a real package list is about 20 KB, and nothing
/// the agent looks for stands that far to the right.
const MAX_LINE: usize = 64 * 1024;

/// What is read at once, at least.
const CHUNK: usize = 32 * 1024;

/// The most bytes streamed from one source, so that no archive unpacks without end.
const MAX_STREAM: u64 = 1 << 30;

/// Reads line by line and never holds more than one; of a line without end it keeps the beginning.
///
/// Lines are lent from the buffer they were read into, since package lists have a million of them.
#[derive(Debug)]
pub struct Lines<R> {
    source: io::Take<R>,
    path: String,
    buffer: Box<[u8]>,
    /// What of the buffer was read and not yet lent.
    ahead: Range<usize>,
}

impl<R: io::Read> Lines<R> {
    /// The lines of a source that is called `path` in errors.
    pub fn of(source: R, path: &str) -> Self {
        Self::within(source, path, MAX_STREAM)
    }

    /// The same of a source that must end within `limit` bytes.
    pub(super) fn within(source: R, path: &str, limit: u64) -> Self {
        Self {
            source: source.take(limit),
            path: path.to_owned(),
            buffer: vec![0; MAX_LINE + CHUNK].into_boxed_slice(),
            ahead: 0..0,
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
        let mut searched = 0;
        let line = loop {
            let unsearched = &self.buffer[self.ahead.start + searched..self.ahead.end];
            if let Some(at) = memchr::memchr(b'\n', unsearched) {
                let end = self.ahead.start + searched + at;
                let line = self.ahead.start..end;
                self.ahead.start = end + 1;
                break line;
            }
            searched = self.ahead.len();
            if searched >= MAX_LINE {
                break self.skip_to_line_end()?;
            }
            if self.fill()? == 0 {
                if self.ahead.is_empty() {
                    return Ok(None);
                }
                let line = self.ahead.clone();
                self.ahead = line.end..line.end;
                break line;
            }
        };
        Ok(Some(trimmed(&self.buffer[line])))
    }

    /// Reads more behind what is ahead; nothing more is the end of the source.
    fn fill(&mut self) -> Read<usize> {
        if self.ahead.start > 0 {
            self.buffer.copy_within(self.ahead.clone(), 0);
            self.ahead = 0..self.ahead.len();
        }
        let read = self.read_to(self.ahead.end)?;
        self.ahead.end += read;
        Ok(read)
    }

    /// Keeps the beginning of a line that is too long, and drops the rest.
    fn skip_to_line_end(&mut self) -> Read<Range<usize>> {
        self.buffer.copy_within(self.ahead.clone(), 0);
        self.ahead = 0..self.ahead.len();
        loop {
            let dropped = &self.buffer[MAX_LINE..self.ahead.end];
            if let Some(at) = memchr::memchr(b'\n', dropped) {
                self.ahead.start = MAX_LINE + at + 1;
                return Ok(0..MAX_LINE);
            }
            let read = self.read_to(MAX_LINE)?;
            self.ahead = MAX_LINE..MAX_LINE + read;
            if read == 0 {
                return Ok(0..MAX_LINE);
            }
        }
    }

    fn read_to(&mut self, start: usize) -> Read<usize> {
        loop {
            match io::Read::read(&mut self.source, &mut self.buffer[start..]) {
                Ok(0) if self.source.limit() == 0 => {
                    return Err(ReadError::new(&self.path, ReadErrorKind::TooLarge));
                }
                Ok(read) => return Ok(read),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(ReadError::from_io(&self.path, &error)),
            }
        }
    }
}

fn trimmed(line: &[u8]) -> &[u8] {
    match line {
        [line @ .., b'\r'] => line,
        line => line,
    }
}
