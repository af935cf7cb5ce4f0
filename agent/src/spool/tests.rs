use report::observation::Facts;
use report::wire::Problem;
use report::{Outcome, Topic};

use super::*;

fn draft(sequence: u64) -> Draft {
    Draft {
        machine: MachineId::from_bytes([1; 16]),
        agent: Text::new("0.1.0").unwrap(),
        fingerprint: Fingerprint::from_bytes([2; 32]),
        sequence: Sequence(sequence),
        observations: vec![Observation {
            topic: Topic::Machine,
            observed_at: Timestamp(1000),
            outcome: Outcome::Observed(Facts::new()),
        }],
    }
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

fn state() -> (tempfile::TempDir, StateDir) {
    let folder = tempfile::tempdir().unwrap();
    let state = StateDir::new(folder.path().to_owned());
    (folder, state)
}

#[test]
fn a_draft_survives_the_process_and_the_newest_wins() {
    let (_folder, state) = state();
    let spool = Spool::new(&state);
    assert_eq!(spool.get().unwrap(), None);
    spool.put(&draft(1)).unwrap();
    spool.put(&draft(2)).unwrap();
    assert_eq!(spool.get().unwrap(), Some(draft(2)));
    spool.clear().unwrap();
    spool.clear().unwrap();
    assert_eq!(spool.get().unwrap(), None);
}

#[test]
fn the_incarnation_is_never_on_disk() {
    let (_folder, state) = state();
    Spool::new(&state).put(&draft(1)).unwrap();
    let kept = durable::read(&state.join(REPORT), MAX_BYTES).unwrap().unwrap();
    let kept = String::from_utf8(kept).unwrap();
    let none = Incarnation::from_bytes([0; 16]).to_string();
    assert!(kept.contains(&none), "{kept}");
    let sent = draft(1).body(Incarnation::from_bytes([9; 16]), Timestamp(5));
    assert!(!sent.contains(&none), "{sent}");
}

#[test]
fn sending_again_says_the_same_at_another_moment() {
    let (_folder, state) = state();
    let spool = Spool::new(&state);
    spool.put(&draft(1)).unwrap();
    let again = spool.get().unwrap().unwrap();
    let read = |draft: &Draft, sent_at| {
        let body = draft.body(Incarnation::from_bytes([9; 16]), Timestamp(sent_at));
        decode_report(body.as_bytes()).unwrap().report
    };
    let (first, second) = (read(&draft(1), 1001), read(&again, 2002));
    assert_eq!(first.digest(), second.digest());
    assert_eq!(first.sequence, second.sequence);
    assert_eq!(second.sent_at, Timestamp(2002));
}

#[test]
fn a_torn_file_is_no_report() {
    let (_folder, state) = state();
    let spool = Spool::new(&state);
    spool.put(&draft(1)).unwrap();
    let path = state.join(REPORT);
    let whole = durable::read(&path, MAX_BYTES).unwrap().unwrap();
    durable::replace(&path, &whole[..whole.len() - 1]).unwrap();
    assert_eq!(spool.get().unwrap(), None);
}

#[test]
fn a_refused_report_is_kept_with_its_reason_and_not_sent_again() {
    let (_folder, state) = state();
    let spool = Spool::new(&state);
    assert!(spool.refused().unwrap().is_none());
    spool.put(&draft(7)).unwrap();
    spool.refuse(&draft(7), &refusal(), Timestamp(5)).unwrap();
    assert_eq!(spool.get().unwrap(), None);
    let refused = spool.refused().unwrap().unwrap();
    assert_eq!(refused.sequence, Sequence(7));
    assert_eq!(refused.refusal, refusal());
    assert_eq!(Draft::read(refused.report.get().as_bytes()), Some(draft(7)));
}

#[test]
fn a_survey_speaks_for_one_interval() {
    let younger = |now| draft(1).is_younger_than(900, Timestamp(now));
    assert!(younger(1000) && younger(1899));
    assert!(!younger(1900), "as old as the interval");
    assert!(!younger(999), "from the future");
    let empty = Draft { observations: Vec::new(), ..draft(1) };
    assert!(!empty.is_younger_than(900, Timestamp(1000)));
}
