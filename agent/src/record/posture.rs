//! What is kept of the files and words that the posture of a Linux machine is read from. They name
//! people, shares and addresses beside the settings that are asked for.

/// What is nothing but names, or rules of the network: it is not written.
const UNWRITTEN: [&str; 12] = [
    "etc/passwd",
    "etc/group",
    "etc/sudoers",
    "usr/etc/sudoers",
    "etc/sudoers.d/",
    "etc/doas.conf",
    "etc/doas.d/",
    "etc/nftables.",
    "etc/sysconfig/nftables.conf",
    "etc/sysconfig/iptables",
    "etc/iptables/",
    "etc/inittab",
];

/// Settings of log-in screens, which may name whom they log in.
const SCREENS: [&str; 9] = [
    "etc/gdm",
    "etc/lightdm/",
    "etc/xdg/lightdm/",
    "usr/share/lightdm/",
    "etc/sddm.conf",
    "usr/lib/sddm/",
    "etc/lxdm/",
    "etc/greetd/",
    "etc/sysconfig/displaymanager",
];
const WHOM: [&str; 7] = [
    "AutomaticLogin",
    "TimedLogin",
    "autologin-user",
    "User",
    "user",
    "autologin",
    "DISPLAYMANAGER_AUTOLOGIN",
];
const SWITCHES: [&str; 4] =
    ["AutomaticLoginEnable", "TimedLoginEnable", "autologin-guest", "allow-guest"];

/// Settings of GNOME that are asked for.
const DCONF: [&str; 5] =
    ["lock-enabled", "lock-delay", "idle-delay", "disable-lock-screen", "autorun-never"];

/// What decides of SSH and of Samba.
const SSHD: [&str; 9] = [
    "include",
    "permitrootlogin",
    "passwordauthentication",
    "kbdinteractiveauthentication",
    "challengeresponseauthentication",
    "usepam",
    "authenticationmethods",
    "allowusers",
    "denyusers",
];
const SAMBA: [&str; 2] = ["server min protocol", "client min protocol"];

/// Whether nothing of a file is written.
pub(super) fn is_unwritten(path: &str) -> bool {
    UNWRITTEN.iter().any(|it| match it.ends_with(['/', '.']) {
        true => path.starts_with(it),
        false => path == *it,
    })
}

/// What is kept of a file; none of one that this room does not know.
pub(super) fn of_file(path: &str, text: &str) -> Option<String> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let line: fn(&str) -> Option<String> = match path {
        "proc/1/mountinfo" | "proc/self/mountinfo" | "etc/fstab" => mount,
        "proc/net/tcp" | "proc/net/tcp6" => listener,
        _ if path.starts_with("boot/config-") => kernel,
        _ if path.starts_with("sys/class/block/") && name == "uuid" => mapping,
        _ if SCREENS.iter().any(|it| path.starts_with(it)) => screen,
        _ if path.starts_with("etc/dconf/db/") => dconf,
        _ if path.starts_with("etc/firewalld/zones/") => zone,
        _ if path.contains("etc/ssh/") => sshd,
        _ if path.contains("systemd/system/") && name != "default.target" => console,
        _ if path.starts_with("proc/") && name == "cmdline" && text.starts_with("sshd: ") => {
            return Some(listening(text).to_owned());
        }
        _ => return None,
    };
    Some(lines(text, line))
}

/// What is kept of a program's words; none of one that this room does not know.
pub(super) fn of_program(command: &str, text: &str) -> Option<String> {
    match command {
        "/usr/sbin/sshd -T" => Some(lines(text, sshd)),
        "/usr/bin/testparm -sv" => Some(lines(text, samba)),
        _ => None,
    }
}

fn lines(text: &str, kept: fn(&str) -> Option<String>) -> String {
    text.lines().filter_map(kept).map(|line| line + "\n").collect()
}

/// A volume of this machine; of one of another nothing but the version that is spoken.
fn mount(line: &str) -> Option<String> {
    let is_first = line.split([' ', '\t', ',']).any(|it| it == "vers=1.0");
    match line.split_whitespace().any(|word| word == "cifs" || word == "smb3") {
        true if is_first => Some("0 0 0:0 / / rw - cifs x vers=1.0".to_owned()),
        true => None,
        false => {
            let (mount, system) = line.split_once(" - ")?;
            let mut fields = system.split(' ');
            let (kind, source) = (fields.next()?, fields.next()?);
            let is_own =
                source.starts_with("/dev/") || matches!(kind, "zfs" | "bcachefs" | "overlay");
            is_own.then(|| format!("{mount} - {kind} {source} rw"))
        }
    }
}

/// Something that listens where screens are asked for.
fn listener(line: &str) -> Option<String> {
    let mut fields = line.split_whitespace();
    let (local, state) = (fields.nth(1)?, fields.nth(1)?);
    let port = local.rsplit(':').next()?;
    let is_screen = port == "0D3D" || port.starts_with("170C") || port.starts_with("171");
    (state == "0A" && is_screen).then(|| line.split("0A ").next().map(|it| format!("{it}0A")))?
}

fn screen(line: &str) -> Option<String> {
    let said = line.trim();
    if said.starts_with('[') {
        return Some(said.to_owned());
    }
    let (name, value) = said.split_once('=')?;
    let (name, value) = (name.trim(), value.trim().trim_matches('"'));
    match WHOM.contains(&name) && !value.is_empty() {
        true => Some(format!("{name}=x")),
        false => SWITCHES.contains(&name).then(|| format!("{name}={value}")),
    }
}

