//! A product by its definition, from its marks to its fields, on both systems.

use super::*;
use crate::host::recorded::{Machine, field, reason};
use crate::probes::findings::{choice, moment};
use report::{Moment, Timestamp};

/// 2026-11-22 12:00:00.
const NOW: Timestamp = Timestamp(1_795_348_800);

fn traces(machine: &Machine, text: &str, registered: &[String]) -> Traces {
    let host = machine.host();
    let doors = Doors::of(&host, NOW);
    let lists = Lists::of(&doors, registered);
    look(&doors, &Definitions::written(text), &lists)
}

/// What the product says, and what is concluded of it.
fn both(machine: &Machine, text: &str) -> [Record; 2] {
    let found = traces(machine, text, &[]);
    let [said, concluded] = found.candidates.try_into().unwrap();
    assert_eq!((said.rank, concluded.rank), (Rank::Vendor, Rank::Trace));
    [said.record, concluded.record]
}

fn said(machine: &Machine, text: &str) -> Record {
    both(machine, text).into_iter().next().unwrap()
}

fn linux() -> Machine {
    Machine::recorded("debian12-bare").with_folder("opt/office")
}

fn windows() -> Machine {
    Machine::empty().with_registry("").with_folder("Program Files/Office AV")
}

fn definition(mark: &str, readings: &str) -> String {
    format!("product = \"office-av\"\nvendor = \"Office\"\n[recognise]\n{mark}\n{readings}")
}

fn on_linux(readings: &str) -> String {
    definition("path = \"opt/office\"", readings)
}

fn on_windows(readings: &str) -> String {
    definition("path = \"Program Files/Office AV\"", readings)
}

const VERSIONS: &str = r#"
[[read]]
field = "realtime"
file = "opt/office/first"
[[read]]
field = "realtime"
file = "opt/office/second"
"#;

#[test]
fn the_first_source_that_answers_counts() {
    let text = on_linux(VERSIONS);
    for (first, second, expected) in [
        (Some("on"), Some("off"), yes_or_no(true)),
        (None, Some("off"), yes_or_no(false)),
        (Some("maybe"), Some("off"), yes_or_no(false)),
    ] {
        let files = [("opt/office/first", first), ("opt/office/second", second)];
        let machine = files.into_iter().fold(linux(), |machine, (path, content)| match content {
            Some(content) => machine.with(path, content),
            None => machine,
        });
        assert_eq!(field(&said(&machine, &text), "realtime"), expected, "{first:?}");
    }
}

#[test]
fn where_none_answers_the_first_obstacle_is_told() {
    let text = on_linux(VERSIONS);
    let machine = linux().with("opt/office/first", "maybe").denied("opt/office/second");
    let why = field(&said(&machine, &text), "realtime");
    assert_eq!(reason(&why), Some(Reason::ParseError));
    // Where there is no source at all, the product gives no way to know.
    assert!(!said(&linux(), &text).0.contains_key("realtime"));
}

#[test]
fn a_later_source_that_says_something_else_is_told() {
    let machine = linux().with("opt/office/first", "on").with("opt/office/second", "off");
    let disputed = |text: &str| {
        let found = traces(&machine, text, &[]);
        let merged = super::super::merge::merge(found.candidates, &Fact::Absent, Vec::new());
        field(merged.products.first().unwrap(), "disputed")
    };
    assert_eq!(disputed(&on_linux(VERSIONS)), text("realtime"));
    let last_word =
        VERSIONS.replacen("field = \"realtime\"", "field = \"realtime\"\nfinal = true", 1);
    assert_eq!(disputed(&on_linux(&last_word)), Fact::Absent);
}

#[test]
fn a_program_is_not_run_to_contradict_an_answer() {
    let text = on_linux(
        "[[read]]\nfield = \"realtime\"\nfile = \"opt/office/first\"\n\
         [[read]]\nfield = \"realtime\"\nprogram = \"/opt/office/tool\"\n",
    );
    let machine = linux().with_program("/opt/office/tool", 0, "off");
    assert_eq!(field(&said(&machine, &text), "realtime"), yes_or_no(false));
    let machine = machine.with("opt/office/first", "on");
    let found = traces(&machine, &text, &[]);
    let merged = super::super::merge::merge(found.candidates, &Fact::Absent, Vec::new());
    assert_eq!(field(merged.products.first().unwrap(), "disputed"), Fact::Absent);
}

#[test]
fn what_is_weak_is_only_a_conclusion() {
    let text = on_linux(
        "[[read]]\nfield = \"state\"\nweak = true\nfile = \"opt/office/first\"\nstates = { up = \"on\" }\n",
    );
    let [said, concluded] = both(&linux().with("opt/office/first", "up"), &text);
    assert!(!said.0.contains_key("state"));
    assert_eq!(field(&concluded, "state"), choice("on"));
}

