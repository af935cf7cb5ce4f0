//! Two rolls over the same machines, member by member.

use std::collections::BTreeMap;

use report::verdict::{Ruling, State};

use super::crowd::{Affected, Gathering, Names, Spot};
use super::{Change, Flip, SharedRule, rules_of_both};
use crate::fleet::Fleet;
use crate::policy::counts::Counts;
use crate::policy::roll::{Member, Roll};

/// What becomes of the members.
pub(super) struct Compared {
    pub(super) members: Change<u64>,
    pub(super) protected: Change<u64>,
    pub(super) newly_protected: Affected,
    pub(super) no_longer_protected: Affected,
    pub(super) joined: Affected,
    pub(super) left: Affected,
    pub(super) flips: Vec<Flip>,
}

/// Compares two rolls.
pub(super) fn compare(before: &Roll, after: &Roll, fleet: &Fleet, names: Names) -> Compared {
    let mut comparison = Comparison::new(before, after, fleet, names);
    comparison.look_forward();
    comparison.look_back();
    comparison.finish()
}

/// A rule with what it said and says.
type Turn = (usize, Option<Ruling>, Option<Ruling>);

struct Comparison<'r> {
    before: &'r Roll,
    after: &'r Roll,
    fleet: &'r Fleet,
    names: Names,
    /// Whether a row has the same number in both.
    same_rows: bool,
    /// Whether a rule has too.
    same_rules: bool,
    rules: Vec<SharedRule<'r>>,
    newly_protected: Gathering<'r>,
    no_longer_protected: Gathering<'r>,
    joined: Gathering<'r>,
    left: Gathering<'r>,
    flips: BTreeMap<Turn, Gathering<'r>>,
}

impl<'r> Comparison<'r> {
    fn new(before: &'r Roll, after: &'r Roll, fleet: &'r Fleet, names: Names) -> Self {
        let (old, new) = (before.set(), after.set());
        let rules = rules_of_both(old, new);
        Self {
            before,
            after,
            fleet,
            names,
            same_rows: old.register.machines == new.register.machines,
            same_rules: rules.iter().all(|rule| rule.before == rule.after),
            rules,
            newly_protected: Gathering::default(),
            no_longer_protected: Gathering::default(),
            joined: Gathering::default(),
            left: Gathering::default(),
            flips: BTreeMap::new(),
        }
    }

    /// What becomes of those whom the other set has.
    fn look_forward(&mut self) {
        for member in self.unlike(self.after, self.before) {
            let (spot, name) = (spot(&member), || member.name(self.fleet));
            let is_protected = is_protected(&member);
            let counterpart = self.counterpart(&member, self.before);
            let was_protected = counterpart.as_ref().is_some_and(self::is_protected);
            match (was_protected, is_protected) {
                (false, true) => self.newly_protected.add(self.names, spot, name),
                (true, false) => self.no_longer_protected.add(self.names, spot, name),
                (true, true) | (false, false) => {}
            }
            match counterpart {
                Some(counterpart) => self.turn(&counterpart, &member, spot),
                None => self.joined.add(self.names, spot, name),
            }
        }
    }

    /// The members of one roll of whom the other may say otherwise.
    fn unlike(
        &self,
        roll: &'r Roll,
        other: &'r Roll,
    ) -> impl Iterator<Item = Member<'r>> + use<'r> {
        let is_same = self.same_rows && self.same_rules;
        let unlike = is_same.then(|| roll.members_unlike(other));
        let all = (!is_same).then(|| roll.members());
        unlike.into_iter().flatten().chain(all.into_iter().flatten())
    }

    /// What the rules say otherwise of a member.
    fn turn(&mut self, before: &Member<'_>, after: &Member<'_>, spot: Spot<'r>) {
        for (number, rule) in self.rules.iter().enumerate() {
            let old = rule.before.map(|place| before.ruling(place));
            let new = rule.after.map(|place| after.ruling(place));
            if old != new {
                let flip = self.flips.entry((number, old, new)).or_default();
                flip.add(self.names, spot, || after.name(self.fleet));
            }
        }
    }

    /// What becomes of those whom the other set no longer has.
    fn look_back(&mut self) {
        for member in self.unlike(self.before, self.after) {
            if self.counterpart(&member, self.after).is_none() {
                let (spot, name) = (spot(&member), || member.name(self.fleet));
                self.left.add(self.names, spot, name);
                if is_protected(&member) {
                    self.no_longer_protected.add(self.names, spot, name);
                }
            }
        }
    }

    /// The member of the other roll that is this one: by row, or by the machine where a row is
    /// new, is gone, or has changed hands.
    fn counterpart(&self, member: &Member<'_>, other: &'r Roll) -> Option<Member<'r>> {
        let row = member.row.and_then(|row| match self.same_rows {
            // To find a million rows by their ids takes as long as to judge them.
            true => Some(row.index),
            false => other.set().register.machines.index(row.id),
        });
        let by_row = row.and_then(|row| other.member_at(row));
        by_row.or_else(|| other.member_of(member.machine?))
    }

    fn finish(self) -> Compared {
        let (rules, set) = (self.rules, self.after.set());
        let flip = |((number, before, after), members): (Turn, Gathering<'_>)| Flip {
            rule: rules[number].id.to_owned(),
            ruling: Change { before, after },
            is_mandatory: rules[number].is_mandatory_in(set),
            members: members.finish(),
        };
        let sums = |count: fn(&Counts) -> u64| Change {
            before: count(self.before.counts()),
            after: count(self.after.counts()),
        };
        Compared {
            members: sums(Counts::everyone),
            protected: sums(|counts| counts.in_state(State::Protected)),
            newly_protected: self.newly_protected.finish(),
            no_longer_protected: self.no_longer_protected.finish(),
            joined: self.joined.finish(),
            left: self.left.finish(),
            flips: self.flips.into_iter().map(flip).collect(),
        }
    }
}

fn is_protected(member: &Member<'_>) -> bool {
    member.entry.state == State::Protected
}

fn spot<'r>(member: &Member<'r>) -> Spot<'r> {
    (member.unit(), member.entry.level)
}
