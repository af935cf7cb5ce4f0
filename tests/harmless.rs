//! What a PC says of itself steers nobody's terminal, spreadsheet or log, and only officers are
//! asked at the socket.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};

use calamine::{Reader as _, open_workbook_auto};
use harness::hand::{FINGERPRINT, knock, request};
use harness::program::{all, run};
use harness::{Machine, World};
use report::text::composed;
use serde_json::{Value as Json, json};

/// Names that would steer a terminal, forge a line of a log, hide what they are, or fill a page.
fn hostile() -> [String; 7] {
    [
        "\u{1b}[2J\u{1b}]0;owned\u{7}".to_owned(),
        "\u{202e}gpj.exe".to_owned(),
        "pc\nuid:0 token_created".to_owned(),
        "pc\r\u{9b}31m".to_owned(),
        "x".repeat(300),
        "\u{e000}\u{f8ff}".to_owned(),
        "p\u{200b}c\u{2066}".to_owned(),
    ]
}

/// Names that a spreadsheet would calculate: they are words like others, and stay what they are.
const FORMULAS: [&str; 5] =
    ["=cmd|' /c calc'!A1", "+1+cmd|'x'!A1", "-2+3", "@SUM(1+1)", "=HYPERLINK(\"http://x\")"];

/// What officers ask for, where `MACHINE` is the one that lies.
const QUESTIONS: [&[&str]; 12] = [
    &["machine", "list"],
    &["machine", "list", "--csv"],
    &["machine", "show", "MACHINE"],
    &["policy", "explain", "MACHINE"],
    &["report", "--form", "machines"],
    &["report", "--form", "machines", "--csv"],
    &["report", "--form", "units", "--csv"],
    &["register", "match"],
    &["posture"],
    &["token", "list"],
    &["audit", "list"],
    &["snapshot", "list"],
];

fn world() -> World {
    let rows: Vec<_> =
        (1..=5).map(|n| format!("pc-0{n},stp,workstation,lan,,,,2026-01-01,")).collect();
    World::without_limits(&rows.iter().map(String::as_str).collect::<Vec<_>>())
}

/// A report that says this wherever a report says anything.
fn saying(machine: &Machine, sequence: u64, words: &str) -> Json {
    let mut report = machine.report(sequence, words);
    let known = json!({ "known": words });
    let facts = json!({
        "machine.host_name": known, "machine.os_name": known, "machine.os_version": known,
        "machine.serial": known, "machine.model": known,
    });
    report["topics"]["machine"]["facts"] = facts;
    let product = json!({ "product": known, "version": known });
    report["topics"]["antivirus"] = json!({
        "observed_at": report["sent_at"],
        "facts": { "antivirus.products": { "known": [product], "source": words } },
    });
    report["topics"]["patches"] = json!({
        "observed_at": report["sent_at"],
        "facts": { "patches.security_names": known, words: known },
    });
    report["topics"][words] = json!({ "observed_at": 1, "facts": { words: known } });
    report
}

/// Nothing in a text steers whoever reads it.
fn harmless(what: &str, text: &str) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
    for line in text.split('\n') {
        assert_eq!(composed(line), line, "{what}");
    }
}

