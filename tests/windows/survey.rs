//! What the agent sees, through the doors that only Windows has.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use harness::program::printed;
use harness::wine::Wine;
use harness::{processes, until};
use serde_json::Value as Json;

/// A product whose program never answers: the number is found again among the processes.
const HANGING: &str = r#"
product = "office-av"
vendor = "Office"

[recognise]
path = "Program Files/Lachan"

[[read]]
field = "version"
program = 'C:\windows\system32\ping.exe'
arguments = ["-n", "86399", "127.0.0.1"]
seconds = "2"
"#;
const DEFINITION: &str = r"C:\ProgramData\Lachan\antivirus.d\office.toml";

fn survey(wine: &Wine) -> Json {
    let printed = printed(&wine.agent(&["survey", "--json"]));
    serde_json::from_str(&printed).unwrap()
}

#[test]
fn windows_a_survey_is_whole_and_an_absent_security_center_is_no_empty_one() {
    let test = "windows_a_survey_is_whole_and_an_absent_security_center_is_no_empty_one";
    let Some(wine) = Wine::start(test) else { return };
    let survey = survey(&wine);
    for topic in ["machine", "antivirus", "patches", "assignment"] {
        let answer = &survey[topic];
        assert!(answer["facts"].is_object() || answer["failed"].is_string(), "{topic}: {survey:#}");
    }
    let complete = &survey["antivirus"]["facts"]["antivirus.complete"];
    assert_eq!(complete["known"], false, "{complete:#}");
    // WMI itself answers: what is not there is this one namespace.
    let said = complete.to_string();
    assert!(said.contains("SecurityCenter2") && said.contains("no such source"), "{said}");
}

/// How many facts there are of each topic that Windows and Linux share.
const POSTURE: [(&str, usize); 9] = [
    ("firewall", 2),
    ("disk_encryption", 2),
    ("screen_lock", 2),
    ("secure_boot", 2),
    ("accounts", 2),
    ("remote_access", 5),
    ("smb1", 2),
    ("removable_media", 1),
    ("auto_login", 1),
];

#[test]
fn windows_every_question_is_answered_and_what_wine_does_not_have_is_not_made_up() {
    let test = "windows_every_question_is_answered_and_what_wine_does_not_have_is_not_made_up";
    let Some(wine) = Wine::start(test) else { return };
    let survey = survey(&wine);
    for (topic, facts) in POSTURE {
        let answers = survey[topic]["facts"].as_object();
        assert_eq!(answers.map(|it| it.len()), Some(facts), "{topic}: {:#}", survey[topic]);
    }
    let volume = &survey["disk_encryption"]["facts"]["disk_encryption.system"];
    assert_eq!(volume["unknown"], "not_supported", "{volume:#}");
    // Nobody is in its group of administrators: so nobody was counted.
    let administrators = &survey["accounts"]["facts"]["accounts.administrators"];
    assert_eq!(administrators["unknown"], "parse_error", "{administrators:#}");
    let state = &survey["secure_boot"]["facts"]["secure_boot.on"];
    assert_eq!(state["unknown"], "not_supported", "{state:#}");
}

/// Wine says that it is Windows 7, and only its registry says so.
#[test]
fn windows_the_registry_answers_live() {
    let test = "windows_the_registry_answers_live";
    let Some(wine) = Wine::start(test) else { return };
    let survey = survey(&wine);
    let machine = &survey["machine"]["facts"];
    let known = |fact: &str| machine[fact]["known"].as_str().unwrap_or_default();
    assert!(known("machine.os_version").starts_with("6.1.7601"), "{machine:#}");
    assert!(known("machine.os_name").contains("Windows 7"), "{machine:#}");
}

const POLICIES: &str = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate";

/// Wine has services and policies, a class of licences that is not asked so, and no update agent.
#[test]
fn windows_an_update_agent_that_does_not_answer_is_not_one_for_which_nothing_waits() {
    let test = "windows_an_update_agent_that_does_not_answer_is_not_one_for_which_nothing_waits";
    let Some(wine) = Wine::start(test) else { return };
    let au = format!(r"{POLICIES}\AU");
    for value in [
        [au.as_str(), "/v", "UseWUServer", "/t", "REG_DWORD", "/d", "1", "/f"],
        [POLICIES, "/v", "WUServer", "/t", "REG_SZ", "/d", "http://wsus.invalid", "/f"],
    ] {
        let added = wine.run("reg", &[&["add"], &value[..]].concat());
        assert!(added.status.success(), "{added:?}");
    }
    let survey = survey(&wine);
    let patches = &survey["patches"]["facts"];
    for name in ["patches.pending", "patches.security_pending", "patches.refreshed_at"] {
        let fact = &patches[name];
        assert!(fact["unknown"].is_string(), "{name}: {fact:#}");
        assert!(fact["detail"].to_string().contains("windows update agent"), "{fact:#}");
    }
    for name in ["patches.installed_at", "patches.reboot_pending", "patches.activated"] {
        assert!(patches[name]["unknown"].is_string(), "{name}: {:#}", patches[name]);
    }
    assert_eq!(patches["patches.managed"]["known"], true, "{patches:#}");
    assert!(!survey.to_string().contains("wsus.invalid"));
}

fn product(survey: &Json) -> Json {
    let products = &survey["antivirus"]["facts"]["antivirus.products"]["known"];
    let products = products.as_array().cloned().unwrap_or_default();
    let found = products.into_iter().find(|it| it["product"]["known"] == "office-av");
    found.unwrap_or_else(|| panic!("{:#}", survey["antivirus"]))
}

#[test]
fn windows_a_vendors_program_that_hangs_is_killed_at_its_limit_and_costs_its_fact_alone() {
    let test =
        "windows_a_vendors_program_that_hangs_is_killed_at_its_limit_and_costs_its_fact_alone";
    let Some(wine) = Wine::start(test) else { return };
    wine.write(DEFINITION, HANGING);
    let survey = survey(&wine);
    let product = product(&survey);
    assert_eq!(product["version"]["unknown"], "timeout", "{product:#}");
    assert_eq!(product["vendor"]["known"], "Office", "{product:#}");
    let hangs = || processes::any_with_argument("86399");
    until("the program is gone", || !hangs());
}

#[test]
fn windows_a_definition_that_others_can_write_is_not_believed() {
    let test = "windows_a_definition_that_others_can_write_is_not_believed";
    let Some(wine) = Wine::start(test) else { return };
    wine.write(DEFINITION, HANGING);
    fs::set_permissions(wine.path(DEFINITION), fs::Permissions::from_mode(0o666)).unwrap();
    let survey = survey(&wine);
    let products = &survey["antivirus"]["facts"]["antivirus.products"]["known"];
    assert!(!products.to_string().contains("office-av"), "{products:#}");
}
