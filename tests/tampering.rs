//! Whoever can write to the store and changes what was logged is found out, as far as SECURITY.md
//! says: by the chain alone, by a head that was kept elsewhere, or not at all.
//!
//! The intruder here has the real `sqlite3`, and knows how hashes are made.

use std::path::{Path, PathBuf};
use std::process::Command;

use harness::{World, until};
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

/// A store at rest with eight rows or more in each log, and a head of before the last ones.
struct Scene {
    world: World,
    head: String,
    /// The store as it was written.
    good: Vec<u8>,
}

const LOGS: [&str; 2] = ["audit", "verdicts"];

fn scene() -> Scene {
    let rows: Vec<_> =
        (1..=8).map(|n| format!("pc-{n:02},stp,workstation,lan,,,,2026-01-01,")).collect();
    let mut world = World::with_machines(&rows.iter().map(String::as_str).collect::<Vec<_>>());
    for _ in 0..6 {
        let _ = world.collector.token(&[]);
    }
    until("the verdicts are logged", || {
        world.collector.scrape().value("lachan_verdict_changes_total") == Some(8.0)
    });
    let head = world.collector.json(&["audit", "head"]).as_str().unwrap().to_owned();
    let _ = world.collector.token(&[]);
    assert!(world.collector.terminate());
    // What was kept beside the store an intruder can take out as well.
    std::fs::remove_file(world.collector.folder().join("data/audit-heads")).unwrap();
    let good = std::fs::read(store(&world)).unwrap();
    Scene { world, head, good }
}

fn store(world: &World) -> PathBuf {
    world.collector.folder().join("data/store.sqlite")
}

/// What an intruder does with the real program; constraints are theirs to ignore.
fn sqlite3(file: &Path, script: &str) {
    let output = Command::new("sqlite3")
        .args(["-bail", file.to_str().unwrap(), script])
        .output()
        .expect("sqlite3, as tests/run.sh installs it");
    assert!(output.status.success(), "{script}\n{}", harness::program::all(&output));
}

/// What `audit verify` finds in a log, and against the head.
#[derive(Debug, PartialEq)]
struct Found {
    chain: Vec<Json>,
    head: Vec<Json>,
}

impl Scene {
    /// What is found in a log once this was done to the store as it was written.
    fn after(&self, log: &str, script: &str) -> Found {
        std::fs::write(store(&self.world), &self.good).unwrap();
        sqlite3(&store(&self.world), script);
        self.found(log)
    }

    fn found(&self, log: &str) -> Found {
        let output = self.verify(&["--json", "--against", &self.head]);
        let found: Json = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}\n{}", harness::program::all(&output)));
        let logs = found["logs"].as_array().unwrap();
        let chain = logs.iter().find(|check| check["log"] == log).unwrap();
        assert_eq!(found["heads"].as_array().unwrap().len(), 1);
        let all = |findings: &Json| findings.as_array().unwrap().clone();
        let found =
            Found { chain: all(&chain["findings"]), head: all(&found["heads"][0]["findings"]) };
        let is_good = found.chain.is_empty() && found.head.is_empty();
        assert_eq!(output.status.code(), Some(if is_good { 0 } else { 2 }), "{found:?}");
        found
    }

    fn verify(&self, options: &[&str]) -> std::process::Output {
        self.world.collector.command(&[&["audit", "verify"], options].concat())
    }

    fn last(&self, log: &str) -> i64 {
        let database = rusqlite::Connection::open(store(&self.world)).unwrap();
        let query = format!("SELECT max(number) FROM {log}");
        database.query_row(&query, [], |row| row.get(0)).unwrap()
    }

    /// Does something to the store as it was written and makes every hash from a row on anew, as
    /// the collector would have made them.
    fn rehashed(&self, log: &str, script: &str, from: i64) -> Found {
        std::fs::write(store(&self.world), &self.good).unwrap();
        sqlite3(&store(&self.world), script);
        sqlite3(&store(&self.world), &rehash(&store(&self.world), log, from));
        self.found(log)
    }
}

