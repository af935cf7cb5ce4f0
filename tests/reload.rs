//! Policies that are edited while the collector runs.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use harness::{World, until};
use rusqlite::Connection;
use serde_json::{Value as Json, json};

const GOOD: &str = "lachan_policy_last_reload_successful";
const HELD: &str = "lachan_policy_held";
const ROW: &str = "pc-01,stp,workstation,lan,,,,2026-01-01,";

fn info(world: &World) -> String {
    let text = world.collector.scrape().text;
    let line = text.lines().find(|line| line.starts_with("lachan_policy_info{"));
    line.unwrap_or_else(|| panic!("{text}")).to_owned()
}

fn edit(world: &World, file: &str, from: &str, to: &str) {
    edit_at(&world.policies(file), from, to);
}

fn edit_at(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(path, text.replacen(from, to, 1)).unwrap();
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
    let text = fs::read_to_string(&rule).unwrap();
    let without_examples = text.split("[[example]]").next().unwrap();
    fs::write(&rule, without_examples.replace("max_age = \"7d\"", "max_age = \"1h\"")).unwrap();
    until("the edit takes effect", || world.collector.scrape().value(fails) == Some(1.0));
    assert_eq!(world.collector.scrape().value(passes), Some(0.0));
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
    fs::rename(&here, &away).unwrap();
    until("the fault shows", || world.collector.scrape().value(GOOD) == Some(0.0));
    assert_eq!(info(&world), before);
    fs::rename(&away, &here).unwrap();
    let edited = world.policies("rules/os-supported.toml");
    let text = fs::read_to_string(&edited).unwrap();
    fs::write(&edited, format!("{text}\n# touched\n")).unwrap();
    until("the folder is read again", || world.collector.scrape().value(GOOD) == Some(1.0));
}

#[test]
fn a_sample_register_is_not_judged_by() {
    let world = World::with_machines(&["pc-01,stp,workstation,lan,,,,2026-01-01,"]);
    let before = info(&world);
    let units = world.policies("register/units.toml");
    let text = fs::read_to_string(&units).unwrap();
    fs::write(&units, format!("sample = true\n{text}")).unwrap();
    until("the sample is refused", || world.collector.scrape().value(GOOD) == Some(0.0));
    assert_eq!(info(&world), before);
    assert!(world.collector.log().contains("marked as a sample"), "{}", world.collector.log());
}

#[test]
fn a_folder_that_others_may_write_to_is_not_judged_by() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::with_machines(&["pc-01,stp,workstation,lan,,,,2026-01-01,"]);
    let folder = world.policies("");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
    edit(&world, "rules/os-supported.toml", "major", "critical");
    until("the open folder is refused", || world.collector.scrape().value(GOOD) == Some(0.0));
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    until("the closed folder is used", || world.collector.scrape().value(GOOD) == Some(1.0));
}

#[test]
fn an_edit_takes_effect_while_others_read_the_folder() {
    let world = World::with_machines(&["pc-01,stp,workstation,lan,,,,2026-01-01,"]);
    let before = info(&world);
    let readme = world.policies("README.md");
    edit(&world, "rules/os-supported.toml", "major", "critical");
    until("the edit takes effect", || {
        let _ = fs::read(&readme).unwrap();
        info(&world) != before
    });
}

fn is(world: &World, series: &str, value: f64) -> bool {
    world.collector.scrape().value(series) == Some(value)
}

fn is_held(world: &World) -> bool {
    is(world, HELD, 1.0)
}

/// The hash of the set that waits.
fn held_hash(world: &World) -> String {
    let plan = world.collector.json(&["policy", "plan"]);
    plan["policies"]["after"].as_str().unwrap_or_else(|| panic!("{plan}")).to_owned()
}

/// What a command said, where it ended so.
fn said(world: &World, arguments: &[&str], code: i32) -> String {
    let output = world.collector.command(arguments);
    let words = harness::program::all(&output);
    assert_eq!(output.status.code(), Some(code), "{words}");
    words
}

