//! What tells of the updates of the system.

use report::Platform;

use super::Place::{
    Container, File, Folder, Interface, Kernel, Processes, Program, Registry, Services, Trace,
    Units, Wmi,
};
use super::Right::{Administrator, Everyone, Nobody};
use super::{Place, Reads};

pub(super) const LINUX: &[Reads] = &[
    linux(
        &["patches.manager"],
        Everyone,
        &[
            File("var/lib/dpkg/status"),
            Trace("run/ostree-booted"),
            Trace("usr/lib/sysimage/rpm"),
            Trace("var/lib/rpm"),
            Trace("usr/bin/zypper"),
            Trace("usr/bin/dnf5"),
            Trace("usr/bin/dnf"),
            Trace("usr/bin/yum"),
            File("lib/apk/db/installed"),
            File("usr/lib/apk/db/installed"),
            Folder("var/lib/pacman/local"),
        ],
    ),
    linux(
        &[
            "patches.pending",
            "patches.security_pending",
            "patches.security_names",
            "patches.security_masked",
            "patches.security_masked_names",
            "patches.security_held",
            "patches.security_held_names",
            "patches.held",
            "patches.phased",
            "patches.pins_unread",
            "patches.security_sources",
            "patches.sources_behind",
            "patches.lists_at",
            "patches.lists_valid_until",
            "patches.refreshed_at",
            "patches.extended_support",
        ],
        Everyone,
        LISTS,
    ),
    linux(
        &["patches.installed_at", "patches.broken"],
        Everyone,
        &[
            Trace("var/lib/dpkg/updates"),
            Folder("var/lib/dpkg/updates"),
            File("var/log/dpkg.log*"),
            Trace("var/log/apt"),
            Folder("var/log/apt"),
            // When and what, not who asked for it.
            File("var/log/apt/history.log*"),
            File("etc/localtime"),
            File("var/lib/dpkg/status"),
            Program(RPM),
        ],
    ),
    linux(
        &["patches.reboot_pending"],
        Everyone,
        &[
            Kernel,
            Trace("run/reboot-required"),
            Trace("run/reboot-needed"),
            Container,
            Folder("boot"),
            Folder("lib/modules"),
            Folder("usr/lib/modules"),
            File("run/ostree/staged-deployment"),
            Folder("boot/loader/entries"),
            File("boot/loader/entries/*"),
            File("proc/cmdline"),
            Program(RPM),
        ],
    ),
    linux(
        &["patches.automatic"],
        Everyone,
        &[
            File("etc/apt/apt.conf"),
            Folder("etc/apt/apt.conf.d"),
            File("etc/apt/apt.conf.d/*"),
            Trace("usr/bin/unattended-upgrade"),
            Units,
            File("etc/dnf/automatic.conf"),
            File("etc/dnf/dnf5-plugins/automatic.conf"),
            File("usr/share/dnf5/dnf5-plugins/automatic.conf"),
            File("etc/yum/yum-cron.conf"),
            File("etc/rpm-ostreed.conf"),
            Trace("etc/cron.daily/opensuse.org-online_update"),
            Trace("etc/cron.weekly/opensuse.org-online_update"),
            Trace("etc/cron.monthly/opensuse.org-online_update"),
            Trace("etc/periodic/daily/apk"),
        ],
    ),
    linux(
        &["patches.entitled"],
        Administrator,
        &[
            Trace("etc/pki/consumer/cert.pem"),
            Trace("etc/pki/rhui"),
            Trace("etc/zypp/credentials.d/SCCcredentials"),
        ],
    ),
    linux(
        &["patches.restart_services"],
        Administrator,
        &[Processes, File("proc/*/maps"), File("proc/*/cgroup")],
    ),
];

const RPM: &str =
    r"/usr/bin/rpm -qa --qf %{NAME}|%{EPOCHNUM}|%{VERSION}|%{RELEASE}|%{ARCH}|%{INSTALLTIME}\n";

