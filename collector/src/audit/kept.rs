//! The heads a collector has signed, a line each, beside its store.
//!
//! They are there for convenience. Whoever can change the store can take lines out here too, so what
//! counts are those that have left the machine: with the journal, in snapshots and in reports.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use super::head::{Head, NoHead, PREFIX};
use crate::files::read_bounded;

/// Two centuries of a head a day.
const MAX_BYTES: u64 = 32 << 20;

/// Adds a head to a file, in a line of its own also where the last one was cut off.
///
/// # Errors
/// When it cannot be written.
pub fn append(file: &Path, head: &Head) -> io::Result<()> {
    let mut kept = OpenOptions::new().create(true).read(true).append(true).open(file)?;
    let end = if ends_in_a_line(&kept)? { "" } else { "\n" };
    kept.write_all(format!("{end}{head}\n").as_bytes())?;
    kept.sync_data()
}

fn ends_in_a_line(file: &File) -> io::Result<bool> {
    let Some(last) = file.metadata()?.len().checked_sub(1) else {
        return Ok(true);
    };
    let mut byte = [0];
    file.read_exact_at(&mut byte, last)?;
    Ok(byte == *b"\n")
}

/// The text of a file with heads; `None`: there is no such file.
///
/// # Errors
/// When it cannot be read.
pub fn read(file: &Path) -> io::Result<Option<String>> {
    match read_bounded(file, MAX_BYTES) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        text => text.map(Some),
    }
}

/// Every word of a text that means to be a head, with the number of its line.
pub fn heads(text: &str) -> impl Iterator<Item = (usize, Result<Head, NoHead>)> {
    let lines = text.lines().zip(1..);
    lines.flat_map(|(line, number)| {
        // A journal puts names before it and may put it between quotation marks.
        let words = line.split(|c: char| c.is_whitespace() || c == '"' || c == '=');
        let heads = words.filter(|word| word.starts_with(PREFIX));
        heads.map(move |word| (number, word.parse()))
    })
}

#[cfg(test)]
mod tests {
    use report::Timestamp;

    use super::*;
    use crate::audit::key::AuditKey;
    use crate::store::{Link, LogEnds};

    #[test]
    fn heads_are_found_wherever_a_journal_has_put_them() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("heads");
        assert_eq!(read(&file).unwrap(), None);
        let key = AuditKey::create(folder.path()).unwrap();
        let end = Link { number: 1, hash: [1; 32] };
        let ends = LogEnds { first: [1; 16], audit: end, verdicts: end };
        let head = |at| Head::sign(&key, ends, Timestamp(at));
        append(&file, &head(1)).unwrap();
        append(&file, &head(2)).unwrap();
        let mut text = read(&file).unwrap().unwrap();
        text += &format!(
            "Nov 22 pc lachan[1]: INFO a head head={}\n\n{}x \"{}\"",
            head(3),
            head(4),
            head(5)
        );
        let found: Vec<_> =
            heads(&text).map(|(line, head)| (line, head.ok().map(|head| head.at.0))).collect();
        assert_eq!(found, [(1, Some(1)), (2, Some(2)), (3, Some(3)), (5, None), (5, Some(5))]);
    }

    #[test]
    fn a_head_after_a_torn_line_begins_a_line_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("heads");
        let key = AuditKey::create(folder.path()).unwrap();
        let end = Link { number: 1, hash: [1; 32] };
        let head = |at| {
            Head::sign(&key, LogEnds { first: [1; 16], audit: end, verdicts: end }, Timestamp(at))
        };
        let torn = head(1).to_string();
        std::fs::write(&file, &torn[..100]).unwrap();
        append(&file, &head(2)).unwrap();
        append(&file, &head(3)).unwrap();
        let text = read(&file).unwrap().unwrap();
        let found: Vec<_> =
            heads(&text).map(|(line, head)| (line, head.ok().map(|head| head.at.0))).collect();
        assert_eq!(found, [(1, None), (2, Some(2)), (3, Some(3))]);
        assert_eq!(text.lines().count(), 3);
    }
}
