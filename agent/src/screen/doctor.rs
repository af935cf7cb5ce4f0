//! An examination for people: one line for each question, and what to do below it.

use report::Lang;

use super::table::Table;
use crate::doctor::{Check, Examination, Health};
use crate::words::{Words, words};

const FINE: Words = words("tốt", "fine");
const FINDING: Words = words("CẦN XEM", "FINDING");
const FAILED: Words = words("LỖI", "FAILED");
const UNTESTED: Words = words("chưa kiểm tra", "not tested");
const ALL_FINE: Words = words("Không thấy vấn đề nào.", "Nothing to complain of.");
const LOOK: Words = words("Số mục cần xem:", "To look at:");
const NOT_ASKED: Words = words("Số mục chưa kiểm tra được:", "Not tested:");

/// The text of an examination.
#[must_use]
pub fn doctor(examination: &Examination, lang: Lang) -> String {
    let mut table = Table::indented("");
    for check in &examination.checks {
        let (health, label) = (health(check.health).get(lang), label(check, lang));
        table.row([health, &label, check.seen.get(lang)]);
        if let Some(remedy) = &check.remedy {
            table.note(remedy.get(lang));
        }
    }
    format!("{}\n{}\n", table.render(), conclusion(examination, lang))
}

fn label(check: &Check, lang: Lang) -> String {
    let label = check.question.label().get(lang);
    match &check.of {
        Some(of) => format!("{label} ({of})"),
        None => label.to_owned(),
    }
}

fn health(health: Health) -> Words {
    match health {
        Health::Fine => FINE,
        Health::Finding => FINDING,
        Health::Failed => FAILED,
        Health::Untested => UNTESTED,
    }
}

/// What could not be asked is no reason to complain, and none to be content.
fn conclusion(examination: &Examination, lang: Lang) -> String {
    let count = |healths: &[Health]| {
        examination.checks.iter().filter(|check| healths.contains(&check.health)).count()
    };
    let found = match count(&[Health::Finding, Health::Failed]) {
        0 => ALL_FINE.get(lang).to_owned(),
        count => format!("{} {count}", LOOK.get(lang)),
    };
    match count(&[Health::Untested]) {
        0 => found,
        count => format!("{found}\n{} {count}", NOT_ASKED.get(lang)),
    }
}

#[cfg(test)]
mod tests {
    use report::Bilingual;

    use super::*;
    use crate::doctor::Question;

    fn check(question: Question, of: Option<&str>, health: Health, seen: Bilingual) -> Check {
        let of = of.map(str::to_owned);
        Check { question, of, health, seen, remedy: None }
    }

    fn examination() -> Examination {
        let connection = check(
            Question::Connection,
            Some("a.example:7443"),
            Health::Failed,
            Bilingual::same("cannot connect: Connection refused"),
        );
        let remedy = Some(Bilingual::new("bật máy chủ thu nhận", "start the collector"));
        Examination {
            checks: vec![
                check(Question::Configuration, None, Health::Fine, Bilingual::same("/etc/a.toml")),
                Check { remedy, ..connection },
                check(
                    Question::Tls,
                    Some("a.example:7443"),
                    Health::Untested,
                    Bilingual::new("chưa kết nối được", "there is no connection"),
                ),
            ],
        }
    }

    #[test]
    fn every_question_is_a_line_with_what_to_do_below_it() {
        assert_eq!(
            doctor(&examination(), Lang::Vi),
            "\
tốt            Cấu hình                        /etc/a.toml
LỖI            Kết nối (a.example:7443)        cannot connect: Connection refused
  → bật máy chủ thu nhận
chưa kiểm tra  Tin cậy (TLS) (a.example:7443)  chưa kết nối được

Số mục cần xem: 1
Số mục chưa kiểm tra được: 1
"
        );
    }

    #[test]
    fn what_is_not_tested_is_no_complaint_and_not_passed_over() {
        let mut examination = examination();
        examination.checks.remove(1);
        let text = doctor(&examination, Lang::En);
        assert!(text.ends_with("\nNothing to complain of.\nNot tested: 1\n"), "{text}");
        examination.checks.remove(1);
        let text = doctor(&examination, Lang::En);
        assert!(text.ends_with("\nNothing to complain of.\n"), "{text}");
    }
}
