//! What answers mean, and what they do not.

use proptest::prelude::*;

use super::*;
use crate::host::recorded::reason;

/// 2026-11-22 12:00:00.
const NOW: Timestamp = Timestamp(1_795_348_800);

fn raw(text: &str) -> Raw {
    Raw::Text(text.to_owned())
}

fn scheme(name: &str) -> Scheme {
    let named = Scheme::NAMED.into_iter().find(|(known, _)| *known == name);
    named.map_or_else(|| Scheme::Written(Template::parse(name).unwrap()), |(_, scheme)| scheme)
}

fn at(name: &str, tense: Tense, raw: &Raw) -> Fact {
    Meaning::Moment(vec![scheme(name)]).of(raw, tense, NOW)
}

fn happened(name: &str, text: &str) -> Fact {
    at(name, Tense::Happened, &raw(text))
}

fn civil(date: (i64, u32, u32), time: (u32, u32, u32)) -> Fact {
    moment(Moment::source(Timestamp::from_civil(date, time).unwrap()))
}

#[test]
fn now_is_the_day_these_tests_mean() {
    assert_eq!(Timestamp::from_civil((2026, 11, 22), (12, 0, 0)), Some(NOW));
}

#[test]
fn dates_are_read_as_vendors_write_them() {
    for (name, text, expected) in [
        ("unix", "1795240011", civil((2026, 11, 21), (5, 46, 51))),
        ("unix_ms", "1691587153787", civil((2023, 8, 9), (13, 19, 13))),
        ("wmi", "20161201095245.000000+060", civil((2016, 12, 1), (8, 52, 45))),
        ("filetime", "133861315380000000", civil((2025, 3, 11), (1, 52, 18))),
        ("DD-MM-YYYY hh-mm-ss", "21-11-2026 02-14-00", civil((2026, 11, 21), (2, 14, 0))),
        ("YYYY-Mon-DD hh:mm:ss", "2020-Aug-11 18:40:16", civil((2020, 8, 11), (18, 40, 16))),
        ("YYYY-MM-DDThh:mm:sszone", "2018-11-17T12:00:00Z", civil((2018, 11, 17), (12, 0, 0))),
        ("YYYYMMDD", "20250909", civil((2025, 9, 9), (0, 0, 0))),
        ("YYMMDD", "261120", civil((2026, 11, 20), (0, 0, 0))),
        ("DD.MM.YYYY", "31.10.2026", civil((2026, 10, 31), (0, 0, 0))),
    ] {
        assert_eq!(happened(name, text), expected, "{name}");
    }
    let bytes = Raw::Bytes(133_861_315_380_000_000_i64.to_le_bytes().to_vec());
    let expected = civil((2025, 3, 11), (1, 52, 18));
    assert_eq!(at("filetime", Tense::Happened, &bytes), expected);
}

#[test]
fn the_zone_of_a_date_is_taken_off() {
    let name = "YYYY-MM-DD at hh:mm:ss zone";
    for (zone, expected) in [
        ("GMT+2", (9, 44, 37)),
        ("GMT-3", (14, 44, 37)),
        ("GMT+05:30", (6, 14, 37)),
        ("+0700", (4, 44, 37)),
        ("UTC", (11, 44, 37)),
        ("Z", (11, 44, 37)),
    ] {
        let text = format!("2023-08-24 at 11:44:37 {zone}");
        assert_eq!(happened(name, &text), civil((2023, 8, 24), expected), "{zone}");
    }
    for zone in ["", "ICT", "GMT+", "GMT+99", "GMT+123", "GMT2", "GMT++2", "GMT+2 "] {
        let text = format!("2023-08-24 at 11:44:37 {zone}x");
        assert_eq!(reason(&happened(name, &text)), Some(Reason::ParseError), "{zone}");
    }
}

#[test]
fn what_does_not_fit_a_format_to_its_last_letter_is_no_date() {
    for text in [
        "2026-11-21 02-14-00",
        "21-11-2026 02-14",
        "21-11-2026 02-14-00 UTC",
        "31-11-2026 02-14-00",
        "+1-11-2026 02-14-00",
        "21-11-2026 24-00-00",
        "",
        "soon",
    ] {
        let read = happened("DD-MM-YYYY hh-mm-ss", text);
        assert_eq!(reason(&read), Some(Reason::ParseError), "{text}");
    }
}

#[test]
fn never_is_no_date_and_not_today() {
    for (name, text) in [
        ("unix", "0"),
        ("unix", "4294967295"),
        ("unix_ms", "0"),
        ("filetime", "0"),
        ("wmi", "16010101000000.000000+000"),
        ("YYYY-MM-DD hh:mm:ss", "1970-01-01 00:00:00"),
        ("YYYY-MM-DD", "1899-12-30"),
    ] {
        assert_eq!(reason(&happened(name, text)), Some(Reason::SourceStale), "{name} {text}");
        let end = at(name, Tense::End, &raw(text));
        assert!(reason(&end).is_some(), "{name} {text}: {end:?}");
    }
}

#[test]
fn what_is_to_have_happened_does_not_lie_ahead() {
    assert!(happened("YYYY-MM-DD", "2026-11-23").known().is_some());
    assert_eq!(reason(&happened("YYYY-MM-DD", "2026-11-24")), Some(Reason::ParseError));
}

#[test]
fn a_licence_that_ends_on_a_day_is_good_on_that_day() {
    let end = at("YYYY-MM-DD", Tense::End, &raw("2026-06-21"));
    assert_eq!(end, civil((2026, 6, 21), (23, 59, 59)));
    let end = at("YYYY-MM-DD hh:mm:ss", Tense::End, &raw("2026-06-30 12:00:00"));
    assert_eq!(end, civil((2026, 6, 30), (12, 0, 0)));
}

