//! Sources of other kinds than the recorded machines have, and lists of any content.

use proptest::prelude::*;
use report::observation::Facts;

use super::super::dpkg;
use super::*;
use crate::host::recorded::{Machine, fact, facts, reason};
use crate::probes::findings::{Findings, text};

const STATUS: &str = "var/lib/dpkg/status";

fn look_at(machine: &Machine) -> Facts {
    let files = machine.files();
    let mut findings = Findings::default();
    look(&files, &dpkg::installed(&files), &mut findings);
    facts(findings.observed())
}

fn known_count(facts: &Facts, name: &str) -> Option<u64> {
    match fact(facts, name) {
        Fact::Known(report::Value::Count(count)) => Some(count),
        Fact::Known(_) | Fact::Absent | Fact::Unknown(_) => None,
    }
}

fn installed(packages: &[(&str, &str, &str)]) -> String {
    let stanza = |(name, version, want): &(&str, &str, &str)| {
        format!(
            "Package: {name}\nStatus: {want} ok installed\nArchitecture: amd64\nVersion: {version}\n\n"
        )
    };
    packages.iter().map(stanza).collect()
}

fn offered(packages: &[(&str, &str, &str)]) -> String {
    let stanza = |(name, version, fields): &(&str, &str, &str)| {
        format!("Package: {name}\nArchitecture: amd64\nVersion: {version}\n{fields}\n")
    };
    packages.iter().map(stanza).collect()
}

/// An Ubuntu 22.04 with a package for each pocket.
fn ubuntu() -> Machine {
    let source = |machine: Machine, prefix: &str, suite: &str, label: &str, offers: &str| {
        machine
            .with(
                &format!("{LISTS}/{prefix}_InRelease"),
                format!(
                    "-----BEGIN PGP SIGNED MESSAGE-----\n\n\
                     Origin: {label}\nLabel: {label}\nSuite: {suite}\nVersion: 22.04\n\
                     Codename: jammy\nDate: Fri, 20 Nov 2026 00:12:41 UTC\n\
                     Components: main restricted\n-----BEGIN PGP SIGNATURE-----\n"
                ),
            )
            .with(&format!("{LISTS}/{prefix}_main_binary-amd64_Packages"), offers)
    };
    let machine = Machine::empty()
        .with("usr/lib/os-release", "ID=ubuntu\nVERSION_CODENAME=jammy\n")
        .with("etc/machine-id", "0123456789abcdef0123456789abcdef\n")
        .with(
            STATUS,
            installed(&[
                ("dpkg", "1.21", "install"),
                ("release", "1", "install"),
                ("updated", "1", "install"),
                ("secure", "1", "install"),
                ("both", "1", "install"),
                ("infra", "1", "install"),
                ("apps", "1", "hold"),
                ("phased", "1", "install"),
            ]),
        );
    let machine = source(
        machine,
        "vn.archive.ubuntu.com_ubuntu_dists_jammy",
        "jammy",
        "Ubuntu",
        &offered(&[("release", "1", ""), ("secure", "1", "")]),
    );
    let machine = source(
        machine,
        "vn.archive.ubuntu.com_ubuntu_dists_jammy-updates",
        "jammy-updates",
        "Ubuntu",
        &offered(&[
            ("updated", "2", ""),
            ("both", "2", ""),
            ("phased", "2", "Phased-Update-Percentage: 0\n"),
        ]),
    );
    let machine = source(
        machine,
        "security.ubuntu.com_ubuntu_dists_jammy-security",
        "jammy-security",
        "Ubuntu",
        &offered(&[("secure", "2", ""), ("both", "2", "")]),
    );
    let machine = source(
        machine,
        "esm.ubuntu.com_infra_ubuntu_dists_jammy-infra-security",
        "jammy-infra-security",
        "UbuntuESM",
        &offered(&[("infra", "1+esm1", "")]),
    );
    source(
        machine,
        "esm.ubuntu.com_apps_ubuntu_dists_jammy-apps-security",
        "jammy-apps-security",
        "UbuntuESMApps",
        &offered(&[("apps", "1+esm1", "")]),
    )
}

