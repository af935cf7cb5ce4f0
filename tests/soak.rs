//! Ten minutes at full load in which connections, agents and the collector are killed at random:
//! what was acknowledged is stored, once, and neither memory nor files grow.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use harness::collector::stored_reports;
use harness::measure::Memory;
use harness::processes::open_files;
use harness::{Agent, Dice, Hand, Machine, Relay, Root, Running, World, is_long, until};

/// How long it goes on; LACHAN_SOAK_SECONDS says otherwise.
const SECONDS: u64 = 600;
/// Of these so many machines are hands that report without a pause,
const HANDS: usize = 200;
/// so many at a time,
const AT_A_TIME: usize = 20;
/// and so many are the real agent.
const AGENTS: usize = 5;
/// In the last four tenths the collector lives on, so that its memory can be watched.
const KILLS_UNTIL: f64 = 0.6;
/// It may grow by so much meanwhile, in KiB, and by a tenth: its allocator keeps pages, and the
/// store its cache.
const GROWTH: u64 = 8 * 1024;
/// Acknowledged reports, as machine and serial number.
type Acknowledged = Mutex<BTreeSet<(String, String)>>;

#[test]
fn long_ten_minutes_of_kills_lose_nothing_and_leave_memory_and_files_as_they_were() {
    if !is_long("long_ten_minutes_of_kills_lose_nothing_and_leave_memory_and_files_as_they_were") {
        return;
    }
    let asked = std::env::var("LACHAN_SOAK_SECONDS").ok().map(|text| text.parse().unwrap());
    let whole = Duration::from_secs(asked.unwrap_or(SECONDS));
    let mut world = World::with_settings(
        &["pc-01,stp,workstation,lan,,,,2026-01-01,"],
        "contacts_per_hour = 3600000\ncontact_interval = \"1m\"\nnew_per_address = 10000\n",
    );
    let relay = Relay::before(world.collector.agents);
    let uses = (HANDS + AGENTS).to_string();
    let token = world.collector.token(&["--unregistered", "--uses", &uses, "--unit", "stp"]);
    let machines: Vec<_> = (0..HANDS).map(|_| Machine::join(&world, &token)).collect();
    let mut offices: Vec<_> =
        (0..AGENTS).map(|number| Office::join(&world, number, &token)).collect();
    let (acknowledged, is_over) = (Acknowledged::default(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        for crew in machines.chunks(HANDS / AT_A_TIME) {
            let (acknowledged, is_over, relay) = (&acknowledged, &is_over, &relay);
            scope.spawn(move || work(crew, relay, acknowledged, is_over));
        }
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            torment(&mut world, &relay, &mut offices, whole);
        }));
        is_over.store(true, Ordering::Relaxed);
        if let Err(panic) = outcome {
            std::panic::resume_unwind(panic);
        }
    });
    offices.iter_mut().for_each(Office::settle);
    let files = open_files(world.collector.pid());
    println!(
        "{} reports acknowledged, {files} files at the end",
        acknowledged.lock().unwrap().len()
    );
    offices.iter().for_each(|office| office.check(&world));
    check_stored(&world, &machines, &acknowledged.into_inner().unwrap());
    assert!(world.collector.command(&["audit", "verify"]).status.success());
}

/// Each machine in turn reports something new until it is acknowledged.
fn work(crew: &[Machine], relay: &Relay, acknowledged: &Acknowledged, is_over: &AtomicBool) {
    let hands: Vec<Hand> =
        crew.iter().map(|machine| machine.hand.clone().towards(relay.address)).collect();
    for sequence in 1.. {
        for (machine, hand) in crew.iter().zip(&hands) {
            if is_over.load(Ordering::Relaxed) {
                return;
            }
            let serial = format!("R{sequence}");
            let body = machine.report(sequence, &serial).to_string();
            until("the report is acknowledged", || {
                match hand.post("/v1/reports", body.as_bytes()) {
                    Ok(answer) if answer.status == 200 => true,
                    Ok(answer) => {
                        assert_eq!(answer.status, 503, "{answer:?}");
                        false
                    }
                    Err(_) => false,
                }
            });
            acknowledged.lock().unwrap().insert((machine.id.to_string(), serial));
        }
    }
}

