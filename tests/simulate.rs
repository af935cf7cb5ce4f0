//! An office that does not exist, served by the real collector: what it says of everyone agrees
//! with the truth that was counted without it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use harness::program::{built, printed, run};
use harness::{Collector, free_port, is_long};
use serde_json::Value as Json;

struct Office {
    collector: Collector,
    truth: Json,
    _folder: tempfile::TempDir,
}

impl Office {
    fn served(machines: &str, days: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("office");
        let (agents, metrics) = (free_port(), free_port());
        let ports = [agents.to_string(), metrics.to_string()];
        let options = ["--machines", machines, "--days", days];
        let served = ["--listen", &ports[0], "--metrics", &ports[1], "--public", "127.0.0.1"];
        let said = simulate(&dir, &[options.as_slice(), &served].concat());
        assert!(said.contains("SIMULATION"), "{said}");
        let truth = truth(&dir);
        let collector = Collector::start(&dir, agents, metrics);
        Self { collector, truth, _folder: folder }
    }

    /// Holds everything the collector shows against the truth.
    fn agrees(&self) {
        let untold = [&self.truth["untold_rules"], &self.truth["untold_targets"]];
        let nothing = serde_json::json!([]);
        assert_eq!(untold, [&nothing, &nothing], "the simulation has no truth about these");
        self.posture_agrees();
        self.list_agrees();
        self.metrics_agree();
        let log = self.collector.log();
        assert!(log.contains("this is a simulation (mô phỏng)"), "{log}");
    }

    fn posture_agrees(&self) {
        let posture = self.collector.json(&["posture"]);
        assert_eq!(posture["sample"], true);
        assert_eq!(posture["states"], self.truth["states"]);
        let targets: BTreeMap<_, _> = list(&posture["targets"])
            .iter()
            .map(|target| {
                let count =
                    serde_json::json!({ "members": target["members"], "met": target["met"] });
                (text(&target["target"]), count)
            })
            .collect();
        assert_eq!(serde_json::json!(targets), self.truth["targets"]);
    }

    fn list_agrees(&self) {
        let machines = self.collector.json(&["machine", "list"]);
        let told: BTreeMap<_, _> = list(&machines)
            .iter()
            .map(|machine| {
                let name = machine["row"].as_str().unwrap_or_else(|| text(&machine["id"]));
                let told = serde_json::json!({
                    "state": machine["state"], "unit": machine["unit"], "failing": machine["failing"],
                });
                (name, told)
            })
            .collect();
        let truth = self.truth["members"].as_object().unwrap();
        assert_eq!(told.len(), truth.len());
        for (name, told) in told {
            assert_eq!(Some(&told), truth.get(name), "{name}");
        }
    }

    fn metrics_agree(&self) {
        let page = self.collector.scrape();
        let value = |series: String| page.value(&series).unwrap_or(0.0);
        for (family, label, counts) in [
            ("lachan_machines", "unit", &self.truth["units"]),
            ("lachan_machines_by_kind", "kind", &self.truth["kinds"]),
            ("lachan_machines_by_level", "level", &self.truth["levels"]),
        ] {
            for (named, states) in counts.as_object().unwrap() {
                for (state, count) in states.as_object().unwrap() {
                    // On the page labels stand in alphabetical order.
                    let mut labels = [(label, named), ("state", state)];
                    labels.sort_unstable();
                    let [(one, of_one), (other, of_other)] = labels;
                    let series = format!("{family}{{{one}=\"{of_one}\",{other}=\"{of_other}\"}}");
                    assert_eq!(value(series.clone()), count.as_f64().unwrap(), "{series}");
                }
            }
            let everyone = page.sum(family, &format!("{label}="));
            let truth = self.truth["members"].as_object().unwrap().len();
            assert_eq!(everyone as usize, truth, "{family}");
        }
        for (rule, verdicts) in self.truth["rules"].as_object().unwrap() {
            for (verdict, count) in verdicts.as_object().unwrap() {
                let of_all_levels = ["1", "2", "3", "4", "5", "undetermined"].map(|level| {
                    value(format!(
                        "lachan_rule_machines{{level=\"{level}\",rule=\"{rule}\",verdict=\"{verdict}\"}}"
                    ))
                });
                let told: f64 = of_all_levels.iter().sum();
                assert_eq!(told, count.as_f64().unwrap(), "{rule} {verdict}");
            }
        }
        for (target, count) in self.truth["targets"].as_object().unwrap() {
            let label = format!("target=\"{target}\"");
            let members = page.sum("lachan_target_members", &label);
            assert_eq!(members, count["members"].as_f64().unwrap(), "{target}");
            let observed = page.sum("lachan_target_met", &format!("evidence=\"observed\",{label}"));
            assert_eq!(observed, count["met"].as_f64().unwrap(), "{target}");
            let attested = page.sum("lachan_target_met", &format!("evidence=\"attested\",{label}"));
            assert_eq!(
                attested,
                self.truth["attested"][target].as_f64().unwrap_or(0.0),
                "{target}"
            );
        }
        for (unit, heads) in self.truth["declared"].as_object().unwrap() {
            let told = value(format!("lachan_declared_machines{{unit=\"{unit}\"}}"));
            assert_eq!(told, heads.as_f64().unwrap(), "{unit}");
        }
        let waivers = page.sum("lachan_waivers", "rule=");
        assert_eq!(waivers, self.truth["waivers"].as_f64().unwrap());
        for (age, count) in self.truth["report_age"].as_object().unwrap() {
            let told = value(format!("lachan_machines_by_report_age{{age=\"{age}\"}}"));
            assert_eq!(told, count.as_f64().unwrap(), "{age}");
        }
        for (unit, count) in self.truth["unregistered"].as_object().unwrap() {
            let told = value(format!("lachan_unregistered_machines{{unit=\"{unit}\"}}"));
            assert_eq!(told, count.as_f64().unwrap(), "{unit}");
        }
        let skew = self.truth["clock_skew_median"].as_f64().unwrap();
        assert_eq!(value("lachan_clock_skew_median_seconds".to_owned()), skew);
        assert_eq!(value("lachan_register_sample".to_owned()), 1.0);
    }
}

