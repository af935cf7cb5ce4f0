//! The program itself: how large it is and what it asks of Windows.

use std::collections::BTreeSet;
use std::fs;

use harness::wine::built_agent;
use harness::{pe, skip};

const LIST: &str = include_str!("../../packaging/windows/windows7-symbols.txt");

/// What issue 7 allows.
const MOST_BYTES: usize = 3_000_000;

/// Each came after Windows 7, and each is what a compiler or a library takes where it may.
const NEWER: [&str; 5] = [
    "ProcessPrng",
    "WaitOnAddress",
    "GetSystemTimePreciseAsFileTime",
    "RoOriginateErrorW",
    "GetHostNameW",
];

fn listed() -> Vec<&'static str> {
    LIST.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect()
}

fn program(test: &str) -> Option<Vec<u8>> {
    let program = fs::read(built_agent()).ok();
    if program.is_none() {
        skip(test, "sh packaging/windows/build.sh could not build");
    }
    program
}

#[test]
fn windows_the_program_asks_for_nothing_that_windows_7_lacks() {
    let Some(program) = program("windows_the_program_asks_for_nothing_that_windows_7_lacks") else {
        return;
    };
    let imports = harness::pe::imports(&program);
    assert!(imports.contains("kernel32.dll!CreateFileW"), "{imports:?}");
    let known: BTreeSet<_> = listed().into_iter().map(str::to_owned).collect();
    let unknown: Vec<_> = imports.difference(&known).collect();
    assert!(
        unknown.is_empty(),
        "not in packaging/windows/windows7-symbols.txt, whose head says what to do: {unknown:#?}"
    );
}

#[test]
fn windows_the_program_is_small() {
    let Some(program) = program("windows_the_program_is_small") else { return };
    println!("lachan-agent.exe: {} bytes", program.len());
    assert!(program.len() <= MOST_BYTES, "{} bytes", program.len());
}

#[test]
fn the_list_of_symbols_is_sorted_and_holds_none_that_came_later() {
    let listed = listed();
    assert!(listed.len() > 100 && listed.is_sorted_by(|a, b| a < b), "{listed:#?}");
    for line in listed {
        let (library, symbol) = line.split_once('!').unwrap();
        assert!(library.ends_with(".dll") && !library.starts_with("api-ms-win-"), "{line}");
        assert!(library == library.to_lowercase() && !symbol.is_empty(), "{line}");
        assert!(!NEWER.contains(&symbol), "{line}");
    }
}

/// The reader of import tables is held against another one, where there is one.
#[test]
fn windows_the_import_table_is_read_as_binutils_read_it() {
    let test = "windows_the_import_table_is_read_as_binutils_read_it";
    let Some(program) = program(test) else { return };
    let dump = std::process::Command::new("x86_64-w64-mingw32-objdump")
        .arg("-p")
        .arg(built_agent())
        .output();
    let Ok(dump) = dump else { return skip(test, "binutils-mingw-w64-x86-64 is not there") };
    let dump = String::from_utf8_lossy(&dump.stdout);
    let mut expected = BTreeSet::new();
    let mut library = String::new();
    for line in dump.lines() {
        if let Some(name) = line.trim().strip_prefix("DLL Name: ") {
            library = name.to_lowercase();
        }
        let fields: Vec<_> = line.split_whitespace().collect();
        if let [address, hint, name] = fields.as_slice()
            && !library.is_empty()
            && line.starts_with('\t')
            && u64::from_str_radix(address, 16).is_ok()
            && hint.parse::<u32>().is_ok()
        {
            expected.insert(format!("{library}!{name}"));
        }
    }
    assert!(expected.len() > 100, "{expected:?}");
    assert_eq!(pe::imports(&program), expected);
}
