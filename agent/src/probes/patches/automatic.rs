//! Whether updates are installed without anybody asking for it. Something must start them, and it
//! must be set to install and not only to fetch.

use report::catalogue::AUTOMATIC_UPDATES;
use report::fact::Ignorance;
use report::{Fact, Reason};

use super::apt::periodic;
use super::linux;
use super::rpm::Manager;
use crate::host::Files;
use crate::host::files::{Read, ReadError};
use crate::probes::findings::choice;
use crate::probes::ini;
use crate::probes::units::is_timer_on;

/// What happens by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Automatic {
    /// Updates are installed.
    On,
    /// They are fetched and wait for somebody.
    DownloadOnly,
    /// Nothing.
    Off,
}

impl Automatic {
    pub(super) fn word(self) -> &'static str {
        let [on, download_only, off] = AUTOMATIC_UPDATES;
        match self {
            Self::On => on,
            Self::DownloadOnly => download_only,
            Self::Off => off,
        }
    }
}

/// What happens by itself, and what says so.
pub(super) fn automatic(files: &Files, family: linux::Family) -> (Fact, &'static str) {
    let (answer, source) = match family {
        linux::Family::Dpkg => (by_apt(files), periodic::SETTINGS),
        linux::Family::Rpm(Manager::Dnf | Manager::Dnf5) => (by_dnf(files), DNF_SETTINGS[0]),
        linux::Family::Rpm(Manager::Yum) => (by_yum(files), YUM_SETTINGS),
        linux::Family::Rpm(Manager::Zypper) => (Ok(by_zypper(files)), "etc/systemd/system"),
        linux::Family::Ostree => (by_ostree(files), OSTREE_SETTINGS),
        linux::Family::Apk => (files.exists(APK_JOB).map(on_or_off), APK_JOB),
        linux::Family::Pacman => {
            let why = "nothing of Arch's installs updates by itself; what else may is not known";
            return (Fact::Unknown(Ignorance::new(Reason::NotSupported, why)), "etc");
        }
    };
    let not_known = |error: ReadError| Fact::Unknown(error.ignorance(Reason::NotSupported));
    (answer.map_or_else(not_known, |automatic| choice(automatic.word())), source)
}

fn on_or_off(is_on: bool) -> Automatic {
    if is_on { Automatic::On } else { Automatic::Off }
}

const UNATTENDED: &str = "usr/bin/unattended-upgrade";

/// The job of every day fetches, and unattended-upgrades installs; each must be set and started.
fn by_apt(files: &Files) -> Read<Automatic> {
    let set = periodic::read(files)?;
    if !set.is_on || !is_timer_on(files, "apt-daily-upgrade.timer") {
        return Ok(Automatic::Off);
    }
    let fetches = set.fetches_lists && is_timer_on(files, "apt-daily.timer");
    Ok(match (fetches, set.installs && files.exists(UNATTENDED)?) {
        (true, true) => Automatic::On,
        (true, false) if set.downloads => Automatic::DownloadOnly,
        (_, _) => Automatic::Off,
    })
}

/// The settings of both generations, the later one holding.
const DNF_SETTINGS: [&str; 3] = [
    "etc/dnf/automatic.conf",
    "usr/share/dnf5/dnf5-plugins/automatic.conf",
    "etc/dnf/dnf5-plugins/automatic.conf",
];

/// Some timers say themselves what is done; the others leave it to the settings.
fn by_dnf(files: &Files) -> Read<Automatic> {
    if is_timer_on(files, "dnf-automatic-install.timer") {
        return Ok(Automatic::On);
    }
    let by_settings = ["dnf-automatic.timer", "dnf5-automatic.timer"];
    if by_settings.into_iter().any(|timer| is_timer_on(files, timer)) {
        return by_commands(files, &DNF_SETTINGS);
    }
    Ok(match is_timer_on(files, "dnf-automatic-download.timer") {
        true => Automatic::DownloadOnly,
        false => Automatic::Off,
    })
}

fn by_commands(files: &Files, settings: &[&str]) -> Read<Automatic> {
    let paths: Vec<_> = settings.iter().map(|&path| path.to_owned()).collect();
    let sections = ini::read(files, &paths)?;
    let is_on =
        |name: &str| sections.get("commands").is_some_and(|commands| commands.is_on(name, false));
    Ok(match (is_on("apply_updates"), is_on("download_updates")) {
        (true, _) => Automatic::On,
        (false, true) => Automatic::DownloadOnly,
        (false, false) => Automatic::Off,
    })
}

const YUM_SETTINGS: &str = "etc/yum/yum-cron.conf";
const YUM_SERVICE: &str = "etc/systemd/system/multi-user.target.wants/yum-cron.service";

fn by_yum(files: &Files) -> Read<Automatic> {
    match files.exists(YUM_SERVICE)? {
        true => by_commands(files, &[YUM_SETTINGS]),
        false => Ok(Automatic::Off),
    }
}

/// Timers of SUSE, and the jobs that its settings tool leaves.
const ZYPPER_TIMERS: [&str; 2] = ["os-update.timer", "transactional-update.timer"];
const ZYPPER_JOBS: [&str; 3] = [
    "etc/cron.daily/opensuse.org-online_update",
    "etc/cron.weekly/opensuse.org-online_update",
    "etc/cron.monthly/opensuse.org-online_update",
];

fn by_zypper(files: &Files) -> Automatic {
    let is_there = |job: &str| matches!(files.exists(job), Ok(true));
    on_or_off(
        ZYPPER_TIMERS.into_iter().any(|timer| is_timer_on(files, timer))
            || ZYPPER_JOBS.into_iter().any(is_there),
    )
}

const OSTREE_SETTINGS: &str = "etc/rpm-ostreed.conf";