/// Kills what may be killed at random, and watches the collector.
fn torment(world: &mut World, relay: &Relay, offices: &mut [Office], whole: Duration) {
    let (began, mut dice) = (Instant::now(), Dice::new(6));
    let (mut cut, mut agents, mut collectors) = (0, 0, 0);
    let mut watch = Watch::default();
    while began.elapsed() < whole {
        std::thread::sleep(Duration::from_millis(500 + dice.below(1000)));
        cut += relay.cut(&mut dice, 3);
        if dice.below(4) == 0 {
            let unlucky = dice.below(offices.len() as u64);
            offices[usize::try_from(unlucky).unwrap()].is_killed();
            agents += 1;
        }
        let may_kill = began.elapsed() < whole.mul_f64(KILLS_UNTIL);
        if may_kill && dice.below(8) == 0 {
            world.collector.kill();
            world.collector.restart();
            collectors += 1;
        } else if !may_kill {
            watch.look(world.collector.pid());
        }
    }
    println!("{cut} connections cut, {agents} agents and {collectors} collectors killed");
    assert!(cut > 50 && agents > 5 && collectors > 3, "not much of a torment");
    watch.is_flat();
}

/// Memory and files of one collector's life.
#[derive(Debug, Default)]
struct Watch {
    anonymous: Vec<u64>,
    files: Vec<usize>,
}

impl Watch {
    fn look(&mut self, pid: u32) {
        self.anonymous.push(Memory::of(pid).anonymous);
        self.files.push(open_files(pid));
    }

    /// The last fifth holds no more than the second one did: the first has settled by then.
    fn is_flat(&self) {
        let fifth = self.anonymous.len() / 5;
        assert!(fifth >= 3, "too few looks: {self:?}");
        let last = self.anonymous.len() - fifth;
        let memory = |from: usize| self.anonymous[from..from + fifth].iter().max().unwrap();
        let files = |from: usize| self.files[from..from + fifth].iter().max().unwrap();
        let (early, late) = (memory(fifth), memory(last));
        println!("from {early} to {late} KiB, from {} to {} files", files(fifth), files(last));
        assert!(*late <= early + early / 10 + GROWTH, "{self:?}");
        assert!(*files(last) <= files(fifth) + AT_A_TIME, "{self:?}");
    }
}

/// An agent that is killed and started again.
struct Office {
    root: Root,
    agent: Agent,
    running: Option<Running>,
    lives: usize,
}

impl Office {
    fn join(world: &World, number: usize, token: &str) -> Self {
        let root = world.root("debian12-bare", &format!("pc-{number}"));
        root.write("etc/machine-id", &format!("{number:032x}\n"));
        let agent = Agent::over(&root, &world.folder().join(format!("agent-{number}")));
        agent.enrol(token);
        let running = Some(agent.start());
        Self { root, agent, running, lives: 1 }
    }

    fn is_killed(&mut self) {
        if let Some(running) = &mut self.running {
            running.kill();
        }
        self.lives += 1;
        self.root.write("etc/hostname", &format!("life-{}\n", self.lives));
        self.running = Some(self.agent.start());
    }

    /// Ends it and lets it get rid of what it has kept.
    fn settle(&mut self) {
        self.running.take().map(|mut running| running.terminate());
        self.agent.report();
    }

    /// What it holds for acknowledged is stored, and it holds nothing back.
    fn check(&self, world: &World) {
        let status = self.agent.status();
        let acknowledged = status["last_accepted"]["sequence"].as_i64().unwrap();
        let store = world.collector.folder().join("data/store.sqlite");
        let stored: i64 = rusqlite::Connection::open(store)
            .unwrap()
            .query_row(
                "SELECT sequence FROM machines WHERE id = ?",
                [status["machine"].as_str().unwrap()],
                |row| row.get(0),
            )
            .unwrap();
        assert!(stored >= acknowledged, "{acknowledged} was acknowledged, {stored} is stored");
        assert!(status["spooled"].is_null(), "{status}");
        assert_eq!(status["dropped"], 0, "{status}");
    }
}

/// Every acknowledged report is there once, and no other one of these machines is.
fn check_stored(world: &World, machines: &[Machine], acknowledged: &BTreeSet<(String, String)>) {
    let hands: BTreeSet<_> = machines.iter().map(|machine| machine.id.to_string()).collect();
    let mut stored = stored_reports(world);
    stored.retain(|(machine, _), _| hands.contains(machine));
    let twice: Vec<_> = stored.iter().filter(|(_, copies)| **copies != 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    let stored: BTreeSet<_> = stored.into_keys().collect();
    let lost: Vec<_> = acknowledged.difference(&stored).collect();
    assert!(lost.is_empty(), "acknowledged and not stored: {lost:?}");
    let untold: Vec<_> = stored.difference(acknowledged).collect();
    assert!(untold.is_empty(), "stored and never acknowledged: {untold:?}");
}
