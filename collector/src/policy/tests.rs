//! Loading: every mistake of every file, each at its place.

use super::fixtures::{folder, rule, set};
use super::*;
use crate::register::machines::{Known, Marks};

const ROW: &str = "m-1,so,workstation,lan,,,,2025-01-01,\n";

fn problems(files: &[(&str, &str)]) -> Problems {
    load(&folder(ROW, files)).unwrap_err()
}

fn compact(files: &[(&str, &str)]) -> String {
    problems(files).compact()
}

/// What loading says of one rule with this after its head.
fn of_rule(rest: &str) -> String {
    compact(&[("rules/r0.toml", &rule("r0", "major", rest))])
}

#[test]
fn one_bad_folder_shows_every_mistake_at_its_place() {
    let misspelt = rule("misspelt", "major", "").replace("severity", "severty")
        + "[require]\n\"antivirus.primary.realtme\" = true\n\"patches.security_pending\" = \"none\"\n";
    let twin =
        rule("os-supported", "major", "[require]\n\"os.supported_until\" = { max_age = \"7d\" }\n");
    let twin_read =
        rule("antivirus-licensed", "major", "[require]\n\"antivirus.licence.accepted\" = true\n");
    let broken = "id = \"broken\nseverity = \"major\"\n";
    let example = rule(
        "wrong-example",
        "major",
        "[require]\n\"patches.security_pending\" = 0\n\n[[example]]\nname = \"hai bản vá đang chờ\"\n\
         now = 2026-11-22\nverdict = \"pass\"\nfacts = { \"patches.security_pending\" = 2 }\n",
    );
    let machines = "id;unit;kind;systems;serial;from\n\
                    m-1;so;workstaton;lan;;2025-01-01\n\
                    m-2;phòng;server;lan hotich;To be filled by O.E.M.;31/02/2026\n";
    let said = problems(&[
        ("rules/misspelt.toml", &misspelt),
        ("rules/twin.toml", &twin),
        ("rules/twin-read.toml", &twin_read),
        ("rules/broken.toml", broken),
        ("rules/wrong-example.toml", &example),
        ("register/machines.csv", machines),
        (
            "register/declared.toml",
            "[[declared]]\nunit = \"phong\"\nkind = \"workstaton\"\nheads = 2\nfrom = 2025-01-01\n",
        ),
        ("rule/lost.toml", "id = \"lost\"\n"),
    ]);
    let golden = include_str!("tests/bad-folder.txt");
    assert_eq!(format!("{said}\n"), golden, "\n{said}\n");
}

#[test]
fn a_problem_in_one_line_is_what_an_editor_follows() {
    let said = compact(&[("targets.toml", "timezone = \"Asia/Ho_Chi_Min\"\n")]);
    assert!(said.starts_with("targets.toml:1:1: "), "{said}");
    assert!(said.contains("targets.toml:1:12: unknown time zone `Asia/Ho_Chi_Min`"), "{said}");
}

#[test]
fn a_rule_must_ask_for_something_and_apply_to_something() {
    assert!(of_rule("").contains("the rule asks for nothing"));
    assert!(of_rule("[require]\n").contains("this asks for nothing"));
    assert!(
        of_rule("applies = { os = [] }\n[require]\n\"machine.level\" = 2\n")
            .contains("an empty list applies to nothing")
    );
    assert!(of_rule("[level.6.require]\n\"machine.level\" = 2\n").contains("`6` is no level"));
    assert!(
        of_rule("waivable = false\n[require]\n\"machine.level\" = 2\n")
            .contains("only a critical rule can forbid waivers")
    );
}

#[test]
fn references_lead_somewhere() {
    let applies = |what: &str| {
        of_rule(&format!("applies = {{ {what} }}\n[require]\n\"machine.level\" = 2\n"))
    };
    assert!(applies("units = [\"phon\"]").contains("unknown unit `phon`"));
    assert!(applies("systems = [\"ho-tic\"]").contains("unknown system `ho-tic`"));
    let targets = folder("", &[])
        .get("targets.toml")
        .unwrap()
        .replace("[\"antivirus-licensed\"]", "[\"antivirus-licenced\"]");
    let said = problems(&[("targets.toml", &targets)]);
    assert_eq!(
        said.iter().next().unwrap().help.as_deref(),
        Some("did you mean `antivirus-licensed`?")
    );
}

