//! `policy explain`: the whole chain in words, over the real binaries.

use harness::program::printed;
use harness::{World, until};
use serde_json::Value as Json;

const ROW: &str = "pc-01,stp,workstation,lan,,,,2026-01-01,";

fn reported() -> World {
    let world = World::with_machines(&[ROW]);
    let root = world.root("debian12-clamav", "pc");
    world.joined_agent(&root, "pc-01").report();
    world
}

/// Without what the seconds between two askings change: the moment, and how long ago something was.
fn timeless(told: &Json) -> Json {
    let is_ago = |words: &str| words.contains(" ago)") || words.contains("just now)");
    match told {
        Json::Object(fields) if fields.get("en").and_then(Json::as_str).is_some_and(is_ago) => {
            Json::Null
        }
        Json::Object(fields) => fields
            .iter()
            .filter(|(name, _)| *name != "at")
            .map(|(name, field)| (name.clone(), timeless(field)))
            .collect(),
        Json::Array(items) => items.iter().map(timeless).collect(),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => told.clone(),
    }
}

#[test]
fn since_when_it_is_so_is_told_from_the_log_of_verdicts() {
    let world = World::with_machines(&[ROW]);
    let since = |what: &[&str]| world.collector.json(what)["since"].clone();
    until("the first verdicts are logged", || {
        world.collector.scrape().value("lachan_verdict_changes_total") == Some(1.0)
    });
    let before = since(&["machine", "show", "pc-01"]);
    assert_eq!(before["state"]["at_latest"], true, "it was so when the log began: {before}");
    // Moments are whole seconds: the next one is later.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let root = world.root("debian12-clamav", "pc");
    world.joined_agent(&root, "pc-01").report();
    let shown = since(&["machine", "show", "pc-01"]);
    assert_eq!(shown["state"]["at_latest"], false, "{shown}");
    assert!(shown["state"]["at"].as_i64() >= before["state"]["at"].as_i64(), "{shown}");
    assert_eq!(shown["rules"]["antivirus-licensed"]["at_latest"], false, "it fails now: {shown}");
    assert_eq!(since(&["policy", "explain", "pc-01"]), shown);
    let past = world.collector.command(&["policy", "explain", "pc-01", "--lang", "en"]);
    assert!(printed(&past).contains("\n  Since: 20"), "{}", printed(&past));
}

#[test]
fn a_failing_licence_goes_back_to_the_file_that_names_the_product() {
    let world = reported();
    let told =
        world.collector.json(&["policy", "explain", "pc-01", "--rule", "antivirus-licensed"]);
    let (rules, facts) = (&told["explanation"]["rules"], &told["explanation"]["facts"]);
    assert_eq!(rules.as_array().unwrap().len(), 1, "{rules}");
    assert_eq!(rules[0]["outcome"], "fail");

    let mut fact = rules[0]["demands"][0]["alternatives"][0]["clauses"][0]["fact"].clone();
    let mut chain = vec![fact.clone()];
    while let Some(input) = facts[fact.as_str().unwrap()]["from"]["derived"]["facts"].get(0) {
        fact = input.clone();
        chain.push(fact.clone());
    }
    assert_eq!(
        chain,
        [
            "antivirus.licence.accepted",
            "antivirus.licence.status",
            "antivirus.primary.product",
            "antivirus.products"
        ]
    );
    let seen = &facts["antivirus.products"]["from"]["seen"];
    let sources: Vec<_> =
        seen["records"][0].as_array().unwrap().iter().map(|field| &field["source"]).collect();
    assert!(sources.contains(&&Json::from("usr/sbin/clamd")), "{sources:?}");
    assert_eq!(seen["topic"], "antivirus");
}