#[test]
fn every_pocket_of_ubuntu_counts_for_what_it_is() {
    let facts = look_at(&ubuntu());
    for (name, expected) in [
        ("patches.security_sources", 1),
        ("patches.pending", 5),
        ("patches.security_pending", 4),
        ("patches.security_masked", 0),
        ("patches.security_held", 1),
        ("patches.phased", 1),
        ("patches.pins_unread", 0),
        ("patches.sources_behind", 0),
    ] {
        assert_eq!(known_count(&facts, name), Some(expected), "{name}");
    }
    assert_eq!(fact(&facts, "patches.security_names"), text("apps both infra secure"));
    assert_eq!(fact(&facts, "patches.security_held_names"), text("apps"));
    assert_eq!(fact(&facts, "patches.security_masked_names"), Fact::Absent);
}

#[test]
fn extended_maintenance_adds_to_a_security_source_and_is_none() {
    let security = format!("{LISTS}/security.ubuntu.com_ubuntu_dists_jammy-security_");
    let machine = ubuntu()
        .without(&format!("{security}InRelease"))
        .without(&format!("{security}main_binary-amd64_Packages"));
    let facts = look_at(&machine);
    assert_eq!(known_count(&facts, "patches.security_sources"), Some(0));
    for name in ["patches.security_pending", "patches.lists_at", "patches.security_held"] {
        assert_eq!(reason(&fact(&facts, name)), Some(Reason::SourceStale), "{name}");
    }
    assert_eq!(known_count(&facts, "patches.pending"), Some(4), "what apt would install");
}

/// As long as those of whole distributions, which are not read at once.
#[test]
fn a_long_release_file_is_no_damage() {
    let release = format!("{LISTS}/security.ubuntu.com_ubuntu_dists_jammy-security_InRelease");
    for checksums in [300, 3_000] {
        let sums =
            "SHA256:\n".to_owned() + &" e3b0c442 0 contrib/Contents-amd64\n".repeat(checksums);
        let signature = "-----BEGIN PGP SIGNATURE-----\n".to_owned() + &"x".repeat(100_000);
        let long =
            ubuntu().with_edit(&release, "-----BEGIN PGP SIGNATURE-----\n", &(sums + &signature));
        assert_eq!(known_count(&look_at(&long), "patches.security_pending"), Some(4));
    }
}

#[test]
fn settings_that_lead_apt_elsewhere_leave_security_known() {
    for setting in ["Dir::Etc::PreferencesParts \"/srv\";", "#clear APT::Default-Release;"] {
        let facts = look_at(&ubuntu().with("etc/apt/apt.conf.d/50x", setting));
        assert_eq!(known_count(&facts, "patches.security_pending"), Some(4));
        for name in ["patches.pins_unread", "patches.pending", "patches.security_masked"] {
            assert_eq!(reason(&fact(&facts, name)), Some(Reason::NotSupported), "{name}");
        }
    }
}

#[test]
fn the_file_of_the_first_pin_that_cannot_be_read_is_named() {
    let source = |machine: &Machine| {
        let facts = look_at(machine);
        let (_, reading) =
            facts.iter().find(|(key, _)| key.name() == "patches.pins_unread").unwrap();
        reading.source.as_ref().unwrap().to_string()
    };
    let unread = "Package: /^x/\nPin: version 1\nPin-Priority: 1\n";
    let machine = ubuntu().with("etc/apt/preferences.d/b", unread);
    assert_eq!(source(&machine), "etc/apt/preferences.d/b");
    let machine = machine.with("etc/apt/preferences", unread);
    assert_eq!(source(&machine), "etc/apt/preferences");
    let machine = machine.with("etc/apt/apt.conf.d/7", "APT::Default-Release \"/x/\";");
    assert_eq!(source(&machine), "etc/apt/apt.conf.d/7");
}

/// Without a contract its client pins these sources to `never`: the updates exist all the same.
#[test]
fn extended_maintenance_without_a_contract_is_kept_off() {
    let machine = ubuntu().with(
        "etc/apt/preferences.d/ubuntu-pro-esm-infra",
        "Package: *\nPin: release o=UbuntuESM, n=jammy\nPin-Priority: never\n",
    );
    let facts = look_at(&machine);
    assert_eq!(known_count(&facts, "patches.pending"), Some(4));
    assert_eq!(known_count(&facts, "patches.security_pending"), Some(4));
    assert_eq!(fact(&facts, "patches.security_held_names"), text("apps infra"));
    assert_eq!(fact(&facts, EXTENDED_SUPPORT), yes_or_no(false));
}