#[test]
fn one_faulty_file_does_not_make_others_look_faulty() {
    let said = compact(&[("register/units.toml", "[[unit]\n")]);
    assert!(said.lines().all(|line| line.starts_with("register/units.toml:")), "{said}");
}

#[test]
fn a_missing_register_is_not_an_empty_one() {
    let all = folder(ROW, &[]);
    let without = all.files().filter(|(path, _)| *path != "register/machines.csv");
    let said = load(&Folder::from_files(without)).unwrap_err().compact();
    assert_eq!(said, "register/machines.csv: the file is missing\n");
}

#[test]
fn a_folder_without_a_rule_is_refused() {
    let all = folder(ROW, &[]);
    let without = all.files().filter(|(path, _)| !path.starts_with("rules/"));
    let said = load(&Folder::from_files(without)).unwrap_err().compact();
    assert!(said.contains("rules/: the folder holds no rule"), "{said}");
}

#[test]
fn the_tree_of_units_has_no_circle_and_one_place_at_a_time() {
    let unit = |id: &str, placed: &str| {
        format!(
            "[[unit]]\nid = \"{id}\"\nname = {{ vi = \"a\", en = \"a\" }}\nplaced = [{placed}]\n"
        )
    };
    let tree = |a: &str, b: &str| {
        let units =
            format!("{}{}{}{}", unit("so", ""), unit("phong", ""), unit("a", a), unit("b", b));
        load(&folder(ROW, &[("register/units.toml", &units)]))
            .map_err(|problems| problems.compact())
    };
    let circle = tree("{ under = \"b\" }", "{ under = \"a\" }").unwrap_err();
    assert!(circle.contains("`a` would stand under itself"), "{circle}");
    let twice = tree(
        "{ under = \"so\", until = 2025-07-01 }, { under = \"phong\", from = 2025-07-01 }",
        "",
    )
    .unwrap_err();
    assert!(twice.contains("two placements hold on one day"), "{twice}");
    let set = tree(
        "{ under = \"so\", until = 2025-06-30 }, { under = \"phong\", from = 2025-07-01 }",
        "",
    )
    .unwrap();
    let on = |year, month, day| jiff::civil::date(year, month, day);
    assert_eq!(set.register.units.line("a", on(2025, 6, 30)), ["a", "so"]);
    assert_eq!(set.register.units.line("a", on(2025, 7, 1)), ["a", "phong"]);
}

#[test]
fn rows_of_machines_are_read_as_spreadsheets_save_them() {
    let csv = "\u{FEFF}kind;unit;id;from;until;serial;systems\r\nserver;phong;m-9;1/7/2025;;sn 1;lan ho-tich\r\n";
    let set = set("", &[("register/machines.csv", csv)]);
    let row = set.register.machines.get("m-9").unwrap();
    assert_eq!((row.kind, row.unit), (crate::register::MachineKind::Server, "phong"));
    assert_eq!(row.systems, ["lan", "ho-tich"]);
    let marks = Marks { serial: Some("SN 1"), asset_tag: Some("SN 1") };
    let known = |year| {
        let day = jiff::civil::date(year, 7, 1);
        let serials = &set.catalogues.serials;
        set.register.machines.known_by(marks, serials, |term| term.holds(day))
    };
    assert!(known(2025).by_serial.is_some() && known(2025).by_asset_tag.is_none());
    assert_eq!(known(2024), Known::default());
}

#[test]
fn a_mark_belongs_to_one_machine_at_a_time() {
    let rows = |terms: &[(&str, &str)]| {
        let row = |(n, (from, until)): (usize, &(&str, &str))| {
            format!("m-{n},so,workstation,,SN1,,,{from},{until}\n")
        };
        let csv: String = terms.iter().enumerate().map(row).collect();
        load(&folder(&csv, &[])).map(|_| ()).map_err(|problems| problems.compact())
    };
    let twice = "column serial: `SN1` already belongs to the machine `m-0`";
    assert!(rows(&[("2025-01-01", ""), ("2025-01-01", "")]).unwrap_err().contains(twice));
    let overlap = rows(&[("2024-01-01", "2026-12-31"), ("2026-11-01", "")]);
    assert!(overlap.unwrap_err().contains(twice), "both would be in force on one day");
    let third = rows(&[("2019-01-01", "2019-12-31"), ("2025-01-01", ""), ("2025-01-01", "")]);
    assert!(third.unwrap_err().contains("belongs to the machine `m-1`"));
    assert_eq!(rows(&[("2024-01-01", "2025-12-31"), ("2026-01-01", "")]), Ok(()));
    let retired_last = rows(&[("2026-01-01", ""), ("2019-01-01", "2020-12-31")]);
    assert_eq!(retired_last, Ok(()), "the terms do not overlap, in whichever order they stand");
}

