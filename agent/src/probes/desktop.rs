//! Which program shows the screen that asks who is there, on Linux: a machine without one is nobody's
//! desk.

pub(super) mod dconf;
pub(super) mod sessions;

use std::collections::BTreeMap;

use report::Fact;

use super::ini::{self, Indented, Section};
use super::units::{self, Units};
use crate::host::files::{Read, ReadError, ReadErrorKind};
use crate::host::{Files, Host};

/// A program that asks who is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Greeter {
    Gdm,
    Lightdm,
    Sddm,
    Lxdm,
    Greetd,
    /// One whose settings this agent does not know.
    Other,
}

/// Names of units and of processes, which are the same.
const GREETERS: [(&str, Greeter); 14] = [
    ("gdm", Greeter::Gdm),
    ("gdm3", Greeter::Gdm),
    ("lightdm", Greeter::Lightdm),
    ("sddm", Greeter::Sddm),
    ("plasmalogin", Greeter::Other),
    ("lxdm", Greeter::Lxdm),
    ("greetd", Greeter::Greetd),
    ("xdm", Greeter::Other),
    ("kdm", Greeter::Other),
    ("slim", Greeter::Other),
    ("nodm", Greeter::Other),
    ("ly", Greeter::Other),
    ("lemurs", Greeter::Other),
    ("cosmic-greeter", Greeter::Other),
];

/// What everything that needs a screen asks for.
const UNIT: &str = "display-manager.service";
const CHOICE: &str = "etc/systemd/system/display-manager.service";
/// openSUSE has one unit for all, and a link to the one that it starts.
const ALTERNATIVE: &str = "etc/alternatives/default-displaymanager";
const TARGET: &str = "etc/systemd/system/default.target";

/// Which one this machine starts, and what says so. None is an answer as well.
pub(super) fn greeter(host: &Host) -> Read<(Option<Greeter>, &'static str)> {
    let files = host.files();
    if let Some(greeter) = chosen(files)? {
        // Whoever starts into a console may call it all the same.
        let is_shown = starts_screens(files) || running(host).is_some();
        return Ok((is_shown.then_some(greeter), CHOICE));
    }
    let units = Units::read(files)?;
    let on = GREETERS.into_iter().find(|(name, _)| units.is_service_on(name));
    match on {
        Some((_, greeter)) => Ok((Some(greeter), CHOICE)),
        // A server has none to call, and its processes are many.
        None if !is_any_installed(files) => Ok((None, CHOICE)),
        None => Ok((running(host), "proc")),
    }
}

/// Whether somebody could call one. What cannot be told is looked for among the processes.
fn is_any_installed(files: &Files) -> bool {
    let is_there = |(name, _): &(&str, Greeter)| {
        let places = [format!("usr/sbin/{name}"), format!("usr/bin/{name}")];
        places.iter().any(|place| !matches!(files.exists(place), Ok(false)))
    };
    GREETERS.iter().any(is_there)
}

/// The one that is to be started, where systemd starts one.
fn chosen(files: &Files) -> Read<Option<Greeter>> {
    let target = match files.read_link(CHOICE) {
        Ok(target) => target,
        Err(error) if error.is_not_found() => return Ok(alternative(files)),
        // A unit in its own right.
        Err(ReadError { kind: ReadErrorKind::Other(_), .. }) => return Ok(Some(Greeter::Other)),
        Err(error) => return Err(error),
    };
    let unit = file_name(&target);
    let greeter = named(unit.trim_end_matches(".service"));
    Ok(units::can_start(files, UNIT).then_some(greeter))
}

fn alternative(files: &Files) -> Option<Greeter> {
    let target = files.read_link(ALTERNATIVE).ok()?;
    units::can_start(files, UNIT).then(|| named(file_name(&target)))
}

