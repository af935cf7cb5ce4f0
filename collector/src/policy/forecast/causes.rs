//! The end that makes a rule say worse of a machine: read off the facts that the judge rests on,
//! as they are today and at the horizon.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use report::{FactKey, Timestamp};
use serde::{Deserialize, Serialize};

use crate::policy::constraint::{Clause, ClauseRuling};
use crate::policy::explanation::iso;
use crate::policy::facts::Evidence;
use crate::policy::judge::{Bench, Scope};
use crate::policy::{Hourglass, PolicySet, Roll, Rule, Subject};
use crate::register::{Ahead, Licence};

const UNTIL: FactKey = FactKey::of("antivirus.licence.until");

/// Something that ends.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct End {
    /// Its last day; `None`: it has none of its own.
    #[serde(with = "day")]
    pub ends: Option<Date>,
    /// What it is.
    #[serde(flatten)]
    pub matter: Matter,
}

/// What ends.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Matter {
    /// A contract: its seats.
    Contract {
        /// Its id in `licences.toml`.
        contract: String,
        /// Its number.
        number: String,
    },
    /// Seats of a contract that goes on: machines whose own contract ends take them.
    Seats {
        /// Its id in `licences.toml`.
        contract: String,
        /// Its number.
        number: String,
    },
    /// The licence that a product tells of itself.
    Licence {
        /// The product, by the id of the catalogue.
        product: String,
    },
    /// Support for an operating system.
    Support {
        /// The release, with its phase of extended support.
        system: String,
    },
    /// A waiver.
    Waiver {
        /// Its id in `waivers.toml`.
        waiver: String,
        /// The number of the decision.
        decision: String,
    },
    /// An attestation about declared machines.
    Attestation {
        /// The unit.
        unit: String,
        /// What machines it is about.
        machines: String,
        /// Who attests.
        by: String,
    },
    /// A training that grows too old.
    Training {
        /// The unit.
        unit: String,
        /// The day of the training.
        #[serde(with = "iso")]
        on: Date,
    },
    /// Another end that a machine tells of.
    Fact {
        /// The fact.
        fact: String,
    },
}

impl Matter {
    pub(super) fn is_waiver(&self) -> bool {
        match self {
            Self::Waiver { .. } => true,
            Self::Contract { .. }
            | Self::Seats { .. }
            | Self::Licence { .. }
            | Self::Support { .. }
            | Self::Attestation { .. }
            | Self::Training { .. }
            | Self::Fact { .. } => false,
        }
    }
}

impl End {
    /// What it is called by in one forecast.
    #[must_use]
    pub fn id(&self) -> String {
        let dated = |text: &str| match self.ends {
            Some(day) => format!("{text}/{day}"),
            None => text.to_owned(),
        };
        match &self.matter {
            Matter::Contract { contract, .. } => format!("contract/{contract}"),
            Matter::Seats { contract, .. } => format!("seats/{contract}"),
            Matter::Licence { product } => dated(&format!("licence/{product}")),
            Matter::Support { system } => dated(&format!("support/{system}")),
            Matter::Waiver { waiver, .. } => format!("waiver/{waiver}"),
            Matter::Attestation { unit, machines, .. } => {
                dated(&format!("attestation/{unit}/{machines}"))
            }
            Matter::Training { unit, on } => format!("training/{unit}/{on}"),
            Matter::Fact { fact } => dated(&format!("fact/{fact}")),
        }
    }
}

/// The ends that make each of these rules say worse of a machine.
pub(super) fn ends<'s>(
    roll: &'s Roll,
    now: &Subject<'s>,
    later: &'s Roll,
    then: &Subject<'s>,
    rules: &[usize],
) -> Vec<(&'s Rule, BTreeSet<End>)> {
    let glasses = [Hourglass::new(roll.clock()), Hourglass::new(later.clock())];
    let set: &PolicySet = roll.set();
    let benches = Benches {
        now: Bench::new(set, roll.day(), now, &glasses[0]),
        then: Bench::new(set, later.day(), then, &glasses[1]),
        last: later.day().ahead().last,
    };
    rules.iter().map(|rule| (&set.rules[*rule], benches.ends(*rule))).collect()
}

/// A machine before the judge today and at the horizon.
struct Benches<'b, 'm> {
    now: Bench<'b, 'm>,
    then: Bench<'b, 'm>,
    /// The day of the horizon.
    last: Date,
}

impl Benches<'_, '_> {
    fn ends(&self, rule: usize) -> BTreeSet<End> {
        let waiver = self.now.waiver(rule).filter(|_| self.then.waiver(rule).is_none());
        let excused = waiver.map(|waiver| End {
            ends: Some(waiver.until),
            matter: Matter::Waiver {
                waiver: waiver.id.clone(),
                decision: waiver.decision.number.clone(),
            },
        });
        self.turned(rule).into_iter().map(|fact| self.end(fact)).chain(excused).collect()
    }

