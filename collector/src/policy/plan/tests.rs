//! What an edit changes, and when somebody has to say yes to it.

use report::Lang;

use super::*;
use crate::machine::Machine;
use crate::policy::JudgeClock;
use crate::policy::fixtures::{NOW, good_machine, observe_antivirus, rule, set, set_with_rules};

fn rows(ids: impl IntoIterator<Item = u8>) -> String {
    ids.into_iter().map(|n| format!("m-{n:02},so,workstation,lan,,,,2025-01-01,\n")).collect()
}

/// A machine without any antivirus, bound to its row.
fn bare(number: u8) -> Machine {
    let mut machine = good_machine(number, Some(&format!("m-{number:02}")));
    observe_antivirus(&mut machine, Vec::new(), true);
    machine
}

fn good(number: u8) -> Machine {
    good_machine(number, Some(&format!("m-{number:02}")))
}

fn plan(old: &PolicySet, new: &PolicySet, machines: &[Machine]) -> Plan {
    let fleet = Fleet::new(machines.to_vec());
    let before = Roll::call(Arc::new(old.clone()), &fleet, JudgeClock::at(NOW));
    Plan::from(&before, Arc::new(new.clone()), &fleet)
}

const LICENSED: &str = "[require]\n\"antivirus.licence.accepted\" = true\n";
const KNOWN_SYSTEM: &str = "[require]\n\"machine.os_id\" = { present = true }\n";

/// A set over these rows that asks for a licensed antivirus.
fn strict(ids: impl IntoIterator<Item = u8>) -> PolicySet {
    set_with_rules(&rows(ids), &[&rule("r0", "critical", LICENSED)])
}

/// The same that asks for nothing but to be seen.
fn lax(ids: impl IntoIterator<Item = u8>) -> PolicySet {
    set_with_rules(&rows(ids), &[&rule("r0", "critical", KNOWN_SYSTEM)])
}

/// Members of one place.
fn affected(unit: &str, level: Option<u8>, names: &[&str]) -> Affected {
    let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
    let all = Crowd { count: names.len() as u64, names };
    let place = Place { unit: Some(unit.to_owned()), level, members: all.clone() };
    Affected { all, places: vec![place] }
}

#[test]
fn the_same_set_changes_nothing_and_passes() {
    let set = set(&rows(1..=3), &[]);
    let plan = plan(&set, &set, &[good(1), bare(2)]);
    assert_eq!(plan.members, Change { before: 3, after: 3 });
    assert_eq!(plan.protected, Change { before: 1, after: 1 });
    assert_eq!(plan.newly_protected.all.count + plan.no_longer_protected.all.count, 0);
    assert!(plan.flips.is_empty() && plan.rules.is_empty() && plan.rows_dropped.is_empty());
    assert!(plan.targets.iter().all(|target| !target.standing.is_real()));
    assert_eq!(plan.needs_acceptance(), []);
}

#[test]
fn who_becomes_protected_is_counted_and_named_with_the_rule_that_turned() {
    let machines: Vec<_> = (1..=20).map(|n| if n <= 18 { good(n) } else { bare(n) }).collect();
    let plan = plan(&strict(1..=20), &lax(1..=20), &machines);
    assert_eq!(plan.protected, Change { before: 18, after: 20 });
    assert_eq!(plan.newly_protected.all.names, ["m-19", "m-20"]);
    assert_eq!(
        plan.flips,
        [Flip {
            rule: "r0".to_owned(),
            ruling: Change { before: Some(Ruling::Fail), after: Some(Ruling::Pass) },
            is_mandatory: true,
            members: affected("so", Some(2), &["m-19", "m-20"]),
        }]
    );
    assert_eq!(
        plan.needs_acceptance(),
        [Reason::GuardExceeded { newly_protected: 2, members: 20, guard: 50_000 }]
    );
}

/// A row of a unit in a system: `ho-tich` makes level 4, `moi` none.
fn row(number: u8, unit: &str, system: &str) -> String {
    format!("m-{number:02},{unit},workstation,{system},,,,2025-01-01,\n")
}

