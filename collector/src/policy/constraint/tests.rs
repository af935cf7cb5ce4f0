//! Lists of records and versions, judged.

use proptest::prelude::*;
use report::fact::Record;
use report::verdict::Ruling;
use report::{Fact, Moment, Reason, Value};

use super::*;
use crate::policy::fixtures::{
    DAY, NOW, explained as explained_by, good_machine, key, known, observe_antivirus, product,
    rule, set_with_rules, text, view, word,
};
use crate::policy::judge::judge_example;
use crate::policy::subject::{JudgeClock, Subject};
use crate::policy::{Judgement, PolicySet, judge};

fn asking(require: &str) -> PolicySet {
    set_with_rules("", &[&rule("r0", "major", &format!("[require]\n{require}\n"))])
}

/// What a rule about antivirus products says of these.
fn of_products(asked: &str, products: &[Record], whole: bool) -> Ruling {
    let set = asking(&format!("\"antivirus.products\" = {asked}"));
    let mut machine = good_machine(1, None);
    observe_antivirus(&mut machine, products.to_vec(), whole);
    judge(&set, &Subject::of(&set, view(&machine), NOW), JudgeClock::at(NOW)).rules[0].ruling
}

/// A product that is wanted, one that is not, and one of which it cannot be said.
fn samples() -> [Record; 3] {
    let eset = |state| product(&[("product", known(text("eset"))), ("state", state)]);
    [eset(word("on")), eset(word("off")), eset(Fact::unknown(Reason::AccessDenied))]
}

const WANTED: &str = "{ product = [\"eset\", \"bkav\"], state = \"on\" }";

#[test]
fn one_record_can_decide_a_list_and_a_list_with_gaps_decides_no_further() {
    use Ruling::{Fail, Pass, Unknown};
    const GOOD: usize = 0;
    const BAD: usize = 1;
    const OPEN: usize = 2;
    let samples = samples();
    // The records; then what some, every and none say of a whole list, and of one with gaps.
    let table: [(&[usize], [Ruling; 3], [Ruling; 3]); 8] = [
        (&[], [Fail, Pass, Pass], [Unknown; 3]),
        (&[GOOD], [Pass, Pass, Fail], [Pass, Unknown, Fail]),
        (&[BAD], [Fail, Fail, Pass], [Unknown, Fail, Unknown]),
        (&[OPEN], [Unknown; 3], [Unknown; 3]),
        (&[BAD, GOOD], [Pass, Fail, Fail], [Pass, Fail, Fail]),
        (&[OPEN, GOOD], [Pass, Unknown, Fail], [Pass, Unknown, Fail]),
        (&[OPEN, BAD], [Unknown, Fail, Unknown], [Unknown, Fail, Unknown]),
        (&[OPEN, BAD, GOOD], [Pass, Fail, Fail], [Pass, Fail, Fail]),
    ];
    for (indexes, whole, with_gaps) in table {
        let records: Vec<_> = indexes.iter().map(|index| samples[*index].clone()).collect();
        for (index, ask) in ["some", "every", "none"].into_iter().enumerate() {
            let asked = format!("{{ {ask} = {WANTED} }}");
            assert_eq!(of_products(&asked, &records, true), whole[index], "{ask} {indexes:?}");
            assert_eq!(of_products(&asked, &records, false), with_gaps[index], "{ask} {indexes:?}");
        }
    }
}

#[test]
fn all_that_is_asked_of_a_list_must_hold() {
    let [good, bad, _] = samples();
    let asked = format!("{{ some = {WANTED}, none = {{ product = \"kaspersky\" }} }}");
    assert_eq!(of_products(&asked, &[good.clone(), bad.clone()], true), Ruling::Pass);
    assert_eq!(of_products(&asked, std::slice::from_ref(&bad), true), Ruling::Fail);
    let kaspersky = product(&[("product", known(text("kaspersky")))]);
    assert_eq!(of_products(&asked, &[good, kaspersky], true), Ruling::Fail);
}

#[test]
fn all_that_is_asked_of_a_record_must_hold_of_one_and_the_same() {
    let on = product(&[("product", known(text("bkav"))), ("state", word("on"))]);
    let eset = product(&[("product", known(text("eset"))), ("state", word("off"))]);
    let asked = "{ some = { product = \"eset\", state = \"on\" } }";
    assert_eq!(of_products(asked, &[on, eset], true), Ruling::Fail);
}

#[test]
fn a_list_is_present_when_it_holds_something() {
    let [good, _, open] = samples();
    for (records, whole, there, not_there) in [
        (vec![], true, Ruling::Fail, Ruling::Pass),
        (vec![], false, Ruling::Unknown, Ruling::Unknown),
        (vec![good], false, Ruling::Pass, Ruling::Fail),
        (vec![open], true, Ruling::Pass, Ruling::Fail),
    ] {
        assert_eq!(of_products("{ present = true }", &records, whole), there, "{records:?}");
        assert_eq!(of_products("{ present = false }", &records, whole), not_there, "{records:?}");
    }
}

