//! What the folder of a recorded machine cannot keep.
//!
//! Neither an archive nor git keeps owners and modes, and a test that runs as root is denied
//! nothing. So everything in a recording is root's and mode 0644, unless the file `.recording` in
//! its root says otherwise, one path a line:
//!
//! ```text
//! denied proc/1/environ
//! owned 1000 0644 home/lan/clamd.conf
//! denied registry.reg/HKLM/SOFTWARE/Vendor/Protected
//! ```
//!
//! `denied` holds for everything below the path as well, and a key of a recorded registry has a path
//! below its file. In the recording of a Windows machine no path has a case.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

use super::{Read, ReadError, ReadErrorKind};

const NAME: &str = ".recording";
/// What only the recording of a Windows machine has.
pub(in crate::host) const REGISTRY: &str = "registry.reg";
const MAX_BYTES: u64 = 64 * 1024;
/// As many links as Linux itself follows.
const MAX_LINKS: usize = 40;

/// The rules of one recording, or why they make no sense: then it answers nothing at all.
#[derive(Clone, Debug)]
pub(super) struct Recording {
    rules: Result<BTreeMap<String, Rule>, String>,
    /// Whether `A` and `a` are the same name, as on Windows.
    any_case: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    Denied,
    Owned { owner: u32, mode: u32 },
}

impl Recording {
    pub(super) fn read(root: &Path) -> Self {
        let any_case = root.join(REGISTRY).exists();
        let mut text = String::new();
        let read = std::fs::File::open(root.join(NAME))
            .and_then(|file| file.take(MAX_BYTES).read_to_string(&mut text));
        let rules = match read {
            Ok(_) => parse(&text, any_case),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeMap::new()),
            Err(error) => Err(format!("{NAME}: {error}")),
        };
        Self { rules, any_case }
    }

    /// Whether a path may be looked at.
    pub(super) fn admit(&self, path: &str) -> Read<()> {
        let rules = self
            .rules
            .as_ref()
            .map_err(|why| ReadError::new(path, ReadErrorKind::Other(why.clone())))?;
        let denied = Path::new(&spelled(path, self.any_case))
            .ancestors()
            .filter_map(|ancestor| rules.get(ancestor.to_str()?))
            .any(|rule| *rule == Rule::Denied);
        match denied {
            true => Err(ReadError::new(path, ReadErrorKind::AccessDenied)),
            false => Ok(()),
        }
    }

    /// Owner and mode of a path.
    pub(super) fn ownership(&self, path: &str) -> (u32, u32) {
        let rules = self.rules.as_ref().ok();
        let path = spelled(path.trim_start_matches('/'), self.any_case);
        match rules.and_then(|rules| rules.get(&path)) {
            Some(Rule::Owned { owner, mode }) => (*owner, *mode),
            Some(Rule::Denied) | None => (0, 0o644),
        }
    }

    /// The place of a path under `root`, following links as if `root` were the root directory. What
    /// does not exist keeps its name, so that opening it says so.
    pub(super) fn resolve(&self, root: &Path, path: &Path) -> PathBuf {
        let mut links = 0;
        let mut place = PathBuf::new();
        let mut ahead: Vec<_> = parts(path);
        while let Some(part) = ahead.pop() {
            if part == ".." {
                place.pop();
                continue;
            }
            place.push(self.name_in(&root.join(&place), part));
            let Ok(target) = std::fs::read_link(root.join(&place)) else {
                continue;
            };
            links += 1;
            if links > MAX_LINKS {
                break;
            }
            match target.is_absolute() {
                true => place.clear(),
                false => {
                    place.pop();
                }
            }
            ahead.extend(parts(&target));
        }
        root.join(place)
    }

    /// How a name is written in a folder, if in another case than here.
    fn name_in(&self, folder: &Path, name: OsString) -> OsString {
        if !self.any_case || folder.join(&name).symlink_metadata().is_ok() {
            return name;
        }
        let wanted = name.to_string_lossy().to_lowercase();
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut names = entries.take(super::MAX_ENTRIES).map(|entry| entry.file_name());
        names.find(|found| found.to_string_lossy().to_lowercase() == wanted).unwrap_or(name)
    }
}

/// A path as rules are found by it.
fn spelled(path: &str, any_case: bool) -> String {
    match any_case {
        true => path.to_lowercase(),
        false => path.to_owned(),
    }
}

fn parse(text: &str, any_case: bool) -> Result<BTreeMap<String, Rule>, String> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let (rule, path) =
                parse_line(line).ok_or_else(|| format!("{NAME}: {line:?} is no rule"))?;
            Ok((spelled(path, any_case), rule))
        })
        .collect()
}

/// A rule and its path, which may have blanks in it.
fn parse_line(line: &str) -> Option<(Rule, &str)> {
    let (word, rest) = line.split_once(' ')?;
    let (rule, path) = match word {
        "denied" => (Rule::Denied, rest),
        "owned" => {
            let (owner, rest) = rest.trim_start().split_once(' ')?;
            let (mode, path) = rest.trim_start().split_once(' ')?;
            let (owner, mode) = (owner.parse().ok()?, u32::from_str_radix(mode, 8).ok()?);
            (Rule::Owned { owner, mode }, path)
        }
        _ => return None,
    };
    let path = path.trim_start();
    (!path.is_empty()).then_some((rule, path))
}

/// The named parts of a path, last first.
fn parts(path: &Path) -> Vec<OsString> {
    path.components()
        .rev()
        .filter(|part| matches!(part, Component::Normal(_) | Component::ParentDir))
        .map(|part| part.as_os_str().to_owned())
        .collect()
}
