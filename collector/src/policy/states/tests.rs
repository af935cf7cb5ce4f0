//! The order of the states, and what each of the first five does to the rules.

use proptest::prelude::*;
use report::verdict::{Ruling, State};
use report::{Bilingual, Timestamp};

use super::*;
use crate::machine::Machine;
use crate::policy::fixtures::{
    DAY, HOUR, NOW, cases, good_machine, good_product, observe_antivirus, rule, set,
    set_with_rules, view,
};
use crate::policy::subject::Seat;
use crate::policy::{JudgeClock, Judgement, judge};

const ROW: &str = "m-1,so,workstation,lan,,,,2025-01-01,\n";

fn judged<'m>(set: &'m PolicySet, machine: Option<&Machine>) -> Judgement<'m> {
    let subject = Subject {
        row: set.register.machines.get("m-1"),
        machine: machine.map(view),
        seat: Seat::NoContract,
    };
    judge(set, &subject, JudgeClock::at(NOW))
}

/// A machine in the worst of every state at once.
fn worst() -> Machine {
    let mut machine = good_machine(1, Some("m-1"));
    machine.last_contact.at = NOW - 100 * DAY;
    observe_antivirus(&mut machine, vec![], true);
    machine
}

#[test]
fn the_first_state_that_holds_wins() {
    let set = set(ROW, &[]);
    let mut machine = worst();
    for (standing, state) in [
        (Standing::Revoked, State::Revoked),
        (Standing::Clone, State::Clone),
        (Standing::Pending, State::Pending),
        (Standing::Current, State::Silent),
    ] {
        machine.standing = standing;
        assert_eq!(judged(&set, Some(&machine)).state, state);
    }
    machine.last_contact.at = NOW;
    assert_eq!(judged(&set, Some(&machine)).state, State::Unprotected);
    observe_antivirus(&mut machine, vec![], false);
    assert_eq!(judged(&set, Some(&machine)).state, State::Unknown);
    observe_antivirus(&mut machine, vec![good_product("eset")], false);
    assert_eq!(judged(&set, Some(&machine)).state, State::Protected);
    assert_eq!(judged(&set, None).state, State::NeverEnrolled);
}

#[test]
fn in_the_first_five_states_every_rule_that_would_apply_is_unknown() {
    let windows_only = "applies = { os = [\"windows\"] }\n[require]\n\"machine.memory_mib\" = 1";
    let any = "\n[require]\n\"machine.memory_mib\" = 1";
    let set = set_with_rules(ROW, &[&rule("r0", "major", any), &rule("r1", "major", windows_only)]);
    let rulings = |machine: Option<&Machine>| {
        let judgement = judged(&set, machine);
        judgement.rules.iter().map(|rule| rule.ruling).collect::<Vec<_>>()
    };
    let mut machine = good_machine(1, Some("m-1"));
    for standing in [Standing::Revoked, Standing::Clone, Standing::Pending] {
        machine.standing = standing;
        assert_eq!(
            rulings(Some(&machine)),
            [Ruling::Unknown, Ruling::NotApplicable],
            "{standing:?}"
        );
    }
    assert_eq!(rulings(Some(&worst())), [Ruling::Unknown, Ruling::NotApplicable]);
    // Nothing is known of a machine that never enrolled: the second rule may well concern it.
    assert_eq!(rulings(None), [Ruling::Unknown, Ruling::Unknown]);
}

fn silent_at(set: &PolicySet, kind: Option<MachineKind>, since: Timestamp) -> bool {
    let who = (kind, ReportsBy::Network);
    is_silent(&set.targets, who, since, &Hourglass::new(JudgeClock::at(NOW)))
}

#[test]
fn silence_begins_just_after_the_time_for_the_kind() {
    let set = set(ROW, &[]);
    for (kind, days) in
        [(Some(MachineKind::Workstation), 7), (Some(MachineKind::Server), 1), (None, 1)]
    {
        assert!(!silent_at(&set, kind, NOW - days * DAY), "{kind:?}");
        assert!(silent_at(&set, kind, NOW - days * DAY - 1), "{kind:?}");
    }
}

#[test]
fn a_machine_that_reports_by_file_is_silent_after_the_time_for_files_whatever_its_kind() {
    for kind in ["workstation", "server"] {
        let rows = format!("id,unit,kind,from,reports\nm-1,so,{kind},2025-01-01,file\n");
        let set = set("", &[("register/machines.csv", &rows)]);
        let mut machine = good_machine(1, Some("m-1"));
        machine.last_contact.at = NOW - 45 * DAY;
        assert_ne!(judged(&set, Some(&machine)).state, State::Silent, "{kind}");
        machine.last_contact.at = NOW - 45 * DAY - 1;
        assert_eq!(judged(&set, Some(&machine)).state, State::Silent, "{kind}");
    }
}

