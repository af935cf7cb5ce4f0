//! What a rule asks of the machine, and what comes of each piece.

use report::catalogue::Platform;
use report::verdict::Ruling;
use report::{Bilingual, FactKey};

use super::{
    AlternativeReason, ClauseReason, Condition, DemandReason, RuleReason, Teller, WaiverReason,
};
use crate::policy::constraint::{Clause, ClauseRuling};
use crate::policy::derive::{KIND, LEVEL, OS_FAMILY, UNIT};
use crate::policy::judge::{RuleRuling, Scope, by_level};
use crate::policy::requirement::Considered;
use crate::policy::rule::{Applies, Rule};
use crate::policy::why::Matter;
use crate::policy::{PolicySet, words};
use crate::register::{MachineKind, UnitIndex, Waiver};

impl<'m> Teller<'_, '_, 'm> {
    pub(super) fn rule(&self, number: usize) -> RuleReason {
        let bench = self.bench;
        let rule = &bench.set.rules[number];
        let verdict = bench.explain(number);
        let ruling = bench.rule(number);
        RuleReason {
            rule: verdict.rule,
            severity: verdict.severity,
            outcome: verdict.outcome,
            title: verdict.title,
            why: ruling.why.map(|why| self.why(why)),
            conditions: self.conditions(rule),
            table: self.table(rule),
            required: self.required(rule),
            demands: self.demands(rule),
            waiver: bench.waiver(number).map(waiver),
            remedy: verdict.remedy,
        }
    }

    fn required(&self, rule: &'m Rule) -> Bilingual {
        match self.bench.requirement(rule) {
            Some((requirement, os)) => requirement.required_by_name(os),
            None => by_level(),
        }
    }

    /// What is not asked for, because what the machine said does not count or because the rule does
    /// not concern it, has no pieces.
    fn demands(&self, rule: &Rule) -> Vec<DemandReason> {
        let bench = self.bench;
        match (bench.silenced, bench.setting.scope(rule)) {
            (None, Scope::Asked(requirement)) => requirement
                .considered(bench.setting.os, &bench.facts, bench.clock)
                .into_iter()
                .map(|considered| self.demand(considered))
                .collect(),
            (Some(_), _) | (None, Scope::NotApplicable | Scope::Undetermined(_)) => Vec::new(),
        }
    }

    fn demand(&self, considered: Considered<'_, '_>) -> DemandReason {
        let alternatives = considered.alternatives.into_iter();
        DemandReason {
            outcome: outcome(considered.ruling),
            alternatives: alternatives
                .map(|(ruling, clauses)| AlternativeReason {
                    outcome: outcome(ruling),
                    clauses: clauses
                        .into_iter()
                        .map(|(one, ruling)| self.clause(one, ruling))
                        .collect(),
                })
                .collect(),
        }
    }

    fn clause(&self, clause: &Clause, ruling: ClauseRuling<'_>) -> ClauseReason {
        ClauseReason {
            fact: clause.key.name().to_owned(),
            required: clause.required(),
            observed: clause.observed(ruling, &self.bench.facts, self.bench.instants()),
            outcome: outcome(ruling),
        }
    }

    /// What the rule's `applies` names, and its tables by level; nothing where it concerns every
    /// machine alike.
    fn conditions(&self, rule: &Rule) -> Vec<Condition> {
        let answers = self.bench.setting.answers(&rule.applies);
        let named = answers.into_iter().filter_map(|(matter, holds)| {
            let wanted = named(self.bench.set, matter, &rule.applies)?;
            Some(self.condition(matter, holds, &wanted))
        });
        let by_level = rule.has_level_tables() && rule.applies.levels.is_empty();
        named.chain(by_level.then(|| self.level_condition(rule))).collect()
    }

    /// A common table speaks also for a level that is not known.
    fn level_condition(&self, rule: &Rule) -> Condition {
        let level = self.bench.setting.level;
        let (holds, wanted) = match rule.has_base_table() {
            true => (Some(true), Bilingual::new("mọi cấp độ", "every level")),
            false => {
                let levels = (1..=5).filter(|level| rule.has_table_for(*level));
                let levels: Vec<_> = levels.map(|level| level.to_string()).collect();
                (level.map(|level| rule.has_table_for(level)), Bilingual::same(levels.join(", ")))
            }
        };
        self.condition(Matter::Level, holds, &wanted)
    }

    fn condition(&self, matter: Matter, holds: Option<bool>, wanted: &Bilingual) -> Condition {
        let (name, fact) = (matter.name(), fact_of(matter));
        let own = self.own(matter);
        let what = Bilingual::new(
            format!("{}: {}; quy tắc dành cho: {}", name.vi, own.vi, wanted.vi),
            format!("{}: {}; the rule is for: {}", name.en, own.en, wanted.en),
        );
        Condition { holds, what, fact: fact.map(|fact| fact.name().to_owned()) }
    }

