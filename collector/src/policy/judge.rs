//! The judge: a policy set, a machine and a clock give a verdict. It reads nothing else.
//!
//! Each clause of a rule gives pass, fail or unknown; a rule fails if one of them fails, else is
//! unknown if one is, else passes. Only the collector says "not applicable", and nothing that is
//! not known ever passes.

use std::borrow::Cow;

use report::catalogue::Platform;
use report::verdict::{Ruling, State};
use report::{Bilingual, Lang, RuleVerdict, Timestamp, Verdict};

use super::PolicySet;
use super::constraint::{Clause, ClauseRuling};
use super::day::Day;
use super::derive::{KIND, LEVEL, UNIT, derive};
use super::facts::Facts;
use super::hourglass::Hourglass;
use super::requirement::Requirement;
use super::rule::{Applies, Requirements, Rule};
use super::states;
use super::subject::{JudgeClock, Subject};
use super::why::{Matter, Why};
use super::words::{self, Instants};
use crate::register::{MachineKind, MachineRow, UnitIndex, Waiver};

/// The revision of the judge: it is raised whenever the same facts can come out otherwise by the
/// same set at the same moment, so that a snapshot says by which judge it was made.
pub const JUDGE: u32 = 1;

/// What the judge says of one machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement<'m> {
    /// Its state.
    pub state: State,
    /// Why nothing better can be said, for the states that are not about a rule.
    pub why: Option<Why<'m>>,
    /// Its unit.
    pub unit: Option<&'m str>,
    /// What kind of machine it is.
    pub kind: Option<MachineKind>,
    /// The level of its information systems.
    pub level: Option<u8>,
    /// Each rule of the set, in its order.
    pub rules: Vec<RuleRuling<'m>>,
    /// When any of this can next turn out otherwise though nothing new is told, as far as the
    /// clock alone decides it; what dates in the register decide turns at midnight.
    pub turns: Timestamp,
}

/// What one rule says of one machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleRuling<'m> {
    /// The outcome.
    pub ruling: Ruling,
    /// Why it is unknown.
    pub why: Option<Why<'m>>,
}

impl<'m> RuleRuling<'m> {
    fn known(ruling: Ruling) -> Self {
        Self { ruling, why: None }
    }

    fn unknown(why: Why<'m>) -> Self {
        Self { ruling: Ruling::Unknown, why: Some(why) }
    }
}

impl<'m> From<ClauseRuling<'m>> for RuleRuling<'m> {
    fn from(ruling: ClauseRuling<'m>) -> Self {
        match ruling {
            ClauseRuling::Pass => Self::known(Ruling::Pass),
            ClauseRuling::Fail => Self::known(Ruling::Fail),
            ClauseRuling::Unknown(why) => Self::unknown(why),
        }
    }
}

/// Judges one machine.
#[must_use]
pub fn judge<'m>(set: &'m PolicySet, subject: &Subject<'m>, clock: JudgeClock) -> Judgement<'m> {
    let day = Day::by(set, clock);
    judge_on(set, &day, subject, &Hourglass::new(clock))
}

/// Judges one machine on a day that was resolved before, by a clock that may have been asked
/// before.
pub(crate) fn judge_on<'m>(
    set: &'m PolicySet,
    day: &Day,
    subject: &Subject<'m>,
    clock: &Hourglass,
) -> Judgement<'m> {
    Bench::new(set, day, subject, clock).judgement()
}

/// Judges one machine and puts it in words.
#[must_use]
pub fn explain(set: &PolicySet, day: &Day, subject: &Subject<'_>, clock: JudgeClock) -> Verdict {
    let clock = Hourglass::new(clock);
    let bench = Bench::new(set, day, subject, &clock);
    Verdict {
        state: bench.judgement().state,
        rules: (0..set.rules.len()).map(|rule| bench.explain(rule)).collect(),
    }
}

/// What the applicability of a rule hangs on; `None` where it is not known.
#[derive(Clone, Debug, Default)]
pub(crate) struct Setting<'m> {
    pub(crate) os: Option<Platform>,
    pub(crate) kind: Option<MachineKind>,
    pub(crate) level: Option<u8>,
    /// The unit and every unit above it.
    pub(crate) units: Option<Cow<'m, [UnitIndex]>>,
    pub(crate) systems: Option<Cow<'m, [String]>>,
}

/// What of a rule concerns a machine.
pub(super) enum Scope<'r> {
    NotApplicable,
    Undetermined(Matter),
    /// What of this can be asked on its platform.
    Asked(&'r Requirement),
}

