//! Dates by a template: `YYYY-MM-DD hh:mm:ss`.

use report::Timestamp;
use report::catalogue::Tense;

use crate::probes::dates;

/// What a date is made of, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::probes::antivirus) struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// So many digits of a number.
    Digits(Unit, usize),
    /// `Jan` to `Dec`.
    MonthName,
    /// `Z`, `UTC`, `GMT+2`, `+0700`.
    Zone,
    /// Exactly this.
    Literal(char),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
}

const WORDS: [(&str, Part); 9] = [
    ("YYYY", Part::Digits(Unit::Year, 4)),
    ("YY", Part::Digits(Unit::Year, 2)),
    ("MM", Part::Digits(Unit::Month, 2)),
    ("Mon", Part::MonthName),
    ("DD", Part::Digits(Unit::Day, 2)),
    ("hh", Part::Digits(Unit::Hour, 2)),
    ("mm", Part::Digits(Unit::Minute, 2)),
    ("ss", Part::Digits(Unit::Second, 2)),
    ("zone", Part::Zone),
];

/// A date as its numbers come together.
#[derive(Default)]
struct Civil {
    year: i64,
    month: u32,
    day: u32,
    hour: Option<u32>,
    minute: u32,
    second: u32,
    /// Seconds east of Greenwich.
    offset: i64,
}

impl Template {
    /// A template that has a year, a month and a day; anything else is none.
    pub(in crate::probes::antivirus) fn parse(written: &str) -> Option<Self> {
        let mut parts = Vec::new();
        let mut rest = written;
        while let Some(first) = rest.chars().next() {
            let word = WORDS.iter().find_map(|(word, part)| Some((rest.strip_prefix(word)?, part)));
            let part = match word {
                Some((behind, part)) => {
                    rest = behind;
                    part.clone()
                }
                None => {
                    rest = rest.strip_prefix(first)?;
                    Part::Literal(first)
                }
            };
            parts.push(part);
        }
        let has =
            |unit: Unit| parts.iter().any(|it| matches!(it, Part::Digits(of, _) if *of == unit));
        let is_date = has(Unit::Year)
            && has(Unit::Day)
            && (has(Unit::Month) || parts.contains(&Part::MonthName));
        is_date.then_some(Self(parts))
    }

    /// The moment of a text that fits to its last letter. A day alone is its first moment, and as
    /// an end its last.
    pub(in crate::probes::antivirus) fn read(&self, text: &str, tense: Tense) -> Option<Timestamp> {
        let mut civil = Civil::default();
        let mut rest = text;
        for part in &self.0 {
            rest = civil.take(part, rest)?;
        }
        rest.is_empty().then_some(())?;
        let date = (civil.year, civil.month, civil.day);
        let time = match (civil.hour, tense) {
            (Some(hour), _) => (hour, civil.minute, civil.second),
            (None, Tense::Happened) => (0, 0, 0),
            (None, Tense::End) => (23, 59, 59),
        };
        Timestamp::from_civil(date, time).map(|local| local - civil.offset)
    }
}

impl Civil {
    /// Takes a part off the beginning of a text.
    fn take<'t>(&mut self, part: &Part, text: &'t str) -> Option<&'t str> {
        match part {
            Part::Literal(letter) => text.strip_prefix(*letter),
            Part::MonthName => {
                let (name, rest) = text.split_at_checked(3)?;
                self.month = dates::month(name)?;
                Some(rest)
            }
            Part::Zone => {
                self.offset = zone(text)?;
                Some("")
            }
            Part::Digits(unit, count) => {
                let (digits, rest) = text.split_at_checked(*count)?;
                let is_number = digits.bytes().all(|it| it.is_ascii_digit());
                self.set(*unit, digits.parse().ok().filter(|_| is_number)?);
                Some(rest)
            }
        }
    }

    fn set(&mut self, unit: Unit, number: u32) {
        match unit {
            Unit::Year if number < 100 => self.year = 2000 + i64::from(number),
            Unit::Year => self.year = i64::from(number),
            Unit::Month => self.month = number,
            Unit::Day => self.day = number,
            Unit::Hour => self.hour = Some(number),
            Unit::Minute => self.minute = number,
            Unit::Second => self.second = number,
        }
    }
}

/// Seconds east of Greenwich.
fn zone(text: &str) -> Option<i64> {
    let rest = text.strip_prefix("GMT").or_else(|| text.strip_prefix("UTC")).unwrap_or(text);
    if rest.is_empty() || text == "Z" {
        return (!text.is_empty()).then_some(0);
    }
    let (sign, digits) = match rest.split_at_checked(1)? {
        ("+", digits) => (1, digits.replace(':', "")),
        ("-", digits) => (-1, digits.replace(':', "")),
        _ => return None,
    };
    let number: u32 =
        digits.parse().ok().filter(|_| digits.bytes().all(|it| it.is_ascii_digit()))?;
    let (hours, minutes) = match digits.len() {
        1 | 2 => (number, 0),
        4 => (number / 100, number % 100),
        _ => return None,
    };
    let is_plausible = hours <= 14 && minutes < 60;
    is_plausible.then(|| sign * i64::from(hours * 3600 + minutes * 60))
}
