//! The service, as the service manager sees it.

use std::fs;

use harness::program::{all, printed};
use harness::wine::{AGENT, Wine};
use harness::{World, until};

use crate::uplink::{CONFIG, STATE, enrolled};

const NAME: &str = "lachan-agent";

/// What the manager says of a service that nobody has started yet.
const NEVER_STARTED: u32 = 1077;

fn wait(wine: &Wine, state: &str) {
    let mut service = wine.service(NAME);
    until(&format!("the service is {state}"), || {
        service = wine.service(NAME);
        service.state() == state
    });
}

fn install(wine: &Wine) -> String {
    printed(&wine.agent(&["install", "--lang", "en"]))
}

#[test]
fn windows_the_service_starts_stops_and_comes_back_with_the_system() {
    let test = "windows_the_service_starts_stops_and_comes_back_with_the_system";
    let Some(wine) = Wine::start(test) else { return };
    let world = World::with_machines(&["pc-01,stp,workstation,lan,,,,2026-01-01,"]);
    enrolled(&wine, &world);

    let said = install(&wine);
    assert!(said.contains(AGENT) && said.contains("is there"), "{said}");
    // Wine does not know three settings; they are named, and the service is there all the same.
    for setting in ["delayed start", "restart after an error", "a SID of its own"] {
        assert!(said.contains(setting), "{said}");
    }
    assert_eq!(wine.service(NAME).state(), "STOPPED");
    let said = install(&wine);
    assert!(said.contains("is up to date"), "a second time: {said}");

    let _ = wine.run("net", &["start", NAME]);
    wait(&wine, "RUNNING");
    let reported = || world.collector.machine("pc-01")["verdict"]["state"].is_string();
    until("the service has reported", reported);

    let _ = wine.run("net", &["stop", NAME]);
    wait(&wine, "STOPPED");
    assert_eq!(wine.service(NAME).exit_code(), Some(0), "{:?}", wine.service(NAME));

    wine.restart();
    wait(&wine, "RUNNING");

    let said = printed(&wine.agent(&["uninstall", "--lang", "en"]));
    assert!(said.contains("is gone") && said.contains("are kept"), "{said}");
    assert_eq!(wine.service(NAME).state(), "", "{:?}", wine.service(NAME));
    assert!(wine.path(STATE).join("identity").exists(), "the identity is kept");
    let said = printed(&wine.agent(&["uninstall", "--purge", "--lang", "en"]));
    assert!(said.contains("There was no service"), "{said}");
    assert!(!wine.path(r"C:\ProgramData\Lachan").exists(), "nothing is kept");
}

#[test]
fn windows_a_service_that_cannot_work_says_so_to_the_manager() {
    let test = "windows_a_service_that_cannot_work_says_so_to_the_manager";
    let Some(wine) = Wine::start(test) else { return };
    // It has not joined; then its settings are not understood.
    for settings in ["", "intervall = \"15m\"\n"] {
        wine.write(CONFIG, "");
        let _ = install(&wine);
        wine.write(CONFIG, settings);
        assert_eq!(wine.service(NAME).exit_code(), Some(NEVER_STARTED));
        let _ = wine.run("net", &["start", NAME]);
        until("the service has failed", || wine.service(NAME).exit_code() == Some(1));
        assert_eq!(wine.service(NAME).state(), "STOPPED");
        let _ = printed(&wine.agent(&["uninstall"]));
    }
    // From a console the same command says it to who reads it, and never waits for a manager.
    let output = wine.agent(&["run"]);
    assert_eq!(output.status.code(), Some(1), "{}", all(&output));
}

#[test]
fn windows_a_program_that_others_can_write_becomes_no_service() {
    use std::os::unix::fs::PermissionsExt as _;
    let test = "windows_a_program_that_others_can_write_becomes_no_service";
    let Some(wine) = Wine::start(test) else { return };
    let folder = wine.path(r"C:\Program Files\Lachan");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
    let output = wine.agent(&["install"]);
    assert_eq!(output.status.code(), Some(1), "{}", all(&output));
    assert_eq!(wine.service(NAME).state(), "");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    let output = wine.agent(&["install"]);
    assert!(output.status.success(), "{}", all(&output));
}