#[test]
fn what_turns_is_counted_by_unit_and_level_in_both_directions() {
    let rows: String = [row(1, "so", "lan"), row(2, "phong", "lan"), row(3, "phong", "ho-tich")]
        .into_iter()
        .chain([row(4, "phong", "moi")])
        .collect();
    let with = |requirement: &str| set_with_rules(&rows, &[&rule("r0", "critical", requirement)]);
    let machines = [bare(1), good(2), bare(3), bare(4)];
    let places = |plan: &Plan| {
        let [flip] = &plan.flips[..] else { panic!("{:?}", plan.flips) };
        let place =
            |place: &Place| (place.unit.clone().unwrap(), place.level, place.members.names.clone());
        flip.members.places.iter().map(place).collect::<Vec<_>>()
    };
    let expected = [("phong", None, "m-04"), ("phong", Some(4), "m-03"), ("so", Some(2), "m-01")]
        .map(|(unit, level, name)| (unit.to_owned(), level, vec![name.to_owned()]));
    let there = plan(&with(LICENSED), &with(KNOWN_SYSTEM), &machines);
    assert_eq!(places(&there), expected);
    let back = plan(&with(KNOWN_SYSTEM), &with(LICENSED), &machines);
    assert_eq!(places(&back), expected);
    let line = "r0: pass → fail: 3 (m-01, m-03, m-04)\n  phong: 2, so: 1; \
                level not determined: 1, level 2: 1, level 4: 1";
    assert!(back.lines(Lang::En).join("\n").contains(line), "{:#?}", back.lines(Lang::En));
}

#[test]
fn every_name_is_told_where_all_are_asked_for() {
    let machines: Vec<_> = (1..=15).map(bare).collect();
    let fleet = Fleet::new(machines);
    let before = Roll::call(Arc::new(strict(1..=15)), &fleet, JudgeClock::at(NOW));
    let plan = |names| Plan::naming(&before, Arc::new(lax(1..=15)), &fleet, names);
    let told = |plan: &Plan| plan.newly_protected.places[0].members.names.len();
    assert_eq!((told(&plan(Names::First)), told(&plan(Names::All))), (crowd::NAMED, 15));
    let lines = |names| plan(names).lines_naming(names, Lang::Vi).join("\n");
    assert!(lines(Names::All).contains("  so, cấp độ 2: 15 (m-01, "), "{}", lines(Names::All));
    assert!(lines(Names::All).contains("m-15") && !lines(Names::First).contains("m-15"));
}

#[test]
fn somebody_loses_who_is_protected_or_counted_no_longer_and_nobody_by_a_gain() {
    let machines = [bare(1), good(2)];
    assert!(!plan(&strict(1..=2), &lax(1..=2), &machines).somebody_loses());
    assert!(plan(&lax(1..=2), &strict(1..=2), &machines).somebody_loses());
    assert!(!plan(&strict(1..=2), &strict(1..=2), &machines).somebody_loses());
    assert!(plan(&set(&rows(1..=20), &[]), &ended(1, 20), &[]).somebody_loses());
}

#[test]
fn a_target_that_holds_for_fewer_is_a_loss_though_no_machine_turns() {
    const STAFF: &str = "[[staff]]\nunit = \"so\"\nheads = 4\nfrom = 2025-01-01\n\
        trained = [{ on = 2026-10-01, heads = 4 }]\n";
    let with = |staff: &str| set("", &[("register/training.toml", staff)]);
    let fewer = STAFF.replace("heads = 4 }", "heads = 3 }");
    let lost = plan(&with(STAFF), &with(&fewer), &[]);
    assert!(lost.somebody_loses());
    assert_eq!(lost.targets_lost(), ["staff-trained"]);
    let sentence = "chỉ tiêu ĐANG ĐẠT sẽ KHÔNG CÒN ĐẠT: staff-trained";
    assert!(lost.lines(Lang::Vi).iter().any(|line| line == sentence), "{:?}", lost.lines(Lang::Vi));
    let found = plan(&with(&fewer), &with(STAFF), &[]);
    assert!(!found.somebody_loses() && found.targets_lost().is_empty());
}

