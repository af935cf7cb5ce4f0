//! A real Prometheus scrapes a real collector and answers the dashboard.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use harness::program::Running;
use harness::{Hand, World, free_port, until};
use serde_json::Value as Json;

fn packaging(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging").join(path)
}

/// A world with one reporting machine, one that never enrolled, and one refusal.
fn world() -> World {
    let world = World::with_machines(&[
        "pc-01,stp,workstation,lan,,,,2026-01-01,",
        "pc-02,stp,workstation,lan,,,,2026-01-01,",
    ]);
    let root = world.root("debian12-clamav", "pc");
    world.joined_agent(&root, "pc-01").report();
    assert!(Hand::new(&world, b"", None).post("/v1/reports", b"{}").is_err());
    until("the refusal is counted", || world.collector.refusals("no_certificate") == 1.0);
    world
}

#[test]
fn promtool_accepts_the_metrics_without_a_warning() {
    let world = world();
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let page = world.collector.scrape().text;
    promtool.stdin.take().unwrap().write_all(page.as_bytes()).unwrap();
    let output = promtool.wait_with_output().unwrap();
    let words = harness::program::all(&output);
    assert!(output.status.success(), "{words}");
    assert!(output.stdout.is_empty() && output.stderr.is_empty(), "{words}");
}

struct Prometheus {
    _running: Running,
    at: SocketAddr,
    _folder: tempfile::TempDir,
}

impl Prometheus {
    /// The shipped configuration, with this world's port and less patience.
    fn over(world: &World) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = free_port();
        let shipped = std::fs::read_to_string(packaging("prometheus/prometheus.yml")).unwrap();
        let mut settings = String::new();
        for line in shipped.lines() {
            let line = line
                .replace("127.0.0.1:9743", &world.collector.metrics.to_string())
                .replace("rules/*.yml", packaging("prometheus/rules/*.yml").to_str().unwrap());
            let patient = ["scrape_interval:", "evaluation_interval:", "scrape_timeout:"];
            match line.split_once(": ") {
                Some((key, _)) if patient.contains(&format!("{}:", key.trim()).as_str()) => {
                    settings += &format!("{key}: 1s\n");
                }
                _ => settings += &format!("{line}\n"),
            }
        }
        let file = folder.path().join("prometheus.yml");
        std::fs::write(&file, settings).unwrap();
        let arguments = [
            format!("--config.file={}", file.display()),
            format!("--storage.tsdb.path={}", folder.path().join("data").display()),
            format!("--web.listen-address={at}"),
        ];
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let log = folder.path().join("log");
        let running = Running::start(Path::new("/usr/bin/prometheus"), &arguments, &log);
        Self { _running: running, at, _folder: folder }
    }

    /// The result of a query; `None` while nobody answers.
    fn query(&self, expression: &str) -> Option<Vec<Json>> {
        let escaped: String = expression.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let mut stream = TcpStream::connect(self.at).ok()?;
        let request =
            format!("GET /api/v1/query?query={escaped} HTTP/1.0\r\nhost: {}\r\n\r\n", self.at);
        stream.write_all(request.as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let answer: Json = serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()?;
        assert_eq!(answer["status"], "success", "{expression}: {answer}");
        answer["data"]["result"].as_array().cloned()
    }

    fn value(&self, expression: &str) -> Option<f64> {
        let result = self.query(expression)?;
        result.first()?["value"][1].as_str()?.parse().ok()
    }
}

/// Every query of the shipped dashboard, with all units chosen.
fn dashboard_queries() -> Vec<String> {
    fn collect(value: &Json, into: &mut Vec<String>) {
        match value {
            Json::Object(object) => {
                if let Some(Json::String(expression)) = object.get("expr") {
                    into.push(expression.replace("$unit", ".*"));
                }
                object.values().for_each(|value| collect(value, into));
            }
            Json::Array(items) => items.iter().for_each(|value| collect(value, into)),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
        }
    }
    let text = std::fs::read_to_string(packaging("grafana/lachan.json")).unwrap();
    let mut queries = Vec::new();
    collect(&serde_json::from_str(&text).unwrap(), &mut queries);
    queries
}

#[test]
fn a_real_prometheus_answers_every_query_of_the_dashboard() {
    let world = world();
    let prometheus = Prometheus::over(&world);
    until("both books are scraped", || {
        prometheus.value("sum(up)") == Some(2.0)
            && prometheus.value("min(count_over_time(up[1m])) >= 4").is_some()
    });
    let queries = dashboard_queries();
    assert!(queries.len() > 20, "{queries:?}");
    for query in queries {
        until(&query, || prometheus.query(&query).is_some_and(|result| !result.is_empty()));
    }
    assert_eq!(prometheus.value("sum(lachan_machines)"), Some(2.0));
    let share = r#"target:lachan_target_share:floor{target="antivirus-licensed"}"#;
    until("the shares are recorded", || prometheus.value(share) == Some(0.0));
}