fn simulate(dir: &Path, options: &[&str]) -> String {
    let folder = dir.to_str().unwrap();
    let all = [&["simulate", "--lang", "en", "--dir", folder], options].concat();
    printed(&run(&built("lachan-collector"), &all))
}

fn truth(dir: &Path) -> Json {
    serde_json::from_slice(&std::fs::read(dir.join("truth.json")).unwrap()).unwrap()
}

fn list(json: &Json) -> &Vec<Json> {
    json.as_array().unwrap()
}

fn text(json: &Json) -> &str {
    json.as_str().unwrap()
}

#[test]
fn what_a_collector_says_of_a_simulated_office_is_the_truth() {
    Office::served("2000", "60").agrees();
}

#[test]
fn long_what_a_collector_says_of_twenty_thousand_machines_is_the_truth() {
    let name = "long_what_a_collector_says_of_twenty_thousand_machines_is_the_truth";
    if is_long(name) {
        Office::served("20000", "60").agrees();
    }
}

/// Every file that is made of the seed alone, and every row of the store.
fn made(dir: &Path) -> BTreeMap<PathBuf, String> {
    let mut files = BTreeMap::new();
    for file in ["units.toml", "systems.toml", "machines.csv"] {
        let path = dir.join("policies/register").join(file);
        files.insert(PathBuf::from(file), std::fs::read_to_string(path).unwrap());
    }
    files.insert("truth.json".into(), truth(dir).to_string());
    let store = rusqlite::Connection::open(dir.join("data/store.sqlite")).unwrap();
    for table in ["machines", "certificates", "topics", "history", "contacts", "audit"] {
        let mut statement = store.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns = statement.column_count();
        let row = |row: &rusqlite::Row<'_>| {
            let cells = (0..columns).map(|column| row.get::<_, rusqlite::types::Value>(column));
            cells.map(|cell| cell.map(|cell| format!("{cell:?};"))).collect::<Result<String, _>>()
        };
        let rows: Result<Vec<_>, _> = statement.query_map([], row).unwrap().collect();
        files.insert(table.into(), rows.unwrap().join("\n"));
    }
    files
}

#[test]
fn the_same_seed_makes_the_same_office_to_the_last_byte() {
    let folder = tempfile::tempdir().unwrap();
    let made = |name: &str, seed: &str| {
        let dir = folder.path().join(name);
        let when = ["--machines", "60", "--days", "20", "--until", "2026-11-20"];
        let _ = simulate(&dir, &[when.as_slice(), &["--seed", seed]].concat());
        (made(&dir), dir)
    };
    let ((one, dir), (same, _), (other, _)) = (made("one", "7"), made("same", "7"), made("o", "8"));
    for (file, text) in &one {
        assert!(text == &same[file], "{} differs", file.display());
        let is_of_the_tree = file == Path::new("units.toml");
        assert!(is_of_the_tree || text != &other[file], "{} is the same", file.display());
    }

    let refused = run(
        &built("lachan-collector"),
        &["simulate", "--dir", dir.to_str().unwrap(), "--machines", "1"],
    );
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("is not empty"));
}

#[test]
fn a_store_that_holds_a_simulation_is_not_served_in_earnest() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("office");
    let _ = simulate(&dir, &["--machines", "10", "--days", "1"]);
    let settings = dir.join("collector.toml");
    let earnest = std::fs::read_to_string(&settings).unwrap().replace("allow_sample = true", "");
    let ports = format!("listen = \"{}\"\nmetrics = \"{}\"\n{earnest}", free_port(), free_port());
    std::fs::write(&settings, ports).unwrap();
    // Not even with a register in earnest.
    for file in ["machines.csv", "units.toml", "systems.toml"] {
        std::fs::write(dir.join("policies/register").join(file), "").unwrap();
    }
    let refused =
        run(&built("lachan-collector"), &["serve", "--config", settings.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("holds a simulation"), "{said}");
}
