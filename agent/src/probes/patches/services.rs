//! Which services still run what an update has replaced: the file they began with is gone from the
//! disk and lives on in their memory.

use std::collections::BTreeSet;

use report::{Fact, Reason};

use super::dpkg::how_many;
use crate::host::Files;
use crate::host::files::Read;
use crate::probes::findings::{count, unknown};

pub(super) const SOURCE: &str = "proc/*/maps";

/// A browser with every page open maps some thousand files.
const MOST: usize = 8 << 20;
const MOST_GROUP: usize = 16 * 1024;

/// Where programs and libraries lie that packages bring. What lies elsewhere is removed while it is
/// used without anything having been updated.
const PLACES: [&[u8]; 5] = [b"/usr/", b"/lib", b"/bin/", b"/sbin/", b"/opt/"];

/// How many services wait for a restart of their own. One process that cannot be looked at is one
/// that may.
pub(super) fn outdated(files: &Files) -> Fact {
    let names = match files.list("proc") {
        Ok(names) => names,
        Err(error) => return Fact::Unknown(error.ignorance(Reason::NotSupported)),
    };
    let is_pid = |name: &&String| name.bytes().all(|byte| byte.is_ascii_digit());
    let mut services = BTreeSet::new();
    let mut seen = false;
    for pid in names.iter().filter(is_pid) {
        match look(files, pid) {
            Ok(service) => {
                seen = true;
                services.extend(service);
            }
            Err(error) if error.is_not_found() => {}
            Err(error) => return Fact::Unknown(error.ignorance(Reason::NotSupported)),
        }
    }
    match seen {
        true => count(how_many(services.iter())),
        false => unknown(Reason::NotSupported, "no process says what it runs"),
    }
}

/// The service of a process that runs what is gone.
fn look(files: &Files, pid: &str) -> Read<Option<String>> {
    let maps = files.read(&format!("proc/{pid}/maps"), MOST)?;
    if !maps.split(|byte| *byte == b'\n').any(is_gone) {
        return Ok(None);
    }
    let groups = files.read_text(&format!("proc/{pid}/cgroup"), MOST_GROUP)?;
    Ok(service(&groups).map(str::to_owned))
}

/// `7f1c…-7f1c… r-xp 00000000 fe:01 1234  /usr/lib/x86_64-linux-gnu/libssl.so.3 (deleted)`.
fn is_gone(line: &[u8]) -> bool {
    let Some(line) = line.strip_suffix(b" (deleted)") else {
        return false;
    };
    let path = memchr::memchr(b'/', line).and_then(|at| line.get(at..)).unwrap_or_default();
    let is_code = line.split(|byte| *byte == b' ').nth(1).is_some_and(|may| may.contains(&b'x'));
    is_code && PLACES.into_iter().any(|place| path.starts_with(place))
}

/// `ssh.service` of `0::/system.slice/ssh.service`; what people started is no service.
fn service(groups: &str) -> Option<&str> {
    let path = groups.lines().find_map(|line| Some(line.split_once(":/system.slice/")?.1))?;
    path.split('/').find(|part| part.ends_with(".service"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::recorded::{Machine, reason};

    const LIBRARY: &str = "7f00-7f10 r-xp 00000000 fe:01 7  /usr/lib/libssl.so.3";

    fn with(machine: Machine, pid: u32, maps: &str, group: &str) -> Machine {
        machine
            .with(&format!("proc/{pid}/maps"), maps)
            .with(&format!("proc/{pid}/cgroup"), format!("0::{group}\n"))
    }

    #[test]
    fn services_that_run_what_was_replaced_are_counted_once() {
        let gone = format!("{LIBRARY} (deleted)\n");
        let machine = with(Machine::empty(), 10, &gone, "/system.slice/ssh.service");
        let machine = with(machine, 11, &gone, "/system.slice/ssh.service/sub");
        let machine = with(machine, 12, &gone, "/system.slice/system-getty.slice/getty@1.service");
        let machine = with(machine, 13, &gone, "/user.slice/user-1000.slice/session-1.scope");
        let machine = with(machine, 14, &format!("{LIBRARY}\n"), "/system.slice/cron.service");
        assert_eq!(outdated(&machine.files()), count(2));
    }

    #[test]
    fn what_is_gone_by_design_is_no_update() {
        for map in [
            "7f00-7f10 r-xp 00000000 00:01 7  /memfd:jit (deleted)",
            "7f00-7f10 rw-s 00000000 00:01 7  /SYSV00000000 (deleted)",
            "7f00-7f10 r-xp 00000000 fe:01 7  /tmp/x.so (deleted)",
            "7f00-7f10 rw-p 00000000 fe:01 7  /usr/lib/data (deleted)",
            "7f00-7f10 r-xp 00000000 fe:01 7  /var/lib/x.so (deleted)",
        ] {
            let machine = with(Machine::empty(), 10, map, "/system.slice/x.service");
            assert_eq!(outdated(&machine.files()), count(0), "{map}");
        }
    }

    #[test]
    fn a_process_that_may_not_be_looked_at_leaves_the_number_unknown() {
        let machine = with(Machine::empty(), 10, LIBRARY, "/system.slice/x.service");
        let fact = outdated(&machine.denied("proc/10/maps").files());
        assert_eq!(reason(&fact), Some(Reason::AccessDenied));
        let none = Machine::empty().with("proc/10/status", "");
        assert_eq!(reason(&outdated(&none.files())), Some(Reason::NotSupported));
    }
}
