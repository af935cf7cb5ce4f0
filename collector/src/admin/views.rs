//! What officers are shown: plain data, made from a policy set, the machines and a moment.

use std::collections::BTreeMap;
use std::sync::Arc;

use report::verdict::Ruling;
use report::{
    Bilingual, Fact, FactKey, MachineId, Outcome, State, Timestamp, Topic, Value, Verdict,
};
use serde::{Deserialize, Serialize};

use crate::machine::{Machine, MachineView, Standing};
use crate::policy::posture::Member;
use crate::policy::{JudgeClock, PolicySet, Posture, Subject, explain};

/// One machine in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineRow {
    /// Its register id; `None`: it is not in the register.
    pub row: Option<String>,
    /// Its identity; `None`: it never enrolled.
    pub id: Option<MachineId>,
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
    /// For how many of them it holds.
    pub met: u64,
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
    /// The hash of the policy set it was judged by.
    pub policies: String,
    /// Whether the register is marked as a sample.
    pub sample: bool,
    /// Every target.
    pub targets: Vec<TargetView>,
    /// How many machines are in each state.
    pub states: BTreeMap<String, u64>,
}

/// Every machine of the register and of the network.
#[must_use]
pub fn machines(set: &PolicySet, machines: &[Arc<Machine>], now: Timestamp) -> Vec<MachineRow> {
    let known = by_id(machines);
    let posture = Posture::take(set, known.values().copied(), JudgeClock::at(now));
    posture.members.iter().map(|member| row(set, member, &known)).collect()
}

/// The machine of this register id or identity; machines that no longer count are found by their
/// identity alone.
#[must_use]
pub fn machine(
    set: &PolicySet,
    machines: &[Arc<Machine>],
    name: &str,
    now: Timestamp,
) -> Option<MachineDetail> {
    let known = by_id(machines);
    let clock = JudgeClock::at(now);
    let posture = Posture::take(set, known.values().copied(), clock);
    let member = posture.members.iter().find(|member| {
        member.row.as_deref() == Some(name)
            || member.machine.is_some_and(|id| id.to_string() == name)
    });
    if let Some(member) = member {
        let machine = member.machine.and_then(|id| known.get(&id).copied()).map(MachineView::new);
        let row_in_force = member.row.as_deref().and_then(|id| set.register.machines.get(id));
        let subject = Subject { row: row_in_force, machine };
        let verdict = explain(set, &subject, clock);
        return Some(MachineDetail { machine: row(set, member, &known), verdict });
    }
    let machine = find(machines, name)?;
    let subject = Subject::of(set, MachineView::new(machine), now);
    let judgement = crate::policy::judge(set, &subject, clock);
    let row_id = subject.row.map(|row| row.id.to_owned());
    let member = Member { row: row_id, machine: Some(machine.id), judgement };
    let verdict = explain(set, &subject, clock);
    Some(MachineDetail { machine: row(set, &member, &known), verdict })
}

/// The posture of everyone answered for.
#[must_use]
pub fn posture(set: &PolicySet, machines: &[Arc<Machine>], now: Timestamp) -> PostureView {
    let posture = Posture::take(set, machines.iter().map(Arc::as_ref), JudgeClock::at(now));
    let mut states = BTreeMap::new();
    for ((_, state), count) in &posture.machines {
        *states.entry(state.name().to_owned()).or_default() += count;
    }
    let targets = set.targets.list.iter().zip(&posture.targets);
    PostureView {
        at: now,
        policies: set.hash.to_string(),
        sample: set.register.is_sample(),
        targets: targets
            .map(|(target, posture)| TargetView {
                target: target.id.clone(),
                title: target.title.clone(),
                members: posture.total.members,
                met: posture.total.met,
                goal: posture.goal,
                met_goal: posture.is_met(),
            })
            .collect(),
        states,
    }
}

/// The machine of this identity, or the one that holds this register row.
#[must_use]
pub fn find<'a>(machines: &'a [Arc<Machine>], name: &str) -> Option<&'a Machine> {
    let holds = |machine: &Machine| match machine.standing {
        Standing::Current | Standing::Clone => true,
        Standing::Pending | Standing::Revoked => false,
    };
    let mut by_row = None;
    for machine in machines {
        if machine.id.to_string() == name {
            return Some(machine);
        }
        if machine.row.as_deref() == Some(name) && holds(machine) {
            by_row = Some(machine.as_ref());
        }
    }
    by_row
}

fn by_id(machines: &[Arc<Machine>]) -> BTreeMap<MachineId, &Machine> {
    machines.iter().map(|machine| (machine.id, machine.as_ref())).collect()
}

fn row(set: &PolicySet, member: &Member<'_>, known: &BTreeMap<MachineId, &Machine>) -> MachineRow {
    let machine = member.machine.and_then(|id| known.get(&id).copied());
    let judgement = &member.judgement;
    let registered = member.row.as_deref().and_then(|id| set.register.machines.get(id));
    let failing = set.rules.iter().zip(&judgement.rules);
    MachineRow {
        row: member.row.clone(),
        id: member.machine,
        unit: judgement.unit.map(str::to_owned),
        kind: judgement.kind.map(|kind| kind.name().to_owned()),
        level: judgement.level,
        host_name: machine
            .and_then(host_name)
            .or_else(|| registered.and_then(|row| row.host_name.map(str::to_owned))),
        state: judgement.state,
        last_contact: machine.map(|machine| machine.last_contact.at),
        clock_skew: machine.and_then(clock_skew),
        failing: failing
            .filter(|(_, ruling)| ruling.ruling == Ruling::Fail)
            .map(|(rule, _)| rule.id.clone())
            .collect(),
    }
}

/// Enrolment is a contact that tells no time: the first report does.
fn clock_skew(machine: &Machine) -> Option<i64> {
    (!machine.topics.is_empty()).then_some(machine.last_contact.skew)
}

fn host_name(machine: &Machine) -> Option<String> {
    let kept = machine.topics.get(&Topic::Machine)?;
    let Outcome::Observed(facts) = &kept.observation.outcome else {
        return None;
    };
    match &facts.get(&FactKey::named("machine.host_name")?)?.fact {
        Fact::Known(Value::Text(name)) => Some(name.to_string()),
        Fact::Known(_) | Fact::Absent | Fact::Unknown(_) => None,
    }
}
