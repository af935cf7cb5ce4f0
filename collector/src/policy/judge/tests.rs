//! The table of outcomes, cell by cell.

use proptest::prelude::*;
use report::fact::Ignorance;
use report::{Moment, Outcome, Reason, Text, Topic, Value};

use super::*;
use crate::machine::Machine;
use crate::machine::view::{Datum, Obstacle};
use crate::policy::facts::Finding;
use crate::policy::fixtures::{
    DAY, HOUR, NOW, WEEKEND, explained, folder, good_machine, keep, key, known, observe, rule, set,
    set_with_rules, silent_body, source_moment, view,
};

fn clock() -> JudgeClock {
    JudgeClock::at(NOW)
}

/// What a rule with these clauses says of one finding for every fact it names.
fn ruling_of(require: &str, findings: &[(&str, Finding<'static>)]) -> RuleRuling<'static> {
    let set = set_with_rules("", &[&rule("r0", "major", &format!("[require]\n{require}"))]);
    let mut facts = Facts::unknown(Why::FactMissing);
    for (name, finding) in findings {
        facts.set(key(name), *finding);
    }
    judge_example(&set.rules[0], &Setting::default(), &facts, clock())
}

fn outcome(require: &str, name: &str, finding: Finding<'static>) -> Ruling {
    ruling_of(require, &[(name, finding)]).ruling
}

fn moment(at: Timestamp) -> Finding<'static> {
    Finding::Known(Datum::Moment(Moment::source(at)))
}

fn count(count: u64) -> Finding<'static> {
    Finding::Known(Datum::Count(count))
}

fn not_known() -> Finding<'static> {
    Finding::Unknown(Why::FactMissing)
}

/// One constraint of every kind: fact, constraint, a value that meets it, one that does not.
fn every_constraint() -> Vec<(&'static str, &'static str, Finding<'static>, Finding<'static>)> {
    let pending = "patches.security_pending";
    let definitions = "antivirus.primary.definitions_at";
    let version = "antivirus.primary.version";
    let status = "antivirus.licence.status";
    let word = |word| Finding::Known(Datum::Choice(word));
    let bool = |yes| Finding::Known(Datum::Bool(yes));
    vec![
        (pending, "0", count(0), count(1)),
        (pending, "[0, 2]", count(2), count(1)),
        (pending, "{ min = 2 }", count(2), count(1)),
        (pending, "{ max = 2 }", count(2), count(3)),
        (pending, "{ min = 2, max = 4 }", count(4), count(5)),
        ("antivirus.primary.realtime", "true", bool(true), bool(false)),
        (status, "\"licensed\"", word("licensed"), word("free")),
        (status, "[\"licensed\", \"free\"]", word("free"), word("trial")),
        (
            version,
            "\"1.4.6\"",
            Finding::Known(Datum::Text("1.4.6")),
            Finding::Known(Datum::Text("1.4.60")),
        ),
        (
            version,
            "{ matches = \"1[.]4[.].*\" }",
            Finding::Known(Datum::Text("1.4.6")),
            Finding::Known(Datum::Text("x1.4.6")),
        ),
        (
            version,
            "{ matches = \"a|b\" }",
            Finding::Known(Datum::Text("b")),
            Finding::Known(Datum::Text("bc")),
        ),
        (definitions, "{ max_age = \"7d\" }", moment(NOW - 7 * DAY), moment(NOW - 7 * DAY - 1)),
        (definitions, "{ not_before = 2026-11-01 }", moment(NOW), moment(NOW - 30 * DAY)),
        (
            "antivirus.licence.until",
            "{ min_left = \"30d\" }",
            moment(NOW + 30 * DAY),
            moment(NOW + 30 * DAY - 1),
        ),
    ]
}

#[test]
fn a_known_fact_gives_its_comparison() {
    for (name, constraint, meets, misses) in every_constraint() {
        let require = format!("\"{name}\" = {constraint}");
        assert_eq!(outcome(&require, name, meets), Ruling::Pass, "{require}");
        assert_eq!(outcome(&require, name, misses), Ruling::Fail, "{require}");
    }
}

