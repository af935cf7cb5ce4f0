//! What the files door promises.

use report::{Fact, Reason};

use super::*;
use crate::host::recorded::Machine;

fn kind<T: std::fmt::Debug>(read: Read<T>) -> ReadErrorKind {
    read.unwrap_err().kind
}

#[test]
fn a_read_is_bounded_to_the_byte() {
    let machine = Machine::empty().with("etc/hostname", "0123456789");
    let files = machine.files();
    assert_eq!(files.read("etc/hostname", 10).unwrap(), b"0123456789");
    assert_eq!(kind(files.read("etc/hostname", 9)), ReadErrorKind::TooLarge);
    assert_eq!(files.read_start("/etc/hostname", 4).unwrap(), b"0123");
}

#[test]
fn what_is_not_there_is_told_from_what_may_not_be_read() {
    let machine = Machine::empty()
        .with("etc/shadow", "x")
        .with("srv/private/a/b", "x")
        .denied("etc/shadow")
        .denied("srv/private");
    let files = machine.files();
    assert_eq!(kind(files.read("etc/nothing", 9)), ReadErrorKind::NotFound);
    assert_eq!(kind(files.read("etc/shadow/x", 9)), ReadErrorKind::AccessDenied);
    assert_eq!(kind(files.read("etc/shadow", 9)), ReadErrorKind::AccessDenied);
    assert_eq!(kind(files.list("srv/private/a")), ReadErrorKind::AccessDenied);
    assert_eq!(files.exists("etc/nothing"), Ok(false));
    assert_eq!(kind(files.exists("srv/private/a/b")), ReadErrorKind::AccessDenied);
    assert_eq!(files.exists("srv"), Ok(true));
}

#[test]
fn a_file_below_a_file_is_simply_not_there() {
    let machine = Machine::empty().with("etc/hostname", "x");
    let read = machine.files().read("etc/hostname/deeper", 9);
    assert_eq!(kind(read), ReadErrorKind::NotFound);
}

#[test]
fn a_denied_read_is_a_reason_and_a_missing_file_is_none() {
    let denied = ReadError::new("/etc/shadow", ReadErrorKind::AccessDenied);
    assert_eq!(denied.to_string(), "read etc/shadow: permission denied");
    assert_eq!(denied.ignorance(Reason::NotSupported).reason, Reason::AccessDenied);
    let missing = ReadError::new("etc/shadow", ReadErrorKind::NotFound);
    assert_eq!(missing.clone().fact::<()>(Fact::Absent), Fact::Absent);
    assert_eq!(missing.ignorance(Reason::SourceStale).reason, Reason::SourceStale);
}

#[test]
fn nothing_but_a_regular_file_is_opened_and_nothing_is_waited_for() {
    let machine = Machine::empty().with_folder("run");
    let pipe = machine.place("run/pipe");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &pipe,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    )
    .unwrap();
    for path in ["run/pipe", "run"] {
        let kind = kind(machine.files().open(path));
        assert!(matches!(kind, ReadErrorKind::Other(_)), "{path}: {kind:?}");
    }
}

#[test]
fn links_stay_inside_a_recording() {
    let machine = Machine::empty()
        .with("usr/lib/os-release", "ID=recorded")
        .with_link("etc/os-release", "../usr/lib/os-release")
        .with_link("etc/absolute", "/usr/lib/os-release")
        .with_link("etc/escape", "../../../../../../etc/passwd")
        .with_link("etc/round", "round")
        .with_link("lib", "usr/lib");
    let files = machine.files();
    for path in ["etc/os-release", "etc/absolute", "lib/os-release"] {
        assert_eq!(files.read(path, 99).unwrap(), b"ID=recorded", "{path}");
    }
    assert_eq!(kind(files.read("etc/escape", 9)), ReadErrorKind::NotFound);
    assert!(files.read("etc/round", 9).is_err());
    assert_eq!(files.read_link("etc/absolute").unwrap(), "/usr/lib/os-release");
}

#[test]
fn in_a_recording_everything_is_roots_unless_it_says_otherwise() {
    let machine = Machine::empty()
        .with("etc/a", "")
        .with("etc/b", "")
        .with("etc/c", "")
        .owned("etc/b", 1000, 0o644)
        .owned("etc/c", 0, 0o666);
    let only_root = |path| machine.files().metadata(path).unwrap().only_root_writes();
    assert!(only_root("/etc/a"));
    assert!(!only_root("/etc/b"));
    assert!(!only_root("/etc/c"));
}

#[test]
fn a_recording_whose_rules_make_no_sense_answers_nothing() {
    let machine =
        Machine::empty().with("etc/hostname", "x").with(".recording", "denyed etc/shadow\n");
    let kind = kind(machine.files().read("etc/hostname", 9));
    assert!(matches!(kind, ReadErrorKind::Other(why) if why.contains("denyed")));
}

#[test]
fn on_a_windows_machine_no_path_has_a_case() {
    let machine = Machine::windows()
        .with("Program Files/ESET/ekrn.exe", "MZ")
        .with("ProgramData/Hãng Giả/Key.dat", "x")
        .owned("Program Files/ESET/EKRN.exe", 1000, 0o644)
        .denied("programdata/hãng giả");
    let files = machine.files();
    assert_eq!(files.read("PROGRAM FILES/eset/EKRN.EXE", 9).unwrap(), b"MZ");
    assert!(!files.metadata("program files/ESET/ekrn.exe").unwrap().only_root_writes());
    let denied = files.read("PROGRAMDATA/HÃNG GIẢ/key.dat", 9);
    assert_eq!(kind(denied), ReadErrorKind::AccessDenied);
    assert_eq!(files.exists("Program Files/ESET/x.exe"), Ok(false));
}

#[test]
fn on_a_linux_machine_every_path_has_its_case() {
    let machine = Machine::empty().with("etc/hostname", "x");
    assert_eq!(machine.files().exists("etc/Hostname"), Ok(false));
}

#[test]
fn a_directory_is_listed_in_order() {
    let machine = Machine::empty().with("d/b", "").with("d/a", "").with_folder("d/c");
    assert_eq!(machine.files().list("d").unwrap(), ["a", "b", "c"]);
}

#[test]
fn lines_are_whole_whatever_their_ends() {
    let mut lines = Lines::of(&b"one\r\ntwo\n\nlast"[..], "test");
    let mut seen = Vec::new();
    while let Some(line) = lines.next().unwrap() {
        seen.push(String::from_utf8(line.to_vec()).unwrap());
    }
    assert_eq!(seen, ["one", "two", "", "last"]);
}

#[test]
fn a_line_without_end_is_cut_and_the_next_one_is_whole() {
    let text = [vec![b'x'; 1 << 20], b"\nnext\n".to_vec()].concat();
    let mut lines = Lines::of(&text[..], "test");
    assert_eq!(lines.next().unwrap().unwrap().len(), 64 * 1024);
    assert_eq!(lines.next().unwrap(), Some(&b"next"[..]));
    assert_eq!(lines.next().unwrap(), None);
}

#[test]
fn a_source_without_end_is_given_up() {
    let mut lines = Lines::within(std::io::repeat(b'x'), "test", 1 << 20);
    assert_eq!(kind(lines.next()), ReadErrorKind::TooLarge);
}
