//! Traps of counting: who is in a share, above and below the line.

use report::verdict::{Ruling, State};
use report::{Fact, Lang};

use super::{LICENSED, PROTECTED, ROWS, in_state, judged, posture, tally};
use crate::machine::{Machine, Standing};
use crate::policy::fixtures::{
    DAY, NOW, good_machine, observe_antivirus, product, rule, set, set_with_rules, word,
};
use crate::policy::posture::{Posture, Tally};
use crate::policy::targets::Measure;

/// A good machine that was heard of last so many days ago.
fn last_heard(number: u8, row: Option<&str>, days: i64) -> Machine {
    let mut machine = good_machine(number, row);
    machine.last_contact.at = NOW - days * DAY;
    machine
}

fn standing(number: u8, row: &str, standing: Standing) -> Machine {
    let mut machine = good_machine(number, Some(row));
    machine.standing = standing;
    machine
}

/// Kolide, and a CIS checker's dashboard: pass % = (total − failing) / total, so whoever is not
/// known, silent or has yet to enrol counts as passing.
#[test]
fn who_does_not_fail_does_not_therefore_pass() {
    let mut unknown = good_machine(1, Some("m-1"));
    observe_antivirus(&mut unknown, vec![], false);
    let posture = posture(&set(ROWS, &[]), &[unknown, last_heard(2, Some("m-2"), 8)]);
    assert_eq!(in_state(&posture, State::Unprotected), 0, "nobody fails");
    assert_eq!(tally(&posture, PROTECTED), (0, 3));
    assert_eq!(tally(&posture, LICENSED), (0, 3));
}

/// Intune: a device without a policy is compliant by default.
#[test]
fn a_machine_that_no_policy_concerns_is_not_compliant() {
    let elsewhere = "applies = { kinds = [\"server\"] }\n[require]\n\"machine.os_id\" = \"debian\"";
    let advice = "[require]\n\"machine.os_id\" = \"debian\"";
    let set =
        set_with_rules(ROWS, &[&rule("r0", "critical", elsewhere), &rule("r1", "minor", advice)]);
    let posture = posture(&set, &[good_machine(1, Some("m-1"))]);
    assert_eq!(in_state(&posture, State::Unknown), 1);
    assert_eq!(tally(&posture, PROTECTED), (0, 3));
    assert_eq!(tally(&posture, LICENSED), (0, 3), "what does not apply is not met");
}

/// Whoever asks "do all of these pass?" of an empty list hears yes.
#[test]
fn a_target_that_asks_for_nothing_is_met_by_nobody() {
    let mut set = set(ROWS, &[]);
    set.targets.list[0].measure = Measure::Rules(Vec::new());
    let posture = posture(&set, &[good_machine(1, Some("m-1"))]);
    assert_eq!(tally(&posture, LICENSED), (0, 3));
    assert_eq!(tally(&posture, PROTECTED), (1, 3));
}

/// Fleet (fleet#23512): hosts that are offline are counted by what they last said.
#[test]
fn a_machine_that_went_silent_does_not_pass_by_its_last_word() {
    let set = set(ROWS, &[]);
    let posture = posture(&set, &[last_heard(1, Some("m-1"), 8), good_machine(2, Some("m-2"))]);
    assert_eq!(tally(&posture, PROTECTED), (1, 3));
    assert_eq!(tally(&posture, LICENSED), (1, 3));
}

/// The other way out: who is offline leaves the denominator, and the share rises as PCs are
/// switched off.
#[test]
fn a_machine_that_went_silent_stays_in_the_denominator() {
    let machines = [last_heard(1, Some("m-1"), 300), last_heard(2, None, 20)];
    let posture = posture(&set(ROWS, &[]), &machines);
    assert_eq!(in_state(&posture, State::Silent), 2);
    assert_eq!(tally(&posture, PROTECTED), (0, 4));
}

/// "PCs without the agent are not showing … a major non-compliance risk": a tool that counts the
/// machines it has heard of shows 1 of 1.
#[test]
fn a_machine_that_never_enrolled_is_in_the_denominator() {
    let posture = posture(&set(ROWS, &[]), &[good_machine(1, Some("m-1"))]);
    assert_eq!(tally(&posture, PROTECTED), (1, 3));
    assert_eq!(in_state(&posture, State::NeverEnrolled), 2);
}

/// Fleet (fleet#43539): machines that were never active inflate the total for ever. Here the
/// register says who is answered for, and since when and until when.
#[test]
fn a_row_that_is_not_in_force_is_not_in_the_denominator() {
    let rows = "m-1,so,workstation,lan,,,,2025-01-01,\n\
                old,so,workstation,lan,,,,2019-01-01,2026-10-31\n\
                new,so,workstation,lan,,,,2027-01-01,\n";
    let dead = last_heard(1, None, 31);
    assert_eq!(tally(&posture(&set(rows, &[]), &[dead]), PROTECTED), (0, 1));
}

/// A ratio over the asset list alone: what nobody registered can be as bad as it likes.
#[test]
fn a_machine_outside_the_register_does_not_leave_the_ratio() {
    let mut bad = good_machine(1, None);
    observe_antivirus(&mut bad, vec![], true);
    let bad = [bad, good_machine(2, Some("gone")), good_machine(3, Some("m-1"))];
    let posture = posture(&set(ROWS, &[]), &bad);
    assert_eq!(tally(&posture, PROTECTED), (2, 5));
    assert_eq!(posture.unregistered.values().sum::<u64>(), 2);
}

