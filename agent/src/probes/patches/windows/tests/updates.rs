//! The servicing, the history, the search and the restart, piece by piece.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::host::wua::Entry;
use crate::probes::findings::{choice, count, yes_or_no};
use crate::probes::patches::windows::history::{
    CRITICAL, DEFINITIONS, SECURITY, is_installed_patch,
};

/// A client of which the update agent says this of the history, what waits and its last search.
fn saying(history: serde_json::Value, pending: serde_json::Value, searched: &str) -> Machine {
    let said = json!({
        "history": history,
        "pending": pending,
        "last_search_success": searched,
    });
    client().with("wua.json", said.to_string())
}

fn line(title: &str, categories: &[&str]) -> Entry {
    Entry {
        date: "2026-11-12T03:44:10Z".to_owned(),
        operation: 1,
        result: 2,
        title: title.to_owned(),
        service: String::new(),
        categories: categories.iter().map(|it| (*it).to_owned()).collect(),
    }
}

#[test]
fn definitions_applications_drivers_and_tools_are_no_patches_in_any_language() {
    let cumulative = "Cập nhật tích lũy 2026-11 cho Windows 11 (KB5130001)";
    for patch in [line(cumulative, &[SECURITY]), line(cumulative, &[])] {
        assert!(is_installed_patch(&patch), "{patch:?}");
    }
    for other in [
        line("Thông tin bảo mật cho Microsoft Defender - KB2267602", &[]),
        line("Update for antimalware platform - KB4052623", &[SECURITY]),
        line("Windows Malicious Software Removal Tool (KB890830)", &[]),
        line("Definition Update for Windows Defender - KB915597", &[]),
        line("Định nghĩa mới (KB1234567)", &[DEFINITIONS, SECURITY]),
        line("Intel - net - 23.60.1.2 KB5130001", &["EBFC1FC5-71A4-4F7B-9ACA-3B9A503104A0"]),
        line("9WZDNCRFJ3TJ-Netflix", &[]),
        line("Feature without a category of updates (KB5130001)", &["x"]),
        line("KB12345", &[]),
        line("KB12345678", &[]),
        Entry {
            service: "855E8A7C-ECB4-4CA3-B045-1DFA50104289".to_owned(),
            ..line(cumulative, &[])
        },
        Entry { operation: 2, ..line(cumulative, &[]) },
        Entry { result: 4, ..line(cumulative, &[]) },
        Entry { result: 1, ..line(cumulative, &[]) },
    ] {
        assert!(!is_installed_patch(&other), "{other:?}");
    }
    assert!(is_installed_patch(&Entry { result: 3, ..line(cumulative, &[]) }));
}

#[test]
fn a_history_that_was_made_anew_is_unknown_and_not_never() {
    let empty = of(&saying(json!([]), json!([]), ""), "patches.installed_at");
    assert_eq!(reason(&empty), Some(Reason::SourceStale));
    assert!(detail(&empty).contains("empty"), "{}", detail(&empty));
}

#[test]
fn a_date_of_the_history_is_taken_for_one_in_utc() {
    let row = json!([{"date": "2026-11-12T03:44:10Z", "op": 1, "result": 2,
        "title": "KB5130001"}]);
    let installed = of(&saying(row, json!([]), ""), "patches.installed_at");
    assert_eq!(installed, moment_at((2026, 11, 12), (3, 44, 10)));
}

#[test]
fn lines_without_a_date_or_of_tomorrow_are_passed_over() {
    for date in ["", "1899-12-30T00:00:00Z", "2026-12-24T00:00:00Z", "12/11/2026"] {
        let row = json!([
            {"date": date, "op": 1, "result": 2, "title": "KB5130001"},
            {"date": "2026-10-15T01:00:00Z", "op": 1, "result": 2, "title": "KB5129900"},
        ]);
        let installed = of(&saying(row, json!([]), ""), "patches.installed_at");
        assert_eq!(installed, moment_at((2026, 10, 15), (1, 0, 0)), "{date}");
    }
}

