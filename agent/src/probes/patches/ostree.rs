//! Systems that are replaced as a whole: an image is booted, and the next one waits beside it.
//!
//! Which image is the newest only its registry knows, so what waits to be fetched stays unknown.

use report::fact::Ignorance;
use report::{Fact, Moment, Reason};

use crate::host::Files;
use crate::host::files::{Read, ReadError};
use crate::probes::findings::{Findings, moment, yes_or_no};

/// What is there where an image was booted.
pub(super) const BOOTED: &str = "run/ostree-booted";

/// What is there where one will be put in place when the system goes down.
const STAGED: &str = "run/ostree/staged-deployment";

/// One entry for each image; the one with the highest version is booted next.
const ENTRIES: &str = "boot/loader/entries";
const COMMAND_LINE: &str = "proc/cmdline";

const MOST: usize = 64 * 1024;

const UPDATE_FACTS: [&str; 3] =
    ["patches.pending", "patches.security_pending", "patches.security_sources"];

/// Notes everything that is known of updates.
pub(super) fn look(files: &Files, findings: &mut Findings) {
    let why = "which image is the newest only its registry knows";
    let why = Ignorance::new(Reason::NotSupported, why);
    for name in UPDATE_FACTS {
        findings.add(name, Fact::Unknown(why.clone()), BOOTED);
    }
    let installed = files.metadata(ENTRIES).map(|entries| Moment::machine(entries.modified));
    let installed = installed.map_or_else(|error| error.fact(Fact::Absent), moment);
    findings.add("patches.installed_at", installed, ENTRIES);
    let (pending, source) = reboot_pending(files);
    let not_known = |error: ReadError| Fact::Unknown(error.ignorance(Reason::NotSupported));
    findings.add("patches.reboot_pending", pending.map_or_else(not_known, yes_or_no), source);
}

fn reboot_pending(files: &Files) -> (Read<bool>, &'static str) {
    match files.exists(STAGED) {
        Ok(false) => (is_other_next(files), ENTRIES),
        answer => (answer, STAGED),
    }
}

/// Whether another image than the running one is booted next.
fn is_other_next(files: &Files) -> Read<bool> {
    let running = files.read_text(COMMAND_LINE, MOST)?;
    let mut next: Option<(u64, String)> = None;
    for name in files.list(ENTRIES)?.iter().filter(|name| name.starts_with("ostree-")) {
        let entry = files.read_text(&format!("{ENTRIES}/{name}"), MOST)?;
        let version =
            entry.lines().find_map(|line| line.strip_prefix("version ")?.trim().parse().ok());
        next = next.max(version.zip(image(&entry).map(str::to_owned)));
    }
    let next = next.map(|(_, image)| image);
    Ok(next.is_some() && next.as_deref() != image(&running))
}

/// `fedora/0123…/0` of `ostree=/ostree/boot.1/fedora/0123…/0`: the number before changes whenever
/// entries are written anew.
fn image(options: &str) -> Option<&str> {
    let path = options.split_whitespace().find_map(|word| word.strip_prefix("ostree=/ostree/"))?;
    path.split_once('/').map(|(_, image)| image)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::recorded::{Machine, fact, facts, reason};

    fn machine() -> Machine {
        let entry = |version: u8, image: &str| {
            format!("title x\nversion {version}\noptions root=/x ostree=/ostree/boot.0/{image}\n")
        };
        Machine::empty()
            .with(BOOTED, "")
            .with(COMMAND_LINE, "root=/x ostree=/ostree/boot.1/fedora/bbbb/0\n")
            .with(&format!("{ENTRIES}/ostree-2.conf"), entry(2, "fedora/bbbb/0"))
            .with(&format!("{ENTRIES}/ostree-1.conf"), entry(1, "fedora/aaaa/0"))
    }

    fn said(machine: &Machine, name: &str) -> Fact {
        let mut findings = Findings::default();
        look(&machine.files(), &mut findings);
        fact(&facts(findings.observed()), name)
    }

    #[test]
    fn an_image_that_waits_beside_the_running_one_waits_for_a_restart() {
        let restart = |machine: &Machine| said(machine, "patches.reboot_pending");
        assert_eq!(restart(&machine()), yes_or_no(false));
        assert_eq!(restart(&machine().with(STAGED, "")), yes_or_no(true));
        let path = format!("{ENTRIES}/ostree-2.conf");
        assert_eq!(restart(&machine().with_edit(&path, "bbbb", "cccc")), yes_or_no(true));
        assert!(reason(&restart(&machine().without("boot"))).is_some());
    }

    #[test]
    fn what_waits_to_be_fetched_is_not_known() {
        for name in UPDATE_FACTS {
            assert_eq!(reason(&said(&machine(), name)), Some(Reason::NotSupported), "{name}");
        }
    }
}
