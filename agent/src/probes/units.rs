//! Which timers systemd starts, as the links say that switch them on.

use crate::host::Files;

/// Where units are switched on and masked, what the administrator says first.
const FOLDERS: [&str; 4] =
    ["etc/systemd/system", "run/systemd/system", "usr/lib/systemd/system", "lib/systemd/system"];

const MASK: &str = "/dev/null";

/// Whether a timer is started with the others: it is wanted, what is wanted is still there, and
/// nobody has masked it.
pub(super) fn is_timer_on(files: &Files, timer: &str) -> bool {
    let is_masked = |folder: &str| {
        files.read_link(&format!("{folder}/{timer}")).is_ok_and(|target| target == MASK)
    };
    // Behind the link stands the unit itself: it is gone where its package was removed.
    let is_wanted = |folder: &str| {
        matches!(files.exists(&format!("{folder}/timers.target.wants/{timer}")), Ok(true))
    };
    let is_there = |folder: &str| matches!(files.exists(&format!("{folder}/{timer}")), Ok(true));
    !FOLDERS.into_iter().any(is_masked)
        && FOLDERS.into_iter().any(is_wanted)
        && FOLDERS.into_iter().any(is_there)
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
}
