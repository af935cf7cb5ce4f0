//! Programs that behave, and programs that do not.

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::*;
use crate::durable;

const PATIENCE: Duration = Duration::from_secs(60);
/// Longer than any test lives.
const HANG: &str = "sleep 1000";

fn shell(script: &str) -> Program<'static> {
    Program {
        path: Path::new("/bin/sh"),
        arguments: vec!["-c".into(), script.into()],
        input: Vec::new(),
        limit: PATIENCE,
        most: 1 << 16,
    }
}

/// Something that is still there until it is told to go.
pub(crate) fn lingering() -> (Remains, impl FnOnce()) {
    let (group, _begun, _ended) = Group::begin(shell(HANG).command().unwrap()).unwrap();
    let doom = group.doom();
    (Remains(group), move || drop(doom))
}

async fn run(program: Program<'_>) -> Ran {
    let ran = program.run().await.unwrap();
    assert!(ran.remains.is_none());
    ran
}

async fn output(script: &str) -> String {
    let ran = run(shell(script)).await;
    assert!(matches!(ran.end, End::Exited(status) if status.success()), "{:?}", ran.end);
    String::from_utf8(ran.output).unwrap()
}

/// Neither running nor waiting to be seen out by us. What died elsewhere may wait for its own
/// parent.
fn is_dead(pid: &str) -> bool {
    match read(&Path::new("/proc").join(pid.trim()).join("stat")) {
        Some(stat) => stat.rsplit_once(") ").unwrap().1.starts_with('Z'),
        None => true,
    }
}

fn read(path: &Path) -> Option<String> {
    String::from_utf8(durable::read(path, 1 << 16).unwrap()?).ok()
}

async fn until_dead(pid: &str) {
    let dead = async {
        while !is_dead(pid) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, dead).await.unwrap();
}

#[tokio::test]
async fn a_program_sees_two_variables_and_the_root_folder_and_leads_its_own_group() {
    let environment =
        run(Program { path: Path::new("/usr/bin/env"), arguments: vec![], ..shell("") });
    let environment = String::from_utf8(environment.await.output).unwrap();
    let mut environment: Vec<_> = environment.lines().collect();
    environment.sort_unstable();
    assert_eq!(environment, ["LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"]);
    assert_eq!(output("pwd").await, "/\n");
    let group = output("cut -d ' ' -f 1,5 /proc/$$/stat").await;
    let (pid, group) = group.trim().split_once(' ').unwrap();
    assert_eq!(pid, group);
}

#[tokio::test]
async fn a_program_is_told_everything_and_heard_to_the_end() {
    let said = "một dòng\n".repeat(4000);
    let program = Program { input: said.clone().into(), most: said.len(), ..shell("cat") };
    assert_eq!(String::from_utf8(run(program).await.output).unwrap(), said);
}

#[tokio::test]
async fn a_program_that_does_not_listen_is_heard_all_the_same() {
    let program = Program { input: vec![b'x'; 1 << 20], ..shell("exec <&-; echo enough") };
    assert_eq!(run(program).await.output, b"enough\n");
}

#[tokio::test]
async fn a_program_that_takes_too_long_is_killed_and_what_it_said_is_kept() {
    let limit = Duration::from_millis(300);
    let ran = run(Program { limit, ..shell(&format!("echo $$; {HANG}")) }).await;
    assert_eq!(ran.end, End::OutOfTime(limit));
    let pid = String::from_utf8(ran.output).unwrap();
    assert!(!Path::new("/proc").join(pid.trim()).exists(), "it was seen out");
}

#[tokio::test]
async fn with_a_program_its_whole_group_ends() {
    let limit = Duration::from_millis(300);
    let killed = run(Program { limit, ..shell(&format!("{HANG} & echo $!; wait")) }).await;
    let ended = run(shell(&format!("{HANG} & echo $!"))).await;
    assert!(matches!(ended.end, End::Exited(_)), "{:?}", ended.end);
    for ran in [killed, ended] {
        until_dead(&String::from_utf8(ran.output).unwrap()).await;
    }
}

#[tokio::test]
async fn a_stranger_that_left_the_group_and_keeps_the_pipe_is_not_waited_for() {
    let folder = TempDir::new().unwrap();
    let left = folder.path().join("left");
    let leave = format!("setsid sh -c 'echo $$; : > {0}; exec {HANG}' &", left.display());
    let pid = output(&format!("{leave} until [ -e {} ]; do :; done", left.display())).await;
    assert!(!is_dead(&pid));
    let pid = Pid::from_raw(pid.trim().parse().unwrap()).unwrap();
    kill_process(pid, Signal::KILL).unwrap();
}

#[tokio::test]
async fn a_program_that_says_too_much_is_stopped_and_its_beginning_kept() {
    let ran = run(Program { most: 1000, ..shell("yes") }).await;
    assert_eq!(ran.end, End::TooMuch(1000));
    assert_eq!(ran.output, b"y\n".repeat(500));
}

#[tokio::test]
async fn a_flood_of_complaints_holds_nobody_up() {
    assert_eq!(output("head -c 1000000 /dev/zero >&2; echo done").await, "done\n");
}

#[tokio::test]
async fn a_program_that_is_no_longer_waited_for_is_killed_and_seen_out() {
    let folder = TempDir::new().unwrap();
    let noted = folder.path().join("pid");
    let script = format!("echo $$ > {0}.tmp; mv {0}.tmp {0}; exec {HANG}", noted.display());
    let noting = async {
        while !noted.exists() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        ran = shell(&script).run() => panic!("{ran:?}"),
        () = noting => {}
    }
    let pid = read(&noted).unwrap();
    let gone = async {
        while Path::new("/proc").join(pid.trim()).exists() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, gone).await.unwrap();
}

#[tokio::test]
async fn a_program_that_is_not_wanted_any_more_when_it_begins_is_killed_at_once() {
    let (group, begun, ended) = Group::begin(shell(HANG).command().unwrap()).unwrap();
    drop(group.doom());
    drop(begun);
    let status = timeout(PATIENCE, ended).await.unwrap();
    assert!(!status.success());
    assert!(group.is_gone());
}

#[tokio::test]
async fn a_program_killed_by_another_says_so() {
    let ran = run(shell("echo first; kill -KILL $$")).await;
    assert_eq!(ran.output, b"first\n");
    assert_eq!(ran.end.to_string(), "it ended with signal: 9 (SIGKILL)");
}

#[tokio::test]
async fn what_cannot_be_begun_is_named() {
    let relative = Program { path: Path::new("sh"), ..shell("") }.run().await.unwrap_err();
    assert!(relative.to_string().contains("not absolute"), "{relative}");
    let path = Path::new("/usr/bin/no-such-program");
    let error = Program { path, ..shell("") }.run().await.unwrap_err();
    assert!(error.to_string().starts_with("run /usr/bin/no-such-program: "), "{error}");
}
