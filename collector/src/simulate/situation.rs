//! What is the matter with one machine: the intentions from which both its reports and the truth
//! about it are made, each in its own way.

use super::days::{Day, day_of_date, patch_day};
use super::dice::Dice;
use super::posture::Posture;
use crate::register::MachineKind;

/// How things stand on one machine.
#[derive(Clone, Copy, Debug)]
pub(super) struct Situation {
    pub(super) release: &'static Release,
    pub(super) chassis: &'static str,
    pub(super) antivirus: Antivirus,
    pub(super) updates: Updates,
    /// Whether it waits to be restarted.
    pub(super) restart: bool,
    pub(super) posture: Posture,
    pub(super) claim: Claim,
    /// How far its clock is ahead of the collector's, in seconds.
    pub(super) skew: i64,
}

/// A release of an operating system.
#[derive(Debug)]
pub(super) struct Release {
    pub(super) family: Family,
    pub(super) id: &'static str,
    /// The version of a Linux distribution, and the build of Windows.
    pub(super) version: &'static str,
    pub(super) name: &'static str,
    pub(super) kernel: &'static str,
    /// Edition and installation of Windows.
    pub(super) edition: [&'static str; 2],
    /// Until which day, included, its maker supports it for everyone: year, month, day.
    pub(super) until: (i64, u32, u32),
}

/// The families of operating systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Linux,
    Windows,
}

/// What protects the machine.
#[derive(Clone, Copy, Debug)]
pub(super) enum Antivirus {
    /// Every source was asked and there is none.
    None,
    /// Nothing was found, and one source did not answer.
    NotFound,
    /// There is one.
    Product(Product),
}

/// One antivirus product on one machine.
#[derive(Clone, Copy, Debug)]
pub(super) struct Product {
    pub(super) brand: &'static Brand,
    /// Whether it is switched on.
    pub(super) on: bool,
    pub(super) definitions: Definitions,
    pub(super) licence: Licence,
}

/// A product that is sold, given away or built in.
#[derive(Debug)]
pub(super) struct Brand {
    pub(super) id: &'static str,
    pub(super) vendor: &'static str,
    pub(super) version: &'static str,
    pub(super) source: &'static str,
}

/// How old the definitions are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Definitions {
    /// Updated every day.
    Fresh,
    /// Always five days behind: enough for levels 1 and 2.
    FiveDaysBehind,
    /// Not updated any more since a day long before the end.
    Since(Day),
}

/// What the licence is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Licence {
    /// Paid for until a day, included, before or after the end.
    Until(Day),
    /// On trial until a day after the end.
    Trial(Day),
    /// Costs nothing.
    Free,
    /// Came with the operating system.
    BuiltIn,
    /// The product does not tell.
    Opaque,
}

/// How the machine is kept up to date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Updates {
    /// So many days after they appear.
    After(i64),
    /// Never.
    Never,
    /// The lists of updates have not been fetched since a day long before the end; they offer
    /// nothing.
    ListsOf(Day),
    /// The agent cannot read them.
    Unreadable,
}

impl Updates {
    /// How many security updates wait on a day.
    pub(super) fn waiting(self, day: Day) -> u64 {
        let age = day - patch_day(day);
        let months = u64::try_from(age / 7 + 2).unwrap_or_default();
        match self {
            Self::After(delay) if age < delay => 3,
            Self::Never => 20 + months,
            Self::After(_) | Self::ListsOf(_) | Self::Unreadable => 0,
        }
    }
}

/// What the machine's administrator claims of its level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    Nothing,
    Level(u8),
}

