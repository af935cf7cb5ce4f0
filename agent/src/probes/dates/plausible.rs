//! What a moment is worth that a program wrote down.
//!
//! Programs have no word for "never", "not known" and "for ever": they write the first or the last
//! moment that their way of counting has. These all stand here and nowhere else.

use report::fact::Ignorance;
use report::moment::DAY;
use report::{Fact, Reason, Timestamp};

/// The moments that mean no moment. Whoever took the zone into account when there was nothing to
/// count is off by hours, hence every moment less than a day away means the same.
const NEVER: [Timestamp; 5] = [
    // 1601-01-01, where Windows' file times and WMI begin.
    Timestamp(-11_644_473_600),
    // 1899-12-30, where the dates of OLE begin.
    Timestamp(-2_209_161_600),
    // 1970-01-01, where Unix begins; -1 second is less than a day before.
    Timestamp(0),
    // 0xFFFFFFFF seconds.
    Timestamp(4_294_967_295),
    // 9999-12-31, beyond which nothing counts.
    Timestamp(253_402_214_400),
];

/// The last second that fits 32 bits with a sign; a licence may well end on that day, but not in
/// that second.
const LAST_OF_32_BITS: Timestamp = Timestamp(2_147_483_647);

/// How far a moment may lie ahead of the machine's clock that is said to be past.
const AHEAD: i64 = DAY;

/// A moment that is said to be past, as when definitions were built.
#[must_use]
pub fn happened(written: Option<Timestamp>, now: Timestamp) -> Fact<Timestamp> {
    match written {
        None => unknown(Reason::ParseError, "no date"),
        Some(at) if means_never(at) => unknown(Reason::SourceStale, &format!("{at} means never")),
        Some(at) if at.since(now) > AHEAD => {
            unknown(Reason::ParseError, &format!("{at} is ahead of the machine's clock, {now}"))
        }
        Some(at) => Fact::Known(at),
    }
}

/// A moment that may be ahead, as the end of a licence.
#[must_use]
pub fn ends(written: Option<Timestamp>) -> Fact<Timestamp> {
    match written {
        None => unknown(Reason::ParseError, "no date"),
        Some(at) if means_never(at) || at == LAST_OF_32_BITS => {
            unknown(Reason::ParseError, &format!("{at} stands for no date"))
        }
        Some(at) => Fact::Known(at),
    }
}

/// An age in days, in which all ones of 16 and of 32 bits stand for never.
#[must_use]
pub fn age_in_days(written: u64) -> Fact<u64> {
    /// A hundred years; no program writes down an age that it really had.
    const ABSURD: u64 = 36_500;
    match written {
        0xffff | 0xffff_ffff => unknown(Reason::SourceStale, &format!("{written} means never")),
        ABSURD.. => unknown(Reason::ParseError, &format!("{written} days are no age")),
        days => Fact::Known(days),
    }
}

fn means_never(at: Timestamp) -> bool {
    NEVER.iter().any(|never| at.since(*never).unsigned_abs() < DAY.unsigned_abs())
}

fn unknown<T>(reason: Reason, detail: &str) -> Fact<T> {
    Fact::Unknown(Ignorance::new(reason, detail))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::probes::dates::{filetime, system_time, wmi_moment};

    const NOW: Timestamp = Timestamp(1_795_316_400);

    fn reason<T>(fact: Fact<T>) -> Option<Reason> {
        match fact {
            Fact::Unknown(why) => Some(why.reason),
            Fact::Known(_) | Fact::Absent => None,
        }
    }

    #[test]
    fn a_policy_of_the_year_1601_was_never_updated() {
        let written = wmi_moment("16010101000000.000000+000");
        assert!(written.is_some());
        assert_eq!(reason(happened(written, NOW)), Some(Reason::SourceStale));
        assert_eq!(reason(happened(filetime(0), NOW)), Some(Reason::SourceStale));
    }

    #[test]
    fn every_first_moment_means_never_in_every_zone() {
        for first in [(1601, 1, 1), (1899, 12, 30), (1970, 1, 1)] {
            let first = Timestamp::from_civil(first, (0, 0, 0)).unwrap();
            for zone in [-12, -1, 0, 7, 14] {
                let written = Some(first + zone * 3600);
                assert_eq!(reason(happened(written, NOW)), Some(Reason::SourceStale), "{first}");
                assert_eq!(reason(ends(written)), Some(Reason::ParseError), "{first}");
            }
        }
        assert_eq!(reason(happened(Some(Timestamp(-1)), NOW)), Some(Reason::SourceStale));
    }

    #[test]
    fn all_ones_are_no_end_of_a_licence() {
        for ones in [i64::from(u32::MAX), i64::from(i32::MAX), 253_402_300_799] {
            assert_eq!(reason(ends(Some(Timestamp(ones)))), Some(Reason::ParseError), "{ones}");
        }
        let real = Timestamp::from_civil((2038, 1, 19), (0, 0, 0)).unwrap();
        assert_eq!(ends(Some(real)), Fact::Known(real));
    }

    #[test]
    fn what_was_more_than_a_day_from_now_did_not_happen() {
        assert_eq!(happened(Some(NOW + DAY), NOW), Fact::Known(NOW + DAY));
        assert_eq!(reason(happened(Some(NOW + DAY + 1), NOW)), Some(Reason::ParseError));
        assert_eq!(
            reason(happened(Some(Timestamp(4_294_967_295)), NOW)),
            Some(Reason::SourceStale)
        );
        assert_eq!(ends(Some(NOW + 400 * DAY)), Fact::Known(NOW + 400 * DAY));
    }

    #[test]
    fn an_age_of_all_ones_means_never() {
        assert_eq!(reason(age_in_days(4_294_967_295)), Some(Reason::SourceStale));
        assert_eq!(reason(age_in_days(65_535)), Some(Reason::SourceStale));
        assert_eq!(reason(age_in_days(65_534)), Some(Reason::ParseError));
        assert_eq!(age_in_days(0), Fact::Known(0));
        assert_eq!(age_in_days(7), Fact::Known(7));
    }

    #[test]
    fn what_is_no_date_is_unknown_and_never_absent() {
        assert_eq!(reason(happened(None, NOW)), Some(Reason::ParseError));
        assert_eq!(reason(ends(system_time(&[]))), Some(Reason::ParseError));
    }

    proptest! {
        #[test]
        fn nothing_known_lies_more_than_a_day_ahead(at in any::<i64>(), now in any::<i64>()) {
            if let Fact::Known(known) = happened(Some(Timestamp(at)), Timestamp(now)) {
                prop_assert!(known.since(Timestamp(now)) <= DAY);
            }
            let _ = ends(Some(Timestamp(at)));
        }
    }
}
