//! Owner and access list, and what the system lets be opened.

use std::fs::{Metadata, OpenOptions};
use std::io;
use std::os::windows::fs::OpenOptionsExt as _;
use std::path::Path;

use report::Bilingual;

use super::Room;
use crate::doctor::{Check, Question};
use crate::durable;
use crate::host::ffi::windows::disk;
use crate::host::rights::Rights;
use crate::remedies::HERE;

/// The right to make a file in a folder.
const FILE_ADD_FILE: u32 = 0x2;
/// Folders are opened with it alone.
const FILE_FLAG_BACKUP_SEMANTICS: u32 = 0x0200_0000;

pub(super) fn is_for_the_agent_alone(path: &Path, _found: &Metadata, _rights: Rights) -> Check {
    let question = Question::StateFolder;
    let shown = path.display();
    let strangers =
        durable::writers(path).and_then(|writers| Ok((writers, durable::readers(path)?)));
    match strangers {
        Ok((None, None)) => Check::fine(
            question,
            Bilingual::new(
                format!("{shown}, chỉ SYSTEM và Administrators vào được"),
                format!("{shown}, for SYSTEM and Administrators alone"),
            ),
        ),
        Ok((Some(open), _)) => {
            Check::failed(question, open.in_words(), Bilingual::same(HERE.keep(&open.path)))
        }
        Ok((None, Some(who))) => Check::finding(
            question,
            Bilingual::new(
                format!("người khác vào được {shown}: {who}"),
                format!("others may enter {shown}: {who}"),
            ),
            Bilingual::same(HERE.keep_folder(path)),
        ),
        Err(error) => Check::untested(question, Bilingual::same(format!("{shown}: {error}"))),
    }
}

/// Asked of the system, which answers without anything being written.
pub(super) fn is_writable(path: &Path) -> Check {
    let question = Question::StateWritable;
    let mut options = OpenOptions::new();
    let opened =
        options.access_mode(FILE_ADD_FILE).custom_flags(FILE_FLAG_BACKUP_SEMANTICS).open(path);
    match opened {
        Ok(_) => Check::fine(question, Bilingual::new("ghi được", "it can be written")),
        Err(error) => Check::failed(
            question,
            Bilingual::new(format!("không ghi được: {error}"), format!("no writing: {error}")),
            Bilingual::same(HERE.keep_folder(path)),
        ),
    }
}

/// What is left of the disk of a folder.
pub(super) fn room(folder: &Path) -> io::Result<Room> {
    Ok(Room { bytes: disk::free_bytes(folder)?, files: None })
}
