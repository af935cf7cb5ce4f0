//! What real machines report, and what any machine could, for the tests of whoever keeps them.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select;
use report::catalogue::Field;
use report::fact::{Ignorance, Record};
use report::observation::Facts;
use report::{
    Clock, Fact, FactKey, Kind, Moment, Observation, Outcome, Reading, Reason, Text, Timestamp,
    Topic, Value,
};

use super::{Contact, Kept};

mod posture;

/// When the machines of this world reported.
pub(crate) const REPORTED_AT: Timestamp = Timestamp(1_795_312_345);
const DAY: i64 = 86_400;

/// A PC of an office, with Kaspersky beside the built-in Defender: each fact that an agent on
/// Windows sends.
pub(crate) fn windows_pc() -> BTreeMap<Topic, Kept> {
    const CURRENT: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion";
    const FIRMWARE: &str = "SMBIOS";
    const POLICIES: &str = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate";
    let machine = [
        ("machine.host_name", text("STP-P-HOTICH-017"), "GetComputerNameExW"),
        ("machine.os_family", Value::Choice("windows"), ""),
        ("machine.os_id", text("windows-11-pro"), CURRENT),
        ("machine.os_version", text("10.0.26100.4652"), CURRENT),
        ("machine.os_name", text("Windows 11 Pro 24H2"), CURRENT),
        ("machine.kernel", text("10.0.26100.4652"), "ntoskrnl.exe"),
        ("machine.architecture", text("x86_64"), "GetNativeSystemInfo"),
        ("machine.container", Value::Bool(false), CURRENT),
        ("machine.chassis", Value::Choice("desktop"), FIRMWARE),
        ("machine.manufacturer", text("Dell Inc."), FIRMWARE),
        ("machine.model", text("OptiPlex 3080"), FIRMWARE),
        ("machine.serial", text("7XK2Q93"), FIRMWARE),
        ("machine.asset_tag", text("STP-TS-2023-0117"), FIRMWARE),
        ("machine.hardware_uuid", text("4c4c4544-0058-4b10-8032-b7c04f513933"), FIRMWARE),
        ("machine.memory_mib", Value::Count(16_215), "GlobalMemoryStatusEx"),
        ("machine.booted_at", machine_clock(-4 * DAY + 1_234), "GetTickCount64"),
    ];
    let antivirus = [
        ("antivirus.products", Value::Records(vec![kaspersky(), defender()]), ""),
        ("antivirus.complete", Value::Bool(true), ""),
    ];
    let patches = [
        ("patches.manager", text("windows-update"), "Microsoft.Update.Session"),
        ("patches.pending", Value::Count(3), "Microsoft.Update.Session"),
        ("patches.security_pending", Value::Count(1), "Microsoft.Update.Session"),
        ("patches.installed_at", machine_clock(-11 * DAY - 4_321), "Component Based Servicing"),
        ("patches.refreshed_at", machine_clock(-7_300), "Microsoft.Update.AutoUpdate"),
        ("patches.reboot_pending", Value::Bool(true), "Component Based Servicing"),
        ("patches.reboot_reason", Value::Choice("servicing"), "Component Based Servicing"),
        ("patches.extended_support", Value::Bool(false), "SoftwareLicensingProduct"),
        ("patches.automatic", Value::Choice("on"), POLICIES),
        ("patches.update_service", Value::Bool(true), "services"),
        ("patches.managed", Value::Bool(true), POLICIES),
        ("patches.activated", Value::Bool(true), "SoftwareLicensingProduct"),
    ];
    let seen = [
        (Topic::Machine, observed(machine)),
        (Topic::Assignment, observed(claims())),
        (Topic::Antivirus, observed(antivirus)),
        (Topic::Patches, observed(patches)),
    ];
    kept(seen.into_iter().chain(posture::of_windows()))
}

