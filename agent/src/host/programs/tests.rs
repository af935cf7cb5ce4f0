//! What the programs door promises.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use proptest::prelude::*;
use report::Reason;
use rustix::process::geteuid;
use tempfile::TempDir;

use super::*;
use crate::host::Host;
use crate::host::files::{ReadError, ReadErrorKind};
use crate::host::recorded::Machine;

const PATIENCE: Duration = Duration::from_secs(60);
const SHELL: &str = "/bin/sh";

fn ask<'a>(path: &'a str, arguments: &'a [&'a str]) -> Ask<'a> {
    Ask { path, arguments, limit: PATIENCE, most: 1 << 16 }
}

fn shell(script: &str) -> Read<Said> {
    Host::live().programs().run(&ask(SHELL, &["-c", script]))
}

fn kind(read: Read<Said>) -> ReadErrorKind {
    read.unwrap_err().kind
}

fn said(output: &str, code: i32) -> Said {
    Said { output: output.into(), code: Some(code) }
}

/// A folder of this machine's that is root's alone down to its last parent, where this test is root.
fn private_folder() -> Option<TempDir> {
    let folder = geteuid().is_root().then(|| TempDir::new_in("/root").unwrap())?;
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    Some(folder)
}

fn script(folder: &Path, mode: u32) -> String {
    let path = folder.join("tool");
    fs::write(&path, "#!/bin/sh\necho told: \"$@\"\n").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn however_a_program_ends_by_itself_is_an_answer() {
    assert_eq!(shell("echo yes"), Ok(said("yes\n", 0)));
    assert_eq!(shell("echo no; echo cause >&2; exit 3"), Ok(said("no\n", 3)));
    assert_eq!(shell("kill -KILL $$"), Ok(Said { output: Vec::new(), code: None }));
}

#[test]
fn a_program_hears_nothing_and_answers_in_no_language() {
    let said = shell("cat; echo $LC_ALL; echo ${LANGUAGE-unset}").unwrap();
    assert_eq!(said.output, b"C\nunset\n");
}

#[test]
fn a_program_that_takes_too_long_or_says_too_much_has_not_answered() {
    let run = |ask: &Ask<'_>| kind(Host::live().programs().run(ask));
    let limit = Duration::from_millis(200);
    let hangs = Ask { limit, ..ask(SHELL, &["-c", "sleep 1000"]) };
    assert_eq!(run(&hangs), ReadErrorKind::Timeout);
    let floods = Ask { most: 100, ..ask(SHELL, &["-c", "yes"]) };
    assert_eq!(run(&floods), ReadErrorKind::TooLarge);
}

#[test]
fn a_program_that_hung_or_was_killed_is_not_begun_again_in_the_same_survey() {
    let limit = Duration::from_millis(200);
    for script in ["sleep 1000", "kill -KILL $$"] {
        let rests = Rests::default();
        let host = Host::live().with(rests.clone());
        let _ = host.programs().run(&Ask { limit, ..ask(SHELL, &["-c", script]) });
        let again = host.programs().run(&ask(SHELL, &["-c", "echo begun"]));
        assert_eq!(kind(again), ReadErrorKind::Timeout, "{script}");
        assert_eq!(rests.experience(), [(SHELL.to_owned(), Went::Badly)].into(), "{script}");
    }
}

#[test]
fn a_program_that_is_not_there_is_not_found() {
    let programs = Host::live().programs();
    for path in ["/opt/no-such-vendor/tool", "/usr/bin/no-such-program", "/bin/sh/tool"] {
        assert_eq!(kind(programs.run(&ask(path, &[]))), ReadErrorKind::NotFound, "{path}");
    }
}

#[test]
fn a_program_in_a_folder_that_everybody_may_add_to_is_not_run() {
    let folder = tempfile::tempdir_in("/tmp").unwrap();
    let path = script(folder.path(), 0o755);
    let error = Host::live().programs().run(&ask(&path, &[])).unwrap_err();
    assert_eq!(error.ignorance(Reason::NotSupported).reason, Reason::AccessDenied);
    assert!(error.to_string().ends_with("others than the system can change /tmp"), "{error}");
}

#[test]
fn what_others_can_change_is_not_run_with_all_rights() {
    let Some(folder) = private_folder() else { return };
    let run = |path: &str| Host::live().programs().run(&ask(path, &["a", "b c"]));
    assert_eq!(run(&script(folder.path(), 0o755)), Ok(said("told: a b c\n", 0)));
    for mode in [0o775, 0o757, 0o777] {
        let path = script(folder.path(), mode);
        let why = kind(run(&path));
        assert!(matches!(&why, ReadErrorKind::Refused(it) if it.ends_with(&path)), "{why:?}");
    }
    let path = script(folder.path(), 0o755);
    std::os::unix::fs::chown(&path, Some(1000), None).unwrap();
    assert!(matches!(kind(run(&path)), ReadErrorKind::Refused(_)));
    let path = script(folder.path(), 0o755);
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o1777)).unwrap();
    assert!(matches!(kind(run(&path)), ReadErrorKind::Refused(_)));
}

const TOOL: &str = "opt/vendor/bin/tool";

