//! Owner and mode, and what the kernel answers.

use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use report::Bilingual;
use rustix::fs::{Access, AtFlags, CWD, accessat, statvfs};
use rustix::io::Errno;

use super::Room;
use crate::doctor::{Check, Question};
use crate::host::rights::Rights;
use crate::remedies::HERE;

/// The bits of a mode that let others in.
const OTHERS: u32 = 0o077;
const ROOT: u32 = 0;

pub(super) fn is_for_the_agent_alone(path: &Path, found: &Metadata, rights: Rights) -> Check {
    judged(path, found.uid(), found.mode() & 0o7777, rights)
}

fn judged(path: &Path, owner: u32, mode: u32, rights: Rights) -> Check {
    let question = Question::StateFolder;
    let shown = path.display();
    if mode & OTHERS != 0 {
        return Check::finding(
            question,
            Bilingual::new(
                format!("người dùng khác vào được {shown} (quyền {mode:04o})"),
                format!("others may enter {shown} (mode {mode:04o})"),
            ),
            Bilingual::same(format!("chmod 700 {}", HERE.quoted(path))),
        );
    }
    if owner != ROOT && rights == Rights::Full {
        return Check::finding(
            question,
            Bilingual::new(
                format!("{shown} thuộc người dùng số {owner}, còn dịch vụ chạy bằng root"),
                format!("{shown} belongs to user {owner}, and the service runs as root"),
            ),
            Bilingual::same(HERE.keep_folder(path)),
        );
    }
    Check::fine(
        question,
        Bilingual::new(
            format!("{shown}, quyền {mode:04o}, chủ {owner}"),
            format!("{shown}, mode {mode:04o}, owner {owner}"),
        ),
    )
}

/// Asked of the kernel, which answers without anything being written.
pub(super) fn is_writable(path: &Path) -> Check {
    let flags = Access::WRITE_OK | Access::EXEC_OK;
    answered(path, accessat(CWD, path, flags, AtFlags::EACCESS))
}

fn answered(path: &Path, answer: Result<(), Errno>) -> Check {
    let question = Question::StateWritable;
    let shown = HERE.quoted(path);
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
            Bilingual::same(HERE.keep_folder(path)),
        ),
    }
}

/// What is left of the disk of a folder.
pub(super) fn room(folder: &Path) -> io::Result<Room> {
    let disk = statvfs(folder)?;
    Ok(Room {
        bytes: disk.f_bavail.saturating_mul(disk.f_frsize),
        files: (disk.f_files > 0).then_some(disk.f_favail),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Health;

    fn state() -> &'static Path {
        Path::new("/var/lib/lachan-agent")
    }

    #[test]
    fn the_folder_is_for_the_agent_alone() {
        let private = |owner, mode, rights| judged(state(), owner, mode, rights).health;
        assert_eq!(private(0, 0o700, Rights::Full), Health::Fine);
        assert_eq!(private(1000, 0o700, Rights::Few), Health::Fine);
        assert_eq!(private(0, 0o750, Rights::Full), Health::Finding);
        assert_eq!(private(0, 0o701, Rights::Full), Health::Finding);
        assert_eq!(private(1000, 0o700, Rights::Full), Health::Finding);
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_told_with_why() {
        assert_eq!(answered(state(), Ok(())).health, Health::Fine);
        let read_only = answered(state(), Err(Errno::ROFS));
        assert_eq!(read_only.health, Health::Failed);
        assert!(read_only.remedy.unwrap().en.contains("remount"));
        assert_eq!(answered(state(), Err(Errno::ACCESS)).health, Health::Failed);
    }
}
