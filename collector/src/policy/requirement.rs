//! What a rule asks at one level: clauses that must all hold, and alternatives of which one must.
//!
//! A fact that cannot exist on a machine's system is not asked for there. What is left of an
//! alternative is asked; one of which nothing is left is no alternative, and where no alternative
//! is left none is asked for.

use report::catalogue::Platform;
use report::{Bilingual, FactKey};

use super::calendar::Calendar;
use super::constraint::{Clause, ClauseRuling};
use super::document::{Item, Shape};
use super::facts::Facts;
use super::hourglass::Hourglass;
use super::words;

/// The key of alternatives, beside the names of facts.
pub(crate) const ANY: &str = "any";

/// What a rule asks at one level.
#[derive(Clone, Debug, Default)]
pub struct Requirement {
    demands: Vec<Demand>,
}

#[derive(Clone, Debug)]
enum Demand {
    /// This must hold.
    Clause(Clause),
    /// All of one of these must hold.
    Any(Vec<Vec<Clause>>),
}

/// A demand with what comes of it.
pub(crate) struct Considered<'r, 'm> {
    pub(crate) ruling: ClauseRuling<'m>,
    /// Its alternatives, each with its clauses; most demands have one.
    pub(crate) alternatives: Vec<(ClauseRuling<'m>, Vec<(&'r Clause, ClauseRuling<'m>)>)>,
}

impl Requirement {
    /// Whether anything of it can be asked of a machine with this system. Where the system is not
    /// known everything is asked.
    pub(crate) fn concerns(&self, os: Option<Platform>) -> bool {
        self.asked(os).next().is_some()
    }

    /// Judges all of it.
    pub(crate) fn judge<'m>(
        &self,
        os: Option<Platform>,
        facts: &Facts<'m>,
        clock: &Hourglass,
    ) -> ClauseRuling<'m> {
        ClauseRuling::all(self.asked(os).map(|demand| demand.judge(os, facts, clock)))
    }

    /// The clauses that decide how it is judged, for explanations.
    pub(crate) fn deciding<'m>(
        &self,
        os: Option<Platform>,
        facts: &Facts<'m>,
        clock: &Hourglass,
    ) -> Vec<(&Clause, ClauseRuling<'m>)> {
        let all = self.judge(os, facts, clock);
        self.asked(os)
            .filter(|demand| is_same_outcome(demand.judge(os, facts, clock), all))
            .flat_map(|demand| demand.deciding(all, os, facts, clock))
            .collect()
    }

    /// Everything that is asked of a machine with this system, piece by piece.
    pub(crate) fn considered<'m>(
        &self,
        os: Option<Platform>,
        facts: &Facts<'m>,
        clock: &Hourglass,
    ) -> Vec<Considered<'_, 'm>> {
        self.asked(os).map(|demand| demand.considered(os, facts, clock)).collect()
    }

    /// What is asked for, in words.
    pub(crate) fn required(&self, os: Option<Platform>) -> Bilingual {
        self.worded(os, self.asked(os).count() > 1)
    }

    /// The same with the meaning of the fact, also where it is the only one.
    pub(crate) fn required_by_name(&self, os: Option<Platform>) -> Bilingual {
        self.worded(os, true)
    }

    fn worded(&self, os: Option<Platform>, named: bool) -> Bilingual {
        let demands: Vec<_> = self.asked(os).collect();
        let parts: Vec<_> = demands.iter().map(|demand| demand.required(os, named)).collect();
        words::joined(&parts, "; ")
    }

    /// Every clause that can be asked of a machine with this system.
    pub(crate) fn clauses(&self, os: Option<Platform>) -> impl Iterator<Item = &Clause> {
        let clauses = self.demands.iter().flat_map(|demand| match demand {
            Demand::Clause(clause) => vec![clause],
            Demand::Any(alternatives) => alternatives.iter().flatten().collect(),
        });
        clauses.filter(move |clause| exists(clause.key, os))
    }

    fn asked(&self, os: Option<Platform>) -> impl Iterator<Item = &Demand> {
        self.demands.iter().filter(move |demand| demand.concerns(os))
    }
}

impl Demand {
    fn concerns(&self, os: Option<Platform>) -> bool {
        match self {
            Self::Clause(clause) => exists(clause.key, os),
            Self::Any(alternatives) => alternatives.iter().flatten().any(|one| exists(one.key, os)),
        }
    }