/// Statements that give every row of a log from one on the hash that it has to have: by the words of
/// `store/chain.rs`, not by its code.
fn rehash(file: &Path, log: &str, from: i64) -> String {
    use rusqlite::types::Value;
    let (columns, domain) = match log {
        "audit" => ("at, actor, action, subject, detail", "lachan audit    1\n"),
        _ => ("at, member, state, since, unit, rules, previous", "lachan verdicts 1\n"),
    };
    let database = rusqlite::Connection::open(file).unwrap();
    let mut previous: Vec<u8> = database
        .query_row(&format!("SELECT hash FROM {log} WHERE number = ?"), [from - 1], |row| {
            row.get(0)
        })
        .unwrap_or_else(|_| vec![0; 32]);
    let query = format!("SELECT number, {columns} FROM {log} WHERE number >= ? ORDER BY number");
    let mut statement = database.prepare(&query).unwrap();
    let count = statement.column_count();
    let mut rows = statement.query([from]).unwrap();
    let mut script = String::new();
    while let Some(row) = rows.next().unwrap() {
        let number: i64 = row.get(0).unwrap();
        let mut hash = Sha256::new();
        hash.update(domain);
        hash.update(&previous);
        hash.update(number.to_be_bytes());
        for column in 1..count {
            let bytes = match row.get(column).unwrap() {
                Value::Integer(number) => number.to_be_bytes().to_vec(),
                Value::Text(text) => text.into_bytes(),
                other => panic!("{other:?}"),
            };
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(&bytes);
        }
        previous = hash.finalize().to_vec();
        let hex: String = previous.iter().map(|byte| format!("{byte:02x}")).collect();
        script += &format!("UPDATE {log} SET hash = x'{hex}' WHERE number = {number};\n");
    }
    script
}

/// Another content for a row, in a column that each log has.
fn change(log: &str, number: i64) -> String {
    let column = if log == "audit" { "detail" } else { "rules" };
    format!("UPDATE {log} SET {column} = 'fail:nothing' WHERE number = {number};")
}

/// Everything of a row but its number.
const EVERYTHING: [&str; 2] = [
    "at, actor, action, subject, detail, hash",
    "at, member, state, since, unit, rules, previous, hash",
];

fn swap(log: &str, one: i64, two: i64) -> String {
    let number = |from, to| format!("UPDATE {log} SET number = {to} WHERE number = {from};");
    [number(one, -1), number(two, one), number(-1, two)].concat()
}

/// Puts a row in before one, as a copy of another.
fn insert(log: &str, before: i64, copied: i64) -> String {
    let columns = if log == "audit" { EVERYTHING[0] } else { EVERYTHING[1] };
    format!(
        "UPDATE {log} SET number = -number WHERE number >= {before};
         UPDATE {log} SET number = 1 - number WHERE number < 0;
         INSERT INTO {log} (number, {columns}) SELECT {before}, {columns} FROM {log} WHERE number = {copied};"
    )
}

/// Cuts a log off, and in the other table what would tell.
fn truncate(log: &str, from: i64) -> String {
    format!(
        "DELETE FROM {log} WHERE number >= {from};
         DELETE FROM verdicts_now WHERE '{log}' = 'verdicts' AND number >= {from};"
    )
}

#[test]
fn a_store_that_nobody_has_touched_is_as_it_was_written() {
    let scene = scene();
    for log in LOGS {
        assert_eq!(scene.after(log, "SELECT 1"), Found { chain: vec![], head: vec![] });
        assert!(scene.last(log) >= 8);
        // The intruder's hashes are the collector's: what follows proves something.
        assert_eq!(scene.rehashed(log, "SELECT 1", 1), Found { chain: vec![], head: vec![] });
    }
}

