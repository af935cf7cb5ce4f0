//! Every unit is counted once, and the sums are those of the posture.

use super::*;
use crate::policy::fixtures::{good_machine, observe_antivirus, set};
use crate::reports::office::{ROWS, licensed_for, live, machines, office, policies};
use crate::reports::paper::{On, Weight};

fn line<'r>(report: &'r UnitsReport, scope: Scope, unit: Option<&str>) -> &'r Numbers {
    let is_it = |line: &&Line| {
        line.scope == scope && line.unit.as_ref().map(|unit| unit.id.as_str()) == unit
    };
    &report.lines.iter().find(is_it).unwrap().numbers
}

#[test]
fn each_member_is_counted_in_its_unit_and_once_in_the_total() {
    let report = units(&office(), None, None);
    let scopes: Vec<_> = report.lines.iter().map(|line| (line.scope, line.depth)).collect();
    assert_eq!(
        scopes,
        [(Scope::Own, 0), (Scope::Own, 1), (Scope::WithBelow, 0), (Scope::Total, 0)]
    );
    let own = line(&report, Scope::Own, Some("so"));
    assert_eq!((own.registered, own.outside, own.declared, own.reporting), (2, 1, 4, 3));
    let below = line(&report, Scope::Own, Some("phong"));
    assert_eq!((below.registered, below.outside, below.reporting), (3, 0, 1));
    assert_eq!((below.staff, below.trained), (10, 7));
    let total = line(&report, Scope::Total, None);
    assert_eq!(total, line(&report, Scope::WithBelow, Some("so")));
    assert_eq!((total.registered, total.outside, total.declared), (5, 1, 4));
}

#[test]
fn the_totals_are_those_of_the_posture() {
    let office = office();
    let (report, posture) = (units(&office, None, None), Posture::of(office.roll()));
    let total = report.total().unwrap();
    for goal in &report.goals {
        let (own, target) = (total.targets[&goal.target], posture.target(&goal.target).unwrap());
        assert_eq!(own.tally(), target.total, "{}", goal.target);
        assert_eq!(own.attested, target.all_attested());
        assert_eq!(own.met_goal, Some(target.is_met()));
    }
    for rule in &report.rules {
        let passes = |(id, _, ruling): &(String, Option<u8>, Ruling)| {
            *id == rule.id && *ruling == Ruling::Pass
        };
        let all = posture.rule_machines.iter().filter(|(key, _)| passes(key));
        assert_eq!(total.rules[&rule.id].pass, all.map(|(_, count)| count).sum::<u64>());
    }
}

#[test]
fn an_antivirus_counts_only_where_it_was_seen() {
    let report = units(&office(), None, None);
    let total = report.total().unwrap();
    assert_eq!((total.antivirus_installed, total.antivirus_licensed), (2, 2));
    let mut free = good_machine(1, Some("m-1"));
    let product = crate::policy::fixtures::product(&[
        ("product", crate::policy::fixtures::known(crate::policy::fixtures::text("clamav"))),
        ("state", crate::policy::fixtures::word("on")),
        ("licence_status", crate::policy::fixtures::word("free")),
    ]);
    observe_antivirus(&mut free, vec![product], true);
    let report = units(&live(policies(), vec![free]), None, None);
    let total = report.total().unwrap();
    assert_eq!((total.antivirus_installed, total.antivirus_licensed), (1, 0));
}

#[test]
fn a_licence_that_ends_within_the_days_is_counted_among_those_that_expire() {
    let machines = vec![
        licensed_for(29, 1, "m-1"),
        licensed_for(30, 2, "m-2"),
        licensed_for(59, 4, "m-4"),
        licensed_for(-1, 5, "m-10"),
    ];
    let report = units(&live(policies(), machines), None, None);
    let total = report.total().unwrap();
    assert_eq!((total.antivirus_installed, total.antivirus_licensed), (4, 3));
    assert_eq!((total.expiring_30, total.expiring_60), (1, 3));
}

#[test]
fn a_unit_alone_is_reported_with_those_below_it_and_nobody_else() {
    let office = office();
    let unit = office.roll().set().register.units.index("phong");
    let report = units(&office, unit, None);
    assert_eq!(report.lines.len(), 2);
    assert_eq!(report.total().unwrap().registered, 3);
}

