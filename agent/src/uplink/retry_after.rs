//! How long a collector, or whatever balances the load before it, asks to be left alone.

use std::time::Duration;

use hyper::header::{self, HeaderMap, HeaderName};
use report::Timestamp;

/// Either a number of seconds, or a date. That is held against the date of the answer itself: the
/// clock of this machine may be wrong, and both dates come from one clock.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let asked = text(headers, &header::RETRY_AFTER)?;
    if let Ok(seconds) = asked.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let answered_at = imf_fixdate(text(headers, &header::DATE)?)?;
    let seconds = imf_fixdate(asked)?.since(answered_at);
    Some(Duration::from_secs(seconds.max(0).unsigned_abs()))
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `Sun, 06 Nov 1994 08:49:37 GMT`, the one form of a date that RFC 9110 lets anybody write. The
/// day of the week says nothing more.
fn imf_fixdate(text: &str) -> Option<Timestamp> {
    let (_weekday, rest) = text.strip_suffix(" GMT")?.split_once(", ")?;
    let mut words = rest.split(' ');
    let (day, month, year, time) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let month = MONTHS.iter().position(|name| *name == month)?;
    let month = u32::try_from(month + 1).ok()?;
    let mut parts = time.split(':').map(|part| digits(part, 2));
    let time = (parts.next()??, parts.next()??, parts.next()??);
    if words.next().is_some() || parts.next().is_some() {
        return None;
    }
    Timestamp::from_civil((digits(year, 4)?.into(), month, digits(day, 2)?), time)
}

fn digits(text: &str, count: usize) -> Option<u32> {
    let are_digits = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    are_digits.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(retry_after: &'static str, date: Option<&'static str>) -> Option<u64> {
        let mut headers = HeaderMap::new();
        headers.insert(header::RETRY_AFTER, retry_after.parse().unwrap());
        if let Some(date) = date {
            headers.insert(header::DATE, date.parse().unwrap());
        }
        super::retry_after(&headers).map(|asked| asked.as_secs())
    }

    const SEVEN: &str = "Sun, 22 Nov 2026 07:00:00 GMT";

    #[test]
    fn seconds_are_seconds() {
        assert_eq!(read("120", None), Some(120));
        assert_eq!(read(" 7 ", Some(SEVEN)), Some(7));
        assert_eq!(read("-1", None), None);
        assert_eq!(read("soon", Some(SEVEN)), None);
        assert_eq!(super::retry_after(&HeaderMap::new()), None);
    }

    #[test]
    fn a_date_is_held_against_the_answers_own() {
        assert_eq!(read("Sun, 22 Nov 2026 07:02:03 GMT", Some(SEVEN)), Some(123));
        assert_eq!(read("Mon, 23 Nov 2026 07:00:00 GMT", Some(SEVEN)), Some(86_400));
        assert_eq!(read("Sun, 22 Nov 2026 06:00:00 GMT", Some(SEVEN)), Some(0), "it is over");
        assert_eq!(read(SEVEN, None), None, "this machine's clock says nothing");
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "Sun, 22 Nov 2026 07:00:00",
            "Sunday, 22-Nov-26 07:00:00 GMT",
            "Sun, 31 Feb 2026 07:00:00 GMT",
            "Sun, 22 Noi 2026 07:00:00 GMT",
            "Sun, 22 Nov 2026 7:00:00 GMT",
            "Sun, 22 Nov 2026 07:00 GMT",
            "Sun, 22 Nov 2026 07:00:00:00 GMT",
            "Sun, +2 Nov 2026 07:00:00 GMT",
            ", GMT",
        ] {
            assert_eq!(imf_fixdate(text), None, "{text:?}");
        }
        assert_eq!(imf_fixdate("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Timestamp(784_111_777)));
    }
}