#[test]
fn extended_support_is_there_when_its_updates_of_the_system_reach_the_machine() {
    let extended = |machine: &Machine| fact(&look_at(machine), EXTENDED_SUPPORT);
    assert_eq!(extended(&ubuntu()), yes_or_no(true));
    let infra = format!("{LISTS}/esm.ubuntu.com_infra_ubuntu_dists_jammy-infra-security_");
    let without = ubuntu()
        .without(&format!("{infra}InRelease"))
        .without(&format!("{infra}main_binary-amd64_Packages"));
    assert_eq!(extended(&without), yes_or_no(false), "other packages alone keep no system up");
    let unread = "Package: x*\nPin: version 1\nPin-Priority: x\n";
    let odd_pin = ubuntu().with("etc/apt/preferences.d/b", unread);
    assert_eq!(reason(&extended(&odd_pin)), Some(Reason::NotSupported));
    assert_eq!(reason(&extended(&Machine::empty())), Some(Reason::SourceStale));
}

#[test]
fn an_update_in_phases_is_counted_apart_and_security_is_never_deferred() {
    let phased = "vn.archive.ubuntu.com_ubuntu_dists_jammy-updates_main_binary-amd64_Packages";
    let phased = format!("{LISTS}/{phased}");
    let for_all = ubuntu().with_edit(&phased, "Percentage: 0", "Percentage: 100");
    assert_eq!(known_count(&look_at(&for_all), "patches.phased"), Some(0));
    let both = "Version: 2\n\nPackage: phased";
    let secure = "Version: 2\nPhased-Update-Percentage: 0\n\nPackage: phased";
    let facts = look_at(&ubuntu().with_edit(&phased, both, secure));
    assert_eq!(known_count(&facts, "patches.phased"), Some(1), "`both` is security too");
    let unidentified = ubuntu().without("etc/machine-id");
    assert_eq!(known_count(&look_at(&unidentified), "patches.phased"), Some(0));
}

#[test]
fn a_source_that_ended_before_others_were_fetched_is_behind() {
    let release = format!("{LISTS}/vn.archive.ubuntu.com_ubuntu_dists_jammy-updates_InRelease");
    let ended = ubuntu().with_edit(
        &release,
        "Date: Fri, 20",
        "Valid-Until: Thu, 19 Nov 2026 00:12:41 UTC\nDate: Thu, 12",
    );
    assert_eq!(known_count(&look_at(&ended), "patches.sources_behind"), Some(1));
    let still_good = ubuntu().with_edit(
        &release,
        "Date: Fri, 20",
        "Valid-Until: Fri, 27 Nov 2026 00:12:41 UTC\nDate: Thu, 19",
    );
    assert_eq!(known_count(&look_at(&still_good), "patches.sources_behind"), Some(0));
    let standing_still = ubuntu().with_edit(
        &format!("{LISTS}/security.ubuntu.com_ubuntu_dists_jammy-security_InRelease"),
        "Date: Fri, 20 Nov",
        "Date: Tue, 20 Oct",
    );
    assert_eq!(known_count(&look_at(&standing_still), "patches.sources_behind"), Some(1));
}

#[test]
fn a_finished_release_stands_still_without_being_behind() {
    let release = format!("{LISTS}/vn.archive.ubuntu.com_ubuntu_dists_jammy_InRelease");
    let machine = ubuntu().with_edit(&release, "20 Nov 2026", "21 Apr 2022");
    assert_eq!(known_count(&look_at(&machine), "patches.sources_behind"), Some(0));
}

#[test]
fn a_list_of_no_security_source_takes_only_the_total_with_it() {
    let list = "vn.archive.ubuntu.com_ubuntu_dists_jammy-updates_main_binary-amd64_Packages";
    let facts = look_at(&ubuntu().denied(&format!("{LISTS}/{list}")));
    assert_eq!(known_count(&facts, "patches.security_pending"), Some(4));
    for name in ["patches.pending", "patches.phased", "patches.security_masked"] {
        assert_eq!(reason(&fact(&facts, name)), Some(Reason::AccessDenied), "{name}");
    }
}

#[test]
fn settings_that_cannot_be_read_leave_security_known() {
    let machine = ubuntu().with("etc/apt/preferences.d/x.pref", "").denied("etc/apt/preferences.d");
    let facts = look_at(&machine);
    assert_eq!(known_count(&facts, "patches.security_pending"), Some(4));
    for name in ["patches.pins_unread", "patches.pending", "patches.security_held"] {
        assert_eq!(reason(&fact(&facts, name)), Some(Reason::AccessDenied), "{name}");
    }
}

