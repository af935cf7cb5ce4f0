//! LZ4 frames, each of which must be whole: the library takes a file that ends between two blocks
//! for one that has said all.

use std::io;

use lz4_flex::frame::FrameDecoder;

pub(super) struct WholeFrames<R: io::Read> {
    frames: FrameDecoder<Ending<R>>,
    is_whole: bool,
}

impl<R: io::Read> WholeFrames<R> {
    pub(super) fn of(source: R) -> Self {
        let frames = FrameDecoder::new(Ending { source, has_ended: false });
        Self { frames, is_whole: false }
    }
}

impl<R: io::Read> io::Read for WholeFrames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let read = self.frames.read(buffer)?;
            if read > 0 {
                self.is_whole = false;
                return Ok(read);
            }
            match (self.frames.get_ref().has_ended, self.is_whole) {
                // What made the library stop was an end mark; another frame may follow.
                (false, _) => self.is_whole = true,
                (true, true) => return Ok(0),
                (true, false) => {
                    let why = "it ends without an end mark";
                    return Err(io::Error::new(io::ErrorKind::UnexpectedEof, why));
                }
            }
        }
    }
}

/// A source that knows whether it was read beyond its end.
struct Ending<R> {
    source: R,
    has_ended: bool,
}

impl<R: io::Read> io::Read for Ending<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        self.has_ended |= read == 0 && !buffer.is_empty();
        Ok(read)
    }
}
