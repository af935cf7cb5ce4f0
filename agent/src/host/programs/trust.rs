//! Whether a program can be trusted with all rights: who but the system could have written it.

use std::path::{Component, Path, PathBuf};

use crate::host::files::{Files, Read, ReadError, ReadErrorKind};

/// As many links as Linux itself follows.
const MAX_LINKS: usize = 40;

/// Nobody but the system can change the program at a path: not the file, not a folder above it, and
/// nothing that a link on the way leads through. A folder in which everybody may only add, as `/tmp`,
/// is one that others write to.
///
/// What is the system's alone stays so between this look and the run, for only the system could
/// change it.
pub(super) fn only_the_system_writes(files: &Files, path: &str) -> Read<()> {
    let mut place = PathBuf::new();
    let mut ahead = parts(files, path, Path::new(path))?;
    let mut links = 0;
    admit(files, path, &place)?;
    while let Some(part) = ahead.pop() {
        if part == ".." {
            place.pop();
            continue;
        }
        place.push(part);
        let Ok(target) = files.read_link(&place.to_string_lossy()) else {
            admit(files, path, &place)?;
            continue;
        };
        links += 1;
        if links > MAX_LINKS {
            return Err(refused(path, "not run: its links have no end"));
        }
        let target = Path::new(&target);
        match target.has_root() {
            true => place.clear(),
            false => {
                place.pop();
            }
        }
        ahead.extend(parts(files, path, target)?);
    }
    Ok(())
}

fn admit(files: &Files, path: &str, place: &Path) -> Read<()> {
    match files.metadata(&place.to_string_lossy())?.only_root_writes() {
        true => Ok(()),
        false => {
            let place = Path::new("/").join(place);
            let why = format!("not run: others than the system can change {}", place.display());
            Err(refused(path, &why))
        }
    }
}

fn refused(path: &str, why: &str) -> ReadError {
    ReadError::new(path, ReadErrorKind::Refused(why.to_owned()))
}

/// The named parts of a way, last first.
fn parts(files: &Files, path: &str, way: &Path) -> Read<Vec<String>> {
    let home = files.root().components().next();
    let mut parts = Vec::new();
    for part in way.components() {
        match part {
            Component::Prefix(_) if Some(part) != home => {
                return Err(refused(path, "not run: it is not on the system's disk"));
            }
            Component::Prefix(_) | Component::RootDir | Component::CurDir => {}
            Component::ParentDir => parts.push("..".to_owned()),
            Component::Normal(name) => match name.to_str() {
                Some(name) => parts.push(name.to_owned()),
                None => return Err(refused(path, "not run: its name is no text")),
            },
        }
    }
    parts.reverse();
    Ok(parts)
}