/// A PC of an office with Ubuntu and ClamAV: each fact that an agent on Linux sends.
pub(crate) fn linux_pc() -> BTreeMap<Topic, Kept> {
    const RELEASE: &str = "etc/os-release";
    const LISTS: &str = "var/lib/apt/lists";
    const STATUS: &str = "var/lib/dpkg/status";
    let machine = [
        ("machine.host_name", text("hộ-tịch-01"), "etc/hostname"),
        ("machine.os_family", Value::Choice("linux"), ""),
        ("machine.os_id", text("ubuntu"), RELEASE),
        ("machine.os_version", text("24.04"), RELEASE),
        ("machine.os_name", text("Ubuntu 24.04.3 LTS"), RELEASE),
        ("machine.kernel", text("6.8.0-71-generic"), "proc/sys/kernel/osrelease"),
        ("machine.architecture", text("x86_64"), ""),
        ("machine.container", Value::Bool(false), "run/systemd/container"),
        ("machine.chassis", Value::Choice("desktop"), "sys/class/dmi/id/chassis_type"),
        ("machine.manufacturer", text("LENOVO"), "sys/class/dmi/id/sys_vendor"),
        ("machine.model", text("ThinkCentre M70q"), "sys/class/dmi/id/product_name"),
        ("machine.serial", text("PF3K9ABC"), "sys/class/dmi/id/product_serial"),
        ("machine.asset_tag", text("STP-TS-2024-0042"), "sys/class/dmi/id/chassis_asset_tag"),
        (
            "machine.hardware_uuid",
            text("0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0"),
            "sys/class/dmi/id/product_uuid",
        ),
        ("machine.memory_mib", Value::Count(7_812), "proc/meminfo"),
        ("machine.booted_at", machine_clock(-20 * DAY + 99), "proc/stat"),
    ];
    let antivirus = [
        ("antivirus.products", Value::Records(vec![clamav()]), ""),
        ("antivirus.complete", Value::Bool(true), ""),
    ];
    let patches = [
        ("patches.manager", text("apt"), STATUS),
        ("patches.pending", Value::Count(41), LISTS),
        ("patches.security_pending", Value::Count(7), LISTS),
        (
            "patches.security_names",
            text("libssl3t64 openssl linux-generic sudo vim-common +2"),
            LISTS,
        ),
        ("patches.security_masked", Value::Count(2), LISTS),
        ("patches.security_masked_names", text("curl libcurl4t64"), LISTS),
        ("patches.security_held", Value::Count(0), LISTS),
        ("patches.held", Value::Count(1), STATUS),
        ("patches.phased", Value::Count(4), LISTS),
        ("patches.pins_unread", Value::Count(0), "etc/apt/preferences.d"),
        ("patches.installed_at", machine_clock(-3 * DAY), "var/log/dpkg.log"),
        ("patches.broken", Value::Bool(false), "var/lib/dpkg/updates"),
        ("patches.security_sources", Value::Count(2), LISTS),
        ("patches.sources_behind", Value::Count(0), LISTS),
        ("patches.lists_at", source_clock(-9_000), LISTS),
        ("patches.lists_valid_until", source_clock(6 * DAY), LISTS),
        (
            "patches.refreshed_at",
            machine_clock(-8_000),
            "var/lib/apt/periodic/update-success-stamp",
        ),
        ("patches.reboot_pending", Value::Bool(false), "run/reboot-required"),
        ("patches.extended_support", Value::Bool(false), "var/lib/ubuntu-advantage"),
        ("patches.automatic", Value::Choice("on"), "etc/apt/apt.conf.d"),
        ("patches.restart_services", Value::Count(2), "proc/*/maps"),
    ];
    let seen = [
        (Topic::Machine, observed(machine)),
        (Topic::Assignment, observed(claims())),
        (Topic::Antivirus, observed(antivirus)),
        (Topic::Patches, observed(patches)),
    ];
    kept(seen.into_iter().chain(posture::of_linux()))
}

