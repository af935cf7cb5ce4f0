//! What is told of a rule is what the roll says of everyone.

use std::sync::Arc;

use report::Lang;

use super::*;
use crate::machine::Machine;
use crate::policy::JudgeClock;
use crate::policy::fixtures::{
    DAY, NOW, good_machine, observe_antivirus, rule, set, set_with_rules, silent_body,
};

const ROWS: &str = "m-01,so,workstation,lan,,,,2025-01-01,\n\
                    m-02,phong,workstation,ho-tich,,,,2025-01-01,\n\
                    m-03,phong,workstation,lan,,,,2025-01-01,\n\
                    m-04,phong,workstation,moi,,,,2025-01-01,\n";

fn good(number: u8) -> Machine {
    good_machine(number, Some(&format!("m-{number:02}")))
}

fn told(set: PolicySet, machines: Vec<Machine>, id: &str) -> Option<RuleExplanation> {
    let fleet = Fleet::new(machines);
    let roll = Roll::call(Arc::new(set), &fleet, JudgeClock::at(NOW));
    RuleExplanation::of(&roll, &fleet, id)
}

#[test]
fn everyone_is_counted_once_in_all_by_unit_and_by_level() {
    let mut bare = good(2);
    observe_antivirus(&mut bare, vec![], true);
    let told = told(set(ROWS, &[]), vec![good(1), bare], "antivirus-licensed").unwrap();
    let said = Said { pass: 1, fail: 1, unknown: 2, ..Said::default() };
    assert_eq!(told.everyone, said);
    let units: Vec<_> = told.units.iter().map(|one| (one.unit.as_deref(), one.said)).collect();
    let of_phong = Said { fail: 1, unknown: 2, ..Said::default() };
    let of_so = Said { pass: 1, ..Said::default() };
    assert_eq!(units, [(Some("phong"), of_phong), (Some("so"), of_so)]);
    let levels: Vec<_> = told.levels.iter().map(|one| (one.level, one.said.unknown)).collect();
    assert_eq!(levels, [(None, 1), (Some(2), 1), (Some(4), 0)]);
    assert_eq!(told.failing.names, ["m-02"]);
}

#[test]
fn why_nothing_can_be_said_is_counted_by_reason_whatever_the_day() {
    let quiet = |number, days| {
        let mut machine = good(number);
        machine.last_contact.at = NOW - days * DAY;
        machine
    };
    let silent = silent_body(4, Some("m-04"));
    let machines = vec![quiet(1, 20), quiet(2, 30), silent];
    let told = told(set(ROWS, &[]), machines, "antivirus-licensed").unwrap();
    let reasons: Vec<_> = told
        .unknown
        .iter()
        .map(|one| (one.why.get(Lang::En), one.members.names.join(" ")))
        .collect();
    let expected = [
        ("not heard of for too long", "m-01 m-02"),
        ("no agent was ever installed on this machine", "m-03"),
        ("the agent has not reported antivirus", "m-04"),
    ];
    for (why, names) in expected {
        assert!(reasons.contains(&(why, names.to_owned())), "{why}: {reasons:?}");
    }
    assert_eq!(reasons[0].0, "not heard of for too long", "the most first");
}

#[test]
fn what_is_asked_stands_once_for_the_levels_that_share_it() {
    const BY_LEVEL: &str = "applies = { kinds = [\"server\"], units = [\"phong\"] }\n\
        [require]\n\"machine.os_id\" = { present = true }\n\
        [level.3.require]\n\"machine.memory_mib\" = { min = 1024 }\n";
    let rules = [rule("r0", "critical", BY_LEVEL)];
    let set = set_with_rules("", &rules.each_ref().map(String::as_str));
    let told = told(set, vec![], "r0").unwrap();
    let levels: Vec<_> = told.asked.iter().map(|asked| asked.levels.clone()).collect();
    assert_eq!(levels, [vec![Some(1), Some(2), Some(4), Some(5), None], vec![Some(3)]]);
    assert!(told.asked[1].required.en.contains("1,024"), "{}", told.asked[1].required.en);
    let applies: Vec<_> = told.applies.iter().map(|one| one.get(Lang::Vi)).collect();
    assert_eq!(applies, ["loại máy tính: máy chủ", "đơn vị: Phòng (phong)"]);
}

#[test]
fn a_rule_with_tables_for_some_levels_says_what_it_leaves_out() {
    const ONLY_THREE: &str = "[level.3.require]\n\"machine.os_id\" = { present = true }\n";
    let rules = [rule("r0", "critical", ONLY_THREE)];
    let set = set_with_rules("", &rules.each_ref().map(String::as_str));
    let told = told(set, vec![], "r0").unwrap();
    let levels: Vec<_> = told.asked.iter().map(|asked| asked.levels.clone()).collect();
    let others = vec![Some(1), Some(2), Some(4), Some(5)];
    assert_eq!(levels, [others, vec![Some(3)], vec![None]]);
    assert_eq!(told.asked[0].required.get(Lang::En), "nothing");
}

#[test]
fn a_rule_that_is_not_there_is_not_told() {
    assert!(told(set(ROWS, &[]), vec![], "antivirus").is_none());
}
