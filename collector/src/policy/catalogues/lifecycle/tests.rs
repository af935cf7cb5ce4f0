//! Lifecycles: every release ends on its day, and no row stands in another's way.

use jiff::civil::Date;

use super::*;
use crate::policy::catalogues::tests::{date, problems, shipped};
use crate::policy::fixtures::folder;
use crate::policy::{PolicySet, load};

const W: &str = "Professional";
const E: &str = "Enterprise";
const LTSC: &str = "EnterpriseS";
const IOT: &str = "IoTEnterpriseS";

/// The end of general support of the one row that is about a system.
fn general_end(
    set: &PolicySet,
    os: &str,
    version: &str,
    edition: Option<&str>,
    installation: Option<&str>,
) -> Option<Date> {
    let sought = Sought { os, version, edition, installation };
    match set.catalogues.lifecycle.candidates(sought)[..] {
        [release] => Some(set.targets.calendar.date_of(release.end)),
        _ => None,
    }
}

#[test]
fn every_windows_client_ends_on_its_day() {
    let set = shipped();
    #[rustfmt::skip]
    let table: &[(&str, &[(&str, &str)])] = &[
        ("10.0.26300", &[(W, "2028-10-10"), (E, "2029-10-09")]),
        ("10.0.28000", &[(W, "2028-03-14"), (E, "2029-03-13")]),
        ("10.0.26200", &[(W, "2027-10-12"), (E, "2028-10-10")]),
        ("10.0.26100", &[(W, "2026-10-13"), (E, "2027-10-12"), (LTSC, "2029-10-09"), (IOT, "2034-10-10")]),
        ("10.0.22631", &[(W, "2025-11-11"), (E, "2026-11-10")]),
        ("10.0.22621", &[(W, "2024-10-08"), (E, "2025-10-14")]),
        ("10.0.22000", &[(W, "2023-10-10"), (E, "2024-10-08")]),
        ("10.0.19045", &[(W, "2025-10-14"), (E, "2025-10-14")]),
        ("10.0.19044", &[(W, "2023-06-13"), (E, "2024-06-11"), (LTSC, "2027-01-12"), (IOT, "2032-01-13")]),
        ("10.0.19043", &[(W, "2022-12-13"), (E, "2022-12-13")]),
        ("10.0.19041", &[(W, "2021-12-14"), (E, "2021-12-14")]),
        ("10.0.19042", &[(W, "2022-05-10"), (E, "2023-05-09")]),
        ("10.0.18363", &[(W, "2021-05-11"), (E, "2022-05-10")]),
        ("10.0.18362", &[(W, "2020-12-08"), (E, "2020-12-08")]),
        ("10.0.17763", &[(W, "2020-11-10"), (E, "2021-05-11"), (LTSC, "2029-01-09")]),
        ("10.0.17134", &[(W, "2019-11-12"), (E, "2021-05-11")]),
        ("10.0.16299", &[(W, "2019-04-09"), (E, "2020-10-13")]),
        ("10.0.15063", &[(W, "2018-10-09"), (E, "2019-10-08")]),
        ("10.0.14393", &[(W, "2018-04-10"), (E, "2019-04-09"), (LTSC, "2026-10-13")]),
        ("10.0.10586", &[(W, "2017-10-10"), (E, "2017-10-10")]),
        ("10.0.10240", &[(W, "2017-05-09"), (E, "2017-05-09"), (LTSC, "2025-10-14")]),
        ("6.3.9600", &[(W, "2023-01-10"), (E, "2023-01-10")]),
        ("6.1.7601", &[(W, "2020-01-14"), (E, "2020-01-14")]),
    ];
    for (build, editions) in table {
        for (edition, end) in *editions {
            let version = format!("{build}.1234");
            let found = general_end(&set, "windows", &version, Some(edition), Some("client"));
            assert_eq!(found, Some(date(end)), "{build} {edition}");
        }
    }
}

#[test]
fn every_windows_server_ends_on_its_day() {
    let set = shipped();
    for (build, edition, end) in [
        ("10.0.26100", "ServerStandard", "2034-11-14"),
        ("10.0.25398", "ServerDatacenter", "2026-05-12"),
        ("10.0.20348", "ServerDatacenter", "2031-10-14"),
        ("10.0.17763", "ServerStandard", "2029-01-09"),
        ("10.0.14393", "ServerStandard", "2027-01-12"),
        ("6.3.9600", "ServerStandard", "2023-10-10"),
        ("6.2.9200", "ServerStandard", "2023-10-10"),
        ("6.1.7601", "ServerStandard", "2020-01-14"),
        ("6.0.6003", "ServerStandard", "2020-01-14"),
        ("10.0.19042", "ServerDatacenterACor", "2022-08-09"),
        ("10.0.19041", "ServerDatacenterACor", "2021-12-14"),
        ("10.0.18363", "ServerDatacenterACor", "2021-05-11"),
        ("10.0.18362", "ServerDatacenterACor", "2020-12-08"),
        ("10.0.17763", "ServerDatacenterACor", "2020-11-10"),
        ("10.0.17134", "ServerDatacenterACor", "2019-11-12"),
        ("10.0.16299", "ServerDatacenterACor", "2019-04-09"),
    ] {
        for installation in ["server", "server_core"] {
            let found = general_end(&set, "windows", build, Some(edition), Some(installation));
            assert_eq!(found, Some(date(end)), "{build} {edition}");
        }
    }
}

