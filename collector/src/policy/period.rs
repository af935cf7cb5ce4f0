//! Spans of time as policies write them: `"7d"`, `"36h"`, `"90m"`.

use report::moment::DAY;

const HOUR: i64 = 3600;
const MINUTE: i64 = 60;
const UNITS: [(char, i64); 3] = [('d', DAY), ('h', HOUR), ('m', MINUTE)];
/// A hundred years: longer spans are slips of the pen.
const LONGEST: i64 = 36_525 * DAY;

/// A span of time in seconds, never negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period(i64);

impl Period {
    /// A whole number of days.
    #[must_use]
    pub const fn days(days: u32) -> Self {
        Self(days as i64 * DAY)
    }

    /// Its length in seconds.
    #[must_use]
    pub fn seconds(self) -> i64 {
        self.0
    }

    /// Reads `7d`, `36h` or `90m`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let unit = text.chars().last()?;
        let (_, seconds) = UNITS.into_iter().find(|(letter, _)| *letter == unit)?;
        let digits = text.strip_suffix(unit)?;
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let length = digits.parse::<i64>().ok()?.checked_mul(seconds)?;
        (length <= LONGEST).then_some(Self(length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_hours_and_minutes() {
        assert_eq!(Period::parse("7d"), Some(Period::days(7)));
        assert_eq!(Period::parse("36h"), Some(Period(36 * 3600)));
        assert_eq!(Period::parse("90m"), Some(Period(5400)));
    }

    #[test]
    fn anything_else_is_no_period() {
        for text in [
            "",
            "d",
            "7",
            "7 d",
            "-7d",
            "+7d",
            "7D",
            "1.5d",
            "7days",
            "99999999999999999d",
            "40000d",
        ] {
            assert_eq!(Period::parse(text), None, "{text:?}");
        }
    }
}
