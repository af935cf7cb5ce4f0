//! What the rules about how a machine is set up must come to.

use report::verdict::Ruling;

use super::rules::{Case, pass_if};
use crate::register::MachineKind;
use crate::simulate::posture::{
    Accounts, Boot, Desktop, Encryption, Firewall, Lock, Posture, Smb1, Ssh,
};
use crate::simulate::situation::{Family, Updates};

impl Case<'_> {
    fn posture(&self) -> &Posture {
        &self.situation.posture
    }

    fn is_of(&self, level: u8) -> bool {
        self.level.is_some_and(|own| own >= level)
    }
}

pub(super) fn firewall(case: &Case<'_>) -> Ruling {
    match case.posture().firewall {
        Firewall::On => Ruling::Pass,
        Firewall::Off => Ruling::Fail,
        Firewall::Unread => Ruling::Unknown,
    }
}

pub(super) fn encrypted(case: &Case<'_>) -> Ruling {
    let encryption = case.posture().encryption;
    let is_on = match encryption {
        Encryption::On => true,
        Encryption::SystemOnly => !case.is_of(4),
        Encryption::Suspended | Encryption::Off => false,
    };
    match (is_on, is_to_be_encrypted(case.level, case.kind, Some(case.situation.chassis))) {
        (true, _) | (_, Some(false)) => Ruling::Pass,
        (false, Some(true)) => Ruling::Fail,
        (false, None) => Ruling::Unknown,
    }
}

/// Laptops everywhere, workstations from level 3, all and every volume from level 4; `None` where
/// what decides it is not known, as the chassis of a machine that has said nothing.
fn is_to_be_encrypted(
    level: Option<u8>,
    kind: Option<MachineKind>,
    chassis: Option<&str>,
) -> Option<bool> {
    match level {
        Some(4..) => Some(true),
        Some(3) => kind.map(|kind| kind == MachineKind::Workstation),
        Some(_) | None => chassis.map(|chassis| chassis == "laptop"),
    }
}

/// Whether a rule asks nothing of a machine by its row alone, whatever it says or does not say.
pub(super) fn is_exempt(rule: &str, level: Option<u8>, kind: Option<MachineKind>) -> bool {
    rule == "disk-encrypted" && is_to_be_encrypted(level, kind, None) == Some(false)
}

pub(super) fn locks(case: &Case<'_>) -> Ruling {
    let longest = if case.is_of(4) { 600 } else { 900 };
    match case.posture().lock {
        Lock::After(seconds) => pass_if(seconds <= longest),
        Lock::Never => Ruling::Fail,
        Lock::Unread => Ruling::Unknown,
        Lock::NoScreen => Ruling::Pass,
    }
}

pub(super) fn secure_boot(case: &Case<'_>) -> Ruling {
    match case.posture().boot {
        Boot::Signed => Ruling::Pass,
        Boot::Anything => Ruling::Fail,
        Boot::Legacy => pass_if(!case.is_of(4)),
    }
}

pub(super) fn accounts(case: &Case<'_>) -> Ruling {
    let Accounts { administrators, guest } = case.posture().accounts;
    let most = if case.is_of(3) { 3 } else { 5 };
    pass_if(!guest && administrators <= most)
}

pub(super) fn remote_access(case: &Case<'_>) -> Ruling {
    let desktop = match case.posture().desktop {
        Desktop::Nobody | Desktop::Authenticated => true,
        Desktop::Anybody => false,
    };
    let ssh = match case.posture().ssh {
        Ssh::None | Ssh::Keys => true,
        Ssh::Passwords => !case.is_of(3),
        Ssh::Root => false,
    };
    pass_if(desktop && ssh)
}

pub(super) fn smb1(case: &Case<'_>) -> Ruling {
    pass_if(match case.posture().smb1 {
        Smb1::None => true,
        Smb1::Client => !case.is_of(3),
        Smb1::Both => false,
    })
}

pub(super) fn autorun(case: &Case<'_>) -> Ruling {
    pass_if(!case.posture().autorun)
}

pub(super) fn auto_login(case: &Case<'_>) -> Ruling {
    pass_if(!case.posture().auto_login)
}

/// Servers are updated when their people choose; of Windows also the means must be there.
pub(super) fn automatic(case: &Case<'_>) -> Ruling {
    let governance = case.posture().governance;
    let is_windows = case.situation.release.family == Family::Windows;
    let is_left_to_people = case.kind == Some(MachineKind::Server);
    match case.situation.updates {
        Updates::Unreadable if is_left_to_people && !is_windows => Ruling::Pass,
        Updates::Unreadable => Ruling::Unknown,
        Updates::After(_) | Updates::Never | Updates::ListsOf(_) => {
            let is_automatic = match governance.automatic {
                "on" => true,
                "download_only" => governance.managed,
                _ => false,
            };
            let has_means = governance.service && !governance.paused;
            pass_if((is_automatic || is_left_to_people) && has_means)
        }
    }
}
