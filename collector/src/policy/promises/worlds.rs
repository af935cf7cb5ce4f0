//! One office, and any machine that could stand in it.

use std::sync::{Arc, OnceLock};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use report::catalogue::Origin;
use report::fact::Ignorance;
use report::{Fact, FactKey, MachineId, Outcome, Reading, Reason, Text, Timestamp, Topic, Value};

use crate::fleet::Fleet;
use crate::machine::worlds::{any_reading, any_topics};
use crate::machine::{Contact, Kept, Machine, Standing};
use crate::policy::PolicySet;
use crate::policy::fixtures::{
    DAY, HOUR, NOW, good_machine, good_product, key, observe, observe_antivirus, product, set,
    silent_body, source_moment, text, word,
};

/// Rows in force, one of which reports by file, one that has ended and one that has yet to begin.
const MACHINES: &str = "id,unit,kind,systems,serial,asset_tag,host_name,from,until,reports\n\
                    m-1,so,workstation,lan,,,,2025-01-01,\n\
                    m-2,phong,workstation,ho-tich,,,,2025-01-01,\n\
                    m-3,phong,server,moi,,,,2025-01-01,,file\n\
                    m-4,so,server,lan,,,,2025-01-01,2026-11-23\n\
                    old,so,workstation,lan,,,,2019-01-01,2026-10-31\n\
                    new,so,workstation,lan,,,,2027-01-01,\n";
/// How many of them are in force.
pub(super) const ROWS_IN_FORCE: u64 = 4;

const WAIVERS: &str = r#"
[[waiver]]
id = "w-1"
rule = "antivirus-licensed"
unit = "so"
decision = { number = "1/QĐ", date = 2026-10-20 }
approver = "Giám đốc"
reason = "chờ mua sắm"
from = 2026-11-01
until = 2026-11-23
[[waiver]]
id = "w-2"
rule = "security-updates-installed"
machines = ["m-1", "m-2"]
decision = { number = "2/QĐ", date = 2026-10-20 }
approver = "Giám đốc"
reason = "chờ thay máy"
from = 2026-11-01
until = 2026-12-31
"#;

const LICENCES: &str = r#"
[[licence]]
id = "l-phong"
contract = { number = "05/HĐ", date = 2026-01-05 }
supplier = "Nhà cung cấp"
products = ["drweb"]
units = ["phong"]
seats = 1
from = 2026-01-01
until = 2026-12-31
[[licence]]
id = "l-all"
contract = { number = "06/HĐ", date = 2026-01-05 }
supplier = "Nhà cung cấp"
products = ["drweb", "kaspersky-endpoint-security"]
seats = 1
from = 2026-01-01
until = 2026-11-24
"#;

const DECLARED: &str = r#"
[[declared]]
unit = "so"
kind = "workstation"
heads = 3
from = 2025-01-01
[[declared.attestation]]
by = "Chánh Văn phòng"
on = 2026-09-30
met = { "antivirus-licensed" = 3, "machines-protected" = 3 }
"#;

/// What the register of an office with decisions, contracts and declared machines says.
pub(crate) const REGISTER: [(&str, &str); 3] = [
    ("register/waivers.toml", WAIVERS),
    ("register/licences.toml", LICENCES),
    ("register/declared.toml", DECLARED),
];

/// An office with waivers in force, fewer seats than machines, and declared machines.
pub(super) fn office() -> Arc<PolicySet> {
    static OFFICE: OnceLock<Arc<PolicySet>> = OnceLock::new();
    let files = [&REGISTER[..], &[("register/machines.csv", MACHINES)]].concat();
    Arc::clone(OFFICE.get_or_init(|| Arc::new(set("", &files))))
}

/// A product that cannot tell whether it is licensed.
pub(crate) fn opaque_product(id: &str) -> report::fact::Record {
    let mut record = good_product(id);
    record
        .0
        .extend(product(&[("licence_status", Fact::Absent), ("licence_until", Fact::Absent)]).0);
    record
}

