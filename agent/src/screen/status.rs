//! How this machine stands, for people.

use report::{Lang, RuleVerdict, Timestamp, Verdict};

use super::table::{Table, folded, harmless};
use crate::contacts::{AttemptFailure, ContactKind, ShutOut, Trouble};
use crate::status::{Spooled, Status};
use crate::words::{Words, moment, span, words};

const IDENTITY: Words = words("Danh tính", "Identity");
const NOT_ENROLLED: Words = words(
    "chưa ghi danh (lachan-agent enrol --token-file TỆP)",
    "not enrolled (lachan-agent enrol --token-file FILE)",
);
const COLLECTOR: Words = words("Máy chủ thu nhận", "Collector");
const CERTIFICATE: Words = words("Chứng thư có hạn đến", "Certificate ends");
const ACCEPTED: Words = words("Lần được chấp nhận gần nhất", "Last contact accepted");
const NEVER: Words = words("chưa lần nào", "never");
const ATTEMPT: Words = words("Lần thử gần nhất", "Last attempt");
const WENT_WELL: Words = words("thành công", "well");
const NEXT: Words = words("Lần liên lạc tới", "Next contact");
const NOT_SENT: Words = words("chưa gửi được", "nothing could be sent");
const NOT_TAKEN: Words = words("chưa máy chủ thu nhận nào nhận", "no collector took it");
const WAS_REFUSED: Words = words("bị máy chủ thu nhận từ chối", "the collector refused it");
const ASK_DOCTOR: Words = words(
    "chạy lachan-agent doctor để biết vướng ở đâu",
    "lachan-agent doctor says what stands in the way",
);
const DAMAGED: Words = words(
    "không rõ: contacts.json bị hỏng, lần liên lạc tới sẽ ghi lại",
    "unknown: contacts.json is damaged; the next contact writes it anew",
);
const SHUT_OUT: Words = words("Bị từ chối danh tính", "Shut out");
const SINCE: Words = words("từ", "since");
const IS_SHUT_OUT: Words = words("danh tính của máy bị từ chối", "this machine is shut out");
const SPOOLED: Words = words("Báo cáo chờ gửi", "Reports waiting");
const DROPPED: Words = words("Báo cáo bị mất khi chưa gửi", "Reports lost unsent");
const SKEW: Words = words("Đồng hồ máy", "This machine's clock");
const IN_TIME: Words = words("đúng", "right");
const AHEAD: Words = words("nhanh", "ahead by");
const BEHIND: Words = words("chậm", "behind by");
const HEARTBEAT: Words = words("không có gì thay đổi", "nothing had changed");
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

/// All of it fits into eighty columns.
const VALUE_WIDTH: usize = 48;
const VERDICT_WIDTHS: [usize; 4] = [24, 14, 16, 16];
const REMEDY_WIDTH: usize = 72;

/// The text of a status.
#[must_use]
pub fn status(status: &Status, lang: Lang) -> String {
    let facts = facts(status, lang).render();
    let verdict = match &status.verdict {
        Some(verdict) => {
            let judged = status.last_accepted.as_ref().map(|accepted| accepted.received_at);
            self::verdict(verdict, judged, lang)
        }
        None => format!("{}: {}\n", VERDICT.get(lang), NOT_JUDGED.get(lang)),
    };
    format!("{facts}{}\n{verdict}", advice(status, lang))
}

fn advice(status: &Status, lang: Lang) -> String {
    let is_failing = status.last_attempt.as_ref().is_some_and(|last| last.failure.is_some());
    let advice = match (&status.shut_out, is_failing || status.identity_error.is_some()) {
        (Some(_), _) => ShutOut::REMEDY,
        (None, true) => ASK_DOCTOR,
        (None, false) => return String::new(),
    };
    let lines = folded(advice.get(lang), REMEDY_WIDTH);
    let lines = lines.iter().enumerate().map(|(number, line)| match number {
        0 => format!("  → {line}\n"),
        _ => format!("    {line}\n"),
    });
    lines.collect()
}

