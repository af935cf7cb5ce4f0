//! Reports in files: of machines that reach no collector, carried by hand. What is taken counts as
//! any other report does, and what is not leaves nothing but an entry that it was brought.

use std::path::PathBuf;

use harness::hand::forged;
use harness::program::all;
use harness::root::now;
use harness::{Machine, World, until};
use rcgen::{KeyPair, SigningKey as _};
use report::export::{Export, MAX_EXPORT_BYTES, signed_bytes};
use report::moment::DAY;
use report::{MachineId, Timestamp};
use rustls_pki_types::PrivatePkcs8KeyDer;
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

/// One machine that reports by file, one by network, one that says nothing of it.
const ROWS: &[&str] = &[
    "pc-01,stp,workstation,lan,,,,2026-01-01,,file",
    "pc-02,stp,workstation,lan,,,,2026-01-01,,network",
    "pc-03,stp,workstation,lan,,,,2026-01-01,,",
];

/// A world with a machine that may report by file, and has once.
struct Scene {
    world: World,
    machine: Machine,
    fleet: Json,
}

fn scene() -> Scene {
    let world = World::with_machines(ROWS);
    let machine = join(&world, "pc-01");
    let scene = Scene { world, machine, fleet: Json::Null };
    let taken = scene.import(&scene.file("first", &scene.report(5)));
    assert_eq!(taken["outcome"], "taken", "{taken}");
    let fleet = scene.trace();
    Scene { fleet, ..scene }
}

fn join(world: &World, row: &str) -> Machine {
    Machine::join(world, &world.collector.token(&["--machine", row]))
}

/// What the machine would export of a report.
fn export_of(machine: &Machine, report: &str) -> Export {
    let key = PrivatePkcs8KeyDer::from(machine.identity.1.clone());
    let key = KeyPair::try_from(&key).unwrap();
    Export {
        certificate: machine.identity.0.to_vec(),
        report: report.to_owned(),
        signature: key.sign(&signed_bytes(report)).unwrap(),
    }
}

impl Scene {
    /// A report of a process that writes one file and ends.
    fn report(&self, sequence: u64) -> Json {
        let mut report = self.machine.report(sequence, "FIRST");
        report["incarnation"] = json!(format!("{sequence:032x}"));
        report
    }

