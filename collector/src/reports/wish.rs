//! Which machines an officer asks for, and in which order.

use std::cmp::Ordering;

use clap::Args;
use report::Timestamp;
use report::verdict::{Ruling, State};
use serde::{Deserialize, Serialize};

use super::machines::Listed;
use crate::collation;
use crate::live::Live;
use crate::policy::PolicySet;
use crate::policy::problem::did_you_mean;
use crate::policy::roll::Member;
use crate::register::{MachineKind, UnitIndex};
use crate::store::Since;
use crate::when;

/// Which machines, as it is written on the command line and in the question to the collector.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Args)]
pub struct MachineWish {
    /// Only machines in these states, as in silent,never_enrolled
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Only machines of this unit and of every unit below it
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Only machines on which this rule fails or is unknown; RULE:unknown for one outcome
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Only machines of this level, 1 to 5; none where it is not determined
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// Only machines of this kind: workstation or server
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Only machines whose state has changed since this day, as in 14/6/2026
    #[arg(long, value_name = "DATE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// In which order: name, unit, state, since or contact
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<String>,
}

impl MachineWish {
    /// Everyone of a unit and of every unit below it; without one, everyone.
    #[must_use]
    pub fn of_unit(unit: Option<&str>) -> Self {
        Self { unit: unit.map(str::to_owned), ..Self::default() }
    }
}

/// In which order machines are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// By name.
    Name,
    /// By the name of the unit, then by name.
    Unit,
    /// The worst states first, then by name.
    State,
    /// Those in their state for longest first, then those of which that is not known.
    Since,
    /// Those never heard of first, then those heard of longest ago.
    Contact,
}

impl Sort {
    const ALL: [(&str, Self); 5] = [
        ("name", Self::Name),
        ("unit", Self::Unit),
        ("state", Self::State),
        ("since", Self::Since),
        ("contact", Self::Contact),
    ];

    fn compare(self, one: &Listed, other: &Listed) -> Ordering {
        let by_key = match self {
            Self::Name => Ordering::Equal,
            Self::Unit => collation::compare(unit_of(one), unit_of(other)),
            Self::State => one.machine.state.cmp(&other.machine.state),
            Self::Since => since_of(one).cmp(&since_of(other)),
            Self::Contact => one.machine.last_contact.cmp(&other.machine.last_contact),
        };
        by_key.then_with(|| collation::compare(&one.machine.name(), &other.machine.name()))
    }

    /// Puts a list in this order.
    pub fn apply(self, machines: &mut [Listed]) {
        machines.sort_by(|one, other| self.compare(one, other));
    }
}

fn unit_of(listed: &Listed) -> &str {
    listed.unit_name.as_ref().map_or("", |name| &name.vi)
}

/// What is not known comes last.
fn since_of(listed: &Listed) -> Timestamp {
    listed.since.map_or(Timestamp(i64::MAX), |since| since.at)
}

/// A wish that has been understood.
#[derive(Clone, Debug)]
pub struct Filter {
    states: Option<Vec<State>>,
    unit: Option<UnitIndex>,
    rule: Option<(usize, Vec<Ruling>)>,
    level: Option<Option<u8>>,
    kind: Option<MachineKind>,
    since: Option<Timestamp>,
    /// In which order.
    pub sort: Sort,
}

impl Filter {
    /// Understands a wish by the words of a policy set.
    ///
    /// # Errors
    /// When a word of it is not one of the set's: the message names the nearest, or all.
    pub fn of(wish: &MachineWish, set: &PolicySet) -> Result<Self, String> {
        Ok(Self {
            states: wish.state.as_deref().map(states).transpose()?,
            unit: wish.unit.as_deref().map(|id| unit(id, set)).transpose()?,
            rule: wish.rule.as_deref().map(|rule| outcomes(rule, set)).transpose()?,
            level: wish.level.as_deref().map(level).transpose()?,
            kind: wish.kind.as_deref().map(kind).transpose()?,
            since: wish.since.as_deref().map(|text| day(text, set)).transpose()?,
            sort: wish.sort.as_deref().map_or(Ok(Sort::Name), sort)?,
        })
    }

    /// The unit whose machines are asked for, with every unit below it; `None`: everyone.
    #[must_use]
    pub fn unit(&self) -> Option<UnitIndex> {
        self.unit
    }