fn kaspersky() -> Record {
    const STATE: &str = r"HKLM\SOFTWARE\KasperskyLab\Components\34\1103\1.0.0.0\Statistics\AVState";
    const DATA: &str = r"HKLM\SOFTWARE\KasperskyLab\protected\KES\Data";
    const CENTER: &str = r"root\SecurityCenter2";
    record([
        ("product", text("kaspersky-endpoint-security"), CENTER),
        ("vendor", text("AO Kaspersky Lab"), DATA),
        ("version", text("12.6.0.438"), DATA),
        ("state", Value::Choice("on"), CENTER),
        ("realtime", Value::Bool(true), STATE),
        ("passive", Value::Bool(false), STATE),
        ("definitions_version", text("20261121.0712"), STATE),
        ("definitions_at", source_clock(-20_000), STATE),
        ("licence_status", Value::Choice("licensed"), DATA),
        ("licence_until", source_clock(211 * DAY + 77), DATA),
        ("licence_evidence", Value::Choice("vendor"), DATA),
        ("registered", Value::Bool(true), CENTER),
        ("present", Value::Bool(true), CENTER),
    ])
}

fn defender() -> Record {
    const STATUS: &str = r"root\Microsoft\Windows\Defender: MSFT_MpComputerStatus";
    const CENTER: &str = r"root\SecurityCenter2";
    let mut record = record([
        ("product", text("microsoft-defender"), CENTER),
        ("vendor", text("Microsoft"), ""),
        ("version", text("4.18.25070.5"), STATUS),
        ("state", Value::Choice("off"), CENTER),
        ("realtime", Value::Bool(false), STATUS),
        ("passive", Value::Bool(true), STATUS),
        ("definitions_version", text("1.433.211.0"), STATUS),
        ("definitions_at", source_clock(-50_000), STATUS),
        ("licence_status", Value::Choice("builtin"), ""),
        ("registered", Value::Bool(true), CENTER),
        ("present", Value::Bool(true), CENTER),
    ]);
    record.0.insert("licence_until", Fact::Absent.into());
    record.0.insert("licence_evidence", Fact::unknown(Reason::ProductOpaque).into());
    record
}

fn clamav() -> Record {
    const DAILY: &str = "var/lib/clamav/daily.cvd";
    let mut record = record([
        ("product", text("clamav"), ""),
        ("vendor", text("Cisco"), ""),
        ("version", text("1.4.3"), "var/lib/dpkg/status"),
        ("state", Value::Choice("on"), "proc"),
        ("realtime", Value::Bool(false), "etc/clamav/clamd.conf"),
        ("definitions_version", text("27824"), DAILY),
        ("definitions_at", source_clock(-30_000), DAILY),
        ("licence_status", Value::Choice("free"), ""),
        ("present", Value::Bool(true), "usr/sbin/clamd"),
    ]);
    record.0.insert("licence_until", Fact::Absent.into());
    record.0.insert("registered", Fact::unknown(Reason::NotSupported).into());
    record
}

fn claims() -> [(&'static str, Value, &'static str); 3] {
    const CLAIM: &str = "agent.toml";
    [
        ("assignment.unit", text("so-tu-phap"), CLAIM),
        ("assignment.system", text("httt-ho-tich"), CLAIM),
        ("assignment.level", Value::Count(2), CLAIM),
    ]
}

fn observed<'f>(facts: impl IntoIterator<Item = (&'f str, Value, &'f str)>) -> Outcome {
    let fact = |(name, value, source)| {
        let key = FactKey::named(name).unwrap();
        (key, Reading::new(Fact::Known(value), source))
    };
    Outcome::Observed(facts.into_iter().map(fact).collect())
}

