//! Days counted by hand, because the collector's own calendar is what is to be tested.

use report::Timestamp;
use report::moment::DAY;

pub(crate) const HOUR: i64 = 3600;
/// Vietnam has kept seven hours ahead of UTC since 1975, in summer and in winter.
const AHEAD: i64 = 7 * HOUR;

/// A day, as a number since 1970 by the office's clock.
pub(crate) type Day = i64;

/// The first and the last day of each holiday of the year: New Year, Tết, the Hùng Kings, the two
/// days of the end of April, National Day.
pub(crate) const HOLIDAYS: [[(i64, u32, u32); 2]; 5] = [
    [(2025, 1, 1), (2025, 1, 1)],
    [(2025, 1, 25), (2025, 2, 2)],
    [(2025, 4, 7), (2025, 4, 7)],
    [(2025, 4, 30), (2025, 5, 1)],
    [(2025, 9, 1), (2025, 9, 2)],
];

/// The day of a date.
pub(crate) fn day(year: i64, month: u32, day: u32) -> Day {
    Timestamp::from_civil((year, month, day), (0, 0, 0)).expect("a date").0 / DAY
}

/// The moment so many seconds after a day began.
pub(crate) fn moment(day: Day, second: i64) -> Timestamp {
    Timestamp(day * DAY - AHEAD + second)
}

/// The last second of a day.
pub(crate) fn end_of(day: Day) -> Timestamp {
    moment(day + 1, 0) - 1
}

/// The day of a moment.
pub(crate) fn day_of(at: Timestamp) -> Day {
    (at.0 + AHEAD).div_euclid(DAY)
}

/// `2025-06-14`.
pub(crate) fn iso(of: Day) -> String {
    let (year, month, day) = Timestamp(of * DAY).civil_date();
    format!("{year:04}-{month:02}-{day:02}")
}

/// `14/06/2025`, as offices write it.
pub(crate) fn vietnamese(of: Day) -> String {
    let (year, month, day) = Timestamp(of * DAY).civil_date();
    format!("{day:02}/{month:02}/{year:04}")
}

pub(crate) fn is_holiday(of: Day) -> bool {
    let holds = |[from, until]: &[(i64, u32, u32); 2]| {
        (day(from.0, from.1, from.2)..=day(until.0, until.1, until.2)).contains(&of)
    };
    HOLIDAYS.iter().any(holds)
}

/// Whether people come to work.
pub(crate) fn is_workday(of: Day) -> bool {
    // Day 0 was a Thursday.
    (of + 3).rem_euclid(7) < 5 && !is_holiday(of)
}

/// How many seconds of the days that count lie between two moments.
pub(crate) fn seconds(from: Timestamp, until: Timestamp, counts: fn(Day) -> bool) -> i64 {
    let days = (day_of(from)..=day_of(until)).filter(|day| counts(*day));
    let of_day = |day| {
        let (begin, end) = (moment(day, 0).max(from), moment(day + 1, 0).min(until));
        end.since(begin).max(0)
    };
    days.map(of_day).sum()
}
