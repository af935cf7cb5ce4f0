//! Nothing that is not known passes, and asking for more never helps.

use std::cell::RefCell;

use proptest::prelude::*;
use report::FactKey;
use report::catalogue::Platform;
use report::verdict::{Ruling, State};

use super::grammar::{Asked, Asks, Part, Quantity, any_asks};
use super::witness::Witness;
use super::worlds::{any_changed, office, with_own_facts};
use crate::machine::view::{Datum, Seen};
use crate::machine::{Machine, Standing};
use crate::policy::fixtures::{DAY, NOW, cases, key, view};
use crate::policy::{JudgeClock, PolicySet, Subject, judge};

/// What these rules say of a machine at [`NOW`], and its state.
fn rulings(asks: &[&Asks], machine: &Machine) -> (State, Vec<Ruling>) {
    thread_local!(static SET: RefCell<PolicySet> = RefCell::new((*office()).clone()));
    SET.with_borrow_mut(|set| {
        set.rules = asks.iter().map(|asks| asks.rule()).collect();
        let judgement = judge(set, &Subject::of(set, view(machine), NOW), JudgeClock::at(NOW));
        (judgement.state, judgement.rules.iter().map(|rule| rule.ruling).collect())
    })
}

fn platform(machine: &Machine) -> Option<Platform> {
    match view(machine).fact(key("machine.os_family"))? {
        Seen::Known(Datum::Choice(family)) => Platform::from_name(family),
        Seen::Known(_) | Seen::Absent | Seen::Unknown(_) => None,
    }
}

fn exists(key: FactKey, os: Option<Platform>) -> bool {
    os.is_none_or(|os| key.spec().platforms.contains(&os))
}

/// Whether a machine proves of all that exists on its system what is asked of it.
fn proves(asks: &Asks, machine: &Machine) -> bool {
    let os = platform(machine);
    let registered = Subject::of(&office(), view(machine), NOW).row.is_some();
    let witness = Witness { machine, registered };
    let there = |asked: &&Asked| exists(asked.key, os);
    let all = |clauses: &[Asked]| clauses.iter().filter(there).all(|one| witness.proves(one));
    let left = asks.any.iter().filter(|clauses| clauses.iter().any(|one| exists(one.key, os)));
    let alternatives: Vec<_> = left.collect();
    all(&asks.all) && (alternatives.is_empty() || alternatives.into_iter().any(|one| all(one)))
}

/// A rule and a machine that tells something of what it asks.
fn any_case() -> impl Strategy<Value = (Asks, Machine)> {
    let standing = prop_oneof![
        5 => Just(Standing::Current),
        1 => proptest::sample::select(Standing::ALL.to_vec()),
    ];
    let case = (any_asks(), standing, prop_oneof![5 => Just(0), 1 => -3..9_i64]);
    case.prop_flat_map(|(asks, standing, days)| {
        let machine =
            any_changed(asks.keys()).prop_map(with_own_facts).prop_map(move |mut machine| {
                machine.standing = standing;
                machine.last_contact.at = NOW - days * DAY;
                machine
            });
        (Just(asks), machine)
    })
}

/// The same with one thing less asked for.
fn without_one(asks: &Asks) -> Vec<Asks> {
    let mut weaker = Vec::new();
    for place in 0..asks.all.len() {
        let mut less = asks.clone();
        let asked = less.all.remove(place);
        if !less.all.is_empty() || !less.any.is_empty() {
            weaker.push(less);
        }
        for parts in without_one_part(&asked.parts) {
            let mut less = asks.clone();
            less.all[place].parts = parts;
            weaker.push(less);
        }
    }
    for (list, clauses) in asks.any.iter().enumerate() {
        // On a system without the facts that are left the alternative would be none at all.
        let everywhere = |asked: &Asked| asked.key.spec().platforms.len() == Platform::ALL.len();
        if clauses.len() > 1 && clauses.iter().all(everywhere) {
            let mut less = asks.clone();
            less.any[list].pop();
            weaker.push(less);
        }
    }
    weaker
}

fn without_one_part(parts: &[Part]) -> Vec<Vec<Part>> {
    let mut weaker = Vec::new();
    for (place, part) in parts.iter().enumerate() {
        if parts.len() > 1 {
            let mut less = parts.to_vec();
            less.remove(place);
            weaker.push(less);
        }
        // `none` asks for less with every field that is added to it.
        if let Part::Records(quantity @ (Quantity::Some | Quantity::Every), fields) = part
            && fields.len() > 1
        {
            let mut less = parts.to_vec();
            less[place] = Part::Records(*quantity, fields[1..].to_vec());
            weaker.push(less);
        }
    }
    weaker
}

proptest! {
    #![proptest_config(cases(10_000))]

    #[test]
    fn only_what_is_known_fresh_and_not_of_the_future_passes((asks, machine) in any_case()) {
        let (state, rulings) = rulings(&[&asks], &machine);
        if rulings == [Ruling::Pass] {
            prop_assert!(proves(&asks, &machine));
            prop_assert_eq!(machine.standing, Standing::Current);
            prop_assert_eq!(state, State::Protected);
            prop_assert!(machine.last_contact.at <= NOW + DAY);
            prop_assert!(machine.last_contact.at >= NOW - 7 * DAY);
        }
        prop_assert_eq!(state == State::Protected, rulings == [Ruling::Pass]);
    }

    #[test]
    fn asking_for_more_never_turns_a_fail_or_an_unknown_into_a_pass((asks, machine) in any_case()) {
        let weaker = without_one(&asks);
        let all: Vec<_> = std::iter::once(&asks).chain(&weaker).collect();
        let (_, rulings) = rulings(&all, &machine);
        if rulings[0] == Ruling::Pass {
            for (weaker, ruling) in weaker.iter().zip(&rulings[1..]) {
                prop_assert!(matches!(ruling, Ruling::Pass | Ruling::NotApplicable), "{weaker:?}");
            }
        }
    }
}
