//! Support: editions, installations, phases, and who has them.

use report::{Fact, Lang, Moment, Reason, Timestamp, Topic, Value};

use crate::machine::view::{Datum, Obstacle};
use crate::policy::JudgeClock;
use crate::policy::facts::Finding;
use crate::policy::fixtures::{
    DAY, NOW, derived, key, known, observe, set, silent_body, text, word,
};
use crate::policy::why::Why;

const ROW: &str = "m-1,so,workstation,lan,,,,2025-01-01,\n";

/// Windows 10 up to November 2026.
const BUILDS: &str = r#"
data_date = 2026-11-20
stale_after = "31d"
[[series]]
name = "Windows 10"
builds = ["10.0.19045"]
updates = [
    { revision = 6332, date = 2025-09-09, kb = "KB5065429", security = true },
    { revision = 6456, date = 2025-10-14, kb = "KB5066791", security = true },
    { revision = 6466, date = 2025-11-11, kb = "KB5071959", security = false },
    { revision = 6575, date = 2025-11-11, kb = "KB5068781", security = true },
    { revision = 7727, date = 2026-09-14, kb = "KB5129236", security = false },
    { revision = 8000, date = 2026-11-10, kb = "KB8", security = true },
]
"#;

/// Lets a machine have reported these facts just now, and derives until when it is supported.
fn support(machine_facts: &[(&str, Fact)], patches: &[(&str, Fact)]) -> Finding<'static> {
    support_with(&[("catalogue/windows-builds.toml", BUILDS)], machine_facts, patches)
}

fn support_with(
    files: &[(&str, &str)],
    machine_facts: &[(&str, Fact)],
    patches: &[(&str, Fact)],
) -> Finding<'static> {
    let set = set(ROW, files);
    let mut machine = silent_body(1, Some("m-1"));
    observe(&mut machine, Topic::Machine, NOW, machine_facts);
    if !patches.is_empty() {
        observe(&mut machine, Topic::Patches, NOW, patches);
    }
    derived(&set, &machine, JudgeClock::at(NOW)).get(key("os.supported_until"))
}

fn linux(os: &str, version: &str, patches: &[(&str, Fact)]) -> Finding<'static> {
    let facts = [
        ("machine.os_family", word("linux")),
        ("machine.os_id", known(text(os))),
        ("machine.os_version", known(text(version))),
    ];
    support(&facts, patches)
}

fn windows_facts(
    version: &str,
    edition: Option<&str>,
    installation: Option<&'static str>,
) -> Vec<(&'static str, Fact)> {
    let mut facts = vec![
        ("machine.os_family", word("windows")),
        ("machine.os_id", known(text("windows"))),
        ("machine.os_version", known(text(version))),
    ];
    facts.extend(edition.map(|id| ("machine.os_edition", known(text(id)))));
    facts.extend(installation.map(|id| ("machine.os_installation", word(id))));
    facts
}

fn windows(
    version: &str,
    edition: Option<&str>,
    installation: Option<&'static str>,
) -> Finding<'static> {
    support(&windows_facts(version, edition, installation), &[])
}

fn end(date: &str) -> Finding<'static> {
    let end: jiff::Timestamp = format!("{date}T23:59:59+07:00").parse().unwrap();
    Finding::Known(Datum::Moment(Moment::source(Timestamp(end.as_second()))))
}

const MISSING: Finding<'static> = Finding::Unknown(Why::FactMissing);

#[test]
fn support_that_everyone_has_counts_and_a_contract_must_be_shown() {
    let attached = |yes| [("patches.extended_support", known(Value::Bool(yes)))];
    assert_eq!(linux("debian", "12", &[]), end("2028-06-30"));
    assert_eq!(linux("debian", "12", &attached(true)), end("2033-06-30"));
    assert_eq!(linux("rhel", "9.4", &[]), end("2032-05-31"));
    assert_eq!(linux("ubuntu", "20.04", &[]), end("2025-05-29"));
    assert_eq!(linux("ubuntu", "20.04", &attached(false)), end("2025-05-29"));
    assert_eq!(linux("ubuntu", "20.04", &attached(true)), end("2030-04-23"), "not Legacy as well");
    let other = [("patches.held", known(Value::Count(0)))];
    assert_eq!(linux("ubuntu", "20.04", &other), end("2025-05-29"), "an agent that does not ask");
}

#[test]
fn a_contract_that_could_not_be_read_leaves_open_what_hangs_on_it_and_nothing_else() {
    let unread = [("patches.extended_support", Fact::unknown(Reason::AccessDenied))];
    let why = Finding::Unknown(Why::Unreadable(Obstacle::new(Reason::AccessDenied)));
    assert_eq!(linux("ubuntu", "20.04", &unread), why);
    assert_eq!(linux("ubuntu", "24.04", &unread), end("2029-05-31"), "general support goes on");
    assert_eq!(linux("sles", "15.3", &unread), end("2022-12-31"), "its phases are over as well");
}

#[test]
fn a_system_outside_the_catalogue_is_unknown() {
    let unlisted = |os, version| Finding::Unknown(Why::NotInCatalogue { os, version });
    assert_eq!(linux("plan9", "4", &[]), unlisted("plan9", "4"));
    let without_version =
        [("machine.os_id", known(text("debian"))), ("machine.os_version", Fact::Absent)];
    assert_eq!(support(&without_version, &[]), unlisted("debian", ""));
    let cloud = windows("10.0.26100.9457", Some("CloudEdition"), Some("client"));
    assert_eq!(cloud, unlisted("windows", "10.0.26100.9457"));
}

