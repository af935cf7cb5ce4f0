//! Since when security updates wait, over reports, restarts and layouts.

use serde_json::{Value as Json, json};

use super::*;

const DAY: i64 = 86_400;

/// The number of security updates that a report tells of, or that it does not know.
fn pending(count: Option<u64>) -> Json {
    match count {
        Some(count) => json!({ "known": count }),
        None => json!({ "unknown": "source_stale" }),
    }
}

/// A report of a day, which arrives on the same day.
fn on_day(day: u64, topics: Json) -> AdmittedReport {
    let at = NOW + i64::try_from(day).unwrap() * DAY;
    let body = json!({
        "wire": 1, "machine": MachineId::from_bytes([1; 16]), "agent": "0.1.0",
        "fingerprint": HARDWARE, "incarnation": Incarnation::from_bytes([5; 16]),
        "sequence": day, "sent_at": at.0, "topics": topics,
    });
    let received = wire::decode_report(body.to_string().as_bytes()).unwrap();
    admit(&sender(1, at), received).unwrap()
}

fn patches(day: u64, count: Option<u64>) -> AdmittedReport {
    let observed_at = NOW.0 + i64::try_from(day).unwrap() * DAY;
    let facts = json!({ "patches.security_pending": pending(count) });
    on_day(day, json!({ "patches": { "observed_at": observed_at, "facts": facts } }))
}

#[tokio::test]
async fn memory_and_a_store_that_is_opened_again_agree_since_when_updates_wait() {
    let mut world = world(1).await;
    let _ = world.store.submit(enrolment(1, None)).await.unwrap();
    let mut fleet = Fleet::default();
    fleet.joined(MachineId::from_bytes([1; 16]), None, None, Standing::Current, NOW);
    for (report, since) in [
        (patches(1, None), None),
        (patches(2, Some(2)), Some(2)),
        (patches(3, Some(1)), Some(2)),
        (patches(4, None), Some(2)),
        (on_day(5, json!({ "tomorrow": { "kept": true } })), Some(2)),
        (patches(6, Some(7)), Some(2)),
        (patches(7, Some(0)), None),
        (patches(8, Some(1)), Some(8)),
    ] {
        let sequence = report.introduction().mark.sequence;
        let stored = world.store.submit(StoreReport(report)).await.unwrap().unwrap();
        fleet.keep(&stored);
        let World { folder, store, writer } = world;
        drop(store);
        writer.join();
        let (store, writer, holdings) = open(folder.path());
        world = World { folder, store, writer };
        for machine in [&the_machine(&holdings), &fleet.at(Slot::new(0)).unpack()] {
            let since = since.map(|day| NOW + day * DAY);
            assert_eq!(machine.security_pending_since, since, "after report {sequence}");
        }
    }
}

#[tokio::test]
async fn a_heartbeat_and_a_report_that_is_refused_move_nothing() {
    let world = world(1).await;
    let _ = world.store.submit(enrolment(1, None)).await.unwrap();
    world.store.submit(StoreReport(patches(2, Some(1)))).await.unwrap().unwrap();
    let later = NOW + 2 * DAY + 900;
    let beat = StoreHeartbeat(heartbeat(&patches(2, Some(1)), 3, later));
    let heard = world.store.submit(beat).await.unwrap().unwrap();
    assert_eq!(heard.pulse, Pulse::Confirmed(later));
    let old = world.store.submit(StoreReport(patches(1, Some(0)))).await.unwrap().unwrap();
    assert_eq!(old.continuity, Continuity::OldSequence);
    let holdings = world.reopened();
    assert_eq!(the_machine(&holdings).security_pending_since, Some(NOW + 2 * DAY));
}

#[tokio::test]
async fn a_store_that_never_noted_it_begins_with_the_topic_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let id = MachineId::from_bytes([1; 16]);
    let body = json!({
        "observed_at": NOW.0 + 60,
        "facts": { "patches.security_pending": pending(Some(3)) },
    });
    let earlier = sqlite::open_at(&folder.path().join("store.sqlite"), 2);
    earlier
        .execute_batch(&format!(
            "INSERT INTO machines (id, standing, fingerprint, enrolled_at, contact_at,
                contact_skew, reports) VALUES ('{id}', 'current', '{HARDWARE}', {at}, {at}, 0, 1);
             INSERT INTO topics (machine, topic, body, digest, received_at, skew, report)
                VALUES ('{id}', 'patches', '{body}', 'd', {received_at}, 20, 1);",
            at = NOW.0,
            received_at = NOW.0 + 90,
        ))
        .unwrap();
    drop(earlier);
    let (store, writer, holdings) = open(folder.path());
    assert_eq!(the_machine(&holdings).security_pending_since, Some(NOW + 40));
    store.submit(StoreReport(patches(9, Some(1)))).await.unwrap().unwrap();
    let world = World { folder, store, writer };
    assert_eq!(the_machine(&world.reopened()).security_pending_since, Some(NOW + 40));
}
