//! What the agent says of updates, held against apt itself.

mod bootstrapped;
mod simulation;
mod this_machine;
mod world;

use serde_json::json;
use simulation::{count, patches};
use world::World;

const LISTS: &str = "var/lib/apt/lists";

const MAIN: &str = "Origin: Debian\nLabel: Debian\nSuite: oldstable\nVersion: 12.15\n\
    Codename: bookworm\nComponents: main\n";
const SECURITY: &str = "Origin: Debian\nLabel: Debian-Security\nSuite: oldstable-security\n\
    Version: 12\nCodename: bookworm-security\n";
const BACKPORTS: &str = "Origin: Debian Backports\nLabel: Debian Backports\n\
    Suite: oldstable-backports\nCodename: bookworm-backports\nNotAutomatic: yes\n\
    ButAutomaticUpgrades: yes\n";
const EXPERIMENTAL: &str = "Origin: Debian\nLabel: Debian\nSuite: experimental\n\
    Codename: rc-buggy\nNotAutomatic: yes\n";

/// A machine with one package of each fate.
fn office_pc() -> World {
    World::new()
        .installed("current", "2")
        .installed("plain", "1")
        .installed("secure", "1")
        .installed("masked", "1")
        .installed("backported", "1~bpo1")
        .held("frozen", "1")
        .source(
            "deb.example",
            "bookworm",
            MAIN,
            &[("current", "2"), ("plain", "2"), ("masked", "3"), ("secure", "1"), ("new", "1")],
        )
        .source(
            "sec.example",
            "bookworm-security",
            SECURITY,
            &[("secure", "2"), ("masked", "2"), ("frozen", "2")],
        )
        .source(
            "deb.example",
            "bookworm-backports",
            BACKPORTS,
            &[("plain", "9"), ("backported", "2"), ("current", "9")],
        )
        .source("deb.example", "experimental", EXPERIMENTAL, &[("plain", "10"), ("current", "10")])
}

#[test]
fn masked_and_held_security_updates_are_found_and_named() {
    let (apt, facts) = office_pc().agreed();
    assert_eq!(apt.upgrades.get("masked"), Some(&false), "apt does not call it security");
    assert_eq!(facts["patches.security_masked"]["known"], 1);
    assert_eq!(facts["patches.security_masked_names"]["known"], "masked");
    assert!(apt.kept_back.contains("frozen"));
    assert_eq!(facts["patches.held"]["known"], 1);
    assert_eq!(facts["patches.security_held"]["known"], 1);
    assert_eq!(facts["patches.security_held_names"]["known"], "frozen");
    assert_eq!(facts["patches.security_pending"]["known"], 3);
    assert_eq!(facts["patches.security_names"]["known"], "frozen masked secure");
}

#[test]
fn what_an_upgrade_brings_in_new_is_counted_by_the_package_that_brings_it() {
    let world = World::new()
        .installed("kernel-latest", "1")
        .source("deb.example", "bookworm", MAIN, &[("kernel-latest", "1")])
        .source(
            "sec.example",
            "bookworm-security",
            SECURITY,
            &[("kernel-latest\nDepends: kernel-56\n", "2"), ("kernel-56", "2")],
        );
    let (apt, facts) = world.agreed();
    assert_eq!(apt.new.get("kernel-56"), Some(&true), "{apt:?}");
    assert_eq!(facts["patches.security_pending"]["known"], 1);
    assert_eq!(facts["patches.security_names"]["known"], "kernel-latest");
}

#[test]
fn sources_that_are_not_automatic_count_only_where_apt_follows_them() {
    let (apt, _) = office_pc().agreed();
    assert!(!apt.upgrades.contains_key("current"));
    assert!(apt.upgrades.contains_key("plain"));
}

#[test]
fn the_language_of_the_machine_changes_nothing() {
    let world = office_pc();
    let (apt, _) = world.agreed();
    assert_eq!(world.apt_in("vi_VN.UTF-8").upgrades, apt.upgrades);
}

