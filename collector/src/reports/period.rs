//! The moments a report is held against: the ends of the cut-offs before it.

use report::Timestamp;

use crate::past::PastError;
use crate::policy::Targets;

/// How many cut-offs make a trend.
const TREND: usize = 4;

/// Far enough back for a trend even where there is one cut-off a year.
const REACH: i64 = 5 * 366 * report::moment::DAY;

/// The end of the last cut-off before a moment. One that ends with the moment is the moment's own.
#[must_use]
pub fn previous(targets: &Targets, at: Timestamp) -> Option<Timestamp> {
    recent(targets, at).pop()
}

/// The ends of the last cut-offs before a moment, the earliest first: as many as make a trend.
#[must_use]
pub fn recent(targets: &Targets, at: Timestamp) -> Vec<Timestamp> {
    let calendar = &targets.calendar;
    let dates = targets.cut_offs.between(calendar, at - REACH, at - 1);
    let ends: Vec<_> = dates.into_iter().map(|date| calendar.end_of(date)).collect();
    ends[ends.len().saturating_sub(TREND)..].to_vec()
}

/// Whether a moment that nobody named cannot be told because nobody was judged then, or no longer by
/// the set of that time: what is asked of another moment is told without it.
#[must_use]
pub fn is_unknown(error: &PastError) -> bool {
    match error {
        PastError::Before { .. } | PastError::Never | PastError::Policies { .. } => true,
        PastError::Future { .. } | PastError::Store(_) | PastError::Ended(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::policy::fixtures::set;

    #[test]
    fn a_report_of_a_cut_off_is_held_against_the_one_before() {
        let targets = set("", &[]).targets;
        let end = |year, month| targets.calendar.end_of(date(year, month, 14));
        assert_eq!(previous(&targets, end(2026, 12)), Some(end(2026, 6)));
        assert_eq!(previous(&targets, end(2026, 12) + 1), Some(end(2026, 12)));
        assert_eq!(previous(&targets, end(2026, 12) - 1), Some(end(2026, 6)));
    }

    #[test]
    fn a_set_that_no_longer_loads_takes_only_the_comparison_away() {
        let fault = crate::reload::FolderError::Sample("policies".into());
        assert!(is_unknown(&PastError::Policies { at: Timestamp(0), fault }));
        assert!(!is_unknown(&PastError::Store(crate::store::StoreError::Closed)));
    }

    #[test]
    fn a_trend_is_made_of_the_last_four() {
        let targets = set("", &[]).targets;
        let end = |year, month| targets.calendar.end_of(date(year, month, 14));
        let expected = [end(2024, 12), end(2025, 6), end(2025, 12), end(2026, 6)];
        assert_eq!(recent(&targets, end(2026, 12)), expected);
        assert_eq!(recent(&targets, end(2026, 12) + 1)[3], end(2026, 12));
    }
}