#[test]
fn an_absent_fact_fails_everything_but_being_asked_to_be_absent() {
    for (name, constraint, _, _) in every_constraint() {
        let require = format!("\"{name}\" = {constraint}");
        assert_eq!(outcome(&require, name, Finding::Absent), Ruling::Fail, "{require}");
    }
    let name = "antivirus.primary.product";
    let asked = |present: bool| format!("\"{name}\" = {{ present = {present} }}");
    assert_eq!(outcome(&asked(false), name, Finding::Absent), Ruling::Pass);
    assert_eq!(outcome(&asked(true), name, Finding::Absent), Ruling::Fail);
    assert_eq!(outcome(&asked(false), name, Finding::Known(Datum::Text("eset"))), Ruling::Fail);
    assert_eq!(outcome(&asked(true), name, Finding::Known(Datum::Text("eset"))), Ruling::Pass);
}

#[test]
fn an_unknown_fact_is_unknown_under_every_constraint() {
    for (name, constraint, _, _) in every_constraint() {
        let require = format!("\"{name}\" = {constraint}");
        assert_eq!(outcome(&require, name, not_known()), Ruling::Unknown, "{require}");
    }
    let require = "\"antivirus.primary.product\" = { present = false }";
    assert_eq!(outcome(require, "antivirus.primary.product", not_known()), Ruling::Unknown);
}

#[test]
fn a_moment_more_than_a_day_ahead_is_unknown_even_where_only_presence_is_asked() {
    let name = "antivirus.primary.definitions_at";
    for constraint in ["{ max_age = \"7d\" }", "{ not_before = 2026-01-01 }", "{ present = true }"]
    {
        let require = format!("\"{name}\" = {constraint}");
        assert_eq!(outcome(&require, name, moment(NOW + DAY)), Ruling::Pass, "{require}");
        assert_eq!(outcome(&require, name, moment(NOW + DAY + 1)), Ruling::Unknown, "{require}");
    }
    let ends = "\"antivirus.licence.until\" = { min_left = \"1d\" }";
    assert_eq!(outcome(ends, "antivirus.licence.until", moment(NOW + 900 * DAY)), Ruling::Pass);
}

#[test]
fn all_of_is_fail_before_unknown_before_pass() {
    let require = "\"patches.security_pending\" = 0\n\"patches.security_sources\" = { min = 1 }";
    let both = |pending: Finding<'static>, sources: Finding<'static>| {
        let findings =
            [("patches.security_pending", pending), ("patches.security_sources", sources)];
        ruling_of(require, &findings).ruling
    };
    assert_eq!(both(count(0), count(1)), Ruling::Pass);
    assert_eq!(both(not_known(), count(1)), Ruling::Unknown);
    assert_eq!(both(not_known(), count(0)), Ruling::Fail);
    assert_eq!(both(count(1), not_known()), Ruling::Fail);
    assert_eq!(both(not_known(), not_known()), Ruling::Unknown);
}

#[test]
fn an_end_is_held_against_the_horizon_and_an_age_against_now() {
    let set = set("m-1,so,workstation,lan,,,,2025-01-01,\n", &[]);
    let machine = good_machine(1, Some("m-1"));
    let not_passing = |clock| -> Vec<_> {
        let rules = explained(&set, &machine, clock).rules.into_iter();
        let others = rules.filter(|rule| rule.outcome != Ruling::Pass);
        others.map(|rule| (rule.rule, rule.outcome)).collect()
    };
    assert_eq!(not_passing(clock()), []);
    let in_half_a_year = JudgeClock { now: NOW, horizon: NOW + 180 * DAY };
    assert_eq!(
        not_passing(in_half_a_year),
        [("antivirus-licensed".to_owned(), Ruling::Fail)],
        "the licence ends, and the definitions are as old as they are now"
    );
}

// Where a fact comes from the machine: every way of not knowing.