    /// Whether a member is asked for.
    #[must_use]
    pub fn takes(&self, live: &Live, member: &Member<'_>) -> bool {
        let entry = &member.entry;
        let rule = |(place, wanted): &(usize, Vec<Ruling>)| {
            member.rulings().nth(*place).is_some_and(|ruling| wanted.contains(&ruling))
        };
        self.states.as_ref().is_none_or(|states| states.contains(&entry.state))
            && self.unit.is_none_or(|unit| is_within(live, member, unit))
            && self.rule.as_ref().is_none_or(rule)
            && self.level.is_none_or(|level| entry.level == level)
            && self.kind.is_none_or(|kind| entry.kind == Some(kind))
    }

    /// Whether a state that holds since then may have changed late enough: where that is not known,
    /// nobody is left out.
    #[must_use]
    pub fn takes_since(&self, since: Option<Since>) -> bool {
        let may_have = |from| since.is_none_or(|since| since.at >= from);
        self.since.is_none_or(may_have)
    }
}

fn day(text: &str, set: &PolicySet) -> Result<Timestamp, String> {
    let calendar = &set.targets.calendar;
    let moment = when::moment(text, calendar)?;
    Ok(if text.contains('T') { moment } else { calendar.start_of(calendar.date_of(moment)) })
}

fn is_within(live: &Live, member: &Member<'_>, unit: UnitIndex) -> bool {
    let units = &live.roll().set().register.units;
    let own = member.unit().and_then(|id| units.index(id));
    own.is_some_and(|own| live.roll().day().line(own).contains(&unit))
}

fn states(text: &str) -> Result<Vec<State>, String> {
    let names = || State::ALL.iter().map(|state| state.name());
    let state = |name: &str| State::from_name(name).ok_or_else(|| unknown("state", name, names()));
    text.split(',').map(|name| state(name.trim())).collect()
}

/// The unit of an id.
///
/// # Errors
/// When there is none: the message names the nearest.
pub fn unit(id: &str, set: &PolicySet) -> Result<UnitIndex, String> {
    let units = &set.register.units;
    units.index(id).ok_or_else(|| unknown("unit", id, units.iter().map(|unit| unit.id.as_str())))
}

/// `RULE`, which fails or is unknown, or `RULE:OUTCOME`.
fn outcomes(text: &str, set: &PolicySet) -> Result<(usize, Vec<Ruling>), String> {
    let (id, outcome) = text.split_once(':').map_or((text, None), |(id, word)| (id, Some(word)));
    let ids = || set.rules.iter().map(|rule| rule.id.as_str());
    let place = ids().position(|one| one == id).ok_or_else(|| unknown("rule", id, ids()))?;
    let names = || Ruling::ALL.iter().map(|ruling| ruling.name());
    let wanted = match outcome {
        None => vec![Ruling::Fail, Ruling::Unknown],
        Some(word) => {
            vec![Ruling::from_name(word).ok_or_else(|| unknown("outcome", word, names()))?]
        }
    };
    Ok((place, wanted))
}

fn level(text: &str) -> Result<Option<u8>, String> {
    match (text, text.parse()) {
        ("none", _) => Ok(None),
        (_, Ok(level @ 1..=5)) => Ok(Some(level)),
        (other, _) => Err(format!("--level {other}: a level is 1 to 5, or none")),
    }
}

fn kind(text: &str) -> Result<MachineKind, String> {
    let names = MachineKind::ALL.map(MachineKind::name);
    MachineKind::from_name(text).ok_or_else(|| unknown("kind", text, names.into_iter()))
}

fn sort(text: &str) -> Result<Sort, String> {
    let found = Sort::ALL.into_iter().find(|(name, _)| *name == text).map(|(_, sort)| sort);
    found.ok_or_else(|| unknown("sort", text, Sort::ALL.into_iter().map(|(name, _)| name)))
}

/// What to say of a word that is none of the choices: the nearest, or all where they are few.
fn unknown<'c>(what: &str, word: &str, choices: impl Iterator<Item = &'c str>) -> String {
    const FEW: usize = 20;
    let choices: Vec<_> = choices.collect();
    let help = did_you_mean(word, choices.iter().copied()).unwrap_or_else(|| match choices.len() {
        ..=FEW => format!("the choices are {}", choices.join(", ")),
        many => format!("none of the {many} there are is near to it"),
    });
    format!("--{what} {word:?} is not known here: {help}")
}

#[cfg(test)]
mod tests;
