//! Whether programs of a medium start when it is plugged in, on Linux.
//!
//! Without a desktop nothing looks at a medium, and Plasma only offers to open it. GNOME offers to
//! run what a medium brings along; nobody is offered that where the system forbids it for all, and
//! anywhere else it is each person's own setting. Other desktops' settings are not known.

use report::{Fact, Outcome, Reason};

use crate::host::Host;
use crate::host::files::Read;
use crate::probes::Context;
use crate::probes::desktop;
use crate::probes::desktop::dconf::Dconf;
use crate::probes::desktop::sessions::{Desktop, desktops};
use crate::probes::findings::{Findings, unknown, yes_or_no};

const SESSIONS: &str = "usr/share/wayland-sessions";
const GNOME: &str = "etc/dconf/db";
const HANDLING: &str = "org/gnome/desktop/media-handling";

/// Looks at this topic of the machine.
pub fn probe(host: &Host, _context: &Context<'_>) -> Outcome {
    let mut findings = Findings::default();
    let (autorun, source) = autorun(host)
        .unwrap_or_else(|error| (Fact::Unknown(error.ignorance(Reason::NotSupported)), GNOME));
    findings.add("removable_media.autorun", autorun, source);
    findings.observed()
}

fn autorun(host: &Host) -> Read<(Fact, &'static str)> {
    if let (None, source) = desktop::greeter(host)? {
        return Ok((yes_or_no(false), source));
    }
    let desktops = desktops(host.files())?;
    if desktops.contains(&Desktop::Other) {
        let why = "the settings of a desktop that is installed are not known";
        return Ok((unknown(Reason::NotSupported, why), SESSIONS));
    }
    if !desktops.contains(&Desktop::Gnome) {
        return Ok((yes_or_no(false), SESSIONS));
    }
    let never = Dconf::read(host.files())?.enforced(HANDLING, "autorun-never") == Some("true");
    let why = "autorun-never is each person's own setting: nothing locks it for all";
    Ok((if never { yes_or_no(false) } else { unknown(Reason::AccessDenied, why) }, GNOME))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::recorded::{Machine, reason};

    fn with_screen(session: &str) -> Machine {
        let unit = "usr/lib/systemd/system/gdm.service";
        Machine::empty()
            .with(unit, "")
            .with_link("etc/systemd/system/display-manager.service", &format!("/{unit}"))
            .with(&format!("usr/share/wayland-sessions/{session}.desktop"), "")
    }

    fn seen(machine: &Machine) -> Fact {
        autorun(&machine.host()).unwrap().0
    }

    #[test]
    fn nothing_starts_where_no_desktop_looks_at_media() {
        assert_eq!(seen(&Machine::empty()), yes_or_no(false));
        assert_eq!(seen(&with_screen("plasma")), yes_or_no(false));
    }

    #[test]
    fn gnome_starts_nothing_where_the_system_forbids_it_for_all() {
        let settings = "etc/dconf/db/local.d/media";
        let locks = "etc/dconf/db/local.d/locks/media";
        let locked = || {
            with_screen("gnome")
                .with("etc/dconf/profile/user", "user-db:user\nsystem-db:local\n")
                .with("etc/dconf/db/local", "")
                .with(settings, format!("[{HANDLING}]\nautorun-never=true\n"))
                .with(locks, format!("/{HANDLING}/autorun-never\n"))
        };
        assert_eq!(seen(&locked()), yes_or_no(false));
        for open in [
            locked().without(locks),
            locked().with_edit(settings, "true", "false"),
            with_screen("gnome"),
        ] {
            assert_eq!(reason(&seen(&open)), Some(Reason::AccessDenied));
        }
    }

    #[test]
    fn a_desktop_this_agent_does_not_know_leaves_it_unknown() {
        assert_eq!(reason(&seen(&with_screen("xfce"))), Some(Reason::NotSupported));
    }
}