/// Pins as administrators write them, each read as apt reads it.
#[test]
fn pins_are_followed_as_apt_follows_them() {
    for pins in [
        "Package: *\nPin: release a=oldstable-security\nPin-Priority: -1\n",
        "Package: *\nPin: release l=Debian-Security\nPin-Priority: never\n",
        "Package: secure masked\nPin: release *\nPin-Priority: -1\n",
        "Package: secure\nPin: version 1\nPin-Priority: 600\n",
        "Package: plain\nPin: version 1*\nPin-Priority: 990\n",
        "Package: plain\nPin: version 9\nPin-Priority: 1001\n",
        "Package: p*\nPin: release a=oldstable-backports\nPin-Priority: 600\n",
        "Package: *\nPin: release n=bookworm-backports\nPin-Priority: 500\n",
        "Package: *\nPin: release bookworm-backports\nPin-Priority: 501\n",
        "Package: *\nPin: release experimental\nPin-Priority: 990\n",
        "Package: *\nPin: release o=Debian*\nPin-Priority: 50\n",
        "Package: *\nPin: release o=debian\nPin-Priority: 50\n",
        "Package: *\nPin: origin sec.example\nPin-Priority: 50\n",
        "Package: *\nPin: origin \"deb.example\"\nPin-Priority: 50\n",
        "Package: *\nPin: origin \"\"\nPin-Priority: 50\n",
        "Package: *\nPin: release v=12.1*\nPin-Priority: 10\n",
        "Package: *\nPin: release 12*\nPin-Priority: 10\n",
        "Package: *\nPin: release c=main\nPin-Priority: 10\n",
        "Package: *\nPin: release c=contrib\nPin-Priority: 10\n",
        "Package: *\nPin: release b=amd64\nPin-Priority: 99\n",
        "Package: *\nPin: release a=now\nPin-Priority: 900\n",
        "Package: *\nPin: release a=now\nPin-Priority: 600\n\n\
         Package: *\nPin: release a=oldstable\nPin-Priority: 600\n",
        "Package: *\nPin: release a=*\nPin-Priority: 10\n",
        "Package: *\nPin: release o=Debian,\n a=oldstable\nPin-Priority: 10\n",
        "Explanation: the first holds\nPackage: plain\nPin: release a=oldstable\nPin-Priority: 10\n\n\
         # not this one\nPackage: plain\nPin: release a=oldstable\nPin-Priority: 900\n",
        "Package: plain:amd64\nPin: release a=oldstable\nPin-Priority: 10\n",
        "Package: plain:i386\nPin: release a=oldstable\nPin-Priority: 10\n",
        "Package: plain:any\nPin: release a=oldstable\nPin-Priority: 10\n",
        "Package: plain:native\nPin: release a=oldstable\nPin-Priority: 10\n",
        "Package: *:any\nPin: release a=oldstable\nPin-Priority: 10\n",
        "Package: p[a-z]ain ?asked\nPin: release a=oldstable\nPin-Priority: 10\n",
        "Package: secure\nPin: release a=oldstable\nPin-Priority: 1001\n\n\
         Package: secure\nPin: release l=Debian-Security\nPin-Priority: 1002\n",
        "package: plain\npin: Release a=oldstable\npin-priority: 10\n",
        "Package: current\nPin: release a=oldstable\nPin-Priority: 400\n\n\
         Package: current\nPin: release n=bookworm-backports\nPin-Priority: 450\n",
    ] {
        let world = office_pc().pinned(pins);
        let apt = world.apt();
        let facts = patches(world.folder.path());
        assert_eq!(facts["patches.pins_unread"]["known"], 0, "{pins}");
        let theirs = apt.waiting();
        assert_eq!(count(&facts, "patches.pending"), theirs.len(), "{pins}{theirs:?}");
        // Whatever pins say, a newer version from a security source waits.
        assert_eq!(facts["patches.security_names"]["known"], "frozen masked secure", "{pins}");
    }
}

#[test]
fn a_security_update_that_a_pin_forbids_is_pending_and_kept_off() {
    let world =
        office_pc().pinned("Package: *\nPin: release l=Debian-Security\nPin-Priority: never\n");
    let (apt, facts) = world.agreed();
    assert!(!apt.upgrades.contains_key("secure"));
    assert_eq!(facts["patches.security_pending"]["known"], 3);
    assert_eq!(facts["patches.security_held_names"]["known"], "frozen secure");
    assert_eq!(facts["patches.security_masked_names"]["known"], "masked");
}

#[test]
fn a_pin_that_cannot_be_evaluated_leaves_the_total_unknown_and_security_known() {
    for pin in [
        "Package: /^pl/\nPin: release a=oldstable\nPin-Priority: -1\n",
        "Package: src:plain\nPin: version 1\nPin-Priority: 900\n",
        "Package: *\nPin: release o=/debian/\nPin-Priority: 10\n",
    ] {
        let world = office_pc().pinned(pin);
        world.apt();
        let facts = patches(world.folder.path());
        assert_eq!(facts["patches.pins_unread"]["known"], 1, "{pin}");
        assert_eq!(facts["patches.pending"]["unknown"], "not_supported", "{pin}");
        assert_eq!(facts["patches.security_pending"]["known"], 3, "{pin}");
    }
}

