//! What to do about something, where that is another thing on another system: its commands and
//! places in one room.

use std::path::Path;

use report::{Bilingual, Platform};

use crate::host::OWN_PLATFORM;
use crate::words::{Words, words};

/// The system that this program was built for.
pub const HERE: Remedies = Remedies(OWN_PLATFORM);

/// The words for one system.
#[derive(Clone, Copy, Debug)]
pub struct Remedies(Platform);

impl Remedies {
    /// Stops the service.
    #[must_use]
    pub fn stop(self) -> &'static str {
        self.either("systemctl stop lachan-agent", "net stop lachan-agent")
    }

    /// Starts the service, now and whenever the machine does.
    #[must_use]
    pub fn start(self) -> &'static str {
        self.either(
            "systemctl enable --now lachan-agent",
            "lachan-agent install && net start lachan-agent",
        )
    }

    /// Where the log is.
    #[must_use]
    pub fn log(self) -> Bilingual {
        match self.0 {
            Platform::Linux => Bilingual::new(
                "xem các dòng trên; nhật ký: journalctl -u lachan-agent",
                "see the lines above; the log: journalctl -u lachan-agent",
            ),
            Platform::Windows => Bilingual::new(
                "xem các dòng trên; nhật ký: Event Viewer, Windows Logs, Application, nguồn \
                 lachan-agent",
                "see the lines above; the log: Event Viewer, Windows Logs, Application, source \
                 lachan-agent",
            ),
        }
    }

    /// Makes a file readable to the agent alone.
    #[must_use]
    pub fn keep_file(self, path: &Path) -> String {
        let path = self.quoted(path);
        match self.0 {
            Platform::Linux => format!("chmod 600 {path}"),
            Platform::Windows => icacls(&path, "", "F"),
        }
    }

    /// Makes a folder the agent's own, with all it holds.
    #[must_use]
    pub fn keep_folder(self, path: &Path) -> String {
        let path = self.quoted(path);
        match self.0 {
            Platform::Linux => format!("chown -R root: {path} && chmod 700 {path}"),
            Platform::Windows => icacls(&path, " /t", "(OI)(CI)F"),
        }
    }

    /// Makes what lies there the agent's own.
    #[must_use]
    pub fn keep(self, path: &Path) -> String {
        match path.is_dir() {
            true => self.keep_folder(path),
            false => self.keep_file(path),
        }
    }

    /// What is done to a configuration that bears a password, as part of a sentence.
    #[must_use]
    pub fn keep_secret(self) -> &'static str {
        self.either("chmod 600 it", "let nobody but SYSTEM and Administrators read it (icacls)")
    }

    /// Runs the examination with all rights.
    #[must_use]
    pub fn with_all_rights(self) -> Words {
        match self.0 {
            Platform::Linux => {
                words("chạy sudo lachan-agent doctor", "run sudo lachan-agent doctor")
            }
            Platform::Windows => words(
                "chạy lachan-agent doctor trong cửa sổ lệnh \"Run as administrator\"",
                "run lachan-agent doctor at a prompt that was opened with \"Run as administrator\"",
            ),
        }
    }

    /// Gives this program all rights.
    #[must_use]
    pub fn raise(self) -> &'static str {
        self.either("run as root", "run it as an administrator")
    }

    /// That what stands in for the firmware's marks is missing, and what makes one.
    #[must_use]
    pub fn no_machine_id(self) -> &'static str {
        self.either(
            "/etc/machine-id says nothing: make one with systemd-machine-id-setup",
            r"HKLM\SOFTWARE\Microsoft\Cryptography has no MachineGuid: prepare the image with sysprep",
        )
    }

    /// What gives a machine a number of its own where its hardware has none.
    #[must_use]
    pub fn make_machine_id(self) -> &'static str {
        self.either("systemd-machine-id-setup", "sysprep /generalize")
    }

    /// As whom the service runs.
    #[must_use]
    pub fn account(self) -> &'static str {
        self.either("root", "SYSTEM")
    }

    /// What the service must be left, where it is denied something.
    #[must_use]
    pub fn denied(self) -> Bilingual {
        match self.0 {
            Platform::Linux => Bilingual::new(
                "giữ hai quyền CAP_DAC_READ_SEARCH và CAP_SYS_PTRACE của dịch vụ; SELinux hoặc \
                 AppArmor có chặn không",
                "leave the service its two capabilities, CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE; \
                 does SELinux or AppArmor stand in the way",
            ),
            Platform::Windows => Bilingual::new(
                "dịch vụ phải chạy bằng SYSTEM; phần mềm phòng chống mã độc có chặn lachan-agent \
                 không",
                "let the service run as SYSTEM; does the antivirus product stand in the way of \
                 lachan-agent",
            ),
        }
    }

    /// Asks by which address a name is known.
    #[must_use]
    pub fn resolve(self, host: &str) -> String {
        match self.0 {
            Platform::Linux => format!("getent hosts {host}"),
            Platform::Windows => format!("nslookup {host}"),
        }
    }

    /// Keeps the clock right.
    #[must_use]
    pub fn keep_time(self) -> &'static str {
        self.either("timedatectl set-ntp true", "w32tm /resync")
    }

    /// Shows how full the disk of a folder is.
    #[must_use]
    pub fn show_room(self, path: &Path) -> String {
        let shown = self.quoted(path);
        match self.0 {
            Platform::Linux => format!("df -h {shown}; df -i {shown}"),
            Platform::Windows => format!("dir /-c {shown}"),
        }
    }

    /// Fetches what there is of updates.
    #[must_use]
    pub fn renew_updates(self) -> Bilingual {
        match self.0 {
            Platform::Linux => Bilingual::new(
                "chạy apt-get update (dnf makecache, zypper refresh, apk update); nếu không nguồn nào \
                 cung cấp bản vá an ninh, khai nguồn bản vá an ninh của phiên bản này (với apt: trong \
                 /etc/apt/sources.list.d; với RHEL và SLES: đăng ký hệ điều hành)",
                "run apt-get update (dnf makecache, zypper refresh, apk update); if no source serves \
                 security updates, name the security source of this release (with apt: in \
                 /etc/apt/sources.list.d; with RHEL and SLES: register the system)",
            ),
            Platform::Windows => Bilingual::new(
                "mở Windows Update và bấm \"Check for updates\"; máy có tới được máy chủ cập nhật \
                 không",
                "open Windows Update and choose \"Check for updates\"; does the machine reach its \
                 update server",
            ),
        }
    }

    /// Fetches the signatures of an antivirus product.
    #[must_use]
    pub fn renew_signatures(self) -> Bilingual {
        match self.0 {
            Platform::Linux => Bilingual::new(
                "cập nhật mẫu nhận diện của phần mềm được nêu (với ClamAV: freshclam)",
                "update the signatures of the product that is named (with ClamAV: freshclam)",
            ),
            Platform::Windows => Bilingual::new(
                "cập nhật mẫu nhận diện của phần mềm được nêu (với Defender: MpCmdRun.exe \
                 -SignatureUpdate)",
                "update the signatures of the product that is named (with Defender: MpCmdRun.exe \
                 -SignatureUpdate)",
            ),
        }
    }

    /// A path as a shell takes it.
    #[must_use]
    pub fn quoted(self, path: &Path) -> String {
        let text = path.display().to_string();
        let plain = self.either("/._-", "\\:._-");
        match (text.chars().all(|c| c.is_ascii_alphanumeric() || plain.contains(c)), self.0) {
            (true, _) => text,
            (false, Platform::Linux) => format!("'{}'", text.replace('\'', r"'\''")),
            // No name holds a quotation mark there.
            (false, Platform::Windows) => format!("\"{text}\""),
        }
    }

    fn either(self, linux: &'static str, windows: &'static str) -> &'static str {
        match self.0 {
            Platform::Linux => linux,
            Platform::Windows => windows,
        }
    }
}

