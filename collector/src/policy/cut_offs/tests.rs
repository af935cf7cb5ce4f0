use jiff::civil::date;
use jiff::tz::TimeZone;

use super::*;
use crate::policy::fixtures::set;

fn vietnam() -> Calendar {
    Calendar::new(TimeZone::get("Asia/Ho_Chi_Minh").unwrap(), &[])
}

#[test]
fn a_cut_off_is_a_day_of_every_year() {
    for (text, day, month) in [("14/6", 14, 6), ("1/1", 1, 1), ("31/12", 31, 12), ("05/09", 5, 9)] {
        assert_eq!(CutOff::parse(text), Some(CutOff { day, month }), "{text}");
    }
    for text in ["", "14", "14/", "/6", "14/6/2026", "6/14", "31/6", "29/2", "0/6", "+1/6", "14-6"]
    {
        assert_eq!(CutOff::parse(text), None, "{text}");
    }
}

#[test]
fn a_cut_off_is_over_with_the_last_second_of_its_day() {
    let calendar = vietnam();
    let end = calendar.end_of(date(2026, 6, 14));
    let last_by = |at| CutOffs::default().last_by(&calendar, at);
    assert_eq!(last_by(end - 1), Some(date(2025, 12, 14)));
    assert_eq!(last_by(end), Some(date(2026, 6, 14)));
    assert_eq!(CutOffs(Vec::new()).last_by(&calendar, end), None);
}

#[test]
fn those_that_were_missed_come_in_their_order_and_each_once() {
    let calendar = vietnam();
    let end = |year, month| calendar.end_of(date(year, month, 14));
    let between = |after, until| CutOffs::default().between(&calendar, after, until);
    let all = [date(2025, 6, 14), date(2025, 12, 14), date(2026, 6, 14)];
    assert_eq!(between(end(2024, 12), end(2026, 6)), all);
    assert_eq!(between(end(2025, 6), end(2025, 12) - 1), []);
}

#[test]
fn an_office_that_says_nothing_reports_twice_a_year_and_one_that_says_when_then() {
    let targets = include_str!("../../../../policies/targets.toml");
    let line = |text: &str| {
        let mut lines: Vec<_> =
            targets.lines().filter(|line| !line.starts_with("cut_offs")).collect();
        lines.insert(0, text);
        set("", &[("targets.toml", &lines.join("\n"))]).targets.cut_offs
    };
    assert_eq!(line(""), CutOffs::default());
    assert_eq!(line("cut_offs = [\"31/3\"]"), CutOffs(vec![CutOff { day: 31, month: 3 }]));
    assert_eq!(line("cut_offs = []"), CutOffs(Vec::new()));
}
