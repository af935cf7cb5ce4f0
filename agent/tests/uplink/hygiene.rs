//! What the agent leaves behind: nothing. The surveys are made by the real binary.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use agent::clock;
use agent::cycle::{Contact, Subject};
use agent::host::Host;
use agent::host::provider::{Request, ask_through};
use agent::probes::assignment::AssignmentClaims;
use agent::survey::{Surveyor, this_program};
use report::{Observation, Outcome, Platform, Text};
use tokio::time::{sleep, timeout};

use crate::{Collector, KEPT, joined};

/// Long enough for a slow machine; a failure, not a measurement.
const PATIENCE: Duration = Duration::from_secs(60);
const AGENT: &str = env!("CARGO_BIN_EXE_lachan-agent");
const ROOTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/roots");

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let waiting = async {
        while !holds() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("in vain: {what}"));
}

fn count(folder: &str) -> usize {
    fs::read_dir(folder).unwrap().count()
}

/// The processes that this one began and did not see out.
fn children() -> Vec<String> {
    let ours = std::process::id().to_string();
    let is_ours = |stat: &String| {
        stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.split(' ').nth(1) == Some(&ours))
    };
    let stats = fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let stat = agent::durable::read(&entry.ok()?.path().join("stat"), 1 << 16);
        String::from_utf8(stat.ok()??).ok()
    });
    stats.filter(is_ours).collect()
}

#[tokio::test]
async fn a_child_sees_exactly_what_its_agent_would() {
    let claims = AssignmentClaims {
        unit: Some(Text::new("xã Đường Hoà").unwrap()),
        system: None,
        level: Some(2),
    };
    for root in ["debian12-bare", "debian12-clamav", "debian12-laptop-dmi", "debian12-vendors"] {
        let host = Host::at(Path::new(ROOTS).join(root));
        let subject = Arc::new(Subject { host, claims: claims.clone() });
        let now = clock::now();
        let here = Surveyor::here(Platform::Linux).survey(&subject, now).await;
        let in_child = Surveyor::in_child(Path::new(AGENT)).survey(&subject, now).await;
        assert_eq!(in_child, here, "{root}");
        let observed = |it: &Observation| matches!(it.outcome, Outcome::Observed(_));
        assert!(here.iter().all(observed), "{here:?}");
    }
}

#[tokio::test]
async fn fifty_contacts_leave_neither_process_nor_thread_nor_file() {
    contacts_leave_nothing(50).await;
}

#[tokio::test]
async fn long_a_thousand_contacts_leave_neither_process_nor_thread_nor_file() {
    let name = "long_a_thousand_contacts_leave_neither_process_nor_thread_nor_file";
    match std::env::var_os("LACHAN_LONG") {
        Some(_) => contacts_leave_nothing(1000).await,
        None => skip(name),
    }
}

/// As every test of minutes does without `--long`.
fn skip(name: &str) {
    if let Some(file) = std::env::var_os("LACHAN_SKIPS") {
        let mut file = fs::OpenOptions::new().create(true).append(true).open(file).unwrap();
        writeln!(file, "{name}\tonly with sh tests/run.sh --long").unwrap();
    }
}

async fn contacts_leave_nothing(contacts: usize) {
    let collector = Collector::start().await;
    let machine = joined(&collector).await;
    let mut cycle = machine.cycle().unwrap().with_surveyor(Surveyor::in_child(Path::new(AGENT)));
    let mut report = async || match cycle.contact(KEPT).await.unwrap() {
        Contact::Accepted(_) => {}
        other => panic!("{other:?}"),
    };
    for _ in 0..3 {
        report().await;
    }
    let (files, threads) = settled().await;
    for _ in 0..contacts {
        report().await;
    }
    until("no file more is open", || count("/proc/self/fd") <= files).await;
    until("no thread more runs", || count("/proc/self/task") <= threads).await;
    until("every child was seen out", || children().is_empty()).await;
    let spoke = |path: &String| matches!(path.as_str(), "/v1/reports" | "/v1/heartbeats");
    assert_eq!(collector.paths().iter().filter(|path| spoke(path)).count(), contacts + 3);
}

/// Open files and threads once nothing is under way any more: the collector is in this process
/// too, and a thread without work stays for a while.
async fn settled() -> (usize, usize) {
    let now = || (count("/proc/self/fd"), count("/proc/self/task"));
    let mut before = now();
    loop {
        sleep(Duration::from_millis(1500)).await;
        let after = now();
        if after == before {
            return after;
        }
        before = after;
    }
}

#[tokio::test]
async fn the_program_that_runs_is_the_one_that_looks() {
    let subject =
        Subject { host: Host::at("/nowhere".into()), claims: AssignmentClaims::default() };
    // Here that is this test, which does not know the command.
    let strangers = Surveyor::in_child(&this_program().unwrap());
    for observation in strangers.survey(&Arc::new(subject), clock::now()).await {
        assert!(matches!(observation.outcome, Outcome::Failed(_)), "{observation:?}");
    }
}

#[test]
fn nobody_but_the_agent_is_answered() {
    let claims = r#"{"unit":null,"system":null,"level":null}"#;
    let question = |parent: u32| {
        format!(r#"{{"parent":{parent},"now":0,"claims":{claims},"topics":["machine"]}}"#)
    };
    let ours = std::process::id();
    for (question, code, said) in [
        (question(ours), 0, ""),
        (question(ours.wrapping_add(1)), 1, "use lachan-agent survey"),
        (String::new(), 1, "failed to understand what to look at"),
        (question(ours).replace("claims", "claim"), 1, "unknown field"),
    ] {
        let output = told(&["look", "--root", "/nowhere"], &question);
        assert_eq!(output.status.code(), Some(code), "{question}: {output:?}");
        assert!(String::from_utf8(output.stderr).unwrap().contains(said), "{question}");
        assert_eq!(output.stdout.starts_with(b"machine {"), code == 0, "{question}");
    }
}

#[expect(clippy::disallowed_methods, reason = "the test starts the very binary it is about")]
fn told(arguments: &[&str], question: &str) -> std::process::Output {
    let mut child = Command::new(AGENT)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(question.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn a_provider_is_asked_by_a_child_that_says_why_there_is_no_answer() {
    let answer = ask_through(Path::new(AGENT), &Request::SecurityCenter, PATIENCE).unwrap();
    assert_eq!(String::from_utf8(answer).unwrap(), r#"{"error":"0x8004100E"}"#);
}

#[test]
fn a_stranger_is_not_answered_by_the_child_of_a_survey() {
    let question = r#"{"parent": 1, "request": "security_center"}"#;
    let ended = told(&["provider"], question);
    assert_eq!((ended.status.code(), &*ended.stdout), (Some(1), &b""[..]));
    assert!(String::from_utf8_lossy(&ended.stderr).contains("only the agent itself"));
}
