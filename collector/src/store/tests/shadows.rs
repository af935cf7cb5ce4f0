//! Other hardware that speaks with an identity is kept apart, counted, bounded and ended with it.

use report::wire::Heartbeat;
use report::{Fact, Outcome, Value};

use super::*;
use crate::policy::fixtures::key;

const ORIGINAL: MachineId = MachineId::from_bytes([1; 16]);

/// A store and a memory in which the first machine has joined and reported "OWN".
struct Scene {
    world: World,
    fleet: Fleet,
}

async fn scene() -> Scene {
    let world = world(2).await;
    let unit = Some("stp".to_owned());
    let own = Enrol { fingerprint: hardware(1), unit, ..enrolment(1, Some("pc-01")) };
    let standing = world.store.submit(own).await.unwrap().unwrap();
    let mut fleet = Fleet::default();
    fleet.joined(ORIGINAL, Some("pc-01".to_owned()), Some("stp".to_owned()), standing, NOW);
    let mut scene = Scene { world, fleet };
    scene.report(1, 1, "OWN").await.unwrap();
    scene
}

fn hardware(number: u8) -> Fingerprint {
    Fingerprint::from_bytes([number; 32])
}

/// A report that hardware makes with the first machine's identity; each is a process of its own.
fn said(hardware_number: u8, sequence: u64, serial: &str) -> AdmittedReport {
    let at = NOW + i64::try_from(sequence).unwrap();
    let body = serde_json::json!({
        "wire": 1, "machine": ORIGINAL, "agent": "0.1.0", "fingerprint": hardware(hardware_number),
        "incarnation": Incarnation::from_bytes([hardware_number; 16]), "sequence": sequence,
        "sent_at": at,
        "topics": {
            "machine": {
                "observed_at": at, "facts": { "machine.serial": { "known": serial } },
            },
        },
    });
    let received = wire::decode_report(body.to_string().as_bytes()).unwrap();
    admit(&sender(1, at), received).unwrap()
}

fn shadow(hardware_number: u8) -> MachineId {
    said(hardware_number, 1, "").introduction().shadow()
}

impl Scene {
    /// The report of some hardware, in the store and in memory.
    async fn report(
        &mut self,
        hardware_number: u8,
        sequence: u64,
        serial: &str,
    ) -> Result<Stored, Stranger> {
        let report = said(hardware_number, sequence, serial);
        let stored = self.world.store.submit(StoreReport(report)).await.unwrap()?;
        let machine = stored.report.introduction().machine;
        if let Some(foreign) = &stored.foreign {
            self.fleet.cloned(machine, foreign, NOW + i64::try_from(sequence).unwrap());
        }
        if stored.was_kept() {
            self.fleet.keep(&stored);
        }
        Ok(stored)
    }

    async fn beat(&mut self, hardware_number: u8, sequence: u64, serial: &str) -> Pulse {
        let at = NOW + i64::try_from(sequence).unwrap();
        let report = said(hardware_number, sequence, serial);
        let said = report.introduction();
        let heartbeat = Heartbeat {
            machine: ORIGINAL,
            fingerprint: said.fingerprint,
            incarnation: said.mark.incarnation,
            sequence: Sequence(sequence),
            sent_at: at,
            observed_at: at,
            digest: said.mark.digest,
        };
        let admitted = admit_heartbeat(&sender(1, at), heartbeat).unwrap();
        let heard = self.world.store.submit(StoreHeartbeat(admitted)).await.unwrap().unwrap();
        self.fleet.hear(&heard);
        heard.pulse
    }

    async fn revoke(&mut self, machine: MachineId) {
        let (decision, machines) = (Decision::Revoke, vec![machine]);
        let actor = "uid:0".to_owned();
        let revocation = Decide { decision, machines, actor, at: NOW };
        let decided = self.world.store.submit(revocation).await.unwrap();
        for (id, standing) in &decided[0].change().unwrap().standings {
            self.fleet.stand(*id, *standing);
        }
    }

    fn count(&self, table: &str) -> i64 {
        count(self.world.folder.path(), table)
    }

    /// Everyone as the store has them, which is as memory has them.
    fn everyone(self) -> Vec<Machine> {
        let Self { world, fleet } = self;
        let memory: Vec<_> = fleet.slots().map(|slot| fleet.at(slot).unpack()).collect();
        let holdings = world.reopened();
        let store = holdings.fleet.slots().map(|slot| holdings.fleet.at(slot).unpack());
        let store: Vec<_> = store.collect();
        let told = |machines: &[Machine]| {
            let machines = machines.iter().map(|machine| format!("{machine:?}"));
            machines.collect::<std::collections::BTreeSet<_>>()
        };
        assert_eq!(told(&memory), told(&store));
        store
    }
}

