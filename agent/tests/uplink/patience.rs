//! What a machine does when nothing changes, when something does, and when nobody answers.

use std::fs;
use std::time::Duration;

use agent::cycle::{Contact, Cycle, Kept};
use report::Sequence;
use report::wire::{REPORT_BURST, decode_heartbeat};

use crate::collector::{AGEING, Collector, Next};
use crate::{KEPT, Machine, joined, reports};

fn paths(collector: &Collector) -> Vec<String> {
    collector.paths().split_off(1)
}

/// Keeps a report under each of these names and tells nobody.
async fn keep(machine: &Machine, cycle: &mut Cycle, names: &[&str]) {
    for name in names {
        machine.is_called(name);
        assert!(cycle.notice(false).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn a_machine_on_which_nothing_changes_says_so_and_no_more() {
    let collector = Collector::start().await;
    let machine = joined(&collector).await;
    let mut cycle = machine.cycle().unwrap();
    for _ in 0..3 {
        assert!(matches!(cycle.contact(KEPT).await.unwrap(), Contact::Accepted(_)));
    }
    machine.is_called("ho-tich-02");
    cycle.contact(KEPT).await.unwrap();
    let expected = ["/v1/reports", "/v1/heartbeats", "/v1/heartbeats", "/v1/reports"];
    assert_eq!(paths(&collector), expected);

    let seen = collector.seen();
    let (report, heartbeat) = (seen[1].report(), decode_heartbeat(&seen[2].body).unwrap());
    assert_eq!(heartbeat.machine, report.machine);
    assert_eq!(heartbeat.fingerprint, report.fingerprint);
    assert_eq!(heartbeat.incarnation, report.incarnation);
    assert_eq!(heartbeat.sequence, Sequence(2), "one row of numbers");
    assert!(heartbeat.observed_at >= report.observations[0].observed_at);
    assert!(seen[2].body.len() < seen[1].body.len() / 2);
}

#[tokio::test]
async fn a_new_process_begins_with_a_report() {
    let collector = Collector::start().await;
    let machine = joined(&collector).await;
    for _ in 0..2 {
        machine.cycle().unwrap().contact(KEPT).await.unwrap();
    }
    assert_eq!(paths(&collector), ["/v1/reports", "/v1/reports"]);
}

#[tokio::test]
async fn a_collector_that_wants_the_report_gets_it_at_once() {
    let collector = Collector::start().await;
    let machine = joined(&collector).await;
    let mut cycle = machine.cycle().unwrap();
    cycle.contact(KEPT).await.unwrap();
    collector.will([Next::Refuse(409)]);
    assert!(matches!(cycle.contact(KEPT).await.unwrap(), Contact::Accepted(_)));
    assert_eq!(paths(&collector), ["/v1/reports", "/v1/heartbeats", "/v1/reports"]);
    assert_eq!(reports(&collector), [1, 3]);
    assert!(machine.status().refused.is_none(), "no report was refused");
}

#[tokio::test]
async fn a_heartbeat_nobody_takes_becomes_a_report_that_waits() {
    let collector = Collector::start().await;
    let machine = joined(&collector).await;
    let mut cycle = machine.cycle().unwrap();
    cycle.contact(KEPT).await.unwrap();
    collector.will([Next::LoseReply]);
    assert!(matches!(cycle.contact(KEPT).await.unwrap(), Contact::Later { .. }));
    assert_eq!(machine.status().spooled.unwrap().count, 1);
    cycle.contact(KEPT).await.unwrap();
    assert_eq!(paths(&collector), ["/v1/reports", "/v1/heartbeats", "/v1/reports"]);
    assert!(machine.status().spooled.is_none());
}

#[tokio::test]
async fn a_machine_that_comes_back_sends_all_it_kept_in_one_burst_oldest_first() {
    let collector = Collector::start().await;
    let machine = joined(&collector).await;
    let mut cycle = machine.cycle().unwrap();
    for day in 0..24 {
        machine.is_called(&format!("day-{day}"));
        collector.will([Next::Busy(120)]);
        assert!(matches!(cycle.contact(Kept::Never).await.unwrap(), Contact::Later { .. }));
    }
    let status = machine.status();
    assert_eq!(status.spooled.unwrap().count, REPORT_BURST);
    assert_eq!(status.dropped, 24 - u64::try_from(REPORT_BURST).unwrap());

    let before = reports(&collector).len();
    assert!(matches!(cycle.contact(KEPT).await.unwrap(), Contact::Accepted(_)));
    let burst = reports(&collector).split_off(before);
    assert_eq!(burst.len(), REPORT_BURST);
    assert!(burst.is_sorted());
    assert_eq!((burst[0], burst[REPORT_BURST - 1]), (1, 24), "the first and the newest are there");
    assert!(machine.status().spooled.is_none());
}

#[tokio::test]
async fn a_burst_ends_where_the_collector_has_had_enough() {
    let collector = Collector::start().await;
    let machine = joined(&collector).await;
    let mut cycle = machine.cycle().unwrap();
    keep(&machine, &mut cycle, &["a", "b", "c"]).await;
    collector.will([Next::Accept, Next::Busy(300)]);
    let Contact::Later { retry_after, .. } = cycle.contact(KEPT).await.unwrap() else {
        panic!("it has had enough");
    };
    assert_eq!(retry_after, Some(Duration::from_secs(300)));
    assert_eq!(reports(&collector), [1, 2]);
    assert_eq!(machine.status().spooled.unwrap().count, 2);
}

#[tokio::test]
async fn a_report_refused_for_what_it_says_does_not_hold_back_the_next() {
    let collector = Collector::start().await;
    let machine = joined(&collector).await;
    let mut cycle = machine.cycle().unwrap();
    keep(&machine, &mut cycle, &["a", "b"]).await;
    collector.will([Next::Refuse(422)]);
    assert!(matches!(cycle.contact(KEPT).await.unwrap(), Contact::Accepted(_)));
    assert_eq!(reports(&collector), [1, 2]);
    assert_eq!(machine.status().refused.unwrap().sequence, Sequence(1));
}

/// A file that could not be removed is one that was sent.
#[tokio::test]
async fn what_the_collector_has_is_not_sent_again_though_its_file_is_still_there() {
    let collector = Collector::start().await;
    let machine = joined(&collector).await;
    let mut cycle = machine.cycle().unwrap();
    keep(&machine, &mut cycle, &["a", "b", "c"]).await;
    let spool = machine.state().join("spool");
    let kept = machine.state().join("kept");
    copy(&spool, &kept);
    cycle.contact(KEPT).await.unwrap();
    drop(cycle);
    copy(&kept, &spool);
    fs::remove_file(machine.state().join("sequence")).unwrap();

    machine.is_called("d");
    let mut restarted = machine.cycle().unwrap();
    assert!(restarted.spool().waiting().is_empty());
    restarted.contact(KEPT).await.unwrap();
    assert_eq!(reports(&collector), [1, 2, 3, 4], "nor does a lost counter begin anew");
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// A collector that likes no report at all does not empty the spool at once.
#[tokio::test]
async fn two_refusals_for_the_same_reason_end_a_burst_and_what_they_cost_is_counted() {
    let collector = Collector::start().await;
    let machine = joined(&collector).await;
    let mut cycle = machine.cycle().unwrap();
    keep(&machine, &mut cycle, &["a", "b", "c", "d"]).await;
    collector.will([Next::Refuse(400), Next::Refuse(400)]);
    assert!(matches!(cycle.contact(KEPT).await.unwrap(), Contact::Refused(_)));
    let status = machine.status();
    assert_eq!((status.spooled.unwrap().count, status.dropped), (2, 1));
    assert_eq!(status.refused.unwrap().sequence, Sequence(2));
}

/// Until the collector may be spoken to, a change is kept and nothing is said, not even to renew.
#[tokio::test]
async fn a_change_that_may_not_be_told_yet_renews_nothing() {
    let collector = Collector::certifying(AGEING).await;
    let machine = joined(&collector).await;
    let mut cycle = machine.cycle().unwrap();
    assert!(cycle.notice(false).await.unwrap().is_none());
    assert_eq!(collector.paths(), ["/v1/enrol"]);
}

#[tokio::test]
async fn a_change_is_told_and_looking_without_one_costs_no_contact() {
    let collector = Collector::start().await;
    let machine = joined(&collector).await;
    let mut cycle = machine.cycle().unwrap();
    cycle.contact(KEPT).await.unwrap();
    assert!(cycle.notice(true).await.unwrap().is_none());
    machine.is_called("ho-tich-02");
    assert!(matches!(cycle.notice(true).await.unwrap(), Some(Contact::Accepted(_))));
    machine.is_called("ho-tich-03");
    assert!(cycle.notice(false).await.unwrap().is_none(), "the collector asked for time");
    assert!(cycle.notice(true).await.unwrap().is_none(), "that waits already");
    assert_eq!(reports(&collector), [1, 2]);
    assert_eq!(machine.status().spooled.unwrap().count, 1);
}

/// The whole loop: a watched file changes, and the collector hears of it long before the interval.
#[tokio::test]
async fn the_loop_tells_of_a_change_before_the_interval_is_over() {
    let collector = Collector::start().await;
    let machine = joined(&collector).await;
    let told = async {
        until(|| !reports(&collector).is_empty()).await;
        machine.is_called("ho-tich-02");
        until(|| reports(&collector).len() > 1).await;
    };
    let mut cycle = machine.cycle().unwrap();
    machine.rounds().go(&mut cycle, told).await.unwrap();
    assert_eq!(reports(&collector), [1, 2]);
}

#[tokio::test]
async fn the_loop_takes_over_a_changed_configuration_and_none_that_is_faulty() {
    let collector = Collector::start().await;
    let machine = joined(&collector).await;
    let file = machine.root().join("agent.toml");
    let claims = |claim: &str| fs::write(&file, format!("[claims]\n{claim}\n")).unwrap();
    let told = async {
        until(|| !reports(&collector).is_empty()).await;
        claims("level = 3");
        until(|| reports(&collector).len() > 1).await;
        claims("level = 9");
        machine.is_called("ho-tich-02");
        until(|| reports(&collector).len() > 2).await;
    };
    let mut cycle = machine.cycle().unwrap();
    machine.rounds().go(&mut cycle, told).await.unwrap();
    let said: Vec<_> = collector.seen().split_off(1).iter().map(claimed_level).collect();
    assert_eq!(said, [None, Some(3), Some(3)]);
}

fn claimed_level(seen: &crate::collector::Seen) -> Option<u64> {
    let body: serde_json::Value = serde_json::from_slice(&seen.body).unwrap();
    body["topics"]["assignment"]["facts"]["assignment.level"]["known"].as_u64()
}

/// Waits for what is bound to happen; a failure, not a measurement, after a minute.
pub(crate) async fn until(condition: impl Fn() -> bool) {
    for _ in 0..6000 {
        if condition() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("in vain");
}

/// A number that must last: written over the last one, with no new room on the disk.
#[tokio::test]
async fn a_full_disk_silences_no_machine() {
    let collector = Collector::start().await;
    let machine = joined(&collector).await;
    let mut cycle = machine.cycle().unwrap();
    cycle.contact(KEPT).await.unwrap();
    machine.has_no_room();
    for name in ["a", "b"] {
        machine.is_called(name);
        assert!(matches!(cycle.contact(KEPT).await.unwrap(), Contact::Accepted(_)), "{name}");
    }
    assert_eq!(reports(&collector), [1, 2, 3]);
}

impl Machine {
    /// Nothing new can be written in the state folder; what is there can be written over.
    fn has_no_room(&self) {
        for name in ["spool", "contacts.json.tmp"] {
            let path = self.state().join(name);
            let _ = fs::remove_dir_all(&path);
            match name {
                "spool" => fs::write(path, "").unwrap(),
                _ => fs::create_dir_all(path.join("in-the-way")).unwrap(),
            }
        }
    }
}
