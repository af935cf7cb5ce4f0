//! What the processes door promises.

use super::*;
use crate::host::recorded::Machine;

fn machine() -> Machine {
    Machine::empty().with_process(1, "systemd", 0, &["/sbin/init"]).with_process(
        812,
        "clamd",
        110,
        &["/usr/sbin/clamd", "--foreground=true"],
    )
}

fn find(machine: &Machine, name: &str) -> Fact<u32> {
    let processes = Processes::list(&machine.files());
    processes.find(|process| process.name == name).map(|process| process.pid)
}

fn reason(fact: Fact<u32>) -> Reason {
    match fact {
        Fact::Unknown(why) => why.reason,
        other => panic!("not unknown: {other:?}"),
    }
}

#[test]
fn a_process_is_found_by_name_with_its_user_and_its_words() {
    let machine = machine();
    let processes = Processes::list(&machine.files());
    let Fact::Known(clamd) = processes.find(|process| process.name == "clamd") else {
        panic!("clamd runs");
    };
    assert_eq!((clamd.pid, clamd.uid), (812, 110));
    let words = arguments(&machine.files(), clamd.pid).unwrap();
    assert_eq!(words, ["/usr/sbin/clamd", "--foreground=true"]);
}

#[test]
fn a_process_is_absent_only_when_everybody_was_seen() {
    assert_eq!(find(&machine(), "clamonacc"), Fact::Absent);
    assert_eq!(reason(find(&Machine::empty(), "clamd")), Reason::NotSupported);
    let denied = machine().denied("proc");
    assert_eq!(reason(find(&denied, "clamd")), Reason::AccessDenied);
}

#[test]
fn one_process_that_may_not_be_read_could_be_the_one() {
    let machine = machine().denied("proc/1");
    assert_eq!(reason(find(&machine, "clamonacc")), Reason::AccessDenied);
    assert_eq!(find(&machine, "clamd"), Fact::Known(812));
}

#[test]
fn with_hidepid_whoever_sees_one_user_only_knows_nothing_of_the_others() {
    let mounts = "proc /proc proc rw,nosuid,hidepid=invisible,gid=4 0 0\n";
    let own_only = Machine::empty()
        .with_process(900, "lachan-agent", 998, &["lachan-agent"])
        .with("proc/mounts", mounts);
    assert_eq!(reason(find(&own_only, "clamd")), Reason::AccessDenied);
    let tracer = machine().with("proc/mounts", mounts);
    assert_eq!(find(&tracer, "clamonacc"), Fact::Absent);
    let open = Machine::empty()
        .with_process(1, "sh", 0, &["sh"])
        .with("proc/mounts", mounts.replace("invisible", "off"));
    assert_eq!(find(&open, "clamd"), Fact::Absent);
}

#[test]
fn what_has_ended_or_was_stopped_does_not_run() {
    for (state, runs) in [
        ("S (sleeping)", true),
        ("D (disk sleep)", true),
        ("Z (zombie)", false),
        ("T (stopped)", false),
    ] {
        let status = format!("Name:\tclamd\nState:\t{state}\nUid:\t0\t0\t0\t0\n");
        let machine = machine().without("proc/812").with("proc/7/status", status);
        let expected = if runs { Fact::Known(7) } else { Fact::Absent };
        assert_eq!(find(&machine, "clamd"), expected, "{state}");
    }
}

#[test]
fn a_process_that_ends_while_it_is_looked_at_is_no_obstacle() {
    let machine = machine().with_folder("proc/4711");
    assert_eq!(find(&machine, "clamonacc"), Fact::Absent);
}

#[test]
fn a_status_that_makes_no_sense_could_be_the_one() {
    let machine = machine().with("proc/7/status", "Name:\tclamonacc\n");
    assert_eq!(reason(find(&machine, "clamonacc")), Reason::ProviderError);
}