fn ruling_about_memory(prepare: impl FnOnce(&mut Machine)) -> RuleRuling<'static> {
    let set = set_with_rules(
        "m-1,so,workstation,lan,,,,2025-01-01,\n",
        &[&rule("r0", "major", "[require]\n\"machine.memory_mib\" = { min = 1 }")],
    );
    let mut machine = silent_body(1, Some("m-1"));
    prepare(&mut machine);
    let set: &'static PolicySet = Box::leak(Box::new(set));
    let subject = Subject::of(set, view(&machine), NOW);
    judge(set, &subject, clock()).rules.remove(0)
}

const MEMORY: &str = "machine.memory_mib";

#[test]
fn a_fresh_fact_of_the_machine_is_judged() {
    let ruling = ruling_about_memory(|machine| {
        observe(machine, Topic::Machine, NOW - 2 * DAY, &[(MEMORY, known(Value::Count(1)))]);
    });
    assert_eq!(ruling.ruling, Ruling::Pass);
}

#[test]
fn every_way_of_not_knowing_is_unknown_with_its_own_reason() {
    let ignorance = Ignorance { reason: Reason::Timeout, detail: None };
    let obstacle = Obstacle::new(Reason::Timeout);
    let said = Text::new("no such thing").unwrap();
    type Prepare = Box<dyn FnOnce(&mut Machine)>;
    let cases: Vec<(Why<'static>, Prepare)> = vec![
        (Why::TopicMissing(Topic::Machine), Box::new(|_| {})),
        (Why::FactMissing, Box::new(|machine| observe(machine, Topic::Machine, NOW, &[]))),
        (
            Why::ProbeFailed(obstacle),
            Box::new({
                let ignorance = ignorance.clone();
                |machine| keep(machine, Topic::Machine, NOW, Outcome::Failed(ignorance))
            }),
        ),
        (
            Why::Unreadable(obstacle),
            Box::new(|machine| {
                observe(
                    machine,
                    Topic::Machine,
                    NOW,
                    &[(MEMORY, report::Fact::Unknown(ignorance))],
                );
            }),
        ),
        (
            Why::SaidNotApplicable("no such thing"),
            Box::new(|machine| keep(machine, Topic::Machine, NOW, Outcome::NotApplicable(said))),
        ),
        (
            Why::Stale(NOW - 2 * DAY - 1),
            Box::new(|machine| {
                observe(
                    machine,
                    Topic::Machine,
                    NOW - 2 * DAY - 1,
                    &[(MEMORY, known(Value::Count(1)))],
                );
            }),
        ),
    ];
    for (why, prepare) in cases {
        let ruling = ruling_about_memory(prepare);
        assert_eq!((ruling.ruling, ruling.why), (Ruling::Unknown, Some(why)));
    }
}

#[test]
fn what_was_seen_on_friday_speaks_on_sunday_where_the_office_rests() {
    let friday = NOW - 2 * DAY + 9 * HOUR;
    let judged = |rest: &str, now: Timestamp| {
        let folder = folder("m-1,so,workstation,lan,,,,2025-01-01,\n", &[]);
        let targets = folder.get("targets.toml").unwrap().replace("rest_days = []", rest);
        let set = set("m-1,so,workstation,lan,,,,2025-01-01,\n", &[("targets.toml", &targets)]);
        let mut machine = silent_body(1, Some("m-1"));
        observe(&mut machine, Topic::Machine, friday, &[(MEMORY, known(Value::Count(1)))]);
        let subject = Subject::of(&set, view(&machine), now);
        let day = Day::of(&set, now);
        let facts = derive(&set, &day, &subject, &Hourglass::new(JudgeClock::at(now)));
        matches!(facts.get(key(MEMORY)), Finding::Known(_))
    };
    // From Friday at 17:00 until Tuesday at 17:00 two working days go by.
    let (sunday, tuesday) = (NOW + 12 * HOUR, NOW + 57 * HOUR);
    assert!(!judged("rest_days = []", sunday));
    assert!(judged(WEEKEND, sunday) && judged(WEEKEND, tuesday));
    assert!(!judged(WEEKEND, tuesday + 1));
}

#[test]
fn a_machine_with_a_fast_clock_does_not_stay_fresh() {
    let ruling = ruling_about_memory(|machine| {
        observe(machine, Topic::Machine, NOW + 30 * DAY, &[(MEMORY, known(Value::Count(1)))]);
        let kept = machine.topics.get_mut(&Topic::Machine).unwrap();
        kept.received_at = NOW - 3 * DAY;
    });
    assert_eq!(ruling.ruling, Ruling::Unknown);
}

