//! Versions of Arch's packages and their order: rpm's of long ago, with a rule of its own for what
//! comes before a release.

use std::cmp::Ordering;

use super::rpm::compare_segments;

/// Compares two whole versions, `[epoch:]version[-release]`.
#[must_use]
pub fn compare(left: &str, right: &str) -> Ordering {
    if left == right {
        return Ordering::Equal;
    }
    let (left, right) = (Parts::of(left), Parts::of(right));
    compare_parts(left.epoch, right.epoch)
        .then_with(|| compare_parts(left.version, right.version))
        .then_with(|| match (left.release, right.release) {
            (Some(left), Some(right)) => compare_parts(left, right),
            (Some(_), None) | (None, Some(_) | None) => Ordering::Equal,
        })
}

struct Parts<'a> {
    epoch: &'a str,
    version: &'a str,
    release: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Self {
        let (epoch, rest) = match text.split_once(':') {
            Some((epoch, rest)) if epoch.bytes().all(|byte| byte.is_ascii_digit()) => {
                (if epoch.is_empty() { "0" } else { epoch }, rest)
            }
            Some(_) | None => ("0", text),
        };
        match rest.rsplit_once('-') {
            Some((version, release)) => Self { epoch, version, release: Some(release) },
            None => Self { epoch, version: rest, release: None },
        }
    }
}

fn compare_parts(left: &str, right: &str) -> Ordering {
    if left == right {
        return Ordering::Equal;
    }
    let (mut left, mut right) = (left.as_bytes(), right.as_bytes());
    while !left.is_empty() && !right.is_empty() {
        let (mine, theirs) = (separators(left), separators(right));
        left = left.get(mine..).unwrap_or_default();
        right = right.get(theirs..).unwrap_or_default();
        if left.is_empty() || right.is_empty() {
            break;
        }
        let (order, l, r) = compare_segments(left, right);
        let order = mine.cmp(&theirs).then(order);
        if order != Ordering::Equal {
            return order;
        }
        (left, right) = (l, r);
    }
    compare_rests(left, right)
}

fn separators(text: &[u8]) -> usize {
    text.iter().position(u8::is_ascii_alphanumeric).unwrap_or(text.len())
}

/// A word behind the end is a preview of what ends there; anything else is more than the end.
fn compare_rests(left: &[u8], right: &[u8]) -> Ordering {
    let is_word = |rest: &[u8]| rest.first().is_some_and(u8::is_ascii_alphabetic);
    match (left, right) {
        ([], []) => Ordering::Equal,
        ([], rest) if is_word(rest) => Ordering::Greater,
        ([], _) => Ordering::Less,
        (rest, _) if is_word(rest) => Ordering::Less,
        (_, _) => Ordering::Greater,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_order_of_versions() {
        let order = ["1.0a", "1.0b", "1.0beta", "1.0p", "1.0pre", "1.0rc", "1.0", "1.0.a", "1.0.1"];
        for pair in order.windows(2) {
            assert_eq!(compare(pair[0], pair[1]), Ordering::Less, "{pair:?}");
            assert_eq!(compare(pair[1], pair[0]), Ordering::Greater, "{pair:?}");
        }
        for (older, newer) in [("1:1.0", "2:0.9"), ("9.9-1", "1:1-1"), ("1.5-1", "1.5-2")] {
            assert_eq!(compare(older, newer), Ordering::Less, "{older} < {newer}");
        }
        assert_eq!(compare("1.5", "1.5-1"), Ordering::Equal);
        assert_eq!(compare("0:1.5-1", "1.5-1"), Ordering::Equal);
    }

    proptest! {
        #[test]
        fn nothing_that_stands_in_a_version_ends_the_comparison(
            left in "[0-2a.:-]{0,8}|\\PC{0,8}",
            right in "[0-2a.:-]{0,8}|\\PC{0,8}",
        ) {
            let _ = compare(&left, &right);
            prop_assert_eq!(compare(&left, &left), Ordering::Equal);
        }
    }
}
