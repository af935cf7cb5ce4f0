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

mod office;

use office::{Office, Told};

/// What happens next.
#[derive(Clone, Debug)]
enum Move {
    /// Time passes, in seconds.
    Wait(i64),
    /// A machine joins for a row, or for none.
    Enrol(Option<usize>),
    /// A machine reports.
    Report(Says),
    /// A machine says that nothing has changed, by a survey so many seconds ago.
    Beat(usize, i64),
    /// An officer ends an identity.
    Revoke(usize),
    /// Other policies take effect.
    Edit(usize),
    /// Somebody looks.
    Ask,
}

/// A report of one of the machines.
#[derive(Clone, Debug)]
struct Says {
    machine: usize,
    /// Which facts.
    facts: usize,
    /// How long ago they were seen, in seconds.
    lag: i64,
    /// The topics that it leaves out, by a bit each.
    without: u8,
    /// What its clock is set to first: seconds ahead.
    clock: Option<i64>,
    /// By a copy of the disk on other hardware.
    copied: bool,
}

fn waits() -> impl Strategy<Value = Move> {
    let seconds = prop_oneof![0..90_i64, HOUR / 2..HOUR * 3, HOUR * 8..HOUR * 16, DAY..DAY * 4];
    seconds.prop_map(Move::Wait)
}

fn reports() -> impl Strategy<Value = Move> {
    let lag = prop_oneof![8 => Just(20), 1 => 0..HOUR * 14, 1 => DAY..DAY * 3];
    let without = prop_oneof![6 => Just(0), 1 => 0..16_u8];
    let clock = prop_oneof![9 => Just(None), 1 => prop::sample::select(CLOCKS).prop_map(Some)];
    (0..4_usize, 0..office::FACTS, lag, without, clock, prop::bool::weighted(0.02)).prop_map(
        |(machine, facts, lag, without, clock, copied)| {
            Move::Report(Says { machine, facts, lag, without, clock, copied })
        },
    )
}

const CLOCKS: &[i64] = &[0, 61, -7200, 3 * DAY];

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        8 => waits(),
        1 => prop::option::of(0..3_usize).prop_map(Move::Enrol),
        8 => reports(),
        6 => (0..4_usize, prop_oneof![5 => Just(30), 1 => 0..HOUR * 14])
            .prop_map(|(machine, lag)| Move::Beat(machine, lag)),
        1 => (0..40_usize).prop_map(Move::Revoke),
        1 => (0..office::SETS).prop_map(Move::Edit),
        6 => Just(Move::Ask),
    ];
    prop::collection::vec(one, 1..60)
}

proptest! {
    #![proptest_config(cases(96))]

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
