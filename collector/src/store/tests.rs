use std::path::Path;

use report::{Fingerprint, Incarnation, MachineId, Sequence, Timestamp, Topic, wire};
use rustls_pki_types::CertificateDer;
use sha2::{Digest as _, Sha256};

use super::*;
use crate::audit::{Action, Entry};
use crate::enrol::token::{TokenRecord, TokenRefusal};
use crate::fleet::{Fleet, Slot};
use crate::identities::{AuthenticatedMachine, Identities, Stranger};
use crate::ingest::admission::{AdmittedHeartbeat, AdmittedReport, admit, admit_heartbeat};
use crate::ingest::continuity::Continuity;
use crate::ingest::heartbeat::Pulse;
use crate::machine::{Contact, Machine, Standing};

mod authorities;
mod bulk;
mod chain;
mod heartbeats;
mod identities;
mod past;
mod pending;
mod policies;
mod shadows;
mod snapshots;
mod verdicts;

const NOW: Timestamp = Timestamp(1_795_300_000);
const HERE: std::net::IpAddr = std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
const HARDWARE: Fingerprint = Fingerprint::from_bytes([1; 32]);

struct World {
    folder: tempfile::TempDir,
    store: Store,
    writer: Writer,
}

fn histogram() -> Histogram {
    Histogram::with_opts(prometheus::HistogramOpts::new("commits", "commits")).unwrap()
}

fn open(folder: &Path) -> (Store, Writer, Holdings) {
    Store::open(&folder.join("store.sqlite"), histogram()).unwrap()
}

async fn world(uses: u32) -> World {
    let folder = tempfile::tempdir().unwrap();
    let (store, writer, holdings) = open(folder.path());
    assert!(holdings.fleet.is_empty() && holdings.policies.is_none());
    let record = token_record(uses);
    let token = KeptToken { secret_hash: [3; 32], record };
    store
        .submit(CreateTokens { tokens: vec![token], entry: entry(Action::TokenCreated) })
        .await
        .unwrap();
    World { folder, store, writer }
}

fn token_record(uses: u32) -> TokenRecord {
    TokenRecord {
        id: "t1".to_owned(),
        row: None,
        unit: Some("stp".to_owned()),
        registered_only: false,
        from: Vec::new(),
        uses,
        used: 0,
        created_at: NOW,
        expires_at: NOW + 3600,
        revoked_at: None,
    }
}

impl World {
    /// Closes the store and reads what is in its file.
    fn reopened(self) -> Holdings {
        drop(self.store);
        self.writer.join();
        open(self.folder.path()).2
    }
}

fn entry(action: Action) -> Entry {
    let text = String::new;
    Entry { at: NOW, actor: "uid:0".to_owned(), action, subject: text(), detail: text() }
}

fn certificate(n: u8) -> NewCertificate {
    NewCertificate {
        sha256: Sha256::digest([n]).into(),
        serial: format!("{n:032x}"),
        issuer: [9; 32],
        not_before: NOW - 3600,
        not_after: NOW + 90 * 86_400,
    }
}

fn enrolment(n: u8, row: Option<&str>) -> Enrol {
    Enrol {
        token: "t1".to_owned(),
        machine: MachineId::from_bytes([n; 16]),
        row: row.map(str::to_owned),
        unit: None,
        fingerprint: HARDWARE,
        certificate: certificate(n),
        at: NOW,
        from: HERE,
    }
}

fn decide(decision: Decision, machines: &[u8]) -> Decide {
    let machines = machines.iter().map(|n| MachineId::from_bytes([*n; 16])).collect();
    Decide { decision, machines, actor: "uid:0".to_owned(), at: NOW }
}

fn revoke(machine: u8) -> Decide {
    decide(Decision::Revoke, &[machine])
}

/// One machine stands so from now on.
fn done(machine: u8, standing: Standing) -> Decided {
    let standings = vec![(MachineId::from_bytes([machine; 16]), standing)];
    Decided::Done(Consequence { replaced: None, standings })
}

/// A report as admission makes it, with facts that say `serial`.
fn report(n: u8, sequence: u64, serial: &str) -> AdmittedReport {
    report_of_process(5, n, sequence, serial)
}

