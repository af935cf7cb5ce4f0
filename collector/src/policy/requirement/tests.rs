//! Alternatives, judged and explained.

use report::catalogue::Platform;
use report::verdict::Ruling;

use crate::machine::view::Datum;
use crate::policy::facts::{Facts, Finding};
use crate::policy::fixtures::{
    NOW, explained as explained_by, good_machine, key, rule, set_with_rules,
};
use crate::policy::judge::{Setting, judge_example};
use crate::policy::subject::JudgeClock;
use crate::policy::{PolicySet, Why};

fn asking(require: &str) -> PolicySet {
    set_with_rules("", &[&rule("r0", "major", &format!("[require]\n{require}\n"))])
}

fn ruling_on(os: Option<Platform>, require: &str, known: &[(&str, u64)]) -> Ruling {
    let set = asking(require);
    let mut facts = Facts::unknown(Why::FactMissing);
    for (name, count) in known {
        facts.set(key(name), Finding::Known(Datum::Count(*count)));
    }
    let setting = Setting { os, ..Setting::default() };
    judge_example(&set.rules[0], &setting, &facts, JudgeClock::at(NOW)).ruling
}

fn ruling(require: &str, known: &[(&str, u64)]) -> Ruling {
    ruling_on(None, require, known)
}

const MEMORY: &str = "machine.memory_mib";
const PENDING: &str = "patches.pending";
const LEVEL: &str = "machine.level";

#[test]
fn one_alternative_is_enough_and_each_asks_for_all_of_its_own() {
    use Ruling::{Fail, Pass, Unknown};
    let require = "any = [{ \"machine.memory_mib\" = { min = 4 }, \"patches.pending\" = 0 }, { \"machine.level\" = 1 }]";
    for (known, expected) in [
        (vec![(MEMORY, 4), (PENDING, 0)], Pass),
        (vec![(LEVEL, 1)], Pass),
        (vec![(LEVEL, 1), (MEMORY, 1)], Pass),
        (vec![(LEVEL, 2), (MEMORY, 4)], Unknown),
        (vec![(LEVEL, 2), (MEMORY, 1)], Fail),
        (vec![(MEMORY, 1)], Unknown),
        (vec![(MEMORY, 4), (PENDING, 1), (LEVEL, 2)], Fail),
        (vec![], Unknown),
    ] {
        assert_eq!(ruling(require, &known), expected, "{known:?}");
    }
}

#[test]
fn alternatives_stand_beside_what_must_hold_anyway() {
    let require =
        "\"patches.pending\" = 0\nany = [{ \"machine.level\" = 1 }, { \"machine.level\" = 2 }]";
    assert_eq!(ruling(require, &[(PENDING, 0), (LEVEL, 2)]), Ruling::Pass);
    assert_eq!(ruling(require, &[(PENDING, 1), (LEVEL, 2)]), Ruling::Fail);
    assert_eq!(ruling(require, &[(PENDING, 0), (LEVEL, 3)]), Ruling::Fail);
    assert_eq!(ruling(require, &[(PENDING, 0)]), Ruling::Unknown);
    assert_eq!(ruling(require, &[(PENDING, 1)]), Ruling::Fail);
}

#[test]
fn what_cannot_exist_on_a_system_is_no_alternative_there() {
    use Ruling::{Fail, NotApplicable, Pass, Unknown};
    let on = |os, require: &str, known: &[(&str, u64)]| ruling_on(Some(os), require, known);
    let (linux, windows) = (Platform::Linux, Platform::Windows);
    // Held packages exist on Linux only.
    let mixed = "any = [{ \"patches.held\" = 0 }, { \"machine.level\" = 1 }]";
    assert_eq!(on(linux, mixed, &[("patches.held", 0), (LEVEL, 2)]), Pass);
    assert_eq!(on(windows, mixed, &[("patches.held", 0), (LEVEL, 2)]), Fail);
    assert_eq!(on(windows, mixed, &[(LEVEL, 1)]), Pass);
    let inside = "any = [{ \"patches.held\" = 0, \"machine.level\" = 1 }]";
    assert_eq!(on(windows, inside, &[(LEVEL, 1)]), Pass, "the rest of an alternative is asked");
    assert_eq!(on(linux, inside, &[(LEVEL, 1)]), Unknown);
    let only = "any = [{ \"patches.held\" = 0 }, { \"patches.phased\" = 0 }]";
    assert_eq!(on(windows, only, &[]), NotApplicable, "nothing is left to ask");
    let beside = format!("{only}\n\"machine.level\" = 1");
    assert_eq!(on(windows, &beside, &[(LEVEL, 1)]), Pass, "the alternatives fall away alone");
    assert_eq!(ruling(only, &[]), Unknown, "where the system is not known all is asked");
}

fn explained(require: &str) -> [String; 3] {
    let set = asking(require);
    let machine = good_machine(1, None);
    let verdict = explained_by(&set, &machine, JudgeClock::at(NOW));
    let report::RuleVerdict { outcome, required, observed, .. } = verdict.rules[0].clone();
    [outcome.name().to_owned(), required.en, observed.en]
}

#[test]
fn the_words_show_the_alternatives_and_what_decides() {
    let clause = "\"machine.os_id\" = \"debian\"";
    let fails = "\"machine.os_version\" = \"13\"";
    let open = "\"machine.memory_mib\" = { min = 4 }";
    assert_eq!(
        explained(&format!("any = [{{ {fails}, {open} }}, {{ {clause} }}]")),
        [
            "pass",
            "(Operating system version: 13, Memory in MiB: at least 4) or (Operating system identifier: debian)",
            "Operating system identifier: debian",
        ]
    );
    assert_eq!(
        explained(&format!("{clause}\nany = [{{ {fails} }}, {{ {fails}, {open} }}]")),
        [
            "fail",
            "Operating system identifier: debian; (Operating system version: 13) or (Operating system version: 13, Memory in MiB: at least 4)",
            "Operating system version: 12; Operating system version: 12",
        ]
    );
    let other = "\"machine.os_version\" = \"12\"";
    assert_eq!(
        explained(&format!("any = [{{ {clause} }}, {{ {other} }}]"))[2],
        "Operating system identifier: debian",
        "the first that passes is enough"
    );
    assert_eq!(
        explained(&format!("any = [{{ {fails} }}, {{ {clause}, {open} }}]"))[2],
        "Memory in MiB: the agent does not report this (too old)"
    );
}
