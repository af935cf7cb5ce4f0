//! Services and settings, piece by piece.

use super::*;
use crate::probes::findings::{choice, text, yes_or_no};

fn with_policy(machine: Machine, values: &str) -> Machine {
    machine.with_registry(&format!("{GROUP}\\AU]\n{values}\n"))
}

fn automatic(machine: &Machine) -> Fact {
    of(machine, "patches.automatic")
}

#[test]
fn stopped_is_as_it_should_be_and_disabled_is_not() {
    assert_eq!(of(&client(), "patches.update_service"), yes_or_no(true));
    for name in ["wuauserv", "UsoSvc"] {
        let machine = client().with_service(name, "running", "disabled", "");
        assert_eq!(of(&machine, "patches.update_service"), yes_or_no(false), "{name}");
        assert_eq!(automatic(&machine), choice("off"), "{name}");
    }
    let odd = client().with_service("wuauserv", "stopped", "other", "");
    assert_eq!(reason(&of(&odd, "patches.update_service")), Some(Reason::ParseError));
    assert_eq!(reason(&automatic(&odd)), Some(Reason::ParseError));
}

#[test]
fn a_service_that_was_removed_is_as_good_as_disabled_where_windows_has_it() {
    let without = |build| windows(build, "Client").with("services.json", "{}");
    assert_eq!(of(&without(26_100), "patches.update_service"), yes_or_no(false));
    let one = |build| without(build).with_service("wuauserv", "stopped", "manual", "");
    assert_eq!(of(&one(26_100), "patches.update_service"), yes_or_no(false));
    assert_eq!(of(&one(7_601), "patches.update_service"), yes_or_no(true));
    let unasked = client().without("services.json");
    assert_eq!(reason(&of(&unasked, "patches.update_service")), Some(Reason::NotSupported));
}

#[test]
fn a_server_fetches_by_itself_and_installs_nothing() {
    assert_eq!(automatic(&client()), choice("on"));
    for installation in ["Server", "Server Core"] {
        assert_eq!(automatic(&windows(26_100, installation)), choice("download_only"));
    }
    let neither = windows(26_100, "Nano");
    assert_eq!(reason(&automatic(&neither)), Some(Reason::NotSupported));
}

#[test]
fn a_policy_says_what_happens_by_itself() {
    for (values, expected) in [
        ("\"NoAutoUpdate\"=dword:1", "off"),
        ("\"NoAutoUpdate\"=dword:1\n\"AUOptions\"=dword:4", "off"),
        ("\"NoAutoUpdate\"=dword:0\n\"AUOptions\"=dword:4", "on"),
        ("\"AUOptions\"=dword:1", "off"),
        ("\"AUOptions\"=dword:2", "off"),
        ("\"AUOptions\"=dword:3", "download_only"),
        ("\"AUOptions\"=dword:4", "on"),
        ("\"AUOptions\"=dword:5", "on"),
        ("\"AUOptions\"=dword:7", "download_only"),
    ] {
        assert_eq!(automatic(&with_policy(client(), values)), choice(expected), "{values}");
    }
    for values in ["\"AUOptions\"=dword:6", "\"AUOptions\"=\"4\"", "\"NoAutoUpdate\"=\"1\""] {
        let said = automatic(&with_policy(client(), values));
        assert_eq!(reason(&said), Some(Reason::ParseError), "{values}");
    }
}

#[test]
fn the_management_of_devices_counts_otherwise_and_goes_behind_the_group() {
    for (value, expected) in [(0, "off"), (1, "on"), (2, "on"), (4, "on"), (5, "off")] {
        let values = format!("{DEVICE}\n\"AllowAutoUpdate\"=dword:{value}\n");
        let machine = client().with_registry(&values);
        assert_eq!(automatic(&machine), choice(expected), "{value}");
        let both = with_policy(machine, "\"AUOptions\"=dword:3");
        assert_eq!(automatic(&both), choice("download_only"), "{value}");
    }
}

#[test]
fn before_windows_10_whoever_sits_there_has_chosen_or_nobody_knows() {
    let old = || windows(7_601, "Client");
    assert_eq!(reason(&automatic(&old())), Some(Reason::NotSupported));
    let chosen = old().with_registry(&format!("{AUTO_UPDATE}]\n\"AUOptions\"=dword:4\n"));
    assert_eq!(automatic(&chosen), choice("on"));
    // Windows 10 forgets that choice.
    let new = client().with_registry(&format!("{AUTO_UPDATE}]\n\"AUOptions\"=dword:1\n"));
    assert_eq!(automatic(&new), choice("on"));
}