    /// The facts of which a clause of a rule that is met today is not met at the horizon.
    fn turned(&self, rule: usize) -> Vec<FactKey> {
        let rule = &self.now.set.rules[rule];
        let Scope::Asked(requirement) = self.now.setting.scope(rule) else {
            return Vec::new();
        };
        let passes = |bench: &Bench<'_, '_>, clause: &Clause| {
            clause.judge(&bench.facts, bench.clock) == ClauseRuling::Pass
        };
        let clauses = requirement.clauses(self.now.setting.os);
        let turned = clauses.filter(|one| passes(&self.now, one) && !passes(&self.then, one));
        turned.map(|clause| clause.key).collect()
    }

    /// What a fact rests on today, and when that ends.
    fn end(&self, fact: FactKey) -> End {
        match self.now.facts.evidence(fact) {
            Some(Evidence::Contract(contract)) => self.contract(contract),
            Some(Evidence::Product(product) | Evidence::Licence { product, .. }) => End {
                ends: self.day(UNTIL),
                matter: Matter::Licence { product: product.to_owned() },
            },
            Some(Evidence::Lifecycle { release, phase }) => {
                let phase = phase.map(|phase| format!(" {}", phase.name)).unwrap_or_default();
                let system = format!("{}{phase}", release.name);
                End { ends: self.day(fact), matter: Matter::Support { system } }
            }
            Some(
                Evidence::Build(_)
                | Evidence::Lists
                | Evidence::Row(_)
                | Evidence::Systems(_)
                | Evidence::Chassis
                | Evidence::Token
                | Evidence::Claim
                | Evidence::PendingSince(_),
            )
            | None => {
                let matter = Matter::Fact { fact: fact.name().to_owned() };
                End { ends: self.day(fact), matter }
            }
        }
    }

    /// A contract that goes on has lost its seat to a machine that enrolled earlier.
    fn contract(&self, licence: &Licence) -> End {
        let (contract, number) = (licence.id.clone(), licence.contract.number.clone());
        match licence.until < self.last {
            true => {
                End { ends: Some(licence.until), matter: Matter::Contract { contract, number } }
            }
            false => End { ends: None, matter: Matter::Seats { contract, number } },
        }
    }

    fn day(&self, fact: FactKey) -> Option<Date> {
        let at: Timestamp = self.now.facts.get(fact).moment()?.at;
        Some(self.now.set.targets.calendar.date_of(at))
    }
}

/// An attestation that ends.
pub(super) struct Paper<'s> {
    pub(super) end: End,
    pub(super) unit: &'s str,
    /// For how many machines it says that a target holds, by the id of the target.
    pub(super) met: BTreeMap<String, u64>,
}

/// The attestations that count today and no longer at the horizon.
pub(super) fn attestations(set: &PolicySet, ahead: Ahead) -> impl Iterator<Item = Paper<'_>> {
    set.register.declared.in_force(ahead.today).filter_map(move |group| {
        let attestation = group.attestation(ahead.today).filter(|one| one.until < ahead.last)?;
        let unit = set.register.units.at(group.unit).id.as_str();
        let met = attestation.met.iter().map(|(id, met)| (id.clone(), u64::from(*met)));
        let end = End {
            ends: Some(attestation.until),
            matter: Matter::Attestation {
                unit: unit.to_owned(),
                machines: group.kind.name().to_owned(),
                by: attestation.by.clone(),
            },
        };
        Some(Paper { end, unit, met: met.collect() })
    })
}

/// The trainings that count today and no longer at the horizon: of which unit, and how many heads.
pub(super) fn trainings(set: &PolicySet, ahead: Ahead) -> impl Iterator<Item = (End, &str, u64)> {
    set.register.training.iter().flat_map(move |staff| {
        let unit = set.register.units.at(staff.unit).id.as_str();
        let over = staff
            .trained
            .iter()
            .filter(move |session| session.counts(ahead.today) && !session.counts(ahead));
        over.map(move |session| {
            let matter = Matter::Training { unit: unit.to_owned(), on: session.on };
            (End { ends: Some(session.last_day()), matter }, unit, u64::from(session.heads))
        })
    })
}

/// A day that need not be known, as `2026-11-22`.
mod day {
    use jiff::civil::Date;
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    #[expect(clippy::ref_option, reason = "serde hands over a reference")]
    pub(super) fn serialize<S: Serializer>(day: &Option<Date>, to: S) -> Result<S::Ok, S::Error> {
        day.map(|day| day.to_string()).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Date>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| text.parse().map_err(D::Error::custom)).transpose()
    }
}
