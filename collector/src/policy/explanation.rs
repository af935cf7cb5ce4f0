//! Why a machine is judged as it is: each rule, what it rests on, and where that was seen.
//!
//! It is plain data, told by the very [`Bench`](mod@super::judge) that judges. Rules name the facts
//! they ask for; [`Explanation::facts`] holds each of those facts once, with the facts it was
//! derived from, down to what an agent saw.

use std::collections::BTreeMap;

use jiff::civil::Date;
use report::verdict::{Ruling, Severity, State};
use report::{Bilingual, Timestamp};
use serde::{Deserialize, Serialize};

use super::PolicySet;
use super::day::Day;
use super::hourglass::{Hourglass, NEVER};
use super::judge::Bench;
use super::problem::did_you_mean;
use super::subject::{JudgeClock, Subject};
use crate::machine::{Machine, MachineView};

mod derivation;
mod everyone;
mod facts;
mod rules;
mod state;

pub use everyone::{Asked, InForce, RuleExplanation, Said, SaidOfLevel, SaidOfUnit, Unsaid};

/// Why a machine is judged as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// The moment it is about.
    pub at: Timestamp,
    /// The time zone of the office, in which people read the moments in here.
    pub zone: String,
    /// The hash of the policy set it was judged by.
    pub policies: String,
    /// Its state, and why.
    pub state: StateReason,
    /// When it can next be judged otherwise.
    pub turns: Turns,
    /// Each rule of the set, in its order.
    pub rules: Vec<RuleReason>,
    /// Every fact that is named above or by another fact in here, by its name.
    pub facts: BTreeMap<String, FactReason>,
}

/// The first state that holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateReason {
    /// The state.
    pub state: State,
    /// Why it holds.
    pub why: Bilingual,
    /// The states that would have come first, and why they do not hold.
    pub passed_over: Vec<Bilingual>,
    /// The ids of the rules that decide it; empty where none is asked.
    pub rules: Vec<String>,
}

/// When a judgement can next turn out otherwise though nothing new is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turns {
    /// When the clock alone changes it; `None`: it never does.
    pub at: Option<Timestamp>,
    /// The end of the day: then dates in the register may change it.
    pub midnight: Timestamp,
}

/// Why a rule gives what it gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleReason {
    /// The rule's id.
    pub rule: String,
    /// How much it matters.
    pub severity: Severity,
    /// The outcome.
    pub outcome: Ruling,
    /// The rule's name.
    pub title: Bilingual,
    /// Why it is unknown.
    pub why: Option<Bilingual>,
    /// What its applying to this machine hangs on.
    pub conditions: Vec<Condition>,
    /// Which of its tables speaks for the machine's level.
    pub table: Bilingual,
    /// What it asks for, in one phrase.
    pub required: Bilingual,
    /// What it asks for, piece by piece; empty where nothing is asked of this machine.
    pub demands: Vec<DemandReason>,
    /// The decision that excuses the machine from it where it fails.
    pub waiver: Option<WaiverReason>,
    /// What to do; empty unless something is to be done.
    pub remedy: Bilingual,
}

/// One thing a rule's applying hangs on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// Whether the machine meets it; `None`: it is not known.
    pub holds: Option<bool>,
    /// What the rule wants and what the machine is.
    pub what: Bilingual,
    /// The fact that tells what the machine is, where one does.
    pub fact: Option<String>,
}

/// One demand of a rule: one of its alternatives must hold. Most have one only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DemandReason {
    /// What comes of it.
    pub outcome: Ruling,
    /// The alternatives.
    pub alternatives: Vec<AlternativeReason>,
}

/// One alternative of a demand: all of its clauses must hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlternativeReason {
    /// What comes of it.
    pub outcome: Ruling,
    /// The clauses.
    pub clauses: Vec<ClauseReason>,
}

/// What is asked of one fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClauseReason {
    /// The fact.
    pub fact: String,
    /// What is asked for.
    pub required: Bilingual,
    /// What is there, as the clause sees it.
    pub observed: Bilingual,
    /// What comes of it.
    pub outcome: Ruling,
}

/// A decision that excuses from a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaiverReason {
    /// Its id in the register.
    pub id: String,
    /// The number of the decision.
    pub decision: String,
    /// Its date.
    #[serde(with = "iso")]
    pub date: Date,
    /// Who approved it.
    pub approver: String,
    /// Why.
    pub reason: Bilingual,
    /// Its first day.
    #[serde(with = "iso")]
    pub from: Date,
    /// Its last day.
    #[serde(with = "iso")]
    pub until: Date,
}

/// One fact and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactReason {
    /// What the fact means.
    pub meaning: Bilingual,
    /// What is known of it, or why it is not.
    pub found: Bilingual,
    /// Where it comes from.
    pub from: Basis,
}

/// Where a fact comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The collector derived it.
    Derived {
        /// How, step by step: the election, the catalogues, the register.
        steps: Vec<Bilingual>,
        /// The facts it was derived from.
        facts: Vec<String>,
    },
    /// The agent saw it, or tried to.
    Seen(Sighting),
    /// No report holds it.
    Unreported,
}

