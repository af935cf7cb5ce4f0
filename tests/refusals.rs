//! Who is not let in, what is not taken, and that neither leaves a trace.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::Arc;

use harness::hand::{FINGERPRINT, Identity, enrol, forged, knock, request};
use harness::root::now;
use harness::{Answer, Hand, Machine, World, until};
use report::moment::DAY;
use report::wire::{ENROL_ALPN, RENEW_ALPN, REPORT_BURST};
use report::{MachineId, Timestamp};
use serde_json::{Value as Json, json};

const ROW: &str = "pc-01,stp,workstation,lan,,,,2026-01-01,";

struct Scene {
    world: World,
    machine: Machine,
    fleet: Json,
    /// How often each reason was seen to be counted.
    counted: RefCell<BTreeMap<String, f64>>,
}

/// A world with one machine that has reported once.
fn scene() -> Scene {
    let world = World::with_machines(&[ROW]);
    let machine = Machine::join(&world, &world.collector.token(&["--machine", "pc-01"]));
    assert_eq!(machine.post(&machine.report(1, "FIRST")).unwrap().status, 200);
    let fleet = trace(&world);
    Scene { world, machine, fleet, counted: RefCell::default() }
}

/// Everything the collector knows of the fleet.
fn trace(world: &World) -> Json {
    json!([world.collector.json(&["machine", "list"]), world.collector.json(&["token", "list"])])
}

impl Scene {
    /// The refusal is counted under its reason, the audit log tells of it, and the fleet is as it was.
    fn refused(&self, reason: &str) {
        self.refused_since(&self.fleet, reason);
    }

    /// The same for a fleet that has changed since the scene began.
    fn refused_since(&self, fleet: &Json, reason: &str) {
        self.counted(reason);
        until("the audit log tells of it", || {
            let told = self.world.collector.audited_refusals(reason);
            assert!(told.len() <= 1, "once an hour: {told:?}");
            let machine = (format!("machine:{}", self.machine.id), "address=127.0.0.1".to_owned());
            let stranger = ("address:127.0.0.1".to_owned(), String::new());
            assert!(told.iter().all(|told| *told == machine || *told == stranger), "{told:?}");
            !told.is_empty()
        });
        assert_eq!(&trace(&self.world), fleet, "{reason} left a trace");
    }

    fn counted(&self, reason: &str) {
        let mut counted = self.counted.borrow_mut();
        let before = counted.entry(reason.to_owned()).or_default();
        until(reason, || self.world.collector.refusals(reason) >= *before + 1.0);
        *before = self.world.collector.refusals(reason);
    }

    /// A report through a hand, whatever becomes of it.
    fn tried(&self, hand: &Hand, sequence: u64) -> Answer {
        hand.post("/v1/reports", self.report(sequence).to_string().as_bytes()).unwrap()
    }

    /// Changes the store while nobody works on it.
    fn meanwhile(&mut self, statement: &str) {
        assert!(self.world.collector.terminate());
        let changed = store(&self.world).execute(statement, []).unwrap();
        assert!(changed > 0, "{statement}");
        self.world.collector.restart();
    }

    fn answered(&self, answer: &Answer, status: u16, reason: &str) {
        assert_eq!((answer.status, answer.reason()), (status, reason), "{answer:?}");
        self.refused(reason);
    }

    /// Posts a body as the machine that is known.
    fn post(&self, body: &Json) -> Answer {
        self.machine.post(body).unwrap()
    }

    fn report(&self, sequence: u64) -> Json {
        self.machine.report(sequence, "FIRST")
    }

    /// Nothing gets through with this identity at this door, not even an answer.
    fn turned_away(&self, alpn: &[u8], identity: Option<&Identity>, reason: &str) {
        let hand = Hand::new(&self.world, alpn, identity);
        let answer = hand.post("/v1/reports", self.report(2).to_string().as_bytes());
        assert!(answer.is_err(), "{reason}: {answer:?}");
        self.refused(reason);
    }
}

#[test]
fn without_a_certificate_nobody_reports() {
    scene().turned_away(b"", None, "no_certificate");
}