#[test]
fn a_local_source_without_a_release_file_offers_updates_too() {
    let list = format!("{LISTS}/_srv_packages_._Packages");
    let machine = ubuntu().with(&list, offered(&[("release", "9", "")]));
    assert_eq!(known_count(&look_at(&machine), "patches.pending"), Some(6));
}

#[test]
fn a_current_machine_names_no_package() {
    let current = ubuntu().with(STATUS, installed(&[("dpkg", "1.21", "install")]));
    let facts = look_at(&current);
    assert_eq!(known_count(&facts, "patches.security_pending"), Some(0));
    assert_eq!(fact(&facts, "patches.security_names"), Fact::Absent);
}

#[test]
fn more_names_than_a_text_holds_are_counted() {
    let many: Vec<_> = (0..90).map(|number| format!("package{number:03}")).collect();
    let waiting: Vec<_> = many
        .iter()
        .map(|name| Waiting { name, is_held: false, update: Update::Chosen, security: None })
        .collect();
    let Fact::Known(report::Value::Text(said)) = names(waiting.iter()) else {
        panic!("too long");
    };
    assert!(said.as_str().ends_with("package019 package020 +69"), "{said}");
    // Both architectures of a package are one name.
    let twice = [waiting[0], waiting[0]];
    assert_eq!(names(twice.iter()), text("package000"));
}

proptest! {
    #[test]
    fn lists_of_any_bytes_are_read_or_unknown(
        bytes: Vec<u8>,
        extension in prop_oneof![Just(""), Just(".gz"), Just(".lz4"), Just(".xz"), Just(".zst")],
        begins in any::<bool>(),
    ) {
        let magic: &[u8] = match extension {
            ".gz" => b"\x1f\x8b\x08\0",
            ".lz4" => b"\x04\x22\x4d\x18",
            ".xz" => b"\xfd7zXZ\0\0\x04\xe6\xd6\xb4\x46",
            ".zst" => b"\x28\xb5\x2f\xfd",
            _ => b"Package: secure\nVersion:",
        };
        let content = [if begins { magic } else { b"" }, &bytes].concat();
        let name = "security.ubuntu.com_ubuntu_dists_jammy-security_main_binary-amd64_Packages";
        let machine = ubuntu();
        let place = machine.place(&format!("{LISTS}/{name}"));
        std::fs::remove_file(&place).unwrap();
        std::fs::write(format!("{}{extension}", place.display()), content).unwrap();
        look_at(&machine);
    }

    #[test]
    fn release_files_and_pins_of_any_bytes_are_read(release: Vec<u8>, pins: Vec<u8>, text: String) {
        let machine = ubuntu()
            .with(&format!("{LISTS}/x_InRelease"), release)
            .with("etc/apt/preferences", pins)
            .with("etc/apt/preferences.d/x", format!("Package: *\nPin: release {text}\nPin-Priority: 1"));
        look_at(&machine);
    }
}

/// What a window beyond the limit would take is never taken.
#[test]
fn a_window_beyond_the_limit_is_refused() {
    let list = format!(
        "{LISTS}/security.ubuntu.com_ubuntu_dists_jammy-security_main_binary-amd64_Packages"
    );
    for (extension, header) in [
        // A window of 128 MiB; the header of an XZ block with a dictionary of 128 MiB.
        (".zst", &b"\x28\xb5\x2f\xfd\x00\x88\x01\x00\x00"[..]),
        (".xz", XZ_OF_128_MIB),
    ] {
        let machine = ubuntu().with(&format!("{list}{extension}"), header).without(&list);
        let why = fact(&look_at(&machine), "patches.security_pending");
        assert_eq!(reason(&why), Some(Reason::TooLarge), "{extension}: {why:?}");
    }
}

const XZ_OF_128_MIB: &[u8] = b"\xfd\x37\x7a\x58\x5a\x00\x00\x04\xe6\xd6\xb4\x46\x02\x00\x21\x01\x1e\x00\x00\x00\x9b\x07\x51\x66\x01\x00\x04\x68\x65\x6c\x6c\x6f\x00\x00\x00\x00\xb1\x37\xb9\xdb\xe5\xda\x1e\x9b\x00\x01\x1d\x05\xb8\x2d\x80\xaf\x1f\xb6\xf3\x7d\x01\x00\x00\x00\x00\x04\x59\x5a";