/// Any machines, each with an identity of its own.
pub(super) fn any_machines() -> impl Strategy<Value = Vec<Machine>> {
    vec(any_machine(), 0..7).prop_map(|mut machines| {
        for (number, machine) in (1..).zip(&mut machines) {
            machine.id = MachineId::from_bytes([number; 16]);
        }
        machines
    })
}

/// The machines as the store gives them back.
pub(super) fn fleet(machines: &[Machine]) -> Fleet {
    Fleet::new(machines.to_vec())
}

/// Any machine: a good one, or one of which anything may be amiss.
pub(super) fn any_machine() -> impl Strategy<Value = Machine> {
    let rows = select(vec!["m-1", "m-2", "m-3", "m-4", "old", "gone"]);
    let standing = prop_oneof![6 => Just(Standing::Current), 3 => select(Standing::ALL.to_vec())];
    let hours = prop_oneof![4 => 0..20_i64, 2 => -40..60 * 24_i64];
    let units = select(vec!["so", "phong"]);
    let who = (prop::option::weighted(0.8, rows), units, standing, hours, 0..90_i64);
    (who, any_body()).prop_map(|((row, unit, standing, heard, enrolled), mut machine)| {
        machine.row = row.map(str::to_owned);
        machine.token_unit = Some(unit.to_owned());
        machine.standing = standing;
        machine.enrolled_at = NOW - enrolled * DAY;
        machine.last_contact = Contact { at: NOW - heard * HOUR, skew: heard % 5 };
        machine
    })
}

/// What machines report: what a good one does with some of it changed, or anything at all.
fn any_body() -> impl Strategy<Value = Machine> {
    prop_oneof![
        4 => Just(good_machine(1, None)),
        2 => any_changed(Vec::new()),
        1 => select(vec!["drweb", "kaspersky-endpoint-security"]).prop_map(|id| {
            let mut machine = good_machine(1, None);
            observe_antivirus(&mut machine, vec![opaque_product(id)], true);
            machine
        }),
        1 => Just(silent_body(1, None)),
        2 => Just(()).prop_map(|()| {
            let mut machine = good_machine(1, None);
            let mut free = good_product("clamav");
            free.0.extend(product(&[("licence_status", word("free"))]).0);
            observe_antivirus(&mut machine, vec![free], true);
            machine
        }),
        1 => (-5..30_i64).prop_map(|hours| {
            let mut machine = good_machine(1, None);
            let mut ends = good_product("eset");
            let until = Fact::Known(source_moment(NOW + hours * HOUR));
            ends.0.extend(product(&[("licence_until", until)]).0);
            observe_antivirus(&mut machine, vec![ends], true);
            machine
        }),
        1 => any::<bool>().prop_map(|complete| {
            let mut machine = good_machine(1, None);
            observe_antivirus(&mut machine, vec![], complete);
            machine
        }),
        1 => Just(()).prop_map(|()| {
            let mut machine = good_machine(1, None);
            let os = |value| Fact::Known(text(value));
            observe(&mut machine, Topic::Machine, NOW, &[
                ("machine.os_id", os("debian")),
                ("machine.os_version", os("8")),
            ]);
            machine
        }),
    ]
}

/// What becomes of a topic.
#[derive(Clone, Debug)]
enum Fate {
    Stands,
    /// It was seen so many hours ago.
    Ages(i64),
    /// And confirmed by a heartbeat so many hours ago.
    IsConfirmed(i64, i64),
    Fails,
    IsNotApplicable,
    IsMissing,
}

fn any_fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        6 => Just(Fate::Stands),
        2 => (-60..120_i64).prop_map(Fate::Ages),
        1 => (0..120_i64, -30..120_i64).prop_map(|(seen, so)| Fate::IsConfirmed(seen, so)),
        1 => Just(Fate::Fails),
        1 => Just(Fate::IsNotApplicable),
        1 => Just(Fate::IsMissing),
    ]
}

