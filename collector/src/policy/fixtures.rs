//! Small worlds for tests: the shipped policies over a register of one's own, and machines.

use std::collections::BTreeMap;

use proptest::prelude::ProptestConfig;
use report::fact::Record;
use report::{
    Fact, FactKey, MachineId, Moment, Observation, Outcome, Reading, Text, Timestamp, Topic, Value,
    Verdict,
};

use super::day::Day;
use super::derive::derive;
use super::facts::Facts;
use super::hourglass::Hourglass;
use super::starter::starter_files;
use super::{Folder, JudgeClock, PolicySet, Subject, explain, load};
use crate::machine::lexicon::Lexicon;
use crate::machine::{Contact, Held, Kept, Machine, MachineView, Standing};

/// 2026-11-22 08:00 in Vietnam, a Sunday.
pub(crate) const NOW: Timestamp = Timestamp(1_795_309_200);

pub(crate) const HOUR: i64 = 3600;
pub(crate) const DAY: i64 = 24 * HOUR;

/// How often a property is tried. `LACHAN_CASES` caps it where the tests run over and over.
pub(crate) fn cases(wanted: u32) -> ProptestConfig {
    let cap = std::env::var("LACHAN_CASES").ok().and_then(|cap| cap.parse().ok());
    ProptestConfig::with_cases(wanted.min(cap.unwrap_or(wanted)))
}

const UNITS: &str = r#"
[[unit]]
id = "so"
name = { vi = "Sở", en = "Department" }
[[unit]]
id = "phong"
name = { vi = "Phòng", en = "Division" }
placed = [{ under = "so" }]
"#;

const SYSTEMS: &str = r#"
[[system]]
id = "lan"
name = { vi = "Mạng nội bộ", en = "Network" }
owner = "UBND"
operator = "Sở"
unit = "so"
legal_basis = "ND85_2016"
level = 2
status = "approved"
decision = { number = "1", date = 2024-01-02 }
regulation = { number = "1", date = 2024-01-01 }
deployment = "full"
plan = { number = "1", date = 2024-01-02 }
[[system]]
id = "ho-tich"
name = { vi = "Hộ tịch", en = "Civil status" }
owner = "UBND"
operator = "Sở"
unit = "phong"
legal_basis = "ND331_2026"
level = 4
status = "appraised"
expected_approval = 2027-06-30
deployment = "none"
expected_deployment = 2027-12-31
[[system]]
id = "moi"
name = { vi = "Mới", en = "New" }
owner = "UBND"
operator = "Sở"
unit = "phong"
legal_basis = "ND331_2026"
status = "draft"
expected_approval = 2027-06-30
deployment = "none"
expected_deployment = 2027-12-31
"#;

const HEADER: &str = "id,unit,kind,systems,serial,asset_tag,host_name,from,until\n";

/// The weekly rest in the starter's `targets.toml`.
pub(crate) const WEEKEND: &str = r#"rest_days = ["saturday", "sunday"]"#;

/// The starter folder with a small register, these rows of `machines.csv`, and these files in
/// place of or beside its own. Its office never rests, so that two days are two days.
pub(crate) fn folder(rows: &str, files: &[(&str, &str)]) -> Folder {
    let mut all: BTreeMap<String, String> = starter_files()
        .iter()
        .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
        .collect();
    let targets = all["targets.toml"].replace(WEEKEND, "rest_days = []");
    all.insert("targets.toml".to_owned(), targets);
    all.insert("register/units.toml".to_owned(), UNITS.to_owned());
    all.insert("register/systems.toml".to_owned(), SYSTEMS.to_owned());
    all.insert("register/machines.csv".to_owned(), format!("{HEADER}{rows}"));
    for (path, text) in files {
        all.insert((*path).to_owned(), (*text).to_owned());
    }
    Folder::from_files(all)
}

/// The set of [`folder`].
pub(crate) fn set(rows: &str, files: &[(&str, &str)]) -> PolicySet {
    load(&folder(rows, files)).unwrap_or_else(|problems| panic!("{problems}"))
}

