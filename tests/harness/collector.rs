//! A collector in a world of its own.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde_json::Value as Json;

use crate::program::{Running, built, printed, run};
use crate::{Agent, Metrics, Root, free_port, until};

/// A folder with a register and a collector that runs on it.
#[derive(Debug)]
pub struct World {
    /// The collector. Goes before the folder, so that its log can still be shown.
    pub collector: Collector,
    folder: tempfile::TempDir,
}

/// A running collector.
#[derive(Debug)]
pub struct Collector {
    folder: PathBuf,
    running: Running,
    /// Where agents report.
    pub agents: SocketAddr,
    /// Where Prometheus scrapes.
    pub metrics: SocketAddr,
}

/// One unit and its office network.
const UNITS: &str = r#"
[[unit]]
id = "stp"
name = { vi = "Sở Tư pháp", en = "Department of Justice" }
"#;
const SYSTEMS: &str = r#"
[[system]]
id = "lan"
name = { vi = "Mạng nội bộ và máy trạm", en = "Office network and workstations" }
owner = "UBND tỉnh"
operator = "Sở Tư pháp"
unit = "stp"
legal_basis = "ND331_2026"
type = "infrastructure"
level = 2
status = "approved"
decision = { number = "12/QĐ-STP", date = 2026-09-01, authority = "Sở Tư pháp" }
regulation = { number = "11/QC-STP", date = 2026-08-03, authority = "Sở Tư pháp" }
deployment = "partial"
expected_deployment = 2027-06-30
"#;

impl World {
    /// A world whose register has these machines, one CSV line each without the header.
    ///
    /// # Panics
    /// When the collector does not come up.
    #[must_use]
    pub fn with_machines(rows: &[&str]) -> Self {
        Self::with_settings(rows, "")
    }

    /// The same, where machines may speak without a pause, as no honest one does.
    ///
    /// # Panics
    /// When the collector does not come up.
    #[must_use]
    pub fn without_limits(rows: &[&str]) -> Self {
        Self::with_settings(rows, "contacts_per_hour = 3600000\n")
    }

    /// The same with more lines in its settings.
    ///
    /// # Panics
    /// When the collector does not come up.
    #[must_use]
    pub fn with_settings(rows: &[&str], more: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (agents, metrics) = (free_port(), free_port());
        let dir = folder.path().join("c");
        let register = dir.join("policies/register");
        std::fs::create_dir_all(&register).expect("a folder");
        std::fs::write(register.join("units.toml"), UNITS).expect("units");
        std::fs::write(register.join("systems.toml"), SYSTEMS).expect("systems");
        std::fs::write(register.join("machines.csv"), machines_csv(rows)).expect("machines");
        let output = run(
            &built("lachan-collector"),
            &[
                "init",
                "--dir",
                text(&dir),
                "--listen",
                &agents.to_string(),
                "--metrics",
                &metrics.to_string(),
                "--public",
                "127.0.0.1",
                "--public",
                "localhost",
            ],
        );
        let _ = printed(&output);
        let settings = dir.join("collector.toml");
        let text = std::fs::read_to_string(&settings).expect("the settings");
        std::fs::write(&settings, text + more).expect("the settings");
        let collector = Collector::start(&dir, agents, metrics);
        Self { collector, folder }
    }

    /// The world's folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A file of the policies.
    #[must_use]
    pub fn policies(&self, path: &str) -> PathBuf {
        self.collector.folder.join("policies").join(path)
    }

    /// A recorded machine, copied into this world under a name.
    #[must_use]
    pub fn root(&self, recording: &str, name: &str) -> Root {
        Root::copy(recording, &self.folder().join(name))
    }

    /// The real agent over a recorded root, joined as this register row.
    ///
    /// # Panics
    /// When it cannot join.
    #[must_use]
    pub fn joined_agent(&self, root: &Root, row: &str) -> Agent {
        let agent = Agent::over(root, &self.folder().join(format!("agent-{row}")));
        agent.enrol(&self.collector.token(&["--machine", row]));
        agent
    }
}

impl Collector {
    /// Starts one on a folder that is ready to be served.
    ///
    /// # Panics
    /// When it does not come up.
    #[must_use]
    pub fn start(folder: &Path, agents: SocketAddr, metrics: SocketAddr) -> Self {
        let running = start(folder);
        let mut collector = Self { folder: folder.to_owned(), running, agents, metrics };
        collector.wait_until_ready();
        collector
    }

    /// Starts it again where its metrics are told over TLS only.
    ///
    /// # Panics
    /// When it does not come up.
    pub fn restart_guarded(&mut self) {
        self.running = start(&self.folder);
        until("the collector listens", || {
            assert!(self.running.is_running(), "the collector ended:\n{}", self.running.log());
            TcpStream::connect(self.metrics).is_ok() && self.folder.join("data/admin.sock").exists()
        });
    }