/// A machine that tells anything of these facts and of some others.
pub(super) fn any_changed(keys: Vec<FactKey>) -> impl Strategy<Value = Machine> {
    let base = prop_oneof![
        3 => Just(good_machine(1, Some("m-1")).topics),
        1 => any_topics(),
    ];
    let others = ["antivirus.products", "antivirus.complete", "machine.os_family"].map(key);
    let keys: Vec<_> = keys.into_iter().chain(others).collect();
    let readings: Vec<_> = keys
        .into_iter()
        .map(|key| {
            prop::option::weighted(
                0.5,
                any_reading(key.spec().kind).prop_map(move |said| (key, said)),
            )
        })
        .collect();
    let fates = vec(any_fate(), Topic::ALL.len());
    (base, readings, fates).prop_map(|(topics, readings, fates)| {
        let mut machine = silent_body(1, Some("m-1"));
        machine.topics = topics;
        readings.into_iter().flatten().for_each(|(key, said)| tell(&mut machine, key, said));
        Topic::ALL
            .into_iter()
            .zip(fates)
            .for_each(|(topic, fate)| befall(&mut machine, topic, &fate));
        machine
    })
}

/// Lets a machine tell this of a fact, among what it tells of the fact's topic.
fn tell(machine: &mut Machine, key: FactKey, said: Reading) {
    let report::catalogue::Origin::Agent(topic) = key.spec().origin else {
        return;
    };
    let contact = Contact { at: NOW, skew: 0 };
    let observed = Outcome::Observed(report::observation::Facts::from_iter([]));
    let fresh = report::Observation { topic, observed_at: NOW, outcome: observed };
    let kept = machine.topics.entry(topic).or_insert_with(|| Kept::new(fresh, contact));
    match &mut kept.observation.outcome {
        Outcome::Observed(facts) => {
            let all = facts.iter().map(|(key, reading)| (*key, reading.clone()));
            *facts = all.filter(|(other, _)| *other != key).chain([(key, said)]).collect();
        }
        Outcome::NotApplicable(_) | Outcome::Failed(_) => {}
    }
}

fn befall(machine: &mut Machine, topic: Topic, fate: &Fate) {
    let Some(kept) = machine.topics.get_mut(&topic) else {
        return;
    };
    let seen = |kept: &mut Kept, at: Timestamp| {
        (kept.observation.observed_at, kept.received_at, kept.skew) = (at, at, 0);
    };
    match fate {
        Fate::Stands => {}
        Fate::Ages(hours) => seen(kept, NOW - hours * HOUR),
        Fate::IsConfirmed(hours, confirmed) => {
            seen(kept, NOW - hours * HOUR);
            kept.confirm(NOW - confirmed * HOUR);
        }
        Fate::Fails => {
            let why = Ignorance { reason: Reason::Timeout, detail: None };
            kept.observation.outcome = Outcome::Failed(why);
        }
        Fate::IsNotApplicable => {
            kept.observation.outcome = Outcome::NotApplicable(Text::new("none").unwrap());
        }
        Fate::IsMissing => drop(machine.topics.remove(&topic)),
    }
}

/// Whether a value is yes.
pub(super) fn is_yes(fact: Option<&Fact>) -> bool {
    fact == Some(&Fact::Known(Value::Bool(true)))
}

/// The machine with each topic telling only facts of its own, as agents do: two topics that tell
/// one fact take turns as they grow stale.
pub(super) fn with_own_facts(mut machine: Machine) -> Machine {
    for (topic, kept) in &mut machine.topics {
        let own = Origin::Agent(*topic);
        match &mut kept.observation.outcome {
            Outcome::Observed(facts) => {
                let all = std::mem::take(facts).into_iter();
                *facts = all.filter(|(key, _)| key.spec().origin == own).collect();
            }
            Outcome::NotApplicable(_) | Outcome::Failed(_) => {}
        }
    }
    machine
}
