//! Machines whose clocks are wrong, before the real collector: none is turned away for it, what they
//! saw is dated by the collector's clock, and nobody gains anything by it.

use agent::certificate::Validity;
use agent::clock::{self, Reading};
use agent::identity::Identity;
use agent::renew::renew;
use agent::state::StateDir;
use agent::uplink::tls::{self, Clock};
use agent::uplink::{Answer, Body, Uplink};
use harness::hand::{FINGERPRINT, request};
use harness::root::now;
use harness::{Agent, Machine, World};
use report::moment::DAY;
use report::wire::{ENROL_PATH, REPORTS_PATH};
use report::{JoinToken, Timestamp};
use rusqlite::Connection;
use serde_json::{Value as Json, json};

const ROW: &str = "pc-01,stp,workstation,lan,,,,2026-01-01,";
const HOUR: i64 = 3600;

fn joined() -> (World, Machine) {
    let world = World::with_machines(&[ROW]);
    let machine = Machine::join(&world, &world.collector.token(&["--machine", "pc-01"]));
    (world, machine)
}

/// When the battery of the clock is dead.
fn dead() -> Timestamp {
    Timestamp::from_civil((2009, 1, 1), (0, 0, 0)).unwrap()
}

/// Each clock that is wrong, as seconds ahead.
fn wrong() -> [i64; 4] {
    [2 * HOUR, -2 * HOUR, dead().since(now()), 20 * 365 * DAY]
}

/// What a machine says whose clock is so far ahead, of a survey a minute ago.
fn by_clock(mut body: Json, ahead: i64) -> Json {
    body["sent_at"] = json!(now() + ahead);
    let seen = json!(now() + ahead - 60);
    match body.get_mut("topics") {
        Some(topics) => topics["machine"]["observed_at"] = seen,
        None => body["observed_at"] = seen,
    }
    body
}

fn shown(world: &World) -> Json {
    world.collector.machine("pc-01")
}

fn is_near(seconds: &Json, expected: i64) -> bool {
    seconds.as_i64().is_some_and(|seconds| (seconds - expected).abs() < 60)
}

#[test]
fn a_report_by_a_wrong_clock_is_taken_and_its_facts_are_fresh() {
    let (world, machine) = joined();
    for (sequence, ahead) in (1..).zip(wrong()) {
        let answer = machine.post(&by_clock(machine.report(sequence, "A"), ahead)).unwrap();
        assert_eq!(answer.status, 200, "{ahead}: {answer:?}");
        assert!(is_near(&answer.body["received_at"], now().0), "the collector's own time");
        let machine = &shown(&world)["machine"];
        assert!(is_near(&machine["clock_skew"], ahead), "{ahead}: {machine}");
        assert!(is_near(&machine["last_contact"], now().0), "{ahead}: {machine}");
        let told = world.collector.json(&["policy", "explain", "pc-01", "--rule", "os-supported"]);
        let seen = &told["explanation"]["facts"]["machine.os_version"];
        assert!(!seen.to_string().contains("stale, last seen"), "{ahead}: {seen}");
        assert!(is_near(&seen_at(&world), now().0 - 60), "{ahead}");
    }
    assert_eq!(world.collector.scrape().sum("lachan_refusals_total", ""), 0.0);
}

/// When the newest row of history was seen, by the collector's clock.
fn seen_at(world: &World) -> Json {
    let store = Connection::open(world.collector.folder().join("data/store.sqlite")).unwrap();
    let query = "SELECT seen_at FROM history WHERE topic = 'machine' ORDER BY report DESC LIMIT 1";
    json!(store.query_row(query, [], |row| row.get::<_, i64>(0)).unwrap())
}

#[test]
fn a_heartbeat_by_a_wrong_clock_confirms_what_was_seen_as_of_now() {
    let (world, machine) = joined();
    let answer = machine.post(&by_clock(machine.report(1, "A"), 0)).unwrap();
    let digest = answer.body["digest"].clone();
    for (sequence, ahead) in (2..).zip(wrong()) {
        let beat = by_clock(machine.heartbeat(sequence, &digest), ahead);
        let answer = machine.beat(&beat).unwrap();
        assert_eq!(answer.status, 200, "{ahead}: {answer:?}");
        assert!(is_near(&shown(&world)["machine"]["clock_skew"], ahead), "{ahead}");
    }
}