#[test]
fn a_certificate_of_another_collector_is_none() {
    let other = World::with_machines(&[ROW]);
    let stranger = Machine::join(&other, &other.collector.token(&["--machine", "pc-01"]));
    scene().turned_away(b"", Some(&stranger.identity), "unknown_issuer");
}

#[test]
fn a_certificate_that_this_collector_never_issued_is_none_even_with_its_own_signature() {
    let scene = scene();
    let identity = forged(&scene.world, scene.machine.id, now() - DAY, now() + DAY);
    let hand = Hand::new(&scene.world, b"", Some(&identity));
    let answer = hand.post("/v1/reports", scene.report(2).to_string().as_bytes()).unwrap();
    scene.answered(&answer, 403, "unknown_certificate");
}

#[test]
fn a_certificate_outside_its_dates_is_turned_away_in_the_handshake() {
    let scene = scene();
    let expired = forged(&scene.world, scene.machine.id, now() - 9 * DAY, now() - DAY);
    scene.turned_away(b"", Some(&expired), "expired");
    let early = forged(&scene.world, scene.machine.id, now() + DAY, now() + 9 * DAY);
    scene.turned_away(b"", Some(&early), "not_yet_valid");
}

#[test]
fn a_revoked_machine_is_refused_fresh_and_resumed() {
    let scene = scene();
    assert!(scene.world.collector.command(&["machine", "revoke", "pc-01"]).status.success());
    let fleet = trace(&scene.world);
    let resumed = scene.post(&scene.report(2));
    assert!(resumed.resumed, "{resumed:?}");
    let fresh = Hand::new(&scene.world, b"", Some(&scene.machine.identity));
    let fresh = scene.tried(&fresh, 2);
    assert!(!fresh.resumed, "{fresh:?}");
    let renewal = Hand::new(&scene.world, RENEW_ALPN, Some(&scene.machine.identity));
    let renewal = renewal.post("/v1/renew", b"{}").unwrap();
    for answer in [resumed, fresh, renewal] {
        assert_eq!((answer.status, answer.reason()), (403, "revoked"));
    }
    scene.refused_since(&fleet, "revoked");
}

#[test]
fn a_certificate_that_ends_while_its_machine_resumes_is_refused() {
    let mut scene = scene();
    let ended = format!("UPDATE certificates SET not_after = {}", now().0 - 60);
    scene.meanwhile(&ended);
    let fleet = trace(&scene.world);
    let answer = scene.post(&scene.report(2));
    assert!(answer.resumed, "a resumed handshake looks at no dates: {answer:?}");
    assert_eq!((answer.status, answer.reason()), (403, "expired"));
    scene.refused_since(&fleet, "expired");
    let early = format!(
        "UPDATE certificates SET not_before = {}, not_after = {}",
        now().0 + 600,
        now().0 + DAY
    );
    scene.meanwhile(&early);
    let answer = scene.post(&scene.report(2));
    assert!(answer.resumed, "{answer:?}");
    assert_eq!((answer.status, answer.reason()), (403, "not_yet_valid"));
    scene.refused_since(&fleet, "not_yet_valid");
}

#[test]
fn a_revocation_reaches_a_request_that_was_begun_before_it_and_outlives_a_restart() {
    let mut scene = scene();
    let mut report = scene.report(2);
    report["fingerprint"] = json!("66".repeat(32));
    let answer = scene.machine.hand.slowly("/v1/reports", report.to_string().as_bytes(), || {
        assert!(scene.world.collector.command(&["machine", "revoke", "pc-01"]).status.success());
    });
    let answer = answer.unwrap();
    assert_eq!((answer.status, answer.reason()), (403, "revoked"));
    assert!(scene.world.collector.terminate());
    scene.world.collector.restart();
    let answer = scene.post(&scene.report(3));
    assert_eq!((answer.status, answer.reason()), (403, "revoked"));
}

#[test]
fn a_session_of_the_enrolment_door_opens_no_other() {
    let scene = scene();
    let enrolment = Hand::new(&scene.world, ENROL_ALPN, None);
    assert_eq!(enrolment.post("/v1/enrol", b"{}").unwrap().status, 400);
    let report = enrolment.at_another_door(b"");
    let answer = report.post("/v1/reports", scene.report(2).to_string().as_bytes());
    assert!(answer.is_err(), "{answer:?}");
    scene.refused("no_certificate");
}