#[test]
fn a_machine_with_a_slow_clock_is_not_stale() {
    let ruling = ruling_about_memory(|machine| {
        observe(machine, Topic::Machine, NOW - 900 * DAY, &[(MEMORY, known(Value::Count(1)))]);
        let kept = machine.topics.get_mut(&Topic::Machine).unwrap();
        (kept.received_at, kept.skew) = (NOW, -900 * DAY);
    });
    assert_eq!(ruling.ruling, Ruling::Pass);
}

#[test]
fn a_heartbeat_keeps_facts_fresh_but_not_those_that_always_change() {
    let seen = NOW - 3 * DAY;
    let confirmed = |topic: Topic, fact: &str, value: Value, confirm: bool| {
        let set = set_with_rules(
            "m-1,so,workstation,lan,,,,2025-01-01,\n",
            &[&rule("r0", "major", &format!("[require]\n\"{fact}\" = {{ present = true }}"))],
        );
        let mut machine = silent_body(1, Some("m-1"));
        observe(&mut machine, topic, seen, &[(fact, known(value))]);
        if confirm {
            machine.topics.get_mut(&topic).unwrap().confirm(NOW - HOUR);
        }
        judge(&set, &Subject::of(&set, view(&machine), NOW), clock()).rules.remove(0).ruling
    };
    let lists = |fact: &str, confirm| confirmed(Topic::Patches, fact, source_moment(seen), confirm);
    assert_eq!(confirmed(Topic::Machine, MEMORY, Value::Count(1), true), Ruling::Pass);
    assert_eq!(confirmed(Topic::Machine, MEMORY, Value::Count(1), false), Ruling::Unknown);
    assert_eq!(lists("patches.lists_at", true), Ruling::Pass);
    assert_eq!(lists("patches.refreshed_at", true), Ruling::Unknown);
}

#[test]
fn a_moment_by_the_machines_clock_is_corrected_and_the_vendors_is_not() {
    let set = set_with_rules(
        "m-1,so,workstation,lan,,,,2025-01-01,\n",
        &[&rule("r0", "major", "[require]\n\"patches.refreshed_at\" = { max_age = \"1d\" }")],
    );
    let judged = |moment: Moment| {
        let mut machine = silent_body(1, Some("m-1"));
        observe(
            &mut machine,
            Topic::Patches,
            NOW + 10 * DAY,
            &[("patches.refreshed_at", known(Value::Moment(moment)))],
        );
        machine.topics.get_mut(&Topic::Patches).unwrap().skew = 10 * DAY;
        let subject = Subject::of(&set, view(&machine), NOW);
        judge(&set, &subject, clock()).rules.remove(0).ruling
    };
    assert_eq!(judged(Moment::machine(NOW + 10 * DAY - HOUR)), Ruling::Pass);
    assert_eq!(judged(Moment::source(NOW + 10 * DAY - HOUR)), Ruling::Unknown);
    assert_eq!(judged(Moment::machine(NOW - HOUR)), Ruling::Fail);
    assert_eq!(judged(Moment::source(NOW - HOUR)), Ruling::Pass);
}

