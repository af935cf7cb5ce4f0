//! Definitions that the machine's administrator adds.

use report::Platform;

use super::{Definitions, folder};
use crate::host::Files;
use crate::host::files::{Read, ReadError, ReadErrorKind};

const MAX_BYTES: usize = 256 * 1024;
const MAX_FILES: usize = 64;

/// Reads those of a machine. Whoever writes a definition says what is protected and what is run to
/// learn it, so each is believed only where nobody but the system can have written it.
pub(super) fn read(files: &Files, platform: Platform) -> Definitions {
    let mut definitions = Definitions::default();
    let folder = folder(platform);
    let names = match files.list(folder) {
        Ok(names) => names,
        Err(error) if error.is_not_found() => return definitions,
        Err(error) => return faulty(error),
    };
    let named: Vec<_> = names.iter().filter(|name| name.ends_with(".toml")).collect();
    if named.is_empty() {
        return definitions;
    }
    if let Err(error) = guard_folders(files, folder) {
        return faulty(error);
    }
    for name in named.into_iter().take(MAX_FILES) {
        let path = format!("{folder}/{name}");
        match text(files, &path) {
            Ok(text) => definitions.add(&path, &text),
            Err(error) => definitions.faults.push(error.to_string()),
        }
    }
    definitions
}

fn faulty(error: ReadError) -> Definitions {
    Definitions { all: Vec::new(), faults: vec![error.to_string()] }
}

fn text(files: &Files, path: &str) -> Read<String> {
    guard(files, path)?;
    files.read_text(path, MAX_BYTES)
}

fn guard_folders(files: &Files, folder: &str) -> Read<()> {
    let ends = folder.match_indices('/').map(|(at, _)| at).chain([folder.len()]);
    ends.into_iter().try_for_each(|end| guard(files, folder.get(..end).unwrap_or(folder)))
}

fn guard(files: &Files, path: &str) -> Read<()> {
    if files.metadata(path)?.only_root_writes() {
        return Ok(());
    }
    let why = "not believed: others than the system's administrator can write it".to_owned();
    Err(ReadError::new(path, ReadErrorKind::Other(why)))
}
