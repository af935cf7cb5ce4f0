//! What every rule must come to, told from what is the matter with a machine.

use report::verdict::Ruling;

use super::posture;
use crate::register::MachineKind;
use crate::simulate::days::{Day, day_of};
use crate::simulate::place::Identity;
use crate::simulate::situation::{
    Antivirus, CONTRACTED, Claim, Definitions, Family, Licence, Product, Situation, Updates,
};

/// What every rule must come to, told from what is the matter with the machine.
///
/// A rule of the shipped set that has no line here is told as untold, and a test fails.
pub(super) const RULES: [(&str, Tell); 20] = [
    ("accounts-limited", posture::accounts),
    ("antivirus-definitions-fresh", definitions_fresh),
    ("antivirus-licensed", licensed),
    ("antivirus-realtime", realtime),
    ("antivirus-sources-read", sources_read),
    ("auto-login-off", posture::auto_login),
    ("autorun-off", posture::autorun),
    ("disk-encrypted", posture::encrypted),
    ("firewall-on", posture::firewall),
    ("level-as-registered", level_as_registered),
    ("os-supported", supported),
    ("patched-within-month", patched),
    ("remote-access-guarded", posture::remote_access),
    ("restarted-after-updates", restarted),
    ("screen-locks", posture::locks),
    ("secure-boot-on", posture::secure_boot),
    ("security-updates-installed", updated),
    ("smb1-off", posture::smb1),
    (ON_LINUX, lists_fresh),
    ("updates-automatic", posture::automatic),
];

/// The one rule that is about Linux alone; what system a machine has is known from its last word.
pub(super) const ON_LINUX: &str = "update-sources-fresh";

pub(super) type Tell = fn(&Case<'_>) -> Ruling;

/// A machine whose facts speak for the present.
pub(super) struct Case<'c> {
    pub(super) level: Option<u8>,
    pub(super) kind: Option<MachineKind>,
    pub(super) situation: &'c Situation,
    pub(super) identity: &'c Identity,
    /// The day it is judged on.
    pub(super) today: Day,
    /// How old the catalogues of operating systems and of the builds of Windows are, in days;
    /// `None`: too old to say anything.
    pub(super) ages: [Option<Day>; 2],
}

/// The shipped rules that the truth knows nothing of.
pub(in crate::simulate) fn untold<'r>(rules: impl Iterator<Item = &'r str>) -> Vec<&'r str> {
    rules.filter(|rule| RULES.iter().all(|(known, _)| known != rule)).collect()
}

fn realtime(case: &Case<'_>) -> Ruling {
    product(case, |product| pass_if(product.on))
}

fn definitions_fresh(case: &Case<'_>) -> Ruling {
    product(case, |product| {
        pass_if(match (product.definitions, case.level) {
            (Definitions::Fresh, _) => true,
            (Definitions::FiveDaysBehind, level) => level.is_none_or(|level| level < 3),
            (Definitions::Since(_), _) => false,
        })
    })
}

fn licensed(case: &Case<'_>) -> Ruling {
    product(case, |product| match product.licence {
        Licence::Until(until) => pass_if(case.today <= until),
        Licence::Trial(_) | Licence::Free | Licence::BuiltIn => Ruling::Fail,
        // The register knows what the product does not tell.
        Licence::Opaque if product.brand.id == CONTRACTED => Ruling::Pass,
        Licence::Opaque => Ruling::Unknown,
    })
}

/// What cannot hold without a product fails where there certainly is none.
fn product(case: &Case<'_>, tell: impl Fn(&Product) -> Ruling) -> Ruling {
    match &case.situation.antivirus {
        Antivirus::None => Ruling::Fail,
        Antivirus::NotFound => Ruling::Unknown,
        Antivirus::Product(product) => tell(product),
    }
}

fn sources_read(case: &Case<'_>) -> Ruling {
    match case.situation.antivirus {
        Antivirus::None | Antivirus::Product(_) => Ruling::Pass,
        Antivirus::NotFound => Ruling::Fail,
    }
}

fn level_as_registered(case: &Case<'_>) -> Ruling {
    match (case.situation.claim, case.level) {
        (Claim::Nothing, _) => Ruling::Pass,
        (Claim::Level(_), None) => Ruling::Unknown,
        (Claim::Level(claimed), Some(level)) => pass_if(claimed == level),
    }
}

fn supported(case: &Case<'_>) -> Ruling {
    match case.ages {
        [None, _] => Ruling::Unknown,
        [Some(_), _] => pass_if(case.situation.release.is_supported(case.today)),
    }
}

/// Of Windows every machine has the newest build of the catalogue, which speaks until its date.
fn patched(case: &Case<'_>) -> Ruling {
    let updates = case.situation.updates;
    match (case.situation.release.family, updates) {
        (Family::Windows, _) => match case.ages {
            [_, None] => Ruling::Unknown,
            [_, Some(age)] => pass_if(age < 31),
        },
        (Family::Linux, Updates::Unreadable) => Ruling::Unknown,
        (Family::Linux, Updates::ListsOf(_)) => Ruling::Fail,
        (Family::Linux, Updates::After(_) | Updates::Never) => {
            match updates.waiting(day_of(case.identity.reported_at)) {
                0 => Ruling::Pass,
                // No list tells when it was published what waits.
                1.. => Ruling::Unknown,
            }
        }
    }
}

fn restarted(case: &Case<'_>) -> Ruling {
    match case.situation.updates {
        Updates::Unreadable => Ruling::Unknown,
        Updates::After(_) | Updates::Never | Updates::ListsOf(_) => {
            pass_if(!case.situation.restart)
        }
    }
}

fn lists_fresh(case: &Case<'_>) -> Ruling {
    match case.situation.updates {
        Updates::Unreadable => Ruling::Unknown,
        Updates::ListsOf(_) => Ruling::Fail,
        Updates::After(_) | Updates::Never => Ruling::Pass,
    }
}

/// Nothing is pending of what a server of the office has approved: that is everything where the
/// build is not older than a month.
fn updated(case: &Case<'_>) -> Ruling {
    let updates = case.situation.updates;
    let installed = match updates {
        Updates::Unreadable => Ruling::Unknown,
        Updates::ListsOf(_) => Ruling::Fail,
        Updates::After(_) | Updates::Never => {
            pass_if(updates.waiting(day_of(case.identity.reported_at)) == 0)
        }
    };
    let is_read = updates != Updates::Unreadable;
    let approved = match case.situation.posture.governance.managed && is_read {
        true => patched(case),
        false => Ruling::Pass,
    };
    worse(worse(installed, approved), supported(case))
}

pub(super) fn pass_if(holds: bool) -> Ruling {
    if holds { Ruling::Pass } else { Ruling::Fail }
}

/// Both must hold.
fn worse(one: Ruling, other: Ruling) -> Ruling {
    [Ruling::Fail, Ruling::Unknown]
        .into_iter()
        .find(|bad| one == *bad || other == *bad)
        .unwrap_or(Ruling::Pass)
}