/// An image that is staged is booted next time.
fn by_ostree(files: &Files) -> Read<Automatic> {
    if is_timer_on(files, "bootc-fetch-apply-updates.timer") {
        return Ok(Automatic::On);
    }
    let sections = ini::read(files, &[OSTREE_SETTINGS.to_owned()])?;
    let policy = sections.get("Daemon").and_then(|daemon| daemon.value("AutomaticUpdatePolicy"));
    let is_started = is_timer_on(files, "rpm-ostreed-automatic.timer");
    Ok(on_or_off(is_started && matches!(policy, Some("stage" | "apply"))))
}

/// What the package `apk-cron` leaves.
const APK_JOB: &str = "etc/periodic/daily/apk";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::recorded::Machine;

    fn with_timer(machine: Machine, timer: &str) -> Machine {
        let unit = format!("usr/lib/systemd/system/{timer}");
        let wanted = format!("etc/systemd/system/timers.target.wants/{timer}");
        machine.with(&unit, "[Timer]\n").with_link(&wanted, &format!("/{unit}"))
    }

    fn said(machine: &Machine, family: linux::Family) -> Fact {
        automatic(&machine.files(), family).0
    }

    const DNF: linux::Family = linux::Family::Rpm(Manager::Dnf);

    #[test]
    fn a_timer_that_is_on_installs_nothing_unless_it_is_set_to() {
        let machine = with_timer(Machine::empty(), "dnf-automatic.timer");
        for (settings, expected) in [
            ("[commands]\napply_updates = yes\n", "on"),
            ("[commands]\ndownload_updates = yes\napply_updates = no\n", "download_only"),
            ("[commands]\napply_updates = no\n", "off"),
            ("[emitters]\napply_updates = yes\n", "off"),
        ] {
            let machine = Machine::empty().with(DNF_SETTINGS[0], settings);
            assert_eq!(said(&machine, DNF), choice("off"), "{settings}");
            let machine = with_timer(machine, "dnf-automatic.timer");
            assert_eq!(said(&machine, DNF), choice(expected), "{settings}");
        }
        // Of what dnf 5 has of its own, the administrator's file holds.
        let machine = with_timer(machine, "dnf5-automatic.timer")
            .with(DNF_SETTINGS[1], "[commands]\napply_updates = no\n")
            .with(DNF_SETTINGS[2], "[commands]\napply_updates = yes\n");
        assert_eq!(said(&machine, linux::Family::Rpm(Manager::Dnf5)), choice("on"));
        assert_eq!(said(&machine.denied(DNF_SETTINGS[2]), DNF).known(), None);
    }

    #[test]
    fn timers_of_their_own_say_what_they_do() {
        for (timer, expected) in [
            ("dnf-automatic-install.timer", "on"),
            ("dnf-automatic-download.timer", "download_only"),
            ("dnf-automatic-notifyonly.timer", "off"),
        ] {
            assert_eq!(said(&with_timer(Machine::empty(), timer), DNF), choice(expected));
        }
    }

    #[test]
    fn unattended_upgrades_take_two_timers_two_settings_and_a_program() {
        let settings = "APT::Periodic::Update-Package-Lists \"1\";\n\
            APT::Periodic::Unattended-Upgrade \"1\";\n";
        let path = "etc/apt/apt.conf.d/20auto-upgrades";
        let whole = || {
            let machine = Machine::empty().with(path, settings).with(UNATTENDED, "");
            with_timer(with_timer(machine, "apt-daily.timer"), "apt-daily-upgrade.timer")
        };
        let said = |machine: &Machine| said(machine, linux::Family::Dpkg);
        assert_eq!(said(&whole()), choice("on"));
        for broken in [
            whole().without(UNATTENDED),
            whole().without("usr/lib/systemd/system/apt-daily.timer"),
            whole().with_link("etc/systemd/system/apt-daily-upgrade.timer", "/dev/null"),
            whole().with_edit(path, "Lists \"1\"", "Lists \"0\""),
            whole().with_edit(path, "Upgrade \"1\"", "Upgrade \"0\""),
            whole().with("etc/apt/apt.conf.d/99off", "APT::Periodic::Enable \"0\";\n"),
        ] {
            assert_eq!(said(&broken), choice("off"));
        }
        let fetching = "APT::Periodic::Download-Upgradeable-Packages \"1\";\n";
        let fetching = whole()
            .with_edit(path, "Upgrade \"1\"", "Upgrade \"0\"")
            .with("etc/apt/apt.conf.d/30fetch", fetching);
        assert_eq!(said(&fetching), choice("download_only"));
    }

    #[test]
    fn others_have_timers_and_jobs_of_their_own() {
        let zypper = linux::Family::Rpm(Manager::Zypper);
        assert_eq!(said(&Machine::empty(), zypper), choice("off"));
        assert_eq!(said(&with_timer(Machine::empty(), "os-update.timer"), zypper), choice("on"));
        assert_eq!(said(&Machine::empty().with(ZYPPER_JOBS[0], ""), zypper), choice("on"));
        assert_eq!(said(&Machine::empty().with(APK_JOB, ""), linux::Family::Apk), choice("on"));
        let staged =
            Machine::empty().with(OSTREE_SETTINGS, "[Daemon]\nAutomaticUpdatePolicy=stage\n");
        assert_eq!(said(&staged, linux::Family::Ostree), choice("off"));
        let staged = with_timer(staged, "rpm-ostreed-automatic.timer");
        assert_eq!(said(&staged, linux::Family::Ostree), choice("on"));
        let only_told = staged.with_edit(OSTREE_SETTINGS, "stage", "check");
        assert_eq!(said(&only_told, linux::Family::Ostree), choice("off"));
    }
}
