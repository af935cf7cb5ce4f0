//! What the judge says is logged when it changes, and only then.

use harness::{World, until};

const ROWS: [&str; 2] =
    ["pc-01,stp,workstation,lan,,,,2026-01-01,", "pc-02,stp,workstation,lan,,,,2026-01-01,"];

/// Member and state of every row of the log.
fn logged(world: &World) -> Vec<(String, String)> {
    let store = world.collector.folder().join("data/store.sqlite");
    let database = rusqlite::Connection::open(store).unwrap();
    let mut rows = database.prepare("SELECT member, state FROM verdicts ORDER BY number").unwrap();
    let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

fn row(member: &str, state: &str) -> (String, String) {
    (member.to_owned(), state.to_owned())
}

/// Two machines, of which the second reported.
fn world() -> World {
    let world = World::with_machines(&ROWS);
    until("the first verdicts are logged", || logged(&world).len() == 2);
    let root = world.root("debian12-clamav", "pc");
    world.joined_agent(&root, "pc-02").report();
    // Whoever asks since when has what was judged until then logged first.
    let _ = world.collector.machine("pc-02");
    let never = "never_enrolled";
    let first = [row("pc-01", never), row("pc-02", never)];
    assert_eq!(logged(&world)[..2], first);
    assert_eq!(logged(&world).last(), Some(&row("pc-02", "unprotected")));
    world
}

#[test]
fn a_restart_and_another_set_that_say_the_same_are_not_logged() {
    let mut world = world();
    let before = logged(&world);
    assert!(world.collector.terminate());
    world.collector.restart();
    std::fs::write(world.policies("README.md"), "Sửa lời.\n").unwrap();
    until("the edited set is in force", || {
        world.collector.log().matches("is in force").count() > 1
    });
    assert!(world.collector.terminate());
    assert_eq!(logged(&world), before);
}

#[test]
fn whoever_is_no_longer_in_the_register_has_left() {
    let world = world();
    let before = logged(&world);
    let register = harness::collector::machines_csv(&ROWS[1..]);
    std::fs::write(world.policies("register/machines.csv"), register).unwrap();
    until("the set is held", || world.collector.scrape().value("lachan_policy_held") == Some(1.0));
    let plan = world.collector.json(&["policy", "plan"]);
    let hash = plan["policies"]["after"].as_str().unwrap();
    assert!(world.collector.command(&["policy", "accept", hash]).status.success());
    until("it is logged", || logged(&world).len() > before.len());
    assert_eq!(logged(&world), [before, vec![row("pc-01", "left")]].concat());
}
