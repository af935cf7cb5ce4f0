//! `systems.toml`: the information systems, with the columns of the yearly report by level.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use report::Bilingual;

use super::entry::cut;
use super::units::Units;
use super::{Term, sample_mark};
use crate::policy::document::{Document, Item, Section};
use crate::policy::problem::{Page, did_you_mean};

mod form;

/// The file.
pub const FILE: &str = "register/systems.toml";

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            pub(crate) const WORDS: &[&'static str] = &[$($word),+];

            /// The word in the register and in metrics.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            pub(crate) fn read(item: &Item<'_>) -> Option<Self> {
                let word = item.word(Self::WORDS)?;
                [$(Self::$variant),+].into_iter().find(|choice| choice.name() == word)
            }
        }
    };
}

words! {
    /// Under which law the level was determined; both are in use until mid-2027.
    LegalBasis {
        /// Decree 85/2016.
        Decree85 = "ND85_2016";
        /// Decree 331/2026.
        Decree331 = "ND331_2026";
    }
}

words! {
    /// How far the approval of the level has come.
    Status {
        /// The dossier is being drafted.
        Draft = "draft";
        /// Sent for appraisal.
        Submitted = "submitted";
        /// Appraised.
        Appraised = "appraised";
        /// Approved.
        Approved = "approved";
    }
}

words! {
    /// What kind of system it is.
    SystemType {
        /// Serves the agency itself.
        Internal = "internal";
        /// Serves citizens and businesses.
        Service = "service";
        /// Carries other systems.
        Infrastructure = "infrastructure";
    }
}

words! {
    /// How far the approved plan is deployed.
    Deployment {
        /// Not at all.
        None = "none";
        /// Some of it.
        Partial = "partial";
        /// All of it.
        Full = "full";
    }
}

words! {
    /// When the system was inspected.
    Inspection {
        /// Before it went into use.
        BeforeUse = "before_use";
        /// At intervals.
        Periodic = "periodic";
    }
}

/// A numbered document of an authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Its number, as in `45/QĐ-BTP`.
    pub number: String,
    /// Its date.
    pub date: Date,
    /// Who issued it.
    pub authority: Option<String>,
}

/// One information system.
#[derive(Clone, Debug)]
pub struct System {
    /// Its id, which never changes or returns.
    pub id: String,
    /// Its name.
    pub name: Bilingual,
    /// The owner (*chủ quản*).
    pub owner: String,
    /// The operator (*đơn vị vận hành*).
    pub operator: String,
    /// The unit of the register that answers for it.
    pub unit: String,
    /// Under which law its level is determined.
    pub legal_basis: LegalBasis,
    /// What kind of system it is.
    pub kind: Option<SystemType>,
    /// Its level, 1 to 5; `None`: not determined.
    pub level: Option<u8>,
    /// How far the approval has come.
    pub status: Status,
    /// The decision that approves the level.
    pub decision: Option<Decision>,
    /// The security regulation.
    pub regulation: Option<Decision>,
    /// When approval is expected.
    pub expected_approval: Option<Date>,
    /// How far the plan is deployed.
    pub deployment: Deployment,
    /// When full deployment is expected.
    pub expected_deployment: Option<Date>,
    /// When it was inspected.
    pub inspected: Vec<Inspection>,
    /// The decision that approves the security plan.
    pub plan: Option<Decision>,
    /// When its level was last looked at again.
    pub redetermined: Option<Date>,
    /// What else the office wants to keep of it; for people, nothing goes by it.
    pub note: Option<String>,
    /// When it exists.
    pub term: Term,
}

impl System {
    /// The status of its level on a day: one whose decision comes later is only appraised.
    #[must_use]
    pub fn status_on(&self, day: Date) -> Status {
        let decided = self.decision.as_ref().is_some_and(|decision| decision.date <= day);
        match self.status {
            Status::Approved if !decided => Status::Appraised,
            status => status,
        }
    }

    /// Whether the decision on its plan was issued by a day.
    #[must_use]
    pub fn plan_is_approved(&self, on: Date) -> bool {
        self.plan.as_ref().is_some_and(|plan| plan.date <= on)
    }
}

/// Every system by id.
#[derive(Clone, Debug, Default)]
pub struct Systems {
    systems: BTreeMap<String, System>,
    /// False when the file has mistakes: references are then not held against it.
    whole: bool,
}

