//! The patches probe over recorded machines whose lists were changed.

use std::io::Write as _;

use report::observation::Facts;
use report::{Fact, Moment, Timestamp};

use super::*;
use crate::host::recorded::{Machine, fact, facts, reason};
use crate::probes::assignment::AssignmentClaims;
use crate::probes::findings::{count, moment, yes_or_no};

mod lists;
mod restart;

const OS_RELEASE: &str = "etc/os-release";
const LIST_FACTS: [&str; 4] = [
    "patches.security_pending",
    "patches.security_sources",
    "patches.lists_at",
    "patches.lists_valid_until",
];
const LISTS: &str = "var/lib/apt/lists";
const SECURITY: &str = "var/lib/apt/lists/deb.debian.org_debian-security_dists_bookworm-security_";

fn run(machine: &Machine) -> Outcome {
    let context = Context { claims: &AssignmentClaims::default(), now: Timestamp(0) };
    probe(&machine.host(), &context)
}

fn look(machine: &Machine) -> Facts {
    facts(run(machine))
}

fn pending(machine: &Machine) -> Fact {
    fact(&look(machine), "patches.security_pending")
}

fn office_pc() -> Machine {
    Machine::recorded("debian12-clamav")
}

fn security(name: &str) -> String {
    format!("{SECURITY}{name}")
}

/// A release file that bears its signature itself.
fn signed(text: &str) -> String {
    format!("-----BEGIN PGP SIGNED MESSAGE-----\n\n{text}-----BEGIN PGP SIGNATURE-----\n")
}

fn at(day: u32) -> Fact {
    let at = Timestamp::from_civil((2026, 11, day), (0, 12, 41)).unwrap();
    moment(Moment::source(at))
}

#[test]
fn an_office_pc_behind_its_security_updates() {
    let facts = look(&office_pc());
    for (name, expected) in [
        ("patches.manager", word("apt")),
        ("patches.security_pending", count(5)),
        ("patches.security_sources", count(1)),
        ("patches.lists_at", at(20)),
        ("patches.lists_valid_until", at(27)),
        ("patches.reboot_pending", yes_or_no(false)),
    ] {
        assert_eq!(fact(&facts, name), expected, "{name}");
    }
}

#[test]
fn each_of_the_five_counts_for_itself() {
    let status = "var/lib/dpkg/status";
    for (from, to, left) in [
        ("3.0.19-1~deb12u2", "3.0.22-1~deb12u2", 4),
        // Masked by the point release, whose version is newer still.
        ("1:9.2p1-2+deb12u6", "1:9.2p1-2+deb12u10", 4),
        ("2025b-0+deb12u1", "2026f-0+deb12u1", 4),
        // Both architectures at once.
        ("5.4.1-1", "5.4.1-1+deb12u2", 3),
        // Held back: pending, and it will not fix itself.
        ("Package: libssl3\nStatus: install", "Package: libssl3\nStatus: hold", 5),
        // What a removed package left behind does not wait for anything.
        (
            "Package: libssl3\nStatus: install ok installed",
            "Package: libssl3\nStatus: deinstall ok config-files",
            4,
        ),
    ] {
        let machine = office_pc().with_edit(status, from, to);
        assert_eq!(pending(&machine), count(left), "{from} -> {to}");
    }
}

#[test]
fn a_package_for_another_architecture_is_no_update() {
    let machine = office_pc().without(&security("main_binary-i386_Packages"));
    assert_eq!(pending(&machine), count(4));
}

#[test]
fn without_lists_nothing_is_known_and_never_zero() {
    let bare = || Machine::recorded("debian12-bare");
    for machine in [bare(), bare().without(LISTS)] {
        let facts = look(&machine);
        for name in LIST_FACTS {
            let reason = reason(&fact(&facts, name));
            assert_eq!(reason, Some(Reason::SourceStale), "{name}");
        }
    }
}

#[test]
fn sources_none_of_which_serves_security_are_counted_and_say_nothing() {
    let machine = office_pc()
        .without(&security("InRelease"))
        .without(&security("main_binary-amd64_Packages"));
    let facts = look(&machine);
    assert_eq!(fact(&facts, "patches.security_sources"), count(0));
    let Fact::Unknown(why) = fact(&facts, "patches.security_pending") else {
        panic!("nobody knows");
    };
    assert_eq!(why.reason, Reason::SourceStale);
    assert_eq!(why.detail.unwrap().as_str(), "no source serves security updates for this release");
}

#[test]
fn the_security_source_of_another_release_is_none_of_this_one() {
    let upgraded = office_pc().with(OS_RELEASE, "ID=debian\nVERSION_CODENAME=trixie\n");
    let facts = look(&upgraded);
    assert_eq!(fact(&facts, "patches.security_sources"), count(0));
    for name in ["patches.security_pending", "patches.lists_at", "patches.lists_valid_until"] {
        assert_eq!(reason(&fact(&facts, name)), Some(Reason::SourceStale), "{name}");
    }
}