/// A clock excuses nothing: by the machine's own clock too, the survey was weeks ago.
#[test]
fn what_was_seen_weeks_before_it_was_sent_is_stale_whatever_the_clock() {
    let (world, machine) = joined();
    for (sequence, ahead) in (1..).zip(wrong()) {
        let mut report = by_clock(machine.report(sequence, "A"), ahead);
        report["topics"]["machine"]["observed_at"] = json!(now() + ahead - 40 * DAY);
        assert_eq!(machine.post(&report).unwrap().status, 200, "{ahead}");
        assert!(is_near(&seen_at(&world), now().0 - 40 * DAY), "{ahead}");
    }
}

/// Nothing was seen after it arrived, so nothing stays fresh for longer than it may.
#[test]
fn what_is_said_to_be_seen_in_the_future_was_seen_when_it_arrived() {
    let (world, machine) = joined();
    let mut report = machine.report(1, "A");
    report["topics"]["machine"]["observed_at"] = json!(now() + 400 * DAY);
    assert_eq!(machine.post(&report).unwrap().status, 200);
    assert!(is_near(&seen_at(&world), now().0));
}

fn in_2009() -> Reading {
    Reading { wall: dead(), ..clock::read() }
}

fn in_2046() -> Reading {
    Reading { wall: now() + 20 * 365 * DAY, ..clock::read() }
}

/// The way that an agent takes whose clock says so.
fn uplink(world: &World, tls: tls::Tls, clock: Clock) -> Uplink {
    let addresses = vec![world.collector.agents.to_string().parse().unwrap()];
    Uplink::by_clock(addresses, tls, clock)
}

async fn asked(uplink: &Uplink, path: &'static str, body: &Json) -> Json {
    match uplink.post(path, &Body::plain(body.to_string())).await {
        Answer::Accepted { reply, .. } => reply,
        Answer::Refused(refusal) => panic!("{refusal}"),
        Answer::Later { why, .. } => panic!("{why}"),
    }
}

/// A certificate begins and ends by the collector's clock, whoever asks for it.
fn is_current(validity: Validity) -> bool {
    let (from, until) = (validity.not_before, validity.not_after);
    (now().since(from)).abs() <= DAY && (until.since(now()) - 90 * DAY).abs() <= DAY
}

/// Before it has joined, a machine knows nobody who could tell it the time: it is told what stands in
/// the way, and the token is still good.
#[tokio::test(flavor = "multi_thread")]
async fn a_machine_that_cannot_join_for_its_clock_is_told_so_and_spends_nothing() {
    let world = World::with_machines(&[ROW]);
    let text = world.collector.token(&["--machine", "pc-01"]);
    let token: JoinToken = text.parse().unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let body = json!({
        "wire": 1, "secret": token.secret_text(), "csr": request(&key),
        "fingerprint": FINGERPRINT, "claims": {},
    });
    for clock in [in_2009 as Clock, in_2046] {
        let uplink = uplink(&world, tls::enrolment(token.collector_ca).unwrap(), clock);
        let asked: Answer<Json> = uplink.post(ENROL_PATH, &Body::plain(body.to_string())).await;
        let Answer::Later { why, .. } = asked else {
            panic!("{asked:?}");
        };
        assert!(why.to_string().contains("is this machine's clock right?"), "{why}");
    }
    assert_eq!(world.collector.json(&["token", "list"])[0]["used"], 0);
    let root = world.root("debian12-clamav", "pc");
    Agent::over(&root, &world.folder().join("agent")).enrol(&text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_reports_and_renews_whatever_the_year_on_its_clock() {
    let world = World::with_machines(&[ROW]);
    let agent = world.joined_agent(&world.root("debian12-clamav", "pc"), "pc-01");
    let state = StateDir::new(agent.state());
    for (sequence, clock) in (1..).zip([in_2009 as Clock, in_2046]) {
        let identity = Identity::load(&state).unwrap();
        let heard = Timestamp(0);
        let reports = uplink(&world, tls::reports(&identity, heard).unwrap(), clock);
        let wall = clock().wall;
        let body = json!({
            "wire": 1, "machine": identity.machine, "agent": "0.1.0",
            "fingerprint": identity.fingerprint, "incarnation": "aa".repeat(16),
            "sequence": sequence, "sent_at": wall,
            "topics": { "machine": { "observed_at": wall - 60, "facts": {} } },
        });
        let reply = asked(&reports, REPORTS_PATH, &body).await;
        assert!(is_near(&reply["received_at"], now().0), "{wall:?}");
        let skew = shown(&world)["machine"]["clock_skew"].clone();
        assert!(is_near(&skew, wall.since(now())), "{wall:?}: {skew}");

        let renewed = renew(&state, &identity, heard, &reports).await.unwrap();
        assert!(is_current(renewed.validity), "{wall:?}");
    }
    agent.report();
}