const KASPERSKY: Brand = Brand {
    id: "kaspersky-endpoint-security",
    vendor: "Kaspersky",
    version: "12.8.0.505",
    source: "registry: KasperskyLab/Components",
};
const ESET: Brand = Brand {
    id: "eset-endpoint-antivirus",
    vendor: "ESET",
    version: "12.0.2045.0",
    source: "registry: ESET Security",
};
const SYMANTEC: Brand = Brand {
    id: "symantec-endpoint-protection",
    vendor: "Broadcom",
    version: "14.3.11216.9000",
    source: "registry: Symantec Endpoint Protection",
};
pub(super) const DEFENDER: Brand = Brand {
    id: "microsoft-defender-antivirus",
    vendor: "Microsoft",
    version: "4.18.26090.11",
    source: "wmi: MSFT_MpComputerStatus",
};
const CLAMAV: Brand =
    Brand { id: "clamav", vendor: "Cisco", version: "1.4.3", source: "var/lib/clamav/daily.cvd" };
const DRWEB: Brand =
    Brand { id: "drweb", vendor: "Doctor Web", version: "11.1.9", source: "drweb-ctl" };

/// The product that a contract of the register covers: it tells its licence, or does not, and never
/// says that it is over.
pub(super) const CONTRACTED: &str = SYMANTEC.id;

const SOLD: [(u64, &Brand); 3] = [(55, &KASPERSKY), (30, &ESET), (15, &SYMANTEC)];
const SOLD_ON_LINUX: [(u64, &Brand); 2] = [(70, &KASPERSKY), (30, &DRWEB)];

macro_rules! releases {
    ($family:ident: $($id:literal $version:literal $name:literal $kernel:literal $edition:expr, $until:expr;)+) => {
        [$(Release {
            family: Family::$family,
            id: $id,
            version: $version,
            name: $name,
            kernel: $kernel,
            edition: $edition,
            until: $until,
        },)+]
    };
}

static WINDOWS: [Release; 4] = releases! { Windows:
    "windows" "10.0.26200" "Windows 11 Pro 25H2" "10.0.26200" ["Professional", "client"], (2027, 10, 12);
    "windows" "10.0.26100" "Windows 11 Enterprise 24H2" "10.0.26100" ["Enterprise", "client"], (2027, 10, 12);
    "windows" "10.0.19044" "Windows 10 Pro 21H2" "10.0.19044" ["Professional", "client"], (2023, 6, 13);
    "windows" "10.0.20348" "Windows Server 2022" "10.0.20348" ["ServerStandard", "server"], (2031, 10, 14);
};

static LINUX: [Release; 5] = releases! { Linux:
    "debian" "13" "Debian GNU/Linux 13 (trixie)" "6.12.48+deb13-amd64" ["", ""], (2030, 6, 30);
    "debian" "12" "Debian GNU/Linux 12 (bookworm)" "6.1.0-40-amd64" ["", ""], (2028, 6, 30);
    "ubuntu" "24.04" "Ubuntu 24.04.3 LTS" "6.8.0-85-generic" ["", ""], (2029, 5, 31);
    "debian" "11" "Debian GNU/Linux 11 (bullseye)" "5.10.0-36-amd64" ["", ""], (2026, 8, 31);
    "ubuntu" "20.04" "Ubuntu 20.04.6 LTS" "5.4.0-216-generic" ["", ""], (2025, 5, 31);
};

impl Release {
    /// Whether its maker still supports it on a day.
    pub(super) fn is_supported(&self, on: Day) -> bool {
        let (year, month, day) = self.until;
        day_of_date(year, month, day).is_some_and(|until| on <= until)
    }
}

