//! What a heartbeat moves in the store and in memory, and what it never moves.

use super::*;

#[tokio::test]
async fn memory_and_the_store_agree_on_what_a_heartbeat_moved() {
    let world = world(1).await;
    let _ = world.store.submit(enrolment(1, None)).await.unwrap();
    let mut fleet = Fleet::default();
    fleet.joined(MachineId::from_bytes([1; 16]), None, None, Standing::Current, NOW);
    let stored = world.store.submit(StoreReport(report(1, 1, "A"))).await.unwrap().unwrap();
    fleet.keep(&stored);
    let first = report(1, 1, "A");
    // The second survey ended before the first: the clock of the collector was set back.
    for (sequence, at) in [(2, NOW + 900), (3, NOW + 600)] {
        let beat = StoreHeartbeat(heartbeat(&first, sequence, at));
        let heard = world.store.submit(beat).await.unwrap().unwrap();
        assert_eq!(heard.pulse, Pulse::Confirmed(at));
        fleet.hear(&heard);
    }
    assert_eq!(count(world.folder.path(), "history"), 2);
    let topics = "topics WHERE confirmed_at = 1795300900";
    assert_eq!(count(world.folder.path(), topics), 2, "the one nobody reads yet as well");

    let holdings = world.reopened();
    for machine in [&the_machine(&holdings), &fleet.at(Slot::new(0)).unpack()] {
        assert_eq!((machine.last_contact.at, machine.last_contact.skew), (NOW + 600, 30));
        let kept = &machine.topics[&Topic::Machine];
        assert_eq!((kept.seen_at(), kept.last_seen_at()), (NOW - 8, NOW + 900));
    }
}

#[tokio::test]
async fn a_topic_that_the_next_report_drops_keeps_what_confirmed_it_and_gets_no_more() {
    let world = world(1).await;
    let _ = world.store.submit(enrolment(1, None)).await.unwrap();
    let mut fleet = Fleet::default();
    fleet.joined(MachineId::from_bytes([1; 16]), None, None, Standing::Current, NOW);
    let both = report(1, 1, "A");
    let stored = world.store.submit(StoreReport(report(1, 1, "A"))).await.unwrap().unwrap();
    fleet.keep(&stored);
    let beat = StoreHeartbeat(heartbeat(&both, 2, NOW + 900));
    fleet.hear(&world.store.submit(beat).await.unwrap().unwrap());

    let without = without_topics(1, 3);
    let same = without_topics(1, 3);
    let stored = world.store.submit(StoreReport(without)).await.unwrap().unwrap();
    fleet.keep(&stored);
    let beat = StoreHeartbeat(heartbeat(&same, 4, NOW + 1800));
    let heard = world.store.submit(beat).await.unwrap().unwrap();
    assert_eq!(heard.pulse, Pulse::Confirmed(NOW + 1800));
    fleet.hear(&heard);
    for machine in [&the_machine(&world.reopened()), &fleet.at(Slot::new(0)).unpack()] {
        assert_eq!(machine.topics[&Topic::Machine].confirmed_at, Some(NOW + 900));
    }
}

#[tokio::test]
async fn a_report_begins_anew_what_heartbeats_confirmed() {
    let world = world(1).await;
    let _ = world.store.submit(enrolment(1, None)).await.unwrap();
    let first = report(1, 1, "A");
    world.store.submit(StoreReport(report(1, 1, "A"))).await.unwrap().unwrap();
    let beat = StoreHeartbeat(heartbeat(&first, 2, NOW + 900));
    world.store.submit(beat).await.unwrap().unwrap();
    world.store.submit(StoreReport(report(1, 3, "B"))).await.unwrap().unwrap();
    let holdings = world.reopened();
    assert_eq!(the_machine(&holdings).topics[&Topic::Machine].confirmed_at, None);
}

#[tokio::test]
async fn a_heartbeat_that_is_not_taken_leaves_nothing_but_the_trace_of_a_clone() {
    let world = world(1).await;
    let _ = world.store.submit(enrolment(1, None)).await.unwrap();
    let other = report(1, 1, "B");
    world.store.submit(StoreReport(report(1, 1, "A"))).await.unwrap().unwrap();
    let beat = StoreHeartbeat(heartbeat(&other, 2, NOW + 900));
    let heard = world.store.submit(beat).await.unwrap().unwrap();
    assert_eq!((heard.pulse, heard.standing), (Pulse::ReportWanted, Standing::Current));
    assert_eq!(world.store.submit(revoke(1)).await.unwrap(), [done(1, Standing::Revoked)]);
    let late = StoreHeartbeat(heartbeat(&report(1, 1, "A"), 2, NOW + 900));
    let late = world.store.submit(late).await.unwrap();
    assert_eq!(late.map(|heard| heard.pulse), Err(Stranger::Revoked));
    let holdings = world.reopened();
    assert_eq!(the_machine(&holdings).last_contact.at, NOW + 1);
    assert_eq!(the_machine(&holdings).topics[&Topic::Machine].confirmed_at, None);
}

