//! Who counts as trained on a day.

use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::policy::fixtures::{folder, set};
use crate::policy::{PolicySet, load};

fn staff(unit: &str, heads: u32, term: &str, trained: &str) -> String {
    format!("[[staff]]\nunit = \"{unit}\"\nheads = {heads}\n{term}\ntrained = [{trained}]\n")
}

fn set_with(training: &str) -> PolicySet {
    set("", &[(FILE, training)])
}

/// Members and met of a unit on a day.
fn heads(set: &PolicySet, unit: &str, on: Date) -> Option<(u64, u64)> {
    let unit = set.register.units.index(unit).unwrap();
    set.register.training.tally(on).get(&unit).map(|heads| (heads.members, heads.met))
}

#[test]
fn a_training_counts_for_twelve_months_from_its_day() {
    let set = set_with(&staff("so", 10, "from = 2025-01-01", "{ on = 2026-03-12, heads = 8 }"));
    let days = [date(2026, 3, 11), date(2026, 3, 12), date(2027, 3, 11), date(2027, 3, 12)];
    let met = days.map(|on| heads(&set, "so", on));
    assert_eq!(met, [Some((10, 0)), Some((10, 8)), Some((10, 8)), Some((10, 0))]);
    assert_eq!(heads(&set, "phong", days[1]), None, "nobody has counted its people");
}

#[test]
fn whoever_comes_again_is_counted_once() {
    let sessions = "{ on = 2026-03-12, heads = 6 }, { on = 2026-09-18, heads = 4, again = 3 }";
    let set = set_with(&staff("so", 10, "from = 2025-01-01", sessions));
    assert_eq!(heads(&set, "so", date(2026, 9, 17)), Some((10, 6)));
    assert_eq!(heads(&set, "so", date(2026, 9, 18)), Some((10, 7)));
    assert_eq!(heads(&set, "so", date(2027, 3, 12)), Some((10, 4)), "the first counts no longer");
}

#[test]
fn whether_anybody_came_again_must_be_said_where_the_unit_had_another_training() {
    let first = "{ on = 2026-03-12, heads = 6 }";
    let said = |second: &str| {
        let text = staff("so", 10, "from = 2025-01-01", &format!("{second}, {first}"));
        load(&folder("", &[(FILE, &text)])).map(|_| ()).map_err(|problems| problems.compact())
    };
    let missing = |column, on| {
        let message = "the key `again` is missing: the unit had a training on";
        Err(format!("{FILE}:5:{column}: {message} {on} too\n"))
    };
    assert_eq!(said("{ on = 2026-09-18, heads = 4 }"), missing(12, "2026-03-12"));
    assert_eq!(said("{ on = 2027-03-11, heads = 4 }"), missing(12, "2026-03-12"));
    assert_eq!(said("{ on = 2027-03-12, heads = 4 }"), Ok(()), "twelve months are over");
    assert_eq!(said("{ on = 2026-09-18, heads = 4, again = 0 }"), Ok(()));
    assert_eq!(said("{ on = 2025-09-18, heads = 4 }"), missing(44, "2025-09-18"));
    assert_eq!(said("{ on = 2026-03-12, heads = 4 }"), missing(44, "2026-03-12"), "of one day");
}

#[test]
fn a_training_in_a_former_entry_of_the_unit_counts_as_another_and_one_elsewhere_does_not() {
    let entry = |unit, term, on| staff(unit, 10, term, &format!("{{ on = {on}, heads = 4 }}"));
    let former = entry("so", "from = 2025-01-01\nuntil = 2026-06-30", "2026-03-12");
    let now = entry("so", "from = 2026-07-01", "2026-09-18");
    let said = load(&folder("", &[(FILE, &format!("{now}{former}"))])).unwrap_err().compact();
    let message = "the key `again` is missing: the unit had a training on 2026-03-12 too";
    assert_eq!(said, format!("{FILE}:5:12: {message}\n"));
    set_with(&format!("{}{}", former, entry("phong", "from = 2026-07-01", "2026-09-18")));
}

