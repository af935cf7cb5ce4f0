//! A million machines and two dozen rules, the shipped ones among them: what they take, how long judging all of them lasts, a plan
//! that turns a rule for many of them, and a scrape.
//!
//!     cargo bench -p collector --bench million [-- MACHINES]
//!
//! Memory is the process's own anonymous pages. Times are of this run on this machine, and beside
//! each the processor time it took, which other work on the machine does not stretch.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use collector::fleet::Fleet;
use collector::live::Live;
use collector::machine::{Contact, Kept, Machine, Standing};
use collector::metrics;
use collector::policy::starter::starter_files;
use collector::policy::{Folder, FolderHash, JudgeClock, Plan, PolicySet, Roll, load};
use report::fact::Record;
use report::{
    Fact, FactKey, MachineId, Moment, Observation, Outcome, Reading, Text, Timestamp, Topic, Value,
};

const NOW: Timestamp = Timestamp(1_795_309_200);
const DAY: i64 = 86_400;
const UNITS: usize = 400;
const RULES: usize = 24;

fn main() {
    let machines = std::env::args().find_map(|word| word.parse().ok()).unwrap_or(1_000_000);
    println!("{machines} machines, {UNITS} units, {RULES} rules");
    let before = anonymous_kib();
    let set = Arc::new(load(&folder(machines)).unwrap_or_else(|problems| panic!("{problems}")));
    tell("register and rules", machines, before);
    let mut fleet = Fleet::default();
    for number in 0..machines {
        fleet.push(machine(number));
    }
    tell("with the machines", machines, before);
    let mut live = Live::new(Arc::clone(&set), fleet, NOW);
    tell("with their verdicts", machines, before);
    let other = Arc::new(edited(&set));
    time("judging everyone by an edited set", 4, |turn| {
        let sets = [&set, &other];
        live.advance(sets[(turn + 1) % 2], NOW + 1);
    });
    let stricter =
        Arc::new(load(&stricter(machines)).unwrap_or_else(|problems| panic!("{problems}")));
    let mut turned = 0;
    time("a plan", 3, |_| {
        let plan = Plan::from(live.roll(), Arc::clone(&stricter), live.fleet());
        turned = plan.flips.iter().map(|flip| flip.members.all.count).sum();
    });
    println!("  of an edit that turns {turned} rulings");
    drop(stricter);
    time("a minute in which nothing turns", 5, |turn| live.advance(&set, NOW + 60 + turn as i64));
    time("a scrape of the fleet, as text", 20, |_| {
        black_box(metrics::text(&metrics::fleet::families(&live)).unwrap());
    });
    time("judging everyone, with finding each machine's row", 2, |_| {
        black_box(Roll::call(Arc::clone(&set), live.fleet(), JudgeClock::at(NOW)));
    });
}

/// The same set under another hash, as an edit of a rule makes one.
fn edited(set: &PolicySet) -> PolicySet {
    PolicySet { hash: FolderHash([0; 32]), ..set.clone() }
}

/// The shortest of some turns, and the processor time of all of them together.
fn time(what: &str, turns: usize, mut work: impl FnMut(usize)) {
    let ticks = processor_ticks();
    let mut walls = Vec::new();
    for turn in 0..turns {
        let began = Instant::now();
        work(turn);
        walls.push(began.elapsed());
    }
    let wall = walls.into_iter().min().unwrap_or(Duration::ZERO);
    // The kernel counts in hundredths of a second.
    let processor = Duration::from_millis((processor_ticks() - ticks) * 10) / turns as u32;
    println!("{what}: {wall:?} at best, {processor:?} of processor time");
}

fn processor_ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let after_name = stat.rsplit(')').next().unwrap();
    let fields: Vec<u64> =
        after_name.split_whitespace().map(|field| field.parse().unwrap_or(0)).collect();
    // User and system time, fields 14 and 15 of proc(5).
    fields[11] + fields[12]
}

fn tell(what: &str, machines: usize, before: usize) {
    let bytes = (anonymous_kib() - before) * 1024 / machines;
    println!("{what}: {bytes} bytes a machine");
}

