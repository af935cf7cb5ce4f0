//! How far updates reach, and for how long some have been pending.

use report::{Fact, Lang, Moment, Reason, Timestamp, Topic, Value};

use crate::machine::view::{Datum, Obstacle};
use crate::policy::JudgeClock;
use crate::policy::facts::Finding;
use crate::policy::fixtures::{
    DAY, HOUR, NOW, derived, key, known, observe, set, silent_body, source_moment, text, word,
};
use crate::policy::why::Why;

const ROW: &str = "m-1,so,workstation,lan,,,,2025-01-01,\n";

/// A table of the sixth of November in which a client and a server share a build.
const BUILDS: &str = r#"
data_date = 2026-11-06
stale_after = "31d"
[[series]]
name = "client"
builds = ["10.0.26100", "10.0.26200"]
installations = ["client"]
updates = [
    { revision = 100, date = 2026-08-11, kb = "KB1", security = true },
    { revision = 150, date = 2026-08-25, kb = "KB2", security = false },
    { revision = 200, date = 2026-09-08, kb = "KB3", security = true },
    { revision = 250, date = 2026-09-22, kb = "KB4", security = false },
    { revision = 300, date = 2026-10-13, kb = "KB5", security = true },
    { revision = 350, date = 2026-10-27, kb = "KB6", security = false },
]
[[series]]
name = "server"
builds = ["10.0.26100"]
installations = ["server", "server_core"]
updates = [
    { revision = 100, date = 2026-08-11, kb = "KB1", security = true },
    { revision = 9000, date = 2026-10-13, kb = "KB9", security = true },
]
"#;

fn on(date: &str) -> Finding<'static> {
    let start: jiff::Timestamp = format!("{date}T00:00:00+07:00").parse().unwrap();
    Finding::Known(Datum::Moment(Moment::source(Timestamp(start.as_second()))))
}

/// The content date of a Windows machine of this version, and its evidence.
fn of_windows(version: &str, installation: Option<&'static str>) -> (Finding<'static>, String) {
    of_windows_at(NOW, version, installation)
}

fn of_windows_at(
    now: Timestamp,
    version: &str,
    installation: Option<&'static str>,
) -> (Finding<'static>, String) {
    let set = set(ROW, &[("catalogue/windows-builds.toml", BUILDS)]);
    let mut machine = silent_body(1, Some("m-1"));
    let mut facts = vec![
        ("machine.os_family", word("windows")),
        ("machine.os_id", known(text("windows"))),
        ("machine.os_version", known(text(version))),
    ];
    facts.extend(installation.map(|word_of| ("machine.os_installation", word(word_of))));
    observe(&mut machine, Topic::Machine, now, &facts);
    let derived = derived(&set, &machine, JudgeClock::at(now));
    let key = key("patches.content_date");
    let evidence = derived.evidence(key).map(|evidence| evidence.words(&set));
    (derived.get(key), evidence.map(|words| words.get(Lang::En).to_owned()).unwrap_or_default())
}

#[test]
fn windows_has_everything_until_the_first_security_release_it_lacks() {
    for (version, date, evidence) in [
        ("10.0.26200.100", "2026-09-08", "KB1 of 2026-08-11, lacks KB3 of 2026-09-08"),
        ("10.0.26200.150", "2026-09-08", "KB2 of 2026-08-25, lacks KB3 of 2026-09-08"),
        ("10.0.26200.199", "2026-09-08", "at least KB2 of 2026-08-25, lacks KB3 of 2026-09-08"),
        ("10.0.26200.200", "2026-10-13", "KB3 of 2026-09-08, lacks KB5 of 2026-10-13"),
        ("10.0.26200.300", "2026-11-06", "KB5 of 2026-10-13"),
        ("10.0.26200.350", "2026-11-06", "KB6 of 2026-10-27"),
        ("10.0.26200.999", "2026-11-06", "at least KB6 of 2026-10-27"),
    ] {
        let (finding, said) = of_windows(version, Some("client"));
        assert_eq!(finding, on(date), "{version}");
        assert_eq!(said, format!("{evidence}, table of 2026-11-06"), "{version}");
    }
}

#[test]
fn windows_outside_the_table_of_builds_is_unknown() {
    for version in ["10.0.26200.99", "10.0.19045.100", "10.0.26200", "26200", ""] {
        let why = Why::NotInCatalogue { os: "windows", version };
        let version = if version.is_empty() { " " } else { version };
        let (finding, _) = of_windows(version.trim_end(), Some("client"));
        assert_eq!(finding, Finding::Unknown(why), "{version:?}");
    }
}

#[test]
fn a_build_that_clients_and_servers_share_is_dated_only_where_both_agree() {
    let lacks_client = of_windows("10.0.26100.150", Some("client")).0;
    let lacks_server = of_windows("10.0.26100.150", Some("server_core")).0;
    assert_eq!((lacks_client, lacks_server), (on("2026-09-08"), on("2026-10-13")));
    assert_eq!(of_windows("10.0.26100.150", None).0, Finding::Unknown(Why::FactMissing));
    assert_eq!(of_windows("10.0.26200.150", None).0, on("2026-09-08"), "only clients have it");
}