impl Setting<'_> {
    pub(super) fn scope<'r>(&self, rule: &'r Rule) -> Scope<'r> {
        let requirements = rule.requirements(self.level);
        match (self.concerned(&rule.applies), requirements) {
            (Concern::No, _) | (_, Requirements::None) => Scope::NotApplicable,
            (Concern::Yes | Concern::Undetermined(_), Requirements::LevelUndetermined) => {
                Scope::Undetermined(Matter::Level)
            }
            (Concern::Yes | Concern::Undetermined(_), Requirements::All(requirement))
                if !requirement.concerns(self.os) =>
            {
                Scope::NotApplicable
            }
            (Concern::Undetermined(matter), Requirements::All(_)) => Scope::Undetermined(matter),
            (Concern::Yes, Requirements::All(requirement)) => Scope::Asked(requirement),
        }
    }

    /// Whether the machine is among those that a rule names, matter by matter; `None`: what it is
    /// is not known.
    pub(super) fn answers(&self, applies: &Applies) -> [(Matter, Option<bool>); 5] {
        [
            (Matter::Os, contains(&applies.os, self.os)),
            (Matter::Kind, contains(&applies.kinds, self.kind)),
            (Matter::Level, contains(&applies.levels, self.level)),
            (Matter::Unit, among(&applies.units, self.units.as_deref())),
            (Matter::Systems, among(&applies.systems, self.systems.as_deref())),
        ]
    }

    /// One definite no decides; else one that is not known leaves it open.
    fn concerned(&self, applies: &Applies) -> Concern {
        let answers = self.answers(applies);
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

fn among<T: PartialEq>(wanted: &[T], own: Option<&[T]>) -> Option<bool> {
    match own {
        _ if wanted.is_empty() => Some(true),
        Some(own) => Some(own.iter().any(|one| wanted.contains(one))),
        None => None,
    }
}

/// Judges what of a rule concerns a machine by what is known.
fn deliberate<'m>(
    scope: Scope<'_>,
    setting: &Setting<'_>,
    facts: &Facts<'m>,
    clock: &Hourglass,
) -> RuleRuling<'m> {
    match scope {
        Scope::NotApplicable => RuleRuling::known(Ruling::NotApplicable),
        Scope::Undetermined(matter) => RuleRuling::unknown(Why::Undetermined(matter)),
        Scope::Asked(requirement) => requirement.judge(setting.os, facts, clock).into(),
    }
}

/// Judges one rule over facts that are given: how examples are run.
pub(crate) fn judge_example<'m>(
    rule: &Rule,
    setting: &Setting<'_>,
    facts: &Facts<'m>,
    clock: JudgeClock,
) -> RuleRuling<'m> {
    deliberate(setting.scope(rule), setting, facts, &Hourglass::new(clock))
}

/// Everything about one machine that its rules are held against.
pub(super) struct Bench<'b, 'm> {
    pub(super) set: &'m PolicySet,
    pub(super) day: &'b Day,
    pub(super) row: Option<MachineRow<'m>>,
    pub(super) clock: &'b Hourglass,
    pub(super) facts: Facts<'m>,
    pub(super) setting: Setting<'b>,
    /// The state in which nothing of what the machine said counts, and why.
    pub(super) silenced: Option<(State, Why<'m>)>,
}

impl<'b, 'm: 'b> Bench<'b, 'm> {
    pub(super) fn new(
        set: &'m PolicySet,
        day: &'b Day,
        subject: &Subject<'m>,
        clock: &'b Hourglass,
    ) -> Self {
        let facts = derive(set, day, subject, clock);
        let setting = setting(set, day, subject, &facts);
        let silenced = states::silenced(set, subject, setting.kind, clock);
        Self { set, day, row: subject.row, clock, facts, setting, silenced }
    }

