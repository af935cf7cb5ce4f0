//! Definitions as they are written: those built in, those of a machine, and what is wrong with one.

use report::{Fact, Timestamp, Value};

use super::*;
use crate::host::recorded::{Machine, fact, facts, field, records};
use crate::probes::Context;
use crate::probes::antivirus::linux;
use crate::probes::assignment::AssignmentClaims;

const FOLDER: &str = "etc/lachan/antivirus.d";
const FILE: &str = "etc/lachan/antivirus.d/office.toml";
const OFFICE: &str =
    "product = \"office-av\"\nvendor = \"Office\"\n[recognise]\npath = \"opt/office\"\n";

fn own(machine: &Machine) -> (Vec<String>, Vec<String>) {
    let definitions = local::read(&machine.files(), Platform::Linux);
    (definitions.all.into_iter().map(|it| it.product).collect(), definitions.faults)
}

fn faults(reading: &str) -> Vec<String> {
    let text = format!("{OFFICE}[[read]]\n{reading}\n");
    raw::parse("office.toml", &text).err().unwrap_or_default()
}

#[test]
fn everything_that_is_built_in_can_be_used() {
    for platform in Platform::ALL {
        for (name, text) in builtin::of(platform) {
            let definition = raw::parse(name, text).unwrap_or_else(|it| panic!("{it:#?}"));
            assert_eq!(name.split('/').nth(1), Some(&*format!("{}.toml", definition.product)));
        }
    }
}

#[test]
fn every_product_is_in_the_catalogue_of_the_collector() {
    let catalogue = include_str!("../../../../../policies/catalogue/antivirus.toml");
    let catalogue: toml::Table = catalogue.parse().unwrap();
    let products = catalogue["products"].as_table().unwrap();
    for platform in Platform::ALL {
        for (name, text) in builtin::of(platform) {
            let definition = raw::parse(name, text).unwrap();
            let known = products.get(&definition.product);
            let vendor = known.map(|known| known["vendor"].as_str().unwrap());
            assert_eq!(vendor, Some(&*definition.vendor), "{name}");
        }
    }
}

#[test]
fn no_definition_asks_for_what_is_secret() {
    // CrowdStrike's customer, SentinelOne's keys, Kaspersky's activation.
    let secret = ["--cid", "management", "--get-backup"];
    for platform in Platform::ALL {
        for (name, text) in builtin::of(platform) {
            let found = secret.iter().find(|word| text.contains(&format!("\"{word}\"")));
            assert_eq!(found, None, "{name}");
        }
    }
}