fn facts(status: &Status, lang: Lang) -> Table<2> {
    let mut table = Table::indented("");
    let mut row = |label: Words, value: &str| {
        table.folded_row([label.get(lang), value], [usize::MAX, VALUE_WIDTH]);
    };
    row(IDENTITY, &identity(status, lang));
    if !status.collectors.is_empty() {
        row(COLLECTOR, &status.collectors.join(", "));
    }
    if let Some(until) = status.certificate_until {
        row(CERTIFICATE, &moment(until, lang));
    }
    row(ACCEPTED, &accepted(status, lang));
    row(ATTEMPT, &attempt(status, lang));
    if let Some(shut_out) = &status.shut_out {
        let since = moment(shut_out.since, lang);
        let (meaning, reason) = (shut_out.meaning(), &shut_out.refusal.problem.reason);
        row(SHUT_OUT, &format!("{} {since}: {} ({reason})", SINCE.get(lang), meaning.get(lang)));
    }
    if let Some(at) = status.next_contact {
        row(NEXT, &moment(at, lang));
    }
    if let Some(accepted) = &status.last_accepted {
        row(SKEW, &skew(accepted.skew, lang));
    }
    row(SPOOLED, &spooled(status, lang));
    if status.dropped > 0 {
        row(DROPPED, &status.dropped.to_string());
    }
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
            let what = match accepted.kind {
                ContactKind::Report => String::new(),
                ContactKind::Heartbeat => format!(" ({})", HEARTBEAT.get(lang)),
            };
            format!("{at}, {number} {}, {collector}{what}", accepted.sequence)
        }
        None => unheard(status, lang),
    }
}

fn unheard(status: &Status, lang: Lang) -> String {
    if status.contacts_damaged { DAMAGED } else { NEVER }.get(lang).to_owned()
}

fn attempt(status: &Status, lang: Lang) -> String {
    match &status.last_attempt {
        Some(attempt) => {
            format!("{}: {}", moment(attempt.at, lang), how(attempt.failure.as_ref(), lang))
        }
        None => unheard(status, lang),
    }
}

fn how(failure: Option<&AttemptFailure>, lang: Lang) -> String {
    let Some(AttemptFailure { trouble, cause }) = failure else {
        return WENT_WELL.get(lang).to_owned();
    };
    let trouble = match trouble {
        Trouble::NotSent => NOT_SENT,
        Trouble::NotTaken => NOT_TAKEN,
        Trouble::Refused => WAS_REFUSED,
        // Why, and since when, stands below.
        Trouble::ShutOut => return IS_SHUT_OUT.get(lang).to_owned(),
    };
    format!("{}: {cause}", trouble.get(lang))
}

/// Moments are whole seconds, so one more or less is none.
fn skew(seconds: i64, lang: Lang) -> String {
    let by = |words: Words| format!("{} {}", words.get(lang), span(seconds).get(lang));
    match seconds {
        -1..=1 => IN_TIME.get(lang).to_owned(),
        2.. => by(AHEAD),
        _ => by(BEHIND),
    }
}

