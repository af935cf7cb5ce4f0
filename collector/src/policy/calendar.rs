//! Dates where the office is: when a day begins and ends, and which days do not count.

use jiff::Zoned;
use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::TimeZone;
use report::Timestamp;

/// A time zone, its holidays, and the days of the week on which the office rests.
#[derive(Clone, Debug)]
pub struct Calendar {
    zone: TimeZone,
    rest: Vec<Weekday>,
    /// Whole days, merged and in order: first moment, and first moment after.
    holidays: Vec<(Timestamp, Timestamp)>,
}

impl Calendar {
    /// A calendar with holidays from and until these dates, both included.
    #[must_use]
    pub fn new(zone: TimeZone, holidays: &[(Date, Date)]) -> Self {
        let mut calendar = Self { zone, rest: Vec::new(), holidays: Vec::new() };
        let mut spans: Vec<_> = holidays
            .iter()
            .map(|(from, until)| (calendar.start_of(*from), calendar.end_of(*until) + 1))
            .collect();
        spans.sort_unstable();
        for (from, until) in spans {
            match calendar.holidays.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(until),
                _ => calendar.holidays.push((from, until)),
            }
        }
        calendar
    }

    /// The same of an office that rests on these days of the week.
    #[must_use]
    pub fn resting_on(self, rest: Vec<Weekday>) -> Self {
        Self { rest, ..self }
    }

    /// A calendar without holidays, for moments that are only shown.
    pub(crate) fn utc() -> Self {
        Self::new(TimeZone::UTC, &[])
    }

    /// A calendar without holidays in the zone of this name; in UTC where there is none.
    pub(crate) fn in_zone(name: &str) -> Self {
        Self::new(TimeZone::get(name).unwrap_or(TimeZone::UTC), &[])
    }

    /// The date of a moment here; a moment beyond the calendar gives its last date.
    #[must_use]
    pub fn date_of(&self, at: Timestamp) -> Date {
        self.zoned(at).date()
    }

    /// The date and the time of day of a moment here.
    #[must_use]
    pub fn time_of(&self, at: Timestamp) -> DateTime {
        self.zoned(at).datetime()
    }

    /// The moment of a date and a time of day here; `None` beyond the calendar. A time that comes
    /// twice is its first, and one that a change of clocks leaves out is as much later.
    #[must_use]
    pub fn moment_of(&self, time: DateTime) -> Option<Timestamp> {
        let zoned = time.to_zoned(self.zone.clone()).ok()?;
        Some(Timestamp(zoned.timestamp().as_second()))
    }

    /// The name of the time zone, as in `Asia/Ho_Chi_Minh`.
    #[must_use]
    pub fn zone(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }

    fn zoned(&self, at: Timestamp) -> Zoned {
        jiff::Timestamp::from_second(at.0)
            .unwrap_or(if at.0 < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX })
            .to_zoned(self.zone.clone())
    }

    /// The first second of a day.
    #[must_use]
    pub fn start_of(&self, date: Date) -> Timestamp {
        date.to_zoned(self.zone.clone())
            .map_or(Timestamp(i64::MAX), |start| Timestamp(start.timestamp().as_second()))
    }

    /// The last second of a day: what ends on a date still holds on it.
    #[must_use]
    pub fn end_of(&self, date: Date) -> Timestamp {
        match date.tomorrow() {
            Ok(next) => self.start_of(next) - 1,
            Err(_) => Timestamp(i64::MAX),
        }
    }

    /// The last moment up to which no more than so many seconds have gone by since another, without
    /// what lies in holidays.
    #[must_use]
    pub fn after(&self, from: Timestamp, seconds: i64) -> Timestamp {
        let mut last = from + seconds;
        for (start, end) in &self.holidays {
            if *end > from && *start <= last {
                last = last + end.since((*start).max(from));
            }
        }
        last
    }

    /// The last moment up to which no more than so many seconds of working days have gone by since
    /// another: neither holidays nor the days on which the office rests count.
    #[must_use]
    pub fn after_work(&self, from: Timestamp, seconds: i64) -> Timestamp {
        if self.rest.is_empty() {
            return self.after(from, seconds);
        }
        let (mut at, mut left) = (from, seconds);
        while let Some(date) = self.date_within(at) {
            let end = self.end_of(date) + 1;
            if !self.is_off(date, at) {
                if left < end.since(at) {
                    break;
                }
                left -= end.since(at);
            }
            at = end;
        }
        at + left
    }

    /// The date of a moment; `None` on the last one there is.
    fn date_within(&self, at: Timestamp) -> Option<Date> {
        Some(self.date_of(at)).filter(|date| *date < Date::MAX)
    }

    fn is_off(&self, date: Date, at: Timestamp) -> bool {
        self.rest.contains(&date.weekday())
            || self.holidays.iter().any(|(start, end)| *start <= at && at < *end)
    }

    /// Seconds between two moments without what lies in holidays; negative when `until` is first.
    #[must_use]
    pub fn counted_seconds(&self, from: Timestamp, until: Timestamp) -> i64 {
        if until <= from {
            return until.since(from);
        }
        let off: i64 = self
            .holidays
            .iter()
            .map(|(start, end)| (*end).min(until).since((*start).max(from)).max(0))
            .sum();
        until.since(from) - off
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use report::moment::DAY;

    use super::*;

    fn vietnam(holidays: &[(Date, Date)]) -> Calendar {
        Calendar::new(TimeZone::get("Asia/Ho_Chi_Minh").unwrap(), holidays)
    }

    #[test]
    fn a_day_begins_at_seventeen_hours_utc_the_day_before() {
        let calendar = vietnam(&[]);
        let start = calendar.start_of(date(2026, 11, 22));
        assert_eq!(start.to_string(), "2026-11-21T17:00:00Z");
        assert_eq!(calendar.date_of(start), date(2026, 11, 22));
        assert_eq!(calendar.date_of(start - 1), date(2026, 11, 21));
        assert_eq!(calendar.end_of(date(2026, 11, 21)), start - 1);
    }

    #[test]
    fn a_deadline_is_the_last_moment_that_is_in_time() {
        let calendar = vietnam(&[
            (date(2026, 2, 16), date(2026, 2, 18)),
            (date(2026, 2, 20), date(2026, 2, 20)),
        ]);
        for first in [10, 14, 15, 16, 17, 18, 19, 20, 21] {
            for (hours, seconds) in [(0, 0), (0, DAY), (7, DAY), (7, 3 * DAY), (23, 9 * DAY)] {
                let from = calendar.start_of(date(2026, 2, first)) + hours * 3600;
                let last = calendar.after(from, seconds);
                assert!(calendar.counted_seconds(from, last) <= seconds, "{first} {hours}");
                assert!(calendar.counted_seconds(from, last + 1) > seconds, "{first} {hours}");
            }
        }
    }

    #[test]
    fn working_days_are_neither_holidays_nor_those_on_which_the_office_rests() {
        let weekend = vec![Weekday::Saturday, Weekday::Sunday];
        let calendar = vietnam(&[(date(2026, 2, 14), date(2026, 2, 22))]).resting_on(weekend);
        let at = |month, day, hour: i64| calendar.start_of(date(2026, month, day)) + hour * 3600;
        // A Monday, a Thursday, a Friday, a Saturday, and the Friday before Tết.
        for (from, until) in [
            (at(6, 8, 16), at(6, 10, 16)),
            (at(6, 11, 16), at(6, 15, 16)),
            (at(6, 12, 16), at(6, 16, 16)),
            (at(6, 13, 9), at(6, 17, 0)),
            (at(2, 13, 16), at(2, 24, 16)),
        ] {
            assert_eq!(calendar.after_work(from, 2 * DAY), until, "{from}");
        }
        // What ends with a Friday is still in time on Sunday.
        assert_eq!(calendar.after_work(at(6, 11, 0), 2 * DAY), at(6, 15, 0));
    }

    #[test]
    fn an_office_that_never_rests_counts_every_day_but_holidays() {
        let calendar = vietnam(&[(date(2026, 2, 16), date(2026, 2, 18))]);
        let from = calendar.start_of(date(2026, 2, 13));
        assert_eq!(calendar.after_work(from, 4 * DAY), calendar.after(from, 4 * DAY));
    }

    #[test]
    fn counting_ends_with_the_calendar() {
        let calendar = vietnam(&[]).resting_on(vec![Weekday::Saturday]);
        for from in [Timestamp(i64::MIN), Timestamp(i64::MAX)] {
            let _ = calendar.after_work(from, 2 * DAY);
        }
    }

    #[test]
    fn holidays_do_not_count_and_overlaps_count_once() {
        let calendar = vietnam(&[
            (date(2026, 2, 16), date(2026, 2, 18)),
            (date(2026, 2, 18), date(2026, 2, 20)),
        ]);
        let from = calendar.start_of(date(2026, 2, 14));
        let until = calendar.start_of(date(2026, 2, 24));
        assert_eq!(calendar.counted_seconds(from, until), 5 * DAY);
        let inside = calendar.start_of(date(2026, 2, 17));
        assert_eq!(calendar.counted_seconds(inside, inside + DAY), 0);
        assert_eq!(calendar.counted_seconds(until, from), -10 * DAY);
    }
}
