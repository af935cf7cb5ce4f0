//! The table says the truth: what it does not name has no part in a fact.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::sample::select;
use report::catalogue::Origin;
use report::observation::Facts as Said;
use report::{Fact, Outcome, Reading, Timestamp, Topic, Value};

use super::*;
use crate::machine::worlds::{REPORTED_AT, any_topics, linux_pc, windows_pc};
use crate::machine::{Contact, Kept, Machine};
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

fn speaking(topics: BTreeMap<Topic, Kept>) -> Machine {
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
    let mut up_to_date = linux_pc();
    let none = (FactKey::of("patches.security_pending"), Fact::Known(Value::Count(0)).into());
    say(&mut up_to_date, Topic::Patches, [none]);
    assert_rests_on_its_inputs(&speaking(up_to_date));
}

/// Puts facts in place of those that a topic says.
fn say(
    topics: &mut BTreeMap<Topic, Kept>,
    topic: Topic,
    facts: impl IntoIterator<Item = (FactKey, Reading)>,
) {
    if let Some(Outcome::Observed(said)) =
        topics.get_mut(&topic).map(|kept| &mut kept.observation.outcome)
    {
        said.extend(facts);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn on_any_machine_no_other_fact_has_a_part_in_what_is_derived(
        mut topics in select(vec![BTreeMap::new(), windows_pc(), linux_pc()]),
        any in any_topics(),
    ) {
        for (topic, kept) in any {
            match kept.observation.outcome {
                Outcome::Observed(facts) if topics.contains_key(&topic) => {
                    say(&mut topics, topic, facts);
                }
                Outcome::Observed(_) | Outcome::NotApplicable(_) | Outcome::Failed(_) => {
                    topics.insert(topic, kept);
                }
            }
        }
        assert_rests_on_its_inputs(&speaking(topics));
    }
}