/// Wazuh (wazuh#14143) and others: a machine that is enrolled anew is listed twice.
#[test]
fn a_superseded_identity_is_not_counted_beside_the_new_one() {
    let both = [standing(1, "m-1", Standing::Revoked), standing(2, "m-1", Standing::Current)];
    let posture = posture(&set(ROWS, &[]), &both);
    assert_eq!(tally(&posture, PROTECTED), (1, 3));
    assert_eq!(in_state(&posture, State::Revoked), 0);
}

/// Fleet (fleet#50612), Wazuh (wazuh#15565): clones speak for each other.
#[test]
fn a_clone_protects_nobody() {
    let both = [standing(1, "m-1", Standing::Clone), standing(2, "m-1", Standing::Current)];
    let posture = posture(&set(ROWS, &[]), &both);
    assert_eq!(in_state(&posture, State::Clone), 1);
    let row = tally(&super::posture(&set(ROWS, &[]), &both[..1]), PROTECTED);
    assert_eq!(row, (0, 3));
}

/// An exemption that counts as a pass (asked of Fleet, fleet#20694, and Wazuh, wazuh#3596).
#[test]
fn what_is_waived_is_shown_and_not_counted() {
    let waiver = "[[waiver]]\nid = \"w\"\nrule = \"antivirus-licensed\"\nmachines = [\"m-1\"]\n\
                  decision = { number = \"1\", date = 2026-10-20 }\napprover = \"x\"\n\
                  reason = \"x\"\nfrom = 2026-11-01\nuntil = 2026-12-31\n";
    let set = set(ROWS, &[("register/waivers.toml", waiver)]);
    let mut machine = good_machine(1, Some("m-1"));
    let mut free = crate::policy::fixtures::good_product("clamav");
    free.0.extend(product(&[("licence_status", word("free")), ("licence_until", Fact::Absent)]).0);
    observe_antivirus(&mut machine, vec![free], true);
    let licensed = set.rules.iter().position(|rule| rule.id == LICENSED).unwrap();
    assert_eq!(judged(&set, &machine).rules[licensed].ruling, Ruling::Waived);
    let posture = posture(&set, &[machine]);
    assert_eq!(in_state(&posture, State::Waived), 1);
    assert_eq!(tally(&posture, PROTECTED), (0, 3));
    assert_eq!(tally(&posture, LICENSED), (0, 3));
}

/// One row in force with a good machine, and three machines that nobody may look at.
fn with_declared(accept_attested: bool) -> Posture {
    let declared = "[[declared]]\nunit = \"so\"\nkind = \"workstation\"\nheads = 3\n\
                    from = 2025-01-01\n[[declared.attestation]]\nby = \"x\"\non = 2026-09-30\n\
                    met = { \"antivirus-licensed\" = 3, \"machines-protected\" = 3 }\n";
    let row = "m-1,so,workstation,lan,,,,2025-01-01,\n";
    let mut set = set(row, &[("register/declared.toml", declared)]);
    set.targets.accept_attested = accept_attested;
    posture(&set, &[good_machine(1, Some("m-1"))])
}

/// Heads that somebody declares, inside the share that was observed.
#[test]
fn declared_machines_are_never_in_the_observed_share() {
    for accept_attested in [false, true] {
        let posture = with_declared(accept_attested);
        assert_eq!(tally(&posture, PROTECTED), (1, 4));
        assert_eq!(in_state(&posture, State::Protected), 1);
        let share = posture.target(PROTECTED).unwrap().total.share(Lang::En);
        assert_eq!(share.as_deref(), Some("25.0%"));
    }
}

/// Attestations that count without anybody having decided that they do.
#[test]
fn what_is_attested_counts_only_where_the_office_says_so() {
    let licensed = |accept| with_declared(accept).target(LICENSED).unwrap().clone();
    assert_eq!(licensed(false).all_attested(), 3, "it is shown in any case");
    assert!(!licensed(false).is_met());
    assert!(licensed(true).is_met());
}

/// Rounding: 996 of 1,000 shown as 100 %, and a goal of 100 met by them.
#[test]
fn ninety_nine_point_six_stays_ninety_nine_point_six() {
    let nearly = Tally { members: 1000, met: 996 };
    assert_eq!(nearly.share(Lang::Vi).as_deref(), Some("99,6 %"));
    let one_short = Tally { members: 1_000_000, met: 999_999 };
    assert_eq!(one_short.share(Lang::En).as_deref(), Some("99.9%"));
    assert!(!nearly.meets(100) && !one_short.meets(100));
}

/// Nothing of nothing shown as 100 %: an office that registers nobody has reached every goal.
#[test]
fn of_nobody_no_goal_is_met() {
    let posture = posture(&set("", &[]), &[]);
    for target in &posture.targets {
        let shown = target.total.share(Lang::Vi);
        assert!(target.total.members > 0 || (!target.is_met() && shown.is_none()), "{}", target.id);
    }
    assert_eq!(tally(&posture, PROTECTED), (0, 0));
}
