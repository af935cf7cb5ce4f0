//! A past moment is judged as it was, whatever has happened since.
//!
//! A store and what memory makes of it are driven through weeks in which machines join, report in
//! full or in part, in time or late, by right and by wrong clocks, fall silent, are copied and
//! revoked, while the policies are edited. What was said of everyone is written down now and then,
//! and at the end the archive is asked for each of these moments.

use std::sync::LazyLock;

use proptest::prelude::*;
use report::report::Report;
use report::{Observation, Outcome, Reading, State, Text, Value};

use super::*;
use crate::live::Live;
use crate::policy::fixtures::{
    DAY, HOUR, cases, folder, good_machine, good_product, key, known, observe, observe_antivirus,
    rule, text,
};
use crate::policy::{Folder, PolicySet, Posture, load};
use crate::when::AsKnown;

pub(super) mod office;

use office::Office;

/// What happens next.
#[derive(Clone, Debug)]
pub(super) enum Move {
    /// Time passes, in seconds.
    Wait(i64),
    /// A machine joins for a row, or for none.
    Enrol(Option<usize>),
    /// A machine reports.
    Report(Says),
    /// A machine says that nothing has changed, by a survey so many seconds ago.
    Beat(usize, i64, Hardware),
    /// An officer ends an identity.
    Decide(Decision, usize),
    /// Other policies take effect.
    Edit(usize),
    /// Somebody looks.
    Ask,
}

/// A report of one of the machines.
#[derive(Clone, Debug)]
pub(super) struct Says {
    machine: usize,
    /// Which facts.
    facts: usize,
    /// How long ago they were seen, in seconds.
    lag: i64,
    /// The topics that it leaves out, by a bit each.
    without: u16,
    /// What its clock is set to first: seconds ahead.
    clock: Option<i64>,
    /// Where the disk is.
    on: Hardware,
}

/// What speaks with a machine's identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hardware {
    /// The machine that enrolled.
    Own,
    /// One that has a copy of its disk.
    Copy(u8),
}

fn hardware() -> impl Strategy<Value = Hardware> {
    prop_oneof![30 => Just(Hardware::Own), 1 => (2..4_u8).prop_map(Hardware::Copy)]
}

fn waits() -> impl Strategy<Value = Move> {
    let seconds = prop_oneof![0..90_i64, HOUR / 2..HOUR * 3, HOUR * 8..HOUR * 16, DAY..DAY * 4];
    seconds.prop_map(Move::Wait)
}

fn reports() -> impl Strategy<Value = Move> {
    let lag = prop_oneof![6 => Just(20), 2 => 0..HOUR * 14, 1 => DAY..DAY * 3];
    let without = prop_oneof![6 => Just(0), 1 => 0..1_u16 << 13];
    let clock = prop_oneof![2 => Just(None), 1 => prop::sample::select(CLOCKS).prop_map(Some)];
    let facts =
        prop_oneof![1 => Just(0), 2 => Just(3), 1 => Just(4), 1 => Just(7), 2 => 0..office::FACTS];
    (0..2_usize, facts, lag, without, clock, hardware()).prop_map(
        |(machine, facts, lag, without, clock, on)| {
            Move::Report(Says { machine, facts, lag, without, clock, on })
        },
    )
}

const CLOCKS: &[i64] = &[0, 61, -7200, 3 * DAY];

fn decisions() -> impl Strategy<Value = Decision> {
    prop_oneof![
        3 => Just(Decision::Approve),
        1 => Just(Decision::Reject),
        1 => Just(Decision::Revoke),
    ]
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        8 => waits(),
        1 => prop::option::of(0..3_usize).prop_map(Move::Enrol),
        8 => reports(),
        6 => (0..2_usize, prop_oneof![5 => Just(30), 1 => 0..HOUR * 14], hardware())
            .prop_map(|(machine, lag, on)| Move::Beat(machine, lag, on)),
        2 => (decisions(), prop_oneof![0..6_usize, 0..40_usize])
            .prop_map(|(decision, machine)| Move::Decide(decision, machine)),
        1 => (0..office::SETS).prop_map(Move::Edit),
        6 => Just(Move::Ask),
    ];
    prop::collection::vec(one, 1..60)
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn every_moment_is_told_later_as_it_was_told_then(moves in moves()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut office = Office::open().await;
            for step in moves {
                office.go(step).await;
            }
            for (at, told) in &office.asked {
                assert_eq!(office.told_again(*at, AsKnown::Then), *told, "at {at}");
            }
        });
    }
}