    fn judge<'m>(
        &self,
        os: Option<Platform>,
        facts: &Facts<'m>,
        clock: &Hourglass,
    ) -> ClauseRuling<'m> {
        match self {
            Self::Clause(clause) => clause.judge(facts, clock),
            Self::Any(alternatives) => ClauseRuling::any(
                on(alternatives, os).map(|clauses| all_of(clauses, os, facts, clock)),
            ),
        }
    }

    /// The clauses that make its ruling what it is: of the first alternative that passes, or of
    /// every one that does not.
    fn deciding<'r, 'm>(
        &'r self,
        outcome: ClauseRuling<'m>,
        os: Option<Platform>,
        facts: &Facts<'m>,
        clock: &Hourglass,
    ) -> Vec<(&'r Clause, ClauseRuling<'m>)> {
        let decides = self
            .alternatives(os)
            .into_iter()
            .filter(|clauses| is_same_outcome(all_of(clauses, os, facts, clock), outcome));
        let at_most = if outcome == ClauseRuling::Pass { 1 } else { usize::MAX };
        decides
            .take(at_most)
            .flatten()
            .filter(|clause| exists(clause.key, os))
            .map(|clause| (clause, clause.judge(facts, clock)))
            .filter(|(_, ruling)| is_same_outcome(*ruling, outcome))
            .collect()
    }

    /// Its alternatives of which something can be asked; a clause alone is one.
    fn alternatives(&self, os: Option<Platform>) -> Vec<&[Clause]> {
        match self {
            Self::Clause(clause) => vec![std::slice::from_ref(clause)],
            Self::Any(alternatives) => on(alternatives, os).collect(),
        }
    }

    fn considered<'m>(
        &self,
        os: Option<Platform>,
        facts: &Facts<'m>,
        clock: &Hourglass,
    ) -> Considered<'_, 'm> {
        let each = self.alternatives(os).into_iter().map(|clauses| {
            let asked = clauses.iter().filter(|clause| exists(clause.key, os));
            let asked = asked.map(|clause| (clause, clause.judge(facts, clock))).collect();
            (all_of(clauses, os, facts, clock), asked)
        });
        Considered { ruling: self.judge(os, facts, clock), alternatives: each.collect() }
    }

    fn required(&self, os: Option<Platform>, named: bool) -> Bilingual {
        match self {
            Self::Clause(clause) if named => clause.named(&clause.required()),
            Self::Clause(clause) => clause.required(),
            Self::Any(alternatives) => {
                let each: Vec<_> = on(alternatives, os).map(|one| required_all(one, os)).collect();
                words::both(|lang| {
                    let each: Vec<_> =
                        each.iter().map(|one| format!("({})", one.get(lang))).collect();
                    each.join(words::pick([" hoặc ", " or "], lang))
                })
            }
        }
    }
}

/// The alternatives of which something can be asked of a machine with this system.
fn on(alternatives: &[Vec<Clause>], os: Option<Platform>) -> impl Iterator<Item = &[Clause]> {
    let is_left = move |clauses: &&Vec<Clause>| clauses.iter().any(|clause| exists(clause.key, os));
    alternatives.iter().filter(is_left).map(Vec::as_slice)
}

/// Whether a fact can exist on a system; on one that is not known each may.
pub(crate) fn exists(key: FactKey, os: Option<Platform>) -> bool {
    os.is_none_or(|os| key.spec().platforms.contains(&os))
}

fn all_of<'m>(
    clauses: &[Clause],
    os: Option<Platform>,
    facts: &Facts<'m>,
    clock: &Hourglass,
) -> ClauseRuling<'m> {
    let asked = clauses.iter().filter(|clause| exists(clause.key, os));
    ClauseRuling::all(asked.map(|clause| clause.judge(facts, clock)))
}

fn required_all(clauses: &[Clause], os: Option<Platform>) -> Bilingual {
    let asked = clauses.iter().filter(|clause| exists(clause.key, os));
    let parts: Vec<_> = asked.map(|clause| clause.named(&clause.required())).collect();
    words::joined(&parts, ", ")
}

/// Whether two rulings are alike, whatever is not known.
fn is_same_outcome(one: ClauseRuling<'_>, other: ClauseRuling<'_>) -> bool {
    match (one, other) {
        (ClauseRuling::Pass, ClauseRuling::Pass)
        | (ClauseRuling::Fail, ClauseRuling::Fail)
        | (ClauseRuling::Unknown(_), ClauseRuling::Unknown(_)) => true,
        (
            ClauseRuling::Pass | ClauseRuling::Fail | ClauseRuling::Unknown(_),
            ClauseRuling::Pass | ClauseRuling::Fail | ClauseRuling::Unknown(_),
        ) => false,
    }
}

/// Reads `[require]`.
pub(crate) fn read(item: &Item<'_>, calendar: &Calendar) -> Requirement {
    let read = |name: &str, item: &Item<'_>| match name {
        ANY => read_any(item, calendar),
        fact => Clause::read(fact, item, calendar).map(Demand::Clause),
    };
    Requirement { demands: read_table(item, read) }
}

fn read_any(item: &Item<'_>, calendar: &Calendar) -> Option<Demand> {
    if item.shape() != Shape::List {
        item.wrong_with_help(
            format!("expected a list of alternatives, found {}", item.shape().name()),
            Some("write any = [{ \"fact\" = … }, { … }]".to_owned()),
        );
        return None;
    }
    let alternatives = item.list()?;
    if alternatives.is_empty() {
        item.wrong("an empty list of alternatives can never be met");
        return None;
    }
    let clauses = |one| read_table(one, |name, item| Clause::read(name, item, calendar));
    Some(Demand::Any(alternatives.iter().map(clauses).collect()))
}

fn read_table<T>(item: &Item<'_>, read: impl Fn(&str, &Item<'_>) -> Option<T>) -> Vec<T> {
    let Some(section) = item.section() else {
        return Vec::new();
    };
    let items: Vec<_> = section.items().collect();
    if items.is_empty() {
        item.wrong_key("this asks for nothing", None);
    }
    items.into_iter().filter_map(|(name, item)| read(name, &item)).collect()
}

#[cfg(test)]
mod tests;