#[test]
fn beside_this_releases_own_source_another_ones_counts_for_nothing() {
    let trixie = format!("{LISTS}/deb.debian.org_debian-security_dists_trixie-security_");
    let machine = office_pc()
        .with(
            &format!("{trixie}InRelease"),
            signed("Label: Debian-Security\nSuite: stable-security\nCodename: trixie-security\n"),
        )
        .with(
            &format!("{trixie}main_binary-amd64_Packages"),
            "Package: apt\nArchitecture: amd64\nVersion: 99\n",
        );
    let facts = look(&machine);
    assert_eq!(fact(&facts, "patches.security_sources"), count(1));
    assert_eq!(fact(&facts, "patches.security_pending"), count(5));
    assert_eq!(fact(&facts, "patches.lists_at"), at(20));
}

#[test]
fn a_derivative_goes_by_the_release_it_is_made_from() {
    let derivative = "ID=mine\nVERSION_CODENAME=zena\nUBUNTU_CODENAME=bookworm\n";
    assert_eq!(pending(&office_pc().with(OS_RELEASE, derivative)), count(5));
}

#[test]
fn without_a_name_of_the_release_nothing_is_known_of_its_lists() {
    for machine in [office_pc().with(OS_RELEASE, "ID=debian\n"), office_pc().denied("etc")] {
        let facts = look(&machine);
        for name in LIST_FACTS {
            assert!(reason(&fact(&facts, name)).is_some(), "{name}");
        }
    }
    let nameless = office_pc().with(OS_RELEASE, "ID=debian\n");
    assert_eq!(reason(&pending(&nameless)), Some(Reason::SourceStale));
}

#[test]
fn a_security_source_whose_lists_are_missing_says_nothing() {
    let machine = office_pc()
        .without(&security("main_binary-amd64_Packages"))
        .without(&security("main_binary-i386_Packages"));
    assert_eq!(reason(&pending(&machine)), Some(Reason::SourceStale));
}

#[test]
fn of_several_security_sources_the_oldest_date_and_the_earliest_end_count() {
    let mirror = format!("{LISTS}/mirror.example_security_dists_bookworm-security_");
    let machine = office_pc()
        .with(
            &format!("{mirror}InRelease"),
            signed(
                "Label: Debian-Security\nCodename: bookworm-security\n\
                 Date: Wed, 18 Nov 2026 00:12:41 UTC\n\
                 SHA256:\n e3b0 0 main/binary-amd64/Packages\n",
            ),
        )
        .with(&format!("{mirror}main_binary-amd64_Packages"), "");
    let facts = look(&machine);
    assert_eq!(fact(&facts, "patches.security_sources"), count(2));
    assert_eq!(fact(&facts, "patches.lists_at"), at(18));
    assert_eq!(fact(&facts, "patches.lists_valid_until"), at(27));
    // Each with the file whose date it is.
    assert_eq!(source(&facts, "patches.lists_at"), format!("{mirror}InRelease"));
    assert_eq!(source(&facts, "patches.lists_valid_until"), security("InRelease"));
}

fn source(facts: &Facts, name: &str) -> String {
    let (_, reading) = facts.iter().find(|(key, _)| key.name() == name).unwrap();
    reading.source.as_ref().unwrap().to_string()
}

#[test]
fn a_source_without_an_end_has_none_and_one_without_a_date_is_unknown() {
    let release = security("InRelease");
    let machine = office_pc().with_edit(&release, "Valid-Until:", "Valid-Forever:");
    assert_eq!(fact(&look(&machine), "patches.lists_valid_until"), Fact::Absent);
    let machine = office_pc().with_edit(&release, "\nDate:", "\nDay:");
    let date = fact(&look(&machine), "patches.lists_at");
    assert_eq!(reason(&date), Some(Reason::ParseError));
}

#[test]
fn what_may_not_be_read_is_unknown() {
    for denied in [
        LISTS,
        "var/lib/apt",
        "var/lib/dpkg/status",
        &security("InRelease"),
        &security("main_binary-amd64_Packages"),
    ] {
        let machine = office_pc().denied(denied);
        let reason = reason(&pending(&machine));
        assert_eq!(reason, Some(Reason::AccessDenied), "{denied}");
    }
}

