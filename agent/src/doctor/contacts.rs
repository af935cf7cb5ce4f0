//! Whether the agent is at work, and what came of its last contacts.

#[cfg(unix)]
mod linux;
#[cfg(windows)]
mod windows;

use report::{Bilingual, Timestamp};

use super::state::Openness;
use super::{Check, Question, ago};
use crate::config::Config;
use crate::contacts::ShutOut;
use crate::remedies::HERE;
use crate::state::StateDir;
use crate::status::{RefusedReport, Status};
#[cfg(unix)]
use linux as system;
#[cfg(windows)]
use windows as system;

/// So long a machine that is switched on may be silent, in seconds.
const SILENCE: i64 = 24 * 3600;

pub(super) fn examine(
    state: &StateDir,
    config: &Config,
    is_open: Openness,
    now: Timestamp,
) -> Vec<Check> {
    let mut checks = vec![service(state, is_open)];
    checks.extend(match standing(state, config, is_open) {
        Ok(status) => [contact(&status, now), refused(status.refused.as_ref())],
        Err(why) => {
            [Question::Contact, Question::Refused].map(|it| Check::untested(it, why.clone()))
        }
    });
    checks
}

/// What is known of contacts, or why nothing is.
fn standing(state: &StateDir, config: &Config, is_open: Openness) -> Result<Status, Bilingual> {
    if let Some(why) = is_open.reason() {
        return Err(why);
    }
    let status = Status::read(state, &config.collectors)
        .map_err(|error| Bilingual::same(error.to_string()))?;
    match (status.machine, &status.identity_error) {
        (Some(_), _) => Ok(status),
        (None, Some(why)) => Err(Bilingual::same(why.clone())),
        (None, None) => Err(Bilingual::new("chưa ghi danh", "not enrolled")),
    }
}

fn service(state: &StateDir, is_open: Openness) -> Check {
    let question = Question::Service;
    match system::at_work(state, is_open) {
        Ok(Some(process)) => Check::fine(
            question,
            Bilingual::new(
                format!("tác tử đang chạy (tiến trình {process})"),
                format!("an agent is at work (process {process})"),
            ),
        ),
        Ok(None) => Check::finding(
            question,
            Bilingual::new("không có tác tử nào đang chạy", "no agent is at work"),
            Bilingual::same(HERE.start()),
        ),
        Err(why) => Check::untested(question, why),
    }
}

fn contact(status: &Status, now: Timestamp) -> Check {
    let question = Question::Contact;
    let remedy = HERE.log();
    let accepted = status.last_accepted.as_ref();
    let accepted_ago = accepted.map_or_else(
        || Bilingual::new("chưa lần nào được nhận", "none was ever accepted"),
        |accepted| {
            let ago = ago(accepted.at, now);
            Bilingual::new(format!("{} trước", ago.vi), format!("{} ago", ago.en))
        },
    );
    if let Some(shut_out) = &status.shut_out {
        let (why, since) = (shut_out.meaning(), ago(shut_out.since, now));
        let seen = Bilingual::new(
            format!("{} (từ {} trước)", why.vi, since.vi),
            format!("{} (for {})", why.en, since.en),
        );
        return Check::finding(question, seen, ShutOut::REMEDY.into());
    }
    if let Some(failure) = status.last_attempt.as_ref().and_then(|attempt| attempt.failure.as_ref())
    {
        let error = &failure.cause;
        let Bilingual { vi, en } = accepted_ago;
        let seen = Bilingual::new(format!("{vi}; sau đó: {error}"), format!("{en}; then: {error}"));
        return Check::finding(question, seen, remedy);
    }
    match accepted {
        Some(accepted) if now.since(accepted.at) <= SILENCE => Check::fine(question, accepted_ago),
        Some(_) | None => Check::finding(question, accepted_ago, remedy),
    }
}