#[test]
fn a_rule_limits_for_how_long_security_updates_may_be_pending() {
    let example = |verdict: &str, days: &str| {
        format!(
            "\n[[example]]\nname = \"{verdict} {days:.1}\"\nnow = 2026-11-22\nverdict = \"{verdict}\"\n\
             facts = {{ \"patches.security_pending_days\" = {days} }}\n"
        )
    };
    let text = "[require]\n\"patches.security_pending_days\" = { max = 30 }\n".to_owned()
        + &example("pass", "0")
        + &example("pass", "30")
        + &example("fail", "31")
        + &example("unknown", "{ unknown = \"source_stale\" }");
    let rule = rule("r0", "major", &text);
    let set = set_with_rules("m-1,so,workstation,lan,,,,2025-01-01,\n", &[&rule]);
    let said = |pending: &[(i64, report::Fact)]| {
        let mut machine = silent_body(1, Some("m-1"));
        for (days, count) in pending {
            let facts = [("patches.security_pending", count.clone())];
            observe(&mut machine, Topic::Patches, NOW - days * DAY, &facts);
        }
        explained(&set, &machine, clock()).rules.remove(0)
    };
    let waiting = |count| known(Value::Count(count));
    let late = said(&[(41, waiting(3)), (0, waiting(1))]);
    assert_eq!(late.outcome, Ruling::Fail);
    assert_eq!(late.observed.en, "41 – pending since 2026-10-12");
    assert_eq!(late.observed.vi, "41 – chờ cài từ ngày 12/10/2026");
    assert_eq!(said(&[(12, waiting(3)), (0, waiting(1))]).outcome, Ruling::Pass);
    let none = said(&[(41, waiting(3)), (0, waiting(0))]);
    assert_eq!((none.outcome, none.observed.en.as_str()), (Ruling::Pass, "0"));
    let unread = report::Fact::unknown(Reason::SourceStale);
    assert_eq!(said(&[(41, waiting(3)), (0, unread)]).outcome, Ruling::Unknown);
}

// Applicability.

fn applied(rest: &str, setting: &Setting<'_>) -> (Ruling, Option<Why<'static>>) {
    let set = set_with_rules("", &[&rule("r0", "major", rest)]);
    let mut facts = Facts::unknown(Why::FactMissing);
    facts.set(key(MEMORY), count(1));
    facts.set(key("patches.lists_at"), moment(NOW));
    let ruling = judge_example(&set.rules[0], setting, &facts, clock());
    (ruling.ruling, ruling.why)
}

const REQUIRE: &str = "\n[require]\n\"machine.memory_mib\" = 1";

#[test]
fn one_definite_no_makes_a_rule_not_applicable_and_one_gap_makes_it_unknown() {
    let applies = format!("applies = {{ os = [\"windows\"], kinds = [\"server\"] }}{REQUIRE}");
    let setting = |os, kind| Setting { os, kind, ..Setting::default() };
    let windows = Some(Platform::Windows);
    assert_eq!(applied(&applies, &setting(windows, Some(MachineKind::Server))).0, Ruling::Pass);
    assert_eq!(applied(&applies, &setting(Some(Platform::Linux), None)).0, Ruling::NotApplicable);
    assert_eq!(
        applied(&applies, &setting(None, Some(MachineKind::Workstation))).0,
        Ruling::NotApplicable
    );
    let unknown = |matter| (Ruling::Unknown, Some(Why::Undetermined(matter)));
    assert_eq!(applied(&applies, &setting(windows, None)), unknown(Matter::Kind));
    assert_eq!(applied(&applies, &setting(None, Some(MachineKind::Server))), unknown(Matter::Os));
}

#[test]
fn a_unit_stands_for_the_units_below_it() {
    let applies = format!("applies = {{ units = [\"so\"] }}{REQUIRE}");
    let set = set_with_rules(
        "m-1,phong,workstation,lan,,,,2025-01-01,\n",
        &[
            &rule("r0", "major", &applies),
            &rule("r1", "major", &applies.replace("\"so\"", "\"phong\"")),
        ],
    );
    let judged = |machine: &Machine| {
        let judgement = judge(&set, &Subject::of(&set, view(machine), NOW), clock());
        judgement.rules.iter().map(|rule| rule.ruling).collect::<Vec<_>>()
    };
    let mut machine = silent_body(1, Some("m-1"));
    observe(&mut machine, Topic::Machine, NOW, &[(MEMORY, known(Value::Count(1)))]);
    assert_eq!(judged(&machine), [Ruling::Pass, Ruling::Pass]);
    // Without its row the machine belongs to the unit of its token, the upper one.
    machine.row = None;
    assert_eq!(judged(&machine), [Ruling::Pass, Ruling::NotApplicable]);
}

