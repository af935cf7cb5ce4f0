//! How a simulated machine is set up beside its antivirus and its updates: what an old system was
//! left with, and what somebody switched off.

use super::dice::Dice;
use super::situation::Family;
use crate::register::MachineKind;

/// How a machine is set up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Posture {
    pub(super) firewall: Firewall,
    pub(super) encryption: Encryption,
    pub(super) lock: Lock,
    pub(super) boot: Boot,
    pub(super) accounts: Accounts,
    pub(super) desktop: Desktop,
    pub(super) ssh: Ssh,
    pub(super) smb1: Smb1,
    /// Whether programs of removable media start by themselves.
    pub(super) autorun: bool,
    /// Whether somebody is logged in without a password.
    pub(super) auto_login: bool,
    pub(super) governance: Governance,
}

/// Whether connections to it are filtered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Firewall {
    On,
    Off,
    /// The rules of the kernel may not be read.
    Unread,
}

/// How its volumes are encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encryption {
    /// All of them.
    On,
    /// That of the system, and one other not.
    SystemOnly,
    /// The key lies open beside it.
    Suspended,
    Off,
}

/// When its screen locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lock {
    /// After so many seconds.
    After(u64),
    Never,
    /// The settings of its people cannot be read.
    Unread,
    /// It has no screen.
    NoScreen,
}

/// What its firmware starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Boot {
    /// Signed systems only.
    Signed,
    /// Anything, though it could ask for a signature.
    Anything,
    /// Anything: it is of the time before signatures.
    Legacy,
}

/// Its local accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Accounts {
    pub(super) administrators: u64,
    pub(super) guest: bool,
}

/// Who reaches its screen from elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Desktop {
    Nobody,
    /// Who has authenticated before, which Windows alone can ask for.
    Authenticated,
    Anybody,
}

/// How it is logged in to over SSH.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ssh {
    None,
    /// With keys; root too.
    Keys,
    /// With passwords; root not at all.
    Passwords,
    /// By anybody with a password, root too.
    Root,
}

/// How it uses the first version of the file sharing protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Smb1 {
    None,
    /// It reaches files of others.
    Client,
    /// It shares its own, and reaches those of others.
    Both,
}

/// What governs its updates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Governance {
    /// A word of the catalogue.
    pub(super) automatic: &'static str,
    /// Whether a server of the office approves them.
    pub(super) managed: bool,
    /// Whether their service is left as it came.
    pub(super) service: bool,
    /// Whether somebody paused them.
    pub(super) paused: bool,
    pub(super) activated: bool,
}

impl Posture {
    /// What dice make of it; a system that its maker still supports was set up later, and better.
    pub(super) fn thrown(
        dice: &mut Dice,
        family: Family,
        kind: MachineKind,
        is_recent: bool,
    ) -> Self {
        let is_windows = family == Family::Windows;
        let is_server = kind == MachineKind::Server;
        let often = |much: u64, little: u64| if is_recent { little } else { much };
        Self {
            firewall: match dice.below(1000) {
                0..=39 => Firewall::Off,
                40..=59 if !is_windows => Firewall::Unread,
                _ => Firewall::On,
            },
            encryption: encryption(dice, is_recent),
            lock: lock(dice, is_windows, is_server),
            boot: match dice.below(1000) {
                shown if shown < often(600, 30) => Boot::Legacy,
                shown if shown < often(700, 100) => Boot::Anything,
                _ => Boot::Signed,
            },
            accounts: Accounts {
                administrators: dice.weighted(&[(20, 1), (45, 2), (25, 3), (7, 5), (3, 8)], 2),
                guest: dice.falls(often(40, 5)),
            },
            desktop: match dice.below(1000) {
                0..=14 => Desktop::Anybody,
                15..=199 if is_windows => Desktop::Authenticated,
                _ => Desktop::Nobody,
            },
            ssh: ssh(dice, is_windows, is_server),
            smb1: match dice.below(1000) {
                shown if shown < often(150, 8) => Smb1::Both,
                shown if shown < often(300, 25) => Smb1::Client,
                _ => Smb1::None,
            },
            autorun: dice.falls(if is_windows { often(200, 40) } else { 0 }),
            auto_login: dice.falls(if is_server { 0 } else { 20 }),
            governance: governance(dice, is_windows, is_server),
        }
    }
}

fn encryption(dice: &mut Dice, is_recent: bool) -> Encryption {
    match dice.below(1000) {
        _ if !is_recent => Encryption::Off,
        0..=249 => Encryption::Off,
        250..=269 => Encryption::Suspended,
        270..=329 => Encryption::SystemOnly,
        330.. => Encryption::On,
    }
}

fn lock(dice: &mut Dice, is_windows: bool, is_server: bool) -> Lock {
    match dice.below(1000) {
        _ if is_server && !is_windows => Lock::NoScreen,
        0..=59 => Lock::Never,
        60..=259 if !is_windows => Lock::Unread,
        60..=159 => Lock::After(900),
        160..=179 => Lock::After(3600),
        180.. => Lock::After(300),
    }
}

fn ssh(dice: &mut Dice, is_windows: bool, is_server: bool) -> Ssh {
    match dice.below(1000) {
        0..=9 if !is_windows => Ssh::Root,
        10..=99 if !is_windows => Ssh::Passwords,
        100..=899 if is_server && !is_windows => Ssh::Keys,
        _ => Ssh::None,
    }
}

/// Of Windows a server fetches and waits for its people; elsewhere updates are installed.
fn governance(dice: &mut Dice, is_windows: bool, is_server: bool) -> Governance {
    let managed = is_windows && dice.falls(300);
    Governance {
        automatic: match dice.below(1000) {
            0..=29 => "off",
            30..=79 => "download_only",
            _ if is_windows && is_server => "download_only",
            _ => "on",
        },
        managed,
        service: !(is_windows && dice.falls(15)),
        paused: is_windows && dice.falls(15),
        activated: !dice.falls(10),
    }
}
