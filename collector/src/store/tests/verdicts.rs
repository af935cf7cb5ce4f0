//! The log of verdicts: what is written, and since when it tells something has been so.

use report::State;
use report::verdict::Ruling;

use super::chain::archive;
use super::*;
use crate::policy::roll::{Change, NotPassed, Outcome};

fn change(at: i64, member: &str, said: Option<(State, &[(&str, Ruling)])>) -> Change {
    let outcome = said.map(|(state, rules)| Outcome {
        state,
        unit: "stp".to_owned(),
        rules: NotPassed::of(rules.iter().copied()),
    });
    Change { at: NOW + at, member: member.to_owned(), outcome }
}

fn since(at: i64, at_latest: bool) -> Since {
    Since { at: NOW + at, at_latest }
}

const FAILS: (State, &[(&str, Ruling)]) = (State::Unprotected, &[("a", Ruling::Fail)]);
const FAILS_BOTH: (State, &[(&str, Ruling)]) =
    (State::Unprotected, &[("a", Ruling::Fail), ("b", Ruling::Fail)]);
const GOOD: (State, &[(&str, Ruling)]) = (State::Protected, &[]);

async fn log(world: &World, changes: &[Change]) -> u64 {
    world.store.submit(AppendVerdicts(changes.to_vec())).await.unwrap()
}

#[tokio::test]
async fn what_is_as_it_was_logged_takes_no_row() {
    let world = world(1).await;
    let all = [change(0, "pc-1", Some(FAILS)), change(0, "pc-2", Some(GOOD))];
    assert_eq!(log(&world, &all).await, 2);
    assert_eq!(log(&world, &all).await, 0);
    assert_eq!(log(&world, &[change(9, "pc-3", None)]).await, 0, "it never was a member");
    let left = [change(9, "pc-2", None), change(9, "pc-2", None)];
    assert_eq!(log(&world, &left).await, 1);
    let archive = archive(world.folder.path());
    assert_eq!(archive.logged_members("", 9).unwrap(), ["pc-1"]);
    assert_eq!(log(&world, &[change(10, "pc-2", Some(GOOD))]).await, 1);
    assert_eq!(archive.logged_members("", 1).unwrap(), ["pc-1"]);
    assert_eq!(archive.logged_members("pc-1", 9).unwrap(), ["pc-2"]);
}

#[tokio::test]
async fn the_log_tells_since_when_a_state_and_each_ruling_hold() {
    let world = world(1).await;
    log(&world, &[change(0, "pc-1", Some(FAILS)), change(0, "pc-2", Some(GOOD))]).await;
    log(&world, &[change(10, "pc-1", Some(FAILS_BOTH))]).await;
    log(&world, &[change(20, "pc-2", Some(FAILS)), change(20, "pc-3", Some(GOOD))]).await;
    let archive = archive(world.folder.path());
    let of = |member: &str, (state, rules): (State, &[(&str, Ruling)])| {
        let told = archive.since(member, state, rules.iter().copied()).unwrap();
        (told.state, told.rules.into_values().collect::<Vec<_>>())
    };
    let first = of("pc-1", FAILS_BOTH);
    assert_eq!(first, (Some(since(0, true)), vec![since(0, true), since(10, false)]));
    assert_eq!(of("pc-2", FAILS), (Some(since(20, false)), vec![since(20, false)]));
    assert_eq!(of("pc-3", (State::Protected, &[("a", Ruling::Pass)])).1, [since(20, false)]);
    // What the judge has said since and nobody has logged yet.
    assert_eq!(of("pc-2", (State::Silent, &[("a", Ruling::Unknown)])), (None, vec![]));
    assert_eq!(of("pc-9", GOOD), (None, vec![]));

    let states = archive.states_since().unwrap();
    assert_eq!(states.of("pc-1", State::Unprotected), Some(since(0, true)));
    assert_eq!(states.of("pc-3", State::Protected), Some(since(20, false)));
    assert_eq!(states.of("pc-3", State::Silent), None);
    assert_eq!(states.of("pc-9", State::Silent), None);
}

#[tokio::test]
async fn whoever_comes_back_begins_anew() {
    let world = world(1).await;
    for said in [change(0, "pc-1", Some(GOOD)), change(5, "pc-1", None)] {
        log(&world, &[said]).await;
    }
    let archive = archive(world.folder.path());
    assert_eq!(archive.states_since().unwrap().of("pc-1", State::Protected), None);
    log(&world, &[change(9, "pc-1", Some(GOOD))]).await;
    let told = archive.since("pc-1", State::Protected, [("a", Ruling::Pass)].into_iter()).unwrap();
    assert_eq!((told.state, told.rules["a"]), (Some(since(9, false)), since(9, false)));
}

#[tokio::test]
async fn a_clock_that_is_set_back_moves_no_row_before_another() {
    let world = world(1).await;
    log(&world, &[change(100, "pc-1", Some(GOOD))]).await;
    log(&world, &[change(50, "pc-1", Some(FAILS)), change(120, "pc-2", Some(GOOD))]).await;
    let states = archive(world.folder.path()).states_since().unwrap();
    assert_eq!(states.of("pc-1", State::Unprotected).unwrap().at, NOW + 100);
    assert_eq!(states.of("pc-2", State::Protected).unwrap().at, NOW + 120);
}

#[tokio::test]
async fn rows_that_name_themselves_as_the_ones_before_are_not_walked_for_ever() {
    let world = world(1).await;
    log(&world, &[change(0, "pc-1", Some(FAILS))]).await;
    log(&world, &[change(10, "pc-1", Some(FAILS_BOTH))]).await;
    let file = Connection::open(world.folder.path().join("store.sqlite")).unwrap();
    file.execute_batch("UPDATE verdicts SET previous = number").unwrap();
    let archive = archive(world.folder.path());
    let (told, tell) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let rules = FAILS_BOTH.1.iter().copied();
        told.send(archive.since("pc-1", State::Unprotected, rules).unwrap())
    });
    let told = tell.recv_timeout(std::time::Duration::from_secs(20)).expect("an end");
    assert_eq!(told.rules["a"], since(10, false), "as far back as the log can be followed");
}