fn refused(refused: Option<&RefusedReport>) -> Check {
    let question = Question::Refused;
    match refused {
        None => Check::fine(question, Bilingual::new("không có", "none")),
        Some(RefusedReport { sequence, status, problem, .. }) => Check::finding(
            question,
            Bilingual::new(
                format!("số {sequence}: {} ({status} {})", problem.message, problem.reason),
                format!("number {sequence}: {} ({status} {})", problem.message, problem.reason),
            ),
            Bilingual::new(
                "báo cho người quản trị máy chủ thu nhận: tác tử và máy chủ có thể khác phiên bản, \
                 hoặc máy này không còn được nhận",
                "tell the collector's administrator: agent and collector may be of different \
                 versions, or this machine is no longer accepted",
            ),
        ),
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs;

    use report::Sequence;
    use report::wire::Problem;

    use super::*;
    use crate::contacts::{Attempt, AttemptFailure, ContactKind, Trouble};
    use crate::doctor::Health;
    use crate::status::AcceptedAt;
    use crate::uplink::Refusal;

    #[test]
    fn the_lock_of_this_very_process_is_seen_and_not_taken() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::new(folder.path().to_owned());
        assert_eq!(service(&state, Openness::Open).health, Health::Finding);
        assert!(!state.join("lock").exists());
        let lock = state.lock().unwrap();
        let check = service(&state, Openness::Open);
        assert_eq!(check.health, Health::Fine);
        assert!(check.seen.en.contains(&std::process::id().to_string()));
        drop(lock);
        assert_eq!(service(&state, Openness::Open).health, Health::Finding);
        assert!(state.lock().is_ok());
    }

    fn failure(cause: &str) -> AttemptFailure {
        AttemptFailure { trouble: Trouble::NotTaken, cause: cause.to_owned() }
    }

    #[test]
    fn an_identity_that_cannot_be_used_is_not_taken_for_none() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::new(folder.path().to_owned());
        let config = Config::parse(std::path::Path::new("agent.toml"), "").unwrap();
        let seen = || {
            let checks = examine(&state, &config, Openness::Open, Timestamp(0));
            checks.into_iter().map(|check| (check.health, check.seen.en)).collect::<Vec<_>>()
        };
        let untested = |why: &str| (Health::Untested, why.to_owned());
        let idle = (Health::Finding, "no agent is at work".to_owned());
        assert_eq!(seen(), [idle.clone(), untested("not enrolled"), untested("not enrolled")]);
        fs::create_dir(state.join("identity")).unwrap();
        let [service, contact, _] = &seen()[..] else {
            panic!("three questions");
        };
        assert_eq!(*service, idle);
        assert!(contact.1.contains("identity file"), "{contact:?}");
    }

    fn status(accepted: Option<i64>, error: Option<&str>) -> Status {
        Status {
            last_attempt: Some(Attempt { at: Timestamp(0), failure: error.map(failure) }),
            last_accepted: accepted.map(|at| AcceptedAt {
                at: Timestamp(at),
                received_at: Timestamp(at),
                collector: "a:1".to_owned(),
                sequence: Sequence(1),
                kind: ContactKind::Report,
                skew: 0,
            }),
            ..Status::default()
        }
    }

    #[test]
    fn a_day_of_silence_or_a_failure_is_a_finding() {
        let now = Timestamp(1_000_000);
        let seen = |accepted: Option<i64>, error| {
            let check = contact(&status(accepted.map(|ago| now.0 - ago), error), now);
            (check.health, check.seen.en)
        };
        assert_eq!(seen(Some(600), None), (Health::Fine, "10 min ago".to_owned()));
        assert_eq!(seen(Some(SILENCE + 1), None), (Health::Finding, "24 h ago".to_owned()));
        assert_eq!(seen(None, None).0, Health::Finding);
        assert_eq!(
            seen(Some(600), Some("down")),
            (Health::Finding, "10 min ago; then: down".to_owned())
        );
        assert_eq!(seen(Some(-600), None).0, Health::Fine, "a clock that was set back");
    }

    #[test]
    fn a_machine_that_is_shut_out_is_told_for_how_long_and_how_it_may_come_back() {
        let now = Timestamp(1_000_000);
        let problem = Problem { reason: "revoked".to_owned(), message: "no".to_owned(), wire: 1 };
        let shut_out = ShutOut { since: now - 7200, refusal: Refusal { status: 403, problem } };
        let status = Status { shut_out: Some(shut_out), ..status(Some(now.0 - 60), None) };
        let check = contact(&status, now);
        assert_eq!(check.health, Health::Finding);
        assert_eq!(check.seen.en, "this machine's identity was revoked (for 2 h)");
        assert!(check.remedy.unwrap().vi.contains("enrol --replace"));
    }

    #[test]
    fn a_refused_report_is_told_in_the_collectors_words() {
        let problem =
            Problem { reason: "revoked".to_owned(), message: "ask your IT".to_owned(), wire: 1 };
        let report =
            RefusedReport { at: Timestamp(0), sequence: Sequence(7), status: 403, problem };
        let check = refused(Some(&report));
        assert_eq!(check.health, Health::Finding);
        assert_eq!(check.seen.en, "number 7: ask your IT (403 revoked)");
        assert_eq!(refused(None).health, Health::Fine);
    }
}
