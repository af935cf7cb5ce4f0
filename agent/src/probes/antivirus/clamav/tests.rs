//! ClamAV over recorded machines: what protects, what does not, and who may say so.

use super::*;
use crate::host::recorded::{Machine, field, reason};

const CONFIGURATION: &str = "etc/clamav/clamd.conf";

fn office_pc() -> Machine {
    Machine::recorded("debian12-clamav")
}

fn found(machine: &Machine) -> Fact<Record> {
    look(&Doors::of(&machine.host(), Timestamp(0)))
}

fn clamav(machine: &Machine) -> Record {
    match found(machine) {
        Fact::Known(record) => record,
        other => panic!("ClamAV is there: {other:?}"),
    }
}

fn read(machine: &Machine, name: &str) -> Fact {
    field(&clamav(machine), name)
}

fn built_at(day: u32, hour: u32, minute: u32) -> Fact {
    let at = report::Timestamp::from_civil((2026, 11, day), (hour, minute, 0)).unwrap();
    Fact::Known(Value::Moment(Moment::source(at)))
}

#[test]
fn clamav_blocking_on_access() {
    let clamav = clamav(&office_pc());
    for (name, expected) in [
        ("product", word("clamav")),
        ("vendor", word("Cisco Talos")),
        ("version", word("1.4.6")),
        ("state", choice("on")),
        ("realtime", yes_or_no(true)),
        ("passive", yes_or_no(false)),
        ("definitions_version", word("28191")),
        ("definitions_at", built_at(21, 7, 24)),
        ("licence_status", choice("free")),
        ("licence_until", Fact::Absent),
        ("present", yes_or_no(true)),
    ] {
        assert_eq!(field(&clamav, name), expected, "{name}");
    }
}

#[test]
fn packages_carry_the_makers_version_inside_their_own() {
    for (package, maker) in [
        ("1.4.6+dfsg-0+deb12u1", "1.4.6"),
        ("1.4.3+dfsg-1~deb12u2", "1.4.3"),
        ("1:0.103.8-0ubuntu0.20.04.1", "0.103.8"),
        ("1.5.0~rc+dfsg-1", "1.5.0~rc"),
        ("1.4.6", "1.4.6"),
    ] {
        assert_eq!(upstream(package), maker);
    }
}

#[test]
fn a_scanner_alone_is_on_and_protects_nothing_in_real_time() {
    let machine = office_pc().without("proc/845");
    assert_eq!(read(&machine, "state"), choice("on"));
    assert_eq!(read(&machine, "realtime"), yes_or_no(false));
}

#[test]
fn a_watcher_without_its_scanner_is_off() {
    let machine = office_pc().without("proc/812");
    assert_eq!(read(&machine, "state"), choice("off"));
    assert_eq!(read(&machine, "realtime"), yes_or_no(false));
}

#[test]
fn a_watcher_that_only_reports_protects_nothing_in_real_time() {
    for (from, to) in [
        ("OnAccessPrevention yes", "OnAccessPrevention no"),
        ("OnAccessIncludePath", "#OnAccessIncludePath"),
        ("OnAccessPrevention yes", "OnAccessMountPath /\nOnAccessPrevention yes"),
    ] {
        let machine = office_pc().with_edit(CONFIGURATION, from, to);
        assert_eq!(read(&machine, "realtime"), yes_or_no(false), "{to}");
    }
}

#[test]
fn processes_that_cannot_be_seen_leave_the_state_unknown() {
    let hidden = office_pc().without("proc/812").without("proc/845").denied("proc/1");
    for name in ["state", "realtime"] {
        let reason = reason(&read(&hidden, name));
        assert_eq!(reason, Some(Reason::AccessDenied), "{name}");
    }
}

#[test]
fn a_person_cannot_pass_for_the_scanner_or_the_watcher() {
    let impostors = office_pc()
        .without("proc/812")
        .without("proc/845")
        .with_process(3001, "clamd", 1000, &["clamd"])
        .with_process(3002, "clamonacc", 1000, &["clamonacc"]);
    assert_eq!(read(&impostors, "state"), choice("off"));
    assert_eq!(read(&impostors, "realtime"), yes_or_no(false));
    // Neither can another service: watching what everybody opens takes root.
    let service =
        office_pc().without("proc/845").with_process(3002, "clamonacc", 110, &["clamonacc"]);
    assert_eq!(read(&service, "realtime"), yes_or_no(false));
}

fn watching_by(configuration: &str) -> Machine {
    office_pc()
        .without("proc/845")
        .with(CONFIGURATION, "DatabaseDirectory /var/lib/clamav\n")
        .with("srv/clamd.conf", "OnAccessPrevention yes\nOnAccessIncludePath /home\n")
        .with_process(845, "clamonacc", 0, &["clamonacc", "-c", configuration])
}

#[test]
fn the_file_on_the_command_line_is_the_one_in_effect() {
    let machine = watching_by("/srv/clamd.conf");
    assert_eq!(read(&machine, "realtime"), yes_or_no(true));
}

#[test]
fn a_path_that_may_name_a_person_is_not_sent() {
    let home = "DatabaseDirectory /home/lan/db\nOnAccessPrevention yes\nOnAccessIncludePath /\n";
    let arguments = ["clamd", "-c", "/home/lan/clamd.conf"];
    let machine = || {
        office_pc()
            .with("home/lan/clamd.conf", home)
            .with_process(812, "clamd", 110, &arguments)
            .with_process(845, "clamonacc", 0, &arguments)
    };
    for machine in [
        machine(),
        machine().with("home/lan/db/daily.cvd", header(28_200, 22)),
        machine().with("home/lan/db/daily.cvd", "broken"),
        machine().denied("home/lan/db"),
        machine().denied("home/lan/clamd.conf"),
        machine().owned("home/lan/clamd.conf", 1000, 0o644),
        machine().without("home/lan/clamd.conf"),
    ] {
        let shown = format!("{:?}", clamav(&machine));
        assert!(!shown.contains("lan/"), "{shown}");
    }
}

