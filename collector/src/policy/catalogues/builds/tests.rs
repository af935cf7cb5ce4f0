//! Builds: what known revisions are, and what no table may say.

use super::*;
use crate::policy::PolicySet;
use crate::policy::catalogues::tests::{date, problems, shipped};
use crate::policy::fixtures::folder;

fn at<'s>(set: &'s PolicySet, version: &str, installation: Option<&str>) -> Level<'s> {
    match set.catalogues.builds.level(version, installation) {
        Listing::At(level) => level,
        other @ (Listing::Ambiguous | Listing::Missing) => panic!("{version}: {other:?}"),
    }
}

#[test]
fn known_revisions_of_windows_have_their_update_and_its_day() {
    let set = shipped();
    for (version, installation, kb, day, security) in [
        ("10.0.19044.6456", "client", "KB5066791", "2025-10-14", true),
        ("10.0.19045.6456", "client", "KB5066791", "2025-10-14", true),
        ("10.0.26100.9457", "client", "KB5129195", "2026-09-14", false),
        ("10.0.26200.9550", "client", "KB5124010", "2026-09-22", false),
        ("10.0.26300.9550", "client", "KB5124010", "2026-09-22", false),
        ("10.0.26200.9445", "client", "KB5124008", "2026-09-08", true),
        ("10.0.26100.33438", "server", "KB5122871", "2026-09-08", true),
        ("10.0.20348.5139", "server_core", "KB5087545", "2026-05-12", true),
        ("10.0.17763.9245", "server", "KB5122876", "2026-09-08", true),
        ("10.0.14393.8519", "client", "KB5066836", "2025-10-14", true),
    ] {
        let level = at(&set, version, Some(installation));
        let update = level.installed;
        assert!(level.exact, "{version}");
        let found = (update.kb.as_deref(), update.date, update.security);
        assert_eq!(found, (Some(kb), date(day), security), "{version}");
    }
}

#[test]
fn every_security_release_of_windows_is_of_a_second_tuesday() {
    let shipped = folder("", &[]);
    let table = shipped.get("catalogue/windows-builds.toml").unwrap();
    let security = table.lines().filter(|line| {
        line.trim_start().starts_with("{ revision") && line.contains("security = true")
    });
    let days: Vec<_> = security
        .map(|line| date(line.split_once("date = ").unwrap().1.split_once(',').unwrap().0))
        .collect();
    assert!(days.len() > 200, "{}", days.len());
    for day in days {
        let is_second = (8..=14).contains(&day.day());
        assert!(is_second && day.weekday() == jiff::civil::Weekday::Tuesday, "{day}");
    }
}

#[test]
fn a_revision_between_two_counts_as_the_lower_and_one_below_all_as_none() {
    let set = shipped();
    let between = at(&set, "10.0.19045.6470", Some("client"));
    assert_eq!((between.installed.revision, between.exact), (6466, false));
    assert_eq!(between.security.map(|update| update.revision), Some(6456));
    assert_eq!(between.missing.map(|update| update.revision), Some(6575));
    let newest = at(&set, "10.0.19045.99999", Some("client"));
    assert_eq!((newest.exact, newest.missing), (false, None));
    let builds = &set.catalogues.builds;
    for version in ["10.0.19045.1", "10.0.12345.1", "10.0.26200", "19045", "10.0.19045.x", ""] {
        assert_eq!(builds.level(version, Some("client")), Listing::Missing, "{version}");
    }
    assert_eq!(builds.level("10.0.26100.7462", None), Listing::Ambiguous, "the series parted");
    assert_eq!(
        builds.level("10.0.26100.33438", Some("server")),
        builds.level("10.0.26100.33438", Some("server_core"))
    );
}

const SERIES: &str = "data_date = 2026-11-06\nstale_after = \"31d\"\n";

fn builds(series: &[(&str, &str)]) -> String {
    let one = |(rest, updates): &(&str, &str)| {
        format!("[[series]]\nname = \"a\"\nbuilds = [\"10.0.1\"]\n{rest}\nupdates = [{updates}]\n")
    };
    let series: String = series.iter().map(one).collect();
    problems("catalogue/windows-builds.toml", &format!("{SERIES}{series}"))
}

#[test]
fn a_table_of_builds_that_contradicts_itself_is_refused() {
    let first = "{ revision = 5, date = 2026-10-13, security = true }";
    for (second, message) in [
        ("{ revision = 5, date = 2026-10-13, security = true }", "5 stands after 5"),
        ("{ revision = 4, date = 2026-10-14, security = true }", "4 stands after 5"),
        (
            "{ revision = 6, date = 2026-10-12, security = true }",
            "6 was released before the one above",
        ),
        ("{ revision = 6, date = 2026-11-10, security = true }", "this is newer than data_date"),
        ("{ revision = 6, date = 2026-10-14 }", "the key `security` is missing"),
        ("{ revision = 6, day = 2026-10-14, security = true }", "unknown key `day`"),
    ] {
        let said = builds(&[("", &format!("{first}, {second}"))]);
        assert!(said.contains(message), "{second}: {said}");
    }
    let client = ("installations = [\"client\"]", first);
    for pair in [[("", first), ("", first)], [("", first), client], [client, client]] {
        let said = builds(&pair);
        assert_eq!(said.matches("`10.0.1` stands here twice: a").count(), 1, "{said}");
    }
}
