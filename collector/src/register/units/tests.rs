//! The tree of units, as it stands on a day.

use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::policy::problem::Ledger;

/// Units of these ids and of these placements, as the file has them.
fn units(placed: &[(&str, &str)]) -> Units {
    let unit = |(id, placed): &(&str, &str)| {
        format!(
            "[[unit]]\nid = \"{id}\"\nname = {{ vi = \"a\", en = \"a\" }}\nplaced = [{placed}]\n"
        )
    };
    let text: String = placed.iter().map(unit).collect();
    let ledger = Ledger::default();
    let units = read(Page { file: FILE, text: &text, ledger: &ledger }, &mut bool::default());
    assert_eq!(ledger.problems(|_| Some(&text)).compact(), "");
    units
}

#[test]
fn a_unit_is_found_by_its_id_and_by_its_index() {
    let units = units(&[("b", ""), ("a", ""), ("c", "")]);
    let ids: Vec<_> = units.indices().map(|index| units.at(index).id.as_str()).collect();
    assert_eq!(ids, ["a", "b", "c"]);
    assert_eq!(units.index("b").map(UnitIndex::number), Some(1));
    assert_eq!(units.index("d"), None);
    assert_eq!(units.get("c").map(|unit| unit.id.as_str()), Some("c"));
}

#[test]
fn the_tree_of_a_day_follows_the_placements_of_that_day() {
    let moved = "{ under = \"so\", until = 2025-06-30 }, { under = \"phong\", from = 2025-07-01 }";
    let units = units(&[("so", ""), ("phong", "{ under = \"so\" }"), ("to", moved)]);
    let [phong, so, to] = ["phong", "so", "to"].map(|id| units.index(id).unwrap());
    let [before, after] = [(6, 30), (7, 1)].map(|(month, day)| units.on(date(2025, month, day)));
    assert_eq!(before.line(to), [to, so]);
    assert_eq!(after.line(to), [to, phong, so]);
    assert!(after.is_within(to, phong) && after.is_within(to, so) && after.is_within(to, to));
    assert!(
        !before.is_within(to, phong) && !after.is_within(so, to) && !after.is_within(phong, to)
    );
}

proptest! {
    /// Each unit stands under one of those before it, or at the top.
    #[test]
    fn what_stands_within_a_unit_is_what_has_it_in_its_line(
        parents in prop::collection::vec(0_usize..8, 1..12),
    ) {
        let name = |n: usize| format!("u-{n}");
        let placed: Vec<_> = parents
            .iter()
            .enumerate()
            .map(|(n, parent)| match parent {
                parent if *parent < n => (name(n), format!("{{ under = \"{}\" }}", name(*parent))),
                _ => (name(n), String::new()),
            })
            .collect();
        let placed: Vec<_> = placed.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        let units = units(&placed);
        let on = units.on(date(2026, 1, 1));
        for one in units.indices() {
            let line = units.line(&units.at(one).id, date(2026, 1, 1));
            let indices: Vec<_> = line.iter().map(|id| units.index(id).unwrap()).collect();
            prop_assert_eq!(on.line(one), &indices[..]);
            for other in units.indices() {
                prop_assert_eq!(on.is_within(one, other), indices.contains(&other));
            }
        }
    }
}