#[test]
fn a_session_of_the_renewal_door_opens_no_other() {
    let scene = scene();
    assert!(scene.world.collector.command(&["machine", "revoke", "pc-01"]).status.success());
    let fleet = trace(&scene.world);
    let renewal = Hand::new(&scene.world, RENEW_ALPN, Some(&scene.machine.identity));
    for _ in 0..2 {
        let answer = renewal.post("/v1/renew", b"{}").unwrap();
        assert_eq!((answer.resumed, answer.reason()), (false, "revoked"), "no tickets there");
    }
    let answer = scene.tried(&renewal.at_another_door(b""), 2);
    assert!(!answer.resumed, "{answer:?}");
    scene.refused_since(&fleet, "revoked");
}

#[test]
fn each_door_reaches_its_own_path_and_nothing_else() {
    let scene = scene();
    let enrolment = Hand::new(&scene.world, ENROL_ALPN, None);
    let answer = enrolment.post("/v1/reports", scene.report(2).to_string().as_bytes()).unwrap();
    scene.answered(&answer, 404, "no_such_path");
    let answer = scene.machine.hand.post("/v1/enrol", b"{}").unwrap();
    scene.answered(&answer, 404, "no_such_path");
    let get = b"GET /v1/reports HTTP/1.1\r\nhost: c\r\nconnection: close\r\n\r\n";
    let answer = scene.machine.hand.raw(get).unwrap();
    scene.answered(&answer, 405, "method");
}

#[test]
fn a_renewal_gives_a_new_certificate_and_its_first_use_ends_the_old_one() {
    let scene = scene();
    let key = rcgen::KeyPair::generate().unwrap();
    let body = json!({ "wire": 1, "csr": request(&key), "fingerprint": FINGERPRINT });
    let renewal = Hand::new(&scene.world, RENEW_ALPN, Some(&scene.machine.identity));
    let answer = renewal.post("/v1/renew", body.to_string().as_bytes()).unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    let identity = harness::hand::identity(&answer, &key);

    assert_eq!(scene.post(&scene.report(2)).status, 200, "the old one serves until then");
    let renewed = Hand::new(&scene.world, b"", Some(&identity));
    let body = scene.report(3).to_string();
    assert_eq!(renewed.post("/v1/reports", body.as_bytes()).unwrap().status, 200);
    let fleet = trace(&scene.world);
    let resumed = scene.post(&scene.report(4));
    let fresh = Hand::new(&scene.world, b"", Some(&scene.machine.identity));
    let fresh = scene.tried(&fresh, 4);
    assert_eq!((resumed.resumed, fresh.resumed), (true, false));
    for old in [resumed, fresh] {
        assert_eq!((old.status, old.reason()), (403, "superseded"));
    }
    scene.refused_since(&fleet, "superseded");
}

#[test]
fn foreign_hardware_renews_nothing() {
    let scene = scene();
    let key = rcgen::KeyPair::generate().unwrap();
    let body = json!({ "wire": 1, "csr": request(&key), "fingerprint": "66".repeat(32) });
    let renewal = Hand::new(&scene.world, RENEW_ALPN, Some(&scene.machine.identity));
    let answer = renewal.post("/v1/renew", body.to_string().as_bytes()).unwrap();
    scene.answered(&answer, 403, "foreign_fingerprint");
}

#[test]
fn a_machine_cannot_pass_for_a_collector() {
    let scene = scene();
    let (certificate, key) = scene.machine.identity.clone();
    let key = rustls_pki_types::PrivatePkcs8KeyDer::from(key).into();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let hand = scene.machine.hand.clone().towards(listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (socket, _) = listener.accept().unwrap();
        let connection = rustls::ServerConnection::new(Arc::new(config)).unwrap();
        let mut stream = rustls::StreamOwned::new(connection, socket);
        stream.read(&mut [0; 16])
    });
    assert!(hand.post("/v1/reports", b"{}").is_err());
    let told = server.join().unwrap().unwrap_err().to_string();
    assert!(told.contains("fatal alert: UnsupportedCertificate"), "{told}");
}

