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
use super::facts::{Facts, Finding};
use super::hourglass::Hourglass;
use super::rule::{Applies, Requirements, Rule};
use super::states;
use super::subject::{JudgeClock, Subject};
use super::why::{Matter, Why};
use super::words::{self, Instants};
use crate::register::{MachineKind, MachineRow, Waiver};

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

/// Judges one machine.
#[must_use]
pub fn judge<'m>(set: &'m PolicySet, subject: &Subject<'m>, clock: JudgeClock) -> Judgement<'m> {
    let day = Day::of(set, clock.now);
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
    pub(crate) units: Option<Vec<Cow<'m, str>>>,
    pub(crate) systems: Option<Vec<Cow<'m, str>>>,
}

/// What of a rule concerns a machine.
enum Scope<'r> {
    NotApplicable,
    Undetermined(Matter),
    /// The clauses about facts that exist on its platform.
    Clauses(&'r [Clause]),
}

impl Setting<'_> {
    fn scope<'r>(&self, rule: &'r Rule) -> Scope<'r> {
        let requirements = rule.requirements(self.level);
        match (self.concerned(&rule.applies), requirements) {
            (Concern::No, _) | (_, Requirements::None) => Scope::NotApplicable,
            (Concern::Yes | Concern::Undetermined(_), Requirements::LevelUndetermined) => {
                Scope::Undetermined(Matter::Level)
            }
            (Concern::Yes | Concern::Undetermined(_), Requirements::All(clauses))
                if !clauses.iter().any(|clause| self.has(clause)) =>
            {
                Scope::NotApplicable
            }
            (Concern::Undetermined(matter), Requirements::All(_)) => Scope::Undetermined(matter),
            (Concern::Yes, Requirements::All(clauses)) => Scope::Clauses(clauses),
        }
    }

    /// Whether this machine's system can have the fact. Where the system is not known, every fact
    /// may be there.
    fn has(&self, clause: &Clause) -> bool {
        self.os.is_none_or(|os| clause.key.spec().platforms.contains(&os))
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

/// Judges the clauses that concern a machine, one after the other.
fn weigh<'b, 'm>(
    clauses: &'b [Clause],
    setting: &'b Setting<'_>,
    facts: &'b Facts<'m>,
    clock: &'b Hourglass,
) -> impl Iterator<Item = (&'b Clause, ClauseRuling<'m>)> {
    let own = clauses.iter().filter(|clause| setting.has(clause));
    own.map(|clause| (clause, clause.judge(facts.get(clause.key), clock)))
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
        Scope::Clauses(clauses) => {
            all_of(weigh(clauses, setting, facts, clock).map(|(_, ruling)| ruling))
        }
    }
}

/// Every clause is asked, even after one has failed: each may be the first to turn.
fn all_of<'m>(clauses: impl Iterator<Item = ClauseRuling<'m>>) -> RuleRuling<'m> {
    let mut ruling = RuleRuling::known(Ruling::Pass);
    for clause in clauses {
        match (clause, ruling.ruling) {
            (ClauseRuling::Fail, _) => ruling = RuleRuling::known(Ruling::Fail),
            (ClauseRuling::Unknown(why), Ruling::Pass) => ruling = RuleRuling::unknown(why),
            (
                ClauseRuling::Pass | ClauseRuling::Unknown(_),
                Ruling::Pass
                | Ruling::Fail
                | Ruling::Unknown
                | Ruling::NotApplicable
                | Ruling::Waived,
            ) => {}
        }
    }
    ruling
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
struct Bench<'b, 'm> {
    set: &'m PolicySet,
    day: &'b Day,
    row: Option<MachineRow<'m>>,
    clock: &'b Hourglass,
    facts: Facts<'m>,
    setting: Setting<'m>,
    /// The state in which nothing of what the machine said counts, and why.
    silenced: Option<(State, Why<'m>)>,
}

impl<'b, 'm> Bench<'b, 'm> {
    fn new(set: &'m PolicySet, day: &'b Day, subject: &Subject<'m>, clock: &'b Hourglass) -> Self {
        let facts = derive(set, day, subject, clock);
        let setting = setting(set, subject, &facts, clock.clock());
        let silenced = states::silenced(set, subject, setting.kind, clock);
        Self { set, day, row: subject.row, clock, facts, setting, silenced }
    }

