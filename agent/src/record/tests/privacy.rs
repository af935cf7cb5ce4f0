//! Nothing secret or personal leaves: machines with secrets wherever vendors and people leave them
//! are surveyed, and what would be sent is searched for each of them, byte by byte; so is what is
//! written of such a machine.

use report::{Incarnation, MachineId, Report, Sequence, Text, wire};

use super::*;

/// What must be neither sent nor written. The recorded machines with every vendor's product have
/// secrets of their own in them.
const SECRETS: [&str; 18] = [
    "lan.nguyen",
    "lan nguyễn",
    "donvi.example",
    "vidu.example",
    "bimat",
    "bi mat",
    "b1a7",
    "999-bim",
    "khong-co-that",
    "không có thật",
    "khongcothat",
    "33x-khg",
    "4f2k7",
    "eyjhbgci",
    "tok3n",
    "1004336348",
    "4c4c4544",
    "matkhau",
];

/// What is sent, because whoever judges the machine must know it, and not written.
const OWN: [&str; 4] = ["stp-ke-toan-07", "stp-hotich", "pf3a1b2c", "7testx3"];

const PERSONAL: &str = "lan.nguyen@donvi.example.vn";
const SID: &str = "S-1-5-21-1004336348-1177238915-682003330-1001";
const KEY: &str = "4F2K7-9QW3E-RT5YU-1OPAS-8DFGH";
const TOKEN: &str = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ0b2szbiJ9.dG9rM24";

/// A server with every vendor's product of Linux, and what people leave in its files besides.
fn server() -> Machine {
    let configuration = format!(
        "# {PERSONAL}, {KEY}\nDatabaseDirectory /home/lan.nguyen/db\nOnAccessPrevention yes\n\
         OnAccessIncludePath /home/lan.nguyen\nVirusEvent curl -H 'Authorization: Bearer {TOKEN}' \
         https://lan.nguyen:matkhau@sso.donvi.example/?token=tok3n\n"
    );
    Machine::recorded("debian12-vendors")
        .with("etc/hostname", "stp-ke-toan-07\n")
        .with("sys/class/dmi/id/product_serial", "PF3A1B2C\n")
        .with("sys/class/dmi/id/product_uuid", "4c4c4544-0042-3510-8056-b7c04f4d3332\n")
        .with("usr/sbin/clamd", "")
        .with("etc/clamav/clamd.conf", &configuration)
        .with("home/lan.nguyen/clamd.conf", &configuration)
        .with("home/lan.nguyen/db/daily.cld", format!("ClamAV-VDB:x:1:1:1:{KEY}"))
        .with_process(812, "clamd", 110, &["clamd", "--config-file=/home/lan.nguyen/clamd.conf"])
        .with_process(813, "clamonacc", 0, &["clamonacc", &format!("--token={TOKEN}")])
        .with(
            "etc/apt/sources.list.d/own.list",
            "deb https://lan.nguyen:matkhau@repo.donvi.example/tok3n stable main\n",
        )
        .with("etc/passwd", "root:x:0:0::/root:\nbimat:x:1000:1000:Bi Mat:/home/bimat:\n")
        .with("etc/group", "sudo:x:27:bimat\n")
        .with("etc/sudoers", "@includedir /etc/sudoers.d\n")
        .with("etc/sudoers.d/90-staff", "bimat ALL=(ALL) NOPASSWD: ALL\n")
        .with("usr/lib/systemd/system/gdm.service", "")
        .with_link(
            "etc/systemd/system/display-manager.service",
            "../../../usr/lib/systemd/system/gdm.service",
        )
        .with("etc/gdm3/custom.conf", "[daemon]\nAutomaticLoginEnable=true\nAutomaticLogin=bimat\n")
        .with("proc/1/mountinfo", "9 1 0:9 / /m rw - cifs //bimat/x rw,username=bimat,vers=1.0\n")
        .with("etc/ssh/sshd_config", "AllowUsers bimat\nMatch User bimat\nPermitRootLogin no\n")
        .with_program("/usr/sbin/sshd -T", 0, "permitrootlogin no\nallowusers bimat\n")
        .with("etc/runlevels/default/sshd", "")
        .with("usr/bin/smbclient", "")
        .with_program("/usr/bin/testparm -sv", 0, "[bimat]\n\tpath = /srv/bimat\n")
        .with("etc/apt/preferences.d/own", format!("Explanation: {PERSONAL}\n"))
        .with(
            "var/log/apt/history.log",
            "Start-Date: 2026-11-20  03:00:00\nCommandline: apt install /home/lan.nguyen/x.deb\n\
             Requested-By: lan.nguyen (1000)\nEnd-Date: 2026-11-20  03:01:00\n",
        )
        .with("etc/os-release", format!("ID=debian\nSUPPORT_URL=https://{PERSONAL}/\n"))
}

