//! Whether the machine logs somebody in without asking for a password, on Linux: at the screen, by
//! the settings of the program that shows it, or at a console. Whom it logs in is not read on.

use report::{Fact, Outcome, Reason};

use crate::host::files::Read;
use crate::host::{Files, Host};
use crate::probes::Context;
use crate::probes::desktop::{self, Greeter};
use crate::probes::findings::{Findings, unknown, yes_or_no};
use crate::probes::ini::Section;

/// Looks at this topic of the machine.
pub fn probe(host: &Host, _context: &Context<'_>) -> Outcome {
    let mut findings = Findings::default();
    let (on, source) = logs_in(host);
    findings.add("auto_login.on", on, source);
    findings.observed()
}

fn logs_in(host: &Host) -> (Fact, &'static str) {
    match at_consoles(host.files()) {
        Ok(None) => {}
        Ok(Some(source)) => return (yes_or_no(true), source),
        Err(error) => return (Fact::Unknown(error.ignorance(Reason::NotSupported)), UNITS[0]),
    }
    match desktop::greeter(host) {
        Ok((None, source)) => (yes_or_no(false), source),
        Ok((Some(Greeter::Other), source)) => {
            let why = "the settings of this log-in screen are not known";
            (unknown(Reason::NotSupported, why), source)
        }
        Ok((Some(greeter), _)) => at_screen(host.files(), greeter),
        Err(error) => (Fact::Unknown(error.ignorance(Reason::NotSupported)), UNITS[0]),
    }
}

const GDM: [&str; 4] =
    ["etc/gdm3/custom.conf", "etc/gdm3/daemon.conf", "etc/gdm/custom.conf", "etc/gdm/daemon.conf"];
const SDDM: [&str; 3] =
    ["usr/lib/sddm/sddm.conf.d/*.conf", "etc/sddm.conf.d/*.conf", "etc/sddm.conf"];
const LXDM: [&str; 1] = ["etc/lxdm/lxdm.conf"];
const GREETD: [&str; 1] = ["etc/greetd/config.toml"];
/// SUSE's, which the log-in screens there follow as well.
const SUSE: [&str; 1] = ["etc/sysconfig/displaymanager"];

fn at_screen(files: &Files, greeter: Greeter) -> (Fact, &'static str) {
    type Says = fn(&str, &Section) -> bool;
    let (places, says): (&[&str], Says) = match greeter {
        Greeter::Gdm => (&GDM, by_gdm),
        Greeter::Lightdm => (&desktop::LIGHTDM, by_lightdm),
        Greeter::Sddm => (&SDDM, |section, set| section == "Autologin" && names(set, "User")),
        Greeter::Lxdm => (&LXDM, |section, set| section == "base" && names(set, "autologin")),
        Greeter::Greetd => {
            (&GREETD, |section, set| section == "initial_session" && names(set, "user"))
        }
        Greeter::Other => (&[], |_, _| false),
    };
    let by_suse: Says = |_, set| names(set, "DISPLAYMANAGER_AUTOLOGIN");
    let is_there = |path: &&&str| matches!(files.exists(path), Ok(true));
    let source = places.iter().find(is_there).or(places.last()).copied().unwrap_or(SUSE[0]);
    let any = |places, says: Says| {
        let sections = desktop::settings(files, places)?;
        Ok(sections.iter().any(|(section, set)| says(section, set)))
    };
    let said: Read<bool> = any(places, says).and_then(|own| Ok(own || any(&SUSE, by_suse)?));
    match said {
        Ok(on) => (yes_or_no(on), source),
        Err(error) => (Fact::Unknown(error.ignorance(Reason::NotSupported)), source),
    }
}

/// Whether a setting names somebody.
fn names(set: &Section, setting: &str) -> bool {
    set.value(setting).is_some_and(|who| !who.trim_matches(['"', '\'', ' ']).is_empty())
}

/// At once, or after some seconds in which nobody came.
fn by_gdm(section: &str, set: &Section) -> bool {
    let ways = [("AutomaticLoginEnable", "AutomaticLogin"), ("TimedLoginEnable", "TimedLogin")];
    let is_on = |(switch, who)| set.is_on(switch, false) && names(set, who);
    section == "daemon" && ways.into_iter().any(is_on)
}

fn by_lightdm(section: &str, set: &Section) -> bool {
    let logs_in = names(set, "autologin-user") || set.is_on("autologin-guest", false);
    desktop::is_of_seats(section) && logs_in
}

/// Where consoles are set up: units of the administrator's, and additions to any.
const UNITS: [&str; 3] = ["etc/systemd/system", "run/systemd/system", "usr/lib/systemd/system"];
const INITTAB: &str = "etc/inittab";
const MOST: usize = 256 * 1024;

/// What logs somebody in at a console.
fn at_consoles(files: &Files) -> Read<Option<&'static str>> {
    for folder in UNITS {
        for unit in listed(files, folder)?.iter().filter(|name| is_console(name)) {
            let place = format!("{folder}/{unit}");
            let written = match unit.ends_with(".d") {
                true => listed(files, &place)?.iter().map(|it| format!("{place}/{it}")).collect(),
                false => vec![place],
            };
            for path in written {
                if says(files, &path, "ExecStart")? {
                    return Ok(Some(folder));
                }
            }
        }
    }
    Ok(says(files, INITTAB, "")?.then_some(INITTAB))
}

fn is_console(name: &str) -> bool {
    let is_unit = name.ends_with(".service") || name.ends_with(".service.d");
    is_unit && ["getty", "autovt"].into_iter().any(|word| name.contains(word))
}