#[test]
fn a_register_with_an_ended_row_more_turns_the_same_members() {
    let machines: Vec<_> = (1..=9).map(|n| if n % 2 == 0 { good(n) } else { bare(n) }).collect();
    let longer = rows(1..=9) + "a-old,so,workstation,lan,,,,2019-01-01,2020-01-01\n";
    let same_rows = plan(&strict(1..=9), &lax(1..=9), &machines);
    let lax = set_with_rules(&longer, &[&rule("r0", "critical", KNOWN_SYSTEM)]);
    let other_rows = plan(&strict(1..=9), &lax, &machines);
    assert_eq!(same_rows.newly_protected.all.count, 5);
    let told = |plan: Plan| (plan.newly_protected, plan.flips, plan.members, plan.protected);
    assert_eq!(told(same_rows), told(other_rows));
}

#[test]
fn exactly_the_guard_passes_and_one_more_does_not() {
    let machines = |bare_ones: u8| -> Vec<_> {
        (1..=40).map(|n| if n <= bare_ones { bare(n) } else { good(n) }).collect()
    };
    let (old, new) = (strict(1..=40), lax(1..=40));
    assert_eq!(plan(&old, &new, &machines(2)).needs_acceptance(), []);
    assert_eq!(plan(&old, &new, &machines(3)).needs_acceptance().len(), 1);
}

#[test]
fn a_stricter_set_passes_whatever_it_turns() {
    let plan = plan(&lax(1..=3), &strict(1..=3), &[bare(1), bare(2), good(3)]);
    assert_eq!(plan.no_longer_protected.all.names, ["m-01", "m-02"]);
    assert_eq!(plan.needs_acceptance(), []);
}

#[test]
fn rows_that_the_edit_adds_make_no_room_for_others() {
    let machines = [bare(1), good(2)];
    let plan = plan(&strict(1..=2), &lax(1..=99), &machines);
    assert_eq!(plan.members, Change { before: 2, after: 99 });
    assert_eq!(plan.joined.all.count, 97);
    assert_eq!(plan.joined.all.names.len(), crowd::NAMED);
    assert_eq!(
        plan.needs_acceptance(),
        [Reason::GuardExceeded { newly_protected: 1, members: 2, guard: 50_000 }]
    );
}

#[test]
fn an_edit_does_not_loosen_its_own_guard_and_says_that_it_loosens_the_next() {
    let guarded = |guard: &str| {
        let text = crate::policy::starter::starter_files()
            .iter()
            .find_map(|(path, text)| (*path == "targets.toml").then_some(*text))
            .unwrap();
        set(&rows(1..=2), &[("targets.toml", &text.replace("guard = 0.05", guard))])
    };
    let (tight, loose) = (guarded("guard = 0"), guarded("guard = 1.0"));
    let plan_of = |old, new| plan(old, new, &[]);
    let loosened = plan_of(&tight, &loose);
    assert_eq!(loosened.guard, Change { before: 0, after: 1_000_000 });
    assert!(loosened.loosens_the_guard());
    assert!(loosened.lines(Lang::En).iter().any(|line| line.contains("LOOSENED: 0.0% → 100.0%")));
    assert!(loosened.for_audit().ends_with(" guard_ppm=0..1000000"));
    assert!(!plan_of(&loose, &tight).loosens_the_guard());
    // The guard of the set in force decides.
    let mut lax = lax(1..=2);
    lax.targets.guard = 1.0;
    let mut strict = strict(1..=2);
    strict.targets.guard = 0.0;
    assert_eq!(
        plan(&strict, &lax, &[bare(1)]).needs_acceptance(),
        [
            Reason::GuardExceeded { newly_protected: 1, members: 2, guard: 0 },
            Reason::GuardLoosened { guard: Change { before: 0, after: 1_000_000 } },
        ]
    );
    strict.targets.guard = 1.0;
    lax.targets.guard = 0.0;
    assert_eq!(plan(&strict, &lax, &[bare(1)]).needs_acceptance(), []);
}

/// Rows of which the last ones have ended.
fn ended(count: u8, of: u8) -> PolicySet {
    let row = |n| format!("m-{n:02},so,workstation,lan,,,,2025-01-01,2026-11-01\n");
    let over: String = (of - count + 1..=of).map(row).collect();
    set(&(rows(1..=of - count) + &over), &[])
}