#[test]
fn a_policy_that_may_not_be_looked_at_is_unknown() {
    let denied = "registry.reg/HKLM/SOFTWARE/Policies/Microsoft/Windows/WindowsUpdate";
    let machine = with_policy(client(), "\"AUOptions\"=dword:4").denied(denied);
    for name in
        ["patches.automatic", "patches.managed", "patches.paused_until", "patches.target_release"]
    {
        assert_eq!(reason(&of(&machine, name)), Some(Reason::AccessDenied), "{name}");
    }
}

#[test]
fn a_server_of_the_office_takes_both_its_switch_and_its_address() {
    let address = format!("{GROUP}]\n\"WUServer\"=\"http://wsus.invalid:8530\"\n");
    let switch = format!("{GROUP}\\AU]\n\"UseWUServer\"=dword:1\n");
    let off = format!("{GROUP}\\AU]\n\"UseWUServer\"=dword:0\n");
    for (values, expected) in [
        (address.clone(), false),
        (switch.clone(), false),
        (format!("{address}{off}"), false),
        (format!("{address}{switch}"), true),
    ] {
        let machine = client().with_registry(&values);
        assert_eq!(of(&machine, "patches.managed"), yes_or_no(expected), "{values}");
    }
}

#[test]
fn the_address_of_the_offices_server_is_not_even_read() {
    let machine = Machine::recorded("windows11-wsus");
    let tap = crate::host::Tap::open();
    let context = Context { claims: &AssignmentClaims::default(), now: NOW };
    let _ = probe(&machine.host().tapped(&tap), &context);
    let seen = format!("{:?}", tap.seen());
    assert!(seen.contains("WUServer") && !seen.contains("wsus.invalid"));
}

#[test]
fn a_pause_is_told_as_it_is_written_for_fifty_years_as_well() {
    let until = |name: &str, written: &str| {
        let values = format!("{PAUSES}\n\"{name}\"=\"{written}\"\n");
        of(&client().with_registry(&values), "patches.paused_until")
    };
    for name in ["PauseUpdatesExpiryTime", "PauseQualityUpdatesEndTime"] {
        assert_eq!(until(name, "2026-12-05T09:00:00Z"), moment_at((2026, 12, 5), (9, 0, 0)));
        assert_eq!(until(name, "2077-01-01T00:00:00Z"), moment_at((2077, 1, 1), (0, 0, 0)));
        assert_eq!(until(name, "3000-01-01T00:00:00Z"), moment_at((3000, 1, 1), (0, 0, 0)));
        // One that is over is none.
        assert_eq!(until(name, "2026-11-20T09:00:00Z"), Fact::Absent);
        assert_eq!(until(name, ""), Fact::Absent);
        for odd in ["5/12/2026", "9999-12-31T23:59:59Z"] {
            assert_eq!(reason(&until(name, odd)), Some(Reason::ParseError), "{odd}");
        }
    }
    assert_eq!(until("PauseFeatureUpdatesEndTime", "2077-01-01T00:00:00Z"), Fact::Absent);
}

#[test]
fn the_last_of_several_pauses_holds_and_a_policys_lasts_five_weeks() {
    let policy = format!("{GROUP}]\n\"PauseQualityUpdatesStartTime\"=\"2026-11-01\"\n");
    let machine = client().with_registry(&policy);
    assert_eq!(of(&machine, "patches.paused_until"), moment_at((2026, 12, 6), (0, 0, 0)));
    let own = format!("{PAUSES}\n\"PauseUpdatesExpiryTime\"=\"2026-11-25T00:00:00Z\"\n");
    let machine = machine.with_registry(&own);
    assert_eq!(of(&machine, "patches.paused_until"), moment_at((2026, 12, 6), (0, 0, 0)));
    // What could not be read is no reason to forget the one that could.
    let odd = format!("{DEVICE}\n\"PauseQualityUpdatesStartTime\"=\"soon\"\n");
    let machine = machine.with_registry(&odd);
    assert_eq!(of(&machine, "patches.paused_until"), moment_at((2026, 12, 6), (0, 0, 0)));
    let alone = client().with_registry(&odd);
    assert_eq!(reason(&of(&alone, "patches.paused_until")), Some(Reason::ParseError));
}

#[test]
fn a_release_that_updates_stop_at_is_told_where_the_policy_is_on() {
    let group = |set: u32| {
        let values = format!(
            "{GROUP}]\n\"TargetReleaseVersion\"=dword:{set}\n\
             \"TargetReleaseVersionInfo\"=\"24H2\"\n"
        );
        of(&client().with_registry(&values), "patches.target_release")
    };
    assert_eq!(group(1), text("24H2"));
    assert_eq!(group(0), Fact::Absent);
    let device =
        format!("{DEVICE}\n\"TargetReleaseVersion\"=\"23H2\"\n\"ProductVersion\"=\"Windows 11\"\n");
    let device = client().with_registry(&device);
    assert_eq!(of(&device, "patches.target_release"), text("Windows 11 23H2"));
}
