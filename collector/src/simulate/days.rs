//! The days of the office, counted by hand: the collector's own calendar is what is to be tested.

use report::Timestamp;
use report::moment::DAY;
use toml::Value;

/// Vietnam has kept seven hours ahead of UTC since 1975, in summer and in winter.
const AHEAD: i64 = 7 * 3600;

/// A day, as a number since 1970 by the office's clock.
pub(super) type Day = i64;

/// The end of a simulation, and the days on which the office rests.
#[derive(Clone, Debug)]
pub(super) struct Days {
    /// The moment the simulation ends at.
    pub(super) end: Timestamp,
    /// First and last day of each rest.
    holidays: Vec<(Day, Day)>,
}

impl Days {
    /// Reads the holidays of a `targets.toml`; `None` when that is not what it is.
    pub(super) fn read(end: Timestamp, targets: &str) -> Option<Self> {
        let targets: toml::Table = targets.parse().ok()?;
        let holidays = targets.get("holidays")?.as_array()?.iter().map(|holiday| {
            let ends = match holiday.as_table() {
                Some(span) => [span.get("from")?, span.get("until")?],
                None => [holiday, holiday],
            };
            Some((day_of_toml(ends[0])?, day_of_toml(ends[1])?))
        });
        Some(Self { end, holidays: holidays.collect::<Option<_>>()? })
    }

    /// The day the simulation ends on.
    pub(super) fn last(&self) -> Day {
        day_of(self.end)
    }

    /// Whether the office is closed for a holiday.
    pub(super) fn is_holiday(&self, day: Day) -> bool {
        self.holidays.iter().any(|(from, until)| (*from..=*until).contains(&day))
    }

    /// Whether people come to work.
    pub(super) fn is_workday(&self, day: Day) -> bool {
        // Day 0 was a Thursday.
        let weekday = (day + 3).rem_euclid(7);
        weekday < 5 && !self.is_holiday(day)
    }

    /// The latest day since which at least so many whole working days have passed.
    pub(super) fn before_working(&self, whole_days: u32) -> Day {
        self.before_counted(whole_days, |day| self.is_workday(day))
    }

    /// The latest day since which at least so many whole days have passed that were no holidays,
    /// whatever the time of day.
    pub(super) fn before(&self, whole_days: u32) -> Day {
        self.before_counted(whole_days, |day| !self.is_holiday(day))
    }

    fn before_counted(&self, whole_days: u32, counts: impl Fn(Day) -> bool) -> Day {
        let mut day = self.last();
        let mut left = whole_days;
        loop {
            day -= 1;
            if left == 0 {
                return day;
            }
            left -= u32::from(counts(day));
        }
    }
}

/// The day of a moment.
pub(super) fn day_of(at: Timestamp) -> Day {
    (at.0 + AHEAD).div_euclid(DAY)
}

/// The moment so many seconds after a day began.
pub(super) fn moment(day: Day, second: i64) -> Timestamp {
    Timestamp(day * DAY - AHEAD + second)
}

/// A day as it is written: `2026-11-22`.
pub(super) fn written(day: Day) -> String {
    let (year, month, day) = Timestamp(day * DAY).civil_date();
    format!("{year:04}-{month:02}-{day:02}")
}

/// The day of a date; `None` where there is none.
pub(super) fn day_of_date(year: i64, month: u32, day: u32) -> Option<Day> {
    Timestamp::from_civil((year, month, day), (0, 0, 0)).map(|midnight| midnight.0 / DAY)
}

/// The day of a TOML date; `None` where it is none.
pub(super) fn day_of_toml(date: &Value) -> Option<Day> {
    let date = date.as_datetime()?.date?;
    day_of_date(date.year.into(), date.month.into(), date.day.into())
}

/// The last Patch Tuesday by a day: the second Tuesday of the month. What appears on it in the
/// evening reaches Vietnam on the day after.
pub(super) fn patch_day(by: Day) -> Day {
    let (year, month, _) = Timestamp(by * DAY).civil_date();
    let this_month = wednesday_after_second_tuesday(year, month);
    if this_month <= by {
        return this_month;
    }
    let (year, month) = if month == 1 { (year - 1, 12) } else { (year, month - 1) };
    wednesday_after_second_tuesday(year, month)
}

fn wednesday_after_second_tuesday(year: i64, month: u32) -> Day {
    let first = day_of_date(year, month, 1).unwrap_or_default();
    // Tuesday is day 5 of the week that began on day 0.
    let to_tuesday = (5 - first).rem_euclid(7);
    first + to_tuesday + 7 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i64, month: u32, day: u32) -> Day {
        day_of_date(year, month, day).unwrap()
    }

    fn days(end: Day) -> Days {
        let targets = "holidays = [2026-09-02, { from = 2026-02-14, until = 2026-02-22 }]";
        Days::read(moment(end, 9 * 3600), targets).unwrap()
    }

    #[test]
    fn patch_tuesday_reaches_the_office_on_a_wednesday() {
        // 10 November 2026 and 8 December 2026 are second Tuesdays.
        assert_eq!(patch_day(day(2026, 11, 22)), day(2026, 11, 11));
        assert_eq!(patch_day(day(2026, 11, 11)), day(2026, 11, 11));
        assert_eq!(patch_day(day(2026, 11, 10)), day(2026, 10, 14));
        assert_eq!(patch_day(day(2027, 1, 2)), day(2026, 12, 9));
        // A month that begins on a Tuesday: 1 September 2026.
        assert_eq!(patch_day(day(2026, 9, 30)), day(2026, 9, 9));
    }

    #[test]
    fn the_office_rests_on_weekends_and_holidays() {
        let days = days(day(2026, 11, 22));
        assert!(days.is_workday(day(2026, 11, 20)), "a Friday");
        assert!(!days.is_workday(day(2026, 11, 21)) && !days.is_workday(day(2026, 11, 22)));
        assert!(!days.is_workday(day(2026, 2, 18)), "Tết, a Wednesday");
        assert!(!days.is_workday(day(2026, 9, 2)), "National Day, a Wednesday");
    }

    #[test]
    fn holidays_do_not_count_towards_silence() {
        assert_eq!(days(day(2026, 11, 22)).before(9), day(2026, 11, 12));
        // From 13 to 23 February lie nine days of Tết: only the 23rd and 12th, 11th ... count.
        assert_eq!(days(day(2026, 2, 24)).before(3), day(2026, 2, 11));
        assert_eq!(days(day(2026, 2, 18)).before(1), day(2026, 2, 12));
    }

    #[test]
    fn a_day_begins_and_is_written_as_in_vietnam() {
        let day = day(2026, 11, 22);
        assert_eq!(moment(day, 0).to_string(), "2026-11-21T17:00:00Z");
        assert_eq!(day_of(moment(day, 0)), day);
        assert_eq!(day_of(moment(day, -1)), day - 1);
        assert_eq!(written(day), "2026-11-22");
    }
}
