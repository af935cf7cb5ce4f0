//! The probes: one for each topic, all of them in one list.

pub mod accounts;
pub mod antivirus;
pub mod assignment;
pub mod auto_login;
pub mod dates;
pub mod disk_encryption;
pub mod firewall;
pub mod machine;
pub mod patches;
#[cfg(feature = "foreign")]
pub mod reads;
pub mod remote_access;
pub mod removable_media;
pub mod screen_lock;
pub mod secure_boot;
pub mod smb1;

pub(crate) mod findings;
pub(crate) mod settings;

mod desktop;
mod glob;
mod ini;
mod units;

#[cfg(test)]
#[cfg(unix)]
mod posture;

use report::{Outcome, Platform, Timestamp, Topic};

use crate::host::Host;
use assignment::AssignmentClaims;

/// What a probe is told besides the machine itself.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// What the machine's administrator says of unit, system and level.
    pub claims: &'a AssignmentClaims,
    /// The machine's clock.
    pub now: Timestamp,
}

/// Looks at one topic of a machine. It only reads, and it never gives up on the others.
pub type Probe = fn(&Host, &Context<'_>) -> Outcome;

/// Everything this agent looks at on Linux, in the order of a survey.
const LINUX: &[(Topic, Probe)] = &[
    (Topic::Machine, machine::linux::probe),
    (Topic::Assignment, assignment::probe),
    // Before the definitions of products are in memory: a packed list takes its whole window.
    (Topic::Patches, patches::linux::probe),
    (Topic::Antivirus, antivirus::linux::probe),
    (Topic::Firewall, firewall::linux::probe),
    (Topic::DiskEncryption, disk_encryption::linux::probe),
    (Topic::ScreenLock, screen_lock::linux::probe),
    (Topic::SecureBoot, secure_boot::linux::probe),
    (Topic::Accounts, accounts::linux::probe),
    (Topic::RemoteAccess, remote_access::linux::probe),
    (Topic::Smb1, smb1::linux::probe),
    (Topic::RemovableMedia, removable_media::linux::probe),
    (Topic::AutoLogin, auto_login::linux::probe),
];

/// The same on Windows.
const WINDOWS: &[(Topic, Probe)] = &[
    (Topic::Machine, machine::windows::probe),
    (Topic::Assignment, assignment::probe),
    (Topic::Antivirus, antivirus::windows::probe),
    (Topic::Patches, patches::windows::probe),
    (Topic::Firewall, firewall::windows::probe),
    (Topic::DiskEncryption, disk_encryption::windows::probe),
    (Topic::ScreenLock, screen_lock::windows::probe),
    (Topic::SecureBoot, secure_boot::windows::probe),
    (Topic::Accounts, accounts::windows::probe),
    (Topic::RemoteAccess, remote_access::windows::probe),
    (Topic::Smb1, smb1::windows::probe),
    (Topic::RemovableMedia, removable_media::windows::probe),
    (Topic::AutoLogin, auto_login::windows::probe),
];

/// Everything this agent looks at on a system. An agent that was built for its own system alone
/// (without the feature `foreign`) looks at no recorded machine of the other.
#[must_use]
pub fn probes(platform: Platform) -> &'static [(Topic, Probe)] {
    match platform {
        Platform::Linux if cfg!(any(feature = "foreign", unix)) => LINUX,
        Platform::Windows if cfg!(any(feature = "foreign", windows)) => WINDOWS,
        Platform::Linux | Platform::Windows => &[],
    }
}

/// What changes on disk when something that a probe looks at changes: files by themselves, folders
/// with the names in them. Folders that every program opens files in are not watched, for every
/// opening would wake the agent: of `etc` only single files.
#[must_use]
pub fn watched(platform: Platform) -> &'static [&'static str] {
    match platform {
        Platform::Linux => WATCHED_ON_LINUX,
        Platform::Windows => WATCHED_ON_WINDOWS,
    }
}

const WATCHED_ON_LINUX: &[&str] = &[
    "etc/os-release",
    // What is installed, and what is on offer. While packages are being configured, nothing but
    // the folder of updates tells that it is not over.
    "var/lib/dpkg",
    "var/lib/dpkg/updates",
    "var/lib/apt/lists",
    // The same of the other families. Of rpm the database alone: asking rpm what is installed
    // writes beside it, and the agent asks.
    "var/lib/rpm/rpmdb.sqlite",
    "usr/lib/sysimage/rpm/rpmdb.sqlite",
    "var/cache/dnf/expired_repos.json",
    "var/log/zypp/history",
    "var/cache/zypp/raw",
    "lib/apk/db",
    "var/cache/apk",
    "var/lib/pacman/local",
    "var/lib/pacman/sync",
    // Of the posture single files that are not opened all day: sudo opens its rules each time.
    "etc/ufw/ufw.conf",
    "etc/firewalld/firewalld.conf",
    "etc/ssh/sshd_config",
    // Definitions and settings of ClamAV; where other vendors install.
    "var/lib/clamav",
    "etc/clamav",
    "opt",
];

/// The registry says nothing by itself: what changes there is seen after the interval.
const WATCHED_ON_WINDOWS: &[&str] = &[
    // Where vendors install.
    "Program Files",
    "Program Files (x86)",
    // A folder for each set of definitions of Defender.
    "ProgramData/Microsoft/Windows Defender/Definition Updates",
];

#[cfg(test)]
#[cfg(unix)]
mod recorded_windows;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_has_exactly_one_probe_on_each_system() {
        for platform in Platform::ALL {
            let mut probed: Vec<_> = probes(platform).iter().map(|(topic, _)| *topic).collect();
            probed.sort_unstable();
            assert_eq!(probed, Topic::ALL, "{platform:?}");
        }
    }
}