fn anonymous_kib() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("RssAnon")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn folder(machines: usize) -> Folder {
    let mut files: BTreeMap<String, String> = starter_files()
        .iter()
        .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
        .collect();
    let mut units = "[[unit]]\nid = \"bo\"\nname = { vi = \"Bộ\", en = \"Ministry\" }\n".to_owned();
    for unit in 1..UNITS {
        let _ = write!(
            units,
            "[[unit]]\nid = \"u{unit}\"\nname = {{ vi = \"Đơn vị\", en = \"Unit\" }}\nplaced = [{{ under = \"bo\" }}]\n"
        );
    }
    files.insert("register/units.toml".to_owned(), units);
    let mut systems = String::new();
    for level in 1..=5 {
        let _ = write!(
            systems,
            "[[system]]\nid = \"s{level}\"\nname = {{ vi = \"HTTT\", en = \"System\" }}\nowner = \"a\"\noperator = \"b\"\nunit = \"bo\"\nlegal_basis = \"ND331_2026\"\nlevel = {level}\nstatus = \"appraised\"\nexpected_approval = 2027-06-30\ndeployment = \"full\"\n"
        );
    }
    files.insert("register/systems.toml".to_owned(), systems);
    let mut rows = "id,unit,kind,systems,serial,asset_tag,host_name,from,until\n".to_owned();
    for number in 0..machines {
        let unit = 1 + number % (UNITS - 1);
        let level = 1 + number % 5;
        let _ = writeln!(
            rows,
            "stp-{number:07},u{unit},workstation,s{level},SN{number:08},TS-{number:06},PC-{number:07},2025-01-01,"
        );
    }
    files.insert("register/machines.csv".to_owned(), rows);
    let shipped = files.keys().filter(|path| path.starts_with("rules/")).count();
    for number in shipped..RULES {
        files.insert(format!("rules/more-{number}.toml"), rule(number));
    }
    Folder::from_files(files)
}

/// The same register under rules of which one allows definitions fewer days.
fn stricter(machines: usize) -> Folder {
    let kept = folder(machines);
    let files = kept.files().map(|(path, text)| (path.to_owned(), text.to_owned()));
    let mut files: BTreeMap<String, String> = files.collect();
    files.insert(
        format!("rules/more-{}.toml", RULES - 1),
        rule(1).replace("more-1", &format!("more-{}", RULES - 1)),
    );
    Folder::from_files(files)
}

fn rule(number: usize) -> String {
    format!(
        "id = \"more-{number}\"\nseverity = \"minor\"\nsource = [\"x\"]\ntitle = {{ vi = \"a\", en = \"a\" }}\nremedy = {{ vi = \"b\", en = \"b\" }}\napplies = {{ kinds = [\"workstation\"] }}\n[require]\n\"antivirus.primary.definitions_at\" = {{ max_age = \"{number}d\" }}\n\"machine.memory_mib\" = {{ min = {} }}\n[level.3.require]\n\"patches.security_pending\" = {{ max = {number} }}\n",
        number * 1024
    )
}

fn text(text: &str) -> Value {
    Value::Text(Text::new(text).unwrap())
}

fn facts(facts: Vec<(&str, Value, &str)>) -> Outcome {
    let reading = |(name, value, source)| {
        (FactKey::named(name).unwrap(), Reading::new(Fact::Known(value), source))
    };
    Outcome::Observed(facts.into_iter().map(reading).collect())
}

fn machine(number: usize) -> Machine {
    let version = format!("10.0.26{}00.{}", 1 + number % 2, 9000 + number % 40);
    let seen = NOW - 600 - (number % 40_000) as i64;
    let at = |days: i64| Value::Moment(Moment::source(NOW - days * DAY + (number % 5000) as i64));
    let machine = facts(vec![
        ("machine.host_name", text(&format!("PC-{number:07}")), "GetComputerNameExW"),
        ("machine.os_family", Value::Choice("windows"), "registry"),
        ("machine.os_id", text("windows"), "registry"),
        ("machine.os_version", text(&version), "registry"),
        ("machine.os_name", text("Windows 11 Pro 25H2"), "registry"),
        ("machine.kernel", text(&version), "registry"),
        ("machine.architecture", text("x86_64"), "registry"),
        ("machine.container", Value::Bool(false), "registry"),
        ("machine.chassis", Value::Choice("desktop"), "SMBIOS"),
        ("machine.manufacturer", text("Dell Inc."), "SMBIOS"),
        ("machine.model", text(&format!("OptiPlex {}", 3000 + number % 30)), "SMBIOS"),
        ("machine.serial", text(&format!("SN{number:08}")), "SMBIOS"),
        ("machine.asset_tag", text(&format!("TS-{number:06}")), "SMBIOS"),
        (
            "machine.hardware_uuid",
            text(&format!("4c4c4544-0058-4b10-8032-{number:012x}")),
            "SMBIOS",
        ),
        ("machine.memory_mib", Value::Count(8192 + (number % 7) as u64 * 1024), "sysinfo"),
        ("machine.booted_at", at(1), "sysinfo"),
    ]);
    let antivirus = facts(vec![
        (
            "antivirus.products",
            Value::Records(vec![
                product("kaspersky-endpoint-security", number, true),
                product("microsoft-defender", number, false),
            ]),
            "",
        ),
        ("antivirus.complete", Value::Bool(true), ""),
    ]);
    let patches = facts(vec![
        ("patches.manager", text("windows-update"), "WUA"),
        ("patches.pending", Value::Count((number % 4) as u64), "WUA"),
        ("patches.security_pending", Value::Count((number % 9 / 8) as u64), "WUA"),
        ("patches.installed_at", at(9), "CBS"),
        ("patches.refreshed_at", at(1), "WUA"),
        ("patches.reboot_pending", Value::Bool(number.is_multiple_of(11)), "CBS"),
    ]);
    let contact = Contact { at: seen + 1, skew: (number % 5) as i64 - 2 };
    let topic = |topic, outcome| {
        let observation = Observation { topic, observed_at: seen + contact.skew, outcome };
        (topic, Kept::new(observation, contact))
    };
    let mut id = [7; 16];
    id[..8].copy_from_slice(&(number as u64).to_be_bytes());
    Machine {
        id: MachineId::from_bytes(id),
        row: Some(format!("stp-{number:07}")),
        token_unit: None,
        clone_of: None,
        standing: Standing::Current,
        enrolled_at: NOW - 90 * DAY + (number % 1000) as i64,
        last_contact: contact,
        topics: [
            topic(Topic::Machine, machine),
            topic(Topic::Antivirus, antivirus),
            topic(Topic::Patches, patches),
        ]
        .into_iter()
        .chain(posture(number).map(|(about, outcome)| topic(about, outcome)))
        .collect(),
        security_pending_since: None,
    }
}

