//! How this machine stands, for people.

use report::{Lang, RuleVerdict, Timestamp, Verdict};

use super::table::{Table, harmless};
use crate::status::Status;
use crate::words::{Words, moment, words};

const IDENTITY: Words = words("Danh tính", "Identity");
const NOT_ENROLLED: Words = words(
    "chưa ghi danh (lachan-agent enrol --token-file TỆP)",
    "not enrolled (lachan-agent enrol --token-file FILE)",
);
const COLLECTOR: Words = words("Máy chủ thu nhận", "Collector");
const CERTIFICATE: Words = words("Chứng thư có hạn đến", "Certificate ends");
const ACCEPTED: Words = words("Báo cáo được nhận gần nhất", "Last report accepted");
const NEVER: Words = words("chưa lần nào", "never");
const ATTEMPT: Words = words("Lần liên lạc gần nhất", "Last contact");
const WENT_WELL: Words = words("tốt", "well");
const SPOOLED: Words = words("Báo cáo chờ gửi", "Report waiting");
const REFUSED: Words = words("Báo cáo bị từ chối", "Report refused");
const NOTHING: Words = words("không có", "none");
const NUMBER: Words = words("số", "number");
const UNJUDGED: Words = words("Chưa được xét", "Not judged");
const VERDICT: Words = words("Kết luận", "Verdict");
const NOT_JUDGED: Words = words("chưa có kết luận", "not judged yet");
const RULE: Words = words("Quy tắc", "Rule");
const OUTCOME: Words = words("Kết quả", "Outcome");
const OBSERVED: Words = words("Ghi nhận", "Observed");
const REQUIRED: Words = words("Yêu cầu", "Required");

/// The text of a status.
#[must_use]
pub fn status(status: &Status, lang: Lang) -> String {
    let facts = facts(status, lang).render();
    let verdict = match &status.verdict {
        Some(verdict) => self::verdict(verdict, lang),
        None => format!("{}: {}\n", VERDICT.get(lang), NOT_JUDGED.get(lang)),
    };
    format!("{facts}\n{verdict}")
}

fn facts(status: &Status, lang: Lang) -> Table<2> {
    let mut table = Table::indented("");
    let mut row = |label: Words, value: &str| table.row([label.get(lang), value]);
    row(IDENTITY, &identity(status, lang));
    if !status.collectors.is_empty() {
        row(COLLECTOR, &status.collectors.join(", "));
    }
    if let Some(until) = status.certificate_until {
        row(CERTIFICATE, &moment(until, lang));
    }
    row(ACCEPTED, &accepted(status, lang));
    row(ATTEMPT, &attempt(status, lang));
    row(SPOOLED, &spooled(status, lang));
    row(REFUSED, &refused(status, lang));
    if !status.unjudged.is_empty() {
        row(UNJUDGED, &status.unjudged.join(", "));
    }
    table
}

fn identity(status: &Status, lang: Lang) -> String {
    match (&status.identity_error, status.machine) {
        (Some(error), _) => error.clone(),
        (None, Some(machine)) => machine.to_string(),
        (None, None) => NOT_ENROLLED.get(lang).to_owned(),
    }
}

fn accepted(status: &Status, lang: Lang) -> String {
    match &status.last_accepted {
        Some(accepted) => {
            let (number, collector) = (NUMBER.get(lang), &accepted.collector);
            let at = moment(accepted.at, lang);
            format!("{at}, {number} {}, {collector}", accepted.sequence)
        }
        None => NEVER.get(lang).to_owned(),
    }
}

fn attempt(status: &Status, lang: Lang) -> String {
    match &status.last_attempt {
        Some(attempt) => {
            let how = attempt.error.as_deref().unwrap_or(WENT_WELL.get(lang));
            format!("{}: {how}", moment(attempt.at, lang))
        }
        None => NEVER.get(lang).to_owned(),
    }
}

fn spooled(status: &Status, lang: Lang) -> String {
    match &status.spooled {
        Some(spooled) => {
            let at = spooled.surveyed_at.unwrap_or(Timestamp(0));
            let (number, at) = (NUMBER.get(lang), moment(at, lang));
            format!("{number} {}, {at}", spooled.sequence)
        }
        None => NOTHING.get(lang).to_owned(),
    }
}

fn refused(status: &Status, lang: Lang) -> String {
    match &status.refused {
        Some(refused) => {
            let (number, at) = (NUMBER.get(lang), moment(refused.at, lang));
            let problem = &refused.problem;
            format!(
                "{number} {}, {at}: {} ({} {})",
                refused.sequence, problem.message, refused.status, problem.reason
            )
        }
        None => NOTHING.get(lang).to_owned(),
    }
}

