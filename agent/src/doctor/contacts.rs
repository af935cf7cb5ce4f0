//! Whether the agent is at work, and what came of its last contacts.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;

use report::{Bilingual, Timestamp};
use rustix::fs::{major, minor};

use super::state::Openness;
use super::{Check, Question, ago};
use crate::config::Config;
use crate::contacts::ShutOut;
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

/// Who works in the folder holds its lock. That is asked of the kernel: trying to take the lock
/// could keep the service from starting at that very moment.
fn service(state: &StateDir, is_open: Openness) -> Check {
    let question = Question::Service;
    let files = Files::live();
    let untested = |why: String| Check::untested(question, Bilingual::same(why));
    let holder = match (fs::metadata(state.join("lock")), is_open) {
        (Ok(lock), _) => match files.read_text(LOCKS, MAX_LOCKS) {
            Ok(locks) => {
                holder(&locks, Lock::on(&lock), |process| is_this_program(&files, process))
            }
            Err(error) => return untested(error.to_string()),
        },
        (Err(_), Openness::Closed) => {
            return Check::untested(question, is_open.reason().unwrap_or_default());
        }
        // Nobody ever worked there.
        (Err(error), Openness::Open | Openness::Missing)
            if error.kind() == io::ErrorKind::NotFound =>
        {
            None
        }
        (Err(error), Openness::Open | Openness::Missing) => return untested(error.to_string()),
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

/// The file that is locked, as the kernel's list names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Lock {
    device: (u32, u32),
    inode: u64,
}

impl Lock {
    fn on(file: &Metadata) -> Self {
        let device = (major(file.dev()), minor(file.dev()));
        Self { device, inode: file.ino() }
    }

    /// A file as in `08:01:5678`: the device in hexadecimal numbers, and the inode.
    fn listed(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, ':');
        let mut number = || u32::from_str_radix(parts.next()?, 16).ok();
        let device = (number()?, number()?);
        Some(Self { device, inode: parts.next()?.parse().ok()? })
    }
}

/// The process that holds a lock on this file. An inode's number is one of its filesystem alone.
/// The list names the device of the whole filesystem, and where each volume in it has a number of
/// its own, as on btrfs, a file tells another one: there the holder must be this program.
fn holder(locks: &str, file: Lock, is_this_program: impl Fn(u32) -> bool) -> Option<u32> {
    let held: Vec<_> = locks.lines().filter_map(held).collect();
    let same = held.iter().find(|(_, lock)| *lock == file);
    let elsewhere = || {
        held.iter().find(|(process, lock)| lock.inode == file.inode && is_this_program(*process))
    };
    same.or_else(elsewhere).map(|(process, _)| *process)
}

/// Who holds what, as in `1: FLOCK  ADVISORY  WRITE 1234 08:01:5678 0 EOF`. One that waits has `->`
/// before its kind.
fn held(line: &str) -> Option<(u32, Lock)> {
    let mut words = line.split_whitespace().skip(1);
    let (kind, _advisory, _write) = (words.next()?, words.next()?, words.next()?);
    let process = words.next()?.parse().ok()?;
    let lock = Lock::listed(words.next()?)?;
    (kind == "FLOCK").then_some((process, lock))
}

fn is_this_program(files: &Files, process: u32) -> bool {
    let program = |process: &str| files.read_link(&format!("proc/{process}/exe")).ok();
    // After an upgrade the file that still runs is gone.
    let program = |process: &str| program(process)?.split(" (deleted)").next().map(str::to_owned);
    let mine = program("self");
    mine.is_some() && program(&process.to_string()) == mine
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
mod tests {
    use report::Sequence;
    use report::wire::Problem;

    use super::*;
    use crate::contacts::{Attempt, AttemptFailure, ContactKind, Trouble};
    use crate::doctor::Health;
    use crate::status::AcceptedAt;
    use crate::uplink::Refusal;

    const LOCKED: &str = "\
1: POSIX  ADVISORY  WRITE 811 00:19:5678 0 EOF
2: -> FLOCK  ADVISORY  WRITE 812 08:01:5678 0 EOF
3: FLOCK  ADVISORY  WRITE 813 08:01:5678 0 EOF
4: OFDLCK ADVISORY  READ -1 08:01:1 0 EOF
";

    const FILE: Lock = Lock { device: (8, 1), inode: 5678 };

    #[test]
    fn who_holds_the_lock_is_at_work_and_who_waits_for_it_is_not() {
        let held_by = |locks, file| holder(locks, file, |_| false);
        assert_eq!(held_by(LOCKED, FILE), Some(813));
        assert_eq!(held_by(LOCKED, Lock { inode: 678, ..FILE }), None);
        assert_eq!(held_by("", FILE), None);
        assert_eq!(held_by("nonsense\n1: FLOCK\n", FILE), None);
    }

    #[test]
    fn a_lock_of_the_same_number_on_another_filesystem_says_nothing() {
        let on_another = Lock { device: (0xfe, 0x1a), ..FILE };
        assert_eq!(holder(LOCKED, on_another, |_| false), None);
        assert_eq!(holder(LOCKED, on_another, |process| process == 813), Some(813), "a volume");
        let listed = LOCKED.replace("08:01:5678", "fe:1a:5678");
        assert_eq!(holder(&listed, on_another, |_| false), Some(813));
    }

    #[test]
    fn this_program_is_told_from_another() {
        let files = Files::live();
        assert!(is_this_program(&files, std::process::id()));
        assert!(!is_this_program(&files, u32::MAX));
    }

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
