//! A simulated machine is kept as a real one that said the same, and only where it belongs.

use rusqlite::types::Value;

use super::*;

/// The body of a report that says how many security updates wait.
fn body(sequence: u64, waiting: u64) -> String {
    let at = NOW.0 + i64::try_from(sequence).unwrap() * 9000;
    serde_json::json!({
        "wire": 1, "machine": MachineId::from_bytes([1; 16]), "agent": "0.1.0",
        "fingerprint": HARDWARE, "incarnation": Incarnation::from_bytes([5; 16]),
        "sequence": sequence, "sent_at": at + 7,
        "topics": {
            "machine": {
                "observed_at": at,
                "facts": { "machine.serial": { "known": "A" } },
            },
            "patches": {
                "observed_at": at,
                "facts": { "patches.security_pending": { "known": waiting } },
            },
            "tomorrow": { "kept": sequence },
        },
    })
    .to_string()
}

/// The sequence of each contact, and what a report says; `None`: a heartbeat.
const CONTACTS: [(u64, Option<u64>); 7] = [
    (1, Some(0)),
    (2, Some(3)),
    (3, None),
    (4, Some(3)),
    // Later by more than a span may be interrupted.
    (20, Some(1)),
    (21, None),
    (22, None),
];

fn at(sequence: u64) -> Timestamp {
    NOW + i64::try_from(sequence).unwrap() * 9000
}

fn simulated() -> SimulatedMachine {
    let mut machine = SimulatedMachine::enrolled(SimulatedEnrolment {
        machine: MachineId::from_bytes([1; 16]),
        row: Some("pc-01".to_owned()),
        unit: Some("stp".to_owned()),
        standing: Standing::Current,
        fingerprint: HARDWARE,
        at: NOW,
        certificate: certificate(1),
    });
    for (sequence, waiting) in CONTACTS {
        match waiting {
            Some(waiting) => {
                let received = wire::decode_report(body(sequence, waiting).as_bytes()).unwrap();
                machine.report(&received, at(sequence));
            }
            None => machine.heartbeat(Contact { at: at(sequence), skew: 7 }),
        }
    }
    machine
}

async fn reported(world: &World) {
    let enrol = Enrol { unit: Some("stp".to_owned()), ..enrolment(1, Some("pc-01")) };
    let _ = world.store.submit(enrol).await.unwrap();
    let mut digest = None;
    for (sequence, waiting) in CONTACTS {
        if let Some(waiting) = waiting {
            let received = wire::decode_report(body(sequence, waiting).as_bytes()).unwrap();
            let admitted = admit(&sender(1, at(sequence)), received).unwrap();
            digest = Some(admitted.introduction().mark.digest);
            let stored = world.store.submit(StoreReport(admitted)).await.unwrap().unwrap();
            assert_eq!(stored.continuity, Continuity::Next);
        } else {
            let heartbeat = wire::Heartbeat {
                machine: MachineId::from_bytes([1; 16]),
                fingerprint: HARDWARE,
                incarnation: Incarnation::from_bytes([5; 16]),
                sequence: Sequence(sequence),
                sent_at: at(sequence) + 7,
                observed_at: at(sequence) + 7,
                digest: digest.unwrap(),
            };
            let admitted = admit_heartbeat(&sender(1, at(sequence)), heartbeat).unwrap();
            let heard = world.store.submit(StoreHeartbeat(admitted)).await.unwrap().unwrap();
            assert_eq!(heard.pulse, Pulse::Confirmed(at(sequence)));
        }
    }
}

async fn marked() -> World {
    let folder = tempfile::tempdir().unwrap();
    let (store, writer, holdings) = open(folder.path());
    assert!(!holdings.is_simulation);
    let world = World { folder, store, writer };
    assert!(world.store.submit(BeginSimulation(entry(Action::Simulated))).await.unwrap());
    world
}

fn rows(folder: &Path, table: &str) -> Vec<Vec<Value>> {
    let database = Connection::open(folder.join("store.sqlite")).unwrap();
    let mut statement = database.prepare(&format!("SELECT * FROM {table}")).unwrap();
    let columns = statement.column_count();
    let row = |row: &rusqlite::Row<'_>| (0..columns).map(|column| row.get(column)).collect();
    statement.query_map([], row).unwrap().collect::<Result<_, _>>().unwrap()
}

#[tokio::test]
async fn what_is_kept_of_a_simulated_machine_is_what_is_kept_of_a_real_one() {
    let real = world(1).await;
    reported(&real).await;
    let database = Connection::open(real.folder.path().join("store.sqlite")).unwrap();
    // A machine that does not exist has joined with nobody's token.
    database.execute("UPDATE machines SET token = NULL", []).unwrap();
    let made = marked().await;
    assert!(made.store.submit(Import(vec![simulated()])).await.unwrap());
    for table in
        ["machines", "topics", "history", "contacts", "standings", "certificates", "incarnations"]
    {
        let (real, made) = (rows(real.folder.path(), table), rows(made.folder.path(), table));
        assert!(!real.is_empty(), "{table}");
        assert_eq!(made, real, "{table}");
    }
    let holdings = made.reopened();
    assert!(holdings.is_simulation);
    assert_eq!(holdings.fleet.slots().count(), 1);
}

#[tokio::test]
async fn a_store_in_earnest_takes_nothing_that_is_simulated() {
    let world = world(1).await;
    assert!(!world.store.submit(BeginSimulation(entry(Action::Simulated))).await.unwrap());
    assert!(!world.store.submit(Import(vec![simulated()])).await.unwrap());
    let holdings = world.reopened();
    assert!(!holdings.is_simulation && holdings.fleet.slots().count() == 0);
    assert_eq!(holdings.audit_entries, 1, "that of its token");
}