#[test]
fn every_linux_ends_on_its_day() {
    let set = shipped();
    #[rustfmt::skip]
    let table: &[(&str, &[(&str, &str)])] = &[
        ("debian", &[("13", "2028-08-09"), ("12", "2026-07-11"), ("11", "2024-08-14"), ("10", "2022-09-10")]),
        ("ubuntu", &[("26.04", "2031-04-30"), ("25.10", "2026-07-09"), ("25.04", "2026-01-15"), ("24.04", "2029-05-31"),
                     ("22.04", "2027-04-01"), ("20.04", "2025-05-29"), ("18.04", "2023-05-31"), ("16.04", "2021-04-30")]),
        ("rhel", &[("10.2", "2035-05-31"), ("9.8", "2032-05-31"), ("8.10", "2029-05-31"), ("7.9", "2024-06-30"), ("6.10", "2020-11-30")]),
        ("almalinux", &[("10.1", "2035-05-31"), ("9.7", "2032-05-31"), ("8.10", "2029-05-31")]),
        ("rocky", &[("10.1", "2035-05-31"), ("9.7", "2032-05-31"), ("8.10", "2029-05-31")]),
        ("centos", &[("10", "2030-05-31"), ("9", "2027-05-31"), ("8", "2024-05-31"), ("7", "2024-06-30")]),
        ("ol", &[("9.6", "2032-06-30"), ("8.10", "2029-07-31"), ("7.9", "2024-12-31")]),
        ("sles", &[("16.0", "2027-11-30"), ("15.7", "2031-07-31"), ("15.6", "2025-12-31"), ("15.5", "2024-12-31"),
                   ("15.4", "2023-12-31"), ("15.3", "2022-12-31"), ("12.5", "2024-10-31")]),
        ("opensuse-leap", &[("16.0", "2027-10-31"), ("15.6", "2026-04-30"), ("15.5", "2024-12-31")]),
        ("sl-micro", &[("6.2", "2029-11-01"), ("6.1", "2028-11-01"), ("6.0", "2028-06-01")]),
        ("sle-micro", &[("5.5", "2027-10-01"), ("5.4", "2027-04-01"), ("5.3", "2026-10-30")]),
        ("fedora", &[("44", "2027-06-02"), ("43", "2026-12-09"), ("42", "2026-05-27")]),
        ("amzn", &[("2023", "2029-06-30"), ("2", "2026-06-30")]),
        ("alpine", &[("3.24.1", "2028-06-01"), ("3.23.0", "2027-11-01"), ("3.22.2", "2027-05-01"), ("3.21.5", "2026-11-01")]),
        ("linuxmint", &[("22.3", "2029-04-30"), ("21.3", "2027-04-30"), ("20.3", "2025-04-30")]),
    ];
    for (os, versions) in table {
        for (version, end) in *versions {
            assert_eq!(
                general_end(&set, os, version, None, None),
                Some(date(end)),
                "{os} {version}"
            );
        }
    }
    assert_eq!(general_end(&set, "debian", "120", None, None), None);
    assert_eq!(general_end(&set, "ubuntu", "24.1", None, None), None);
}

/// Few systems name the end of their support themselves, so the agent does not ask them.
#[test]
fn a_system_that_names_its_end_itself_names_the_day_of_the_catalogue() {
    let set = shipped();
    let published = "ID=\"rocky\"\nVERSION_ID=\"8.10\"\nSUPPORT_END=\"2029-05-31\"\n";
    let recorded = include_str!("../../../../../tests/fixtures/roots/rocky9/etc/os-release");
    for release in [published, recorded] {
        let said = |name: &str| {
            let line = release.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|line| line.strip_prefix('=')).unwrap().trim_matches('"')
        };
        let end = general_end(&set, said("ID"), said("VERSION_ID"), None, None);
        assert_eq!(end, Some(date(said("SUPPORT_END"))), "{release}");
    }
}