    pub(super) fn judgement(&self) -> Judgement<'m> {
        let rules: Vec<_> = (0..self.set.rules.len()).map(|rule| self.rule(rule)).collect();
        let (state, why) = match self.silenced {
            Some((state, why)) => (state, Some(why)),
            None => states::by_rules(self.set, &rules),
        };
        Judgement {
            state,
            why,
            unit: self.facts.get(UNIT).text(),
            kind: self.setting.kind,
            level: self.setting.level,
            rules,
            turns: self.clock.turns(),
        }
    }

    /// What the rule of a number says. What fails is excused by a waiver; what is not known is not.
    pub(super) fn rule(&self, number: usize) -> RuleRuling<'m> {
        let rule = &self.set.rules[number];
        let ruling = match (self.silenced, self.setting.scope(rule)) {
            (None, scope) => deliberate(scope, &self.setting, &self.facts, self.clock),
            (Some(_), Scope::NotApplicable) => RuleRuling::known(Ruling::NotApplicable),
            (Some((_, why)), Scope::Undetermined(_) | Scope::Asked(_)) => RuleRuling::unknown(why),
        };
        match ruling.ruling {
            Ruling::Fail if self.waiver(number).is_some() => RuleRuling::known(Ruling::Waived),
            Ruling::Fail
            | Ruling::Pass
            | Ruling::Unknown
            | Ruling::NotApplicable
            | Ruling::Waived => ruling,
        }
    }

    pub(super) fn waiver(&self, rule: usize) -> Option<&'m Waiver> {
        let number = self.day.waiver(self.row?, rule)?;
        self.set.register.waivers.at(number)
    }

    pub(super) fn explain(&self, number: usize) -> RuleVerdict {
        let rule = &self.set.rules[number];
        let ruling = self.rule(number);
        RuleVerdict {
            rule: rule.id.clone(),
            severity: rule.severity,
            outcome: ruling.ruling,
            title: rule.title.clone(),
            observed: self.observed(number, ruling),
            required: self.required(rule),
            remedy: match ruling.ruling {
                Ruling::Fail | Ruling::Waived => rule.remedy.clone(),
                Ruling::Unknown => {
                    ruling.why.and_then(|why| why.remedy()).unwrap_or_else(|| rule.remedy.clone())
                }
                Ruling::Pass | Ruling::NotApplicable => Bilingual::default(),
            },
        }
    }

    /// The findings that decide: what fails, else what is not known, else everything.
    fn observed(&self, number: usize, ruling: RuleRuling<'_>) -> Bilingual {
        let scope = self.setting.scope(&self.set.rules[number]);
        match (self.silenced, scope, ruling.why) {
            (None, Scope::Asked(requirement), _) => {
                let waiver = self.waiver(number).filter(|_| ruling.ruling == Ruling::Waived);
                self.deciding(requirement, waiver)
            }
            (_, _, Some(why)) => why.words(&self.set.targets.calendar),
            (_, _, None) => {
                Bilingual::new("không áp dụng cho máy này", "does not concern this machine")
            }
        }
    }

    fn deciding(&self, requirement: &Requirement, waiver: Option<&Waiver>) -> Bilingual {
        let os = self.setting.os;
        let named = requirement.clauses(os).count() > 1;
        let deciding = requirement.deciding(os, &self.facts, self.clock);
        let part = |(clause, ruling): &(&Clause, ClauseRuling<'_>)| {
            let finding = self.finding(clause, *ruling);
            if named { clause.named(&finding) } else { finding }
        };
        let parts: Vec<_> = deciding.iter().map(part).chain(waiver.map(excuse)).collect();
        words::joined(&parts, "; ")
    }

    fn finding(&self, clause: &Clause, ruling: ClauseRuling<'_>) -> Bilingual {
        let words = clause.observed(ruling, &self.facts, self.instants());
        match self.facts.evidence(clause.key) {
            Some(evidence) => words::joined(&[words, evidence.words(self.set)], " – "),
            None => words,
        }
    }

    /// What moments are told from.
    pub(super) fn instants(&self) -> Instants<'m> {
        let JudgeClock { now, horizon } = self.clock.clock();
        Instants { now, horizon, calendar: &self.set.targets.calendar }
    }

    fn required(&self, rule: &'m Rule) -> Bilingual {
        match self.requirement(rule) {
            Some((requirement, os)) => requirement.required(os),
            None => by_level(),
        }
    }

    /// What a rule asks at the machine's level, and on which system; one that does not concern the
    /// machine asks it on every system. `None`: that depends on a level.
    pub(super) fn requirement(
        &self,
        rule: &'m Rule,
    ) -> Option<(&'m Requirement, Option<Platform>)> {
        match (self.setting.scope(rule), rule.requirements(self.setting.level)) {
            (Scope::Asked(requirement), _) => Some((requirement, self.setting.os)),
            (_, Requirements::All(requirement)) => Some((requirement, None)),
            (_, Requirements::None | Requirements::LevelUndetermined) => None,
        }
    }
}

/// What a rule asks for that has tables for some levels only.
pub(super) fn by_level() -> Bilingual {
    Bilingual::new("theo cấp độ", "depends on the level")
}

/// The decision that excuses from a rule.
fn excuse(waiver: &Waiver) -> Bilingual {
    let Waiver { decision, until, .. } = waiver;
    let (number, date) = (&decision.number, |day, lang| words::date(day, lang));
    Bilingual::new(
        format!(
            "ngoại lệ theo {number} ngày {}, đến hết ngày {}",
            date(decision.date, Lang::Vi),
            date(*until, Lang::Vi)
        ),
        format!(
            "waived by {number} of {}, until {}",
            date(decision.date, Lang::En),
            date(*until, Lang::En)
        ),
    )
}

/// Reads from the facts and the register what the rules' applicability hangs on. What kind of
/// system a machine has does not grow stale: it is taken from the last word of the machine.
fn setting<'b, 'm: 'b>(
    set: &'m PolicySet,
    day: &'b Day,
    subject: &Subject<'m>,
    facts: &Facts<'m>,
) -> Setting<'b> {
    let token = || set.register.units.index(subject.machine?.token_unit()?);
    let unit = subject.row.map(|row| row.unit_index).or_else(token);
    Setting {
        os: facts.os,
        kind: facts.get(KIND).word().and_then(MachineKind::from_name),
        level: facts.get(LEVEL).count().and_then(|level| u8::try_from(level).ok()),
        units: unit.map(|unit| day.line(unit).into()),
        systems: subject.row.map(|row| row.systems.into()),
    }
}

#[cfg(test)]
mod tests;
