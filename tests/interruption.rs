//! `kill -9` of the agent at any moment: what it said it kept is kept, what the collector
//! acknowledged is there, and nothing counts twice.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use harness::{Agent, Dice, Root, World, is_long};
use rusqlite::Connection;
use serde_json::Value as Json;

/// One machine's contacts in an hour are limited: many machines are killed a few times each.
const KILLS_EACH: usize = 5;

#[test]
fn an_agent_killed_at_random_moments_loses_nothing_it_promised() {
    kill_series(8);
}

#[test]
fn long_an_agent_killed_500_times_loses_nothing_it_promised() {
    if is_long("long_an_agent_killed_500_times_loses_nothing_it_promised") {
        kill_series(100);
    }
}

/// Kills the agents of so many machines, two at a time so that they are in each other's way.
fn kill_series(machines: usize) {
    let world = World::with_machines(&["pc-01,stp,workstation,lan,,,,2026-01-01,"]);
    let uses = machines.to_string();
    let token = world.collector.token(&["--unregistered", "--uses", &uses, "--unit", "stp"]);
    let offices: Vec<_> =
        (0..machines).map(|number| Office::join(&world, number, &token)).collect();
    let (left, right) = offices.split_at(machines / 2);
    std::thread::scope(|scope| {
        for half in [left, right] {
            let world = &world;
            scope.spawn(move || half.iter().for_each(|office| office.suffer(world)));
        }
    });
    let odd = audited(&world, &["restored", "clone_seen"]);
    assert_eq!(odd, 0, "a report was taken for one of another machine or of a restored one");
}

/// One machine and its agent.
struct Office {
    number: usize,
    root: Root,
    agent: Agent,
}

impl Office {
    fn join(world: &World, number: usize, token: &str) -> Self {
        let root = world.root("debian12-bare", &format!("pc-{number}"));
        root.write("etc/machine-id", &format!("{number:032x}\n"));
        let agent = Agent::over(&root, &world.folder().join(format!("agent-{number}")));
        agent.enrol(token);
        Self { number, root, agent }
    }

    /// Every report says something else: each one has a row of its own in the history.
    fn is_called(&self, attempt: usize) {
        self.root.write("etc/hostname", &format!("{}\n", self.name(attempt)));
    }

    fn name(&self, attempt: usize) -> String {
        format!("pc-{}-{attempt}", self.number)
    }

    fn suffer(&self, world: &World) {
        let whole = (0..2).map(|attempt| self.undisturbed(attempt)).min().unwrap();
        let mut dice = Dice::new(self.number as u64);
        let mut promised = BTreeSet::new();
        let mut acknowledged = self.check_acknowledged(world);
        for attempt in 2..KILLS_EACH + 2 {
            self.is_called(attempt);
            let mut running = self.agent.begin_report();
            let instant = dice.below(u64::try_from(whole.as_micros()).unwrap_or(u64::MAX));
            std::thread::sleep(Duration::from_micros(instant));
            running.kill();
            let waiting: Vec<_> = self.agent.waiting().iter().map(host_name).collect();
            let before = std::mem::replace(&mut acknowledged, self.check_acknowledged(world));
            // What was acknowledged waits no longer: if nothing waits, that was the newest.
            if waiting.is_empty() && acknowledged > before {
                promised.insert(self.name(attempt));
            }
            promised.extend(waiting);
        }
        self.is_called(KILLS_EACH + 2);
        self.agent.report();
        self.check_acknowledged(world);
        self.check_kept(world, &promised);
    }

    /// How long a survey and a report take when nobody dies.
    fn undisturbed(&self, attempt: usize) -> Duration {
        self.is_called(attempt);
        let began = Instant::now();
        self.agent.report();
        began.elapsed()
    }

    /// What the agent holds for acknowledged is durable at the collector: up to this number.
    fn check_acknowledged(&self, world: &World) -> i64 {
        let status = self.agent.status();
        let acknowledged = status["last_accepted"]["sequence"].as_i64().unwrap();
        let stored: i64 = store(world)
            .query_row("SELECT sequence FROM machines WHERE id = ?", [id(&status)], |row| {
                row.get(0)
            })
            .unwrap();
        assert!(stored >= acknowledged, "{acknowledged} was acknowledged, {stored} is stored");
        assert_eq!(status["dropped"], 0, "a file was torn");
        acknowledged
    }

    /// Whatever waited at any time has arrived, and nothing has arrived twice.
    fn check_kept(&self, world: &World, promised: &BTreeSet<String>) {
        let status = self.agent.status();
        assert!(status["spooled"].is_null(), "{status}");
        let arrived = history(world, &id(&status));
        let once: BTreeSet<_> = arrived.iter().cloned().collect();
        assert_eq!(once.len(), arrived.len(), "twice: {arrived:?}");
        assert!(promised.is_subset(&once), "kept {promised:?}, arrived {arrived:?}");
        let reports: i64 = store(world)
            .query_row("SELECT reports FROM machines WHERE id = ?", [id(&status)], |row| row.get(0))
            .unwrap();
        assert_eq!(usize::try_from(reports).unwrap(), arrived.len(), "counted twice");
    }
}

fn store(world: &World) -> Connection {
    Connection::open(world.collector.folder().join("data/store.sqlite")).unwrap()
}

fn id(status: &Json) -> String {
    status["machine"].as_str().unwrap().to_owned()
}

fn host_name(report: &Json) -> String {
    report["topics"]["machine"]["facts"]["machine.host_name"]["known"].as_str().unwrap().to_owned()
}

fn history(world: &World, machine: &str) -> Vec<String> {
    let store = store(world);
    let mut statement = store
        .prepare("SELECT body FROM history WHERE topic = 'machine' AND machine = ? ORDER BY report")
        .unwrap();
    let rows = statement.query_map([machine], |row| row.get::<_, String>(0)).unwrap();
    rows.map(|body| {
        let topic: Json = serde_json::from_str(&body.unwrap()).unwrap();
        topic["facts"]["machine.host_name"]["known"].as_str().unwrap().to_owned()
    })
    .collect()
}

fn audited(world: &World, actions: &[&str]) -> i64 {
    let count = |action: &&str| -> i64 {
        store(world)
            .query_row("SELECT count(*) FROM audit WHERE action = ?", [action], |row| row.get(0))
            .unwrap()
    };
    actions.iter().map(count).sum()
}
