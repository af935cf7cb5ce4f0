//! The authorities: what other programs make of their certificates, how they are replaced, and whom
//! that leaves behind.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use harness::hand::{FINGERPRINT, Identity, request};
use harness::program::{all, built, printed, run};
use harness::root::now;
use harness::{Agent, Answer, Hand, Machine, World};
use report::moment::DAY;
use report::wire::RENEW_ALPN;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

const ROWS: [&str; 3] = [
    "pc-01,stp,workstation,lan,,,,2026-01-01,",
    "pc-02,stp,workstation,lan,,,,2026-01-01,",
    "pc-03,stp,workstation,lan,,,,2026-01-01,",
];

fn world() -> World {
    World::with_machines(&ROWS)
}

fn joined(world: &World, row: &str) -> Machine {
    Machine::join(world, &world.collector.token(&["--machine", row]))
}

fn pki(world: &World, name: &str) -> PathBuf {
    world.collector.folder().join("data/pki").join(name)
}

/// Does something to the folder of a collector while nobody serves from it.
fn at_rest<T>(world: &mut World, work: impl FnOnce(&World) -> T) -> T {
    assert!(world.collector.terminate());
    let done = work(world);
    world.collector.restart();
    done
}

fn rotate(world: &World) {
    let _ = printed(&world.collector.command(&["ca", "rotate"]));
}

fn finish(world: &World, options: &[&str]) {
    let _ = printed(&world.collector.command(&[&["ca", "finish"], options].concat()));
}

fn show(world: &World) -> Json {
    world.collector.json(&["ca", "show"])
}

/// How many machines speak by a certificate of the current authority, and of a former one.
fn come_over(world: &World) -> (u64, u64) {
    let machines = &show(world)["machines"];
    (machines["current"].as_u64().unwrap(), machines["former"].as_u64().unwrap())
}

fn told(answer: &Answer) -> (u16, &str) {
    (answer.status, answer.reason())
}

fn renew(world: &World, identity: &Identity) -> (Answer, rcgen::KeyPair) {
    let key = rcgen::KeyPair::generate().unwrap();
    let body = json!({ "wire": 1, "csr": request(&key), "fingerprint": FINGERPRINT });
    let door = Hand::new(world, RENEW_ALPN, Some(identity));
    (door.post("/v1/renew", body.to_string().as_bytes()).unwrap(), key)
}