    fn judgement(&self) -> Judgement<'m> {
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
    fn rule(&self, number: usize) -> RuleRuling<'m> {
        let rule = &self.set.rules[number];
        let ruling = match (self.silenced, self.setting.scope(rule)) {
            (None, scope) => deliberate(scope, &self.setting, &self.facts, self.clock),
            (Some(_), Scope::NotApplicable) => RuleRuling::known(Ruling::NotApplicable),
            (Some((_, why)), Scope::Undetermined(_) | Scope::Clauses(_)) => {
                RuleRuling::unknown(why)
            }
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

    fn waiver(&self, rule: usize) -> Option<&'m Waiver> {
        let number = self.day.waiver(self.row?, rule)?;
        self.set.register.waivers.at(number)
    }

    /// What each clause says, where the rule is judged by its clauses.
    fn clauses<'r>(&'r self, rule: &'r Rule) -> Vec<(&'r Clause, ClauseRuling<'m>)> {
        match (self.silenced, self.setting.scope(rule)) {
            (None, Scope::Clauses(clauses)) => {
                weigh(clauses, &self.setting, &self.facts, self.clock).collect()
            }
            (Some(_), _) | (None, Scope::NotApplicable | Scope::Undetermined(_)) => Vec::new(),
        }
    }

    fn explain(&self, number: usize) -> RuleVerdict {
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
        let clauses = self.clauses(&self.set.rules[number]);
        if clauses.is_empty() {
            return match ruling.why {
                Some(why) => why.words(&self.set.targets.calendar),
                None => {
                    Bilingual::new("không áp dụng cho máy này", "does not concern this machine")
                }
            };
        }
        let named = clauses.len() > 1;
        let deciding = clauses.iter().filter(|(_, clause)| decides(clause, ruling.ruling));
        let parts: Vec<_> = deciding
            .map(|(clause, ruling)| named_part(clause, named, &self.finding(clause, ruling)))
            .chain(self.waiver(number).filter(|_| ruling.ruling == Ruling::Waived).map(excuse))
            .collect();
        joined(&parts)
    }

    fn finding(&self, clause: &Clause, ruling: &ClauseRuling<'_>) -> Bilingual {
        let calendar = &self.set.targets.calendar;
        let JudgeClock { now, horizon } = self.clock.clock();
        let clock = Instants { now, horizon, calendar };
        let kind = clause.key.spec().kind;
        let words = match (ruling, self.facts.get(clause.key)) {
            (ClauseRuling::Unknown(why), _) => why.words(calendar),
            (_, Finding::Known(value)) => {
                words::both(|lang| words::value(value, kind, clock, lang))
            }
            (_, Finding::Absent) => Bilingual::new("không có", "absent"),
            (_, Finding::Unknown(why)) => why.words(calendar),
        };
        match self.facts.evidence(clause.key) {
            Some(evidence) => {
                let evidence = evidence.words(self.set);
                words::both(|lang| format!("{} – {}", words.get(lang), evidence.get(lang)))
            }
            None => words,
        }
    }

    fn required(&self, rule: &Rule) -> Bilingual {
        let clauses = match (self.setting.scope(rule), rule.requirements(self.setting.level)) {
            (Scope::Clauses(clauses), _) => {
                clauses.iter().filter(|clause| self.setting.has(clause)).collect()
            }
            (_, Requirements::All(clauses)) => clauses.iter().collect(),
            (_, Requirements::None | Requirements::LevelUndetermined) => {
                return Bilingual::new("theo cấp độ", "depends on the level");
            }
        };
        required(clauses)
    }
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

/// Whether a clause is one of those that made the rule say what it says.
fn decides(clause: &ClauseRuling<'_>, ruling: Ruling) -> bool {
    match (clause, ruling) {
        (ClauseRuling::Fail, Ruling::Fail | Ruling::Waived)
        | (ClauseRuling::Unknown(_), Ruling::Unknown)
        | (ClauseRuling::Pass, Ruling::Pass) => true,
        (
            ClauseRuling::Pass | ClauseRuling::Fail | ClauseRuling::Unknown(_),
            Ruling::Pass | Ruling::Fail | Ruling::Unknown | Ruling::NotApplicable | Ruling::Waived,
        ) => false,
    }
}

fn required(clauses: Vec<&Clause>) -> Bilingual {
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
        .map(|row| row.unit)
        .or_else(|| subject.machine.and_then(|machine| machine.token_unit()));
    Setting {
        os: super::derive::os_family(subject),
        kind: facts.get(KIND).word().and_then(MachineKind::from_name),
        level: facts.get(LEVEL).count().and_then(|level| u8::try_from(level).ok()),
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
