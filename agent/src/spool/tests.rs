use proptest::prelude::*;
use report::catalogue::FactKey;
use report::fact::Value;
use report::observation::Facts;
use report::wire::Problem;
use report::{Fact, Fingerprint, Incarnation, MachineId, Observation, Outcome, Text, Topic};

use super::*;

const DAY: i64 = 86_400;

/// The report of a survey that finished at `at` and saw so much memory.
fn saw(sequence: u64, at: i64, memory: u64) -> Draft {
    let key = FactKey::named("machine.memory_mib").unwrap();
    let fact = Fact::Known(Value::Count(memory));
    Draft {
        machine: MachineId::from_bytes([1; 16]),
        agent: Text::new("0.1.0").unwrap(),
        fingerprint: Fingerprint::from_bytes([2; 32]),
        sequence: Sequence(sequence),
        observations: vec![Observation {
            topic: Topic::Machine,
            observed_at: Timestamp(at),
            outcome: Outcome::Observed(Facts::from([(key, fact.into())])),
        }],
    }
}

/// A report that says something new.
fn draft(sequence: u64) -> Draft {
    saw(sequence, i64::try_from(sequence).unwrap() * 900, sequence)
}

fn refusal() -> Refusal {
    Refusal {
        status: 422,
        problem: Problem {
            reason: "too_many_facts".to_owned(),
            message: "the report carries more than 256 facts".to_owned(),
            wire: 1,
        },
    }
}

/// In memory where that can be had: waiting for a disk thousands of times shows nothing more.
fn state() -> (tempfile::TempDir, StateDir) {
    let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let state = StateDir::new(folder.path().to_owned());
    (folder, state)
}

fn numbers(spool: &Spool) -> Vec<u64> {
    spool.waiting().iter().map(|draft| draft.sequence.0).collect()
}

fn files(state: &StateDir) -> Vec<String> {
    let mut names = names(&state.join(FOLDER)).unwrap();
    names.sort();
    names
}

#[test]
fn reports_survive_the_process_in_their_order() {
    let (_folder, state) = state();
    let mut spool = Spool::open(&state).unwrap();
    for sequence in [9, 10, 11] {
        spool.put(draft(sequence)).unwrap();
    }
    assert_eq!(Spool::look(&state).unwrap().waiting(), [draft(9), draft(10), draft(11)]);
    spool.taken(Sequence(9));
    spool.taken(Sequence(9));
    assert_eq!(numbers(&Spool::open(&state).unwrap()), [10, 11]);
}

#[test]
fn the_incarnation_is_never_on_disk() {
    let (_folder, state) = state();
    Spool::open(&state).unwrap().put(draft(1)).unwrap();
    let path = state.join(FOLDER).join(&files(&state)[0]);
    let kept = String::from_utf8(durable::read(&path, MAX_BYTES).unwrap().unwrap()).unwrap();
    let none = Incarnation::from_bytes([0; 16]).to_string();
    assert!(kept.contains(&none), "{kept}");
    let sent = draft(1).body(Incarnation::from_bytes([9; 16]), Timestamp(5));
    assert!(!sent.contains(&none), "{sent}");
}

#[test]
fn sending_again_says_the_same_at_another_moment() {
    let (_folder, state) = state();
    Spool::open(&state).unwrap().put(draft(1)).unwrap();
    let again = Spool::open(&state).unwrap().waiting()[0].clone();
    let read = |draft: &Draft, sent_at| {
        let body = draft.body(Incarnation::from_bytes([9; 16]), Timestamp(sent_at));
        wire::decode_report(body.as_bytes()).unwrap().report
    };
    let (first, second) = (read(&draft(1), 1001), read(&again, 2002));
    assert_eq!(first.digest(), second.digest());
    assert_eq!(first.sequence, second.sequence);
    assert_eq!(second.sent_at, Timestamp(2002));
}