fn listed(files: &Files, folder: &str) -> Read<Vec<String>> {
    match files.list(folder) {
        Err(error) if error.is_not_found() => Ok(Vec::new()),
        listed => listed,
    }
}

/// Whether a line that begins like this starts a console that asks nobody.
fn says(files: &Files, path: &str, begin: &str) -> Read<bool> {
    match files.read_text(path, MOST) {
        Ok(text) => Ok(text.lines().any(|line| {
            let line = line.trim();
            !line.starts_with('#') && line.starts_with(begin) && asks_nobody(line)
        })),
        Err(error) if error.is_not_found() => Ok(false),
        Err(error) => Err(error),
    }
}

fn asks_nobody(line: &str) -> bool {
    let is_so = |word: &str| word == "-a" || word == "-f" || word.starts_with("--autologin");
    line.contains("getty") && line.split_whitespace().any(is_so)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::recorded::{Machine, reason};

    fn with_screen(name: &str) -> Machine {
        let unit = format!("usr/lib/systemd/system/{name}.service");
        Machine::empty()
            .with(&unit, "")
            .with_link("etc/systemd/system/display-manager.service", &format!("/{unit}"))
    }

    fn on(machine: &Machine) -> Fact {
        logs_in(&machine.host()).0
    }

    #[test]
    fn every_screen_has_its_own_way_to_log_in_by_itself() {
        for (screen, path, text) in [
            ("gdm3", GDM[1], "[daemon]\nAutomaticLoginEnable = true\nAutomaticLogin = bimat\n"),
            ("gdm", GDM[2], "[daemon]\n  TimedLoginEnable=True\n  TimedLogin=bimat\n"),
            ("lightdm", "etc/lightdm/lightdm.conf", "[Seat:*]\nautologin-user=bimat\n"),
            ("lightdm", "etc/lightdm/lightdm.conf.d/9.conf", "[SeatDefaults]\nautologin-guest=1\n"),
            ("sddm", "etc/sddm.conf.d/kde.conf", "[Autologin]\nUser=bimat\nSession=plasma\n"),
            ("lxdm", LXDM[0], "[base]\nautologin=bimat\n"),
            ("greetd", GREETD[0], "[initial_session]\ncommand = \"sway\"\nuser = \"bimat\"\n"),
            ("gdm", SUSE[0], "DISPLAYMANAGER_AUTOLOGIN=\"bimat\"\n"),
        ] {
            assert_eq!(on(&with_screen(screen)), yes_or_no(false), "{screen}");
            let machine = with_screen(screen).with(path, text);
            assert_eq!(on(&machine), yes_or_no(true), "{path}");
            let commented = with_screen(screen).with(path, text.replace('\n', "\n#"));
            assert_eq!(on(&commented), yes_or_no(path == SUSE[0]), "{path}");
            let denied = with_screen(screen).with(path, text).denied(path);
            assert_eq!(reason(&on(&denied)), Some(Reason::AccessDenied), "{path}");
        }
    }

    #[test]
    fn settings_of_a_screen_that_is_not_shown_log_nobody_in() {
        let left_over = "[daemon]\nAutomaticLoginEnable=true\nAutomaticLogin=bimat\n";
        assert_eq!(on(&with_screen("sddm").with(GDM[0], left_over)), yes_or_no(false));
        assert_eq!(on(&Machine::empty().with(GDM[0], left_over)), yes_or_no(false));
    }

    #[test]
    fn a_name_without_its_switch_and_a_switch_without_a_name_log_nobody_in() {
        for text in [
            "[daemon]\nAutomaticLogin=bimat\n",
            "[daemon]\nAutomaticLoginEnable=true\nAutomaticLogin=\n",
            "[daemon]\nAutomaticLoginEnable=false\nAutomaticLogin=bimat\n",
            "[security]\nAutomaticLoginEnable=true\nAutomaticLogin=bimat\n",
        ] {
            assert_eq!(on(&with_screen("gdm3").with(GDM[0], text)), yes_or_no(false), "{text}");
        }
    }

    #[test]
    fn a_screen_this_agent_does_not_know_leaves_it_unknown() {
        assert_eq!(reason(&on(&with_screen("slim"))), Some(Reason::NotSupported));
    }

    #[test]
    fn a_console_may_ask_nobody_as_well() {
        let dropin = "etc/systemd/system/getty@tty1.service.d/autologin.conf";
        let text = "[Service]\nExecStart=\nExecStart=-/sbin/agetty --autologin bimat %I $TERM\n";
        assert_eq!(on(&Machine::empty().with(dropin, text)), yes_or_no(true));
        let asking = text.replace("--autologin bimat ", "");
        assert_eq!(on(&Machine::empty().with(dropin, asking)), yes_or_no(false));
        let commented = text.replace("ExecStart=-", "#ExecStart=-");
        assert_eq!(on(&Machine::empty().with(dropin, commented)), yes_or_no(false));
        let serial = "run/systemd/system/serial-getty@ttyS0.service";
        let short = "ExecStart=-/sbin/agetty -a root ttyS0\n";
        assert_eq!(on(&Machine::empty().with(serial, short)), yes_or_no(true));
        let inittab = "tty1::respawn:/sbin/agetty --autologin root tty1 linux\n";
        assert_eq!(on(&Machine::empty().with(INITTAB, inittab)), yes_or_no(true));
        let denied = Machine::empty().with(dropin, text).denied(dropin);
        assert_eq!(reason(&on(&denied)), Some(Reason::AccessDenied));
    }
}