#[test]
fn days_left_are_a_day_by_the_machines_clock_and_absurd_ones_are_none() {
    let left = |days| at("days_left", Tense::End, &Raw::Number(days));
    let end = Timestamp::from_civil((2027, 1, 3), (23, 59, 59)).unwrap();
    assert_eq!(left(42), moment(Moment::machine(end)));
    for days in [-1, 7321, 65_535, 4_294_967_295, i64::MAX, i64::MIN] {
        assert_eq!(reason(&left(days)), Some(Reason::ParseError), "{days}");
    }
}

#[test]
fn the_most_exact_state_counts() {
    let states = Meaning::states(vec![
        (Pattern::of("*"), Told::Choice("snoozed")),
        (Pattern::of("available*"), Told::Choice("off")),
        (Pattern::of("Available and running"), Told::Choice("on")),
        (Pattern::of("*licence*"), Told::Choice("expired")),
    ]);
    for (text, expected) in [
        ("Available and running", "on"),
        ("AVAILABLE AND RUNNING", "on"),
        ("Available and stopped", "off"),
        ("no licence today", "expired"),
        ("anything", "snoozed"),
    ] {
        assert_eq!(states.of(&raw(text), Tense::Happened, NOW), choice(expected), "{text}");
    }
}

#[test]
fn a_state_that_nobody_wrote_down_is_unknown() {
    let states = Meaning::states(vec![(Pattern::of("1"), Told::Bool(true))]);
    let read = |raw: &Raw| states.of(raw, Tense::Happened, NOW);
    assert_eq!(read(&Raw::Number(1)), yes_or_no(true));
    for raw in [raw("2"), raw(""), raw("Работает"), Raw::Number(2), Raw::Bytes(vec![1])] {
        assert_eq!(reason(&read(&raw)), Some(Reason::ParseError), "{raw:?}");
    }
}

#[test]
fn yes_and_no_are_written_in_many_ways_and_two_is_neither() {
    let read = |raw: &Raw| Meaning::Bool.of(raw, Tense::Happened, NOW);
    for yes in [raw("true"), raw("On"), raw("Yes"), Raw::Number(1), Raw::Bool(true)] {
        assert_eq!(read(&yes), yes_or_no(true), "{yes:?}");
    }
    for no in [raw("false"), raw("OFF"), raw("0"), Raw::Bool(false)] {
        assert_eq!(read(&no), yes_or_no(false), "{no:?}");
    }
    for neither in [raw("2"), raw(""), Raw::Number(-1), Raw::Bytes(vec![1])] {
        assert_eq!(reason(&read(&neither)), Some(Reason::ParseError), "{neither:?}");
    }
}

#[test]
fn a_version_is_a_version_and_nothing_personal() {
    let read = |text: &str| Meaning::Text.of(&raw(text), Tense::Happened, NOW);
    for version in ["31832 (20250909)", "7.0.3.2239", "10.1.0.5960", "1270-120305", "8.2.1~rc1"] {
        assert_eq!(read(version), text(version));
    }
    for other in [
        "",
        "unknown",
        "lan.nguyen1@example.vn",
        "Nguyễn Văn 2",
        "cid=\"79391c24113773b01d8181c38c3e111a\"",
        &"1".repeat(65),
        "-1",
    ] {
        let why = read(other);
        assert_eq!(reason(&why), Some(Reason::ParseError), "{other}");
        assert!(other.len() < 2 || !format!("{why:?}").contains(other), "{why:?}");
    }
}

#[test]
fn a_version_among_other_words_is_its_digits() {
    let read = |text: &str| Meaning::Dotted.of(&raw(text), Tense::Happened, NOW);
    assert_eq!(read("6.24.12104.0tags=office"), text("6.24.12104.0"));
    assert_eq!(read("7.29.18202.0."), text("7.29.18202.0"));
    assert_eq!(reason(&read("v1")), Some(Reason::ParseError));
}

#[test]
fn a_pattern_number_is_written_as_its_vendor_shows_it() {
    let read = |raw: &Raw| Meaning::HundredThousandths.of(raw, Tense::Happened, NOW);
    assert_eq!(read(&Raw::Number(1_994_500)), text("19.945.00"));
    assert_eq!(read(&raw("1994507")), text("19.945.07"));
    assert_eq!(reason(&read(&Raw::Number(0))), Some(Reason::ParseError));
}

proptest! {
    #[test]
    fn no_answer_brings_it_down(
        text in ".{0,60}",
        number in any::<i64>(),
        bytes in prop::collection::vec(any::<u8>(), 0..12),
        written in "[YMDhms:-]{0,24}",
    ) {
        let mut schemes: Vec<_> = Scheme::NAMED.into_iter().map(|(_, scheme)| scheme).collect();
        schemes.extend(Template::parse(&written).map(Scheme::Written));
        let meanings = [
            Meaning::Text,
            Meaning::Dotted,
            Meaning::HundredThousandths,
            Meaning::Bool,
            Meaning::states(vec![(Pattern::of(&text), Told::Bool(true))]),
            Meaning::Moment(schemes),
        ];
        for raw in [Raw::Text(text), Raw::Number(number), Raw::Bytes(bytes), Raw::Bool(true)] {
            for meaning in &meanings {
                let _ = meaning.of(&raw, Tense::Happened, NOW);
                let _ = meaning.of(&raw, Tense::End, NOW);
            }
        }
    }

    #[test]
    fn a_date_is_read_back_by_its_template(days in 10_000_i64..30_000, second in 0_i64..86_400) {
        let at = Timestamp(days * DAY + second);
        let text = at.to_string();
        let template = Template::parse("YYYY-MM-DDThh:mm:sszone").unwrap();
        prop_assert_eq!(template.read(&text, Tense::End), Some(at));
    }
}
