//! Who is counted, and how.

use std::sync::Arc;

use report::moment::DAY;

use super::*;
use crate::fleet::Fleet;
use crate::machine::{Contact, Machine, Standing};
use crate::policy::JudgeClock;
use crate::policy::fixtures::{HOUR, NOW, good_machine, observe_antivirus, set, silent_body, view};

const ROWS: &str = "m-1,so,workstation,lan,,,,2025-01-01,\n\
                    m-2,phong,workstation,ho-tich,,,,2025-01-01,\n\
                    m-3,phong,server,moi,,,,2025-01-01,\n\
                    old,so,workstation,lan,,,,2019-01-01,2026-10-31\n\
                    new,so,workstation,lan,,,,2027-01-01,\n";

/// Everyone, and their numbers.
struct Taken {
    roll: Roll,
    posture: Posture,
}

fn take(set: &PolicySet, machines: &[Machine]) -> Taken {
    let fleet = Fleet::new(machines.to_vec());
    let roll = Roll::call(Arc::new(set.clone()), &fleet, JudgeClock::at(NOW));
    Taken { posture: Posture::of(&roll), roll }
}

impl std::ops::Deref for Taken {
    type Target = Posture;

    fn deref(&self) -> &Posture {
        &self.posture
    }
}

fn states(taken: &Taken) -> Vec<(Option<&str>, State)> {
    let members = taken.roll.members();
    members.map(|member| (member.row.map(|row| row.id), member.entry.state)).collect()
}

#[test]
fn the_register_is_the_denominator_before_anything_reports() {
    let set = set(ROWS, &[]);
    let posture = take(&set, &[]);
    let never = State::NeverEnrolled;
    assert_eq!(
        states(&posture),
        [(Some("m-1"), never), (Some("m-2"), never), (Some("m-3"), never)]
    );
    let licensed = posture.target("antivirus-licensed").unwrap();
    assert_eq!(licensed.total, Tally { members: 3, met: 0 });
    assert!(!licensed.is_met());
    assert_eq!(posture.report_age, [(ReportAge::Never, 3)].into());
}

#[test]
fn a_good_machine_is_one_of_three() {
    let set = set(ROWS, &[]);
    let posture = take(&set, &[good_machine(1, Some("m-1"))]);
    let phong = Some("phong".to_owned());
    assert_eq!(
        posture.machines,
        [
            ((phong.clone(), State::NeverEnrolled), 2),
            ((Some("so".to_owned()), State::Protected), 1),
        ]
        .into()
    );
    assert_eq!(
        posture.by_level,
        [
            ((None, State::NeverEnrolled), 1),
            ((Some(2), State::Protected), 1),
            ((Some(4), State::NeverEnrolled), 1),
        ]
        .into()
    );
    let protected = posture.target("machines-protected").unwrap();
    assert_eq!(protected.total, Tally { members: 3, met: 1 });
    assert_eq!(protected.units[&phong], Tally { members: 2, met: 0 });
    assert_eq!(protected.total.share(Lang::Vi).as_deref(), Some("33,3 %"));
    let passes = (("antivirus-licensed".to_owned(), Some(2), Ruling::Pass), 1);
    assert!(posture.rule_machines.contains_key(&passes.0));
}

#[test]
fn a_failing_rule_is_counted_under_its_unit() {
    let set = set(ROWS, &[]);
    let mut machine = good_machine(1, Some("m-2"));
    observe_antivirus(&mut machine, vec![], true);
    let posture = take(&set, &[machine]);
    let failing: Vec<_> = posture.rule_failing.keys().map(|(rule, _)| rule.as_str()).collect();
    assert_eq!(
        failing,
        ["antivirus-definitions-fresh", "antivirus-licensed", "antivirus-realtime"]
    );
    assert!(posture.rule_failing.keys().all(|(_, unit)| unit.as_deref() == Some("phong")));
}

#[test]
fn a_live_machine_outside_the_register_is_counted_and_a_dead_one_is_not() {
    let set = set("", &[]);
    let mut dead = good_machine(2, None);
    dead.last_contact.at = NOW - 31 * DAY;
    let posture = take(&set, &[good_machine(1, None), dead]);
    assert_eq!(states(&posture), [(None, State::Protected)]);
    assert_eq!(posture.unregistered, [(Some("so".to_owned()), 1)].into());
}