#[test]
fn an_entry_that_was_changed_taken_out_moved_or_put_in_breaks_the_chain() {
    let scene = scene();
    for log in LOGS {
        let last = scene.last(log);
        let chain = |script: &str| scene.after(log, script).chain;
        assert_eq!(chain(&change(log, 3)), [json!({ "changed": { "from": 3, "to": 3 } })], "{log}");
        let newest = json!("newest");
        let mut missing = vec![json!({ "missing": { "from": 3, "to": 4 } })];
        if log == "verdicts" {
            missing.push(newest.clone());
        }
        assert_eq!(chain(&format!("DELETE FROM {log} WHERE number IN (3, 4)")), missing, "{log}");
        let moved = |number, was| json!({ "moved": { "number": number, "was": was } });
        let mut swapped = vec![moved(3, 6), moved(6, 3)];
        if log == "verdicts" {
            swapped.push(newest.clone());
        }
        assert_eq!(chain(&swap(log, 3, 6)), swapped, "{log}");
        let adjacent = &chain(&swap(log, 3, 4))[..2];
        assert_eq!(adjacent, [moved(3, 4), moved(4, 3)], "{log}");

        let inserted = chain(&insert(log, 3, 7));
        assert_eq!(inserted[0], moved(3, 6), "{log}: a copy of what is the seventh now");
        let after: Vec<_> = (4..=last + 1).map(|number| moved(number, number - 1)).collect();
        assert_eq!(inserted[1..][..after.len()], after, "{log}");
        let before_all = format!("UPDATE {log} SET number = -5 WHERE number = {last}");
        assert!(chain(&before_all).contains(&json!({ "stray": { "number": -5 } })), "{log}");
        // The hash of the changed row made anew: the next one no longer follows on it.
        let alone = change(log, 3) + &rehash_one(&scene, log, 3);
        assert_eq!(chain(&alone), [json!({ "changed": { "from": 4, "to": 4 } })], "{log}");
    }
}

#[test]
fn what_cannot_be_read_or_counted_on_from_is_found_and_ends_nothing() {
    let scene = scene();
    for (log, text) in LOGS.into_iter().zip(["actor", "state"]) {
        let unreadable = format!("UPDATE {log} SET {text} = CAST(x'ff' AS TEXT) WHERE number = 3");
        let changed = |from, to| json!({ "changed": { "from": from, "to": to } });
        assert_eq!(scene.after(log, &unreadable).chain, [changed(3, 3)], "{log}");
        let _ = scene.world.collector.json(&["audit", "list"]);
        let short = |number| {
            format!(
                "PRAGMA ignore_check_constraints = 1;
                 UPDATE {log} SET hash = x'00' WHERE number = {number}"
            )
        };
        assert_eq!(scene.after(log, &short(3)).chain, [changed(3, 4)], "{log}");
        assert_eq!(scene.after(log, &short(1)).chain, [changed(1, 2)], "{log}");
        let last = scene.last(log);
        assert_eq!(scene.after(log, &short(last)).chain, [changed(last, last)], "{log}");
        let named = named(&scene.head, log);
        let rewritten = json!({ "rewritten": { "log": log, "number": named } });
        assert_eq!(scene.after(log, &short(named)).head, [rewritten], "{log}");

        let far = format!("UPDATE {log} SET number = {} WHERE number >= {last}", i64::MAX);
        let missing = json!({ "missing": { "from": last, "to": i64::MAX - 1 } });
        assert_eq!(scene.after(log, &far).chain[0], missing, "{log}");
    }
    let far = "UPDATE verdicts SET number = 9223372036854775807 - number, previous = -number";
    assert!(scene.after("verdicts", far).chain.contains(&json!("newest")));
}

/// The statement that gives one changed row the hash of its new content.
fn rehash_one(scene: &Scene, log: &str, number: i64) -> String {
    std::fs::write(store(&scene.world), &scene.good).unwrap();
    sqlite3(&store(&scene.world), &change(log, number));
    rehash(&store(&scene.world), log, number).lines().next().unwrap().to_owned()
}

