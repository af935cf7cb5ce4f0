//! The order of versions.

use proptest::prelude::*;

use super::*;

#[test]
fn versions_rise_as_their_makers_count() {
    let rising = [
        "",
        "a",
        "rc1",
        "0",
        "1",
        "1.2",
        "1.2a",
        "1.2-rc1",
        "1.2.0",
        "1.2.0.1",
        "1.2.1",
        "1.9",
        "1.10",
        "2",
        "6.1.0-18",
        "6.1.0-18-amd64",
        "6.1.0-19-amd64",
        "10.0.19045",
        "10.0.22631",
        "99999999999999999999998",
        "99999999999999999999999",
        "100000000000000000000000",
    ];
    for (index, one) in rising.iter().enumerate() {
        for (other_index, other) in rising.iter().enumerate() {
            assert_eq!(compare(one, other), index.cmp(&other_index), "{one} and {other}");
        }
    }
}

#[test]
fn separators_and_leading_zeros_do_not_matter() {
    for (one, other) in [("1.2", "1-2"), ("1.2", "1.02"), ("1..2", "1.2."), ("0", "00")] {
        assert_eq!(compare(one, other), Ordering::Equal, "{one} and {other}");
    }
}

#[test]
fn what_has_no_digit_is_no_version() {
    assert!(is_version("rolling 1"));
    assert!(!is_version("rolling"));
    assert!(!is_version("²"), "only the digits that numbers are written with here");
}

proptest! {
    #[test]
    fn any_three_versions_stand_in_one_order(
        a in "[0-2a-b.-]{0,6}", b in "[0-2a-b.-]{0,6}", c in "[0-2a-b.-]{0,6}",
    ) {
        prop_assert_eq!(compare(&a, &a), Ordering::Equal);
        prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
        if compare(&a, &b) != Ordering::Greater && compare(&b, &c) != Ordering::Greater {
            prop_assert_ne!(compare(&a, &c), Ordering::Greater);
        }
        if compare(&a, &b) == Ordering::Equal {
            prop_assert_eq!(compare(&a, &c), compare(&b, &c));
        }
    }

    #[test]
    fn a_greater_number_in_any_place_is_a_later_version(
        head in proptest::collection::vec(any::<u64>(), 0..4), low: u64, high: u64,
        tail in "[0-9a-z.]{0,5}",
    ) {
        prop_assume!(low < high);
        let head: String = head.iter().map(|number| format!("{number}.")).collect();
        let order = compare(&format!("{head}{low}.{tail}"), &format!("{head}{high}"));
        prop_assert_eq!(order, Ordering::Less);
    }

    #[test]
    fn any_text_can_be_compared_without_end(a: String, b: String) {
        prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
    }
}
