//! The judge: a policy set, a machine and a clock give a verdict. It reads nothing else.
//!
//! Each clause of a rule gives pass, fail or unknown; a rule fails if one of them fails, else is
//! unknown if one is, else passes. Only the collector says "not applicable", and nothing that is
//! not known ever passes.

use std::borrow::Cow;

use report::catalogue::Platform;
use report::verdict::{Ruling, State};
use report::{Bilingual, Lang, RuleVerdict, Verdict};

use super::PolicySet;
use super::constraint::{Clause, ClauseRuling};
use super::derive::derive;
use super::facts::{Facts, Finding};
use super::rule::{Applies, Requirements, Rule};
use super::states;
use super::subject::{JudgeClock, Subject};
use super::why::{Matter, Why};
use super::words::{self, Instants};
use crate::register::MachineKind;

/// What the judge says of one machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// Its state.
    pub state: State,
    /// Why nothing better can be said, for the states that are not about a rule.
    pub why: Option<Why>,
    /// Its unit.
    pub unit: Option<String>,
    /// What kind of machine it is.
    pub kind: Option<MachineKind>,
    /// The level of its information systems.
    pub level: Option<u8>,
    /// Each rule of the set, in its order.
    pub rules: Vec<RuleRuling>,
}

/// What one rule says of one machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleRuling {
    /// The outcome.
    pub ruling: Ruling,
    /// Why it is unknown.
    pub why: Option<Why>,
}

/// Judges one machine.
#[must_use]
pub fn judge(set: &PolicySet, subject: &Subject<'_>, clock: JudgeClock) -> Judgement {
    Bench::new(set, subject, clock).judgement()
}

/// Judges one machine and puts it in words.
#[must_use]
pub fn explain(set: &PolicySet, subject: &Subject<'_>, clock: JudgeClock) -> Verdict {
    let bench = Bench::new(set, subject, clock);
    Verdict {
        state: bench.judgement().state,
        rules: set.rules.iter().map(|rule| bench.explain(rule)).collect(),
    }
}

/// What the applicability of a rule hangs on; `None` where it is not known.
#[derive(Clone, Debug, Default)]
pub(crate) struct Setting<'m> {
    pub(crate) os: Option<Platform>,
    pub(crate) kind: Option<MachineKind>,
    pub(crate) level: Option<u8>,
    /// The unit and every unit above it.
    pub(crate) units: Option<Vec<Cow<'m, str>>>,
    pub(crate) systems: Option<Vec<Cow<'m, str>>>,
}

/// Which clauses of a rule concern a machine.
enum Scope<'r> {
    NotApplicable,
    Undetermined(Matter),
    Clauses(Vec<&'r Clause>),
}

impl Setting<'_> {
    fn scope<'r>(&self, rule: &'r Rule) -> Scope<'r> {
        let clauses = match rule.requirements(self.level) {
            Requirements::All(clauses) => self.on_this_platform(clauses),
            Requirements::None => return Scope::NotApplicable,
            Requirements::LevelUndetermined => {
                return match self.concerned(&rule.applies) {
                    Concern::No => Scope::NotApplicable,
                    Concern::Yes | Concern::Undetermined(_) => Scope::Undetermined(Matter::Level),
                };
            }
        };
        match self.concerned(&rule.applies) {
            Concern::No => Scope::NotApplicable,
            Concern::Yes | Concern::Undetermined(_) if clauses.is_empty() => Scope::NotApplicable,
            Concern::Undetermined(matter) => Scope::Undetermined(matter),
            Concern::Yes => Scope::Clauses(clauses),
        }
    }

    /// Leaves out facts that this machine's system cannot have. Where the system is not known
    /// nothing is left out.
    fn on_this_platform<'r>(&self, clauses: &'r [Clause]) -> Vec<&'r Clause> {
        let exists =
            |clause: &&Clause| self.os.is_none_or(|os| clause.key.spec().platforms.contains(&os));
        clauses.iter().filter(exists).collect()
    }

    /// One definite no decides; else one that is not known leaves it open.
    fn concerned(&self, applies: &Applies) -> Concern {
        let among = |wanted: &[String], own: &Option<Vec<Cow<'_, str>>>| match own {
            _ if wanted.is_empty() => Some(true),
            Some(own) => Some(own.iter().any(|one| wanted.iter().any(|id| id == one))),
            None => None,
        };
        let answers = [
            (Matter::Os, contains(&applies.os, self.os)),
            (Matter::Kind, contains(&applies.kinds, self.kind)),
            (Matter::Level, contains(&applies.levels, self.level)),
            (Matter::Unit, among(&applies.units, &self.units)),
            (Matter::Systems, among(&applies.systems, &self.systems)),
        ];
        if answers.iter().any(|(_, answer)| *answer == Some(false)) {
            return Concern::No;
        }
        answers
            .into_iter()
            .find(|(_, answer)| answer.is_none())
            .map_or(Concern::Yes, |(matter, _)| Concern::Undetermined(matter))
    }
}

