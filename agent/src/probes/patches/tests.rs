//! The patches probe over recorded machines whose lists were changed.

use std::io::Write as _;

use report::observation::Facts;
use report::{Fact, Moment, Timestamp};

use super::*;
use crate::host::recorded::{Machine, fact, facts, reason};
use crate::probes::assignment::AssignmentClaims;
use crate::probes::findings::{count, moment, yes_or_no};

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

fn packed(extension: &str, pack: impl Fn(&[u8]) -> Vec<u8>) -> Machine {
    let machine = office_pc();
    let plain = security("main_binary-amd64_Packages");
    let content = machine.files().read(&plain, 1 << 20).unwrap();
    machine.without(&plain).with(&format!("{plain}{extension}"), pack(&content))
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn lz4(content: &[u8]) -> Vec<u8> {
    let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn xz(content: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::XzOptions::with_preset(0);
    let mut encoder = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn zstd(content: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(content, ruzstd::encoding::CompressionLevel::Fastest)
}

type Pack = fn(&[u8]) -> Vec<u8>;
const PLAIN: (&str, Pack) = ("", <[u8]>::to_vec);
const PACKS: [(&str, Pack); 4] = [(".gz", gzip), (".lz4", lz4), (".xz", xz), (".zst", zstd)];

#[test]
fn packed_lists_say_the_same_as_plain_ones() {
    for (extension, pack) in PACKS {
        assert_eq!(pending(&packed(extension, pack)), count(5), "{extension}");
        let in_two = |content: &[u8]| {
            let (first, second) = content.split_at(content.len() / 2);
            [pack(first), pack(second)].concat()
        };
        assert_eq!(pending(&packed(extension, in_two)), count(5), "{extension} in two");
    }
}

#[test]
fn a_list_packed_otherwise_is_named() {
    for extension in [".bz2", ".lzma"] {
        let Fact::Unknown(why) = pending(&packed(extension, <[u8]>::to_vec)) else {
            panic!("{extension} cannot be read");
        };
        assert_eq!(why.reason, Reason::NotSupported);
        let detail = why.detail.unwrap();
        let named = format!("main_binary-amd64_Packages{extension}");
        assert!(detail.as_str().contains(&named), "{detail}");
    }
}

#[test]
fn a_damaged_list_says_nothing_of_what_it_lost() {
    for (extension, pack) in PACKS {
        for machine in [
            packed(extension, |_| Vec::new()),
            packed(extension, <[u8]>::to_vec),
            // Something stands behind the end.
            packed(extension, |content| [&pack(content)[..], b"Package: a\n"].concat()),
        ] {
            assert_eq!(reason(&pending(&machine)), Some(Reason::ParseError), "{extension}");
        }
    }
}

/// Such are all lists of a source fetched anew whose lists were not.
#[test]
fn a_list_that_is_not_the_one_its_release_file_states_is_unknown() {
    let (before, after) = ("5906 main/binary-amd64", "5907 main/binary-amd64");
    for (extension, pack) in PACKS.into_iter().chain([PLAIN]) {
        let whole = packed(extension, pack);
        assert_eq!(pending(&whole), count(5), "{extension}");
        let newer = whole.with_edit(&security("InRelease"), before, after);
        assert_eq!(reason(&pending(&newer)), Some(Reason::ParseError), "{extension}");
        let emptied = packed(extension, |_| pack(b""));
        assert_eq!(reason(&pending(&emptied)), Some(Reason::ParseError), "{extension} of nothing");
    }
}

#[test]
fn a_list_that_no_release_file_states_is_read_and_proves_nothing_when_it_is_empty() {
    let odd = |list: &[u8]| {
        let machine = packed("", |_| list.to_vec());
        let stated = "5906 main/binary-amd64/Packages";
        machine.with_edit(&security("InRelease"), stated, "5906 main/binary-mips/Packages")
    };
    let whole = office_pc().files().read(&security("main_binary-amd64_Packages"), 1 << 20).unwrap();
    assert_eq!(pending(&odd(&whole)), count(5));
    for lost in [&b""[..], &whole[..whole.len() / 2], &b"Package: a"[..]] {
        assert_eq!(reason(&pending(&odd(lost))), Some(Reason::ParseError));
    }
}

#[test]
fn an_empty_list_that_should_be_empty_may_be_missing() {
    let list = security("main_binary-amd64_Packages");
    let machine = office_pc().with(&list, "").with_edit(
        &security("InRelease"),
        "5906 main/binary-amd64",
        "0 main/binary-amd64",
    );
    assert_eq!(pending(&machine), count(1), "of i386");
    assert_eq!(pending(&machine.without(&list)), count(1));
}

/// As after a power cut, when a file has its name and not yet its content.
#[test]
fn a_release_file_that_was_cut_off_is_unknown_and_never_another_source() {
    let release = security("InRelease");
    let whole = office_pc().files().read(&release, 1 << 20).unwrap();
    let content = String::from_utf8_lossy(&whole).find("-----BEGIN PGP SIGNATURE").unwrap();
    let machine = office_pc();
    for length in (0..content).step_by(7) {
        std::fs::write(machine.place(&release), &whole[..length]).unwrap();
        let facts = look(&machine);
        for name in LIST_FACTS.into_iter().chain(["patches.pending"]) {
            assert_eq!(reason(&fact(&facts, name)), Some(Reason::ParseError), "{name} at {length}");
        }
    }
    let detached = office_pc().without(&release).with(&security("Release"), "");
    assert_eq!(reason(&pending(&detached)), Some(Reason::ParseError));
    let mid_line = detached.with(&security("Release"), "Suite: stable\nLabel: Deb");
    assert_eq!(reason(&pending(&mid_line)), Some(Reason::ParseError));
}

#[test]
fn a_security_source_without_the_list_of_the_base_system_says_nothing() {
    let list = security("main_binary-amd64_Packages");
    for other in ["contrib_binary-amd64_Packages", "main_binary-arm64_Packages"] {
        let machine = office_pc()
            .without(&list)
            .with(&security(other), "Package: x\nArchitecture: amd64\nVersion: 1\n\n");
        let facts = look(&machine);
        for name in ["patches.security_pending", "patches.pending", "patches.security_masked"] {
            assert_eq!(reason(&fact(&facts, name)), Some(Reason::SourceStale), "{name} {other}");
        }
    }
    // dpkg says which architecture is the machine's own.
    let other_machine = office_pc().with("var/lib/dpkg/arch", "arm64\namd64\n");
    assert_eq!(reason(&pending(&other_machine)), Some(Reason::SourceStale));
}

#[test]
fn a_source_whose_lists_are_missing_takes_the_total_with_it() {
    let main = format!("{LISTS}/deb.debian.org_debian_dists_bookworm_main_binary-");
    let machine = office_pc()
        .without(&format!("{main}amd64_Packages"))
        .without(&format!("{main}i386_Packages"));
    let facts = look(&machine);
    assert_eq!(fact(&facts, "patches.security_pending"), count(5));
    for name in ["patches.pending", "patches.phased", "patches.security_masked"] {
        assert_eq!(reason(&fact(&facts, name)), Some(Reason::SourceStale), "{name}");
    }
    let of_source_code =
        format!("{LISTS}/deb.debian.org_debian_dists_bookworm_main_source_Sources");
    let facts = look(&machine.with(&of_source_code, "Package: x\n"));
    assert!(fact(&facts, "patches.pending").known().is_some());
}

/// A list that was cut off anywhere but at its end.
#[test]
fn a_list_that_ends_too_early_is_unknown_and_never_fewer() {
    for (extension, pack) in PACKS.into_iter().chain([PLAIN]) {
        let plain = security("main_binary-amd64_Packages");
        let whole = pack(&office_pc().files().read(&plain, 1 << 20).unwrap());
        let machine = packed(extension, |_| Vec::new());
        let place = machine.place(&format!("{plain}{extension}"));
        for length in (0..whole.len()).step_by(11).chain(whole.len() - 8..whole.len()) {
            std::fs::write(&place, &whole[..length]).unwrap();
            let pending = pending(&machine);
            assert!(
                matches!(pending, Fact::Unknown(_)),
                "{extension} cut at {length}: {pending:?}"
            );
        }
    }
}

/// LZ4 as apt writes it bears no checksum, so only its frame can be told to be whole.
#[test]
fn a_flipped_bit_is_unknown_or_changes_nothing() {
    for (extension, pack) in PACKS.into_iter().filter(|(extension, _)| *extension != ".lz4") {
        let plain = security("main_binary-amd64_Packages");
        let whole = pack(&office_pc().files().read(&plain, 1 << 20).unwrap());
        let machine = packed(extension, |_| Vec::new());
        let place = machine.place(&format!("{plain}{extension}"));
        for at in (0..whole.len()).step_by(5) {
            let mut damaged = whole.clone();
            damaged[at] ^= 1 << (at % 8);
            std::fs::write(&place, damaged).unwrap();
            let pending = pending(&machine);
            let is_honest = pending == count(5) || matches!(pending, Fact::Unknown(_));
            assert!(is_honest, "{extension} at {at}: {pending:?}");
        }
    }
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

fn reboot(machine: &Machine) -> Fact {
    fact(&look(machine), "patches.reboot_pending")
}

#[test]
fn a_flag_or_a_newer_kernel_asks_for_a_restart() {
    let flag = office_pc().with("run/reboot-required", "");
    assert_eq!(reboot(&flag), yes_or_no(true));
    let kernel = office_pc().with("boot/vmlinuz-6.1.0-38-amd64", "");
    assert_eq!(reboot(&kernel), yes_or_no(true));
    let other_flavour = office_pc().with("boot/vmlinuz-6.1.0-38-rt-amd64", "");
    assert_eq!(reboot(&other_flavour), yes_or_no(false));
}

#[test]
fn the_same_kernel_installed_anew_asks_for_a_restart() {
    let machine = office_pc().with_edit("var/lib/dpkg/status", "6.1.140-1", "6.1.140-2");
    assert_eq!(reboot(&machine), yes_or_no(true));
}

#[test]
fn a_kernel_whose_build_cannot_be_compared_leaves_it_unknown() {
    let build = "proc/sys/kernel/version";
    for (machine, expected) in [
        (office_pc().denied(build), Reason::AccessDenied),
        (office_pc().without(build), Reason::NotSupported),
        (office_pc().with(build, "#1 SMP Debian\n"), Reason::ParseError),
        (office_pc().with(build, ""), Reason::ParseError),
        (
            office_pc().with_edit("var/lib/dpkg/status", "linux-image-6.1.0-37-amd64", "linux-x"),
            Reason::NotSupported,
        ),
    ] {
        assert_eq!(reason(&reboot(&machine)), Some(expected));
    }
    let ubuntu = office_pc().with(build, "#101-Ubuntu SMP PREEMPT_DYNAMIC\n");
    assert_eq!(reboot(&ubuntu), yes_or_no(false));
}

#[test]
fn modules_stand_in_for_images() {
    let machine = || office_pc().without("boot");
    assert_eq!(reason(&reboot(&machine())), Some(Reason::NotSupported));
    let current = machine().with_folder("lib/modules/6.1.0-37-amd64");
    assert_eq!(reboot(&current), yes_or_no(false));
    let newer = current.with_folder("lib/modules/6.1.0-38-amd64");
    assert_eq!(reboot(&newer), yes_or_no(true));
}

#[test]
fn a_kernel_brought_by_the_provider_leaves_it_unknown() {
    let foreign = office_pc().with("proc/sys/kernel/osrelease", "6.18.44-fc\n");
    assert_eq!(reason(&reboot(&foreign)), Some(Reason::NotSupported));
}

#[test]
fn a_container_is_not_restarted_for_its_hosts_kernel() {
    let machine = office_pc().with(".dockerenv", "").with("run/reboot-required", "");
    assert_eq!(reason(&reboot(&machine)), Some(Reason::NotSupported));
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
