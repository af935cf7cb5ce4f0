//! Names that are given in a file, one a line.

use std::io::Read as _;
use std::path::Path;

use anyhow::Context as _;

use crate::files::read_bounded;

/// A name of 40 characters for each machine of the largest office.
const MAX_BYTES: u64 = 8 << 20;

/// The names in a file, or in standard input where it is called `-`. What follows `#` is a note.
///
/// # Errors
/// When it cannot be read, or names nobody.
pub(super) fn names(file: &Path) -> anyhow::Result<Vec<String>> {
    let shown = file.display();
    let text = match file.as_os_str() == "-" {
        true => piped().context("read standard input")?,
        false => read_bounded(file, MAX_BYTES).with_context(|| format!("read {shown}"))?,
    };
    let names = listed(&text);
    anyhow::ensure!(!names.is_empty(), "{shown} names nothing: write one name a line");
    Ok(names)
}

fn piped() -> std::io::Result<String> {
    let mut text = String::new();
    std::io::stdin().lock().take(MAX_BYTES + 1).read_to_string(&mut text)?;
    match text.len() as u64 > MAX_BYTES {
        true => Err(std::io::Error::other(format!("larger than {MAX_BYTES} bytes"))),
        false => Ok(text),
    }
}

fn listed(text: &str) -> Vec<String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let names = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_may_have_notes_and_empty_lines_and_come_from_any_editor() {
        let text = "\u{feff}# phòng Hành chính\r\npc-01\r\n\r\n  pc-02  # máy mới\n#pc-03\npc-04";
        assert_eq!(listed(text), ["pc-01", "pc-02", "pc-04"]);
    }

    #[test]
    fn a_file_that_names_nothing_is_no_wish_for_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("list");
        std::fs::write(&file, "# nobody yet\n").unwrap();
        assert!(names(&file).unwrap_err().to_string().contains("names nothing"));
        std::fs::write(&file, "pc-01\n").unwrap();
        assert_eq!(names(&file).unwrap(), ["pc-01"]);
    }
}
