//! Whose judgement has changed, until somebody takes note.

use std::collections::{BTreeMap, VecDeque};

use report::Timestamp;
use report::verdict::{Ruling, State};

/// That the judge says something else of a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// When it was judged so.
    pub at: Timestamp,
    /// The row's id; of a machine outside the register its identity.
    pub member: String,
    /// What is said now; `None`: it is no member any more.
    pub outcome: Option<Outcome>,
}

/// What the judge says of a member, as it is logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Its state.
    pub state: State,
    /// The id of its unit; empty: none is known.
    pub unit: String,
    /// What each rule says that does not pass.
    pub rules: NotPassed,
}

/// The rules that a member does not pass, as in `fail:a,b;unknown:c`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NotPassed(String);

impl NotPassed {
    /// Of what each rule says.
    #[must_use]
    pub fn of<'r>(said: impl Iterator<Item = (&'r str, Ruling)> + Clone) -> Self {
        let mut text = String::new();
        for ruling in Ruling::ALL.iter().filter(|ruling| **ruling != Ruling::Pass) {
            for (index, (rule, _)) in said.clone().filter(|(_, own)| own == ruling).enumerate() {
                match (index, text.is_empty()) {
                    (0, true) => text += ruling.name(),
                    (0, false) => text += &format!(";{}", ruling.name()),
                    (_, _) => {}
                }
                text.push(if index == 0 { ':' } else { ',' });
                text += rule;
            }
        }
        Self(text)
    }

    /// As it stands in the log.
    #[must_use]
    pub fn from_text(text: String) -> Self {
        Self(text)
    }

    /// As it stands in the log.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What a rule says; one that is not named passes.
    #[must_use]
    pub fn ruling(&self, rule: &str) -> Ruling {
        let groups = self.0.split(';').filter_map(|group| group.split_once(':'));
        let found = groups.filter(|(_, rules)| rules.split(',').any(|own| own == rule));
        found.filter_map(|(name, _)| Ruling::from_name(name)).next().unwrap_or(Ruling::Pass)
    }
}

/// The places of a roll whose judgement has changed: nothing for those of which it has not.
#[derive(Debug)]
pub(super) struct Marks {
    /// Everyone from this place on, as judged then.
    everyone: Option<(usize, Timestamp)>,
    /// In the order in which they changed.
    queue: VecDeque<(Timestamp, usize)>,
    /// When each of them last did.
    latest: BTreeMap<usize, Timestamp>,
}

impl Marks {
    /// Everyone was judged, and nothing is known of before.
    pub(super) fn everyone(at: Timestamp) -> Self {
        Self { everyone: Some((0, at)), queue: VecDeque::new(), latest: BTreeMap::new() }
    }

    /// Since when everyone waits, if so.
    pub(super) fn everyone_since(&self) -> Option<Timestamp> {
        self.everyone.map(|(_, at)| at)
    }

    /// One has changed.
    pub(super) fn push(&mut self, place: usize, at: Timestamp) {
        self.queue.push_back((at, place));
        self.latest.insert(place, at);
    }

    /// The next one of so many places, and when it changed last; it is marked no more.
    pub(super) fn next(&mut self, places: usize) -> Option<(usize, Timestamp)> {
        self.next_of_everyone(places).or_else(|| self.next_of_queue())
    }

    /// Whoever has changed since comes in its own turn, so that moments only go forward.
    fn next_of_everyone(&mut self, places: usize) -> Option<(usize, Timestamp)> {
        let (from, at) = self.everyone?;
        let next = (from..places).find(|place| !self.latest.contains_key(place));
        self.everyone = next.map(|place| (place + 1, at));
        Some((next?, at))
    }

    fn next_of_queue(&mut self) -> Option<(usize, Timestamp)> {
        while let Some((at, place)) = self.queue.pop_front() {
            if self.latest.get(&place) == Some(&at) {
                self.latest.remove(&place);
                return Some((place, at));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(marks: &mut Marks, places: usize) -> Vec<(usize, i64)> {
        let next = || marks.next(places).map(|(place, at)| (place, at.0));
        std::iter::from_fn(next).collect()
    }

    #[test]
    fn each_change_comes_once_in_its_order_and_at_its_last_moment() {
        let mut marks = Marks::everyone(Timestamp(1));
        assert_eq!(all(&mut marks, 2), [(0, 1), (1, 1)]);
        assert!(all(&mut marks, 2).is_empty());
        for (place, at) in [(1, 5), (0, 6), (1, 7), (0, 7), (0, 7)] {
            marks.push(place, Timestamp(at));
        }
        assert_eq!(all(&mut marks, 2), [(1, 7), (0, 7)]);
        assert!(marks.latest.is_empty() && marks.queue.is_empty());
    }

    #[test]
    fn whoever_changes_while_everyone_waits_comes_after_everyone() {
        let mut marks = Marks::everyone(Timestamp(1));
        assert_eq!(marks.next(4), Some((0, Timestamp(1))));
        marks.push(2, Timestamp(3));
        marks.push(0, Timestamp(4));
        assert_eq!(all(&mut marks, 4), [(1, 1), (3, 1), (2, 3), (0, 4)]);
        assert_eq!(marks.everyone_since(), None);
    }

    #[test]
    fn what_is_logged_of_the_rules_says_what_each_says() {
        let said = [
            ("a", Ruling::Fail),
            ("b", Ruling::Pass),
            ("ab", Ruling::Unknown),
            ("c", Ruling::Fail),
            ("d", Ruling::Waived),
            ("e", Ruling::NotApplicable),
        ];
        let text = NotPassed::of(said.into_iter());
        assert_eq!(text.as_str(), "fail:a,c;unknown:ab;not_applicable:e;waived:d");
        for (rule, ruling) in said {
            assert_eq!(text.ruling(rule), ruling, "{rule}");
        }
        assert_eq!(NotPassed::of([("b", Ruling::Pass)].into_iter()), NotPassed::default());
        assert_eq!(NotPassed::default().ruling("b"), Ruling::Pass);
    }
}
