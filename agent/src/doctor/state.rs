//! The state folder: there, for the agent alone, writable, with room.

#[cfg(unix)]
mod linux;
#[cfg(windows)]
mod windows;

use std::fs::{self, Metadata};
use std::io;
use std::path::Path;

use report::{Bilingual, Lang};

use super::{Check, Question};
use crate::host::rights::Rights;
use crate::remedies::HERE;
use crate::state::StateDir;
#[cfg(unix)]
use linux as system;
#[cfg(windows)]
use windows as system;

/// Below this a report may no longer fit, once logs and lists have had their share.
const ROOM_BYTES: u64 = 16 << 20;
/// Each report that waits is a file of its own.
const ROOM_FILES: u64 = 64;

/// What is left of a disk.
#[derive(Clone, Copy, Debug)]
struct Room {
    bytes: u64,
    /// None on a filesystem that has as many files as there is room for.
    files: Option<u64>,
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
            Self::Closed => {
                let run = HERE.with_all_rights();
                Some(Bilingual::new(
                    format!("thư mục trạng thái chỉ mở cho chủ của nó: {}", run.get(Lang::Vi)),
                    format!("the state folder is open to its owner alone: {}", run.get(Lang::En)),
                ))
            }
            Self::Missing => Some(Bilingual::new("chưa ghi danh", "not enrolled")),
        }
    }
}

/// What was found of it.
pub(super) struct Folder {
    pub(super) checks: Vec<Check>,
    pub(super) is_open: Openness,
}

pub(super) fn folder(state: &StateDir, rights: Rights) -> Folder {
    let path = state.path();
    let found = fs::metadata(path);
    let is_open = match &found {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Openness::Missing,
        Err(_) => Openness::Closed,
        Ok(_) => match fs::read_dir(path) {
            Ok(_) => Openness::Open,
            Err(_) => Openness::Closed,
        },
    };
    let mut checks = vec![is_private(path, found, rights)];
    checks.push(match is_open.reason() {
        None => system::is_writable(path),
        Some(why) => Check::untested(Question::StateWritable, why),
    });
    // Where the folder is not there yet, it will be on the disk of the folder above it.
    let above = path.ancestors().find(|path| path.exists()).unwrap_or(path);
    checks.push(match system::room(above) {
        Ok(room) => has_room(path, room),
        Err(error) => Check::untested(Question::Disk, Bilingual::same(error.to_string())),
    });
    Folder { checks, is_open }
}

fn is_private(path: &Path, found: io::Result<Metadata>, rights: Rights) -> Check {
    let question = Question::StateFolder;
    let shown = path.display();
    match found {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Check::untested(
            question,
            Bilingual::new(
                format!("chưa có {shown}: được tạo khi ghi danh"),
                format!("there is no {shown} yet: enrolling makes it"),
            ),
        ),
        Err(error) => Check::untested(question, Bilingual::same(format!("{shown}: {error}"))),
        Ok(found) if !found.is_dir() => Check::failed(
            question,
            Bilingual::new(format!("{shown} không phải thư mục"), format!("{shown} is no folder")),
            Bilingual::new(
                "đặt `state_dir` trong agent.toml thành một thư mục",
                "name a folder as `state_dir` in agent.toml",
            ),
        ),
        Ok(found) => system::is_for_the_agent_alone(path, &found, rights),
    }
}

fn has_room(path: &Path, Room { bytes, files }: Room) -> Check {
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
    let (shown, show) = (HERE.quoted(path), HERE.show_room(path));
    Bilingual::new(
        format!("dọn hệ thống tệp chứa {shown} ({show})"),
        format!("make room on the filesystem of {shown} ({show})"),
    )
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
