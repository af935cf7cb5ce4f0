//! What the agent of a simulated machine would report.

use report::fact::Ignorance;
use report::{
    Fact, FactKey, Fingerprint, Incarnation, Moment, Observation, Outcome, Reading, Reason, Record,
    Report, Sequence, Text, Timestamp, Topic, Value,
};

use super::Office;
use super::days::{Day, day_of, moment, patch_day};
use super::place::{Identity, Place};
use super::situation::{
    Antivirus, Claim, DEFENDER, Definitions, Family, Licence, Product, Situation, Updates,
};

mod posture;

/// How long before a contact its survey ended, in seconds.
const SURVEY: i64 = 4;

/// The report of an identity that is taken in at a moment of the collector's clock.
pub(super) fn report(
    office: &Office,
    place: &Place,
    identity: &Identity,
    situation: &Situation,
    at: Timestamp,
    sequence: u64,
) -> Report {
    let sent_at = at + situation.skew;
    let seen_at = sent_at - SURVEY;
    let day = day_of(at - SURVEY);
    let observed = |topic, facts: Facts| facts.observation(topic, seen_at);
    let mut observations = vec![
        observed(Topic::Machine, machine(office, place, identity, situation, seen_at)),
        observed(Topic::Assignment, assignment(situation.claim)),
        observed(Topic::Antivirus, antivirus(situation, day, seen_at)),
        patches(situation, day, seen_at),
    ];
    observations.extend(posture::observations(situation, seen_at));
    Report {
        machine: identity.id,
        agent: office.agent.clone(),
        fingerprint: fingerprint(place, identity),
        incarnation: Incarnation::from_bytes(incarnation(identity, day)),
        sequence: Sequence(sequence),
        sent_at,
        observations,
    }
}

/// The hardware of an identity.
pub(super) fn fingerprint(place: &Place, identity: &Identity) -> Fingerprint {
    Fingerprint::of(&[("serial", &serial(place.number, identity.number))])
}

/// The serial number of the hardware an identity runs on: the first has that of the register.
pub(super) fn serial(place: u64, identity: u64) -> String {
    match identity {
        0 => format!("MP{place:08}"),
        other => format!("MP{place:08}X{other}"),
    }
}

/// The asset tag of a place.
pub(super) fn asset_tag(place: u64) -> String {
    format!("TS-{place:07}")
}

/// The host name of a place.
pub(super) fn host_name(office: &Office, place: &Place) -> String {
    format!("{}-{:04}", office.units.list[place.unit].id, place.number % 10_000)
}

/// Every day the process is another.
fn incarnation(identity: &Identity, day: Day) -> [u8; 16] {
    let mut bytes = *identity.id.as_bytes();
    bytes[8..].copy_from_slice(&day.to_be_bytes());
    bytes
}

/// The facts of one topic while they are collected.
struct Facts(report::observation::Facts);

impl Facts {
    fn new() -> Self {
        Self(report::observation::Facts::new())
    }

    /// A fact that is not in the catalogue is left out, as by an agent of that version.
    fn add(&mut self, name: &str, fact: Fact, source: &str) {
        if let Some(key) = FactKey::named(name) {
            self.0.insert(key, Reading::new(fact, source));
        }
    }

    fn observation(self, topic: Topic, observed_at: Timestamp) -> Observation {
        Observation { topic, observed_at, outcome: Outcome::Observed(self.0) }
    }
}

fn machine(
    office: &Office,
    place: &Place,
    identity: &Identity,
    situation: &Situation,
    seen_at: Timestamp,
) -> Facts {
    let Situation { release, chassis, .. } = situation;
    let (family, source, firmware) = match release.family {
        Family::Linux => ("linux", "etc/os-release", "sys/class/dmi/id"),
        Family::Windows => ("windows", "registry: CurrentVersion", "smbios"),
    };
    let day = day_of(seen_at);
    let mut facts = Facts::new();
    let uuid = identity.id.to_string();
    for (name, fact, source) in [
        ("machine.host_name", known(&host_name(office, place)), "kernel"),
        ("machine.os_family", choice(family), source),
        ("machine.os_id", known(release.id), source),
        ("machine.os_version", known(&office.version_of(release)), source),
        ("machine.os_name", known(release.name), source),
        ("machine.kernel", known(release.kernel), "kernel"),
        ("machine.architecture", known("x86_64"), "kernel"),
        ("machine.container", boolean(false), "kernel"),
        ("machine.chassis", choice(chassis), firmware),
        ("machine.manufacturer", known("Mô phỏng"), firmware),
        ("machine.model", known("MP-1"), firmware),
        ("machine.serial", known(&serial(place.number, identity.number)), firmware),
        ("machine.asset_tag", known(&asset_tag(place.number)), firmware),
        ("machine.hardware_uuid", known(&uuid), firmware),
        ("machine.memory_mib", count(8192), "kernel"),
        ("machine.booted_at", by_machine(moment(day, 0).max(seen_at - 8 * 3600)), "kernel"),
    ] {
        facts.add(name, fact, source);
    }
    if release.family == Family::Windows {
        let [edition, installation] = release.edition;
        facts.add("machine.os_edition", known(edition), source);
        facts.add("machine.os_installation", choice(installation), source);
    }
    facts
}

