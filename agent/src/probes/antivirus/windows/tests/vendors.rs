//! What vendors' products on Windows say of themselves.

use report::{Moment, Observation, Outcome, Topic, wire};

use super::*;

fn moment(date: (i64, u32, u32), time: (u32, u32, u32)) -> Fact {
    let at = Timestamp::from_civil(date, time).unwrap();
    Fact::Known(Value::Moment(Moment::source(at)))
}

/// A machine that was recorded whole, and the fields of one of its products.
fn assert_says(machine: &Machine, id: &str, expected: &[(&str, Fact)]) {
    let product = product(machine, id);
    for (name, fact) in expected {
        assert_eq!(field(&product, name), *fact, "{id}: {name}");
    }
}

fn assert_unknown(machine: &Machine, id: &str, names: &[&str]) {
    let product = product(machine, id);
    for name in names {
        assert!(reason(&field(&product, name)).is_some(), "{id}: {name}");
    }
}

const ESET: &str = "eset-endpoint-antivirus";
const KASPERSKY: &str = "kaspersky-endpoint-security";
const DEFENDER: &str = "microsoft-defender-antivirus";

#[test]
fn an_office_pc_with_eset() {
    let machine = Machine::recorded("windows11-eset");
    assert_eq!(ids(&machine), [text(ESET), text(DEFENDER)]);
    assert!(is_complete(&machine), "{}", obstacle(&machine));
    assert_says(
        &machine,
        ESET,
        &[
            ("vendor", text("ESET")),
            ("version", text("12.1.2057.1")),
            ("state", choice("on")),
            ("realtime", yes_or_no(true)),
            ("passive", yes_or_no(false)),
            ("definitions_version", text("32088")),
            ("definitions_at", moment((2026, 11, 21), (0, 0, 0))),
            ("definitions_current", yes_or_no(true)),
            ("licence_status", choice("licensed")),
            // The end of what is paid for, not of what is free.
            ("licence_until", moment((2026, 12, 31), (12, 0, 0))),
            ("licence_evidence", choice("vendor")),
            ("registered", yes_or_no(true)),
            ("present", yes_or_no(true)),
            ("duplicates", count(0)),
            ("disputed", Fact::Absent),
        ],
    );
    assert_says(&machine, DEFENDER, &[("state", choice("off")), ("realtime", yes_or_no(false))]);
}

#[test]
fn nothing_of_a_licence_or_of_who_manages_the_machine_leaves_but_what_is_asked() {
    for (recording, id) in [("windows11-eset", ESET), ("windows10-kaspersky", KASPERSKY)] {
        let outcome = Outcome::Observed(look(&Machine::recorded(recording)));
        let seen = Observation { topic: Topic::Antivirus, observed_at: NOW, outcome };
        let wire = wire::topic_json(&seen).to_string();
        assert!(wire.contains(id), "{wire}");
        for secret in ["bimat", "b1a7", "bi mat", "vidu.example", "33x", "eav-", "25 seats"] {
            assert!(!wire.to_lowercase().contains(secret), "{recording}: {secret}");
        }
    }
}

#[test]
fn esets_provider_goes_before_its_files_and_writes_its_offset_in_minutes() {
    let row = r#"[{"Version": "12.1.1.0", "VirusDBVersion": "14533 (20261121)",
        "VirusDBLastUpdate": "20261121095245.000000+060",
        "LicenseExpiration": "20261231120000.000000+000", "KernelRunning": true,
        "StatusCode": 0, "StatusText": null}]"#;
    let machine = Machine::recorded("windows11-eset").with_wmi(r"root\ESET", "ESET_Product", row);
    assert_says(
        &machine,
        ESET,
        &[
            ("version", text("12.1.1.0")),
            ("definitions_version", text("14533")),
            ("definitions_at", moment((2026, 11, 21), (8, 52, 45))),
            ("licence_until", moment((2026, 12, 31), (12, 0, 0))),
            ("disputed", Fact::Absent),
        ],
    );
}

