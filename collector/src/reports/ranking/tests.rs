//! Like is compared with like, and nobody is ranked whom nobody hears of.

use super::*;
use crate::reports::office::office;
use crate::reports::units::units;

/// A unit of so many machines, of which so many meet the goal and so many were judged.
fn place(id: &str, members: u64, met: u64, judged: u64) -> Place {
    let name = report::Bilingual::same(id);
    Place {
        rank: None,
        unit: UnitName { id: id.to_owned(), name },
        members,
        met,
        declared: 0,
        hearable: members,
        judged,
        change: None,
    }
}

fn order(places: Vec<Place>) -> Vec<(String, Option<u64>)> {
    ranked(places).into_iter().map(|place| (place.unit.id, place.rank)).collect()
}

fn said(order: &[(&str, Option<u64>)]) -> Vec<(String, Option<u64>)> {
    order.iter().map(|(id, rank)| ((*id).to_owned(), *rank)).collect()
}

#[test]
fn the_same_share_has_the_same_rank_and_the_next_one_follows_behind_both() {
    let places = vec![
        place("d", 10, 4, 10),
        place("c", 40, 20, 40),
        place("b", 10, 5, 10),
        place("a", 10, 9, 10),
    ];
    let expected = [("a", Some(1)), ("b", Some(2)), ("c", Some(2)), ("d", Some(4))];
    assert_eq!(order(places), said(&expected));
}

#[test]
fn shares_differ_where_their_rounded_words_do_not() {
    let places = vec![place("a", 3000, 2000, 3000), place("b", 3001, 2001, 3001)];
    assert_eq!(order(places), said(&[("b", Some(1)), ("a", Some(2))]));
}

#[test]
fn whoever_has_too_little_data_stands_last_without_a_rank() {
    let places = vec![place("a", 100, 79, 79), place("b", 100, 10, 80), place("0", 5, 0, 0)];
    assert_eq!(order(places), said(&[("b", Some(1)), ("0", None), ("a", None)]));
}

#[test]
fn units_are_compared_within_their_tier_and_size_with_those_below_them() {
    let ranking = rank(&units(&office(), None, None), None).unwrap();
    let groups: Vec<_> = ranking.groups.iter().map(|group| (group.depth, group.size)).collect();
    assert_eq!(groups, [(0, Size::Small), (1, Size::Small)]);
    let top = &ranking.groups[0].places[0];
    assert_eq!((top.members, top.met, top.declared, top.hearable, top.judged), (10, 2, 4, 6, 3));
    assert_eq!((Size::of(20), Size::of(21)), (Size::Small, Size::Medium));
    assert_eq!((Size::of(100), Size::of(101)), (Size::Medium, Size::Large));
}

#[test]
fn a_goal_that_is_none_about_machines_is_answered_with_the_nearest() {
    let report = units(&office(), None, None);
    assert_eq!(
        rank(&report, Some("machines-protected")).unwrap().goal.target,
        "machines-protected"
    );
    let refused = rank(&report, Some("machines-protcted")).unwrap_err();
    assert!(refused.contains("did you mean `machines-protected`?"), "{refused}");
    assert!(rank(&report, Some("staff-trained")).is_err());
}

#[test]
fn no_rank_is_printed_without_its_coverage() {
    let ranking = rank(&units(&office(), None, None), None).unwrap();
    let [vi, en] = [Lang::Vi, Lang::En].map(|lang| ranking.paper(lang));
    for paper in [&vi, &en] {
        assert!(paper.rows.iter().all(|row| row.cells.len() == paper.columns.len()));
    }
    assert!(vi.columns.iter().zip(&en.columns).all(|(vi, en)| vi.heading != en.heading));
    assert_eq!(vi.rows[0].cells[1].words(Lang::Vi), "chưa đủ dữ liệu");
    assert_eq!(vi.rows[0].cells[5].words(Lang::Vi), "50,0 %");
}
