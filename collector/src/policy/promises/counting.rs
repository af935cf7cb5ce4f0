//! Who is counted, and as what.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use report::verdict::{Ruling, State};

use super::worlds::{ROWS_IN_FORCE, any_machines, fleet, office};
use crate::live::Live;
use crate::machine::{Machine, Standing};
use crate::metrics;
use crate::policy::fixtures::{DAY, NOW, cases};
use crate::policy::roll::Member;
use crate::policy::targets::Measure;
use crate::policy::{JudgeClock, PolicySet, Posture, Roll};
use crate::register::ReportsBy;

/// Why a machine must not be counted as protected, told without the judge.
fn is_out_of_the_question(member: &Member<'_>, machine: Option<&Machine>) -> bool {
    // No holiday of the office lies within so many days before this Sunday.
    let by_file = member.row.is_some_and(|row| row.reports == ReportsBy::File);
    let days = if by_file { 45 } else { 7 };
    machine.is_none_or(|machine| {
        let heard = machine.last_contact.at;
        machine.standing != Standing::Current || heard < NOW - days * DAY || heard > NOW + DAY
    })
}

fn may_protect(set: &PolicySet, rulings: &[Ruling]) -> bool {
    let mandatory = || {
        let rules = set.rules.iter().zip(rulings);
        rules.filter(|(rule, _)| rule.severity.is_mandatory()).map(|(_, ruling)| *ruling)
    };
    mandatory().all(|ruling| matches!(ruling, Ruling::Pass | Ruling::NotApplicable))
        && mandatory().any(|ruling| ruling == Ruling::Pass)
}

/// Whether a member may stand in the numerator of a target about machines.
fn may_count(set: &PolicySet, measure: &Measure, rulings: &[Ruling]) -> bool {
    match measure {
        Measure::Protected => may_protect(set, rulings),
        Measure::Rules(ids) => ids.iter().all(|id| {
            let place = set.rules.iter().position(|rule| rule.id == *id);
            place.is_some_and(|place| rulings[place] == Ruling::Pass)
        }),
        Measure::Classified(_) | Measure::PlansApproved | Measure::StaffTrained => false,
    }
}

proptest! {
    #![proptest_config(cases(10_000))]

    #[test]
    fn nobody_is_in_a_numerator_who_did_not_speak_and_pass(machines in any_machines()) {
        let (set, fleet) = (office(), fleet(&machines));
        let roll = Roll::call(set.clone(), &fleet, JudgeClock::at(NOW));
        let posture = Posture::of(&roll);
        let machine_of = |member: &Member<'_>| {
            let id = fleet.at(member.machine?).id;
            machines.iter().find(|machine| machine.id == id)
        };
        for (target, posture) in set.targets.list.iter().zip(&posture.targets) {
            if !target.measure.is_about_machines() {
                continue;
            }
            let candidates = roll.members().filter(|member| {
                let rulings: Vec<_> = member.rulings().collect();
                !is_out_of_the_question(member, machine_of(member))
                    && may_count(&set, &target.measure, &rulings)
            });
            prop_assert_eq!(posture.total.met, candidates.count() as u64, "{}", target.id);
        }
        for member in roll.members() {
            let rulings: Vec<_> = member.rulings().collect();
            let out = is_out_of_the_question(&member, machine_of(&member));
            prop_assert!(!out || !rulings.contains(&Ruling::Pass));
            prop_assert_eq!(
                member.entry.state == State::Protected,
                !out && may_protect(&set, &rulings)
            );
        }
    }

    #[test]
    fn states_partition_the_members(machines in any_machines()) {
        let (set, fleet) = (office(), fleet(&machines));
        let roll = Roll::call(set.clone(), &fleet, JudgeClock::at(NOW));
        let (posture, members) = (Posture::of(&roll), roll.members().count() as u64);
        let live: u64 = posture.unregistered.values().sum();
        prop_assert_eq!(members, ROWS_IN_FORCE + live);
        prop_assert_eq!(posture.machines.values().sum::<u64>(), members);
        prop_assert_eq!(posture.by_kind.values().sum::<u64>(), members);
        prop_assert_eq!(posture.by_level.values().sum::<u64>(), members);
        prop_assert_eq!(posture.report_age.values().sum::<u64>(), members);
        for rule in &set.rules {
            let own = posture.rule_machines.iter().filter(|((id, ..), _)| *id == rule.id);
            prop_assert_eq!(own.map(|(_, count)| count).sum::<u64>(), members);
        }
        let declared: u64 = posture.declared.values().sum();
        for (target, measured) in set.targets.list.iter().zip(&posture.targets) {
            let units = measured.units.values();
            let sums = units.fold((0, 0), |(all, met), one| (all + one.members, met + one.met));
            prop_assert_eq!(sums, (measured.total.members, measured.total.met));
            prop_assert!(measured.total.met <= measured.total.members);
            if target.measure.is_about_machines() {
                prop_assert_eq!(measured.total.members, members + declared);
            }
        }
    }
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn every_row_in_force_is_one_member_and_no_machine_is_two(machines in any_machines()) {
        let (set, fleet) = (office(), fleet(&machines));
        let roll = Roll::call(set, &fleet, JudgeClock::at(NOW));
        let rows = roll.members().filter_map(|member| member.row);
        let mut rows: Vec<_> = rows.map(|row| row.id).collect();
        rows.sort_unstable();
        prop_assert_eq!(rows, ["m-1", "m-2", "m-3", "m-4"]);
        let mut speak: Vec<_> = roll.members().filter_map(|member| member.machine).collect();
        let all = speak.len();
        speak.sort_unstable();
        speak.dedup();
        prop_assert_eq!(speak.len(), all);
    }
}

