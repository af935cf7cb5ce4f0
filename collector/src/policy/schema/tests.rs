//! The schemas against the reader and against what the repository ships.

use std::collections::BTreeSet;
use std::path::Path;

use super::*;
use crate::policy::fixtures::{folder, rule};
use crate::policy::load;

/// A key near no other.
const NOBODYS: &str = "qqqqqqqq";

/// A place where keys are told apart: a file, its text with [`NOBODYS`] there, the schema and where
/// in it the table is described.
type Place = (&'static str, String, &'static str, &'static str);

fn places() -> Vec<Place> {
    let key = format!("{NOBODYS} = 1\n");
    let head = rule("r0", "major", "");
    let in_rule = |rest: &str| format!("{head}{}", rest.replace("KEY", &key));
    let file = |text: &str| text.replace("KEY", &key);
    let targets = folder("", &[]).get("targets.toml").unwrap_or_default().to_owned();
    let after = |mark: &str| targets.replacen(mark, &format!("{mark}\n{key}"), 1);
    vec![
        ("rules/r0.toml", in_rule("KEY"), "rule", ""),
        ("rules/r0.toml", in_rule("[applies]\nKEY"), "rule", "/properties/applies"),
        (
            "rules/r0.toml",
            in_rule("[level.3]\nKEY"),
            "rule",
            "/properties/level/patternProperties/^[1-5]$",
        ),
        ("rules/r0.toml", in_rule("[[example]]\nKEY"), "rule", "/properties/example/items"),
        ("targets.toml", format!("{key}{targets}"), "targets", ""),
        ("targets.toml", after("[[target]]"), "targets", "/properties/target/items"),
        (
            "targets.toml",
            targets.replace("silent_after = { ", &format!("silent_after = {{ {NOBODYS} = 1, ")),
            "targets",
            "/properties/silent_after",
        ),
        ("register/units.toml", file("KEY"), "units", ""),
        ("register/units.toml", file("[[unit]]\nKEY"), "units", "/properties/unit/items"),
        (
            "register/units.toml",
            file("[[unit]]\n[[unit.placed]]\nKEY"),
            "units",
            "/properties/unit/items/properties/placed/items",
        ),
        ("register/systems.toml", file("KEY"), "systems", ""),
        ("register/systems.toml", file("[[system]]\nKEY"), "systems", "/properties/system/items"),
        (
            "register/systems.toml",
            file("[[system]]\n[system.plan]\nKEY"),
            "systems",
            "/properties/system/items/properties/plan",
        ),
        ("register/waivers.toml", file("KEY"), "waivers", ""),
        ("register/waivers.toml", file("[[waiver]]\nKEY"), "waivers", "/properties/waiver/items"),
        ("register/licences.toml", file("KEY"), "licences", ""),
        (
            "register/licences.toml",
            file("[[licence]]\nKEY"),
            "licences",
            "/properties/licence/items",
        ),
        (
            "register/licences.toml",
            file("[[licence]]\n[licence.contract]\nKEY"),
            "licences",
            "/properties/licence/items/properties/contract",
        ),
        ("register/training.toml", file("KEY"), "training", ""),
        ("register/training.toml", file("[[staff]]\nKEY"), "training", "/properties/staff/items"),
        (
            "register/training.toml",
            file("[[staff]]\n[[staff.trained]]\nKEY"),
            "training",
            "/properties/staff/items/properties/trained/items",
        ),
        ("register/declared.toml", file("KEY"), "declared", ""),
        (
            "register/declared.toml",
            file("[[declared]]\nKEY"),
            "declared",
            "/properties/declared/items",
        ),
        (
            "register/declared.toml",
            file("[[declared]]\n[[declared.attestation]]\nKEY"),
            "declared",
            "/properties/declared/items/properties/attestation/items",
        ),
    ]
}

fn schema_of(name: &str) -> Json {
    FILE_KINDS.iter().find(|kind| kind.name == name).unwrap().schema()
}

#[test]
fn a_schema_knows_the_keys_that_the_reader_knows() {
    for (file, text, schema, pointer) in places() {
        let problems = load(&folder("", &[(file, &text)])).unwrap_err();
        let unknown = problems.iter().find(|problem| problem.message.contains(NOBODYS));
        let help = unknown.and_then(|problem| problem.help.clone()).unwrap_or_default();
        let read: BTreeSet<_> =
            help.trim_start_matches("known here: ").split(", ").map(str::to_owned).collect();
        let schema = schema_of(schema);
        let properties = &schema.pointer(pointer).unwrap()["properties"];
        let described: BTreeSet<_> = properties.as_object().unwrap().keys().cloned().collect();
        // These depend on another key, and the reader asks for them only where that says so.
        let dependent = ["rules", "counts"].map(str::to_owned);
        let described: BTreeSet<_> = match pointer {
            "/properties/target/items" => described
                .into_iter()
                .filter(|key| !dependent.contains(key) || read.contains(key))
                .collect(),
            _ => described,
        };
        assert_eq!(read, described, "{file} {pointer}: {text}");
    }
}

#[test]
fn a_schema_needs_the_keys_that_the_reader_needs() {
    for (file, text, schema, pointer) in places() {
        let text = match pointer {
            "" => "sample = true\n".to_owned(),
            _ => text,
        };
        if file == "targets.toml" && !pointer.is_empty() {
            continue;
        }
        let missing: BTreeSet<_> = match load(&folder("", &[(file, &text)])) {
            Ok(_) => BTreeSet::new(),
            Err(problems) => problems
                .iter()
                .filter(|problem| problem.file == file)
                .filter_map(|problem| {
                    problem.message.strip_prefix("the key `")?.strip_suffix("` is missing")
                })
                .map(str::to_owned)
                .collect(),
        };
        let schema = schema_of(schema);
        let needed = schema.pointer(pointer).unwrap()["required"].clone();
        let needed: BTreeSet<String> = serde_json::from_value(needed).unwrap_or_default();
        assert!(needed.is_subset(&missing), "{file} {pointer}: {needed:?} {missing:?}");
        if pointer.is_empty() {
            assert_eq!(needed, missing, "{file}");
        }
    }
}

#[test]
fn every_fact_can_be_asked_for_and_shown_in_an_example() {
    let rule = schema_of("rule");
    let names = |pointer: &str| -> BTreeSet<String> {
        rule.pointer(pointer).unwrap()["properties"].as_object().unwrap().keys().cloned().collect()
    };
    let facts: BTreeSet<_> = report::FactKey::all().map(|key| key.name().to_owned()).collect();
    let required = names("/definitions/require");
    assert_eq!(required.difference(&facts).collect::<Vec<_>>(), ["any"]);
    assert_eq!(required.intersection(&facts).count(), facts.len());
    assert_eq!(names("/properties/example/items/properties/facts"), facts);
    assert_eq!(names("/definitions/require/properties/any/items"), facts);
}

#[test]
fn every_reference_leads_somewhere() {
    fn references(json: &Json, found: &mut BTreeSet<String>) {
        match json {
            Json::Object(object) => {
                found.extend(object.get("$ref").and_then(Json::as_str).map(str::to_owned));
                object.values().for_each(|value| references(value, found));
            }
            Json::Array(items) => items.iter().for_each(|item| references(item, found)),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
        }
    }
    let rule = schema_of("rule");
    let mut found = BTreeSet::new();
    references(&rule, &mut found);
    assert!(found.len() > 20);
    for reference in found {
        assert!(rule.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
}

#[test]
fn the_schemas_of_this_repository_are_what_the_program_writes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies");
    for (path, text) in files() {
        let shipped = crate::files::read_bounded(&root.join(&path), 1 << 20).unwrap_or_default();
        assert!(
            shipped == text,
            "policies/{path} is not up to date: run `cargo run --bin lachan-collector -- policy schema policies`"
        );
    }
}

#[test]
fn a_folder_with_schemas_reads_as_one_without() {
    let dir = tempfile::tempdir().unwrap();
    let before = crate::policy::Folder::read(dir.path()).unwrap();
    crate::init::write_schemas(dir.path()).unwrap();
    assert_eq!(crate::policy::Folder::read(dir.path()).unwrap(), before);
}
