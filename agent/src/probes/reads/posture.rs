//! What tells of the rest of the posture.

use report::Platform;

use super::Place::{
    Container, File, Folder, Interface, Kernel, Processes, ProductProgram, Program, Registry,
    Services, Trace, Units, Wmi,
};
use super::Right::{Administrator, Everyone};
use super::{Place, Reads, Right};

pub(super) const LINUX: &[Reads] = &[
    linux(
        &["firewall.on", "firewall.product"],
        Everyone,
        &[
            Units,
            File("etc/ufw/ufw.conf"),
            File("etc/default/ufw"),
            Trace("usr/sbin/firewalld"),
            Trace("usr/bin/firewalld"),
            File("etc/firewalld/firewalld.conf"),
            File("etc/firewalld/zones/*.xml"),
            File("usr/lib/firewalld/zones/*.xml"),
            Processes,
            Kernel,
            Container,
            File("proc/modules"),
            File("boot/config-*"),
        ],
    ),
    linux(
        &["firewall.on", "firewall.product"],
        Administrator,
        &[
            File("proc/net/ip_tables_names"),
            File("proc/net/ip6_tables_names"),
            File("etc/nftables.conf"),
            File("etc/nftables.nft"),
            File("etc/sysconfig/nftables.conf"),
            File("etc/iptables/rules.v4"),
            File("etc/iptables/iptables.rules"),
            File("etc/iptables/rules-save"),
            File("etc/sysconfig/iptables"),
        ],
    ),
    linux(
        &["disk_encryption.system", "disk_encryption.others_off"],
        Everyone,
        &[
            Container,
            File("proc/1/mountinfo"),
            File("proc/self/mountinfo"),
            File("proc/swaps"),
            Folder("sys/class/block"),
            File("sys/class/block/**"),
            Folder("sys/class/block/**"),
            Trace("sys/dev/block/*"),
            Folder("sys/fs/btrfs/**"),
            Trace("etc/fscrypt.conf"),
        ],
    ),
    linux(
        &["screen_lock.on", "screen_lock.after_seconds", "removable_media.autorun"],
        Everyone,
        DESKTOP,
    ),
    linux(
        &["screen_lock.on", "screen_lock.after_seconds"],
        Everyone,
        &[File("etc/xdg/kscreenlockerrc")],
    ),
    linux(
        &["secure_boot.supported", "secure_boot.on"],
        Everyone,
        &[
            Container,
            Trace("sys/firmware/efi"),
            Folder("sys/firmware/efi/efivars"),
            File("sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"),
            File("sys/firmware/efi/efivars/SetupMode-8be4df61-93ca-11d2-aa0d-00e098032b8c"),
            File("sys/firmware/efi/efivars/MokSBStateRT-605dab50-e046-4300-abb6-3dd810dd8b23"),
        ],
    ),
    linux(
        &["accounts.administrators", "accounts.guest_enabled"],
        Everyone,
        // They are counted: no name leaves the probe.
        &[
            File("etc/passwd"),
            File("etc/group"),
            // Whether there may be more of them, in a directory elsewhere.
            File("etc/nsswitch.conf"),
            Folder("etc/sssd/conf.d"),
            Trace("etc/sssd/sssd.conf"),
            Trace("etc/samba/smb.conf"),
            Trace("etc/yp.conf"),
            Folder("etc"),
        ],
    ),
    linux(
        &["accounts.administrators"],
        Administrator,
        &[
            File("etc/sudoers"),
            File("usr/etc/sudoers"),
            File("etc/sudoers.d/*"),
            File("etc/doas.conf"),
            File("etc/doas.d/*"),
        ],
    ),
    linux(&["accounts.guest_enabled"], Everyone, &[Trace("usr/sbin/guest-account"), Processes]),
    linux(&["accounts.guest_enabled", "auto_login.on"], Everyone, LOG_IN),
    linux(&["remote_access.desktop", "remote_access.ssh"], Everyone, &[Units, Processes]),
    linux(
        &["remote_access.desktop"],
        Everyone,
        // Whether anybody listens at the port of a remote desktop.
        &[File("proc/net/tcp"), File("proc/net/tcp6")],
    ),
    linux(
        &["remote_access.ssh", "remote_access.ssh_root", "remote_access.ssh_passwords"],
        Administrator,
        &[
            Processes,
            // Of the server alone, which may be told there what it takes.
            File("proc/*/cmdline"),
            File("run/sshd.pid"),
            Trace("usr/sbin/sshd"),
            Program("/usr/sbin/sshd -T"),
            File("etc/ssh/sshd_config"),
            File("etc/ssh/sshd_config.d/*"),
            File("usr/etc/ssh/sshd_config"),
            File("usr/etc/ssh/sshd_config.d/*"),
        ],
    ),
    linux(
        &["smb1.server", "smb1.client"],
        Everyone,
        &[
            Processes,
            Trace("usr/sbin/smbd"),
            Trace("usr/bin/smbclient"),
            File("etc/samba/smb.conf"),
            Program("/usr/bin/testparm -sv"),
            File("proc/1/mountinfo"),
            File("proc/self/mountinfo"),
            File("etc/fstab"),
            Units,
        ],
    ),
];

