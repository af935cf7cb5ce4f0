//! Words in both languages.

use report::{Lang, Timestamp};

/// One word or phrase in Vietnamese and English.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    vi: &'static str,
    en: &'static str,
}

/// A phrase from its two sides.
#[must_use]
pub const fn words(vi: &'static str, en: &'static str) -> Words {
    Words { vi, en }
}

impl Words {
    /// The side for a language.
    #[must_use]
    pub fn get(self, lang: Lang) -> &'static str {
        match lang {
            Lang::Vi => self.vi,
            Lang::En => self.en,
        }
    }
}

/// A moment as people write it.
#[must_use]
pub fn moment(at: Timestamp, lang: Lang) -> String {
    match lang {
        Lang::Vi => {
            let (year, month, day) = at.civil_date();
            let minute = at.0.rem_euclid(report::moment::DAY) / 60;
            let (hour, minute) = (minute / 60, minute % 60);
            format!("{day:02}/{month:02}/{year:04} {hour:02}:{minute:02} UTC")
        }
        Lang::En => at.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_writes_its_own_dates() {
        let at = Timestamp::from_civil((2026, 11, 22), (3, 9, 14)).unwrap();
        assert_eq!(moment(at, Lang::Vi), "22/11/2026 03:09 UTC");
        assert_eq!(moment(at, Lang::En), "2026-11-22T03:09:14Z");
    }
}
