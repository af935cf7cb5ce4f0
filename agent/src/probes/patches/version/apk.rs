//! Versions of Alpine's packages and their order:
//! `digits[.digits]…[letter][_suffix[digits]]…[-rdigits]`.

use std::cmp::Ordering;

/// Compares two versions as apk does.
#[must_use]
pub fn compare(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (Parts::of(left), Parts::of(right));
    loop {
        let (mine, theirs) = (left.next(), right.next());
        let order = mine.cmp_with(theirs);
        if order != Ordering::Equal || mine == Part::End {
            return order;
        }
    }
}

/// What follows what came before; a part that comes earlier in this list is more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part<'a> {
    /// The zeros a number behind a dot begins with: it is then read as behind a decimal point.
    Zeros(usize),
    Number(&'a str),
    Letter(u8),
    Suffix(usize),
    SuffixNumber(&'a str),
    Revision(&'a str),
    End,
}

/// Suffixes in their order; those before [`RELEASED`] come before the version itself.
const SUFFIXES: [&str; 9] = ["alpha", "beta", "pre", "rc", "cvs", "svn", "git", "hg", "p"];
const RELEASED: usize = 4;

impl Part<'_> {
    fn rank(self) -> u8 {
        match self {
            Self::Zeros(_) | Self::Number(_) => 0,
            Self::Letter(_) => 1,
            Self::Suffix(_) => 2,
            Self::SuffixNumber(_) => 3,
            Self::Revision(_) => 4,
            Self::End => 5,
        }
    }

    fn is_preview(self) -> bool {
        matches!(self, Self::Suffix(place) if place < RELEASED)
    }

    fn cmp_with(self, other: Part<'_>) -> Ordering {
        match (self, other) {
            (Self::Zeros(mine), Part::Zeros(theirs)) => theirs.cmp(&mine),
            (Self::Zeros(_), Part::Number(_)) => Ordering::Less,
            (Self::Number(_), Part::Zeros(_)) => Ordering::Greater,
            (Self::Number(mine), Part::Number(theirs))
            | (Self::SuffixNumber(mine), Part::SuffixNumber(theirs))
            | (Self::Revision(mine), Part::Revision(theirs)) => {
                super::compare_numbers(mine, theirs)
            }
            (Self::Letter(mine), Part::Letter(theirs)) => mine.cmp(&theirs),
            (Self::Suffix(mine), Part::Suffix(theirs)) => mine.cmp(&theirs),
            (mine, _) if mine.is_preview() => Ordering::Less,
            (_, theirs) if theirs.is_preview() => Ordering::Greater,
            (mine, theirs) => theirs.rank().cmp(&mine.rank()),
        }
    }
}

/// A version as it is taken apart. What follows no rule of the grammar is its end.
struct Parts<'a> {
    rest: &'a str,
    is_begun: bool,
    is_behind_suffix: bool,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Self {
        Self { rest: text, is_begun: false, is_behind_suffix: false }
    }

    fn next(&mut self) -> Part<'a> {
        let is_first = !std::mem::replace(&mut self.is_begun, true);
        let is_behind_suffix = std::mem::take(&mut self.is_behind_suffix);
        if self.starts_with_digit() {
            return match (is_first, is_behind_suffix) {
                (false, true) => Part::SuffixNumber(self.digits()),
                _ => Part::Number(self.digits()),
            };
        }
        if let Some(revision) = self.rest.strip_prefix("-r") {
            self.rest = revision;
            return Part::Revision(self.digits());
        }
        match self.rest.as_bytes() {
            [b'.', b'0', ..] => Part::Zeros(self.zeros()),
            [b'.', b'1'..=b'9', ..] => {
                self.skip(1);
                Part::Number(self.digits())
            }
            [letter @ b'a'..=b'z', ..] => {
                self.skip(1);
                Part::Letter(*letter)
            }
            [b'_', ..] => self.suffix(),
            _ => Part::End,
        }
    }

    fn starts_with_digit(&self) -> bool {
        self.rest.starts_with(|first: char| first.is_ascii_digit())
    }

    fn digits(&mut self) -> &'a str {
        let is_other = |character: char| !character.is_ascii_digit();
        let end = self.rest.find(is_other).unwrap_or(self.rest.len());
        let digits = self.rest.get(..end).unwrap_or_default();
        self.skip(end);
        digits
    }

    fn zeros(&mut self) -> usize {
        self.skip(1);
        let after = self.rest.trim_start_matches('0');
        let zeros = self.rest.len() - after.len();
        self.rest = after;
        zeros
    }

    fn suffix(&mut self) -> Part<'a> {
        self.skip(1);
        let is_other = |character: char| !character.is_ascii_lowercase();
        let end = self.rest.find(is_other).unwrap_or(self.rest.len());
        let name = self.rest.get(..end).unwrap_or_default();
        self.skip(end);
        self.is_behind_suffix = true;
        SUFFIXES.iter().position(|suffix| *suffix == name).map_or(Part::End, Part::Suffix)
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_order_of_versions() {
        for (older, newer) in [
            ("1.0", "1.0.1"),
            ("1.9", "1.10"),
            ("1.01", "1.1"),
            ("1.001", "1.01"),
            ("1.0", "1.0a"),
            ("1.0a", "1.0b"),
            ("1.0_alpha", "1.0_beta"),
            ("1.0_pre2", "1.0_rc1"),
            ("1.0_rc1", "1.0"),
            ("1.0", "1.0_p1"),
            ("1.0_p1", "1.0_p2"),
            ("1.0_git20240101", "1.0_git20240102"),
            ("1.2.5-r0", "1.2.5-r1"),
            ("1.2.5-r9", "1.2.5-r10"),
            ("1.2.5_rc1-r3", "1.2.5-r0"),
            ("3.3.1-r3", "3.3.2-r0"),
            ("1.36.1-r29", "1.37.0-r0"),
            ("2.6.1_git20220825-r3", "2.6.2-r0"),
        ] {
            assert_eq!(compare(older, newer), Ordering::Less, "{older} < {newer}");
            assert_eq!(compare(newer, older), Ordering::Greater, "{newer} > {older}");
        }
        assert_eq!(compare("1.2-r1", "1.2-r1"), Ordering::Equal);
        assert_eq!(compare("20240226-r0", "20240226-r0"), Ordering::Equal);
    }

    proptest! {
        #[test]
        fn whatever_is_compared_the_other_way_round_comes_out_so(
            left in "[0-2a._rp-]{0,10}|\\PC{0,8}",
            right in "[0-2a._rp-]{0,10}|\\PC{0,8}",
        ) {
            prop_assert_eq!(compare(&left, &left), Ordering::Equal);
            prop_assert_eq!(compare(&left, &right), compare(&right, &left).reverse());
        }
    }
}
