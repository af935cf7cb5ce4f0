//! The order of the Vietnamese alphabet: one collator for every list that people read by name.
//!
//! Numbers within names are ordered by their value: PC-2 stands before PC-10.

use std::cmp::Ordering;
use std::sync::LazyLock;

use icu_collator::options::CollatorOptions;
use icu_collator::preferences::CollationNumericOrdering;
use icu_collator::{CollatorBorrowed, CollatorPreferences};
use icu_locale_core::locale;

/// Its data is compiled in; where it were not, the order would be that of the code points.
static VIETNAMESE: LazyLock<Option<CollatorBorrowed<'static>>> = LazyLock::new(|| {
    let mut preferences: CollatorPreferences = locale!("vi").into();
    preferences.numeric_ordering = Some(CollationNumericOrdering::True);
    CollatorBorrowed::try_new(preferences, CollatorOptions::default()).ok()
});

/// Which of two names comes first. Only the same name is equal.
#[must_use]
pub fn compare(one: &str, other: &str) -> Ordering {
    let by_alphabet = VIETNAMESE.as_ref().map(|vietnamese| vietnamese.compare(one, other));
    by_alphabet.unwrap_or(Ordering::Equal).then_with(|| one.cmp(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted<const N: usize>(mut names: [&str; N]) -> [&str; N] {
        names.sort_by(|one, other| compare(one, other));
        names
    }

    #[test]
    fn letters_with_a_mark_of_their_own_follow_the_plain_one_and_tones_decide_last() {
        let names =
            ["Ích", "Đà Nẵng", "Dũng", "An", "Ân", "Ăn", "Án", "Ỷ", "Uy", "Ưng", "Ông", "Oanh"];
        let alphabet =
            ["An", "Án", "Ăn", "Ân", "Dũng", "Đà Nẵng", "Ích", "Oanh", "Ông", "Uy", "Ưng", "Ỷ"];
        assert_eq!(sorted(names), alphabet);
    }

    #[test]
    fn numbers_in_names_are_ordered_by_their_value() {
        assert_eq!(sorted(["PC-10", "PC-2", "PC-01"]), ["PC-01", "PC-2", "PC-10"]);
    }

    #[test]
    fn composed_and_decomposed_stand_together() {
        assert_eq!(sorted(["Sơn", "So\u{31B}n", "Sởn"])[2], "Sởn");
    }
}