#[test]
fn a_licence_that_is_not_active_or_not_known_is_not_licensed() {
    let path = "ProgramData/ESET/ESET Security/License/license.lf";
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    for (status, kind, expected) in [
        ("ACTIVE", "TRIAL", Some(choice("trial"))),
        ("ACTIVE", "FULL_SUBSCRIPTION", Some(choice("licensed"))),
        ("ACTIVE", "SOMETHING", None),
        ("SUSPENDED", "FULL_PAID", None),
    ] {
        let file = wide(&format!(
            r#"<ESET v="2"><PRODUCT_LICENSE_FILE><LICENSE TYPE="{kind}"><ACTIVE_PRODUCT
                EXPIRATION_DATE="2026-12-31T12:00:00Z" LICENSE_STATUS="{status}"/></LICENSE>
                </PRODUCT_LICENSE_FILE></ESET>"#
        ));
        let machine = Machine::recorded("windows11-eset").with(path, file);
        let found = field(&product(&machine, ESET), "licence_status");
        assert_eq!(found.known().is_some(), expected.is_some(), "{status} {kind}: {found:?}");
        if let Some(expected) = expected {
            assert_eq!(found, expected, "{status} {kind}");
        }
    }
}

#[test]
fn an_office_pc_with_kaspersky() {
    let machine = Machine::recorded("windows10-kaspersky");
    assert_eq!(ids(&machine), [text(KASPERSKY), text(DEFENDER)]);
    assert!(is_complete(&machine), "{}", obstacle(&machine));
    assert_says(
        &machine,
        KASPERSKY,
        &[
            ("version", text("12.9.0.384")),
            ("state", choice("on")),
            ("realtime", yes_or_no(true)),
            // Unix seconds; what the Network Agent notes is UTC and less than two days from it.
            ("definitions_at", moment((2026, 11, 21), (11, 19, 28))),
            ("licence_status", choice("licensed")),
            ("licence_evidence", choice("vendor")),
            ("present", yes_or_no(true)),
            ("disputed", Fact::Absent),
        ],
    );
    let until = field(&product(&machine, KASPERSKY), "licence_until");
    let Fact::Known(Value::Moment(until)) = until else {
        panic!("{until:?}");
    };
    let last = Timestamp::from_civil((2027, 1, 3), (23, 59, 59)).unwrap();
    assert_eq!(until.at, last, "42 days from the day it was asked");
    assert_says(&machine, DEFENDER, &[("state", choice("off")), ("passive", yes_or_no(false))]);
}

#[test]
fn kasperskys_never_is_no_date_and_its_network_agent_is_asked_instead_in_utc() {
    let machine = Machine::recorded("windows10-kaspersky").with_edit(
        "registry.reg",
        "dword:6b017e40",
        "dword:ffffffff",
    );
    let bases = moment((2026, 11, 21), (2, 14, 0));
    assert_says(&machine, KASPERSKY, &[("definitions_at", bases)]);
}

#[test]
fn the_bases_of_an_installer_are_old_and_the_contradiction_is_told() {
    let machine = Machine::recorded("windows10-kaspersky").with_edit(
        "registry.reg",
        "21-11-2026 02-14-00",
        "03-03-2026 10-00-00",
    );
    let updated = moment((2026, 11, 21), (11, 19, 28));
    let expected = [("definitions_at", updated), ("disputed", text("definitions_at"))];
    assert_says(&machine, KASPERSKY, &expected);
    let empty = Machine::recorded("windows10-kaspersky").with_edit(
        "registry.reg",
        "21-11-2026 02-14-00",
        "",
    );
    assert_says(&empty, KASPERSKY, &[("disputed", Fact::Absent)]);
}

#[test]
fn without_a_key_kasperskys_days_are_not_read() {
    let machine = Machine::recorded("windows10-kaspersky").with_edit(
        "registry.reg",
        "\"LicKeyType\"=dword:00000003",
        "\"LicKeyType\"=dword:0",
    );
    assert_says(&machine, KASPERSKY, &[("licence_status", choice("none"))]);
    assert_unknown(&machine, KASPERSKY, &["licence_until"]);
    let dword = |name: &str, number: &str| format!("\"{name}\"=dword:{number}");
    let machine = |kind: &str, days: &str| {
        let (old_kind, old_days) = (dword("LicKeyType", "00000003"), "0000002a");
        Machine::recorded("windows10-kaspersky")
            .with_edit("registry.reg", &old_kind, &dword("LicKeyType", kind))
            .with_edit("registry.reg", old_days, days)
    };
    // A kind of key that may be a trial's, and days that stand for none.
    assert_unknown(&machine("00000002", "0000002a"), KASPERSKY, &["licence_status"]);
    assert_unknown(&machine("00000003", "ffffffff"), KASPERSKY, &["licence_until"]);
}