    fn path(&self, name: &str) -> PathBuf {
        self.world.folder().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> String {
        std::fs::write(self.path(name), bytes).unwrap();
        self.path(name).to_str().unwrap().to_owned()
    }

    fn file(&self, name: &str, report: &Json) -> String {
        let export = export_of(&self.machine, &report.to_string());
        self.write(name, export.encode().unwrap().as_bytes())
    }

    fn import(&self, path: &str) -> Json {
        self.world.collector.json(&["import", path])[0].clone()
    }

    /// Everything the collector knows of the fleet.
    fn trace(&self) -> Json {
        let collector = &self.world.collector;
        let shown =
            ["pc-01", "pc-02", "pc-03"].map(|row| collector.machine(row)["machine"].clone());
        json!([collector.json(&["machine", "list"]), collector.json(&["token", "list"]), shown])
    }

    fn audited(&self, action: &str) -> Vec<Json> {
        let page = self.world.collector.json(&["audit", "list", "--action", action]);
        page["entries"].as_array().unwrap().clone()
    }

    /// The file is refused for this reason: told, counted, in the audit log under the officer's
    /// name and with the file's own, and nothing of the fleet is other than before.
    fn refused(&self, path: &str, reason: &str) -> Json {
        let counted = self.world.collector.refusals(reason);
        let audited = self.audited("refused").len();
        let output = self.world.collector.command(&["import", path, "--json"]);
        assert_eq!(output.status.code(), Some(2), "{}", all(&output));
        let told: Json = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((&told[0]["outcome"], &told[0]["reason"]), (&json!("refused"), &json!(reason)));
        assert_eq!(told[0]["file"], path);
        until(reason, || self.world.collector.refusals(reason) == counted + 1.0);
        let entries = self.audited("refused");
        assert_eq!(entries.len(), audited + 1, "{reason}");
        let entry = entries.iter().find(|entry| {
            let detail = entry["detail"].as_str().unwrap();
            detail.ends_with(&format!("sha256={}", told[0]["sha256"].as_str().unwrap()))
        });
        let entry = entry.unwrap_or_else(|| panic!("{entries:?}"));
        assert_eq!(entry["subject"], reason, "{entry}");
        assert!(entry["actor"].as_str().unwrap().starts_with("uid:"), "{entry}");
        assert_eq!(self.trace(), self.fleet, "{reason} left a trace");
        told[0].clone()
    }

    /// Changes the store while nobody works on it.
    fn meanwhile(&mut self, change: impl FnOnce(&rusqlite::Connection)) {
        assert!(self.world.collector.terminate());
        let store = self.world.collector.folder().join("data/store.sqlite");
        change(&rusqlite::Connection::open(store).unwrap());
        self.world.collector.restart();
        self.fleet = self.trace();
    }

    /// The machine's only certificate has ended so many days ago.
    fn ended(&mut self, days: i64) {
        let (from, until) = (now() - (days + 90) * DAY, now() - days * DAY);
        let identity = forged(&self.world, self.machine.id, from, until);
        let sha256: [u8; 32] = Sha256::digest(&identity.0).into();
        let known = "UPDATE certificates SET sha256 = ?, not_before = ?, not_after = ? \
                     WHERE machine = ?";
        let machine = self.machine.id.to_string();
        self.meanwhile(|store| {
            let changed = store.execute(known, (sha256, from.0, until.0, machine)).unwrap();
            assert_eq!(changed, 1);
        });
        self.machine.identity = identity;
    }
}

#[test]
fn a_carried_file_is_judged_as_a_report_that_came_by_itself() {
    let world = World::with_machines(ROWS);
    let by_network = world.joined_agent(&world.root("debian12-clamav", "network"), "pc-02");
    by_network.report();
    let by_file = world.joined_agent(&world.root("debian12-clamav", "file"), "pc-01");
    let file = world.folder().join("pc-01.lachan");
    let file = file.to_str().unwrap();
    let output = by_file.command(&["export", file, "--lang", "en"]);
    assert!(output.status.success(), "{}", all(&output));
    assert!(all(&output).contains("lachan-collector import pc-01.lachan"), "{}", all(&output));

    let output = world.collector.command(&["import", file, "--json"]);
    assert_eq!(output.status.code(), Some(2), "it is not protected: {}", all(&output));
    let told: Json = serde_json::from_slice(&output.stdout).unwrap();
    let told = &told[0];
    assert_eq!((&told["outcome"], &told["row"]), (&json!("taken"), &json!("pc-01")), "{told}");

    let shown = world.collector.machine("pc-01");
    assert_eq!(shown["machine"]["state"], told["verdict"]["state"]);
    assert_eq!(told["verdict"]["state"], "unprotected");
    let outcomes = |verdict: &Json| -> Vec<_> {
        let rules = verdict["rules"].as_array().unwrap().iter();
        rules.map(|rule| (rule["rule"].clone(), rule["outcome"].clone())).collect()
    };
    let other = world.collector.machine("pc-02");
    assert_eq!(outcomes(&shown["verdict"]), outcomes(&other["verdict"]));
    assert_eq!(outcomes(&told["verdict"]), outcomes(&other["verdict"]));
    let metrics = world.collector.scrape();
    assert_eq!(metrics.value(r#"lachan_reports_total{outcome="stored"}"#), Some(2.0));
    assert_eq!(metrics.value(r#"lachan_machines{state="unprotected",unit="stp"}"#), Some(2.0));

    let imported = world.collector.json(&["audit", "list", "--action", "imported"]);
    let [entry] = &imported["entries"].as_array().unwrap()[..] else { panic!("{imported}") };
    assert_eq!(entry["subject"], told["machine"], "{entry}");
    assert!(entry["actor"].as_str().unwrap().starts_with("uid:"), "{entry}");
    let digest: Json = Sha256::digest(std::fs::read(file).unwrap())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<String>()
        .into();
    assert_eq!(told["sha256"], digest);
    assert!(entry["detail"].as_str().unwrap().contains(digest.as_str().unwrap()), "{entry}");
}

#[test]
fn a_machine_may_report_by_network_and_by_file_in_turn() {
    let world = World::with_machines(ROWS);
    let agent = world.joined_agent(&world.root("debian12-clamav", "pc"), "pc-01");
    for round in 0..2 {
        agent.report();
        let file = world.folder().join(format!("{round}"));
        let file = file.to_str().unwrap();
        let output = agent.command(&["export", file]);
        assert!(output.status.success(), "{}", all(&output));
        let taken = world.collector.json(&["import", file]);
        assert_eq!(taken[0]["outcome"], "taken", "{taken}");
    }
    assert_eq!(world.collector.machine("pc-01")["machine"]["state"], "unprotected");
}

#[test]
fn no_file_is_written_while_the_service_runs_nor_over_another_file() {
    let world = World::with_machines(ROWS);
    let agent = world.joined_agent(&world.root("debian12-clamav", "pc"), "pc-01");
    let file = world.folder().join("pc-01.lachan");
    let name = file.to_str().unwrap();
    let service = agent.start();
    until("the first report is taken", || {
        world.collector.machine("pc-01")["machine"]["state"] == "unprotected"
    });
    let output = agent.command(&["export", name]);
    assert_eq!(output.status.code(), Some(1));
    assert!(all(&output).contains("stop the service first"), "{}", all(&output));
    assert!(!file.exists());
    drop(service);
    std::fs::write(&file, "mine").unwrap();
    let output = agent.command(&["export", name]);
    assert_eq!(output.status.code(), Some(1));
    assert!(all(&output).contains("already there"), "{}", all(&output));
    assert_eq!(std::fs::read(&file).unwrap(), b"mine");
}

#[test]
fn a_file_is_taken_once_and_never_behind_a_newer_one() {
    let scene = scene();
    scene.refused(scene.path("first").to_str().unwrap(), "export_repeated");
    let older = scene.file("older", &scene.report(4));
    let told = scene.refused(&older, "old_sequence");
    assert_eq!(told["machine"], json!(scene.machine.id), "whose it is is said");
    let mut report = scene.report(5);
    report["topics"]["machine"]["facts"]["machine.serial"]["known"] = json!("OTHER");
    scene.refused(&scene.file("other", &report), "sequence_conflict");
}

#[test]
fn files_of_one_machine_are_taken_in_the_order_in_which_it_wrote_them() {
    let scene = scene();
    let (newer, older) = (scene.file("a", &scene.report(7)), scene.file("b", &scene.report(6)));
    let told = scene.world.collector.json(&["import", &newer, &older]);
    let outcomes: Vec<_> = told.as_array().unwrap().iter().map(|one| &one["outcome"]).collect();
    assert_eq!(outcomes, ["taken", "taken"], "{told}");
    let sequences: Vec<_> = told.as_array().unwrap().iter().map(|one| &one["sequence"]).collect();
    assert_eq!(sequences, [6, 7], "{told}");
}

#[test]
fn what_is_forged_or_of_another_machine_is_refused() {
    let mut scene = scene();
    let other = join(&scene.world, "pc-03");
    scene.fleet = scene.trace();
    let good = export_of(&scene.machine, &scene.report(6).to_string());
    let refused = |name: &str, export: Export, reason: &str| {
        scene.refused(&scene.write(name, export.encode().unwrap().as_bytes()), reason);
    };

    let report = good.report.replace("FIRST", "FALSE");
    refused("changed", Export { report, ..good.clone() }, "export_signature");
    let certificate = other.identity.0.to_vec();
    refused("borrowed", Export { certificate, ..good.clone() }, "export_signature");
    let stranger = forged(&scene.world, scene.machine.id, now() - DAY, now() + DAY);
    let certificate = stranger.0.to_vec();
    refused("never-issued", Export { certificate, ..good.clone() }, "unknown_certificate");
    refused("foreign", export_of(&other, &good.report), "export_not_allowed");
    let foreign = good.report.replace(&scene.machine.id.to_string(), &other.id.to_string());
    refused("in-its-name", export_of(&scene.machine, &foreign), "foreign_report");
}

#[test]
fn what_is_cut_too_large_or_something_else_is_refused() {
    let scene = scene();
    let whole = export_of(&scene.machine, &scene.report(6).to_string()).encode().unwrap();
    let cut = scene.write("cut", &whole.as_bytes()[..whole.len() / 2]);
    scene.refused(&cut, "export_malformed");
    let large = whole.clone() + &" ".repeat(MAX_EXPORT_BYTES);
    scene.refused(&scene.write("large", large.as_bytes()), "export_too_large");
    let newer = whole.replace("\"lachan_export\": 1", "\"lachan_export\": 2");
    scene.refused(&scene.write("newer", newer.as_bytes()), "export_version");
    scene.refused(&scene.write("list.csv", b"id,unit\n"), "export_malformed");
    let mut report = scene.report(6);
    report["more"] = json!(1);
    scene.refused(&scene.file("more", &report), "unknown_field");
    let deep = "[".repeat(40) + &"]".repeat(40);
    report = json!({ "topics": serde_json::from_str::<Json>(&deep).unwrap() });
    scene.refused(&scene.file("deep", &report), "too_deep");
}

#[test]
fn a_file_of_another_time_is_refused() {
    let scene = scene();
    let at = |name: &str, sent_at: Timestamp| {
        let mut report = scene.report(6);
        report["sent_at"] = json!(sent_at);
        scene.file(name, &report)
    };
    scene.refused(&at("tomorrow", now() + DAY + 600), "export_future");
    scene.refused(&at("old", now() - 46 * DAY), "export_old");
    let dead_clock = Timestamp::from_civil((2009, 1, 1), (0, 0, 0)).unwrap();
    scene.refused(&at("2009", dead_clock), "export_old");
    assert_eq!(scene.import(&at("late", now() - 44 * DAY))["outcome"], "taken");
}

#[test]
fn only_a_machine_whose_row_says_so_reports_by_file() {
    let mut scene = scene();
    for row in ["pc-02", "pc-03"] {
        scene.machine = join(&scene.world, row);
        scene.fleet = scene.trace();
        let told = scene.refused(&scene.file(row, &scene.report(1)), "export_not_allowed");
        assert!(told["message"].as_str().unwrap().contains(row), "{told}");
        assert_eq!(told["row"], row, "{told}");
    }
    // A row that another holds is none to report by.
    scene.machine = join(&scene.world, "pc-01");
    scene.fleet = scene.trace();
    let told = scene.refused(&scene.file("pending", &scene.report(1)), "export_not_allowed");
    assert_eq!(told["row"], Json::Null, "it only claims it: {told}");
    // Nor has a machine outside the register one.
    let token = scene.world.collector.token(&["--unit", "stp", "--unregistered"]);
    scene.machine = Machine::join(&scene.world, &token);
    scene.fleet = scene.trace();
    scene.refused(&scene.file("outside", &scene.report(1)), "export_not_allowed");
}

#[test]
fn a_revoked_machine_reports_by_file_no_more() {
    let mut scene = scene();
    assert!(scene.world.collector.command(&["machine", "revoke", "pc-01"]).status.success());
    scene.fleet = scene.trace();
    scene.refused(&scene.file("revoked", &scene.report(6)), "revoked");
}

#[test]
fn a_certificate_that_could_not_be_renewed_in_time_signs_files_for_400_days() {
    let mut scene = scene();
    scene.ended(399);
    assert_eq!(scene.import(&scene.file("late", &scene.report(6)))["outcome"], "taken");
    scene.ended(401);
    scene.refused(&scene.file("too-late", &scene.report(7)), "expired");
}

#[test]
fn the_two_commands_that_import_point_to_each_other() {
    let scene = scene();
    let help = |arguments: &[&str]| all(&scene.world.collector.command(arguments));
    assert!(help(&["import", "--help"]).contains("register import"));
    assert!(help(&["register", "import", "--help"]).contains("lachan-collector import"));
    let policies = scene.world.policies("");
    let first = scene.path("first");
    let arguments =
        ["register", "import", first.to_str().unwrap(), "--into", policies.to_str().unwrap()];
    let output = scene.world.collector.command(&arguments);
    assert_eq!(output.status.code(), Some(1));
    assert!(all(&output).contains("use lachan-collector import"), "{}", all(&output));
    let csv = scene.write("list.csv", b"id,unit\n");
    let output = scene.world.collector.command(&["import", &csv, "--lang", "vi"]);
    assert!(all(&output).contains("register import"), "{}", all(&output));
}

#[test]
fn nothing_is_brought_while_one_of_the_files_cannot_be_read() {
    let scene = scene();
    let good = scene.file("good", &scene.report(6));
    let output = scene.world.collector.command(&["import", &good, "/no/such/file"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(all(&output).contains("nothing was imported"), "{}", all(&output));
    assert_eq!(scene.trace(), scene.fleet);
    assert_eq!(scene.import(&good)["outcome"], "taken");
}

/// Names are stable: programs read them.
#[test]
fn a_file_says_whose_it_is_and_nothing_secret() {
    let scene = scene();
    let text = std::fs::read_to_string(scene.path("first")).unwrap();
    let file: Json = serde_json::from_str(&text).unwrap();
    let fields: Vec<_> = file.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["certificate", "lachan_export", "report", "signature"]);
    let report: Json = serde_json::from_str(file["report"].as_str().unwrap()).unwrap();
    let machine: MachineId = report["machine"].as_str().unwrap().parse().unwrap();
    assert_eq!(machine, scene.machine.id);
    assert!(!text.contains("PRIVATE"), "{text}");
}