#[test]
fn an_intruder_who_makes_the_hashes_anew_is_found_by_a_head_kept_elsewhere() {
    let scene = scene();
    for log in LOGS {
        let (named, last) = (named(&scene.head, log), scene.last(log));
        let fitted = if log == "verdicts" { 1 } else { 3 };
        let only_head = |found: Found, finding: Json| {
            assert_eq!(found, Found { chain: vec![], head: vec![finding] }, "{log}");
        };
        let rewritten = json!({ "rewritten": { "log": log, "number": named } });
        only_head(scene.rehashed(log, &change(log, 3), 3), rewritten.clone());
        only_head(
            scene.rehashed(log, &(insert(log, 3, 7) + &fit_newest(log)), fitted),
            rewritten.clone(),
        );
        let taken_out = format!(
            "DELETE FROM {log} WHERE number = 3; UPDATE {log} SET number = -number WHERE number > 3;
             UPDATE {log} SET number = -number - 1 WHERE number < 0; {}",
            fit_newest(log)
        );
        let taken_out = scene.rehashed(log, &taken_out, fitted);
        match last > named {
            true => only_head(taken_out, rewritten),
            false => only_head(taken_out, truncated(log, last - 1, named)),
        }
        only_head(scene.after(log, &truncate(log, 4)), truncated(log, 3, named));
        let over = format!(
            "{} INSERT INTO {log} (number, {columns}) SELECT number + 3, {columns} FROM {log};
             INSERT INTO {log} (number, {columns}) SELECT number + 6, {columns} FROM {log};
             UPDATE {log} SET at = at + 86400 WHERE number > 3; {}",
            truncate(log, 4),
            fit_newest(log),
            columns = if log == "audit" { EVERYTHING[0] } else { EVERYTHING[1] },
        );
        let written_over = json!({ "written_over": { "log": log, "number": named } });
        only_head(scene.rehashed(log, &over, fitted), written_over);
    }
    let anew = scene.rehashed("audit", &change("audit", 1), 1);
    assert_eq!(anew, Found { chain: vec![], head: vec![json!("begun_anew")] });
}

/// The row that a head names: its fourth part and its sixth.
fn named(head: &str, log: &str) -> i64 {
    let part = if log == "audit" { 4 } else { 6 };
    head.split('.').nth(part).unwrap().parse().unwrap()
}

fn truncated(log: &str, last: i64, was: i64) -> Json {
    json!({ "truncated": { "log": log, "last": last, "was": was } })
}

/// Makes the table of the newest rows fit a log in which everything is about another member.
fn fit_newest(log: &str) -> String {
    match log {
        "audit" => String::new(),
        _ => "UPDATE verdicts SET previous = 0, member = 'm' || number; DELETE FROM verdicts_now;
              INSERT INTO verdicts_now (member, number) SELECT member, number FROM verdicts;"
            .to_owned(),
    }
}

#[test]
fn the_end_of_the_log_of_verdicts_cannot_be_cut_off_without_its_other_table() {
    let scene = scene();
    let cut = scene.after("verdicts", "DELETE FROM verdicts WHERE number > 6");
    assert_eq!(cut.chain, [json!("newest")]);
    let turned = "UPDATE verdicts_now SET number = 2 WHERE member = 'pc-03'";
    assert_eq!(
        scene.after("verdicts", turned),
        Found { chain: vec![json!("newest")], head: vec![] }
    );
}

#[test]
fn a_head_that_is_not_this_collectors_own_or_was_changed_is_named() {
    let scene = scene();
    let pki = scene.world.collector.folder().join("data/pki");
    let number = format!(".{}.", named(&scene.head, "audit"));
    let forged = scene.head.replacen(&number, ".2.", 1);
    let output = scene.verify(&["--against", &forged, "--lang", "en"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("its signature is wrong: it proves nothing"), "{said}");

    let cut = scene.verify(&["--against", &scene.head[..100]]);
    assert_eq!(cut.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&cut.stderr).contains("not a whole head"));

    for file in ["audit.key", "audit.pem"] {
        std::fs::remove_file(pki.join(file)).unwrap();
    }
    let mut world = scene.world;
    world.collector.restart();
    let entries = world.collector.json(&["audit", "list", "--action", "audit_key_made"]);
    assert_eq!(entries["entries"].as_array().unwrap().len(), 1, "{entries}");
    let output = world.collector.command(&["audit", "verify", "--against", &scene.head, "--json"]);
    assert_eq!(output.status.code(), Some(2));
    let found: Json = serde_json::from_slice(&output.stdout).unwrap();
    let brought = found["heads"].as_array().unwrap().iter().find(|head| head["kept"] == false);
    let finding = &brought.unwrap()["findings"][0]["another_key"];
    assert_eq!(finding.as_str().unwrap().len(), 32, "{found}");
}