#[test]
fn a_table_of_builds_past_its_time_says_nothing() {
    let day = |days| NOW + days * DAY;
    // The last second of 2026-11-06 and 31 days.
    let last = Timestamp(1_793_984_399) + 31 * DAY;
    let at = |now| of_windows_at(now, "10.0.26200.300", Some("client")).0;
    assert_eq!(at(last), on("2026-11-06"));
    let date = jiff::civil::date(2026, 11, 6);
    let stale = Why::CatalogueStale { catalogue: "windows-builds.toml", date };
    assert_eq!(at(last + 1), Finding::Unknown(stale));
    assert_eq!(at(day(300)), Finding::Unknown(stale));
}

/// The content date of a Linux machine that reported these facts of its updates.
fn of_linux(facts: &[(&str, Fact)]) -> Finding<'static> {
    let set = set(ROW, &[]);
    let mut machine = silent_body(1, Some("m-1"));
    let family = [("machine.os_family", word("linux"))];
    observe(&mut machine, Topic::Machine, NOW, &family);
    observe(&mut machine, Topic::Patches, NOW - HOUR, facts);
    derived(&set, &machine, JudgeClock::at(NOW)).get(key("patches.content_date"))
}

#[test]
fn linux_has_everything_until_its_lists_and_nobody_knows_how_much_while_something_waits() {
    let count = |count| known(Value::Count(count));
    let lists = ("patches.lists_at", known(source_moment(NOW - 3 * DAY)));
    let pending = |number| ("patches.security_pending", count(number));
    let sources = |number| ("patches.security_sources", count(number));
    let at = |at| Finding::Known(Datum::Moment(Moment::source(at)));
    assert_eq!(of_linux(&[pending(0), sources(1), lists.clone()]), at(NOW - 3 * DAY));
    let waits = Finding::Unknown(Why::UpdatesWait);
    assert_eq!(of_linux(&[pending(2), sources(1), lists.clone()]), waits, "the first report");
    assert_eq!(of_linux(&[pending(2), sources(0)]), waits);
    let unread = Finding::Unknown(Why::Unreadable(Obstacle::new(Reason::SourceStale)));
    let stale = || Fact::unknown(Reason::SourceStale);
    assert_eq!(of_linux(&[("patches.security_pending", stale()), lists.clone()]), unread);
    assert_eq!(of_linux(&[pending(0), sources(1), ("patches.lists_at", stale())]), unread);
    assert_eq!(of_linux(&[pending(0), ("patches.security_sources", stale())]), unread);
    assert_eq!(of_linux(&[pending(0), sources(0), lists]), Finding::Absent);
}

#[test]
fn without_a_family_nothing_is_dated() {
    let machine = silent_body(1, Some("m-1"));
    let facts = derived(&set(ROW, &[]), &machine, JudgeClock::at(NOW));
    let why = Finding::Unknown(Why::TopicMissing(Topic::Machine));
    assert_eq!(facts.get(key("patches.content_date")), why);
}

/// For how long security updates have been pending after these reports, each seen so many hours ago.
fn pending_days(reports: &[(i64, Fact)]) -> Finding<'static> {
    let set = set(ROW, &[]);
    let mut machine = silent_body(1, Some("m-1"));
    for (hours, pending) in reports {
        let facts = [("patches.security_pending", pending.clone())];
        observe(&mut machine, Topic::Patches, NOW - hours * HOUR, &facts);
    }
    let facts = derived(&set, &machine, JudgeClock::at(NOW));
    facts.get(key("patches.security_pending_days"))
}

#[test]
fn security_updates_are_pending_for_the_whole_days_since_a_report_first_told_of_them() {
    let pending = |count| known(Value::Count(count));
    let days = |reports: &[(i64, Fact)]| pending_days(reports).count();
    assert_eq!(days(&[(47, pending(3))]), Some(1));
    assert_eq!(days(&[(24 * 41, pending(3)), (1, pending(2))]), Some(41));
    assert_eq!(days(&[(24 * 41, pending(3)), (1, pending(0))]), Some(0));
    assert_eq!(days(&[(24 * 41, pending(0)), (1, pending(2))]), Some(0));
}

#[test]
fn for_how_long_they_are_pending_is_known_only_where_it_is_known_that_any_are() {
    let pending = |count| known(Value::Count(count));
    let unread = || Fact::unknown(Reason::SourceStale);
    let why = Finding::Unknown(Why::Unreadable(Obstacle::new(Reason::SourceStale)));
    assert_eq!(pending_days(&[(1, unread())]), why);
    assert_eq!(pending_days(&[(24 * 41, pending(3)), (1, unread())]), why);
    // The days in which nobody knew count, once somebody knows.
    let gap = [(24 * 41, pending(3)), (24 * 9, unread()), (1, pending(2))];
    assert_eq!(pending_days(&gap).count(), Some(41));
    let stale = Finding::Unknown(Why::Stale(NOW - 41 * DAY));
    assert_eq!(pending_days(&[(24 * 41, pending(3))]), stale);
    assert_eq!(pending_days(&[]), Finding::Unknown(Why::TopicMissing(Topic::Patches)));
}