/// The same set with these rules and no others.
pub(crate) fn set_with_rules(rows: &str, rules: &[&str]) -> PolicySet {
    let mut all: BTreeMap<String, String> = folder(rows, &[])
        .files()
        .filter(|(path, _)| !path.starts_with("rules/"))
        .map(|(path, text)| (path.to_owned(), text.to_owned()))
        .collect();
    for (index, rule) in rules.iter().enumerate() {
        all.insert(format!("rules/{index}.toml"), (*rule).to_owned());
    }
    let targets =
        all["targets.toml"].replace(r#"rules = ["antivirus-licensed"]"#, r#"rules = ["r0"]"#);
    all.insert("targets.toml".to_owned(), targets);
    load(&Folder::from_files(all)).unwrap_or_else(|problems| panic!("{problems}"))
}

/// A rule of the id `r0` … with this after its head.
pub(crate) fn rule(id: &str, severity: &str, rest: &str) -> String {
    let head = format!(
        "id = \"{id}\"\nseverity = \"{severity}\"\nsource = [\"x\"]\n\
         title = {{ vi = \"a\", en = \"a\" }}\nremedy = {{ vi = \"b\", en = \"b\" }}\n"
    );
    format!("{head}{rest}")
}

/// Holds a list of mistakes against what loading says of each: blocks of what is written into a
/// rule and, indented, what is said of it: place and mistake, and further in what to write instead.
pub(crate) fn check_mistakes(list: &str, write: impl Fn(&str) -> String) {
    let said_of = |written: &str| -> String {
        let Err(problems) = load(&folder("", &[("rules/r0.toml", &write(written))])) else {
            return "  nothing\n".to_owned();
        };
        let said = problems.iter().map(|problem| {
            let line = problem.to_string();
            let line = line.strip_prefix("rules/r0.toml:").unwrap_or(&line);
            let help = problem.help.iter().map(|help| format!("    {help}\n"));
            format!("  {line}\n{}", help.collect::<String>())
        });
        said.collect()
    };
    let each = list.split("\n\n").map(|block| {
        let written: Vec<_> = block.lines().filter(|line| !line.starts_with("  ")).collect();
        let written = written.join("\n");
        format!("{written}\n{}", said_of(&written))
    });
    let said = each.collect::<Vec<_>>().join("\n");
    assert!(said == list, "\n{said}");
}

pub(crate) fn key(name: &str) -> FactKey {
    FactKey::named(name).unwrap_or_else(|| panic!("no fact {name}"))
}

pub(crate) fn text(text: &str) -> Value {
    Value::Text(Text::new(text).unwrap())
}

pub(crate) fn source_moment(at: Timestamp) -> Value {
    Value::Moment(Moment::source(at))
}

/// A machine as the judge reads it. Tests are short-lived: it is never given back.
pub(crate) fn view(machine: &Machine) -> MachineView<'static> {
    let mut lexicon = Lexicon::default();
    let held = Held::pack(machine.clone(), &mut lexicon);
    MachineView::new(Box::leak(Box::new(held)), Box::leak(Box::new(lexicon)))
}

/// Everything derived of a machine at [`NOW`] by the set's register.
pub(crate) fn derived(set: &PolicySet, machine: &Machine, clock: JudgeClock) -> Facts<'static> {
    let set: &'static PolicySet = Box::leak(Box::new(set.clone()));
    let subject = Subject::of(set, view(machine), NOW);
    derive(set, &Day::of(set, NOW), &subject, &Hourglass::new(clock))
}

/// What every rule says of a machine, in words.
pub(crate) fn explained(set: &PolicySet, machine: &Machine, clock: JudgeClock) -> Verdict {
    explain(set, &Day::of(set, clock.now), &Subject::of(set, view(machine), NOW), clock)
}

/// A machine that speaks now, whose clock is right, and which has reported nothing.
pub(crate) fn silent_body(number: u8, row: Option<&str>) -> Machine {
    Machine {
        id: MachineId::from_bytes([number; 16]),
        row: row.map(str::to_owned),
        token_unit: Some("so".to_owned()),
        clone_of: None,
        standing: Standing::Current,
        enrolled_at: NOW - 90 * DAY,
        last_contact: Contact { at: NOW, skew: 0 },
        topics: BTreeMap::new(),
        security_pending_since: None,
    }
}

/// Lets a machine have observed these facts of a topic at a moment of its clock.
pub(crate) fn observe(machine: &mut Machine, topic: Topic, at: Timestamp, facts: &[(&str, Fact)]) {
    let facts = facts.iter().map(|(name, fact)| (key(name), Reading::from(fact.clone()))).collect();
    keep(machine, topic, at, Outcome::Observed(facts));
}

