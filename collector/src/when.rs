//! Which moment an officer asks about, and how much of what is known today counts.

use jiff::civil::{Date, DateTime};
use report::Timestamp;
use serde::{Deserialize, Serialize};

use crate::policy::calendar::Calendar;

/// The moment that is asked about. It travels as the query of an address: see [`When::query`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct When {
    /// The moment; `None`: the present.
    pub at: Option<Timestamp>,
    /// Whether everything counts that is known now; else only what was known at the moment.
    #[serde(default)]
    pub as_known_now: bool,
}

/// How a past moment is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AsKnown {
    /// As at that moment: by what the collector had received, and by the set in force then.
    Then,
    /// As now: by all that has been received since and was seen by then, and by the set in force
    /// now.
    Now,
}

impl When {
    /// How it is told, where it is not the present.
    #[must_use]
    pub fn as_known(self) -> AsKnown {
        if self.as_known_now { AsKnown::Now } else { AsKnown::Then }
    }

    /// The query of an address that asks about it; empty for the present.
    #[must_use]
    pub fn query(self) -> String {
        let at = self.at.map_or_else(String::new, |at| format!("?at={}", at.0));
        let known = if self.at.is_some() && self.as_known_now { "&as_known_now=true" } else { "" };
        format!("{at}{known}")
    }
}

/// Reads a moment as an officer writes it: `14/6/2026` and `2026-06-14` are the end of that day
/// where the office is, `2026-06-14T17:00` is a time there, and RFC 3339 is a moment anywhere.
///
/// # Errors
/// When it is none of these, with what is expected.
pub fn moment(text: &str, calendar: &Calendar) -> Result<Timestamp, String> {
    let text = text.trim();
    let day = || Some(calendar.end_of(date(text)?));
    let anywhere = || Some(Timestamp(text.parse::<jiff::Timestamp>().ok()?.as_second()));
    let here = || calendar.moment_of(time(text)?);
    day().or_else(anywhere).or_else(here).ok_or_else(|| {
        format!(
            "{text:?} is no moment: write a day (14/6/2026 or 2026-06-14, which means its end), \
             2026-06-14T17:00 for a time in the office, or 2026-06-14T17:00:00+07:00"
        )
    })
}

/// Reads from when on an officer means: as [`moment`], but a day is its beginning.
///
/// # Errors
/// As [`moment`].
pub fn beginning(text: &str, calendar: &Calendar) -> Result<Timestamp, String> {
    date(text.trim()).map_or_else(|| moment(text, calendar), |day| Ok(calendar.start_of(day)))
}

/// `14/6/2026` or `2026-06-14`.
fn date(text: &str) -> Option<Date> {
    let slashes: Vec<_> = text.split('/').collect();
    if let [day, month, year] = slashes[..] {
        let is_written_out = year.len() == 4 && [day, month].iter().all(|part| part.len() <= 2);
        let is_digits =
            [day, month, year].iter().all(|part| part.bytes().all(|b| b.is_ascii_digit()));
        let number = |part: &str| part.parse::<i8>().ok();
        return (is_written_out && is_digits)
            .then(|| Date::new(year.parse().ok()?, number(month)?, number(day)?).ok())?;
    }
    let is_iso = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    is_iso.then(|| text.parse().ok())?
}

/// `2026-06-14T17:00`, with or without seconds.
fn time(text: &str) -> Option<DateTime> {
    let (day, _) = text.split_once('T')?;
    date(day)?;
    text.parse().ok()
}

#[cfg(test)]
mod tests;