fn package(state: u32, high: u32) -> String {
    format!(
        "{SERVICING}\\Packages\\package_for_rollupfix~31bf3856ad364e35~amd64~~26100.9457.1.8]\n\
         \"CurrentState\"=dword:{state:08x}\n\"InstallTimeHigh\"=dword:{high:08x}\n\
         \"InstallTimeLow\"=dword:00000000\n"
    )
}

#[test]
fn a_cumulative_update_that_is_not_in_place_was_not_installed() {
    for state in [64, 80, 96] {
        let machine = client().with_registry(&package(state, 0x01dd_40da));
        let installed = of(&machine, "patches.installed_at");
        assert!(reason(&installed).is_some(), "{state}: {installed:?}");
    }
    let machine = client().with_registry(&package(112, 0x01dd_40da));
    assert!(of(&machine, "patches.installed_at").known().is_some());
}

#[test]
fn a_package_whose_time_cannot_be_is_no_news() {
    for high in [0, u32::MAX, 0x0200_0000] {
        let machine = client().with_registry(&package(112, high));
        let installed = of(&machine, "patches.installed_at");
        assert!(reason(&installed).is_some(), "{high:x}: {installed:?}");
    }
}

#[test]
fn a_servicing_that_may_not_be_looked_at_leaves_the_history() {
    let denied = "registry.reg/HKLM/SOFTWARE/Microsoft/Windows/CurrentVersion/\
                  Component Based Servicing";
    let machine = Machine::recorded("windows11-eset").denied(denied);
    let looked = look(&machine);
    assert_eq!(fact(&looked, "patches.installed_at"), moment_at((2026, 11, 12), (3, 44, 10)));
    let restart = fact(&looked, "patches.reboot_pending");
    assert_eq!(reason(&restart), Some(Reason::AccessDenied));
    assert_eq!(reason(&fact(&looked, "patches.reboot_reason")), Some(Reason::AccessDenied));
    // Who is denied one may see the other.
    let asked = machine.with_registry(&format!("{AUTO_UPDATE}\\RebootRequired]"));
    assert_eq!(of(&asked, "patches.reboot_pending"), yes_or_no(true));
    assert_eq!(of(&asked, "patches.reboot_reason"), choice("windows_update"));
}

#[test]
fn a_restart_is_asked_for_by_a_key_and_not_by_a_value_of_its_name() {
    let value = client().with_registry(&format!("{AUTO_UPDATE}]\n\"RebootRequired\"=dword:1\n"));
    assert_eq!(of(&value, "patches.reboot_pending"), yes_or_no(false));
    let key = client().with_registry(&format!("{AUTO_UPDATE}\\RebootRequired]"));
    assert_eq!(of(&key, "patches.reboot_pending"), yes_or_no(true));
    assert_eq!(of(&key, "patches.reboot_reason"), choice("windows_update"));
    let both = key.with_registry(&format!("{SERVICING}\\RebootPending]"));
    assert_eq!(of(&both, "patches.reboot_reason"), choice("servicing"));
}

#[test]
fn files_that_wait_to_be_renamed_ask_for_no_restart() {
    let machine = client().with_registry(
        "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Session Manager]\n\
         \"PendingFileRenameOperations\"=hex(7):61,00,00,00,00,00\n",
    );
    assert_eq!(of(&machine, "patches.reboot_pending"), yes_or_no(false));
    assert_eq!(of(&machine, "patches.reboot_reason"), Fact::Absent);
}

#[test]
fn what_waits_is_of_security_by_its_category() {
    let pending = json!([
        {"kb": ["1"], "severity": "", "categories": [SECURITY.to_uppercase()]},
        {"kb": ["2"], "severity": null, "categories": [CRITICAL, "x"]},
        {"kb": ["3"], "severity": "Low", "categories": ["x"]},
        {"kb": ["4"], "severity": "", "categories": []},
        {"kb": ["5"], "severity": "", "categories": ["x"]},
        {"kb": ["6"], "severity": "Critical", "categories": [SECURITY, DEFINITIONS]},
        {"kb": ["2267602"], "severity": "", "categories": []},
    ]);
    let looked = look(&saying(json!([]), pending, "2026-11-21T18:00:00Z"));
    assert_eq!(fact(&looked, "patches.pending"), count(5));
    assert_eq!(fact(&looked, "patches.security_pending"), count(4));
}

