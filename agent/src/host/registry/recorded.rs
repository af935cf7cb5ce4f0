//! The registry of a recorded machine.

use std::sync::OnceLock;

use super::reg::{self, Key, Tree};
use super::{Side, Value, folded};
use crate::host::files::{Files, RECORDED_REGISTRY as FILE, Read, ReadError, ReadErrorKind};

/// The most bytes of a recorded registry.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// A registry that is parsed when it is first asked.
#[derive(Debug)]
pub(super) struct Recorded {
    files: Files,
    tree: OnceLock<Read<Tree>>,
}

impl Recorded {
    pub(super) fn of(files: &Files) -> Self {
        Self { files: files.clone(), tree: OnceLock::new() }
    }

    pub(super) fn value(&self, side: Side, key: &str, name: &str) -> Read<Value> {
        let found = self.key(side, key)?.values.get(&folded(name));
        let missing = || ReadError::new(&format!(r"{key}\{name}"), ReadErrorKind::NotFound);
        found.map(|(_, value)| value.clone()).ok_or_else(missing)
    }

    pub(super) fn keys(&self, side: Side, key: &str) -> Read<Vec<String>> {
        Ok(self.key(side, key)?.below.values().cloned().collect())
    }

    pub(super) fn values(&self, side: Side, key: &str) -> Read<Vec<String>> {
        Ok(self.key(side, key)?.values.values().map(|(name, _)| name.clone()).collect())
    }

    fn key(&self, side: Side, key: &str) -> Read<&Key> {
        let path = seen_from(side, &reg::place(key));
        // A rule of the recording that denies `registry.reg/hklm/…` denies that key.
        self.files.admit(&format!("{FILE}/{}", path.replace('\\', "/")))?;
        let tree = self.tree.get_or_init(|| read(&self.files)).as_ref().map_err(Clone::clone)?;
        tree.get(&path).ok_or_else(|| ReadError::new(key, ReadErrorKind::NotFound))
    }
}

fn read(files: &Files) -> Read<Tree> {
    let bytes = files.read(FILE, MAX_BYTES).map_err(|error| match error.is_not_found() {
        true => ReadError::new(FILE, ReadErrorKind::NotSupported),
        false => error,
    })?;
    reg::parse(&bytes).map_err(|what| ReadError::new(FILE, ReadErrorKind::Damaged(what)))
}

const SOFTWARE: &str = r"hklm\software";
const WOW64: &str = "wow6432node";
/// The keys below `SOFTWARE` that both views share, as far as anybody asks for them.
const SHARED: [&str; 1] = ["policies"];

/// Where a key lies that one of the views calls `path`.
pub(super) fn seen_from(side: Side, path: &str) -> String {
    let redirected = match (side, path.strip_prefix(SOFTWARE)) {
        (Side::Native, _) | (_, None) => None,
        (Side::Wow64, Some(rest)) => redirected(rest),
    };
    redirected.unwrap_or_else(|| path.to_owned())
}

fn redirected(below_software: &str) -> Option<String> {
    let rest = match below_software.strip_prefix('\\') {
        Some(rest) => rest,
        None if below_software.is_empty() => return Some(format!(r"{SOFTWARE}\{WOW64}")),
        None => return None,
    };
    let first = rest.split('\\').next().unwrap_or_default();
    let stays = first == WOW64 || SHARED.contains(&first);
    (!stays).then(|| format!(r"{SOFTWARE}\{WOW64}\{rest}"))
}
