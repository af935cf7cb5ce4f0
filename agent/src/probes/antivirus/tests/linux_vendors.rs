//! What the vendors' products on Linux say, each as its maker's programs print it.

use super::*;
use crate::host::recorded::Machine;
use crate::probes::findings::choice;
use report::{Moment, Observation, Topic, Value, wire};

/// 2026-11-22 12:00:00.
const NOW: Timestamp = Timestamp(1_795_348_800);

fn bare() -> Machine {
    Machine::recorded("debian12-bare")
}

fn seen(machine: &Machine) -> Vec<Record> {
    let context = Context { claims: &AssignmentClaims::default(), now: NOW };
    let facts = facts(linux::probe(&machine.host(), &context));
    records(fact(&facts, "antivirus.products"))
}

/// The only product of a machine.
fn product(machine: &Machine) -> Record {
    let [product] = seen(machine).try_into().unwrap();
    product
}

fn read(machine: &Machine, name: &str) -> Fact {
    field(&product(machine), name)
}

fn why(machine: &Machine, name: &str) -> Option<Reason> {
    reason(&read(machine, name))
}

fn at(date: (i64, u32, u32), time: (u32, u32, u32)) -> Fact {
    let at = Timestamp::from_civil(date, time).unwrap();
    Fact::Known(Value::Moment(Moment::source(at)))
}

fn root_process(machine: Machine, name: &str) -> Machine {
    machine.with_process(4711, name, 0, &[name])
}

mod mdatp {
    use super::*;

    const LINE: &str = "/usr/bin/mdatp health --output json";
    const HEALTH: &str = r#"{"$type":"getHealthAllResult","appVersion":"101.23062.0010","automaticDefinitionUpdateEnabled":{"displayValue":true,"isManaged":false,"value":true},"behaviorMonitoring":{"displayValue":true,"isManaged":false,"value":"disabled"},"cloudEnabled":{"displayValue":true,"isManaged":false,"value":true},"conflictingApplications":[],"definitionsStatus":{"$type":"upToDate"},"definitionsUpdated":"1691587153787","definitionsUpdatedMinutesAgo":20,"definitionsVersion":"1.395.30.0","engineVersion":"1.1.23070.1002","healthIssues":[],"healthy":true,"licensed":true,"orgId":"00000000-office","passiveModeEnabled":{"displayValue":true,"isManaged":false,"value":true},"productExpiration":"1712756068000","realTimeProtectionAvailable":true,"realTimeProtectionEnabled":{"displayValue":true,"isManaged":false,"value":false},"realTimeProtectionSubsystem":"fanotify","releaseRing":"InsiderFast","tamperProtection":{"displayValue":true,"isManaged":false,"value":"disabled"}}"#;

    fn saying(health: &str) -> Machine {
        bare().with_folder("opt/microsoft/mdatp").with_program(LINE, 0, health)
    }

    #[test]
    fn everything_that_its_health_tells() {
        let machine = saying(HEALTH);
        for (name, expected) in [
            ("product", text("microsoft-defender-endpoint")),
            ("version", text("101.23062.0010")),
            ("state", choice("on")),
            ("realtime", yes_or_no(false)),
            ("passive", yes_or_no(true)),
            ("definitions_version", text("1.395.30.0")),
            ("definitions_at", at((2023, 8, 9), (13, 19, 13))),
            ("definitions_current", yes_or_no(true)),
            ("licence_status", choice("licensed")),
            ("licence_evidence", choice("vendor")),
            ("disputed", Fact::Absent),
        ] {
            assert_eq!(read(&machine, name), expected, "{name}");
        }
        assert!(!format!("{:?}", product(&machine)).contains("office"));
    }

    #[test]
    fn the_end_of_support_of_a_build_is_no_end_of_a_licence() {
        let machine = saying(HEALTH);
        assert_eq!(read(&machine, "supported_until"), at((2024, 4, 10), (13, 34, 28)));
        // Onboarded: what ends ends at the tenant.
        assert_eq!(read(&machine, "licence_until"), Fact::Absent);
        let unlicensed = saying(&HEALTH.replace("\"licensed\":true", "\"licensed\":false"));
        assert_eq!(read(&unlicensed, "licence_status"), choice("none"));
        assert_eq!(why(&unlicensed, "licence_until"), Some(Reason::ProductOpaque));
    }

