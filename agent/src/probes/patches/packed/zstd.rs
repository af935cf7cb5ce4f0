//! Zstandard frames, one after another, each of which must be whole and what its checksum says.

use std::io::{self, BufRead};

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::{MAX_WINDOW, too_large};

pub(super) struct WholeFrames<R> {
    source: R,
    decoder: FrameDecoder,
    /// Whether a frame was begun, since a file without any is no archive.
    has_begun: bool,
}

impl<R: BufRead> WholeFrames<R> {
    pub(super) fn of(source: R) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(u64::from(MAX_WINDOW));
        Self { source, decoder, has_begun: false }
    }

    /// Goes on to the next frame; there may be none.
    fn begin(&mut self) -> io::Result<bool> {
        loop {
            if self.has_begun && self.source.fill_buf()?.is_empty() {
                return Ok(false);
            }
            match self.decoder.init(&mut self.source) {
                Ok(()) => {
                    self.has_begun = true;
                    return Ok(true);
                }
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => self.skip(u64::from(length))?,
                Err(FrameDecoderError::WindowSizeTooBig { .. }) => return Err(too_large()),
                Err(error) => return Err(damaged(&error)),
            }
        }
    }

    fn skip(&mut self, length: u64) -> io::Result<()> {
        let skipped = io::copy(&mut io::Read::take(&mut self.source, length), &mut io::sink())?;
        match skipped == length {
            true => Ok(()),
            false => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    /// The library reads the checksum and leaves comparing it to its caller.
    fn verify(&self) -> io::Result<()> {
        let said = self.decoder.get_checksum_from_data();
        match said.is_none() || said == self.decoder.get_calculated_checksum() {
            true => Ok(()),
            false => Err(damaged(&"its checksum is wrong")),
        }
    }
}

impl<R: BufRead> io::Read for WholeFrames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            if self.decoder.can_collect() > 0 {
                return self.decoder.read(buffer);
            }
            if self.has_begun && !self.decoder.is_finished() {
                self.decoder
                    .decode_blocks(&mut self.source, BlockDecodingStrategy::UptoBlocks(1))
                    .map_err(|error| damaged(&error))?;
                continue;
            }
            if self.has_begun {
                self.verify()?;
            }
            if !self.begin()? {
                return Ok(0);
            }
        }
    }
}

fn damaged(why: &dyn std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.to_string())
}
