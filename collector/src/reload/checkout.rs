//! Whether git is at work on a folder: then some of its files are old and some are new.

use std::path::{Path, PathBuf};

use crate::files::read_bounded;

/// A `.git` file names its folder in one line.
const MAX_LINK_BYTES: u64 = 4096;

/// Whether a checkout is under way in the working tree that the folder is part of.
pub(super) fn is_under_way(folder: &Path) -> bool {
    let real = folder.canonicalize().ok();
    let ways = [Some(folder.to_owned()), real];
    ways.iter().flatten().flat_map(|way| way.ancestors()).any(|above| {
        git_folder(&above.join(".git")).is_some_and(|git| git.join("index.lock").exists())
    })
}

/// The folder itself, or the one that a linked working tree or a submodule names in its place.
fn git_folder(git: &Path) -> Option<PathBuf> {
    if !git.is_file() {
        return Some(git.to_owned());
    }
    let text = read_bounded(git, MAX_LINK_BYTES).ok()?;
    let named = text.strip_prefix("gitdir:")?.trim();
    Some(git.parent()?.join(named))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_lock_in_any_folder_above_is_a_checkout_under_way() {
        let tree = tempfile::tempdir().unwrap();
        let policies = tree.path().join("office/policies");
        fs::create_dir_all(&policies).unwrap();
        fs::create_dir(tree.path().join(".git")).unwrap();
        assert!(!is_under_way(&policies));
        fs::write(tree.path().join(".git/index.lock"), "").unwrap();
        assert!(is_under_way(&policies));
        assert!(is_under_way(tree.path()));
    }

    #[test]
    fn the_lock_of_a_linked_working_tree_lies_where_its_git_file_says() {
        let tree = tempfile::tempdir().unwrap();
        let git = tree.path().join("main/.git/worktrees/policies");
        let policies = tree.path().join("policies");
        fs::create_dir_all(&git).unwrap();
        fs::create_dir(&policies).unwrap();
        fs::write(policies.join(".git"), "gitdir: ../main/.git/worktrees/policies\n").unwrap();
        assert!(!is_under_way(&policies));
        fs::write(git.join("index.lock"), "").unwrap();
        assert!(is_under_way(&policies));
    }

    #[test]
    fn a_link_into_a_working_tree_leads_to_its_lock() {
        let tree = tempfile::tempdir().unwrap();
        fs::create_dir_all(tree.path().join("repository/.git")).unwrap();
        fs::create_dir(tree.path().join("repository/policies")).unwrap();
        let link = tree.path().join("policies");
        std::os::unix::fs::symlink("repository/policies", &link).unwrap();
        assert!(!is_under_way(&link));
        fs::write(tree.path().join("repository/.git/index.lock"), "").unwrap();
        assert!(is_under_way(&link));
    }
}
