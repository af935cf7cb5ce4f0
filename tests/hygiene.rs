//! A process like any other on an office PC: it ends when it is told to, leaves nothing behind,
//! and is not brought down by what it looks at.

use std::fs;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use harness::processes::{children, is_gone, kill, open_files, threads};
use harness::program::Running;
use harness::{Agent, Root, World, until};
use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat, open};

const ROW: &str = "pc-01,stp,workstation,lan,,,,2026-01-01,";

/// What the agent promises: the one time that is asserted here.
const END: Duration = Duration::from_secs(2);

struct Office {
    world: World,
    root: Root,
    agent: Agent,
}

impl Office {
    fn new() -> Self {
        let world = World::with_machines(&[ROW]);
        let root = world.root("debian12-clamav", "pc");
        let agent = world.joined_agent(&root, "pc-01");
        Self { world, root, agent }
    }

    /// Runs until the first report was accepted.
    fn reported(&self, manager: &[(&str, &str)]) -> Running {
        let running = self.agent.start_under(manager);
        until("the report is accepted", || !self.agent.status()["last_accepted"].is_null());
        running
    }

    /// Runs up to the middle of a survey that hangs for as long as the second value lives.
    fn hanging(&self, manager: &[(&str, &str)]) -> (Running, OwnedFd) {
        let before_start = Pipe::laid(self.root.path());
        let running = self.agent.start_under(manager);
        // The service itself reads the file once, when it starts.
        let service = before_start.reader();
        let before_survey = Pipe::laid(self.root.path());
        drop(service);
        let survey = before_survey.reader();
        fs::remove_file(&before_survey.0).unwrap();
        assert_eq!(children(running.id()).len(), 1, "{}", running.log());
        (running, survey)
    }
}

/// A file of a recorded machine that does not answer: whoever reads it waits for its writer.
struct Pipe(PathBuf);

impl Pipe {
    fn laid(root: &Path) -> Self {
        let (place, aside) = (root.join(".recording"), root.join(".recording.new"));
        mknodat(CWD, &aside, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        fs::rename(aside, &place).unwrap();
        Self(place)
    }

    /// Waits until somebody reads, and keeps them waiting.
    fn reader(&self) -> OwnedFd {
        let mut writer = None;
        until("somebody reads", || {
            writer = open(&self.0, OFlags::WRONLY | OFlags::NONBLOCK, Mode::empty()).ok();
            writer.is_some()
        });
        writer.unwrap()
    }
}

/// Told to end, it ends well and in time.
fn ends(mut running: Running) {
    let children = children(running.id());
    let told = Instant::now();
    running.ask_to_end();
    while running.is_running() {
        assert!(told.elapsed() < END, "it still runs:\n{}", running.log());
        sleep(Duration::from_millis(10));
    }
    assert!(running.terminate(), "it ended badly:\n{}", running.log());
    for child in children {
        until("its child is gone", || is_gone(child.id));
    }
}

#[test]
fn it_ends_at_once_while_it_waits() {
    ends(Office::new().reported(&[]));

    let office = Office::new();
    office.agent.settings("first_contact_spread = \"1h\"\n");
    let running = office.agent.start();
    until("it waits for its first contact", || running.log().contains("waiting"));
    ends(running);
}

#[test]
fn it_ends_at_once_while_a_survey_hangs() {
    let office = Office::new();
    let (running, _survey) = office.hanging(&[]);
    ends(running);
}

#[test]
fn it_ends_at_once_while_a_collector_does_not_answer() {
    let office = Office::new();
    let black_hole = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = black_hole.local_addr().unwrap();
    office
        .agent
        .settings(&format!("collectors = [\"{address}\"]\nfirst_contact_spread = \"0s\"\n"));
    let running = office.agent.start();
    let (_connection, _) = black_hole.accept().unwrap();
    ends(running);
}

#[test]
fn an_agent_that_is_killed_takes_its_survey_with_it() {
    let office = Office::new();
    let (mut running, _survey) = office.hanging(&[]);
    let [child] = children(running.id())[..] else { panic!("one child") };
    running.kill();
    until("the child is gone", || is_gone(child.id));
}

#[test]
fn a_survey_that_is_killed_costs_its_topics_and_not_the_agent() {
    let office = Office::new();
    let (mut running, _survey) = office.hanging(&[]);
    let [child] = children(running.id())[..] else { panic!("one child") };
    kill(child.id);
    until("the report is accepted", || !office.agent.status()["last_accepted"].is_null());
    assert!(running.is_running());
    assert_eq!(children(running.id()), []);
    for topic in ["machine", "assignment", "antivirus", "patches"] {
        let why = format!(
            "failed to look at {topic}: the survey did not come to it: it ended \
             with signal: 9"
        );
        assert!(running.log().contains(&why), "{}", running.log());
    }
    let metrics = office.world.collector.scrape();
    let unknown = metrics.value(r#"lachan_machines{state="unknown",unit="stp"}"#);
    assert_eq!(unknown, Some(1.0), "{}", metrics.text);
}

#[test]
fn between_surveys_it_is_two_threads_without_a_child() {
    let office = Office::new();
    let running = office.reported(&[]);
    // One works, one waits for what changes on the disk.
    until("two threads are left", || threads(running.id()) == 2);
    assert_eq!(children(running.id()), []);
    // Its three standard streams, the lock on its folder, and what waits for events, signals and
    // changes.
    let files = open_files(running.id());
    assert!(files <= 15, "{files} open files");
}

#[test]
fn the_service_manager_hears_when_it_is_ready_that_it_lives_and_when_it_ends() {
    let office = Office::new();
    let manager = Manager::in_folder(&office.root.path().join(".."));
    let mut running = office.agent.start_under(&manager.variables());
    assert_eq!(manager.hears(), "READY=1");
    for _ in 0..3 {
        assert_eq!(manager.hears(), "WATCHDOG=1");
    }
    running.ask_to_end();
    manager.hears_at_last("STOPPING=1");
    assert!(running.terminate(), "{}", running.log());
}

#[test]
fn a_survey_that_hangs_is_no_agent_that_hangs() {
    let office = Office::new();
    let manager = Manager::in_folder(&office.root.path().join(".."));
    let (running, _survey) = office.hanging(&manager.variables());
    assert_eq!(manager.hears(), "READY=1");
    for _ in 0..10 {
        assert_eq!(manager.hears(), "WATCHDOG=1");
    }
    ends(running);
}

/// The service manager's end of its socket.
struct Manager {
    socket: UnixDatagram,
    path: String,
}

impl Manager {
    fn in_folder(folder: &Path) -> Self {
        let path = folder.join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        Self { socket, path: path.to_str().unwrap().to_owned() }
    }

    /// It takes an agent for dead that says nothing for a fifth of a second.
    fn variables(&self) -> [(&str, &str); 2] {
        [("NOTIFY_SOCKET", &self.path), ("WATCHDOG_USEC", "200000")]
    }

    fn hears(&self) -> String {
        let mut message = [0; 256];
        let length = self.socket.recv(&mut message).expect("a word from the agent");
        String::from_utf8(message[..length].to_vec()).unwrap().trim().to_owned()
    }

    fn hears_at_last(&self, word: &str) {
        loop {
            let heard = self.hears();
            if heard == word {
                return;
            }
            assert_eq!(heard, "WATCHDOG=1");
        }
    }
}