fn report_of_process(process: u8, n: u8, sequence: u64, serial: &str) -> AdmittedReport {
    let machine = MachineId::from_bytes([n; 16]);
    let body = serde_json::json!({
        "wire": 1, "machine": machine, "agent": "0.1.0", "fingerprint": HARDWARE,
        "incarnation": Incarnation::from_bytes([process; 16]), "sequence": sequence,
        "sent_at": NOW.0 + 10,
        "topics": {
            "machine": {
                "observed_at": NOW.0 + i64::try_from(sequence).unwrap(),
                "facts": { "machine.serial": { "known": serial } },
            },
            "tomorrow": { "kept": true },
        },
    });
    let received = wire::decode_report(body.to_string().as_bytes()).unwrap();
    admit(&sender(n, NOW + i64::try_from(sequence).unwrap()), received).unwrap()
}

/// A report that carries only a topic which nobody reads yet.
fn without_topics(n: u8, sequence: u64) -> AdmittedReport {
    let machine = MachineId::from_bytes([n; 16]);
    let body = serde_json::json!({
        "wire": 1, "machine": machine, "agent": "0.1.0", "fingerprint": HARDWARE,
        "incarnation": Incarnation::from_bytes([5; 16]), "sequence": sequence,
        "sent_at": NOW.0 + 10, "topics": { "tomorrow": { "kept": true } },
    });
    let received = wire::decode_report(body.to_string().as_bytes()).unwrap();
    admit(&sender(n, NOW + i64::try_from(sequence).unwrap()), received).unwrap()
}

/// Who speaks with the certificate of [`enrolment`] `n`.
fn sender(n: u8, at: Timestamp) -> AuthenticatedMachine {
    let record = certificate(n);
    let record = CertificateRecord {
        sha256: record.sha256,
        serial: record.serial,
        machine: MachineId::from_bytes([n; 16]),
        issuer: record.issuer,
        not_before: record.not_before,
        not_after: record.not_after,
        used_at: None,
        ends_at: None,
    };
    let identities = Identities::new(vec![[9; 32]], [record].iter().collect(), std::iter::empty());
    identities.authenticate(Some(&CertificateDer::from(vec![n])), at).unwrap()
}

/// A heartbeat with the facts of a report, from a survey that ended when it was sent.
fn heartbeat(of: &AdmittedReport, sequence: u64, at: Timestamp) -> AdmittedHeartbeat {
    let said = of.introduction();
    let heartbeat = wire::Heartbeat {
        machine: said.machine,
        fingerprint: said.fingerprint,
        incarnation: said.mark.incarnation,
        sequence: Sequence(sequence),
        sent_at: at + 30,
        observed_at: at + 30,
        digest: said.mark.digest,
    };
    admit_heartbeat(&sender(1, at), heartbeat).unwrap()
}

