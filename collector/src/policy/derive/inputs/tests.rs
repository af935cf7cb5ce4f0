//! The table says the truth: what it does not name has no part in a fact.

use std::collections::BTreeSet;

use proptest::prelude::*;
use report::catalogue::Origin;
use report::observation::Facts as Said;
use report::{Outcome, Timestamp};

use super::*;
use crate::machine::worlds::{REPORTED_AT, any_topics, linux_pc, windows_pc};
use crate::machine::{Contact, Machine};
use crate::policy::PolicySet;
use crate::policy::day::Day;
use crate::policy::derive::derive;
use crate::policy::fixtures::{set, silent_body, view};
use crate::policy::hourglass::Hourglass;
use crate::policy::subject::{JudgeClock, Subject};

fn derived() -> impl Iterator<Item = FactKey> {
    FactKey::all().filter(|key| key.spec().origin == Origin::Derived)
}

#[test]
fn each_derived_fact_and_no_other_stands_in_the_table_once() {
    let table: Vec<_> = INPUTS.iter().map(|(key, _)| *key).collect();
    let unique: BTreeSet<_> = table.iter().copied().collect();
    assert_eq!(unique, derived().collect());
    assert_eq!(table.len(), unique.len());
    assert_eq!(inputs(FactKey::of("machine.chassis")), []);
}

/// The facts that a fact goes back to.
fn roots(key: FactKey) -> BTreeSet<FactKey> {
    let mut roots: BTreeSet<_> = inputs(key).iter().flat_map(|input| roots(*input)).collect();
    roots.insert(key);
    roots
}

/// The same machine, which has said nothing but these facts.
fn saying_only(machine: &Machine, facts: &BTreeSet<FactKey>) -> Machine {
    let mut quiet = machine.clone();
    for kept in quiet.topics.values_mut() {
        if let Outcome::Observed(said) = &mut kept.observation.outcome {
            let left = said.iter().filter(|(key, _)| facts.contains(key));
            *said = left.map(|(key, reading)| (*key, reading.clone())).collect::<Said>();
        }
    }
    quiet
}

fn finding(set: &PolicySet, machine: &Machine, key: FactKey, now: Timestamp) -> String {
    let (day, clock) = (Day::of(set, now), Hourglass::new(JudgeClock::at(now)));
    let subject = Subject::of(set, view(machine), now);
    format!("{:?}", derive(set, &day, &subject, &clock).get(key))
}

fn assert_rests_on_its_inputs(machine: &Machine) {
    let set = set("m-1,so,workstation,lan,,,,2025-01-01,\n", &[]);
    for key in derived() {
        let quiet = saying_only(machine, &roots(key));
        let [whole, alone] = [machine, &quiet].map(|one| finding(&set, one, key, REPORTED_AT));
        assert_eq!(whole, alone, "{key:?}");
    }
}

fn speaking(topics: std::collections::BTreeMap<report::Topic, crate::machine::Kept>) -> Machine {
    let last_contact = Contact { at: REPORTED_AT, skew: 0 };
    let mut machine = Machine { last_contact, topics, ..silent_body(1, None) };
    // As the store notes it: whatever is left of the report.
    machine.security_pending_since = machine.pending().since();
    machine
}

#[test]
fn on_real_machines_no_other_fact_has_a_part_in_what_is_derived() {
    assert_rests_on_its_inputs(&speaking(windows_pc()));
    assert_rests_on_its_inputs(&speaking(linux_pc()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn on_any_machine_no_other_fact_has_a_part_in_what_is_derived(topics in any_topics()) {
        assert_rests_on_its_inputs(&speaking(topics));
    }
}
