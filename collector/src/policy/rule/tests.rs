//! Mistakes outside of what a rule requires: each at its place, with what to write instead.

use crate::policy::fixtures::{check_mistakes, rule};

#[test]
fn every_mistake_is_told_at_its_place_with_what_to_write_instead() {
    // What is written begins in line 6, and what an example says in line 12.
    let write = |written: &str| {
        let required = "[require]\n\"machine.level\" = 2\n";
        match written.strip_prefix("[[example]]\n") {
            Some(example) => rule(
                "r0",
                "major",
                &format!("{required}[[example]]\nname = \"a\"\nnow = 2026-11-22\n{example}\n"),
            ),
            None => rule("r0", "major", &format!("{written}\n{required}")),
        }
    };
    check_mistakes(include_str!("mistakes.txt"), write);
}
