//! Bytes that were once of interest to a fuzzer are borne in every run.

use std::path::Path;

#[path = "fuzz/targets.rs"]
#[expect(unreachable_pub, reason = "the programs of cargo-fuzz reach it")]
mod targets;

/// No input is kept that a person could not look at.
const LARGEST: u64 = 16 * 1024;

#[test]
fn every_kept_input_of_every_target_is_borne() {
    let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let mut known: Vec<_> = targets::TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    known.sort();
    assert_eq!(names(&corpora), known, "each target has inputs, and nobody else");
    for (target, bear) in targets::TARGETS {
        let corpus = corpora.join(target);
        for input in names(&corpus) {
            let path = corpus.join(input);
            eprintln!("{}", path.display());
            assert!(std::fs::metadata(&path).unwrap().len() <= LARGEST, "{}", path.display());
            bear(&std::fs::read(&path).unwrap());
        }
        bear(b"");
    }
}

#[test]
fn each_target_has_a_program_for_cargo_fuzz() {
    let manifest = include_str!("fuzz/Cargo.toml").parse::<toml::Table>().unwrap();
    let programs = manifest["bin"].as_array().unwrap();
    let mut programs: Vec<_> =
        programs.iter().map(|program| program["name"].as_str().unwrap()).collect();
    programs.sort_unstable();
    let mut known: Vec<_> = targets::TARGETS.iter().map(|(name, _)| *name).collect();
    known.sort_unstable();
    assert_eq!(programs, known);
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert!(!names.is_empty(), "{folder:?} is empty");
    names
}
