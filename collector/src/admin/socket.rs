//! The socket that officers' commands talk to, and whose it is.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _, chown};
use std::path::Path;

use tokio::net::UnixListener;

use crate::files::read_bounded;

/// The group whose members may use the socket, where it exists.
const ADMIN_GROUP: &str = "lachan-admin";
/// Its owner and that group may talk to it, and nobody else.
const MODE: u32 = 0o660;
/// The folder in which it is made, beside where it is to lie.
const NEST: &str = ".admin";

/// Opens the socket: for its owner and the administrators' group, for nobody else.
///
/// A socket is born with the rights that the umask leaves, and whoever connects before they are set
/// stays connected. So it is made in a folder that is closed to everybody, and comes out when it is
/// as it should be.
///
/// # Errors
/// When it cannot be made. The caller makes sure that no other collector works on the folder.
pub fn bind(path: &Path) -> io::Result<UnixListener> {
    let nest = path.with_file_name(NEST);
    let egg = nest.join("s");
    // What a run that was cut short left behind.
    absent(fs::remove_file(&egg))?;
    absent(fs::remove_dir(&nest))?;
    DirBuilder::new().mode(0o700).create(&nest)?;
    let listener = UnixListener::bind(&egg)?;
    fs::set_permissions(&egg, Permissions::from_mode(MODE))?;
    if let Some(group) = admin_group()
        && let Err(error) = chown(&egg, None, Some(group))
    {
        tracing::warn!(%error, group = ADMIN_GROUP, "the admin socket stays with its owner's group");
    }
    fs::rename(&egg, path)?;
    fs::remove_dir(&nest)?;
    Ok(listener)
}

fn absent(removed: io::Result<()>) -> io::Result<()> {
    removed.or_else(|error| match error.kind() {
        io::ErrorKind::NotFound => Ok(()),
        _ => Err(error),
    })
}

fn admin_group() -> Option<u32> {
    group_id(ADMIN_GROUP, &read_bounded(Path::new("/etc/group"), 1 << 20).ok()?)
}

fn group_id(name: &str, groups: &str) -> Option<u32> {
    let line = groups.lines().find(|line| line.split(':').next() == Some(name))?;
    line.split(':').nth(2)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileTypeExt as _;

    use tokio::net::UnixStream;

    use super::*;

    #[tokio::test]
    async fn the_socket_is_for_its_owner_and_one_group_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("admin.sock");
        let listener = bind(&path).unwrap();
        let is = fs::symlink_metadata(&path).unwrap();
        assert!(is.file_type().is_socket());
        assert_eq!(is.permissions().mode() & 0o777, 0o660);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let (came, _) = tokio::join!(UnixStream::connect(&path), listener.accept());
        came.unwrap();
    }

    #[tokio::test]
    async fn what_a_run_that_was_killed_left_behind_is_in_nobodys_way() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("admin.sock");
        fs::create_dir(folder.path().join(NEST)).unwrap();
        drop(UnixListener::bind(folder.path().join(NEST).join("s")).unwrap());
        drop(UnixListener::bind(&path).unwrap());
        let listener = bind(&path).unwrap();
        let (came, _) = tokio::join!(UnixStream::connect(&path), listener.accept());
        came.unwrap();
    }

    #[test]
    fn the_group_is_found_by_its_whole_name() {
        let groups = "root:x:0:\nlachan-admin2:x:7:\nlachan-admin:x:998:lan,minh\n";
        assert_eq!(group_id("lachan-admin", groups), Some(998));
        assert_eq!(group_id("lachan", groups), None);
    }
}