fn serial(machine: &Machine) -> String {
    let Outcome::Observed(facts) = &machine.topics[&Topic::Machine].observation.outcome else {
        panic!("{machine:?}");
    };
    match &facts[&key("machine.serial")].fact {
        Fact::Known(Value::Text(text)) => text.as_str().to_owned(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn each_hardware_has_a_shadow_of_its_own_and_the_enrolled_one_keeps_its_facts() {
    let mut scene = scene().await;
    for (number, sequence, serial) in [(2, 1, "SECOND"), (3, 9, "THIRD"), (2, 2, "SECOND AGAIN")] {
        let stored = scene.report(number, sequence, serial).await.unwrap();
        assert!(stored.was_kept() && stored.continuity == Continuity::Next, "{serial}");
        assert_eq!(stored.report.introduction().machine, shadow(number));
    }
    let stored = scene.report(1, 2, "OWN").await.unwrap();
    assert_eq!(stored.continuity, Continuity::Next, "a shadow takes no number away");
    assert_eq!(scene.count("audit WHERE action = 'clone_seen'"), 2, "one for each hardware");
    let everyone = scene.fleet.slots().map(|slot| scene.fleet.at(slot));
    let shadows = everyone.filter(|machine| machine.clone_of() == Some(ORIGINAL));
    assert_eq!(shadows.map(|machine| machine.id).collect::<Vec<_>>(), [shadow(2), shadow(3)]);
    let said: Vec<_> = scene
        .everyone()
        .iter()
        .map(|machine| (machine.id, machine.clone_of, serial(machine), machine.standing))
        .collect();
    let of = Some(ORIGINAL);
    let expected = [
        (ORIGINAL, None, "OWN".to_owned(), Standing::Clone),
        (shadow(2), of, "SECOND AGAIN".to_owned(), Standing::Clone),
        (shadow(3), of, "THIRD".to_owned(), Standing::Clone),
    ];
    assert_eq!(said, expected);
}

#[tokio::test]
async fn a_shadow_counts_where_its_original_joined_and_holds_no_row() {
    let mut scene = scene().await;
    scene.report(2, 1, "SECOND").await.unwrap();
    let everyone = scene.everyone();
    assert_eq!(everyone[1].token_unit, everyone[0].token_unit);
    assert_eq!((everyone[0].row.as_deref(), everyone[1].row.as_deref()), (Some("pc-01"), None));
}

#[tokio::test]
async fn a_shadow_has_a_past_of_its_own() {
    let mut scene = scene().await;
    scene.report(2, 5, "SECOND").await.unwrap();
    for (sequence, serial, continuity) in [
        (5, "SECOND", Continuity::Repeat),
        (5, "OTHER", Continuity::SequenceConflict),
        (4, "SECOND", Continuity::OldSequence),
        (6, "SECOND", Continuity::Next),
    ] {
        let stored = scene.report(2, sequence, serial).await.unwrap();
        assert_eq!(stored.continuity, continuity, "{sequence} {serial}");
        assert!(!stored.is_audited);
    }
    assert_eq!(scene.beat(2, 7, "SECOND").await, Pulse::Confirmed(NOW + 7));
    assert_eq!(scene.beat(2, 6, "SECOND").await, Pulse::OldSequence);
    assert_eq!(scene.beat(1, 2, "OWN").await, Pulse::Confirmed(NOW + 2));
    let everyone = scene.everyone();
    assert_eq!(everyone[0].last_contact.at, NOW + 2);
    assert_eq!(everyone[1].last_contact.at, NOW + 7);
    assert_eq!(everyone[1].topics[&Topic::Machine].last_seen_at(), NOW + 7);
}

#[tokio::test]
async fn a_heartbeat_of_unknown_hardware_makes_no_shadow_and_wants_the_report() {
    let mut scene = scene().await;
    assert_eq!(scene.beat(2, 2, "SECOND").await, Pulse::Clone);
    let everyone = scene.everyone();
    assert_eq!(everyone.len(), 1);
    assert_eq!(everyone[0].standing, Standing::Clone);
    assert_eq!(everyone[0].last_contact.at, NOW + 1, "it was no contact of the enrolled machine");
}

#[tokio::test]
async fn no_key_makes_more_than_eight_shadows() {
    let mut scene = scene().await;
    for number in 2..=9 {
        scene.report(number, 1, "COPY").await.unwrap();
    }
    let audited = scene.count("audit");
    for number in 10..=40 {
        let refused = scene.report(number, 1, "COPY").await;
        assert_eq!(refused.map(|stored| stored.continuity), Err(Stranger::TooManyClones));
    }
    assert!(scene.report(9, 2, "COPY").await.is_ok(), "who is known is heard");
    assert_eq!(scene.count("audit"), audited, "nor does it fill the log");
    assert_eq!(scene.everyone().len(), 9);
}

#[tokio::test]
async fn a_revoked_identity_takes_its_shadows_with_it() {
    let mut scene = scene().await;
    for number in [2, 3] {
        scene.report(number, 1, "COPY").await.unwrap();
    }
    scene.revoke(ORIGINAL).await;
    for number in [1, 2, 3, 4] {
        let refused = scene.report(number, 9, "COPY").await;
        assert_eq!(refused.map(|stored| stored.continuity), Err(Stranger::Revoked), "{number}");
    }
    assert_eq!(scene.count("machines WHERE standing = 'revoked'"), 3);
    assert_eq!(scene.count("standings WHERE standing = 'revoked'"), 3);
}

#[tokio::test]
async fn a_shadow_can_be_ended_alone() {
    let mut scene = scene().await;
    for number in [2, 3] {
        scene.report(number, 1, "COPY").await.unwrap();
    }
    scene.revoke(shadow(2)).await;
    let refused = scene.report(2, 2, "COPY").await;
    assert_eq!(refused.map(|stored| stored.continuity), Err(Stranger::Revoked));
    for number in [1, 3] {
        assert!(scene.report(number, 2, "STILL").await.is_ok(), "{number}");
    }
}

#[tokio::test]
async fn nobody_renews_as_a_shadow() {
    let mut scene = scene().await;
    scene.report(2, 1, "COPY").await.unwrap();
    for (machine, fingerprint) in [(ORIGINAL, hardware(2)), (shadow(3), hardware(3))] {
        let (certificate, at) = (certificate(7), NOW + 9);
        let renewal = Renew { machine, fingerprint, certificate, at, others_end: at };
        assert!(!scene.world.store.submit(renewal).await.unwrap(), "{machine}");
    }
    assert_eq!(scene.count("certificates"), 1);
}

#[tokio::test]
async fn two_processes_of_one_hardware_that_speak_in_turn_leave_one_trace_and_no_shadow() {
    let mut scene = scene().await;
    for (sequence, process) in (2..10).zip([6, 7, 6, 7, 6, 7, 6, 7]) {
        let report = StoreReport(report_of_process(process, 1, sequence, "OWN"));
        let stored = scene.world.store.submit(report).await.unwrap().unwrap();
        let expected = if sequence < 4 { Continuity::Next } else { Continuity::Clone };
        assert!(stored.continuity == expected && stored.foreign.is_none(), "{sequence}");
        assert_eq!(stored.is_audited, sequence == 4, "{sequence}");
        scene.fleet.keep(&stored);
    }
    assert_eq!(scene.count("audit WHERE action = 'clone_seen'"), 1);
    assert_eq!(scene.everyone().len(), 1);
}

#[tokio::test]
async fn whoever_is_approved_while_others_use_its_identity_is_a_clone() {
    let scene = scene().await;
    let copied = Enrol { fingerprint: hardware(9), ..enrolment(2, Some("pc-01")) };
    let waits = scene.world.store.submit(copied).await.unwrap();
    assert!(matches!(waits, Ok(Standing::Pending)), "{waits:?}");
    // It enrolled on other hardware than it reports from.
    let stored = scene.world.store.submit(StoreReport(report(2, 1, "COPY"))).await.unwrap();
    assert_eq!(stored.unwrap().foreign.unwrap().standing, Standing::Pending);
    let machine = MachineId::from_bytes([2; 16]);
    let (decision, actor) = (Decision::Approve, "uid:0".to_owned());
    let decide = Decide { decision, machines: vec![machine], actor, at: NOW + 9 };
    let decided = scene.world.store.submit(decide).await.unwrap();
    let expected = vec![(ORIGINAL, Standing::Revoked), (machine, Standing::Clone)];
    assert_eq!(decided[0].change().unwrap().standings, expected);
}
