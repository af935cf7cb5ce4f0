//! What the judge makes of recorded Windows machines.

use harness::World;
use serde_json::Value as Json;

const ROWS: [&str; 6] = [
    "pc-eset,stp,workstation,lan,,,,2026-01-01,",
    "pc-kaspersky,stp,workstation,lan,,,,2026-01-01,",
    "pc-bkav,stp,workstation,lan,,,,2026-01-01,",
    "pc-defender,stp,workstation,lan,,,,2026-01-01,",
    "pc-silent,stp,workstation,lan,,,,2026-01-01,",
    "may-chu,stp,server,lan,,,,2026-01-01,",
];

/// What a rule says of a machine.
fn ruling(world: &World, machine: &str, rule: &str) -> Json {
    let shown = world.collector.machine(machine);
    let rules = shown["verdict"]["rules"].as_array().unwrap().clone();
    let ruling = rules.into_iter().find(|it| it["rule"] == rule);
    ruling.unwrap_or_else(|| panic!("{rule}: {shown}"))["outcome"].clone()
}

#[test]
fn each_recorded_windows_machine_is_judged_by_the_product_that_protects_it() {
    let world = World::with_machines(&ROWS);
    for (machine, recording) in [
        ("pc-eset", "windows11-eset"),
        ("pc-kaspersky", "windows10-kaspersky"),
        ("pc-bkav", "windows10-bkav"),
        ("pc-defender", "windows11-defender"),
        ("may-chu", "windows-server-2022"),
    ] {
        let root = world.root(recording, machine);
        world.joined_agent(&root, machine).report();
        assert_eq!(ruling(&world, machine, "antivirus-realtime"), "pass", "{machine}");
        assert_eq!(ruling(&world, machine, "antivirus-sources-read"), "pass", "{machine}");
    }
    // Days that are left count from today on; what Bkav's licence is nobody can read; what comes
    // with Windows is no licence.
    let licensed = |machine| ruling(&world, machine, "antivirus-licensed");
    assert_eq!(licensed("pc-kaspersky"), "pass");
    assert_eq!(licensed("pc-bkav"), "unknown");
    assert_eq!(licensed("pc-defender"), "fail");
    assert_eq!(licensed("may-chu"), "fail");
}

#[test]
fn a_client_whose_security_center_does_not_answer_is_unknown_and_not_unprotected() {
    let world = World::with_machines(&ROWS);
    let root = world.root("windows11-defender", "pc-silent");
    root.remove("wmi");
    root.remove("security-center.json");
    root.write("services.json", "{}");
    world.joined_agent(&root, "pc-silent").report();
    for rule in ["antivirus-realtime", "antivirus-licensed"] {
        assert_eq!(ruling(&world, "pc-silent", rule), "unknown", "{rule}");
    }
}