#[test]
fn a_torn_file_is_no_report_and_is_counted() {
    let (_folder, state) = state();
    let mut spool = Spool::open(&state).unwrap();
    spool.put(draft(1)).unwrap();
    spool.put(draft(2)).unwrap();
    let path = spool.path(Sequence(1));
    let whole = durable::read(&path, MAX_BYTES).unwrap().unwrap();
    durable::replace(&path, &whole[..whole.len() - 1]).unwrap();
    durable::create(&state.join(FOLDER).join("00000000000000000003.tmp"), b"sha256 ").unwrap();
    assert_eq!(Spool::look(&state).unwrap().dropped(), 0, "looking changes nothing");
    let spool = Spool::open(&state).unwrap();
    assert_eq!((numbers(&spool), spool.dropped()), (vec![2], 1));
    assert_eq!(files(&state), ["00000000000000000002", DROPPED]);
    assert_eq!(Spool::look(&state).unwrap().dropped(), 1, "the count survives the process");
}

#[test]
fn a_refused_report_is_kept_with_its_reason_and_waits_no_longer() {
    let (_folder, state) = state();
    let mut spool = Spool::open(&state).unwrap();
    assert!(spool.refused().unwrap().is_none());
    spool.put(draft(7)).unwrap();
    spool.put(draft(8)).unwrap();
    spool.refuse(Sequence(7), &refusal(), Timestamp(5)).unwrap();
    assert_eq!(numbers(&spool), [8]);
    let refused = Spool::look(&state).unwrap().refused().unwrap().unwrap();
    assert_eq!(refused.sequence, Sequence(7));
    assert_eq!(refused.refusal, refusal());
    assert_eq!(Draft::read(refused.report.get().as_bytes()), Some(draft(7)));
}

/// What stands in the place where it would be put aside holds up no other report.
#[test]
fn a_refused_report_that_cannot_be_put_aside_waits_no_longer_all_the_same() {
    let (_folder, state) = state();
    let mut spool = Spool::open(&state).unwrap();
    std::fs::create_dir(state.join(REFUSED)).unwrap();
    spool.put(draft(7)).unwrap();
    assert!(spool.refuse(Sequence(7), &refusal(), Timestamp(5)).is_err());
    assert!(numbers(&spool).is_empty());
}

#[test]
fn reports_of_a_former_identity_are_let_go() {
    let (_folder, state) = state();
    let mut spool = Spool::open(&state).unwrap();
    spool.put(Draft { machine: MachineId::from_bytes([9; 16]), ..draft(1) }).unwrap();
    spool.put(draft(2)).unwrap();
    spool.keep_only(|draft| draft.machine == MachineId::from_bytes([1; 16]));
    assert_eq!(numbers(&spool), [2]);
    assert_eq!(files(&state), ["00000000000000000002"]);
}

#[test]
fn a_survey_speaks_for_one_interval() {
    let younger = |now| saw(1, 1000, 1).is_younger_than(900, Timestamp(now));
    assert!(younger(1000) && younger(1899));
    assert!(!younger(1900), "as old as the interval");
    assert!(!younger(999), "from the future");
    let empty = Draft { observations: Vec::new(), ..draft(1) };
    assert!(!empty.is_younger_than(900, Timestamp(1000)));
}

#[test]
fn a_disk_that_takes_nothing_leaves_the_reports_in_memory() {
    let (folder, state) = state();
    let mut spool = Spool::open(&state).unwrap();
    std::fs::remove_dir(folder.path().join(FOLDER)).unwrap();
    std::fs::write(folder.path().join(FOLDER), "a file in the folder's place").unwrap();
    assert!(spool.put(draft(1)).is_err());
    assert!(spool.put(draft(2)).is_err());
    assert_eq!(numbers(&spool), [1, 2]);
    spool.taken(Sequence(1));
    assert_eq!(numbers(&spool), [2]);
}

/// Twenty-four days without a network, a survey every quarter of an hour.
fn days_offline(days: i64, memory: impl Fn(i64) -> u64) -> Vec<Draft> {
    let (_folder, state) = state();
    let mut spool = Spool::open(&state).unwrap();
    for (sequence, at) in (1..).zip((0..days * DAY).step_by(900)) {
        spool.put(saw(sequence, at, memory(at))).unwrap();
        assert!(spool.waiting().len() <= REPORT_BURST);
    }
    let kept = Spool::open(&state).unwrap();
    assert_eq!(kept.waiting(), spool.waiting(), "what is in memory is on disk");
    assert_eq!(kept.dropped(), spool.dropped());
    kept.waiting().to_vec()
}

