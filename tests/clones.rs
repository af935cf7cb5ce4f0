//! One identity on more than one machine, and machines that an officer has shut out.

use std::path::Path;
use std::process::Output;

use harness::hand::FINGERPRINT;
use harness::program::{all, printed};
use harness::{Agent, Hand, Machine, Root, World, until};
use rusqlite::Connection;
use serde_json::{Value as Json, json};

const ROW: &str = "pc-01,stp,workstation,lan,,,,2026-01-01,";

/// A world with one machine that has reported "OWN".
fn scene() -> (World, Machine) {
    let world = World::with_machines(&[ROW]);
    let token = world.collector.token(&["--machine", "pc-01", "--unit", "stp"]);
    let machine = Machine::join(&world, &token);
    assert_eq!(machine.post(&machine.report(1, "OWN")).unwrap().status, 200);
    (world, machine)
}

fn store(world: &World) -> Connection {
    Connection::open(world.collector.folder().join("data/store.sqlite")).unwrap()
}

fn audited(world: &World, action: &str) -> i64 {
    let query = "SELECT count(*) FROM audit WHERE action = ?";
    store(world).query_row(query, [action], |row| row.get(0)).unwrap()
}

/// A report from hardware with this fingerprint.
fn from_hardware(machine: &Machine, pair: &str, sequence: u64, serial: &str) -> Json {
    let mut report = machine.report(sequence, serial);
    report["fingerprint"] = json!(pair.repeat(32));
    report
}

fn machines(world: &World) -> Vec<Json> {
    world.collector.json(&["machine", "list"]).as_array().unwrap().clone()
}

fn in_state<'m>(machines: &'m [Json], state: &str) -> Vec<&'m Json> {
    machines.iter().filter(|machine| machine["state"] == state).collect()
}

fn outcome(world: &World, outcome: &str) -> f64 {
    let series = format!("lachan_reports_total{{outcome=\"{outcome}\"}}");
    world.collector.scrape().value(&series).unwrap_or_default()
}

#[test]
fn each_foreign_hardware_is_counted_as_a_machine_and_the_enrolled_one_keeps_its_facts() {
    let (mut world, machine) = scene();
    for (pair, sequence) in [("66", 2), ("77", 2), ("66", 3), ("77", 9)] {
        let answer = machine.post(&from_hardware(&machine, pair, sequence, "COPY")).unwrap();
        assert_eq!((answer.status, &answer.body["verdict"]["state"]), (200, &json!("clone")));
    }
    assert_eq!(outcome(&world, "clone"), 4.0);
    let clones = r#"lachan_machines{state="clone",unit="stp"}"#;
    for time in ["now", "after a restart"] {
        assert_eq!(world.collector.scrape().value(clones), Some(3.0), "{time}");
        let listed = machines(&world);
        let copies: Vec<_> =
            listed.iter().filter(|one| one["clone_of"] == json!(machine.id)).collect();
        assert_eq!((in_state(&listed, "clone").len(), copies.len()), (3, 2), "{time}: {listed:?}");
        for copy in copies {
            let name = copy["id"].as_str().unwrap();
            let told = printed(&world.collector.command(&["policy", "explain", name]));
            assert!(told.contains(&machine.id.to_string()), "{told}");
        }
        assert!(world.collector.terminate());
        world.collector.restart();
    }
    assert_eq!(audited(&world, "clone_seen"), 2, "one for each hardware");
    let serials = "SELECT json_extract(body, '$.facts.\"machine.serial\".known') FROM topics
        WHERE topic = 'machine' AND machine = ?";
    let serial: String =
        store(&world).query_row(serials, [machine.id.to_string()], |row| row.get(0)).unwrap();
    assert_eq!(serial, "OWN");
}

#[test]
fn whoever_has_a_key_is_no_more_than_nine_machines() {
    let (world, machine) = scene();
    for number in 0x60..0x6a {
        let report = from_hardware(&machine, &format!("{number:02x}"), 1, "COPY");
        let answer = machine.post(&report).unwrap();
        let expected = if number < 0x68 { 200 } else { 403 };
        assert_eq!(answer.status, expected, "{number:x}: {answer:?}");
    }
    assert_eq!(world.collector.refusals("too_many_clones"), 2.0);
    assert_eq!(machines(&world).len(), 9);
}

