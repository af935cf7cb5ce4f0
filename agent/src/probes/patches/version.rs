//! Package versions and their order: Debian's here (Debian policy, 5.6.12), the others' below.

pub mod apk;
pub mod pacman;
pub mod rpm;

use std::cmp::Ordering;

/// A version by its parts: `epoch:upstream-revision`.
#[derive(Clone, Copy, Debug)]
pub struct Version<'a> {
    epoch: &'a str,
    upstream: &'a str,
    revision: &'a str,
}

impl<'a> Version<'a> {
    /// Any text is a version: what has no epoch has epoch zero, what has no revision revision
    /// zero.
    #[must_use]
    pub fn parse(text: &'a str) -> Self {
        let (epoch, rest) = match text.split_once(':') {
            Some((epoch, rest)) if is_number(epoch) => (epoch, rest),
            Some(_) | None => ("", text),
        };
        let (upstream, revision) = rest.rsplit_once('-').unwrap_or((rest, ""));
        Self { epoch, upstream, revision }
    }

    /// The maker's part.
    #[must_use]
    pub fn upstream(&self) -> &'a str {
        self.upstream
    }
}

impl Ord for Version<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        compare_numbers(self.epoch, other.epoch)
            .then_with(|| compare_parts(self.upstream, other.upstream))
            .then_with(|| compare_parts(self.revision, other.revision))
    }
}

impl PartialOrd for Version<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Version<'_> {}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Compares text and numbers in turn, until one differs.
fn compare_parts(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left, right);
    while !left.is_empty() || !right.is_empty() {
        let (left_text, left_rest) = split_where(left, |byte| byte.is_ascii_digit());
        let (right_text, right_rest) = split_where(right, |byte| byte.is_ascii_digit());
        let (left_number, left_rest) = split_where(left_rest, |byte| !byte.is_ascii_digit());
        let (right_number, right_rest) = split_where(right_rest, |byte| !byte.is_ascii_digit());
        let order = compare_texts(left_text, right_text)
            .then_with(|| compare_numbers(left_number, right_number));
        if order != Ordering::Equal {
            return order;
        }
        (left, right) = (left_rest, right_rest);
    }
    Ordering::Equal
}

/// Splits before the first byte like this. Digits are ASCII, so the split is between characters.
fn split_where(text: &str, like: impl Fn(u8) -> bool) -> (&str, &str) {
    let at = text.bytes().position(like).unwrap_or(text.len());
    text.split_at_checked(at).unwrap_or((text, ""))
}

/// By character: a tilde before the end, the end before letters, letters before everything else.
fn compare_texts(left: &str, right: &str) -> Ordering {
    let weight = |byte: u8| match byte {
        b'~' => (0, 0),
        b'A'..=b'Z' | b'a'..=b'z' => (2, byte),
        other => (3, other),
    };
    let end = [(1, 0)];
    left.bytes().map(weight).chain(end).cmp(right.bytes().map(weight).chain(end))
}

/// By value, however many digits there are; none at all are zero.
fn compare_numbers(left: &str, right: &str) -> Ordering {
    let left = left.trim_start_matches('0');
    let right = right.trim_start_matches('0');
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn compare(left: &str, right: &str) -> Ordering {
        Version::parse(left).cmp(&Version::parse(right))
    }

    #[test]
    fn the_order_of_versions() {
        for (older, newer) in [
            ("1.0", "1.1"),
            ("1.9", "1.10"),
            ("1.0-1", "1.0-2"),
            ("1.0~rc1", "1.0"),
            ("1.0~~", "1.0~"),
            ("1.0~~a", "1.0~"),
            ("1.0", "1.0a"),
            ("1.0a", "1.0+"),
            ("1.0", "1.0+b1"),
            ("1.0-1", "1.0-1+deb12u1"),
            ("1.0-1~deb12u1", "1.0-1"),
            ("1.0-1~bpo12+1", "1.0-1"),
            ("9:1", "10:1"),
            ("2.0", "1:1.0"),
            ("1.0-1", "1.0.1-1"),
            ("1.0-9", "1.0a-1"),
            ("1-1-1", "1-2-1"),
            ("5.4.1-1", "5.4.1-1+deb12u2"),
            ("3.0.19-1~deb12u2", "3.0.22-1~deb12u2"),
            ("12.4+deb12u11", "12.4+deb12u15"),
            ("1:9.18.49-1~deb12u2", "1:9.18.49-1~deb12u3"),
            ("6.1.0-9-amd64", "6.1.0-37-amd64"),
            ("2.36-9+deb12u9", "2.36-9+deb12u10"),
            ("99999999999999999998", "99999999999999999999"),
            ("Z", "a"),
            ("1.2.a", "1.2.+"),
            ("", "0a"),
        ] {
            assert_eq!(compare(older, newer), Ordering::Less, "{older} < {newer}");
            assert_eq!(compare(newer, older), Ordering::Greater, "{newer} > {older}");
        }
    }

    #[test]
    fn versions_that_are_the_same() {
        for (left, right) in [
            ("1.0", "1.0"),
            ("0:1.0", "1.0"),
            ("1.0", "1.0-0"),
            ("1.01", "1.1"),
            ("1.0", "1.00"),
            ("1.", "1.0"),
            ("1.0-00", "1.0-"),
            ("", "0"),
        ] {
            assert_eq!(compare(left, right), Ordering::Equal, "{left} = {right}");
        }
    }

    #[test]
    fn the_upstream_part_stands_between_the_first_colon_and_the_last_dash() {
        for (version, upstream) in [
            ("1:9.18-rc-1~deb12u3", "9.18-rc"),
            ("1.4.6+dfsg-0+deb12u1", "1.4.6+dfsg"),
            ("2026f", "2026f"),
            ("a:1-1", "a:1"),
        ] {
            assert_eq!(Version::parse(version).upstream(), upstream);
        }
    }

    fn any_version() -> impl Strategy<Value = String> {
        prop_oneof![
            "([0-2]:)?[0-2a.+~]{0,6}(-[01~+]{0,3})?",
            "([0-9]{1,2}:)?[0-9A-Za-z.+~:-]{0,12}",
            "\\PC{0,8}",
        ]
    }

    proptest! {
        #[test]
        fn the_order_is_total(a in any_version(), b in any_version(), c in any_version()) {
            prop_assert_eq!(compare(&a, &a), Ordering::Equal);
            prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
            let mut sorted = [a.as_str(), b.as_str(), c.as_str()];
            sorted.sort_by(|left, right| compare(left, right));
            prop_assert_ne!(compare(sorted[0], sorted[1]), Ordering::Greater);
            prop_assert_ne!(compare(sorted[1], sorted[2]), Ordering::Greater);
            prop_assert_ne!(compare(sorted[0], sorted[2]), Ordering::Greater);
            if compare(&a, &b) == Ordering::Equal {
                prop_assert_eq!(compare(&a, &c), compare(&b, &c));
            }
        }
    }
}