fn spooled(status: &Status, lang: Lang) -> String {
    let moment = |at: Option<Timestamp>| moment(at.unwrap_or(Timestamp(0)), lang);
    match &status.spooled {
        Some(Spooled { count: 1, newest_at, .. }) => format!("1 ({})", moment(*newest_at)),
        Some(Spooled { count, oldest_at, newest_at }) => {
            format!("{count} ({} – {})", moment(*oldest_at), moment(*newest_at))
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

fn verdict(verdict: &Verdict, at: Option<Timestamp>, lang: Lang) -> String {
    let mut table = Table::indented("  ");
    table.row([RULE, OUTCOME, OBSERVED, REQUIRED].map(|head| head.get(lang)));
    for rule in &verdict.rules {
        add_rule(&mut table, rule, lang);
    }
    let state = harmless(verdict.state.label(lang));
    let at = at.map(|at| format!(" ({})", moment(at, lang))).unwrap_or_default();
    format!("{}: {state}{at}\n{}", VERDICT.get(lang), table.render())
}

fn add_rule(table: &mut Table<4>, rule: &RuleVerdict, lang: Lang) {
    let cells = [
        rule.title.get(lang),
        rule.outcome.label(lang),
        rule.observed.get(lang),
        rule.required.get(lang),
    ];
    table.folded_row(cells, VERDICT_WIDTHS);
    let remedy = rule.remedy.get(lang);
    if !remedy.is_empty() {
        table.note(&folded(remedy, REMEDY_WIDTH));
    }
}

#[cfg(test)]
mod tests {
    use report::verdict::{Ruling, Severity};
    use report::{Bilingual, MachineId, Sequence, State};

    use report::wire::Problem;

    use super::*;
    use crate::contacts::Attempt;
    use crate::status::AcceptedAt;
    use crate::uplink::Refusal;

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
            last_attempt: Some(Attempt { at: at(), failure: None }),
            next_contact: Some(at() + 900),
            last_accepted: Some(AcceptedAt {
                at: at(),
                received_at: at(),
                collector: "a.example:7443".to_owned(),
                sequence: Sequence(12),
                kind: ContactKind::Heartbeat,
                skew: -150,
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
Danh tính                    abababababababababababababababab
Máy chủ thu nhận             a.example:7443
Chứng thư có hạn đến         22/11/2026 03:09 UTC
Lần được chấp nhận gần nhất  22/11/2026 03:09 UTC, số 12, a.example:7443
                             (không có gì thay đổi)
Lần thử gần nhất             22/11/2026 03:09 UTC: thành công
Lần liên lạc tới             22/11/2026 03:24 UTC
Đồng hồ máy                  chậm 2 phút
Báo cáo chờ gửi              không có
Báo cáo bị từ chối           không có

Kết luận: chưa được bảo vệ (22/11/2026 03:09 UTC)
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
                failure: Some(AttemptFailure {
                    trouble: Trouble::NotTaken,
                    cause: "a.example:7443: no answer in time".to_owned(),
                }),
            }),
            spooled: Some(Spooled {
                count: 2,
                oldest_at: Some(at()),
                newest_at: Some(at() + 86_400),
            }),
            dropped: 3,
            ..judged()
        };
        let text = status(&failing, Lang::En);
        for line in [
            "2026-11-22T03:09:14Z: no collector took it:",
            "a.example:7443: no answer in time",
            "→ lachan-agent doctor says what stands in the way",
            "Reports waiting        2 (2026-11-22T03:09:14Z – 2026-11-23T03:09:14Z)",
            "Reports lost unsent    3",
            "This machine's clock   behind by 2 min",
            "Verdict: unprotected",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }

    #[test]
    fn a_machine_that_is_shut_out_is_told_since_when_why_and_what_helps() {
        let problem = Problem {
            reason: "revoked".to_owned(),
            message: "the identity was revoked: ask the security officer".to_owned(),
            wire: 1,
        };
        let refusal = Refusal { status: 403, problem };
        let failure = AttemptFailure { trouble: Trouble::ShutOut, cause: refusal.to_string() };
        let shut_out = Status {
            last_attempt: Some(Attempt { at: at() + 3600, failure: Some(failure) }),
            shut_out: Some(ShutOut { since: at(), refusal }),
            ..judged()
        };
        let text = status(&shut_out, Lang::Vi);
        assert!(
            text.contains(
                "\
Bị từ chối danh tính         từ 22/11/2026 03:09 UTC: danh tính của máy đã bị
                             thu hồi (revoked)
"
            ),
            "{text}"
        );
        assert!(
            text.contains(
                "
  → hỏi cán bộ phụ trách; nếu máy vẫn được dùng, xin mã ghi danh mới rồi
    chạy: lachan-agent enrol --replace --token-file TỆP
"
            ),
            "{text}"
        );
        assert!(!text.contains("doctor"), "{text}");
        let text = status(&shut_out, Lang::En);
        assert!(text.contains("since 2026-11-22T03:09:14Z: this machine's"), "{text}");
        assert!(text.contains("Z: this machine is shut out\n"), "{text}");
    }

    #[test]
    fn a_machine_that_never_enrolled_is_told_how() {
        let text = status(&Status::default(), Lang::En);
        assert!(text.contains("enrol --token-file"), "{text}");
        assert!(text.contains("not judged yet"), "{text}");
    }
}
