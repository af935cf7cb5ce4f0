//! Whether the agent is at work, and what came of its last contacts.

use std::fs;
use std::os::unix::fs::MetadataExt;

use report::{Bilingual, Timestamp};

use super::state::Openness;
use super::{Check, Question, ago};
use crate::config::Config;
use crate::host::Files;
use crate::state::StateDir;
use crate::status::{RefusedReport, Status};

/// The kernel's list of locks, for every process there is.
const LOCKS: &str = "proc/locks";
const MAX_LOCKS: usize = 1024 * 1024;

/// So long a machine that is switched on may be silent, in seconds.
const SILENCE: i64 = 24 * 3600;

pub(super) fn examine(
    state: &StateDir,
    config: &Config,
    is_open: Openness,
    now: Timestamp,
) -> Vec<Check> {
    let untested = |why: Bilingual| {
        [Question::Service, Question::Contact, Question::Refused]
            .map(|question| Check::untested(question, why.clone()))
    };
    if let Some(why) = is_open.reason() {
        return untested(why).into();
    }
    match Status::read(state, &config.collectors) {
        Err(error) => untested(Bilingual::same(error.to_string())).into(),
        Ok(status) if status.machine.is_none() => {
            untested(Bilingual::new("chưa ghi danh", "not enrolled")).into()
        }
        Ok(status) => vec![service(state), contact(&status, now), refused(status.refused.as_ref())],
    }
}

/// Who works in the folder holds its lock. That is asked of the kernel: trying to take the lock
/// could keep the service from starting at that very moment.
fn service(state: &StateDir) -> Check {
    let question = Question::Service;
    let holder = match (fs::metadata(state.join("lock")), Files::live().read_text(LOCKS, MAX_LOCKS))
    {
        (Ok(lock), Ok(locks)) => holder(&locks, lock.ino()),
        // Nobody ever worked there.
        (Err(_), Ok(_)) => None,
        (_, Err(error)) => {
            return Check::untested(question, Bilingual::same(error.to_string()));
        }
    };
    match holder {
        Some(process) => Check::fine(
            question,
            Bilingual::new(
                format!("tác tử đang chạy (tiến trình {process})"),
                format!("an agent is at work (process {process})"),
            ),
        ),
        None => Check::finding(
            question,
            Bilingual::new("không có tác tử nào đang chạy", "no agent is at work"),
            Bilingual::same("systemctl enable --now lachan-agent"),
        ),
    }
}

/// The process that holds a lock on the file of this number, as in
/// `1: FLOCK  ADVISORY  WRITE 1234 08:01:5678 0 EOF`. One that waits has `->` before its kind.
fn holder(locks: &str, inode: u64) -> Option<u32> {
    locks.lines().find_map(|line| {
        let mut words = line.split_whitespace().skip(1);
        let (kind, _advisory, _write) = (words.next()?, words.next()?, words.next()?);
        let process = words.next()?.parse().ok()?;
        let file = words.next()?.rsplit(':').next()?;
        (kind == "FLOCK" && file.parse() == Ok(inode)).then_some(process)
    })
}

fn contact(status: &Status, now: Timestamp) -> Check {
    let question = Question::Contact;
    let remedy = Bilingual::new(
        "xem các dòng trên; nhật ký: journalctl -u lachan-agent",
        "see the lines above; the log: journalctl -u lachan-agent",
    );
    let accepted = status.last_accepted.as_ref();
    let accepted_ago = accepted.map_or_else(
        || Bilingual::new("chưa lần nào được nhận", "none was ever accepted"),
        |accepted| {
            let ago = ago(accepted.at, now);
            Bilingual::new(format!("{} trước", ago.vi), format!("{} ago", ago.en))
        },
    );
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
mod tests {
    use report::Sequence;
    use report::wire::Problem;

    use super::*;
    use crate::contacts::{Attempt, AttemptFailure, ContactKind, Trouble};
    use crate::doctor::Health;
    use crate::status::AcceptedAt;

    const LOCKED: &str = "\
1: POSIX  ADVISORY  WRITE 811 00:19:5678 0 EOF
2: -> FLOCK  ADVISORY  WRITE 812 08:01:5678 0 EOF
3: FLOCK  ADVISORY  WRITE 813 08:01:5678 0 EOF
4: OFDLCK ADVISORY  READ -1 08:01:1 0 EOF
";

    #[test]
    fn who_holds_the_lock_is_at_work_and_who_waits_for_it_is_not() {
        assert_eq!(holder(LOCKED, 5678), Some(813));
        assert_eq!(holder(LOCKED, 678), None);
        assert_eq!(holder("", 5678), None);
        assert_eq!(holder("nonsense\n1: FLOCK\n", 5678), None);
    }

    #[test]
    fn the_lock_of_this_very_process_is_seen_and_not_taken() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::new(folder.path().to_owned());
        assert_eq!(service(&state).health, Health::Finding);
        assert!(!state.join("lock").exists());
        let lock = state.lock().unwrap();
        let check = service(&state);
        assert_eq!(check.health, Health::Fine);
        assert!(check.seen.en.contains(&std::process::id().to_string()));
        drop(lock);
        assert_eq!(service(&state).health, Health::Finding);
        assert!(state.lock().is_ok());
    }

    fn failure(cause: &str) -> AttemptFailure {
        AttemptFailure { trouble: Trouble::NotTaken, cause: cause.to_owned() }
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