/// What the agent saw, in a report that the collector keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sighting {
    /// The topic of the report.
    pub topic: String,
    /// What the report says, moments by the collector's clock.
    pub said: Bilingual,
    /// Where the agent read it, in its own words.
    pub source: Option<String>,
    /// For a list: each of its records.
    pub records: Vec<Vec<FieldSighting>>,
    /// When it was seen, by the collector's clock.
    pub seen_at: Timestamp,
    /// When a heartbeat last confirmed it; `None`: none has, or none can.
    pub confirmed_at: Option<Timestamp>,
    /// The last moment it speaks for.
    pub stale_after: Timestamp,
    /// When the report arrived.
    pub received_at: Timestamp,
    /// By how many seconds the machine's clock was ahead, where that corrected a moment.
    pub corrected_by: Option<i64>,
}

/// One field of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldSighting {
    /// The field.
    pub field: String,
    /// What the field means.
    pub meaning: Bilingual,
    /// What the report says.
    pub said: Bilingual,
    /// Where the agent read it.
    pub source: Option<String>,
}

/// Judges one machine and tells why. `seats_used` says of how many seats of a contract, by its
/// number, are in use.
#[must_use]
pub fn tell(
    set: &PolicySet,
    day: &Day,
    subject: &Subject<'_>,
    clock: JudgeClock,
    seats_used: &dyn Fn(usize) -> u32,
) -> Explanation {
    let glass = Hourglass::new(clock);
    let bench = Bench::new(set, day, subject, &glass);
    // The telling asks the same glass: what it asks beyond the judge must not count.
    let judgement = bench.judgement();
    let machine = subject.machine.map(MachineView::unpack);
    let teller = Teller { bench: &bench, subject, machine: machine.as_ref(), seats_used };
    let rules: Vec<_> = (0..set.rules.len()).map(|rule| teller.rule(rule)).collect();
    let mut facts = BTreeMap::new();
    for name in rules.iter().flat_map(RuleReason::named) {
        teller.gather(name, &mut facts);
    }
    Explanation {
        at: clock.now,
        zone: set.targets.calendar.zone().to_owned(),
        policies: set.hash.to_string(),
        state: teller.state(&judgement),
        turns: Turns {
            at: Some(judgement.turns).filter(|at| *at != NEVER),
            midnight: set.targets.calendar.end_of(day.date()) + 1,
        },
        rules,
        facts,
    }
}

/// Who tells, with what the judge has before it.
struct Teller<'t, 'b, 'm> {
    bench: &'t Bench<'b, 'm>,
    subject: &'t Subject<'m>,
    /// The machine with the sources of its facts, which judging does not need.
    machine: Option<&'t Machine>,
    seats_used: &'t dyn Fn(usize) -> u32,
}

impl Explanation {
    /// The same with one rule only, and the facts that it rests on.
    ///
    /// # Errors
    /// When the set has no such rule: the message names the nearest, or all of them.
    pub fn narrowed(mut self, rule: &str) -> Result<Self, String> {
        let ids: Vec<_> = self.rules.iter().map(|one| one.rule.as_str()).collect();
        if !ids.contains(&rule) {
            let help = did_you_mean(rule, ids.iter().copied());
            let help = help.unwrap_or_else(|| format!("the rules are {}", ids.join(", ")));
            return Err(format!("the policies have no rule {rule:?}: {help}"));
        }
        self.rules.retain(|one| one.rule == rule);
        let mut kept = BTreeMap::new();
        let names: Vec<_> =
            self.rules.iter().flat_map(RuleReason::named).map(str::to_owned).collect();
        for name in names {
            keep(&name, &mut self.facts, &mut kept);
        }
        self.facts = kept;
        Ok(self)
    }
}

/// Moves a fact over, with the facts it was derived from.
fn keep(
    name: &str,
    facts: &mut BTreeMap<String, FactReason>,
    kept: &mut BTreeMap<String, FactReason>,
) {
    let Some(fact) = facts.remove(name) else {
        return;
    };
    let inputs = fact.inputs().to_vec();
    kept.insert(name.to_owned(), fact);
    for input in inputs {
        keep(&input, facts, kept);
    }
}

impl RuleReason {
    /// The names of the facts it speaks of, in the order in which it does.
    pub fn named(&self) -> impl Iterator<Item = &str> {
        let conditions = self.conditions.iter().filter_map(|one| one.fact.as_deref());
        let alternatives = self.demands.iter().flat_map(|demand| &demand.alternatives);
        let clauses = alternatives.flat_map(|one| &one.clauses);
        conditions.chain(clauses.map(|clause| clause.fact.as_str()))
    }
}

impl FactReason {
    /// The names of the facts it was derived from.
    #[must_use]
    pub fn inputs(&self) -> &[String] {
        match &self.from {
            Basis::Derived { facts, .. } => facts,
            Basis::Seen(_) | Basis::Unreported => &[],
        }
    }
}

/// Dates as `2026-11-22`.
pub(in crate::policy) mod iso {
    use jiff::civil::Date;
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(in crate::policy) fn serialize<S: Serializer>(
        date: &Date,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_str(date)
    }

    pub(in crate::policy) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Date, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests;
