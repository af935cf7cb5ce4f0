//! What is lost when the collector is not there, or goes away in the middle: nothing.

use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use harness::collector::stored_reports;
use harness::{Dice, Machine, World, free_port, is_long, until};
use report::MachineId;
use report::wire::REPORT_BURST;
use rusqlite::Connection;
use serde_json::Value as Json;

const ROW: &str = "pc-01,stp,workstation,lan,,,,2026-01-01,";

#[test]
fn an_agent_keeps_its_report_until_the_collector_is_back() {
    let mut world = World::with_machines(&[ROW]);
    let root = world.root("debian12-clamav", "pc");
    let agent = world.joined_agent(&root, "pc-01");
    assert!(world.collector.terminate());

    let mut running = agent.start();
    until("the report is kept", || !agent.status()["spooled"].is_null());
    assert_eq!(agent.try_report().status.code(), Some(1), "{:?}", agent.status());
    world.collector.restart();
    let unprotected = r#"lachan_machines{state="unprotected",unit="stp"}"#;
    until("the report arrives", || world.collector.scrape().value(unprotected) == Some(1.0));
    until("nothing is kept any more", || agent.status()["spooled"].is_null());
    assert!(running.terminate(), "{}", running.log());
}

#[test]
fn a_machine_that_comes_back_after_weeks_is_heard_in_one_burst_that_no_limit_cuts() {
    let mut world = World::with_machines(&[ROW]);
    let root = world.root("debian12-bare", "pc");
    let agent = world.joined_agent(&root, "pc-01");
    assert!(world.collector.terminate());
    for day in 1..=24 {
        root.write("etc/hostname", &format!("day-{day:02}\n"));
        assert_eq!(agent.try_report().status.code(), Some(1));
    }
    assert_eq!(agent.waiting().len(), REPORT_BURST);
    world.collector.restart();
    root.write("etc/hostname", "back\n");
    agent.report();
    let arrived = host_names(&world);
    assert_eq!(arrived.len(), REPORT_BURST, "{arrived:?}");
    assert_eq!((arrived[0].as_str(), arrived[REPORT_BURST - 1].as_str()), ("day-01", "back"));
    assert!(arrived[..REPORT_BURST - 1].is_sorted(), "{arrived:?}");
    assert_eq!(world.collector.scrape().sum("lachan_refusals_total", ""), 0.0);
    let status = agent.status();
    assert!(status["spooled"].is_null(), "{status}");
    assert_eq!(status["dropped"], 25 - REPORT_BURST, "what did not fit is counted");
}

/// What the only machine was called in each of its reports, in their order.
fn host_names(world: &World) -> Vec<String> {
    let store = Connection::open(world.collector.folder().join("data/store.sqlite")).unwrap();
    let mut statement =
        store.prepare("SELECT body FROM history WHERE topic = 'machine' ORDER BY report").unwrap();
    let rows = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    rows.map(|body| {
        let body: Json = serde_json::from_str(&body.unwrap()).unwrap();
        body["facts"]["machine.host_name"]["known"].as_str().unwrap().to_owned()
    })
    .collect()
}

