//! What was is told as it was, by a running collector and by its store alone, and the figures of a
//! cut-off stay.

use std::path::Path;

use harness::program::{all, built, printed, run};
use harness::{Collector, free_port, until};
use serde_json::Value as Json;

/// A simulated office with a cut-off in its history, and the collector that runs on it.
struct Office {
    collector: Collector,
    truth: Json,
    _folder: tempfile::TempDir,
}

impl Office {
    fn served() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("office");
        let (agents, metrics) = (free_port(), free_port());
        let said = run(
            &built("lachan-collector"),
            &[
                "simulate",
                "--dir",
                text(&dir),
                "--machines",
                "120",
                "--days",
                "400",
                "--seed",
                "5",
                "--listen",
                &agents.to_string(),
                "--metrics",
                &metrics.to_string(),
                "--public",
                "127.0.0.1",
            ],
        );
        let _ = printed(&said);
        let truth = std::fs::read(dir.join("truth.json")).unwrap();
        let truth = serde_json::from_slice(&truth).unwrap();
        let collector = Collector::start(&dir, agents, metrics);
        Self { collector, truth, _folder: folder }
    }

    /// The snapshots of the cut-offs, once the collector has made them.
    fn snapshots(&self) -> Vec<Json> {
        until("the snapshots of both cut-offs", || self.list().len() >= 2);
        self.list()
    }

    fn list(&self) -> Vec<Json> {
        self.collector.json(&["snapshot", "list"]).as_array().unwrap().clone()
    }

    fn refused(&self, arguments: &[&str], with: &[&str]) {
        let output = self.collector.command(arguments);
        assert_eq!(output.status.code(), Some(1), "{}", all(&output));
        let said = all(&output);
        with.iter().for_each(|words| assert!(said.contains(words), "{words}\n{said}"));
    }
}

fn undated(machines: &Json) -> Json {
    let mut machines = machines.clone();
    for machine in machines.as_array_mut().unwrap() {
        machine["since"] = Json::Null;
    }
    machines
}

#[test]
fn the_last_second_is_told_as_the_present_is_and_by_a_store_at_rest_as_well() {
    let mut office = Office::served();
    let at = now(-1);
    let posture = office.collector.json(&asked(&["posture"], &at));
    assert_eq!(posture["states"], office.truth["states"]);
    assert_eq!(posture["known"], "then");
    let machines = office.collector.json(&asked(&["machine", "list"], &at));
    // The log of verdicts begins when it is first served: of before it tells nothing.
    let present = office.collector.json(&["machine", "list"]);
    assert_eq!(undated(&machines), undated(&present));
    let mut registered = machines.as_array().unwrap().iter().filter(|one| one["row"].is_string());
    let listed = registered.next().unwrap();
    let name = listed["row"].as_str().unwrap();
    for command in [["machine", "show", name], ["policy", "explain", name]] {
        let told = office.collector.json(&asked(&command, &at));
        for key in ["row", "id", "unit", "state", "failing", "last_contact"] {
            assert_eq!(told["machine"][key], listed[key], "{key}");
        }
    }
    let now_known = office.collector.json(&asked(&["posture", "--as-known-now"], &at));
    assert_eq!(
        (&now_known["known"], &now_known["states"]),
        (&Json::from("now"), &posture["states"])
    );

    let past = office.collector.json(&["posture", "--at", "14/6/2026"]);
    assert_ne!(past["states"], posture["states"]);
    assert!(office.collector.terminate());
    assert_eq!(office.collector.json(&asked(&["posture"], &at)), posture);
    assert_eq!(office.collector.json(&["posture", "--at", "2026-06-14"]), past);
}

#[test]
fn a_moment_that_is_not_over_or_before_all_that_is_known_is_refused_with_what_to_do() {
    let office = Office::served();
    office.refused(&["posture", "--at", "31/12/2199"], &["not over yet", "forecast"]);
    office.refused(&["machine", "list", "--at", "1/1/2001"], &["the store goes back to 20"]);
    office.refused(&["posture", "--at", "6/14/2026"], &["is no moment", "14/6/2026"]);
}

#[test]
fn each_cut_off_of_the_past_gets_its_one_snapshot_which_agrees_with_the_past_and_with_itself() {
    let office = Office::served();
    let snapshots = office.snapshots();
    let cut_offs: Vec<_> = snapshots.iter().map(|one| one["cut_off"].as_str().unwrap()).collect();
    assert!(cut_offs.contains(&"2026-06-14"), "{cut_offs:?}");
    for snapshot in &snapshots {
        let (id, day) = (snapshot["id"].to_string(), snapshot["cut_off"].as_str().unwrap());
        let shown = office.collector.json(&["snapshot", "show", &id]);
        let posture = office.collector.json(&["posture", "--at", day]);
        for same in ["states", "declared", "sample"] {
            assert_eq!(shown["outcomes"][same], posture[same], "{day} {same}");
        }
        assert_eq!((&shown["at"], &shown["policies"]), (&posture["at"], &posture["policies"]));
        let verified = office.collector.command(&["snapshot", "verify", &id, "--lang", "en"]);
        assert_eq!(verified.status.code(), Some(0), "{}", all(&verified));
        assert!(printed(&verified).contains("GOOD"));
    }
    office.refused(&["snapshot", "create"], &["was made already", "--at"]);
    office.refused(&["snapshot", "show", "99"], &["there is no snapshot 99"]);
    let made = office.collector.command(&["snapshot", "create", "--at", "2026-06-14"]);
    assert_eq!(made.status.code(), Some(0), "{}", all(&made));
    let listed = office.list();
    assert_eq!(listed.len(), snapshots.len() + 1);
    assert_eq!(listed.iter().filter(|one| one["cut_off"].is_null()).count(), 1);
}

#[test]
fn a_store_at_rest_shows_and_verifies_snapshots_and_makes_none() {
    let mut office = Office::served();
    let snapshots = office.snapshots();
    assert!(office.collector.terminate());
    assert_eq!(office.list(), snapshots);
    let verified = office.collector.json(&["snapshot", "verify", "1"]);
    assert_eq!(verified["findings"], serde_json::json!([]));
    office.refused(&["snapshot", "create"], &["no collector runs here"]);
}

fn asked<'a>(arguments: &[&'a str], at: &'a str) -> Vec<&'a str> {
    [arguments, &["--at", at]].concat()
}

/// The present, so many seconds on, as RFC 3339.
fn now(seconds: i64) -> String {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let now = i64::try_from(since_epoch.as_secs()).unwrap() + seconds;
    report::Timestamp(now).to_string()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