#[test]
fn a_machine_whose_row_has_ended_does_not_vanish() {
    let set = set(ROWS, &[]);
    let posture = take(&set, &[good_machine(1, Some("old")), good_machine(2, Some("gone"))]);
    assert_eq!(posture.unregistered.values().sum::<u64>(), 2);
    assert_eq!(posture.roll.members().count(), 5);
}

fn standing(number: u8, standing: Standing) -> Machine {
    let mut machine = good_machine(number, Some("m-1"));
    machine.standing = standing;
    machine
}

#[test]
fn a_superseded_identity_is_history() {
    let set = set("m-1,so,workstation,lan,,,,2025-01-01,\n", &[]);
    let both = [standing(1, Standing::Revoked), standing(2, Standing::Current)];
    assert_eq!(states(&take(&set, &both)), [(Some("m-1"), State::Protected)]);
    assert_eq!(states(&take(&set, &both[..1])), [(Some("m-1"), State::Revoked)]);
}

#[test]
fn a_pending_claim_neither_takes_the_row_nor_disappears() {
    let set = set("m-1,so,workstation,lan,,,,2025-01-01,\n", &[]);
    let both = [standing(1, Standing::Pending), standing(2, Standing::Current)];
    assert_eq!(
        states(&take(&set, &both)),
        [(Some("m-1"), State::Protected), (None, State::Pending)]
    );
    assert_eq!(states(&take(&set, &both[..1])), [(Some("m-1"), State::Pending)]);
}

#[test]
fn two_identities_on_one_row_never_count_once_for_both() {
    let set = set("m-1,so,workstation,lan,,,,2025-01-01,\n", &[]);
    let posture = take(&set, &[standing(1, Standing::Current), standing(2, Standing::Current)]);
    assert_eq!(posture.roll.members().count(), 2);
    let clone = take(&set, &[standing(1, Standing::Current), standing(2, Standing::Clone)]);
    assert_eq!(states(&clone)[0].1, State::Clone);
}

#[test]
fn systems_are_counted_by_what_is_decided() {
    let set = set(ROWS, &[]);
    let posture = take(&set, &[]);
    assert_eq!(
        posture.systems,
        [
            ((None, Status::Draft, false), 1),
            ((Some(2), Status::Approved, true), 1),
            ((Some(4), Status::Appraised, false), 1),
        ]
        .into()
    );
    let tally = |id| posture.target(id).unwrap().total;
    assert_eq!(tally("systems-classified"), Tally { members: 3, met: 2 });
    assert_eq!(tally("plans-approved"), Tally { members: 2, met: 1 });
    assert_eq!(tally("staff-trained"), Tally::default());
    assert!(!posture.target("staff-trained").unwrap().is_met());
}

#[test]
fn ages_fall_into_the_largest_span_they_fit() {
    let at = |age: i64| {
        let mut machine = silent_body(1, None);
        machine.last_contact = Contact { at: NOW - age, skew: 0 };
        ReportAge::of(Some(view(&machine)), &Hourglass::new(JudgeClock::at(NOW))).name()
    };
    for (age, label) in [
        (-5, "1h"),
        (HOUR, "1h"),
        (HOUR + 1, "1d"),
        (DAY + 1, "7d"),
        (7 * DAY + 1, "30d"),
        (30 * DAY + 1, "older"),
    ] {
        assert_eq!(at(age), label, "{age}");
    }
}

#[test]
fn ninety_nine_point_six_is_not_a_hundred() {
    let tally = Tally { members: 1000, met: 996 };
    assert!(!tally.meets(100));
    assert_eq!(tally.share(Lang::Vi).as_deref(), Some("99,6 %"));
    assert_eq!(Tally { members: 100_000, met: 99_999 }.share(Lang::En).as_deref(), Some("99.9%"));
    assert!(Tally { members: 10, met: 7 }.meets(70));
    assert!(!Tally { members: 1_000_000, met: 699_999 }.meets(70));
    assert_eq!((Tally::default().meets(1), Tally::default().tenths()), (false, None));
}