impl Systems {
    /// The system of this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&System> {
        self.systems.get(id)
    }

    /// Every system, ordered by id.
    pub fn iter(&self) -> impl Iterator<Item = &System> {
        self.systems.values()
    }

    /// The systems in force on a day.
    pub fn in_force(&self, on: Date) -> impl Iterator<Item = &System> {
        self.iter().filter(move |system| system.term.holds(on))
    }

    /// A decision counts from its date, a system in its time.
    pub(super) fn turns(&self, turns: &mut BTreeSet<Date>) {
        for system in self.systems.values() {
            system.term.turns(turns);
            turns
                .extend([&system.decision, &system.plan].into_iter().flatten().map(|one| one.date));
        }
    }

    /// Notes a reference to a system that does not exist.
    pub(crate) fn check(&self, id: &str, wrong: impl FnOnce(String, Option<String>)) {
        if self.whole && !self.systems.contains_key(id) {
            let help = did_you_mean(id, self.systems.keys().map(String::as_str))
                .or_else(|| Some(format!("systems are listed in {FILE}")));
            wrong(format!("unknown system `{}`", cut(id)), help);
        }
    }
}

pub(super) fn read(page: Page<'_>, units: &Units, sample: &mut bool) -> Systems {
    let before = page.ledger.count();
    let mut systems = Systems::default();
    let Some(document) = Document::parse(page) else {
        return systems;
    };
    let section = document.section();
    *sample |= sample_mark(&section);
    for item in section.get("system").and_then(|item| item.list()).unwrap_or_default() {
        read_system(&item, units, &mut systems);
    }
    section.finish();
    systems.whole = page.ledger.count() == before;
    systems
}

fn read_system(item: &Item<'_>, units: &Units, systems: &mut Systems) -> Option<()> {
    let section = item.section()?;
    let id_item = section.need("id");
    let system = system(&section, units);
    section.finish();
    let system = system?;
    if systems.systems.contains_key(&system.id) {
        id_item?.wrong(format!("the system `{}` stands here twice", system.id));
        return None;
    }
    systems.systems.insert(system.id.clone(), system);
    Some(())
}

/// Reads every key before it gives up on any, so that all mistakes are found at once.
fn system(section: &Section<'_>, units: &Units) -> Option<System> {
    let id = section.get("id").and_then(|item| item.id());
    let name = section.need("name").and_then(|item| item.bilingual());
    let owner = section.need("owner").and_then(|item| item.string());
    let operator = section.need("operator").and_then(|item| item.string());
    let unit = section.need("unit").and_then(|item| read_unit(&item, units));
    let legal_basis = section.need("legal_basis").and_then(|item| LegalBasis::read(&item));
    let kind = section.get("type").and_then(|item| SystemType::read(&item));
    let level = section.get("level").and_then(|item| read_level(&item));
    let status = section.need("status").and_then(|item| Status::read(&item));
    let decision = section.get("decision").and_then(|item| read_decision(&item));
    let regulation = section.get("regulation").and_then(|item| read_decision(&item));
    let expected_approval = section.get("expected_approval").and_then(|item| item.date());
    let deployment = section.need("deployment").and_then(|item| Deployment::read(&item));
    let expected_deployment = section.get("expected_deployment").and_then(|item| item.date());
    let inspected = section.get("inspected").map(|item| item.each(Inspection::read));
    let plan = section.get("plan").and_then(|item| read_decision(&item));
    let redetermined = section.get("redetermined").and_then(|item| item.date());
    let note = section.get("note").and_then(|item| item.string());
    let term = Term::read(section);
    let said = form::Said {
        level,
        status,
        decision: decision.as_ref(),
        regulation: regulation.as_ref(),
        plan: plan.as_ref(),
        redetermined,
        deployment,
        term,
    };
    form::check(section, &said);
    Some(System {
        id: id?,
        name: name?,
        owner: owner?,
        operator: operator?,
        unit: unit?,
        legal_basis: legal_basis?,
        kind,
        level,
        status: status?,
        decision,
        regulation,
        expected_approval,
        deployment: deployment?,
        expected_deployment,
        inspected: inspected.unwrap_or_default(),
        plan,
        redetermined,
        note,
        term,
    })
}

fn read_unit(item: &Item<'_>, units: &Units) -> Option<String> {
    let unit = item.string()?;
    units.check(&unit, |message, help| item.wrong_with_help(message, help));
    Some(unit)
}

/// A level from 1 to 5.
pub(crate) fn read_level(item: &Item<'_>) -> Option<u8> {
    let level = u8::try_from(item.count()?).ok().filter(|level| (1..=5).contains(level));
    if level.is_none() {
        item.wrong("a level is a number from 1 to 5");
    }
    level
}

pub(super) fn read_decision(item: &Item<'_>) -> Option<Decision> {
    let section = item.section()?;
    let number = section.need("number").and_then(|item| item.string());
    let date = section.need("date").and_then(|item| item.date());
    let authority = section.get("authority").and_then(|item| item.string());
    section.finish();
    Some(Decision { number: number?, date: date?, authority })
}

#[cfg(test)]
mod tests;