#[test]
fn a_revoked_identity_is_revoked_for_everybody_who_uses_it() {
    let (world, machine) = scene();
    assert_eq!(machine.post(&from_hardware(&machine, "66", 1, "COPY")).unwrap().status, 200);
    assert!(world.collector.command(&["machine", "revoke", "pc-01"]).status.success());
    for report in [machine.report(5, "OWN"), from_hardware(&machine, "66", 5, "COPY")] {
        let answer = machine.post(&report).unwrap();
        assert_eq!((answer.status, answer.reason()), (403, "revoked"), "{answer:?}");
    }
    let listed = machines(&world);
    assert_eq!(in_state(&listed, "revoked").len(), 2, "{listed:?}");
}

/// Where the hardware tells nothing apart, as in containers, the processes do.
#[test]
fn two_processes_that_speak_in_turn_with_one_key_are_a_clone_and_one_that_follows_is_not() {
    let (world, machine) = scene();
    let by_process = |pair: &str, sequence| {
        let mut report = machine.report(sequence, "OWN");
        report["incarnation"] = json!(pair.repeat(16));
        machine.post(&report).unwrap().body["verdict"]["state"].clone()
    };
    assert_ne!(by_process("aa", 2), "clone", "the agent was started again");
    assert_ne!(by_process("bb", 3), "clone", "and again");
    assert_eq!(by_process("aa", 4), "clone", "the one before it is still there");
    assert_eq!(machines(&world).len(), 1, "nobody can say which of them is which");
    assert_eq!((outcome(&world, "clone"), audited(&world, "clone_seen")), (1.0, 1));
}

#[test]
fn a_machine_from_a_backup_is_told_from_a_clone_and_goes_on() {
    let world = World::with_machines(&[ROW]);
    let root = world.root("debian12-clamav", "pc");
    let agent = world.joined_agent(&root, "pc-01");
    agent.report();
    let backup = world.folder().join("backup");
    copy(&agent.state(), &backup);
    for name in ["a", "b"] {
        root.write("etc/hostname", &format!("{name}\n"));
        agent.report();
    }
    std::fs::remove_dir_all(agent.state()).unwrap();
    copy(&backup, &agent.state());
    for _ in 0..3 {
        agent.report();
    }
    assert_eq!((outcome(&world, "restored"), outcome(&world, "clone")), (1.0, 0.0));
    assert_eq!((audited(&world, "restored"), audited(&world, "clone_seen")), (1, 0));
    assert_ne!(world.collector.machine("pc-01")["machine"]["state"], "clone");
}

/// One image, two PCs: what was sealed before it was copied is nobody's.
#[test]
fn two_copies_of_a_sealed_disk_join_as_two_machines() {
    let world = World::with_machines(&[ROW]);
    let root = world.root("debian12-clamav", "master");
    let master = Agent::over(&root, &world.folder().join("agent-master"));
    master.enrol(&world.collector.token(&["--unregistered", "--unit", "stp"]));
    master.report();
    let former = master.status()["machine"].as_str().unwrap().to_owned();
    let sealed = printed(&master.command(&["seal", "--lang", "en"]));
    assert!(sealed.contains("identity") && sealed.contains("/etc/machine-id"), "{sealed}");
    assert!(sealed.contains(&format!("machine revoke {former}")), "{sealed}");
    assert_eq!(listing(&master.state()), ["lock"]);
    let unsaid = master.try_report();
    assert_eq!(unsaid.status.code(), Some(1), "{}", all(&unsaid));
    assert!(all(&unsaid).contains("not enrolled"), "{}", all(&unsaid));

    let token = world.collector.token(&["--unregistered", "--unit", "stp", "--uses", "2"]);
    let copies = [1, 2].map(|number| {
        let root = Root::copy("debian12-clamav", &world.folder().join(format!("pc-{number}")));
        root.write("etc/machine-id", &format!("{number:032x}\n"));
        let folder = world.folder().join(format!("agent-{number}"));
        copy(&master.state(), &folder.join("state"));
        let agent = Agent::over(&root, &folder);
        agent.enrol(&token);
        agent.report();
        agent
    });
    let names = copies.each_ref().map(|agent| agent.status()["machine"].clone());
    assert_ne!(names[0], names[1]);
    for agent in &copies {
        agent.report();
    }
    let listed = machines(&world);
    assert!(in_state(&listed, "clone").is_empty(), "{listed:?}");
    assert_eq!(listed.iter().filter(|machine| machine["id"].is_string()).count(), 3);
    assert_eq!(audited(&world, "clone_seen"), 0);
}

