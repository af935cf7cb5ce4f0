//! The real binary under a service manager: it says when it is ready, and ends when it is told to.

use std::io::ErrorKind;
use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::{Collector, Machine, joined};

/// Long enough for a slow machine; a failure, not a measurement.
const PATIENCE: Duration = Duration::from_secs(60);

struct Service {
    child: Child,
    manager: UnixDatagram,
}

impl Service {
    fn start(machine: &Machine) -> Self {
        let socket = machine.root().join("notify");
        let manager = UnixDatagram::bind(&socket).unwrap();
        manager.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut command = agent(machine);
        command.arg("run").env("NOTIFY_SOCKET", &socket);
        Self { child: command.spawn().unwrap(), manager }
    }

    fn says(&self) -> String {
        let mut message = [0; 256];
        loop {
            match self.manager.recv(&mut message) {
                Ok(length) => return String::from_utf8(message[..length].to_vec()).unwrap(),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => panic!("the service says nothing: {error}"),
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the test starts the very binary it is about")]
fn agent(machine: &Machine) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lachan-agent"));
    command
        .arg("--state")
        .arg(machine.state().path())
        .arg("--root")
        .arg(machine.root())
        .args(["--lang", "en"])
        .stdin(Stdio::null());
    command
}

#[tokio::test]
async fn the_service_is_ready_and_ends_on_both_signals() {
    let collector = Collector::start().await;
    for signal in [Signal::TERM, Signal::INT] {
        let machine = joined(&collector).await;
        let mut service = Service::start(&machine);
        assert_eq!(service.says().trim(), "READY=1");
        let pid = Pid::from_child(&service.child);
        kill_process(pid, signal).unwrap();
        assert_eq!(service.says().trim(), "STOPPING=1");
        assert_eq!(service.child.wait().unwrap().code(), Some(0));
    }
}

#[tokio::test]
async fn a_machine_that_never_enrolled_is_told_what_to_do() {
    let machine = Machine::new();
    let output = agent(&machine).args(["run", "--once"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.starts_with("lachan-agent: failed to ") && said.contains("enrol --token-file"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_whole_way_by_command_line() {
    let collector = Collector::start().await;
    let machine = Machine::new();
    let run = |arguments: Vec<String>| {
        let mut command = agent(&machine);
        tokio::task::block_in_place(|| command.args(arguments).output().unwrap())
    };
    let token = machine.root().join("token");
    std::fs::write(&token, format!("{}\n", collector.token())).unwrap();
    let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();

    let enrolled = run(words(&format!("enrol --token-file {}", token.display())));
    assert_eq!(enrolled.status.code(), Some(0), "{enrolled:?}");
    let before = run(words("status"));
    assert_eq!(before.status.code(), Some(2), "not judged yet");
    let reported = run(words("run --once"));
    assert_eq!(reported.status.code(), Some(0), "{reported:?}");
    assert_eq!(String::from_utf8(reported.stdout).unwrap(), "unprotected\n");
    let status = run(words("status --json"));
    assert_eq!(status.status.code(), Some(2), "unprotected is a finding");
    let status: serde_json::Value = serde_json::from_slice(&status.stdout).unwrap();
    assert_eq!(status["verdict"]["state"], "unprotected");

    collector.will([super::Next::Busy(1)]);
    let busy = run(words("run --once"));
    assert_eq!(busy.status.code(), Some(1));
    let said = String::from_utf8(busy.stderr).unwrap();
    assert!(said.contains("503") && said.contains("is kept"), "{said}");

    let survey = run(words("survey --json"));
    let survey: serde_json::Value = serde_json::from_slice(&survey.stdout).unwrap();
    let sent: serde_json::Value =
        serde_json::from_slice(&collector.seen().last().unwrap().body).unwrap();
    let shown = |topics: &serde_json::Value| topics["machine"]["facts"].clone();
    assert_eq!(shown(&survey), shown(&sent["topics"]), "what is shown is what is sent");

    let doctor = run(words("doctor --json"));
    assert_eq!(doctor.status.code(), Some(2), "no service is at work: {doctor:?}");
    let doctor: serde_json::Value = serde_json::from_slice(&doctor.stdout).unwrap();
    assert_eq!(doctor["checks"][0]["question"], "configuration");
    assert_eq!(doctor["checks"][0]["health"], "fine");
    assert_eq!(collector.seen().pop().unwrap().path, "/v1/clock");
}
