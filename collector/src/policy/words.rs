//! Dates, numbers, spans and words as people write them in each language.

use jiff::civil::{Date, DateTime};
use report::catalogue::{Kind, Tense};
use report::moment::DAY;
use report::{Bilingual, Lang, Timestamp};

use super::calendar::Calendar;
use super::facts::Finding;
use super::period::Period;
use crate::machine::view::Datum;

const HOUR: i64 = 3600;
const MINUTE: i64 = 60;

/// Both sides from one function.
pub(crate) fn both(words: impl Fn(Lang) -> String) -> Bilingual {
    Bilingual::new(words(Lang::Vi), words(Lang::En))
}

/// `22/11/2026`, `2026-11-22`.
pub(crate) fn date(date: Date, lang: Lang) -> String {
    match lang {
        Lang::Vi => date.strftime("%d/%m/%Y").to_string(),
        Lang::En => date.strftime("%Y-%m-%d").to_string(),
    }
}

/// `22/11/2026 08:00`, `2026-11-22 08:00`.
pub(crate) fn time(at: DateTime, lang: Lang) -> String {
    format!("{} {}", date(at.date(), lang), at.strftime("%H:%M"))
}

/// A moment by the office's clock: `22/11/2026 08:00`, `2026-11-22 08:00`.
pub(crate) fn moment(at: Timestamp, calendar: &Calendar, lang: Lang) -> String {
    time(calendar.time_of(at), lang)
}

/// `1.234`, `1,234`.
pub(crate) fn number(number: u64, lang: Lang) -> String {
    let separator = match lang {
        Lang::Vi => '.',
        Lang::En => ',',
    };
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(separator);
        }
        grouped.push(digit);
    }
    grouped
}

/// Tenths as a percentage: `97,5 %`, `97.5%`.
pub(crate) fn percent(tenths: u64, lang: Lang) -> String {
    let (whole, rest) = (tenths / 10, tenths % 10);
    match lang {
        Lang::Vi => format!("{whole},{rest} %"),
        Lang::En => format!("{whole}.{rest}%"),
    }
}

/// A percentage without a fraction: `97 %`, `97%`.
pub(crate) fn whole_percent(share: u8, lang: Lang) -> String {
    match lang {
        Lang::Vi => format!("{share} %"),
        Lang::En => format!("{share}%"),
    }
}

/// Tenths of a percentage point by which a share has changed: `+1,5 điểm`, `-0.3 points`.
pub(crate) fn change(tenths: i64, lang: Lang) -> String {
    let sign = match tenths {
        ..0 => "-",
        0 => "",
        1.. => "+",
    };
    let (whole, rest) = (tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10);
    match lang {
        Lang::Vi => format!("{sign}{whole},{rest} điểm"),
        Lang::En => format!("{sign}{whole}.{rest} points"),
    }
}

/// `7 ngày`, `7 days`: in the largest unit that divides it.
pub(crate) fn period(period: Period, lang: Lang) -> String {
    let seconds = period.seconds();
    match seconds {
        _ if seconds % DAY == 0 => counted(seconds / DAY, ["ngày", "day"], lang),
        _ if seconds % HOUR == 0 => counted(seconds / HOUR, ["giờ", "hour"], lang),
        _ => counted(seconds / MINUTE, ["phút", "minute"], lang),
    }
}

/// How long ago: `3 ngày trước`, `3 days ago`.
fn ago(seconds: i64, lang: Lang) -> String {
    match (span(seconds, lang), lang) {
        (None, _) => pick(["vừa xong", "just now"], lang).to_owned(),
        (Some(span), Lang::Vi) => format!("{span} trước"),
        (Some(span), Lang::En) => format!("{span} ago"),
    }
}

