//! Dates as programs write them: here with English month names and an offset.

mod plausible;
mod windows;

use report::Timestamp;

pub use plausible::{age_in_days, ends, happened};
pub use windows::{filetime, filetime_bytes, filetime_halves, system_time, wmi_moment};

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A date as mail and package lists write it: `Fri, 20 Nov 2026 00:12:41 UTC`.
pub(crate) fn parse_mail_date(text: &str) -> Option<Timestamp> {
    let date = match text.split_once(',') {
        Some((_weekday, date)) => date,
        None => text,
    };
    parse(date, ':')
}

/// A moment in UTC as programs of Windows write it: `2026-12-05T09:00:00Z`, or with a blank between its
/// halves, or a day alone, which begins at midnight.
pub(crate) fn parse_utc(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let (day, clock) = match text.split_once(['T', ' ']) {
        Some((day, clock)) => (day, time(clock.strip_suffix('Z').unwrap_or(clock), ':')?),
        None => (text, (0, 0, 0)),
    };
    let parts: Option<Vec<u32>> = day.split('-').map(|part| part.parse().ok()).collect();
    match parts?[..] {
        [year, month, day] if year > 999 => Timestamp::from_civil((year.into(), month, day), clock),
        _ => None,
    }
}

/// Day, month, year, time and offset, in which `separator` stands between the parts of the time.
pub(crate) fn parse(text: &str, separator: char) -> Option<Timestamp> {
    let mut words = text.split_whitespace();
    let day = words.next()?.parse().ok()?;
    let month = month(words.next()?)?;
    let year = words.next()?.parse().ok()?;
    let time = time(words.next()?, separator)?;
    let offset = offset(words.next()?)?;
    if words.next().is_some() {
        return None;
    }
    Timestamp::from_civil((year, month, day), time).map(|local| local - offset)
}

/// The number of a month by the first three letters of its English name.
pub(crate) fn month(name: &str) -> Option<u32> {
    let index = MONTHS.iter().position(|month| *month == name)?;
    u32::try_from(index + 1).ok()
}

/// Hours and minutes, and seconds where there are any.
fn time(text: &str, separator: char) -> Option<(u32, u32, u32)> {
    let parts: Option<Vec<u32>> = text.split(separator).map(|part| part.parse().ok()).collect();
    match parts?[..] {
        [hour, minute] => Some((hour, minute, 0)),
        [hour, minute, second] => Some((hour, minute, second)),
        _ => None,
    }
}

/// Seconds east of Greenwich.
fn offset(zone: &str) -> Option<i64> {
    if matches!(zone, "UTC" | "GMT" | "Z") {
        return Some(0);
    }
    let (sign, digits) = match zone.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let number: i64 = digits.parse().ok()?;
    let (hours, minutes) = (number / 100, number % 100);
    let plausible = digits.len() == 4 && number >= 0 && hours <= 14 && minutes < 60;
    plausible.then(|| sign * (hours * 3600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_of_a_package_list() {
        let expected = Timestamp::from_civil((2026, 11, 20), (0, 12, 41));
        assert_eq!(parse_mail_date("Fri, 20 Nov 2026 00:12:41 UTC"), expected);
        assert_eq!(parse_mail_date("20 Nov 2026 07:12:41 +0700"), expected);
    }

    #[test]
    fn an_offset_is_taken_off() {
        let expected = Timestamp::from_civil((2020, 4, 16), (11, 58, 0));
        assert_eq!(parse("16 Apr 2020 07-58 -0400", '-'), expected);
        assert_eq!(parse("16 Apr 2020 11-58 -0000", '-'), expected);
        assert_eq!(parse("16 Apr 2020 17-28 +0530", '-'), expected);
    }

    #[test]
    fn a_moment_of_windows_is_in_utc_and_may_be_a_day() {
        let expected = Timestamp::from_civil((2026, 12, 5), (9, 0, 0));
        assert_eq!(parse_utc("2026-12-05T09:00:00Z"), expected);
        assert_eq!(parse_utc("2026-12-05 09:00:00"), expected);
        assert_eq!(parse_utc("2026-12-05"), expected.map(|at| at - 9 * 3600));
        for text in ["", "5/12/2026", "26-12-05", "2026-12-05T09:00:00+07:00", "2026-13-01", "-"] {
            assert_eq!(parse_utc(text), None, "{text:?}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "Fri, 20 Nov 2026 00:12:41",
            "20 Nov 2026 00:12:41 ICT",
            "20 Th11 2026 00:12:41 UTC",
            "31 Nov 2026 00:12:41 UTC",
            "20 Nov 2026 24:00:00 UTC",
            "20 Nov 2026 00:12:41 UTC again",
            "20 Nov 2026 00:12:41 +25:00",
            "20 Nov 2026 00:12:41 +-100",
            "20 Nov 2026 00:12:41 +9223372036854775807",
        ] {
            assert_eq!(parse_mail_date(text), None, "{text:?}");
        }
    }
}