/// Entries of the audit log about policies: action, actor and detail.
fn audit(world: &World) -> Vec<[String; 3]> {
    let store = Connection::open(world.collector.folder().join("data/store.sqlite")).unwrap();
    let mut statement = store
        .prepare(
            "SELECT action, actor, detail FROM audit WHERE action LIKE 'policies%' ORDER BY number",
        )
        .unwrap();
    let rows = statement.query_map([], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?]));
    rows.unwrap().map(Result::unwrap).collect()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).unwrap();
        }
    }
}

/// A world with one machine that has a free antivirus, which does not count, and one rule: that
/// the antivirus is licensed.
fn almost_protected() -> World {
    let world = World::with_machines(&[ROW]);
    let root = world.root("debian12-clamav", "pc");
    world.joined_agent(&root, "pc-01").report();
    for rule in fs::read_dir(world.policies("rules")).unwrap().map(Result::unwrap) {
        if rule.file_name() != "antivirus-licensed.toml" {
            fs::remove_file(rule.path()).unwrap();
        }
    }
    until("the smaller set is held", || is_held(&world));
    let _ = said(&world, &["policy", "accept", &held_hash(&world)], 0);
    assert!(is(&world, r#"lachan_machines{state="unprotected",unit="stp"}"#, 1.0));
    world
}

/// The id of the user this test runs as, as the audit log writes it.
fn me(world: &World) -> String {
    use std::os::unix::fs::MetadataExt as _;
    format!("uid:{}", fs::metadata(world.folder()).unwrap().uid())
}

#[test]
fn what_would_protect_too_many_at_once_is_held_until_an_officer_says_yes() {
    let world = almost_protected();
    let before = info(&world);
    assert!(said(&world, &["policy", "plan"], 0).contains("No policy set is held."));
    assert!(said(&world, &["policy", "accept", "0123456789"], 1).contains("nothing to accept"));

    edit(&world, "catalogue/antivirus.toml", "count_free = false", "count_free = true");
    until("the set is held", || is_held(&world));
    assert_eq!(info(&world), before);
    assert!(is(&world, GOOD, 1.0), "it has no fault");
    let words = said(&world, &["policy", "plan"], 2);
    assert!(words.contains("newly protected: 1 (pc-01)"), "{words}");
    assert!(words.contains("1 of 1 machines would newly be protected"), "{words}");
    let hash = held_hash(&world);
    assert!(words.contains(&format!("policy accept {hash}")), "{words}");

    let other = said(&world, &["policy", "accept", "00000000"], 1);
    assert!(other.contains(&format!("the set that is held is {hash}")), "{other}");
    assert!(said(&world, &["policy", "accept", &hash[..7]], 1).contains("at least 8"));
    assert_eq!(info(&world), before);

    let accepted = said(&world, &["policy", "accept", &hash[..8]], 0);
    assert!(accepted.contains("Accepted and in force."), "{accepted}");
    assert!(info(&world).contains(&hash) && is(&world, HELD, 0.0));
    assert!(is(&world, r#"lachan_machines{state="protected",unit="stp"}"#, 1.0));
    let [.., held, accepted] = &audit(&world)[..] else { panic!("{:?}", audit(&world)) };
    let flips = "newly_protected=1 no_longer_protected=0 rows_dropped=0 mandatory_rules_dropped=0";
    let from = before.split('"').nth(1).unwrap();
    let detail = format!("from={from} to={hash} {flips}");
    assert_eq!(*held, ["policies_held", "collector", &detail].map(str::to_owned));
    assert_eq!(*accepted, ["policies_accepted", &me(&world), &detail].map(str::to_owned));
}

#[test]
fn dropped_rows_are_held_and_rows_that_end_are_held_where_they_are_many() {
    let world = World::with_machines(&[ROW, "pc-02,stp,workstation,lan,,,,2026-01-01,"]);
    let before = info(&world);
    let row = "pc-02,stp,workstation,lan,,,,2026-01-01,\n";
    edit(&world, "register/machines.csv", row, "");
    until("the set is held", || is_held(&world));
    let never = r#"lachan_machines{state="never_enrolled",unit="stp"}"#;
    assert!(is(&world, never, 2.0), "the row still counts");
    let words = said(&world, &["policy", "plan"], 2);
    assert!(words.contains("missing from register/machines.csv: 1 (pc-02)"), "{words}");

    let ended = format!("{ROW}\n{}", row.replace(",\n", ",2026-02-01\n"));
    edit(&world, "register/machines.csv", &format!("{ROW}\n"), &ended);
    until("a row that has ended is no row dropped", || {
        !said(&world, &["policy", "plan"], 2).contains("missing from register/machines.csv")
    });
    let words = said(&world, &["policy", "plan"], 2);
    assert!(words.contains("1 of 2 machines would no longer be counted"), "{words}");
    assert_eq!(info(&world), before);
    let _ = said(&world, &["policy", "accept", &held_hash(&world)], 0);
    assert!(is(&world, HELD, 0.0));
    assert!(is(&world, never, 1.0));
}

#[test]
fn a_dropped_mandatory_rule_is_held_and_a_newer_edit_takes_its_place() {
    let world = World::with_machines(&[ROW]);
    let before = info(&world);
    fs::remove_file(world.policies("rules/os-supported.toml")).unwrap();
    until("the set is held", || is_held(&world));
    let words = said(&world, &["policy", "plan"], 2);
    assert!(words.contains("mandatory rules are dropped: os-supported"), "{words}");
    let first = held_hash(&world);
    let posture = world.collector.json(&["posture"]);
    assert_eq!((&posture["held"], &posture["faulty"]), (&json!(first), &json!(false)));

    edit(&world, "rules/security-updates-installed.toml", "major", "minor");
    until("the newer set is held", || held_hash(&world) != first);
    let words = said(&world, &["policy", "accept", &first], 1);
    assert!(words.contains("is not held; the set that is held is"), "{words}");
    assert_eq!(info(&world), before);

    edit(&world, "targets.toml", "timezone", "timezonee");
    until("a faulty set is not held", || is(&world, HELD, 0.0) && is(&world, GOOD, 0.0));
    let posture = world.collector.json(&["posture"]);
    assert_eq!((&posture["held"], &posture["faulty"]), (&json!(null), &json!(true)));
    assert!(said(&world, &["policy", "plan"], 1).contains("the policies folder is faulty"));
    assert!(said(&world, &["policy", "accept", &first], 1).contains("nothing to accept"));
    assert_eq!(info(&world), before);
    let actions: Vec<_> = audit(&world).into_iter().map(|[action, ..]| action).collect();
    assert_eq!(
        actions,
        [
            "policies_in_force",
            "policies_held",
            "policies_held",
            "policies_withdrawn",
            "policies_refused"
        ]
    );
}

#[test]
fn a_held_set_is_held_again_after_a_restart_and_announced_once() {
    let mut world = World::with_machines(&[ROW]);
    let before = info(&world);
    edit(&world, "rules/os-supported.toml", "major", "minor");
    until("the set is held", || is_held(&world));
    let hash = held_hash(&world);
    assert!(world.collector.terminate());
    let words = said(&world, &["policy", "plan"], 2);
    assert!(words.contains("no collector runs here"), "{words}");
    assert!(words.contains("mandatory rules are dropped: os-supported"), "{words}");
    assert!(said(&world, &["policy", "accept", &hash], 1).contains("no collector runs here"));
    let posture = world.collector.json(&["posture"]);
    assert!(before.contains(posture["policies"].as_str().unwrap()), "{posture}");

    world.collector.restart();
    assert!(is_held(&world));
    assert_eq!(info(&world), before);
    assert_eq!(held_hash(&world), hash);
    let held = audit(&world).iter().filter(|[action, ..]| action == "policies_held").count();
    assert_eq!(held, 1);
    let _ = said(&world, &["policy", "accept", &hash], 0);
    assert!(info(&world).contains(&hash));
}

#[test]
fn a_held_set_stays_held_after_a_restart_though_its_machines_fell_silent_meanwhile() {
    let mut world = almost_protected();
    let before = info(&world);
    edit(&world, "catalogue/antivirus.toml", "count_free = false", "count_free = true");
    until("the set is held", || is_held(&world));
    assert!(world.collector.terminate());
    Connection::open(world.collector.folder().join("data/store.sqlite"))
        .unwrap()
        .execute("UPDATE machines SET contact_at = contact_at - 40 * 86400", [])
        .unwrap();
    world.collector.restart();
    assert!(is(&world, r#"lachan_machines{state="silent",unit="stp"}"#, 1.0));
    assert!(is_held(&world));
    assert_eq!(info(&world), before);
    let words = said(&world, &["policy", "plan"], 2);
    assert!(words.contains("it was held before"), "{words}");
    let folder = world.policies("");
    let folder = folder.to_str().unwrap();
    assert!(said(&world, &["policy", "plan", folder], 2).contains("HELD since "));
    assert!(world.collector.terminate());
    assert!(said(&world, &["policy", "plan", folder], 2).contains("it was held before"));
}

#[test]
fn an_edit_while_the_collector_was_off_is_planned_when_it_starts() {
    let mut world = World::with_machines(&[ROW]);
    let before = info(&world);
    assert!(world.collector.terminate());
    edit(&world, "rules/os-supported.toml", "major", "critical");
    world.collector.restart();
    assert_ne!(info(&world), before, "what may take effect unseen does");
    let now = info(&world);
    assert!(world.collector.terminate());
    edit(&world, "rules/os-supported.toml", "critical", "minor");
    world.collector.restart();
    assert!(is_held(&world));
    assert_eq!(info(&world), now);
}

#[test]
fn a_plan_shows_an_edit_before_it_is_made_with_and_without_a_collector() {
    let mut world = almost_protected();
    let before = info(&world);
    let draft = world.folder().join("draft");
    copy(&world.policies(""), &draft);
    let folder = draft.to_str().unwrap();
    assert!(said(&world, &["policy", "plan", folder], 0).contains("Nothing changes."));

    let catalogue = draft.join("catalogue/antivirus.toml");
    let text = fs::read_to_string(&catalogue).unwrap();
    fs::write(&catalogue, text.replace("count_free = false", "count_free = true")).unwrap();
    let words = said(&world, &["policy", "plan", folder], 2);
    assert!(words.contains("It would be HELD:"), "{words}");
    let running: Json = world.collector.json(&["policy", "plan", folder]);
    assert_eq!(running["newly_protected"]["names"][0], "pc-01", "{running}");
    assert_eq!(running["reasons"][0]["reason"], "guard_exceeded", "{running}");
    assert_eq!(running["held_since"], Json::Null);
    assert!(is(&world, HELD, 0.0), "nothing was done");
    assert_eq!(info(&world), before);

    assert!(world.collector.terminate());
    let mut at_rest = world.collector.json(&["policy", "plan", folder]);
    at_rest["at"] = running["at"].clone();
    assert_eq!(at_rest, running);

    fs::write(draft.join("targets.toml"), "timezonee = 1").unwrap();
    assert!(said(&world, &["policy", "plan", folder], 1).contains("targets.toml"));
}

#[test]
fn half_a_checkout_is_never_judged_by() {
    let world = World::with_machines(&[ROW]);
    fs::create_dir(world.policies(".git")).unwrap();
    let lock = world.policies(".git/index.lock");
    fs::write(&lock, "").unwrap();
    // Midway the old rule is gone and the new one is not there yet.
    let rule = world.policies("rules/os-supported.toml");
    let text = fs::read_to_string(&rule).unwrap();
    fs::remove_file(&rule).unwrap();
    until("the checkout is seen", || world.collector.log().contains("git is at work"));
    fs::write(&rule, text.replace("major", "critical")).unwrap();
    let before = info(&world);
    fs::remove_file(&lock).unwrap();
    until("the whole checkout takes effect", || info(&world) != before);
    let actions: Vec<_> = audit(&world).into_iter().map(|[action, ..]| action).collect();
    assert_eq!(actions, ["policies_in_force", "policies_in_force"], "never half of it");
}

#[test]
fn a_save_by_rename_takes_effect_and_what_the_editor_leaves_does_no_harm() {
    let world = World::with_machines(&[ROW]);
    let before = info(&world);
    let rule = world.policies("rules/os-supported.toml");
    let text = fs::read_to_string(&rule).unwrap();
    // vim: tries the folder, moves the old file away, writes the new one.
    fs::write(world.policies("rules/4913"), "").unwrap();
    fs::write(world.policies("rules/.os-supported.toml.swp"), [0xff, 0]).unwrap();
    fs::rename(&rule, world.policies("rules/os-supported.toml~")).unwrap();
    fs::write(&rule, text.replace("major", "critical")).unwrap();
    // emacs: a lock that leads nowhere, and an autosave.
    symlink("officer@pc.42", world.policies("rules/.#os-supported.toml")).unwrap();
    fs::write(world.policies("rules/#os-supported.toml#"), "half").unwrap();
    until("the save takes effect", || info(&world) != before);
    assert!(is(&world, GOOD, 1.0));

    // gedit and others: a draft beside it, renamed over it.
    let now = info(&world);
    let draft = world.policies("rules/.goutputstream-X1");
    fs::write(&draft, &text).unwrap();
    fs::rename(&draft, &rule).unwrap();
    until("the rename takes effect", || info(&world) != now);
    assert_eq!(info(&world), before, "but for the severity nothing had changed");
}

#[test]
fn a_link_that_is_set_to_another_folder_is_followed() {
    let mut world = World::with_machines(&[ROW]);
    assert!(world.collector.terminate());
    let here = world.collector.folder().join("policies");
    let releases = world.collector.folder().join("releases");
    fs::create_dir(&releases).unwrap();
    fs::rename(&here, releases.join("1")).unwrap();
    symlink("releases/1", &here).unwrap();
    world.collector.restart();
    let before = info(&world);

    copy(&releases.join("1"), &releases.join("2"));
    edit_at(&releases.join("2/rules/os-supported.toml"), "major", "critical");
    let next = world.collector.folder().join("policies.next");
    symlink("releases/2", &next).unwrap();
    fs::rename(&next, &here).unwrap();
    until("the other folder is used", || info(&world) != before);
    let now = info(&world);
    edit(&world, "rules/os-supported.toml", "critical", "major");
    until("and watched", || info(&world) != now);
}

#[test]
fn a_volume_whose_data_link_is_swapped_is_read_whole() {
    let mut world = World::with_machines(&[ROW]);
    assert!(world.collector.terminate());
    let here = world.policies("");
    let (first, second) = (here.join("..2026_01"), here.join("..2026_02"));
    fs::create_dir(&first).unwrap();
    for name in ["README.md", "targets.toml", "rules", "catalogue", "register"] {
        fs::rename(here.join(name), first.join(name)).unwrap();
        symlink(format!("..data/{name}"), here.join(name)).unwrap();
    }
    symlink("..2026_01", here.join("..data")).unwrap();
    world.collector.restart();
    let before = info(&world);
    copy(&first, &second);
    edit(&world, "..2026_02/rules/os-supported.toml", "major", "critical");
    symlink("..2026_02", here.join("..data_tmp")).unwrap();
    fs::rename(here.join("..data_tmp"), here.join("..data")).unwrap();
    fs::remove_dir_all(&first).unwrap();
    until("the new data is used", || info(&world) != before);
    assert!(is(&world, GOOD, 1.0) && is(&world, HELD, 0.0));
}

#[test]
fn a_folder_in_an_open_place_is_not_judged_by_and_the_cure_is_told() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::with_machines(&[ROW]);
    let above = world.collector.folder().to_owned();
    let chmod = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    chmod(&above, 0o777);
    edit(&world, "rules/os-supported.toml", "major", "critical");
    until("the open place is refused", || is(&world, GOOD, 0.0));
    let cure = format!("run chmod go-w {}", above.canonicalize().unwrap().display());
    assert!(world.collector.log().contains(&cure), "{}", world.collector.log());
    chmod(&above, 0o755);
    edit(&world, "rules/os-supported.toml", "critical", "major");
    until("the closed one is used", || is(&world, GOOD, 1.0));
}
