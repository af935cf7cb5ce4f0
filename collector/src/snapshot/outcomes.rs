//! What was said of everyone: the figures, and each member.

use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use report::verdict::Ruling;
use report::{Bilingual, MachineId, State};
use serde::{Deserialize, Serialize};

use crate::live::Live;
use crate::policy::Posture;
use crate::policy::roll::Member;

/// The figures and every member. Its form is that of the kept ones: what is added later has to
/// leave these fields as they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcomes {
    /// Whether the register was marked as a sample.
    pub sample: bool,
    /// Each target, in the order of `targets.toml`.
    pub targets: Vec<TargetFigures>,
    /// How many machines were in each state.
    pub states: BTreeMap<String, u64>,
    /// How many machines could carry no agent and were only declared.
    pub declared: u64,
    /// Rows by id first, then machines outside the register as they enrolled.
    pub members: Vec<MemberOutcome>,
}

/// How far a target had come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetFigures {
    /// Its id.
    pub target: String,
    /// Its name.
    pub title: Bilingual,
    /// The percentage to reach.
    pub goal: u8,
    /// How many were counted.
    pub members: u64,
    /// For how many of them it held.
    pub met: u64,
    /// For how many declared machines somebody attested it.
    pub attested: u64,
    /// Whether what was attested counted.
    pub counts_attested: bool,
    /// Whether it was reached.
    pub met_goal: bool,
}

/// What was said of a member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberOutcome {
    /// Its register id; `None`: it was not in the register.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<String>,
    /// Its identity; `None`: it had none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<MachineId>,
    /// Its unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// What it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The level of its information systems.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<u8>,
    /// Its state.
    pub state: State,
    /// The rules that failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failing: Vec<String>,
    /// The rules that could not be judged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<String>,
    /// The rules it was excused from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waived: Vec<String>,
}

impl MemberOutcome {
    /// What to call it.
    #[must_use]
    pub fn name(&self) -> String {
        let id = || self.id.map(|id| id.to_string());
        self.row.clone().or_else(id).unwrap_or_default()
    }

    fn of(live: &Live, member: &Member<'_>) -> Self {
        let rules = &live.roll().set().rules;
        let ruled = |wanted: Ruling| {
            let rulings = rules.iter().zip(member.rulings());
            rulings.filter(|(_, one)| *one == wanted).map(|(rule, _)| rule.id.clone()).collect()
        };
        Self {
            row: member.row.map(|row| row.id.to_owned()),
            id: member.machine.map(|slot| live.fleet().at(slot).id),
            unit: member.unit().map(str::to_owned),
            kind: member.entry.kind.map(|kind| kind.name().to_owned()),
            level: member.entry.level,
            state: member.entry.state,
            failing: ruled(Ruling::Fail),
            unknown: ruled(Ruling::Unknown),
            waived: ruled(Ruling::Waived),
        }
    }
}

impl Outcomes {
    /// What is said of everyone.
    #[must_use]
    pub fn of(live: &Live) -> Self {
        let (set, posture) = (live.roll().set(), Posture::of(live.roll()));
        let mut states = BTreeMap::new();
        for ((_, state), count) in &posture.machines {
            *states.entry(state.name().to_owned()).or_default() += count;
        }
        let targets = set.targets.list.iter().zip(&posture.targets);
        Self {
            sample: set.register.is_sample(),
            targets: targets
                .map(|(target, posture)| TargetFigures {
                    target: target.id.clone(),
                    title: target.title.clone(),
                    goal: posture.goal,
                    members: posture.total.members,
                    met: posture.total.met,
                    attested: posture.all_attested(),
                    counts_attested: posture.counts_attested,
                    met_goal: posture.is_met(),
                })
                .collect(),
            states,
            declared: posture.declared.values().sum(),
            members: live.roll().members().map(|one| MemberOutcome::of(live, &one)).collect(),
        }
    }

    /// As JSON, packed.
    ///
    /// # Errors
    /// When packing fails, for want of memory.
    pub fn pack(&self) -> io::Result<Vec<u8>> {
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        serde_json::to_writer(&mut packed, self)?;
        packed.write_all(b"\n")?;
        packed.finish()
    }

    /// The outcomes again.
    ///
    /// # Errors
    /// What cannot be read, and why.
    pub fn unpack(packed: &[u8]) -> Result<Self, String> {
        let mut json = Vec::new();
        let fault = |why: &dyn std::fmt::Display| format!("the outcomes: {why}");
        GzDecoder::new(packed).read_to_end(&mut json).map_err(|error| fault(&error))?;
        serde_json::from_slice(&json).map_err(|error| fault(&error))
    }
}