#[test]
fn a_head_is_in_the_journal_at_the_start_and_at_the_end() {
    let mut world = World::with_machines(&["pc-01,stp,workstation,lan,,,,2026-01-01,"]);
    assert!(world.collector.terminate());
    let journal = world.folder().join("journal.txt");
    std::fs::write(&journal, world.collector.log()).unwrap();
    let kept = std::fs::read_to_string(world.collector.folder().join("data/audit-heads")).unwrap();
    assert_eq!(kept.lines().count(), 2);
    assert!(kept.lines().all(|head| world.collector.log().contains(head)));
    assert_eq!(named(kept.lines().last().unwrap(), "verdicts"), 1, "what was judged is logged");
    let against = ["audit", "verify", "--against", journal.to_str().unwrap(), "--lang", "vi"];
    let output = world.collector.command(&against);
    let said = harness::program::printed(&output);
    assert!(
        said.contains("Mốc ký: 4/4 khớp") && said.contains("Khớp: nhật ký còn nguyên"),
        "{said}"
    );
}

#[test]
fn a_collector_that_starts_over_a_log_that_was_cut_off_says_so_at_once() {
    let mut scene = scene();
    let heads = scene.world.collector.folder().join("data/audit-heads");
    let says = |scene: &Scene| scene.world.collector.log().matches("audit verify").count();
    let intact = |scene: &Scene| scene.world.collector.scrape().value("lachan_audit_log_intact");
    std::fs::write(&heads, format!("{}\n", scene.head)).unwrap();
    scene.world.collector.restart();
    assert_eq!(intact(&scene), Some(1.0));
    assert!(scene.world.collector.terminate());
    assert_eq!(says(&scene), 0);

    std::fs::write(&heads, format!("{}\n", scene.head)).unwrap();
    sqlite3(&store(&scene.world), &truncate("audit", 4));
    scene.world.collector.restart();
    assert_eq!(says(&scene), 1, "{}", scene.world.collector.log());
    assert_eq!(intact(&scene), Some(0.0));

    assert!(scene.world.collector.terminate());
    scene.world.collector.restart();
    assert_eq!(intact(&scene), Some(0.0), "another head was signed since");
}

#[test]
fn a_head_that_was_cut_off_hides_none_of_those_beside_it() {
    let scene = scene();
    let file = scene.world.folder().join("heads.txt");
    std::fs::write(&file, format!("{}\n{}\n", &scene.head[..100], scene.head)).unwrap();
    let output = scene.verify(&["--json", "--against", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0));
    let found: Json = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["heads"].as_array().unwrap().len(), 1, "{found}");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("heads.txt:1: not a whole head"), "{told}");
}

/// What SECURITY.md says that nothing finds.
#[test]
fn what_an_intruder_adds_at_the_end_reads_like_the_collectors_own() {
    let scene = scene();
    let last = scene.last("audit");
    let forged = format!(
        "INSERT INTO audit (number, at, actor, action, subject, detail, hash)
         SELECT number + 1, at, 'uid:0', 'policies_accepted', 'x', '', zeroblob(32)
         FROM audit WHERE number = {last};"
    );
    let unhashed = scene.after("audit", &forged);
    assert_eq!(unhashed.chain, [json!({ "changed": { "from": last + 1, "to": last + 1 } })]);
    let found = scene.rehashed("audit", &forged, last + 1);
    assert_eq!(found, Found { chain: vec![], head: vec![] });
}
