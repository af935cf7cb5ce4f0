//! What is known of one machine when it is judged: one finding for each fact of the catalogue.

use report::catalogue::Platform;
use report::{Bilingual, FactKey, Lang, Moment, Timestamp, Topic};

use super::catalogues::Vintage;
use super::catalogues::builds::{Level, Update};
use super::catalogues::lifecycle::{Extended, Release};
use super::why::Why;
use super::{PolicySet, words};
use crate::machine::view::{Datum, Records};
use crate::register::Licence;

/// What is known of one fact, in the collector's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding<'m> {
    /// Seen; moments are by the collector's clock.
    Known(Datum<'m>),
    /// Every source was read and it is not there.
    Absent,
    /// It cannot be said.
    Unknown(Why<'m>),
}

macro_rules! readers {
    ($($(#[$doc:meta])* $name:ident: $variant:ident => $type:ty;)+) => {
        impl<'m> Finding<'m> {
            $($(#[$doc])*
            #[must_use]
            pub fn $name(self) -> Option<$type> {
                match self {
                    Self::Known(Datum::$variant(value)) => Some(value),
                    Self::Known(_) | Self::Absent | Self::Unknown(_) => None,
                }
            })+
        }
    };
}

readers! {
    /// The word, if it is a known one.
    word: Choice => &'static str;
    /// The text, if it is a known one.
    text: Text => &'m str;
    /// The number, if it is a known one.
    count: Count => u64;
    /// Yes or no, if it is known.
    bool: Bool => bool;
    /// The moment, if it is known.
    moment: Moment => Moment;
    /// The records, if they are known.
    records: Records => Records<'m>;
}

/// What a derived fact was derived from; shown beside it.
#[derive(Clone, Copy, Debug)]
pub enum Evidence<'m> {
    /// This antivirus product.
    Product(&'m str),
    /// The licence of this product, and the status it is in.
    Licence {
        /// The product.
        product: &'m str,
        /// The word of its status.
        status: &'static str,
    },
    /// A seat of this contract.
    Contract(&'m Licence),
    /// This release in the table of lifecycles.
    Lifecycle {
        /// The release.
        release: &'m Release,
        /// The last phase of extended support the machine has.
        phase: Option<&'m Extended>,
    },
    /// Where it stands in the table of builds.
    Build(Level<'m>),
    /// The day of its lists of updates, by which nothing is pending.
    Lists,
    /// This row of the register.
    Row(&'m str),
    /// These information systems.
    Systems(&'m [String]),
    /// The chassis the firmware names.
    Chassis,
    /// The join token.
    Token,
    /// The machine's own claim beside the register.
    Claim,
    /// Security updates wait since this moment.
    PendingSince(Timestamp),
}

impl Evidence<'_> {
    /// In words.
    #[must_use]
    pub fn words(&self, set: &PolicySet) -> Bilingual {
        let name = |product| set.catalogues.antivirus.name(product);
        match self {
            Self::Product(product) => name(product),
            Self::Licence { product, status } => {
                let name = name(product);
                words::both(|lang| format!("{}: {}", name.get(lang), words::choice(status, lang)))
            }
            Self::Contract(licence) => contract(licence),
            Self::Lifecycle { release, phase } => lifecycle(release, *phase, set),
            Self::Build(level) => build(level, set),
            Self::Lists => Bilingual::new("ngày của danh mục bản vá", "date of the update lists"),
            Self::Row(id) => Bilingual::new(format!("sổ đăng ký: {id}"), format!("register: {id}")),
            Self::Systems(ids) => {
                let ids = ids.join(", ");
                Bilingual::new(format!("hệ thống: {ids}"), format!("systems: {ids}"))
            }
            Self::Chassis => Bilingual::new("kiểu vỏ máy", "chassis"),
            Self::Token => Bilingual::new("mã ghi danh", "join token"),
            Self::Claim => Bilingual::new("máy tự khai", "the machine's claim"),
            Self::PendingSince(at) => {
                let date = set.targets.calendar.date_of(*at);
                Bilingual::new(
                    format!("chờ cài từ ngày {}", words::date(date, Lang::Vi)),
                    format!("pending since {}", words::date(date, Lang::En)),
                )
            }
        }
    }
}

fn contract(licence: &Licence) -> Bilingual {
    let (number, date) = (&licence.contract.number, licence.contract.date);
    Bilingual::new(
        format!("hợp đồng {number} ngày {}", words::date(date, Lang::Vi)),
        format!("contract {number} of {}", words::date(date, Lang::En)),
    )
}

fn lifecycle(release: &Release, phase: Option<&Extended>, set: &PolicySet) -> Bilingual {
    let name = match phase {
        Some(phase) => format!("{} {}", release.name, phase.name),
        None => release.name.clone(),
    };
    of_table(&Bilingual::same(name), set.catalogues.lifecycle.vintage)
}

/// `KB5129195 ngày 14/09/2026, chưa có KB5131000 ngày 13/10/2026, danh mục ngày …`.
fn build(level: &Level<'_>, set: &PolicySet) -> Bilingual {
    let installed = update(level.installed);
    let installed = match level.exact {
        true => installed,
        false => Bilingual::new(
            format!("ít nhất {}", installed.vi),
            format!("at least {}", installed.en),
        ),
    };
    let standing = match level.missing.map(update) {
        None => installed,
        Some(missing) => Bilingual::new(
            format!("{}, chưa có {}", installed.vi, missing.vi),
            format!("{}, lacks {}", installed.en, missing.en),
        ),
    };
    of_table(&standing, set.catalogues.builds.vintage)
}

/// The first revision of a build has no number of its own.
fn update(update: &Update) -> Bilingual {
    let revision = update.revision.to_string();
    let name = update.kb.as_ref().unwrap_or(&revision);
    let date = |lang| words::date(update.date, lang);
    Bilingual::new(
        format!("{name} ngày {}", date(Lang::Vi)),
        format!("{name} of {}", date(Lang::En)),
    )
}

fn of_table(said: &Bilingual, vintage: Vintage) -> Bilingual {
    let date = |lang| words::date(vintage.date, lang);
    Bilingual::new(
        format!("{}, danh mục ngày {}", said.vi, date(Lang::Vi)),
        format!("{}, table of {}", said.en, date(Lang::En)),
    )
}

/// One finding for each fact of the catalogue.
#[derive(Clone, Debug)]
pub struct Facts<'m> {
    findings: Vec<(Finding<'m>, Option<Evidence<'m>>)>,
    /// The family of the operating system, as it was last told.
    pub(crate) os: Option<Platform>,
    /// The topics that were seen by a clock that is off.
    skews: Vec<(Topic, i64)>,
}

impl<'m> Facts<'m> {
    /// Every fact is unknown for one reason.
    #[must_use]
    pub fn unknown(why: Why<'m>) -> Self {
        Self {
            findings: vec![(Finding::Unknown(why), None); FactKey::all().len()],
            os: None,
            skews: Vec::new(),
        }
    }

    /// What is known of a fact.
    #[must_use]
    pub fn get(&self, key: FactKey) -> Finding<'m> {
        self.findings[key.slot()].0
    }

    /// What a derived fact was derived from.
    #[must_use]
    pub fn evidence(&self, key: FactKey) -> Option<Evidence<'m>> {
        self.findings[key.slot()].1
    }

    /// How far the machine's clock was ahead when a topic was seen, in seconds: what the moments in
    /// its records are corrected by.
    #[must_use]
    pub fn skew(&self, topic: Topic) -> i64 {
        self.skews.iter().find(|(skewed, _)| *skewed == topic).map_or(0, |(_, skew)| *skew)
    }

    pub(crate) fn set_skew(&mut self, topic: Topic, skew: i64) {
        if skew != 0 {
            self.skews.push((topic, skew));
        }
    }

    pub(crate) fn set(&mut self, key: FactKey, finding: Finding<'m>) {
        self.findings[key.slot()].0 = finding;
    }

    /// Sets a derived fact with what it was derived from.
    pub(crate) fn derive(
        &mut self,
        key: FactKey,
        finding: Finding<'m>,
        evidence: Option<Evidence<'m>>,
    ) {
        self.findings[key.slot()] = (finding, evidence);
    }
}