fn assignment(claim: Claim) -> Facts {
    let source = "configuration";
    let level = match claim {
        Claim::Nothing => Fact::Absent,
        Claim::Level(level) => count(level.into()),
    };
    let mut facts = Facts::new();
    facts.add("assignment.unit", Fact::Absent, source);
    facts.add("assignment.system", Fact::Absent, source);
    facts.add("assignment.level", level, source);
    facts
}

fn antivirus(situation: &Situation, day: Day, seen_at: Timestamp) -> Facts {
    let (products, complete) = match situation.antivirus {
        Antivirus::None => (Vec::new(), true),
        Antivirus::NotFound => (Vec::new(), false),
        Antivirus::Product(product) => {
            (records(&product, situation.release.family, day, seen_at), true)
        }
    };
    let mut facts = Facts::new();
    facts.add("antivirus.products", Fact::Known(Value::Records(products)), "");
    facts.add("antivirus.complete", boolean(complete), "");
    facts
}

/// On Windows a product that is sold stands beside the one that came with the system.
fn records(product: &Product, family: Family, day: Day, seen_at: Timestamp) -> Vec<Record> {
    let mut records = vec![record(product, day, seen_at)];
    if family == Family::Windows && product.on && product.licence != Licence::BuiltIn {
        let asleep = Product {
            brand: &DEFENDER,
            on: false,
            definitions: Definitions::Fresh,
            licence: Licence::BuiltIn,
        };
        records.push(record(&asleep, day, seen_at));
    }
    records
}

fn record(product: &Product, day: Day, seen_at: Timestamp) -> Record {
    let Product { brand, on, definitions, licence } = product;
    let definitions_on = match definitions {
        Definitions::Fresh => day - 1,
        Definitions::FiveDaysBehind => day - 5,
        // It was updated until then.
        Definitions::Since(stopped) => (*stopped).min(day - 1),
    };
    let (status, until, evidence) = licence_facts(*licence, seen_at);
    let fields = [
        ("product", known(brand.id)),
        ("vendor", known(brand.vendor)),
        ("version", known(brand.version)),
        ("state", choice(if *on { "on" } else { "off" })),
        ("realtime", boolean(*on)),
        ("passive", boolean(false)),
        ("definitions_version", known(&format!("{definitions_on}.1"))),
        ("definitions_at", by_vendor(moment(definitions_on, 20 * 3600))),
        ("licence_status", status),
        ("licence_until", until),
        ("licence_evidence", evidence),
        ("registered", boolean(true)),
        ("present", boolean(true)),
    ];
    let fields = fields.into_iter().map(|(name, fact)| (name, Reading::new(fact, brand.source)));
    Record(fields.collect())
}

/// Status, end and evidence.
fn licence_facts(licence: Licence, seen_at: Timestamp) -> (Fact, Fact, Fact) {
    let opaque = || Fact::unknown(Reason::ProductOpaque);
    let end = |until: Day| moment(until, report::moment::DAY - 1);
    match licence {
        Licence::Until(until) => {
            let status = if end(until) < seen_at { "expired" } else { "licensed" };
            (choice(status), by_vendor(end(until)), choice("vendor"))
        }
        Licence::Trial(until) => (choice("trial"), by_vendor(end(until)), choice("vendor")),
        Licence::Free => (choice("free"), Fact::Absent, choice("vendor")),
        Licence::BuiltIn => (choice("builtin"), Fact::Absent, choice("vendor")),
        Licence::Opaque => (opaque(), opaque(), opaque()),
    }
}