#[test]
fn a_missing_row_is_dropped_and_an_ended_one_is_not() {
    let old = set(&rows(1..=20), &[]);
    let plan_of_ended = plan(&old, &ended(1, 20), &[]);
    assert_eq!(plan_of_ended.needs_acceptance(), []);
    assert_eq!(plan_of_ended.left.all.names, ["m-20"]);
    let plan = plan(&old, &set(&rows(1..=19), &[]), &[]);
    assert_eq!(plan.needs_acceptance(), [Reason::RowsDropped { rows: 1 }]);
    assert_eq!(plan.rows_dropped[&RegisterList::Machines].names, ["m-20"]);
}

#[test]
fn more_members_than_the_guard_allows_do_not_end_unseen() {
    let old = set(&rows(1..=40), &[]);
    assert_eq!(plan(&old, &ended(2, 40), &[]).needs_acceptance(), []);
    assert_eq!(
        plan(&old, &ended(3, 40), &[]).needs_acceptance(),
        [Reason::MembersLeft { left: 3, members: 40, guard: 50_000 }]
    );
}

#[test]
fn a_dropped_system_or_unit_is_a_dropped_row_too() {
    const UNIT: &str = "[[unit]]\nid = \"so\"\nname = { vi = \"Sở\", en = \"Department\" }\n";
    let old = set("", &[]);
    let new = set("", &[("register/units.toml", UNIT), ("register/systems.toml", "")]);
    let plan = plan(&old, &new, &[]);
    assert_eq!(plan.rows_dropped[&RegisterList::Systems].names, ["ho-tich", "lan", "moi"]);
    assert_eq!(plan.rows_dropped[&RegisterList::Units].names, ["phong"]);
    assert_eq!(plan.needs_acceptance(), [Reason::RowsDropped { rows: 4 }]);
}

#[test]
fn a_dropped_entry_of_declared_machines_or_of_staff_is_a_dropped_row_too() {
    const DECLARED: &str = "[[declared]]\nunit = \"so\"\nkind = \"workstation\"\nheads = 3\n";
    const STAFF: &str = "[[staff]]\nunit = \"phong\"\nheads = 9\n";
    let with = |declared: &str, staff: &str| {
        set("", &[("register/declared.toml", declared), ("register/training.toml", staff)])
    };
    let from = |entry: &str, day: &str| format!("{entry}from = {day}\n");
    let until = |entry: &str, day: &str| format!("{entry}until = {day}\n");
    let (declared, staff) = (from(DECLARED, "2025-01-01"), from(STAFF, "2025-02-01"));
    let old = with(&declared, &staff);
    let plan_of = |new: &PolicySet| plan(&old, new, &[]);

    let dropped = plan_of(&with("", ""));
    assert_eq!(dropped.rows_dropped[&RegisterList::Declared].names, ["so workstation 2025-01-01"]);
    assert_eq!(dropped.rows_dropped[&RegisterList::Training].names, ["phong 2025-02-01"]);
    assert_eq!(dropped.needs_acceptance(), [Reason::RowsDropped { rows: 2 }]);
    let vi = dropped.lines(Lang::Vi).join("\n");
    assert!(vi.contains("bị xóa khỏi register/training.toml: 1 (phong 2025-02-01)"), "{vi}");

    let followed = |entry: &str, head: &str| {
        format!("{}{}", until(entry, "2026-06-30"), from(head, "2026-07-01"))
    };
    let grown = with(&followed(&declared, DECLARED), &followed(&staff, STAFF));
    assert_eq!(plan_of(&grown).needs_acceptance(), [], "an ended entry stays");
    let moved = with(&from(DECLARED, "2026-07-01"), &staff);
    assert_eq!(plan_of(&moved).needs_acceptance(), [Reason::RowsDropped { rows: 1 }]);
}