#[test]
fn a_file_that_others_can_write_is_not_believed() {
    for (uid, mode) in [(1000, 0o644), (0, 0o664), (0, 0o646)] {
        let machine = watching_by("/srv/clamd.conf").owned("srv/clamd.conf", uid, mode);
        let reason = reason(&read(&machine, "realtime"));
        assert_eq!(reason, Some(Reason::ProductOpaque), "{uid} {mode:o}");
    }
}

#[test]
fn a_file_that_cannot_be_looked_at_is_not_replaced_by_the_default_one() {
    let relative = watching_by("clamd.conf");
    let missing = watching_by("/srv/nothing.conf");
    let denied = watching_by("/srv/clamd.conf").denied("srv/clamd.conf");
    for (machine, expected) in [
        (relative, Reason::ProductOpaque),
        (missing, Reason::SourceStale),
        (denied, Reason::AccessDenied),
    ] {
        assert_eq!(reason(&read(&machine, "realtime")), Some(expected));
    }
}

#[test]
fn red_hats_configuration_counts_where_debians_is_missing() {
    let machine = office_pc().without(CONFIGURATION).with(
        "etc/clamd.d/scan.conf",
        "OnAccessPrevention yes\nOnAccessIncludePath /\nDatabaseDirectory /var/lib/clamav\n",
    );
    assert_eq!(read(&machine, "realtime"), yes_or_no(true));
    let none = office_pc().without(CONFIGURATION);
    assert_eq!(read(&none, "realtime"), yes_or_no(false));
}

fn header(version: u32, day: u32) -> String {
    format!("ClamAV-VDB:{day} Nov 2026 07-24 +0000:{version}:1:90:md5:dsig:builder")
}

#[test]
fn of_two_databases_the_higher_version_counts() {
    let newer = office_pc().with("var/lib/clamav/daily.cld", header(28_192, 22));
    assert_eq!(read(&newer, "definitions_version"), word("28192"));
    assert_eq!(read(&newer, "definitions_at"), built_at(22, 7, 24));
    let older = office_pc().with("var/lib/clamav/daily.cld", header(28_190, 20));
    assert_eq!(read(&older, "definitions_version"), word("28191"));
}

#[test]
fn no_database_is_absent_and_a_broken_one_is_not() {
    let none = office_pc().without("var/lib/clamav/daily.cvd");
    assert_eq!(read(&none, "definitions_at"), Fact::Absent);
    assert_eq!(read(&none, "definitions_version"), Fact::Absent);
    let broken = office_pc().with("var/lib/clamav/daily.cvd", "ClamAV-VDB:soon:");
    let why = reason(&read(&broken, "definitions_at"));
    assert_eq!(why, Some(Reason::ParseError));
    let denied = office_pc().denied("var/lib/clamav");
    let why = reason(&read(&denied, "definitions_at"));
    assert_eq!(why, Some(Reason::AccessDenied));
    let one_good = broken.with("var/lib/clamav/daily.cld", header(28_190, 20));
    assert_eq!(read(&one_good, "definitions_version"), word("28190"));
}

#[test]
fn definitions_are_looked_for_where_the_scanner_takes_them_from() {
    let machine = office_pc()
        .with_edit(CONFIGURATION, "/var/lib/clamav", "/srv/clamav")
        .with("srv/clamav/daily.cld", header(28_200, 22));
    assert_eq!(read(&machine, "definitions_version"), word("28200"));
    // The daemon's command line goes before its default file.
    let machine = machine
        .with("srv/own.conf", "DatabaseDirectory /srv/own\n")
        .with("srv/own/daily.cld", header(28_300, 22))
        .with_process(812, "clamd", 110, &["clamd", "--config-file=/srv/own.conf"]);
    assert_eq!(read(&machine, "definitions_version"), word("28300"));
}

#[test]
fn without_a_scanner_the_updater_says_where_the_definitions_are() {
    let machine = office_pc()
        .without("proc/812")
        .without(CONFIGURATION)
        .with_edit("etc/clamav/freshclam.conf", "/var/lib/clamav", "/srv/fresh")
        .with("srv/fresh/daily.cvd", header(28_201, 22));
    assert_eq!(read(&machine, "definitions_version"), word("28201"));
    let denied = machine.denied("etc/clamav/freshclam.conf");
    let why = reason(&read(&denied, "definitions_at"));
    assert_eq!(why, Some(Reason::AccessDenied));
}

#[test]
fn a_scanner_that_is_no_package_has_no_known_version() {
    let machine = Machine::recorded("debian12-bare").with("usr/local/sbin/clamd", "");
    let version = read(&machine, "version");
    assert_eq!(reason(&version), Some(Reason::NotSupported));
    assert_eq!(read(&machine, "state"), choice("off"));
}

#[test]
fn leftovers_of_a_removed_package_are_no_scanner() {
    let machine = Machine::recorded("debian12-bare").with_edit(
        "var/lib/dpkg/status",
        "Package: apt\nStatus: install ok installed",
        "Package: clamav-daemon\nStatus: deinstall ok config-files",
    );
    assert_eq!(found(&machine), Fact::Absent);
}

#[test]
fn a_running_scanner_of_unknown_origin_is_there() {
    let machine =
        Machine::recorded("debian12-bare").with_process(700, "clamd", 0, &["/opt/x/clamd"]);
    assert_eq!(read(&machine, "state"), choice("on"));
}