#[test]
fn holidays_do_not_make_a_machine_silent() {
    let targets = set_targets("holidays = [{ from = 2026-11-16, until = 2026-11-18 }]");
    let set = set(ROW, &[("targets.toml", &targets)]);
    let workstation = Some(MachineKind::Workstation);
    assert!(!silent_at(&set, workstation, NOW - 10 * DAY));
    assert!(silent_at(&set, workstation, NOW - 10 * DAY - 1));
}

/// The shipped targets with these holidays.
fn set_targets(holidays: &str) -> String {
    let shipped = crate::policy::starter::starter_files()
        .iter()
        .find(|(path, _)| *path == "targets.toml")
        .unwrap()
        .1;
    let (before, rest) = shipped.split_once("holidays = [").unwrap();
    let (_, after) = rest.split_once("\n]").unwrap();
    format!("{before}{holidays}{after}")
}

#[test]
fn an_unregistered_machine_counts_until_it_has_been_silent_for_thirty_days() {
    let set = set(ROW, &[]);
    let mut machine = good_machine(1, None);
    machine.last_contact.at = NOW - 30 * DAY;
    assert!(is_live(&set.targets, machine.last_contact.at, &Hourglass::new(JudgeClock::at(NOW))));
    machine.last_contact.at = NOW - 30 * DAY - HOUR;
    assert!(!is_live(&set.targets, machine.last_contact.at, &Hourglass::new(JudgeClock::at(NOW))));
}

#[test]
fn a_machine_to_which_no_mandatory_rule_applies_is_unknown() {
    let other_level = "\n[level.5.require]\n\"machine.memory_mib\" = 1";
    let set = set_with_rules(ROW, &[&rule("r0", "critical", other_level)]);
    let judgement = judged(&set, Some(&good_machine(1, Some("m-1"))));
    assert_eq!((judgement.state, judgement.why), (State::Unknown, Some(Why::NoRuleApplies)));
}

#[test]
fn advice_never_decides() {
    let fails = "\n[require]\n\"machine.os_id\" = \"plan9\"";
    let passes = "\n[require]\n\"machine.os_id\" = \"debian\"";
    let machine = good_machine(1, Some("m-1"));
    let state = |rules: &[&str]| judged(&set_with_rules(ROW, rules), Some(&machine)).state;
    assert_eq!(
        state(&[&rule("r0", "major", passes), &rule("r1", "minor", fails)]),
        State::Protected
    );
    assert_eq!(state(&[&rule("r0", "minor", passes)]), State::Unknown);
    assert_eq!(
        state(&[&rule("r0", "major", passes), &rule("r1", "major", fails)]),
        State::Unprotected
    );
}

fn by_rulings(rulings: &[Ruling]) -> State {
    let mut set =
        set_with_rules(ROW, &[&rule("r0", "major", "\n[require]\n\"machine.os_id\" = \"debian\"")]);
    let one = set.rules.remove(0);
    set.rules = rulings.iter().map(|_| one.clone()).collect();
    let rulings: Vec<_> =
        rulings.iter().map(|ruling| RuleRuling { ruling: *ruling, why: None }).collect();
    by_rules(&set, &rulings).0
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn only_passes_protect_and_at_least_one_does(
        rulings in proptest::collection::vec(proptest::sample::select(Ruling::ALL), 0..6),
    ) {
        let has = |ruling: Ruling| rulings.contains(&ruling);
        let expected = if has(Ruling::Fail) {
            State::Unprotected
        } else if has(Ruling::Unknown) {
            State::Unknown
        } else if has(Ruling::Waived) {
            State::Waived
        } else if has(Ruling::Pass) {
            State::Protected
        } else {
            State::Unknown
        };
        prop_assert_eq!(by_rulings(&rulings), expected);
    }
}

#[test]
fn every_reason_has_words_in_both_languages() {
    let calendar = crate::policy::calendar::Calendar::utc();
    for why in [
        Why::Revoked,
        Why::Clone,
        Why::Pending,
        Why::NeverEnrolled,
        Why::Silent(NOW),
        Why::NoRuleApplies,
    ] {
        let Bilingual { vi, en } = why.words(&calendar);
        assert!(!vi.is_empty() && !en.is_empty() && vi != en, "{why:?}");
    }
}