enum Concern {
    Yes,
    No,
    Undetermined(Matter),
}

fn contains<T: PartialEq>(wanted: &[T], own: Option<T>) -> Option<bool> {
    match own {
        _ if wanted.is_empty() => Some(true),
        Some(own) => Some(wanted.contains(&own)),
        None => None,
    }
}

/// One rule thought through.
struct Deliberation<'r> {
    ruling: RuleRuling,
    clauses: Vec<(&'r Clause, ClauseRuling)>,
}

impl Deliberation<'_> {
    fn of(ruling: Ruling, why: Option<Why>) -> Self {
        Self { ruling: RuleRuling { ruling, why }, clauses: Vec::new() }
    }
}

/// Judges one rule by what is known.
fn deliberate<'r>(
    rule: &'r Rule,
    setting: &Setting<'_>,
    facts: &Facts<'_>,
    clock: JudgeClock,
) -> Deliberation<'r> {
    match setting.scope(rule) {
        Scope::NotApplicable => Deliberation::of(Ruling::NotApplicable, None),
        Scope::Undetermined(matter) => {
            Deliberation::of(Ruling::Unknown, Some(Why::Undetermined(matter)))
        }
        Scope::Clauses(clauses) => {
            let clauses: Vec<_> = clauses
                .into_iter()
                .map(|clause| (clause, clause.judge(facts.get(clause.key), clock)))
                .collect();
            Deliberation { ruling: all_of(clauses.iter().map(|(_, ruling)| ruling)), clauses }
        }
    }
}

fn all_of<'c>(clauses: impl Iterator<Item = &'c ClauseRuling>) -> RuleRuling {
    let mut unknown = None;
    for clause in clauses {
        match clause {
            ClauseRuling::Fail => {
                return RuleRuling { ruling: Ruling::Fail, why: None };
            }
            ClauseRuling::Unknown(why) => unknown = unknown.or(Some(why)),
            ClauseRuling::Pass => {}
        }
    }
    RuleRuling { ruling: unknown.map_or(Ruling::Pass, |_| Ruling::Unknown), why: unknown.cloned() }
}

/// Judges one rule over facts that are given: how examples are run.
pub(crate) fn judge_example(
    rule: &Rule,
    setting: &Setting<'_>,
    facts: &Facts<'_>,
    clock: JudgeClock,
) -> RuleRuling {
    deliberate(rule, setting, facts, clock).ruling
}

/// Everything about one machine that its rules are held against.
struct Bench<'m> {
    set: &'m PolicySet,
    clock: JudgeClock,
    facts: Facts<'m>,
    setting: Setting<'m>,
    /// The state in which nothing of what the machine said counts, and why.
    silenced: Option<(State, Why)>,
}

impl<'m> Bench<'m> {
    fn new(set: &'m PolicySet, subject: &Subject<'m>, clock: JudgeClock) -> Self {
        let facts = derive(set, subject, clock);
        let setting = setting(set, subject, &facts, clock);
        let silenced = states::silenced(set, subject, setting.kind, clock);
        Self { set, clock, facts, setting, silenced }
    }

    fn judgement(&self) -> Judgement {
        let rules: Vec<_> =
            self.set.rules.iter().map(|rule| self.deliberate(rule).ruling).collect();
        let (state, why) = match &self.silenced {
            Some((state, why)) => (*state, Some(why.clone())),
            None => states::by_rules(self.set, &rules),
        };
        Judgement {
            state,
            why,
            unit: self.unit(),
            kind: self.setting.kind,
            level: self.setting.level,
            rules,
        }
    }

    fn unit(&self) -> Option<String> {
        let unit = self.setting.units.as_ref()?.first()?;
        Some(unit.clone().into_owned())
    }

