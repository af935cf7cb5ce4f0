//! Whoever is not protected is told what to do first.

use super::*;
use crate::machine::Machine;
use crate::policy::fixtures::{good_machine, observe_antivirus};
use crate::reports::office::{live, machines, office, pending, policies};

fn remedy(live: &Live, name: &str) -> Remedy {
    let mut members = live.roll().members();
    let member = members.find(|member| member.row.is_some_and(|row| row.id == name)).unwrap();
    Remedy::of(live, &member)
}

#[test]
fn everyone_but_the_protected_has_something_to_do() {
    let office = office();
    for member in office.roll().members() {
        let nothing = Remedy::of(&office, &member).words == Bilingual::default();
        assert_eq!(nothing, member.entry.state == State::Protected, "{member:?}");
    }
}

#[test]
fn what_fails_asks_for_the_remedy_of_its_first_critical_rule() {
    let found = remedy(&office(), "m-2");
    assert_eq!(found.rule.as_deref(), Some("antivirus-definitions-fresh"));
    let set = policies();
    assert_eq!(found.words, set.rule("antivirus-definitions-fresh").unwrap().remedy);
}

#[test]
fn a_state_asks_for_its_own_remedy() {
    let office = live(policies(), [machines(), vec![pending(9, "m-3")]].concat());
    let words = |name| remedy(&office, name).words.en;
    assert!(words("m-4").contains("lachan-agent service"), "{}", words("m-4"));
    assert!(words("m-3").contains("approves"), "{}", words("m-3"));
    let never = remedy(&self::office(), "m-3").words.en;
    assert!(never.contains("join token"), "{never}");
}

#[test]
fn what_cannot_be_judged_asks_for_what_stands_in_the_way() {
    let found = remedy(&office(), "m-10");
    assert_eq!(found.rule.as_deref(), Some("antivirus-definitions-fresh"));
    assert!(found.words.en.contains("service runs"), "{}", found.words.en);
    let mut unread: Machine = good_machine(1, Some("m-1"));
    observe_antivirus(&mut unread, Vec::new(), false);
    let found = remedy(&live(policies(), vec![unread]), "m-1");
    assert!(found.words.en.contains("lachan-agent survey"), "{}", found.words.en);
}

#[test]
fn a_critical_rule_comes_before_a_major_one_that_stands_first() {
    let rule = |id, severity| {
        let asks = "[require]\n\"antivirus.primary.state\" = \"on\"\n";
        crate::policy::fixtures::rule(id, severity, asks)
    };
    let rules = [rule("r0", "major"), rule("r1", "critical")];
    let rules = rules.each_ref().map(String::as_str);
    let set = crate::policy::fixtures::set_with_rules(crate::reports::office::ROWS, &rules);
    assert_eq!(remedy(&live(set, machines()), "m-2").rule.as_deref(), Some("r1"));
}