fn installed() -> Machine {
    Machine::empty().with(TOOL, "").with("home/lan/tool", "").owned("home/lan", 1000, 0o755)
}

fn who_else(machine: &Machine, path: &str) -> Option<String> {
    match trust::only_the_system_writes(&machine.files(), path) {
        Ok(()) => None,
        Err(ReadError { kind: ReadErrorKind::Refused(why), .. }) => Some(why),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_program_is_the_systems_alone_with_every_folder_above_it() {
    let path = format!("/{TOOL}");
    assert_eq!(who_else(&installed(), &path), None);
    for place in [TOOL, "opt/vendor/bin", "opt/vendor", "opt"] {
        for (owner, mode) in [(1000, 0o755), (0, 0o775), (0, 0o757), (0, 0o1777)] {
            let machine = installed().owned(place, owner, mode);
            let why = who_else(&machine, &path).unwrap();
            assert!(why.ends_with(&format!("can change /{place}")), "{why}");
        }
    }
}

#[test]
fn a_link_is_trusted_no_more_than_where_it_leads_and_where_it_lies() {
    let machine = installed()
        .with_link("opt/link", "vendor/bin/tool")
        .with_link("opt/lib", "/opt/./vendor/../vendor/bin")
        .with_link("opt/out", "/home/lan/tool")
        .with_link("opt/folder", "../home/lan")
        .with_link("opt/round", "round")
        .with_link("home/lan/back", "/opt/vendor/bin/tool");
    for good in ["/opt/link", "/opt/lib/tool", "/opt/lib/../bin/tool"] {
        assert_eq!(who_else(&machine, good), None, "{good}");
    }
    for bad in ["/opt/out", "/opt/folder/tool", "/opt/folder/../../opt/link", "/home/lan/back"] {
        let why = who_else(&machine, bad).unwrap();
        assert!(why.ends_with("can change /home/lan"), "{bad}: {why}");
    }
    assert!(who_else(&machine, "/opt/round").unwrap().contains("no end"));
}

#[test]
fn a_recorded_program_says_what_it_said() {
    let machine = Machine::empty()
        .with_program("/opt/vendor/tool --status", 0, "on\nlicence: valid\n")
        .with_program("/opt/vendor/tool", 2, "")
        .with(
            "programs/many.txt",
            "$ /opt/a x\nexit 1\n\nfirst\n\n$ no command\n$ /opt/b\nexit signal\n\n\
             $ C:\\Program Files\\V\\v.exe -s\r\nexit 0\r\n\r\nđã bật\r\n$ /opt/c\nerror timeout\n",
        );
    let run = |path, arguments: &[&str]| machine.host().programs().run(&ask(path, arguments));
    assert_eq!(run("/opt/vendor/tool", &["--status"]), Ok(said("on\nlicence: valid\n", 0)));
    assert_eq!(run("/opt/vendor/tool", &[]), Ok(said("", 2)));
    assert_eq!(run("/opt/a", &["x"]), Ok(said("first\n\n$ no command\n", 1)));
    assert_eq!(run("/opt/b", &[]), Ok(Said::default()));
    assert_eq!(run(r"c:\program files\v\V.EXE", &["-s"]), Ok(said("đã bật\r\n", 0)));
    assert_eq!(kind(run("/opt/c", &[])), ReadErrorKind::Timeout);
    assert_eq!(kind(run("/opt/a", &[])), ReadErrorKind::NotFound);
    assert_eq!(kind(run("/OPT/A", &["x"])), ReadErrorKind::NotFound);
}

#[test]
fn a_recorded_answer_obeys_the_limit_on_what_may_be_said() {
    let machine = Machine::empty().with_program("/opt/tool", 0, "12345");
    let within = |most| machine.host().programs().run(&Ask { most, ..ask("/opt/tool", &[]) });
    assert_eq!(within(5), Ok(said("12345", 0)));
    assert_eq!(kind(within(4)), ReadErrorKind::TooLarge);
}

#[test]
fn a_recorded_machine_runs_nothing_of_this_one() {
    let machine = Machine::empty().with("bin/sh", "");
    let read = machine.host().programs().run(&ask(SHELL, &["-c", "echo escaped"]));
    assert_eq!(kind(read), ReadErrorKind::NotFound);
}

#[test]
fn a_damaged_answer_is_damaged_and_not_empty() {
    for file in ["$ /opt/t", "$ /opt/t\n", "$ /opt/t\nexit\n", "$ /opt/t\nexit 0\nsaid at once"] {
        let machine = Machine::empty().with("programs/t.txt", file);
        let kind = kind(machine.host().programs().run(&ask("/opt/t", &[])));
        assert!(matches!(kind, ReadErrorKind::Damaged(_)), "{file:?}: {kind:?}");
    }
}

proptest! {
    #[test]
    fn no_recorded_answer_ends_the_agent(file in prop::collection::vec(any::<u8>(), 0..200)) {
        let file = [b"$ /opt/t\nexit ".to_vec(), file].concat();
        let machine = Machine::empty().with("programs/t.txt", file);
        let _ = machine.host().programs().run(&ask("/opt/t", &[]));
    }
}
