//! What is to be done about one machine first.

use report::Bilingual;
use report::verdict::{Ruling, Severity, State};

use crate::live::Live;
use crate::policy::judge::judge_on;
use crate::policy::roll::Member;
use crate::policy::{Hourglass, Rule, Why};

/// What is to be done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remedy {
    /// The rule that asks for it; `None`: the state does.
    pub rule: Option<String>,
    /// In words; empty where nothing is to be done.
    pub words: Bilingual,
}

impl Remedy {
    /// What is to be done about a member: what its state asks for, or the first mandatory rule
    /// that keeps it from being protected, critical ones before others.
    #[must_use]
    pub fn of(live: &Live, member: &Member<'_>) -> Self {
        match member.entry.state {
            State::Revoked => Self::of_state(Why::Revoked),
            State::Clone => Self::of_state(Why::Clone),
            State::Pending => Self::of_state(Why::Pending),
            State::NeverEnrolled => Self::of_state(Why::NeverEnrolled),
            State::Silent => {
                let machine = member.machine.map(|slot| live.fleet().at(slot));
                machine.map_or_else(Self::default, |machine| {
                    Self::of_state(Why::Silent(machine.last_contact.at))
                })
            }
            State::Unprotected => Self::of_rule(first(live, member, Ruling::Fail)),
            State::Waived => Self::of_rule(first(live, member, Ruling::Waived)),
            State::Unknown => Self::of_unknown(live, member),
            State::Protected => Self::default(),
        }
    }

    fn of_state(why: Why<'_>) -> Self {
        Self { rule: None, words: why.remedy().unwrap_or_default() }
    }

    fn of_rule(rule: Option<(usize, &Rule)>) -> Self {
        rule.map_or_else(Self::default, |(_, rule)| Self {
            rule: Some(rule.id.clone()),
            words: rule.remedy.clone(),
        })
    }

    /// Why something is unknown is not kept; it is judged again.
    fn of_unknown(live: &Live, member: &Member<'_>) -> Self {
        let roll = live.roll();
        let Some(subject) = roll.subject(live.fleet(), member) else {
            return Self::default();
        };
        let glass = Hourglass::new(roll.clock());
        let judgement = judge_on(roll.set(), roll.day(), &subject, &glass);
        let Some((place, rule)) = first(live, member, Ruling::Unknown) else {
            return judgement.why.map_or_else(Self::default, Self::of_state);
        };
        let why = judgement.rules.get(place).and_then(|ruling| ruling.why);
        let words = why.and_then(|why| why.remedy()).unwrap_or_else(|| rule.remedy.clone());
        Self { rule: Some(rule.id.clone()), words }
    }
}

/// The first mandatory rule of this outcome, with its place in the set.
fn first<'l>(live: &'l Live, member: &Member<'_>, wanted: Ruling) -> Option<(usize, &'l Rule)> {
    let rules = live.roll().set().rules.iter().enumerate().zip(member.rulings());
    let of_it =
        rules.filter(|((_, rule), ruling)| rule.severity.is_mandatory() && *ruling == wanted);
    let rank = |rule: &Rule| match rule.severity {
        Severity::Critical => 0,
        Severity::Major => 1,
        Severity::Minor => 2,
    };
    of_it.map(|(rule, _)| rule).min_by_key(|(_, rule)| rank(rule))
}

#[cfg(test)]
mod tests;
