//! How machines come in: which token opens the door to whom, what an officer decides about those
//! who wait, and that nobody comes in twice.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use harness::collector::machines_csv;
use harness::hand::{self, FINGERPRINT, enrol, knock, request};
use harness::program::{all, printed};
use harness::{Answer, Hand, Machine, World, until};
use rcgen::KeyPair;
use report::wire::{ENROL_ALPN, RENEW_ALPN};
use serde_json::{Value as Json, json};

const ROWS: [&str; 3] = [
    "pc-01,stp,workstation,lan,SN-0001,,,2026-01-01,",
    "pc-02,stp,workstation,lan,SN-0002,,,2026-01-01,",
    "pc-03,stp,workstation,lan,,,,2026-01-01,2026-03-31",
];

fn csr() -> String {
    request(&KeyPair::generate().unwrap())
}

fn refused(answer: &Answer, status: u16, reason: &str) {
    assert_eq!((answer.status, answer.reason()), (status, reason), "{answer:?}");
}

/// A machine that claims a row by a token of its own.
fn claim(world: &World, row: &str) -> Machine {
    Machine::join(world, &world.collector.token(&["--machine", row]))
}

/// What a machine is told that it is.
fn state(machine: &Machine, sequence: u64) -> Json {
    let answer = machine.post(&machine.report(sequence, "X1")).unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body["verdict"]["state"].clone()
}

/// What a command of the collector answers as JSON, and how it ends.
fn decided(world: &World, arguments: &[&str]) -> (Option<i32>, Vec<Json>) {
    let output = world.collector.command(&[arguments, &["--json"]].concat());
    let json = serde_json::from_slice(&output.stdout);
    (output.status.code(), json.unwrap_or_else(|error| panic!("{error}\n{}", all(&output))))
}

/// The audit log's entries of an action, oldest first: of whom, and what else.
fn logged(world: &World, action: &str) -> Vec<(String, String)> {
    let page = world.collector.json(&["audit", "list", "--action", action]);
    let text = |entry: &Json, field: &str| entry[field].as_str().unwrap().to_owned();
    let entries = page["entries"].as_array().unwrap().iter();
    entries.map(|entry| (text(entry, "subject"), text(entry, "detail"))).collect()
}

fn pending(world: &World) -> usize {
    let list = world.collector.json(&["machine", "list", "--state", "pending"]);
    list.as_array().unwrap().len()
}

#[test]
fn whoever_is_approved_has_the_row_and_whoever_had_it_is_refused_from_then_on() {
    let world = World::with_machines(&ROWS);
    let old = claim(&world, "pc-01");
    assert_ne!(state(&old, 1), "pending");
    let new = claim(&world, "pc-01");
    assert_eq!(state(&new, 1), "pending");
    assert_eq!(pending(&world), 1);
    let shown = printed(&world.collector.command(&["machine", "show", &new.id.to_string()]));
    assert!(shown.contains("Waits for") && shown.contains("pc-01"), "{shown}");

    let (code, told) = decided(&world, &["machine", "approve", "pc-01"]);
    assert_eq!(code, Some(0));
    let done = json!({
        "name": "pc-01", "machine": new.id, "outcome": "done", "replaced": old.id,
    });
    assert_eq!(told, [done]);
    assert_ne!(state(&new, 2), "pending");
    refused(&old.post(&old.report(2, "X1")).unwrap(), 403, "revoked");
    let fresh = Hand::new(&world, b"", Some(&old.identity));
    refused(&fresh.post("/v1/reports", b"{}").unwrap(), 403, "revoked");
    assert_eq!(world.collector.machine("pc-01")["machine"]["id"], json!(new.id));
    assert_eq!(pending(&world), 0);

    let by = format!("row=pc-01 by={}", new.id);
    assert_eq!(logged(&world, "superseded"), [(old.id.to_string(), by)]);
    assert_eq!(logged(&world, "approved"), [(new.id.to_string(), "row=pc-01".to_owned())]);
}

