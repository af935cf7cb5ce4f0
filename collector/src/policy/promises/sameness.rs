//! The same set, machine and clock give the same judgement, whoever else there is.

use proptest::prelude::*;

use super::worlds::{any_machine, any_machines, office};
use crate::fleet::{Fleet, Slot};
use crate::machine::Machine;
use crate::policy::fixtures::{NOW, cases, view};
use crate::policy::{JudgeClock, Posture, Roll, Subject, judge};

/// The machines in the order in which they are given.
fn as_they_come(machines: &[Machine]) -> Fleet {
    let mut fleet = Fleet::default();
    for machine in machines {
        fleet.push(machine.clone());
    }
    fleet
}

fn posture(fleet: &Fleet) -> Posture {
    Posture::of(&Roll::call(office(), fleet, JudgeClock::at(NOW)))
}

proptest! {
    #![proptest_config(cases(10_000))]

    #[test]
    fn a_machine_is_judged_the_same_beside_whomever_it_stands(
        machine in any_machine(),
        others in any_machines(),
    ) {
        let set = office();
        let alone = judge(&set, &Subject::of(&set, view(&machine), NOW), JudgeClock::at(NOW));
        let mut fleet = as_they_come(&others);
        let slot = fleet.push(machine);
        let beside = judge(&set, &Subject::of(&set, fleet.at(slot), NOW), JudgeClock::at(NOW));
        prop_assert_eq!(alone, beside);
    }

    #[test]
    fn the_posture_does_not_hang_on_the_order_in_which_machines_come(
        (machines, shuffled) in any_machines()
            .prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
    ) {
        let posture_of = |machines: &[Machine]| posture(&Fleet::new(machines.to_vec()));
        prop_assert_eq!(posture_of(&machines), posture_of(&shuffled));
    }

    #[test]
    fn every_member_is_judged_as_it_would_be_by_itself(machines in any_machines()) {
        let (set, fleet) = (office(), as_they_come(&machines));
        let roll = Roll::call(set.clone(), &fleet, JudgeClock::at(NOW));
        for member in roll.members() {
            let subject = roll.subject(&fleet, &member).unwrap();
            let judgement = judge(&set, &subject, JudgeClock::at(NOW));
            let rulings: Vec<_> = judgement.rules.iter().map(|rule| rule.ruling).collect();
            prop_assert_eq!(member.entry.state, judgement.state);
            prop_assert_eq!(member.rulings().collect::<Vec<_>>(), rulings);
        }
        for machine in 0..fleet.len() {
            let own = roll.member_of(Slot::new(machine)).and_then(|member| member.machine);
            prop_assert!(own.is_none_or(|own| own == Slot::new(machine)));
        }
    }
}
