//! The way to a collector on this machine.

use harness::World;
use harness::program::{all, printed};
use harness::wine::Wine;
use serde_json::Value as Json;

pub(crate) const CONFIG: &str = r"C:\ProgramData\Lachan\agent.toml";
pub(crate) const STATE: &str = r"C:\ProgramData\Lachan\state";
const TOKEN: &str = r"C:\token";

/// Joins as `pc-01`; its first contact does not wait.
pub(crate) fn enrolled(wine: &Wine, world: &World) {
    wine.write(CONFIG, "first_contact_spread = \"0s\"\n");
    wine.write(TOKEN, &world.collector.token(&["--machine", "pc-01"]));
    let output = wine.agent(&["enrol", "--token-file", TOKEN]);
    assert!(output.status.success(), "{}", all(&output));
}

#[test]
fn windows_a_report_over_mutual_tls_is_judged_and_an_absent_security_center_is_not_known() {
    let test =
        "windows_a_report_over_mutual_tls_is_judged_and_an_absent_security_center_is_not_known";
    let Some(wine) = Wine::start(test) else { return };
    let world = World::with_machines(&["pc-01,stp,workstation,lan,,,,2026-01-01,"]);
    enrolled(&wine, &world);
    let _ = printed(&wine.agent(&["run", "--once"]));

    let shown = world.collector.machine("pc-01");
    let rules = shown["verdict"]["rules"].as_array().unwrap();
    let outcome = |rule: &str| -> &Json {
        &rules.iter().find(|entry| entry["rule"] == rule).unwrap()["outcome"]
    };
    for rule in ["antivirus-realtime", "antivirus-definitions-fresh", "antivirus-licensed"] {
        assert_eq!(outcome(rule), "unknown", "{rule}: {shown:#}");
    }
    let status = wine.agent(&["status", "--json"]);
    let status: Json = serde_json::from_slice(&status.stdout).unwrap();
    assert!(status["verdict"].is_object(), "{status:#}");
}