/// One machine of some in each topic is not as it should be.
fn posture(number: usize) -> [(Topic, Outcome); 9] {
    let holds = |one_of: usize| Value::Bool(!number.is_multiple_of(one_of));
    let fails = |one_of: usize| Value::Bool(number.is_multiple_of(one_of));
    let volume = Value::Choice(if number.is_multiple_of(4) { "off" } else { "on" });
    let volumes = "Win32_EncryptableVolume";
    [
        (
            Topic::Firewall,
            facts(vec![
                ("firewall.on", holds(25), "registry"),
                ("firewall.product", text("Windows Defender Firewall"), "registry"),
            ]),
        ),
        (
            Topic::DiskEncryption,
            facts(vec![
                ("disk_encryption.system", volume, volumes),
                ("disk_encryption.others_off", Value::Count((number % 3) as u64), volumes),
            ]),
        ),
        (
            Topic::ScreenLock,
            facts(vec![
                ("screen_lock.on", holds(17), "registry"),
                ("screen_lock.after_seconds", Value::Count(900), "registry"),
            ]),
        ),
        (
            Topic::SecureBoot,
            facts(vec![
                ("secure_boot.supported", holds(30), "registry"),
                ("secure_boot.on", holds(10), "registry"),
            ]),
        ),
        (
            Topic::Accounts,
            facts(vec![
                ("accounts.administrators", Value::Count((number % 5) as u64), "accounts"),
                ("accounts.guest_enabled", fails(50), "accounts"),
            ]),
        ),
        (
            Topic::RemoteAccess,
            facts(vec![
                ("remote_access.desktop", fails(6), "registry"),
                ("remote_access.desktop_nla", holds(60), "registry"),
                ("remote_access.ssh", Value::Bool(false), "services"),
            ]),
        ),
        (
            Topic::Smb1,
            facts(vec![
                ("smb1.server", fails(40), "registry"),
                ("smb1.client", fails(20), "registry"),
            ]),
        ),
        (Topic::RemovableMedia, facts(vec![("removable_media.autorun", fails(9), "registry")])),
        (Topic::AutoLogin, facts(vec![("auto_login.on", fails(70), "registry")])),
    ]
}

fn product(id: &str, number: usize, runs: bool) -> Record {
    let at = |days: i64| Value::Moment(Moment::source(NOW - days * DAY + (number % 3600) as i64));
    let fields = [
        ("product", text(id)),
        ("vendor", text("Vendor")),
        ("version", text("12.4.0.467")),
        ("state", Value::Choice(if runs { "on" } else { "off" })),
        ("realtime", Value::Bool(runs)),
        ("passive", Value::Bool(false)),
        ("definitions_version", text(&format!("1.44{}.{}.0", number % 3, number % 300))),
        ("definitions_at", at((number % 9) as i64)),
        ("licence_status", Value::Choice(if runs { "licensed" } else { "builtin" })),
        ("licence_until", at(-200)),
        ("licence_evidence", Value::Choice("vendor")),
        ("registered", Value::Bool(true)),
        ("present", Value::Bool(true)),
    ];
    Record(
        fields
            .into_iter()
            .map(|(name, value)| (name, Reading::new(Fact::Known(value), "registry")))
            .collect(),
    )
}