#[test]
fn what_is_only_remembered_is_shown_as_unverified() {
    let text = on_linux(
        "[[read]]\nfield = \"version\"\nevidence = \"recalled\"\nfile = \"opt/office/v\"\n",
    );
    let record = said(&linux().with("opt/office/v", "1.2"), &text);
    let source = record.0.get("version").unwrap().source.clone().unwrap();
    assert_eq!(source.as_str(), "opt/office/v [unverified]");
}

#[test]
fn a_source_counts_only_where_its_condition_holds() {
    let text = on_linux(
        "[[read]]\nfield = \"version\"\nfile = \"opt/office/v\"\n\
         when = [{ file = \"opt/office/key\", states = { 0 = false, \"*\" = true } }]\n",
    );
    let with_key = |key| linux().with("opt/office/v", "1.2").with("opt/office/key", key);
    assert_eq!(field(&said(&with_key("3"), &text), "version"), crate::host::recorded::text("1.2"));
    assert!(!said(&with_key("0"), &text).0.contains_key("version"));
    let denied = with_key("3").denied("opt/office/key");
    assert_eq!(reason(&field(&said(&denied, &text), "version")), Some(Reason::AccessDenied));
}

#[test]
fn all_is_yes_no_or_unknown() {
    let text = on_linux(
        "[[read]]\nfield = \"realtime\"\n\
         all = [{ file = \"opt/office/a\" }, { file = \"opt/office/b\" }]\n",
    );
    for (a, b, expected) in [
        ("on", "on", Some(true)),
        ("on", "off", Some(false)),
        ("off", "?", Some(false)),
        ("?", "off", Some(false)),
        ("?", "on", None),
        ("on", "?", None),
    ] {
        let machine = linux().with("opt/office/a", a).with("opt/office/b", b);
        let known = field(&said(&machine, &text), "realtime");
        match expected {
            Some(expected) => assert_eq!(known, yes_or_no(expected), "{a} {b}"),
            None => assert_eq!(reason(&known), Some(Reason::ParseError), "{a} {b}"),
        }
    }
    // A part that is not there leaves it open too.
    assert!(!said(&linux().with("opt/office/a", "on"), &text).0.contains_key("realtime"));
    let machine = linux().with("opt/office/b", "off");
    assert_eq!(field(&said(&machine, &text), "realtime"), yes_or_no(false));
}

#[test]
fn a_product_that_could_not_be_looked_for_is_no_product_and_an_obstacle() {
    let found = traces(&linux().denied("opt/office"), &on_linux(""), &[]);
    assert!(found.candidates.is_empty());
    assert_eq!(found.unanswered.first().map(|why| why.reason), Some(Reason::AccessDenied));
    let none = traces(&Machine::recorded("debian12-bare"), &on_linux(""), &[]);
    assert!(none.candidates.is_empty() && none.unanswered.is_empty());
}

const UNINSTALL: &str = r"SOFTWARE\WOW6432Node\Microsoft\Windows\CurrentVersion\Uninstall";

#[test]
fn an_uninstall_entry_shows_a_product_of_which_the_program_is_not_proven() {
    let registry = format!(
        "[HKEY_LOCAL_MACHINE\\{UNINSTALL}\\{{1}}]\n\"DisplayName\"=\"OFFICE AV 12 (x64)\"\n\
         \"DisplayVersion\"=\"12.1.0\"\n"
    );
    let machine = Machine::empty().with_registry(&registry);
    let text = definition(
        "uninstall = \"Office AV\"",
        "[[read]]\nfield = \"version\"\nuninstall = \"DisplayVersion\"\n",
    );
    let record = said(&machine, &text);
    assert_eq!(field(&record, "version"), crate::host::recorded::text("12.1.0"));
    assert_eq!(reason(&field(&record, "present")), Some(Reason::ProductOpaque));
    // The same entry gives its version where the program itself showed the product.
    let both = text.replace(
        "uninstall = \"Office AV\"",
        "path = \"Program Files/Office AV\"\nuninstall = \"Office AV\"",
    );
    let record = said(&machine.with_folder("Program Files/Office AV"), &both);
    assert_eq!(field(&record, "version"), crate::host::recorded::text("12.1.0"));
    assert_eq!(field(&record, "present"), yes_or_no(true));
}

#[test]
fn a_filter_driver_shows_a_product_by_its_altitude() {
    let registry = r#"
[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\OfficeFlt\Instances\Default]
"Altitude"="328765"
"#;
    let text = definition("altitude = \"328765\"", "");
    let found = traces(&Machine::empty().with_registry(registry), &text, &[]);
    assert_eq!(found.candidates.len(), 2);
    assert!(traces(&windows(), &text, &[]).candidates.is_empty());
}