#[test]
fn a_machine_that_is_not_heard_of_falls_silent_without_anybody_reporting_it() {
    let mut world = World::with_machines(&[ROW]);
    let machine = Machine::join(&world, &world.collector.token(&["--machine", "pc-01"]));
    assert_eq!(machine.post(&machine.report(1, "A")).unwrap().status, 200);
    assert!(world.collector.terminate());
    // Forty days ago by the store's word: longer than any run of holidays makes up for.
    let store = world.collector.folder().join("data/store.sqlite");
    let changed = Connection::open(store)
        .unwrap()
        .execute("UPDATE machines SET contact_at = contact_at - 40 * 86400", [])
        .unwrap();
    assert_eq!(changed, 1);
    world.collector.restart();
    let metrics = world.collector.scrape();
    assert_eq!(metrics.value(r#"lachan_machines{state="silent",unit="stp"}"#), Some(1.0));
    assert_eq!(
        metrics.value(r#"lachan_machines_by_report_age{age="older"}"#),
        Some(1.0),
        "{}",
        metrics.text
    );
}

#[test]
fn a_request_that_was_begun_is_finished_before_the_collector_ends() {
    let mut world = World::with_machines(&[ROW]);
    let machine = Machine::join(&world, &world.collector.token(&["--machine", "pc-01"]));
    let body = machine.report(1, "A").to_string();
    let (begun, wait) = mpsc::channel();
    let hand = machine.hand.clone();
    let slow = std::thread::spawn(move || {
        hand.slowly("/v1/reports", body.as_bytes(), || {
            begun.send(()).unwrap();
            std::thread::sleep(Duration::from_millis(1500));
        })
    });
    wait.recv().unwrap();
    std::thread::sleep(Duration::from_millis(300));
    assert!(world.collector.terminate(), "{}", world.collector.log());
    let answer = slow.join().unwrap().unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    world.collector.restart();
    assert_eq!(stored_reports(&world).len(), 1);
}

#[test]
fn two_collectors_do_not_share_a_folder() {
    let world = World::with_machines(&[ROW]);
    let settings = world.collector.folder().join("collector.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    let elsewhere = world.collector.folder().join("second.toml");
    let other_ports = text
        .replace(&world.collector.agents.to_string(), &free_port().to_string())
        .replace(&world.collector.metrics.to_string(), &free_port().to_string());
    std::fs::write(&elsewhere, other_ports).unwrap();
    let second = harness::program::run(
        &harness::program::built("lachan-collector"),
        &["serve", "--config", elsewhere.to_str().unwrap()],
    );
    let words = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(1), "{words}");
    assert!(words.contains("another collector already runs"), "{words}");
    assert_eq!(
        world.collector.scrape().sum("lachan_refusals_total", ""),
        0.0,
        "the first serves on"
    );
}

#[test]
fn a_busy_port_is_named() {
    let world = World::with_machines(&[ROW]);
    let second = world.collector.command(&["serve"]);
    let words = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(1), "{words}");
    assert!(words.contains(&world.collector.agents.to_string()), "{words}");
    assert!(words.contains("collector.toml"), "{words}");
}

/// `kill -9` of the collector at random moments while 200 reports are acknowledged.
#[test]
fn no_acknowledged_report_is_missing_after_the_collector_was_killed() {
    kill_series(200, 8);
}

#[test]
fn long_no_acknowledged_report_is_missing_after_a_hundred_kills() {
    if is_long("long_no_acknowledged_report_is_missing_after_a_hundred_kills") {
        kill_series(5000, 100);
    }
}

/// Four machines report without a pause until `reports` are acknowledged; in between the collector
/// is killed and started again `kills` times. Each report says something else, so each one has a
/// row of its own in the history.
fn kill_series(reports: usize, kills: usize) {
    let mut world = World::without_limits(&[ROW]);
    let token = world.collector.token(&["--unregistered", "--uses", "4", "--unit", "stp"]);
    let machines: Vec<_> = (0..4).map(|_| Machine::join(&world, &token)).collect();
    let acknowledged = Arc::new(Mutex::new(Vec::new()));
    let senders: Vec<_> = machines
        .into_iter()
        .map(|machine| {
            let (acknowledged, each) = (acknowledged.clone(), reports / 4);
            std::thread::spawn(move || send(&machine, each, &acknowledged))
        })
        .collect();

    let mut killed = 0;
    let mut dice = Dice::new(reports as u64);
    while senders.iter().any(|sender| !sender.is_finished()) {
        let so_far = acknowledged.lock().unwrap().len();
        if killed < kills && so_far >= killed * reports / kills {
            std::thread::sleep(Duration::from_micros(dice.below(30_000)));
            world.collector.kill();
            world.collector.restart();
            killed += 1;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    for sender in senders {
        sender.join().unwrap();
    }
    assert!(killed >= kills / 2, "the collector was killed {killed} times only");

    let stored = stored_reports(&world);
    let acknowledged = acknowledged.lock().unwrap();
    assert_eq!(acknowledged.len(), reports / 4 * 4);
    for (machine, serial) in acknowledged.iter() {
        let copies = stored.get(&(machine.to_string(), serial.clone())).copied();
        assert_eq!(copies, Some(1), "{serial} of {machine}: acknowledged after {killed} kills");
    }
}

/// Sends reports one after another, each until it is acknowledged.
fn send(machine: &Machine, reports: usize, acknowledged: &Mutex<Vec<(MachineId, String)>>) {
    for sequence in 1..=reports as u64 {
        let serial = format!("R{sequence}");
        let body = machine.report(sequence, &serial);
        until("the report is acknowledged", || match machine.post(&body) {
            Ok(answer) => {
                assert_eq!(answer.status, 200, "{answer:?}");
                true
            }
            Err(_) => {
                std::thread::sleep(Duration::from_millis(10));
                false
            }
        });
        acknowledged.lock().unwrap().push((machine.id, serial));
    }
}
