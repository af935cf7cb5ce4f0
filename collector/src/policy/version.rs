//! Versions as makers write them, and which comes first.
//!
//! A version is read as runs: digits are numbers of any length, letters are words, and everything
//! else only ends a run. Versions are compared run by run. Numbers compare as numbers and words by
//! their bytes; a word comes before a number; and a version that merely goes on comes after the one
//! it begins with: `1.2` < `1.2-rc1` < `1.2.0` < `1.2.1` < `1.10`. Versions that differ in their
//! separators or leading zeros alone are equal.

use std::cmp::Ordering;

/// Whether this can be compared: it has a digit.
#[must_use]
pub fn is_version(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
}

/// Which of two versions comes first.
#[must_use]
pub fn compare(one: &str, other: &str) -> Ordering {
    Runs(one).cmp(Runs(other))
}

/// One run. The derived order is the documented one: words before numbers.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Run<'t> {
    Word(&'t str),
    /// Without leading zeros, so the longer number is the greater one.
    Number(usize, &'t str),
}

struct Runs<'t>(&'t str);

impl<'t> Runs<'t> {
    fn take(&mut self, belongs: impl Fn(char) -> bool) -> &'t str {
        let end = self.0.find(|c| !belongs(c)).unwrap_or(self.0.len());
        let (run, rest) = self.0.split_at(end);
        self.0 = rest;
        run
    }
}

impl<'t> Iterator for Runs<'t> {
    type Item = Run<'t>;

    fn next(&mut self) -> Option<Run<'t>> {
        self.take(|c| !c.is_ascii_digit() && !c.is_alphabetic());
        let digits = self.take(|c| c.is_ascii_digit());
        if !digits.is_empty() {
            let number = digits.trim_start_matches('0');
            return Some(Run::Number(number.len(), number));
        }
        let word = self.take(char::is_alphabetic);
        (!word.is_empty()).then_some(Run::Word(word))
    }
}

#[cfg(test)]
mod tests;
