//! Mistakes: each at its place, with what to write instead.

use crate::policy::fixtures::{check_mistakes, rule};

#[test]
fn every_mistake_is_told_at_its_place_with_what_to_write_instead() {
    // What is asked begins in line 7.
    let write = |require: &str| rule("r0", "major", &format!("[require]\n{require}\n"));
    check_mistakes(include_str!("mistakes.txt"), write);
}
