//! The form says of each system what the register says, and finds what is missing.

use jiff::civil::date;

use super::*;
use crate::reports::imprint::Imprint;
use crate::reports::office::{office, policies};

fn system(id: &str) -> System {
    policies().register.systems.get(id).unwrap().clone()
}

fn decision(date: Date) -> Decision {
    Decision { number: "45/QĐ-BTP".to_owned(), date, authority: Some("Bộ Tư pháp".to_owned()) }
}

const TODAY: Date = date(2026, 12, 14);

/// A system of which the form finds nothing.
fn sound() -> System {
    System {
        regulation: Some(decision(date(2023, 1, 16))),
        decision: Some(decision(date(2024, 1, 2))),
        ..system("lan")
    }
}

fn found(system: &System) -> Vec<String> {
    check(1, system, TODAY).into_iter().map(|finding| finding.what.en).collect()
}

#[test]
fn the_forms_own_checks_find_what_is_missing() {
    assert_eq!(found(&sound()), [""; 0]);
    let without = System { regulation: None, ..sound() };
    assert_eq!(found(&without), ["column 8: approved without a security regulation"]);
    let late = System { regulation: Some(decision(date(2024, 1, 3))), ..sound() };
    assert_eq!(found(&late), ["column 8: the regulation is later than the decision in column 7"]);
    let same_day = System { regulation: Some(decision(date(2024, 1, 2))), ..sound() };
    assert_eq!(found(&same_day), [""; 0]);
    let open = System { status: Status::Submitted, decision: None, ..sound() };
    assert_eq!(found(&open), ["column 9: not approved, and no date is expected"]);
    let partial = System { deployment: Deployment::Partial, ..sound() };
    assert_eq!(found(&partial), ["column 11: not fully deployed, and no date is expected"]);
    let unknown = System { level: None, ..sound() };
    assert_eq!(found(&unknown), ["column 5: the level is not determined"]);
}

#[test]
fn a_decision_of_tomorrow_is_an_expectation() {
    let tomorrow = TODAY.tomorrow().unwrap();
    let system = System { decision: Some(decision(tomorrow)), ..sound() };
    let line = Line::of(1, &system, TODAY);
    assert_eq!((line.status.as_str(), &line.decision), ("appraised", &None));
    assert_eq!(line.expected_approval.as_deref(), Some("2026-12-15"));
    let line = Line::of(1, &system, tomorrow);
    assert_eq!((line.status.as_str(), &line.expected_approval), ("approved", &None));
    assert_eq!(line.decision.unwrap().number, "45/QĐ-BTP");
}

#[test]
fn the_head_counts_what_the_lines_say() {
    let open = System {
        status: Status::Draft,
        decision: None,
        expected_approval: Some(date(2027, 3, 1)),
        deployment: Deployment::None,
        expected_deployment: Some(date(2027, 6, 30)),
        ..sound()
    };
    let checked = System { inspected: vec![Inspection::Periodic], ..sound() };
    let totals = Totals::of(&[&sound(), &open, &checked], TODAY);
    let expected = Totals {
        managed: 3,
        approved: 2,
        deployed: 2,
        inspected: 1,
        expected_approval: Some("2027-03-01".to_owned()),
        expected_deployment: Some("2027-06-30".to_owned()),
    };
    assert_eq!(totals, expected);
}

#[test]
fn every_system_in_force_is_a_line_in_the_order_of_the_alphabet() {
    let form = form08(&office(), None);
    let names: Vec<_> = form.systems.iter().map(|line| line.name.vi.as_str()).collect();
    assert_eq!(names, ["Hộ tịch", "Mạng nội bộ", "Mới"]);
    assert_eq!(form.totals.managed, 3);
    let office = office();
    let unit = office.roll().set().register.units.index("phong");
    let narrowed = form08(&office, unit);
    assert_eq!(narrowed.systems.iter().map(|line| line.number).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn the_twelve_columns_are_numbered_and_full_in_both_languages() {
    let form = form08(&office(), None);
    for lang in [Lang::Vi, Lang::En] {
        let paper = form.paper(lang);
        assert_eq!(paper.columns.len(), 12);
        assert!(paper.numbered && paper.rows.iter().all(|row| row.cells.len() == 12));
    }
}

/// A form of these systems alone.
fn of(systems: &[System]) -> Form08 {
    Form08 {
        imprint: Imprint::of(&office(), None),
        unit: None,
        totals: Totals::default(),
        systems: (1..)
            .zip(systems)
            .map(|(number, system)| Line::of(number, system, TODAY))
            .collect(),
        findings: Vec::new(),
    }
}

#[test]
fn the_terms_are_those_of_the_law_by_which_the_levels_were_determined() {
    let new = System { legal_basis: LegalBasis::Decree331, ..sound() };
    let [former, mixed, present] = [&[sound()][..], &[sound(), new.clone()], &[new]].map(of);
    let heading = |form: &Form08| form.paper(Lang::Vi).columns[7].heading.clone();
    assert!(heading(&former).contains("bảo đảm an toàn thông tin"), "{}", heading(&former));
    for form in [&mixed, &present, &of(&[])] {
        assert!(heading(form).contains("bảo đảm an ninh mạng"), "{}", heading(form));
    }
    let notes = |form: &Form08| form.paper(Lang::Vi).notes.join("\n");
    assert!(notes(&mixed).contains("STT 1 xác định cấp độ theo Nghị định 85/2016"));
    assert!(!notes(&present).contains("85/2016"));
}

#[test]
fn the_form_tells_of_how_many_systems_it_is_and_nothing_about_machines() {
    let office = office();
    let form = form08(&office, office.roll().set().register.units.index("phong"));
    let notes = |lang| form.paper(lang).notes.join("\n");
    assert!(notes(Lang::Vi).contains("2 hệ thống thông tin"), "{}", notes(Lang::Vi));
    assert!(notes(Lang::En).contains("2 information systems"), "{}", notes(Lang::En));
    assert!(!notes(Lang::Vi).contains("máy tính") && !notes(Lang::En).contains("machine"));
}

#[test]
fn the_head_has_lines_for_the_contacts_of_the_owner_and_the_specialised_unit() {
    let form = form08(&office(), None);
    let vi = form.paper(Lang::Vi).preface;
    for whose in ["chủ quản hệ thống thông tin", "đơn vị chuyên trách"] {
        let is_it = |line: &&String| line.starts_with("Đầu mối") && line.contains(whose);
        let line = vi.iter().find(is_it).unwrap();
        assert!(line.ends_with("....") && line.contains("điện thoại"), "{line}");
    }
    let en = form.paper(Lang::En).preface;
    assert_eq!(en.iter().filter(|line| line.starts_with("Contact of the")).count(), 2);
    assert_eq!(en.len(), vi.len());
}