/// What a rule about antivirus products says where the list itself is one finding.
fn of_list(asked: &str, finding: Finding<'static>) -> Ruling {
    let set = asking(&format!("\"antivirus.products\" = {asked}"));
    let mut facts = Facts::unknown(Why::FactMissing);
    facts.set(key("antivirus.products"), finding);
    facts.set(key("antivirus.complete"), Finding::Known(Datum::Bool(true)));
    judge_example(&set.rules[0], &Default::default(), &facts, JudgeClock::at(NOW)).ruling
}

#[test]
fn a_list_that_is_absent_or_unknown_is_judged_as_any_fact_is() {
    let asks = ["some", "every", "none"].map(|ask| format!("{{ {ask} = {WANTED} }}"));
    for asked in asks.iter().map(String::as_str).chain(["{ present = true }"]) {
        assert_eq!(of_list(asked, Finding::Absent), Ruling::Fail, "{asked}");
        assert_eq!(of_list(asked, Finding::Unknown(Why::FactMissing)), Ruling::Unknown, "{asked}");
    }
    assert_eq!(of_list("{ present = false }", Finding::Absent), Ruling::Pass);
    let unknown = of_list("{ present = false }", Finding::Unknown(Why::FactMissing));
    assert_eq!(unknown, Ruling::Unknown);
}

#[test]
fn a_list_that_nobody_calls_whole_may_have_gaps() {
    let set = asking("\"antivirus.products\" = { none = { product = \"kaspersky\" } }");
    for complete in [Finding::Unknown(Why::FactMissing), Finding::Absent] {
        let products = Value::Records(vec![]);
        let mut facts = Facts::unknown(Why::FactMissing);
        facts.set(key("antivirus.products"), Finding::Known(Datum::of(&products)));
        facts.set(key("antivirus.complete"), complete);
        let ruling = judge_example(&set.rules[0], &Default::default(), &facts, JudgeClock::at(NOW));
        assert_eq!((ruling.ruling, ruling.why), (Ruling::Unknown, Some(Why::IncompleteList)));
    }
}

#[test]
fn moments_in_records_are_in_the_collectors_time_and_turn_the_judgement() {
    let set =
        asking("\"antivirus.products\" = { some = { definitions_at = { max_age = \"3d\" } } }");
    // The machine's clock is a day ahead, and so are the moments it writes down.
    let judged = |age: i64| -> (Ruling, Timestamp) {
        let at = Value::Moment(Moment::machine(NOW + DAY - age));
        let mut machine = good_machine(1, None);
        let products = vec![product(&[("definitions_at", known(at))])];
        observe_antivirus(&mut machine, products, true);
        for kept in machine.topics.values_mut() {
            kept.skew = DAY;
        }
        let subject = Subject::of(&set, view(&machine), NOW);
        let judgement: Judgement<'_> = judge(&set, &subject, JudgeClock::at(NOW));
        (judgement.rules[0].ruling, judgement.turns)
    };
    assert_eq!(judged(3 * DAY), (Ruling::Pass, NOW + 1));
    assert_eq!(judged(3 * DAY + 1).0, Ruling::Fail);
    assert_eq!(judged(-DAY - 1).0, Ruling::Unknown, "a day ahead proves nothing");
}

/// What a rule says of the version of an operating system.
fn of_version(asked: &str, version: &'static str) -> Ruling {
    let set = asking(&format!("\"machine.os_version\" = {asked}"));
    let mut facts = Facts::unknown(Why::FactMissing);
    facts.set(key("machine.os_version"), Finding::Known(Datum::Text(version)));
    judge_example(&set.rules[0], &Default::default(), &facts, JudgeClock::at(NOW)).ruling
}

#[test]
fn versions_are_bounded_by_their_order_and_equal_as_text() {
    use Ruling::{Fail, Pass, Unknown};
    for (asked, version, ruling) in [
        ("{ min = \"1.9\" }", "1.10", Pass),
        ("{ min = \"1.10\" }", "1.10", Pass),
        ("{ min = \"1.10\" }", "1.9", Fail),
        ("{ max = \"1.10\" }", "1.10", Pass),
        ("{ max = \"1.10\" }", "1.10.1", Fail),
        ("{ min = \"10\", max = \"11\" }", "10.0.22631", Pass),
        ("\"12\"", "12", Pass),
        ("\"12\"", "12.0", Fail),
        ("[\"12\", \"13\"]", "13", Pass),
        ("{ matches = \"1[23]\" }", "13", Pass),
        ("{ present = true }", "rolling", Pass),
        ("\"rolling\"", "rolling", Pass),
        ("{ min = \"1\" }", "rolling", Unknown),
        ("{ max = \"1\" }", "rolling", Unknown),
        ("{ max = \"1\", matches = \"[0-9]+\" }", "rolling", Fail),
    ] {
        assert_eq!(of_version(asked, version), ruling, "{asked} {version}");
    }
}