#[test]
fn a_name_in_the_security_center_shows_a_product() {
    let text = definition("security_center = \"Office\"", "");
    let named = |name: &str| traces(&windows(), &text, &[name.to_owned()]).candidates.len();
    assert_eq!((named("OFFICE antivirus"), named("An Office")), (2, 0));
}

#[test]
fn both_views_of_the_registry_are_looked_in() {
    let text = on_windows(
        "[[read]]\nfield = \"definitions_at\"\nregistry = 'HKLM\\SOFTWARE\\Office\\*\\Data'\n\
         value = \"Updated\"\nmoment = \"unix\"\n",
    );
    let key = |node: &str, name: &str, seconds: u32| {
        let path = format!("HKEY_LOCAL_MACHINE\\SOFTWARE{node}\\Office\\{name}\\Data");
        format!("[{path}]\n\"Updated\"=dword:{seconds:08x}\n")
    };
    let at = |seconds| moment(Moment::source(Timestamp(seconds)));
    let old = key(r"\WOW6432Node", "AV9", 1_795_000_000);
    let machine = windows().with_registry(&old);
    assert_eq!(field(&said(&machine, &text), "definitions_at"), at(1_795_000_000));
    // Of several versions the newest is the one meant.
    let machine = machine.with_registry(&key(r"\WOW6432Node", "AV10", 1_795_100_000));
    assert_eq!(field(&said(&machine, &text), "definitions_at"), at(1_795_100_000));
}

#[test]
fn a_file_is_looked_for_where_the_registry_says() {
    let registry = "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Office\\Info]\n\
                    \"Data\"=\"C:\\\\ProgramData\\\\Office AV\\\\\"\n";
    let text = on_windows(
        "[[read]]\nfield = \"licence_until\"\nfile = \"Licence/lic.bin\"\n\
         below = 'HKLM\\SOFTWARE\\Office\\Info!Data'\nxml = \"OFFICE/KEY@END\"\nmoment = \"YYYY-MM-DD\"\n",
    );
    let xml: Vec<u8> =
        "\u{3}<OFFICE><KEY MAIL=\"lan@example.vn\" END=\"2027-01-31\"/></OFFICE>\u{7}"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
    let machine =
        windows().with_registry(registry).with("ProgramData/Office AV/Licence/lic.bin", xml);
    let record = said(&machine, &text);
    let end = Timestamp::from_civil((2027, 1, 31), (23, 59, 59)).unwrap();
    assert_eq!(field(&record, "licence_until"), moment(Moment::source(end)));
    assert!(!format!("{record:?}").contains("lan@"));
    let elsewhere = windows().with_registry(&registry.replace("C:", "D:"));
    assert!(!said(&elsewhere, &text).0.contains_key("licence_until"));
}

#[test]
fn a_provider_of_wmi_is_asked_and_one_that_is_not_there_is_passed_over() {
    let text = on_windows(
        "[[read]]\nfield = \"version\"\nwmi = 'root\\OFFICE:Product'\nproperty = \"Version\"\n\
         [[read]]\nfield = \"definitions_at\"\nwmi = 'root\\OFFICE:Product'\nproperty = \"Updated\"\n\
         moment = \"wmi\"\n",
    );
    assert!(!said(&windows(), &text).0.contains_key("version"));
    let rows = r#"[{"Version": "12.1", "Updated": "20261120080000.000000+060"}]"#;
    let record = said(&windows().with_wmi(r"root\OFFICE", "Product", rows), &text);
    assert_eq!(field(&record, "version"), crate::host::recorded::text("12.1"));
    let updated = Timestamp::from_civil((2026, 11, 20), (7, 0, 0)).unwrap();
    assert_eq!(field(&record, "definitions_at"), moment(Moment::source(updated)));
    let broken = windows().with_wmi(r"root\OFFICE", "Product", r#"{"error": "0x80041003"}"#);
    assert!(reason(&field(&said(&broken, &text), "version")).is_some());
}

#[test]
fn services_run_or_do_not_and_those_that_are_not_there_say_nothing() {
    let text =
        on_windows("[[read]]\nfield = \"realtime\"\nservice = [\"OfficeOld\", \"OfficeSvc\"]\n");
    for (state, expected) in [("running", true), ("stopped", false)] {
        let machine = windows().with_service("officesvc", state, "automatic", "");
        assert_eq!(field(&said(&machine, &text), "realtime"), yes_or_no(expected));
    }
    let other = windows().with_service("Spooler", "running", "automatic", "");
    assert!(!said(&other, &text).0.contains_key("realtime"));
}
