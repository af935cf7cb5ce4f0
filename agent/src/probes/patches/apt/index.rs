//! Package lists, plain or packed, unpacked while they are read.

use std::io;

use flate2::read::MultiGzDecoder;
use lz4_flex::frame::FrameDecoder;
use report::Reason;
use report::fact::Ignorance;

use crate::host::Files;

/// What stands behind `_Packages` in the name of a list, and how it is unpacked.
const PACKINGS: [(&str, Packing); 3] =
    [("", Packing::Plain), (".gz", Packing::Gzip), (".lz4", Packing::Lz4)];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Packing {
    Plain,
    Gzip,
    Lz4,
}

/// Whether a name is that of a package list, whatever it is packed with.
pub(super) fn is_package_list(name: &str) -> bool {
    extension(name).is_some()
}

fn extension(name: &str) -> Option<&str> {
    let (_, extension) = name.rsplit_once("_Packages")?;
    // Not the list of a list's changes, `_Packages.diff_Index`.
    let is_list = !name.ends_with("_Index");
    (is_list && (extension.is_empty() || extension.starts_with('.'))).then_some(extension)
}

/// Opens a list to be read as text.
pub(super) fn unpack(files: &Files, path: &str) -> Result<Box<dyn io::Read>, Ignorance> {
    let packing = packing(path).ok_or_else(|| {
        Ignorance::new(
            Reason::NotSupported,
            &format!("{path}: packed in a way this agent cannot read"),
        )
    })?;
    let file = files.open(path).map_err(|error| error.ignorance(Reason::SourceStale))?;
    Ok(match packing {
        Packing::Plain => Box::new(file),
        Packing::Gzip => Box::new(MultiGzDecoder::new(io::BufReader::new(file))),
        Packing::Lz4 => Box::new(WholeFrames::of(io::BufReader::new(file))),
    })
}

/// LZ4 frames, each of which must be whole: the library takes a file that ends between two blocks
/// for one that has said all.
struct WholeFrames<R: io::Read> {
    frames: FrameDecoder<Ending<R>>,
    is_whole: bool,
}

impl<R: io::Read> WholeFrames<R> {
    fn of(source: R) -> Self {
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

fn packing(path: &str) -> Option<Packing> {
    let extension = extension(path)?;
    PACKINGS.into_iter().find(|(known, _)| *known == extension).map(|(_, packing)| packing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_the_name_tells_the_packing() {
        let list = "deb.debian.org_debian_dists_bookworm_main_binary-amd64_Packages";
        assert_eq!(packing(list), Some(Packing::Plain));
        assert_eq!(packing(&format!("{list}.gz")), Some(Packing::Gzip));
        assert_eq!(packing(&format!("{list}.lz4")), Some(Packing::Lz4));
        for other in [".xz", ".zst", ".bz2", ".lzma"] {
            let name = format!("{list}{other}");
            assert!(is_package_list(&name) && packing(&name).is_none(), "{name}");
        }
    }

    #[test]
    fn other_lists_are_no_package_lists() {
        for name in [
            "deb.debian.org_debian_dists_bookworm_InRelease",
            "deb.debian.org_debian_dists_bookworm_main_i18n_Translation-en",
            "deb.debian.org_debian_dists_bookworm_main_source_Sources.lz4",
            "example_PackagesOfMine_InRelease",
            "deb.debian.org_debian_dists_sid_main_binary-amd64_Packages.diff_Index",
            "lock",
        ] {
            assert!(!is_package_list(name), "{name}");
        }
    }
}
