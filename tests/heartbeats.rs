//! What a heartbeat moves, what it never moves, and that it is durable like a report.

use harness::hand::{Identity, forged};
use harness::root::now;
use harness::{Answer, Hand, Machine, World, until};
use report::MachineId;
use report::moment::DAY;
use report::wire::RENEW_ALPN;
use rusqlite::Connection;
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

const ROW: &str = "pc-01,stp,workstation,lan,,,,2026-01-01,";

struct Scene {
    world: World,
    machine: Machine,
    /// What the collector calls the facts of the one report.
    digest: Json,
}

/// A world with one machine that has reported once.
fn scene() -> Scene {
    let (world, machine) = joined();
    let answer = machine.post(&machine.report(1, "FIRST")).unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    let digest = answer.body["digest"].clone();
    assert!(digest.is_string(), "{answer:?}");
    Scene { world, machine, digest }
}

fn joined() -> (World, Machine) {
    let world = World::with_machines(&[ROW]);
    let machine = Machine::join(&world, &world.collector.token(&["--machine", "pc-01"]));
    (world, machine)
}

fn store(world: &World) -> Connection {
    Connection::open(world.collector.folder().join("data/store.sqlite")).unwrap()
}

/// Everything the store has of contacts and facts, as one text.
fn kept(world: &World) -> String {
    let rows = |query: &str| {
        let store = store(world);
        let mut statement = store.prepare(query).unwrap();
        let columns = statement.column_count();
        let rows = statement.query_map([], |row| {
            let column = |n| row.get::<_, rusqlite::types::Value>(n);
            (0..columns).map(column).collect::<Result<Vec<_>, _>>()
        });
        format!("{:?}", rows.unwrap().collect::<Result<Vec<_>, _>>().unwrap())
    };
    ["machines", "topics", "history", "contacts", "incarnations"]
        .map(|table| rows(&format!("SELECT * FROM {table}")))
        .into_iter()
        .chain([rows("SELECT action, subject FROM audit WHERE action <> 'refused'")])
        .collect::<Vec<_>>()
        .join("\n")
}