#[test]
fn a_share_is_compared_with_that_of_the_same_line_before() {
    let before = units(&live(policies(), Vec::new()), None, None);
    let now = units(&office(), None, Some(&before));
    let change = |scope, unit| line(&now, scope, unit).targets["antivirus-licensed"].change;
    // 0 of 6 became 2 of 7, and 0 of 9 became 2 of 10.
    assert_eq!(change(Scope::Own, Some("so")), Some(285));
    assert_eq!(change(Scope::Total, None), Some(200));
    assert_eq!(change(Scope::Own, Some("phong")), Some(0));
    let unchanged = units(&office(), None, None);
    let of_it = line(&unchanged, Scope::Total, None);
    assert_eq!(of_it.targets["antivirus-licensed"].change, None);
}

#[test]
fn what_is_attested_counts_towards_a_goal_only_where_the_policies_say_so() {
    for counts in [false, true] {
        let mut set = policies();
        set.targets.accept_attested = counts;
        let goal = set.targets.list.iter_mut().find(|target| target.id == "antivirus-licensed");
        goal.unwrap().goal = 50;
        let report = units(&live(set, machines()), None, None);
        let progress = report.total().unwrap().targets["antivirus-licensed"];
        assert_eq!((progress.members, progress.met, progress.attested), (10, 2, 3));
        assert_eq!(progress.met_goal, Some(counts));
        let notes = report.paper(Lang::En).notes.join("\n");
        assert_eq!(notes.contains("counts what is attested"), counts, "{notes}");
    }
}

#[test]
fn each_line_has_a_cell_for_every_column_on_its_sheet() {
    let before = units(&live(policies(), Vec::new()), None, None);
    let report = units(&office(), None, Some(&before));
    let [vi, en] = [Lang::Vi, Lang::En].map(|lang| report.paper(lang));
    for paper in [&vi, &en] {
        assert!(paper.rows.iter().all(|row| row.cells.len() == paper.columns.len()));
        assert_eq!(paper.rows.last().map(|row| row.weight), Some(Weight::Total));
        let on =
            |sheet| paper.columns.iter().filter(|column| column.on == On::Sheet(sheet)).count();
        assert_eq!((on(0), on(1)), (19, 17));
    }
    assert!(vi.columns.iter().zip(&en.columns).all(|(vi, en)| vi.heading != en.heading));
}

#[test]
fn a_unit_that_others_were_put_under_is_compared_with_what_it_was_alone() {
    let now = units(&office(), None, None);
    let mut before = now.clone();
    before.lines.retain(|line| line.scope != Scope::WithBelow);
    let sum = now.lines.iter().find(|line| line.scope == Scope::WithBelow).unwrap();
    let then = before.counterpart(sum, &BTreeSet::new()).unwrap();
    assert_eq!((then.scope, &then.unit), (Scope::Own, &sum.unit));
    let total = now.lines.last().unwrap();
    assert_eq!(before.counterpart(total, &BTreeSet::new()), Some(total));
}

#[test]
fn a_unit_whose_units_below_were_closed_is_compared_with_the_sum_of_then() {
    let before = units(&office(), None, None);
    let closed = |rows: &str| rows.replace(",phong,", ",so,");
    let set = set(&closed(ROWS), &[]);
    let mut now = units(&live(set, machines()), None, None);
    now.lines.retain(|line| line.unit.as_ref().is_none_or(|unit| unit.id == "so"));
    now.lines.retain(|line| line.scope != Scope::WithBelow);
    now.conclude(&office(), Some(&before));
    let then = before.line(Scope::WithBelow, now.lines[0].unit.as_ref()).unwrap();
    let share = |numbers: &Numbers| numbers.targets["machines-protected"].tally().tenths().unwrap();
    let expected = share(&now.lines[0].numbers) as i64 - share(&then.numbers) as i64;
    let change = line(&now, Scope::Own, Some("so")).targets["machines-protected"].change;
    assert_eq!(change, Some(expected));
    let own = line(&before, Scope::Own, Some("so"));
    assert_ne!(share(own), share(&then.numbers), "or the test could not fail");
}

#[test]
fn the_data_that_a_table_of_one_unit_rests_on_is_that_of_the_unit() {
    let office = office();
    let report = units(&office, office.roll().set().register.units.index("phong"), None);
    assert_eq!(report.imprint.coverage(), report.total().unwrap().coverage());
    let all = units(&office, None, None);
    assert_eq!(all.imprint.coverage(), all.total().unwrap().coverage());
    assert_ne!(all.imprint.coverage(), report.imprint.coverage());
}
