//! The state folder: there, for the agent alone, writable, with room.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use report::Bilingual;
use rustix::fs::{Access, AtFlags, CWD, accessat, statvfs};
use rustix::io::Errno;

use super::{Check, Question, quoted};
use crate::state::StateDir;

/// The bits of a mode that let others in.
const OTHERS: u32 = 0o077;
/// Below this a report may no longer fit, once logs and lists have had their share.
const ROOM_BYTES: u64 = 16 << 20;
/// Each report that waits is a file of its own.
const ROOM_FILES: u64 = 64;

/// As whom this is asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rights {
    user: u32,
}

impl Rights {
    pub(super) fn mine() -> Self {
        Self::of(rustix::process::geteuid().as_raw())
    }

    pub(super) const fn of(user: u32) -> Self {
        Self { user }
    }

    pub(super) fn are_roots(self) -> bool {
        self.user == 0
    }
}

/// What can be seen of the folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Openness {
    /// Everything.
    Open,
    /// Nothing: it belongs to somebody else.
    Closed,
    /// It is not there.
    Missing,
}

impl Openness {
    /// Why nothing can be said that stands in the folder.
    pub(super) fn reason(self) -> Option<Bilingual> {
        match self {
            Self::Open => None,
            Self::Closed => Some(Bilingual::new(
                "thư mục trạng thái chỉ mở cho chủ của nó: chạy sudo lachan-agent doctor",
                "the state folder is open to its owner alone: run sudo lachan-agent doctor",
            )),
            Self::Missing => Some(Bilingual::new("chưa ghi danh", "not enrolled")),
        }
    }
}

/// What was found of it.
pub(super) struct Folder {
    pub(super) checks: Vec<Check>,
    pub(super) is_open: Openness,
}

/// What is looked at, of a folder that is there.
#[derive(Clone, Copy, Debug)]
struct Seen {
    is_folder: bool,
    owner: u32,
    mode: u32,
}

pub(super) fn folder(state: &StateDir, rights: Rights) -> Folder {
    let path = state.path();
    let seen = fs::metadata(path).map(|found| Seen {
        is_folder: found.is_dir(),
        owner: found.uid(),
        mode: found.mode() & 0o7777,
    });
    let is_open = match &seen {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Openness::Missing,
        Err(_) => Openness::Closed,
        Ok(_) => match fs::read_dir(path) {
            Ok(_) => Openness::Open,
            Err(_) => Openness::Closed,
        },
    };
    let mut checks = vec![is_private(path, seen, rights)];
    match is_open.reason() {
        None => {
            let flags = Access::WRITE_OK | Access::EXEC_OK;
            checks.push(is_writable(path, accessat(CWD, path, flags, AtFlags::EACCESS)));
        }
        Some(why) => checks.push(Check::untested(Question::StateWritable, why)),
    }
    // Where the folder is not there yet, it will be on the disk of the folder above it.
    let above = path.ancestors().find(|path| path.exists()).unwrap_or(path);
    checks.push(match statvfs(above) {
        Ok(disk) => {
            let files = (disk.f_files > 0).then_some(disk.f_favail);
            has_room(path, disk.f_bavail.saturating_mul(disk.f_frsize), files)
        }
        Err(error) => Check::untested(Question::Disk, Bilingual::same(error.to_string())),
    });
    Folder { checks, is_open }
}

fn is_private(path: &Path, seen: io::Result<Seen>, rights: Rights) -> Check {
    let question = Question::StateFolder;
    let shown = path.display();
    match seen {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Check::untested(
            question,
            Bilingual::new(
                format!("chưa có {shown}: được tạo khi ghi danh"),
                format!("there is no {shown} yet: enrolling makes it"),
            ),
        ),
        Err(error) => Check::untested(question, Bilingual::same(format!("{shown}: {error}"))),
        Ok(Seen { is_folder: false, .. }) => Check::failed(
            question,
            Bilingual::new(format!("{shown} không phải thư mục"), format!("{shown} is no folder")),
            Bilingual::new(
                "đặt `state_dir` trong agent.toml thành một thư mục",
                "name a folder as `state_dir` in agent.toml",
            ),
        ),
        Ok(Seen { mode, .. }) if mode & OTHERS != 0 => Check::finding(
            question,
            Bilingual::new(
                format!("người dùng khác vào được {shown} (quyền {mode:04o})"),
                format!("others may enter {shown} (mode {mode:04o})"),
            ),
            Bilingual::same(format!("chmod 700 {}", quoted(path))),
        ),
        Ok(Seen { owner, .. }) if owner != 0 && rights.are_roots() => Check::finding(
            question,
            Bilingual::new(
                format!("{shown} thuộc người dùng số {owner}, còn dịch vụ chạy bằng root"),
                format!("{shown} belongs to user {owner}, and the service runs as root"),
            ),
            to_root_alone(path),
        ),
        Ok(Seen { owner, mode, .. }) => Check::fine(
            question,
            Bilingual::new(
                format!("{shown}, quyền {mode:04o}, chủ {owner}"),
                format!("{shown}, mode {mode:04o}, owner {owner}"),
            ),
        ),
    }
}