fn any_ruling() -> impl Strategy<Value = ClauseRuling<'static>> {
    prop::sample::select(vec![
        ClauseRuling::Pass,
        ClauseRuling::Fail,
        ClauseRuling::Unknown(Why::FactMissing),
    ])
}

proptest! {
    #[test]
    fn all_and_any_are_the_least_and_the_greatest(
        rulings in proptest::collection::vec(any_ruling(), 0..5),
    ) {
        let rank = |ruling: &ClauseRuling<'_>| match ruling {
            ClauseRuling::Fail => 0,
            ClauseRuling::Unknown(_) => 1,
            ClauseRuling::Pass => 2,
        };
        let least = rulings.iter().map(rank).min().unwrap_or(2);
        let greatest = rulings.iter().map(rank).max().unwrap_or(0);
        prop_assert_eq!(rank(&ClauseRuling::all(rulings.iter().copied())), least);
        prop_assert_eq!(rank(&ClauseRuling::any(rulings)), greatest);
    }

    /// Learning more never turns a pass into a fail or a fail into a pass.
    #[test]
    fn what_is_learnt_about_a_list_never_reverses_what_was_said(
        known_so_far in proptest::collection::vec(0..3_usize, 0..4),
        learnt in proptest::collection::vec(0..2_usize, 8),
        more in proptest::collection::vec(0..2_usize, 0..2),
        ask in prop::sample::select(vec!["some", "every", "none"]),
        whole: bool,
    ) {
        let samples = samples();
        let asked = format!("{{ {ask} = {WANTED} }}");
        let list = |indexes: &[usize]| -> Vec<Record> {
            indexes.iter().map(|index| samples[*index].clone()).collect()
        };
        let before = of_products(&asked, &list(&known_so_far), whole);
        let mut later: Vec<_> = known_so_far
            .iter()
            .zip(&learnt)
            .map(|(index, learnt)| if *index == 2 { *learnt } else { *index })
            .collect();
        if !whole {
            later.extend(more);
        }
        let after = of_products(&asked, &list(&later), true);
        prop_assert_ne!(after, Ruling::Unknown);
        prop_assert!(before == Ruling::Unknown || before == after, "{:?} {:?}", before, after);
    }
}

/// The words of a rule about antivirus products.
fn explained(asked: &str, products: Vec<Record>, whole: bool) -> [String; 4] {
    let set = asking(&format!("\"antivirus.products\" = {asked}"));
    let mut machine = good_machine(1, None);
    observe_antivirus(&mut machine, products, whole);
    let verdict = explained_by(&set, &machine, JudgeClock::at(NOW));
    let report::RuleVerdict { required, observed, .. } = verdict.rules[0].clone();
    [required.vi, required.en, observed.vi, observed.en]
}

#[test]
fn a_list_is_explained_by_the_fields_that_are_asked_about() {
    let [_, bad, open] = samples();
    let asked = "{ some = { product = [\"eset\", \"bkav\"], state = \"on\" } }";
    assert_eq!(
        explained(asked, vec![bad.clone(), open], false),
        [
            "ít nhất một mục có (Mã phần mềm: eset hoặc bkav, Trạng thái: đang bật)",
            "at least one entry with (Product id: eset or bkav, State: on)",
            "không có quyền đọc: (Mã phần mềm: eset, Trạng thái: đang tắt) \
             (Mã phần mềm: eset, Trạng thái: không có quyền đọc)",
            "access denied: (Product id: eset, State: off) (Product id: eset, State: access denied)",
        ]
    );
    assert_eq!(
        explained("{ none = { state = \"off\" }, present = true }", vec![bad; 5], true),
        [
            "không mục nào có (Trạng thái: đang tắt), phải có ít nhất một mục",
            "no entry with (State: off), at least one entry",
            "(Trạng thái: đang tắt) (Trạng thái: đang tắt) (Trạng thái: đang tắt) tổng 5 mục",
            "(State: off) (State: off) (State: off) 5 in all",
        ]
    );
    assert_eq!(
        explained("{ present = true }", vec![], true)[2..],
        ["không có mục nào".to_owned(), "no entry".to_owned()]
    );
}

#[test]
fn every_kind_can_be_asked_for_presence_and_no_kind_twice_for_one_thing() {
    for fact in FactKey::all() {
        let fitting = Ask::fitting(fact.spec().kind);
        assert!(fitting.contains(&Ask::Present), "{fact:?}");
        for (index, ask) in fitting.iter().enumerate() {
            assert!(!fitting[..index].contains(ask), "{fact:?} {ask:?}");
        }
    }
    for (index, ask) in Ask::ALL.iter().enumerate() {
        assert_eq!(Ask::ALL.iter().position(|one| one.name() == ask.name()), Some(index));
    }
}
