//! Mistakes: each at its place, with what to write instead.

use crate::policy::fixtures::{folder, rule};
use crate::policy::load;

/// Blocks of what a rule asks and, indented, what is said of it: place, mistake, help.
const MISTAKES: &str = include_str!("mistakes.txt");

/// What is said of a rule that asks this; what it asks begins in line 7.
fn said_of(require: &str) -> String {
    let text = rule("r0", "major", &format!("[require]\n{require}\n"));
    let problems = load(&folder("", &[("rules/r0.toml", &text)])).unwrap_err();
    let said = |problem: &crate::policy::Problem| {
        let line = problem.to_string();
        let line = line.strip_prefix("rules/r0.toml:").unwrap();
        let help = problem.help.as_ref().map(|help| format!("    {help}\n")).unwrap_or_default();
        format!("  {line}\n{help}")
    };
    problems.iter().map(said).collect()
}

#[test]
fn every_mistake_is_told_at_its_place_with_what_to_write_instead() {
    let asked = |block: &str| {
        let lines: Vec<_> = block.lines().filter(|line| !line.starts_with(' ')).collect();
        lines.join("\n")
    };
    let said: Vec<_> = MISTAKES
        .split("\n\n")
        .map(asked)
        .map(|require| format!("{require}\n{}", said_of(&require)))
        .collect();
    let said = said.join("\n");
    assert!(said == MISTAKES, "\n{said}");
}
