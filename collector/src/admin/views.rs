//! What officers are shown: plain data, made from a policy set, the machines and a moment.

pub mod unit;

use std::collections::BTreeMap;

use report::verdict::Ruling;
use report::{Bilingual, FactKey, MachineId, State, Timestamp, Verdict};
use serde::{Deserialize, Serialize};

use crate::fleet::{Fleet, Slot};
use crate::live::Live;
use crate::machine::view::{Datum, Seen};
use crate::machine::{MachineView, Standing};
use crate::policy::explanation::{Explanation, tell};
use crate::policy::roll::Member;
use crate::policy::{Judgement, PolicySet, Posture, Subject, explain, judge};
use crate::store::MemberSince;
use crate::when::AsKnown;

const HOST_NAME: FactKey = FactKey::of("machine.host_name");

/// One machine in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineRow {
    /// Its register id; `None`: it is not in the register.
    pub row: Option<String>,
    /// Its identity; `None`: it never enrolled.
    pub id: Option<MachineId>,
    /// Whose identity it uses from other hardware; `None`: its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clone_of: Option<MachineId>,
    /// The register row it waits for, which another identity holds or held.
    pub claims: Option<String>,
    /// Its unit.
    pub unit: Option<String>,
    /// What it is.
    pub kind: Option<String>,
    /// The level of its information system; `None`: not determined.
    pub level: Option<u8>,
    /// Its host name, as it last said.
    pub host_name: Option<String>,
    /// Its state.
    pub state: State,
    /// When it was last heard of.
    pub last_contact: Option<Timestamp>,
    /// Its clock minus the collector's at that contact, in seconds; `None`: not measured yet.
    pub clock_skew: Option<i64>,
    /// The rules that fail.
    pub failing: Vec<String>,
    /// Whether the register is marked as a sample.
    pub sample: bool,
}

impl MachineRow {
    /// What to call it.
    #[must_use]
    pub fn name(&self) -> String {
        self.row
            .clone()
            .or_else(|| self.id.map(|id| id.to_string()))
            .unwrap_or_else(|| "?".to_owned())
    }
}

/// One machine with its verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineDetail {
    /// The machine.
    pub machine: MachineRow,
    /// What the judge says.
    pub verdict: Verdict,
    /// Since when it has been so; `None`: it is told of the past, or of no log.
    pub since: Option<MemberSince>,
}

/// One machine and why it is judged as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineExplanation {
    /// The machine.
    pub machine: MachineRow,
    /// The whole chain, from its state to what an agent saw.
    pub explanation: Explanation,
    /// Since when it has been so; `None`: it is told of the past, or of no log.
    pub since: Option<MemberSince>,
}

impl MachineExplanation {
    /// The same with one rule only, and the facts that it rests on.
    ///
    /// # Errors
    /// As [`Explanation::narrowed`].
    pub fn narrowed(self, rule: &str) -> Result<Self, String> {
        Ok(Self { explanation: self.explanation.narrowed(rule)?, ..self })
    }
}

/// How far one target has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetView {
    /// Its id.
    pub target: String,
    /// Its name.
    pub title: Bilingual,
    /// How many are counted.
    pub members: u64,
    /// For how many of them it holds, as far as it was observed or decided.
    pub met: u64,
    /// For how many declared machines somebody attests it: never part of `met`.
    pub attested: u64,
    /// Whether what is attested counts towards the goal.
    pub counts_attested: bool,
    /// The percentage to reach.
    pub goal: u8,
    /// Whether it is reached, in whole numbers.
    pub met_goal: bool,
}

/// The posture of everyone answered for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostureView {
    /// The moment it is about.
    pub at: Timestamp,
    /// How that moment is told, where it is past; `None`: it is the present.
    pub known: Option<AsKnown>,
    /// The hash of the policy set it was judged by.
    pub policies: String,
    /// The hash of the set that waits for an officer's word, where a running collector holds one.
    pub held: Option<String>,
    /// Whether a running collector found the policies folder faulty, or could not put it in force.
    pub faulty: bool,
    /// Whether the register is marked as a sample.
    pub sample: bool,
    /// Every target.
    pub targets: Vec<TargetView>,
    /// How many machines are in each state.
    pub states: BTreeMap<String, u64>,
    /// How many machines may carry no agent and are only declared: in no state.
    pub declared: u64,
}

/// The machine of this register id or identity; machines that no longer count are found by their
/// identity alone.
#[must_use]
pub fn machine(live: &Live, name: &str) -> Option<MachineDetail> {
    let (roll, found) = (live.roll(), Found::named(live, name)?);
    let verdict = explain(roll.set(), roll.day(), &found.subject, roll.clock());
    Some(MachineDetail { machine: found.machine, verdict, since: None })
}

/// Why the machine of this register id or identity is judged as it is.
#[must_use]
pub fn explanation(live: &Live, name: &str) -> Option<MachineExplanation> {
    let (roll, found) = (live.roll(), Found::named(live, name)?);
    let seats_used = |contract| roll.seats_used(contract);
    let explanation = tell(roll.set(), roll.day(), &found.subject, roll.clock(), &seats_used);
    Some(MachineExplanation { machine: found.machine, explanation, since: None })
}

/// Whether a machine goes by this register id or identity.
pub(super) fn is_machine(live: &Live, name: &str) -> bool {
    Found::named(live, name).is_some()
}