    fn wait_until_ready(&mut self) {
        until("the collector is ready", || {
            assert!(self.running.is_running(), "the collector ended:\n{}", self.running.log());
            Metrics::scrape(self.metrics, "/readyz").is_some()
        });
    }

    /// What it wrote to its log.
    #[must_use]
    pub fn log(&self) -> String {
        self.running.log()
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Kills it with SIGKILL: nothing of its own is flushed or finished.
    pub fn kill(&mut self) {
        self.running.kill();
    }

    /// Asks it to end; says whether it ended well.
    pub fn terminate(&mut self) -> bool {
        self.running.terminate()
    }

    /// Starts it again.
    pub fn restart(&mut self) {
        *self = Self::start(&self.folder, self.agents, self.metrics);
    }

    /// Runs one of its commands on this folder.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> std::process::Output {
        let settings = self.folder.join("collector.toml");
        let mut all = arguments.to_vec();
        all.extend(["--config", text(&settings)]);
        run(&built("lachan-collector"), &all)
    }

    /// What one of its commands answers as JSON.
    ///
    /// # Panics
    /// When it prints none.
    #[must_use]
    pub fn json(&self, arguments: &[&str]) -> Json {
        let mut all = arguments.to_vec();
        all.push("--json");
        let output = self.command(&all);
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}\n{}", crate::program::all(&output)))
    }

    /// A join token.
    #[must_use]
    pub fn token(&self, options: &[&str]) -> String {
        let mut arguments = vec!["token", "create", "--quiet"];
        arguments.extend(options);
        printed(&self.command(&arguments)).trim().to_owned()
    }

    /// Both books.
    ///
    /// # Panics
    /// When it does not answer.
    #[must_use]
    pub fn scrape(&self) -> Metrics {
        Metrics::scrape(self.metrics, "/metrics").expect("the metrics")
    }

    /// How often it refused for this reason.
    #[must_use]
    pub fn refusals(&self, reason: &str) -> f64 {
        let series = format!("lachan_refusals_total{{reason=\"{reason}\"}}");
        self.scrape().value(&series).unwrap_or(0.0)
    }

    /// What the audit log tells of a refusal for this reason: each time who, and what else.
    ///
    /// # Panics
    /// When an entry is none.
    #[must_use]
    pub fn audited_refusals(&self, reason: &str) -> Vec<(String, String)> {
        let page = self.json(&["audit", "list", "--action", "refused"]);
        let text = |entry: &Json, field: &str| entry[field].as_str().expect("a text").to_owned();
        let entries = page["entries"].as_array().expect("entries");
        let of_reason = entries.iter().filter(|entry| entry["subject"] == reason);
        of_reason.map(|entry| (text(entry, "actor"), text(entry, "detail"))).collect()
    }

    /// The audit log tells once of the refusals for a reason: of a stranger at this address. It is
    /// written in the background, so this waits for it.
    ///
    /// # Panics
    /// When it does not, or tells something else.
    pub fn tells_once_of_a_stranger(&self, reason: &str, address: IpAddr) {
        let mut told = Vec::new();
        until(reason, || {
            told = self.audited_refusals(reason);
            !told.is_empty()
        });
        assert_eq!(told, [(format!("address:{address}"), String::new())], "{reason}");
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.running.id()
    }

    /// What it says of one machine.
    #[must_use]
    pub fn machine(&self, name: &str) -> Json {
        self.json(&["machine", "show", name])
    }
}

/// How often each report of a [machine](crate::Machine) that says its serial number stands in the
/// history, by machine and serial number.
///
/// # Panics
/// When the store cannot be read.
#[must_use]
pub fn stored_reports(world: &World) -> BTreeMap<(String, String), u32> {
    let store = Connection::open(world.collector.folder().join("data/store.sqlite"));
    let store = store.expect("the store");
    let mut statement = store
        .prepare("SELECT machine, body FROM history WHERE topic = 'machine'")
        .expect("the history");
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("rows");
    let mut stored = BTreeMap::new();
    for row in rows {
        let (machine, body): (String, String) = row.expect("a row");
        let body: Json = serde_json::from_str(&body).expect("JSON");
        let serial = &body["facts"]["machine.serial"]["known"];
        if let Some(serial) = serial.as_str() {
            *stored.entry((machine, serial.to_owned())).or_default() += 1;
        }
    }
    stored
}

/// A register's machines, with the header.
#[must_use]
pub fn machines_csv(rows: &[&str]) -> String {
    let header = "id,unit,kind,systems,serial,asset_tag,host_name,from,until,reports";
    std::iter::once(&header).chain(rows).map(|row| format!("{row}\n")).collect()
}

fn start(folder: &Path) -> Running {
    let settings = folder.join("collector.toml");
    let log = folder.join("collector.log");
    Running::start(&built("lachan-collector"), &["serve", "--config", text(&settings)], &log)
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}