/// The last number, and when the topic was confirmed, by the store's word.
fn confirmed(world: &World) -> (i64, Option<i64>) {
    store(world)
        .query_row(
            "SELECT sequence, confirmed_at FROM machines JOIN topics ON machine = id
             WHERE topic = 'machine'",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap()
}

impl Scene {
    fn heartbeat(&self, sequence: u64) -> Json {
        self.machine.heartbeat(sequence, &self.digest)
    }

    fn beat(&self, body: &Json) -> Answer {
        self.machine.beat(body).unwrap()
    }

    fn accepted(&self, body: &Json) -> Answer {
        let answer = self.beat(body);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer
    }

    /// It is refused with this reason, counted, and the store is as it was.
    fn refused(&self, body: &Json, status: u16, reason: &str) {
        let before = kept(&self.world);
        let counted = self.world.collector.refusals(reason);
        let answer = self.beat(body);
        assert_eq!((answer.status, answer.reason()), (status, reason), "{answer:?}");
        until(reason, || self.world.collector.refusals(reason) >= counted + 1.0);
        assert_eq!(kept(&self.world), before, "{reason} left a trace");
    }

    fn changed(&self, change: impl FnOnce(&mut Json)) -> Json {
        let mut body = self.heartbeat(2);
        change(&mut body);
        body
    }

    /// Changes the store while nobody works on it.
    fn meanwhile(&mut self, statement: &str) {
        assert!(self.world.collector.terminate());
        assert!(store(&self.world).execute(statement, []).unwrap() > 0, "{statement}");
        self.world.collector.restart();
    }

    /// The machine's certificate has ended, and it has no other.
    fn expired(&mut self) -> Identity {
        let (from, until) = (now() - 1800, now() - 600);
        let identity = forged(&self.world, self.machine.id, from, until);
        assert!(self.world.collector.terminate());
        let sha256: [u8; 32] = Sha256::digest(&identity.0).into();
        let known = "UPDATE certificates SET sha256 = ?, not_before = ?, not_after = ?";
        let changed = store(&self.world).execute(known, (sha256, from.0, until.0)).unwrap();
        assert_eq!(changed, 1);
        self.world.collector.restart();
        identity
    }

    /// The door of renewal, with this identity.
    fn renewal(&self, identity: &Identity) -> Hand {
        Hand::new(&self.world, RENEW_ALPN, Some(identity))
    }

    /// Renews this identity, which has to work.
    fn renewed(&self, identity: &Identity) -> Identity {
        let key = rcgen::KeyPair::generate().unwrap();
        let csr = harness::hand::request(&key);
        let body = json!({ "wire": 1, "csr": csr, "fingerprint": harness::hand::FINGERPRINT });
        let body = body.to_string();
        let answer = self.renewal(identity).post("/v1/renew", body.as_bytes()).unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
        harness::hand::identity(&answer, &key)
    }

    fn state(&self) -> Json {
        self.world.collector.machine("pc-01")["machine"]["state"].clone()
    }

    fn observed(&self, rule: &str) -> String {
        let verdict = self.world.collector.machine("pc-01");
        let rules = verdict["verdict"]["rules"].as_array().unwrap().clone();
        let rule = rules.into_iter().find(|verdict| verdict["rule"] == rule).unwrap();
        rule["observed"]["en"].as_str().unwrap().to_owned()
    }
}

#[test]
fn a_heartbeat_is_a_contact_that_confirms_the_facts_and_writes_no_history() {
    let scene = scene();
    let history = "SELECT count(*) FROM history";
    let rows = |query: &str| -> i64 {
        store(&scene.world).query_row(query, [], |row| row.get(0)).unwrap()
    };
    let before = rows(history);
    let answer = scene.accepted(&scene.heartbeat(2));
    assert_eq!(answer.body["digest"], scene.digest);
    assert!(answer.body["verdict"]["rules"].is_array(), "{answer:?}");
    let (sequence, at) = confirmed(&scene.world);
    assert_eq!(sequence, 2);
    assert!(at.is_some_and(|at| now().0 - at < 60), "{at:?}");
    assert_eq!(rows(history), before);
    assert_eq!(rows("SELECT count(*) FROM contacts"), 1);
    let metrics = scene.world.collector.scrape();
    assert_eq!(metrics.value(r#"lachan_reports_total{outcome="heartbeat"}"#), Some(1.0));
    assert_eq!(metrics.sum("lachan_refusals_total", ""), 0.0);
}

#[test]
fn before_any_report_the_report_is_wanted() {
    let (world, machine) = joined();
    let before = kept(&world);
    let answer = machine.beat(&machine.heartbeat(1, &json!("44".repeat(32)))).unwrap();
    assert_eq!((answer.status, answer.reason()), (409, "report_wanted"), "{answer:?}");
    assert_eq!(kept(&world), before);
    assert_eq!(machine.post(&machine.report(1, "FIRST")).unwrap().status, 200, "the same number");
}

#[test]
fn other_facts_and_a_survey_in_the_future_want_the_report() {
    let scene = scene();
    scene.refused(
        &scene.changed(|body| body["digest"] = json!("44".repeat(32))),
        409,
        "report_wanted",
    );
    let tomorrow = now() + DAY + 3600;
    scene.refused(
        &scene.changed(|body| body["observed_at"] = json!(tomorrow)),
        409,
        "report_wanted",
    );
}

#[test]
fn a_wrong_clock_is_corrected_and_shown_from_the_first_report_on() {
    let (world, machine) = joined();
    let clock = |world: &World| world.collector.machine("pc-01")["machine"]["clock_skew"].clone();
    assert!(clock(&world).is_null(), "enrolment tells no time");
    let answer = machine.post(&machine.report(1, "FIRST")).unwrap();
    assert!(clock(&world).as_i64().is_some_and(|skew| skew.abs() < 60));
    let mut scene = Scene { world, machine, digest: answer.body["digest"].clone() };
    let late = now() + 3 * DAY;
    scene.accepted(&scene.changed(|body| {
        body["observed_at"] = json!(late);
        body["sent_at"] = json!(late);
    }));
    let (_, seen) = confirmed(&scene.world);
    assert!(seen.is_some_and(|seen| (now().0 - seen).abs() < 60), "{seen:?}");
    assert!(scene.world.collector.terminate());
    scene.world.collector.restart();
    let off = clock(&scene.world).as_i64().unwrap();
    assert!((off - 3 * DAY).abs() < 60, "{off}");
    let median = scene.world.collector.scrape().value("lachan_clock_skew_median_seconds");
    assert_eq!(median, Some(off as f64));
    let output = scene.world.collector.command(&["machine", "show", "pc-01", "--lang", "vi"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("nhanh"), "{text}");
}

#[test]
fn a_replayed_number_changes_nothing() {
    let scene = scene();
    scene.accepted(&scene.heartbeat(2));
    let before = kept(&scene.world);
    scene.accepted(&scene.heartbeat(2));
    assert_eq!(kept(&scene.world), before, "the reply was lost: told again");
    scene.refused(&scene.heartbeat(1), 409, "old_sequence");
    let other = scene.changed(|body| body["digest"] = json!("44".repeat(32)));
    scene.refused(&other, 409, "sequence_conflict");
    let report = scene.machine.post(&scene.machine.report(1, "FIRST")).unwrap();
    assert_eq!(report.reason(), "old_sequence", "reports and heartbeats share one row of numbers");
}

#[test]
fn nobody_confirms_the_facts_of_another() {
    let scene = scene();
    let other = scene.changed(|body| body["machine"] = json!(MachineId::from_bytes([9; 16])));
    scene.refused(&other, 403, "foreign_report");
}

#[test]
fn foreign_hardware_is_a_clone_confirms_nothing_and_leaves_one_trace() {
    let scene = scene();
    let foreign = scene.changed(|body| body["fingerprint"] = json!("66".repeat(32)));
    let answer = scene.beat(&foreign);
    assert_eq!((answer.status, answer.reason()), (409, "report_wanted"), "{answer:?}");
    scene.refused(&foreign, 409, "report_wanted");
    let metrics = scene.world.collector.scrape();
    assert_eq!(metrics.value(r#"lachan_reports_total{outcome="clone"}"#), Some(1.0));
    assert_eq!(confirmed(&scene.world), (1, None));
    assert_eq!(scene.state(), "clone");
    let traces = "SELECT count(*) FROM audit WHERE action = 'clone_seen'";
    let traces: i64 = store(&scene.world).query_row(traces, [], |row| row.get(0)).unwrap();
    assert_eq!(traces, 1);
}

#[test]
fn a_machine_from_a_backup_sends_its_report_first() {
    let scene = scene();
    scene.accepted(&scene.heartbeat(8));
    let restored = scene.changed(|body| body["incarnation"] = json!("77".repeat(16)));
    scene.refused(&restored, 409, "report_wanted");
    let mut report = scene.machine.report(2, "FIRST");
    report["incarnation"] = json!("77".repeat(16));
    assert_eq!(scene.machine.post(&report).unwrap().status, 200);
    let metrics = scene.world.collector.scrape();
    assert_eq!(metrics.value(r#"lachan_reports_total{outcome="restored"}"#), Some(1.0));
}

#[test]
fn a_revoked_machine_confirms_nothing_and_is_not_told_the_time() {
    let scene = scene();
    assert!(scene.world.collector.command(&["machine", "revoke", "pc-01"]).status.success());
    scene.refused(&scene.heartbeat(2), 403, "revoked");
    for hand in [&scene.machine.hand, &scene.renewal(&scene.machine.identity)] {
        let asked = hand.ask_time(now()).unwrap();
        assert_eq!((asked.status, asked.reason()), (403, "revoked"));
    }
}

#[test]
fn a_machine_whose_certificate_ended_asks_for_the_time_and_renews() {
    let mut scene = scene();
    let ended = scene.expired();
    let before = kept(&scene.world);
    assert!(Hand::new(&scene.world, b"", Some(&ended)).ask_time(now()).is_err());
    let renewal = scene.renewal(&ended);
    let asked = renewal.ask_time(now() - 9000 * DAY).unwrap();
    assert_eq!(asked.status, 200, "{asked:?}");
    assert!((now().0 - asked.body["now"].as_i64().unwrap()).abs() < 60, "{asked:?}");
    for path in ["/v1/reports", "/v1/heartbeats", "/v1/enrol"] {
        let answer = renewal.post(path, scene.heartbeat(2).to_string().as_bytes()).unwrap();
        assert_eq!((answer.status, answer.reason()), (404, "no_such_path"), "{answer:?}");
    }
    assert_eq!(kept(&scene.world), before);
    let renewed = Hand::new(&scene.world, b"", Some(&scene.renewed(&ended)));
    let body = scene.heartbeat(2).to_string();
    assert_eq!(renewed.post("/v1/heartbeats", body.as_bytes()).unwrap().status, 200);
}

#[test]
fn a_revoked_machine_whose_certificate_ended_is_not_told_the_time() {
    let mut scene = scene();
    let ended = scene.expired();
    assert!(scene.world.collector.command(&["machine", "revoke", "pc-01"]).status.success());
    let asked = scene.renewal(&ended).ask_time(now()).unwrap();
    assert_eq!((asked.status, asked.reason()), (403, "revoked"));
}

#[test]
fn whoever_unpacks_gets_a_long_answer_packed_and_nobody_else() {
    let scene = scene();
    let beat = |headers: &[&str], sequence| {
        let body = scene.heartbeat(sequence).to_string();
        scene.machine.hand.send("/v1/heartbeats", headers, body.as_bytes()).unwrap()
    };
    let (plain, packed) = (beat(&[], 2), beat(&["accept-encoding: gzip"], 3));
    assert!(!plain.packed && packed.packed);
    assert_eq!(plain.body["digest"], packed.body["digest"], "{packed:?}");
    assert!(packed.body["verdict"]["rules"].is_array(), "{packed:?}");
}

#[test]
fn what_is_too_large_or_has_an_unknown_field_is_not_taken() {
    let scene = scene();
    scene.refused(&scene.changed(|body| body["topics"] = json!({})), 400, "unknown_field");
    scene.refused(&scene.changed(|body| body["wire"] = json!(2)), 400, "wire_version");
    let large = scene.changed(|body| body["topics"] = json!("x".repeat(4000)));
    scene.refused(&large, 413, "too_large");
}

#[test]
fn the_first_heartbeat_with_a_new_certificate_ends_the_old_one() {
    let scene = scene();
    let identity = scene.renewed(&scene.machine.identity);
    scene.accepted(&scene.heartbeat(2));
    let renewed = Hand::new(&scene.world, b"", Some(&identity));
    let body = scene.heartbeat(3).to_string();
    assert_eq!(renewed.post("/v1/heartbeats", body.as_bytes()).unwrap().status, 200);
    scene.refused(&scene.heartbeat(4), 403, "superseded");
}

#[test]
fn the_other_doors_lead_to_no_heartbeat() {
    let scene = scene();
    let body = scene.heartbeat(2).to_string();
    let enrolment = Hand::new(&scene.world, report::wire::ENROL_ALPN, None);
    for path in ["/v1/heartbeats", "/v1/clock"] {
        let answer = enrolment.post(path, body.as_bytes()).unwrap();
        assert_eq!((answer.status, answer.reason()), (404, "no_such_path"), "{answer:?}");
    }
    let stranger = Hand::new(&scene.world, b"", None);
    assert!(stranger.post("/v1/heartbeats", body.as_bytes()).is_err());
}

#[test]
fn what_was_acknowledged_survives_a_kill_and_the_next_one_is_taken() {
    let mut scene = scene();
    scene.accepted(&scene.heartbeat(2));
    scene.world.collector.kill();
    scene.world.collector.restart();
    let (sequence, at) = confirmed(&scene.world);
    assert!(sequence == 2 && at.is_some(), "{sequence} {at:?}");
    scene.accepted(&scene.heartbeat(3));
    assert_eq!(confirmed(&scene.world).0, 3);
}

#[test]
fn stale_facts_are_fresh_again_in_memory_and_after_a_restart() {
    const RULE: &str = "os-supported";
    let mut scene = scene();
    // A report that waited for ten days before it came.
    scene.meanwhile(
        "UPDATE topics SET body = json_set(body, '$.observed_at', unixepoch() - 10 * 86400)",
    );
    assert!(scene.observed(RULE).starts_with("stale"), "{}", scene.observed(RULE));
    scene.accepted(&scene.heartbeat(2));
    let fresh = scene.observed(RULE);
    assert!(!fresh.starts_with("stale"), "{fresh}");
    assert!(scene.world.collector.terminate());
    scene.world.collector.restart();
    assert_eq!(scene.observed(RULE), fresh);
}

#[test]
fn a_topic_that_the_last_report_did_not_carry_is_not_confirmed() {
    let mut scene = scene();
    let mut without = scene.machine.report(2, "FIRST");
    let machine = without["topics"].as_object_mut().unwrap().remove("machine").unwrap();
    without["topics"]["clock"] = json!({ "observed_at": machine["observed_at"], "facts": {} });
    let answer = scene.machine.post(&without).unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    scene.digest = answer.body["digest"].clone();
    scene.accepted(&scene.heartbeat(3));
    let confirmed: Vec<(String, bool)> = store(&scene.world)
        .prepare("SELECT topic, confirmed_at IS NOT NULL FROM topics ORDER BY topic")
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(confirmed, [("clock".to_owned(), true), ("machine".to_owned(), false)]);
}

#[test]
fn after_a_day_of_heartbeats_a_report_is_wanted() {
    let mut scene = scene();
    scene.meanwhile("UPDATE machines SET reported_at = reported_at - 86400");
    scene.refused(&scene.heartbeat(2), 409, "report_wanted");
    assert_eq!(scene.machine.post(&scene.machine.report(3, "FIRST")).unwrap().status, 200);
    scene.accepted(&scene.heartbeat(4));
}

#[test]
fn a_heartbeat_ends_silence_and_asking_for_the_time_does_not() {
    let mut scene = scene();
    scene.meanwhile("UPDATE machines SET contact_at = contact_at - 40 * 86400");
    assert_eq!(scene.state(), "silent");
    let before = kept(&scene.world);
    let asked = scene.machine.ask_time(now() - 9000 * DAY).unwrap();
    assert_eq!(asked.status, 200, "{asked:?}");
    let told = asked.body["now"].as_i64().unwrap();
    assert!((now().0 - told).abs() < 60, "{asked:?}");
    assert_eq!(kept(&scene.world), before);
    assert_eq!(scene.state(), "silent");
    let metrics = scene.world.collector.scrape();
    assert_eq!(metrics.value("lachan_clock_contacts_total"), Some(1.0));
    scene.accepted(&scene.heartbeat(2));
    assert_ne!(scene.state(), "silent");
}

#[test]
fn whoever_asks_for_the_time_in_another_way_is_refused() {
    let scene = scene();
    let ask = |body: &str| scene.machine.hand.post("/v1/clock", body.as_bytes()).unwrap();
    let reason = |body: &str| ask(body).reason().to_owned();
    assert_eq!(reason(r#"{"wire":1}"#), "malformed");
    assert_eq!(reason(r#"{"wire":1,"sent_at":1,"facts":{}}"#), "malformed");
    assert_eq!(reason(r#"{"wire":2,"sent_at":1}"#), "wire_version");
    assert_eq!(reason(&" ".repeat(3000)), "too_large");
    assert!(Hand::new(&scene.world, b"", None).post("/v1/clock", b"{}").is_err());
}

#[test]
fn a_machine_is_told_by_the_set_in_force_though_nobody_scrapes() {
    let scene = scene();
    let severity = |answer: &Answer| {
        let rules = answer.body["verdict"]["rules"].as_array().unwrap().clone();
        rules.into_iter().find(|rule| rule["rule"] == "os-supported").unwrap()["severity"].clone()
    };
    let mut sequence = 2;
    assert_eq!(severity(&scene.accepted(&scene.heartbeat(sequence))), "major");
    let rule = scene.world.policies("rules/os-supported.toml");
    let text = std::fs::read_to_string(&rule).unwrap();
    std::fs::write(&rule, text.replacen("\"major\"", "\"critical\"", 1)).unwrap();
    until("the machine is told of the edit", || {
        // One contact a second: more would be too many.
        std::thread::sleep(std::time::Duration::from_secs(1));
        sequence += 1;
        severity(&scene.accepted(&scene.heartbeat(sequence))) == "critical"
    });
}