/// A machine that was asked for.
struct Found<'l> {
    machine: MachineRow,
    subject: Subject<'l>,
}

impl<'l> Found<'l> {
    fn named(live: &'l Live, name: &str) -> Option<Self> {
        let (roll, fleet) = (live.roll(), live.fleet());
        let (set, clock) = (roll.set(), roll.clock());
        let registered = set.register.machines.index(name).and_then(|row| roll.member_at(row));
        let slot = if registered.is_none() { Some(find(fleet, name)?) } else { None };
        let member = registered.or_else(|| roll.member_of(slot?));
        let Some(member) = member else {
            let subject = Subject::of(set, fleet.at(slot?), clock.now);
            let machine = described(set, &subject, &judge(set, &subject, clock));
            return Some(Self { machine, subject });
        };
        let subject = roll.subject(fleet, &member)?;
        Some(Self { machine: row(live, &member), subject })
    }
}

/// The posture of everyone answered for; of the folder, only what is in force is known here.
#[must_use]
pub fn posture(live: &Live) -> PostureView {
    let set = live.roll().set();
    let posture = Posture::of(live.roll());
    let mut states = BTreeMap::new();
    for ((_, state), count) in &posture.machines {
        *states.entry(state.name().to_owned()).or_default() += count;
    }
    let targets = set.targets.list.iter().zip(&posture.targets);
    PostureView {
        at: posture.clock.now,
        known: live.known(),
        policies: set.hash.to_string(),
        held: None,
        faulty: false,
        sample: set.register.is_sample(),
        targets: targets
            .map(|(target, posture)| TargetView {
                target: target.id.clone(),
                title: target.title.clone(),
                members: posture.total.members,
                met: posture.total.met,
                attested: posture.all_attested(),
                counts_attested: posture.counts_attested,
                goal: posture.goal,
                met_goal: posture.is_met(),
            })
            .collect(),
        states,
        declared: posture.declared.values().sum(),
    }
}

/// The machine of this identity, or the one that holds this register row.
#[must_use]
pub fn find(fleet: &Fleet, name: &str) -> Option<Slot> {
    if let Some(slot) = name.parse().ok().and_then(|id| fleet.find(id)) {
        return Some(slot);
    }
    fleet.slots().find(|slot| {
        let machine = fleet.at(*slot);
        let holds = match machine.standing {
            Standing::Current | Standing::Clone => true,
            Standing::Pending | Standing::Revoked => false,
        };
        holds && machine.row() == Some(name)
    })
}

pub(crate) fn row(live: &Live, member: &Member<'_>) -> MachineRow {
    let set = live.roll().set();
    let failing = set.rules.iter().zip(member.rulings());
    let failing = failing.filter(|(_, ruling)| *ruling == Ruling::Fail);
    let machine = member.machine.map(|slot| live.fleet().at(slot));
    MachineRow {
        row: member.row.map(|row| row.id.to_owned()),
        id: machine.map(|machine| machine.id),
        clone_of: machine.and_then(MachineView::clone_of),
        claims: machine.and_then(claims),
        unit: member.unit().map(str::to_owned),
        kind: member.entry.kind.map(|kind| kind.name().to_owned()),
        level: member.entry.level,
        host_name: machine
            .and_then(host_name)
            .or_else(|| member.row.and_then(|row| row.host_name.map(str::to_owned))),
        state: member.entry.state,
        last_contact: machine.map(|machine| machine.last_contact.at),
        clock_skew: machine.and_then(clock_skew),
        failing: failing.map(|(rule, _)| rule.id.clone()).collect(),
        sample: set.register.is_sample(),
    }
}

/// A machine that is no member, as far as it can still be described.
fn described(set: &PolicySet, subject: &Subject<'_>, judgement: &Judgement<'_>) -> MachineRow {
    let failing = set.rules.iter().zip(&judgement.rules);
    let failing = failing.filter(|(_, ruling)| ruling.ruling == Ruling::Fail);
    MachineRow {
        row: subject.row.map(|row| row.id.to_owned()),
        id: subject.machine.map(|machine| machine.id),
        clone_of: subject.machine.and_then(MachineView::clone_of),
        claims: subject.machine.and_then(claims),
        unit: judgement.unit.map(str::to_owned),
        kind: judgement.kind.map(|kind| kind.name().to_owned()),
        level: judgement.level,
        host_name: subject.machine.and_then(host_name),
        state: judgement.state,
        last_contact: subject.machine.map(|machine| machine.last_contact.at),
        clock_skew: subject.machine.and_then(clock_skew),
        failing: failing.map(|(rule, _)| rule.id.clone()).collect(),
        sample: set.register.is_sample(),
    }
}

fn claims(machine: MachineView<'_>) -> Option<String> {
    match machine.standing {
        Standing::Pending => machine.row().map(str::to_owned),
        Standing::Current | Standing::Clone | Standing::Revoked => None,
    }
}

/// Enrolment is a contact that tells no time: the first report does.
fn clock_skew(machine: MachineView<'_>) -> Option<i64> {
    machine.has_reported().then_some(machine.last_contact.skew)
}

fn host_name(machine: MachineView<'_>) -> Option<String> {
    match machine.fact(HOST_NAME)? {
        Seen::Known(Datum::Text(name)) => Some(name.to_owned()),
        Seen::Known(_) | Seen::Absent | Seen::Unknown(_) => None,
    }
}

#[cfg(test)]
mod tests;