#[test]
fn older_tls_plain_http_and_http_2_are_not_spoken() {
    let scene = scene();
    let address = scene.world.collector.agents.to_string();
    let status = Command::new("openssl")
        .args(["s_client", "-tls1_2", "-connect", &address])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(!status.success());
    scene.refused("tls_version");

    let mut plain = TcpStream::connect(scene.world.collector.agents).unwrap();
    plain.write_all(b"POST /v1/reports HTTP/1.1\r\nhost: c\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer);
    assert!(!String::from_utf8_lossy(&answer).contains("HTTP"), "{answer:?}");
    scene.refused("not_tls");

    let preface = scene.machine.hand.raw(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    assert!(preface.is_err() || preface.is_ok_and(|answer| answer.status >= 400));
    scene.refused("not_http");
}

#[test]
fn what_is_too_large_too_deep_or_too_much_is_not_read() {
    let scene = scene();
    let mut large = scene.report(2).to_string();
    large += &" ".repeat(40_000);
    scene.answered(
        &scene.machine.hand.post("/v1/reports", large.as_bytes()).unwrap(),
        413,
        "too_large",
    );

    let bomb = gzip(&vec![b' '; 20_000_000]);
    assert!(bomb.len() < 32_000);
    let answer =
        scene.machine.hand.send("/v1/reports", &["content-encoding: gzip"], &bomb).unwrap();
    scene.answered(&answer, 413, "too_large");

    let deep = "[".repeat(10_000);
    scene.answered(
        &scene.machine.hand.post("/v1/reports", deep.as_bytes()).unwrap(),
        400,
        "too_deep",
    );

    let crowd = |many: usize| {
        let facts: serde_json::Map<_, _> =
            (0..many).map(|n| (format!("machine.x{n}"), json!({ "absent": true }))).collect();
        let mut crowd = scene.report(2);
        crowd["topics"]["machine"]["facts"] = Json::Object(facts);
        crowd
    };
    scene.answered(&scene.post(&crowd(500)), 400, "too_many_facts");
    let ten_thousand = gzip(crowd(10_000).to_string().as_bytes());
    let answer = scene.machine.hand.send("/v1/reports", &["content-encoding: gzip"], &ten_thousand);
    scene.answered(&answer.unwrap(), 413, "too_large");
    let head = format!("x-long: {}", "y".repeat(20_000));
    let answer = scene.machine.hand.send("/v1/reports", &[&head], b"{}");
    assert!(answer.is_err() || answer.is_ok_and(|answer| answer.status == 431));
    scene.refused("head_too_large");
}

#[test]
fn an_unknown_field_of_the_envelope_is_refused_by_name() {
    let scene = scene();
    let mut report = scene.report(2);
    report["posture"] = json!("fine");
    let answer = scene.post(&report);
    assert!(answer.body["message"].as_str().unwrap().contains("`posture`"), "{answer:?}");
    scene.answered(&answer, 400, "unknown_field");
    let mut report = scene.report(2);
    report["wire"] = json!(2);
    scene.answered(&scene.post(&report), 400, "wire_version");
    scene.answered(&scene.machine.hand.post("/v1/reports", b"not json").unwrap(), 400, "malformed");
}

#[test]
fn nobody_reports_for_another() {
    let scene = scene();
    let mut report = scene.report(2);
    report["machine"] = json!(MachineId::from_bytes([9; 16]));
    scene.answered(&scene.post(&report), 403, "foreign_report");
}

#[test]
fn a_replay_changes_nothing() {
    let scene = scene();
    assert_eq!(scene.post(&scene.report(1)).status, 200, "the reply was lost: told again");
    let other = scene.machine.report(1, "OTHER");
    scene.answered(&scene.post(&other), 409, "sequence_conflict");
    scene.answered(&scene.post(&scene.report(0)), 409, "old_sequence");
}

#[test]
fn foreign_hardware_with_a_copied_key_is_a_clone_and_protects_nobody() {
    let scene = scene();
    let mut report = scene.report(2);
    report["fingerprint"] = json!("66".repeat(32));
    let answer = scene.post(&report);
    assert_eq!(answer.body["verdict"]["state"], "clone", "{answer:?}");
    let metrics = scene.world.collector.scrape();
    let clones = metrics.value(r#"lachan_machines{state="clone",unit="stp"}"#);
    assert_eq!(clones, Some(2.0), "the machine that enrolled, and the one that uses its identity");
}

#[test]
fn a_join_token_works_once_within_its_time_until_it_is_revoked() {
    let scene = scene();
    let csr = request(&rcgen::KeyPair::generate().unwrap());
    let collector = &scene.world.collector;

    let once = collector.token(&["--unregistered"]);
    assert_eq!(enrol(&scene.world, &once, &csr).status, 200);
    let again = knock(&scene.world, &once, &csr, &"66".repeat(32), &json!({}));
    assert_eq!((again.status, again.reason()), (403, "token_spent"));

    let brief = collector.token(&["--unregistered", "--expires", "1s"]);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let late = enrol(&scene.world, &brief, &csr);
    assert_eq!((late.status, late.reason()), (403, "token_expired"));

    let taken = collector.token(&["--unregistered"]);
    for token in collector.json(&["token", "list"]).as_array().unwrap() {
        if token["used"] == 0 && token["expires_at"].as_i64().unwrap() > now().0 {
            let id = token["id"].as_str().unwrap();
            assert!(collector.command(&["token", "revoke", id]).status.success());
        }
    }
    let revoked = enrol(&scene.world, &taken, &csr);
    assert_eq!((revoked.status, revoked.reason()), (403, "token_revoked"));

    let other = World::with_machines(&[ROW]);
    let foreign = other.collector.token(&["--machine", "pc-01"]);
    let unknown = enrol(&scene.world, &foreign, &csr);
    assert_eq!((unknown.status, unknown.reason()), (403, "token_unknown"));
    let fleet = trace(&scene.world);
    for (token, reason) in [
        (once, "token_spent"),
        (brief, "token_expired"),
        (taken, "token_revoked"),
        (foreign, "token_unknown"),
    ] {
        let answer = knock(&scene.world, &token, &csr, &"66".repeat(32), &json!({}));
        assert_eq!(answer.reason(), reason);
        scene.refused_since(&fleet, reason);
    }
}

#[test]
fn a_token_for_registered_machines_lets_nobody_else_in_and_says_what_to_do() {
    let scene = scene();
    let token = scene.world.collector.token(&["--uses", "3"]);
    let csr = request(&rcgen::KeyPair::generate().unwrap());
    let fleet = trace(&scene.world);
    let answer = enrol(&scene.world, &token, &csr);
    assert_eq!((answer.status, answer.reason()), (403, "not_registered"));
    assert!(answer.body["message"].as_str().unwrap().contains("machines.csv"));
    scene.refused_since(&fleet, "not_registered");
}

#[test]
fn an_agent_does_not_join_a_collector_whose_ca_is_not_the_tokens() {
    let scene = scene();
    let other = World::with_machines(&[ROW]);
    let mut token: report::JoinToken =
        other.collector.token(&["--machine", "pc-01"]).parse().unwrap();
    token.addresses = vec![scene.world.collector.agents.to_string()];
    let root = scene.world.root("debian12-bare", "pc");
    let agent = harness::Agent::over(&root, &scene.world.folder().join("agent"));
    let output = agent.try_enrol(&token.to_string());
    assert_eq!(output.status.code(), Some(1));
    assert!(!agent.state().join("identity").exists(), "nothing is half-done");
    assert_eq!(trace(&scene.world), scene.fleet);
}

#[test]
fn a_machine_that_speaks_without_a_pause_is_told_when_to_come_back() {
    let scene = scene();
    let digest = scene.post(&scene.report(2)).body["digest"].clone();
    for sequence in 3..=11 {
        let heartbeat = scene.machine.heartbeat(sequence, &digest);
        assert_eq!(scene.machine.beat(&heartbeat).unwrap().status, 200);
    }
    let fleet = trace(&scene.world);
    let renewal = Hand::new(&scene.world, RENEW_ALPN, Some(&scene.machine.identity));
    for hand in [&renewal, &scene.machine.hand, &renewal, &renewal, &scene.machine.hand] {
        assert_eq!(hand.ask_time(now()).unwrap().status, 200, "it has to know when to come back");
    }
    let asked = [&renewal, &scene.machine.hand].map(|hand| hand.ask_time(now()).unwrap());
    for answer in [scene.post(&scene.report(12))].into_iter().chain(asked) {
        assert_eq!((answer.status, answer.reason()), (429, "too_many"), "{answer:?}");
        assert!(answer.retry_after.is_some_and(|wait| (1..=120).contains(&wait)), "{answer:?}");
    }
    scene.refused_since(&fleet, "too_many");
    let other = Machine::join(&scene.world, &scene.world.collector.token(&["--unregistered"]));
    assert_eq!(other.post(&other.report(1, "OTHER")).unwrap().status, 200, "nobody else pays");
}

#[test]
fn whoever_had_to_ask_for_the_time_gets_rid_of_all_it_has_kept() {
    let world = World::with_machines(&[ROW]);
    let machine = Machine::join(&world, &world.collector.token(&["--machine", "pc-01"]));
    assert_eq!(machine.ask_time(now()).unwrap().status, 200);
    let beat = machine.heartbeat(1, &json!("44".repeat(32)));
    assert_eq!(machine.beat(&beat).unwrap().reason(), "report_wanted");
    for sequence in (2..).take(REPORT_BURST) {
        let answer = machine.post(&machine.report(sequence, &format!("DAY {sequence}"))).unwrap();
        assert_eq!(answer.status, 200, "{sequence}: {answer:?}");
    }
}

/// Version 2, for a client at 10.1.2.3.
const SPEAKS_FOR_ANOTHER: &[u8] =
    b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c\x0a\x01\x02\x03\x0a\x09\x09\x09\xc3\x50\x1d\x13";

#[test]
fn only_a_named_proxy_speaks_for_another() {
    let scene = scene();
    for header in [SPEAKS_FOR_ANOTHER, b"PROXY TCP4 10.1.2.3 10.9.9.9 50000 7443\r\n"] {
        let liar = scene.machine.hand.clone().saying_first(header);
        let answer = liar.post("/v1/reports", scene.report(2).to_string().as_bytes());
        assert!(answer.is_err(), "{answer:?}");
        scene.refused("proxy_stranger");
    }
}

#[test]
fn a_machine_whose_clock_is_hours_or_years_off_is_heard_and_its_facts_count_from_now() {
    let world = World::with_machines(&[ROW]);
    let machine = Machine::join(&world, &world.collector.token(&["--machine", "pc-01"]));
    let year_2009 = Timestamp::from_civil((2009, 1, 1), (0, 0, 0)).unwrap();
    for (sequence, clock) in (1..).zip([now() + 7200, now() - 7200, year_2009]) {
        assert_eq!(machine.ask_time(clock).unwrap().status, 200);
        let mut report = machine.report(sequence, "FIRST");
        report["sent_at"] = json!(clock);
        report["topics"]["machine"]["observed_at"] = json!(clock - 60);
        let answer = machine.post(&report).unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
        let shown = world.collector.machine("pc-01");
        let off = shown["machine"]["clock_skew"].as_i64().unwrap();
        assert!((off - clock.since(now())).abs() < 60, "{off}");
        let age = world.collector.scrape();
        let recent = age.value(r#"lachan_machines_by_report_age{age="1h"}"#);
        assert_eq!(recent, Some(1.0), "{}", age.text);
        let seen = store(&world).query_row(
            "SELECT noted_seen_at FROM topics WHERE topic = 'machine'",
            [],
            |row| row.get::<_, i64>(0),
        );
        assert!((now().0 - 60 - seen.unwrap()).abs() < 60, "as the collector's clock says");
    }
    assert_eq!(world.collector.scrape().sum("lachan_refusals_total", ""), 0.0);
}

fn store(world: &World) -> rusqlite::Connection {
    let store = world.collector.folder().join("data/store.sqlite");
    rusqlite::Connection::open(store).unwrap()
}

#[test]
fn a_health_check_refuses_nobody() {
    let scene = scene();
    for _ in 0..5 {
        drop(TcpStream::connect(scene.world.collector.agents).unwrap());
    }
    assert_eq!(scene.post(&scene.report(2)).status, 200);
    let metrics = scene.world.collector.scrape();
    assert_eq!(metrics.sum("lachan_refusals_total", ""), 0.0, "{}", metrics.text);
    let page = scene.world.collector.json(&["audit", "list", "--action", "refused"]);
    assert_eq!(page["entries"], json!([]));
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