/// By number: the names of these groups are other ones in other languages. Without the reset,
/// whoever is in the list by name would stay there.
fn icacls(path: &str, below: &str, rights: &str) -> String {
    format!(
        "icacls {path} /setowner *S-1-5-32-544{below} && icacls {path} /reset{below} && \
         icacls {path} /inheritance:r /grant:r *S-1-5-18:{rights} *S-1-5-32-544:{rights}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINUX: Remedies = Remedies(Platform::Linux);
    const WINDOWS: Remedies = Remedies(Platform::Windows);

    #[test]
    fn a_path_in_a_remedy_can_be_given_to_a_shell() {
        let said = ["/var/lib/lachan-agent", "/srv/a b", "/it's; rm"];
        let said = said.map(|path| LINUX.quoted(path.as_ref()));
        assert_eq!(said, ["/var/lib/lachan-agent", "'/srv/a b'", r"'/it'\''s; rm'"]);
        let said = [r"C:\ProgramData\Lachan\state", r"D:\a b & c"];
        let said = said.map(|path| WINDOWS.quoted(path.as_ref()));
        assert_eq!(said, [r"C:\ProgramData\Lachan\state", "\"D:\\a b & c\""]);
    }

    #[test]
    fn access_on_windows_is_given_to_groups_by_number_and_to_no_others() {
        let file = WINDOWS.keep_file(r"C:\ProgramData\Lachan\agent.toml".as_ref());
        assert_eq!(
            file,
            "icacls P /setowner *S-1-5-32-544 && icacls P /reset && \
             icacls P /inheritance:r /grant:r *S-1-5-18:F *S-1-5-32-544:F"
                .replace('P', r"C:\ProgramData\Lachan\agent.toml")
        );
        let folder = WINDOWS.keep_folder(r"C:\ProgramData\Lachan\state".as_ref());
        assert!(folder.ends_with("*S-1-5-18:(OI)(CI)F *S-1-5-32-544:(OI)(CI)F"), "{folder}");
        assert!(folder.contains("/reset /t"), "{folder}");
    }

    #[test]
    fn nothing_of_linux_is_told_on_windows() {
        let path = Path::new(r"C:\ProgramData\Lachan");
        let bilingual = [
            WINDOWS.log(),
            WINDOWS.denied(),
            WINDOWS.renew_updates(),
            WINDOWS.renew_signatures(),
            WINDOWS.with_all_rights().into(),
        ];
        let mut said: Vec<_> = bilingual.into_iter().flat_map(|it| [it.vi, it.en]).collect();
        said.extend([WINDOWS.keep_file(path), WINDOWS.keep_folder(path), WINDOWS.show_room(path)]);
        said.push(WINDOWS.resolve("collector.example"));
        let words = [
            WINDOWS.stop(),
            WINDOWS.start(),
            WINDOWS.keep_secret(),
            WINDOWS.account(),
            WINDOWS.keep_time(),
            WINDOWS.raise(),
            WINDOWS.no_machine_id(),
            WINDOWS.make_machine_id(),
        ];
        said.extend(words.map(str::to_owned));
        for foreign in ["systemctl", "sudo", "chmod", "chown", "root", "getent", "apt", "/etc"] {
            assert!(said.iter().all(|text| !text.contains(foreign)), "{foreign}: {said:?}");
        }
    }
}
