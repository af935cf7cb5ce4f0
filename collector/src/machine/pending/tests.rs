//! One line a report: what it says, and since when security updates then wait.

use report::{Moment, Observation, Outcome, Reading, Reason, Topic};

use super::*;
use crate::machine::Contact;

const ENROLLED: Timestamp = Timestamp(1_795_000_000);
const DAY: i64 = 86_400;

/// The topic of a report that was seen, and arrived, on a day after enrolment.
fn on_day(day: i64, pending: Fact, names: &str) -> Kept {
    let names = match names {
        "" => Fact::Absent,
        names => Fact::Known(Value::Text(Text::new(names).unwrap())),
    };
    let reading = |name, fact| (FactKey::named(name).unwrap(), Reading::from(fact));
    let facts = [
        reading("patches.security_pending", pending),
        reading("patches.security_names", names),
        reading("patches.lists_at", Fact::Known(Value::Moment(Moment::source(ENROLLED)))),
    ];
    kept(day, Outcome::Observed(facts.into()))
}

fn kept(day: i64, outcome: Outcome) -> Kept {
    let at = ENROLLED + day * DAY;
    let observation = Observation { topic: Topic::Patches, observed_at: at, outcome };
    Kept::new(observation, Contact { at, skew: 0 })
}

fn count(count: u64) -> Fact {
    Fact::Known(Value::Count(count))
}

fn unread() -> Fact {
    Fact::unknown(Reason::SourceStale)
}

/// The day since when they wait after each of these reports.
fn days(reports: &[Kept]) -> Vec<Option<i64>> {
    let (mut noted, mut topic) = (None, None);
    let mut days = Vec::new();
    for next in reports {
        noted = Pending { enrolled_at: ENROLLED, noted, topic }.after(next);
        topic = Some(next);
        days.push(noted.map(|since| since.since(ENROLLED) / DAY));
    }
    days
}

#[test]
fn they_wait_from_the_first_report_that_says_so_to_the_first_that_says_none_does() {
    let failed =
        |day| kept(day, Outcome::Failed(report::fact::Ignorance::new(Reason::Timeout, "")));
    let gone = |day| kept(day, Outcome::NotApplicable(Text::new("no dpkg").unwrap()));
    for (why, reports, since) in [
        ("none wait", vec![on_day(1, count(0), "")], vec![None]),
        ("from the first report on", vec![on_day(1, count(2), "a b")], vec![Some(1)]),
        (
            "more of them, fewer of them",
            vec![on_day(1, count(1), "a"), on_day(4, count(2), "a b"), on_day(5, count(1), "b")],
            vec![Some(1), Some(1), Some(1)],
        ),
        (
            "installed, and others come",
            vec![on_day(1, count(1), "a"), on_day(2, count(0), ""), on_day(9, count(1), "a")],
            vec![Some(1), None, Some(9)],
        ),
        (
            "not knowing does not break it",
            vec![on_day(1, count(1), "a"), on_day(2, unread(), ""), on_day(3, count(1), "a")],
            vec![Some(1), Some(1), Some(1)],
        ),
        (
            "nor does a probe that fails or finds nothing to look at",
            vec![on_day(1, count(1), "a"), failed(2), gone(3), on_day(4, count(1), "b")],
            vec![Some(1), Some(1), Some(1), Some(1)],
        ),
        (
            "not knowing does not begin it",
            vec![on_day(1, unread(), ""), on_day(2, count(1), "a")],
            vec![None, Some(2)],
        ),
        (
            "not knowing after none, then some",
            vec![on_day(1, count(0), ""), failed(2), on_day(3, count(1), "a")],
            vec![None, None, Some(3)],
        ),
        (
            "no package is left of those that waited",
            vec![on_day(1, count(2), "a b"), on_day(2, count(2), "c ab")],
            vec![Some(1), Some(2)],
        ),
        (
            "names that did not fit may be the same",
            vec![
                on_day(1, count(9), "a b +7"),
                on_day(2, count(1), "c"),
                on_day(3, count(5), "d +4"),
            ],
            vec![Some(1), Some(1), Some(1)],
        ),
        (
            "names that are not told may be the same",
            vec![on_day(1, count(1), "a"), on_day(2, count(1), ""), on_day(3, count(1), "b")],
            vec![Some(1), Some(1), Some(1)],
        ),
    ] {
        assert_eq!(days(&reports), since, "{why}");
    }
}

#[test]
fn a_late_report_counts_from_when_it_was_seen_by_the_collectors_clock() {
    let mut late = on_day(3, count(1), "a");
    // The machine's clock is two days ahead, and the report arrives on day ten.
    late.skew = 2 * DAY;
    late.received_at = ENROLLED + 10 * DAY;
    assert_eq!(days(std::slice::from_ref(&late)), [Some(1)]);
    // Nothing was seen after it arrived.
    late.skew = -20 * DAY;
    assert_eq!(days(&[late]), [Some(10)]);
}

#[test]
fn a_clock_that_was_far_behind_makes_no_updates_wait_since_before_the_last_report() {
    let behind = |received| {
        let mut one = on_day(-9000, count(1), "a");
        one.received_at = ENROLLED + received * DAY;
        one
    };
    assert_eq!(days(&[behind(4)]), [Some(0)]);
    assert_eq!(days(&[on_day(2, count(0), ""), behind(4)]), [None, Some(2)]);
    assert_eq!(days(&[on_day(-9001, unread(), ""), behind(4)]), [None, Some(0)]);
}

#[test]
fn what_was_never_noted_begins_with_the_topic_that_is_there() {
    let there = on_day(3, count(2), "a b");
    let pending = Pending { enrolled_at: ENROLLED, noted: None, topic: Some(&there) };
    assert_eq!(pending.since(), Some(ENROLLED + 3 * DAY));
    assert_eq!(pending.after(&on_day(8, unread(), "")), pending.since());
    assert_eq!(pending.after(&on_day(8, count(1), "b")), pending.since());
    let none = on_day(3, count(0), "");
    assert_eq!(Pending { topic: Some(&none), ..pending }.since(), None);
}
