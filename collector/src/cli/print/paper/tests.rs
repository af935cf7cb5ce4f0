//! A table fits the terminal and breaks no name.

use report::Timestamp;

use super::*;
use crate::cli::print::machines::sheet;
use crate::fleet::Fleet;
use crate::live::Live;
use crate::policy::fixtures::{NOW, good_machine, set};
use crate::reports::machines::{MachineList, list};
use crate::reports::wish::MachineWish;
use crate::store::StatesSince;

const ROWS: &str = "may-tinh-phong-hanh-chinh-01,phong,workstation,lan,,,may-tinh-01,2025-01-01,\n\
                    m-2,so,workstation,lan,,,,2025-01-01,\n";

fn machines() -> MachineList {
    let fleet = Fleet::new(vec![good_machine(2, Some("m-2")), good_machine(7, None)]);
    let live = Live::new(set(ROWS, &[]).into(), fleet, NOW);
    list(&live, &MachineWish::default(), &StatesSince::default()).unwrap()
}

#[test]
fn the_list_of_machines_fits_80_columns_and_breaks_no_name() {
    let list = machines();
    for lang in [Lang::Vi, Lang::En] {
        let text = sheet(&list, 80, lang);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        for machine in &list.machines {
            assert!(text.contains(&machine.machine.name()), "{text}");
            assert!(text.contains(machine.machine.state.label(lang)), "{text}");
        }
    }
}

#[test]
fn a_wider_screen_shows_more_and_says_what_is_left_out() {
    let list = machines();
    let columns = |room| {
        let text = sheet(&list, room, Lang::En);
        text.lines().find(|line| line.contains("Machine ")).unwrap().matches('┆').count()
    };
    assert!(columns(80) < columns(120), "{}", columns(80));
    assert!(columns(120) < columns(160));
    assert!(sheet(&list, 80, Lang::Vi).contains("cột khác có trong --csv"));
}

#[test]
fn a_number_is_never_broken_off_from_its_sign() {
    let tally = crate::policy::posture::Tally { members: 1000, met: 996 };
    let paper = Paper {
        lang: Lang::Vi,
        at: Timestamp(0),
        title: String::new(),
        preface: Vec::new(),
        sheets: Vec::new(),
        columns: (0..8).map(|_| Column::new("Tỷ lệ", 5.0)).collect(),
        numbered: false,
        rows: vec![Row::plain(vec![Cell::Share(tally); 8])],
        notes: Vec::new(),
        signatures: Vec::new(),
    };
    assert_eq!(table(&paper, 80).matches("99,6 %").count(), 8);
}

#[test]
fn what_is_to_be_done_stands_once_with_the_number_of_those_who_need_it() {
    let text = sheet(&machines(), 120, Lang::En);
    assert!(text.contains("[1] never enrolled: 1 machine(s)"), "{text}");
    assert_eq!(text.matches("join token").count(), 1, "{text}");
}