#[test]
fn an_approval_outlives_a_restart() {
    let mut world = World::with_machines(&ROWS);
    let (old, new) = (claim(&world, "pc-01"), claim(&world, "pc-01"));
    let id = new.id.to_string();
    assert_eq!(decided(&world, &["machine", "approve", &id]).0, Some(0), "by its identity");
    assert!(world.collector.terminate());
    world.collector.restart();
    refused(&old.post(&old.report(1, "X1")).unwrap(), 403, "revoked");
    assert_ne!(state(&new, 1), "pending");
}

#[test]
fn whoever_is_rejected_is_gone_and_whoever_has_the_row_keeps_it() {
    let world = World::with_machines(&ROWS);
    let (old, new) = (claim(&world, "pc-01"), claim(&world, "pc-01"));
    let shown = world.collector.command(&["machine", "reject", "pc-01", "--lang", "vi"]);
    let shown = printed(&shown);
    assert!(shown.contains("Đã từ chối: 1") && shown.contains(&new.id.to_string()), "{shown}");
    refused(&new.post(&new.report(1, "X1")).unwrap(), 403, "revoked");
    assert_eq!(world.collector.machine("pc-01")["machine"]["id"], json!(old.id));
    assert_eq!(logged(&world, "rejected"), [(new.id.to_string(), String::new())]);
    let (code, told) = decided(&world, &["machine", "reject", &old.id.to_string()]);
    assert_eq!((code, &told[0]["outcome"]), (Some(2), &json!("not_pending")));
}

