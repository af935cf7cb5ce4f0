//! What several sources say of one product, and what is left of it.

use super::*;
use crate::host::recorded::{field, reason};
use crate::probes::findings::{choice, moment, unknown};
use report::{Moment, Timestamp};

const DAY: i64 = report::moment::DAY;
const NOON: Timestamp = Timestamp(1_795_262_400);

fn said(rank: Rank, fields: &[(&'static str, Fact)]) -> Candidate {
    let mut candidate = Candidate::new("office-av", "Office", rank);
    for (field, fact) in fields {
        candidate.add(field, fact.clone(), &format!("{rank:?}"));
    }
    candidate
}

fn merged(said: Vec<Candidate>) -> Record {
    let found = merge(said, &yes_or_no(false), Vec::new());
    let [record] = found.products.try_into().unwrap();
    record
}

fn day(days: i64) -> Fact {
    moment(Moment::source(NOON + days * DAY))
}

#[test]
fn the_product_is_believed_before_the_system_and_the_system_before_a_conclusion() {
    let ranks =
        [Rank::Vendor, Rank::Defender, Rank::SecurityCenter, Rank::SecurityCenterWmi, Rank::Trace];
    for (place, pair) in ranks.windows(2).enumerate() {
        let (better, worse) = (pair[0], pair[1]);
        let product = merged(vec![
            said(worse, &[("state", choice("off"))]),
            said(better, &[("state", choice("on"))]),
        ]);
        assert_eq!(field(&product, "state"), choice("on"), "{place}");
    }
}

#[test]
fn what_a_source_does_not_know_another_may() {
    let product = merged(vec![
        said(Rank::Vendor, &[("realtime", unknown(Reason::Timeout, "slow"))]),
        said(Rank::SecurityCenter, &[("realtime", yes_or_no(true))]),
    ]);
    assert_eq!(field(&product, "realtime"), yes_or_no(true));
    // And where none knows, the reason is that of the source that ought to.
    let product = merged(vec![
        said(Rank::SecurityCenter, &[("realtime", unknown(Reason::ParseError, "odd"))]),
        said(Rank::Vendor, &[("realtime", unknown(Reason::Timeout, "slow"))]),
    ]);
    assert_eq!(reason(&field(&product, "realtime")), Some(Reason::Timeout));
}

#[test]
fn a_contradiction_is_told() {
    let product = merged(vec![
        said(Rank::Vendor, &[("realtime", yes_or_no(true)), ("version", text("12.1"))]),
        said(Rank::SecurityCenter, &[("realtime", yes_or_no(false)), ("version", text("12"))]),
    ]);
    assert_eq!(field(&product, "disputed"), text("realtime"));
    let product = merged(vec![
        said(Rank::Vendor, &[("state", choice("off"))]),
        said(Rank::Trace, &[("state", choice("on"))]),
    ]);
    assert_eq!(field(&product, "disputed"), Fact::Absent);
}

#[test]
fn days_of_a_release_and_of_its_download_are_no_contradiction() {
    for (apart, expected) in [(2, Fact::Absent), (3, text("definitions_at"))] {
        let product = merged(vec![
            said(Rank::Vendor, &[("definitions_at", day(0))]),
            said(Rank::Defender, &[("definitions_at", day(apart))]),
        ]);
        assert_eq!(field(&product, "disputed"), expected, "{apart}");
    }
}

#[test]
fn further_registrations_are_counted_once_for_both_windows() {
    let row = |rank| said(rank, &[("present", yes_or_no(true))]);
    for (ranks, expected) in [
        (vec![Rank::Vendor], Fact::Absent),
        (vec![Rank::SecurityCenter, Rank::SecurityCenterWmi], count(0)),
        (vec![Rank::SecurityCenter, Rank::SecurityCenterWmi, Rank::SecurityCenterWmi], count(1)),
    ] {
        let product = merged(ranks.iter().copied().map(row).collect());
        assert_eq!(field(&product, "duplicates"), expected);
        let registered = yes_or_no(ranks.len() > 1);
        assert_eq!(field(&product, "registered"), registered);
    }
}

#[test]
fn a_row_whose_program_is_gone_says_nothing_of_one_that_is_here() {
    let gone =
        || said(Rank::SecurityCenter, &[("present", yes_or_no(false)), ("state", choice("on"))]);
    let here = said(Rank::Vendor, &[("present", yes_or_no(true)), ("state", choice("off"))]);
    let product = merged(vec![gone(), here]);
    assert_eq!(field(&product, "present"), yes_or_no(true));
    assert_eq!(field(&product, "state"), choice("off"));
    assert_eq!(field(&product, "disputed"), Fact::Absent);
    // Alone, or beside nothing but remains, it is listed as gone.
    let remains = || said(Rank::Vendor, &[("present", unknown(Reason::ProductOpaque, "left"))]);
    for said in [vec![gone()], vec![gone(), remains()]] {
        assert_eq!(field(&merged(said), "present"), yes_or_no(false));
    }
}

#[test]
fn products_are_apart_and_in_the_order_of_their_ids() {
    let other = Candidate::new("another-av", "Another", Rank::Vendor);
    let found = merge(vec![said(Rank::Vendor, &[]), other], &Fact::Absent, Vec::new());
    let ids: Vec<_> = found.products.iter().map(|it| field(it, "product")).collect();
    assert_eq!(ids, [text("another-av"), text("office-av")]);
}

#[test]
fn an_obstacle_that_was_met_twice_is_one() {
    let obstacle = |detail| Ignorance::new(Reason::AccessDenied, detail);
    let all = vec![obstacle("a"), obstacle("b"), obstacle("a")];
    let found = merge(Vec::new(), &Fact::Absent, all);
    assert_eq!(found.unanswered, [obstacle("a"), obstacle("b")]);
}