fn record<const N: usize>(fields: [(&'static str, Value, &str); N]) -> Record {
    let field = |(name, value, source)| (name, Reading::new(Fact::Known(value), source));
    Record(fields.into_iter().map(field).collect())
}

fn kept(outcomes: impl IntoIterator<Item = (Topic, Outcome)>) -> BTreeMap<Topic, Kept> {
    let contact = Contact { at: REPORTED_AT, skew: -17 };
    let observed_at = REPORTED_AT - 17 - 3;
    let kept =
        |(topic, outcome)| (topic, Kept::new(Observation { topic, observed_at, outcome }, contact));
    outcomes.into_iter().map(kept).collect()
}

fn text(text: &str) -> Value {
    Value::Text(Text::new(text).unwrap())
}

fn source_clock(after: i64) -> Value {
    Value::Moment(Moment::source(REPORTED_AT + after))
}

fn machine_clock(after: i64) -> Value {
    Value::Moment(Moment::machine(REPORTED_AT + after))
}

/// Any topics that a machine could have reported and that could have been kept.
pub(crate) fn any_topics() -> impl Strategy<Value = BTreeMap<Topic, Kept>> {
    prop::collection::btree_map(select(&Topic::ALL[..]), any_kept(), 0..=Topic::ALL.len()).prop_map(
        |mut topics| {
            for (topic, kept) in &mut topics {
                kept.observation.topic = *topic;
            }
            topics
        },
    )
}

fn any_kept() -> impl Strategy<Value = Kept> {
    let when = (any_moment(), any_moment(), any_seconds());
    let confirmed_at = prop::option::of(any_moment());
    (when, any_outcome(), any::<bool>(), confirmed_at).prop_map(
        |((observed_at, received_at, skew), outcome, in_last_report, confirmed_at)| Kept {
            observation: Observation { topic: Topic::Machine, observed_at, outcome },
            received_at,
            skew,
            in_last_report,
            confirmed_at,
        },
    )
}

fn any_outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        6 => prop::collection::vec(any_fact(), 0..8)
            .prop_map(|facts| Outcome::Observed(Facts::from_iter(facts))),
        1 => any_text().prop_map(Outcome::NotApplicable),
        1 => any_ignorance().prop_map(Outcome::Failed),
    ]
}

fn any_fact() -> impl Strategy<Value = (FactKey, Reading)> {
    let keys: Vec<_> = FactKey::all().collect();
    select(keys).prop_flat_map(|key| (Just(key), any_reading(key.spec().kind)))
}

/// What a machine could tell of something of this kind.
pub(crate) fn any_reading(kind: Kind) -> impl Strategy<Value = Reading> {
    let fact = prop_oneof![
        4 => any_value(kind).prop_map(Fact::Known),
        1 => Just(Fact::Absent),
        1 => any_ignorance().prop_map(Fact::Unknown),
    ];
    (fact, prop::option::of(any_text())).prop_map(|(fact, source)| Reading { fact, source })
}

fn any_value(kind: Kind) -> BoxedStrategy<Value> {
    match kind {
        Kind::Text | Kind::Version => any_text().prop_map(Value::Text).boxed(),
        Kind::OneOf(words) => select(words).prop_map(Value::Choice).boxed(),
        Kind::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Kind::Count => prop_oneof![0..300_u64, any::<u64>()].prop_map(Value::Count).boxed(),
        Kind::Moment(_) => (any_moment(), select(&[Clock::Source, Clock::Machine][..]))
            .prop_map(|(at, clock)| Value::Moment(Moment { at, clock }))
            .boxed(),
        Kind::Records(fields) => {
            prop::collection::vec(any_record(fields), 0..4).prop_map(Value::Records).boxed()
        }
    }
}

fn any_record(fields: &'static [Field]) -> impl Strategy<Value = Record> {
    let fields: Vec<_> = fields.iter().collect();
    let field = select(fields).prop_flat_map(|field| (Just(field.name), any_reading(field.kind)));
    prop::collection::vec(field, 0..8).prop_map(|readings| Record(readings.into_iter().collect()))
}

fn any_ignorance() -> impl Strategy<Value = Ignorance> {
    (select(&Reason::ALL[..]), prop::option::of(any_text()))
        .prop_map(|(reason, detail)| Ignorance { reason, detail })
}

/// Some texts come often, so that sources repeat and take turns.
fn any_text() -> impl Strategy<Value = Text> {
    let often = select(&["", "registry", "SMBIOS", "Sở Tư pháp"][..]).prop_map(str::to_owned);
    let text = prop_oneof![6 => often, 3 => "[ -~À-ỹ]{0,20}", 1 => Just("x".repeat(256))];
    text.prop_map(|text| Text::cleaned(&text).unwrap())
}

fn any_moment() -> impl Strategy<Value = Timestamp> {
    let near = (-90 * DAY..90 * DAY).prop_map(|after| REPORTED_AT + after);
    prop_oneof![4 => near, 1 => any::<i64>().prop_map(Timestamp)]
}

fn any_seconds() -> impl Strategy<Value = i64> {
    prop_oneof![4 => -100..100_i64, 1 => any::<i64>()]
}
