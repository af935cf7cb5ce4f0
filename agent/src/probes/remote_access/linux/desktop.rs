//! Whether the screen of this machine is shown elsewhere.

use report::{Fact, Reason};

use crate::host::{Files, Processes};
use crate::probes::findings::{unknown, yes_or_no};
use crate::probes::units::Units;

/// Services that do nothing else.
const SERVICES: [&str; 12] = [
    "xrdp",
    "vncserver@",
    "tigervncserver@",
    "vncserver-x11-serviced",
    "vncserver-virtuald",
    "x11vnc",
    "x0vncserver",
    "nxserver",
    "teamviewerd",
    "anydesk",
    "rustdesk",
    "ultraviewer",
];

/// Programs that do, as the kernel cuts their names.
const PROGRAMS: [&str; 14] = [
    "xrdp",
    "Xvnc",
    "Xtigervnc",
    "Xtightvnc",
    "x11vnc",
    "x0vncserver",
    "X0tigervnc",
    "vncserver-x11-c",
    "wayvnc",
    "krfb",
    "krdpserver",
    "teamviewerd",
    "anydesk",
    "rustdesk",
];

/// What serves only while somebody has allowed it, and runs either way.
const ON_DEMAND: [&str; 2] = ["gnome-remote-de", "vino-server"];

/// Where screens are asked for.
const PORTS: [&str; 2] = ["proc/net/tcp", "proc/net/tcp6"];
/// What listens is listed first, whatever else a busy machine has.
const MOST: usize = 256 * 1024;

/// Whether it is, and what says so.
pub(super) fn is_shown(
    files: &Files,
    units: &Units<'_>,
    processes: &Processes,
) -> (Fact, &'static str) {
    if SERVICES.into_iter().any(|service| units.is_service_on(service)) {
        return (yes_or_no(true), "etc/systemd/system");
    }
    match processes.find(|it| PROGRAMS.contains(&it.name.as_str())) {
        Fact::Known(_) => return (yes_or_no(true), "proc"),
        Fact::Unknown(why) => return (Fact::Unknown(why), "proc"),
        Fact::Absent => {}
    }
    let listens = match listens(files) {
        Ok(listens) => listens,
        Err(why) => return (Fact::Unknown(why.ignorance(Reason::NotSupported)), PORTS[0]),
    };
    let on_demand = processes.find(|it| ON_DEMAND.contains(&it.name.as_str()));
    let fact = match (listens, on_demand) {
        (false, _) => yes_or_no(false),
        (true, Fact::Known(_)) => yes_or_no(true),
        (true, Fact::Absent | Fact::Unknown(_)) => {
            let why = "something listens where screens are asked for (3389, 5900-5909)";
            unknown(Reason::NotSupported, why)
        }
    };
    (fact, PORTS[0])
}

fn listens(files: &Files) -> crate::host::files::Read<bool> {
    for path in PORTS {
        let start = match files.read_start(path, MOST) {
            Ok(start) => start,
            // A machine may have only one of the two protocols.
            Err(error) if error.is_not_found() => continue,
            Err(error) => return Err(error),
        };
        if String::from_utf8_lossy(&start).lines().any(is_asked_for) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// `0: 00000000:0D3D 00000000:0000 0A …`: a listener that others reach.
fn is_asked_for(line: &str) -> bool {
    let mut fields = line.split_whitespace();
    let (Some(local), Some("0A")) = (fields.nth(1), fields.nth(1)) else {
        return false;
    };
    let Some((address, port)) = local.split_once(':') else {
        return false;
    };
    let is_own = address.ends_with("7F") && address.len() == 8
        || address == "00000000000000000000000001000000";
    let port = u16::from_str_radix(port, 16).unwrap_or(0);
    !is_own && matches!(port, 3389 | 5900..=5909)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_counts_on_its_port_and_for_others() {
        let line = |local: &str, state: &str| {
            is_asked_for(&format!("   0: {local} 00000000:0000 {state} 00000000:00000000 00:0"))
        };
        assert!(line("00000000:0D3D", "0A") && line("0100A8C0:170C", "0A"));
        assert!(line("00000000000000000000000000000000:170C", "0A"));
        assert!(!line("0100007F:170C", "0A") && !line("00000000:0016", "0A"));
        assert!(!line("00000000000000000000000001000000:0D3D", "0A"));
        assert!(!line("00000000:0D3D", "01"));
        assert!(!is_asked_for("  sl  local_address rem_address   st"));
    }
}