#[test]
fn one_build_ends_by_edition_and_installation() {
    let build =
        |edition, installation| windows("10.0.26100.9457", Some(edition), Some(installation));
    assert_eq!(build("Professional", "client"), end("2026-10-13"));
    assert_eq!(build("CoreSingleLanguage", "client"), end("2026-10-13"));
    assert_eq!(build("enterprise", "client"), end("2027-10-12"), "case does not matter");
    assert_eq!(build("EnterpriseS", "client"), end("2029-10-09"));
    assert_eq!(build("IoTEnterpriseS", "client"), end("2034-10-10"));
    assert_eq!(build("ServerStandard", "server"), end("2034-11-14"));
    assert_eq!(windows("10.0.26100.1", None, Some("server_core")), end("2034-11-14"));
    assert_eq!(windows("10.0.20348.1", None, None), end("2031-10-14"), "only servers have it");
}

#[test]
fn where_edition_or_installation_is_not_known_every_row_that_remains_must_agree() {
    assert_eq!(windows("10.0.26100.9457", None, None), MISSING);
    assert_eq!(windows("10.0.26100.9457", Some("Professional"), None), MISSING);
    assert_eq!(windows("10.0.26100.9457", None, Some("client")), MISSING);
    assert_eq!(windows("10.0.19043.1", None, None), end("2022-12-13"), "one row remains");
    let unread = [
        windows_facts("10.0.26200.1", None, Some("client")),
        vec![("machine.os_edition", Fact::unknown(Reason::AccessDenied))],
    ]
    .concat();
    let why = Finding::Unknown(Why::Unreadable(Obstacle::new(Reason::AccessDenied)));
    assert_eq!(support(&unread, &[]), why);
}

#[test]
fn windows_10_shows_its_extended_updates_by_a_security_release_of_after_the_end() {
    let until = |revision: u32| {
        windows(&format!("10.0.19045.{revision}"), Some("Professional"), Some("client"))
    };
    assert_eq!(until(6332), end("2025-10-14"));
    assert_eq!(until(6456), end("2025-10-14"), "the last that everyone got");
    assert_eq!(until(6466), end("2025-10-14"), "out of band, for everyone as well");
    assert_eq!(until(6575), end("2026-10-13"), "the first year");
    assert_eq!(until(7727), end("2026-10-13"));
    assert_eq!(until(8000), end("2027-10-12"), "the second year");
}

#[test]
fn without_a_table_of_builds_in_force_nobody_can_tell_whether_windows_10_is_supported() {
    let old = BUILDS.replace("2026-11-20", "2026-11-10").replace("31d", "7d");
    let files = [("catalogue/windows-builds.toml", old.as_str())];
    let facts = windows_facts("10.0.19045.8000", Some("Professional"), Some("client"));
    let date = jiff::civil::date(2026, 11, 10);
    let stale = Why::CatalogueStale { catalogue: "windows-builds.toml", date };
    assert_eq!(support_with(&files, &facts, &[]), Finding::Unknown(stale));
    let attached = [("patches.extended_support", known(Value::Bool(true)))];
    assert_eq!(
        support_with(&files, &facts, &attached),
        Finding::Unknown(stale),
        "the first year is over"
    );
    let facts = windows_facts("10.0.26200.1", Some("Professional"), Some("client"));
    assert_eq!(support_with(&files, &facts, &[]), end("2027-10-12"), "no contract is asked for");
}

#[test]
fn lifecycles_past_their_time_say_nothing() {
    let table = "data_date = 2026-11-20\nstale_after = \"1d\"\n[[release]]\nos = \"debian\"\n\
                 version = \"12\"\nname = \"Debian 12\"\nend = 2028-06-30\n";
    let debian =
        [("machine.os_id", known(text("debian"))), ("machine.os_version", known(text("12")))];
    let with = |table: &str| support_with(&[("catalogue/os-lifecycle.toml", table)], &debian, &[]);
    // NOW is the morning of the 22nd.
    let date = jiff::civil::date(2026, 11, 20);
    let stale = Why::CatalogueStale { catalogue: "os-lifecycle.toml", date };
    assert_eq!(with(table), Finding::Unknown(stale));
    assert_eq!(with(&table.replace("1d", "2d")), end("2028-06-30"));
}

#[test]
fn a_forecast_asks_for_the_same_support_and_says_which_phase_it_is() {
    let set = set(ROW, &[]);
    let mut machine = silent_body(1, Some("m-1"));
    let facts = [
        ("machine.os_family", word("linux")),
        ("machine.os_id", known(text("debian"))),
        ("machine.os_version", known(text("12"))),
    ];
    observe(&mut machine, Topic::Machine, NOW, &facts);
    let ahead = derived(&set, &machine, JudgeClock { now: NOW, horizon: NOW + 1000 * DAY });
    let key = key("os.supported_until");
    assert_eq!(ahead.get(key), end("2028-06-30"));
    let words = ahead.evidence(key).unwrap().words(&set);
    assert_eq!(words.get(Lang::En), "Debian 12 LTS, table of 2026-08-22");
}
