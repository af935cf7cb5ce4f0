//! What to do with a recording.

use std::path::Path;

use report::Lang;

use super::table::{folded, harmless};
use crate::record::Recorded;
use crate::words::{Words, words};

const FILES: Words = words("tệp đã ghi vào", "files written into");
const LOOK: Words = words(
    "Khoá bản quyền, địa chỉ thư, tên người và số máy đã được che. Hãy xem lại từng tệp trước khi \
     chuyển đi: chương trình chỉ nhận ra những gì có dạng nó biết.",
    "Licence keys, mail addresses, names of people and numbers of the machine are masked. Look \
     through every file before you hand it on: the program knows only the shapes it knows.",
);
const LEFT_OUT: Words = words(
    "Không ghi, vì quá lớn hoặc không đọc được thành chữ:",
    "Left out, as too large or not readable as text:",
);

/// So wide is a note.
const WIDTH: usize = 78;
/// More of them say nothing new.
const MOST: usize = 20;

/// The text after a recording.
#[must_use]
pub fn recorded(recorded: &Recorded, folder: &Path, lang: Lang) -> String {
    let folder = harmless(&folder.display().to_string());
    let mut text = format!("{} {} {folder}\n", recorded.files, FILES.get(lang));
    text += &folded(LOOK.get(lang), WIDTH).join("\n");
    text.push('\n');
    if !recorded.left_out.is_empty() {
        text += &format!("{}\n", LEFT_OUT.get(lang));
        for path in recorded.left_out.iter().take(MOST) {
            text += &format!("  {}\n", harmless(path));
        }
        if let more @ 1.. = recorded.left_out.len().saturating_sub(MOST) {
            text += &format!("  … +{more}\n");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_what_was_left_out_and_that_a_person_should_look() {
        let left_out: Vec<String> = (0..25).map(|it| format!("var/\u{1b}{it}")).collect();
        let recorded = Recorded { files: 7, left_out };
        for (lang, look) in [(Lang::Vi, "xem lại"), (Lang::En, "Look")] {
            let said = super::recorded(&recorded, Path::new("m\u{1b}[2J"), lang);
            assert!(said.starts_with("7 ") && said.contains(look), "{said}");
            assert!(said.contains("+5") && !said.contains('\u{1b}'), "{said}");
        }
    }
}
