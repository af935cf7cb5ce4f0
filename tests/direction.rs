//! Which crate may know which, what only one room may do, and what the papers promise of the tests.

use std::process::Command;

use serde_json::Value as Json;

/// The workspace's own crates a crate depends on, tests aside.
fn own_dependencies(metadata: &Json, name: &str) -> Vec<String> {
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages.iter().find(|package| package["name"] == name).unwrap();
    let dependencies = package["dependencies"].as_array().unwrap();
    let own = dependencies
        .iter()
        .filter(|dependency| !dependency["path"].is_null() && dependency["kind"] != "dev");
    own.map(|dependency| dependency["name"].as_str().unwrap().to_owned()).collect()
}

fn metadata() -> Json {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn agent_and_collector_know_the_report_and_not_each_other() {
    let metadata = metadata();
    assert_eq!(own_dependencies(&metadata, "agent"), ["report"]);
    assert_eq!(own_dependencies(&metadata, "collector"), ["report"]);
    assert_eq!(own_dependencies(&metadata, "report"), Vec::<String>::new());
}

#[test]
fn the_report_does_no_input_and_output_and_knows_no_system() {
    let sources = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../report/src");
    for word in
        ["std::fs", "std::net", "std::env", "std::process", "tokio", "cfg(unix", "cfg(windows"]
    {
        assert_eq!(files_with(&sources, word), Vec::<String>::new(), "{word}");
    }
}

#[test]
fn only_admission_makes_an_admitted_report_and_only_identities_an_authenticated_machine() {
    let sources = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../collector/src");
    assert_eq!(files_with(&sources, "AdmittedReport { "), ["ingest/admission.rs"]);
    assert_eq!(
        files_with(&sources, "AuthenticatedMachine { machine, certificate"),
        ["identities.rs"]
    );
}

#[test]
fn every_test_that_the_table_of_attackers_names_is_there() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let security = std::fs::read_to_string(root.join("SECURITY.md")).unwrap();
    let rows = security.lines().skip_while(|line| !line.starts_with("| attacker |")).skip(2);
    let rows: Vec<_> = rows.take_while(|line| line.starts_with('|')).collect();
    assert!(rows.len() >= 15, "{rows:?}");
    for row in rows {
        let shown_by = row.trim_end_matches(['|', ' ']).rsplit('|').next().unwrap();
        let tests: Vec<_> = shown_by.split('`').skip(1).step_by(2).collect();
        assert!(!tests.is_empty(), "nothing shows this: {row}");
        for test in tests {
            let begins = format!("fn {test}(");
            let found =
                ["agent", "collector", "tests"].map(|of| files_with(&root.join(of), &begins));
            assert!(found.iter().any(|files| !files.is_empty()), "there is no test {test}");
        }
    }
}

fn files_with(folder: &std::path::Path, word: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(at) = open.pop() {
        for entry in std::fs::read_dir(at).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                open.push(entry);
            } else if entry.extension().is_some_and(|ending| ending == "rs")
                && std::fs::read_to_string(&entry).unwrap().contains(word)
            {
                let name = entry.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                found.push(name);
            }
        }
    }
    found.sort();
    found
}