#[test]
fn an_approved_level_has_its_decision_and_counts_from_its_date() {
    let system = |decision: &str| {
        format!(
            "[[system]]\nid = \"lan\"\nname = {{ vi = \"a\", en = \"a\" }}\nowner = \"o\"\n\
             operator = \"o\"\nunit = \"so\"\nlegal_basis = \"ND331_2026\"\nlevel = 2\n\
             status = \"approved\"\n{decision}deployment = \"full\"\n\
             regulation = {{ number = \"1\", date = 2026-05-02 }}\n"
        )
    };
    let without = load(&folder("", &[("register/systems.toml", &system(""))])).unwrap_err();
    assert!(without.compact().contains("needs its decision"), "{}", without.compact());
    let decided = system("decision = { number = \"1\", date = 2027-01-01 }\n");
    let set = load(&folder("", &[("register/systems.toml", &decided)])).unwrap();
    let on =
        |year| set.register.systems.get("lan").unwrap().status_on(jiff::civil::date(year, 6, 1));
    assert_eq!(on(2026).name(), "appraised");
    assert_eq!(on(2027).name(), "approved");
}

#[test]
fn samples_are_marked_and_seen() {
    assert!(!set(ROW, &[]).register.is_sample());
    let csv = "# sample = true\nid,unit,kind,from\nm-1,so,workstation,2025-01-01\n";
    assert!(set("", &[("register/machines.csv", csv)]).register.is_sample());
    assert!(set("", &[("register/training.toml", "sample = true\n")]).register.is_sample());
}

fn repository() -> Folder {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies");
    Folder::read(&root).unwrap_or_else(|problems| panic!("{problems}"))
}

#[test]
fn the_policies_of_this_repository_load_with_their_sample_register() {
    let set = load(&repository()).unwrap_or_else(|problems| panic!("{problems}"));
    assert!(set.register.is_sample());
    assert!(set.register.systems.iter().count() >= 14);
    assert!(set.register.machines.len() >= 8);
    for rule in &set.rules {
        assert!(rule.examples.len() >= 4, "{}", rule.id);
        let verdicts: std::collections::BTreeSet<_> =
            rule.examples.iter().map(|example| example.verdict).collect();
        assert!(verdicts.len() >= 3, "{} shows too few outcomes", rule.id);
    }
}

#[test]
fn the_readme_is_executed() {
    let repository = repository();
    let readme = repository.get("README.md").unwrap();
    let blocks: Vec<_> =
        readme.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(!blocks.is_empty());
    let files: Vec<_> = blocks
        .iter()
        .map(|block| {
            let name = block.lines().next().unwrap().strip_prefix("# file: ").unwrap();
            (name, *block)
        })
        .collect();
    let set = set(ROW, &files);
    for rule in ["host-has-memory", "one-antivirus-runs", "system-is-recent"] {
        assert!(set.rule(rule).is_some_and(|rule| rule.examples.len() >= 4), "{rule}");
    }
}

#[test]
fn a_holiday_may_be_one_day_and_ends_no_earlier_than_it_begins() {
    let text = super::starter::starter_files()
        .iter()
        .find(|(path, _)| *path == "targets.toml")
        .map(|(_, text)| *text)
        .unwrap();
    let with = |until: &str| {
        let holiday = format!("holidays = [\n    {{ from = 2026-01-05, until = {until} }},");
        let text = text.replacen("holidays = [", &holiday, 1);
        load(&folder("", &[("targets.toml", &text)]))
    };
    assert!(with("2026-01-05").is_ok());
    assert!(with("2026-01-06").is_ok());
    let problems = with("2026-01-04").map(|set| set.hash).unwrap_err().to_string();
    assert!(problems.contains("ends before it begins"), "{problems}");
    assert!(with("2026-02-04").is_ok());
    let problems = with("9999-12-31").map(|set| set.hash).unwrap_err().to_string();
    assert!(problems.contains("a holiday lasts 31 days at most"), "{problems}");
}