fn dconf(line: &str) -> Option<String> {
    let said = line.trim();
    let name = said.split('=').next()?.rsplit('/').next()?.trim();
    (said.starts_with('[') || DCONF.contains(&name)).then(|| said.to_owned())
}

fn kernel(line: &str) -> Option<String> {
    line.starts_with("CONFIG_NF_TABLES=").then(|| line.to_owned())
}

/// `CRYPT-LUKS2-…`: what it is, and not which one.
fn mapping(line: &str) -> Option<String> {
    let kept: Vec<_> = line.split('-').take(2).collect();
    Some(match kept[..] {
        ["CRYPT", kind] => format!("CRYPT-{kind}-x"),
        _ => "x".to_owned(),
    })
}

fn zone(line: &str) -> Option<String> {
    line.contains("<zone").then(|| line.to_owned())
}

fn samba(line: &str) -> Option<String> {
    let name = line.split('=').next()?.trim();
    SAMBA.contains(&name).then(|| line.to_owned())
}

/// Whom a line is about is not kept, but for root.
fn sshd(line: &str) -> Option<String> {
    let (name, value) = line.trim().split_once([' ', '\t', '='])?;
    let small = name.to_ascii_lowercase();
    let is_known = SSHD.contains(&small.as_str());
    match small.as_str() {
        "match" if value.trim().eq_ignore_ascii_case("all") => Some("match all".to_owned()),
        "match" => Some("match user x".to_owned()),
        "allowusers" | "denyusers" => {
            let kept = value.split_whitespace().map(|user| match user {
                "root" => "root",
                _ if user.contains(['*', '?', '@', '!']) => "*",
                _ => "x",
            });
            Some(format!("{small} {}", kept.collect::<Vec<_>>().join(" ")))
        }
        _ => is_known.then(|| line.trim().to_owned()),
    }
}

/// A console that asks nobody.
fn console(line: &str) -> Option<String> {
    let said = line.trim();
    let asks_nobody = said.split_whitespace().any(|it| it == "-a" || it.starts_with("--autologin"));
    match said.starts_with("ExecStart") && said.contains("getty") && asks_nobody {
        true => Some("ExecStart=-/sbin/agetty --autologin x".to_owned()),
        false => said.starts_with('[').then(|| said.to_owned()),
    }
}

/// The server's own words; those of a session name who is logged in.
fn listening(text: &str) -> &str {
    if text.contains("[listener]") { text } else { "sshd\0" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_named_who_stands_in_a_setting() {
        for (path, text) in [
            ("etc/gdm3/custom.conf", "[daemon]\n# bimat\nAutomaticLogin=bimat\nX=bimat\n"),
            ("etc/lightdm/lightdm.conf", "[Seat:*]\nautologin-user=bimat\n"),
            ("etc/ssh/sshd_config", "AllowUsers bimat bimat@10.0.0.1\nMatch User bimat\n#bimat\n"),
            ("etc/systemd/system/getty@tty1.service.d/a.conf", "ExecStart=-agetty -a bimat\n"),
            (
                "etc/fstab",
                "//bimat/x /mnt cifs vers=1.0,username=bimat 0 0\nbimat:/x /y nfs rw 0 0\n",
            ),
            ("proc/1/mountinfo", "9 1 0:9 / /m rw - nfs4 bimat:/x rw,addr=bimat\n"),
            ("proc/812/cmdline", "sshd: bimat [priv]\0"),
            ("etc/dconf/db/local.d/x", "[a]\nbanner-message-text='bimat'\nlock-enabled=true\n"),
            ("etc/firewalld/zones/x.xml", "<zone>\n<source address=\"bimat\"/>\n"),
        ] {
            let kept = of_file(path, text).unwrap();
            assert!(!kept.contains("bimat"), "{path}: {kept}");
        }
        for command in ["/usr/sbin/sshd -T", "/usr/bin/testparm -sv"] {
            let kept = of_program(command, "allowusers bimat\n[bimat]\npath = /srv/bimat\n");
            assert!(!kept.unwrap().contains("bimat"), "{command}");
        }
        for path in ["etc/passwd", "etc/sudoers.d/bimat", "etc/iptables/rules.v4"] {
            assert!(is_unwritten(path), "{path}");
        }
    }

    #[test]
    fn what_is_asked_for_is_kept() {
        let sshd_lines = "permitrootlogin no\nallowusers an root\nport 22\n";
        let kept = of_program("/usr/sbin/sshd -T", sshd_lines).unwrap();
        assert_eq!(kept, "permitrootlogin no\nallowusers x root\n");
        let mounts = "29 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw,errors=x\n";
        let kept = of_file("proc/1/mountinfo", mounts).unwrap();
        assert_eq!(kept, "29 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n");
        let listens = "   0: 00000000:0D3D 00000000:0000 0A 00000000:00000000 1000\n";
        let kept = of_file("proc/net/tcp", listens).unwrap();
        assert_eq!(kept, "   0: 00000000:0D3D 00000000:0000 0A\n");
        let uuid = of_file("sys/class/block/dm-0/dm/uuid", "CRYPT-LUKS2-6b7e3d-sda3_crypt\n");
        assert_eq!(uuid.unwrap(), "CRYPT-LUKS2-x\n");
        let locks = "/org/gnome/desktop/screensaver/lock-enabled\n";
        assert_eq!(of_file("etc/dconf/db/local.d/locks/x", locks).unwrap(), locks);
        assert!(!is_unwritten("etc/passwd-") && !is_unwritten("etc/nsswitch.conf"));
        assert_eq!(of_file("etc/ufw/ufw.conf", "ENABLED=yes\n"), None);
    }
}