/// A PC of Windows on which the same is left where Windows and its vendors keep it.
fn pc(root: &str) -> Machine {
    let uninstall = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall";
    let windows = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion";
    let kaspersky = r"HKEY_LOCAL_MACHINE\SOFTWARE\KasperskyLab\protected\KES21\Data";
    let image = r#""C:\\Users\\lan.nguyen\\AppData\\av.exe" --license=4F2K7-9QW3E-RT5YU"#;
    Machine::recorded(root)
        .with_registry(&format!(
            "[{uninstall}\\Own]\n\"DisplayName\"=\"Bkav Pro của {PERSONAL}\"\n\
             \"InstallLocation\"=\"C:\\\\Users\\\\Lan Nguyễn\\\\av\"\n\"Comments\"=\"{KEY}\"\n\n\
             [{windows}]\n\"RegisteredOwner\"=\"Lan Nguyễn\"\n\"ProductId\"=\"{KEY}\"\n\n\
             [{kaspersky}]\n\"LicKey\"=\"{KEY}\"\n\"User\"=\"{SID}\"\n"
        ))
        .with_service("ekrn", "running", "automatic", &image.replace(r"\\", r"\"))
        .with_security_center(
            r#"[{"name": "Bkav Pro", "state": 0, "signatures": 1,
                 "remediation": "C:\\Users\\lan.nguyen\\AppData\\av.exe"}]"#,
        )
        .with_wmi(
            r"root\SecurityCenter2",
            "AntiVirusProduct",
            &format!(
                r#"[{{"displayName": "Bkav Pro", "productState": 266240, "instanceGuid": "{{4c4c4544-0042-3510-8056-b7c04f4d3332}}",
                     "pathToSignedReportingExe": "C:\\Users\\lan.nguyen\\AppData\\{KEY}.exe"}}]"#
            ),
        )
}

fn machines() -> Vec<(&'static str, Machine)> {
    let mut machines = vec![("debian12-vendors", server())];
    for root in ["windows11-eset", "windows10-kaspersky", "windows10-bkav", "windows-server-2022"] {
        machines.push((root, pc(root)));
    }
    machines
}

/// The body of a report, as it is sent and as it stands in an exported file.
fn sent(host: Host) -> String {
    wire::encode_report(&Report {
        machine: MachineId::from_bytes([1; 16]),
        agent: Text::new("0.1.0").unwrap(),
        fingerprint: report::Fingerprint::of(&[("a", "b")]),
        incarnation: Incarnation::from_bytes([2; 16]),
        sequence: Sequence(1),
        sent_at: NOW,
        observations: survey(host),
    })
}

#[test]
fn nothing_secret_or_personal_is_sent() {
    for (name, machine) in machines() {
        let sent = sent(machine.host()).to_lowercase();
        assert!(sent.contains("antivirus.products"), "{name}");
        // The number of the hardware is the machine's own and says which one it is.
        let secrets = SECRETS.into_iter().filter(|it| *it != "4c4c4544");
        let found: Vec<_> = secrets.filter(|secret| sent.contains(secret)).collect();
        assert_eq!(found, [""; 0], "{name}: {sent}");
    }
}

#[test]
fn nothing_secret_or_personal_is_recorded() {
    let mut found = Vec::new();
    for (name, machine) in machines() {
        let (folder, recorded) = recorded(machine.host());
        assert!(recorded.files > 5, "{name}: {recorded:?}");
        for file in files_below(folder.path()) {
            let path = file.strip_prefix(folder.path()).unwrap().display().to_string();
            let bytes = durable::read(&file, 1 << 24).unwrap().unwrap();
            let written = format!("{path}\n{}", String::from_utf8(bytes).unwrap()).to_lowercase();
            for secret in SECRETS.iter().chain(&OWN) {
                let line = written.lines().find(|line| line.contains(secret));
                found.extend(line.map(|line| format!("{name}: {secret} in {path}: {line}")));
            }
        }
    }
    assert_eq!(found, Vec::<String>::new());
}
