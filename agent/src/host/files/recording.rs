//! What the folder of a recorded machine cannot keep.
//!
//! Neither an archive nor git keeps owners and modes, and a test that runs as root is denied
//! nothing. So everything in a recording is root's and mode 0644, unless the file `.recording` in
//! its root says otherwise, one path a line:
//!
//! ```text
//! denied proc/1/environ
//! owned 1000 0644 home/lan/clamd.conf
//! ```
//!
//! `denied` holds for everything below the path as well.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

use super::{Read, ReadError, ReadErrorKind};

const NAME: &str = ".recording";
const MAX_BYTES: u64 = 64 * 1024;
/// As many links as Linux itself follows.
const MAX_LINKS: usize = 40;

/// The rules of one recording, or why they make no sense: then it answers nothing at all.
#[derive(Clone, Debug)]
pub(super) struct Recording {
    rules: Result<BTreeMap<String, Rule>, String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    Denied,
    Owned { owner: u32, mode: u32 },
}

impl Recording {
    pub(super) fn read(root: &Path) -> Self {
        let mut text = String::new();
        let read = std::fs::File::open(root.join(NAME))
            .and_then(|file| file.take(MAX_BYTES).read_to_string(&mut text));
        let rules = match read {
            Ok(_) => parse(&text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeMap::new()),
            Err(error) => Err(format!("{NAME}: {error}")),
        };
        Self { rules }
    }

    /// Whether a path may be looked at.
    pub(super) fn admit(&self, path: &str) -> Read<()> {
        let rules = self
            .rules
            .as_ref()
            .map_err(|why| ReadError::new(path, ReadErrorKind::Other(why.clone())))?;
        let denied = Path::new(path)
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
        match rules.and_then(|rules| rules.get(path.trim_start_matches('/'))) {
            Some(Rule::Owned { owner, mode }) => (*owner, *mode),
            Some(Rule::Denied) | None => (0, 0o644),
        }
    }
}

fn parse(text: &str) -> Result<BTreeMap<String, Rule>, String> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| parse_line(line).ok_or_else(|| format!("{NAME}: {line:?} is no rule")))
        .collect()
}

fn parse_line(line: &str) -> Option<(String, Rule)> {
    let mut words = line.split_whitespace();
    let rule = match words.next()? {
        "denied" => Rule::Denied,
        "owned" => Rule::Owned {
            owner: words.next()?.parse().ok()?,
            mode: u32::from_str_radix(words.next()?, 8).ok()?,
        },
        _ => return None,
    };
    let path = words.next()?.to_owned();
    words.next().is_none().then_some((path, rule))
}

/// The place of a path under `root`, following links as if `root` were the root directory. What
/// does not exist keeps its name, so that opening it says so.
pub(super) fn resolve(root: &Path, path: &Path) -> PathBuf {
    let mut links = 0;
    let mut place = PathBuf::new();
    let mut ahead: Vec<_> = parts(path);
    while let Some(part) = ahead.pop() {
        if part == ".." {
            place.pop();
            continue;
        }
        place.push(&part);
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

/// The named parts of a path, last first.
fn parts(path: &Path) -> Vec<std::ffi::OsString> {
    path.components()
        .rev()
        .filter(|part| matches!(part, Component::Normal(_) | Component::ParentDir))
        .map(|part| part.as_os_str().to_owned())
        .collect()
}