#[test]
fn levels_do_not_inherit() {
    let tables =
        "\n[require]\n\"machine.memory_mib\" = 9\n[level.3.require]\n\"machine.memory_mib\" = 1";
    let at = |level| applied(tables, &Setting { level, ..Setting::default() }).0;
    assert_eq!(at(Some(3)), Ruling::Pass);
    assert_eq!(at(Some(2)), Ruling::Fail);
    assert_eq!(at(Some(4)), Ruling::Fail);
    assert_eq!(at(None), Ruling::Fail);
}

#[test]
fn level_tables_alone_need_a_level() {
    let tables = "\n[level.3.require]\n\"machine.memory_mib\" = 1";
    let at = |level| applied(tables, &Setting { level, ..Setting::default() });
    assert_eq!(at(Some(3)).0, Ruling::Pass);
    assert_eq!(at(Some(2)).0, Ruling::NotApplicable);
    assert_eq!(at(None), (Ruling::Unknown, Some(Why::Undetermined(Matter::Level))));
}

#[test]
fn a_fact_the_platform_does_not_have_is_left_out_and_alone_makes_the_rule_not_applicable() {
    let on = |rest: &str, os| applied(rest, &Setting { os, ..Setting::default() }).0;
    let lists = "\n[require]\n\"patches.lists_at\" = { not_before = 2030-01-01 }";
    assert_eq!(on(lists, Some(Platform::Linux)), Ruling::Fail);
    assert_eq!(on(lists, Some(Platform::Windows)), Ruling::NotApplicable);
    assert_eq!(on(lists, None), Ruling::Fail);
    let beside = format!("{lists}\n\"machine.memory_mib\" = 1");
    assert_eq!(on(&beside, Some(Platform::Windows)), Ruling::Pass);
    assert_eq!(on(&beside, Some(Platform::Linux)), Ruling::Fail);
}

// Words.

#[test]
fn a_verdict_says_what_was_seen_what_is_asked_and_what_to_do() {
    let set = set("m-1,so,workstation,ho-tich,,,,2025-01-01,\n", &[]);
    let mut machine = good_machine(1, Some("m-1"));
    machine.last_contact.at = NOW;
    let mut old = crate::policy::fixtures::good_product("eset-endpoint-antivirus");
    old.0.insert("definitions_at", known(source_moment(NOW - 5 * DAY)).into());
    crate::policy::fixtures::observe_antivirus(&mut machine, vec![old], true);
    let verdict = explained(&set, &machine, clock());
    assert_eq!(verdict.state, State::Unprotected);
    let named = |id: &str| verdict.rules.iter().find(|rule| rule.rule == id).unwrap();
    let fresh = named("antivirus-definitions-fresh");
    assert_eq!(fresh.outcome, Ruling::Fail);
    assert_eq!(
        fresh.observed,
        Bilingual::new(
            "17/11/2026 (5 ngày trước) – ESET Endpoint Antivirus",
            "2026-11-17 (5 days ago) – ESET Endpoint Antivirus"
        )
    );
    assert_eq!(fresh.required, Bilingual::new("không quá 3 ngày", "at most 3 days old"));
    assert!(fresh.remedy.vi.starts_with("Bước 1: mở phần mềm diệt virus"));
    let licensed = named("antivirus-licensed");
    assert_eq!((licensed.outcome, &licensed.remedy), (Ruling::Pass, &Bilingual::default()));
}

#[test]
fn only_what_decides_is_shown_and_an_unknown_says_why() {
    let set = set("m-1,so,workstation,lan,,,,2025-01-01,\n", &[]);
    let mut machine = good_machine(1, Some("m-1"));
    observe(
        &mut machine,
        Topic::Patches,
        NOW,
        &[
            ("patches.security_pending", report::Fact::unknown(Reason::SourceStale)),
            ("patches.security_sources", known(Value::Count(1))),
            ("patches.lists_at", known(source_moment(NOW))),
        ],
    );
    let verdict = explained(&set, &machine, clock());
    let is_updates =
        |rule: &&report::verdict::RuleVerdict| rule.rule == "security-updates-installed";
    let updates = verdict.rules.iter().find(is_updates).unwrap();
    assert_eq!(updates.outcome, Ruling::Unknown);
    assert_eq!(updates.observed.en, "Security updates pending: the source is missing or too old");
    assert_eq!(updates.observed.vi, "Số bản vá an ninh chờ cài: nguồn dữ liệu thiếu hoặc quá cũ");
    assert!(updates.remedy.en.contains("lachan-agent survey"));
}

