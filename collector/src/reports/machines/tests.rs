//! The list says of each machine what the technician needs.

use super::*;
use crate::fleet::Fleet;
use crate::policy::fixtures::NOW;
use crate::reports::csv;
use crate::reports::office::{machines, office, outsider, policies};
use crate::when::AsKnown;

fn everyone() -> MachineList {
    list(&office(), &MachineWish::default(), &StatesSince::default()).unwrap()
}

#[test]
fn each_line_has_a_cell_for_every_column_in_both_languages() {
    let [vi, en] = [Lang::Vi, Lang::En].map(|lang| everyone().paper(lang));
    for paper in [&vi, &en] {
        assert!(paper.rows.iter().all(|row| row.cells.len() == paper.columns.len()));
        assert_eq!(paper.rows.len(), 6);
    }
    assert!(vi.columns.iter().zip(&en.columns).all(|(vi, en)| vi.heading != en.heading));
}

#[test]
fn what_the_register_knows_of_a_machine_is_in_its_line() {
    let list = everyone();
    let one = list.machines.iter().find(|one| one.machine.name() == "m-1").unwrap();
    assert_eq!(one.serial.as_deref(), Some("SN-1"));
    assert_eq!(one.asset_tag.as_deref(), Some("TS-1"));
    assert_eq!(one.unit_name.as_ref().map(|name| &*name.vi), Some("Sở"));
    let stranger = list.machines.iter().find(|one| one.machine.name() == outsider()).unwrap();
    assert_eq!((stranger.machine.row.as_ref(), stranger.serial.as_ref()), (None, None));
}

#[test]
fn a_host_name_cannot_run_as_a_formula() {
    let text = String::from_utf8(csv::write(&everyone().paper(Lang::Vi)).unwrap()).unwrap();
    assert!(text.contains(";'=cmd;"), "{text}");
}

#[test]
fn the_list_says_of_how_many_it_is_and_on_how_much_data() {
    let wish = MachineWish { kind: Some("server".to_owned()), ..MachineWish::default() };
    let paper = list(&office(), &wish, &StatesSince::default()).unwrap().paper(Lang::En);
    assert!(paper.preface.iter().any(|line| line.starts_with("1 of 6 machines")), "{paper:?}");
    assert!(
        paper.notes.iter().any(|line| line.contains("Reports that still count: 4 of 6 machines")),
        "{paper:?}"
    );
}

#[test]
fn what_was_so_when_the_log_began_has_been_so_for_longer() {
    let calendar = everyone().imprint.calendar();
    let at = calendar.end_of(jiff::civil::date(2026, 6, 14));
    let cell = |at_latest, lang| since_cell(Since { at, at_latest }, &calendar, lang).words(lang);
    assert_eq!(cell(false, Lang::Vi), "14/06/2026");
    assert_eq!(cell(true, Lang::Vi), "trước 14/06/2026");
    assert_eq!(cell(true, Lang::En), "before 2026-06-14");
}

#[test]
fn a_list_of_one_unit_says_on_how_much_data_of_that_unit_it_rests() {
    let wish = MachineWish::of_unit(Some("phong"));
    let paper = list(&office(), &wish, &StatesSince::default()).unwrap().paper(Lang::En);
    let notes = paper.notes.join("\n");
    assert!(notes.contains("Reports that still count: 1 of 3 machines"), "{notes}");
}

#[test]
fn a_past_list_by_when_states_changed_is_refused_for_the_log_tells_the_present() {
    let wish = MachineWish { since: Some("1/6/2026".to_owned()), ..MachineWish::default() };
    let now = office();
    assert!(list(&now, &wish, &StatesSince::default()).is_ok());
    let past = Live::of_past(policies().into(), Fleet::new(machines()), NOW, AsKnown::Then);
    let refused = list(&past, &wish, &StatesSince::default()).unwrap_err();
    assert!(refused.contains("--since") && refused.contains("--at"), "{refused}");
}
