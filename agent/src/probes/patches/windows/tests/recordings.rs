//! Whole machines.

use super::*;
use crate::probes::findings::{choice, count, text, yes_or_no};

#[test]
fn a_history_of_defender_alone_is_no_patch() {
    let machine = Machine::recorded("windows11-defender");
    // The servicing knows better, and not of a package that is no cumulative update.
    let by_servicing = moment_at((2026, 9, 10), (4, 12, 30));
    assert_eq!(of(&machine, "patches.installed_at"), by_servicing);
    let without = machine.with_edit("registry.reg", "Package_for_RollupFix~", "Package_for_X~");
    let unknown = of(&without, "patches.installed_at");
    assert_eq!(reason(&unknown), Some(Reason::SourceStale));
}

#[test]
fn an_update_that_is_not_rated_waits_and_is_one_of_security() {
    let machine = Machine::recorded("windows11-defender");
    assert_eq!(of(&machine, "patches.pending"), count(1));
    assert_eq!(of(&machine, "patches.security_pending"), count(1));
}

#[test]
fn the_newest_of_servicing_and_history_is_told_and_a_failure_is_none() {
    let looked = look(&Machine::recorded("windows11-eset"));
    let by_history = moment_at((2026, 11, 12), (3, 44, 10));
    assert_eq!(fact(&looked, "patches.installed_at"), by_history);
    assert_eq!(fact(&looked, "patches.pending"), count(2));
    assert_eq!(fact(&looked, "patches.security_pending"), count(1));
    assert_eq!(fact(&looked, "patches.refreshed_at"), moment_at((2026, 11, 21), (7, 24, 42)));
    for (name, expected) in [
        ("patches.manager", text("windows_update")),
        ("patches.automatic", choice("on")),
        ("patches.update_service", yes_or_no(true)),
        ("patches.managed", yes_or_no(false)),
        ("patches.reboot_pending", yes_or_no(false)),
        ("patches.reboot_reason", Fact::Absent),
        ("patches.paused_until", Fact::Absent),
        ("patches.target_release", Fact::Absent),
        ("patches.activated", yes_or_no(true)),
        ("patches.extended_support", yes_or_no(false)),
    ] {
        assert_eq!(fact(&looked, name), expected, "{name}");
    }
}

#[test]
fn a_server_of_the_office_that_approved_nothing_is_told_beside_the_zero() {
    let looked = look(&Machine::recorded("windows11-wsus"));
    assert_eq!(fact(&looked, "patches.security_pending"), count(0));
    assert_eq!(fact(&looked, "patches.managed"), yes_or_no(true));
    assert_eq!(fact(&looked, "patches.automatic"), choice("download_only"));
}

#[test]
fn what_succeeded_before_the_restart_that_waits_may_yet_be_undone() {
    let machine = Machine::recorded("windows10-kaspersky");
    let looked = look(&machine);
    assert_eq!(fact(&looked, "patches.reboot_pending"), yes_or_no(true));
    assert_eq!(fact(&looked, "patches.reboot_reason"), choice("servicing"));
    // Neither the line of November nor the package that waits counts.
    assert_eq!(fact(&looked, "patches.installed_at"), moment_at((2026, 9, 10), (5, 1, 0)));
    let unbooted = machine.without("proc/stat");
    assert_eq!(of(&unbooted, "patches.installed_at"), moment_at((2026, 9, 10), (5, 0, 0)));
}

#[test]
fn a_contract_for_extended_updates_is_known_by_its_licence() {
    let looked = look(&Machine::recorded("windows10-kaspersky"));
    assert_eq!(fact(&looked, "patches.extended_support"), yes_or_no(true));
    assert_eq!(fact(&looked, "patches.activated"), yes_or_no(true));
    assert_eq!(fact(&looked, "patches.target_release"), text("Windows 10 22H2"));
}

#[test]
fn a_machine_whose_updates_somebody_turned_off_is_unknown_with_the_number_and_never_in_order() {
    let looked = look(&Machine::recorded("windows10-bkav"));
    for name in ["patches.pending", "patches.security_pending", "patches.refreshed_at"] {
        let fact = fact(&looked, name);
        assert_eq!(reason(&fact), Some(Reason::ProviderError), "{name}");
        assert!(detail(&fact).contains("0x80070422"), "{name}: {}", detail(&fact));
    }
    assert_eq!(fact(&looked, "patches.update_service"), yes_or_no(false));
    assert_eq!(fact(&looked, "patches.automatic"), choice("off"));
    assert_eq!(fact(&looked, "patches.paused_until"), moment_at((2077, 1, 1), (7, 0, 0)));
    assert_eq!(fact(&looked, "patches.activated"), yes_or_no(false));
    assert_eq!(fact(&looked, "patches.installed_at"), moment_at((2026, 9, 12), (12, 0, 0)));
    // A contract of homes leaves no trace: that there is no licence says nothing.
    let extended = fact(&looked, "patches.extended_support");
    assert_eq!(reason(&extended), Some(Reason::ProductOpaque));
}

#[test]
fn a_search_of_last_month_says_nothing_of_today() {
    let looked = look(&Machine::recorded("windows-server-2022"));
    for name in ["patches.pending", "patches.security_pending"] {
        assert_eq!(reason(&fact(&looked, name)), Some(Reason::SourceStale), "{name}");
    }
    assert_eq!(fact(&looked, "patches.refreshed_at"), moment_at((2026, 10, 20), (18, 0, 0)));
    assert_eq!(fact(&looked, "patches.automatic"), choice("download_only"));
    // Its history was made anew: empty is not never, and the servicing remembers.
    assert_eq!(fact(&looked, "patches.installed_at"), moment_at((2026, 10, 20), (19, 0, 0)));
}