#[test]
fn a_decision_is_shown_where_it_excuses_and_only_there() {
    let waiver = "[[waiver]]\nid = \"w\"\nrule = \"antivirus-licensed\"\nmachines = [\"m-1\"]\n\
                  decision = { number = \"7/QĐ\", date = 2026-10-20 }\napprover = \"x\"\n\
                  reason = \"x\"\nfrom = 2026-11-01\nuntil = 2026-12-31\n";
    let row = "m-1,so,workstation,lan,,,,2025-01-01,\n";
    let set = set(row, &[("register/waivers.toml", waiver)]);
    let licensed = |horizon: Timestamp| {
        let clock = JudgeClock { now: NOW, horizon };
        let verdict = explained(&set, &good_machine(1, Some("m-1")), clock);
        let rule = verdict.rules.into_iter().find(|rule| rule.rule == "antivirus-licensed");
        rule.map(|rule| (rule.outcome, rule.observed.en.contains("7/QĐ"))).unwrap()
    };
    assert_eq!(licensed(NOW), (Ruling::Pass, false));
    assert_eq!(licensed(NOW + 200 * DAY), (Ruling::Waived, true), "its licence has ended");
}

#[test]
fn a_silent_machine_says_since_when_under_every_rule() {
    let set = set("m-1,so,workstation,lan,,,,2025-01-01,\n", &[]);
    let mut machine = good_machine(1, Some("m-1"));
    machine.last_contact.at = NOW - 10 * DAY;
    let verdict = explained(&set, &machine, clock());
    assert_eq!(verdict.state, State::Silent);
    for rule in &verdict.rules {
        assert_eq!(rule.outcome, Ruling::Unknown, "{}", rule.rule);
        assert_eq!(rule.observed.vi, "mất liên lạc từ ngày 12/11/2026");
    }
}

// What must hold of anything.

fn any_finding() -> impl Strategy<Value = Finding<'static>> {
    prop_oneof![
        Just(Finding::Absent),
        Just(not_known()),
        Just(Finding::Unknown(Why::Stale(NOW - 9 * DAY))),
        (0_u64..6).prop_map(count),
    ]
}

fn any_constraint() -> impl Strategy<Value = String> {
    prop_oneof![
        (0_u64..6).prop_map(|number| number.to_string()),
        (0_u64..6).prop_map(|number| format!("{{ min = {number} }}")),
        (0_u64..6).prop_map(|number| format!("{{ max = {number} }}")),
        Just("{ present = true }".to_owned()),
        Just("{ present = false }".to_owned()),
    ]
}

proptest! {
    #[test]
    fn one_more_constraint_never_makes_a_pass(
        finding in any_finding(),
        other in any_finding(),
        first in any_constraint(),
        second in any_constraint(),
    ) {
        let findings = [("patches.security_pending", finding), ("patches.security_sources", other)];
        let one = format!("\"patches.security_pending\" = {first}");
        let two = format!("{one}\n\"patches.security_sources\" = {second}");
        let (before, after) = (ruling_of(&one, &findings).ruling, ruling_of(&two, &findings).ruling);
        prop_assert!(after != Ruling::Pass || before == Ruling::Pass);
        prop_assert!(before != Ruling::Fail || after == Ruling::Fail);
    }

    #[test]
    fn what_is_not_known_never_passes(constraint in any_constraint(), age in 0_i64..400) {
        let require = format!("\"patches.security_pending\" = {constraint}");
        for why in [Why::FactMissing, Why::Stale(NOW - age * DAY), Why::IncompleteList] {
            let ruling = outcome(&require, "patches.security_pending", Finding::Unknown(why));
            prop_assert_eq!(ruling, Ruling::Unknown);
        }
        let absent = outcome(&require, "patches.security_pending", Finding::Absent);
        prop_assert_eq!(absent == Ruling::Pass, constraint == "{ present = false }");
    }
}
