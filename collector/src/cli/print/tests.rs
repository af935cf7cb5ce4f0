//! What is printed for people says what it rests on.

use super::*;
use crate::admin::views;
use crate::fleet::Fleet;
use crate::live::Live;
use crate::policy::fixtures::{NOW, set};
use crate::reports::machines::list;
use crate::reports::wish::MachineWish;
use crate::store::StatesSince;

const ROW: &str = "m-1,so,workstation,lan,,,,2025-01-01,\n";

#[test]
fn whatever_is_told_of_a_machine_of_a_sample_says_so() {
    let sample = [("register/training.toml", "sample = true\n")];
    for (files, is_sample) in [(&[][..], false), (&sample[..], true)] {
        let live = Live::new(set(ROW, files).into(), Fleet::default(), NOW);
        let list = list(&live, &MachineWish::default(), &StatesSince::default()).unwrap();
        let card = views::machine(&live, "m-1").unwrap();
        let why = views::explanation(&live, "m-1").unwrap();
        for row in [&list.machines[0].machine, &card.machine, &why.machine] {
            assert_eq!(serde_json::to_value(row).unwrap()["sample"], is_sample);
        }
        for (lang, words) in [(Lang::Vi, "MẪU hoặc MÔ PHỎNG"), (Lang::En, "SAMPLE or a SIM")]
        {
            let (list, card) = (machines::sheet(&list, 120, lang), machine_card(&card, lang));
            for text in [list, card, explanation::sheet(&why, lang)] {
                assert!(text.contains("m-1"), "{text}");
                assert_eq!(text.contains(words), is_sample, "{text}");
            }
        }
    }
}

#[test]
fn an_error_keeps_its_lines_and_steers_no_terminal() {
    let error = anyhow::anyhow!("bad\u{1b}[2J \u{202e}name\n\nnext").context("read");
    assert_eq!(error_words(&error), "read: bad\u{fffd}[2J name\n\nnext");
}

#[test]
fn a_moment_is_printed_with_the_offset_it_is_told_in() {
    for (lang, form) in [(Lang::Vi, "%d/%m/%Y %H:%M %:z"), (Lang::En, "%Y-%m-%d %H:%M %:z")] {
        let printed = local(NOW, lang);
        let read = jiff::Timestamp::strptime(form, &printed).unwrap();
        assert_eq!(read.as_second(), NOW.0, "{printed}");
    }
}
