//! What to do with a report in a file.

use std::path::Path;

use report::{Lang, Timestamp};

use super::table::{folded, harmless};
use crate::export::Exported;
use crate::words::{Words, moment, words};

const WRITTEN: Words = words("Đã ghi báo cáo số", "Wrote report number");
const INTO: Words = words("vào tệp", "into");
const THEN: Words = words(
    "Mang tệp này đến máy chủ thu nhận rồi chạy ở đó:",
    "Carry this file to the collector and run there:",
);
const ENDED: Words = words(
    "Chứng thư của máy đã hết hạn. Máy chủ thu nhận còn nhận tệp trong 400 ngày kể từ ngày hết hạn: \
     trước đó hãy nối máy vào mạng một lần và chạy lachan-agent run --once, hoặc ghi danh lại. \
     Hết hạn lúc",
    "This machine's certificate is over. The collector takes files for 400 days after its end: \
     connect the machine once by then and run lachan-agent run --once, or enrol again. It ended at",
);

/// So wide is a note.
const WIDTH: usize = 78;

/// The text after an export.
#[must_use]
pub fn exported(exported: &Exported, file: &Path, now: Timestamp, lang: Lang) -> String {
    let Exported { sequence, certificate_ends } = exported;
    let path = harmless(&file.display().to_string());
    let name = harmless(&file.file_name().unwrap_or_default().to_string_lossy());
    let (written, into, then) = (WRITTEN.get(lang), INTO.get(lang), THEN.get(lang));
    let mut text =
        format!("{written} {sequence} {into} {path}\n{then}\n  lachan-collector import {name}\n");
    if now > *certificate_ends {
        let ended = format!("{} {}.", ENDED.get(lang), moment(*certificate_ends, lang));
        text += &folded(&ended, WIDTH).join("\n");
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use report::Sequence;

    use super::*;

    fn text(certificate_ends: i64, lang: Lang) -> String {
        let export =
            Exported { sequence: Sequence(12), certificate_ends: Timestamp(certificate_ends) };
        exported(&export, Path::new("pc\u{1b}[2J-01"), Timestamp(100), lang)
    }

    #[test]
    fn it_says_where_the_file_goes_and_nothing_in_its_name_steers_the_terminal() {
        for lang in [Lang::Vi, Lang::En] {
            let said = text(100, lang);
            assert!(said.contains("lachan-collector import pc") && said.contains("12"), "{said}");
            assert!(!said.contains('\u{1b}') && said.lines().count() == 3, "{said}");
        }
    }

    #[test]
    fn a_certificate_that_is_over_is_told_with_what_to_do() {
        for lang in [Lang::Vi, Lang::En] {
            let said = text(99, lang).replace('\n', " ");
            assert!(said.contains("lachan-agent run --once") && said.contains("1970"), "{said}");
        }
    }
}