#[test]
fn a_tree_that_self_protection_hides_is_denied_and_never_unlicensed() {
    let machine = Machine::recorded("windows10-kaspersky")
        .denied("registry.reg/HKLM/SOFTWARE/WOW6432Node/KasperskyLab/protected");
    let kaspersky = product(&machine, KASPERSKY);
    for name in ["licence_status", "licence_until"] {
        assert_eq!(reason(&field(&kaspersky, name)), Some(Reason::AccessDenied), "{name}");
    }
    assert_eq!(field(&kaspersky, "state"), choice("on"));
}

#[test]
fn the_network_agent_alone_is_no_antivirus() {
    let machine = server().with_service("klnagent", "running", "automatic", "").with_registry(
        r#"[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\Agent]
"DisplayName"="Kaspersky Security Center Network Agent"

[HKEY_LOCAL_MACHINE\SOFTWARE\WOW6432Node\KasperskyLab\Components\34\1103\1.0.0.0\Statistics\AVState]
"Protection_AvRunning"=dword:00000001
"Protection_RtpState"=dword:00000004"#,
    );
    assert_eq!(products(&machine), []);
    assert!(is_complete(&machine), "{}", obstacle(&machine));
}

#[test]
fn what_a_network_agent_noted_before_it_stopped_says_nothing_of_today() {
    let services = r#"{"klnagent": {"state": "stopped", "start": "automatic"}}"#;
    let machine = Machine::recorded("windows10-kaspersky")
        .without("wmi/root.SecurityCenter2")
        .without("security-center.json")
        .with("services.json", services);
    assert_unknown(&machine, KASPERSKY, &["state", "realtime"]);
}

#[test]
fn a_laptop_that_only_defender_protects() {
    let machine = Machine::recorded("windows11-defender");
    assert_eq!(ids(&machine), [text(DEFENDER)]);
    assert!(is_complete(&machine), "{}", obstacle(&machine));
    assert_says(
        &machine,
        DEFENDER,
        &[
            ("state", choice("on")),
            ("realtime", yes_or_no(true)),
            ("passive", yes_or_no(false)),
            ("version", text("4.18.26090.11")),
            ("licence_status", choice("builtin")),
            ("registered", yes_or_no(true)),
            ("disputed", Fact::Absent),
        ],
    );
}

#[test]
fn a_server_of_2022() {
    let machine = Machine::recorded("windows-server-2022");
    assert_eq!(ids(&machine), [text(DEFENDER)]);
    assert!(is_complete(&machine), "{}", obstacle(&machine));
    let at = moment((2026, 11, 21), (21, 15, 18));
    assert_says(&machine, DEFENDER, &[("realtime", yes_or_no(true)), ("definitions_at", at)]);
    assert_unknown(&machine, DEFENDER, &["registered"]);
}

#[test]
fn an_office_pc_with_bkav_says_what_can_be_known_of_it_and_no_more() {
    let machine = Machine::recorded("windows10-bkav");
    assert_eq!(ids(&machine), [text("bkav-pro"), text(DEFENDER)]);
    assert!(is_complete(&machine), "{}", obstacle(&machine));
    assert_says(
        &machine,
        "bkav-pro",
        &[
            ("vendor", text("Bkav")),
            ("version", text("10.3.5.1")),
            ("state", choice("on")),
            ("realtime", yes_or_no(true)),
            ("definitions_current", yes_or_no(false)),
            ("present", yes_or_no(true)),
        ],
    );
    let opaque = ["definitions_version", "definitions_at", "licence_status", "licence_until"];
    assert_unknown(&machine, "bkav-pro", &opaque);
}

