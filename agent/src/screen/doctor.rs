//! An examination for people: a line for each question and what to do below it, in 80 columns.

use report::Lang;

use super::table::{Table, folded};
use crate::doctor::{Check, Examination, Health};
use crate::words::{Words, words};

const FINE: Words = words("tốt", "fine");
const FINDING: Words = words("CẦN XEM", "FINDING");
const FAILED: Words = words("LỖI", "FAILED");
const UNTESTED: Words = words("chưa kiểm tra", "not tested");
const ALL_FINE: Words = words("Không thấy vấn đề nào.", "Nothing to complain of.");
const LOOK: Words = words("Số mục cần xem:", "To look at:");
const FINE_SO_FAR: Words = words(
    "Không thấy vấn đề nào trong những mục đã kiểm tra.",
    "Nothing to complain of in what was tested.",
);
const NOT_ASKED: Words = words("Số mục chưa kiểm tra được:", "Not tested:");

/// So wide may an answer and a remedy be, for all of it to fit into 80 columns.
const SEEN_WIDTH: usize = 40;
const REMEDY_WIDTH: usize = 76;

/// The text of an examination.
#[must_use]
pub fn doctor(examination: &Examination, lang: Lang) -> String {
    let mut table = Table::indented("");
    for group in examination.checks.chunk_by(|one, next| one.of.is_some() && one.of == next.of) {
        match group {
            [check] => add(&mut table, check, &alone(check, lang), lang),
            [first, ..] => {
                table.heading(first.of.as_deref().unwrap_or_default());
                for check in group {
                    let label = format!("  {}", check.question.label().get(lang));
                    add(&mut table, check, &label, lang);
                }
            }
            [] => {}
        }
    }
    format!("{}\n{}\n", table.render(), conclusion(examination, lang))
}

fn add(table: &mut Table<3>, check: &Check, label: &str, lang: Lang) {
    let cells = [health(check.health).get(lang), label, check.seen.get(lang)];
    table.folded_row(cells, [usize::MAX, usize::MAX, SEEN_WIDTH]);
    if let Some(remedy) = &check.remedy {
        table.note(&folded(remedy.get(lang), REMEDY_WIDTH));
    }
}

fn alone(check: &Check, lang: Lang) -> String {
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
        // Of what was not asked nothing is known: that is not said to be fine.
        count => {
            let found = if found == ALL_FINE.get(lang) { FINE_SO_FAR.get(lang) } else { &found };
            format!("{found}\n{} {count}", NOT_ASKED.get(lang))
        }
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
tốt            Cấu hình         /etc/a.toml
a.example:7443
LỖI              Kết nối        cannot connect: Connection refused
  → bật máy chủ thu nhận
chưa kiểm tra    Tin cậy (TLS)  chưa kết nối được

Số mục cần xem: 1
Số mục chưa kiểm tra được: 1
"
        );
    }

    #[test]
    fn long_answers_and_remedies_stay_within_eighty_columns() {
        let long = "rất dài và còn dài hơn nữa ".repeat(12);
        let long = || Bilingual::same(long.trim_end());
        let of = "thu-nhan.so-tu-phap.hanoi.example:7443".to_owned();
        let questions = [Question::Name, Question::Connection, Question::Tls, Question::Clock];
        let checks = questions.map(|question| Check {
            question,
            of: Some(of.clone()),
            health: Health::Failed,
            seen: long(),
            remedy: Some(long()),
        });
        let text = doctor(&Examination { checks: checks.into() }, Lang::Vi);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert_eq!(text.matches(&of).count(), 1, "the collector is named once");
    }

    #[test]
    fn what_is_not_tested_is_not_said_to_be_fine() {
        let mut examination = examination();
        examination.checks.remove(1);
        let text = doctor(&examination, Lang::En);
        assert!(
            text.ends_with("\nNothing to complain of in what was tested.\nNot tested: 1\n"),
            "{text}"
        );
        examination.checks.remove(1);
        let text = doctor(&examination, Lang::En);
        assert!(text.ends_with("\nNothing to complain of.\n"), "{text}");
    }
}
