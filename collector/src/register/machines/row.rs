//! A row in 24 bytes.

use std::ops::Range;

use jiff::civil::Date;

use super::{MachineKind, ReportsBy};
use crate::register::Term;
use crate::register::units::UnitIndex;

/// A row without its texts, which stand one after the other in the string of all rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// Where its texts begin.
    texts_at: u32,
    /// How long its id, serial number, asset tag and host name are.
    lengths: [u8; 4],
    pub(super) from: Day,
    pub(super) until: Day,
    /// Which list of systems it has.
    pub(super) systems: u32,
    pub(super) unit: UnitIndex,
    pub(super) kind: MachineKind,
    pub(super) reports: ReportsBy,
}

/// What a row says beside its texts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Numbers {
    pub(super) unit: UnitIndex,
    pub(super) kind: MachineKind,
    pub(super) systems: u32,
    pub(super) term: Term,
    pub(super) reports: ReportsBy,
}

impl Row {
    /// Puts a row's texts (id, serial number, asset tag, host name) behind those of the others.
    /// `None`: one is longer than [`LONGEST`], or all together are more than 4 GiB.
    pub(super) fn new(numbers: Numbers, texts: [&str; 4], all: &mut String) -> Option<Self> {
        let texts_at = u32::try_from(all.len()).ok()?;
        let mut lengths = [0; 4];
        for (length, text) in lengths.iter_mut().zip(texts) {
            *length = u8::try_from(text.len()).ok()?;
        }
        all.extend(texts);
        Some(Self {
            texts_at,
            lengths,
            from: numbers.term.from.map_or(Day::FIRST, Day::of),
            until: numbers.term.until.map_or(Day::LAST, Day::of),
            systems: numbers.systems,
            unit: numbers.unit,
            kind: numbers.kind,
            reports: numbers.reports,
        })
    }

    pub(super) fn id<'t>(&self, all: &'t str) -> &'t str {
        self.text(0, all)
    }

    pub(super) fn serial<'t>(&self, all: &'t str) -> &'t str {
        self.text(1, all)
    }

    pub(super) fn asset_tag<'t>(&self, all: &'t str) -> &'t str {
        self.text(2, all)
    }

    pub(super) fn host_name<'t>(&self, all: &'t str) -> &'t str {
        self.text(3, all)
    }

    fn text<'t>(&self, which: usize, all: &'t str) -> &'t str {
        let length = |which: usize| usize::from(self.lengths[which]);
        let start = self.texts_at as usize + (0..which).map(length).sum::<usize>();
        let range: Range<usize> = start..start + length(which);
        &all[range]
    }

    pub(super) fn holds(&self, on: Day) -> bool {
        self.from <= on && on <= self.until
    }

    pub(super) fn term(&self) -> Term {
        Term { from: self.from.date(), until: self.until.date() }
    }
}

/// The most bytes of one text.
pub(super) const LONGEST: usize = u8::MAX as usize;

/// A day in four bytes that are ordered as days are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Day(i32);

impl Day {
    /// Before every date.
    const FIRST: Self = Self(i32::MIN);
    /// After every date.
    const LAST: Self = Self(i32::MAX);

    /// Five bits hold a day of the month, four a month.
    pub(super) fn of(date: Date) -> Self {
        let month = i32::from(date.year()) * 16 + i32::from(date.month());
        Self(month * 32 + i32::from(date.day()))
    }

    /// `None` before and after every date.
    pub(super) fn date(self) -> Option<Date> {
        let (month, day) = (self.0.div_euclid(32), self.0.rem_euclid(32));
        let (year, month) = (month.div_euclid(16), month.rem_euclid(16));
        let [month, day] = [month, day].map(|part| i8::try_from(part).ok());
        Date::new(i16::try_from(year).ok()?, month?, day?).ok()
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_row_takes_twenty_four_bytes() {
        assert_eq!(size_of::<Row>(), 24);
    }

    #[test]
    fn what_has_no_date_lies_before_and_after_every_date() {
        assert_eq!([Day::FIRST.date(), Day::LAST.date()], [None, None]);
        assert!(Day::FIRST < Day::of(Date::MIN) && Day::of(Date::MAX) < Day::LAST);
    }

    proptest! {
        #[test]
        fn a_day_comes_back_and_keeps_its_order(
            one in (-9999_i16..=9999, 1_i8..=12, 1_i8..=28),
            other in (-9999_i16..=9999, 1_i8..=12, 1_i8..=31),
        ) {
            let one = date(one.0, one.1, one.2);
            let other = Date::new(other.0, other.1, other.2).unwrap_or(Date::ZERO);
            prop_assert_eq!(Day::of(one).date(), Some(one));
            prop_assert_eq!(Day::of(one).cmp(&Day::of(other)), one.cmp(&other));
        }
    }
}