    #[test]
    fn values_without_an_object_around_them_are_values() {
        let health = HEALTH
            .replace(r#"{"displayValue":true,"isManaged":false,"value":false}"#, "true")
            .replace(r#"{"displayValue":true,"isManaged":false,"value":true}"#, "false")
            .replace(r#"{"$type":"upToDate"}"#, "\"unavailable\"");
        let machine = saying(&health);
        assert_eq!(read(&machine, "realtime"), yes_or_no(true));
        assert_eq!(read(&machine, "passive"), yes_or_no(false));
        assert_eq!(read(&machine, "definitions_current"), yes_or_no(false));
    }

    #[test]
    fn one_that_is_not_healthy_is_told_all_the_same() {
        let health = HEALTH
            .replace("\"healthy\":true", "\"healthy\":false")
            .replace("\"healthIssues\":[]", "\"healthIssues\":[\"no active event provider\"]");
        let machine = saying(&health);
        assert_eq!(read(&machine, "state"), choice("on"));
        assert_eq!(read(&machine, "realtime"), yes_or_no(false));
    }

    #[test]
    fn a_daemon_that_is_down_leaves_everything_unknown() {
        for machine in [
            saying("").with_program(LINE, 1, "Could not connect to the daemon"),
            saying("Could not connect to the daemon"),
            saying(&HEALTH[..HEALTH.len() - 20]),
            saying("")
                .with("programs/hung.txt", format!("$ {LINE}\nerror timeout\n"))
                .without("programs/-usr-bin-mdatp-health---output-json.txt"),
        ] {
            for name in ["state", "realtime", "definitions_at", "licence_status"] {
                assert!(why(&machine, name).is_some(), "{name}");
            }
        }
    }
}

mod kesl {
    use super::*;

    const LINE: &str = "/opt/kaspersky/kesl/bin/kesl-control --app-info";
    const VERSION_10: &str = "\
Name:                                       Kaspersky Endpoint Security 10 SP1 for Linux
Version:                                    10.1.0.5960
Key status:                                 Valid
License expiration date:                    2019-07-09
Storage state:                              No time limit for objects in Storage
Storage space usage:                        Storage size is unlimited
Last run date of the Scan_My_Computer task: Never run
Last release date of databases:             2018-08-23 04:11:00
Anti-virus databases loaded:                Yes
Anti-virus database records:                11969941
KSN state:                                  Off
File monitoring:                            Available and stopped
Integrity monitoring:                       Unavailable due to license limitation
Firewall Management:                        Available and stopped
Anti-Cryptor:                               Available and stopped
Application update state:                   No application updates available
";
    const VERSION_12: &str = "\
Name:                                       Kaspersky Endpoint Security 12 for Linux
Version:                                    12.2.0.2412
Policy:                                     Applied
License information:                        The key is valid
License expiration date:                    2027-03-31 23:59:59
Last release date of databases:             2026-11-21 01:12:00
Application databases loaded:               Yes
File Threat Protection:                     Available and running
Application update state:                   No application updates available
";

    fn saying(info: &str) -> Machine {
        bare().with_folder("opt/kaspersky/kesl").with_program(LINE, 0, info)
    }

    #[test]
    fn version_10() {
        let machine = saying(VERSION_10);
        for (name, expected) in [
            ("version", text("10.1.0.5960")),
            ("state", choice("on")),
            ("realtime", yes_or_no(false)),
            ("definitions_at", at((2018, 8, 23), (4, 11, 0))),
            ("licence_status", choice("licensed")),
            ("licence_until", at((2019, 7, 9), (23, 59, 59))),
            ("disputed", Fact::Absent),
        ] {
            assert_eq!(read(&machine, name), expected, "{name}");
        }
    }

    #[test]
    fn version_12() {
        let machine = saying(VERSION_12);
        for (name, expected) in [
            ("version", text("12.2.0.2412")),
            ("realtime", yes_or_no(true)),
            ("definitions_at", at((2026, 11, 21), (1, 12, 0))),
            ("licence_status", choice("licensed")),
            ("licence_until", at((2027, 3, 31), (23, 59, 59))),
        ] {
            assert_eq!(read(&machine, name), expected, "{name}");
        }
    }

    #[test]
    fn databases_of_1970_are_none_and_not_old() {
        let machine = saying(&VERSION_12.replace("2026-11-21 01:12:00", "1970-01-01 00:00:00"));
        assert_eq!(why(&machine, "definitions_at"), Some(Reason::SourceStale));
    }

    #[test]
    fn russian_keys_are_understood() {
        let info = VERSION_12
            .replace("License expiration date", "Дата окончания срока действия лицензии")
            .replace("Last release date of databases", "Дата последнего выпуска баз приложения");
        let machine = saying(&info);
        assert_eq!(read(&machine, "licence_until"), at((2027, 3, 31), (23, 59, 59)));
        assert_eq!(read(&machine, "definitions_at"), at((2026, 11, 21), (1, 12, 0)));
        // A value in another language is not guessed.
        let russian = saying(&VERSION_12.replace("Available and running", "Доступно и запущено"));
        assert_eq!(why(&russian, "realtime"), Some(Reason::ParseError));
    }

    #[test]
    fn a_component_that_the_licence_does_not_cover_protects_nothing() {
        let limited = "Unavailable due to license limitation";
        let machine = saying(&VERSION_12.replace("Available and running", limited));
        assert_eq!(read(&machine, "realtime"), yes_or_no(false));
        // The key is valid and does not cover it: told as it is.
        assert_eq!(read(&machine, "disputed"), text("licence_status"));
        let wordless =
            VERSION_12.replace("Available and running", limited).replace("The key is valid", "?");
        assert_eq!(read(&saying(&wordless), "licence_status"), choice("none"));
    }

    #[test]
    fn a_trial_is_a_trial_though_its_key_is_valid() {
        let query = "/opt/kaspersky/kesl/bin/kesl-control -L --query";
        let kind = "Active key information:\n    License type   : Trial\n    Key   : 1A2B-SECRET\n";
        let machine = saying(VERSION_12).with_program(query, 0, kind);
        assert_eq!(read(&machine, "licence_status"), choice("trial"));
        assert_eq!(read(&machine, "disputed"), Fact::Absent);
        assert!(!format!("{:?}", product(&machine)).contains("SECRET"));
    }

    #[test]
    fn one_that_does_not_run_says_so_and_nothing_is_concluded() {
        let machine = saying("Application is not running\n");
        for name in ["state", "realtime", "licence_status", "licence_until", "definitions_at"] {
            assert!(why(&machine, name).is_some(), "{name}");
        }
    }

    #[test]
    fn a_key_that_has_expired_is_expired() {
        for expired in ["The key has expired", "Expired"] {
            let machine = saying(&VERSION_12.replace("The key is valid", expired));
            assert_eq!(read(&machine, "licence_status"), choice("expired"));
        }
        let odd = saying(&VERSION_12.replace("The key is valid", "The key is blacklisted"));
        assert_eq!(why(&odd, "licence_status"), Some(Reason::ParseError));
    }
}

mod eset {
    use super::*;

    const LICENCE: &str = "\
Product name: ESET Endpoint Antivirus for Linux
Status: Activated
Public ID: 999-XXX-YYY
License Validity: 2026-06-21
";
    const MODULES: &str = "\
EM000\t  1088 (20250708)\tUpdate module
EM001\t  1629 (20250805)\tAntivirus and antispyware scanner module
EM002\t 31832 (20250909)\tDetection engine
EM017\t2054.1 (20250805)\tTranslation support module
EM023\t 26932 (20250909)\tRapid Response module
";

    fn saying(product: &str, licence: &str, modules: &str) -> Machine {
        let place = format!("/opt/eset/{product}");
        bare()
            .with_folder(&format!("opt/eset/{product}"))
            .with_program(&format!("{place}/sbin/lic --status"), 0, licence)
            .with_program(
                &format!("{place}/bin/upd -version"),
                0,
                &format!("upd ({product}) 12.0.13.0\n"),
            )
            .with_program(&format!("{place}/bin/upd --list-modules"), 0, modules)
    }

    #[test]
    fn its_licence_its_modules_and_its_version() {
        for product in ["eea", "efs"] {
            let machine = saying(product, LICENCE, MODULES);
            for (name, expected) in [
                ("version", text("12.0.13.0")),
                ("definitions_version", text("31832 (20250909)")),
                ("definitions_at", at((2025, 9, 9), (0, 0, 0))),
                ("licence_status", choice("licensed")),
                ("licence_until", at((2026, 6, 21), (23, 59, 59))),
            ] {
                assert_eq!(read(&machine, name), expected, "{product} {name}");
            }
            assert!(!format!("{:?}", super::product(&machine)).contains("999-"));
        }
    }

    #[test]
    fn columns_may_be_held_apart_by_blanks() {
        let machine = saying("eea", LICENCE, &MODULES.replace('\t', "   "));
        assert_eq!(read(&machine, "definitions_version"), text("31832 (20250909)"));
        assert_eq!(read(&machine, "definitions_at"), at((2025, 9, 9), (0, 0, 0)));
    }

    #[test]
    fn other_states_of_its_licence() {
        for (word, expected) in [("Not activated", choice("none")), ("Expired", choice("expired"))]
        {
            let machine = saying("eea", &LICENCE.replace("Activated", word), MODULES);
            assert_eq!(read(&machine, "licence_status"), expected);
        }
        let odd = saying("eea", &LICENCE.replace("Activated", "Kích hoạt"), MODULES);
        assert_eq!(why(&odd, "licence_status"), Some(Reason::ParseError));
    }

    #[test]
    fn a_watcher_that_runs_watches_and_one_that_is_not_seen_proves_nothing() {
        let machine = root_process(saying("eea", LICENCE, MODULES), "oaeventd");
        assert_eq!(read(&machine, "realtime"), yes_or_no(true));
        assert_eq!(read(&machine, "state"), choice("on"));
        let idle = saying("eea", LICENCE, MODULES);
        assert_eq!(why(&idle, "realtime"), Some(Reason::ProductOpaque));
        // Anybody can start a program of that name.
        let impostor = saying("eea", LICENCE, MODULES).with_process(9, "oaeventd", 1000, &["x"]);
        assert_eq!(why(&impostor, "realtime"), Some(Reason::ProductOpaque));
    }
}

mod drweb {
    use super::*;

    const BASES: &str = "\
Core engine version: 7.00.47.04280
Virus database timestamp: 2020-Aug-11 18:40:16
Virus database fingerprint: D2EFA560783BC31243E97B3B73766C18
Virus databases loaded: 202
Virus records: 9118543
Anti-spam core is not loaded
Last successful update: 2020-Aug-11 20:42:37
Next scheduled update: 2020-Aug-11 21:12:37
";

    fn idle(bases: &str, licence: &str) -> Machine {
        let tool = "/opt/drweb.com/bin/drweb-ctl";
        bare()
            .with_folder("opt/drweb.com")
            .with_program(&format!("{tool} --version"), 0, "drweb-ctl 11.1.2.1907091642\n")
            .with_program(&format!("{tool} baseinfo"), 0, bases)
            .with_program(&format!("{tool} license"), 0, licence)
    }

    fn saying(bases: &str, licence: &str) -> Machine {
        root_process(idle(bases, licence), "drweb-configd")
    }

    #[test]
    fn its_bases_and_its_licence() {
        let machine = saying(BASES, "License number 12345, expires 2026-Dec-31 (39 days left)\n");
        for (name, expected) in [
            ("version", text("11.1.2.1907091642")),
            ("state", choice("on")),
            ("definitions_at", at((2020, 8, 11), (18, 40, 16))),
            ("licence_status", choice("licensed")),
            ("licence_until", at((2026, 12, 31), (23, 59, 59))),
        ] {
            assert_eq!(read(&machine, name), expected, "{name}");
        }
        assert!(!format!("{:?}", product(&machine)).contains("12345"));
    }

    #[test]
    fn bases_of_unknown_date_are_of_unknown_date() {
        let machine = saying(&BASES.replace("2020-Aug-11 18:40:16", "unknown"), "");
        assert_eq!(why(&machine, "definitions_at"), Some(Reason::ParseError));
    }

    #[test]
    fn a_licence_that_a_server_grants_has_no_date_here() {
        let machine = saying(BASES, "The license is granted by the protection server\n");
        assert_eq!(read(&machine, "licence_status"), choice("licensed"));
        assert!(why(&machine, "licence_until").is_some());
    }

    #[test]
    fn an_expired_licence_is_expired_whatever_else_is_printed() {
        let machine = saying(BASES, "License has expired. It expires 2019-Dec-31 or so\n");
        assert_eq!(read(&machine, "licence_status"), choice("expired"));
    }

    #[test]
    fn the_key_file_gives_its_date_and_no_name() {
        let key = "[Key]\nExpires=2026-12-31\n[User]\nName=Nguyen Thi Bi Mat\n";
        let machine = idle(BASES, "").with("etc/opt/drweb.com/drweb32.key", key);
        assert_eq!(read(&machine, "licence_until"), at((2026, 12, 31), (23, 59, 59)));
        assert!(!format!("{:?}", product(&machine)).contains("Nguyen"));
    }

    #[test]
    fn nothing_is_asked_where_asking_would_start_the_service() {
        let machine = idle(BASES, "expires 2026-Dec-31");
        assert_eq!(read(&machine, "state"), choice("off"));
        for name in ["version", "definitions_at", "licence_status"] {
            assert_eq!(why(&machine, name), Some(Reason::ProductOpaque), "{name}");
        }
    }
}

mod bitdefender {
    use super::*;

    const STATUS: &str = "\
Product version: 7.0.3.2239
Last product update: 2023-08-24 at 10:44:23 GMT+2
New product update available: no
Engines version: 7.95171
Last security content update: 2023-08-24 at 11:44:37 GMT+2
New security content available: no
Installed scan type: Full
Installed scan type fallback: None
Currently used scan type: Full
Features:
  - Antimalware status: On
  - NetworkMonitor status: On
";

    fn saying(status: &str) -> Machine {
        let tool = "/opt/bitdefender-security-tools/bin/bduitool get ps";
        bare().with_folder("opt/bitdefender-security-tools").with_program(tool, 0, status)
    }

    #[test]
    fn its_status_by_the_clock_of_greenwich() {
        let machine = saying(STATUS);
        for (name, expected) in [
            ("version", text("7.0.3.2239")),
            ("state", choice("on")),
            ("definitions_version", text("7.95171")),
            ("definitions_at", at((2023, 8, 24), (9, 44, 37))),
            ("definitions_current", yes_or_no(true)),
        ] {
            assert_eq!(read(&machine, name), expected, "{name}");
        }
        assert_eq!(why(&machine, "licence_status"), Some(Reason::ProductOpaque));
    }

    #[test]
    fn an_engine_that_is_on_may_scan_on_demand_alone() {
        assert_eq!(why(&saying(STATUS), "realtime"), Some(Reason::ProductOpaque));
        let off = saying(&STATUS.replace("Antimalware status: On", "Antimalware status: Off"));
        assert_eq!(read(&off, "realtime"), yes_or_no(false));
        assert_eq!(read(&off, "state"), choice("off"));
    }
}

mod sophos {
    use super::*;

    #[test]
    fn the_old_scanner_tells_whether_it_watches_and_is_out_of_support() {
        for (said, expected) in [("is running", true), ("is not running", false)] {
            let answer = format!("Sophos Anti-Virus is active and on-access scanning {said}\n");
            let machine = bare().with_folder("opt/sophos-av").with_program(
                "/opt/sophos-av/bin/savdstatus",
                i32::from(!expected),
                &answer,
            );
            assert_eq!(read(&machine, "state"), choice("on"));
            assert_eq!(read(&machine, "realtime"), yes_or_no(expected), "{said}");
            assert_eq!(read(&machine, "supported_until"), at((2023, 7, 20), (23, 59, 59)));
        }
    }

    #[test]
    fn the_new_one_tells_its_version_and_nothing_else() {
        let machine =
            bare().with("opt/sophos-spl/plugins/av/VERSION.ini", "PRODUCT_VERSION = 1.1.8.2\n");
        assert_eq!(read(&machine, "version"), text("1.1.8.2"));
        assert_eq!(why(&machine, "realtime"), Some(Reason::ProductOpaque));
    }
}

mod sentinelone {
    use super::*;

    fn saying(control: &str, engines: &str) -> Machine {
        let tool = "/opt/sentinelone/bin/sentinelctl";
        let version = "Agent version: 30.1.1.10\nSentinelCTL version: 30.1.1.10\n";
        bare()
            .with_folder("opt/sentinelone")
            .with_program(&format!("{tool} version"), 0, version)
            .with_program(&format!("{tool} control status"), 0, control)
            .with_program(&format!("{tool} engines status"), 0, engines)
            .with_program(
                &format!("{tool} management status"),
                0,
                "Site-Key: g_bimat0123456789\nUUID: 11112222-bimat\n",
            )
    }

    #[test]
    fn both_spellings_are_understood() {
        for (control, engines) in [
            (
                "Agent state      Enabled\nProcess Name     PID\norchestrator     901\n",
                "DFI engine                          Enabled\nDFI library version                 30.5.6.5\n",
            ),
            ("Agent state: Enabled\n", "DFI engine: Enabled\nDFI library version: 30.5.6.5\n"),
        ] {
            let machine = saying(control, engines);
            for (name, expected) in [
                ("version", text("30.1.1.10")),
                ("state", choice("on")),
                ("realtime", yes_or_no(true)),
                ("definitions_version", text("30.5.6.5")),
            ] {
                assert_eq!(read(&machine, name), expected, "{name}");
            }
        }
    }

    #[test]
    fn an_agent_or_an_engine_that_is_off_protects_nothing() {
        for (control, engines) in
            [("Disabled", "Enabled"), ("Enabled", "Disabled"), ("Disabled", "Paused")]
        {
            let machine =
                saying(&format!("Agent state   {control}"), &format!("DFI engine   {engines}"));
            assert_eq!(read(&machine, "realtime"), yes_or_no(false), "{control} {engines}");
        }
        let odd = saying("Agent state   Enabled", "DFI engine   Paused");
        assert_eq!(why(&odd, "realtime"), Some(Reason::ParseError));
    }

    #[test]
    fn its_site_key_is_never_read() {
        let machine = saying("Agent state: Enabled", "DFI engine: Enabled");
        assert!(!format!("{:?}", seen(&machine)).contains("bimat"));
    }
}

mod cortex {
    use super::*;

    #[test]
    fn its_version_its_content_and_its_process() {
        let tool = "/opt/traps/bin/cytool";
        let running = |word: &str| {
            bare()
                .with_folder("opt/traps")
                .with_program(
                    &format!("{tool} info"),
                    0,
                    "Cortex XDR (R) supervisor tool 8.2.1.120305\n(c) Palo Alto Networks\n",
                )
                .with_program(&format!("{tool} info query"), 0, "Content Version: 1270-120305\n")
                .with_program(
                    &format!("{tool} runtime query"),
                    0,
                    &format!(
                        " Name PID User Status Command\n pmd 901 root {word} /opt/traps/bin/pmd\n"
                    ),
                )
        };
        let machine = running("Running");
        for (name, expected) in [
            ("version", text("8.2.1.120305")),
            ("state", choice("on")),
            ("definitions_version", text("1270-120305")),
        ] {
            assert_eq!(read(&machine, name), expected, "{name}");
        }
        assert_eq!(read(&running("Stopped"), "state"), choice("off"));
        assert_eq!(why(&machine, "realtime"), Some(Reason::ProductOpaque));
    }
}

mod crowdstrike {
    use super::*;

    const AID: &str = "aid=\"44e3b7d20b434a2bb2815d9808fa3a8b\".";

    fn saying(version: &str, rfm: &str, aid: &str) -> Machine {
        let tool = "/opt/CrowdStrike/falconctl -g";
        let machine = bare()
            .with_folder("opt/CrowdStrike")
            .with_program(&format!("{tool} --version"), 0, version)
            .with_program(&format!("{tool} --rfm-state"), 0, rfm)
            .with_program(&format!("{tool} --aid"), 0, aid);
        root_process(machine, "falcon-sensor")
    }

    #[test]
    fn the_nine_lines_of_falconctl() {
        let version = "version = 6.24.12104.0";
        for (rfm, aid, expected) in [
            ("rfm-state=false.\n", AID, Some(true)),
            ("rfm-state=true.\n", AID, Some(false)),
            ("rfm-state=false.", "aid is not set.\n", Some(false)),
            ("rfm-reason=Modules file was not found, code=0xC0000034.", AID, None),
            ("backend is not set.", AID, None),
            ("backend=auto.", AID, None),
            ("rfm-state=false.", "ERROR: must be run as root", None),
            ("", AID, None),
        ] {
            let machine = saying(version, rfm, aid);
            let known = expected.map(yes_or_no);
            assert_eq!(
                Some(read(&machine, "realtime")).filter(|it| it.known().is_some()),
                known,
                "{rfm} {aid}"
            );
            assert!(!format!("{:?}", product(&machine)).contains("44e3b7d2"));
        }
    }

    #[test]
    fn reduced_functionality_protects_nothing() {
        let machine = saying("version = 7.29.18202.0", "rfm-state=true.", AID);
        assert_eq!(read(&machine, "realtime"), yes_or_no(false));
        assert_eq!(read(&machine, "state"), choice("on"));
    }

    #[test]
    fn answers_that_run_into_one_another_are_held_apart() {
        let all = "cid=\"79391c24113773b01d8181c38c3e111a\", \
                   aid=\"f3edc954d286243b5bd94130c2f2647d\", version = 7.29.18202.0";
        for (said, expected) in [
            (all, "7.29.18202.0"),
            ("version = 6.24.12104.0tags=office-secret,", "6.24.12104.0"),
            ("version = 6.24.12104.0.", "6.24.12104.0"),
        ] {
            let machine = saying(said, "rfm-state=false.", AID);
            assert_eq!(read(&machine, "version"), text(expected));
            let shown = format!("{:?}", product(&machine));
            assert!(!shown.contains("7939") && !shown.contains("secret"), "{shown}");
        }
    }

    #[test]
    fn a_sensor_that_does_not_run_is_off() {
        let machine = bare().with_folder("opt/CrowdStrike");
        assert_eq!(read(&machine, "state"), choice("off"));
        assert_eq!(read(&machine, "realtime"), yes_or_no(false));
    }
}

mod trend {
    use super::*;

    fn saying(components: &str) -> Machine {
        let tool = "/opt/ds_agent/dsa_query -c GetComponentInfo";
        bare().with_folder("opt/ds_agent").with_program(tool, 0, components)
    }

    #[test]
    fn a_driver_that_is_offline_leaves_no_protection() {
        for (mode, offline, expected) in
            [("on", "false", true), ("on", "true", false), ("off", "false", false)]
        {
            let machine = saying(&format!(
                "Component.AM.mode: {mode}\nComponent.AM.driverOffline: {offline}\n\
                 Component.AM.version.pattern.VSAPI: 19.945.00\n"
            ));
            assert_eq!(read(&machine, "realtime"), yes_or_no(expected), "{mode} {offline}");
            assert_eq!(read(&machine, "definitions_version"), text("19.945.00"));
        }
        // What is not said of the driver is not known of it.
        let silent = saying("Component.AM.mode: on\n");
        assert_eq!(why(&silent, "realtime"), Some(Reason::ParseError));
    }
}

mod trellix {
    use super::*;

    #[test]
    fn it_tells_whether_it_watches() {
        let tool = "/opt/McAfee/ens/tp/bin/mfetpcli --getoasconfig --summary";
        for (word, expected) in [("On", true), ("Off", false)] {
            let machine = bare().with_folder("opt/McAfee/ens").with_program(
                tool,
                0,
                &format!("On-Access Scan: {word}\n"),
            );
            assert_eq!(read(&machine, "realtime"), yes_or_no(expected));
        }
    }
}

mod symantec {
    use super::*;

    const LOG: &str = "var/log/sdcsslog/amdlog/sisamd_0.log";

    fn logged(states: &[u32]) -> Machine {
        let line = |state| format!("{{\"time\": 1, \"autoprotect_state\": {state}, \"x\": 9}}\n");
        let log: String = states.iter().map(line).collect();
        bare().with_folder("usr/lib/symantec").with(LOG, log)
    }

    #[test]
    fn the_last_state_in_the_log_counts() {
        for (states, expected) in [
            (&[0, 1][..], true),
            (&[1, 0], false),
            (&[1, 2], false),
            (&[1, 3], false),
            (&[1, 4], false),
        ] {
            assert_eq!(read(&logged(states), "realtime"), yes_or_no(expected), "{states:?}");
        }
        assert_eq!(why(&logged(&[7]), "realtime"), Some(Reason::ParseError));
        assert_eq!(why(&logged(&[]), "realtime"), Some(Reason::ParseError));
    }

    #[test]
    fn of_a_log_of_months_only_the_end_is_read() {
        let machine = logged(&[1; 60_000]);
        assert_eq!(read(&machine, "realtime"), yes_or_no(true));
    }
}

#[test]
fn nothing_secret_of_any_product_is_sent() {
    let machine = Machine::recorded("debian12-vendors");
    let context = Context { claims: &AssignmentClaims::default(), now: NOW };
    let outcome = linux::probe(&machine.host(), &context);
    let observation = Observation { topic: Topic::Antivirus, observed_at: NOW, outcome };
    let sent = wire::topic_json(&observation).to_string().to_lowercase();
    assert!(sent.contains("sentinelone") && sent.contains("7.29.18202.0"), "{sent}");
    for secret in ["bimat", "bi mat", "999-bim", "b1a7", "@"] {
        assert!(!sent.contains(secret), "{secret}: {sent}");
    }
}

#[test]
fn products_side_by_side_are_all_told() {
    let machine = Machine::recorded("debian12-vendors");
    let told: Vec<_> = seen(&machine)
        .iter()
        .map(|it| {
            let word = |name| match field(it, name) {
                Fact::Known(Value::Text(text)) => text.to_string(),
                Fact::Known(Value::Choice(word)) => word.to_owned(),
                Fact::Known(Value::Bool(answer)) => answer.to_string(),
                Fact::Known(_) => "known".to_owned(),
                Fact::Absent => "absent".to_owned(),
                Fact::Unknown(_) => "?".to_owned(),
            };
            ["product", "version", "state", "realtime", "definitions_at", "licence_status"]
                .map(word)
                .join(" ")
        })
        .collect();
    assert_eq!(
        told,
        [
            "avast-antivirus ? ? ? ? ?",
            "bitdefender-endpoint-security-tools 7.0.3.2239 on ? known ?",
            "cortex-xdr 8.2.1.120305 on ? ? ?",
            "crowdstrike-falcon 7.29.18202.0 on true ? ?",
            "drweb 11.1.2.1907091642 on ? known licensed",
            "eset-endpoint-antivirus 12.0.13.0 on true known licensed",
            "kaspersky-endpoint-security 12.2.0.2412 on true known licensed",
            "kaspersky-file-server ? ? ? ? ?",
            "microsoft-defender-endpoint 101.23062.0010 on false known licensed",
            "sentinelone 30.1.1.10 on true ? ?",
            "sophos-antivirus ? on true ? ?",
            "sophos-protection-linux 1.1.8.2 on ? ? ?",
            "symantec-endpoint-protection ? ? true ? ?",
            "trellix-endpoint-security 10.7.17.1 ? true ? ?",
            "trend-micro-deep-security 20.0.0.8268 on true ? ?",
            "withsecure-linux-security ? ? ? ? ?",
        ]
    );
}

#[test]
fn what_is_no_antivirus_is_none() {
    let machine = bare()
        .with_folder("var/ossec")
        .with("usr/bin/osqueryd", "")
        .with("etc/audit/auditd.conf", "");
    let machine = root_process(machine, "wazuh-agentd");
    assert_eq!(seen(&machine), []);
}

#[test]
fn a_program_that_others_can_change_is_no_witness() {
    let machine = bare().with_folder("opt/bitdefender-security-tools").with(
        "programs/refused.txt",
        "$ /opt/bitdefender-security-tools/bin/bduitool get ps\nerror denied\n",
    );
    for name in ["version", "state", "realtime", "definitions_at"] {
        assert_eq!(why(&machine, name), Some(Reason::AccessDenied), "{name}");
    }
}