#[test]
fn extended_support_ends_on_its_days_and_says_who_has_it() {
    let set = shipped();
    let phases = |os, version| -> Vec<(String, String, Entitled)> {
        let sought = Sought { os, version, edition: None, installation: None };
        let candidates = set.catalogues.lifecycle.candidates(sought);
        let phases = candidates[0].extended.iter().map(|phase| {
            let end = set.targets.calendar.date_of(phase.end).to_string();
            (phase.name.clone(), end, phase.entitled)
        });
        phases.collect()
    };
    let (all, paid) = (Entitled::Everyone, Entitled::Subscribers);
    for (os, version, expected) in [
        ("debian", "13", vec![("LTS", "2030-06-30", all), ("ELTS", "2035-06-30", paid)]),
        ("debian", "12", vec![("LTS", "2028-06-30", all), ("ELTS", "2033-06-30", paid)]),
        ("debian", "11", vec![("LTS", "2026-08-31", all), ("ELTS", "2031-06-30", paid)]),
        ("debian", "10", vec![("LTS", "2024-06-30", all), ("ELTS", "2029-06-30", paid)]),
        ("ubuntu", "24.04", vec![("ESM", "2034-04-25", paid), ("Legacy", "2036-04-29", paid)]),
        ("ubuntu", "22.04", vec![("ESM", "2032-04-09", paid), ("Legacy", "2034-04-25", paid)]),
        ("rhel", "9", vec![("ELS", "2036-05-31", paid)]),
        ("rhel", "7", vec![("ELS", "2029-05-31", paid)]),
        ("ol", "7", vec![("Extended", "2028-06-30", paid)]),
        ("sles", "15.6", vec![("LTSS", "2028-12-31", paid)]),
        ("sles", "15.4", vec![("LTSS", "2026-12-31", paid)]),
        ("sles", "12.5", vec![("LTSS", "2027-10-31", paid)]),
        (
            "windows",
            "10.0.19045",
            vec![
                ("ESU 1", "2026-10-13", paid),
                ("ESU 2", "2027-10-12", paid),
                ("ESU 3", "2028-10-10", paid),
            ],
        ),
        ("windows", "6.2.9200", vec![("ESU", "2026-10-13", paid)]),
        ("windows", "6.0.6003", vec![("ESU", "2023-01-10", paid)]),
        ("fedora", "44", vec![]),
    ] {
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(name, end, who)| (name.to_owned(), end.to_owned(), who))
            .collect();
        assert_eq!(phases(os, version), expected, "{os} {version}");
    }
}

const RELEASE: &str = "data_date = 2026-08-22\nstale_after = \"180d\"\n[editions]\n\
                       pro = [\"Core\", \"Professional\"]\nlong = [\"EnterpriseS\"]\n";

fn lifecycle(rows: &[&str]) -> String {
    let row = |row: &&str| format!("[[release]]\nos = \"windows\"\nname = \"a\"\n{row}\n");
    let rows: String = rows.iter().map(row).collect();
    problems("catalogue/os-lifecycle.toml", &format!("{RELEASE}{rows}"))
}

#[test]
fn two_rows_that_could_be_about_one_machine_are_refused() {
    let row = |rest: &str| format!("version = \"10\"\nend = 2027-01-01\n{rest}");
    let (pro, long) = (row("editions = [\"pro\"]"), row("editions = [\"long\"]"));
    let (client, server) =
        (row("installations = [\"client\"]"), row("installations = [\"server\"]"));
    let clients_pro = row("editions = [\"pro\"]\ninstallations = [\"client\"]");
    for (one, other) in
        [(&row(""), &row("")), (&pro, &row("")), (&pro, &client), (&client, &clients_pro)]
    {
        let said = lifecycle(&[one, other]);
        assert_eq!(
            said.matches("`windows 10` stands here twice: a").count(),
            1,
            "{one} {other} {said}"
        );
    }
    for rows in [[&pro, &long], [&client, &server]] {
        let text = rows.map(|row| format!("[[release]]\nos = \"windows\"\nname = \"a\"\n{row}\n"));
        let text = format!("{RELEASE}{}", text.concat());
        assert!(load(&folder("", &[("catalogue/os-lifecycle.toml", &text)])).is_ok(), "{text}");
    }
}

#[test]
fn what_a_row_of_lifecycles_cannot_say() {
    for (rest, message) in [
        ("editions = [\"prof\"]", "unknown class of editions `prof`"),
        ("editions = []", "an empty list is about nothing"),
        ("installations = [\"desktop\"]", "unknown word `desktop`"),
        ("edition = [\"pro\"]", "unknown key `edition`"),
        (
            "extended = [{ name = \"x\", end = 2028-01-01, entitled = \"some\" }]",
            "unknown word `some`",
        ),
        (
            "extended = [{ name = \"x\", end = 2027-01-01, entitled = \"everyone\" }]",
            "`x` ends before it begins",
        ),
        (
            "extended = [{ name = \"x\", end = 2029-01-01, entitled = \"everyone\" }, { name = \"y\", end = 2028-01-01, entitled = \"subscribers\" }]",
            "`y` ends before it begins",
        ),
    ] {
        let said = lifecycle(&[&format!("version = \"10\"\nend = 2027-01-01\n{rest}")]);
        assert!(said.contains(message), "{rest}: {said}");
    }
    let twice = RELEASE.replace("\"EnterpriseS\"", "\"Core\"");
    let said = problems("catalogue/os-lifecycle.toml", &format!("{twice}release = []\n"));
    assert!(said.contains("`Core` belongs to `pro` already"), "{said}");
    let empty = RELEASE.replace("[\"EnterpriseS\"]", "[]");
    let said = problems("catalogue/os-lifecycle.toml", &format!("{empty}release = []\n"));
    assert!(said.contains("5:8: the class `long` has no edition"), "{said}");
}