fn patches(situation: &Situation, day: Day, seen_at: Timestamp) -> Observation {
    let topic = Topic::Patches;
    let Situation { release, updates, restart, .. } = situation;
    if *updates == Updates::Unreadable {
        let outcome = Outcome::Failed(Ignorance { reason: Reason::Timeout, detail: None });
        return Observation { topic, observed_at: seen_at, outcome };
    }
    let waiting = updates.waiting(day);
    let mut facts = Facts::new();
    let installed = match updates {
        Updates::After(delay) => patch_day(day - delay) + delay,
        Updates::Never | Updates::Unreadable => patch_day(day) - 200,
        Updates::ListsOf(last) => (*last).min(day),
    };
    let installed = moment(installed, 12 * 3600).min(seen_at);
    facts.add("patches.extended_support", boolean(false), "");
    facts.add("patches.automatic", choice(situation.posture.governance.automatic), "");
    match release.family {
        Family::Linux => {
            let lists = match updates {
                Updates::ListsOf(last) => (*last).min(day - 1),
                Updates::After(_) | Updates::Never | Updates::Unreadable => day - 1,
            };
            let source = "var/lib/apt/lists";
            for (name, fact) in [
                ("patches.manager", known("apt")),
                ("patches.pending", count(waiting)),
                ("patches.security_pending", count(waiting)),
                ("patches.security_names", names(waiting)),
                ("patches.security_masked", count(0)),
                ("patches.security_masked_names", Fact::Absent),
                ("patches.security_held", count(0)),
                ("patches.security_held_names", Fact::Absent),
                ("patches.held", count(0)),
                ("patches.phased", count(0)),
                ("patches.pins_unread", count(0)),
                ("patches.broken", boolean(false)),
                ("patches.security_sources", count(1)),
                ("patches.sources_behind", count(0)),
                ("patches.lists_at", by_vendor(moment(lists, 21 * 3600))),
                ("patches.lists_valid_until", by_vendor(moment(lists + 7, 21 * 3600))),
            ] {
                facts.add(name, fact, source);
            }
            facts.add("patches.installed_at", by_machine(installed), "var/log/dpkg.log");
            facts.add("patches.refreshed_at", by_machine(seen_at - 3600), source);
            facts.add("patches.reboot_pending", boolean(*restart), "run/reboot-required");
            facts.add("patches.restart_services", count(0), "proc/*/maps");
            facts.add("patches.entitled", Fact::Absent, "etc/os-release");
        }
        Family::Windows => {
            let source = "windows update agent";
            for (name, fact) in [
                ("patches.manager", known("wua")),
                ("patches.pending", count(waiting)),
                ("patches.security_pending", count(waiting)),
                ("patches.installed_at", by_machine(installed)),
                ("patches.refreshed_at", by_machine(seen_at - 3600)),
                ("patches.reboot_pending", boolean(*restart)),
            ] {
                facts.add(name, fact, source);
            }
            for (name, fact) in posture::windows_updates(situation, seen_at) {
                facts.add(name, fact, "registry: WindowsUpdate");
            }
        }
    }
    facts.observation(topic, seen_at)
}

fn names(waiting: u64) -> Fact {
    let packages = ["libssl3", "linux-image-amd64", "openssh-client"];
    match waiting {
        0 => Fact::Absent,
        some => {
            let named = packages.iter().take(usize::try_from(some).unwrap_or(usize::MAX));
            let mut names: Vec<_> = named.map(|name| (*name).to_owned()).collect();
            if some > 3 {
                names.push(format!("+{}", some - 3));
            }
            known(&names.join(" "))
        }
    }
}

fn known(words: &str) -> Fact {
    Text::cleaned(words).map_or(Fact::Absent, |text| Fact::Known(Value::Text(text)))
}

fn choice(word: &'static str) -> Fact {
    Fact::Known(Value::Choice(word))
}

fn boolean(yes: bool) -> Fact {
    Fact::Known(Value::Bool(yes))
}

fn count(number: u64) -> Fact {
    Fact::Known(Value::Count(number))
}

fn by_machine(at: Timestamp) -> Fact {
    Fact::Known(Value::Moment(Moment::machine(at)))
}

fn by_vendor(at: Timestamp) -> Fact {
    Fact::Known(Value::Moment(Moment::source(at)))
}