#[test]
fn the_words_name_each_step_in_both_languages() {
    let world = reported();
    for (lang, all) in [
        (
            "vi",
            [
                "Trạng thái: chưa được bảo vệ",
                "antivirus-licensed: Chưa đạt",
                "count_free = false",
                "chọn ClamAV: phần mềm duy nhất, đang chạy",
                "đọc từ usr/sbin/clamd",
                "thuộc mục antivirus của báo cáo nhận lúc",
            ],
        ),
        (
            "en",
            [
                "State: unprotected",
                "antivirus-licensed: fail",
                "count_free = false",
                "ClamAV is chosen: the only one, it runs",
                "read from usr/sbin/clamd",
                "reported under antivirus",
            ],
        ),
    ] {
        let output = world.collector.command(&["policy", "explain", "pc-01", "--lang", lang]);
        let text = String::from_utf8(output.stdout).unwrap();
        // Lines break where the words do not fit.
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for words in all {
            assert!(text.contains(words), "{words}\n{text}");
        }
    }
}

#[test]
fn at_rest_the_same_is_told_as_by_the_running_collector() {
    let mut world = reported();
    let explain = ["policy", "explain", "pc-01"];
    let running = timeless(&world.collector.json(&explain));
    let identity = world.collector.machine("pc-01")["machine"]["id"].clone();
    let by_identity = ["policy", "explain", identity.as_str().unwrap()];
    assert_eq!(timeless(&world.collector.json(&by_identity)), running);
    assert!(world.collector.terminate());
    assert_eq!(timeless(&world.collector.json(&explain)), running);
    assert_eq!(running["machine"]["id"], identity, "{running:#}");
}

/// What is told of a rule, without the moment at which it was asked.
fn rule(world: &World, arguments: &[&str]) -> Json {
    let mut told = world.collector.json(&[&["policy", "explain"], arguments].concat());
    told["at"] = Json::Null;
    told
}

#[test]
fn of_a_rule_the_same_is_told_at_rest_and_since_when_it_is_in_force() {
    let mut world = reported();
    let running = rule(&world, &["antivirus-licensed"]);
    assert_eq!(running["everyone"]["fail"], 1, "{running:#}");
    assert_eq!(running["failing"]["names"], serde_json::json!(["pc-01"]));
    assert!(running["in_force"]["since"].is_i64(), "{running:#}");
    assert_eq!(running["in_force"]["since"], running["in_force"]["unchanged_since"]);
    assert_eq!(rule(&world, &["--rule", "antivirus-licensed"]), running);
    let words = world.collector.command(&["policy", "explain", "os-supported", "--lang", "vi"]);
    let words = String::from_utf8(words.stdout).unwrap();
    assert!(words.contains("Căn cứ: TCVN 14423:2026") && words.contains("mọi cấp độ:"), "{words}");
    assert!(world.collector.terminate());
    assert_eq!(rule(&world, &["antivirus-licensed"]), running);
}

#[test]
fn a_name_of_both_is_asked_back_for() {
    let world = World::with_machines(&[&ROW.replace("pc-01", "os-supported")]);
    let explain = |arguments: &[&str]| {
        world.collector.command(&[&["policy", "explain", "os-supported"], arguments].concat())
    };
    let output = explain(&[]);
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("say --rule os-supported or --machine os-supported"), "{error}");
    let machine = world.collector.json(&["policy", "explain", "--machine", "os-supported"]);
    assert_eq!(machine["machine"]["row"], "os-supported");
    let narrowed = world.collector.json(&[
        "policy",
        "explain",
        "os-supported",
        "--rule",
        "antivirus-licensed",
    ]);
    assert_eq!(narrowed["explanation"]["rules"].as_array().unwrap().len(), 1);
}

#[test]
fn who_asks_for_what_is_not_there_is_told_so() {
    let world = World::with_machines(&[ROW]);
    let fails = |arguments: &[&str]| {
        let output = world.collector.command(arguments);
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    };
    let machine = fails(&["policy", "explain", "pc-99"]);
    assert!(machine.contains("no machine has the register id or identity \"pc-99\""), "{machine}");
    let rule = fails(&["policy", "explain", "pc-01", "--rule", "antivirus-licenced"]);
    assert!(rule.contains("did you mean `antivirus-licensed`?"), "{rule}");
}