#[test]
fn a_disk_is_not_sealed_while_its_agent_is_at_work() {
    let world = World::with_machines(&[ROW]);
    let root = world.root("debian12-clamav", "pc");
    let agent = world.joined_agent(&root, "pc-01");
    let mut running = agent.start();
    until("it has reported", || agent.status()["last_accepted"].is_object());
    let refused = agent.command(&["seal"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(all(&refused).contains("systemctl stop lachan-agent"), "{}", all(&refused));
    assert!(running.terminate());
    agent.report();
}

/// An agent that was revoked after its first report.
fn revoked() -> (World, Root, Agent) {
    let world = World::with_machines(&[ROW]);
    let root = world.root("debian12-clamav", "pc");
    let agent = world.joined_agent(&root, "pc-01");
    agent.report();
    assert!(world.collector.command(&["machine", "revoke", "pc-01"]).status.success());
    (world, root, agent)
}

fn refused(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{}", all(output));
    all(output)
}

#[test]
fn a_revoked_agent_keeps_its_reports_and_says_what_happened_until_it_has_a_new_token() {
    let (world, root, agent) = revoked();
    let before = machines(&world);
    for name in ["a", "b", "c"] {
        root.write("etc/hostname", &format!("{name}\n"));
        let told = refused(&agent.try_report());
        assert!(told.contains("403 revoked") && told.contains("the report is kept"), "{told}");
    }
    assert_eq!(agent.waiting().len(), 3);
    let status = agent.status();
    assert_eq!(status["shut_out"]["refusal"]["problem"]["reason"], "revoked", "{status}");
    assert!(status["refused"].is_null() && status["dropped"] == 0, "{status}");

    let shown = agent.command(&["status", "--lang", "vi"]);
    assert_eq!(shown.status.code(), Some(2));
    let text = String::from_utf8(shown.stdout).unwrap();
    assert!(text.contains("danh tính của máy đã"), "{text}");
    assert!(text.contains("enrol --replace --token-file"), "{text}");
    let examined = agent.command(&["doctor", "--lang", "en"]);
    assert_eq!(examined.status.code(), Some(2));
    let text = String::from_utf8(examined.stdout).unwrap();
    assert!(text.contains("this machine's identity was revoked"), "{text}");

    assert_eq!(machines(&world), before, "it does not let itself in again");
    agent.enrol_anew(&world.collector.token(&["--machine", "pc-01"]));
    agent.report();
    assert!(agent.status()["shut_out"].is_null());
    assert_ne!(world.collector.machine("pc-01")["machine"]["state"], "revoked");
}

#[test]
fn the_service_of_a_revoked_agent_knocks_once_and_then_waits_for_an_hour() {
    let (world, _root, agent) = revoked();
    let mut running = agent.start();
    until("it was refused", || world.collector.refusals("revoked") >= 1.0);
    until("it waits", || agent.status()["next_contact"].is_i64());
    let status = agent.status();
    let since = status["shut_out"]["since"].as_i64().unwrap();
    let wait = status["next_contact"].as_i64().unwrap() - since;
    assert!((2880..=4330).contains(&wait), "{wait} s");
    assert!(running.terminate(), "{}", running.log());
    assert_eq!(world.collector.refusals("revoked"), 1.0);
    assert_eq!(agent.waiting().len(), 1);
}

/// The same hand with the certificate of before and with that of after a renewal: what an agent
/// hears whose disk comes from a backup that is older than its last renewal.
#[test]
fn a_disk_older_than_the_last_renewal_is_shut_out_as_superseded() {
    let (world, machine) = scene();
    let key = rcgen::KeyPair::generate().unwrap();
    let csr = harness::hand::request(&key);
    let body = json!({ "wire": 1, "csr": csr, "fingerprint": FINGERPRINT }).to_string();
    let renewal = Hand::new(&world, report::wire::RENEW_ALPN, Some(&machine.identity));
    let renewed = renewal.post("/v1/renew", body.as_bytes()).unwrap();
    let renewed = harness::hand::identity(&renewed, &key);
    let report = machine.report(2, "OWN").to_string();
    let renewed = Hand::new(&world, b"", Some(&renewed));
    assert_eq!(renewed.post("/v1/reports", report.as_bytes()).unwrap().status, 200);
    for asked in
        [machine.post(&machine.report(3, "OWN")), renewal.post("/v1/renew", body.as_bytes())]
    {
        let answer = asked.unwrap();
        assert_eq!((answer.status, answer.reason()), (403, "superseded"), "{answer:?}");
        assert!(report::wire::SHUT_OUT.contains(&answer.reason()));
    }
}

fn listing(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (from, name) = {
            let entry = entry.unwrap();
            (entry.path(), entry.file_name())
        };
        match from.is_dir() {
            true => copy(&from, &to.join(name)),
            false => drop(std::fs::copy(&from, to.join(name)).unwrap()),
        }
    }
}