fn openssl(arguments: &[&str]) -> Output {
    Command::new("openssl").args(arguments).stdin(Stdio::null()).output().unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Whether OpenSSL accepts a leaf for a purpose, under the root and by way of one issuer.
fn verifies(world: &World, leaf: &Path, issuer: &str, purpose: &str) -> bool {
    let (root, issuer) = (pki(world, "root.pem"), pki(world, issuer));
    let (root, issuer) = (text(&root), text(&issuer));
    let options = ["-CAfile", root, "-untrusted", issuer, "-purpose", purpose, "-x509_strict"];
    let output = openssl(&[&["verify"], &options[..], &[text(leaf)]].concat());
    assert_eq!(output.status.success(), all(&output).contains(": OK"), "{}", all(&output));
    output.status.success()
}

/// A machine's certificate in a file.
fn leaf_file(world: &World, machine: &Machine) -> PathBuf {
    let file = |ending: &str| world.folder().join(format!("{}.{ending}", machine.id));
    std::fs::write(file("der"), &machine.identity.0).unwrap();
    let (der, pem) = (file("der"), file("pem"));
    let made = openssl(&["x509", "-inform", "DER", "-in", text(&der), "-out", text(&pem)]);
    assert!(made.status.success(), "{}", all(&made));
    pem
}

/// What OpenSSL says of a TLS handshake at the door of enrolment.
fn s_client(world: &World, options: &[&str]) -> Output {
    let (address, root) = (world.collector.agents.to_string(), pki(world, "root.pem"));
    let always = ["s_client", "-connect", &address, "-CAfile", text(&root), "-alpn"];
    let always = [&always[..], &["lachan-enrol/1", "-tls1_3", "-verify_return_error"]].concat();
    openssl(&[&always[..], options].concat())
}

/// The collector's own certificate, as it shows it.
fn own_leaf(world: &World) -> PathBuf {
    let shown = printed(&s_client(world, &["-showcerts"]));
    let mut chain = CertificateDer::pem_slice_iter(shown.as_bytes()).map(Result::unwrap);
    let (leaf, issuer) = (chain.next().unwrap(), chain.next().unwrap());
    let ca = std::fs::read(pki(world, "collector-ca.pem")).unwrap();
    assert_eq!(issuer, CertificateDer::from_pem_slice(&ca).unwrap());
    let (der, pem) = (world.folder().join("own.der"), world.folder().join("own.pem"));
    std::fs::write(&der, leaf).unwrap();
    let made = openssl(&["x509", "-inform", "DER", "-in", text(&der), "-out", text(&pem)]);
    assert!(made.status.success(), "{}", all(&made));
    pem
}

#[test]
fn openssl_accepts_each_certificate_for_its_own_purpose_and_no_other() {
    let world = world();
    let leaf = leaf_file(&world, &joined(&world, "pc-01"));
    assert!(verifies(&world, &leaf, "machine-ca.pem", "sslclient"));
    assert!(!verifies(&world, &leaf, "machine-ca.pem", "sslserver"), "a machine is no collector");
    assert!(!verifies(&world, &leaf, "collector-ca.pem", "sslclient"), "of the other authority");

    let own = own_leaf(&world);
    assert!(verifies(&world, &own, "collector-ca.pem", "sslserver"));
    assert!(!verifies(&world, &own, "collector-ca.pem", "sslclient"));
    assert!(!verifies(&world, &own, "machine-ca.pem", "sslserver"));
    let names = openssl(&["x509", "-noout", "-ext", "subjectAltName", "-in", text(&own)]);
    let names = printed(&names);
    assert!(names.contains("IP Address:127.0.0.1") && names.contains("DNS:localhost"), "{names}");
    let names = openssl(&["x509", "-noout", "-ext", "subjectAltName", "-in", text(&leaf)]);
    assert!(printed(&names).contains("URI:lachan://machine/"));
}

#[test]
fn openssl_shakes_hands_under_the_names_of_the_collector_and_no_other() {
    let world = world();
    for name in [["-verify_ip", "127.0.0.1"], ["-verify_hostname", "localhost"]] {
        let output = s_client(&world, &name);
        let said = printed(&output);
        assert!(said.contains("Verify return code: 0 (ok)"), "{said}");
        assert!(said.contains("ALPN protocol: lachan-enrol/1"), "{said}");
    }
    for name in [["-verify_ip", "127.0.0.2"], ["-verify_hostname", "collector.example"]] {
        let output = s_client(&world, &name);
        assert!(!output.status.success() && all(&output).contains("mismatch"), "{}", all(&output));
    }
}

#[test]
fn a_stolen_certificate_is_renewed_three_times_and_then_hardly_ever() {
    let world = world();
    let machine = joined(&world, "pc-01");
    for _ in 0..3 {
        assert_eq!(renew(&world, &machine.identity).0.status, 200);
    }
    let (refused, _) = renew(&world, &machine.identity);
    assert_eq!(told(&refused), (429, "too_many"));
    assert!(refused.retry_after.is_some_and(|seconds| seconds > 5 * 3600), "{refused:?}");
    assert_eq!(renew(&world, &joined(&world, "pc-02").identity).0.status, 200, "nobody else pays");
    assert_eq!(machine.post(&machine.report(1, "FIRST")).unwrap().status, 200);
}

/// A world with one machine that holds a ticket.
fn resuming() -> (World, Machine) {
    let world = world();
    let machine = joined(&world, "pc-01");
    assert_eq!(machine.post(&machine.report(1, "FIRST")).unwrap().status, 200);
    assert!(machine.post(&machine.report(2, "FIRST")).unwrap().resumed);
    (world, machine)
}

/// What is known of the fleet.
fn fleet(world: &World) -> Json {
    json!([world.collector.json(&["machine", "list"]), world.collector.json(&["token", "list"])])
}

/// The certificate is refused on a session that was begun before, and on a new one.
fn refused_fresh_and_resumed(world: &World, machine: &Machine, reason: &str) {
    let before = fleet(world);
    let report = machine.report(9, "OTHER");
    let resumed = machine.post(&report).unwrap();
    assert!(resumed.resumed, "{resumed:?}");
    assert_eq!(told(&resumed), (403, reason));
    let fresh = Hand::new(world, b"", Some(&machine.identity));
    let fresh = fresh.post("/v1/reports", report.to_string().as_bytes()).unwrap();
    assert!(!fresh.resumed);
    assert_eq!(told(&fresh), (403, reason));
    assert_eq!(world.collector.refusals(reason), 2.0);
    assert_eq!(fleet(world), before, "it leaves no trace");
}

/// Changes what the collector knows of the dates of a certificate.
fn redate(world: &mut World, machine: &Machine, column: &str, to: i64) {
    let sha256: [u8; 32] = Sha256::digest(&machine.identity.0).into();
    at_rest(world, |world| {
        let store = rusqlite::Connection::open(world.collector.folder().join("data/store.sqlite"));
        let change = format!("UPDATE certificates SET {column} = ? WHERE sha256 = ?");
        assert_eq!(store.unwrap().execute(&change, (to, sha256)).unwrap(), 1);
    });
}

#[test]
fn a_certificate_that_expired_since_it_was_shown_is_refused_though_the_session_is_resumed() {
    let (mut world, machine) = resuming();
    redate(&mut world, &machine, "not_after", now().0 - 1);
    refused_fresh_and_resumed(&world, &machine, "expired");
}

#[test]
fn a_certificate_that_is_not_valid_yet_is_refused_though_the_session_is_resumed() {
    let (mut world, machine) = resuming();
    redate(&mut world, &machine, "not_before", (now() + DAY).0);
    refused_fresh_and_resumed(&world, &machine, "not_yet_valid");
}

#[test]
fn a_superseded_certificate_is_refused_fresh_and_resumed_and_renews_nothing() {
    let (world, machine) = resuming();
    let (answer, key) = renew(&world, &machine.identity);
    assert_eq!(answer.status, 200, "{answer:?}");
    let renewed = harness::hand::identity(&answer, &key);
    let renewed = Hand::new(&world, b"", Some(&renewed));
    let body = machine.report(3, "FIRST").to_string();
    assert_eq!(renewed.post("/v1/reports", body.as_bytes()).unwrap().status, 200);
    refused_fresh_and_resumed(&world, &machine, "superseded");
    assert_eq!(told(&renew(&world, &machine.identity).0), (403, "superseded"));
}

#[test]
fn whoever_stays_with_a_retired_authority_is_shut_out_fresh_and_resumed() {
    let (mut world, machine) = resuming();
    let before = fleet(&world);
    at_rest(&mut world, |world| {
        rotate(world);
        finish(world, &["--force"]);
    });
    let resumed = machine.post(&machine.report(3, "FIRST")).unwrap();
    assert!(resumed.resumed, "{resumed:?}");
    assert_eq!(told(&resumed), (403, "issuer_retired"));
    assert_eq!(world.collector.refusals("issuer_retired"), 1.0);
    for (count, alpn) in [(1.0, &b""[..]), (2.0, RENEW_ALPN)] {
        let fresh = Hand::new(&world, alpn, Some(&machine.identity));
        let path = if alpn.is_empty() { "/v1/reports" } else { "/v1/renew" };
        assert!(fresh.post(path, machine.report(3, "FIRST").to_string().as_bytes()).is_err());
        harness::until("the handshake is counted", || {
            world.collector.refusals("unknown_issuer") == count
        });
    }
    let retired = world.collector.scrape().value(r#"lachan_certificates{issuer="retired"}"#);
    assert_eq!(retired, Some(1.0));
    assert_eq!(fleet(&world), before, "it leaves no trace");
}

#[test]
fn a_session_that_was_resumed_during_the_overlap_is_over_with_it() {
    let (mut world, machine) = resuming();
    at_rest(&mut world, rotate);
    let answer = machine.post(&machine.report(3, "FIRST")).unwrap();
    assert_eq!((answer.status, answer.resumed), (200, true), "both authorities are accepted");
    assert_eq!(answer.body["renew"], true, "{answer:?}");
    at_rest(&mut world, |world| finish(world, &["--force"]));
    let answer = machine.post(&machine.report(4, "FIRST")).unwrap();
    assert_eq!((answer.resumed, told(&answer)), (true, (403, "issuer_retired")));
}

fn agent(world: &World, row: &str) -> Agent {
    let root = world.root("debian12-clamav", row);
    // Each is a machine of its own.
    root.write("etc/machine-id", &format!("{}\n", row.replace("pc-", "00").repeat(8)));
    world.joined_agent(&root, row)
}

fn seen_state(world: &World, row: &str) -> Json {
    world.collector.machine(row)["machine"]["state"].clone()
}

fn entries(world: &World, action: &str) -> usize {
    let page = world.collector.json(&["audit", "list", "--action", action]);
    page["entries"].as_array().unwrap().len()
}

#[test]
fn the_authorities_are_replaced_under_agents_that_never_stop_reporting() {
    let mut world = world();
    let (early, late) = (agent(&world, "pc-01"), agent(&world, "pc-02"));
    for agent in [&early, &late] {
        agent.report();
    }
    assert_eq!(entries(&world, "authority_made"), 3, "root, machine CA, collector CA");
    let running = world.collector.command(&["ca", "rotate"]);
    assert!(
        !running.status.success() && all(&running).contains("already runs"),
        "{}",
        all(&running)
    );
    let unused = world.collector.token(&["--machine", "pc-03"]);

    at_rest(&mut world, rotate);
    assert_eq!(come_over(&world), (0, 2));
    assert_eq!(entries(&world, "authority_made"), 5);
    early.report();
    early.report();
    assert_eq!(come_over(&world), (1, 1), "it renewed as soon as it was asked, and speaks by that");
    early.report();
    assert_eq!(entries(&world, "renewed"), 1, "and not again");
    let joined = Machine::join(&world, &unused);
    assert_eq!(joined.post(&joined.report(1, "NEW")).unwrap().body.get("renew"), None);
    let leaf = leaf_file(&world, &joined);
    assert!(verifies(&world, &leaf, "machine-ca.pem", "sslclient"));
    assert!(verifies(&world, &own_leaf(&world), "collector-ca.pem", "sslserver"));
    let unused = world.collector.token(&["--unregistered"]);

    assert!(world.collector.terminate());
    let refused = world.collector.command(&["ca", "finish", "--lang", "en"]);
    let said = all(&refused);
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("1 of the machines") && said.contains("pc-02"), "{said}");
    assert!(!said.contains("pc-01") && !said.contains("pc-03"), "{said}");
    world.collector.restart();
    late.report();
    late.report();
    assert_eq!(come_over(&world), (3, 0));

    let said = at_rest(&mut world, |world| {
        printed(&world.collector.command(&["ca", "finish", "--lang", "en"]))
    });
    let id = world.collector.json(&["token", "list"]);
    let id = id.as_array().unwrap().iter().find(|token| token["used"] == 0).unwrap();
    assert!(said.contains(id["id"].as_str().unwrap()), "the token that leads nowhere: {said}");
    assert_eq!(entries(&world, "authority_retired"), 2);
    for (agent, row) in [(&early, "pc-01"), (&late, "pc-02")] {
        agent.report();
        assert_ne!(seen_state(&world, row), "silent");
    }
    assert!(verifies(&world, &own_leaf(&world), "collector-ca.pem", "sslserver"));
    assert!(verifies(&world, &leaf, "machine-ca.pem", "sslclient"));
    let stranger =
        Agent::over(&world.root("debian12-bare", "pc-09"), &world.folder().join("agent-9"));
    let refused = stranger.try_enrol(&unused);
    assert!(
        all(&refused).contains("not the collector that the join token names"),
        "{}",
        all(&refused)
    );
    stranger.enrol(&world.collector.token(&["--unregistered"]));
}

#[test]
fn a_machine_that_slept_through_the_overlap_says_why_it_is_left_out() {
    let mut world = world();
    let asleep = agent(&world, "pc-01");
    asleep.report();
    at_rest(&mut world, |world| {
        rotate(world);
        finish(world, &["--force"]);
    });
    let refused = asleep.try_report();
    assert!(!refused.status.success(), "{}", all(&refused));
    let cause = asleep.status()["last_attempt"]["failure"]["cause"].as_str().unwrap().to_owned();
    assert!(cause.contains("certificate"), "{cause}");
}

#[test]
fn the_roots_key_may_be_kept_away_and_is_asked_for_by_the_rotation_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (dir, medium) = (folder.path().join("c"), folder.path().join("medium"));
    std::fs::create_dir(&medium).unwrap();
    let (key, settings) = (medium.join("root.key"), dir.join("collector.toml"));
    let collector = |arguments: &[&str]| run(&built("lachan-collector"), arguments);
    let _ = printed(&collector(&["init", "--dir", text(&dir), "--root-key", text(&key)]));
    assert!(!dir.join("data/pki/root.key").exists() && key.exists());

    let rotate = ["ca", "rotate", "--config", text(&settings)];
    let refused = collector(&rotate);
    assert_eq!(refused.status.code(), Some(1));
    assert!(all(&refused).contains("--root-key FILE"), "{}", all(&refused));
    let _ = printed(&collector(&[&rotate[..], &["--root-key", text(&key)]].concat()));
    let again = collector(&[&rotate[..], &["--root-key", text(&key)]].concat());
    assert!(all(&again).contains("ca finish"), "{}", all(&again));
    let finish = ["ca", "finish", "--config", text(&settings)];
    let _ = printed(&collector(&finish));
    assert_eq!(collector(&finish).status.code(), Some(1), "there is nothing to finish");
    let names = std::fs::read_dir(dir.join("data/pki")).unwrap();
    let mut names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    let left = [
        "audit.key",
        "audit.pem",
        "collector-ca.key",
        "collector-ca.pem",
        "machine-ca.key",
        "machine-ca.pem",
        "root.pem",
    ];
    assert_eq!(names, left);
}