fn named(name: &str) -> Greeter {
    let known = GREETERS.into_iter().find(|(known, _)| *known == name);
    known.map_or(Greeter::Other, |(_, greeter)| greeter)
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Whether the machine starts into a screen and not into a console.
fn starts_screens(files: &Files) -> bool {
    let target = files.read_link(TARGET).unwrap_or_default();
    !matches!(file_name(&target), "multi-user.target" | "rescue.target" | "emergency.target")
}

fn running(host: &Host) -> Option<Greeter> {
    let processes = host.processes();
    GREETERS
        .into_iter()
        .find(|(name, _)| matches!(processes.find(|it| it.name == *name), Fact::Known(_)))
        .map(|(_, greeter)| greeter)
}

/// Settings of a desktop: files by name and folders of them, what is said later holding.
pub(super) fn settings(files: &Files, places: &[&str]) -> Read<BTreeMap<String, Section>> {
    let mut paths = Vec::new();
    for place in places {
        match place.strip_suffix("/*.conf") {
            None => paths.push((*place).to_owned()),
            Some(folder) => paths.extend(files_of(files, folder)?),
        }
    }
    ini::read_as(Indented::Plain, files, &paths)
}

fn files_of(files: &Files, folder: &str) -> Read<Vec<String>> {
    match files.list(folder) {
        Ok(names) => Ok(names
            .into_iter()
            .filter(|name| name.ends_with(".conf"))
            .map(|name| format!("{folder}/{name}"))
            .collect()),
        Err(error) if error.is_not_found() => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Settings of lightdm.
pub(super) const LIGHTDM: [&str; 4] = [
    "usr/share/lightdm/lightdm.conf.d/*.conf",
    "etc/xdg/lightdm/lightdm.conf.d/*.conf",
    "etc/lightdm/lightdm.conf.d/*.conf",
    "etc/lightdm/lightdm.conf",
];

/// Whether a section of lightdm's speaks of seats.
pub(super) fn is_of_seats(section: &str) -> bool {
    section == "SeatDefaults" || section.starts_with("Seat:")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::recorded::Machine;

    const GDM: &str = "usr/lib/systemd/system/gdm3.service";

    fn with_gdm() -> Machine {
        Machine::empty().with(GDM, "").with_link(CHOICE, &format!("/{GDM}"))
    }

    fn found(machine: &Machine) -> Option<Greeter> {
        greeter(&machine.host()).unwrap().0
    }

    #[test]
    fn a_greeter_counts_where_it_is_started() {
        assert_eq!(found(&with_gdm()), Some(Greeter::Gdm));
        assert_eq!(found(&Machine::empty().with(GDM, "")), None);
        assert_eq!(found(&with_gdm().without(GDM)), None);
        let masked = Machine::empty().with(GDM, "").with_link(CHOICE, "/dev/null");
        assert_eq!(found(&masked), None);
        let other = "usr/lib/systemd/system/unheard-of.service";
        let other = Machine::empty().with(other, "").with_link(CHOICE, &format!("/{other}"));
        assert_eq!(found(&other), Some(Greeter::Other));
    }

    #[test]
    fn a_unit_of_the_administrators_own_is_one_that_is_not_known() {
        let own = Machine::empty().with(CHOICE, "[Service]\n");
        assert_eq!(found(&own), Some(Greeter::Other));
    }

    #[test]
    fn a_machine_that_starts_into_a_console_shows_none_until_somebody_calls_it() {
        let console = with_gdm().with_link(TARGET, "/usr/lib/systemd/system/multi-user.target");
        assert_eq!(found(&console), None);
        let called = console.with_process(900, "gdm3", 0, &["/usr/sbin/gdm3"]);
        assert_eq!(found(&called), Some(Greeter::Gdm));
        let by_hand = Machine::empty().with_process(900, "sddm", 0, &["/usr/bin/sddm"]);
        assert_eq!(found(&by_hand.with("usr/bin/sddm", "")), Some(Greeter::Sddm));
    }

    #[test]
    fn opensuse_chooses_by_an_alternative_and_openrc_by_a_runlevel() {
        let suse = Machine::empty()
            .with("usr/lib/systemd/system/display-manager.service", "")
            .with_link(ALTERNATIVE, "/usr/lib/X11/displaymanagers/sddm");
        assert_eq!(found(&suse), Some(Greeter::Sddm));
        let alpine =
            Machine::empty().with_link("etc/runlevels/default/lightdm", "/etc/init.d/lightdm");
        assert_eq!(found(&alpine), Some(Greeter::Lightdm));
    }

    #[test]
    fn a_choice_that_may_not_be_read_is_no_answer() {
        assert!(greeter(&with_gdm().denied("etc/systemd/system").host()).is_err());
    }
}