fn at(draft: &Draft) -> i64 {
    draft.surveyed_at().unwrap().0
}

#[test]
fn of_24_days_in_which_nothing_changed_the_first_and_the_last_report_tell_all() {
    let kept = days_offline(24, |_| 1);
    assert_eq!(kept.iter().map(at).collect::<Vec<_>>(), [0, 24 * DAY - 900]);
}

#[test]
fn of_24_days_with_four_changes_both_ends_of_every_state_are_kept() {
    let kept = days_offline(24, |at| (at / (5 * DAY)).unsigned_abs());
    let expected: Vec<_> = [5, 10, 15, 20, 24]
        .into_iter()
        .flat_map(|day: i64| [(day - 1) / 5 * 5 * DAY, day * DAY - 900])
        .collect();
    assert_eq!(kept.iter().map(at).collect::<Vec<_>>(), expected);
}

#[test]
fn of_24_days_in_which_everything_changes_the_reports_spread_evenly() {
    let kept = days_offline(24, |at| at.unsigned_abs());
    assert_eq!(kept.len(), REPORT_BURST);
    assert_eq!((at(&kept[0]), at(&kept[9])), (0, 24 * DAY - 900));
    let gaps: Vec<_> = kept.windows(2).map(|two| at(&two[1]) - at(&two[0])).collect();
    assert!(gaps.iter().all(|gap| *gap <= 24 * DAY / 4), "{gaps:?}");
}

#[test]
fn what_is_let_go_of_is_counted_and_what_says_nothing_new_is_not() {
    let (_folder, state) = state();
    let mut spool = Spool::open(&state).unwrap();
    for sequence in 1..=100 {
        spool.put(saw(sequence, 0, 1)).unwrap();
    }
    assert_eq!((spool.waiting().len(), spool.dropped()), (2, 0));
    for sequence in 101..=120 {
        spool.put(draft(sequence)).unwrap();
    }
    assert_eq!((spool.waiting().len(), spool.dropped()), (REPORT_BURST, 12));
}

proptest! {
    /// A clock that jumps to and fro costs neither the newest report nor the order.
    #[test]
    fn whatever_the_clock_does_the_newest_is_kept_and_numbers_rise(
        moments in prop::collection::vec((-DAY..DAY, 0_u64..4), 1..40),
    ) {
        let (_folder, state) = state();
        let mut spool = Spool::open(&state).unwrap();
        for (sequence, (at, memory)) in (1..).zip(&moments) {
            spool.put(saw(sequence, *at, *memory)).unwrap();
        }
        let numbers = numbers(&Spool::open(&state).unwrap());
        prop_assert_eq!(numbers.last(), Some(&u64::try_from(moments.len()).unwrap()));
        prop_assert!(numbers.is_sorted() && numbers.len() <= REPORT_BURST);
    }

    #[test]
    fn no_damage_becomes_a_report(at in 0_usize..400, damage in any::<u8>()) {
        let (_folder, state) = state();
        let mut spool = Spool::open(&state).unwrap();
        spool.put(draft(1)).unwrap();
        let path = spool.path(Sequence(1));
        let mut bytes = durable::read(&path, MAX_BYTES).unwrap().unwrap();
        let at = at % bytes.len();
        prop_assume!(bytes[at] != damage);
        bytes[at] = damage;
        durable::replace(&path, &bytes).unwrap();
        prop_assert_eq!(numbers(&Spool::open(&state).unwrap()), Vec::<u64>::new());
    }

    #[test]
    fn the_digest_of_a_draft_is_that_of_its_report(memory in any::<u64>()) {
        let draft = saw(1, 0, memory);
        let body = draft.body(Incarnation::from_bytes([9; 16]), Timestamp(5));
        let report = wire::decode_report(body.as_bytes()).unwrap().report;
        prop_assert_eq!(draft.says(), report.digest());
    }
}
