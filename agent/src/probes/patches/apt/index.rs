//! Package lists, plain or packed, unpacked while they are read.

mod lz4;
mod zstd;

use std::io;

use flate2::read::MultiGzDecoder;
use lzma_rust2::XzReader;
use report::Reason;
use report::fact::Ignorance;

use crate::host::Files;

/// The most a packed list may look back, which is what unpacking it takes in memory.
const MAX_WINDOW: u32 = 64 << 20;

/// What the XZ library counts for itself beside the window, in KiB.
const XZ_OVERHEAD_KIB: u32 = 256;

/// What stands behind `_Packages` in the name of a list, and how it is unpacked.
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

/// Whether a name is that of a package list, whatever it is packed with.
pub(super) fn is_package_list(name: &str) -> bool {
    extension(name).is_some()
}

/// Whether a name is that of a list of source code.
pub(super) fn is_source_list(name: &str) -> bool {
    name.contains("_source_Sources")
}

/// The name a list would have if it were not packed.
pub(super) fn without_packing(name: &str) -> &str {
    extension(name).and_then(|extension| name.strip_suffix(extension)).unwrap_or(name)
}

fn extension(name: &str) -> Option<&str> {
    let (folder, extension) = name.rsplit_once("Packages")?;
    let is_own = folder.is_empty() || folder.ends_with('_');
    // Not the list of a list's changes, `_Packages.diff_Index`.
    let is_list = !name.ends_with("_Index");
    (is_own && is_list && (extension.is_empty() || extension.starts_with('.'))).then_some(extension)
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
        assert_eq!(packing(&format!("{list}.xz")), Some(Packing::Xz));
        assert_eq!(packing(&format!("{list}.zst")), Some(Packing::Zstd));
        for other in [".bz2", ".lzma"] {
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
