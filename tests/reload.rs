//! Policies that are edited while the collector runs.

use harness::{World, until};

const GOOD: &str = "lachan_policy_last_reload_successful";

fn info(world: &World) -> String {
    let text = world.collector.scrape().text;
    let line = text.lines().find(|line| line.starts_with("lachan_policy_info{"));
    line.unwrap_or_else(|| panic!("{text}")).to_owned()
}

fn edit(world: &World, file: &str, from: &str, to: &str) {
    let path = world.policies(file);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{text}");
    std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
}

#[test]
fn an_edit_judges_every_stored_report_anew() {
    let world = World::with_machines(&["pc-01,stp,workstation,lan,,,,2026-01-01,"]);
    let root = world.root("debian12-clamav", "pc");
    world.joined_agent(&root, "pc-01").report();
    let passes =
        r#"lachan_rule_machines{level="2",rule="antivirus-definitions-fresh",verdict="pass"}"#;
    let fails =
        r#"lachan_rule_machines{level="2",rule="antivirus-definitions-fresh",verdict="fail"}"#;
    assert_eq!(world.collector.scrape().value(passes), Some(1.0));

    // The examples go with the limit they speak of.
    let rule = world.policies("rules/antivirus-definitions-fresh.toml");
    let text = std::fs::read_to_string(&rule).unwrap();
    let without_examples = text.split("[[example]]").next().unwrap();
    std::fs::write(&rule, without_examples.replace("max_age = \"7d\"", "max_age = \"1h\""))
        .unwrap();
    until("the edit takes effect", || world.collector.scrape().value(fails) == Some(1.0));
    assert_eq!(world.collector.scrape().value(passes), None);
}

#[test]
fn a_misspelt_key_changes_nothing_but_the_gauge_and_check_names_its_place() {
    let world = World::with_machines(&["pc-01,stp,workstation,lan,,,,2026-01-01,"]);
    let before = info(&world);
    edit(&world, "rules/antivirus-definitions-fresh.toml", "max_age", "max_agee");
    until("the fault shows", || world.collector.scrape().value(GOOD) == Some(0.0));
    assert_eq!(info(&world), before, "the last good set stays");

    let folder = world.policies("");
    let check = harness::program::run(
        &harness::program::built("lachan-collector"),
        &["policy", "check", folder.to_str().unwrap()],
    );
    assert_eq!(check.status.code(), Some(1));
    let text = String::from_utf8(check.stdout).unwrap();
    let rule = world.policies("rules/antivirus-definitions-fresh.toml");
    let rule = std::fs::read_to_string(rule).unwrap();
    let line = rule.lines().position(|line| line.contains("max_agee")).unwrap() + 1;
    let place = format!("rules/antivirus-definitions-fresh.toml:{line}:");
    assert!(text.contains(&place), "{place} {text}");
    assert!(text.contains("max_agee") && text.contains("max_age`"), "{text}");

    edit(&world, "rules/antivirus-definitions-fresh.toml", "max_agee", "max_age");
    until("the mended set is good", || world.collector.scrape().value(GOOD) == Some(1.0));
    assert_eq!(info(&world), before);
}

#[test]
fn the_last_good_set_survives_a_restart_over_a_faulty_folder() {
    let mut world = World::with_machines(&["pc-01,stp,workstation,lan,,,,2026-01-01,"]);
    let before = info(&world);
    edit(&world, "targets.toml", "timezone", "timezonee");
    until("the fault shows", || world.collector.scrape().value(GOOD) == Some(0.0));
    assert!(world.collector.terminate());
    world.collector.restart();
    assert_eq!(world.collector.scrape().value(GOOD), Some(0.0));
    assert_eq!(info(&world), before);
    let never = r#"lachan_machines{state="never_enrolled",unit="stp"}"#;
    assert_eq!(world.collector.scrape().value(never), Some(1.0));
}

#[test]
fn a_folder_that_vanishes_and_returns_costs_nothing() {
    let world = World::with_machines(&["pc-01,stp,workstation,lan,,,,2026-01-01,"]);
    let before = info(&world);
    let (here, away) = (world.policies(""), world.folder().join("away"));
    std::fs::rename(&here, &away).unwrap();
    until("the fault shows", || world.collector.scrape().value(GOOD) == Some(0.0));
    assert_eq!(info(&world), before);
    std::fs::rename(&away, &here).unwrap();
    let edited = world.policies("rules/os-supported.toml");
    let text = std::fs::read_to_string(&edited).unwrap();
    std::fs::write(&edited, format!("{text}\n# touched\n")).unwrap();
    until("the folder is read again", || world.collector.scrape().value(GOOD) == Some(1.0));
}

#[test]
fn a_sample_register_is_not_judged_by() {
    let world = World::with_machines(&["pc-01,stp,workstation,lan,,,,2026-01-01,"]);
    let before = info(&world);
    let units = world.policies("register/units.toml");
    let text = std::fs::read_to_string(&units).unwrap();
    std::fs::write(&units, format!("sample = true\n{text}")).unwrap();
    until("the sample is refused", || world.collector.scrape().value(GOOD) == Some(0.0));
    assert_eq!(info(&world), before);
    assert!(world.collector.log().contains("marked as a sample"), "{}", world.collector.log());
}

#[test]
fn a_folder_that_others_may_write_to_is_not_judged_by() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::with_machines(&["pc-01,stp,workstation,lan,,,,2026-01-01,"]);
    let folder = world.policies("");
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o777)).unwrap();
    edit(&world, "rules/os-supported.toml", "major", "minor");
    until("the open folder is refused", || world.collector.scrape().value(GOOD) == Some(0.0));
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    until("the closed folder is used", || world.collector.scrape().value(GOOD) == Some(1.0));
}

#[test]
fn an_edit_takes_effect_while_others_read_the_folder() {
    let world = World::with_machines(&["pc-01,stp,workstation,lan,,,,2026-01-01,"]);
    let before = info(&world);
    let readme = world.policies("README.md");
    edit(&world, "rules/os-supported.toml", "major", "minor");
    until("the edit takes effect", || {
        let _ = std::fs::read(&readme).unwrap();
        info(&world) != before
    });
}