fn count(folder: &Path, table: &str) -> i64 {
    let database = Connection::open(folder.join("store.sqlite")).unwrap();
    database.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_the_store_is_opened_again() {
    let world = world(1).await;
    let standing = world.store.submit(enrolment(1, Some("pc-01"))).await.unwrap().unwrap();
    assert_eq!(standing, Standing::Current);
    let stored = world.store.submit(StoreReport(report(1, 1, "A"))).await.unwrap().unwrap();
    assert_eq!(stored.continuity, Continuity::Next);

    let holdings = world.reopened();
    let machine = &the_machine(&holdings);
    assert_eq!(machine.row.as_deref(), Some("pc-01"));
    assert_eq!((machine.last_contact.at, machine.last_contact.skew), (NOW + 1, 9));
    let kept = &machine.topics[&Topic::Machine];
    assert_eq!(kept.observation.observed_at, NOW + 1);
    assert!(kept.in_last_report);
    assert_eq!(holdings.tokens[0].record.used, 1);
    assert_eq!(holdings.certificates.len(), 1);
    assert_eq!(holdings.audit_entries, 2);
}

#[tokio::test]
async fn of_fifty_that_race_for_three_places_three_get_in() {
    let world = world(3).await;
    let races: Vec<_> = (1..=50)
        .map(|n| {
            let store = world.store.clone();
            tokio::spawn(async move { store.submit(enrolment(n, None)).await.unwrap() })
        })
        .collect();
    let mut inside = 0;
    for race in races {
        match race.await.unwrap() {
            Ok(standing) => {
                assert_eq!(standing, Standing::Current);
                inside += 1;
            }
            Err(refusal) => assert_eq!(refusal, TokenRefusal::Spent),
        }
    }
    assert_eq!(inside, 3);
    assert_eq!(world.reopened().fleet.len(), 3);
}

#[tokio::test]
async fn the_second_that_claims_a_row_waits_for_an_officer() {
    let world = world(2).await;
    let first = world.store.submit(enrolment(1, Some("pc-01"))).await.unwrap();
    let second = world.store.submit(enrolment(2, Some("pc-01"))).await.unwrap();
    assert_eq!((first, second), (Ok(Standing::Current), Ok(Standing::Pending)));
}

#[tokio::test]
async fn a_revoked_identity_frees_its_row() {
    let world = world(2).await;
    let _ = world.store.submit(enrolment(1, Some("pc-01"))).await.unwrap();
    for (machine, decided) in
        [(1, done(1, Standing::Revoked)), (1, Decided::NotInForce), (9, Decided::NotInForce)]
    {
        assert_eq!(world.store.submit(revoke(machine)).await.unwrap(), [decided]);
    }
    let second = world.store.submit(enrolment(2, Some("pc-01"))).await.unwrap();
    assert_eq!(second, Ok(Standing::Current));
}

#[tokio::test]
async fn history_has_a_row_for_each_change_and_none_for_a_repetition() {
    let world = world(1).await;
    let _ = world.store.submit(enrolment(1, None)).await.unwrap();
    for (sequence, serial, kept) in [
        (1, "A", Continuity::Next),
        (1, "A", Continuity::Repeat),
        (2, "A", Continuity::Next),
        (3, "B", Continuity::Next),
        (2, "A", Continuity::OldSequence),
        (3, "A", Continuity::SequenceConflict),
    ] {
        let stored =
            world.store.submit(StoreReport(report(1, sequence, serial))).await.unwrap().unwrap();
        assert_eq!(stored.continuity, kept, "{sequence} {serial}");
    }
    let folder = world.folder.path().to_owned();
    // Two changes of the known topic, one of the topic nobody reads yet.
    assert_eq!(count(&folder, "history"), 3);
    assert_eq!(count(&folder, "topics"), 2);
    assert_eq!(count(&folder, "contacts"), 1, "one unbroken span");
}

#[tokio::test]
async fn one_bad_operation_does_not_spoil_the_others_of_its_transaction() {
    struct Bad;
    impl Operation for Bad {
        type Outcome = ();
        fn apply(self, database: &Connection) -> Result<(), StoreError> {
            database.execute("INSERT INTO audit (at) VALUES (1)", [])?;
            Ok(())
        }
    }
    let world = world(1).await;
    let good: Vec<_> = (0..20)
        .map(|_| {
            let store = world.store.clone();
            tokio::spawn(async move {
                let bad = store.submit(Bad).await;
                assert!(matches!(bad, Err(StoreError::Database(_))), "{bad:?}");
                store.submit(AppendAudit(entry(Action::Started))).await
            })
        })
        .collect();
    for task in good {
        task.await.unwrap().unwrap();
    }
    assert_eq!(world.reopened().audit_entries, 21);
}

#[tokio::test]
async fn the_last_policy_set_in_force_comes_back() {
    let world = world(1).await;
    for (at, hash, text) in [(1, "aa", "old"), (2, "bb", "new")] {
        let files = KeptFolder::from([("targets.toml".to_owned(), text.to_owned())]);
        let entry = entry(Action::PoliciesInForce);
        let set = PoliciesInForce { hash: hash.to_owned(), files, at: NOW + at, entry };
        world.store.submit(set).await.unwrap();
    }
    assert_eq!(world.reopened().policies.unwrap()["targets.toml"], "new");
}

#[tokio::test]
async fn the_set_that_waits_is_known_after_a_restart_until_it_is_withdrawn_or_another_takes_effect()
{
    let held = |hash: &str| {
        let entry = entry(Action::PoliciesHeld);
        PoliciesHeld { hash: hash.to_owned(), at: NOW, entry }
    };
    let first = world(1).await;
    first.store.submit(held("aa")).await.unwrap();
    first.store.submit(held("bb")).await.unwrap();
    assert_eq!(first.reopened().policies_held.unwrap(), "bb", "the newer in the older's place");

    let withdrawn = world(1).await;
    withdrawn.store.submit(held("aa")).await.unwrap();
    let entry_of = entry(Action::PoliciesWithdrawn);
    withdrawn.store.submit(PoliciesWithdrawn(entry_of)).await.unwrap();
    assert_eq!(withdrawn.reopened().policies_held, None);

    let another = world(1).await;
    another.store.submit(held("aa")).await.unwrap();
    let entry = entry(Action::PoliciesAccepted);
    let (hash, files) = ("aa".to_owned(), KeptFolder::new());
    another.store.submit(PoliciesInForce { hash, files, at: NOW, entry }).await.unwrap();
    assert_eq!(another.reopened().policies_held, None);
}

#[tokio::test]
async fn a_store_that_is_read_is_not_changed() {
    let world = world(1).await;
    let file = world.folder.path().join("store.sqlite");
    assert_eq!(
        Archive::new(file.clone()).now().unwrap().tokens.len(),
        1,
        "beside the one that writes"
    );
    assert!(Archive::new(world.folder.path().join("none.sqlite")).now().is_err());
    assert!(!world.folder.path().join("none.sqlite").exists());
}

/// The machine that enrolled first.
fn the_machine(holdings: &Holdings) -> Machine {
    holdings.fleet.at(Slot::new(0)).unpack()
}

#[test]
fn text_of_a_report_reaches_the_store_as_it_was() {
    let admitted = report(1, 1, "Sở");
    let bodies: Vec<_> = admitted.bodies().collect();
    assert_eq!(bodies[1], ("tomorrow", r#"{"kept":true}"#));
    assert!(bodies[0].1.contains("Sở"));
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_memory_like_the_store() {
    let world = world(1).await;
    let (told, taken_over) = std::sync::mpsc::channel();
    let entry = AppendAudit(entry(Action::Started));
    let mut waiting =
        Box::pin(world.store.submit_then(entry, move |()| told.send("taken over").unwrap()));
    // Asked once, which hands the operation in, and never again.
    std::future::poll_fn(|context| {
        let _ = waiting.as_mut().poll(context);
        std::task::Poll::Ready(())
    })
    .await;
    drop(waiting);
    assert_eq!(taken_over.recv().unwrap(), "taken over");
    assert_eq!(world.reopened().audit_entries, 2);
}

#[tokio::test]
async fn a_revocation_that_comes_while_a_report_is_on_its_way_is_final() {
    let world = world(1).await;
    let _ = world.store.submit(enrolment(1, None)).await.unwrap();
    let machine = MachineId::from_bytes([1; 16]);
    assert_eq!(world.store.submit(revoke(1)).await.unwrap(), [done(1, Standing::Revoked)]);
    let late = world.store.submit(StoreReport(report(1, 1, "A"))).await.unwrap();
    assert_eq!(late.map(|stored| stored.continuity), Err(Stranger::Revoked));
    let renewal = Renew {
        machine,
        fingerprint: HARDWARE,
        certificate: certificate(2),
        at: NOW,
        others_end: NOW,
    };
    assert!(!world.store.submit(renewal).await.unwrap());
    let holdings = world.reopened();
    assert_eq!(the_machine(&holdings).standing, Standing::Revoked);
    assert_eq!(holdings.certificates.len(), 1);
}

#[tokio::test]
async fn a_pending_identity_that_is_cloned_stays_pending_and_leaves_a_trace() {
    let world = world(2).await;
    let _ = world.store.submit(enrolment(1, Some("pc-01"))).await.unwrap();
    let pending =
        Enrol { fingerprint: Fingerprint::from_bytes([2; 32]), ..enrolment(2, Some("pc-01")) };
    assert_eq!(world.store.submit(pending).await.unwrap(), Ok(Standing::Pending));
    // It enrolled on other hardware than it reports from.
    let stored = world.store.submit(StoreReport(report(2, 1, "A"))).await.unwrap().unwrap();
    let original = stored.foreign.as_ref().map(|foreign| foreign.standing);
    assert_eq!((original, stored.standing), (Some(Standing::Pending), Standing::Clone));
    assert_eq!(count(world.folder.path(), "audit WHERE action = 'clone_seen'"), 1);
}