#[test]
fn no_definition_runs_an_update() {
    // `upd -u` of ESET starts one, and so do these words elsewhere.
    let verbs =
        ["-u", "--update", "update", "upgrade", "scan", "--scan", "start", "stop", "restart"];
    for platform in Platform::ALL {
        for (name, text) in builtin::of(platform) {
            for wanted in raw::parse(name, text).unwrap().readings {
                for place in wanted.places() {
                    if let Place::Program { arguments, .. } = place {
                        let verb = arguments.iter().find(|it| verbs.contains(&it.as_str()));
                        assert_eq!(verb, None, "{name}: {arguments:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_machine_adds_definitions_of_its_own() {
    let machine = Machine::empty().with(FILE, OFFICE).with("etc/lachan/antivirus.d/notes.txt", "");
    assert_eq!(own(&machine), (vec!["office-av".to_owned()], vec![]));
    assert_eq!(own(&Machine::empty()), (vec![], vec![]));
    // It goes before what is built in.
    assert_eq!(Definitions::of(&machine.host()).all.first().unwrap().product, "office-av");
}

#[test]
fn a_definition_that_others_can_write_is_not_believed() {
    for path in [FILE, FOLDER, "etc/lachan", "etc"] {
        for (owner, mode) in [(1000, 0o755), (0, 0o775), (0, 0o757)] {
            let machine = Machine::empty().with(FILE, OFFICE).owned(path, owner, mode);
            let (products, faults) = own(&machine);
            assert_eq!(products, [""; 0], "{path} {owner} {mode:o}");
            let [fault] = &faults[..] else { panic!("{faults:?}") };
            assert!(fault.contains(path) && fault.contains("not believed"), "{fault}");
        }
    }
}

#[test]
fn a_definition_that_cannot_be_read_is_told_and_the_others_are_used() {
    let machine = Machine::empty()
        .with(FILE, OFFICE)
        .with("etc/lachan/antivirus.d/a.toml", "product = 1\n")
        .with("etc/lachan/antivirus.d/b.toml", OFFICE)
        .denied("etc/lachan/antivirus.d/b.toml");
    let (products, faults) = own(&machine);
    assert_eq!(products, ["office-av"]);
    assert!(faults.iter().any(|it| it.contains("a.toml:1: product is text")), "{faults:?}");
    assert!(faults.iter().any(|it| it.contains("b.toml: permission denied")), "{faults:?}");
    assert_eq!(own(&machine.denied(FOLDER)).1.len(), 1);
}

#[test]
fn a_fault_says_where_it_is_and_what_would_be_right() {
    for (reading, expected) in [
        (
            "field = \"version\"\npackage = \"office\"\nstats = 1",
            "office.toml:8: unknown key `stats`: is `states` meant?",
        ),
        ("field = \"licence_key\"\npackage = \"office\"", "no product says `licence_key`"),
        ("field = \"version\"", "nothing says where this is read"),
        ("field = \"state\"\nprocess = \"a\"", "this field is a word: write states"),
        (
            "field = \"state\"\nprocess = \"a\"\nstates = { true = \"running\" }",
            "unknown word `running`: it is one of on, off",
        ),
        (
            "field = \"realtime\"\nprocess = \"a\"\nstates = { true = \"on\" }",
            "this field is yes or no",
        ),
        ("field = \"version\"\nfile = \"a\"\nmoment = \"unix\"", "is \"text\""),
        ("field = \"definitions_at\"\nfile = \"a\"", "this field is a moment"),
        ("field = \"definitions_at\"\nfile = \"a\"\nmoment = \"YYYY\"", "unknown format `YYYY`"),
        ("field = \"realtime\"\nsays = \"yes\"", "this field is yes or no"),
        ("field = \"licence_until\"\nall = []", "`all` answers yes or no"),
        ("field = \"version\"\nprogram = \"office\"", "a program is named from the root on"),
        (
            "field = \"version\"\nprogram = \"/a\"\nseconds = \"600\"",
            "seconds is a number from 1 to 30",
        ),
        ("field = \"version\"\nwmi = \"root\"\nproperty = \"a\"", "wmi is a namespace and a class"),
        ("field = \"version\"\nregistry = \"HKLM\"", "value is missing"),
        ("field = \"version\"\npackage = \"a\"\nfile = \"b\"", "`package` has no meaning beside"),
        ("field = \"version\"\npackage = \"a\"\nevidence = \"sure\"", "evidence is"),
    ] {
        let faults = faults(reading);
        assert!(faults.iter().any(|it| it.contains(expected)), "{reading}\n{faults:#?}");
    }
}

#[test]
fn a_definition_that_shows_nothing_is_refused() {
    for text in [
        "product = \"a\"\nvendor = \"A\"\n",
        "product = \"a\"\nvendor = \"A\"\n[recognise]\n",
        "product = \"a\"\nvendor = \"A\"\n[recognise]\npath = \"\"\n",
        "product = \"A b\"\nvendor = \"A\"\n[recognise]\npath = \"a\"\n",
        "vendor = \"A\"\n[recognise]\npath = \"a\"\n",
        "product = \"a\nvendor",
    ] {
        assert!(raw::parse("x.toml", text).is_err(), "{text}");
    }
}

#[test]
fn the_longest_beginning_of_a_registered_name_is_the_one_meant() {
    let definition = |product: &str, name: &str| {
        let text = format!(
            "product = \"{product}\"\nvendor = \"V\"\n[recognise]\nsecurity_center = \"{name}\"\n"
        );
        raw::parse("x.toml", &text).unwrap()
    };
    let all = vec![definition("short", "ESET "), definition("long", "ESET Server")];
    let definitions = Definitions { all, faults: Vec::new() };
    let named =
        |name| definitions.by_registered_name(name, |_| false).map(|it| it.product.as_str());
    assert_eq!(named("ESET Server Security"), Some("long"));
    assert_eq!(named("eset security"), Some("short"));
    assert_eq!(named("ESE"), None);
    assert_eq!(named("Tường lửa"), None);
}

#[test]
fn of_products_that_are_registered_under_one_name_the_one_that_is_here_is_meant() {
    let definition = |product: &str| {
        let text = format!(
            "product = \"{product}\"\nvendor = \"V\"\n[recognise]\nsecurity_center = \"ESET\"\n"
        );
        raw::parse("x.toml", &text).unwrap()
    };
    let all = vec![definition("home"), definition("office"), definition("server")];
    let definitions = Definitions { all, faults: Vec::new() };
    for here in ["home", "office", "server"] {
        let meant = definitions.by_registered_name("ESET Security", |it| it.product == here);
        assert_eq!(meant.unwrap().product, here);
    }
}

/// What stands between a line that ends with `<<'END'` and its `END`, for the file that it names.
fn written_in_contributing(file: &str) -> String {
    let page = include_str!("../../../../../CONTRIBUTING.md");
    let lines = page.lines().map(|line| line.strip_prefix("    ").unwrap_or(line));
    let mut text = lines.skip_while(|line| !line.ends_with(&format!("{file} <<'END'")));
    text.next();
    text.take_while(|line| *line != "END").map(|line| format!("{line}\n")).collect()
}

#[test]
fn the_product_that_contributing_adds_is_added() {
    let machine = Machine::empty()
        .with_folder("opt/office-guard")
        .with("programs/guard.txt", written_in_contributing("guard.txt"))
        .with(FILE, written_in_contributing("office-guard.toml"));
    let context = Context { claims: &AssignmentClaims::default(), now: Timestamp(1_795_348_800) };
    let facts = facts(linux::probe(&machine.host(), &context));
    let products = records(fact(&facts, "antivirus.products"));
    let [product] = &products[..] else { panic!("{products:?}") };
    let shown = |name| match field(product, name) {
        Fact::Known(Value::Text(text)) => text.to_string(),
        Fact::Known(Value::Bool(answer)) => answer.to_string(),
        Fact::Known(Value::Moment(moment)) => moment.at.to_string(),
        other => panic!("{name}: {other:?}"),
    };
    assert_eq!(
        ["product", "version", "realtime", "definitions_at", "licence_until"].map(shown),
        ["office-guard", "4.1.7", "true", "2026-11-21T02:14:00Z", "2027-03-31T23:59:59Z"]
    );
    assert!(!format!("{product:?}").contains("Nguyen"));
}

#[test]
fn the_console_of_a_product_is_not_the_product() {
    assert!(begins("ESET Security", "ESET Security$"));
    assert!(!begins("ESET Security Management Center Server", "ESET Security$"));
    assert!(begins("ESET Security 18", "eset security"));
    assert!(!begins("ESET", "ESET Security"));
}