#[test]
fn a_list_is_decided_name_by_name_and_says_which_could_not_be() {
    let world = World::with_machines(&ROWS);
    let _holders = [claim(&world, "pc-01"), claim(&world, "pc-02")];
    let waiting = claim(&world, "pc-01");
    let rivals = [claim(&world, "pc-02"), claim(&world, "pc-02")];
    let list = world.folder().join("list");
    fs::write(&list, "# phòng Hành chính\npc-01\npc-02  # hai máy\npc-77\n").unwrap();
    let list = list.to_str().unwrap();

    let (code, told) = decided(&world, &["machine", "approve", "--file", list]);
    assert_eq!(code, Some(2));
    let outcomes: Vec<_> = told.iter().map(|one| one["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["done", "several", "nobody"]);
    assert_eq!(told[0]["machine"], json!(waiting.id));
    let claims = told[1]["claims"].as_array().unwrap();
    assert!(rivals.iter().all(|rival| claims.contains(&json!(rival.id))), "{claims:?}");

    let ids = rivals.each_ref().map(|rival| rival.id.to_string());
    let both = decided(&world, &["machine", "approve", &ids[0], &ids[1]]);
    assert_eq!(both.0, Some(0), "whoever is named by identity is meant");
    assert_eq!(both.1[1]["replaced"], json!(rivals[0].id));

    fs::write(list, "pc-01\npc-02\n").unwrap();
    let (code, told) = decided(&world, &["machine", "revoke", "--file", list]);
    assert_eq!((code, told.len()), (Some(0), 2));
    refused(&waiting.post(&waiting.report(1, "X1")).unwrap(), 403, "revoked");
}

#[test]
fn a_unit_is_approved_at_once_but_of_two_for_one_row_neither() {
    let world = World::with_machines(&ROWS);
    let _holders = [claim(&world, "pc-01"), claim(&world, "pc-02")];
    let waiting = claim(&world, "pc-01");
    let _rivals = [claim(&world, "pc-02"), claim(&world, "pc-02")];
    let (code, told) = decided(&world, &["machine", "approve", "--unit", "stp"]);
    assert_eq!((code, told.len()), (Some(2), 2), "{told:?}");
    assert_eq!((&told[0]["machine"], &told[0]["outcome"]), (&json!(waiting.id), &json!("done")));
    assert_eq!((&told[1]["name"], &told[1]["outcome"]), (&json!("pc-02"), &json!("several")));
    assert_eq!(pending(&world), 2);

    let (code, told) = decided(&world, &["machine", "reject", "--unit", "stp"]);
    assert_eq!((code, told.len()), (Some(0), 2), "{told:?}");
    assert_eq!(decided(&world, &["machine", "approve", "--unit", "stp"]), (Some(0), vec![]));
    let unknown = world.collector.command(&["machine", "approve", "--unit", "nowhere"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("nowhere"), "{}", all(&unknown));
}

#[test]
fn the_log_has_an_entry_for_each_whom_a_decision_meant_and_the_metrics_count_as_many() {
    let world = World::with_machines(&ROWS);
    let (old, new) = (claim(&world, "pc-01"), claim(&world, "pc-01"));
    let mut copied = old.report(1, "X1");
    copied["fingerprint"] = json!("66".repeat(32));
    assert_eq!(old.post(&copied).unwrap().status, 200, "a copy, which ends with the identity");
    assert_eq!(decided(&world, &["machine", "approve", "pc-01"]).0, Some(0));
    assert_eq!(decided(&world, &["machine", "revoke", &new.id.to_string()]).0, Some(0));
    let entries = world.collector.json(&["audit", "list"])["entries"].as_array().unwrap().len();
    let counted = world.collector.scrape().value("lachan_audit_entries_total");
    assert_eq!(counted, Some(f64::from(u32::try_from(entries).unwrap())));
}

/// Knocks from fifty threads at once; how often each answer was given.
fn race(
    world: &World,
    token: &str,
    fingerprint: impl Fn(usize) -> String + Sync,
) -> BTreeMap<String, usize> {
    let fingerprint = &fingerprint;
    let answers: Vec<_> = std::thread::scope(|scope| {
        let knocks = |n| move || knock(world, token, &csr(), &fingerprint(n), &json!({}));
        let races: Vec<_> = (0..50).map(|n| scope.spawn(knocks(n))).collect();
        races.into_iter().map(|race| race.join().unwrap()).collect()
    });
    let mut counts = BTreeMap::new();
    for answer in answers {
        let word = if answer.status == 200 { "in" } else { answer.reason() };
        *counts.entry(word.to_owned()).or_default() += 1;
    }
    counts
}

fn hardware(n: usize) -> String {
    format!("{n:064x}")
}

#[test]
fn of_fifty_that_race_through_the_door_as_many_get_in_as_the_token_says() {
    let world = World::with_machines(&ROWS);
    let three = world.collector.token(&["--uses", "3", "--unregistered", "--unit", "stp"]);
    let one = world.collector.token(&["--unregistered", "--unit", "stp"]);
    for (token, places) in [(three, 3), (one, 1)] {
        let counts = race(&world, &token, hardware);
        assert_eq!(counts["in"], places, "{counts:?}");
        let known = ["in", "token_spent", "enrol_too_many"];
        assert!(counts.keys().all(|word| known.contains(&word.as_str())), "{counts:?}");
    }
    let tokens = world.collector.json(&["token", "list"]);
    let used = tokens.as_array().unwrap().iter().map(|token| token["used"].as_u64().unwrap());
    assert_eq!(used.sum::<u64>(), 4);
    let metrics = world.collector.scrape();
    assert_eq!(metrics.value(r#"lachan_unregistered_machines{unit="stp"}"#), Some(4.0));
}

#[test]
fn fifty_answers_to_one_machine_are_one_machine() {
    let world = World::with_machines(&ROWS);
    let token = world.collector.token(&["--unregistered", "--unit", "stp"]);
    let counts = race(&world, &token, |_| FINGERPRINT.to_owned());
    assert!((1..=5).contains(&counts["in"]), "{counts:?}");
    let metrics = world.collector.scrape();
    assert_eq!(metrics.value(r#"lachan_unregistered_machines{unit="stp"}"#), Some(1.0));
}

#[test]
fn whose_answer_was_lost_is_answered_again_until_it_speaks() {
    let world = World::with_machines(&ROWS);
    let token = world.collector.token(&["--machine", "pc-01"]);
    let lost = Machine::join(&world, &token);
    let stranger = knock(&world, &token, &csr(), &"66".repeat(32), &json!({}));
    refused(&stranger, 403, "token_spent");
    let found = Machine::join(&world, &token);
    assert_eq!(found.id, lost.id);
    refused(&lost.post(&lost.report(1, "X1")).unwrap(), 403, "superseded");
    assert_ne!(state(&found, 1), "pending", "it has its row");
    refused(&enrol(&world, &token, &csr()), 403, "token_spent");
    let enrolled = logged(&world, "enrolled");
    assert_eq!(enrolled.len(), 2, "{enrolled:?}");
    assert!(enrolled[1].1.starts_with("again "), "{enrolled:?}");
}

#[test]
fn a_token_of_several_uses_gives_no_identity_twice() {
    let world = World::with_machines(&ROWS);
    let token = world.collector.token(&["--uses", "2"]);
    let claims = json!({ "serial": "SN-0001" });
    let joins = || knock(&world, &token, &csr(), FINGERPRINT, &claims);
    let (first, second) = (joins(), joins());
    assert_eq!((first.status, second.status), (200, 200), "{first:?} {second:?}");
    assert_ne!(first.body["machine"], second.body["machine"]);
    assert_eq!(world.collector.machine("pc-01")["machine"]["id"], first.body["machine"]);
    assert_eq!(pending(&world), 1, "nobody takes another's row");
}

#[test]
fn an_agent_that_never_got_its_answer_joins_with_the_same_token() {
    let world = World::with_machines(&ROWS);
    let root = world.root("debian12-bare", "pc");
    let agent = world.joined_agent(&root, "pc-01");
    let token = fs::read_to_string(world.folder().join("agent-pc-01/token")).unwrap();
    fs::remove_dir_all(agent.state()).unwrap();
    agent.enrol(&token);
    agent.report();
    assert_eq!(pending(&world), 0);
    fs::remove_dir_all(agent.state()).unwrap();
    let late = agent.try_enrol(&token);
    assert_eq!(late.status.code(), Some(1));
    assert!(all(&late).contains("used up"), "{}", all(&late));
}

#[test]
fn a_token_serves_the_networks_it_was_made_for_and_no_other() {
    let world = World::with_machines(&ROWS);
    let elsewhere = ["--unregistered", "--from", "192.0.2.0/24", "--from", "2001:db8::/32"];
    let away = world.collector.token(&elsewhere);
    let answer = enrol(&world, &away, &csr());
    refused(&answer, 403, "token_network");
    assert!(answer.body["message"].as_str().unwrap().contains("127.0.0.1"), "{answer:?}");
    until("it is counted", || world.collector.refusals("token_network") == 1.0);
    let shown = printed(&world.collector.command(&["token", "list"]));
    assert!(shown.contains("192.0.2.0/24") && shown.contains("0/1"), "{shown}");

    let here = world.collector.token(&["--unregistered", "--from", "127.0.0.0/8"]);
    assert_eq!(enrol(&world, &here, &csr()).status, 200);
    let typo = world.collector.command(&["token", "create", "--from", "10.1.2.3/16"]);
    assert_eq!(typo.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&typo.stderr).contains("10.1.0.0/16"), "{}", all(&typo));
}

/// The tokens of a file that `token create --machines` wrote, by row.
fn by_row(csv: &str) -> BTreeMap<String, String> {
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("row,token"));
    let pairs = lines.map(|line| line.split_once(',').unwrap());
    pairs.map(|(row, token)| (row.to_owned(), token.to_owned())).collect()
}

#[test]
fn a_list_of_machines_gets_a_token_for_each_or_none_at_all() {
    let world = World::with_machines(&ROWS);
    let list = world.folder().join("list");
    let listed = list.to_str().unwrap();
    fs::write(&list, "pc-01\npc-77\npc-03\npc-02\npc-01\n").unwrap();
    let create = ["token", "create", "--machines", listed];
    let faulty = world.collector.command(&create);
    assert_eq!(faulty.status.code(), Some(1));
    let told = String::from_utf8_lossy(&faulty.stderr).into_owned();
    for words in ["\"pc-77\"", "pc-03 is not in force", "\"pc-01\" is named twice", "3 row(s)"] {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert_eq!(world.collector.json(&["token", "list"]), json!([]));

    fs::write(&list, "pc-01\npc-02\n").unwrap();
    let tokens = by_row(&printed(&world.collector.command(&create)));
    assert_eq!(tokens.keys().collect::<Vec<_>>(), ["pc-01", "pc-02"]);
    let made = logged(&world, "tokens_created");
    assert!(matches!(&made[..], [(_, detail)] if detail.starts_with("count=2 ")), "{made:?}");
    for (row, token) in &tokens {
        let machine = Machine::join(&world, token);
        assert_eq!(world.collector.machine(row)["machine"]["id"], json!(machine.id));
    }
}

#[test]
fn tokens_in_a_file_are_for_its_owner_alone_and_never_written_over_others() {
    let world = World::with_machines(&ROWS);
    let (list, out) = (world.folder().join("list"), world.folder().join("tokens.csv"));
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    fs::write(&list, "pc-01\n").unwrap();
    let (listed, written) = (path(&list), path(&out));
    let create = ["token", "create", "--machines", &listed, "--out", &written];
    let told = printed(&world.collector.command(&create));
    assert!(told.contains(&written) && !told.contains("lachan1-"), "{told}");
    assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(by_row(&fs::read_to_string(&out).unwrap()).len(), 1);

    let again = world.collector.command(&create);
    assert_eq!(again.status.code(), Some(1), "{}", all(&again));
    assert_eq!(world.collector.json(&["token", "list"]).as_array().unwrap().len(), 1);
    fs::remove_file(&out).unwrap();
    fs::write(&list, "pc-77\n").unwrap();
    assert_eq!(world.collector.command(&create).status.code(), Some(1));
    assert!(!out.exists(), "nothing was made, and nothing stands in the way");
}

#[test]
fn a_token_for_a_row_that_has_ended_since_lets_nobody_in() {
    // So many that one that ends is nothing an officer has to accept.
    let others = (10..60).map(|n| format!("pc-{n},stp,workstation,lan,,,,2026-01-01,"));
    let rows = |until: &str| {
        let one = format!("pc-01,stp,workstation,lan,SN-0001,,,2026-01-01,{until}");
        others.clone().chain([one, ROWS[2].to_owned()]).collect::<Vec<_>>()
    };
    let begun = rows("");
    let world = World::with_machines(&begun.iter().map(String::as_str).collect::<Vec<_>>());
    let token = world.collector.token(&["--machine", "pc-01"]);
    let ended = world.collector.command(&["token", "create", "--machine", "pc-03"]);
    assert_eq!(ended.status.code(), Some(1));
    assert!(all(&ended).contains("pc-03 is not in force"), "{}", all(&ended));

    let edited = rows("2026-06-30");
    let edited = machines_csv(&edited.iter().map(String::as_str).collect::<Vec<_>>());
    fs::write(world.policies("register/machines.csv"), edited).unwrap();
    let counted = || world.collector.json(&["machine", "list"]).as_array().unwrap().len();
    until("the register is read", || counted() == 50);
    let answer = enrol(&world, &token, &csr());
    refused(&answer, 403, "row_ended");
    assert!(answer.body["message"].as_str().unwrap().contains("pc-01"), "{answer:?}");
    let tokens = world.collector.json(&["token", "list"]);
    assert_eq!(tokens[0]["used"], 0, "it is not used up: the row may come back");
}

#[test]
fn whoever_knocks_in_vain_too_often_is_not_told_why_and_a_good_token_opens_all_the_same() {
    let world = World::with_machines(&ROWS);
    let other = World::with_machines(&ROWS);
    let unknown = other.collector.token(&["--unregistered"]);
    for _ in 0..20 {
        refused(&enrol(&world, &unknown, "no request"), 403, "token_unknown");
    }
    let tired = enrol(&world, &unknown, "no request");
    refused(&tired, 429, "enrol_too_many");
    assert!(tired.retry_after.is_some_and(|wait| (1..=30).contains(&wait)), "{tired:?}");
    let hand = Hand::new(&world, ENROL_ALPN, None);
    refused(&hand.post("/v1/enrol", b"not json").unwrap(), 429, "enrol_too_many");
    assert_eq!(world.collector.refusals("enrol_too_many"), 2.0);
    let good = world.collector.token(&["--unregistered"]);
    assert_eq!(enrol(&world, &good, &csr()).status, 200);
}

/// A certificate request as openssl makes it, with these wishes.
fn openssl_request(folder: &Path, wishes: &[&str]) -> String {
    let mut command = Command::new("openssl");
    command.args(["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]);
    command.args(["-subj", "/CN=pc", "-keyout"]).arg(folder.join("key.pem"));
    for wish in wishes {
        command.args(["-addext", wish]);
    }
    printed(&command.output().unwrap())
}

#[test]
fn a_request_that_asks_for_names_uses_or_powers_gets_no_certificate() {
    let world = World::with_machines(&ROWS);
    let token = world.collector.token(&["--machine", "pc-01"]);
    let identity = claim(&world, "pc-02").identity;
    let another = format!("subjectAltName=URI:{}", report::MachineId::from_bytes([9; 16]).uri());
    let wishes = [
        "basicConstraints=critical,CA:TRUE",
        "extendedKeyUsage=serverAuth",
        "subjectAltName=DNS:localhost,IP:127.0.0.1",
        &another,
    ];
    for wish in wishes {
        let csr = openssl_request(world.folder(), &[wish]);
        refused(&enrol(&world, &token, &csr), 400, "certificate_wishes");
    }
    let csr = openssl_request(world.folder(), &wishes[..3]);
    let renewal = Hand::new(&world, RENEW_ALPN, Some(&identity));
    let body = json!({ "wire": 1, "csr": csr, "fingerprint": FINGERPRINT });
    let answer = renewal.post("/v1/renew", body.to_string().as_bytes()).unwrap();
    refused(&answer, 400, "certificate_wishes");
    assert_eq!(world.collector.refusals("certificate_wishes"), 5.0);
    let plain = enrol(&world, &token, &openssl_request(world.folder(), &[]));
    assert_eq!(plain.status, 200, "the token is not used up, and openssl may be used: {plain:?}");
    assert!(!hand::identity(&plain, &KeyPair::generate().unwrap()).0.is_empty());
}

#[test]
fn what_is_told_of_a_refusal_helps_whoever_has_the_token_and_nobody_else() {
    let world = World::with_machines(&ROWS);
    let token = world.collector.token(&["--uses", "2"]);
    let claims = json!({ "serial": "SN-9999", "asset_tag": "TS-7", "host_name": "van-thu" });
    let honest = knock(&world, &token, &csr(), FINGERPRINT, &claims);
    refused(&honest, 403, "not_registered");
    let told = honest.body["message"].as_str().unwrap();
    assert!(told.contains("SN-9999") && told.contains("TS-7"), "{told}");
    assert!(!told.contains("pc-0") && !told.contains("SN-0001"), "{told}");

    let mut guessed: report::JoinToken = token.parse().unwrap();
    guessed.secret[0] ^= 1;
    let stranger = enrol(&world, &guessed.to_string(), "no request");
    refused(&stranger, 403, "token_unknown");
}