/// How far a clock is off: `nhanh 3 phút`, `3 minutes fast`.
pub(crate) fn clock_off(seconds: i64, lang: Lang) -> String {
    let fast = seconds > 0;
    match (span(seconds.saturating_abs(), lang), lang) {
        (None, _) => pick(["đúng giờ", "right"], lang).to_owned(),
        (Some(span), Lang::Vi) => format!("{} {span}", if fast { "nhanh" } else { "chậm" }),
        (Some(span), Lang::En) => format!("{span} {}", if fast { "fast" } else { "slow" }),
    }
}

/// In the largest unit that fits; `None` where that is less than a minute.
fn span(seconds: i64, lang: Lang) -> Option<String> {
    Some(match seconds {
        ..MINUTE => return None,
        MINUTE..HOUR => counted(seconds / MINUTE, ["phút", "minute"], lang),
        HOUR..DAY => counted(seconds / HOUR, ["giờ", "hour"], lang),
        DAY.. => counted(seconds / DAY, ["ngày", "day"], lang),
    })
}

/// How long is left: `còn 12 ngày`, `12 days left`; `đã qua`, `is past`.
fn left(seconds: i64, lang: Lang) -> String {
    if seconds < 0 {
        return pick(["đã hết", "past"], lang).to_owned();
    }
    let days = counted(seconds / DAY, ["ngày", "day"], lang);
    match lang {
        Lang::Vi => format!("còn {days}"),
        Lang::En => format!("{days} left"),
    }
}

fn counted(count: i64, [vi, en]: [&str; 2], lang: Lang) -> String {
    match (lang, count) {
        (Lang::Vi, _) => format!("{count} {vi}"),
        (Lang::En, 1) => format!("{count} {en}"),
        (Lang::En, _) => format!("{count} {en}s"),
    }
}

/// One side of two.
pub(crate) fn pick<T>([vi, en]: [T; 2], lang: Lang) -> T {
    match lang {
        Lang::Vi => vi,
        Lang::En => en,
    }
}

/// Yes or no.
pub(crate) fn yes_no(yes: bool, lang: Lang) -> String {
    let words = if yes { ["có", "yes"] } else { ["không", "no"] };
    pick(words, lang).to_owned()
}

/// A word of a closed list as people read it.
pub(crate) fn choice(word: &str, lang: Lang) -> String {
    let words = match word {
        "on" => ["đang bật", "on"],
        "off" => ["đang tắt", "off"],
        "snoozed" => ["tạm ngừng", "snoozed"],
        "expired" => ["đã hết hạn", "expired"],
        "licensed" => ["có bản quyền", "licensed"],
        "trial" => ["dùng thử", "trial"],
        "free" => ["miễn phí", "free"],
        "builtin" => ["đi kèm hệ điều hành", "built in"],
        "none" => ["không có bản quyền", "none"],
        "unknown" => ["chưa rõ", "unknown"],
        "vendor" => ["phần mềm cho biết", "the product says"],
        "security_center" => ["Windows Security Center", "Windows Security Center"],
        "register" => ["sổ đăng ký", "the register"],
        "workstation" => ["máy trạm", "workstation"],
        "server" => ["máy chủ", "server"],
        "desktop" => ["máy để bàn", "desktop"],
        "laptop" => ["máy tính xách tay", "laptop"],
        "virtual" => ["máy ảo", "virtual machine"],
        "other" => ["loại khác", "other"],
        "client" => ["bản cho máy trạm", "client"],
        "server_core" => ["máy chủ không giao diện", "server core"],
        "download_only" => ["chỉ tải về", "downloaded only"],
        "suspended" => ["tạm dừng bảo vệ", "suspended"],
        "encrypting" => ["đang mã hóa", "being encrypted"],
        "yes" => ["có", "yes"],
        "keys_only" => ["chỉ bằng khóa", "with keys only"],
        "no" => ["không", "no"],
        "servicing" => ["thành phần của Windows", "Windows servicing"],
        "linux" => ["Linux", "Linux"],
        "windows" => ["Windows", "Windows"],
        "windows_update" => ["Windows Update", "Windows Update"],
        other => return other.to_owned(),
    };
    pick(words, lang).to_owned()
}