impl Situation {
    /// What dice make of a machine of this kind, as it stands at the end; `apart` are those of how
    /// it is set up.
    pub(super) fn thrown(
        dice: &mut Dice,
        apart: &mut Dice,
        kind: MachineKind,
        level: Option<u8>,
        last: Day,
    ) -> Self {
        let (release, chassis) = match kind {
            MachineKind::Workstation => (
                dice.weighted(
                    &[
                        (30, &WINDOWS[0]),
                        (18, &WINDOWS[1]),
                        (8, &WINDOWS[2]),
                        (14, &LINUX[0]),
                        (16, &LINUX[1]),
                        (10, &LINUX[2]),
                        (4, &LINUX[4]),
                    ],
                    &LINUX[0],
                ),
                dice.weighted(&[(70, "desktop"), (30, "laptop")], "desktop"),
            ),
            MachineKind::Server => (
                dice.weighted(
                    &[(40, &WINDOWS[3]), (20, &LINUX[0]), (30, &LINUX[1]), (10, &LINUX[3])],
                    &LINUX[0],
                ),
                dice.weighted(&[(60, "server"), (40, "virtual")], "server"),
            ),
        };
        Self {
            release,
            chassis,
            antivirus: antivirus(dice, release.family, last),
            updates: updates(dice, release, last),
            restart: dice.falls(60),
            posture: Posture::thrown(apart, release.family, kind, release.is_supported(last)),
            claim: claim(dice, level),
            skew: dice.between(-20, 20),
        }
    }
}

impl Situation {
    /// Whether a contract covers a machine outside the register is for nobody to say here: so its
    /// product tells.
    pub(super) fn tell_licence(&mut self, last: Day) {
        if let Antivirus::Product(product) = &mut self.antivirus
            && product.licence == Licence::Opaque
        {
            product.licence = Licence::Until(last + 100);
        }
    }
}

fn antivirus(dice: &mut Dice, family: Family, last: Day) -> Antivirus {
    match dice.below(1000) {
        0..=11 => return Antivirus::None,
        12..=16 => return Antivirus::NotFound,
        17.. => {}
    }
    let licensed = |dice: &mut Dice| match dice.below(1000) {
        // One licence in thirty has run out, and some end soon: none within days of the end.
        0..=29 => Licence::Until(last - dice.between(5, 120)),
        30..=39 => Licence::Trial(last + dice.between(5, 25)),
        40..=99 => Licence::Until(last + dice.between(5, 30)),
        100..=109 => Licence::Opaque,
        110.. => Licence::Until(last + dice.between(60, 700)),
    };
    let (brand, licence) = match family {
        Family::Windows if dice.falls(60) => (&DEFENDER, Licence::BuiltIn),
        Family::Windows => (dice.weighted(&SOLD, &ESET), licensed(dice)),
        Family::Linux if dice.falls(60) => (&CLAMAV, Licence::Free),
        Family::Linux => (dice.weighted(&SOLD_ON_LINUX, &KASPERSKY), licensed(dice)),
    };
    let licence = match brand.id == CONTRACTED {
        true if dice.falls(300) => Licence::Opaque,
        true => Licence::Until(last + 365),
        false => licence,
    };
    let definitions = match dice.below(1000) {
        0..=39 => Definitions::Since(last - dice.between(15, 90)),
        40..=69 => Definitions::FiveDaysBehind,
        70.. => Definitions::Fresh,
    };
    Antivirus::Product(Product { brand, on: !dice.falls(20), definitions, licence })
}

/// How a machine is updated. Whatever it does is done long before the next month, and lists that
/// are old are older than a month: so nothing turns while somebody looks.
fn updates(dice: &mut Dice, release: &Release, last: Day) -> Updates {
    match dice.below(1000) {
        0..=39 => Updates::Never,
        40..=139 => Updates::After(dice.between(8, 18)),
        // Of one that is out of support it must be read whether a contract goes on.
        140..=149 if release.is_supported(last) => Updates::Unreadable,
        150..=169 if release.family == Family::Linux => {
            Updates::ListsOf(last - dice.between(35, 60))
        }
        140.. => Updates::After(dice.between(1, 3)),
    }
}

fn claim(dice: &mut Dice, level: Option<u8>) -> Claim {
    match (dice.below(1000), level) {
        (0..=849, _) => Claim::Nothing,
        (850..=979, Some(level)) => Claim::Level(level),
        (850..=979, None) | (980.., _) => Claim::Level(match level {
            Some(5) => 4,
            Some(_) | None => 5,
        }),
    }
}
