use jiff::tz::TimeZone;

use super::*;

fn read(text: &str) -> Result<String, String> {
    let office = Calendar::new(TimeZone::get("Asia/Ho_Chi_Minh").unwrap(), &[]);
    moment(text, &office).map(|at| at.to_string())
}

#[test]
fn a_day_means_its_end_where_the_office_is() {
    for text in ["14/6/2026", "14/06/2026", "2026-06-14", " 2026-06-14 "] {
        assert_eq!(read(text).unwrap(), "2026-06-14T16:59:59Z", "{text}");
    }
}

#[test]
fn a_time_is_that_of_the_office_unless_it_says_of_which_zone() {
    for (text, at) in [
        ("2026-06-14T17:00", "2026-06-14T10:00:00Z"),
        ("2026-06-14T17:00:30", "2026-06-14T10:00:30Z"),
        ("2026-06-14T17:00:00Z", "2026-06-14T17:00:00Z"),
        ("2026-06-14T17:00:00+07:00", "2026-06-14T10:00:00Z"),
        ("2026-06-14T17:00-03:00", "2026-06-14T20:00:00Z"),
    ] {
        assert_eq!(read(text).unwrap(), at, "{text}");
    }
}

#[test]
fn what_could_be_read_in_two_ways_is_not_read() {
    for text in [
        "",
        "now",
        "14/6",
        "14/6/26",
        "6/14/2026",
        "31/4/2026",
        "2026-6-14",
        "2026-02-30",
        "20260614",
        "14-06-2026",
        "2026-06-14T",
        "2026-06-14T25:00",
        "2026-06-14 17:00",
        "1/+1/2026",
        "-1/6/2026",
        "14/6/2026/1",
        "2026-06",
    ] {
        assert!(read(text).unwrap_err().contains("is no moment"), "{text}");
    }
}

#[test]
fn a_moment_travels_in_an_address_as_it_is() {
    let at = Some(Timestamp(1_795_300_000));
    for (when, query) in [
        (When::default(), ""),
        (When { at, as_known_now: false }, "?at=1795300000"),
        (When { at, as_known_now: true }, "?at=1795300000&as_known_now=true"),
    ] {
        assert_eq!(when.query(), query);
        let uri: axum::http::Uri = format!("http://collector/{query}").parse().unwrap();
        let axum::extract::Query(read) = axum::extract::Query::<When>::try_from_uri(&uri).unwrap();
        assert_eq!(read, when);
    }
}