/// A value as people read it, with its distance from now where it is a moment.
pub(crate) fn value(value: Datum<'_>, kind: Kind, clock: Instants<'_>, lang: Lang) -> String {
    match value {
        Datum::Text(text) => text.to_owned(),
        Datum::Choice(word) => choice(word, lang),
        Datum::Bool(yes) => yes_no(yes, lang),
        Datum::Count(count) => number(count, lang),
        Datum::Records(records) => {
            number(u64::try_from(records.iter().count()).unwrap_or(u64::MAX), lang)
        }
        Datum::Moment(moment) => {
            let day = date(clock.calendar.date_of(moment.at), lang);
            let distance = match kind {
                Kind::Moment(Tense::End) => left(moment.at.since(clock.horizon), lang),
                Kind::Moment(Tense::Happened)
                | Kind::Text
                | Kind::Version
                | Kind::OneOf(_)
                | Kind::Bool
                | Kind::Count
                | Kind::Records(_) => ago(clock.now.since(moment.at), lang),
            };
            format!("{day} ({distance})")
        }
    }
}

/// A finding as people read it.
pub(crate) fn finding(finding: Finding<'_>, kind: Kind, clock: Instants<'_>, lang: Lang) -> String {
    match finding {
        Finding::Known(known) => value(known, kind, clock, lang),
        Finding::Absent => pick(["không có", "absent"], lang).to_owned(),
        Finding::Unknown(why) => why.words(clock.calendar).get(lang).to_owned(),
    }
}

/// Several phrases one after the other.
pub(crate) fn joined(parts: &[Bilingual], separator: &str) -> Bilingual {
    both(|lang| {
        let sides: Vec<_> = parts.iter().map(|part| part.get(lang)).collect();
        sides.join(separator)
    })
}

/// What moments are told from.
#[derive(Clone, Copy)]
pub(crate) struct Instants<'c> {
    pub(crate) now: Timestamp,
    pub(crate) horizon: Timestamp,
    pub(crate) calendar: &'c Calendar,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_the_way_each_language_does() {
        assert_eq!(number(7, Lang::Vi), "7");
        assert_eq!(number(123, Lang::En), "123");
        assert_eq!(number(1234, Lang::Vi), "1.234");
        assert_eq!(number(12_345_678, Lang::En), "12,345,678");
        assert_eq!(percent(996, Lang::Vi), "99,6 %");
        assert_eq!(percent(1000, Lang::En), "100.0%");
        assert_eq!(change(-3, Lang::Vi), "-0,3 điểm");
        assert_eq!(change(12, Lang::En), "+1.2 points");
        assert_eq!(change(0, Lang::Vi), "0,0 điểm");
    }

    #[test]
    fn every_word_of_the_catalogue_is_read_in_both_languages() {
        for key in report::FactKey::all() {
            let Kind::OneOf(words) = key.spec().kind else { continue };
            for word in words {
                assert_ne!(choice(word, Lang::Vi), *word, "{key:?}");
            }
        }
    }

    #[test]
    fn spans_use_the_largest_unit_that_fits() {
        assert_eq!(period(Period::days(1), Lang::En), "1 day");
        assert_eq!(period(Period::parse("36h").unwrap(), Lang::Vi), "36 giờ");
        assert_eq!(period(Period::parse("90m").unwrap(), Lang::En), "90 minutes");
        assert_eq!(ago(3 * DAY + 5, Lang::Vi), "3 ngày trước");
        assert_eq!(ago(-20, Lang::En), "just now");
        assert_eq!(clock_off(-59, Lang::En), "right");
        assert_eq!(clock_off(180, Lang::Vi), "nhanh 3 phút");
        assert_eq!(clock_off(-26 * 365 * DAY, Lang::En), "9490 days slow");
        assert_eq!(clock_off(i64::MIN, Lang::Vi), "chậm 106751991167300 ngày");
        assert_eq!(left(-1, Lang::Vi), "đã hết");
        assert_eq!(left(12 * DAY, Lang::En), "12 days left");
    }
}