/// What is installed, what is on offer, and what is kept from being installed.
const LISTS: &[Place] = &[
    File("etc/os-release"),
    File("usr/lib/os-release"),
    // Debian, Ubuntu and their kin.
    File("var/lib/dpkg/status"),
    File("var/lib/dpkg/arch"),
    Folder("var/lib/apt/lists"),
    File("var/lib/apt/lists/*"),
    Trace("var/lib/apt/lists/partial"),
    Trace("var/cache/apt/pkgcache.bin"),
    Trace("var/lib/apt/periodic/update-stamp"),
    Trace("var/lib/apt/periodic/update-success-stamp"),
    File("etc/apt/apt.conf"),
    Folder("etc/apt/apt.conf.d"),
    File("etc/apt/apt.conf.d/*"),
    File("etc/apt/preferences"),
    Folder("etc/apt/preferences.d"),
    File("etc/apt/preferences.d/*"),
    File("etc/machine-id"),
    // Red Hat, Rocky, Alma, Fedora and their kin.
    Program(RPM),
    File("etc/dnf/dnf.conf"),
    File("etc/yum.conf"),
    Folder("etc/yum.repos.d"),
    File("etc/yum.repos.d/*"),
    Folder("etc/yum/repos.d"),
    File("etc/yum/repos.d/*"),
    Folder("etc/distro.repos.d"),
    File("etc/distro.repos.d/*"),
    Folder("etc/dnf/repos.override.d"),
    File("etc/dnf/repos.override.d/*"),
    Folder("usr/share/dnf5/repos.d"),
    File("usr/share/dnf5/repos.d/*"),
    Folder("etc/dnf/modules.d"),
    File("etc/dnf/modules.d/*"),
    File("etc/dnf/plugins/versionlock.list"),
    File("etc/dnf/versionlock.toml"),
    File("etc/yum/pluginconf.d/versionlock.list"),
    Folder("var/cache/dnf"),
    Folder("var/cache/dnf/*/repodata"),
    File("var/cache/dnf/*/repodata/*"),
    Folder("var/cache/libdnf5"),
    Folder("var/cache/libdnf5/*/repodata"),
    File("var/cache/libdnf5/*/repodata/*"),
    Folder("var/cache/yum"),
    // SUSE.
    File("etc/zypp/zypp.conf"),
    File("etc/zypp/locks"),
    Folder("etc/zypp/repos.d"),
    File("etc/zypp/repos.d/*"),
    Folder("var/cache/zypp/raw"),
    Folder("var/cache/zypp/raw/*/repodata"),
    File("var/cache/zypp/raw/*/repodata/*"),
    // Alpine.
    File("lib/apk/db/installed"),
    File("usr/lib/apk/db/installed"),
    File("etc/apk/world"),
    File("etc/apk/repositories"),
    Folder("etc/apk/repositories.d"),
    File("etc/apk/repositories.d/*"),
    Folder("etc/apk/cache"),
    Folder("var/cache/apk"),
    File("etc/apk/cache/APKINDEX.*"),
    File("var/cache/apk/APKINDEX.*"),
    // Arch.
    File("etc/pacman.conf"),
    Folder("var/lib/pacman/local"),
    File("var/lib/pacman/local/*/desc"),
    File("var/lib/pacman/sync/*.db"),
    Trace("var/lib/pacman/db.lck"),
];

const fn linux(
    facts: &'static [&'static str],
    right: super::Right,
    places: &'static [Place],
) -> Reads {
    Reads { platform: Platform::Linux, facts, right, places }
}

pub(super) const WINDOWS: &[Reads] = &[
    windows(&["patches.manager"], Nobody, &[]),
    windows(
        &[
            "patches.pending",
            "patches.security_pending",
            "patches.refreshed_at",
            "patches.installed_at",
        ],
        Everyone,
        &[
            // Its store on this machine alone: it is not told to search.
            Interface("Windows Update Agent (Microsoft.Update.Session)"),
            Registry(
                r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\Results\Detect",
                &["LastSuccessTime"],
            ),
            Registry(PACKAGES, &[]),
            Registry(PACKAGE, &["CurrentState", "InstallTimeHigh", "InstallTimeLow"]),
        ],
    ),
    windows(
        &["patches.reboot_pending", "patches.reboot_reason"],
        Everyone,
        &[
            Registry(
                r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing",
                &[],
            ),
            Registry(
                r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending",
                &[],
            ),
            Registry(
                r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired",
                &[],
            ),
            // An update that was taken off again since the start.
            Kernel,
        ],
    ),
    windows(
        &[
            "patches.automatic",
            "patches.update_service",
            "patches.paused_until",
            "patches.managed",
            "patches.target_release",
        ],
        Everyone,
        &[
            Services(&["wuauserv", "UsoSvc"]),
            Registry(r"HKLM\SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate", POLICIES),
            Registry(
                r"HKLM\SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate\AU",
                &["NoAutoUpdate", "AUOptions", "UseWUServer"],
            ),
            Registry(r"HKLM\SOFTWARE\Microsoft\PolicyManager\current\device\Update", POLICIES),
            Registry(
                r"HKLM\SOFTWARE\Microsoft\WindowsUpdate\UX\Settings",
                &[
                    "PauseUpdatesExpiryTime",
                    "PauseQualityUpdatesEndTime",
                    "PauseFeatureUpdatesEndTime",
                ],
            ),
            Registry(
                r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update",
                &["AUOptions"],
            ),
            Registry(IDENTITY, &["CurrentBuild", "CurrentBuildNumber", "InstallationType"]),
            Registry(r"HKLM\SYSTEM\CurrentControlSet\Control\ProductOptions", &["ProductType"]),
        ],
    ),
    windows(
        &["patches.extended_support", "patches.activated"],
        Everyone,
        &[Wmi(r"root\cimv2", "SoftwareLicensingProduct")],
    ),
];

const PACKAGES: &str =
    r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages";
const PACKAGE: &str =
    r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages\*";
const IDENTITY: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion";

/// Of the address of the office's update server only that there is one.
const POLICIES: &[&str] = &[
    "WUServer",
    "TargetReleaseVersion",
    "TargetReleaseVersionInfo",
    "ProductVersion",
    "AllowAutoUpdate",
    "PauseQualityUpdates",
    "PauseQualityUpdatesStartTime",
    "SetPolicyDrivenUpdateSourceForQualityUpdates",
];

const fn windows(
    facts: &'static [&'static str],
    right: super::Right,
    places: &'static [Place],
) -> Reads {
    Reads { platform: Platform::Windows, facts, right, places }
}
