//! Who may have written a folder. Whoever can write there, or can put another folder in its place,
//! decides which machines count as protected.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Component, Path, PathBuf};

use crate::files::read_bounded;

const ROOT: u32 = 0;
const STICKY: u32 = 0o1000;
/// As many links as Linux itself follows.
const MAX_LINKS: usize = 40;

/// A list of users or groups is never larger than this.
const MAX_LIST_BYTES: u64 = 1 << 20;

/// The users whose policies are judged by: root and the collector's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keepers {
    users: BTreeSet<u32>,
    /// Groups with nobody in them but one of these users: many systems give each user such a
    /// group, and let it write whatever the user makes.
    private_groups: BTreeSet<u32>,
}

impl Keepers {
    /// Root and the user to whom the collector's data folder belongs: that one has the keys and
    /// the store anyway.
    #[must_use]
    pub fn of(data: &Path) -> Self {
        let owner = fs::metadata(data).ok().map(|metadata| metadata.uid());
        let read = |path| read_bounded(Path::new(path), MAX_LIST_BYTES).unwrap_or_default();
        let (passwd, group) = (read("/etc/passwd"), read("/etc/group"));
        let private = |uid: &u32| private_group(*uid, &passwd, &group);
        Self {
            private_groups: owner.iter().filter_map(private).collect(),
            users: owner.into_iter().chain([ROOT]).collect(),
        }
    }

    /// Root and this user.
    #[cfg(test)]
    pub(crate) fn user(uid: u32) -> Self {
        Self { users: [ROOT, uid].into(), private_groups: BTreeSet::new() }
    }

    fn names(&self) -> String {
        let others =
            self.users.iter().filter(|uid| **uid != ROOT).map(|uid| format!(" or user {uid}"));
        format!("root{}", others.collect::<String>())
    }
}

/// The own group of a user who is alone in it; root's never counts as one.
fn private_group(uid: u32, passwd: &str, group: &str) -> Option<u32> {
    let users: Vec<(&str, u32, u32)> = passwd.lines().filter_map(user).collect();
    let (name, _, own) = *users.iter().find(|(_, id, _)| *id == uid && *id != ROOT)?;
    let is_shared = users.iter().any(|(_, id, gid)| *gid == own && *id != uid);
    let mut lines = group.lines().filter_map(members).filter(|(gid, _)| *gid == own);
    let is_alone =
        lines.all(|(_, members)| members.split(',').all(|one| ["", name].contains(&one)));
    (!is_shared && is_alone).then_some(own)
}

/// Name, id and own group of a line of `/etc/passwd`.
fn user(line: &str) -> Option<(&str, u32, u32)> {
    let mut fields = line.split(':');
    let name = fields.next()?;
    Some((name, fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?))
}

/// Id and members of a line of `/etc/group`.
fn members(line: &str) -> Option<(u32, &str)> {
    let mut fields = line.split(':').skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?))
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
    if mode & 0o020 != 0 && !keepers.private_groups.contains(&group) {
        return Some(Exposure {
            message: format!(
                "can be written by its group (owner {owner}, group {group}, mode {mode:03o})"
            ),
            cure: format!("run chmod go-w {path}"),
        });
    }
    (!keepers.users.contains(&owner)).then(|| Exposure {
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
        if sticky && self.keepers.users.contains(&metadata.uid()) {
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

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash\n\
                          an:x:1000:1000::/home/an:/bin/bash\n\
                          binh:x:1001:100::/home/binh:/bin/bash\n\
                          chi:x:1002:100::/home/chi:/bin/bash\n\
                          dung:x:1003:1003::/home/dung:/bin/bash\n";
    const GROUP: &str = "root:x:0:\nan:x:1000:\nusers:x:100:\ndung:x:1003:dung,chi\n";

    #[test]
    fn a_group_is_private_only_to_a_user_who_is_alone_in_it() {
        let of = |uid| private_group(uid, PASSWD, GROUP);
        assert_eq!(of(1000), Some(1000));
        assert_eq!(of(1001), None, "chi has the same group");
        assert_eq!(of(1003), None, "chi was added to it");
        assert_eq!(of(0), None, "what root's group may write is open");
        assert_eq!(of(4321), None, "not a user of this list");
    }

    #[test]
    fn what_a_private_group_may_write_is_closed_all_the_same() {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o775)).unwrap();
        let metadata = fs::metadata(dir.path()).unwrap();
        let mut keepers = Keepers::user(metadata.uid());
        assert!(exposure(dir.path(), &metadata, Some(&keepers)).is_some());
        keepers.private_groups.insert(metadata.gid());
        assert!(exposure(dir.path(), &metadata, Some(&keepers)).is_none());
    }
}
