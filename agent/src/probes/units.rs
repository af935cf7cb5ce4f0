//! Which units systemd starts, as the links say that switch them on.

use std::collections::BTreeSet;

use crate::host::Files;
use crate::host::files::Read;

/// Where units are switched on and masked, what the administrator says first.
const FOLDERS: [&str; 4] =
    ["etc/systemd/system", "run/systemd/system", "usr/lib/systemd/system", "lib/systemd/system"];

const MASK: &str = "/dev/null";

/// Where OpenRC switches services on.
const RUNLEVELS: &str = "etc/runlevels";

/// Whether a timer is started with the others: it is wanted, what is wanted is still there, and
/// nobody has masked it.
pub(super) fn is_timer_on(files: &Files, timer: &str) -> bool {
    // Behind the link stands the unit itself: it is gone where its package was removed.
    let is_wanted = |folder: &str| {
        matches!(files.exists(&format!("{folder}/timers.target.wants/{timer}")), Ok(true))
    };
    FOLDERS.into_iter().any(is_wanted) && can_start(files, timer)
}

/// Whether a unit is there and nobody has masked it.
pub(super) fn can_start(files: &Files, unit: &str) -> bool {
    let is_masked = |folder: &str| {
        files.read_link(&format!("{folder}/{unit}")).is_ok_and(|target| target == MASK)
    };
    let written = of_template(unit);
    let is_there = |folder: &str| matches!(files.exists(&format!("{folder}/{written}")), Ok(true));
    !FOLDERS.into_iter().any(is_masked) && FOLDERS.into_iter().any(is_there)
}

/// `vncserver@.service` of `vncserver@:1.service`: there the unit is written.
fn of_template(unit: &str) -> String {
    match (unit.split_once('@'), unit.rsplit_once('.')) {
        (Some((name, _)), Some((_, kind))) => format!("{name}@.{kind}"),
        (_, _) => unit.to_owned(),
    }
}

/// Everything that is started because something wants it.
#[derive(Debug)]
pub(super) struct Units<'a> {
    files: &'a Files,
    wanted: BTreeSet<String>,
    /// Services of OpenRC, which have no ending.
    runlevels: BTreeSet<String>,
}

impl<'a> Units<'a> {
    /// What is wanted on this machine.
    pub(super) fn read(files: &'a Files) -> Read<Self> {
        let mut wanted = BTreeSet::new();
        for folder in FOLDERS {
            let is_list = |name: &String| name.ends_with(".wants") || name.ends_with(".requires");
            for list in names(files, folder)?.iter().filter(|name| is_list(name)) {
                wanted.extend(names(files, &format!("{folder}/{list}"))?);
            }
        }
        let mut runlevels = BTreeSet::new();
        for level in names(files, RUNLEVELS)? {
            runlevels.extend(names(files, &format!("{RUNLEVELS}/{level}"))?);
        }
        Ok(Self { files, wanted, runlevels })
    }

    /// Whether a unit, `ssh.socket`, is started with the others.
    pub(super) fn is_on(&self, unit: &str) -> bool {
        self.wanted.contains(unit) && can_start(self.files, unit)
    }

    /// Whether a service, `sshd`, is started with the others; of a template, `vncserver@`, any.
    pub(super) fn is_service_on(&self, service: &str) -> bool {
        let is_instance = |unit: &&String| {
            unit.strip_prefix(service).is_some_and(|rest| match service.ends_with('@') {
                true => rest.ends_with(".service"),
                false => rest == ".service",
            })
        };
        let mut instances = self.wanted.iter().filter(is_instance);
        self.runlevels.contains(service) || instances.any(|unit| can_start(self.files, unit))
    }
}

/// The names in a folder, which need not be there.
fn names(files: &Files, folder: &str) -> Read<Vec<String>> {
    match files.list(folder) {
        Err(error) if error.is_not_found() => Ok(Vec::new()),
        listed => listed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::recorded::Machine;

    const UNIT: &str = "usr/lib/systemd/system/dnf-automatic.timer";
    const WANTED: &str = "etc/systemd/system/timers.target.wants/dnf-automatic.timer";
    const TIMER: &str = "dnf-automatic.timer";

    fn is_on(machine: &Machine) -> bool {
        is_timer_on(&machine.files(), TIMER)
    }

    fn wanted() -> Machine {
        Machine::empty().with(UNIT, "[Timer]\n").with_link(WANTED, &format!("/{UNIT}"))
    }

    #[test]
    fn a_timer_is_on_where_it_is_wanted() {
        assert!(is_on(&wanted()));
        assert!(!is_on(&Machine::empty().with(UNIT, "[Timer]\n")));
    }

    #[test]
    fn a_link_to_a_unit_that_was_removed_switches_nothing_on() {
        assert!(!is_on(&wanted().without(UNIT)));
    }

    #[test]
    fn a_timer_that_is_masked_is_off_however_much_it_is_wanted() {
        for folder in ["etc/systemd/system", "run/systemd/system"] {
            let mask = format!("{folder}/{TIMER}");
            assert!(!is_on(&wanted().with_link(&mask, "/dev/null")), "{folder}");
        }
    }

    #[test]
    fn a_service_is_on_wherever_it_is_wanted() {
        let unit = "usr/lib/systemd/system/nftables.service";
        let wants = |folder: &str| format!("{folder}/sysinit.target.wants/nftables.service");
        for folder in FOLDERS {
            let machine =
                Machine::empty().with(unit, "").with_link(&wants(folder), &format!("/{unit}"));
            let is_on = |machine: &Machine| {
                Units::read(&machine.files()).unwrap().is_service_on("nftables")
            };
            assert!(is_on(&machine), "{folder}");
            assert!(!is_on(&machine.without(unit)), "{folder}");
        }
        let masked = Machine::empty()
            .with(unit, "")
            .with_link(&wants(FOLDERS[0]), &format!("/{unit}"))
            .with_link("etc/systemd/system/nftables.service", MASK);
        assert!(!Units::read(&masked.files()).unwrap().is_service_on("nftables"));
    }

    #[test]
    fn an_instance_is_on_by_its_template_and_openrc_has_runlevels() {
        let wanted = "etc/systemd/system/multi-user.target.wants/vncserver@:1.service";
        let machine = Machine::empty()
            .with("usr/lib/systemd/system/vncserver@.service", "")
            .with_link(wanted, "/usr/lib/systemd/system/vncserver@.service")
            .with_link("etc/runlevels/default/sshd", "/etc/init.d/sshd");
        let files = machine.files();
        let units = Units::read(&files).unwrap();
        assert!(units.is_service_on("vncserver@") && units.is_service_on("sshd"));
        assert!(!units.is_service_on("vncserver") && !units.is_on("ssh.socket"));
    }

    #[test]
    fn what_is_wanted_is_unknown_where_it_cannot_be_listed() {
        assert!(Units::read(&wanted().denied(FOLDERS[0]).files()).is_err());
    }
}
