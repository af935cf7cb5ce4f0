//! Derived facts: the election, licences at the horizon, support, level.

use report::fact::{Fact, Record};
use report::{Outcome, Reason, Text, Timestamp, Topic, Value};

use crate::machine::view::Datum;
use crate::policy::calendar::Calendar;
use crate::policy::facts::Finding;
use crate::policy::fixtures::{
    DAY, NOW, derived, good_machine, good_product, key, known, observe, observe_antivirus, product,
    set, silent_body, source_moment, text, word,
};
use crate::policy::why::Why;
use crate::policy::{JudgeClock, PolicySet};
use crate::register::ReportsBy;

const ROW: &str = "m-1,so,workstation,lan,,,,2025-01-01,\n";

/// One derived fact of a machine with these products.
fn with_products(
    products: Vec<Record>,
    complete: bool,
    clock: JudgeClock,
    name: &str,
) -> Finding<'static> {
    let set = set(ROW, &[]);
    let mut machine = silent_body(1, Some("m-1"));
    observe_antivirus(&mut machine, products, complete);
    derived(&set, &machine, clock).get(key(name))
}

fn primary(products: Vec<Record>, complete: bool, name: &str) -> Finding<'static> {
    with_products(products, complete, JudgeClock::at(NOW), name)
}

fn changed(id: &str, fields: &[(&'static str, Fact)]) -> Record {
    let mut record = good_product(id);
    record.0.extend(product(fields).0);
    record
}

fn elected(products: Vec<Record>) -> Option<String> {
    primary(products, true, "antivirus.primary.product").text().map(str::to_owned)
}

const NO: Fact = Fact::Known(Value::Bool(false));
const YES: Fact = Fact::Known(Value::Bool(true));

#[test]
fn the_election_asks_running_realtime_passive_licence_definitions_and_id_in_this_order() {
    let better = changed("a-best", &[]);
    for (why, worse) in [
        ("does not run", changed("b", &[("state", word("off"))])),
        ("is not real-time", changed("b", &[("realtime", NO)])),
        ("is passive", changed("b", &[("passive", YES)])),
        ("is free", changed("b", &[("licence_status", word("free"))])),
        (
            "has older definitions",
            changed("b", &[("definitions_at", known(source_moment(NOW - 2 * DAY)))]),
        ),
        ("has a later id", changed("b", &[])),
    ] {
        for products in [vec![better.clone(), worse.clone()], vec![worse, better.clone()]] {
            assert_eq!(elected(products).as_deref(), Some("a-best"), "{why}");
        }
    }
}

#[test]
fn each_step_of_the_election_outweighs_all_later_ones() {
    let products = |first: &[(&'static str, Fact)], second: &[(&'static str, Fact)]| {
        vec![changed("z", first), changed("a", second)]
    };
    assert_eq!(
        elected(products(
            &[("realtime", NO), ("licence_status", word("none"))],
            &[("state", word("off"))]
        ))
        .as_deref(),
        Some("z")
    );
    assert_eq!(
        elected(products(&[("licence_status", word("none"))], &[("realtime", NO)])).as_deref(),
        Some("z")
    );
    assert_eq!(
        elected(products(
            &[("definitions_at", Fact::Absent)],
            &[("licence_status", word("trial"))]
        ))
        .as_deref(),
        Some("z")
    );
}

#[test]
fn definitions_of_the_future_are_not_the_newest() {
    let future = changed("a", &[("definitions_at", known(source_moment(NOW + 30 * DAY)))]);
    assert_eq!(elected(vec![future, changed("b", &[])]).as_deref(), Some("b"));
}

#[test]
fn none_running_gives_the_registered_one_with_its_state() {
    let off = [("state", word("off"))];
    let registered = changed(
        "z",
        &[("state", word("off")), ("registered", YES), ("licence_status", word("none"))],
    );
    let products = vec![changed("a", &off), registered];
    assert_eq!(elected(products.clone()).as_deref(), Some("z"));
    assert_eq!(primary(products.clone(), true, "antivirus.primary.state").word(), Some("off"));
    assert_eq!(primary(products, true, "antivirus.primary.realtime").bool(), Some(false));
}

#[test]
fn none_running_and_not_complete_leaves_every_primary_fact_unknown() {
    for products in [vec![], vec![changed("a", &[("state", word("off"))])]] {
        for name in [
            "antivirus.primary.product",
            "antivirus.primary.state",
            "antivirus.primary.realtime",
            "antivirus.licence.accepted",
        ] {
            assert_eq!(
                primary(products.clone(), false, name),
                Finding::Unknown(Why::IncompleteList),
                "{name}"
            );
        }
    }
}

#[test]
fn nothing_found_by_sources_that_all_answered_is_absent() {
    for name in
        ["antivirus.primary.product", "antivirus.primary.realtime", "antivirus.licence.status"]
    {
        assert_eq!(primary(vec![], true, name), Finding::Absent, "{name}");
    }
}

#[test]
fn whether_all_answered_must_itself_be_known() {
    let set = set(ROW, &[]);
    let mut machine = silent_body(1, Some("m-1"));
    observe(
        &mut machine,
        Topic::Antivirus,
        NOW,
        &[("antivirus.products", known(Value::Records(vec![])))],
    );
    let facts = derived(&set, &machine, JudgeClock::at(NOW));
    assert_eq!(facts.get(key("antivirus.primary.product")), Finding::Unknown(Why::IncompleteList));
}

#[test]
fn one_that_may_run_is_not_passed_over_for_one_that_does_not() {
    let may = changed("a", &[("state", Fact::unknown(Reason::AccessDenied))]);
    let off = changed("b", &[("state", word("off")), ("registered", YES)]);
    let state = primary(vec![off, may], true, "antivirus.primary.state");
    assert!(matches!(state, Finding::Unknown(Why::Unreadable(_))), "{state:?}");
}

#[test]
fn one_that_may_protect_is_not_passed_over_for_one_that_runs_and_does_not() {
    let runs = changed("clamav", &[("realtime", NO), ("licence_status", word("free"))]);
    let opaque = product(&[("product", known(text("kesl"))), ("present", YES)]);
    for products in [vec![runs.clone(), opaque.clone()], vec![opaque, runs]] {
        let realtime = primary(products, true, "antivirus.primary.realtime");
        assert!(matches!(realtime, Finding::Unknown(_)), "{realtime:?}");
    }
}

#[test]
fn a_product_that_is_off_or_passive_is_not_real_time_whatever_it_says() {
    for fields in [[("state", word("snoozed"))], [("state", word("expired"))], [("passive", YES)]] {
        let realtime = primary(vec![changed("a", &fields)], true, "antivirus.primary.realtime");
        assert_eq!(realtime.bool(), Some(false), "{fields:?}");
    }
}

/// Status and acceptance of one product with this word and this end.
fn licence(word: Fact, until: Fact, horizon: Timestamp) -> (Option<&'static str>, Option<bool>) {
    let products = vec![changed("a", &[("licence_status", word), ("licence_until", until)])];
    let clock = JudgeClock { now: NOW, horizon };
    let finding = |name| with_products(products.clone(), true, clock, name);
    (finding("antivirus.licence.status").word(), finding("antivirus.licence.accepted").bool())
}

#[test]
fn a_licence_is_over_when_its_end_is_past_and_not_when_a_word_says_so() {
    let past = || known(source_moment(NOW - 1));
    let ahead = || known(source_moment(NOW + 10 * DAY));
    let unread = || Fact::unknown(Reason::ProductOpaque);
    let none = (None, None);
    for (said, until, expected) in [
        ("licensed", ahead(), (Some("licensed"), Some(true))),
        ("licensed", past(), (Some("expired"), Some(false))),
        ("licensed", Fact::Absent, (Some("licensed"), Some(true))),
        ("licensed", unread(), none),
        ("trial", ahead(), (Some("trial"), Some(false))),
        ("trial", past(), (Some("expired"), Some(false))),
        ("expired", ahead(), none),
        ("expired", unread(), (Some("expired"), Some(false))),
        ("unknown", ahead(), none),
        ("unknown", past(), (Some("expired"), Some(false))),
        ("free", past(), (Some("free"), Some(false))),
        ("builtin", Fact::Absent, (Some("builtin"), Some(false))),
        ("none", Fact::Absent, (Some("none"), Some(false))),
    ] {
        assert_eq!(licence(word(said), until.clone(), NOW), expected, "{said} {until:?}");
    }
    assert_eq!(
        licence(Fact::unknown(Reason::ProductOpaque), past(), NOW),
        (Some("expired"), Some(false))
    );
    assert_eq!(licence(word("licensed"), ahead(), NOW + 11 * DAY), (Some("expired"), Some(false)));
}

#[test]
fn the_office_decides_whether_free_counts() {
    let catalogue = "data_date = 2026-11-22\nstale_after = \"365d\"\ncount_free = true\n\
                     count_builtin = false\n[products]\n";
    let set = set(ROW, &[("catalogue/antivirus.toml", catalogue)]);
    let mut machine = silent_body(1, Some("m-1"));
    let mut accepted = |word_of| {
        observe_antivirus(
            &mut machine,
            vec![changed("a", &[("licence_status", word(word_of))])],
            true,
        );
        let facts = derived(&set, &machine, JudgeClock::at(NOW));
        facts.get(key("antivirus.licence.accepted")).bool()
    };
    assert_eq!(accepted("free"), Some(true));
    assert_eq!(accepted("builtin"), Some(false));
}

fn level_of(systems: &str) -> Option<u64> {
    let set = set(&format!("m-1,so,workstation,{systems},,,,2025-01-01,\n"), &[]);
    let machine = silent_body(1, Some("m-1"));
    let facts = derived(&set, &machine, JudgeClock::at(NOW));
    facts.get(key("machine.level")).count()
}

#[test]
fn the_level_is_the_highest_and_one_undetermined_leaves_it_open() {
    assert_eq!(level_of("lan"), Some(2));
    assert_eq!(level_of("lan ho-tich"), Some(4));
    assert_eq!(level_of("ho-tich moi"), None);
    assert_eq!(level_of(""), None);
}

#[test]
fn the_level_is_the_registers_and_another_claim_is_a_mismatch() {
    let set = set(ROW, &[]);
    let mismatch = |claim: Option<Fact>| {
        let mut machine = good_machine(1, Some("m-1"));
        match claim {
            Some(claim) => {
                observe(&mut machine, Topic::Assignment, NOW, &[("assignment.level", claim)])
            }
            None => {
                let why = Outcome::NotApplicable(Text::new("nothing is claimed").unwrap());
                crate::policy::fixtures::keep(&mut machine, Topic::Assignment, NOW, why);
            }
        }
        let facts = derived(&set, &machine, JudgeClock::at(NOW));
        assert_eq!(facts.get(key("machine.level")).count(), Some(2));
        facts.get(key("machine.level_mismatch")).bool()
    };
    assert_eq!(mismatch(Some(known(Value::Count(2)))), Some(false));
    assert_eq!(mismatch(Some(known(Value::Count(1)))), Some(true));
    assert_eq!(mismatch(Some(Fact::Absent)), Some(false));
    assert_eq!(mismatch(Some(Fact::unknown(Reason::Timeout))), None);
    assert_eq!(mismatch(None), Some(false));
}

#[test]
fn outside_the_register_the_chassis_tells_the_kind_and_the_token_the_unit() {
    let set = set("", &[]);
    let mut machine = silent_body(1, None);
    let mut kind = |chassis| {
        observe(&mut machine, Topic::Machine, NOW, &[("machine.chassis", word(chassis))]);
        let facts = derived(&set, &machine, JudgeClock::at(NOW));
        assert_eq!(facts.get(key("machine.unit")), Finding::Known(Datum::Text("so")));
        facts.get(key("machine.kind")).word()
    };
    assert_eq!(kind("laptop"), Some("workstation"));
    assert_eq!(kind("server"), Some("server"));
    assert_eq!(kind("virtual"), None);
}

#[test]
fn whatever_a_topic_says_it_speaks_for_two_days() {
    let set = set(ROW, &[]);
    let claims_nothing = Outcome::NotApplicable(Text::new("nothing is claimed").unwrap());
    let failed = Outcome::Failed(report::fact::Ignorance::new(Reason::Timeout, ""));
    for outcome in [claims_nothing, failed, Outcome::Observed(Default::default())] {
        let mut machine = good_machine(1, Some("m-1"));
        crate::policy::fixtures::keep(&mut machine, Topic::Assignment, NOW - 3 * DAY, outcome);
        let facts = derived(&set, &machine, JudgeClock::at(NOW));
        let stale = Finding::Unknown(Why::Stale(NOW - 3 * DAY));
        assert_eq!(facts.get(key("assignment.level")), stale);
        assert_eq!(facts.get(key("machine.level_mismatch")), stale);
    }
}

#[test]
fn what_came_in_a_file_speaks_until_the_next_one_is_due_and_not_a_second_longer() {
    let rows = "id,unit,kind,from,reports\nm-1,so,server,2025-01-01,file\n";
    let by_file = set("", &[("register/machines.csv", rows)]);
    let found = |set: &PolicySet, seen_at: Timestamp| {
        let mut machine = good_machine(1, Some("m-1"));
        let outcome = Outcome::Observed(Default::default());
        crate::policy::fixtures::keep(&mut machine, Topic::Assignment, seen_at, outcome);
        derived(set, &machine, JudgeClock::at(NOW)).get(key("assignment.level"))
    };
    let (last, late) = (NOW - 45 * DAY, NOW - 45 * DAY - 1);
    assert_eq!(found(&by_file, last), Finding::Unknown(Why::FactMissing));
    assert_eq!(found(&by_file, late), Finding::Unknown(Why::Stale(late)));
    assert_eq!(found(&set(ROW, &[]), last), Finding::Unknown(Why::Stale(last)), "by network");
}

#[test]
fn days_of_rest_do_not_prolong_what_came_in_a_file_and_holidays_do() {
    let mut targets = set(ROW, &[]).targets;
    let weekend = vec![jiff::civil::Weekday::Saturday, jiff::civil::Weekday::Sunday];
    let day = jiff::civil::date(2026, 11, 9);
    let zone = jiff::tz::TimeZone::UTC;
    targets.calendar = Calendar::new(zone, &[(day, day)]).resting_on(weekend);
    let until = |seen_at| targets.speaks_until(ReportsBy::File, seen_at, 2 * DAY);
    assert_eq!(until(NOW), NOW + 45 * DAY);
    assert_eq!(until(NOW - 30 * DAY), NOW + 16 * DAY, "one of them a holiday");
}

#[test]
fn a_list_that_is_absent_says_there_is_none_only_where_every_source_answered() {
    let set = set(ROW, &[]);
    for (complete, expected) in [
        (known(Value::Bool(true)), Finding::Absent),
        (known(Value::Bool(false)), Finding::Unknown(Why::IncompleteList)),
        (Fact::unknown(Reason::Timeout), Finding::Unknown(Why::IncompleteList)),
    ] {
        let mut machine = silent_body(1, Some("m-1"));
        let facts = [("antivirus.products", Fact::Absent), ("antivirus.complete", complete)];
        observe(&mut machine, Topic::Antivirus, NOW, &facts);
        let facts = derived(&set, &machine, JudgeClock::at(NOW));
        assert_eq!(facts.get(key("antivirus.primary.product")), expected);
    }
}
