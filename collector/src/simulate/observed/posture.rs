//! What the agent would report of how a simulated machine is set up, topic by topic.

use report::{Fact, Observation, Reason, Timestamp, Topic};

use super::{Facts, boolean, by_machine, choice, count, known};
use crate::simulate::posture::{
    Accounts, Boot, Desktop, Encryption, Firewall, Lock, Posture, Smb1, Ssh,
};
use crate::simulate::situation::{Family, Situation};

/// The topics of how a machine is set up, in the order of a survey.
pub(super) fn observations(
    situation: &Situation,
    seen_at: Timestamp,
) -> impl Iterator<Item = Observation> {
    let Situation { posture, release, .. } = situation;
    let family = release.family;
    let topics = [
        (Topic::Firewall, firewall(posture.firewall, family)),
        (Topic::DiskEncryption, encryption(posture.encryption, family)),
        (Topic::ScreenLock, lock(posture.lock, family)),
        (Topic::SecureBoot, boot(posture.boot, family)),
        (Topic::Accounts, accounts(posture.accounts, family)),
        (Topic::RemoteAccess, remote_access(posture, family)),
        (Topic::Smb1, smb1(posture.smb1, family)),
        (Topic::RemovableMedia, autorun(posture.autorun, family)),
        (Topic::AutoLogin, auto_login(posture.auto_login, family)),
    ];
    topics.into_iter().map(move |(topic, facts)| facts.observation(topic, seen_at))
}

/// What Windows alone says of its updates.
pub(super) fn windows_updates(
    situation: &Situation,
    seen_at: Timestamp,
) -> [(&'static str, Fact); 6] {
    let Situation { posture: Posture { governance, .. }, restart, .. } = situation;
    let paused = by_machine(seen_at + 20 * report::moment::DAY);
    [
        ("patches.reboot_reason", if *restart { choice("servicing") } else { Fact::Absent }),
        ("patches.update_service", boolean(governance.service)),
        ("patches.paused_until", if governance.paused { paused } else { Fact::Absent }),
        ("patches.managed", boolean(governance.managed)),
        ("patches.target_release", Fact::Absent),
        ("patches.activated", boolean(governance.activated)),
    ]
}

fn of<const N: usize>(facts: [(&str, Fact); N], source: &str) -> Facts {
    let mut all = Facts::new();
    for (name, fact) in facts {
        all.add(name, fact, source);
    }
    all
}

/// Where it is read: on Linux, and on Windows.
fn source(family: Family, linux: &'static str, windows: &'static str) -> &'static str {
    match family {
        Family::Linux => linux,
        Family::Windows => windows,
    }
}

fn firewall(firewall: Firewall, family: Family) -> Facts {
    let source = source(family, "etc/ufw/ufw.conf", "registry: FirewallPolicy");
    let on = match firewall {
        Firewall::On => boolean(true),
        Firewall::Off => boolean(false),
        Firewall::Unread => Fact::unknown(Reason::AccessDenied),
    };
    let product = match (firewall, family) {
        (Firewall::Off, _) => Fact::Absent,
        (Firewall::Unread, _) => Fact::unknown(Reason::AccessDenied),
        (Firewall::On, Family::Linux) => known("ufw"),
        (Firewall::On, Family::Windows) => known("Windows Defender Firewall"),
    };
    of([("firewall.on", on), ("firewall.product", product)], source)
}

fn encryption(encryption: Encryption, family: Family) -> Facts {
    let source = source(family, "sys/block", "wmi: Win32_EncryptableVolume");
    let (system, others) = match encryption {
        Encryption::On => ("on", 0),
        Encryption::SystemOnly => ("on", 1),
        Encryption::Suspended => ("suspended", 0),
        Encryption::Off => ("off", 0),
    };
    let facts =
        [("disk_encryption.system", choice(system)), ("disk_encryption.others_off", count(others))];
    of(facts, source)
}

fn lock(lock: Lock, family: Family) -> Facts {
    let source = source(family, "etc/dconf/db", "registry: InactivityTimeoutSecs");
    let [on, after] = match lock {
        Lock::After(seconds) => [boolean(true), count(seconds)],
        Lock::Never => [boolean(false), Fact::Absent],
        Lock::Unread => [(); 2].map(|()| Fact::unknown(Reason::AccessDenied)),
        Lock::NoScreen => [Fact::Absent, Fact::Absent],
    };
    of([("screen_lock.on", on), ("screen_lock.after_seconds", after)], source)
}

fn boot(boot: Boot, family: Family) -> Facts {
    let source = source(family, "sys/firmware/efi", "registry: SecureBoot");
    let [supported, on] = match boot {
        Boot::Signed => [true, true],
        Boot::Anything => [true, false],
        Boot::Legacy => [false, false],
    };
    of([("secure_boot.supported", boolean(supported)), ("secure_boot.on", boolean(on))], source)
}

fn accounts(accounts: Accounts, family: Family) -> Facts {
    let facts = [
        ("accounts.administrators", count(accounts.administrators)),
        ("accounts.guest_enabled", boolean(accounts.guest)),
    ];
    of(facts, source(family, "etc/group", "S-1-5-32-544"))
}

fn remote_access(posture: &Posture, family: Family) -> Facts {
    let source = source(family, "etc/ssh/sshd_config", "registry: Terminal Server");
    let desktop = posture.desktop;
    let (root, passwords) = match posture.ssh {
        Ssh::None => (Fact::Absent, Fact::Absent),
        Ssh::Keys => (choice("keys_only"), boolean(false)),
        Ssh::Passwords => (choice("no"), boolean(true)),
        Ssh::Root => (choice("yes"), boolean(true)),
    };
    let facts = [
        ("remote_access.desktop", boolean(desktop != Desktop::Nobody)),
        ("remote_access.ssh", boolean(posture.ssh != Ssh::None)),
        ("remote_access.ssh_root", root),
        ("remote_access.ssh_passwords", passwords),
    ];
    let mut facts = of(facts, source);
    if family == Family::Windows {
        let first = match desktop {
            Desktop::Nobody => Fact::Absent,
            Desktop::Authenticated => boolean(true),
            Desktop::Anybody => boolean(false),
        };
        facts.add("remote_access.desktop_nla", first, source);
    }
    facts
}

fn smb1(smb1: Smb1, family: Family) -> Facts {
    let source = source(family, "etc/samba/smb.conf", "registry: LanmanServer");
    let [server, client] = match smb1 {
        Smb1::None => [false, false],
        Smb1::Client => [false, true],
        Smb1::Both => [true, true],
    };
    of([("smb1.server", boolean(server)), ("smb1.client", boolean(client))], source)
}

fn autorun(autorun: bool, family: Family) -> Facts {
    let source = source(family, "etc/dconf/db", "registry: Policies/Explorer");
    of([("removable_media.autorun", boolean(autorun))], source)
}

fn auto_login(auto_login: bool, family: Family) -> Facts {
    let source = source(family, "etc/gdm3/daemon.conf", "registry: Winlogon");
    of([("auto_login.on", boolean(auto_login))], source)
}