/// A server with an entry in the list of installed programs.
fn installed(name: &str) -> Machine {
    server().with_registry(&format!(
        "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\X]\n\
         \"DisplayName\"=\"{name}\"\n\"DisplayVersion\"=\"1.2.3\""
    ))
}

#[test]
fn products_are_known_by_how_they_are_listed_and_their_consoles_are_none() {
    for (name, id) in [
        ("Bkav Home Plus", "bkav-home"),
        ("Bkav Endpoint 9", "bkav-endpoint"),
        ("CMC Antivirus Free", "cmc-free"),
        ("CMC Antivirus", "cmc-antivirus"),
        ("aJiant Agent", "viettel-endpoint-security"),
        ("Kaspersky Standard", "kaspersky-home"),
        ("ESET Security", "eset-nod32-antivirus"),
        ("ESET Server Security", "eset-server-security"),
        ("Symantec Endpoint Protection", "symantec-endpoint-protection"),
        ("Avast Free Antivirus", "avast-antivirus"),
        ("Dr.Web Anti-virus for Windows", "drweb"),
        ("WithSecure Elements Agent", "withsecure-elements"),
    ] {
        let machine = installed(name);
        assert_eq!(ids(&machine), [text(id)], "{name}");
        // What an uninstalled product leaves is listed the same way.
        assert_unknown(&machine, id, &["present", "state"]);
    }
    for name in [
        "Symantec Endpoint Protection Manager",
        "ESET Security Management Center Server",
        "Kaspersky Security Center",
        "McAfee Agent",
    ] {
        assert_eq!(products(&installed(name)), [], "{name}");
    }
}

#[test]
fn a_product_without_a_price_says_so_by_its_name() {
    assert_says(&installed("Bkav Home"), "bkav-home", &[("licence_status", choice("free"))]);
    let free = installed("Avast Free Antivirus");
    assert_says(&free, "avast-antivirus", &[("licence_status", choice("free"))]);
    let paid = installed("Avast Premium Security");
    assert_unknown(&paid, "avast-antivirus", &["licence_status", "licence_until"]);
}

#[test]
fn symantec_is_read_in_both_views_of_the_registry() {
    for view in ["", r"WOW6432Node\"] {
        let base =
            format!(r"HKEY_LOCAL_MACHINE\SOFTWARE\{view}Symantec\Symantec Endpoint Protection");
        let machine = server().with_registry(&format!(
            r#"[{base}\CurrentVersion]
"PRODUCTVERSION"="14.3.11216.9000"

[{base}\CurrentVersion\public-opstate]
"AVRunningStatus"=dword:00000001

[{base}\AV\Storages\Filesystem\RealTimeScan]
"OnOff"=dword:00000001

[{base}\CurrentVersion\SharedDefs\SDSDefs]
"SRTSP"="C:\\ProgramData\\Symantec\\Definitions\\SDSDefs\\20261120.003""#
        ));
        assert_says(
            &machine,
            "symantec-endpoint-protection",
            &[
                ("version", text("14.3.11216.9000")),
                ("state", choice("on")),
                ("realtime", yes_or_no(true)),
                ("definitions_version", text("20261120.003")),
                ("definitions_at", moment((2026, 11, 20), (0, 0, 0))),
            ],
        );
        assert_unknown(&machine, "symantec-endpoint-protection", &["licence_status"]);
    }
}

#[test]
fn an_isolated_machine_of_sophos_is_not_one_without_antivirus() {
    let machine = server()
        .with_service("Sophos Endpoint Defense Service", "running", "automatic", "")
        .with_registry(
            r#"[HKEY_LOCAL_MACHINE\SOFTWARE\WOW6432Node\Sophos\Health\Status]
"admin"=dword:00000003
"service"=dword:00000001"#,
        );
    let on = [("state", choice("on")), ("realtime", yes_or_no(true))];
    assert_says(&machine, "sophos-endpoint", &on);
}

