//! How the PCs of these worlds are set up beside antivirus and updates.

use report::{Outcome, Topic, Value};

use super::{observed, text};

const ON: Value = Value::Bool(true);
const OFF: Value = Value::Bool(false);

pub(super) fn of_windows() -> [(Topic, Outcome); 9] {
    const FILTER: &str = r"HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters";
    const VOLUMES: &str = r"root\CIMV2\Security\MicrosoftVolumeEncryption";
    const SYSTEM: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System";
    const BOOT: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\SecureBoot\State";
    const TERMINAL: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\Terminal Server";
    const SERVICES: &str = r"HKLM\SYSTEM\CurrentControlSet\Services";
    const EXPLORER: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\Explorer";
    const WINLOGON: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon";
    set_up([
        &[("firewall.on", ON, FILTER), ("firewall.product", text("Windows Firewall"), FILTER)],
        &[
            ("disk_encryption.system", Value::Choice("on"), VOLUMES),
            ("disk_encryption.others_off", Value::Count(0), VOLUMES),
        ],
        &[("screen_lock.on", ON, SYSTEM), ("screen_lock.after_seconds", Value::Count(900), SYSTEM)],
        &[("secure_boot.supported", ON, BOOT), ("secure_boot.on", ON, BOOT)],
        &[
            ("accounts.administrators", Value::Count(2), "NetLocalGroupGetMembers"),
            ("accounts.guest_enabled", OFF, "NetUserEnum"),
        ],
        &[
            ("remote_access.desktop", ON, TERMINAL),
            ("remote_access.desktop_nla", ON, TERMINAL),
            ("remote_access.ssh", OFF, SERVICES),
        ],
        &[("smb1.server", OFF, SERVICES), ("smb1.client", OFF, SERVICES)],
        &[("removable_media.autorun", ON, EXPLORER)],
        &[("auto_login.on", OFF, WINLOGON)],
    ])
}

pub(super) fn of_linux() -> [(Topic, Outcome); 9] {
    const UFW: &str = "etc/ufw/ufw.conf";
    const DCONF: &str = "etc/dconf/db/local.d";
    const EFI: &str = "sys/firmware/efi/efivars";
    const SSH: &str = "etc/ssh/sshd_config";
    const SAMBA: &str = "etc/samba/smb.conf";
    set_up([
        &[("firewall.on", ON, UFW), ("firewall.product", text("ufw"), UFW)],
        &[
            ("disk_encryption.system", Value::Choice("off"), "sys/block"),
            ("disk_encryption.others_off", Value::Count(1), "sys/block"),
        ],
        &[("screen_lock.on", ON, DCONF), ("screen_lock.after_seconds", Value::Count(300), DCONF)],
        &[("secure_boot.supported", ON, EFI), ("secure_boot.on", OFF, EFI)],
        &[
            ("accounts.administrators", Value::Count(2), "etc/group"),
            ("accounts.guest_enabled", OFF, "etc/lightdm"),
        ],
        &[
            ("remote_access.desktop", OFF, "proc"),
            ("remote_access.ssh", ON, SSH),
            ("remote_access.ssh_root", Value::Choice("keys_only"), SSH),
            ("remote_access.ssh_passwords", ON, SSH),
        ],
        &[("smb1.server", OFF, SAMBA), ("smb1.client", OFF, SAMBA)],
        &[("removable_media.autorun", OFF, DCONF)],
        &[("auto_login.on", OFF, "etc/gdm3/daemon.conf")],
    ])
}

fn set_up(facts: [&[(&str, Value, &str)]; 9]) -> [(Topic, Outcome); 9] {
    const TOPICS: [Topic; 9] = [
        Topic::Firewall,
        Topic::DiskEncryption,
        Topic::ScreenLock,
        Topic::SecureBoot,
        Topic::Accounts,
        Topic::RemoteAccess,
        Topic::Smb1,
        Topic::RemovableMedia,
        Topic::AutoLogin,
    ];
    std::array::from_fn(|at| (TOPICS[at], observed(facts[at].iter().cloned())))
}
