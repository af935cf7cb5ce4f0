//! Whether the first version of the file sharing protocol is still spoken, on Linux: by Samba's
//! server, and by what reaches files of others. The server in the kernel never speaks it.

use std::time::Duration;

use report::{Fact, Outcome, Reason};

use crate::host::files::{Read, ReadError, ReadErrorKind};
use crate::host::programs::Ask;
use crate::host::{Files, Host};
use crate::probes::Context;
use crate::probes::findings::{Findings, unknown, yes_or_no};
use crate::probes::units::Units;

/// What names the settings that are in effect.
const TOOL: &str = "usr/bin/testparm";

/// Looks at this topic of the machine.
pub fn probe(host: &Host, _context: &Context<'_>) -> Outcome {
    let mut findings = Findings::default();
    let samba = Samba::of(host);
    let source = if samba.server == Fact::Absent { SERVER } else { TOOL };
    findings.add("smb1.server", samba.serves(), source);
    let (client, source) = reaches(host.files(), &samba);
    findings.add("smb1.client", client, source);
    findings.observed()
}

/// What Samba says of itself, where it is installed.
struct Samba {
    /// Whether its server is started, or runs.
    server: Fact<()>,
    /// Whether it brings a program that reaches files of others.
    has_client: Read<bool>,
    settings: Read<Option<String>>,
}

/// Its server, and what reaches files of others by its settings.
const SERVER: &str = "usr/sbin/smbd";
const CLIENT: &str = "usr/bin/smbclient";
const SERVICES: [&str; 4] = ["smbd", "smb", "samba", "samba-ad-dc"];

impl Samba {
    fn of(host: &Host) -> Self {
        let server = server(host);
        let has_client = host.files().exists(CLIENT);
        let is_needed = server != Fact::Absent || has_client != Ok(false);
        let settings = if is_needed { ask(host) } else { Ok(None) };
        Self { server, has_client, settings }
    }

    fn serves(&self) -> Fact {
        match &self.server {
            Fact::Known(()) => self.speaks("server min protocol"),
            Fact::Absent => yes_or_no(false),
            Fact::Unknown(why) => Fact::Unknown(why.clone()),
        }
    }

    /// Whether the oldest version that is spoken is the first.
    fn speaks(&self, setting: &str) -> Fact {
        let text = match &self.settings {
            Ok(Some(text)) => text,
            Ok(None) => return yes_or_no(false),
            Err(error) => return Fact::Unknown(error.ignorance(Reason::NotSupported)),
        };
        let oldest = text.lines().find_map(|line| {
            let (name, value) = line.split_once('=')?;
            (name.trim() == setting).then(|| value.trim().to_ascii_uppercase())
        });
        match oldest.as_deref() {
            Some(version) if version.starts_with("SMB") => yes_or_no(false),
            Some("CORE" | "COREPLUS" | "LANMAN1" | "LANMAN2" | "NT1") => yes_or_no(true),
            _ => unknown(Reason::ParseError, "testparm does not name the oldest version"),
        }
    }
}

fn server(host: &Host) -> Fact<()> {
    let files = host.files();
    let found = files.exists(SERVER).and_then(|is_there| match is_there {
        true => Units::read(files).map(Some),
        false => Ok(None),
    });
    match found {
        Ok(None) => Fact::Absent,
        Ok(Some(units)) if SERVICES.into_iter().any(|it| units.is_service_on(it)) => {
            Fact::Known(())
        }
        Ok(Some(_)) => host.processes().find(|it| it.name == "smbd").map(|_| ()),
        Err(error) => Fact::Unknown(error.ignorance(Reason::NotSupported)),
    }
}

/// All settings with what holds where nothing is set, which depends on the release.
fn ask(host: &Host) -> Read<Option<String>> {
    let path = &format!("/{TOOL}");
    let limit = Duration::from_secs(10);
    let said = host.programs().run(&Ask { path, arguments: &["-sv"], limit, most: 256 * 1024 })?;
    match said.code {
        Some(0) => Ok(Some(String::from_utf8_lossy(&said.output).into_owned())),
        _ => Err(ReadError::new(path, ReadErrorKind::Died("testparm failed".to_owned()))),
    }
}

const MOUNTS: [&str; 3] = ["proc/1/mountinfo", "proc/self/mountinfo", "etc/fstab"];
const MOST: usize = 1 << 20;

/// Whether files of others are reached by it, or would be.
fn reaches(files: &Files, samba: &Samba) -> (Fact, &'static str) {
    for source in MOUNTS {
        match files.read_text(source, MOST) {
            Ok(text) if text.lines().any(is_first_version) => return (yes_or_no(true), source),
            Ok(_) => {}
            Err(error) if error.is_not_found() => {}
            Err(error) => return (Fact::Unknown(error.ignorance(Reason::NotSupported)), source),
        }
    }
    match &samba.has_client {
        Ok(true) => (samba.speaks("client min protocol"), TOOL),
        Ok(false) => (yes_or_no(false), MOUNTS[0]),
        Err(error) => (Fact::Unknown(error.ignorance(Reason::NotSupported)), TOOL),
    }
}