pub(crate) fn keep(machine: &mut Machine, topic: Topic, at: Timestamp, outcome: Outcome) {
    let observation = Observation { topic, observed_at: at, outcome };
    machine.keep(topic, Kept::new(observation, Contact { at, skew: 0 }));
}

/// One antivirus product with these fields.
pub(crate) fn product(fields: &[(&'static str, Fact)]) -> Record {
    Record(fields.iter().map(|(name, fact)| (*name, Reading::from(fact.clone()))).collect())
}

pub(crate) fn known(value: Value) -> Fact {
    Fact::Known(value)
}

pub(crate) fn word(word: &'static str) -> Fact {
    Fact::Known(Value::Choice(word))
}

/// A licensed product that protects in real time with definitions of yesterday.
pub(crate) fn good_product(id: &str) -> Record {
    product(&[
        ("product", known(text(id))),
        ("state", word("on")),
        ("realtime", known(Value::Bool(true))),
        ("definitions_at", known(source_moment(NOW - DAY))),
        ("licence_status", word("licensed")),
        ("licence_until", known(source_moment(NOW + 100 * DAY))),
        ("licence_evidence", word("vendor")),
    ])
}

/// Lets a machine have reported these products just now.
pub(crate) fn observe_antivirus(machine: &mut Machine, products: Vec<Record>, complete: bool) {
    observe(
        machine,
        Topic::Antivirus,
        NOW,
        &[
            ("antivirus.products", known(Value::Records(products))),
            ("antivirus.complete", known(Value::Bool(complete))),
        ],
    );
}

/// A Debian machine of which every shipped rule passes.
pub(crate) fn good_machine(number: u8, row: Option<&str>) -> Machine {
    let mut machine = silent_body(number, row);
    observe(
        &mut machine,
        Topic::Machine,
        NOW,
        &[
            ("machine.os_family", word("linux")),
            ("machine.os_id", known(text("debian"))),
            ("machine.os_version", known(text("12"))),
            ("machine.chassis", word("desktop")),
        ],
    );
    observe_antivirus(&mut machine, vec![good_product("eset")], true);
    observe(
        &mut machine,
        Topic::Patches,
        NOW,
        &[
            ("patches.security_pending", known(Value::Count(0))),
            ("patches.security_sources", known(Value::Count(1))),
            ("patches.sources_behind", known(Value::Count(0))),
            ("patches.lists_at", known(source_moment(NOW - DAY))),
            ("patches.reboot_pending", known(Value::Bool(false))),
            ("patches.automatic", word("on")),
        ],
    );
    set_up(&mut machine);
    let claims_nothing = [("assignment.level", Fact::Absent)];
    observe(&mut machine, Topic::Assignment, NOW, &claims_nothing);
    machine
}

/// As an office has its machines.
fn set_up(machine: &mut Machine) {
    let [on, off] = [true, false].map(|is| known(Value::Bool(is)));
    for (topic, facts) in [
        (Topic::Firewall, vec![("firewall.on", on.clone())]),
        (
            Topic::DiskEncryption,
            vec![
                ("disk_encryption.system", word("on")),
                ("disk_encryption.others_off", Fact::Absent),
            ],
        ),
        (
            Topic::ScreenLock,
            vec![
                ("screen_lock.on", on.clone()),
                ("screen_lock.after_seconds", known(Value::Count(300))),
            ],
        ),
        (Topic::SecureBoot, vec![("secure_boot.supported", on.clone()), ("secure_boot.on", on)]),
        (
            Topic::Accounts,
            vec![
                ("accounts.administrators", known(Value::Count(1))),
                ("accounts.guest_enabled", off.clone()),
            ],
        ),
        (
            Topic::RemoteAccess,
            vec![("remote_access.desktop", off.clone()), ("remote_access.ssh", off.clone())],
        ),
        (Topic::Smb1, vec![("smb1.server", off.clone()), ("smb1.client", off.clone())]),
        (Topic::RemovableMedia, vec![("removable_media.autorun", off.clone())]),
        (Topic::AutoLogin, vec![("auto_login.on", off)]),
    ] {
        observe(machine, topic, NOW, &facts);
    }
}