#[test]
fn a_mandatory_rule_that_goes_or_becomes_advice_is_dropped() {
    let with = |severity: &str, others: &[&str]| {
        let first = rule("r0", severity, LICENSED);
        set_with_rules("", &[&[first.as_str()], others].concat())
    };
    let second = rule("r1", "major", KNOWN_SYSTEM);
    let advice = rule("r1", "minor", KNOWN_SYSTEM);
    let dropped = |old: &PolicySet, new: &PolicySet| plan(old, new, &[]).needs_acceptance();
    let mandatory = |rule: &str| [Reason::MandatoryRulesDropped { rules: vec![rule.to_owned()] }];
    assert_eq!(dropped(&with("critical", &[&second]), &with("critical", &[])), mandatory("r1"));
    assert_eq!(
        dropped(&with("critical", &[&second]), &with("critical", &[&advice])),
        mandatory("r1")
    );
    assert_eq!(dropped(&with("critical", &[&advice]), &with("critical", &[])), []);
    assert_eq!(dropped(&with("critical", &[]), &with("major", &[&second])), []);
}

#[test]
fn a_machine_is_found_again_under_another_row_or_none() {
    // m-01 leaves the register: its machine still speaks, outside of it.
    let plan = plan(&strict(1..=2), &strict(2..=2), &[good(1), good(2)]);
    assert_eq!(plan.left.all.count, 0);
    assert_eq!(plan.joined.all.count, 0);
    assert_eq!(plan.newly_protected.all.count + plan.no_longer_protected.all.count, 0);
}

#[test]
fn a_protected_member_that_nobody_answers_for_any_more_is_protected_no_longer() {
    let mut quiet = good(1);
    quiet.last_contact.at = NOW - 2 * 3600;
    let old = strict(1..=1);
    let ended = "m-01,so,workstation,lan,,,,2025-01-01,2026-11-01\n";
    let mut new = set_with_rules(ended, &[&rule("r0", "critical", LICENSED)]);
    let outside = plan(&old, &new, &[quiet.clone()]);
    assert_eq!(outside.no_longer_protected.all.count, 0, "outside the register it still counts");
    new.targets.unregistered_after = crate::policy::period::Period::parse("1h").unwrap();
    let plan = plan(&old, &new, &[quiet]);
    assert_eq!((plan.left.all.names, plan.members.after), (vec!["m-01".to_owned()], 0));
    assert_eq!(plan.no_longer_protected.all.names, ["m-01"]);
}

#[test]
fn a_protected_machine_that_comes_to_count_is_newly_protected() {
    let mut quiet = good(1);
    quiet.last_contact.at = NOW - 2 * 3600;
    let mut old = strict(2..=2);
    old.targets.unregistered_after = crate::policy::period::Period::parse("1h").unwrap();
    let plan = plan(&old, &strict(2..=2), &[quiet]);
    assert_eq!(plan.joined.all.count, 1);
    assert_eq!(plan.newly_protected, plan.joined);
}

#[test]
fn targets_that_come_and_go_are_told_with_their_goals() {
    let text = crate::policy::starter::starter_files()
        .iter()
        .find_map(|(path, text)| (*path == "targets.toml").then_some(*text))
        .unwrap();
    let lower = text.replace(
        "counts = [\"appraised\", \"approved\"]\ngoal = 100",
        "counts = [\"appraised\", \"approved\"]\ngoal = 60",
    );
    let plan = plan(&set("", &[]), &set("", &[("targets.toml", &lower)]), &[]);
    let real: Vec<_> = plan.targets.iter().filter(|target| target.standing.is_real()).collect();
    assert_eq!(real.len(), 1);
    assert_eq!(
        plan.lines(Lang::Vi).last().unwrap(),
        "chỉ tiêu systems-classified: 2/3 = 66,6 % (mục tiêu 100 %) → 2/3 = 66,6 % (mục tiêu 60 %)"
    );
}

#[test]
fn an_edit_that_makes_the_goals_easier_waits_and_one_that_makes_them_harder_passes() {
    let policies = set(&rows(1..=2), &[]);
    let with = |change: &dyn Fn(&mut crate::policy::targets::Targets)| {
        let mut set = policies.clone();
        change(&mut set.targets);
        set
    };
    let first = policies.targets.list[0].id.clone();
    let targets = vec![first];
    let lenient = [
        (with(&|targets| targets.guard = 1.0), "the guard is loosened: 5.0% → 100.0%"),
        (with(&|targets| targets.list[0].goal -= 1), "goals are lowered: "),
        (with(&|targets| drop(targets.list.remove(0))), "targets are dropped: "),
        (with(&|targets| targets.accept_attested = true), "what is only attested would count"),
    ];
    for (lenient, why) in &lenient {
        let [reason] = &plan(&policies, lenient, &[]).needs_acceptance()[..] else {
            panic!("{why}");
        };
        assert!(reason.words().get(Lang::En).starts_with(why), "{why}");
        assert_eq!(plan(lenient, &policies, &[]).needs_acceptance(), [], "{why}");
    }
    let reason = |number: usize| plan(&policies, &lenient[number].0, &[]).needs_acceptance();
    assert_eq!(reason(1), [Reason::GoalsLowered { targets: targets.clone() }]);
    assert_eq!(reason(2), [Reason::TargetsDropped { targets }]);
}

