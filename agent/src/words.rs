//! Words in both languages.

use report::{Bilingual, Lang, Timestamp};

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

impl From<Words> for Bilingual {
    fn from(words: Words) -> Self {
        Self::new(words.vi, words.en)
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

/// A number of seconds as people say it.
#[must_use]
pub fn span(seconds: i64) -> Bilingual {
    match seconds.unsigned_abs() {
        seconds @ 0..120 => Bilingual::new(format!("{seconds} giây"), format!("{seconds} s")),
        seconds @ 120..7200 => {
            Bilingual::new(format!("{} phút", seconds / 60), format!("{} min", seconds / 60))
        }
        seconds @ 7200..172_800 => {
            Bilingual::new(format!("{} giờ", seconds / 3600), format!("{} h", seconds / 3600))
        }
        seconds => {
            let days = seconds / 86_400;
            Bilingual::new(format!("{days} ngày"), format!("{days} days"))
        }
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

    #[test]
    fn spans_are_said_in_the_unit_people_would_use() {
        let said = [119, 120, 7199, 7200, 172_799, 172_800, -900].map(|seconds| span(seconds).en);
        assert_eq!(said, ["119 s", "2 min", "119 min", "2 h", "47 h", "2 days", "15 min"]);
    }
}