/// A report of a machine whose everything is well.
pub(super) fn good(machine: usize, lag: i64) -> Move {
    let on = Hardware::Own;
    Move::Report(Says { machine, facts: 0, lag, without: 0, clock: None, on })
}

#[tokio::test]
async fn what_is_told_late_counts_as_known_now_and_never_as_known_then() {
    let mut office = Office::open().await;
    for step in [good(0, 20), Move::Wait(8 * DAY), Move::Ask, Move::Wait(3 * DAY)] {
        office.go(step).await;
    }
    let silent = |told: &office::Told| told.count(State::Silent);
    let (at, then) = office.asked[0].clone();
    assert_eq!(silent(&then), 2, "nobody was heard of for a week");
    // What it saw a day before that moment arrives now, and so does what it sees now.
    office.go(good(0, 4 * DAY)).await;
    office.go(good(0, 20)).await;
    assert_eq!(office.told_again(at, AsKnown::Then), then);
    let now = office.told_again(at, AsKnown::Now);
    assert_eq!(silent(&now), 1, "the one that said nothing");
    assert_eq!(now.count(State::NeverEnrolled), then.count(State::NeverEnrolled));
}

#[tokio::test]
async fn a_register_that_is_corrected_counts_as_known_now_and_never_as_known_then() {
    let mut office = Office::open().await;
    office.go(Move::Ask).await;
    let (at, then) = office.asked[0].clone();
    // The third row is in force from later on.
    assert_eq!(then.count(State::NeverEnrolled), 1);
    office.go(Move::Wait(DAY)).await;
    office.go(Move::Edit(2)).await;
    assert_eq!(office.told_again(at, AsKnown::Then), then);
    assert_eq!(office.told_again(at, AsKnown::Now).count(State::NeverEnrolled), 0);
}

#[tokio::test]
async fn what_an_officer_did_later_is_not_brought_forward() {
    let mut office = Office::open().await;
    let revocation = Move::Decide(Decision::Revoke, 0);
    for step in [good(0, 20), Move::Ask, Move::Wait(DAY), revocation, Move::Enrol(Some(1))] {
        office.go(step).await;
    }
    let (at, then) = office.asked[0].clone();
    for known in [AsKnown::Then, AsKnown::Now] {
        assert_eq!(office.told_again(at, known), then, "{known:?}");
    }
}

#[tokio::test]
async fn what_came_after_the_clock_was_set_back_counts_from_then_on() {
    let own = Hardware::Own;
    let bad = Says { machine: 0, facts: 3, lag: 20, without: 0, clock: None, on: own };
    let late = Says { facts: 0, on: Hardware::Copy(2), machine: 1, ..bad.clone() };
    let mut office = Office::open().await;
    for step in [Move::Wait(DAY), good(0, 20), good(1, 20), Move::Report(late)] {
        office.go(step).await;
    }
    office.now = office.now - 5 * HOUR;
    let revocation = Move::Decide(Decision::Revoke, 1);
    for step in [Move::Report(bad), revocation, Move::Wait(6 * HOUR), Move::Ask] {
        office.go(step).await;
    }
    let (at, told) = office.asked[0].clone();
    assert_eq!(office.told_again(at, AsKnown::Then), told);
}

#[tokio::test]
async fn a_clock_that_was_ahead_does_not_make_a_span_of_every_contact() {
    let mut office = Office::open().await;
    office.now = office.now + 30 * DAY;
    office.go(good(0, 20)).await;
    office.now = office.now - 30 * DAY;
    for _ in 0..8 {
        office.go(Move::Wait(900)).await;
        office.go(good(0, 20)).await;
    }
    let count = "SELECT count(*) FROM contacts WHERE first_at < ?";
    let database = Connection::open(office.file()).unwrap();
    let spans: i64 = database.query_row(count, [office.now.0], |row| row.get(0)).unwrap();
    assert_eq!(spans, 1);
}

#[tokio::test]
async fn before_the_first_policy_set_there_is_no_past() {
    let world = world(1).await;
    let archive = Archive::new(world.folder.path().join("store.sqlite"));
    assert_eq!(archive.begins().unwrap(), None);
    let entry = entry(Action::PoliciesInForce);
    let (hash, files) = ("aa".to_owned(), KeptFolder::from([("a".to_owned(), "b".to_owned())]));
    world.store.submit(PoliciesInForce { hash, files, at: NOW, entry }).await.unwrap();
    assert_eq!(archive.begins().unwrap(), Some(NOW));
    assert!(archive.policies_at(NOW - 1).unwrap().is_none());
    assert_eq!(archive.policies_at(NOW).unwrap().unwrap()["a"], "b");
}