fn asked(world: &World, question: &[&str], machine: &str, more: &[&str]) -> String {
    let words = question.iter().map(|word| if *word == "MACHINE" { machine } else { *word });
    let output = world.collector.command(&words.chain(more.iter().copied()).collect::<Vec<_>>());
    assert!(matches!(output.status.code(), Some(0 | 2)), "{question:?}: {}", all(&output));
    harmless(&format!("{question:?}"), &String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn everything_is_harmless(world: &World, machine: &str) {
    for question in QUESTIONS {
        for lang in ["vi", "en"] {
            let answer = asked(world, question, machine, &["--lang", lang]);
            harmless(&format!("{question:?}"), &answer);
        }
        if !question.contains(&"--csv") {
            let answer = asked(world, question, machine, &["--json"]);
            harmless(&format!("{question:?} --json"), &answer);
        }
    }
    harmless("the metrics", &world.collector.scrape().text);
    harmless("the log", &world.collector.log());
}

#[test]
fn what_a_pc_says_steers_no_terminal_no_log_and_no_metric() {
    let world = world();
    let machine = Machine::join(&world, &world.collector.token(&["--machine", "pc-01"]));
    for (sequence, words) in (1..).zip(hostile()) {
        let answer = machine.post(&saying(&machine, sequence, &words)).unwrap();
        assert_eq!(answer.status, 200, "the rest of the report is good: {answer:?}");
    }
    everything_is_harmless(&world, "pc-01");
    let entries = world.collector.json(&["audit", "list"])["entries"].as_array().unwrap().clone();
    let told: BTreeSet<_> = entries.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    let own = ["authority_made", "enrolled", "policies_in_force", "started", "token_created"];
    assert_eq!(told, BTreeSet::from(own));
}

#[test]
fn an_envelope_with_words_that_steer_is_not_taken() {
    let world = world();
    let machine = Machine::join(&world, &world.collector.token(&["--machine", "pc-01"]));
    for words in hostile() {
        let mut report = machine.report(1, "X1");
        report["agent"] = json!(words);
        let answer = machine.post(&report).unwrap();
        assert_eq!((answer.status, answer.reason()), (400, "malformed"), "{answer:?}");
        let mut report = machine.report(1, "X1");
        report[&words] = json!(1);
        let answer = machine.post(&report).unwrap();
        assert_eq!((answer.status, answer.reason()), (400, "unknown_field"), "{answer:?}");
    }
    everything_is_harmless(&world, "pc-01");
}

#[test]
fn what_a_machine_claims_when_it_joins_is_one_line_of_text_or_it_does_not_join() {
    let world = world();
    let token = world.collector.token(&["--uses", "9"]);
    let csr = request(&rcgen::KeyPair::generate().unwrap());
    for words in hostile() {
        let claims = json!({ "serial": words, "asset_tag": words, "host_name": words });
        let answer = knock(&world, &token, &csr, FINGERPRINT, &claims);
        assert_eq!((answer.status, answer.reason()), (400, "malformed"), "{answer:?}");
        harmless("the answer", answer.body["message"].as_str().unwrap());
    }
    everything_is_harmless(&world, "pc-01");
}

#[test]
fn what_an_officer_types_is_repeated_without_what_would_steer() {
    let world = world();
    for words in hostile() {
        for question in [
            &["machine", "approve", &words][..],
            &["machine", "revoke", &words],
            &["machine", "list", "--unit", &words],
            &["token", "create", "--machine", &words],
        ] {
            let output = world.collector.command(question);
            assert!(matches!(output.status.code(), Some(1 | 2)), "{}", all(&output));
            for text in [&output.stdout, &output.stderr] {
                harmless(&format!("{question:?}"), &String::from_utf8_lossy(text));
            }
        }
    }
}

/// Five machines that are called like formulas.
fn called_like_formulas() -> World {
    let world = world();
    for (n, formula) in (1..).zip(FORMULAS) {
        let row = format!("pc-0{n}");
        let machine = Machine::join(&world, &world.collector.token(&["--machine", &row]));
        let answer = machine.post(&saying(&machine, 1, formula)).unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    world
}

/// Every cell of a workbook as words; none of them is calculated.
fn words_of(workbook: &std::path::Path) -> String {
    let mut workbook = open_workbook_auto(workbook).unwrap();
    let mut words = String::new();
    for sheet in workbook.sheet_names() {
        let formulas = workbook.worksheet_formula(&sheet).unwrap();
        assert!(formulas.cells().all(|(.., formula)| formula.is_empty()), "{sheet}");
        for (.., cell) in workbook.worksheet_range(&sheet).unwrap().used_cells() {
            words += &format!("{cell}\n");
        }
    }
    words
}

#[test]
fn a_machine_called_like_a_formula_is_words_in_every_spreadsheet() {
    let world = called_like_formulas();
    everything_is_harmless(&world, "pc-01");
    for (lang, separator) in [("vi", ';'), ("en", ',')] {
        let csv = asked(&world, &["report", "--form", "machines", "--csv"], "", &["--lang", lang]);
        for formula in FORMULAS {
            let cell = format!("'{}", formula.replace('"', "\"\""));
            assert!(csv.contains(&cell), "{cell}\n{csv}");
        }
        let lines = csv.trim_start_matches('\u{feff}').lines();
        for cell in lines.flat_map(|line| line.split(separator)) {
            let words = cell.trim_start_matches('"');
            assert!(!words.starts_with(['=', '+', '-', '@', '\t']), "{cell:?}\n{csv}");
        }
        let file = world.folder().join(format!("machines-{lang}.xlsx"));
        let out = ["--xlsx", "--out", file.to_str().unwrap(), "--lang", lang];
        let _ = asked(&world, &["report", "--form", "machines"], "", &out);
        let words = words_of(&file);
        harmless("the workbook", &words);
        assert!(FORMULAS.iter().all(|formula| words.contains(formula)), "{words}");
    }
}

#[test]
fn the_admin_socket_is_for_its_owner_and_its_group_and_its_folder_for_nobody_else() {
    let world = world();
    let data = world.collector.folder().join("data");
    let entries = fs::read_dir(&data).unwrap().map(|entry| entry.unwrap());
    let sockets: Vec<_> = entries.filter(|entry| entry.file_type().unwrap().is_socket()).collect();
    let [socket] = &sockets[..] else { panic!("{sockets:?}") };
    let is = socket.metadata().unwrap();
    assert_eq!(is.permissions().mode() & 0o7777, 0o660);
    assert_eq!(is.uid(), fs::metadata("/proc/self").unwrap().uid());
    let owners = fs::metadata(&data).unwrap().gid();
    assert_eq!(is.gid(), group("lachan-admin").unwrap_or(owners));
    assert_eq!(fs::metadata(&data).unwrap().permissions().mode() & 0o7777, 0o750);
}

/// The number of a group of this machine.
fn group(name: &str) -> Option<u32> {
    let entry = run("/usr/bin/getent".as_ref(), &["group", name]);
    String::from_utf8(entry.stdout).unwrap().split(':').nth(2)?.parse().ok()
}
