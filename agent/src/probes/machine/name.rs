//! The host name.

use report::{Fact, Reason};

use crate::host::registry::{Value, View};
use crate::host::{Files, Registry};
use crate::probes::findings::text;

const CONFIGURED: &str = "etc/hostname";
const RUNNING: &str = "proc/sys/kernel/hostname";
const MAX_BYTES: usize = 4 * 1024;

/// The name the machine is configured to have, else the one it runs under, and where it was read.
pub(crate) fn host_name(files: &Files) -> (Fact, &'static str) {
    if let Ok(file) = files.read_text(CONFIGURED, MAX_BYTES)
        && let Some(name) = configured(&file)
    {
        return (text(name), CONFIGURED);
    }
    match files.read_text(RUNNING, MAX_BYTES) {
        // What the kernel calls a machine that has no name.
        Ok(name) if name.trim() == "(none)" => (Fact::Absent, RUNNING),
        Ok(name) => (text(&name), RUNNING),
        Err(error) => (Fact::Unknown(error.ignorance(Reason::NotSupported)), RUNNING),
    }
}

/// Windows' name of the machine in full, else the short one that old networks know it by.
const NETWORK: &str = r"HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters";
const SHORT: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\ComputerName\ComputerName";

/// The name that a Windows machine is configured to have, and where it was read.
pub(crate) fn registered(registry: &Registry) -> (Fact, &'static str) {
    if let Ok(Value::Text(name)) = registry.value(View::Native, NETWORK, "Hostname")
        && !name.trim().is_empty()
    {
        return (text(name.trim()), NETWORK);
    }
    match registry.value(View::Native, SHORT, "ComputerName") {
        Ok(Value::Text(name)) => (text(name.trim()), SHORT),
        Ok(Value::Number(_) | Value::List(_) | Value::Binary(_)) => {
            (Fact::unknown(Reason::ParseError), SHORT)
        }
        Err(error) => (Fact::Unknown(error.ignorance(Reason::NotSupported)), SHORT),
    }
}

fn configured(file: &str) -> Option<&str> {
    file.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_blank_lines_are_no_name() {
        assert_eq!(configured("# set by hand\n\n  hộ-tịch-01 \n"), Some("hộ-tịch-01"));
        assert_eq!(configured("\n# nothing\n"), None);
    }
}