fn to_root_alone(path: &Path) -> Bilingual {
    let path = quoted(path);
    Bilingual::same(format!("chown -R root: {path} && chmod 700 {path}"))
}

/// Asked of the kernel, which answers without anything being written.
fn is_writable(path: &Path, answer: Result<(), Errno>) -> Check {
    let question = Question::StateWritable;
    let shown = quoted(path);
    match answer {
        Ok(()) => Check::fine(question, Bilingual::new("ghi được", "it can be written")),
        Err(Errno::ROFS) => Check::failed(
            question,
            Bilingual::new("hệ thống tệp chỉ đọc", "the filesystem is read-only"),
            Bilingual::new(
                format!(
                    "xem dmesg (lỗi đĩa?), gắn lại để ghi được: mount -o remount,rw \
                     \"$(findmnt -no TARGET -T {shown})\""
                ),
                format!(
                    "see dmesg (a failing disk?), then mount it writable: mount -o remount,rw \
                     \"$(findmnt -no TARGET -T {shown})\""
                ),
            ),
        ),
        Err(error) => Check::failed(
            question,
            Bilingual::new(format!("không ghi được: {error}"), format!("no writing: {error}")),
            to_root_alone(path),
        ),
    }
}

/// `files` is `None` on a filesystem that has as many as there is room for.
fn has_room(path: &Path, bytes: u64, files: Option<u64>) -> Check {
    let question = Question::Disk;
    let mebibytes = bytes >> 20;
    if bytes < ROOM_BYTES {
        return Check::finding(
            question,
            Bilingual::new(
                format!("chỉ còn {mebibytes} MiB trống"),
                format!("only {mebibytes} MiB are left"),
            ),
            make_room(path),
        );
    }
    if let Some(files) = files.filter(|files| *files < ROOM_FILES) {
        return Check::finding(
            question,
            Bilingual::new(
                format!("chỉ còn tạo được {files} tệp (hết inode)"),
                format!("only {files} more files can be made (no inodes left)"),
            ),
            make_room(path),
        );
    }
    Check::fine(
        question,
        Bilingual::new(format!("còn {mebibytes} MiB trống"), format!("{mebibytes} MiB are left")),
    )
}

fn make_room(path: &Path) -> Bilingual {
    let shown = quoted(path);
    Bilingual::new(
        format!("dọn hệ thống tệp chứa {shown} (df -h {shown}; df -i {shown})"),
        format!("make room on the filesystem of {shown} (df -h {shown}; df -i {shown})"),
    )
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::doctor::Health;

    const ROOT: Rights = Rights::of(0);
    const SOMEBODY: Rights = Rights::of(1000);

    fn state() -> &'static Path {
        Path::new("/var/lib/lachan-agent")
    }

    fn private(owner: u32, mode: u32, rights: Rights) -> Health {
        is_private(state(), Ok(Seen { is_folder: true, owner, mode }), rights).health
    }

    #[test]
    fn the_folder_is_for_the_agent_alone() {
        assert_eq!(private(0, 0o700, ROOT), Health::Fine);
        assert_eq!(private(1000, 0o700, SOMEBODY), Health::Fine);
        assert_eq!(private(0, 0o750, ROOT), Health::Finding);
        assert_eq!(private(0, 0o701, ROOT), Health::Finding);
        assert_eq!(private(1000, 0o700, ROOT), Health::Finding);
        let file = Seen { is_folder: false, owner: 0, mode: 0o600 };
        assert_eq!(is_private(state(), Ok(file), ROOT).health, Health::Failed);
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_told_with_why() {
        assert_eq!(is_writable(state(), Ok(())).health, Health::Fine);
        let read_only = is_writable(state(), Err(Errno::ROFS));
        assert_eq!(read_only.health, Health::Failed);
        assert!(read_only.remedy.unwrap().en.contains("remount"));
        assert_eq!(is_writable(state(), Err(Errno::ACCESS)).health, Health::Failed);
    }

    #[test]
    fn room_is_bytes_and_files() {
        let health = |bytes, files| has_room(state(), bytes, files).health;
        assert_eq!(health(ROOM_BYTES, Some(ROOM_FILES)), Health::Fine);
        assert_eq!(health(ROOM_BYTES, None), Health::Fine);
        assert_eq!(health(ROOM_BYTES - 1, None), Health::Finding);
        assert_eq!(health(ROOM_BYTES, Some(ROOM_FILES - 1)), Health::Finding);
    }

    #[test]
    fn a_folder_of_ones_own_is_open_and_looking_at_it_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), Permissions::from_mode(0o700)).unwrap();
        let state = StateDir::new(folder.path().to_owned());
        let found = super::folder(&state, Rights::mine());
        assert_eq!(found.is_open, Openness::Open);
        assert_eq!(found.checks.len(), 3);
        assert_eq!(found.checks[1].health, Health::Fine);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_that_is_not_there_yet_is_not_made_by_asking() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::new(folder.path().join("state"));
        let found = super::folder(&state, Rights::mine());
        assert_eq!(found.is_open, Openness::Missing);
        assert_eq!(found.checks[0].health, Health::Untested);
        assert_eq!(found.checks[2].health, Health::Fine, "its disk is there");
        assert!(!state.path().exists());
    }
}
