//! Which report to let go of: a pure function of when each was made and what it says.

use report::Timestamp;
use report::machine::FactsDigest;

/// A report, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    /// When the survey began.
    pub(super) at: Timestamp,
    /// What it says.
    pub(super) says: FactsDigest,
}

/// The report that the newest one makes superfluous: a machine that stays as it is needs the first
/// and the last report that say so, and none between.
pub(super) fn superfluous(seen: &[Seen]) -> Option<usize> {
    match seen {
        [.., first, between, last] if first.says == between.says && between.says == last.says => {
            Some(seen.len() - 2)
        }
        _ => None,
    }
}

/// The report that is missed least: neither the oldest nor the newest, but the one whose
/// neighbours are nearest to each other. What stays is spread evenly, however long it goes on.
pub(super) fn least_missed(seen: &[Seen]) -> Option<usize> {
    let gaps = seen.windows(3).map(|three| match three {
        [before, _, after] => after.at.since(before.at).max(0),
        _ => i64::MAX,
    });
    let (position, _) = gaps.enumerate().min_by_key(|(_, gap)| *gap)?;
    Some(position + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seen(at: i64, says: u8) -> Seen {
        Seen { at: Timestamp(at), says: FactsDigest::from_bytes([says; 32]) }
    }

    #[test]
    fn an_unchanged_machine_keeps_two_reports_and_every_change_one_more() {
        assert_eq!(superfluous(&[seen(0, 1), seen(1, 1)]), None);
        assert_eq!(superfluous(&[seen(0, 1), seen(1, 1), seen(2, 1)]), Some(1));
        assert_eq!(superfluous(&[seen(0, 1), seen(1, 1), seen(2, 2)]), None);
        assert_eq!(superfluous(&[seen(0, 1), seen(1, 2), seen(2, 1)]), None, "there and back");
    }

    #[test]
    fn the_one_between_the_nearest_neighbours_is_missed_least() {
        assert_eq!(least_missed(&[seen(0, 1), seen(9, 2)]), None);
        let kept = [seen(0, 1), seen(10, 2), seen(11, 3), seen(12, 4), seen(30, 5)];
        assert_eq!(least_missed(&kept), Some(2));
    }

    proptest! {
        /// Whatever the clock does, neither end is let go of.
        #[test]
        fn the_oldest_and_the_newest_stay(moments in prop::collection::vec(any::<i64>(), 3..20)) {
            let kept: Vec<_> = moments.iter().map(|at| seen(*at / 2, 1)).collect();
            let gone = least_missed(&kept).unwrap();
            prop_assert!(gone > 0 && gone < kept.len() - 1);
        }
    }
}