#[test]
fn a_list_belongs_to_the_source_with_the_longest_name() {
    // Before bullseye the security suite was called like a folder of the main one.
    let main = format!("{LISTS}/host_dists_buster_");
    let machine = Machine::recorded("debian12-bare")
        .with(
            &format!("{main}InRelease"),
            signed("Label: Debian\nSuite: oldstable\nDate: Sat, 11 Jul 2026 10:16:37 UTC\n"),
        )
        .with(
            &format!("{main}updates_InRelease"),
            signed(
                "Label: Debian-Security\nCodename: bookworm\nComponents: updates/main\n\
                 Date: Fri, 20 Nov 2026 00:12:41 UTC\n\
                 SHA256:\n e3b0 0 main/binary-amd64/Packages\n",
            ),
        )
        .with(
            &format!("{main}main_binary-amd64_Packages"),
            "Package: libssl3\nArchitecture: amd64\nVersion: 99\n",
        )
        .with(&format!("{main}updates_main_binary-amd64_Packages"), "");
    assert_eq!(pending(&machine), count(0));
}

#[test]
fn the_surest_mark_tells_when_lists_were_fetched() {
    let mark = |machine: &Machine| {
        look(machine)
            .into_iter()
            .find(|(key, _)| key.name() == "patches.refreshed_at")
            .map(|(_, reading)| (reading.fact.known().is_some(), reading.source))
            .map(|(known, source)| (known, source.unwrap().to_string()))
            .unwrap()
    };
    let machine = office_pc();
    assert_eq!(mark(&machine), (true, format!("{LISTS}/partial")));
    let machine = machine.with("var/lib/apt/periodic/update-stamp", "");
    let stamp = "var/lib/apt/periodic/update-stamp".to_owned();
    assert_eq!(mark(&machine), (true, stamp));
    let machine = machine.with("var/lib/apt/periodic/update-success-stamp", "");
    let stamp = "var/lib/apt/periodic/update-success-stamp".to_owned();
    assert_eq!(mark(&machine), (true, stamp));
    let never = office_pc().without("var/lib/apt/lists/partial");
    let refreshed = fact(&look(&never), "patches.refreshed_at");
    assert_eq!(refreshed, Fact::Absent);
}

#[test]
fn a_status_file_that_was_cut_off_leaves_updates_unknown() {
    let status = "var/lib/dpkg/status";
    let whole = office_pc().files().read(status, 1 << 20).unwrap();
    let facts = look(&office_pc().with(status, &whole[..whole.len() - 40]));
    for name in ["patches.security_pending", "patches.pending", "patches.held", "patches.broken"] {
        assert_eq!(reason(&fact(&facts, name)), Some(Reason::ParseError), "{name}");
    }
}

#[test]
fn a_machine_without_dpkg_fails_the_topic() {
    for machine in
        [office_pc().without("var/lib/dpkg"), office_pc().with("var/lib/dpkg/status", "")]
    {
        match run(&machine) {
            Outcome::Failed(why) => assert_eq!(why.reason, Reason::NotSupported),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn packages_kept_as_they_are_are_counted() {
    let status = "var/lib/dpkg/status";
    let machine = office_pc().with_edit(
        status,
        "Package: libssl3\nStatus: install",
        "Package: libssl3\nStatus: hold",
    );
    let facts = look(&machine);
    assert_eq!(fact(&facts, "patches.held"), count(1));
    assert_eq!(fact(&facts, "patches.security_held"), count(1));
    let names = fact(&facts, "patches.security_held_names");
    assert_eq!(names, crate::probes::findings::text("libssl3"));
    assert_eq!(fact(&look(&office_pc()), "patches.held"), count(0));
}

#[test]
fn a_package_left_in_the_middle_or_a_journal_left_behind_is_broken() {
    let broken = |machine: &Machine| fact(&look(machine), "patches.broken");
    assert_eq!(broken(&office_pc()), yes_or_no(false));
    let half = office_pc().with_edit(
        "var/lib/dpkg/status",
        "Package: libssl3\nStatus: install ok installed",
        "Package: libssl3\nStatus: install ok half-configured",
    );
    assert_eq!(broken(&half), yes_or_no(true));
    let scratch = office_pc().with("var/lib/dpkg/updates/tmp.i", "");
    assert_eq!(broken(&scratch), yes_or_no(false));
    let step = scratch.with("var/lib/dpkg/updates/0003", "Package: libssl3\n");
    assert_eq!(broken(&step), yes_or_no(true));
    let unreadable = office_pc().with_folder("var/lib/dpkg/updates").denied("var/lib/dpkg/updates");
    assert_eq!(reason(&broken(&unreadable)), Some(Reason::AccessDenied));
}

/// Looking twice at the same machine gives the same facts: a report is sent in full only when
/// something has happened.
#[test]
fn a_machine_where_nothing_happened_says_the_same_again() {
    let machine = office_pc();
    assert_eq!(look(&machine), look(&machine));
}