#[test]
fn a_target_tells_what_is_attested_and_whether_that_counts() {
    const DECLARED: &str = "[[declared]]\nunit = \"so\"\nkind = \"workstation\"\nheads = 3\n\
        from = 2025-01-01\n[[declared.attestation]]\nby = \"A\"\non = 2026-10-01\n\
        until = 2026-12-01\nmet = { machines-protected = 2 }\n";
    let old = set(&rows(1..=2), &[("register/declared.toml", DECLARED)]);
    let mut new = old.clone();
    new.targets.accept_attested = true;
    let lines = plan(&old, &new, &[]).lines(Lang::En).join("\n");
    assert!(lines.contains(", 2 attested do not count) → "), "{lines}");
    assert!(lines.contains(", and 2 attested count)"), "{lines}");
}

#[test]
fn a_plan_is_told_in_both_languages_and_travels_as_json() {
    let machines = [bare(1), good(2)];
    let plan = plan(&strict(1..=3), &lax(1..=2), &machines);
    let vi = plan.lines(Lang::Vi).join("\n");
    assert!(vi.contains("máy tính được bảo vệ: 1 → 2\nmới được bảo vệ: 1 (m-01)"), "{vi}");
    assert!(vi.contains("bị xóa khỏi register/machines.csv: 1 (m-03)"), "{vi}");
    assert!(vi.contains("r0: Chưa đạt → Đạt: 1 (m-01)"), "{vi}");
    let reasons: Vec<_> = plan
        .needs_acceptance()
        .iter()
        .map(|reason| reason.words().get(Lang::En).to_owned())
        .collect();
    assert_eq!(
        reasons,
        [
            "1 of 3 machines would newly be protected, more than the 5.0% that pass unseen",
            "1 of 3 machines would no longer be counted, more than the 5.0% that pass unseen",
            "1 register rows are missing; a row that ends stays, with its until",
        ]
    );
    assert!(plan.for_audit().ends_with(
        " newly_protected=1 no_longer_protected=0 rows_dropped=1 mandatory_rules_dropped=0"
    ));
    let json = serde_json::to_string(&plan).unwrap();
    assert!(json.contains(r#""rows_dropped":{"machines":{"count":1,"names":["m-03"]}}"#), "{json}");
    assert_eq!(serde_json::from_str::<Plan>(&json).unwrap(), plan);
}

#[test]
fn a_goal_that_is_raised_beyond_what_is_reached_is_a_loss() {
    let with = |goal: u8| {
        let mut set = strict(1..=2);
        for target in &mut set.targets.list {
            target.goal = goal;
        }
        set
    };
    let raised = plan(&with(50), &with(70), &[good(1), bare(2)]);
    assert!(!raised.targets_lost().is_empty() && raised.somebody_loses());
    assert!(!plan(&with(70), &with(50), &[good(1), bare(2)]).somebody_loses());
}

#[test]
fn a_mandatory_rule_that_would_no_longer_hold_is_a_loss_even_of_a_machine_that_lacks_another() {
    let with = |severity: &str, requirement: &str| {
        let other = rule("r1", severity, requirement);
        set_with_rules(&rows(1..=1), &[&rule("r0", "critical", LICENSED), &other])
    };
    let loses = |severity: &str| {
        let (before, after) = (with(severity, KNOWN_SYSTEM), with(severity, LICENSED));
        plan(&before, &after, &[bare(1)]).somebody_loses()
    };
    assert!(loses("critical"));
    assert!(!loses("minor"), "what is advice costs nobody anything");
}
