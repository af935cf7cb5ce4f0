//! Who may have written a folder. Whoever can write there, or can put another folder in its place,
//! decides which machines count as protected.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Component, Path, PathBuf};

const ROOT: u32 = 0;
const STICKY: u32 = 0o1000;
/// As many links as Linux itself follows.
const MAX_LINKS: usize = 40;

/// The users whose policies are judged by: root and the collector's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keepers(BTreeSet<u32>);

impl Keepers {
    /// Root and the user to whom the collector's data folder belongs: that one has the keys and
    /// the store anyway.
    #[must_use]
    pub fn of(data: &Path) -> Self {
        let owner = fs::metadata(data).ok().map(|metadata| metadata.uid());
        Self(owner.into_iter().chain([ROOT]).collect())
    }

    /// Root and this user.
    #[cfg(test)]
    pub(crate) fn user(uid: u32) -> Self {
        Self([ROOT, uid].into())
    }

    fn names(&self) -> String {
        let others = self.0.iter().filter(|uid| **uid != ROOT).map(|uid| format!(" or user {uid}"));
        format!("root{}", others.collect::<String>())
    }
}

/// How somebody else could write something, and the command that ends it.
pub(super) struct Exposure {
    pub(super) message: String,
    pub(super) cure: String,
}

/// Who else could write what has this owner and this mode. Without keepers only that everybody may
/// is found, as in a folder that somebody checks on a machine of their own.
pub(super) fn exposure(
    path: &Path,
    metadata: &Metadata,
    keepers: Option<&Keepers>,
) -> Option<Exposure> {
    let (owner, group) = (metadata.uid(), metadata.gid());
    // A link's own mode says nothing: it is read by nobody.
    let mode = if metadata.is_symlink() { 0o755 } else { metadata.permissions().mode() & 0o7777 };
    let path = path.display();
    if mode & 0o002 != 0 {
        return Some(Exposure {
            message: format!("can be written by everybody (owner {owner}, mode {mode:03o})"),
            cure: format!("run chmod go-w {path}"),
        });
    }
    let keepers = keepers?;
    if mode & 0o020 != 0 {
        return Some(Exposure {
            message: format!(
                "can be written by its group (owner {owner}, group {group}, mode {mode:03o})"
            ),
            cure: format!("run chmod go-w {path}"),
        });
    }
    (!keepers.0.contains(&owner)).then(|| Exposure {
        message: format!(
            "belongs to user {owner} (mode {mode:03o}), and only {} may write policies",
            keepers.names()
        ),
        cure: format!("run chown -h root {path}"),
    })
}

/// The way to a place, step by step as the system goes it, through every link.
pub(super) struct Way<'k> {
    keepers: &'k Keepers,
    seen: BTreeSet<PathBuf>,
    /// Where somebody else could lead it elsewhere.
    pub(super) exposed: BTreeMap<PathBuf, Exposure>,
}

impl<'k> Way<'k> {
    pub(super) fn new(keepers: &'k Keepers) -> Self {
        Self { keepers, seen: BTreeSet::new(), exposed: BTreeMap::new() }
    }

    /// Goes there and says where it has arrived. What lies at the end is not looked at, only every
    /// step before it.
    pub(super) fn go(&mut self, path: &Path) -> io::Result<PathBuf> {
        let mut left = steps(&std::path::absolute(path)?);
        let mut here = PathBuf::from("/");
        let mut links = 0;
        while let Some(step) = left.pop() {
            if step == ".." {
                here.pop();
                continue;
            }
            let next = here.join(step);
            let metadata = fs::symlink_metadata(&next)?;
            if metadata.is_symlink() {
                links += 1;
                if links > MAX_LINKS {
                    return Err(io::Error::other("too many links lead to each other"));
                }
                self.look(&next, &metadata);
                let target = fs::read_link(&next)?;
                if target.is_absolute() {
                    here = PathBuf::from("/");
                }
                left.extend(steps(&target));
                continue;
            }
            if !left.is_empty() {
                self.look(&next, &metadata);
            }
            here = next;
        }
        Ok(here)
    }

    /// This place is looked at by its name in the folder.
    pub(super) fn leave_out(&mut self, path: &Path) {
        self.seen.insert(path.to_owned());
    }

    /// In a folder like `/tmp` everybody may write, and nobody may move what belongs to another.
    fn look(&mut self, path: &Path, metadata: &Metadata) {
        if !self.seen.insert(path.to_owned()) {
            return;
        }
        let sticky = metadata.is_dir() && metadata.permissions().mode() & STICKY != 0;
        if sticky && self.keepers.0.contains(&metadata.uid()) {
            return;
        }
        if let Some(exposure) = exposure(path, metadata, Some(self.keepers)) {
            self.exposed.insert(path.to_owned(), exposure);
        }
    }
}

/// The names of a path, the last one first.
fn steps(path: &Path) -> Vec<OsString> {
    let names = path.components().rev().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some(OsString::from("..")),
        Component::CurDir | Component::RootDir | Component::Prefix(_) => None,
    });
    names.collect()
}
