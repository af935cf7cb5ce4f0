//! The days of a year as of whose end figures are reported.

use jiff::civil::Date;
use report::Timestamp;

use super::calendar::Calendar;
use super::document::{Item, distinct};

/// How a cut-off is written.
const FORM: &str = "write day/month, as in \"14/6\"; 29/2 does not come every year";

/// A day that comes every year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CutOff {
    day: i8,
    month: i8,
}

impl CutOff {
    /// Reads `14/6`: the day, then the month.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (day, month) = text.split_once('/')?;
        let number = |part: &str| {
            let is_number =
                (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
            is_number.then(|| part.parse::<i8>().ok())?
        };
        let cut_off = Self { day: number(day)?, month: number(month)? };
        // A year without a leap day.
        cut_off.in_year(2001).map(|_| cut_off)
    }

    fn in_year(self, year: i16) -> Option<Date> {
        Date::new(year, self.month, self.day).ok()
    }

    fn read(item: &Item<'_>) -> Option<Self> {
        let text = item.text()?;
        let cut_off = Self::parse(text);
        if cut_off.is_none() {
            item.wrong_with_help(format!("`{text}` is no day of the year"), Some(FORM.to_owned()));
        }
        cut_off
    }
}

/// The cut-offs of an office, in any order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CutOffs(Vec<CutOff>);

/// Those of the half-yearly reports.
impl Default for CutOffs {
    fn default() -> Self {
        Self(vec![CutOff { day: 14, month: 6 }, CutOff { day: 14, month: 12 }])
    }
}

impl CutOffs {
    pub(super) fn read(item: &Item<'_>) -> Option<Self> {
        distinct(&item.list()?, CutOff::read).map(Self)
    }

    /// Each cut-off whose day ended after one moment and by another, the earliest first.
    #[must_use]
    pub fn between(&self, calendar: &Calendar, after: Timestamp, until: Timestamp) -> Vec<Date> {
        let [first, last] = [after, until].map(|at| calendar.date_of(at).year());
        let days = (first..=last).flat_map(|year| self.0.iter().map(move |one| one.in_year(year)));
        let over = |date: &Date| {
            let end = calendar.end_of(*date);
            after < end && end <= until
        };
        let mut dates: Vec<_> = days.flatten().filter(over).collect();
        dates.sort_unstable();
        dates
    }

    /// The last one that was over by a moment; `None`: there are none.
    #[must_use]
    pub fn last_by(&self, calendar: &Calendar, until: Timestamp) -> Option<Date> {
        self.between(calendar, until - TWO_YEARS, until).pop()
    }
}

const TWO_YEARS: i64 = 2 * 366 * report::moment::DAY;

#[cfg(test)]
mod tests;