#[tokio::test]
async fn a_store_of_an_earlier_layout_has_a_past_as_far_as_it_was_noted() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("store.sqlite");
    let id = |number: u8| MachineId::from_bytes([number; 16]);
    let body = |at: Timestamp, waiting: u64| {
        format!(
            r#"{{"observed_at":{},"facts":{{"patches.security_pending":{{"known":{waiting}}}}}}}"#,
            at.0
        )
    };
    let day = |number: i64| NOW + number * DAY;
    let machine = |number, standing: &str, contact_at: Timestamp| {
        format!(
            "INSERT INTO machines (id, standing, fingerprint, enrolled_at, contact_at, contact_skew,
                reports, reported_at, security_pending_since)
             VALUES ('{}', '{standing}', '{HARDWARE}', {}, {}, 7, 2, {}, {});",
            id(number), NOW.0, contact_at.0, contact_at.0, day(2).0
        )
    };
    let audited = |number, action: &str, at: Timestamp| {
        format!(
            "INSERT INTO audit (at, actor, action, subject, detail)
             VALUES ({}, 'x', '{action}', '{}', '');",
            at.0,
            id(number)
        )
    };
    let (first, second) = (body(day(1) + 7 - 30, 0), body(day(2) + 7 - 30, 3));
    let told = |report, at: Timestamp, body: &str| {
        format!(
            "INSERT INTO history (machine, topic, report, received_at, skew, body)
             VALUES ('{}', 'patches', {report}, {}, 7, '{body}');",
            id(1),
            at.0
        )
    };
    sqlite::open_at(&file, 4)
        .execute_batch(
            &[
                machine(1, "revoked", day(2)),
                machine(2, "clone", day(2)),
                machine(3, "pending", day(2)),
                audited(1, "revoked", day(5)),
                audited(2, "clone_seen", day(3)),
                audited(3, "enrolled_pending", NOW),
                told(1, day(1), &first),
                told(2, day(2), &second),
                // What was seen on the first day came with the next, and was confirmed on the fifth.
                machine(4, "current", day(6)),
                format!(
                    "INSERT INTO history (machine, topic, report, received_at, skew, body)
                     VALUES ('{0}', 'patches', 1, {1}, 7, '{first}');
                     INSERT INTO topics (machine, topic, body, digest, received_at, skew, report,
                        confirmed_at)
                     VALUES ('{0}', 'patches', '{first}', 'd', {1}, 7, 2, {2});
                     INSERT INTO contacts VALUES ('{0}', {1}, {3}), ('{0}', {2}, {4});",
                    id(4),
                    day(2).0,
                    day(5).0,
                    day(3).0,
                    day(6).0
                ),
                format!(
                    "INSERT INTO topics (machine, topic, body, digest, received_at, skew, report)
                     VALUES ('{}', 'patches', '{second}', 'd', {}, 7, 2);
                     INSERT INTO contacts VALUES ('{0}', {}, {});",
                    id(1),
                    day(2).0,
                    day(1).0,
                    day(2).0
                ),
            ]
            .concat(),
        )
        .unwrap();
    let (_store, _writer, _) = open(folder.path());
    let archive = Archive::new(file);
    let at = |moment: Timestamp| {
        let fleet = archive.fleet_at(moment, AsKnown::Then).unwrap();
        fleet.slots().map(|slot| fleet.at(slot).unpack()).collect::<Vec<_>>()
    };
    assert!(at(NOW - 1).is_empty());
    let standings = |moment| at(moment).iter().map(|one| one.standing).collect::<Vec<_>>();
    use Standing::{Clone, Current, Pending, Revoked};
    assert_eq!(standings(day(1)), [Current, Current, Pending, Current]);
    assert_eq!(standings(day(3)), [Current, Clone, Pending, Current]);
    assert_eq!(standings(day(5)), [Revoked, Clone, Pending, Current]);

    let waits = |moment| at(moment)[0].security_pending_since;
    assert_eq!((waits(day(1)), waits(day(2))), (None, Some(day(2))));
    let kept = &at(day(2))[0].topics[&Topic::Patches];
    assert_eq!((kept.seen_at(), kept.last_seen_at()), (day(2) - 30, day(2) - 30));
    let last_seen = |moment| at(moment)[3].topics[&Topic::Patches].last_seen_at();
    assert_eq!(last_seen(day(4)), day(1) - 30, "what came with the one contact of a span");
    assert_eq!(last_seen(day(7)), day(5), "what a heartbeat confirmed last");
    assert_eq!(at(day(9))[0].last_contact, Contact { at: day(2), skew: 7 });
}