/// Which desktop a machine has, and what its administrator has fixed for everybody. What people
/// have set for themselves is not read.
const DESKTOP: &[Place] = &[
    Folder("usr/share/wayland-sessions"),
    Folder("usr/share/xsessions"),
    File("usr/share/wayland-sessions/*.desktop"),
    File("usr/share/xsessions/*.desktop"),
    File("etc/dconf/profile/user"),
    File("usr/share/dconf/profile/user"),
    Folder("etc/dconf/db/**"),
    File("etc/dconf/db/**"),
    Trace("etc/dconf/db"),
    Trace("etc/systemd/system/display-manager.service"),
    Trace("etc/systemd/system/default.target"),
    Trace("etc/alternatives/default-displaymanager"),
    // The programs of log-in screens.
    Trace("usr/bin/*"),
    Trace("usr/sbin/*"),
    Units,
    Processes,
];

/// Whether somebody is logged in without being asked; who it is stays there.
const LOG_IN: &[Place] = &[
    File("etc/gdm/custom.conf"),
    File("etc/gdm/daemon.conf"),
    File("etc/gdm3/custom.conf"),
    File("etc/gdm3/daemon.conf"),
    File("etc/lightdm/lightdm.conf"),
    Folder("etc/lightdm/lightdm.conf.d"),
    File("etc/lightdm/lightdm.conf.d/*.conf"),
    Folder("etc/xdg/lightdm/lightdm.conf.d"),
    File("etc/xdg/lightdm/lightdm.conf.d/*.conf"),
    Folder("usr/share/lightdm/lightdm.conf.d"),
    File("usr/share/lightdm/lightdm.conf.d/*.conf"),
    File("etc/sddm.conf"),
    Folder("etc/sddm.conf.d"),
    File("etc/sddm.conf.d/*.conf"),
    Folder("usr/lib/sddm/sddm.conf.d"),
    File("usr/lib/sddm/sddm.conf.d/*.conf"),
    File("etc/lxdm/lxdm.conf"),
    File("etc/greetd/config.toml"),
    File("etc/sysconfig/displaymanager"),
    File("etc/inittab"),
    // Which of them is started, and who logs in at a console.
    Trace("etc/alternatives/default-displaymanager"),
    // The programs of log-in screens.
    Trace("usr/bin/*"),
    Trace("usr/sbin/*"),
    Units,
    Processes,
    File("etc/systemd/system/**"),
    File("run/systemd/system/**"),
    File("usr/lib/systemd/system/**"),
];

const fn linux(facts: &'static [&'static str], right: Right, places: &'static [Place]) -> Reads {
    Reads { platform: Platform::Linux, facts, right, places }
}