    /// What the machine is.
    fn own(&self, matter: Matter) -> Bilingual {
        let setting = &self.bench.setting;
        let own = match matter {
            Matter::Os => setting.os.map(Platform::name).map(Bilingual::same),
            Matter::Kind => setting.kind.map(kind_words),
            Matter::Level => setting.level.map(|level| Bilingual::same(level.to_string())),
            Matter::Unit => {
                let own = setting.units.as_deref().and_then(<[UnitIndex]>::first);
                own.map(|unit| self.unit_name(*unit))
            }
            Matter::Systems => setting.systems.as_deref().map(|systems| {
                let systems: Vec<_> = systems.iter().map(|id| self.system_name(id)).collect();
                match systems.is_empty() {
                    true => Bilingual::new("không thuộc hệ thống nào", "none"),
                    false => words::joined(&systems, ", "),
                }
            }),
        };
        own.unwrap_or_else(|| Bilingual::new("chưa biết", "not known"))
    }

    pub(super) fn unit_name(&self, unit: UnitIndex) -> Bilingual {
        unit_name(self.bench.set, unit)
    }

    pub(super) fn system_name(&self, id: &str) -> Bilingual {
        system_name(self.bench.set, id)
    }

    /// Which table of the rule speaks for the machine's level.
    fn table(&self, rule: &Rule) -> Bilingual {
        match (self.bench.setting.level, rule.has_base_table()) {
            (Some(level), _) if rule.has_table_for(level) => Bilingual::new(
                format!("bảng riêng của cấp độ {level}"),
                format!("that of level {level} alone"),
            ),
            (Some(level), false) => Bilingual::new(
                format!("không có bảng nào cho cấp độ {level}"),
                format!("there is none for level {level}"),
            ),
            (None, false) => Bilingual::new(
                "chưa chọn được, vì cấp độ chưa xác định",
                "none can be chosen, for the level is not determined",
            ),
            (None, true) if rule.has_level_tables() => Bilingual::new(
                "bảng chung, vì cấp độ chưa xác định",
                "the common one, for the level is not determined",
            ),
            (Some(_) | None, true) => {
                Bilingual::new("bảng chung cho mọi cấp độ", "the common one, for every level")
            }
        }
    }
}

/// Which machines a rule names; `None`: all.
pub(super) fn named(set: &PolicySet, matter: Matter, applies: &Applies) -> Option<Bilingual> {
    let list = match matter {
        Matter::Os => names(&applies.os, |os| Bilingual::same(os.name())),
        Matter::Kind => names(&applies.kinds, |kind| kind_words(*kind)),
        Matter::Level => names(&applies.levels, |level| Bilingual::same(level.to_string())),
        Matter::Unit => names(&applies.units, |unit| unit_name(set, *unit)),
        Matter::Systems => names(&applies.systems, |id| system_name(set, id)),
    };
    (!list.is_empty()).then(|| words::joined(&list, ", "))
}

fn unit_name(set: &PolicySet, unit: UnitIndex) -> Bilingual {
    let unit = set.register.units.at(unit);
    with_id(&unit.name, &unit.id)
}

fn system_name(set: &PolicySet, id: &str) -> Bilingual {
    let system = set.register.systems.get(id);
    system.map_or_else(|| Bilingual::same(id), |system| with_id(&system.name, id))
}

fn outcome(ruling: ClauseRuling<'_>) -> Ruling {
    RuleRuling::from(ruling).ruling
}

/// What tells what the machine is, where a fact does.
fn fact_of(matter: Matter) -> Option<FactKey> {
    match matter {
        Matter::Os => Some(OS_FAMILY),
        Matter::Kind => Some(KIND),
        Matter::Level => Some(LEVEL),
        Matter::Unit => Some(UNIT),
        Matter::Systems => None,
    }
}

fn kind_words(kind: MachineKind) -> Bilingual {
    words::both(|lang| words::choice(kind.name(), lang))
}

fn with_id(name: &Bilingual, id: &str) -> Bilingual {
    words::both(|lang| format!("{} ({id})", name.get(lang)))
}

fn names<T>(list: &[T], name: impl Fn(&T) -> Bilingual) -> Vec<Bilingual> {
    list.iter().map(name).collect()
}

fn waiver(waiver: &Waiver) -> WaiverReason {
    WaiverReason {
        id: waiver.id.clone(),
        decision: waiver.decision.number.clone(),
        date: waiver.decision.date,
        approver: waiver.approver.clone(),
        reason: waiver.reason.clone(),
        from: waiver.from,
        until: waiver.until,
    }
}