#[test]
fn never_are_more_people_trained_than_there_are() {
    let before =
        staff("so", 10, "from = 2025-01-01\nuntil = 2026-06-30", "{ on = 2026-03-12, heads = 9 }");
    let after = staff("so", 7, "from = 2026-07-01", "");
    let set = set_with(&format!("{before}{after}"));
    assert_eq!(heads(&set, "so", date(2026, 6, 30)), Some((10, 9)));
    assert_eq!(heads(&set, "so", date(2026, 7, 1)), Some((7, 7)), "trainings outlive an entry");
    assert_eq!(heads(&set, "so", date(2027, 3, 12)), Some((7, 0)));
}

#[test]
fn every_slip_in_training_is_shown_at_its_place() {
    let entry = |trained| staff("so", 10, "from = 2025-01-01", trained);
    for (text, message) in [
        (staff("s", 10, "from = 2025-01-01", ""), "2:8: unknown unit `s`"),
        (staff("so", 0, "from = 2025-01-01", ""), "3:9: expected a whole number from 1"),
        (staff("so", 1, "", ""), "1:1: the key `from` is missing"),
        (entry("{ on = 2026-01-01 }"), "5:12: the key `heads` is missing"),
        (entry("{ on = 2026-01-01, heads = 3, again = 4 }"), "5:50: 4 came again, of 3 who came"),
        (
            entry("{ on = 2026-01-01, heads = 11 }"),
            "5:11: 11 people trained on 2026-01-01, when the unit has 10",
        ),
        (entry("{ on = 2026-01-01, head = 1, heads = 1 }"), "5:31: unknown key `head`"),
        (entry("").repeat(2), "7:8: another entry counts the people of this unit in this time"),
    ] {
        let said = load(&folder("", &[(FILE, &text)])).unwrap_err().compact();
        assert_eq!(said, format!("{FILE}:{message}\n"), "{text}");
    }
}

proptest! {
    /// People are told apart here, and the file is written as an officer would.
    #[test]
    fn nobody_is_counted_twice_and_nobody_who_was_not_trained(
        days in prop::collection::btree_map(0_i64..900, prop::collection::btree_set(0_u8..12, 1..8), 0..5),
        asked in 0_i64..900,
    ) {
        let first = date(2024, 1, 1);
        let day = |number: i64| first.saturating_add(number.days());
        let within = |on: &i64, asked: &i64| {
            day(*on) <= day(*asked) && day(*asked) < day(*on).saturating_add(12.months())
        };
        let mut sessions = Vec::new();
        for (on, people) in &days {
            let before: BTreeSet<u8> = days
                .iter()
                .filter(|(earlier, _)| *earlier < on && within(earlier, on))
                .flat_map(|(_, people)| people.iter().copied())
                .collect();
            let again = people.intersection(&before).count();
            let heads = people.len();
            sessions.push(format!("{{ on = {}, heads = {heads}, again = {again} }}", day(*on)));
        }
        let text = staff("so", 12, "from = 2024-01-01", &sessions.join(", "));
        let ledger = crate::policy::problem::Ledger::default();
        let units = "[[unit]]\nid = \"so\"\nname = { vi = \"a\", en = \"a\" }\n";
        let units = Page { file: "u", text: units, ledger: &ledger };
        let units = crate::register::units::read(units, &mut false);
        let training = read(Page { file: FILE, text: &text, ledger: &ledger }, &units, &mut false);
        prop_assert_eq!(ledger.count(), 0);
        let tally = training.tally(day(asked));
        let met = tally[&units.index("so").unwrap()].met;
        let counting: Vec<_> = days.iter().filter(|(on, _)| within(on, &asked)).collect();
        let trained: BTreeSet<u8> =
            counting.iter().flat_map(|(_, people)| people.iter().copied()).collect();
        prop_assert!(met <= u64::try_from(trained.len()).unwrap(), "{} > {}", met, trained.len());
        if counting.len() <= 2 {
            prop_assert_eq!(met > 0, !trained.is_empty());
        }
    }
}