/// The sum of a family over all its series that have these labels, in whatever order.
fn sum(text: &str, family: &str, labels: &str) -> u64 {
    let values = text.lines().filter_map(|line| {
        let (name, rest) = line.split_once('{')?;
        let (own, value) = rest.rsplit_once("} ")?;
        (name == family && labels.split(' ').all(|label| own.contains(label)))
            .then(|| value.parse::<u64>().unwrap())
    });
    values.sum()
}

fn scraped(machines: &[Machine]) -> (String, BTreeMap<State, u64>) {
    let live = Live::new(office(), fleet(machines), NOW);
    let text = metrics::text(&metrics::fleet::families(&live)).unwrap();
    let mut states = BTreeMap::new();
    for member in live.roll().members() {
        *states.entry(member.entry.state).or_default() += 1;
    }
    (String::from_utf8(text).unwrap(), states)
}

proptest! {
    // Writing a page takes longer than judging it.
    #![proptest_config(cases(2_000))]

    #[test]
    fn metrics_sum_to_the_register_in_force_and_the_live_machines_outside_it(
        machines in any_machines(),
    ) {
        let (text, states) = scraped(&machines);
        let unregistered = sum(&text, "lachan_unregistered_machines", "");
        let members = ROWS_IN_FORCE + unregistered;
        for family in [
            "lachan_machines",
            "lachan_machines_by_kind",
            "lachan_machines_by_level",
            "lachan_machines_by_report_age",
        ] {
            prop_assert_eq!(sum(&text, family, ""), members, "{}", family);
        }
        for state in State::ALL {
            let labels = format!("state=\"{}\"", state.name());
            let wanted = states.get(state).copied().unwrap_or_default();
            prop_assert_eq!(sum(&text, "lachan_machines", &labels), wanted, "{}", state.name());
        }
        for rule in &office().rules {
            let labels = format!("rule=\"{}\"", rule.id);
            prop_assert_eq!(sum(&text, "lachan_rule_machines", &labels), members);
        }
        let declared = sum(&text, "lachan_declared_machines", "");
        let target = |family| sum(&text, family, "target=\"machines-protected\"");
        prop_assert_eq!(target("lachan_target_members"), members + declared);
        let observed = "evidence=\"observed\" target=\"machines-protected\"";
        let protected = states.get(&State::Protected).copied().unwrap_or_default();
        prop_assert_eq!(sum(&text, "lachan_target_met", observed), protected);
    }
}

#[test]
fn the_world_of_these_promises_holds_every_state() {
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;

    let (mut runner, mut seen) = (TestRunner::deterministic(), BTreeMap::new());
    for _ in 0..400 {
        let machines = any_machines().new_tree(&mut runner).unwrap().current();
        let roll = Roll::call(Arc::clone(&office()), &fleet(&machines), JudgeClock::at(NOW));
        for member in roll.members() {
            *seen.entry(member.entry.state).or_insert(0) += 1;
        }
    }
    assert!(
        State::ALL.iter().all(|state| seen.get(state).is_some_and(|count| *count > 3)),
        "{seen:?}"
    );
}