#[tokio::test]
async fn a_disk_rolled_back_to_before_a_heartbeat_has_its_report_kept() {
    let world = world(1).await;
    let _ = world.store.submit(enrolment(1, None)).await.unwrap();
    let first = report(1, 1, "A");
    world.store.submit(StoreReport(report(1, 1, "A"))).await.unwrap().unwrap();
    let beat = StoreHeartbeat(heartbeat(&first, 2, NOW + 900));
    world.store.submit(beat).await.unwrap().unwrap();
    // A new process sends the same facts under the number of the heartbeat.
    let rolled_back = StoreReport(report_of_process(6, 1, 2, "A"));
    let stored = world.store.submit(rolled_back).await.unwrap().unwrap();
    assert_eq!(stored.continuity, Continuity::Restore);
    assert_eq!(count(world.folder.path(), "machines WHERE reports = 2"), 1, "it was kept");
    assert_eq!(count(world.folder.path(), "audit WHERE action = 'restored'"), 1);
    let again = StoreReport(report_of_process(6, 1, 2, "A"));
    let again = world.store.submit(again).await.unwrap().unwrap();
    assert_eq!(again.continuity, Continuity::Repeat, "its own answer was lost");
}

#[tokio::test]
async fn a_heartbeat_whose_answer_was_lost_is_followed_by_the_next_report() {
    let world = world(1).await;
    let _ = world.store.submit(enrolment(1, None)).await.unwrap();
    let first = report(1, 1, "A");
    world.store.submit(StoreReport(report(1, 1, "A"))).await.unwrap().unwrap();
    let beat = || StoreHeartbeat(heartbeat(&first, 2, NOW + 900));
    world.store.submit(beat()).await.unwrap().unwrap();
    let again = world.store.submit(beat()).await.unwrap().unwrap();
    assert_eq!(again.pulse, Pulse::Repeat);
    let next = world.store.submit(StoreReport(report(1, 3, "A"))).await.unwrap().unwrap();
    assert_eq!(next.continuity, Continuity::Next);
    assert_eq!(count(world.folder.path(), "audit WHERE action = 'restored'"), 0);
}

#[tokio::test]
async fn a_clone_that_beats_leaves_one_trace_and_its_first_report_one_more() {
    let world = world(1).await;
    let cloned = Fingerprint::from_bytes([2; 32]);
    let enrolment = Enrol { fingerprint: cloned, ..enrolment(1, None) };
    let _ = world.store.submit(enrolment).await.unwrap();
    let foreign = report(1, 1, "A");
    for (sequence, is_audited) in [(1, true), (2, false), (3, false)] {
        let beat = StoreHeartbeat(heartbeat(&foreign, sequence, NOW + 900));
        let heard = world.store.submit(beat).await.unwrap().unwrap();
        assert_eq!((heard.pulse, heard.standing), (Pulse::Clone, Standing::Clone));
        assert_eq!(heard.is_audited, is_audited, "{sequence}");
    }
    let traces = "audit WHERE action = 'clone_seen'";
    assert_eq!(count(world.folder.path(), traces), 1);
    for sequence in [4, 5] {
        world.store.submit(StoreReport(report(1, sequence, "A"))).await.unwrap().unwrap();
        assert_eq!(count(world.folder.path(), traces), 2, "{sequence}");
    }
}

#[tokio::test]
async fn a_store_of_the_first_layout_is_brought_up_and_takes_heartbeats() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("store.sqlite");
    let last = report(1, 7, "A").introduction().mark;
    sqlite::open_at(&file, 1)
        .execute_batch(&format!(
            "INSERT INTO machines (id, standing, fingerprint, enrolled_at, contact_at,
                contact_skew, reports, incarnation, sequence, digest)
             VALUES ('{id}', 'current', '{HARDWARE}', 1, 50, 0, 2, '{}', 7, '{}');
             INSERT INTO topics VALUES ('{id}', 'machine', '{{}}', 'd', 50, 0);
             INSERT INTO topics VALUES ('{id}', 'patches', '{{}}', 'd', 40, 0);",
            last.incarnation,
            last.digest,
            id = MachineId::from_bytes([1; 16])
        ))
        .unwrap();
    let error = Archive::new(file.clone()).now().unwrap_err().to_string();
    assert!(error.contains("start the collector once"), "{error}");
    let (store, _writer, holdings) = open(folder.path());
    let machine = &the_machine(&holdings);
    assert!(machine.topics[&Topic::Machine].in_last_report);
    assert!(!machine.topics[&Topic::Patches].in_last_report);
    assert_eq!(count(folder.path(), "machines WHERE reported_at = 50"), 1);
    let again = store.submit(StoreReport(report(1, 7, "A"))).await.unwrap().unwrap();
    assert_eq!(again.continuity, Continuity::Repeat, "its last contact was a report");
}