    fn deliberate<'r>(&self, rule: &'r Rule) -> Deliberation<'r> {
        match (&self.silenced, self.setting.scope(rule)) {
            (None, _) => deliberate(rule, &self.setting, &self.facts, self.clock),
            (Some(_), Scope::NotApplicable) => Deliberation::of(Ruling::NotApplicable, None),
            (Some((_, why)), Scope::Undetermined(_) | Scope::Clauses(_)) => {
                Deliberation::of(Ruling::Unknown, Some(why.clone()))
            }
        }
    }

    fn explain(&self, rule: &Rule) -> RuleVerdict {
        let deliberation = self.deliberate(rule);
        let RuleRuling { ruling, why } = &deliberation.ruling;
        RuleVerdict {
            rule: rule.id.clone(),
            severity: rule.severity,
            outcome: *ruling,
            title: rule.title.clone(),
            observed: self.observed(&deliberation),
            required: self.required(rule),
            remedy: match ruling {
                Ruling::Fail | Ruling::Waived => rule.remedy.clone(),
                Ruling::Unknown => {
                    why.as_ref().and_then(Why::remedy).unwrap_or_else(|| rule.remedy.clone())
                }
                Ruling::Pass | Ruling::NotApplicable => Bilingual::default(),
            },
        }
    }

    /// The findings that decide: what fails, else what is not known, else everything.
    fn observed(&self, deliberation: &Deliberation<'_>) -> Bilingual {
        let calendar = &self.set.targets.calendar;
        let RuleRuling { ruling, why } = &deliberation.ruling;
        if deliberation.clauses.is_empty() {
            return match why {
                Some(why) => why.words(calendar),
                None => {
                    Bilingual::new("không áp dụng cho máy này", "does not concern this machine")
                }
            };
        }
        let decides = |clause: &ClauseRuling| match (clause, ruling) {
            (ClauseRuling::Fail, Ruling::Fail | Ruling::Waived)
            | (ClauseRuling::Unknown(_), Ruling::Unknown)
            | (ClauseRuling::Pass, Ruling::Pass) => true,
            (
                ClauseRuling::Pass | ClauseRuling::Fail | ClauseRuling::Unknown(_),
                Ruling::Pass
                | Ruling::Fail
                | Ruling::Unknown
                | Ruling::NotApplicable
                | Ruling::Waived,
            ) => false,
        };
        let deciding = deliberation.clauses.iter().filter(|(_, clause)| decides(clause));
        let named = deliberation.clauses.len() > 1;
        let parts: Vec<_> =
            deciding.map(|(clause, _)| named_part(clause, named, &self.finding(clause))).collect();
        joined(&parts)
    }

    fn finding(&self, clause: &Clause) -> Bilingual {
        let calendar = &self.set.targets.calendar;
        let clock = Instants { now: self.clock.now, horizon: self.clock.horizon, calendar };
        let words = match self.facts.get(clause.key) {
            Finding::Known(value) => match clause.judge(self.facts.get(clause.key), self.clock) {
                ClauseRuling::Unknown(why) => why.words(calendar),
                ClauseRuling::Pass | ClauseRuling::Fail => {
                    words::both(|lang| words::value(value, clause.key.spec().kind, clock, lang))
                }
            },
            Finding::Absent => Bilingual::new("không có", "absent"),
            Finding::Unknown(why) => why.words(calendar),
        };
        match self.facts.evidence(clause.key) {
            Some(evidence) => {
                let evidence = evidence.words();
                Bilingual::new(
                    format!("{} – {}", words.vi, evidence.vi),
                    format!("{} – {}", words.en, evidence.en),
                )
            }
            None => words,
        }
    }

    fn required(&self, rule: &Rule) -> Bilingual {
        let Scope::Clauses(clauses) = self.setting.scope(rule) else {
            return match rule.requirements(self.setting.level) {
                Requirements::All(clauses) => required(&clauses.iter().collect::<Vec<_>>()),
                Requirements::None | Requirements::LevelUndetermined => {
                    Bilingual::new("theo cấp độ", "depends on the level")
                }
            };
        };
        required(&clauses)
    }
}

fn required(clauses: &[&Clause]) -> Bilingual {
    let named = clauses.len() > 1;
    let parts: Vec<_> =
        clauses.iter().map(|clause| named_part(clause, named, &clause.required())).collect();
    joined(&parts)
}

/// With the meaning of the fact before it, where there are several.
fn named_part(clause: &Clause, named: bool, words: &Bilingual) -> Bilingual {
    if !named {
        return words.clone();
    }
    let spec = clause.key.spec();
    words::both(|lang| format!("{}: {}", spec.meaning(lang), words.get(lang)))
}

fn joined(parts: &[Bilingual]) -> Bilingual {
    words::both(|lang: Lang| {
        let sides: Vec<_> = parts.iter().map(|part| part.get(lang)).collect();
        sides.join("; ")
    })
}

/// Reads from the facts and the register what the rules' applicability hangs on. What kind of
/// system a machine has does not grow stale: it is taken from the last word of the machine.
fn setting<'m>(
    set: &'m PolicySet,
    subject: &Subject<'m>,
    facts: &Facts<'m>,
    clock: JudgeClock,
) -> Setting<'m> {
    let today = set.targets.calendar.date_of(clock.now);
    let unit = subject
        .row
        .map(|row| row.unit.as_str())
        .or_else(|| subject.machine.and_then(|machine| machine.token_unit.as_deref()));
    Setting {
        os: super::derive::os_family(subject),
        kind: facts.named("machine.kind").word().and_then(MachineKind::from_name),
        level: facts.named("machine.level").count().and_then(|level| u8::try_from(level).ok()),
        units: unit.map(|unit| {
            let line = set.register.units.line(unit, today);
            line.into_iter().map(Cow::Borrowed).collect()
        }),
        systems: subject
            .row
            .map(|row| row.systems.iter().map(|id| Cow::Borrowed(id.as_str())).collect()),
    }
}

#[cfg(test)]
mod tests;
