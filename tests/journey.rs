//! One report's way from a probe to a gauge, over the real binaries.

use harness::{Machine, Metrics, World, until};
use serde_json::json;

/// Everything but the licence and the updates is in order on this recorded machine.
#[test]
fn a_recorded_debian_with_clamav_becomes_exactly_these_gauges() {
    let world = World::with_machines(&["pc-01,stp,workstation,lan,,,,2026-01-01,"]);
    let root = world.root("debian12-clamav", "pc");
    world.joined_agent(&root, "pc-01").report();

    let metrics = world.collector.scrape();
    let is = |series: &str, expected: f64| {
        assert_eq!(metrics.value(series), Some(expected), "{series}\n{}", metrics.text);
    };
    is(r#"lachan_machines{state="unprotected",unit="stp"}"#, 1.0);
    is(r#"lachan_machines{state="protected",unit="stp"}"#, 0.0);
    is(r#"lachan_machines_by_kind{kind="workstation",state="unprotected"}"#, 1.0);
    is(r#"lachan_machines_by_level{level="2",state="unprotected"}"#, 1.0);
    for (rule, verdict) in [
        ("antivirus-realtime", "pass"),
        ("antivirus-definitions-fresh", "pass"),
        ("antivirus-licensed", "fail"),
        ("security-updates-installed", "fail"),
        ("os-supported", "pass"),
    ] {
        is(&format!(r#"lachan_rule_machines{{level="2",rule="{rule}",verdict="{verdict}"}}"#), 1.0);
    }
    is(r#"lachan_rule_failing_machines{rule="antivirus-licensed",unit="stp"}"#, 1.0);
    is(r#"lachan_rule_failing_machines{rule="antivirus-realtime",unit="stp"}"#, 0.0);
    is(r#"lachan_target_members{target="antivirus-licensed",unit="stp"}"#, 1.0);
    is(r#"lachan_target_met{evidence="observed",target="antivirus-licensed",unit="stp"}"#, 0.0);
    is(r#"lachan_target_met{evidence="observed",target="systems-classified",unit="stp"}"#, 1.0);
    is(r#"lachan_systems{classification="approved",level="2",plan="not_approved"}"#, 1.0);
    is(r#"lachan_machines_by_report_age{age="1h"}"#, 1.0);
    is(r#"lachan_reports_total{outcome="stored"}"#, 1.0);
}

#[test]
fn a_machine_becomes_protected_when_the_office_counts_its_licence_and_its_updates_are_in() {
    let world = World::with_machines(&["pc-01,stp,workstation,lan,,,,2026-01-01,"]);
    let antivirus = world.policies("catalogue/antivirus.toml");
    let text = std::fs::read_to_string(&antivirus).unwrap();
    assert!(text.contains("count_free = false"), "{text}");
    let set = || {
        let text = world.collector.scrape().text;
        text.lines().find(|line| line.starts_with("lachan_policy_info{")).map(str::to_owned)
    };
    let before = set();
    std::fs::write(&antivirus, text.replace("count_free = false", "count_free = true")).unwrap();
    // Once a machine would be protected by it, the edit would wait for an officer's word.
    until("the edit takes effect", || set() != before);

    let root = world.root("debian12-clamav", "pc");
    // The security lists offer nothing newer than what is installed, in as many bytes as stated.
    for (list, stated) in [("amd64", 5906), ("i386", 475)] {
        root.write(
            &format!(
                "var/lib/apt/lists/deb.debian.org_debian-security_dists_bookworm-security_main_\
                 binary-{list}_Packages"
            ),
            &"\n".repeat(stated),
        );
    }
    world.joined_agent(&root, "pc-01").report();
    let protected = r#"lachan_machines{state="protected",unit="stp"}"#;
    until("the machine is protected", || world.collector.scrape().value(protected) == Some(1.0));
    let metrics = world.collector.scrape();
    let met = r#"lachan_target_met{evidence="observed",target="machines-protected",unit="stp"}"#;
    assert_eq!(metrics.value(met), Some(1.0));
}

#[test]
fn without_lists_nothing_is_pending_and_nothing_is_compliant() {
    let world = World::with_machines(&["pc-01,stp,server,lan,,,,2026-01-01,"]);
    let root = world.root("debian12-bare", "pc");
    let agent = world.joined_agent(&root, "pc-01");
    let pending = agent.fact("patches", "patches.security_pending");
    assert_eq!(pending["unknown"], "source_stale", "{pending}");

    agent.report();
    let metrics = world.collector.scrape();
    let unknown =
        r#"lachan_rule_machines{level="2",rule="security-updates-installed",verdict="unknown"}"#;
    assert_eq!(metrics.value(unknown), Some(1.0), "{}", metrics.text);
}

#[test]
fn no_antivirus_with_every_source_read_fails_and_a_hidden_source_is_unknown() {
    let world = World::with_machines(&[
        "pc-01,stp,server,lan,,,,2026-01-01,",
        "pc-02,stp,server,lan,,,,2026-01-01,",
    ]);
    let bare = world.root("debian12-bare", "bare");
    world.joined_agent(&bare, "pc-01").report();
    let hidden = world.root("debian12-bare", "hidden");
    hidden.remove("var/lib/dpkg/status");
    hidden.remove("proc");
    world.joined_agent(&hidden, "pc-02").report();

    let ruling = |machine: &str| {
        let shown = world.collector.machine(machine);
        let rules = shown["verdict"]["rules"].as_array().unwrap().clone();
        rules.into_iter().find(|rule| rule["rule"] == "antivirus-realtime").unwrap()["outcome"]
            .clone()
    };
    assert_eq!(ruling("pc-01"), "fail");
    assert_eq!(ruling("pc-02"), "unknown");
}

/// Agents know products by their folders; what they send must have a name at the collector.
#[test]
fn every_product_an_agent_can_see_has_a_name_in_the_catalogue() {
    let world = World::with_machines(&["pc-01,stp,server,lan,,,,2026-01-01,"]);
    let root = world.root("debian12-vendors", "pc");
    let catalogue = std::fs::read_to_string(world.policies("catalogue/antivirus.toml")).unwrap();
    let agent = world.joined_agent(&root, "pc-01");
    let products = agent.fact("antivirus", "antivirus.products");
    let products = products["known"].as_array().unwrap();
    assert!(products.len() > 10, "{products:#?}");
    for product in products {
        let id = product["product"]["known"].as_str().unwrap();
        assert!(catalogue.contains(&format!("\n{id} = ")), "{id} has no name");
    }
}

#[test]
fn the_register_is_the_denominator_before_anybody_reports() {
    let world = World::with_machines(&[
        "pc-01,stp,workstation,lan,,,,2026-01-01,",
        "pc-02,stp,workstation,lan,,,,2026-01-01,",
        "pc-03,stp,workstation,lan,,,,2020-01-01,2025-12-31",
    ]);
    let metrics = world.collector.scrape();
    let never = r#"lachan_machines{state="never_enrolled",unit="stp"}"#;
    assert_eq!(metrics.value(never), Some(2.0), "the row that ended counts no more");
    let members = r#"lachan_target_members{target="machines-protected",unit="stp"}"#;
    assert_eq!(metrics.value(members), Some(2.0));
}

#[test]
fn a_machine_outside_the_register_counts_in_the_unit_of_its_token() {
    let world = World::with_machines(&["pc-01,stp,workstation,lan,,,,2026-01-01,"]);
    let token = world.collector.token(&["--unit", "stp", "--uses", "2", "--unregistered"]);
    let machine = Machine::join(&world, &token);
    assert_eq!(machine.post(&machine.report(1, "X1")).unwrap().status, 200);
    let metrics = world.collector.scrape();
    let value = |series| metrics.value(series);
    assert_eq!(value(r#"lachan_unregistered_machines{unit="stp"}"#), Some(1.0));
    let members = r#"lachan_target_members{target="machines-protected",unit="stp"}"#;
    assert_eq!(value(members), Some(2.0), "it only makes the denominator larger");
}

#[test]
fn a_laptop_finds_its_row_by_its_serial_number() {
    let world = World::with_machines(&["lt-07,stp,workstation,lan,PF4N0T3R,,,2026-01-01,"]);
    let root = world.root("debian12-laptop-dmi", "laptop");
    let serial =
        std::fs::read_to_string(root.path().join("sys/class/dmi/id/product_serial")).unwrap();
    let row = format!("lt-07,stp,workstation,lan,{},,,2026-01-01,", serial.trim());
    let csv = harness::collector::machines_csv(&[&row]);
    std::fs::write(world.policies("register/machines.csv"), csv).unwrap();
    until("the register is read", || {
        let taken = world.collector.json(&["audit", "list", "--action", "policies_in_force"]);
        taken["entries"].as_array().unwrap().len() == 2
    });

    let agent = harness::Agent::over(&root, &world.folder().join("agent"));
    agent.enrol(&world.collector.token(&["--uses", "5"]));
    agent.report();
    assert_eq!(world.collector.machine("lt-07")["machine"]["row"], "lt-07");
}

#[test]
fn the_reply_tells_the_machine_what_to_do_and_status_shows_it() {
    let world = World::with_machines(&["pc-01,stp,workstation,lan,,,,2026-01-01,"]);
    let root = world.root("debian12-clamav", "pc");
    let agent = world.joined_agent(&root, "pc-01");
    agent.report();
    let vietnamese = agent.command(&["status", "--lang", "vi"]);
    assert_eq!(vietnamese.status.code(), Some(2), "judged, and not protected");
    let text = String::from_utf8(vietnamese.stdout).unwrap();
    for words in ["chưa được bảo vệ", "Chưa đạt", "→ Bước 1: mở phần mềm", "không quá 7 ngày"]
    {
        assert!(text.contains(words), "{words}\n{text}");
    }
}

#[test]
fn newer_facts_are_kept_counted_and_named_in_the_reply() {
    let world = World::with_machines(&["pc-01,stp,workstation,lan,,,,2026-01-01,"]);
    let machine = Machine::join(&world, &world.collector.token(&["--machine", "pc-01"]));
    let mut report = machine.report(1, "X1");
    report["topics"]["backup"] = json!({ "observed_at": 1, "facts": {} });
    let answer = machine.post(&report).unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.body["unjudged"], json!(["backup"]));
    assert_eq!(world.collector.scrape().value("lachan_unknown_facts_total"), Some(1.0));
}

#[test]
fn revocation_acts_on_the_next_request() {
    let world = World::with_machines(&["pc-01,stp,workstation,lan,,,,2026-01-01,"]);
    let machine = Machine::join(&world, &world.collector.token(&["--machine", "pc-01"]));
    assert_eq!(machine.post(&machine.report(1, "X1")).unwrap().status, 200);
    let revoked = world.collector.command(&["machine", "revoke", "pc-01"]);
    assert!(revoked.status.success());
    // The same client: its second connection is a resumed one.
    let answer = machine.post(&machine.report(2, "X1")).unwrap();
    assert_eq!((answer.status, answer.reason()), (403, "revoked"));
    let metrics = world.collector.scrape();
    assert_eq!(
        metrics.value(r#"lachan_machines{state="revoked",unit="stp"}"#),
        Some(1.0),
        "{}",
        metrics.text
    );
}

#[test]
fn health_and_readiness_answer() {
    let world = World::with_machines(&[]);
    for path in ["/healthz", "/readyz", "/metrics/process", "/metrics/fleet"] {
        assert!(Metrics::scrape(world.collector.metrics, path).is_some(), "{path}");
    }
}

#[test]
fn commands_answer_from_the_store_when_no_collector_runs_and_change_nothing() {
    let mut world = World::with_machines(&["pc-01,stp,workstation,lan,,,,2026-01-01,"]);
    let machine = Machine::join(&world, &world.collector.token(&["--machine", "pc-01"]));
    assert_eq!(machine.post(&machine.report(1, "X1")).unwrap().status, 200);
    let running = world.collector.json(&["machine", "list"]);
    assert!(world.collector.terminate(), "an orderly end:\n{}", world.collector.log());
    assert_eq!(world.collector.json(&["machine", "list"]), running);
    let refused = world.collector.command(&["machine", "revoke", "pc-01"]);
    assert_eq!(refused.status.code(), Some(1));
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(words.contains("no collector runs here"), "{words}");
}