pub(super) const WINDOWS: &[Reads] = &[
    windows(
        &["firewall.on", "firewall.product"],
        Everyone,
        &[
            Wmi(r"root\SecurityCenter2", "FirewallProduct"),
            ProductProgram,
            Services(&["MpsSvc"]),
            Registry(
                r"HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\*",
                FIREWALL,
            ),
            Registry(r"HKLM\SOFTWARE\Policies\Microsoft\WindowsFirewall\*", FIREWALL),
            Registry(IDENTITY, &["CurrentBuildNumber", "InstallationType"]),
        ],
    ),
    windows(
        &["disk_encryption.system", "disk_encryption.others_off"],
        Administrator,
        &[
            Wmi(r"root\CIMV2\Security\MicrosoftVolumeEncryption", "Win32_EncryptableVolume"),
            Registry(IDENTITY, &["SystemRoot"]),
        ],
    ),
    windows(
        &["screen_lock.on", "screen_lock.after_seconds"],
        Administrator,
        &[
            Registry(
                r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System",
                &["InactivityTimeoutSecs"],
            ),
            // Of those who are logged in; who they are is not kept.
            Registry("HKU", &[]),
            Registry(r"HKU\*\Control Panel\Desktop", SCREEN),
            Registry(r"HKU\*\Software\Policies\Microsoft\Windows\Control Panel\Desktop", SCREEN),
        ],
    ),
    windows(
        &["secure_boot.supported", "secure_boot.on"],
        Everyone,
        &[
            Registry(
                r"HKLM\SYSTEM\CurrentControlSet\Control\SecureBoot\State",
                &["UEFISecureBootEnabled"],
            ),
            Registry(r"HKLM\SYSTEM\CurrentControlSet\Control", &["PEFirmwareType"]),
        ],
    ),
    windows(
        &["accounts.administrators", "accounts.guest_enabled"],
        Everyone,
        &[
            // Numbers alone: whose accounts they are stays there.
            Interface("NetLocalGroupGetMembers, NetUserEnum (netapi32.dll)"),
            Registry(r"HKLM\SYSTEM\CurrentControlSet\Control\ProductOptions", &["ProductType"]),
        ],
    ),
    windows(
        &["remote_access.desktop", "remote_access.desktop_nla"],
        Everyone,
        &[
            Services(&["TermService"]),
            Registry(
                r"HKLM\SYSTEM\CurrentControlSet\Control\Terminal Server",
                &["fDenyTSConnections"],
            ),
            Registry(
                r"HKLM\SYSTEM\CurrentControlSet\Control\Terminal Server\WinStations\RDP-Tcp",
                &["UserAuthentication"],
            ),
            Registry(
                r"HKLM\SOFTWARE\Policies\Microsoft\Windows NT\Terminal Services",
                &["fDenyTSConnections", "UserAuthentication"],
            ),
        ],
    ),
    windows(
        &["remote_access.ssh", "remote_access.ssh_root", "remote_access.ssh_passwords"],
        Everyone,
        &[Services(&["sshd"]), File("ProgramData/ssh/sshd_config")],
    ),
    windows(
        &["smb1.server", "smb1.client"],
        Everyone,
        &[
            Services(&["srv", "mrxsmb10", "LanmanServer", "LanmanWorkstation"]),
            Registry(r"HKLM\SYSTEM\CurrentControlSet\Services\LanmanServer\Parameters", &["SMB1"]),
        ],
    ),
    windows(
        &["removable_media.autorun"],
        Everyone,
        &[Registry(
            r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\Explorer",
            &["NoAutorun", "NoDriveTypeAutoRun"],
        )],
    ),
    windows(
        &["auto_login.on"],
        Everyone,
        // Whether, and not as whom: the password beside it is never read.
        &[Registry(
            r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon",
            &["AutoAdminLogon"],
        )],
    ),
];

const IDENTITY: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion";
const FIREWALL: &[&str] = &["EnableFirewall", "DefaultInboundAction"];
const SCREEN: &[&str] =
    &["ScreenSaveActive", "ScreenSaverIsSecure", "ScreenSaveTimeOut", "SCRNSAVE.EXE"];

const fn windows(facts: &'static [&'static str], right: Right, places: &'static [Place]) -> Reads {
    Reads { platform: Platform::Windows, facts, right, places }
}
