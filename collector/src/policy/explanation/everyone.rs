//! What one rule asks, and what it says of everyone.

use std::collections::BTreeMap;

use report::verdict::{Ruling, Severity};
use report::{Bilingual, Timestamp};
use serde::{Deserialize, Serialize};

use super::rules::named;
use crate::fleet::Fleet;
use crate::policy::day::Day;
use crate::policy::hourglass::Hourglass;
use crate::policy::judge::Bench;
use crate::policy::plan::{Crowd, Names};
use crate::policy::roll::{Member, Roll};
use crate::policy::rule::Requirements;
use crate::policy::why::{Matter, Why};
use crate::policy::{PolicySet, Rule};

/// What a rule asks, why, and what it says of everyone answered for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleExplanation {
    /// The moment it is about.
    pub at: Timestamp,
    /// The hash of the policy set everyone was judged by.
    pub policies: String,
    /// Whether the register is marked as a sample.
    pub sample: bool,
    /// The rule's id.
    pub rule: String,
    /// Its name.
    pub title: Bilingual,
    /// How much it matters.
    pub severity: Severity,
    /// Whether a decision may excuse a machine from it.
    pub waivable: bool,
    /// The file of the policies folder it stands in.
    pub file: String,
    /// The clauses of law and standards it comes from.
    pub source: Vec<String>,
    /// Which machines it concerns, matter by matter; empty: every one.
    pub applies: Vec<Bilingual>,
    /// What it asks at each level.
    pub asked: Vec<Asked>,
    /// What it says of everyone.
    pub everyone: Said,
    /// The same by unit, ordered by id; those of the units below are not among them.
    pub units: Vec<SaidOfUnit>,
    /// The same by level.
    pub levels: Vec<SaidOfLevel>,
    /// On whom it fails.
    pub failing: Crowd,
    /// Who is excused from it.
    pub waived: Crowd,
    /// Of whom it says nothing, by reason, the most first.
    pub unknown: Vec<Unsaid>,
    /// What to do where it fails.
    pub remedy: Bilingual,
    /// Since when it is in force; `None`: the store does not tell.
    pub in_force: Option<InForce>,
}

/// What a rule asks at some levels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The levels; `None` stands for machines whose level is not determined.
    pub levels: Vec<Option<u8>>,
    /// What it asks there.
    pub required: Bilingual,
}

/// Of how many members a rule says what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// It passes.
    pub pass: u64,
    /// It fails.
    pub fail: u64,
    /// It cannot be said.
    pub unknown: u64,
    /// It fails, and a decision excuses that.
    pub waived: u64,
    /// It does not concern them.
    pub not_applicable: u64,
}

impl Said {
    fn count(&mut self, ruling: Ruling) {
        let place = match ruling {
            Ruling::Pass => &mut self.pass,
            Ruling::Fail => &mut self.fail,
            Ruling::Unknown => &mut self.unknown,
            Ruling::Waived => &mut self.waived,
            Ruling::NotApplicable => &mut self.not_applicable,
        };
        *place += 1;
    }
}

/// What a rule says of the members of one unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaidOfUnit {
    /// The unit's id; `None`: no unit is known.
    pub unit: Option<String>,
    /// Of how many what.
    #[serde(flatten)]
    pub said: Said,
}

/// What a rule says of the members of one level.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaidOfLevel {
    /// The level; `None`: not determined.
    pub level: Option<u8>,
    /// Of how many what.
    #[serde(flatten)]
    pub said: Said,
}

/// Why nothing can be said of some members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsaid {
    /// The reason.
    pub why: Bilingual,
    /// What to do about it.
    pub remedy: Bilingual,
    /// Who they are.
    pub members: Crowd,
}

/// Since when a rule is in force, as far as the store goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InForce {
    /// Since when its file is part of every set.
    pub since: Timestamp,
    /// Since when the file stands as it does now.
    pub unchanged_since: Timestamp,
}