fn verdict(verdict: &Verdict, lang: Lang) -> String {
    let mut table = Table::indented("  ");
    table.row([RULE, OUTCOME, OBSERVED, REQUIRED].map(|head| head.get(lang)));
    for rule in &verdict.rules {
        add_rule(&mut table, rule, lang);
    }
    let state = harmless(verdict.state.label(lang));
    format!("{}: {state}\n{}", VERDICT.get(lang), table.render())
}

fn add_rule(table: &mut Table<4>, rule: &RuleVerdict, lang: Lang) {
    table.row([
        rule.title.get(lang),
        rule.outcome.label(lang),
        rule.observed.get(lang),
        rule.required.get(lang),
    ]);
    let remedy = rule.remedy.get(lang);
    if !remedy.is_empty() {
        table.note(remedy);
    }
}

#[cfg(test)]
mod tests {
    use report::verdict::{Ruling, Severity};
    use report::{Bilingual, MachineId, Sequence, State};

    use super::*;
    use crate::contacts::Attempt;
    use crate::status::{AcceptedAt, Spooled};

    fn at() -> Timestamp {
        Timestamp::from_civil((2026, 11, 22), (3, 9, 14)).unwrap()
    }

    fn rule(outcome: Ruling, title: Bilingual, remedy: Bilingual) -> RuleVerdict {
        RuleVerdict {
            rule: "r".to_owned(),
            severity: Severity::Critical,
            outcome,
            title,
            observed: Bilingual::new("không", "no"),
            required: Bilingual::new("có", "yes"),
            remedy,
        }
    }

    fn judged() -> Status {
        Status {
            machine: Some(MachineId::from_bytes([0xab; 16])),
            collectors: vec!["a.example:7443".to_owned()],
            certificate_until: Some(at()),
            last_attempt: Some(Attempt { at: at(), error: None }),
            last_accepted: Some(AcceptedAt {
                at: at(),
                received_at: at(),
                collector: "a.example:7443".to_owned(),
                sequence: Sequence(12),
            }),
            verdict: Some(Verdict {
                state: State::Unprotected,
                rules: vec![
                    rule(
                        Ruling::Fail,
                        Bilingual::new("Bảo vệ thời gian thực", "Real-time protection"),
                        Bilingual::new("Bật clamonacc", "Turn clamonacc on"),
                    ),
                    rule(
                        Ruling::Unknown,
                        Bilingual::new("Bản vá", "Patches"),
                        Bilingual::default(),
                    ),
                ],
            }),
            ..Status::default()
        }
    }

    #[test]
    fn the_verdict_is_a_table_in_vietnamese() {
        assert_eq!(
            status(&judged(), Lang::Vi),
            "\
Danh tính                   abababababababababababababababab
Máy chủ thu nhận            a.example:7443
Chứng thư có hạn đến        22/11/2026 03:09 UTC
Báo cáo được nhận gần nhất  22/11/2026 03:09 UTC, số 12, a.example:7443
Lần liên lạc gần nhất       22/11/2026 03:09 UTC: tốt
Báo cáo chờ gửi             không có
Báo cáo bị từ chối          không có

Kết luận: chưa được bảo vệ
  Quy tắc                Kết quả        Ghi nhận  Yêu cầu
  Bảo vệ thời gian thực  Chưa đạt       không     có
    → Bật clamonacc
  Bản vá                 Chưa xác định  không     có
"
        );
    }

    #[test]
    fn what_waits_and_what_went_wrong_is_said() {
        let failing = Status {
            last_attempt: Some(Attempt {
                at: at(),
                error: Some("a.example:7443: no answer in time".to_owned()),
            }),
            spooled: Some(Spooled { sequence: Sequence(13), surveyed_at: Some(at()) }),
            ..judged()
        };
        let text = status(&failing, Lang::En);
        for line in [
            "Last contact          2026-11-22T03:09:14Z: a.example:7443: no answer in time",
            "Report waiting        number 13, 2026-11-22T03:09:14Z",
            "Verdict: unprotected",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }

    #[test]
    fn a_machine_that_never_enrolled_is_told_how() {
        let text = status(&Status::default(), Lang::En);
        assert!(text.contains("enrol --token-file"), "{text}");
        assert!(text.contains("not judged yet"), "{text}");
    }
}
