//! Versions of rpm packages and their order.

use std::cmp::Ordering;

/// Epoch, version and release of a package.
#[derive(Clone, Copy, Debug)]
pub struct Evr<'a> {
    /// Outranks the rest; nothing is zero.
    pub epoch: &'a str,
    /// The maker's part.
    pub version: &'a str,
    /// The packager's part.
    pub release: &'a str,
}

impl Ord for Evr<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        super::compare_numbers(self.epoch, other.epoch)
            .then_with(|| compare(self.version, other.version))
            .then_with(|| compare(self.release, other.release))
    }
}

impl PartialOrd for Evr<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Evr<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Evr<'_> {}

/// Compares one part of two versions as rpm does: numbers by value and above letters, a tilde below
/// everything, a caret above the end and below everything else. Other characters only separate.
#[must_use]
pub fn compare(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left.as_bytes(), right.as_bytes());
    loop {
        left = without_separators(left);
        right = without_separators(right);
        let order = match (left, right) {
            ([b'~', l @ ..], [b'~', r @ ..]) | ([b'^', l @ ..], [b'^', r @ ..]) => {
                (left, right) = (l, r);
                continue;
            }
            ([b'~', ..], _) => Ordering::Less,
            (_, [b'~', ..]) => Ordering::Greater,
            ([], []) => Ordering::Equal,
            ([b'^', ..], []) => Ordering::Greater,
            ([], [b'^', ..]) => Ordering::Less,
            ([b'^', ..], _) => Ordering::Less,
            (_, [b'^', ..]) => Ordering::Greater,
            ([], _) => Ordering::Less,
            (_, []) => Ordering::Greater,
            (_, _) => {
                let (order, l, r) = compare_segments(left, right);
                (left, right) = (l, r);
                order
            }
        };
        if order != Ordering::Equal || left.is_empty() && right.is_empty() {
            return order;
        }
    }
}

/// Compares the numbers, or the words, that two texts begin with, and gives what is behind them.
pub(super) fn compare_segments<'a>(
    left: &'a [u8],
    right: &'a [u8],
) -> (Ordering, &'a [u8], &'a [u8]) {
    let is_number = left.first().is_some_and(u8::is_ascii_digit);
    let is_like = |byte: &u8| match is_number {
        true => byte.is_ascii_digit(),
        false => byte.is_ascii_alphabetic(),
    };
    let (mine, left) = split(left, is_like);
    let (theirs, right) = split(right, is_like);
    let order = match (is_number, theirs) {
        (true, []) => Ordering::Greater,
        (false, []) => Ordering::Less,
        (true, _) => {
            let (mine, theirs) = (without_zeros(mine), without_zeros(theirs));
            mine.len().cmp(&theirs.len()).then_with(|| mine.cmp(theirs))
        }
        (false, _) => mine.cmp(theirs),
    };
    (order, left, right)
}

fn without_separators(text: &[u8]) -> &[u8] {
    let is_said = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'~' | b'^');
    text.iter().position(is_said).and_then(|at| text.get(at..)).unwrap_or_default()
}

fn without_zeros(digits: &[u8]) -> &[u8] {
    let first = digits.iter().position(|digit| *digit != b'0');
    first.and_then(|at| digits.get(at..)).unwrap_or_default()
}

/// Splits behind the bytes like these.
fn split(text: &[u8], is_like: impl Fn(&u8) -> bool) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| !is_like(byte)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, &[]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_order_of_parts() {
        for (older, newer) in [
            ("1.0", "1.0.1"),
            ("2.0", "2.0.1a"),
            ("5.5p1", "5.5p2"),
            ("5.5p1", "5.5p10"),
            ("10xyz", "10.1xyz"),
            ("xyz10", "xyz10.1"),
            ("xyz.4", "8"),
            ("xyz.4", "2"),
            ("6.0", "6.0.rc1"),
            ("10a2", "10b2"),
            ("7.4.052", "7.4.629"),
            ("1.0~rc1", "1.0"),
            ("1.0~rc1", "1.0~rc2"),
            ("1.0", "1.0^"),
            ("1.0^", "1.0^git1"),
            ("1.0^git1", "1.0^git2"),
            ("1.0^git1", "1.01"),
            ("1.0~rc1^git1", "1.0"),
            ("1.0^git1~pre", "1.0^git1"),
            ("99999999999999999998", "99999999999999999999"),
            ("10.el9_5", "67.el9_7.1"),
        ] {
            assert_eq!(compare(older, newer), Ordering::Less, "{older} < {newer}");
            assert_eq!(compare(newer, older), Ordering::Greater, "{newer} > {older}");
        }
        for (left, right) in [("1.0", "1_0"), ("1.01", "1.1"), ("a", "a."), ("", "-"), ("ü", "")] {
            assert_eq!(compare(left, right), Ordering::Equal, "{left} = {right}");
        }
    }

    #[test]
    fn an_epoch_outranks_a_version() {
        let evr = |epoch, version, release| Evr { epoch, version, release };
        assert!(evr("2", "1.35", "9.fc44") > evr("", "9.9", "1.fc44"));
        assert!(evr("0", "1", "1") == evr("", "1", "1"));
        assert!(evr("0", "1", "9.el9") < evr("0", "1", "10.el9"));
    }

    proptest! {
        #[test]
        fn whatever_is_compared_the_other_way_round_comes_out_so(
            left in "[0-2a~^.-]{0,8}|\\PC{0,8}",
            right in "[0-2a~^.-]{0,8}|\\PC{0,8}",
        ) {
            prop_assert_eq!(compare(&left, &left), Ordering::Equal);
            prop_assert_eq!(compare(&left, &right), compare(&right, &left).reverse());
        }
    }
}
