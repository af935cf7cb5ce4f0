//! How much was read of something and how it ended: a text that was cut off reads like a whole one.

use std::io;

/// A source that counts what is read from it.
#[derive(Debug)]
pub(super) struct Measured<R> {
    source: R,
    bytes: u64,
    last: Option<u8>,
}

impl<R: io::Read> Measured<R> {
    pub(super) fn of(source: R) -> Self {
        Self { source, bytes: 0, last: None }
    }

    pub(super) fn length(&self) -> u64 {
        self.bytes
    }

    /// Whether what was read ends in the middle of a line, as no program leaves it.
    pub(super) fn is_cut(&self) -> bool {
        self.last.is_some_and(|byte| byte != b'\n')
    }
}

impl<R: io::Read> io::Read for Measured<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        self.bytes = self.bytes.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
        let new = buffer.get(..read).unwrap_or_default();
        self.last = new.last().copied().or(self.last);
        Ok(read)
    }
}