/// A mount of cifs that asks for it; without asking the kernel speaks none below the second.
fn is_first_version(line: &str) -> bool {
    let is_cifs = line.split_whitespace().any(|word| word == "cifs" || word == "smb3");
    let mut options = line.split([' ', '\t', ',']);
    is_cifs && !line.trim_start().starts_with('#') && options.any(|it| it == "vers=1.0")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::recorded::{Machine, reason};

    const TESTPARM: &str = "[global]\n\tclient ipc min protocol = default\n\
        \tclient min protocol = SMB2_02\n\tserver min protocol = SMB2_02\n";

    fn server_with(said: &str) -> Machine {
        let unit = "usr/lib/systemd/system/smbd.service";
        Machine::empty()
            .with(SERVER, "")
            .with(unit, "")
            .with_link(
                "etc/systemd/system/multi-user.target.wants/smbd.service",
                &format!("/{unit}"),
            )
            .with_program("/usr/bin/testparm -sv", 0, said)
    }

    fn seen(machine: &Machine) -> (Fact, Fact) {
        let host = machine.host();
        let samba = Samba::of(&host);
        (samba.serves(), reaches(host.files(), &samba).0)
    }

    fn mounting(place: &str, options: &str) -> Machine {
        let line = match place {
            "etc/fstab" => format!("//server/x /mnt cifs {options} 0 0\n"),
            _ => format!("50 29 0:44 / /mnt rw,relatime - cifs //server/x rw,{options}\n"),
        };
        Machine::empty().with(place, line)
    }

    #[test]
    fn nothing_that_is_not_installed_speaks_it() {
        assert_eq!(seen(&Machine::empty()), (yes_or_no(false), yes_or_no(false)));
    }

    #[test]
    fn the_oldest_version_that_is_spoken_decides() {
        assert_eq!(seen(&server_with(TESTPARM)).0, yes_or_no(false));
        for version in ["NT1", "CORE", "LANMAN2"] {
            let old = TESTPARM.replace(
                "server min protocol = SMB2_02",
                &format!("server min protocol = {version}"),
            );
            assert_eq!(seen(&server_with(&old)), (yes_or_no(true), yes_or_no(false)), "{version}");
        }
        let old = TESTPARM.replace("client min protocol = SMB2_02", "client min protocol = NT1");
        assert_eq!(seen(&server_with(&old).with(CLIENT, "")), (yes_or_no(false), yes_or_no(true)));
        let silent = server_with("[global]\n");
        assert_eq!(reason(&seen(&silent).0), Some(Reason::ParseError));
    }

    #[test]
    fn a_server_that_is_not_started_serves_nobody() {
        let old = TESTPARM.replace("SMB2_02", "NT1");
        let stopped = server_with(&old)
            .with(CLIENT, "")
            .without("usr/lib/systemd/system/smbd.service")
            .with_process(1, "systemd", 0, &["/sbin/init"]);
        assert_eq!(seen(&stopped).0, yes_or_no(false));
        let running = stopped.with_process(800, "smbd", 0, &["/usr/sbin/smbd"]);
        assert_eq!(seen(&running).0, yes_or_no(true));
        assert_eq!(reason(&seen(&running.denied("proc")).0), Some(Reason::AccessDenied));
    }

    #[test]
    fn a_server_whose_settings_nobody_tells_is_unknown() {
        let failing = server_with("").with_program("/usr/bin/testparm -sv", 1, "");
        assert_eq!(reason(&seen(&failing).0), Some(Reason::ProviderError));
        let missing = server_with("").without("programs");
        assert_eq!(reason(&seen(&missing).0), Some(Reason::NotSupported));
    }

    #[test]
    fn a_mount_that_asks_for_it_reaches_files_by_it() {
        for place in MOUNTS {
            assert_eq!(seen(&mounting(place, "vers=1.0,username=x")).1, yes_or_no(true), "{place}");
            assert_eq!(seen(&mounting(place, "vers=3.1.1")).1, yes_or_no(false), "{place}");
            let denied = mounting(place, "vers=1.0").denied(place);
            assert_eq!(reason(&seen(&denied).1), Some(Reason::AccessDenied), "{place}");
        }
        let commented = Machine::empty().with("etc/fstab", "# //s/x /mnt cifs vers=1.0 0 0\n");
        assert_eq!(seen(&commented).1, yes_or_no(false));
    }
}
