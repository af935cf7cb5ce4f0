//! Lists as package managers keep them, plain or packed, unpacked while they are read.

mod lz4;
mod zstd;

use std::io;

use flate2::read::MultiGzDecoder;
use lzma_rust2::XzReader;
use report::Reason;
use report::fact::Ignorance;

use crate::host::Files;
use crate::host::files::{ReadError, ReadErrorKind};

/// The most a packed list may look back, which is what unpacking it takes in memory.
const MAX_WINDOW: u32 = 64 << 20;

/// What the XZ library counts for itself beside the window, in KiB.
const XZ_OVERHEAD_KIB: u32 = 256;

/// What stands at the end of a name, and how it is unpacked.
const PACKINGS: [(&str, Packing); 5] = [
    ("", Packing::Plain),
    (".gz", Packing::Gzip),
    (".lz4", Packing::Lz4),
    (".xz", Packing::Xz),
    (".zst", Packing::Zstd),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Packing {
    Plain,
    Gzip,
    Lz4,
    Xz,
    Zstd,
}

/// Opens a list to be read as text. `extension` is what its name says of the packing: nothing, or
/// `.gz` and its like.
pub(super) fn unpack(
    files: &Files,
    path: &str,
    extension: &str,
) -> Result<Box<dyn io::Read>, Ignorance> {
    let packing = packing(extension).ok_or_else(|| {
        Ignorance::new(
            Reason::NotSupported,
            &format!("{path}: packed in a way this agent cannot read"),
        )
    })?;
    let file = files.open(path).map_err(|error| error.ignorance(Reason::SourceStale))?;
    let buffered = io::BufReader::with_capacity(READ_AHEAD, file);
    Ok(match packing {
        Packing::Plain => Box::new(buffered.into_inner()),
        Packing::Gzip => Box::new(MultiGzDecoder::new(buffered)),
        Packing::Lz4 => Box::new(lz4::WholeFrames::of(buffered)),
        Packing::Xz => Box::new(Refusing(XzReader::new_mem_limit(
            buffered,
            true,
            (MAX_WINDOW >> 10) + XZ_OVERHEAD_KIB,
        ))),
        Packing::Zstd => Box::new(zstd::WholeFrames::of(buffered)),
    })
}

const READ_AHEAD: usize = 32 * 1024;

/// Why a list says nothing: what unpacks to nonsense is damaged.
pub(super) fn obstacle(error: ReadError) -> Ignorance {
    match &error.kind {
        ReadErrorKind::Damaged(why) | ReadErrorKind::Other(why) => {
            Ignorance::new(Reason::ParseError, &format!("{}: {why}", error.path))
        }
        ReadErrorKind::NotFound
        | ReadErrorKind::AccessDenied
        | ReadErrorKind::Refused(_)
        | ReadErrorKind::TooLarge
        | ReadErrorKind::NotSupported
        | ReadErrorKind::Timeout
        | ReadErrorKind::Resting(_)
        | ReadErrorKind::Died(_)
        | ReadErrorKind::Provider(_) => error.ignorance(Reason::SourceStale),
    }
}

/// A window beyond the limit, in the words of [`crate::host::files`].
fn too_large() -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, "unpacking takes too much memory")
}

/// The XZ library says "out of memory" before it takes any.
struct Refusing<R>(R);

impl<R: io::Read> io::Read for Refusing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::OutOfMemory => too_large(),
            _ => error,
        })
    }
}

fn packing(extension: &str) -> Option<Packing> {
    PACKINGS.into_iter().find(|(known, _)| *known == extension).map(|(_, packing)| packing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_the_name_tells_the_packing() {
        assert_eq!(packing(""), Some(Packing::Plain));
        assert_eq!(packing(".gz"), Some(Packing::Gzip));
        assert_eq!(packing(".lz4"), Some(Packing::Lz4));
        assert_eq!(packing(".xz"), Some(Packing::Xz));
        assert_eq!(packing(".zst"), Some(Packing::Zstd));
        for other in [".bz2", ".lzma", ".zck"] {
            assert_eq!(packing(other), None, "{other}");
        }
    }
}
