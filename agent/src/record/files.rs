//! Copies of the files that were read, reduced to what is asked of them.

use std::collections::BTreeMap;

use super::{posture, reduced};
use crate::host::files::ReadError;
use crate::host::recorder::{Seen, Touched};
use crate::host::{Files, Host, wua};
use crate::probes::antivirus::kept::Kept;

/// The most of one file that is looked through.
const MAX_READ: u64 = 32 << 20;
/// The most of it that is written.
const MAX_KEPT: usize = 4 << 20;

/// What is kept of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Copy {
    /// Text.
    Text(String),
    /// Nothing: it is too large, or what is in it cannot be looked through.
    LeftOut,
}

/// By their paths.
pub(super) type Copies = BTreeMap<String, Copy>;

/// A copy of everything that was read.
pub(super) fn copies(host: &Host, seen: &Seen) -> Copies {
    let kept = Kept::of(host);
    let read = seen.files.iter().filter(|(path, _)| !is_recorded_answer(path));
    read.filter_map(|(path, touched)| {
        Some((path.clone(), copy(host.files(), &kept, path, touched)?))
    })
    .collect()
}

/// What a recorded machine has beside its files: it is written anew.
pub(crate) fn is_recorded_answer(path: &str) -> bool {
    let names =
        ["registry.reg", "services.json", "security-center.json", "accounts.json", ".recording"];
    names.contains(&path)
        || ["wmi", "programs"].iter().any(|folder| path.split('/').next() == Some(folder))
        || path == wua::RECORDED
}

fn copy(files: &Files, kept: &Kept, path: &str, touched: &Touched) -> Option<Copy> {
    let wanted = touched.content?;
    if posture::is_unwritten(path) {
        return Some(Copy::LeftOut);
    }
    let read = read(files, path, wanted.min(MAX_READ + 1));
    let Ok(bytes) = read else { return Some(Copy::LeftOut) };
    if bytes.len() as u64 > MAX_READ {
        return Some(Copy::LeftOut);
    }
    let bytes = kept.of_file(path, &bytes).unwrap_or(bytes);
    let Some(text) = text(&bytes) else { return Some(Copy::LeftOut) };
    let text = reduced::reduced(path, text);
    Some(if text.len() > MAX_KEPT { Copy::LeftOut } else { Copy::Text(text) })
}

fn read(files: &Files, path: &str, most: u64) -> Result<Vec<u8>, ReadError> {
    files.read_start(path, usize::try_from(most).unwrap_or(usize::MAX))
}

/// The text of a file that is nothing else: in packed bytes nobody sees what stands there.
fn text(bytes: &[u8]) -> Option<String> {
    match bytes {
        [0xff, 0xfe, wide @ ..] => {
            let units = wide.chunks_exact(2).map(|pair| match pair {
                [low, high] => u16::from_le_bytes([*low, *high]),
                _ => 0,
            });
            char::decode_utf16(units).collect::<Result<String, _>>().ok()
        }
        bytes => match str::from_utf8(bytes) {
            Ok(text) => Some(text.to_owned()),
            // The beginning of a file may end within a letter.
            Err(error) if error.error_len().is_none() => {
                str::from_utf8(bytes.get(..error.valid_up_to())?).ok().map(str::to_owned)
            }
            Err(_) => None,
        },
    }
}
