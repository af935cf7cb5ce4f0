//! Moments as Windows writes them. What they are worth, [`plausible`](super::plausible) says.

use report::Timestamp;

/// 1601-01-01, from which file times count.
const BEGINNING: i64 = -11_644_473_600;
const TICKS_PER_SECOND: u64 = 10_000_000;
/// The longest offset a zone has.
const MAX_OFFSET: i64 = 14 * 60;

/// A `FILETIME`: tenths of microseconds since 1601, in UTC. One after the year 9999 is none.
#[must_use]
pub fn filetime(ticks: u64) -> Option<Timestamp> {
    let seconds = i64::try_from(ticks / TICKS_PER_SECOND).ok()?;
    let at = Timestamp(BEGINNING + seconds);
    (at <= Timestamp::from_civil((9999, 12, 31), (23, 59, 59))?).then_some(at)
}

/// A `FILETIME` as it lies in memory and in values of `REG_BINARY`: 8 bytes, the lowest first.
#[must_use]
pub fn filetime_bytes(bytes: &[u8]) -> Option<Timestamp> {
    filetime(u64::from_le_bytes(bytes.try_into().ok()?))
}

/// A `FILETIME` kept as two numbers of 32 bits.
#[must_use]
pub fn filetime_halves(high: u32, low: u32) -> Option<Timestamp> {
    filetime(u64::from(high) << 32 | u64::from(low))
}

/// A `SYSTEMTIME`: 16 bytes, of which the milliseconds are dropped. Its zone is whatever its writer
/// meant; this takes it for UTC.
#[must_use]
pub fn system_time(bytes: &[u8]) -> Option<Timestamp> {
    let bytes: &[u8; 16] = bytes.try_into().ok()?;
    let part = |at: usize| u32::from(u16::from_le_bytes([bytes[2 * at], bytes[2 * at + 1]]));
    let (year, month, day) = (part(0), part(1), part(3));
    let milliseconds = part(7);
    let at = Timestamp::from_civil((year.into(), month, day), (part(4), part(5), part(6)))?;
    (milliseconds < 1000).then_some(at)
}

/// A `DATETIME` of WMI, `20260311085218.000000+420`: the time is that of a zone so many **minutes**
/// east of Greenwich. Where it leaves something out (`*`), it is no moment, nor is an interval.
#[must_use]
pub fn wmi_moment(text: &str) -> Option<Timestamp> {
    let text: &[u8; 25] = text.as_bytes().try_into().ok()?;
    let (fraction, sign) = (&text[15..21], text[21]);
    let number = |from, to| digits(&text[from..to]);
    let date = (number(0, 4)?.into(), number(4, 6)?, number(6, 8)?);
    let time = (number(8, 10)?, number(10, 12)?, number(12, 14)?);
    let minutes = i64::from(number(22, 25)?);
    let east = match sign {
        b'+' => minutes,
        b'-' => -minutes,
        _ => return None,
    };
    // A provider that does not know more than the second may leave the fraction out.
    let fraction = fraction.iter().all(|it| it.is_ascii_digit() || *it == b'*');
    let whole = text[14] == b'.' && fraction && minutes <= MAX_OFFSET;
    let local = Timestamp::from_civil(date, time)?;
    whole.then_some(local - east * 60)
}

fn digits(text: &[u8]) -> Option<u32> {
    let plain = text.iter().all(u8::is_ascii_digit);
    plain.then(|| str::from_utf8(text).ok()?.parse().ok())?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(date: (i64, u32, u32), time: (u32, u32, u32)) -> Option<Timestamp> {
        Timestamp::from_civil(date, time)
    }

    #[test]
    fn the_offset_of_wmi_is_in_minutes() {
        let expected = at((2025, 3, 11), (1, 52, 18));
        assert_eq!(wmi_moment("20250311015218.000000+000"), expected);
        assert_eq!(wmi_moment("20250311025218.000000+060"), expected);
        assert_eq!(wmi_moment("20250311085218.500000+420"), expected);
        assert_eq!(wmi_moment("20250310202218.******-330"), expected);
    }

    #[test]
    fn what_is_no_moment_of_wmi_is_none() {
        for text in [
            "",
            "20250311015218.000000",
            "20250311015218.000000+0000",
            "20250311015218,000000+000",
            "2025031101****.000000+000",
            "20251311015218.000000+000",
            "20250229015218.000000+000",
            "20250311015218.000000*000",
            "20250311015218.000000+***",
            "20250311015218.000000+841",
            "+0250311015218.000000+000",
            // An interval of eight days.
            "00000008000000.000000:000",
            "2025031101521ồ.00000+000",
        ] {
            assert_eq!(wmi_moment(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_file_time_has_its_lowest_byte_first() {
        let expected = at((2025, 3, 11), (1, 52, 18));
        let ticks: u64 = 133_861_315_380_000_000;
        assert_eq!(filetime(ticks), expected);
        assert_eq!(filetime_bytes(&ticks.to_le_bytes()), expected);
        assert_ne!(filetime_bytes(&ticks.to_be_bytes()), expected);
        assert_eq!(filetime_halves(0x1db9228, 0x38643500), expected);
    }

    #[test]
    fn a_file_time_of_another_length_is_none() {
        for length in [0, 4, 7, 9, 16] {
            assert_eq!(filetime_bytes(&vec![1; length]), None, "{length}");
        }
        assert_eq!(filetime(u64::MAX), None);
        assert_eq!(filetime(i64::MAX.cast_unsigned()), None);
    }

    #[test]
    fn a_system_time_is_read_without_its_weekday() {
        let fields: [u16; 8] = [2026, 11, 6, 21, 7, 24, 30, 999];
        let bytes: Vec<u8> = fields.iter().flat_map(|field| field.to_le_bytes()).collect();
        assert_eq!(system_time(&bytes), at((2026, 11, 21), (7, 24, 30)));
        assert_eq!(system_time(&[0; 16]), None);
        assert_eq!(system_time(&[0xff; 16]), None);
        assert_eq!(system_time(&bytes[..15]), None);
    }

    proptest! {
        #[test]
        fn a_file_time_is_read_back(seconds in 0_u64..265_000_000_000, rest in 0_u64..10_000_000) {
            let ticks = seconds * TICKS_PER_SECOND + rest;
            let expected = Timestamp(BEGINNING + i64::try_from(seconds).unwrap());
            prop_assert_eq!(filetime_bytes(&ticks.to_le_bytes()), Some(expected));
            let high = u32::try_from(ticks >> 32).unwrap();
            let low = u32::try_from(ticks & 0xffff_ffff).unwrap();
            prop_assert_eq!(filetime_halves(high, low), Some(expected));
        }

        #[test]
        fn a_moment_of_wmi_is_read_back(
            seconds in -11_644_000_000_i64..250_000_000_000,
            east in -840_i64..=840,
        ) {
            let local = (Timestamp(seconds) + east * 60).to_string();
            let digits: String = local.chars().filter(char::is_ascii_digit).collect();
            let sign = if east < 0 { '-' } else { '+' };
            let text = format!("{digits}.000000{sign}{:03}", east.abs());
            prop_assert_eq!(wmi_moment(&text), Some(Timestamp(seconds)));
        }

        #[test]
        fn no_text_and_no_bytes_bring_it_down(
            text in "[0-9+*.:ồ-]{0,30}",
            bytes in prop::collection::vec(any::<u8>(), 0..20),
        ) {
            let _ = (wmi_moment(&text), system_time(&bytes), filetime_bytes(&bytes));
        }
    }
}