#[test]
fn nothing_waits_only_if_somebody_searched_within_a_week() {
    for (searched, expected) in [
        ("2026-11-15T03:00:00Z", None),
        ("2026-11-15T02:59:59Z", Some(Reason::SourceStale)),
        ("1899-12-30T00:00:00Z", Some(Reason::SourceStale)),
        ("2027-11-15T03:00:00Z", Some(Reason::ParseError)),
        ("yesterday", Some(Reason::ParseError)),
        ("", Some(Reason::ParseError)),
    ] {
        let pending = of(&saying(json!([]), json!([]), searched), "patches.pending");
        assert_eq!(reason(&pending), expected, "{searched}: {pending:?}");
    }
    let never = client().with("wua.json", r#"{"history": [], "pending": []}"#);
    for name in ["patches.pending", "patches.refreshed_at"] {
        assert_eq!(reason(&of(&never, name)), Some(Reason::SourceStale), "{name}");
    }
}

#[test]
fn older_releases_keep_in_the_registry_when_they_searched() {
    let never = client().with("wua.json", r#"{"history": [], "pending": []}"#);
    let twin = format!("{AUTO_UPDATE}\\Results\\Detect]\n\"LastSuccessTime\"=");
    let kept = never.with_registry(&format!("{twin}\"2026-11-20 08:00:00\"\n"));
    assert_eq!(of(&kept, "patches.pending"), count(0));
    assert_eq!(of(&kept, "patches.refreshed_at"), moment_at((2026, 11, 20), (8, 0, 0)));
    // Newer ones leave an old date there, which says nothing where the agent says more.
    let frozen = saying(json!([]), json!([]), "2026-11-21T18:00:00Z")
        .with_registry(&format!("{twin}\"2019-03-01 08:00:00\"\n"));
    assert_eq!(of(&frozen, "patches.pending"), count(0));
}

/// The moment at which Defender's definitions came is what it calls its last installation.
#[test]
fn the_last_installation_of_the_agent_itself_is_not_asked_for() {
    let machine = client().with_registry(&format!(
        "{AUTO_UPDATE}\\Results\\Install]\n\"LastSuccessTime\"=\"2026-11-21 08:00:00\"\n"
    ));
    let said = json!({"history": [], "pending": [],
        "last_installation_success": "2026-11-21T08:00:00Z"});
    let machine = machine.with("wua.json", said.to_string());
    assert!(reason(&of(&machine, "patches.installed_at")).is_some());
    assert!(reason(&of(&machine, "patches.refreshed_at")).is_some());
}

#[test]
fn a_search_that_is_refused_or_hangs_is_unknown_with_the_number() {
    for (refused, expected) in [
        ("0x8024402C", "0x8024402c"),
        ("0x80248014", "0x80248014"),
        ("timeout", "no answer in time"),
    ] {
        let said = json!({"history": [], "pending": {"error": refused},
            "last_search_success": "2026-11-21T18:00:00Z"});
        let machine = client().with("wua.json", said.to_string());
        let looked = look(&machine);
        let pending = fact(&looked, "patches.security_pending");
        assert!(detail(&pending).contains(expected), "{refused}: {}", detail(&pending));
        assert!(fact(&looked, "patches.refreshed_at").known().is_some(), "{refused}");
    }
}

proptest! {
    #[test]
    fn no_title_ends_the_reading(title in ".{0,60}|(KB[0-9ệ]{0,9} ?){0,6}") {
        let _ = is_installed_patch(&line(&title, &[]));
    }

    #[test]
    fn nothing_waits_is_never_said_of_an_answer_that_is_none(said in ".{0,80}") {
        let machine = client().with("wua.json", said);
        prop_assert!(of(&machine, "patches.pending").known().is_none());
    }
}
