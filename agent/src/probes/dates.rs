//! Dates as programs write them: here with English month names and an offset.

mod plausible;
mod windows;

use report::Timestamp;
use report::catalogue::Tense;
use report::moment::DAY;

pub use plausible::{age_in_days, ends, happened};
pub use windows::{filetime, filetime_bytes, filetime_halves, system_time, wmi_moment};

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Nothing that an antivirus or a system says of itself is older; what is written for "never" is:
/// the years 1601, 1899 and 1970.
const FIRST: Timestamp = Timestamp(631_152_000);
/// Nothing ends later; what is written for "no end" does, or the end is not one.
const LAST: Timestamp = Timestamp(4_102_444_800);
/// The largest number of 32 bits, as seconds.
const ALL_ONES: Timestamp = Timestamp(0xFFFF_FFFF);

/// A moment that may be meant as one; every way of writing "never" and "I do not know" is none.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn plausible(
    at: Timestamp,
    tense: Tense,
    now: Timestamp,
) -> Result<Timestamp, &'static str> {
    match tense {
        _ if at < FIRST || at == ALL_ONES => Err("never"),
        Tense::Happened if at > now + DAY => Err("a date in the future"),
        Tense::End if at > LAST => Err("a date beyond all dates"),
        Tense::Happened | Tense::End => Ok(at),
    }
}

/// Seconds since 1970.
pub(crate) fn from_unix(seconds: i64) -> Timestamp {
    Timestamp(seconds)
}

/// Seconds from 1601, where Windows begins to count, to 1970.
const WINDOWS_EPOCH: i64 = 11_644_473_600;

/// A FILETIME: tenths of microseconds since 1601.
pub(crate) fn from_filetime(ticks: i64) -> Timestamp {
    Timestamp(ticks.div_euclid(10_000_000) - WINDOWS_EPOCH)
}

/// The same as the registry keeps it: eight bytes, the lowest first.
pub(crate) fn from_filetime_bytes(bytes: &[u8]) -> Option<Timestamp> {
    bytes.try_into().ok().map(|bytes| from_filetime(i64::from_le_bytes(bytes)))
}

/// A moment as WMI writes it, `20260311015218.000000+060`: local time, and how many minutes it is
/// east of Greenwich.
pub(crate) fn parse_wmi(text: &str) -> Option<Timestamp> {
    let (local, rest) = text.split_at_checked(14)?;
    let (fraction, offset) = rest.strip_prefix('.')?.split_at_checked(6)?;
    let is_number = |text: &str| text.bytes().all(|it| it.is_ascii_digit());
    let part = |at: std::ops::Range<usize>| local.get(at)?.parse::<u32>().ok();
    let date = (i64::from(part(0..4)?), part(4..6)?, part(6..8)?);
    let time = (part(8..10)?, part(10..12)?, part(12..14)?);
    let (sign, minutes) = match offset.split_at_checked(1)? {
        ("+", minutes) => (1, minutes),
        ("-", minutes) => (-1, minutes),
        _ => return None,
    };
    let is_whole = [local, fraction, minutes].into_iter().all(is_number) && minutes.len() == 3;
    let minutes: i64 = minutes.parse().ok().filter(|_| is_whole)?;
    Timestamp::from_civil(date, time).map(|local| local - sign * minutes * 60)
}

/// The end of a number of days from now on: the day, not the moment of asking. Numbers that no
/// licence is sold for are none.
pub(crate) fn after_days(days: i64, now: Timestamp) -> Option<Timestamp> {
    let day = Timestamp(now.0.div_euclid(DAY) * DAY);
    (0..=7300).contains(&days).then(|| day + (days + 1) * DAY - 1)
}

/// A date as mail and package lists write it: `Fri, 20 Nov 2026 00:12:41 UTC`.
pub(crate) fn parse_mail_date(text: &str) -> Option<Timestamp> {
    let date = match text.split_once(',') {
        Some((_weekday, date)) => date,
        None => text,
    };
    parse(date, ':')
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
