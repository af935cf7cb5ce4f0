//! `forecast`: what only time takes away, over the real binaries.

use std::fs;

use harness::{World, until};
use serde_json::{Value as Json, json};

const ROW: &str = "pc-01,stp,workstation,lan,,,,2026-01-01,";

/// A world in which five people were trained so many days ago.
fn trained(days_ago: i64) -> World {
    let world = World::with_machines(&[ROW]);
    let on = (time::OffsetDateTime::now_utc() - time::Duration::days(days_ago)).date();
    let staff = format!(
        "[[staff]]\nunit = \"stp\"\nheads = 5\nfrom = 2024-01-01\n\
         trained = [{{ on = {on}, heads = 5 }}]\n"
    );
    fs::write(world.policies("register/training.toml"), staff).unwrap();
    let met = r#"lachan_target_met{evidence="observed",target="staff-trained",unit="stp"}"#;
    until("the training counts", || world.collector.scrape().value(met) == Some(5.0));
    world
}

fn target<'f>(forecast: &'f Json, id: &str) -> &'f Json {
    let targets = forecast["targets"].as_array().unwrap();
    targets.iter().find(|target| target["target"] == id).unwrap()
}

/// What a command says, and its exit code.
fn said(world: &World, arguments: &[&str], code: i32) -> String {
    let output = world.collector.command(arguments);
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert_eq!(output.status.code(), Some(code), "{text}");
    // Lines break where the words do not fit.
    text.split_whitespace().filter(|word| *word != "┆").collect::<Vec<_>>().join(" ")
}

#[test]
fn a_training_that_grows_too_old_is_told_with_and_without_a_collector_and_in_the_metrics() {
    let mut world = trained(340);
    let ask = ["forecast", "--days", "0,40"];
    let running = world.collector.json(&ask);
    let target = target(&running, "staff-trained");
    assert_eq!(target["now"]["met"], 5);
    assert_eq!(target["horizons"][0]["standing"], target["now"]);
    assert_eq!(target["horizons"][1]["standing"]["met"], 0, "{target}");
    assert_eq!(target["horizons"][1]["causes"][0]["members"], 5);
    let ending = &running["endings"][0];
    assert_eq!((&ending["kind"], &ending["unit"]), (&json!("training"), &json!("stp")));
    assert_eq!(ending["id"], target["horizons"][1]["causes"][0]["ending"]);

    let words = said(&world, &["forecast", "--lang", "vi"], 2);
    assert!(words.contains("tập huấn lại cho 5 người, chậm nhất ngày"), "{words}");
    let words = said(&world, &["forecast", "--lang", "en", "--days", "1"], 0);
    assert!(words.contains("Nothing that ends within these days changes anything."), "{words}");

    let series =
        |days| format!(r#"lachan_target_forecast_met{{days="{days}",target="staff-trained"}}"#);
    until("the metrics look ahead", || world.collector.scrape().value(&series(30)) == Some(0.0));
    assert_eq!(world.collector.scrape().value(&series(90)), Some(0.0));

    assert!(world.collector.terminate());
    let mut at_rest = world.collector.json(&ask);
    at_rest["at"] = running["at"].clone();
    assert_eq!(at_rest, running);
}

#[test]
fn a_unit_that_is_not_there_and_days_that_are_no_days_are_refused() {
    let world = World::with_machines(&[ROW]);
    let unit = said(&world, &["forecast", "--unit", "stq"], 1);
    assert!(unit.contains("stq") && unit.contains("did you mean `stp`?"), "{unit}");
    let days = world.collector.command(&["forecast", "--days", "soon"]);
    assert!(!days.status.success());
    let of_unit = world.collector.json(&["forecast", "--unit", "stp"]);
    assert_eq!(target(&of_unit, "machines-protected")["now"]["members"], 1);
}