#[test]
fn sophos_counts_in_seconds_and_elsewhere_in_milliseconds() {
    let at = Timestamp::from_civil((2026, 11, 21), (6, 0, 0)).unwrap();
    let milliseconds = (at.0 * 1000).to_le_bytes().map(|byte| format!("{byte:02x}")).join(",");
    let base = r"HKEY_LOCAL_MACHINE\SOFTWARE\WOW6432Node\Sophos\AutoUpdate\UpdateStatus";
    for updated in [
        format!("[{base}]\n\"LastUpdateTime\"=dword:{:08x}", at.0),
        format!("[{base}\\Details]\n\"LastGoodInstallTime\"=hex(b):{milliseconds}"),
    ] {
        let machine =
            server().with_service("SAVService", "running", "automatic", "").with_registry(&updated);
        let expected = moment((2026, 11, 21), (6, 0, 0));
        assert_says(&machine, "sophos-endpoint", &[("definitions_at", expected)]);
    }
}

#[test]
fn trellix_and_trend_micro_say_what_their_definitions_are() {
    let trellix = server().with_registry(
        r#"[HKEY_LOCAL_MACHINE\SOFTWARE\McAfee\Endpoint\AV]
"ProductVersion"="10.7.0.1"

[HKEY_LOCAL_MACHINE\SOFTWARE\McAfee\AVSolution\MCSHIELDGLOBAL\GLOBAL]
"enableoas"=dword:00000001

[HKEY_LOCAL_MACHINE\SOFTWARE\McAfee\AVSolution\DS\DS]
"dwContentMajorVersion"=dword:0000151f
"szContentCreationDate"="2026-11-20""#,
    );
    assert_says(
        &trellix,
        "trellix-endpoint-security",
        &[
            ("version", text("10.7.0.1")),
            ("realtime", yes_or_no(true)),
            ("definitions_version", text("5407")),
            ("definitions_at", moment((2026, 11, 20), (0, 0, 0))),
        ],
    );
    let trend = server().with_registry(
        r#"[HKEY_LOCAL_MACHINE\SOFTWARE\WOW6432Node\TrendMicro\PC-cillinNTCorp\CurrentVersion\Misc.]
"TmListen_Ver"="14.0.0.12345"
"InternalNonCrcPatternVer"=dword:001e6f04"#,
    );
    let version = [("definitions_version", text("19.945.00"))];
    assert_says(&trend, "trend-micro-apex-one", &version);
}

const SENTINEL: &str = "Disable State: Not disabled by the user
SentinelMonitor is loaded
Self-Protection status: On
Monitor Build id: 25.1.4.434+8d4abf01154f6752-Release.x64
SentinelNetworkMonitor is loaded
SentinelAgent is loaded
SentinelAgent is running as PPL
Mitigation policy: none
";

/// A server with SentinelOne, which answers this.
fn sentinel(answer: &str) -> Machine {
    let program = r"C:\Program Files\SentinelOne\Sentinel Agent 25.1.4.434\SentinelCtl.exe";
    server()
        .with_service("SentinelAgent", "running", "automatic", "")
        .with("Program Files/SentinelOne/Sentinel Agent 25.1.4.434/SentinelCtl.exe", "")
        .with_program(&format!("{program} status"), 0, answer)
}

#[test]
fn sentinelone_protects_when_all_of_it_is_loaded_and_it_may_mitigate() {
    let machine = sentinel(&SENTINEL.replace("policy: none", "policy: quarantineThreat"));
    assert_says(
        &machine,
        "sentinelone",
        &[("version", text("25.1.4.434")), ("state", choice("on")), ("realtime", yes_or_no(true))],
    );
    // It watches and blocks nothing.
    assert_unknown(&sentinel(SENTINEL), "sentinelone", &["realtime", "licence_status"]);
    let unloaded = SENTINEL.replace("SentinelAgent is loaded\n", "").replace("none", "kill");
    assert_unknown(&sentinel(&unloaded), "sentinelone", &["realtime"]);
}

#[test]
fn two_products_of_vendors_on_a_server_are_both_told() {
    let machine =
        Machine::recorded("windows-server-2022").with_service("KAVFS", "running", "automatic", "");
    assert_eq!(ids(&machine), [text("kaspersky-windows-server"), text(DEFENDER)]);
    for product in products(&machine) {
        assert_eq!(field(&product, "state"), choice("on"));
    }
}