/// Pins know a host by its name alone, however it is reached.
#[test]
fn a_pin_by_host_holds_whatever_its_port() {
    for origin in ["mirror.local", "\"mirror.local\"", "mirror.local:8080", "my_mirror.local"] {
        for host in ["mirror.local:8080", "my%5fmirror.local"] {
            let address = host.replace("%5f", "_");
            let mut world = World::new().installed("plain", "1").installed("current", "1");
            world = world
                .source("deb.example", "bookworm", MAIN, &[("current", "2")])
                .source("sec.example", "bookworm-security", SECURITY, &[])
                .source(host, "bookworm-updates", MAIN, &[("plain", "2")]);
            world.sources = world.sources.replace(host, &address);
            let pin = format!("Package: *\nPin: origin {origin}\nPin-Priority: -1\n");
            world.pinned(&pin).agreed();
        }
    }
}

#[test]
fn the_default_release_outweighs_other_sources() {
    let suites = "/^bookworm(|-security|-updates)$/";
    for release in ["bookworm", "oldstable-backports", "o=Debian Backports", "12.15", suites] {
        let settings = format!("APT {{ Default-Release \"{release}\"; }};");
        office_pc().with("etc/apt/apt.conf.d/00release", &settings).agreed();
    }
}

#[test]
fn packages_of_two_architectures_are_two() {
    let world = World::new()
        .package("libc", "1", "amd64", "install")
        .package("libc", "1", "i386", "install")
        .package("script", "1", "all", "install")
        .package("turned", "1", "all", "install")
        .source(
            "deb.example",
            "bookworm",
            MAIN,
            &[("libc", "2"), ("script:all", "2"), ("turned", "2")],
        )
        .source("sec.example", "bookworm-security", SECURITY, &[]);
    let (apt, facts) = world.agreed();
    assert!(apt.upgrades.contains_key("script") && apt.upgrades.contains_key("turned"), "{apt:?}");
    assert_eq!(facts["patches.pending"]["known"], json!(3), "{apt:?}");
}

/// Ubuntu hands an update to some machines first, and each works out whether it is one of them.
#[test]
fn updates_in_phases_are_deferred_where_apt_defers_them() {
    const UPDATES: &str = "Origin: Ubuntu\nLabel: Ubuntu\nSuite: bookworm-updates\n\
        Codename: bookworm\nVersion: 24.04\n";
    const SECURITY: &str = "Origin: Ubuntu\nLabel: Ubuntu\nSuite: bookworm-security\n\
        Codename: bookworm\nVersion: 24.04\n";
    let names: Vec<_> = (0..40).map(|number| format!("package{number}")).collect();
    let phase = |at: usize| match at % 3 {
        0 => format!("Phased-Update-Percentage: {}\n", at * 4 % 100),
        1 => format!("Source: source{at}\nPhased-Update-Percentage: {}\n", at * 7 % 100),
        _ => format!("Source: mutter{at} (46.{at})\nPhased-Update-Percentage: 50\n"),
    };
    let described: Vec<_> =
        names.iter().enumerate().map(|(at, name)| format!("{name}\n{}", phase(at))).collect();
    let offers: Vec<_> = described.iter().map(|name| (name.as_str(), "2")).collect();
    for id in ["0123456789abcdef0123456789abcdef", "d41d8cd98f00b204e9800998ecf8427e", "a"] {
        let mut world =
            World::new().with("etc/apt/apt.conf.d/id", &format!("APT::Machine-ID \"{id}\";"));
        for name in &names {
            world = world.installed(name, "1");
        }
        let world = world
            .source("deb.example", "bookworm-updates", UPDATES, &offers)
            // What takes up a security update goes to every machine at once.
            .source(
                "sec.example",
                "bookworm-security",
                SECURITY,
                &[("package0", "1.5"), ("package3", "0.5")],
            );
        let (apt, facts) = world.agreed();
        assert_eq!(count(&facts, "patches.pending"), apt.upgrades.len(), "{id}: {apt:?}");
        assert!(count(&facts, "patches.phased") > 5, "{facts:#}");
        assert!(apt.upgrades.contains_key("package0"), "meant for none, and security");
        let never = "APT::Get::Never-Include-Phased-Updates \"true\";";
        let (none, _) = world.with("etc/apt/apt.conf.d/never", never).agreed();
        assert!(none.upgrades.len() < apt.upgrades.len());
    }
}
