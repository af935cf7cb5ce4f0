use report::{Fact, Reason};

use super::*;
use crate::host::recorded::{Machine, reason};

fn with_screen(session: &str) -> Machine {
    let unit = "usr/lib/systemd/system/gdm.service";
    Machine::empty()
        .with(unit, "")
        .with_link("etc/systemd/system/display-manager.service", &format!("/{unit}"))
        .with(&format!("usr/share/wayland-sessions/{session}.desktop"), "")
}

const SETTINGS: &str = "etc/dconf/db/local.d/00-screen";
const LOCKS: &str = "etc/dconf/db/local.d/locks/00-screen";

fn gnome() -> Machine {
    with_screen("gnome")
        .with("etc/dconf/profile/user", "user-db:user\nsystem-db:local\n")
        .with("etc/dconf/db/local", "")
        .with(
            SETTINGS,
            "[org/gnome/desktop/session]\nidle-delay=uint32 300\n\n\
             [org/gnome/desktop/screensaver]\nlock-enabled=true\nlock-delay=uint32 30\n",
        )
        .with(
            LOCKS,
            "/org/gnome/desktop/session/idle-delay\n\
             /org/gnome/desktop/screensaver/lock-enabled\n\
             /org/gnome/desktop/screensaver/lock-delay\n",
        )
}

fn seen(machine: &Machine) -> (Fact, Fact) {
    match look(&machine.host()).0 {
        Answer::NoScreen => (Fact::Absent, Fact::Absent),
        Answer::Lock(lock) => lock.facts(),
        Answer::Unknown(why) => (Fact::Unknown(why.clone()), Fact::Unknown(why)),
    }
}

#[test]
fn a_machine_that_shows_no_screen_has_none_to_lock() {
    assert_eq!(seen(&Machine::empty()), (Fact::Absent, Fact::Absent));
    let hidden = gnome().without("usr/lib/systemd/system/gdm.service");
    assert_eq!(seen(&hidden), (Fact::Absent, Fact::Absent));
}

#[test]
fn a_lock_that_nobody_can_take_off_is_on_after_both_delays() {
    assert_eq!(seen(&gnome()), (yes_or_no(true), count(330)));
    let free = gnome().with_edit(LOCKS, "/org/gnome/desktop/screensaver/lock-delay\n", "");
    assert_eq!(seen(&free).0, yes_or_no(true));
    assert_eq!(reason(&seen(&free).1), Some(Reason::AccessDenied));
}

#[test]
fn a_lock_that_everybody_can_take_off_is_not_known_to_be_on() {
    for (file, from) in [
        (LOCKS, "/org/gnome/desktop/session/idle-delay\n"),
        (LOCKS, "/org/gnome/desktop/screensaver/lock-enabled\n"),
        (SETTINGS, "idle-delay=uint32 300\n"),
        (SETTINGS, "lock-enabled=true\n"),
    ] {
        let (on, after) = seen(&gnome().with_edit(file, from, ""));
        assert_eq!(reason(&on), Some(Reason::AccessDenied), "{from}");
        assert_eq!(reason(&after), Some(Reason::AccessDenied), "{from}");
    }
    assert_eq!(reason(&seen(&with_screen("gnome")).0), Some(Reason::AccessDenied));
}

#[test]
fn a_lock_that_is_taken_off_for_everybody_is_off() {
    for (from, to) in [
        ("lock-enabled=true", "lock-enabled=false"),
        ("idle-delay=uint32 300", "idle-delay=uint32 0"),
    ] {
        let machine = gnome().with_edit(SETTINGS, from, to);
        assert_eq!(seen(&machine), (yes_or_no(false), Fact::Absent), "{to}");
    }
}

#[test]
fn plasma_has_its_own_marks() {
    let said = |text: &str| seen(&with_screen("plasma").with(PLASMA, text));
    assert_eq!(said("[Daemon][$i]\n"), (yes_or_no(true), count(305)));
    let whole = "[Daemon]\nAutolock[$i]=true\nTimeout[$i]=10\nLockGrace[$i]=0\n";
    assert_eq!(said(whole), (yes_or_no(true), count(600)));
    assert_eq!(said("[Daemon]\nAutolock[$i]=false\n"), (yes_or_no(false), Fact::Absent));
    assert_eq!(
        reason(&said("[Daemon]\nAutolock=true\nTimeout=10\n").0),
        Some(Reason::AccessDenied)
    );
    assert_eq!(reason(&said("").0), Some(Reason::AccessDenied));
}

#[test]
fn where_there_are_several_desktops_the_least_locked_one_counts() {
    let xfce = gnome().with("usr/share/xsessions/xfce.desktop", "");
    assert_eq!(reason(&seen(&xfce).0), Some(Reason::AccessDenied));
    let plasma = gnome().with("usr/share/xsessions/plasmax11.desktop", "");
    let both = plasma.with(PLASMA, "[Daemon][$i]\nTimeout=3\n");
    assert_eq!(seen(&both), (yes_or_no(true), count(330)));
    let open = both.with(PLASMA, "[Daemon][$i]\nAutolock=false\n");
    assert_eq!(seen(&open).0, yes_or_no(false));
}

#[test]
fn settings_that_may_not_be_read_are_no_answer() {
    for path in [SETTINGS, LOCKS, "etc/systemd/system"] {
        assert_eq!(reason(&seen(&gnome().denied(path)).0), Some(Reason::AccessDenied), "{path}");
    }
}