impl RuleExplanation {
    /// What the rule of this id asks and says; `None`: the set has none.
    #[must_use]
    pub fn of(roll: &Roll, fleet: &Fleet, id: &str) -> Option<Self> {
        let set = roll.set();
        let number = set.rules.iter().position(|rule| rule.id == id)?;
        let rule = &set.rules[number];
        let Survey { everyone, units, levels, failing, waived, unknown } =
            Survey::of(roll, fleet, number);
        Some(Self {
            at: roll.clock().now,
            policies: set.hash.to_string(),
            sample: set.register.is_sample(),
            rule: rule.id.clone(),
            title: rule.title.clone(),
            severity: rule.severity,
            waivable: rule.waivable,
            file: rule.file.clone(),
            source: rule.source.clone(),
            applies: applies(set, rule),
            asked: asked(rule),
            everyone,
            units: units.into_iter().map(|(unit, said)| SaidOfUnit { unit, said }).collect(),
            levels: levels.into_iter().map(|(level, said)| SaidOfLevel { level, said }).collect(),
            failing,
            waived,
            unknown: by_number(unknown),
            remedy: rule.remedy.clone(),
            in_force: None,
        })
    }
}

fn by_number(unknown: BTreeMap<(String, String), Unsaid>) -> Vec<Unsaid> {
    let mut unknown: Vec<_> = unknown.into_values().collect();
    unknown.sort_by_key(|one| std::cmp::Reverse(one.members.count));
    unknown
}

/// Which machines a rule names, matter by matter.
fn applies(set: &PolicySet, rule: &Rule) -> Vec<Bilingual> {
    let told = |matter: Matter| {
        let (name, wanted) = (matter.name(), named(set, matter, &rule.applies)?);
        Some(Bilingual::new(
            format!("{}: {}", name.vi, wanted.vi),
            format!("{}: {}", name.en, wanted.en),
        ))
    };
    Matter::ALL.into_iter().filter_map(told).collect()
}

/// What a rule asks at each level; levels at which it asks the same stand together.
fn asked(rule: &Rule) -> Vec<Asked> {
    let mut asked: Vec<Asked> = Vec::new();
    for level in (1..=5).map(Some).chain([None]) {
        let required = match rule.requirements(level) {
            Requirements::All(requirement) => requirement.required_by_name(None),
            Requirements::None => Bilingual::new("không yêu cầu gì", "nothing"),
            Requirements::LevelUndetermined => Bilingual::new(
                "không biết yêu cầu gì cho đến khi xác định cấp độ",
                "what is asked is not known until the level is determined",
            ),
        };
        match asked.iter_mut().find(|one| one.required == required) {
            Some(same) => same.levels.push(level),
            None => asked.push(Asked { levels: vec![level], required }),
        }
    }
    asked
}

/// What a rule says of everyone.
#[derive(Default)]
struct Survey {
    everyone: Said,
    units: BTreeMap<Option<String>, Said>,
    levels: BTreeMap<Option<u8>, Said>,
    failing: Crowd,
    waived: Crowd,
    /// By the reason in both languages.
    unknown: BTreeMap<(String, String), Unsaid>,
}

impl Survey {
    fn of(roll: &Roll, fleet: &Fleet, rule: usize) -> Self {
        let mut survey = Self::default();
        for member in roll.members() {
            survey.count(roll, fleet, rule, &member);
        }
        survey
    }

    fn count(&mut self, roll: &Roll, fleet: &Fleet, rule: usize, member: &Member<'_>) {
        let ruling = member.ruling(rule);
        let unit = member.unit().map(str::to_owned);
        self.everyone.count(ruling);
        self.units.entry(unit).or_default().count(ruling);
        self.levels.entry(member.entry.level).or_default().count(ruling);
        let name = || member.name(fleet);
        match ruling {
            Ruling::Fail => self.failing.add(Names::First, name),
            Ruling::Waived => self.waived.add(Names::First, name),
            Ruling::Unknown => {
                if let Some(unsaid) = reason(roll, fleet, rule, member) {
                    let reason = (unsaid.why.vi.clone(), unsaid.why.en.clone());
                    let known = self.unknown.entry(reason).or_insert(unsaid);
                    known.members.add(Names::First, name);
                }
            }
            Ruling::Pass | Ruling::NotApplicable => {}
        }
    }
}

/// Why nothing can be said of a member, from the bench that judges it.
fn reason(roll: &Roll, fleet: &Fleet, rule: usize, member: &Member<'_>) -> Option<Unsaid> {
    let (set, day): (&PolicySet, &Day) = (roll.set(), roll.day());
    let (subject, glass) = (roll.subject(fleet, member)?, Hourglass::new(roll.clock()));
    let why: Why<'_> = Bench::new(set, day, &subject, &glass).rule(rule).why?;
    let remedy = why.remedy().unwrap_or_else(|| set.rules[rule].remedy.clone());
    let why = why.summary(&set.targets.calendar);
    Some(Unsaid { why, remedy, members: Crowd::default() })
}

#[cfg(test)]
mod tests;
